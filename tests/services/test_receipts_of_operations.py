"""回单 and 回执: the sealed receipt of an operation, from the page of its end to the sheet."""

from __future__ import annotations

from typing import Any

from drivers.device import DeviceError, Kind, Reason, State, Status
from kiosk.visit.operation_steps import ShowOutcome
from kiosk.visit.operation_words import RECEIPT, SLIP
from kiosk.visit.steps import (
    CANNOT_DRAW,
    EnterNumber,
    Preview,
    PrintingDocument,
    PrintingSlip,
    Problem,
)
from kiosk.visit.troubles import MENU, RETRY
from kiosk.words import Language, say
from tests.services.script import Line, Played, World, action, printed, slip_printed
from tests.services.test_papers import pages_of, prints
from tests.services.test_withdraw_and_repay import AGREED, BACK, HELD, confirmed, serve

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


def test_a_terminal_without_a_printer_for_documents_says_so(here: World) -> None:
    no_printer = {Kind.ID_CARD: Status(State.ONLINE), Kind.RECEIPT_PRINTER: Status(State.ONLINE)}
    played = withdrawn(here, (ShowOutcome, MENU), statuses=no_printer)
    assert closed(played, RECEIPT) == "本机没有此设备"
