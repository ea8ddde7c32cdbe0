"""Every refusal of cards, papers and outlets can be met: by which persona, and in what."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from pydantic import TypeAdapter

from kiosk.centre.document_orders import DocumentOrder
from kiosk.centre.evidence import BankCardEvidence, CardEvidence, SignIn
from kiosk.centre.models import PrintReport
from kiosk.centre.operations import PersonalDataOrder
from kiosk.centre.outlets import AppointmentRequest
from kiosk.operation import Business
from kiosk.privacy import Sensitive
from kiosk.workshop.sandbox import personas
from kiosk.workshop.sandbox.app import openapi
from kiosk.workshop.sandbox.centre import StandInCentre
from kiosk.workshop.sandbox.offers import PRINTS_PER_DAY
from kiosk.workshop.sandbox.refusals import Refused, known_codes
from kiosk.workshop.sandbox.risk import RiskLimits
from tests.contract.test_operations import credit_bin
from tests.unit.test_sandbox_refusals import CODE, Counter
from tests.unit.test_sandbox_unit_rules import undone

ORDER: TypeAdapter[DocumentOrder] = TypeAdapter(DocumentOrder)


@pytest.fixture(scope="module")
def centre(tmp_path_factory: pytest.TempPathFactory) -> Iterator[StandInCentre]:
    centre = StandInCentre(tmp_path_factory.mktemp("papers"), fixed_code=CODE, codes_per_day=999)
    yield centre
    centre.close()


PATHS = ("/v1/sessions", "/v1/documents", "/v1/tickets", "/v1/appointments")
ELSEWHERE = {
    "seal-unavailable": "contract/test_centre_api.py",  # no persona's fault
    "way-closed": "services/test_unit_account.py",  # these of a way in and not of a card
    "login-over": "services/test_abuse.py",
    "fund-code-over": "services/test_abuse.py",
    "unit-wrong": "services/test_unit_account.py",  # these of a unit's password or session
    "unit-only": "services/test_unit_account.py",
    "try-later": "services/test_unit_account.py",
}
"""What no persona meets by what they bring or ask, and the tests in which it is met."""


@pytest.mark.parametrize("code", ELSEWHERE)
def test_what_is_met_elsewhere_is_met_there(code: str) -> None:
    text = (Path(__file__).parents[1] / ELSEWHERE[code]).read_text(encoding="utf-8")
    told = (f'refused("{code}"', f'409, "{code}"', f'match="{code}"', f'"", "{code}")')
    assert any(each in text for each in told)


# -- cards ----------------------------------------------------------------------------------------


def _signs_in(centre: StandInCentre, persona: str, **changes: str) -> None:
    who = personas.load()[persona]
    card = {"kind": who.kind, "name": who.name, "number": who.number, **changes}
    evidence = CardEvidence.model_validate(card)
    centre.sessions.open(SignIn(terminal="YL-1", evidence=evidence))


def _by_bank_card(centre: StandInCentre, number: str) -> None:
    evidence = BankCardEvidence(number=Sensitive(number))
    centre.sessions.open(SignIn(terminal="YL-1", evidence=evidence))


# -- papers ---------------------------------------------------------------------------------------


def _orders(centre: StandInCentre, persona: str, kind: str, **facts: Any) -> None:
    """``persona`` orders a paper about the first account or loan."""
    at = Counter(centre, persona)
    if "loan" in facts:
        facts["loan"] = centre.accounts.loans(at.visitor)[0].id
    else:
        facts["account"] = centre.accounts.accounts(at.visitor)[0].id
    given = {"kind": kind, "key": "k" * 16} | facts
    centre.documents.make(at.visitor, ORDER.validate_python(given))


def _certificate(centre: StandInCentre, persona: str = "P01", **facts: Any) -> None:
    _orders(centre, persona, "deposit-certificate", **({"purpose": "01"} | facts))


def _closed_account(centre: StandInCentre) -> None:
    centre.store.run("UPDATE account SET status = '05' WHERE person = 'P01'")
    _certificate(centre)


def _closed_service(centre: StandInCentre) -> None:
    centre.offers.switch("deposit-certificate", is_open=False, because=None)
    try:
        _certificate(centre)
    finally:
        centre.offers.reset()


def _same_key(centre: StandInCentre) -> None:
    at = Counter(centre, "P01")
    account = centre.accounts.accounts(at.visitor)[0].id
    for purpose in ("01", "02"):
        given = {"kind": "deposit-certificate", "account": account, "purpose": purpose}
        order = ORDER.validate_python(given | {"key": "k" * 16})
        centre.documents.make(at.visitor, order)


def _receipt_too_early(centre: StandInCentre) -> None:
    at = Counter(centre, "P01")
    given = {"kind": "operation-receipt", "operation": at.rent().id, "key": "k" * 16}
    centre.documents.make(at.visitor, ORDER.validate_python(given))


def _copy_of_nothing(centre: StandInCentre) -> None:
    at = Counter(centre, "P03")
    (fields,) = (each.fields for each in at.desk.eligibility(at.visitor, "change") if each.fields)
    address = next(each for each in fields if each.field == "address")
    value = Sensitive(address.choices[0].code)
    order = PersonalDataOrder(business=Business.PERSONAL_DATA_CHANGE, field="address", value=value)
    draft = at.draft(order)
    at.confirm(draft)
    at.desk.commit(at.terminal, draft.id)
    given = {"kind": "agreement-copy", "operation": draft.id, "key": "k" * 16}
    centre.documents.make(at.visitor, ORDER.validate_python(given))


def _printed_often(centre: StandInCentre) -> None:
    at = Counter(centre, "P01")
    account = centre.accounts.accounts(at.visitor)[0].id
    given = {"kind": "deposit-certificate", "account": account, "purpose": "01"}
    for round_ in range(PRINTS_PER_DAY + 1):
        order = ORDER.validate_python(given | {"key": f"{round_:016}"})
        made, _new = centre.documents.make(at.visitor, order)
        report = PrintReport(job=f"job{round_}", pages=1, complete=True)
        centre.documents.report_print(at.terminal, made.id, report)


def _crowded(centre: StandInCentre) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(centre.risk, "limits", RiskLimits(sign_ins=0))
        _signs_in(centre, "P01")


# -- outlets --------------------------------------------------------------------------------------


def _past_slot(centre: StandInCentre) -> None:
    at = Counter(centre, "P01")
    slot = centre.outlets.slots("new-town")[0]
    request = AppointmentRequest(outlet="new-town", at=slot.at - timedelta(days=365))
    centre.outlets.make_appointment(at.visitor, request)


def _at_night(centre: StandInCentre) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(centre.clock, "now", lambda: datetime(2026, 1, 15, 23, tzinfo=UTC))
        centre.outlets.take_ticket("P01", "shifan-road")


def _no_outlet(centre: StandInCentre) -> None:
    centre.outlets.slots("nowhere")


def _many_tickets(centre: StandInCentre) -> None:
    for taker in range(1000):
        centre.outlets.take_ticket(f"T{taker}", "shifan-road")


MEETS: dict[str, Callable[[StandInCentre], None]] = {
    "card-expired": lambda c: _signs_in(c, "P13", valid_to="20250930"),
    "card-lost": lambda c: _signs_in(c, "P17"),
    "card-name-differs": lambda c: _signs_in(c, "P01", name="李四"),
    "risk-sign-ins": _crowded,
    "no-account": lambda c: _signs_in(c, "P14"),
    "card-not-on-file": lambda c: _by_bank_card(c, "9999990000009999999"),
    "card-is-credit": lambda c: _by_bank_card(c, credit_bin() + "0000000000"),
    "account-frozen": lambda c: _certificate(c, "P08"),
    "account-closed": _closed_account,
    "purpose-unknown": lambda c: _certificate(c, purpose="no"),
    "addressee-unknown": lambda c: _orders(
        c, "P01", "out-of-town-certificate", purpose="01", addressee="nowhere"
    ),
    "no-bookings": lambda c: _orders(c, "P01", "account-statement", years=[1999]),
    "loan-not-settled": lambda c: _orders(c, "P03", "settlement-certificate", loan=""),
    "no-plan": lambda c: _orders(c, "P06", "repayment-plan", loan=""),
    "operation-not-done": _receipt_too_early,
    "nothing-agreed": _copy_of_nothing,
    "key-reused": _same_key,
    "service-closed": _closed_service,
    "print-limit": _printed_often,
    "outlet-closed": _at_night,
    "slot-gone": _past_slot,
    "tickets-gone": _many_tickets,
    "not-found": _no_outlet,
}


@pytest.mark.parametrize("code", MEETS)
def test_who_meets_a_refusal_of_a_card_a_paper_or_an_outlet(
    code: str, centre: StandInCentre
) -> None:
    with undone(centre.store):
        with pytest.raises(Refused) as refused:
            MEETS[code](centre)
        assert refused.value.body.code == code


@pytest.mark.parametrize("kind", ["operation-receipt", "agreement-copy"])
def test_no_paper_is_made_about_the_operation_of_somebody_else(
    kind: str, centre: StandInCentre
) -> None:
    with undone(centre.store):
        done = Counter(centre, "P01").committed()
        given = {"kind": kind, "operation": done.id}
        with pytest.raises(Refused) as refused:
            _orders(centre, "P03", **given)
        assert refused.value.body.code == "not-found"
        _orders(centre, "P01", **given)


def test_every_such_refusal_is_met() -> None:
    """All codes that the contract names of sign-in, papers, tickets and appointments."""
    paths = openapi()["paths"]
    told = "".join(paths[path]["post"]["description"] for path in PATHS)
    named = {code for code in known_codes() if code in re.split(r"[\s,.]+", told)}
    assert len(named) > 15
    assert named - {*MEETS, *ELSEWHERE} == set()
