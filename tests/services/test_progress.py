"""我的办件: operations in every state, the money on its way, the appointment, loans, papers."""

from __future__ import annotations

import secrets
from datetime import date
from decimal import Decimal as D
from typing import Any

import pytest

from kiosk.centre.evidence import CardEvidence
from kiosk.centre.operations import (
    AuthorisationAnswer,
    Confirmation,
    DraftRequest,
    Evidence,
    Order,
    Payout,
    PersonalDataOrder,
    WithdrawalOrder,
    digest_of,
)
from kiosk.operation import Business, OperationState, PayoutState
from kiosk.privacy import Sensitive
from kiosk.services.progress import how_far, tone_of
from kiosk.visit.operation_steps import (
    CONFIRM,
    AwaitResult,
    ChooseReason,
    ConfirmOperation,
    ShowOutcome,
)
from kiosk.visit.operation_words import RECEIPT
from kiosk.visit.steps import (
    Choose,
    Confirm,
    EnterDigits,
    EnterNumber,
    EnterSmsCode,
    Farewell,
    Menu,
    PaperReady,
    Preview,
    PrintingDocument,
    Problem,
    Rate,
    ShowPhoneCode,
    ShowStatement,
    ShowTable,
    Step,
    Tone,
)
from kiosk.visit.troubles import MENU
from kiosk.visit.visit import Left, WentBack
from kiosk.words import Language, say
from kiosk.workshop.sandbox import personas
from kiosk.workshop.sandbox.changes import second_card
from tests.services.money import DirectCommitLine
from tests.services.script import Line, Played, World, facts, option, printed, titled
from tests.ui.operation_samples import DONE

BACK = WentBack()
NEW_CARD = second_card(personas.load()["P03"].bank_card)
A_DAY_S = 24 * 3600 + 60
LIST = titled("我的办件")
WITHDRAWAL: Line = (LIST, option("偿还公积金贷款提取"))


def serve(here: World, persona: str, service: str, *lines: Line, **options: Any) -> Played:
    return here.serve(persona, service, *lines, committer=DirectCommitLine(here), **options)


def withdrawn(here: World) -> None:
    """P03 has withdrawn 14,412.24 yuan to repay the loan."""
    serve(
        here,
        "P03",
        "withdraw",
        (Confirm, "yes"),
        (ChooseReason, lambda step: step.can[0].key),
        (EnterNumber, "14412.24"),
        (ConfirmOperation, CONFIRM),
        (EnterSmsCode, here.code),
        (ShowOutcome, MENU),
    )


def a_day_later(here: World) -> None:
    here.ask("POST", "/clock", {"seconds": A_DAY_S})


def options(played: Played) -> list[tuple[str, str]]:
    return [
        (say(each.title, Language.ZH), say(each.hint, Language.ZH))
        for each in played.last(Choose).options
    ]


def looked_at(here: World, *lines: Line) -> dict[str, str]:
    """What stands on the page of the withdrawal; then ``lines``."""
    lines = lines or ((ShowStatement, BACK), (LIST, BACK))
    return facts(serve(here, "P03", "progress", WITHDRAWAL, *lines).last(ShowStatement))


def key(name: str) -> Any:
    """Press the button with this key, which must work."""

    def press(step: Step[Any]) -> str:
        assert isinstance(step, ShowStatement)
        assert name in [each.key for each in step.actions if each.closed is None]
        return name

    return press


# -- the money on its way -------------------------------------------------------------------------


def test_what_was_withdrawn_is_due_and_paid_a_day_later(here: World) -> None:
    withdrawn(here)
    said = looked_at(here)
    assert said["状态"] == "已通过待入账"
    assert said["提取金额"] == "14,412.24 元"
    assert said["收款银行卡"] == "演示银行 尾号 0030"
    assert said["最迟到账"] == "2026年1月20日"
    a_day_later(here)
    said = looked_at(here)
    assert (said["状态"], said["入账日期"]) == ("已入账", "2026年1月15日")
    assert "已入账" in here.ask("GET", "/messages")[0]["text"]


def test_money_that_the_bank_sends_back_is_paid_to_another_card(here: World) -> None:
    withdrawn(here)
    here.ask("PATCH", "/facts/P03", {"card_closed": 1})
    a_day_later(here)
    change: tuple[Line, ...] = (
        (ShowStatement, key("payee-card")),
        (EnterDigits, NEW_CARD),
        (ConfirmOperation, CONFIRM),
        (ShowPhoneCode, here.phone("P03")),
        (EnterSmsCode, here.code),
        (ShowOutcome, MENU),
    )
    played = serve(here, "P03", "progress", WITHDRAWAL, *change)
    page = played.last(ShowStatement)
    assert facts(page)["状态"] == "付款失败（换卡重付）"
    assert "注销" in say(page.note, Language.ZH)
    said = looked_at(here)
    assert (said["状态"], said["收款银行卡"]) == ("已通过待入账", "演示银行 尾号 0039")
    a_day_later(here)
    assert looked_at(here)["状态"] == "已入账"
    assert "尾号0039" in here.ask("GET", "/messages")[0]["text"]
    moved = [each["amount"] for each in here.ask("GET", "/movements")]
    assert moved == [-1441224], "the account has paid once"


@pytest.mark.parametrize(("closed", "said"), [(0, "已入账"), (1, "付款失败（换卡重付）")])
def test_who_is_told_later_hears_what_has_become_of_the_money(
    here: World, closed: int, said: str
) -> None:
    """Not that it will arrive by a day, after the bank has paid it or sent it back."""
    here.fault("/v1/operations", "status", ends="/told", times=9)
    withdrawn(here)
    here.ask("DELETE", "/faults")
    here.ask("PATCH", "/facts/P03", {"card_closed": closed})
    a_day_later(here)
    end: Line = (ShowOutcome, MENU)
    played = here.play(*here.signed_in("P03"), end, (Menu, Left()), (Farewell, None))
    page = played.last(ShowOutcome)
    assert say(page.lead, Language.ZH) == said
    assert ("换一张卡" in say(page.note, Language.ZH)) is bool(closed)


@pytest.mark.parametrize(
    ("closes", "why"),
    [(True, "暂停服务"), (False, "正在核对上一笔业务")],
    ids=["offer", "committer"],
)
def test_where_no_card_can_be_changed_the_button_says_why(
    here: World, closes: bool, why: str
) -> None:
    withdrawn(here)
    here.ask("PATCH", "/facts/P03", {"card_closed": 1})
    a_day_later(here)
    if closes:
        here.ask("PUT", "/offers/payee-card", {"open": False})
    lines = (WITHDRAWAL, (ShowStatement, BACK), (LIST, BACK))
    played = serve(here, "P03", "progress", *lines) if closes else here.serve(
        "P03", "progress", *lines
    )  # fmt: skip
    found = {each.key: each.closed for each in played.last(ShowStatement).actions}
    assert say(found["payee-card"] or "", Language.ZH) == why


# -- taken back -----------------------------------------------------------------------------------


def left_confirmed(here: World, business: Business = Business.REPAY_LOAN_WITHDRAWAL) -> str:
    """P03 has confirmed a withdrawal of 100 yuan, or a change of their marital status, and the
    terminal has asked for no commit: the id of the operation."""
    person = personas.load()["P03"]
    card = {"kind": person.kind, "name": person.name, "number": person.number}
    with here.client() as client:
        client.sign_in(CardEvidence.model_validate(card))
        client.send_sms()
        client.check_sms(Sensitive(here.code()))
        calls = client.operations
        version = calls.authorisation().version
        calls.authorise(AuthorisationAnswer(version=version, agreed=True))
        order: Order
        if business is Business.REPAY_LOAN_WITHDRAWAL:
            found = calls.eligibility("withdrawal")[0]
            assert found.account
            order = WithdrawalOrder(
                business=Business.REPAY_LOAN_WITHDRAWAL,
                account=found.account,
                loan=found.loan,
                amount=D("100.00"),
            )
        else:
            fields = calls.eligibility("change")
            field = next(each for one in fields for each in one.fields if each.choices)
            order = PersonalDataOrder(
                business=Business.PERSONAL_DATA_CHANGE,
                field=field.field,
                value=Sensitive(field.choices[0].code),
            )
        draft = calls.draft(DraftRequest(key=secrets.token_hex(16), order=order))
        calls.send_code(draft.id)
        evidence = (Evidence(kind="sms", value=Sensitive(here.code())),)
        calls.confirm(draft.id, Confirmation(evidence=evidence, digest=digest_of(draft)))
        return draft.id


def test_trouble_with_the_receipt_of_one_end_leaves_the_next_to_be_told(here: World) -> None:
    for business in (Business.REPAY_LOAN_WITHDRAWAL, Business.PERSONAL_DATA_CHANGE):
        operation = left_confirmed(here, business)
        DirectCommitLine(here).commit(operation, business)
    here.fault("/v1/documents", "drop", method="POST", times=3)
    lines: tuple[Line, ...] = (
        (ShowOutcome, RECEIPT),
        (Problem, MENU),
        (ShowOutcome, MENU),
        (Menu, Left()),
        (Farewell, None),
    )
    played = here.play(*here.signed_in("P03"), *lines, committer=DirectCommitLine(here))
    ends = [step for step in played.script.steps if isinstance(step, ShowOutcome)]
    assert len({say(end.title, Language.ZH) for end in ends}) == 2
    assert played.calls["POST /v1/operations/{id}/told"] == 2


def test_what_was_confirmed_and_not_committed_can_be_taken_back(here: World) -> None:
    left_confirmed(here)
    lines: tuple[Line, ...] = (
        (titled("您有一笔在途业务"), "wait"),
        (Menu, "progress"),
        WITHDRAWAL,
        (ShowStatement, key("cancel")),
        (Problem, MENU),
        (Menu, "progress"),
        WITHDRAWAL,
        (ShowStatement, BACK),
        (LIST, BACK),
    )
    played = here.play(*here.signed_in("P03"), *lines, *gone(), committer=DirectCommitLine(here))
    assert facts(played.last(ShowStatement))["状态"] == "已撤销"
    assert [each.key for each in played.last(ShowStatement).actions] == ["complain", MENU]
    assert here.ask("GET", "/movements") == []


def test_what_expires_while_another_one_is_shown_is_told_as_expired(here: World) -> None:
    for business in (Business.REPAY_LOAN_WITHDRAWAL, Business.PERSONAL_DATA_CHANGE):
        left_confirmed(here, business)
    here.ask("POST", "/clock", {"seconds": 500})

    def reads(step: Any) -> str:
        here.ask("POST", "/clock", {"seconds": 200})
        return "wait"

    lines: tuple[Line, ...] = (
        (titled("您有一笔在途业务"), reads),
        (titled("没有办成，钱没有动"), MENU),
        (Menu, Left()),
        (Farewell, None),
    )
    here.play(*here.signed_in("P03"), *lines, committer=DirectCommitLine(here))


def gone() -> tuple[Line, ...]:
    return ((Menu, Left()), (Rate, "skip"), (Farewell, None))


def test_what_the_centre_works_on_cannot_be_taken_back_and_its_end_is_told(here: World) -> None:
    here.ask(
        "POST",
        "/operations/course",
        {"after_s": None, "ends_as": "refused", "code": "withdrawal-frozen"},
    )
    left_confirmed(here)
    operation = here.ask("GET", "/operations")[0]["id"]
    DirectCommitLine(here).commit(operation, Business.REPAY_LOAN_WITHDRAWAL)

    def settles(step: Any) -> str:
        here.ask("POST", "/operations/settled")
        return str(option("偿还公积金贷款提取")(step))

    lines: tuple[Line, ...] = (
        (AwaitResult, MENU),
        (Menu, "progress"),
        WITHDRAWAL,
        (ShowStatement, BACK),
        (LIST, settles),
        (titled("偿还公积金贷款提取没有通过"), MENU),
        (Menu, "progress"),
        WITHDRAWAL,
        (ShowStatement, BACK),
        (LIST, BACK),
    )
    played = here.play(*here.signed_in("P03"), *lines, *gone(), committer=DirectCommitLine(here))
    pages = [step for step in played.script.steps if isinstance(step, ShowStatement)]
    assert facts(pages[0])["状态"] == "已受理待审核"
    assert [each.key for each in pages[0].actions] == ["complain", MENU]
    assert facts(pages[1])["状态"] == "审核不通过"
    assert "冻结" in say(pages[1].note, Language.ZH)


# -- everything else ------------------------------------------------------------------------------


def test_a_paper_the_loan_and_the_appointment_stand_beside_them(here: World) -> None:
    printing: tuple[Line, ...] = (
        (Choose, "01"),
        (Preview, "print"),
        (PrintingDocument, printed),
        (PaperReady, MENU),
    )
    booking: tuple[Line, ...] = (
        (Menu, "outlets"),
        (lambda step: hasattr(step, "outlets"), "other-day"),
        (titled("约哪个网点？"), lambda step: step.options[0].key),
        (titled("哪一天去？"), lambda step: step.options[0].key),
        (titled("几点去？"), lambda step: step.options[0].key),
        (titled("约好了"), MENU),
    )
    looks: tuple[Line, ...] = (
        (Menu, "progress"),
        (LIST, option("我的预约")),
        (titled("我的预约"), BACK),
        (LIST, option("公积金贷款")),
        (titled("我的贷款"), BACK),
        (LIST, option("缴存证明")),
        (ShowStatement, BACK),
        (LIST, BACK),
    )
    played = serve(here, "P03", "deposit-certificate", *printing, *booking, *looks)
    appointment, loan, paper, _phone = options(played)
    assert (appointment[0], loan[0]) == ("我的预约", "公积金贷款")
    assert "已打印 1 次" in paper[1]
    said = facts(played.last(ShowStatement))
    assert (said["打印"], said["开具日期"]) == ("1 次", "2026年1月15日")


def test_what_the_centre_does_not_offer_here_is_not_asked_for(here: World) -> None:
    here.ask("PUT", "/offers/loan", {"open": False})
    here.ask("PUT", "/offers/outlets", {"open": False})
    played = serve(here, "P03", "progress", (ShowTable, BACK))
    assert played.calls["GET /v1/loans"] == played.calls["GET /v1/appointments"] == 0


def test_nobody_has_done_anything_yet(here: World) -> None:
    played = serve(here, "P01", "progress", (ShowTable, BACK))
    assert played.last(ShowTable).rows == ()


@pytest.mark.parametrize(
    ("state", "payout", "words", "tone"),
    [
        ("awaiting-consent", None, "待同意", Tone.ATTENTION),
        ("confirmed", None, "已确认，还没有提交", Tone.ATTENTION),
        ("in-progress", None, "已受理待审核", Tone.ATTENTION),
        ("done", "due", "已通过待入账", Tone.ATTENTION),
        ("done", "paid", "已入账", Tone.GOOD),
        ("done", "returned", "付款失败（换卡重付）", Tone.BAD),
        ("done", None, "已办成", Tone.GOOD),
        ("refused", None, "审核不通过", Tone.BAD),
        ("cancelled", None, "已撤销", Tone.BAD),
        ("expired", None, "已作废", Tone.BAD),
    ],
)
def test_every_state_has_its_words(state: str, payout: str | None, words: str, tone: Tone) -> None:
    paid = Payout(state=PayoutState(payout), day=date(2026, 1, 20)) if payout else None
    operation = DONE.model_copy(update={"state": OperationState(state), "payout": paid})
    assert say(how_far(operation), Language.ZH) == words
    assert tone_of(operation) is tone
