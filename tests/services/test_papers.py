"""Statements, papers of loans and of loans elsewhere: from the choice to the sheets in the hand."""

from __future__ import annotations

import re
from contextlib import closing
from decimal import Decimal

import numpy as np
import pypdfium2
import pytest

from drivers.device import DeviceError, Reason
from kiosk.papers.pictures import PaperPages
from kiosk.visit.steps import Choose, PaperReady, Preview, PrintingDocument, Problem
from kiosk.visit.troubles import MENU, RETRY
from kiosk.visit.visit import WentBack
from kiosk.words import Language, say
from tests.services.script import Played, World, action, option, printed, titled

pytestmark = pytest.mark.usefixtures("checkers")

PAPERS, OUT_OF_TOWN = "papers", "out-of-town-certificate"
KIND = titled("要打印哪一种？")
YEARS = titled("要哪几年的对账单？")
PRINT = (Preview, action("print"))
READY = (PaperReady, action(MENU))
LOAN_PAPERS = ("贷款还款明细", "贷款还款计划", "贷款结清证明")


def pages_of(played: Played) -> list[str]:
    """The text of each page that was printed, without spaces and line breaks."""
    with closing(pypdfium2.PdfDocument(played.last(PrintingDocument).request.pdf)) as pdf:
        return [re.sub(r"\s", "", page.get_textpage().get_text_range()) for page in pdf]


def amount(page: str, label: str) -> Decimal:
    """The amount behind ``label``."""
    found = re.search(rf"{label}(-?[0-9,]+\.[0-9]{{2}})元", page)
    assert found, f"no {label} in {page}"
    return Decimal(found[1].replace(",", ""))


def red_at_the_edge(pdf: bytes) -> list[float]:
    """For each page: the part of a strip along its right edge that is red like the seal."""
    found = []
    with closing(PaperPages(pdf)) as pages:
        for number in range(pages.count):
            page = pages.picture(number, 420)
            pixels = np.frombuffer(page.pixels, np.uint8).reshape(page.height, page.width, 4)
            strip = pixels[:, -40:].astype(int)
            red = (strip[..., 2] > 150) & (strip[..., 1] < 120) & (strip[..., 0] < 120)
            found.append(float(red.mean()))
    return found


def prints(here: World) -> list[tuple[int | None, bool]]:
    return [(each["pages"], bool(each["complete"])) for each in here.ask("GET", "/prints")]


# -- the statement --------------------------------------------------------------------------------


def test_the_statement_of_all_years_has_a_page_for_each_and_a_straddle_seal(here: World) -> None:
    """The printer jams behind the second page: the same document again, and what came out told."""
    jam = DeviceError(Reason.JAM, "as the driver says it", pages=2)
    played = here.serve(
        "P01",
        PAPERS,
        (KIND, option("个人账户对账单")),
        (YEARS, option("2024—2026")),
        PRINT,
        (PrintingDocument, jam),
        (Problem, action(RETRY)),
        (PrintingDocument, printed),
        (titled("对账单打好了，请取走"), action(MENU)),
    )
    assert played.calls["POST /v1/documents"] == 1
    assert prints(here) == [(2, False), (3, True)]
    pages = pages_of(played)
    for page, year, opening, paid, interest, closing_balance in (
        (0, 2024, "20000.00", "11520.00", "0.00", "31520.00"),
        (1, 2025, "31520.00", "23040.00", "478.05", "55038.05"),
        (2, 2026, "55038.05", "1920.00", "0.00", "56958.05"),
    ):
        text = pages[page]
        assert f"{year}年度" in text
        assert f"第{page + 1}页，共3页" in text
        ends = "1月15日余额" if year == 2026 else "年末余额"
        found = [amount(text, label) for label in ("年初余额", "本年缴存", "本年结息", ends)]
        assert found == [Decimal(each) for each in (opening, paid, interest, closing_balance)]
        assert found[0] + found[1] + found[2] - amount(text, "本年提取") == found[3]
    assert "990***********1018" in pages[0]
    assert "990101199003071018" not in "".join(pages), "a public place: the number is masked"
    assert "2025-06-30年终结息" in pages[1]
    edges = red_at_the_edge(played.last(PrintingDocument).request.pdf)
    assert min(edges) > 0.005, "a slice of the seal on each page"


def test_one_year_with_a_withdrawal(here: World) -> None:
    played = here.serve(
        "P11",
        PAPERS,
        (KIND, option("个人账户对账单")),
        (YEARS, lambda step: "2025"),
        PRINT,
        (PrintingDocument, printed),
        READY,
    )
    (page,) = pages_of(played)
    assert amount(page, "本年提取") == Decimal("18000.00")
    assert "-18,000.00" in page
    (edge,) = red_at_the_edge(played.last(PrintingDocument).request.pdf)
    assert edge == 0, "one page needs no straddle seal"


def test_an_account_of_one_year_asks_for_no_year(here: World) -> None:
    here.serve(
        "P07",
        PAPERS,
        (KIND, option("个人账户对账单")),
        (titled("请选择一个账户"), option("云岭商贸")),
        (Preview, WentBack()),
        (Choose, WentBack()),
        (KIND, WentBack()),
    )


# -- a loan elsewhere -----------------------------------------------------------------------------


def test_a_certificate_for_a_centre_elsewhere(here: World) -> None:
    played = here.serve(
        "P03",
        OUT_OF_TOWN,
        (titled("证明出具给哪个中心？"), option("临江市")),
        (titled("证明用来做什么？"), option("二手")),
        PRINT,
        (PrintingDocument, printed),
        READY,
    )
    certificate, receipt = pages_of(played)
    for said in (
        "致临江市住房公积金管理中心(演示)",
        "☑正常□封存□欠缴□其他",
        "□有两次以上且已还清☑未还清",
        "1次（含异地）",
        "600,000.00元",
        "593,351.84元人民币伍拾玖万叁仟叁佰伍拾壹元捌角肆分",
        "2012年6月至2026年1月",
        "购买二手住房",
        "2个月内有效",
    ):
        assert said in certificate, said
    assert "回执" in receipt
    assert "准予贷款" in receipt
    assert min(red_at_the_edge(played.last(PrintingDocument).request.pdf)) > 0.005
    assert played.last(Preview).document.valid_until is not None


def test_a_frozen_account_gets_no_certificate_for_elsewhere(here: World) -> None:
    played = here.serve(
        "P08",
        OUT_OF_TOWN,
        (Choose, option("示范市")),
        (Choose, option("新建")),
        (Problem, action(MENU)),
        unrated=True,
    )
    assert "司法冻结" in say(played.last(Problem).title, Language.ZH)


# -- a loan here ----------------------------------------------------------------------------------


def test_the_plan_of_a_loan_of_thirty_years(here: World) -> None:
    played = here.serve(
        "P03",
        PAPERS,
        (KIND, option("贷款还款计划")),
        PRINT,
        (PrintingDocument, printed),
        (titled("还款计划表打好了，请取走"), action(MENU)),
    )
    pages = pages_of(played)
    assert prints(here) == [(len(pages), True)]
    assert "72026-01-202,402.041,116.441,285.60592,235.40" in pages[0]
    assert "3602055-06-20" in "".join(pages[-2:])
    assert amount(pages[0], "待还本息合计") - amount(pages[0], "待还利息") == Decimal("593351.84")
    heads = [page for page in pages if "期次还款日期应还金额本金利息贷款余额" in page]
    rows = [page for page in pages if "2,402.04" in page]
    assert heads == rows, "every page with rows says what its columns are"
    assert "第9页，共9页" in pages[-1]


def test_what_was_repaid_and_what_is_overdue(here: World) -> None:
    played = here.serve(
        "P15",
        PAPERS,
        (KIND, option("贷款还款明细")),
        PRINT,
        (PrintingDocument, printed),
        READY,
    )
    (page,) = pages_of(played)
    assert "逾期未还2期，合计4,100.71元" in page
    assert "52025-11-20未还逾期还款1,075.78965.7312.162,053.67445,720.07" in page


def test_a_loan_that_is_open_has_no_certificate_of_settlement(here: World) -> None:
    played = here.serve(
        "P03",
        PAPERS,
        (KIND, option("贷款结清证明")),
        (Problem, action(MENU)),
        unrated=True,
    )
    page = played.last(Problem)
    said = say(page.title, Language.ZH)
    assert "还没有结清" in said
    assert "593,351.84" in said
    assert any("还款计划" in say(text, Language.ZH) for _, text in page.advice)


def test_a_settled_loan_and_its_certificate_printed_again_in_a_later_visit(here: World) -> None:
    asks = (
        (KIND, option("贷款结清证明")),
        PRINT,
        (PrintingDocument, printed),
        (titled("结清证明打好了，请取走"), action(MENU)),
    )
    first = here.serve("P06", PAPERS, *asks)
    (page,) = pages_of(first)
    number = "云岭公积金结字〔2025〕第00001号"
    for said in (number, "2025年6月20日全部还清", "不做他用", "叁拾万元整"):
        assert said in page, said
    assert "补打" not in page
    again = here.serve("P06", PAPERS, *asks)
    (page,) = pages_of(again)
    assert number in page
    assert "第2次打印（补打）" in page
    documents = [played.last(Preview).document for played in (first, again)]
    assert [document.print_number for document in documents] == [1, 2]
    assert documents[0].sha256 != documents[1].sha256, "a new seal"
    assert documents[0].valid_until is None


def test_a_settled_loan_has_no_plan(here: World) -> None:
    played = here.serve(
        "P06", PAPERS, (KIND, option("贷款还款计划")), (Problem, action(MENU)), unrated=True
    )
    assert "2025-06-20结清" in say(played.last(Problem).title, Language.ZH)


@pytest.mark.parametrize("paper", LOAN_PAPERS)
def test_who_has_no_loan_is_told_so(here: World, paper: str) -> None:
    played = here.serve("P01", PAPERS, (KIND, option(paper)), (Problem, action(MENU)), unrated=True)
    assert say(played.last(Problem).title, Language.ZH) == "您名下没有公积金贷款"
