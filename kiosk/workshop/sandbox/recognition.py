"""Whom the evidence of a way in names, and what it proves: one method for each kind of evidence."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from drivers.smart_card import bins
from drivers.smart_card.types import BankCardKind
from kiosk.centre.evidence import (
    BankCardEvidence,
    CardEvidence,
    FundCodeEvidence,
    LoginEvidence,
    PasswordEvidence,
    PhoneEvidence,
    PinEvidence,
    SocialSecurityEvidence,
    UnitAccountEvidence,
)
from kiosk.papers.names import normal_name
from kiosk.workshop.sandbox.clock import Clock
from kiosk.workshop.sandbox.levels import Factor
from kiosk.workshop.sandbox.logins import PhoneLogins
from kiosk.workshop.sandbox.refusals import Refused
from kiosk.workshop.sandbox.store import Row, Store
from kiosk.workshop.sandbox.way_offers import WayOffers

FACTORS: Mapping[str, Factor] = {
    "id-card": Factor.HELD,
    "social-security-card": Factor.HELD,
    "bank-card": Factor.HELD,
    "phone": Factor.PHONE,
    "fund-code": Factor.PHONE,
    "sms": Factor.KNOWN,
    "password": Factor.KNOWN,
    "pin": Factor.KNOWN,
    "face": Factor.ARE,
    "unit-account": Factor.UNIT,
}
"""What each way proves."""
_BY_EITHER_FORM = (
    "SELECT * FROM person WHERE number = ?"
    " OR length(number) = 18 AND substr(number, 7, 2) = '19'"
    " AND substr(number, 1, 6) || substr(number, 9, 9) = ?"
)
"""By the number on a social security card, which on an old one has 15 digits (GB 11643-1989)."""


@dataclass(frozen=True, slots=True, repr=False)
class Recognised:
    """The person whom some evidence names. ``named``: the whole name is known."""

    person: Row
    factor: Factor
    named: bool = True


class Recogniser:
    """Finds the person behind evidence that names somebody."""

    def __init__(self, store: Store, clock: Clock, logins: PhoneLogins, ways: WayOffers) -> None:
        self._store = store
        self._clock = clock
        self._logins = logins
        self.ways = ways

    def recognise(self, evidence: LoginEvidence, terminal: str, session: str) -> Recognised:
        """Refuses way-closed, card-expired, no-account, card-lost, card-name-differs,
        card-is-credit, card-not-on-file, login-over, fund-code-over, and request-invalid for what
        names nobody: a PIN, a password. A unit's account is for ``Sessions``."""
        self.ways.must_be_open(evidence.way)
        named = True
        match evidence:
            case CardEvidence():
                person, named = self._by_card(evidence)
            case SocialSecurityEvidence():
                self._must_be_valid(evidence.expires)
                number = evidence.number.reveal().upper()
                person = self._with_account(_BY_EITHER_FORM, number, number)
            case BankCardEvidence():
                number = evidence.number.reveal()
                person = self._by_bank_card(number)
            case PhoneEvidence():
                claimed = self._logins.claim(evidence.login, terminal, session)
                person = self._with_account("SELECT * FROM person WHERE id = ?", claimed["id"])
            case FundCodeEvidence():
                code = evidence.code.reveal()
                claimed = self._logins.claim_fund_code(code, terminal, session)
                person = self._with_account("SELECT * FROM person WHERE id = ?", claimed["id"])
            case PinEvidence() | PasswordEvidence() | UnitAccountEvidence():
                raise Refused("request-invalid")
        return Recognised(person, FACTORS[evidence.way], named)

    def _by_card(self, card: CardEvidence) -> tuple[Row, bool]:
        self._must_be_valid(card.valid_to)
        person = self._with_account(
            "SELECT * FROM person WHERE number = ? AND card_kind = ?",
            card.number.reveal().upper(),
            card.kind,
        )
        whole = _same_name(card, person)
        if not whole and not _begins_name(card, person):
            raise Refused("card-name-differs")
        return person, whole

    def _by_bank_card(self, number: str) -> Row:
        known = bins.lookup(number)
        if known and known.kind is BankCardKind.CREDIT:
            raise Refused("card-is-credit")
        if not self._store.one("SELECT 1 FROM person WHERE bank_card = ?", number):
            raise Refused("card-not-on-file")
        return self._with_account("SELECT * FROM person WHERE bank_card = ?", number)

    def _must_be_valid(self, valid_to: str | None) -> None:
        if valid_to and valid_to < f"{self._clock.today():%Y%m%d}":
            raise Refused("card-expired")

    def _with_account(self, sql: str, *values: str) -> Row:
        person = self._store.one(sql, *values)
        if person and person["lost"]:
            raise Refused("card-lost")
        if not person or not self._store.one(
            "SELECT 1 FROM account WHERE person = ?", person["id"]
        ):
            raise Refused("no-account")
        return person


def names_person(card: CardEvidence, person: Row) -> bool:
    """Whether the card, or as much of the name as its chip holds, names the person."""
    return _same_name(card, person) or _begins_name(card, person)


def _latin(name: str) -> str:
    return " ".join(name.split()).casefold()


def _same_name(card: CardEvidence, person: Row) -> bool:
    """Whether card and person have the same name: Chinese, or Latin on a card without a Chinese
    name."""
    name = normal_name(card.name.reveal())
    if name:
        return name == normal_name(person["name"])
    return _latin(card.name_latin.reveal()) == _latin(person["name_latin"])


def _begins_name(card: CardEvidence, person: Row) -> bool:
    """Whether the chip has cut the name, and the name on file begins with the rest on the chip."""
    name = normal_name(card.name.reveal())
    if name:
        return card.name_cut and normal_name(person["name"]).startswith(name)
    latin = _latin(card.name_latin.reveal())
    return card.name_cut and bool(latin) and _latin(person["name_latin"]).startswith(latin)
