"""Operations at the stand-in centre, asked over a real socket by the terminal's own clients."""

from __future__ import annotations

import secrets
import threading
import tomllib
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from datetime import date
from decimal import Decimal
from importlib import resources
from pathlib import Path
from typing import Any, Literal

import pytest
import requests

from kiosk.centre.client import CentreClient
from kiosk.centre.commit_client import CommitClient
from kiosk.centre.errors import CentreUnavailable, Refusal
from kiosk.centre.evidence import CardEvidence, PasswordEvidence, PhoneEvidence
from kiosk.centre.face import FaceChallenge, FacePicture
from kiosk.centre.operations import (
    AuthorisationAnswer,
    Confirmation,
    DraftRequest,
    Eligibility,
    Evidence,
    Group,
    MonthlyOffsetOrder,
    Operation,
    Order,
    PasswordOrder,
    PayeeCardOrder,
    PersonalDataOrder,
    PhoneOrder,
    PrepaymentOrder,
    SettlementOrder,
    SigningOrder,
    StandingWithdrawalOrder,
    WithdrawalOrder,
    digest_of,
)
from kiosk.operation import Business, OperationState, PayoutState
from kiosk.privacy import Sensitive
from kiosk.visit.face_steps import CaptureFace
from kiosk.workshop.sandbox import personas
from kiosk.workshop.sandbox.changes import second_card
from kiosk.workshop.sandbox.server import serving, serving_both
from kiosk.workshop.sandbox.tls import SandboxCa
from tests.services.captures import taken

D = Decimal
REPAY, RETIRE = Business.REPAY_LOAN_WITHDRAWAL, Business.RETIREMENT_WITHDRAWAL
DATA: Literal[Business.PERSONAL_DATA_CHANGE] = Business.PERSONAL_DATA_CHANGE
CODE = "123456"


class ServedCentre:
    """A stand-in centre over TLS, and its CA."""

    def __init__(self, url: str, ca: SandboxCa) -> None:
        self.url = url
        self.ca = ca

    def committer(self, terminal: str, certified: str | None = None) -> CommitClient:
        """The committer of ``terminal``, with the certificate of ``certified``."""
        certificate = self.ca.terminal(certified or terminal)
        return CommitClient(self.url, terminal, ca=self.ca.root, certificate=certificate)

    def lever(self, method: str, path: str, body: Any = None) -> Any:
        answer = requests.request(
            method,
            f"{self.url}/sandbox{path}",
            json=body,
            timeout=60,
            verify=str(self.ca.root),
            cert=str(self.ca.terminal("levers")),
        )
        assert answer.ok, answer.text
        return answer.json() if answer.content else None

    def post(self, url: str, form: dict[str, str]) -> str:
        """What a phone's browser gets."""
        return requests.post(url, data=form, timeout=60).text  # a phone has no certificate

    def moved(self) -> list[tuple[str, int]]:
        return [(move["operation"], move["amount"]) for move in self.lever("GET", "/movements")]


@contextmanager
def served(directory: Path, **options: Any) -> Iterator[ServedCentre]:
    given = {"fixed_code": CODE, "codes_per_day": 1000} | options
    with serving(directory, tls=True, **given) as url:
        yield ServedCentre(url, SandboxCa(directory))


@pytest.fixture(scope="module")
def centre(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServedCentre]:
    with served(tmp_path_factory.mktemp("centre")) as centre:
        yield centre


class OperationVisit:
    """A visit that has proved who it is, and the committer of its terminal."""

    def __init__(self, centre: ServedCentre, persona: str, terminal: str = "YL-0001") -> None:
        self.lever = centre.lever
        self.post = centre.post
        self.moved = centre.moved
        self.terminal = terminal
        certificate = centre.ca.terminal(terminal)
        self.ask = CentreClient(centre.url, terminal, ca=centre.ca.root, certificate=certificate)
        self.committer = centre.committer(terminal)
        person = personas.load()[persona]
        card = {"kind": person.kind, "name": person.name, "number": person.number}
        if person.kind.startswith("foreigner"):
            card["name_latin"] = person.name_latin
        self.card = CardEvidence.model_validate(card)
        self.ask.sign_in(self.card)
        self.ask.send_sms()
        self.ask.check_sms(Sensitive(CODE))
        self.money = self.ask.operations

    def authorise(self, agreed: bool = True) -> None:
        version = self.money.authorisation().version
        self.money.authorise(AuthorisationAnswer(version=version, agreed=agreed))

    def reasons(self) -> dict[Business, Eligibility]:
        return self.of_group("withdrawal")

    def order(self, business: Business, **changes: Any) -> WithdrawalOrder:
        """The whole of what can be had."""
        terms = self.reasons()[business]
        asked = terms.least is not None
        fields: dict[str, Any] = {"account": terms.account, "loan": terms.loan}
        fields["amount"] = terms.most if asked else None
        return WithdrawalOrder.model_validate({"business": business, **fields, **changes})

    def draft(self, business: Business, **changes: Any) -> Operation:
        return self.drafted(self.order(business, **changes))

    def drafted(self, order: Order) -> Operation:
        return self.money.draft(DraftRequest(key=secrets.token_hex(16), order=order))

    def carried_out(self, order: Order) -> Operation:
        """The operation after its commit; its end is told."""
        draft = self.drafted(order)
        assert self.confirm(draft) is OperationState.CONFIRMED
        assert self.committer.commit(draft.id).state is OperationState.DONE
        self.money.told(draft.id)
        return self.money.operation(draft.id)

    def of_group(self, group: Group) -> dict[Business, Eligibility]:
        return {one.business: one for one in self.money.eligibility(group)}

    def agreed(self, draft: Operation, person: str) -> Evidence:
        """The evidence of a phone on which ``person`` has agreed to ``draft``."""
        login = self.money.open_phone(draft.id)
        form = {"person": person, "answer": "yes", "digits": login.digits}
        self.post(login.content.reveal(), form)
        return Evidence(kind="qr", value=Sensitive(login.id))

    def picture(self, challenge: FaceChallenge) -> FacePicture:
        """A capture in this visit, sealed to the centre."""
        assert self.ask.session
        step = CaptureFace(challenge, self.ask.session.id)
        return FacePicture.of(challenge, taken(terminal=self.terminal)(step).sealed)

    def showed(self, draft: Operation) -> Evidence:
        """The evidence of a face that was shown for ``draft``."""
        challenge = self.money.open_face(draft.id)
        self.money.check_face(draft.id, self.picture(challenge))
        return Evidence(kind="face", value=Sensitive(challenge.challenge))

    def strongly(self, draft: Operation, *more: Evidence) -> OperationState:
        """Confirm ``draft`` with a code and ``more``."""
        with suppress(Refusal):
            self.money.send_code(draft.id)
        evidence = (*more, Evidence(kind="sms", value=Sensitive(CODE)))
        confirmation = Confirmation(evidence=evidence, digest=digest_of(draft))
        return self.money.confirm(draft.id, confirmation).state

    def change(self, business: Business) -> Eligibility:
        return self.of_group("change")[business]

    def confirm(self, draft: Operation, code: str = CODE) -> OperationState:
        with suppress(Refusal):  # too soon after the last, or no longer drafted
            self.money.send_code(draft.id)
        evidence = (Evidence(kind="sms", value=Sensitive(code)),)
        confirmation = Confirmation(evidence=evidence, digest=digest_of(draft))
        return self.money.confirm(draft.id, confirmation).state

    def confirmed(self, business: Business) -> Operation:
        draft = self.draft(business)
        assert self.confirm(draft) is OperationState.CONFIRMED
        return draft

    def texts(self) -> list[str]:
        return [message["text"] for message in self.lever("GET", "/messages")]

    def balance(self) -> Decimal:
        return self.ask.accounts()[0].balance.reveal()


class Visits:
    """Opens visits, and closes them after the test."""

    def __init__(self, centre: ServedCentre, stack: ExitStack) -> None:
        self._centre = centre
        self._stack = stack

    def __call__(self, persona: str, terminal: str = "YL-0001") -> OperationVisit:
        visit = OperationVisit(self._centre, persona, terminal)
        self._stack.callback(visit.ask.close)
        self._stack.callback(visit.committer.close)
        visit.authorise()
        return visit


@pytest.fixture
def visits(centre: ServedCentre) -> Iterator[Visits]:
    centre.lever("POST", "/reset")
    with ExitStack() as stack:
        yield Visits(centre, stack)


def refused(refusal: pytest.ExceptionInfo[Refusal]) -> tuple[str, str | None]:
    return refusal.value.code, refusal.value.operation


# -- to the fen -----------------------------------------------------------------------------------


def test_p03_withdraws_what_was_repaid(visits: Visits) -> None:
    visit = visits("P03")
    can = visit.reasons()[REPAY]
    assert (can.can, can.most, can.balance) == (True, D("14412.24"), D("61248.93"))
    assert all(fact.good for fact in can.checked)
    draft = visit.draft(REPAY)
    assert (draft.amount, draft.balance_before, draft.balance_after) == (
        D("14412.24"),
        D("61248.93"),
        D("46836.69"),
    )
    assert draft.payee
    assert draft.payee.tail == "0030"
    assert f"{draft.next_possible}" == "2027-01-15"
    assert draft.arrives
    assert draft.arrives.zh == "1月20日前，短信通知"
    assert draft.confirmed_by == (("sms",),)
    assert visit.moved() == []
    assert visit.confirm(draft) is OperationState.CONFIRMED
    assert "偿还公积金贷款提取，金额14,412.24元，到尾号0030" in visit.texts()[0]
    assert visit.moved() == []
    done = visit.committer.commit(draft.id)
    assert done.state is OperationState.DONE
    assert visit.moved() == [(draft.id, -1441224)]
    whole = visit.money.operation(draft.id)
    assert (whole.reference, whole.state, whole.told) == (done.reference, done.state, False)
    assert visit.balance() == D("46836.69")
    newest = visit.ask.withdrawals(visit.ask.accounts()[0].id)[0]
    assert (newest.amount, newest.serial, newest.reason) == (
        D("14412.24"),
        done.reference,
        "06",
    )
    assert "已办成" in visit.texts()[0]


def test_money_that_comes_back_is_paid_to_the_next_card(visits: Visits) -> None:
    """The operation stays done, and its account is booked once."""
    visit = visits("P03")
    visit.lever("PATCH", "/facts/P03", {"card_closed": 1})
    done = visit.carried_out(visit.order(REPAY))
    assert done.payout
    assert (done.payout.state, done.begun) == (PayoutState.DUE, date(2026, 1, 15))
    visit.lever("POST", "/clock", {"seconds": 24 * 3600})
    visit = visits("P03")
    back = visit.money.operation(done.id)
    assert back.state is OperationState.DONE
    assert back.payout
    assert (back.payout.state, bool(back.payout.why)) == (PayoutState.RETURNED, True)
    draft = visit.drafted(new_card())
    visit.strongly(draft, visit.agreed(draft, "P03"))
    assert visit.committer.commit(draft.id).state is OperationState.DONE
    again = visit.money.operation(done.id)
    assert again.payee
    assert again.payout
    assert (again.payout.state, again.payee.tail) == (PayoutState.DUE, "0039")
    visit.lever("POST", "/clock", {"seconds": 24 * 3600})
    paid = visits("P03").money.operation(done.id).payout
    assert paid
    assert paid.state is PayoutState.PAID
    assert visit.moved() == [(done.id, -14412_24)]


@pytest.mark.parametrize("closed", [1, 0])
def test_money_on_its_way_follows_the_new_card_only_from_a_closed_one(
    visits: Visits, closed: int
) -> None:
    visit = visits("P03")
    visit.lever("PATCH", "/facts/P03", {"card_closed": closed})
    done = visit.carried_out(visit.order(REPAY))
    draft = visit.drafted(new_card())
    visit.strongly(draft, visit.agreed(draft, "P03"))
    assert visit.committer.commit(draft.id).state is OperationState.DONE
    moved = visit.money.operation(done.id)
    assert moved.payee
    assert moved.payout
    assert moved.payout.state is PayoutState.DUE
    assert (moved.payee.tail == "0039") is bool(closed)
    visit.lever("POST", "/clock", {"seconds": 24 * 3600})
    paid = visits("P03").money.operation(done.id).payout
    assert paid
    assert paid.state is PayoutState.PAID


def test_p04_retires_and_the_account_is_closed(visits: Visits) -> None:
    visit = visits("P04")
    draft = visit.confirmed(RETIRE)
    assert (draft.amount, draft.interest, draft.balance_after) == (
        D("149292.60"),
        D("1226.37"),
        D("0.00"),
    )
    assert "销户" in draft.effects[0].zh
    assert visit.committer.commit(draft.id).state is OperationState.DONE
    account = visit.ask.accounts()[0]
    assert (account.status, account.balance.reveal()) == ("05", D("0.00"))
    entries = visit.ask.ledger(account.id, 2026).entries
    assert {(entry.kind, entry.amount) for entry in entries} == {
        ("09", D("1226.37")),
        ("12", D("-149292.60")),
    }
    visit.money.told(draft.id)
    with pytest.raises(Refusal) as no:
        visit.draft(RETIRE, account=account.id)
    assert no.value.code == "no-open-account"


def test_p05_is_told_when(visits: Visits) -> None:
    cannot = visits("P05").reasons()[RETIRE]
    assert not cannot.can
    assert cannot.refusal
    assert cannot.refusal.code == "not-retired"
    assert "2026-05" in cannot.refusal.reason.zh


REASONS = {
    "P01": {"rent-withdrawal": "18000.00"},
    "P02": {"leaving-withdrawal": "41651.93"},
    "P03": {"repay-loan-withdrawal": "14412.24"},
    "P04": {"retirement-withdrawal": "149292.60"},
    "P05": {},
    "P06": {},
    "P07": {"rent-withdrawal": "12331.38"},
    "P08": {},
    "P11": {"repay-mortgage-withdrawal": "23835.70"},
    "P15": {},
    "P18": {},
}


@pytest.mark.parametrize(("persona", "most"), REASONS.items())
def test_what_each_persona_can_have(visits: Visits, persona: str, most: dict[str, str]) -> None:
    reasons = visits(persona).reasons()
    assert {one.business: f"{one.most}" for one in reasons.values() if one.can} == most
    assert all((one.refusal is None) == one.can for one in reasons.values())
    assert [one.can for one in reasons.values()] == sorted(
        (one.can for one in reasons.values()), reverse=True
    )


def test_what_each_persona_is_refused(visits: Visits) -> None:
    def codes(persona: str) -> dict[str, str]:
        reasons = visits(persona).reasons()
        return {
            one.business.removesuffix("-withdrawal"): one.refusal.code
            for one in reasons.values()
            if one.refusal
        }

    assert codes("P03") == {
        "rent": "rent-with-loan",
        "repay-mortgage": "no-mortgage",
        "retirement": "not-retired",
        "leaving": "still-employed",
    }
    assert codes("P15")["repay-loan"] == "loan-overdue"
    assert codes("P06")["repay-loan"] == "loan-settled"
    assert codes("P01")["repay-loan"] == "no-loan"
    assert codes("P04")["leaving"] == "sealed-too-short"
    assert codes("P18")["rent"] == "too-few-months"
    assert set(codes("P08").values()) == {"withdrawal-frozen"}
    assert set(codes("P09").values()) == {"sms-signing-needed"}
    assert set(codes("P10").values()) == {"card-signing-needed"}
    assert codes("P11")["rent"] == "owns-home"


def test_without_the_authorisation_every_reason_says_so(visits: Visits) -> None:
    visit = visits("P03")
    order = visit.order(REPAY)
    visit.authorise(False)
    refusals = [one.refusal for one in visit.reasons().values()]
    assert {no.code for no in refusals if no} == {"authorisation-needed"}
    assert len(refusals) == 5
    with pytest.raises(Refusal, match="authorisation-needed"):
        visit.money.draft(DraftRequest(key="0" * 32, order=order))
    with pytest.raises(Refusal, match="text-outdated"):
        visit.money.authorise(AuthorisationAnswer(version="1999", agreed=True))


@pytest.mark.parametrize(
    ("amount", "code"),
    [
        ("14412.25", "amount-above"),
        ("99.99", "amount-below"),
        (None, "amount-missing"),
        ("100.00", None),
        ("14412.24", None),
    ],
)
def test_amounts(visits: Visits, amount: str | None, code: str | None) -> None:
    visit = visits("P03")
    if code is None:
        assert visit.draft(REPAY, amount=amount).amount == D(amount or "")
    else:
        with pytest.raises(Refusal, match=code):
            visit.draft(REPAY, amount=amount)


@pytest.mark.parametrize(
    ("way", "amount", "code"),
    [
        ("set", "1500.00", None),
        ("set", "1500.01", "amount-above"),
        ("set", "99.99", "amount-below"),
        ("set", None, "amount-missing"),
        ("change", "500.00", "way-not-offered"),
        ("cancel", None, "way-not-offered"),
    ],
)
def test_monthly_withdrawals_that_can_be_agreed_on(
    visits: Visits, way: str, amount: str | None, code: str | None
) -> None:
    visit = visits("P01")
    order = standing(visit, way, amount)
    if code is None:
        assert visit.carried_out(order).payout is None, "nothing is paid with the agreement"
        with pytest.raises(Refusal, match="amount-not-asked"):
            visit.drafted(standing(visit, "cancel", "100.00"))
        return
    with pytest.raises(Refusal, match=code):
        visit.drafted(order)


def standing(visit: OperationVisit, way: str, amount: str | None) -> StandingWithdrawalOrder:
    account = visit.of_group("standing")[Business.STANDING_WITHDRAWAL].account
    facts = {"business": "standing-withdrawal", "account": account, "way": way, "amount": amount}
    return StandingWithdrawalOrder.model_validate(facts)


def test_an_amount_is_not_asked_where_the_centre_computes_it(visits: Visits) -> None:
    with pytest.raises(Refusal, match="amount-not-asked"):
        visits("P04").draft(RETIRE, amount="1.00")


# -- loans and signing ----------------------------------------------------------------------------


def test_p03_compares_both_ways_and_prepays(visits: Visits) -> None:
    visit = visits("P03")
    can = visit.of_group("loan")[Business.PREPAYMENT]
    assert (can.can, can.least, can.most) == (True, D("10000.00"), D("593351.83"))
    order = PrepaymentOrder(
        business=Business.PREPAYMENT,
        loan=can.loan or "",
        amount=D("100000.00"),
        way="shorter-term",
    )
    choices = {choice.way: choice for choice in visit.money.trial(order).choices}
    assert {way: [line.value for line in choice.lines] for way, choice in choices.items()} == {
        "shorter-term": [
            D("2402.04"), 273, date(2048, 9, 20), D("160122.33"), D("96847.06"),
        ],
        "lower-payment": [
            D("1997.21"), 354, date(2055, 6, 20), D("213662.06"), D("43307.33"),
        ],
    }  # fmt: skip
    for choice in choices.values():
        assert list(choice.balances) == sorted(choice.balances, reverse=True)
    assert visit.moved() == []
    done = visit.carried_out(order.model_copy(update={"way": "lower-payment"}))
    assert (done.amount, done.balance_before, done.balance_after) == (
        D("100000.00"),
        D("593351.84"),
        D("493351.84"),
    )
    assert "1997.21" in done.effects[1].zh.replace(",", "")
    loan = visit.ask.loans()[0]
    assert loan.balance.reveal() == D("493351.84")
    assert (loan.next_amount, loan.terms_paid) == (D("1997.21"), 6)
    plan = visit.ask.plan(loan.id)
    assert (len(plan), plan[0].principal, plan[-1].balance) == (354, D("928.28"), D("0.00"))
    newest = visit.ask.repayments(loan.id)[0]
    assert (newest.kind, newest.amount, newest.balance) == (
        "03",
        D("100000.00"),
        D("493351.84"),
    )
    again = visit.of_group("loan")[Business.PREPAYMENT].refusal
    assert again
    assert again.code == "prepaid-this-month"
    assert visit.reasons()[REPAY].most == D("61248.92"), "what was prepaid may be withdrawn for"


def test_p03_settles_the_loan(visits: Visits) -> None:
    visit = visits("P03")
    can = visit.of_group("loan")[Business.SETTLEMENT]
    order = SettlementOrder(business=Business.SETTLEMENT, loan=can.loan or "")
    trial = visit.money.trial(order)
    assert trial.choices[0].lines[1].value == D("1114.18")
    assert trial.saved == D("256969.39") - D("1114.18")
    done = visit.carried_out(order)
    assert (done.amount, done.interest, done.balance_after) == (
        D("594466.02"),
        D("1114.18"),
        D("0.00"),
    )
    loan = visit.ask.loans()[0]
    assert (loan.state, loan.balance.reveal(), loan.settled_on) == (
        "3",
        D("0.00"),
        date(2026, 1, 15),
    )
    assert loan.principal_paid == D("600000.00")
    assert visit.ask.plan(loan.id) == ()
    assert visit.ask.repayments(loan.id)[0].kind == "06"
    refusals = {one.refusal.code for one in visit.of_group("loan").values() if one.refusal}
    assert refusals == {"loan-settled"}


@pytest.mark.parametrize(
    ("persona", "code"), [("P15", "loan-overdue"), ("P01", "no-loan"), ("P06", "loan-settled")]
)
def test_who_cannot_repay_early(visits: Visits, persona: str, code: str) -> None:
    refusals = [one.refusal for one in visits(persona).of_group("loan").values()]
    assert {refusal.code for refusal in refusals if refusal} == {code}
    assert len(refusals) == 3


def test_the_monthly_agreement_bars_the_withdrawal(visits: Visits) -> None:
    visit = visits("P03")
    loan = visit.of_group("loan")[Business.MONTHLY_OFFSET].loan or ""
    sign = MonthlyOffsetOrder(business=Business.MONTHLY_OFFSET, loan=loan, way="sign")
    cancel = sign.model_copy(update={"way": "cancel"})
    with pytest.raises(Refusal, match="way-not-offered"):
        visit.drafted(cancel)
    done = visit.carried_out(sign)
    assert (done.amount, done.payee) == (None, None)
    assert done.texts[0].text.count("\n") == 11, "twelve clauses"
    refusal = visit.reasons()[REPAY].refusal
    assert refusal
    assert refusal.code == "offset-signed"
    visit.carried_out(cancel)
    assert visit.reasons()[REPAY].can
    with pytest.raises(Refusal, match="trial-not-offered"):
        visit.money.trial(sign)


@pytest.mark.parametrize(
    ("persona", "business"), [("P09", Business.SMS_SIGNING), ("P10", Business.CARD_SIGNING)]
)
def test_signing_leads_on_to_the_withdrawal(
    visits: Visits, persona: str, business: Business
) -> None:
    visit = visits(persona)
    assert not any(one.can for one in visit.reasons().values())
    visit.carried_out(SigningOrder.model_validate({"business": business}))
    assert visit.reasons()[Business.RENT_WITHDRAWAL].can
    refusal = visit.of_group("signing")[business].refusal
    assert refusal
    assert refusal.code == "already-signed"


# -- changes --------------------------------------------------------------------------------------


def test_p03_moves_house(visits: Visits) -> None:
    visit = visits("P03")
    fields = {each.field: each for each in visit.change(DATA).fields}
    new = fields["address"].choices[0]
    order = PersonalDataOrder(business=DATA, field="address", value=Sensitive(new.code))
    done = visit.carried_out(order)
    assert (done.amount, done.payee, done.balance_after) == (None, None, None)
    assert [change.after for change in done.changes] == [new.words]
    assert "个人信息变更已办成" in visit.texts()[0]
    left = {each.field: each for each in visit.change(DATA).fields}["address"]
    assert (left.held, left.choices) == (new.words, ())
    assert left.refusal
    assert left.refusal.code == "no-other-address"


@pytest.mark.parametrize(("field", "value"), [("address", "none"), ("marital", "40"), ("id", "1")])
def test_nothing_is_changed_to_what_the_centre_does_not_offer(
    visits: Visits, field: str, value: str
) -> None:
    order = PersonalDataOrder(business=DATA, field=field, value=Sensitive(value))
    with pytest.raises(Refusal, match="not-offered-here"):
        visits("P03").drafted(order)


def test_a_new_query_password_replaces_the_old(visits: Visits) -> None:
    visit = visits("P01")
    order = PasswordOrder(business=Business.PASSWORD_CHANGE, value=Sensitive("806293"))
    visit.carried_out(order)
    held = visits("P01", terminal="YL-0002")
    held.ask.sign_out()
    held.ask.sign_in(held.card)
    with pytest.raises(Refusal, match="password-wrong"):
        held.ask.prove(PasswordEvidence(password=Sensitive("223344")))
    assert held.ask.prove(PasswordEvidence(password=Sensitive("806293"))).level
    rows = visit.lever("GET", "/operations")
    assert "806293" not in str(rows)


@pytest.mark.parametrize(
    ("password", "code"),
    [
        ("111111", "password-weak"),
        ("123456", "password-weak"),
        ("987654", "password-weak"),
        ("900307", "password-weak"),
        ("000001", "password-weak"),
        ("223344", "password-same"),
    ],
)
def test_a_password_that_the_centre_does_not_take(visits: Visits, password: str, code: str) -> None:
    order = PasswordOrder(business=Business.PASSWORD_CHANGE, value=Sensitive(password))
    with pytest.raises(Refusal, match=code):
        visits("P01").drafted(order)


def new_card(persona: str = "P03", **changes: Any) -> PayeeCardOrder:
    card = second_card(personas.load()[persona].bank_card)
    fields = {"business": "payee-card-change", "value": card, "read": False}
    return PayeeCardOrder.model_validate(fields | changes)


def test_a_new_card_is_confirmed_on_the_phone_and_by_a_code(visits: Visits) -> None:
    visit = visits("P03")
    draft = visit.drafted(new_card())
    assert draft.confirmed_by == (("qr", "sms"),)
    assert draft.changes[0].before.reveal().zh == "演示银行 尾号 0030"
    with pytest.raises(Refusal, match="evidence-missing"):
        visit.strongly(draft)
    with pytest.raises(Refusal, match="evidence-refused"):
        visit.strongly(draft, Evidence(kind="qr", value=Sensitive("0" * 32)))
    phone = visit.agreed(draft, "P03")
    alone = Confirmation(evidence=(phone,), digest=digest_of(draft))
    with pytest.raises(Refusal, match="evidence-missing"):
        visit.money.confirm(draft.id, alone)
    assert visit.strongly(draft, phone) is OperationState.CONFIRMED
    assert visit.committer.commit(draft.id).state is OperationState.DONE
    visit.money.told(draft.id)
    assert "收款银行卡变更已办成" in visit.texts()[0]
    cooling = visit.reasons()[REPAY].refusal
    assert cooling
    assert cooling.code == "cooling-down"
    assert "24小时" in cooling.reason.zh
    elsewhere = visits("P03", terminal="YL-0002")
    assert elsewhere.reasons()[REPAY].can is False, "it holds everywhere"
    visit.lever("POST", "/clock", {"seconds": 24 * 3600 + 1})
    later = visits("P03").reasons()[REPAY]
    assert later.can
    assert later.payee
    assert later.payee.tail == draft.changes[0].after.reveal().zh[-4:]


def test_another_persons_phone_confirms_nothing(visits: Visits) -> None:
    visit = visits("P03")
    draft = visit.drafted(new_card())
    with pytest.raises(Refusal, match="evidence-refused"):
        visit.strongly(draft, visit.agreed(draft, "P01"))
    assert [alarm["kind"] for alarm in visit.lever("GET", "/alarms")] == ["other-person"]


def test_a_phone_agrees_to_one_operation_only(visits: Visits) -> None:
    visit = visits("P03")
    first = visit.drafted(new_card())
    phone = visit.agreed(first, "P03")
    second = visit.drafted(new_card())
    with pytest.raises(Refusal, match="evidence-refused"):
        visit.strongly(second, phone)
    with pytest.raises(Refusal, match="not-drafted"):
        visit.money.open_phone(first.id)
    with pytest.raises(Refusal, match="login-over"):
        visit.ask.prove(PhoneEvidence(login=phone.value.reveal()))
    elsewhere = visits("P03", terminal="YL-0002")
    third = elsewhere.drafted(new_card())
    with pytest.raises(Refusal, match="evidence-refused"):
        visit.strongly(third, elsewhere.agreed(third, "P03"))


def test_a_face_confirms_one_operation_only(visits: Visits) -> None:
    visit = visits("P03")
    visit.lever("POST", "/faces", {"open": True})
    first = visit.drafted(new_card())
    assert first.confirmed_by == (("qr", "sms"), ("face", "sms"))
    with pytest.raises(Refusal, match="evidence-refused"):
        visit.strongly(first, Evidence(kind="face", value=Sensitive("0" * 32)))
    with pytest.raises(Refusal, match="face-expired"):
        visit.ask.check_face(visit.picture(visit.money.open_face(first.id)))
    unseen = visit.money.open_face(first.id)
    with pytest.raises(Refusal, match="evidence-refused"):
        visit.strongly(first, Evidence(kind="face", value=Sensitive(unseen.challenge)))
    face = visit.showed(first)
    second = visit.drafted(new_card())
    with pytest.raises(Refusal, match="not-drafted"):
        visit.money.open_face(first.id)
    with pytest.raises(Refusal, match="evidence-refused"):
        visit.strongly(second, face)
    with pytest.raises(Refusal, match="face-expired"):
        visit.money.check_face(second.id, visit.picture(visit.ask.face_challenge()))
    assert visit.strongly(second, visit.showed(second)) is OperationState.CONFIRMED


def test_a_face_of_an_earlier_session_confirms_nothing(visits: Visits) -> None:
    visit = visits("P03")
    visit.lever("POST", "/faces", {"open": True})
    draft = visit.drafted(new_card())
    face = visit.showed(draft)
    with pytest.raises(Refusal, match="evidence-refused"):
        visits("P03").strongly(draft, face)


def test_without_phone_and_face_a_change_of_card_is_closed(visits: Visits) -> None:
    visit = visits("P03")
    draft = visit.drafted(new_card())
    phone = visit.agreed(draft, "P03")
    visit.lever("PUT", "/ways/phone", {"open": False})
    closed = visit.change(Business.PAYEE_CARD_CHANGE).refusal
    assert closed
    assert closed.code == "evidence-closed"
    with pytest.raises(Refusal, match="evidence-closed"):
        visit.drafted(new_card())
    assert visit.strongly(draft, phone) is OperationState.CONFIRMED, "it was given before"


def test_the_phone_says_what_it_agrees_to(visits: Visits) -> None:
    visit = visits("P03")
    draft = visit.drafted(new_card())
    login = visit.money.open_phone(draft.id)
    asked = visit.post(login.content.reveal(), {"person": "P03", "answer": "yes", "digits": "x"})
    assert "收款银行卡变更" in asked
    assert "没有同意" in visit.post(login.content.reveal(), {"answer": "no"})
    assert visit.ask.logins.phone_state(login.id).state == "declined"


@pytest.mark.parametrize(
    ("card", "code"),
    [
        ("9999990000000000014", "payee-other-holder"),
        ("9999990000000000030", "payee-same-card"),
        ("9999995555555555555", "payee-card-abnormal"),
        ("6222020000000000000", "payee-card-abnormal"),
        ("4000000000000000", "payee-bank-unknown"),
        ("CREDIT", "payee-credit-card"),
    ],
)
def test_a_card_that_money_is_not_paid_to(visits: Visits, card: str, code: str) -> None:
    number = card.replace("CREDIT", f"{credit_bin():0<16}")
    with pytest.raises(Refusal, match=code):
        visits("P03").drafted(new_card(value=number))


def credit_bin() -> str:
    text = (resources.files("assets") / "bins.toml").read_text(encoding="utf-8")
    table = tomllib.loads(text).items()
    return next(prefix for prefix, each in table if each["kind"] == "credit")


def test_no_card_is_changed_under_a_withdrawal(visits: Visits) -> None:
    visit = visits("P03")
    withdrawal = visit.confirmed(REPAY)
    refusal = visit.change(Business.PAYEE_CARD_CHANGE).refusal
    assert refusal
    assert refusal.code == "withdrawal-under-way"
    visit.money.cancel(withdrawal.id)
    assert visit.change(Business.PAYEE_CARD_CHANGE).can


def test_a_withdrawal_that_was_drafted_before_goes_to_no_new_card(visits: Visits) -> None:
    visit = visits("P03")
    withdrawal = visit.draft(REPAY)
    change = visit.drafted(new_card())
    visit.strongly(change, visit.agreed(change, "P03"))
    visit.committer.commit(change.id)
    visit.confirm(withdrawal)
    assert visit.committer.commit(withdrawal.id).state is OperationState.REFUSED
    assert visit.moved() == []


def new_phone(number: str = "12777770301") -> PhoneOrder:
    return PhoneOrder(business=Business.PHONE_CHANGE, value=Sensitive(number))


def test_a_new_phone_gets_the_code_and_the_old_one_is_told(visits: Visits) -> None:
    visit = visits("P03")
    draft = visit.drafted(new_phone())
    assert draft.phone == "127****0301"
    assert draft.changes[0].before.reveal().zh == "123****0003"
    assert visit.strongly(draft, visit.agreed(draft, "P03")) is OperationState.CONFIRMED
    assert visit.committer.commit(draft.id).state is OperationState.DONE
    code, *ends = reversed(visit.lever("GET", "/messages")[:3])
    assert (code["phone"], CODE in code["text"]) == ("12777770301", True)
    assert {end["phone"] for end in ends} == {"12777770301", "12300000003"}
    assert all("手机号变更已办成" in end["text"] for end in ends)
    visit.money.told(draft.id)
    assert visit.money.send_code(visit.draft(REPAY).id).phone == "127****0301"
    refusal = visit.change(Business.PAYEE_CARD_CHANGE).refusal
    assert refusal
    assert refusal.code == "cooling-down"
    assert "您刚变更过手机号" in refusal.reason.zh
    with pytest.raises(Refusal, match="cooling-down"):
        visit.drafted(new_card())


def test_after_a_change_of_card_the_phone_stays(visits: Visits) -> None:
    visit = visits("P03")
    phone, card = visit.drafted(new_phone()), visit.drafted(new_card())
    visit.strongly(card, visit.agreed(card, "P03"))
    visit.committer.commit(card.id)
    with pytest.raises(Refusal, match="cooling-down"):
        visit.drafted(new_phone())
    assert visit.strongly(phone, visit.agreed(phone, "P03")) is OperationState.CONFIRMED
    assert visit.committer.commit(phone.id).state is OperationState.REFUSED
    assert [end["phone"] for end in visit.lever("GET", "/messages")[:1]] == ["12300000003"]


@pytest.mark.parametrize(
    ("number", "code"),
    [
        ("22300000000", "phone-invalid"),
        ("12300000003", "phone-same"),
        ("12300000001", "phone-taken"),
        ("12900000000", "phone-other-name"),
    ],
)
def test_a_phone_number_that_the_centre_does_not_take(
    visits: Visits, number: str, code: str
) -> None:
    with pytest.raises(Refusal, match=code):
        visits("P03").drafted(new_phone(number))


def test_what_the_register_has_changed_meanwhile_is_refused_at_the_commit(visits: Visits) -> None:
    visit = visits("P02")
    draft = visit.drafted(PersonalDataOrder(business=DATA, field="marital", value=Sensitive("40")))
    assert visit.confirm(draft) is OperationState.CONFIRMED
    visit.lever("PATCH", "/facts/P02", {"marital": "20"})
    assert visit.committer.commit(draft.id).state is OperationState.REFUSED
    assert "没有办成。" in visit.texts()[0], "no money is spoken of"


def test_a_confirmation_is_bound_to_the_new_value(visits: Visits) -> None:
    visit = visits("P02")
    draft = visit.drafted(PersonalDataOrder(business=DATA, field="marital", value=Sensitive("40")))
    change = draft.changes[0].model_copy(update={"after": draft.changes[0].before})
    with pytest.raises(Refusal, match="quote-differs"):
        visit.confirm(draft.model_copy(update={"changes": (change,)}))


# -- the course of an operation -------------------------------------------------------------------


def test_the_same_key_is_the_same_operation_as_far_as_it_has_come(visits: Visits) -> None:
    visit = visits("P03")
    request = DraftRequest(key="7" * 32, order=visit.order(REPAY))
    draft = visit.money.draft(request)
    assert visit.money.draft(request).id == draft.id
    visit.confirm(draft)
    again = visit.money.draft(request)
    assert (again.id, again.state) == (draft.id, OperationState.CONFIRMED)
    visit.committer.commit(draft.id)
    assert visit.money.draft(request).state is OperationState.DONE
    other = request.order.model_copy(update={"amount": D("100.00")})
    with pytest.raises(Refusal, match="key-reused"):
        visit.money.draft(DraftRequest(key="7" * 32, order=other))


def test_a_newer_draft_supersedes_a_drafted_one(visits: Visits) -> None:
    visit = visits("P03")
    old, new = visit.draft(REPAY), visit.draft(REPAY, amount="200.00")
    assert visit.money.operation(old.id).state is OperationState.SUPERSEDED
    assert visit.confirm(old) is OperationState.SUPERSEDED
    assert visit.confirm(new) is OperationState.CONFIRMED


def test_one_of_a_person_and_kind_in_flight(visits: Visits) -> None:
    visit = visits("P03")
    order = visit.order(REPAY)
    first = visit.confirmed(REPAY)
    for state in ("confirmed", "in-progress"):
        with pytest.raises(Refusal) as no:
            visit.money.draft(DraftRequest(key=secrets.token_hex(16), order=order))
        assert refused(no) == ("in-flight", first.id)
        busy = visit.reasons()[REPAY].refusal
        assert busy
        assert (busy.operation, busy.state) == (first.id, state)
        visit.lever("POST", "/operations/course", {"after_s": None})
        visit.committer.commit(first.id)


def test_an_end_that_was_not_told_comes_first(visits: Visits) -> None:
    visit = visits("P03")
    order = visit.order(REPAY)
    first = visit.confirmed(REPAY)
    with pytest.raises(Refusal, match="not-ended"):
        visit.money.told(first.id)
    visit.money.cancel(first.id)
    with pytest.raises(Refusal) as no:
        visit.money.draft(DraftRequest(key=secrets.token_hex(16), order=order))
    assert refused(no) == ("untold", first.id)
    assert [one.id for one in visit.money.open_operations()] == [first.id]
    visit.money.told(first.id)
    visit.money.told(first.id)
    assert visit.money.open_operations() == ()
    assert [one.told for one in visit.money.all_operations()] == [True]
    assert visit.draft(REPAY).state is OperationState.DRAFTED


def test_a_draft_that_was_never_confirmed_need_not_be_told(visits: Visits) -> None:
    visit = visits("P03")
    first = visit.draft(REPAY)
    visit.money.cancel(first.id)
    assert visit.money.open_operations() == ()
    assert visit.draft(REPAY).id != first.id


def test_a_commit_is_done_once(visits: Visits) -> None:
    visit = visits("P03")
    draft = visit.confirmed(REPAY)
    answers = {visit.committer.commit(draft.id).model_dump_json() for _ in range(3)}
    assert len(answers) == 1
    assert len(visit.moved()) == 1


def test_many_commits_at_once_are_one(visits: Visits, centre: ServedCentre) -> None:
    visit = visits("P03")
    draft = visit.confirmed(REPAY)
    states = []

    def commit() -> None:
        with centre.committer("YL-0001") as committer:
            states.append(committer.commit(draft.id).state)

    threads = [threading.Thread(target=commit) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert states == [OperationState.DONE] * 8
    assert len(visit.moved()) == 1


def test_only_what_is_confirmed_is_committed(visits: Visits) -> None:
    visit = visits("P03")
    draft = visit.draft(REPAY)
    with pytest.raises(Refusal) as no:
        visit.committer.commit(draft.id)
    assert refused(no) == ("not-confirmed", draft.id)
    assert visit.money.cancel(draft.id).state is OperationState.CANCELLED
    assert visit.committer.commit(draft.id).state is OperationState.CANCELLED
    assert visit.moved() == []


def test_in_progress_ends_on_the_centres_clock(visits: Visits) -> None:
    visit = visits("P03")
    visit.lever("POST", "/operations/course", {"after_s": 30})
    draft = visit.confirmed(REPAY)
    for _ in range(2):
        assert visit.committer.commit(draft.id).state is OperationState.IN_PROGRESS
    assert visit.money.cancel(draft.id).state is OperationState.IN_PROGRESS
    assert visit.moved() == []
    visit.lever("POST", "/clock", {"seconds": 31})
    done = visit.committer.query(draft.id)
    assert done.state is OperationState.DONE
    assert done.reference
    assert len(visit.moved()) == 1


def test_in_progress_may_be_refused_in_the_end(visits: Visits) -> None:
    visit = visits("P03")
    course = {"after_s": None, "ends_as": "refused", "code": "withdrawal-frozen"}
    visit.lever("POST", "/operations/course", course)
    draft = visit.confirmed(REPAY)
    assert visit.committer.commit(draft.id).state is OperationState.IN_PROGRESS
    visit.lever("POST", "/operations/settled")
    whole = visit.money.operation(draft.id)
    assert whole.state is OperationState.REFUSED
    assert whole.refusal
    assert whole.refusal.code == "withdrawal-frozen"
    assert visit.moved() == []
    assert "钱没有动" in visit.texts()[0]


@pytest.mark.parametrize("confirmed", [False, True])
def test_expiry_is_stored_before_anything_is_answered(visits: Visits, confirmed: bool) -> None:
    visit = visits("P03")
    draft = visit.draft(REPAY)
    if confirmed:
        visit.confirm(draft)
    before = visit.money.operation(draft.id)
    left = before.commit_ttl_s if confirmed else before.draft_ttl_s
    assert left is not None
    assert 590 <= left <= 600
    visit.lever("POST", "/clock", {"seconds": 595})  # the session lasts as long
    visit.money.open_operations()
    visit.lever("POST", "/clock", {"seconds": 5})
    assert visit.committer.query(draft.id).state is OperationState.EXPIRED
    assert visit.committer.commit(draft.id).state is OperationState.EXPIRED
    assert visit.confirm(draft) is OperationState.EXPIRED
    assert visit.moved() == []
    assert [one.state for one in visit.money.open_operations()] == ["expired"] * confirmed


def test_a_confirmation_is_bound_to_what_was_seen(visits: Visits) -> None:
    visit = visits("P03")
    draft = visit.draft(REPAY)
    other = draft.model_copy(update={"amount": D("200.00")})
    with pytest.raises(Refusal, match="quote-differs"):
        visit.confirm(other)
    assert visit.confirm(draft) is OperationState.CONFIRMED
    assert visit.confirm(draft, "000000") is OperationState.CONFIRMED, "evidence is not looked at"


def test_three_wrong_codes_cancel_the_operation(visits: Visits) -> None:
    visit = visits("P03")
    draft = visit.draft(REPAY)
    for _ in range(2):
        with pytest.raises(Refusal) as no:
            visit.confirm(draft, "000000")
        assert refused(no) == ("code-wrong", draft.id)
    with pytest.raises(Refusal, match="operation-locked"):
        visit.confirm(draft, "000000")
    assert visit.confirm(draft) is OperationState.CANCELLED


def test_guessed_codes_stop_a_person_and_then_a_terminal(visits: Visits) -> None:
    def guess(visit: OperationVisit, business: Business) -> None:
        draft = visit.draft(business)
        for _ in range(3):
            with pytest.raises(Refusal):
                visit.confirm(draft, "000000")

    first = visits("P03")
    for _ in range(3):
        guess(first, REPAY)
    with pytest.raises(Refusal, match="risk-person"):
        first.draft(REPAY)
    second = visits("P04")
    for _ in range(2):
        guess(second, RETIRE)
    third = visits("P01")
    with pytest.raises(Refusal, match="risk-terminal"):
        third.draft(Business.RENT_WITHDRAWAL)
    assert [alarm["kind"] for alarm in third.lever("GET", "/alarms")] == [
        "codes-guessed",
        "codes-guessed-here",
    ]
    elsewhere = visits("P01", terminal="YL-0002")
    assert elsewhere.draft(Business.RENT_WITHDRAWAL).state is OperationState.DRAFTED


def test_the_code_is_the_operations_own(visits: Visits) -> None:
    visit = visits("P03")
    draft = visit.draft(REPAY)
    evidence = (Evidence(kind="sms", value=Sensitive(CODE)),)
    confirmation = Confirmation(evidence=evidence, digest=digest_of(draft))
    with pytest.raises(Refusal, match="code-expired"):
        visit.money.confirm(draft.id, confirmation)  # the code of the sign-in is no good
    visit.money.send_code(draft.id)
    with pytest.raises(Refusal, match="sms-too-soon"):
        visit.money.send_code(draft.id)
    picture = Evidence(kind="face", value=Sensitive(""))
    face = confirmation.model_copy(update={"evidence": (picture,)})
    with pytest.raises(Refusal, match="evidence-missing"):
        visit.money.confirm(draft.id, face)
    both = face.model_copy(update={"evidence": face.evidence + evidence})
    with pytest.raises(Refusal, match="evidence-refused"):
        visit.money.confirm(draft.id, both)
    visit.lever("POST", "/clock", {"seconds": 301})
    with pytest.raises(Refusal, match="code-expired"):
        visit.money.confirm(draft.id, confirmation)
    visit.money.send_code(draft.id)
    assert visit.money.confirm(draft.id, confirmation).state is OperationState.CONFIRMED
    with pytest.raises(Refusal, match="not-drafted"):
        visit.money.send_code(draft.id)


def test_the_rules_are_asked_once_more_at_the_commit(visits: Visits) -> None:
    visit = visits("P04")
    draft = visit.confirmed(RETIRE)
    visit.lever("PUT", "/offers/withdraw", {"open": False})
    assert visit.committer.commit(draft.id).state is OperationState.REFUSED
    refusal = visit.money.operation(draft.id).refusal
    assert refusal
    assert refusal.code == "service-closed"
    visit.money.told(draft.id)
    with pytest.raises(Refusal, match="service-closed"):
        visit.draft(RETIRE)


def test_nobody_else_reaches_an_operation(visits: Visits) -> None:
    visit = visits("P03")
    draft = visit.confirmed(REPAY)
    stranger = visits("P01", terminal="YL-0002")
    for ask in (
        stranger.money.operation,
        stranger.money.cancel,
        stranger.money.told,
        stranger.money.send_code,
    ):
        with pytest.raises(Refusal, match="not-found"):
            ask(draft.id)
    with pytest.raises(Refusal, match="other-terminal"):
        stranger.committer.commit(draft.id)
    with pytest.raises(Refusal, match="other-terminal"):
        stranger.committer.query(draft.id)
    with pytest.raises(Refusal, match="not-found"):
        visit.committer.query("0" * 32)
    assert visit.moved() == []


def test_the_same_person_goes_on_at_another_terminal(visits: Visits) -> None:
    first, second = visits("P03"), visits("P03", terminal="YL-0002")
    draft = first.draft(REPAY)
    assert second.confirm(draft) is OperationState.CONFIRMED
    assert [one.id for one in first.money.open_operations()] == [draft.id]
    with pytest.raises(Refusal, match="other-terminal"):
        first.committer.commit(draft.id)
    assert second.committer.commit(draft.id).state is OperationState.DONE
    assert second.money.operation(draft.id).reference


def test_a_fact_that_changes_changes_the_judgement(visits: Visits) -> None:
    visit = visits("P02")
    assert visit.reasons()[Business.LEAVING_WITHDRAWAL].can
    visit.lever("PATCH", "/facts/P02", {"pays_elsewhere": 1})
    refusal = visit.reasons()[Business.LEAVING_WITHDRAWAL].refusal
    assert refusal
    assert refusal.code == "pays-elsewhere"


# -- who speaks -----------------------------------------------------------------------------------


def test_the_certificate_names_the_terminal_not_the_header(
    visits: Visits, centre: ServedCentre
) -> None:
    visit = visits("P03")
    draft = visit.confirmed(REPAY)
    with centre.committer("YL-0001", certified="YL-0002") as thief:
        with pytest.raises(Refusal, match="terminal-unknown"):
            thief.commit(draft.id)
        with pytest.raises(Refusal, match="terminal-unknown"):
            thief.query(draft.id)
    nobody = CommitClient(centre.url, "YL-0001", ca=centre.ca.root)
    with nobody, pytest.raises(CentreUnavailable):
        nobody.commit(draft.id)
    assert visit.moved() == []
    assert visit.committer.commit(draft.id).state is OperationState.DONE


def test_a_phone_needs_no_certificate_and_gets_none_of_the_contract(tmp_path: Path) -> None:
    with serving_both(tmp_path) as at:
        ca = SandboxCa(tmp_path)
        known: Any = {"ca": ca.root, "certificate": ca.terminal("YL-0001")}
        with CentreClient(at.api, "YL-0001", **known) as terminal:
            login = terminal.logins.open_phone()
        page = login.content.reveal()
        assert page.startswith(f"{at.beside}/phone/")
        assert "YL-0001" in requests.get(page, timeout=60).text
        assert requests.get(f"{at.beside}/sandbox/logins", timeout=60).json()
        for way in ("/v1/catalogue", "//v1/catalogue", "/v1/../v1/catalogue", "/%76%31/catalogue"):
            answer = requests.get(at.beside + way, headers={"X-Terminal": "YL-0001"}, timeout=60)
            assert answer.status_code == 404
        with CentreClient(at.beside, "YL-0001") as stranger, pytest.raises(CentreUnavailable):
            stranger.catalogue()


@pytest.mark.parametrize("kind", ["drop", "cut", "garbage", "status"])
def test_a_commit_whose_answer_is_lost_is_asked_about(visits: Visits, kind: str) -> None:
    visit = visits("P03")
    draft = visit.confirmed(REPAY)
    fault = {"match": "/v1/operations", "ends": "/commit", "kind": kind, "times": 1}
    visit.lever("POST", "/faults", fault)
    with pytest.raises(CentreUnavailable):
        visit.committer.commit(draft.id)
    carried_out = kind != "status"
    state = OperationState.DONE if carried_out else OperationState.CONFIRMED
    assert visit.committer.query(draft.id).state is state
    assert visit.committer.commit(draft.id).state is OperationState.DONE
    assert len(visit.moved()) == 1


def test_the_ca_stays(tmp_path: Path) -> None:
    first, second = SandboxCa(tmp_path), SandboxCa(tmp_path)
    assert first.root.read_bytes() == second.root.read_bytes()
    assert first.terminal("YL-0001").read_bytes() == second.terminal("YL-0001").read_bytes()
    assert [path.name for path in second.root.parent.iterdir() if path.stat().st_mode & 0o077] == [
        "ca.pem"
    ]
