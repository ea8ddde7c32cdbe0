"""提取, 提前还款, 委托按月还贷, 签约 at the stand-in centre, to the fen."""

from __future__ import annotations

from decimal import Decimal as D
from typing import Any

import pytest

from kiosk.centre.operations import Eligibility
from kiosk.centre.operations_client import OperationsClient
from kiosk.operation import Business
from kiosk.visit.operation_steps import (
    CONFIRM,
    ChooseReason,
    CompareTrial,
    ConfirmOperation,
    ReadText,
    ShowOutcome,
)
from kiosk.visit.steps import (
    Choose,
    Confirm,
    EnterNumber,
    EnterSmsCode,
    Farewell,
    Menu,
    Problem,
    ShowStatement,
    Step,
)
from kiosk.visit.troubles import MENU
from kiosk.visit.visit import NoCommitter, WentBack
from kiosk.words import Language, say
from tests.services.money import DirectCommitLine
from tests.services.script import LEAVE, Line, Played, World, confirmed

BACK = WentBack()


def serve(here: World, persona: str, service: str, *lines: Line, **options: Any) -> Played:
    return here.serve(persona, service, *lines, committer=DirectCommitLine(here), **options)


def reason(words: str) -> Any:
    """The key of the choice with this title."""

    def key(step: Step[Any]) -> str:
        assert isinstance(step, ChooseReason)
        options = (*step.can, *step.cannot)
        return next(each.key for each in options if say(each.title, Language.ZH) == words)

    return key


AGREED: Line = (Confirm, "yes")
HELD: Line = (ChooseReason, reason("偿还公积金贷款"))


def said(played: Played, kind: type[Any]) -> str:
    step = played.last(kind)
    return " ".join(say(getattr(step, name), Language.ZH) for name in ("title", "lead"))


def test_p03_withdraws_what_was_repaid(here: World) -> None:
    played = serve(
        here, "P03", "withdraw", AGREED, HELD, (EnterNumber, "14412.24"), *confirmed(here)
    )
    amount, outcome = played.last(EnterNumber), played.last(ShowOutcome)
    assert amount.most == D("14412.24")
    assert amount.rest
    assert amount.rest.of - amount.most == D("46836.69")
    assert outcome.amount == D("14412.24")
    assert "46836.69" in str(outcome.facts)


def test_p04_retires_and_goes_on_with_a_closed_account(here: World) -> None:
    retire: Line = (ChooseReason, reason("离休、退休"))
    account: tuple[Line, ...] = ((Menu, "account"), (ShowStatement, BACK))
    played = serve(here, "P04", "withdraw", AGREED, retire, *confirmed(here), *account)
    assert played.last(ShowOutcome).amount == D("149292.60")
    assert "提取销户" in str([say(f.value, Language.ZH) for f in played.last(ShowStatement).facts])


def test_a_service_that_closes_while_the_citizen_thinks_is_refused(here: World) -> None:
    def closes(step: Step[Any]) -> str:
        here.ask("PUT", "/offers/withdraw", {"open": False})
        return CONFIRM

    quote: tuple[Line, ...] = ((ConfirmOperation, closes), (EnterSmsCode, here.code))
    played = serve(
        here, "P03", "withdraw", AGREED, HELD, (EnterNumber, "100"), *quote, (Problem, MENU)
    )
    assert "没有通过" in said(played, Problem)
    assert "钱没有动" in said(played, Problem)
    assert here.ask("GET", "/movements") == []


@pytest.mark.parametrize(
    ("persona", "words", "why"),
    [
        ("P05", "离休、退休", "2026-05"),
        ("P08", "偿还公积金贷款", "冻结"),
        ("P15", "偿还公积金贷款", "逾期"),
    ],
)
def test_what_cannot_be_had_says_why_and_leads_back(
    here: World, persona: str, words: str, why: str
) -> None:
    played = serve(
        here,
        persona,
        "withdraw",
        AGREED,
        (ChooseReason, reason(words)),
        (Problem, "others"),
        (ChooseReason, BACK),
        (Problem, BACK),
        (ChooseReason, BACK),
        (Confirm, BACK),
    )
    assert why in said(played, Problem)


def test_who_declines_the_look_ups_sees_why_nothing_can_be_had(here: World) -> None:
    declined: Line = (Confirm, "no")
    played = serve(
        here,
        "P03",
        "withdraw",
        declined,
        (ChooseReason, BACK),
        (Confirm, "yes"),
        HELD,
        (EnterNumber, BACK),
        (ChooseReason, BACK),
        (Confirm, BACK),
    )
    first = next(s for s in played.script.steps if isinstance(s, ChooseReason))
    assert not first.can
    assert "授权" in say(first.cannot[0].hint, Language.ZH)


def test_p03_prepays_with_both_ways_beside_each_other(here: World) -> None:
    part: Line = (ChooseReason, reason("还一部分"))
    played = serve(
        here,
        "P03",
        "prepay",
        part,
        (EnterNumber, "100000"),
        (CompareTrial, "lower-payment"),
        *confirmed(here),
    )
    trial = played.last(CompareTrial).trial
    values = {c.way: [line.value for line in c.lines] for c in trial.choices}
    assert 273 in values["shorter-term"]
    assert D("96847.06") in values["shorter-term"]
    assert D("1997.21") in values["lower-payment"]
    assert D("43307.33") in values["lower-payment"]
    assert played.last(ShowOutcome)


def test_p03_pays_the_whole_loan_back(here: World) -> None:
    whole: Line = (ChooseReason, reason("全部还清"))
    played = serve(here, "P03", "prepay", whole, *confirmed(here))
    amount = played.last(ShowOutcome).amount
    assert amount is not None
    assert amount > D("593351.84")


def test_p15_is_told_to_pay_what_is_overdue_first(here: World) -> None:
    played = serve(
        here,
        "P15",
        "prepay",
        (ChooseReason, reason("还一部分")),
        (Problem, BACK),
        (ChooseReason, BACK),
    )
    assert "现在还不能办" in said(played, Problem)


def test_the_agreement_is_read_and_signed(here: World) -> None:
    def text(step: Step[Any]) -> str:
        assert isinstance(step, ConfirmOperation)
        return step.operation.texts[0].id

    played = serve(
        here,
        "P03",
        "monthly-offset",
        (ChooseReason, reason("委托按月还贷")),
        (Choose, "sign"),
        (Choose, "mine"),
        (ConfirmOperation, text),
        (ReadText, BACK),
        *confirmed(here),
    )
    assert played.last(ReadText).text.text
    assert played.last(ShowOutcome).amount is None


# -- a centre that answers more, or less, than this terminal knows --------------------------------


def answering(monkeypatch: pytest.MonkeyPatch, *answers: Eligibility) -> None:
    monkeypatch.setattr(OperationsClient, "eligibility", lambda client, group: answers)


HELD_BACK = Eligibility(business=Business.STANDING_WITHDRAWAL, can=True)
LOAN_NOWHERE = Eligibility(business=Business.PREPAYMENT, can=True, loan="nowhere")


def test_what_this_terminal_cannot_draft_is_not_among_the_reasons(
    here: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    signing = Eligibility(business=Business.SMS_SIGNING, can=True)
    answering(monkeypatch, HELD_BACK, LOAN_NOWHERE, signing)
    played = serve(here, "P03", "signing", (ChooseReason, BACK))
    assert [say(each.title, Language.ZH) for each in played.last(ChooseReason).can] == ["短信签约"]


def test_a_change_of_which_the_centre_says_nothing_is_an_answer_not_to_trust(
    here: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    answering(monkeypatch, HELD_BACK)
    played = serve(here, "P03", "personal-data", (Problem, MENU), unrated=True)
    assert "回应不完整" in said(played, Problem)


def test_nothing_that_this_terminal_can_draft_is_a_refusal(
    here: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    answering(monkeypatch, HELD_BACK)
    played = serve(here, "P03", "withdraw", AGREED, (Problem, MENU), unrated=True)
    assert "没有您可以办的" in said(played, Problem)


@pytest.mark.parametrize(
    ("service", "answer", "lines"),
    [
        ("prepay", LOAN_NOWHERE, ()),
        ("prepay", Eligibility(business=Business.SETTLEMENT, can=True), ()),
        ("withdraw", Eligibility(business=Business.RETIREMENT_WITHDRAWAL, can=True), (AGREED,)),
        (
            "monthly-offset",
            Eligibility(business=Business.MONTHLY_OFFSET, can=True),
            ((Choose, "sign"),),
        ),
    ],
)
def test_what_can_be_had_of_no_loan_or_account_is_an_answer_not_to_trust(
    here: World,
    monkeypatch: pytest.MonkeyPatch,
    service: str,
    answer: Eligibility,
    lines: tuple[Line, ...],
) -> None:
    answering(monkeypatch, answer)
    before = lines if service == "withdraw" else ()
    after = lines if service != "withdraw" else ()
    all_lines = (*before, (ChooseReason, "0"), *after, (Problem, MENU))
    played = serve(here, "P03", service, *all_lines, unrated=True)
    assert "回应不完整" in said(played, Problem)


def test_without_a_committer_the_tiles_of_money_say_why(here: World) -> None:
    played = here.play(*here.signed_in("P03"), LEAVE, (Farewell, None), committer=NoCommitter())
    tiles = {tile.service: tile.closed for tile in played.last(Menu).tiles}
    assert say(tiles["withdraw"] or "", Language.ZH) == "正在核对上一笔业务"
    assert tiles["account"] is None
