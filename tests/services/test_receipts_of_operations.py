"""回单 and 回执: the sealed receipt of an operation, from the page of its end to the sheet."""

from __future__ import annotations

from typing import Any

import pytest

from drivers.device import DeviceError, Kind, Reason, State, Status
from kiosk.visit.operation_steps import ChooseReason, ConfirmOperation, ShowOutcome
from kiosk.visit.operation_words import COPY, RECEIPT
from kiosk.visit.steps import (
    CANNOT_DRAW,
    SLIP,
    Choose,
    EnterNumber,
    PaperReady,
    Preview,
    PrintingDocument,
    PrintingSlip,
    Problem,
)
from kiosk.visit.troubles import MENU, RETRY
from kiosk.words import Language, say
from kiosk.workshop.sandbox.offers import PRINTS_PER_DAY
from tests.services.script import (
    Line,
    Played,
    World,
    action,
    confirmed,
    printed,
    slip_printed,
    titled,
)
from tests.services.test_papers import pages_of, prints
from tests.services.test_withdraw_and_repay import AGREED, BACK, HELD, reason, serve

pytestmark = pytest.mark.usefixtures("checkers")

PRINT: Line = (Preview, action("print"))
RECEIPT_ASKED: Line = (ShowOutcome, RECEIPT)


def withdrawn(here: World, *end: Line, **options: Any) -> Played:
    """P03 withdraws 14,412.24, and on the page of the end does what ``end`` says."""
    before = confirmed(here)[:-1]
    amount: Line = (EnterNumber, "14412.24")
    return serve(here, "P03", "withdraw", AGREED, HELD, amount, *before, *end, **options)


def closed(played: Played, key: str) -> str:
    """Why the button of the last page of the end cannot be pressed; empty where it can."""
    buttons = {each.key: each for each in played.last(ShowOutcome).actions}
    return say(buttons[key].closed or "", Language.ZH)


def test_the_receipt_of_a_withdrawal_is_printed_once_beside_the_slip(here: World) -> None:
    played = withdrawn(
        here,
        RECEIPT_ASKED,
        PRINT,
        (PrintingDocument, printed),
        (ShowOutcome, SLIP),
        (PrintingSlip, slip_printed),
        (ShowOutcome, MENU),
    )
    assert (closed(played, RECEIPT), closed(played, SLIP)) == ("已打印", "已打印")
    assert prints(here) == [(1, True)]
    (page,) = pages_of(played)
    for said in (
        "住房公积金提取业务回单",
        "提取原因偿还公积金贷款提取",
        "提取金额14,412.24元",
        "发生利息额0.00元",
        "¥14,412.24",
        "壹万肆仟肆佰壹拾贰元贰角肆分",
        "办理后余额46,836.69元",
        "到账时间以银行为准",
        "承诺与授权",
        "自助终端",
    ):
        assert said in page, said
    assert played.last(ShowOutcome).facts, "the end stays in sight"


def test_who_goes_back_from_the_preview_sees_the_end_and_prints_the_same_later(
    here: World,
) -> None:
    played = withdrawn(
        here,
        RECEIPT_ASKED,
        (Preview, BACK),
        RECEIPT_ASKED,
        PRINT,
        (PrintingDocument, printed),
        (ShowOutcome, MENU),
    )
    assert len(here.ask("GET", "/operations")) == 1
    shown = [step.document.id for step in played.script.steps if isinstance(step, Preview)]
    assert len(shown) == 2
    assert len(set(shown)) == 1, "the same document"


def test_a_centre_that_makes_no_receipt_takes_nothing_back(here: World) -> None:
    """The page of the trouble offers no second try: trying again would begin the withdrawal."""
    here.fault("/v1/documents", "drop", method="POST", times=3)
    played = withdrawn(here, RECEIPT_ASKED, (Problem, action(MENU)), unrated=True)
    problem = played.last(Problem)
    assert RETRY not in {each.key for each in problem.actions}
    assert "已经办理的业务不受影响" in say(problem.lead, Language.ZH)


def test_a_receipt_that_cannot_be_drawn_is_not_printed(here: World) -> None:
    ends = (RECEIPT_ASKED, (Preview, CANNOT_DRAW), (Problem, action(MENU)))
    played = withdrawn(here, *ends, unrated=True)
    assert say(played.last(Problem).title, Language.ZH) == "文件显示不出来，不能打印"
    assert prints(here) == []


def test_a_receipt_that_jams_names_itself_and_is_the_same_document_again(here: World) -> None:
    jam = DeviceError(Reason.JAM, "as the driver says it", pages=0)
    played = withdrawn(
        here,
        RECEIPT_ASKED,
        PRINT,
        (PrintingDocument, jam),
        (Problem, action(RETRY)),
        (PrintingDocument, printed),
        (ShowOutcome, MENU),
    )
    assert say(played.last(Problem).title, Language.ZH) == "A4 打印机卡纸，回单还没有打完"
    assert played.calls["POST /v1/documents"] == 1


SIGNED: tuple[Line, ...] = (
    (ChooseReason, reason("委托按月还贷")),
    (Choose, "sign"),
    (Choose, "mine"),
)


def test_a_copy_of_what_was_signed_is_printed_then_and_later(here: World) -> None:
    copied: tuple[Line, ...] = (PRINT, (PrintingDocument, printed))
    ends: tuple[Line, ...] = ((ShowOutcome, COPY), *copied, (ShowOutcome, MENU))
    played = serve(here, "P03", "monthly-offset", *SIGNED, *confirmed(here)[:-1], *ends)
    assert closed(played, COPY) == "已打印"
    (page,) = pages_of(played)
    for said in (
        "住房公积金业务协议副本",
        "委托按月还贷协议（2026-01）",
        "一、委托人委托中心每月从本人住房公积金账户提取资金",
        "十二、本协议自确认之日起生效",
        "与本中心电子档案中签署的文本一致",
    ):
        assert said in page, said
    assert "补打" not in page

    mine: Line = (titled("我的办件"), "operation:0")
    again: Line = (titled("委托按月还贷"), action(COPY))
    out: Line = (PaperReady, action(MENU))
    for print_number in range(2, PRINTS_PER_DAY + 1):
        later = here.serve("P03", "progress", mine, again, *copied, out)
        (page,) = pages_of(later)
        assert f"第{print_number}次打印（补打）" in page
    limit: Line = (Problem, action(MENU))
    refused = here.serve("P03", "progress", mine, again, limit, unrated=True)
    assert "打印" in say(refused.last(Problem).title, Language.ZH)
    assert prints(here) == [(1, True)] * PRINTS_PER_DAY


STANDING: tuple[Line, ...] = (AGREED, (ChooseReason, reason("约定提取")))


def test_what_is_agreed_on_a_month_has_a_copy_with_the_sum(here: World) -> None:
    copied: tuple[Line, ...] = ((ShowOutcome, COPY), PRINT, (PrintingDocument, printed))
    ends: tuple[Line, ...] = (*copied, (ShowOutcome, MENU))
    amount: Line = (EnterNumber, "1200")
    played = serve(
        here, "P01", "standing-withdrawal", *STANDING, amount, *confirmed(here)[:-1], *ends
    )
    (page,) = pages_of(played)
    for said in (
        "住房公积金业务协议副本",
        "个人账号",
        "每月提取1,200.00元",
        "约定提取协议（2026-01）",
        "一、委托人委托中心每月从本人住房公积金账户提取约定的金额",
        "七、每次转账以短信告知。",
    ):
        assert said in page, said

    end: tuple[Line, ...] = ((Choose, "cancel"), *confirmed(here))
    ended = serve(here, "P01", "standing-withdrawal", *STANDING, *end)
    assert ended.last(ConfirmOperation).operation.texts == ()
    assert COPY not in {each.key for each in ended.last(ShowOutcome).actions}


def test_who_ends_an_agreement_signs_nothing_and_has_no_copy(here: World) -> None:
    serve(here, "P03", "monthly-offset", *SIGNED, *confirmed(here))
    ends: tuple[Line, ...] = (SIGNED[0], (Choose, "cancel"), *confirmed(here))
    played = serve(here, "P03", "monthly-offset", *ends)
    assert COPY not in {each.key for each in played.last(ShowOutcome).actions}


def test_a_terminal_without_a_printer_for_documents_says_so(here: World) -> None:
    no_printer = {Kind.ID_CARD: Status(State.ONLINE), Kind.RECEIPT_PRINTER: Status(State.ONLINE)}
    played = withdrawn(here, (ShowOutcome, MENU), statuses=no_printer)
    assert closed(played, RECEIPT) == "本机没有此设备"
