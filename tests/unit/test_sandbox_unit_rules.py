"""Whatever an agent does for a unit, in any order: ledgers, lists and sums add up, to the fen."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager, suppress

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from kiosk import calculations as rules
from kiosk.operation import Business
from kiosk.workshop.sandbox import personas, seed
from kiosk.workshop.sandbox.businesses import RULES
from kiosk.workshop.sandbox.cases import OrderTarget, PersonCase
from kiosk.workshop.sandbox.levels import Factor
from kiosk.workshop.sandbox.operations import fitting
from kiosk.workshop.sandbox.refusals import Refused
from kiosk.workshop.sandbox.sessions import TokenHolder
from kiosk.workshop.sandbox.store import Store, fen, yuan
from kiosk.workshop.sandbox.unit_plans import PAYMENTS, monthly, paying
from kiosk.workshop.sandbox.unit_table import UNITS
from kiosk.workshop.sandbox.units import UnitBook

NUMBERS = [row.number for row in UNITS]


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    store = Store(tmp_path_factory.mktemp("rules") / "centre.db")
    seed.fill(store)
    yield store
    store.close()


class _Undo(Exception):
    """Takes back what an example has done."""


@contextmanager
def undone(store: Store) -> Iterator[None]:
    with suppress(_Undo), store.transaction():
        yield
        raise _Undo


class TriedUnit:
    """One unit of the demo, and what the test does to it."""

    def __init__(self, store: Store, number: str, serial: int) -> None:
        self.store = store
        self.number = number
        row = store.one("SELECT * FROM person WHERE id = 'A1'")
        assert row
        self.case = PersonCase(store, seed.BUSINESS_DAY, row, 0.0)
        self.serial = f"01260115{serial:07}"

    def target(self, business: Business, first: int, second: int) -> OrderTarget:
        """An order of ``business``, lawful or not, made of two numbers."""
        numbers = [row["number"] for row in UnitBook(self.store, seed.BUSINESS_DAY).accounts(
            self.number)]  # fmt: skip
        value: str | None = None
        match business:
            case Business.UNIT_SEALING | Business.UNIT_UNSEALING:
                chosen = [each for at, each in enumerate(numbers) if first >> at & 1]
                value = json.dumps(chosen or numbers[:1])
            case Business.UNIT_RATIO_CHANGE:
                value = json.dumps([4 + first % 10, 4 + second % 10])
            case Business.UNIT_BASE_CHANGE:
                value = json.dumps({numbers[first % len(numbers)]: 200_000 + second * 3_333})
            case Business.UNIT_REMITTANCE:
                value = "2026-01-01"
            case Business.UNIT_ENROLMENT:
                who = personas.load()[("P14", "S1", "S2", "P01")[first % 4]]
                card = {"kind": who.kind, "name": who.name, "number": who.number}
                value = json.dumps(card | {"base": 200_000 + second * 3_333})
        return OrderTarget(unit=self.number, value=value)

    def undertake(self, business: Business, target: OrderTarget) -> int:
        """Carry out ``business`` as the centre does; what has moved, in fen."""
        rule = RULES[business]
        terms = fitting(rule.judge(self.case), target)
        changes = rule.changes(self.case, target) if rule.changes else ()
        moved = sum(each.amount for each in rule.carry_out(self.case, target, terms, self.serial))
        assert moved == (terms.amount or 0)
        if changes:
            rows = paying(self.case, self.number)
            said = {change.field: change.after.reveal().zh for change in changes}
            assert said.get("people", f"{len(rows)}人") == f"{len(rows)}人"
            assert said["monthly"] == f"{yuan(sum(map(monthly, rows))):,.2f}元"
        return moved

    def balances(self) -> dict[str, int]:
        rows = self.store.all("SELECT number, balance FROM account WHERE employer = ?", self.number)
        return {row["number"]: row["balance"] for row in rows}

    def adds_up(self) -> None:
        """Every list, every sum and every account of the unit."""
        book = UnitBook(self.store, seed.BUSINESS_DAY)
        who = TokenHolder("s", "t", "T1", self.case.person, frozenset(Factor), named=True)
        unit = next(each for each in book.units(who) if each.number == self.number)
        assert unit.people == len(paying(self.case, self.number))
        for year in book.remittances(who, unit.id, None).years:
            found = book.remittances(who, unit.id, year)
            assert found.paid + found.owed == sum(each.amount for each in found.months)
            for each in found.months:
                shares = book.month(who, unit.id, each.month).shares
                if each.paid_on is None and each.month == unit.month:
                    assert unit.due >= each.amount
                assert all(
                    share.employer_amount + share.personal_amount == share.amount
                    for share in shares
                )
        for row in paying(self.case, self.number):
            for side in ("employer", "personal"):
                ratio = yuan(row[f"{side}_ratio"])
                assert row[f"{side}_amount"] == fen(rules.contribution(yuan(row["base"]), ratio))
        for number, balance in self.balances().items():
            last = self.store.one(
                "SELECT balance FROM booking WHERE account = ? ORDER BY rowid DESC", number
            )
            assert balance >= 0
            assert last is None or last["balance"] == balance


DOES = st.tuples(
    st.sampled_from(
        (
            Business.UNIT_SEALING,
            Business.UNIT_UNSEALING,
            Business.UNIT_RATIO_CHANGE,
            Business.UNIT_BASE_CHANGE,
            Business.UNIT_BACK_PAYMENT,
            Business.UNIT_REMITTANCE,
            Business.UNIT_ENROLMENT,
        )
    ),
    st.sampled_from(NUMBERS),
    st.integers(0, 15),
    st.integers(0, 900),
)


@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(st.lists(DOES, max_size=10))
def test_ledgers_and_lists_add_up_after_anything(
    store: Store, does: list[tuple[Business, str, int, int]]
) -> None:
    with undone(store):
        for serial, (business, number, first, second) in enumerate(does):
            unit = TriedUnit(store, number, serial)
            target = unit.target(business, first, second)
            before = unit.balances()
            try:
                moved = unit.undertake(business, target)
            except Refused:
                moved = 0
            after = unit.balances()
            assert sum(after.values()) - sum(before.values()) == moved
            assert moved == 0 or business in PAYMENTS
            unit.adds_up()


def test_after_all_is_paid_nothing_can_be_paid(store: Store) -> None:
    with undone(store):
        paid = ((Business.UNIT_BACK_PAYMENT, 320_000), (Business.UNIT_REMITTANCE, 80_000))
        for serial, (business, amount) in enumerate(paid):
            unit = TriedUnit(store, NUMBERS[1], serial)
            target = unit.target(business, 0, 0)
            assert unit.undertake(business, target) == amount
            with pytest.raises(Refused):
                unit.undertake(business, target)
            unit.adds_up()
