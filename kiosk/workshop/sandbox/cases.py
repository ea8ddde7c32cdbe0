"""One person's case before a business is judged, and what a business comes to: its terms."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal
from typing import Literal

from kiosk import calculations as rules
from kiosk.centre.models import CentreWords
from kiosk.centre.operations import (
    AgreedText,
    Change,
    CheckedFact,
    EvidenceKind,
    Group,
    Payee,
    PersonalField,
    Referral,
    Trial,
    UnitLimits,
)
from kiosk.operation import Business
from kiosk.workshop.sandbox.refusals import Refused
from kiosk.workshop.sandbox.seed import SETTLED
from kiosk.workshop.sandbox.store import Row, Store, yuan

BANK = "演示银行"
COOL_DOWN_S = 24 * 3600
"""How long after a change of card or phone the other one stays as it is, and nothing is paid out to
the new card: at every terminal and counter."""
_CHANGED = {
    "card_changed": ("收款银行卡", "bank card"),
    "phone_changed": ("手机号", "phone number"),
}


def words(zh: str, en: str) -> CentreWords:
    return CentreWords(zh=zh, en=en)


@dataclass(frozen=True, slots=True, repr=False)
class OrderTarget:
    """What an order is about, under the centre's own numbers instead of a session's ids. Money in
    whole fen. Stored as JSON with the operation."""

    account: str | None = None
    loan: str | None = None
    amount: int | None = None
    way: str | None = None
    field: str | None = None  # of the personal data; the item of 跨省通办
    value: str | None = None  # what is new
    unit: str | None = None
    spouse: bool = False
    centre: str | None = None  # the code of another centre


@dataclass(frozen=True, slots=True, repr=False)
class Terms:
    """What one business comes to for one account or loan; with ``refusal``: why not. Whole fen."""

    business: Business
    account: Row | None = None
    loan: Row | None = None
    least: int | None = None
    most: int | None = None  # None: no amount is asked for
    amount: int | None = None  # what moves when no amount is asked for
    interest: int = 0  # the part of ``amount`` that is interest
    next_possible: date | None = None
    effects: tuple[CentreWords, ...] = ()
    texts: tuple[AgreedText, ...] = ()
    confirmed_by: tuple[tuple[EvidenceKind, ...], ...] = (("sms",),)
    checked: tuple[CheckedFact, ...] = ()
    refusal: Refused | None = None
    payee: bool = True  # money goes to the bank card on file
    debt: int | None = None  # of the loan, before
    fields: tuple[PersonalField, ...] = ()  # what can be changed of the personal data
    unit: Row | None = None
    limits: UnitLimits | None = None  # of bases and ratios of ``unit``
    ways: tuple[str, ...] = ()  # the ways that can be had; empty: any the order may name
    ends: tuple[str, ...] = ()  # the ways that take no amount, and need no word of ``texts``
    monthly: int | None = None  # what is agreed on a month now
    spouse: Row | None = None  # who can take part, and has to agree then

    @property
    def number(self) -> tuple[str | None, str | None, str | None]:
        """The numbers of account, loan and unit: which of the terms an order is about."""
        return (
            self.account["number"] if self.account else None,
            self.loan["number"] if self.loan else None,
            self.unit["number"] if self.unit else None,
        )


@dataclass(frozen=True, slots=True, repr=False)
class PersonCase:
    """One person before the centre on one day, at ``ticks`` on the centre's clock."""

    store: Store
    today: date
    person: Row
    ticks: float

    @property
    def fact(self) -> Row:
        row = self.store.one("SELECT * FROM fact WHERE person = ?", self.person["id"])
        assert row  # every persona has one
        return row

    @property
    def on_file(self) -> Row:
        """What the centre itself holds of the person, beside phone and card."""
        row = self.store.one("SELECT * FROM on_file WHERE person = ?", self.person["id"])
        assert row  # every persona has one
        return row

    def book(
        self, account: str, serial: str, kind: str, amount: int, balance: int, **more: object
    ) -> None:
        """A booking of today on ``account``, after which it holds ``balance``; whole fen. ``kind``:
        a code of table A.5; ``more``: the other columns. The account's own row stays as it is."""
        row: dict[str, object] = {
            "serial": serial,
            "account": account,
            "booked": self.today.isoformat(),
            "kind": kind,
            "amount": amount,
            "balance": balance,
        }
        self.store.insert("booking", row | more)

    def must_have_cooled(self, change: Literal["card_changed", "phone_changed"]) -> None:
        """Refuses cooling-down while the last ``change`` is younger than ``COOL_DOWN_S``."""
        since = self.on_file[change]
        left = 0.0 if since is None else since + COOL_DOWN_S - self.ticks
        if left > 0:
            zh, en = _CHANGED[change]
            raise Refused("cooling-down", hours=math.ceil(left / 3600), zh=zh, en=en)

    def spouse(self) -> Row | None:
        """Whom the civil affairs register has as the person's spouse, if anybody we know."""
        return self.store.one("SELECT * FROM person WHERE id = ?", self.fact["spouse"])

    def accounts(self) -> list[Row]:
        """The accounts that are not closed, those in use first."""
        return self.store.all(
            "SELECT * FROM account WHERE person = ? AND status NOT IN ('03', '04', '05') "
            "ORDER BY status, number",
            self.person["id"],
        )

    def loans(self) -> list[Row]:
        """All loans, the newest first."""
        return self.store.all(
            "SELECT * FROM loan WHERE person = ? ORDER BY granted_on DESC", self.person["id"]
        )

    def open_loans(self) -> list[Row]:
        return [loan for loan in self.loans() if not loan["settled_on"]]

    def mortgages(self) -> list[Row]:
        return self.store.all("SELECT * FROM mortgage WHERE person = ?", self.person["id"])

    def accrued(self, account: Row) -> int:
        """Interest since the last 30 June, in fen, when the account is closed today."""
        later = self.store.all(
            "SELECT booked, amount FROM booking WHERE account = ? AND booked > ?",
            account["number"],
            SETTLED.isoformat(),
        )
        changes = [(date.fromisoformat(row["booked"]), yuan(row["amount"])) for row in later]
        opening = yuan(account["balance"]) - sum((amount for _, amount in changes), Decimal(0))
        return int(rules.deposit_interest(opening, changes, SETTLED, self.today) * 100)

    def last_withdrawal(self, *reasons: str) -> date | None:
        """The day of the person's last withdrawal for one of ``reasons`` (A.7)."""
        marks = ", ".join("?" * len(reasons))
        row = self.store.one(
            "SELECT max(booked) AS day FROM booking JOIN account ON account.number = account "  # noqa: S608
            f"WHERE person = ? AND kind IN ('11', '12') AND reason IN ({marks})",
            self.person["id"],
            *reasons,
        )
        return date.fromisoformat(row["day"]) if row and row["day"] else None

    def working_day(self, days: int) -> date:
        """The day that lies ``days`` working days ahead; holidays are not known here."""
        day = self.today
        while days:
            day += timedelta(days=1)
            days -= day.weekday() < 5
        return day

    def payee(self, handle: Callable[[str], str]) -> Payee:
        """The card on file, under its id in this session."""
        card = self.person["bank_card"]
        return Payee(id=handle(card), bank=BANK, tail=card[-4:])


@dataclass(frozen=True, slots=True)
class Ruling:
    """What another centre has decided on an application: what it has paid over and where that was
    booked, in fen, or why not. ``stage``: the code to tell."""

    stage: str = ""
    paid: Movement | None = None
    refusal: Refused | None = None


@dataclass(frozen=True, slots=True)
class BusinessRule:
    """One business of the stand-in: how it is judged, and how it is carried out.

    ``judge`` gives the terms for every account or loan the business could be about; at least one,
    which may be a refusal. ``carry_out`` moves what the confirmed terms say, within the caller's
    transaction; the string is the business serial.
    """

    business: Business
    group: Group
    kind: str  # one operation of a person and a kind at a time
    service: str  # the catalogue's
    judge: Callable[[PersonCase], list[Terms]]
    carry_out: Callable[[PersonCase, OrderTarget, Terms, str], list[Movement]]
    needs_authorisation: bool = False
    effects: Callable[[PersonCase, OrderTarget, Terms], tuple[CentreWords, ...]] | None = None
    trial: Callable[[PersonCase, OrderTarget, Terms], Trial] | None = None
    takes: Callable[[PersonCase, str], str] | None = None
    """The new value in the form in which the centre keeps it; refuses what the centre does not
    take."""
    code_to_new: bool = False  # the code goes to the new value of the order, a telephone number
    changes: Callable[[PersonCase, OrderTarget], tuple[Change, ...]] | None = None
    """What the order changes of the person's data; refuses what it cannot be changed to."""
    refers: Callable[[PersonCase, OrderTarget], Referral] | None = None
    """Who decides on the order after it is done here, and by when; refuses what the other centre
    does not take."""
    stages: Callable[[PersonCase, OrderTarget], tuple[str, ...]] | None = None
    """The stages at the other centre before it decides, by their codes."""
    too_late: tuple[str, ...] = ()
    """The stages at which the other centre no longer gives an application back."""
    stage_withdrawn: str = ""
    """The stage of an application that was taken back."""
    decide: Callable[[PersonCase, OrderTarget, str], Ruling] | None = None
    """What the other centre decides, and what is booked here then; the string is the serial."""
    titles: Mapping[str, CentreWords] = field(default_factory=dict)
    """What an order of one of the ways is called, where the business's name would mislead."""


@dataclass(frozen=True, slots=True)
class Movement:
    """Money that has moved at the centre, in fen: out of an account or into it, or on to a loan."""

    amount: int
    account: str | None = None
    loan: str | None = None
