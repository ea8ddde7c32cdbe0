"""缴存明细 by year, and 提取记录."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest

from drivers.device import Kind, Reason, State, Status
from kiosk.centre import codes
from kiosk.visit.steps import (
    Cell,
    Choose,
    NotAnAnswer,
    PaperReady,
    Preview,
    PrintingDocument,
    ShowStatement,
    ShowTable,
    Tone,
)
from kiosk.visit.troubles import MENU
from kiosk.visit.visit import WentBack
from kiosk.words import Language, say
from tests.services.script import World, action, column, option, printed, titled

pytestmark = pytest.mark.usefixtures("checkers")

BACK = WentBack()
YEAR = titled("缴存明细")
WITHDRAWALS = titled("提取记录")
LEDGER = "GET /v1/accounts/{id}/ledger"


def test_the_newest_year_first_and_others_on_demand(here: World) -> None:
    played = here.serve("P01", "ledger", (YEAR, "2025"), (YEAR, "2024"), (YEAR, BACK))
    shown = [step for step in played.script.steps if isinstance(step, ShowTable)]
    assert [table.tab for table in shown] == ["2026", "2025", "2024"]
    assert {tuple(tab.key for tab in table.tabs) for table in shown} == {("2026", "2025", "2024")}
    assert column(shown[0], "余额（元）")[0] == Decimal("56958.05")
    assert say(shown[1].lead, Language.ZH) == "2025 年，共 14 笔"
    sums = {say(fact.label, Language.ZH): fact.value for fact in shown[1].sums}
    assert sums["缴存（元）"] == Decimal("23040.00"), "12 times 1,920.00"
    assert sums["利息（元）"] == Decimal("478.05")
    interest = column(shown[1], "业务").index(codes.word("A.5", "09"))
    assert column(shown[1], "金额（元）")[interest] == Decimal("478.05")
    assert column(shown[1], "月份")[interest] == ""
    marked = shown[1].rows[interest][1]
    assert isinstance(marked, Cell)
    assert marked.tone is Tone.GOOD


def test_back_skips_the_turned_pages(here: World) -> None:
    turned = [(YEAR, year) for year in ("2025", "2024", "2025", "2026")]
    played = here.serve("P01", "ledger", *turned, (YEAR, BACK))
    assert played.calls[LEDGER] == 5
    assert played.calls["GET /v1/accounts"] == 1


def test_back_from_a_turned_page_is_the_question_before(here: World) -> None:
    played = here.serve(
        "P07",
        "ledger",
        (Choose, option("云岭软件")),
        (YEAR, "2025"),
        (YEAR, BACK),
        (Choose, option("封存")),
        (YEAR, BACK),
        (Choose, BACK),
    )
    assert played.calls["GET /v1/accounts"] == 1


def test_a_withdrawal_with_its_reason_and_total(here: World) -> None:
    played = here.serve("P11", "withdrawals", (WITHDRAWALS, BACK))
    table = played.last(ShowTable)
    assert column(table, "金额（元）") == column(table, "累计（元）") == [Decimal("18000.00")]
    assert column(table, "日期") == [date(2025, 1, 10)]
    assert column(table, "收款卡") == ["0113"], "no more of the card's number than this"
    assert say(table.lead, Language.ZH) == "共 1 笔"


@pytest.mark.parametrize("persona", ["P01", "P16"])
def test_no_withdrawal_is_a_page_too(here: World, persona: str) -> None:
    played = here.serve(persona, "withdrawals", (WITHDRAWALS, BACK))
    assert played.last(ShowTable).rows == ()


# -- on paper -------------------------------------------------------------------------------------

PRINTED = ((Preview, action("print")), (PrintingDocument, printed), (PaperReady, action(MENU)))


def test_the_year_that_is_shown_is_printed(here: World) -> None:
    played = here.serve("P01", "ledger", (YEAR, "2025"), (YEAR, "print"), *PRINTED)
    assert played.last(Preview).document.pages == 1
    assert played.calls["POST /v1/documents"] == 1


def test_back_from_the_sheet_is_the_year_it_shows(here: World) -> None:
    played = here.serve(
        "P01", "ledger", (YEAR, "2025"), (YEAR, "print"), (Preview, BACK), (YEAR, BACK)
    )
    shown = [step for step in played.script.steps if isinstance(step, ShowTable)]
    assert [table.tab for table in shown] == ["2026", "2025", "2025"]


def test_withdrawals_are_printed_as_a_statement_of_chosen_years(here: World) -> None:
    played = here.serve(
        "P11", "withdrawals", (WITHDRAWALS, "print"), (Choose, option("2025")), *PRINTED
    )
    assert played.last(Preview).document.pages == 1


@pytest.mark.parametrize(("way", "table"), [("plan", "还款计划"), ("repayments", "还款明细")])
def test_what_a_loan_shows_is_printed(here: World, way: str, table: str) -> None:
    played = here.serve(
        "P03",
        "loan",
        (ShowStatement, action(way)),
        (titled(table), "print"),
        *PRINTED,
    )
    assert table in say(played.last(Preview).document.title, Language.ZH)


def test_without_a_printer_the_table_says_why_it_cannot_be_printed(here: World) -> None:
    empty = Status(State.USER_ERROR, problem=Reason.PAPER_OUT)
    devices = {Kind.DOCUMENT_PRINTER: empty, Kind.RECEIPT_PRINTER: Status(State.ONLINE)}
    played = here.serve("P01", "ledger", (YEAR, BACK), statuses=devices)
    way = played.last(ShowTable).action
    assert way is not None
    assert say(way.closed or "", Language.ZH) == "A4 打印机缺纸"
    with pytest.raises(NotAnAnswer):
        played.last(ShowTable).check("print")


def test_nothing_to_print_has_no_button(here: World) -> None:
    assert here.serve("P01", "withdrawals", (WITHDRAWALS, BACK)).last(ShowTable).action is None
