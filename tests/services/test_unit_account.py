"""A unit's own account as a way in: whom it lets in, what it serves, and how guessing is slowed."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import pytest

from kiosk.centre.client import CentreClient
from kiosk.centre.complaints import Complaint
from kiosk.centre.document_orders import AgreementCopyOrder, LoanPaperOrder, OperationReceiptOrder
from kiosk.centre.errors import Refusal
from kiosk.centre.evidence import UnitAccountEvidence
from kiosk.centre.handovers import ComplaintHandover, HandoverRequest, RequestsHandover
from kiosk.centre.level import Level
from kiosk.centre.operations import Confirmation, DraftRequest, Evidence, digest_of
from kiosk.centre.unit_orders import UnitBackPaymentOrder, UnitDataOrder, UnitOpeningOrder
from kiosk.identity.ways.unit_account import account_page
from kiosk.login import LoginEvent
from kiosk.operation import Business
from kiosk.privacy import Sensitive
from kiosk.services.unit_certificate import SERVICE
from kiosk.visit.operation_steps import CONFIRM, ConfirmOperation, ShowOutcome
from kiosk.visit.steps import (
    OTHER,
    Attract,
    Choose,
    ChooseWay,
    EnterDigits,
    EnterPassword,
    EnterSmsCode,
    Menu,
    NotAnAnswer,
    PaperReady,
    PresentIdCard,
    Preview,
    PrintingDocument,
    Rate,
    ShowStatement,
    ShowTable,
)
from kiosk.visit.troubles import MENU
from kiosk.visit.unit_steps import UnitMenu
from kiosk.visit.visit import Left, WentBack
from kiosk.words import Language, say
from kiosk.workshop.sandbox.tries import FREE
from kiosk.workshop.sandbox.unit_table import UNIT_PASSWORD, UNITS
from tests.services.money import DirectCommitLine
from tests.services.script import LEAVE, Line, Played, World, action, facts, option, printed, titled
from tests.services.test_abuse import answers
from tests.services.test_units import AWAY, BUILDERS, TRADE, acting
from ui.views import Look, derive

BACK = WentBack()
BUILDERS_NUMBER, TRADE_NUMBER = (row.number for row in UNITS)
NOBODYS_NUMBER = "9818010199999"
WRONG = "000000"
RATED: Line = (Rate, "skip")
OTHER_WAY: tuple[Line, ...] = (
    (Attract, None),
    (PresentIdCard, OTHER),
    (ChooseWay, "unit-account"),
)


def typed(number: str, password: str = UNIT_PASSWORD) -> tuple[Line, ...]:
    return ((EnterDigits, number), (EnterPassword, password))


def signs_in(here: World, number: str, *lines: Line, **options: Any) -> Played:
    begin = (*OTHER_WAY, *typed(number), (EnterSmsCode, here.code))
    return here.play(*begin, *lines, LEAVE, RATED, **options)


def evidence(number: str, password: str = UNIT_PASSWORD) -> UnitAccountEvidence:
    return UnitAccountEvidence(number=Sensitive(number), password=Sensitive(password))


@pytest.fixture
def traders(here: World) -> Iterator[CentreClient]:
    """A client whose session serves the traders."""
    with here.client() as one:
        one.sign_in(evidence(TRADE_NUMBER))
        one.send_sms()
        one.check_sms(Sensitive(here.code()))
        yield one


def refused(code: str, call: Any) -> Refusal:
    with pytest.raises(Refusal) as told:
        call()
    assert told.value.code == code
    return told.value


# -- whom it lets in ------------------------------------------------------------------------------


def test_the_agent_of_two_units_has_the_unit_chosen_already(here: World) -> None:
    played = signs_in(here, TRADE_NUMBER, (UnitMenu, "unit"), (ShowStatement, BACK))
    assert not any(isinstance(step, Choose) for step in played.script.steps)
    assert played.last(UnitMenu).unit.number == TRADE_NUMBER
    assert played.script.greeting == "经办人 刘*"
    begun, proved, ended = played.logins
    assert begun[0::2] == (LoginEvent.BEGUN, "unit-account")
    assert proved[0::2] == (LoginEvent.PROVED, "proved:sms")
    assert ended[0] is LoginEvent.ENDED


def test_account_and_password_alone_show_nothing(here: World) -> None:
    with here.client() as one:
        session = one.sign_in(evidence(TRADE_NUMBER))
        assert (session.level, session.unit, session.units) == (Level.HELD, "", 0)
        assert [proof.way for proof in session.proofs if proof.available] == [
            "sms",
            "phone",
            "fund-code",
        ]
        refused("proof-needed", one.units.units)
        refused("proof-needed", one.person)


@pytest.mark.parametrize("number", [TRADE_NUMBER, NOBODYS_NUMBER])
def test_a_wrong_account_is_refused_as_a_wrong_password_is(here: World, number: str) -> None:
    with here.client() as one:
        for _once in range(FREE + 1):
            refused("unit-wrong", lambda: one.sign_in(evidence(number, WRONG)))
        refused("try-later", lambda: one.sign_in(evidence(number)))
        one.sign_in(evidence(BUILDERS_NUMBER))


def test_who_mistypes_types_both_again_and_reads_why(here: World) -> None:
    played = here.play(
        *OTHER_WAY,
        *typed(TRADE_NUMBER, WRONG),
        *typed(TRADE_NUMBER),
        (EnterSmsCode, here.code),
        LEAVE,
    )
    wrong = played.last(EnterDigits).wrong
    assert wrong is not None
    assert say(wrong, Language.ZH).startswith("单位账号或密码不对。")
    assert played.logins[0] == (LoginEvent.REFUSED, "", "unit-wrong")


def test_another_way_is_one_press_away_on_both_pages(here: World) -> None:
    here.play(
        *OTHER_WAY,
        (EnterDigits, OTHER),
        (ChooseWay, "unit-account"),
        (EnterDigits, TRADE_NUMBER),
        (EnterPassword, OTHER),
        (ChooseWay, Left()),
    )


def test_a_closed_way_stands_with_its_reason(here: World) -> None:
    here.ask("PUT", "/ways/unit-account", {"open": False, "because": {"zh": "停用", "en": "Ended"}})
    played = here.play(*OTHER_WAY[:2], (ChooseWay, Left()))
    tile = next(tile for tile in played.last(ChooseWay).ways if tile.way == "unit-account")
    assert say(tile.closed or "", Language.ZH) == "停用"
    with here.client() as one:
        refused("way-closed", lambda: one.sign_in(evidence(TRADE_NUMBER)))


def test_another_service_for_units_stands_on_the_pages_own_words() -> None:
    page = derive(EnterPassword(unit=True), Look())
    assert page.title == "请输入单位密码"  # type: ignore[attr-defined]
    with pytest.raises(NotAnAnswer) as told:
        EnterPassword(unit=True).check("12")
    assert say(told.value.hint, Language.ZH) == "请输入 6 位单位密码"
    with pytest.raises(NotAnAnswer):
        account_page().check("123456789")


# -- what it serves -------------------------------------------------------------------------------

SERVED = {
    "GET /v1/person",
    "GET /v1/units",
    "GET /v1/operations",
    "GET /v1/documents",
}
"""What answers in the session of a unit, of all that needs no more than an address."""


def test_nothing_personal_answers_in_the_session_of_a_unit(
    here: World, traders: CentreClient
) -> None:
    assert traders.session
    found = answers(here, traders.session.token.reveal())
    answered = {name for name, status in found.items() if status < 300}
    assert answered == SERVED | {"POST /v1/logins"}  # a login is of nobody yet
    for call in (
        traders.accounts,
        traders.loans,
        traders.outlets.appointments,
        traders.operations.authorisation,
        lambda: traders.ledger("a"),
        lambda: traders.plan("l"),
        lambda: traders.handovers.open(HandoverRequest(about=RequestsHandover(topic="requests"))),
    ):
        refused("unit-only", call)
    changes = traders.operations.eligibility("change")
    assert changes
    assert not [each.business for each in changes if each.can]


def test_of_two_units_only_the_one_answers(here: World, traders: CentreClient) -> None:
    """Ids of the other unit are another session's, so the centre's own numbers are tried too."""
    (unit,) = traders.units.units()
    assert traders.session
    assert (unit.id, unit.number) == (traders.session.unit, TRADE_NUMBER)
    refused("not-found", lambda: traders.units.employees(BUILDERS_NUMBER))
    for terms in traders.operations.eligibility("unit"):
        assert terms.unit in (None, unit.id)
        assert terms.unit or (terms.refusal and terms.refusal.code == "unit-only")
    ratio = Decimal("0.05")
    opening = DraftRequest(
        key="0" * 32,
        order=UnitOpeningOrder(
            business=Business.UNIT_OPENING,
            unit=unit.id,
            employer_ratio=ratio,
            personal_ratio=ratio,
        ),
    )
    refused("not-found", lambda: traders.operations.draft(opening))
    receipt = OperationReceiptOrder(kind="operation-receipt", operation="0" * 32, key="1" * 32)
    copy = AgreementCopyOrder(kind="agreement-copy", operation="0" * 32, key="1" * 32)
    refused("not-found", lambda: traders.make_document(receipt))
    refused("not-found", lambda: traders.make_document(copy))
    plan = LoanPaperOrder(kind="repayment-plan", loan="l", key="1" * 32)
    refused("unit-only", lambda: traders.make_document(plan))


PAYS: tuple[Line, ...] = (
    (UnitMenu, "unit-back-payment"),
    (ShowStatement, action("go-on")),
    (ConfirmOperation, CONFIRM),
)


def test_what_is_done_for_one_unit_is_not_told_in_the_session_of_the_other(here: World) -> None:
    done = ((EnterSmsCode, here.code), (ShowOutcome, MENU))
    signs_in(here, TRADE_NUMBER, *PAYS, *done, committer=DirectCommitLine(here))
    lines = ((UnitMenu, "unit-progress"), (ShowTable, BACK))
    assert signs_in(here, BUILDERS_NUMBER, *lines).last(ShowTable).rows == ()
    shown = acting(here, BUILDERS, (UnitMenu, "unit-progress"), (Choose, BACK))
    (one,) = shown.last(Choose).options
    assert "补缴" in say(one.title, Language.ZH)


def opened(here: World, one: CentreClient, unit: str) -> str:
    """A change of the data of ``unit``, confirmed: nothing commits it, so it is open."""
    one.sign_in(evidence(unit))
    one.send_sms()
    one.check_sms(Sensitive(here.code()))
    terms = {each.business: each for each in one.operations.eligibility("unit")}
    fields = terms[Business.UNIT_DATA_CHANGE].fields
    field = next(each for each in fields if each.choices)
    order = UnitDataOrder(
        business=Business.UNIT_DATA_CHANGE,
        unit=one.units.units()[0].id,
        field=field.field,
        value=Sensitive(field.choices[-1].code),
    )
    draft = one.operations.draft(DraftRequest(key=unit.zfill(32), order=order))
    one.operations.send_code(draft.id)
    given = Evidence(kind="sms", value=Sensitive(here.code()))
    one.operations.confirm(draft.id, Confirmation(evidence=(given,), digest=digest_of(draft)))
    return draft.id


def test_an_operation_of_one_unit_does_not_hold_up_the_other(here: World) -> None:
    with here.client() as one, here.client() as other:
        opened(here, one, TRADE_NUMBER)
        held_up = {each.business for each in one.operations.eligibility("unit") if each.refusal
                   and each.refusal.code == "in-flight"}  # fmt: skip
        assert Business.UNIT_DATA_CHANGE in held_up
        opened(here, other, BUILDERS_NUMBER)


def test_an_agent_complains_of_an_operation_of_the_unit(here: World, traders: CentreClient) -> None:
    order = UnitBackPaymentOrder(
        business=Business.UNIT_BACK_PAYMENT, unit=traders.units.units()[0].id
    )
    draft = traders.operations.draft(DraftRequest(key="0" * 32, order=order))
    complaint = Complaint(key="c" * 16, subject="idea", operation=draft.id)
    number = traders.public.complain(complaint).number
    words = ComplaintHandover(topic="complaint", complaint=complaint.key)
    assert traders.handovers.open(HandoverRequest(about=words)).valid_s
    here.ask("POST", "/clock", {"seconds": 24 * 3600})
    assert here.client().public.complain(Complaint(key="c" * 16, subject="idea")).number == number


def test_a_units_paper_is_the_units_and_not_the_agents_own(here: World) -> None:
    paper = (
        (UnitMenu, SERVICE),
        (titled("要打印哪一种证明？"), option("单位缴存证明")),
        (Preview, action("print")),
        (PrintingDocument, printed),
        (PaperReady, action(MENU)),
    )
    acting(here, TRADE, *paper)
    own = here.play(*here.signed_in("A1"), (Choose, "own"), (Menu, "progress"), (ShowTable, BACK),
                    *AWAY)  # fmt: skip
    assert own.last(ShowTable).rows == ()
    lines: tuple[Line, ...] = (
        (UnitMenu, "unit-progress"),
        (Choose, "paper:0"),
        (ShowStatement, BACK),
        (Choose, BACK),
    )
    shown = acting(here, TRADE, *lines)
    assert facts(shown.last(ShowStatement))["打印"] == "1 次"
    assert len(signs_in(here, TRADE_NUMBER, *lines).last(Choose).options) == 1
    acting(here, BUILDERS, (UnitMenu, "unit-progress"), (ShowTable, BACK))


def test_who_is_no_longer_the_agent_gets_no_other_menu(
    here: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The unit gets another agent after the code was right."""
    monkeypatch.setattr("kiosk.centre.units_client.UnitsClient.units", lambda self: ())
    begin = (*OTHER_WAY, *typed(TRADE_NUMBER), (EnterSmsCode, here.code))
    told = titled("您现在不是这个单位的经办人")
    here.play(*begin, (told, action("retry")), (PresentIdCard, Left()))
