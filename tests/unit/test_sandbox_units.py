"""The demo's units: lists that add up, what is owed, and nothing of anybody else's unit."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from decimal import Decimal

import pytest

from kiosk.centre.units import Unit
from kiosk.workshop.sandbox import personas, seed, unit_table
from kiosk.workshop.sandbox.clock import Clock
from kiosk.workshop.sandbox.levels import Factor
from kiosk.workshop.sandbox.outlets import OutletDesk
from kiosk.workshop.sandbox.refusals import Refused
from kiosk.workshop.sandbox.sessions import TokenHolder
from kiosk.workshop.sandbox.store import Store
from kiosk.workshop.sandbox.units import PAYING, UnitBook

BUILDERS, TRADE = "9818010100002", "9818010100004"
MONTHS = [date(2024 + (6 + n) // 12, (6 + n) % 12 + 1, 1) for n in range(19)]
"""2024-07 to 2026-01: all months of the demo's ledger."""


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    store = Store(tmp_path_factory.mktemp("units") / "centre.db")
    seed.fill(store)
    yield store
    store.close()


@pytest.fixture(scope="module")
def book(store: Store) -> UnitBook:
    return UnitBook(store, seed.BUSINESS_DAY)


def visitor(store: Store, person: str = "A1") -> TokenHolder:
    row = store.one("SELECT * FROM person WHERE id = ?", person)
    assert row
    proved = frozenset({Factor.HELD, Factor.KNOWN})
    return TokenHolder("s", "t", "T0001", row, proved, named=True)


@pytest.fixture(scope="module")
def units(store: Store, book: UnitBook) -> dict[str, Unit]:
    return {unit.number: unit for unit in book.units(visitor(store))}


def test_one_agent_acts_for_two_units_and_nobody_else_for_any(
    store: Store, book: UnitBook, units: dict[str, Unit]
) -> None:
    assert list(units) == [BUILDERS, TRADE]
    assert [book.units(visitor(store, id)) for id in personas.load() if id != "A1"] == [
        [] for id in personas.load() if id != "A1"
    ]


def test_the_builders_have_paid_5928_for_three_people(units: dict[str, Unit]) -> None:
    unit = units[BUILDERS]
    assert (unit.due, unit.paid, unit.people) == (Decimal("5928.00"), True, 3)
    assert (unit.paid_to, unit.month) == (date(2026, 1, 1), date(2026, 1, 1))
    assert (unit.employer_ratio, unit.personal_ratio) == (Decimal("0.12"), Decimal("0.12"))
    assert (unit.months_in_arrears, unit.arrears) == (0, Decimal("0.00"))


def test_the_traders_owe_four_months_and_this_one(units: dict[str, Unit]) -> None:
    unit = units[TRADE]
    assert (unit.status, unit.paid_to) == ("03", date(2025, 8, 1))
    assert (unit.months_in_arrears, unit.arrears) == (4, Decimal("3200.00"))
    assert (unit.due, unit.paid, unit.people, unit.sealed) == (Decimal("800.00"), False, 1, 2)


@pytest.mark.parametrize("number", [BUILDERS, TRADE])
def test_every_list_adds_up(
    number: str, store: Store, book: UnitBook, units: dict[str, Unit]
) -> None:
    """Shares to the month, months to the year, years to the bookings of the employees."""
    who, unit = visitor(store), units[number]
    found = {
        each.month: each
        for year in book.remittances(who, unit.id, None).years
        for each in book.remittances(who, unit.id, year).months
    }
    assert list(found) == MONTHS[::-1]
    for month, each in found.items():
        listed = book.month(who, unit.id, month)
        assert (listed.amount, listed.paid_on) == (each.amount, each.paid_on)
        assert len(listed.shares) == each.people
        assert sum(share.amount for share in listed.shares) == each.amount
        for share in listed.shares:
            assert share.employer_amount + share.personal_amount == share.amount
    for year in (2024, 2025, 2026):
        sums = book.remittances(who, unit.id, year)
        months = [each for each in sums.months if each.paid_on]
        assert sums.paid == sum((each.amount for each in months), Decimal(0))
        assert sums.paid + sums.owed == sum((each.amount for each in sums.months), Decimal(0))
    paid = sum((each.amount for each in found.values() if each.paid_on), Decimal(0))
    booked = store.count(
        "SELECT sum(amount) FROM booking JOIN account ON account.number = booking.account "
        "WHERE employer = ? AND kind IN ('01', '02')",
        number,
    )
    assert paid == Decimal(booked).scaleb(-2)


def test_the_month_of_the_picture_by_employee(
    store: Store, book: UnitBook, units: dict[str, Unit]
) -> None:
    listed = book.month(visitor(store), units[BUILDERS].id, date(2026, 1, 1))
    assert [(share.name, share.amount) for share in listed.shares] == [
        ("孙*", Decimal("1800.00")),
        ("冯*", Decimal("1728.00")),
        ("王*", Decimal("2400.00")),
    ]


def test_no_whole_name_or_number_of_an_employee_is_told(
    store: Store, book: UnitBook, units: dict[str, Unit]
) -> None:
    who = visitor(store)
    told = ""
    for unit in units.values():
        told += "".join(each.model_dump_json() for each in book.employees(who, unit.id))
        told += book.month(who, unit.id, date(2025, 12, 1)).model_dump_json()
    for persona in personas.load().values():
        assert persona.full_name not in told
        assert persona.number not in told
    numbers = [row["number"] for row in store.all("SELECT number FROM account")]
    assert not [number for number in numbers if number in told]


def test_the_employees_of_the_traders(store: Store, book: UnitBook, units: dict[str, Unit]) -> None:
    found = book.employees(visitor(store), units[TRADE].id)
    assert [(each.name, each.status, each.amount) for each in found] == [
        ("杨*", "01", Decimal("800.00")),
        ("李*", "02", Decimal("1400.00")),
        ("吴*", "02", Decimal("0.00")),
    ]


def test_the_table_agrees_with_the_accounts(store: Store) -> None:
    for row in unit_table.UNITS:
        assert store.count("SELECT count(*) FROM employer WHERE number = ?", row.number) == 1
        for account in store.all("SELECT * FROM account WHERE employer = ?", row.number):
            if account["status"] in PAYING:
                assert account["employer_ratio"] == row.employer_ratio
                assert account["personal_ratio"] == row.personal_ratio


@pytest.mark.parametrize("person", ["A1", "P03"])
def test_what_is_not_theirs_is_not_found(
    person: str, store: Store, book: UnitBook, units: dict[str, Unit]
) -> None:
    who = visitor(store, person)
    handle = "none" if person == "A1" else units[BUILDERS].id
    for ask in (
        lambda: book.remittances(who, handle, None),
        lambda: book.month(who, handle, date(2026, 1, 1)),
        lambda: book.employees(who, handle),
        lambda: book.find_employee(who, handle),
    ):
        with pytest.raises(Refused, match="not-found"):
            ask()


def test_a_month_that_nobody_has_is_not_found(
    store: Store, book: UnitBook, units: dict[str, Unit]
) -> None:
    with pytest.raises(Refused, match="not-found"):
        book.month(visitor(store), units[BUILDERS].id, date(2030, 1, 1))


def test_an_employee_is_found_by_the_id_of_the_list(
    store: Store, book: UnitBook, units: dict[str, Unit]
) -> None:
    who = visitor(store)
    for unit in units.values():
        for each in book.employees(who, unit.id):
            assert book.find_employee(who, each.id)["employer"] == unit.number


def test_the_market_register_agrees_with_units_and_employers(store: Store) -> None:
    known = {company.organisation: company for company in unit_table.REGISTER}
    for row in unit_table.UNITS:
        company = known[row.organisation]
        employer = store.one("SELECT name FROM employer WHERE number = ?", row.number)
        assert employer
        assert (company.name, company.agent) == (employer["name"], row.agent)
    without = [each for each in unit_table.REGISTER if each.organisation not in {
        row.organisation for row in unit_table.UNITS}]  # fmt: skip
    assert sorted(each.revoked for each in without) == [0, 1]
    assert {each.agent for each in unit_table.REGISTER} <= set(personas.load())


def test_at_least_three_outlets_have_counters(store: Store) -> None:
    outlets = OutletDesk(store, Clock()).outlets()
    assert len({outlet.name.zh for outlet in outlets}) == len(outlets)
    assert len([outlet for outlet in outlets if outlet.queue is not None]) >= 3
