"""Every reason against a business can be met: by which persona, in which circumstances, on what."""

from __future__ import annotations

import json
import secrets
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from kiosk.centre.document_orders import UnitCertificateOrder
from kiosk.centre.evidence import CardEvidence, SignIn
from kiosk.centre.operations import (
    AuthorisationAnswer,
    ClerkApproval,
    Confirmation,
    DraftRequest,
    Evidence,
    Operation,
    PasswordOrder,
    WithdrawalOrder,
    digest_of,
)
from kiosk.operation import Business as B
from kiosk.operation import OperationState
from kiosk.privacy import Sensitive
from kiosk.workshop.sandbox import personas, seed
from kiosk.workshop.sandbox.business_words import REFUSALS
from kiosk.workshop.sandbox.businesses import RULES
from kiosk.workshop.sandbox.cases import OrderTarget, PersonCase
from kiosk.workshop.sandbox.centre import StandInCentre
from kiosk.workshop.sandbox.changes import second_card
from kiosk.workshop.sandbox.operations import AUTHORISATION, fitting
from kiosk.workshop.sandbox.pins import PASSWORD
from kiosk.workshop.sandbox.refusals import Refused
from kiosk.workshop.sandbox.sessions import TokenHolder
from kiosk.workshop.sandbox.staff import StaffMember
from kiosk.workshop.sandbox.store import Store
from kiosk.workshop.sandbox.unit_papers import UnitPapers
from kiosk.workshop.sandbox.units import UnitBook
from tests.contract.test_operations import credit_bin
from tests.unit.test_sandbox_unit_rules import undone

CODE = "123456"
TRADE, BUILDERS = "9818010100004", "9818010100002"
P01 = "9919070100001"
P18, P02, P07, P03 = "9919110100018", "9915030100002", "9920070100008", "9912060100003"
NEVER_MET = {
    "business-not-offered": "the contract has no order for a business that has no rule",
    "terminal-unknown": "a certificate's name is looked at before any person is: "
    "tests/contract/test_operations.py",
}
"""What no persona meets, and why."""
CONSENTS = Path(__file__).parents[1] / "contract" / "test_consents.py"
OF_CONSENTS = {"not-awaiting-consent", "no-spouse", "consent-declined"}
"""What P03 and her spouse meet, over HTTP, in the tests of consents."""
PATTERNS = Path(__file__).with_name("test_sandbox_risk.py")
OF_PATTERNS = {"risk-often", "risk-card", "risk-payee"}
"""What is met after a pattern of many operations, in the tests of 稽核."""


@pytest.fixture(scope="module")
def centre(tmp_path_factory: pytest.TempPathFactory) -> Iterator[StandInCentre]:
    centre = StandInCentre(tmp_path_factory.mktemp("refusals"), fixed_code=CODE, codes_per_day=999)
    yield centre
    centre.close()


def case_of(store: Store, persona: str, today: date = seed.BUSINESS_DAY) -> PersonCase:
    row = store.one("SELECT * FROM person WHERE id = ?", persona)
    assert row
    return PersonCase(store, today, row, 0.0)


# -- whom the seeded demo refuses, by itself ------------------------------------------------------


@cache
def judged(directory: Path) -> dict[str, tuple[str, B]]:
    """Each reason that is met without anything else: the persona, and on which business."""
    store, met = Store(directory / "judged.db"), dict[str, tuple[str, B]]()
    seed.fill(store)
    for persona in personas.load():
        case = case_of(store, persona)
        for business, rule in RULES.items():
            for terms in rule.judge(case):
                bodies = [terms.refusal.body] if terms.refusal else []
                bodies += [each.refusal for each in terms.fields if each.refusal]
                for body in bodies:
                    met.setdefault(body.code, (persona, business))
    store.close()
    return met


# -- whom it refuses in other circumstances, or on other orders -----------------------------------


@dataclass(frozen=True)
class Met:
    """``persona`` orders ``target`` of ``business`` on ``today``, after ``so`` has come to be."""

    persona: str
    business: B
    so: tuple[str, ...] = ()
    target: dict[str, Any] = field(default_factory=dict)
    today: date = seed.BUSINESS_DAY

    def codes(self, store: Store) -> set[str]:
        with undone(store):
            for sql in self.so:
                store.run(sql)
            case = case_of(store, self.persona, self.today)
            rule = RULES[self.business]
            found = rule.judge(case)
            met = {terms.refusal.body.code for terms in found if terms.refusal}
            try:
                self._order(case, replace(OrderTarget(), **self.target))
            except Refused as refusal:
                met.add(refusal.body.code)
            return met
        raise AssertionError("not reached: the block always ends in _Undo")

    def _order(self, case: PersonCase, target: OrderTarget) -> None:
        rule = RULES[self.business]
        if rule.takes and target.value is not None:
            target = replace(target, value=rule.takes(case, target.value))
        terms = fitting(rule.judge(case), target)
        if rule.changes:
            rule.changes(case, target)
        if rule.trial:
            rule.trial(case, target, terms)
        if rule.refers:
            rule.refers(case, target)


def _card(persona: str, base: int = 500_000, **changes: str) -> dict[str, Any]:
    who = personas.load()[persona]
    read = {"kind": who.kind, "name": who.name, "number": who.number, "base": base} | changes
    return {"unit": BUILDERS, "value": json.dumps(read)}


def _unit(unit: str, value: Any) -> dict[str, Any]:
    return {"unit": unit, "value": json.dumps(value)}


def _fact(persona: str, column: str, value: object) -> str:
    return f"UPDATE fact SET {column} = {value} WHERE person = '{persona}'"


def _from(account: str, centre: str) -> dict[str, Any]:
    return {"account": account, "centre": centre}


def _at(centre: str, item: str) -> dict[str, Any]:
    return {"centre": centre, "field": item}


_BUSY = (
    "INSERT INTO operation (id, key, person, kind, business, target, terminal, quote, state, "
    "drafted_at) VALUES ('o', 'k', '{}', 'other', '{}', '{}', 'T', '', 'confirmed', '')"
)
_SHORT = {"account": P03, "loan": "8025061000003"}
MEETS: dict[str, Met] = {
    # amounts
    "amount-above": Met("P03", B.REPAY_LOAN_WITHDRAWAL, target=_SHORT | {"amount": 1_441_225}),
    "amount-below": Met("P03", B.REPAY_LOAN_WITHDRAWAL, target=_SHORT | {"amount": 9_999}),
    "amount-missing": Met("P03", B.REPAY_LOAN_WITHDRAWAL, target=_SHORT),
    "amount-not-asked": Met(
        "P04", B.RETIREMENT_WITHDRAWAL, target={"account": "9901090100004", "amount": 100}
    ),
    "nothing-to-withdraw": Met(
        "P11", B.REPAY_MORTGAGE_WITHDRAWAL, ("UPDATE account SET balance = 5000",)
    ),
    # withdrawals
    "account-not-eligible": Met("P01", B.RENT_WITHDRAWAL, ("UPDATE account SET status = '99'",)),
    "not-yet": Met("P11", B.REPAY_MORTGAGE_WITHDRAWAL, today=date(2026, 1, 9)),
    "seal-first": Met(
        "P05", B.RETIREMENT_WITHDRAWAL, (_fact("P05", "retired_on", "'2026-01-01'"),)
    ),
    "loan-open": Met(
        "P03",
        B.LEAVING_WITHDRAWAL,
        (f"UPDATE account SET status = '02', sealed_on = '2025-01-01' WHERE number = '{P03}'",),
    ),
    "pays-elsewhere": Met("P02", B.LEAVING_WITHDRAWAL, (_fact("P02", "pays_elsewhere", 1),)),
    "loan-not-yet-repaid": Met(
        "P03", B.REPAY_LOAN_WITHDRAWAL, ("UPDATE instalment SET paid_on = NULL, kind = '02'",)
    ),
    "offset-signed": Met(
        "P03",
        B.REPAY_LOAN_WITHDRAWAL,
        ("INSERT INTO offset_agreement VALUES ('8025061000003', 's', '2026-01-01')",),
    ),
    "mortgage-overdue": Met(
        "P11", B.REPAY_MORTGAGE_WITHDRAWAL, ("UPDATE mortgage SET overdue = 1",)
    ),
    "year-used-up": Met(
        "P01",
        B.RENT_WITHDRAWAL,
        (
            "INSERT INTO booking (serial, account, booked, kind, amount, balance, reason) "
            "VALUES ('s', '9919070100001', '2026-01-05', '11', -1800000, 0, '07')",
        ),
    ),
    # loans
    "too-near-due": Met("P03", B.PREPAYMENT, today=date(2026, 1, 19)),
    "prepaid-this-month": Met(
        "P03",
        B.PREPAYMENT,
        ("INSERT INTO prepayment VALUES ('s', '8025061000003', '2026-01-05', 1, 0, 1)",),
    ),
    "too-few-paid": Met(
        "P03", B.PREPAYMENT, ("UPDATE instalment SET paid_on = NULL, kind = '02' WHERE term > 1",)
    ),
    "last-term": Met(
        "P03", B.PREPAYMENT, ("UPDATE instalment SET paid_on = '2025-12-20' WHERE term < 360",)
    ),
    "way-not-offered": Met(
        "P03", B.MONTHLY_OFFSET, target={"loan": "8025061000003", "way": "nothing"}
    ),
    # changes
    "cooling-down": Met(
        "P01", B.PHONE_CHANGE, ("UPDATE on_file SET card_changed = 0 WHERE person = 'P01'",)
    ),
    "withdrawal-under-way": Met(
        "P01", B.PAYEE_CARD_CHANGE, (_BUSY.format("P01", "rent-withdrawal", "{}"),)
    ),
    "payee-bank-unknown": Met("P01", B.PAYEE_CARD_CHANGE, target={"value": "1234567890123456"}),
    "payee-credit-card": Met(
        "P01", B.PAYEE_CARD_CHANGE, target={"value": credit_bin().ljust(16, "0")}
    ),
    "payee-other-holder": Met(
        "P01", B.PAYEE_CARD_CHANGE, target={"value": second_card(personas.load()["P03"].bank_card)}
    ),
    "payee-card-abnormal": Met("P01", B.PAYEE_CARD_CHANGE, target={"value": "9999998888888888888"}),
    "payee-same-card": Met(
        "P01", B.PAYEE_CARD_CHANGE, target={"value": personas.load()["P01"].bank_card}
    ),
    "phone-invalid": Met("P01", B.PHONE_CHANGE, target={"value": "10000000000"}),
    "phone-same": Met("P01", B.PHONE_CHANGE, target={"value": "12300000001"}),
    "phone-taken": Met("P01", B.PHONE_CHANGE, target={"value": "12300000003"}),
    "phone-other-name": Met("P01", B.PHONE_CHANGE, target={"value": "12900000003"}),
    "password-weak": Met("P01", B.PASSWORD_CHANGE, target={"value": "111111"}),
    "password-same": Met("P01", B.PASSWORD_CHANGE, target={"value": PASSWORD}),
    "not-offered-here": Met(
        "P01", B.PERSONAL_DATA_CHANGE, target={"field": "address", "value": "?"}
    ),
    # accounts here and elsewhere
    "merge-frozen": Met(
        "P07",
        B.ACCOUNT_MERGE,
        (f"UPDATE account SET status = '06', frozen_on = '2026-01-05' WHERE number = '{P07}'",),
    ),
    "merge-in-use": Met(
        "P07", B.ACCOUNT_MERGE, (f"UPDATE account SET status = '01' WHERE number = '{P07}'",)
    ),
    "transfer-under-way": Met(
        "P01",
        B.TRANSFER_IN,
        (
            _BUSY.format("P01", "transfer-in", "{}"),
            "INSERT INTO referral (operation, centre, state, stage, day, next) "
            "VALUES ('o', 'C02', 'waiting', '01', '2026-01-29', 0)",
        ),
    ),
    "transfer-none-there": Met("P01", B.TRANSFER_IN, target=_from(P01, "C01")),
    "transfer-frozen-there": Met("P06", B.TRANSFER_IN, target=_from("9908080100006", "C01")),
    "transfer-in-use-there": Met("P11", B.TRANSFER_IN, target=_from("9918090100012", "C02")),
    "transfer-loan-there": Met("P03", B.TRANSFER_IN, target=_from(P03, "C03")),
    "cross-none-there": Met("P01", B.CROSS_PROVINCE, target=_at("X02", "rent")),
    "cross-frozen-there": Met("P06", B.CROSS_PROVINCE, target=_at("X01", "rent")),
    "cross-no-loan-there": Met("P01", B.CROSS_PROVINCE, target=_at("X01", "settlement")),
    "cross-under-way": Met(
        "P01",
        B.CROSS_PROVINCE,
        (
            _BUSY.format("P01", "cross-province", json.dumps({"field": "rent"})),
            "INSERT INTO referral (operation, centre, state, stage, day, next) "
            "VALUES ('o', 'X01', 'waiting', '', '2026-01-29', 0)",
        ),
        _at("X01", "rent"),
    ),
    # units
    "unit-under-way": Met(
        "A1",
        B.UNIT_SEALING,
        (_BUSY.format("A1", "unit-back-payment", json.dumps({"unit": TRADE})),),
    ),
    "month-not-payable": Met(
        "A1",
        B.UNIT_REMITTANCE,
        (f"UPDATE account SET paid_to = '2025-12-01' WHERE number = '{P18}'",),
        {"unit": TRADE, "value": "2026-02-01"},
    ),
    "employee-frozen": Met(
        "A1",
        B.UNIT_SEALING,
        (f"UPDATE account SET status = '06' WHERE number = '{P18}'",),
        _unit(TRADE, [P18]),
    ),
    "employee-sealed": Met("A1", B.UNIT_SEALING, target=_unit(TRADE, [P02])),
    "seal-unpaid": Met("A1", B.UNIT_SEALING, target=_unit(TRADE, [P18])),
    "employee-in-use": Met("A1", B.UNIT_UNSEALING, target=_unit(TRADE, [P18])),
    "employee-elsewhere": Met("A1", B.UNIT_UNSEALING, target=_unit(TRADE, [P07])),
    "employee-unknown": Met("A1", B.UNIT_ENROLMENT, target=_card("P14", number="1" * 18)),
    "employee-has-account": Met("A1", B.UNIT_ENROLMENT, target=_card("P01")),
    "base-outside": Met("A1", B.UNIT_ENROLMENT, target=_card("P14", 219_999)),
    "base-same": Met("A1", B.UNIT_BASE_CHANGE, target=_unit(BUILDERS, {P03: 1_000_000})),
    "ratio-outside": Met("A1", B.UNIT_RATIO_CHANGE, target=_unit(BUILDERS, [13, 12])),
    "ratio-same": Met("A1", B.UNIT_RATIO_CHANGE, target=_unit(BUILDERS, [12, 12])),
    "ratio-not-yet": Met(
        "A1", B.UNIT_RATIO_CHANGE, ("UPDATE unit SET ratio_since = '2025-07-01'",)
    ),
}  # fmt: skip


# -- what an operation meets on its course --------------------------------------------------------


class Counter:
    """A visitor at a terminal of the stand-in, without a wire."""

    def __init__(self, centre: StandInCentre, persona: str, terminal: str = "YL-1") -> None:
        self.centre = centre
        self.desk = centre.operations
        self.terminal = terminal
        who = personas.load()[persona]
        card = CardEvidence.model_validate(
            {"kind": who.kind, "name": who.name, "number": who.number}
        )
        session = centre.sessions.open(SignIn(terminal=terminal, evidence=card))
        self.token = session.token.reveal()
        centre.sessions.send_code(self.visitor)
        centre.sessions.check_code(self.visitor, CODE)

    @property
    def visitor(self) -> TokenHolder:
        return self.centre.sessions.visitor(self.token, self.terminal)

    def authorise(self, version: str = AUTHORISATION.version) -> None:
        self.desk.authorise(self.visitor, AuthorisationAnswer(version=version, agreed=True))

    def rent(self) -> Operation:
        self.authorise()
        account = self.centre.accounts.accounts(self.visitor)[0].id
        order = WithdrawalOrder.model_validate(
            {"business": "rent-withdrawal", "account": account, "amount": "100.00"}
        )
        return self.draft(order)

    def draft(self, order: Any) -> Operation:
        request = DraftRequest(key=secrets.token_hex(16), order=order)
        return self.desk.draft(self.visitor, request)[0]

    def confirm(self, draft: Operation, code: str = CODE, **changes: Any) -> None:
        with suppress(Refused):
            self.desk.send_code(self.visitor, draft.id)
        given = Evidence(kind="sms", value=Sensitive(code))
        facts: dict[str, Any] = {"evidence": (given,), "digest": digest_of(draft)} | changes
        self.desk.confirm(self.visitor, draft.id, Confirmation(**facts))

    def committed(self) -> Operation:
        draft = self.rent()
        self.confirm(draft)
        self.desk.commit(self.terminal, draft.id)
        return draft

    def locked(self) -> None:
        draft = self.rent()
        for _ in range(3):
            with suppress(Refused):
                self.confirm(draft, "000000")


def _locks(centre: StandInCentre, *people: str) -> None:
    for persona in people:
        Counter(centre, persona).locked()


def _confirmed_then(centre: StandInCentre) -> tuple[Counter, Operation]:
    at = Counter(centre, "P01")
    draft = at.rent()
    at.confirm(draft)
    return at, draft


def _in_flight(centre: StandInCentre) -> None:
    at, _ = _confirmed_then(centre)
    at.rent()


def _untold(centre: StandInCentre) -> None:
    at = Counter(centre, "P01")
    at.committed()
    at.rent()


def _not_drafted(centre: StandInCentre) -> None:
    at, draft = _confirmed_then(centre)
    at.desk.send_code(at.visitor, draft.id)


def _not_ended(centre: StandInCentre) -> None:
    at, draft = _confirmed_then(centre)
    at.desk.told(at.visitor, draft.id)


def _not_confirmed(centre: StandInCentre) -> None:
    at = Counter(centre, "P01")
    at.desk.commit(at.terminal, at.rent().id)


def _other_terminal(centre: StandInCentre) -> None:
    at, draft = _confirmed_then(centre)
    at.desk.commit("YL-2", draft.id)


def _differs(centre: StandInCentre) -> None:
    at = Counter(centre, "P01")
    at.confirm(at.rent(), digest="0" * 64)


def _outdated(centre: StandInCentre) -> None:
    """The account that is closed gets one fen more before the commit."""
    at = Counter(centre, "P04")
    at.authorise()
    account = at.centre.accounts.accounts(at.visitor)[0].id
    order = WithdrawalOrder.model_validate(
        {"business": "retirement-withdrawal", "account": account}
    )
    draft = at.draft(order)
    at.confirm(draft)
    centre.store.run("UPDATE account SET balance = balance + 1 WHERE person = 'P04'")
    at.desk.commit(at.terminal, draft.id)
    ended = at.desk.operation(at.visitor, draft.id)
    assert ended.state is OperationState.REFUSED
    assert ended.refusal
    raise Refused(ended.refusal.code)


def _missing(centre: StandInCentre) -> None:
    at = Counter(centre, "P01")
    at.confirm(at.rent(), evidence=(Evidence(kind="pin", value=Sensitive("x")),))


def _wrong_proof(centre: StandInCentre) -> None:
    at = Counter(centre, "P01")
    both = (Evidence(kind="sms", value=Sensitive(CODE)), Evidence(kind="qr", value=Sensitive("x")))
    at.confirm(at.rent(), evidence=both)


def _no_clerk(centre: StandInCentre) -> None:
    at = Counter(centre, "P01")
    centre.offers.ask_for_clerk("withdraw", wanted=True)
    draft = at.rent()
    centre.offers.ask_for_clerk("withdraw", wanted=False)  # what is drafted needs one all the same
    at.confirm(draft)


def _no_such_clerk(centre: StandInCentre) -> None:
    at = Counter(centre, "P01")
    centre.offers.ask_for_clerk("withdraw", wanted=True)
    draft = at.rent()
    centre.offers.ask_for_clerk("withdraw", wanted=False)
    at.confirm(draft, clerk=ClerkApproval(number="6021", at=centre.clock.now()))


def _own_clerk(centre: StandInCentre) -> None:
    at = Counter(centre, "P01")
    centre.staff.put(
        StaffMember("6032", "白柜员", "clerk", at.visitor.person["bank_card"], "603200")
    )
    centre.offers.ask_for_clerk("withdraw", wanted=True)
    draft = at.rent()
    centre.offers.ask_for_clerk("withdraw", wanted=False)
    try:
        at.confirm(draft, clerk=ClerkApproval(number="6032", at=centre.clock.now()))
    finally:
        centre.staff.reset()


def _locked(centre: StandInCentre) -> None:
    at = Counter(centre, "P01")
    draft = at.rent()
    for _ in range(2):
        with suppress(Refused):
            at.confirm(draft, "000000")
    at.confirm(draft, "000000")


def _no_trial(centre: StandInCentre) -> None:
    at = Counter(centre, "P01")
    order = PasswordOrder(business=B.PASSWORD_CHANGE, value=Sensitive("735194"))
    at.desk.trial(at.visitor, order)


def _risky_person(centre: StandInCentre) -> None:
    _locks(centre, "P01", "P01", "P01")
    Counter(centre, "P01").rent()


def _risky_terminal(centre: StandInCentre) -> None:
    _locks(centre, "P01", "P01", "P12", "P12", "P13")
    Counter(centre, "P12").rent()


def _outdated_text(centre: StandInCentre) -> None:
    Counter(centre, "P01").authorise("1999-01")


def _not_authorised(centre: StandInCentre) -> None:
    at = Counter(centre, "P01")
    account = centre.accounts.accounts(at.visitor)[0].id
    order = {"business": "rent-withdrawal", "account": account, "amount": "100.00"}
    at.draft(WithdrawalOrder.model_validate(order))


def _standing(centre: StandInCentre) -> None:
    account = "9919070100001"
    centre.store.run("INSERT INTO standing_order VALUES (?, 's', 10000, '2026-01-01')", account)
    Counter(centre, "P01").rent()


def _no_evidence(centre: StandInCentre) -> None:
    centre.ways.switch("phone", is_open=False, because=None)
    try:
        at = Counter(centre, "P01")
        found = at.desk.eligibility(at.visitor, "change")
        raise next(Refused(each.refusal.code) for each in found if each.refusal)
    finally:
        centre.ways.reset()


def _owes(centre: StandInCentre) -> None:
    at = Counter(centre, "A1")
    papers = UnitPapers(lambda: UnitBook(centre.store, seed.BUSINESS_DAY))
    unit = at.visitor.handle(TRADE)
    kind = "unit-clear-certificate"
    order = UnitCertificateOrder.model_validate({"kind": kind, "unit": unit, "key": "k" * 16})
    papers.paper(at.visitor, order, seed.BUSINESS_DAY)


ON_THE_WAY: dict[str, Callable[[StandInCentre], None]] = {
    "in-flight": _in_flight,
    "untold": _untold,
    "not-confirmed": _not_confirmed,
    "not-drafted": _not_drafted,
    "not-ended": _not_ended,
    "other-terminal": _other_terminal,
    "quote-differs": _differs,
    "quote-outdated": _outdated,
    "evidence-missing": _missing,
    "evidence-refused": _wrong_proof,
    "clerk-needed": _no_clerk,
    "clerk-unknown": _no_such_clerk,
    "clerk-own": _own_clerk,
    "operation-locked": _locked,
    "trial-not-offered": _no_trial,
    "risk-person": _risky_person,
    "risk-terminal": _risky_terminal,
    "text-outdated": _outdated_text,
    "authorisation-needed": _not_authorised,
    "standing-set": _standing,
    "evidence-closed": _no_evidence,
    "unit-owes": _owes,
}


# -- all of them ----------------------------------------------------------------------------------


@pytest.mark.parametrize("code", MEETS)
def test_who_meets_a_reason_in_other_circumstances(code: str, centre: StandInCentre) -> None:
    assert code in MEETS[code].codes(centre.store)


@pytest.mark.parametrize("code", ON_THE_WAY)
def test_who_meets_a_reason_on_the_way(code: str, centre: StandInCentre) -> None:
    with undone(centre.store):
        with pytest.raises(Refused) as refused:
            ON_THE_WAY[code](centre)
        assert refused.value.body.code == code


def test_every_reason_against_a_business_is_met(tmp_path: Path) -> None:
    by_itself = judged(tmp_path)
    assert {code for code in OF_CONSENTS if code in CONSENTS.read_text(encoding="utf-8")} == (
        OF_CONSENTS
    )
    assert {code for code in OF_PATTERNS if code in PATTERNS.read_text(encoding="utf-8")} == (
        OF_PATTERNS
    )
    named = {*by_itself, *MEETS, *ON_THE_WAY, *NEVER_MET, *OF_CONSENTS, *OF_PATTERNS}
    assert set(REFUSALS) - named == set()
    assert named - set(REFUSALS) <= {"card-expired", "card-lost", "card-name-differs"}
