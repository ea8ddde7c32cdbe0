"""The demo's people, ledgers and loans: every published figure, to the fen."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from datetime import date
from decimal import Decimal as D
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kiosk import calculations as rules
from kiosk.centre.models import Account, Ledger
from kiosk.workshop.sandbox import personas, seed
from kiosk.workshop.sandbox.accounts import Accounts, person
from kiosk.workshop.sandbox.levels import Factor
from kiosk.workshop.sandbox.sessions import TokenHolder
from kiosk.workshop.sandbox.store import Store

MEMOS = {"03", "05", "08", "10", "14"}


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    store = Store(tmp_path_factory.mktemp("centre") / "centre.db")
    seed.fill(store)
    yield store
    store.close()


@pytest.fixture(scope="module")
def accounts(store: Store) -> Accounts:
    return Accounts(store, seed.BUSINESS_DAY)


def visitor(store: Store, id_: str) -> TokenHolder:
    row = store.one("SELECT * FROM person WHERE id = ?", id_)
    assert row
    return TokenHolder("s" * 32, "token", "T1", row, frozenset(Factor), named=True)


def ledgers(accounts: Accounts, who: TokenHolder, account: Account) -> list[Ledger]:
    newest = accounts.ledger(who, account.id, None)
    return [accounts.ledger(who, account.id, year) for year in newest.years]


# id, account, monthly, interest on 2025-06-30, balance after it, balance today, accrued, rows
FIGURES = """
P01 9919070100001 1920.00  478.05  43518.05  56958.05  412.28 20
P02 9915030100002 1400.00  609.41  41309.41  41309.41  342.52 4
P03 9912060100003 2400.00  448.93  44448.93  61248.93  432.86 20
P04 9901090100004 2160.00 1986.23 145906.23 148066.23 1226.37 14
P05 9902040100005 1800.00 1073.80  82673.80  95273.80  733.73 20
P06 9908080100006 1200.00  185.03  19585.03  27985.03  194.54 20
P07 9925031000007 1120.00   11.39   4491.39  12331.39   67.25 12
P07 9920070100008    0.00   65.22   4365.22   4365.22   36.19 1
P08 9906050100009 1600.00  782.60  61982.60  73182.60  556.81 20
P09 9924090100010 1800.00  113.63  18113.63  30713.63  198.42 18
P10 9922010100011 1500.00  288.17  28288.17  38788.17  274.74 20
P11 9918090100012 1560.00  195.71  12915.71  23835.71  148.89 21
P12 9925070100013 1600.00    0.00      0.00  11200.00   42.87 7
P13 9910100100014 1728.00  612.25  51348.25  63444.25  472.06 20
P15 9913050100015  550.00   72.80   8172.80  12022.80   82.50 20
P16 9925060100016  500.00    0.31    500.31   4000.31   17.54 9
P17 9916020100017  960.00  239.03  21759.03  28479.03  206.14 20
P18 9919110100018  800.00  163.80  15763.80  17363.80  141.94 15
"""


@pytest.mark.parametrize("line", FIGURES.split("\n")[1:-1], ids=lambda line: line[:17])
def test_the_figures_of_an_account(store: Store, accounts: Accounts, line: str) -> None:
    id_, number, *amounts, rows = line.split()
    monthly, interest, after, balance, accrued = map(D, amounts)
    who = visitor(store, id_)
    account = next(a for a in accounts.accounts(who) if a.number.reveal() == number)
    years = ledgers(accounts, who, account)
    entries = [entry for year in years for entry in year.entries]

    assert account.balance.reveal() == balance
    assert account.monthly == monthly
    assert account.opened == date(2000 + int(number[2:4]), int(number[4:6]), int(number[6:8]))
    assert sum(1 for entry in entries if entry.kind not in MEMOS) == int(rows)
    assert all(entry.amount == 0 for entry in entries if entry.kind in MEMOS)
    assert sum(year.interest for year in years) == interest
    settled = [entry.balance for entry in entries if entry.booked == seed.SETTLED]
    assert settled == ([after] if interest else [])
    changes = [(e.booked, e.amount) for e in entries if e.booked > seed.SETTLED]
    assert rules.deposit_interest(after, changes, seed.SETTLED, seed.BUSINESS_DAY) == accrued


@pytest.mark.parametrize("line", FIGURES.split("\n")[1:-1], ids=lambda line: line[:17])
def test_a_ledger_is_consistent(store: Store, accounts: Accounts, line: str) -> None:
    id_, number, *_ = line.split()
    who = visitor(store, id_)
    account = next(a for a in accounts.accounts(who) if a.number.reveal() == number)
    years = ledgers(accounts, who, account)
    entries = [entry for year in years for entry in year.entries]
    assert [e.booked for e in entries] == sorted((e.booked for e in entries), reverse=True)
    for newer, older in pairwise(entries):
        assert newer.balance == older.balance + newer.amount
    assert entries[0].balance == account.balance.reveal()
    for year in years:
        assert {e.booked.year for e in year.entries} == {year.year}
        assert year.paid_in + year.interest - year.withdrawn == sum(e.amount for e in year.entries)
        assert all((e.month is not None) == (e.kind == "01") for e in year.entries)
    assert len({e.serial for e in entries}) == len(entries)


@pytest.mark.parametrize(
    ("id_", "booked", "kind"),
    [
        ("P01", date(2025, 7, 1), "10"),
        ("P02", date(2024, 9, 30), "05"),
        ("P07", date(2025, 3, 10), "03"),
        ("P07", date(2025, 3, 10), "08"),
        ("P08", date(2025, 9, 1), "14"),
    ],
)
def test_memo_rows(store: Store, accounts: Accounts, id_: str, booked: date, kind: str) -> None:
    who = visitor(store, id_)
    account = accounts.accounts(who)[0]
    assert (booked, kind) in [
        (e.booked, e.kind) for year in ledgers(accounts, who, account) for e in year.entries
    ]


@pytest.mark.parametrize(
    ("id_", "status", "arrears", "continuous", "paid_to", "employer"),
    [
        ("P01", "01", 0, 79, date(2026, 1, 1), "云岭市第一中学(演示)"),
        ("P02", "02", 0, 0, date(2024, 9, 1), "云岭商贸(演示)"),
        ("P04", "02", 0, 0, date(2025, 7, 1), "云岭市第一中学(演示)"),
        ("P08", "06", 0, 237, date(2026, 1, 1), "云岭医院(演示)"),
        ("P16", "01", 0, 8, date(2026, 1, 1), "灵活就业代管户(演示)"),
        ("P18", "01", 5, 0, date(2025, 8, 1), "云岭商贸(演示)"),
    ],
)
def test_states_of_accounts(
    store: Store,
    accounts: Accounts,
    id_: str,
    status: str,
    arrears: int,
    continuous: int,
    paid_to: date,
    employer: str,
) -> None:
    (account,) = accounts.accounts(visitor(store, id_))
    assert (account.status, account.months_in_arrears) == (status, arrears)
    assert (account.continuous_months, account.paid_to) == (continuous, paid_to)
    assert account.employer == employer
    assert (account.note is not None) == (status != "01" or arrears > 0)
    if account.note:
        assert "12329" in account.note.zh
        assert "12329" in account.note.en


def test_the_account_in_use_comes_first(store: Store, accounts: Accounts) -> None:
    assert [a.status for a in accounts.accounts(visitor(store, "P07"))] == ["01", "02"]


def test_who_has_no_account(store: Store, accounts: Accounts) -> None:
    for id_ in ("P14", "S1", "S2"):
        assert accounts.accounts(visitor(store, id_)) == []
        assert accounts.loans(visitor(store, id_)) == []


def test_the_withdrawal_of_p11(store: Store, accounts: Accounts) -> None:
    who = visitor(store, "P11")
    (account,) = accounts.accounts(who)
    (taken,) = accounts.withdrawals(who, account.id)
    assert (taken.booked, taken.amount, taken.total) == (
        date(2025, 1, 10),
        D("18000.00"),
        D("18000.00"),
    )
    assert (taken.reason, taken.way, taken.bank_card) == ("06", "02", "**** **** **** 0113")
    year = accounts.ledger(who, account.id, 2025)
    assert year.withdrawn == D("18000.00")
    assert D("-18000.00") in [entry.amount for entry in year.entries]


def test_a_year_without_bookings_is_empty(store: Store, accounts: Accounts) -> None:
    who = visitor(store, "P01")
    (account,) = accounts.accounts(who)
    assert accounts.ledger(who, account.id, None).year == 2026
    empty = accounts.ledger(who, account.id, 1999)
    assert (empty.entries, empty.years, empty.paid_in) == ((), (2026, 2025, 2024), D("0.00"))


def test_the_loan_of_p03(store: Store, accounts: Accounts) -> None:
    who = visitor(store, "P03")
    (loan,) = accounts.loans(who)
    assert (loan.number.reveal(), loan.contract.reveal()) == ("8025061000003", "9025061000003")
    assert (loan.state, loan.risk, loan.way, loan.rate) == ("2", "01", "01", D("0.0260000"))
    assert (loan.granted, loan.granted_on) == (D("600000.00"), date(2025, 6, 10))
    assert loan.balance.reveal() == D("593351.84")
    assert (loan.terms, loan.terms_paid, loan.repay_day) == (360, 6, 20)
    assert (loan.principal_paid, loan.interest_paid) == (D("6648.16"), D("7764.08"))
    assert loan.next_due == date(2026, 1, 20)
    assert (loan.next_amount, loan.next_principal, loan.next_interest) == (
        D("2402.04"),
        D("1116.44"),
        D("1285.60"),
    )
    assert (loan.due_now, loan.terms_overdue) == (D("0.00"), 0)
    assert loan.co_borrower is not None
    assert loan.co_borrower.reveal() == "何静"
    plan = accounts.plan(who, loan.id)
    assert (plan[0].term, plan[0].due, plan[0].amount) == (7, date(2026, 1, 20), D("2402.04"))
    assert (len(plan), plan[-1].amount, plan[-1].balance) == (354, D("2401.11"), D("0.00"))
    paid = accounts.repayments(who, loan.id)
    assert [line.term for line in paid] == [6, 5, 4, 3, 2, 1]
    assert {(line.kind, line.amount, line.penalty) for line in paid} == {
        ("02", D("2402.04"), D("0.00"))
    }


def test_the_overdue_loan_of_p15(store: Store, accounts: Accounts) -> None:
    who = visitor(store, "P15")
    (loan,) = accounts.loans(who)
    assert (loan.state, loan.risk, loan.terms_overdue, loan.terms_paid) == ("5", "02", 2, 4)
    assert (loan.overdue_principal, loan.overdue_interest) == (D("2153.89"), D("1929.13"))
    assert (loan.penalty, loan.due_now) == (D("17.69"), D("4100.71"))
    assert loan.balance.reveal() == D("445720.07")
    owed = accounts.repayments(who, loan.id)[:2]
    assert [(r.term, r.due, r.paid_on, r.kind, r.penalty) for r in owed] == [
        (6, date(2025, 12, 20), None, "04", D("5.53")),
        (5, date(2025, 11, 20), None, "04", D("12.16")),
    ]
    assert sum(r.amount for r in owed) == loan.due_now
    assert accounts.plan(who, loan.id)[0].term == 7


def test_the_settled_loan_of_p06(store: Store, accounts: Accounts) -> None:
    who = visitor(store, "P06")
    (loan,) = accounts.loans(who)
    assert (loan.state, loan.settled_on, loan.next_due) == ("3", date(2025, 6, 20), None)
    assert loan.balance.reveal() == D("0.00")
    assert (loan.principal_paid, loan.interest_paid) == (D("300000.00"), D("16287.74"))
    assert accounts.plan(who, loan.id) == []
    last = accounts.repayments(who, loan.id)[0]
    assert (last.term, last.kind, last.amount) == (60, "06", D("5271.60"))
    assert not accounts.accounts(who)[0].has_loan


@pytest.mark.parametrize(
    ("id_", "name", "latin", "kind"),
    [
        ("P01", "张三", "ZHANG SAN", "01"),
        ("P09", "陈大文", "CHAN TAI MAN", "99"),
        ("P10", "JANE SARAH DOE", "JANE SARAH DOE", "04"),
        ("P12", "欧阳𬭎㛃", "OUYANG HONGJIE", "01"),
    ],
)
def test_persons(store: Store, id_: str, name: str, latin: str, kind: str) -> None:
    someone = person(visitor(store, id_))
    assert (someone.name.reveal(), someone.name_latin.reveal()) == (name, latin)
    assert someone.document_kind == kind


# -- the cards ------------------------------------------------------------------------------------


def check_digit(number: str) -> str:
    weights = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
    total = sum(int(digit) * weight for digit, weight in zip(number, weights, strict=False))
    return "10X98765432"[total % 11]


def luhn(number: str) -> bool:
    digits = [int(digit) for digit in reversed(number)]
    return sum(d if n % 2 == 0 else d * 2 - 9 * (d > 4) for n, d in enumerate(digits)) % 10 == 0


@pytest.mark.parametrize("persona", personas.load().values(), ids=str)
def test_a_persona_is_well_formed_and_nobody_real(persona: personas.Persona) -> None:
    assert check_digit(persona.number) == persona.number[17]
    assert persona.birth.isoformat().replace("-", "") in (persona.number[6:14],)
    assert persona.number[:2] in ("99", "81", "83")
    assert (int(persona.number[16]) % 2 == 1) == (persona.sex == "1")
    assert len(persona.phone) == 11
    assert persona.phone.startswith("12")
    assert persona.bank_card.startswith("999999") == bool(persona.bank_card)
    assert not persona.bank_card or (len(persona.bank_card) == 19 and luhn(persona.bank_card))
    assert persona.name not in repr(persona) or not persona.name


def test_the_card_of_p12_is_the_published_record() -> None:
    card = personas.load()["P12"].card()
    fields = (("name", 30), ("sex", 2), ("nation", 4), ("birth", 16), ("address", 70),
              ("number", 36), ("issuer", 30), ("valid_from", 16), ("valid_to", 16))  # fmt: skip
    record = b""
    for name, size in fields:
        value = str(card[name]).replace("-", "").encode("utf-16-le")
        record += value + b" \0" * ((size - len(value)) // 2)
    record += b" \0" * ((256 - len(record)) // 2)
    assert hashlib.sha256(record).hexdigest() == (
        "0c57611ffeec11ea6547939c69d6609642fa85f71aa2e08b38847427d35bc9a9"
    )


def test_the_card_of_p11_keeps_what_the_chip_keeps() -> None:
    persona = personas.load()["P11"]
    card = persona.card()
    assert len(persona.name) == 18
    assert (card["name"], card["name_cut"]) == ("阿不都热依木·阿不都克里木·买", True)


@pytest.mark.parametrize(
    ("id_", "field", "value"),
    [
        ("P04", "valid_to", "长期"),
        ("P13", "valid_to", "2025-09-30"),
        ("P09", "kind", "hmt-resident"),
        ("P09", "name_latin", ""),
        ("P09", "pass_number", "H99000001"),
        ("P10", "kind", "foreigner-2023"),
        ("P10", "name", ""),
        ("P10", "name_latin", "JANE SARAH DOE"),
        ("P10", "nationality", "USA"),
        ("P01", "name_cut", False),
    ],
)
def test_fields_of_cards(id_: str, field: str, value: str | bool) -> None:
    assert personas.load()[id_].card()[field] == value


@given(st.text(st.characters(exclude_categories=["Cs"]), max_size=40))
def test_a_cut_name_fits_the_chip_and_splits_no_character(name: str) -> None:
    kept = personas.chip_name(name)
    assert name.startswith(kept)
    units = len(kept.encode("utf-16-le")) // 2
    assert units <= personas.CHIP_NAME_UNITS
    assert kept == name or units >= personas.CHIP_NAME_UNITS - 1
