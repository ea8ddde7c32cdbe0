"""Fills the database with the demo's accounts and loans, computed by the rules."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from kiosk import calculations as rules
from kiosk.privacy import mask_bank_card
from kiosk.workshop.sandbox import facts, personas, unit_table
from kiosk.workshop.sandbox.personas import Persona
from kiosk.workshop.sandbox.store import Store, fen

BUSINESS_DAY = date(2026, 1, 15)
LEDGER_STARTS = date(2024, 7, 1)
SETTLED = date(2025, 6, 30)
PAY_DAY = 15
_LOST = frozenset({"P17"})
_DOCUMENT_KIND = {"resident": "01", "hmt-resident": "99"}
_SCHOOL, _BUILDERS, _SOFTWARE, _TRADE, _HOSPITAL, _FLEXIBLE = (
    f"98180101000{n:02}" for n in range(1, 7)
)
_EMPLOYERS = {
    _SCHOOL: ("云岭市第一中学(演示)", "01"),
    _BUILDERS: ("云岭建设集团(演示)", "01"),
    _SOFTWARE: ("云岭软件有限公司(演示)", "01"),
    _TRADE: ("云岭商贸(演示)", "03"),
    _HOSPITAL: ("云岭医院(演示)", "01"),
    _FLEXIBLE: ("灵活就业代管户(演示)", "01"),
}


@dataclass(frozen=True, slots=True)
class _Account:
    """The facts from which the ledger of an account is computed."""

    person: str
    number: str  # 99 + opening day yymmdd + 5 digits
    employer: str
    opening: str  # balance on 2024-07-01
    base: str
    ratio: str  # the same for employer and employee
    first: date = date(2024, 7, 1)  # months with contributions, from and to
    last: date | None = date(2026, 1, 1)
    alone: bool = False  # 灵活就业: no employer pays
    sealed_on: date | None = None
    frozen_on: date | None = None
    memo: tuple[tuple[date, str], ...] = ()  # bookings without an amount
    withdrawal: tuple[date, str] | None = None


_ACCOUNTS = (
    _Account("P01", "9919070100001", _SCHOOL, "20000.00", "8000", "0.12"),
    _Account("P02", "9915030100002", _TRADE, "36500.00", "7000", "0.10", last=date(2024, 9, 1),
             sealed_on=date(2024, 9, 30), memo=((date(2024, 9, 30), "05"),)),
    _Account("P03", "9912060100003", _BUILDERS, "15200.00", "10000", "0.12"),
    _Account("P04", "9901090100004", _SCHOOL, "118000.00", "9000", "0.12", last=date(2025, 7, 1),
             sealed_on=date(2025, 8, 29), memo=((date(2025, 8, 29), "05"),)),
    _Account("P05", "9902040100005", _BUILDERS, "60000.00", "7500", "0.12"),
    _Account("P06", "9908080100006", _SOFTWARE, "5000.00", "6000", "0.10"),
    _Account("P07", "9925031000007", _SOFTWARE, "0.00", "7000", "0.08", first=date(2025, 3, 1),
             memo=((date(2025, 3, 10), "03"), (date(2025, 3, 10), "08"))),
    _Account("P07", "9920070100008", _TRADE, "4300.00", "0", "0.00", last=None,
             sealed_on=date(2024, 6, 28)),
    _Account("P08", "9906050100009", _HOSPITAL, "42000.00", "8000", "0.10",
             frozen_on=date(2025, 9, 1), memo=((date(2025, 9, 1), "14"),)),
    _Account("P09", "9924090100010", _SOFTWARE, "0.00", "9000", "0.10", first=date(2024, 9, 1)),
    _Account("P10", "9922010100011", _SOFTWARE, "10000.00", "15000", "0.05"),
    _Account("P11", "9918090100012", _SOFTWARE, "12000.00", "6500", "0.12",
             withdrawal=(date(2025, 1, 10), "18000.00")),
    _Account("P12", "9925070100013", _SOFTWARE, "0.00", "8000", "0.10", first=date(2025, 7, 1)),
    _Account("P13", "9910100100014", _BUILDERS, "30000.00", "7200", "0.12"),
    _Account("P15", "9913050100015", _SOFTWARE, "1500.00", "5500", "0.05"),
    _Account("P16", "9925060100016", _FLEXIBLE, "0.00", "5000", "0.10", first=date(2025, 6, 1),
             alone=True),
    _Account("P17", "9916020100017", _SOFTWARE, "10000.00", "6000", "0.08"),
    _Account("P18", "9919110100018", _TRADE, "6000.00", "5000", "0.08", last=date(2025, 8, 1)),
    _Account("A1", "9920010100019", _SCHOOL, "9000.00", "6000", "0.12"),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class _Loan:
    """The facts from which the plan of a loan is computed: 等额本息, with a mortgage."""

    person: str
    number: str
    contract: str
    amount: str
    terms: int
    rate: str
    granted_on: date
    first_due: date
    unpaid_from: int  # the first unpaid term; more than `terms`: settled
    house: str
    state: str
    risk: str = "01"
    co_borrower: str | None = None  # id of a persona


_LOANS = (
    _Loan("P03", "8025061000003", "9025061000003", "600000.00", 360, "0.0260000",
          date(2025, 6, 10), date(2025, 7, 20), 7,
          "演示省云岭市示范区测试小区3栋2单元501", "2", co_borrower="S1"),
    _Loan("P06", "8020061000006", "9020061000006", "300000.00", 60, "0.0210000",
          date(2020, 6, 10), date(2020, 7, 20), 61,
          "演示省云岭市示范区测试小区7栋1单元302", "3"),
    _Loan("P15", "8025061000015", "9025061000015", "450000.00", 300, "0.0260000",
          date(2025, 6, 10), date(2025, 7, 20), 5,
          "演示省云岭市示范区测试小区9栋1单元1203", "5", risk="02"),
)  # fmt: skip


def fill(store: Store) -> None:
    """Empty the database and fill it as of :data:`BUSINESS_DAY`."""
    people = personas.load()
    with store.transaction():
        store.recreate()
        store.insert_all("person", (_person(persona) for persona in people.values()))
        store.insert_all(
            "employer",
            (
                {"number": number, "name": name, "status": status}
                for number, (name, status) in _EMPLOYERS.items()
            ),
        )
        for account in _ACCOUNTS:
            _open(store, account, people[account.person])
        for loan in _LOANS:
            _grant(store, loan, people)
        facts.fill(store)
        unit_table.fill(store)
        store.rename(personas.other_values())


def _person(persona: Persona) -> dict[str, object]:
    return {
        "id": persona.id,
        "name": persona.full_name,
        "name_latin": persona.name_latin,
        "sex": persona.sex,
        "card_kind": persona.kind,
        "document_kind": _DOCUMENT_KIND.get(persona.kind, "04"),
        "number": persona.number,
        "phone": persona.phone,
        "bank_card": persona.bank_card,
        "lost": int(persona.id in _LOST),
    }


def _open(store: Store, account: _Account, holder: Persona) -> None:
    opened = date(2000 + int(account.number[2:4]), int(account.number[4:6]),
                  int(account.number[6:8]))  # fmt: skip
    personal = rules.contribution(Decimal(account.base), Decimal(account.ratio))
    employer = Decimal("0.00") if account.alone else personal
    bookings = _bookings(account, personal + employer)
    balance = Decimal(account.opening)
    rows: list[dict[str, object]] = []
    for number, (booked, kind, amount) in enumerate(bookings, 1):
        balance += amount
        row: dict[str, object] = {
            "serial": f"01{booked:%y%m%d}{account.number[-2:]}{number:05}",
            "account": account.number,
            "booked": booked.isoformat(),
            "kind": kind,
            "month": booked.replace(day=1).isoformat() if kind == "01" else None,
            "amount": fen(amount),
            "balance": fen(balance),
            "employer_amount": fen(employer) if kind == "01" else None,
        }
        if kind == "11":
            row |= {
                "reason": "06",
                "way": "02",
                "bank": "演示银行",
                "bank_card": mask_bank_card(holder.bank_card),
            }
        rows.append(row)
    status = "06" if account.frozen_on else "02" if account.sealed_on else "01"
    paid_to = account.last or (account.sealed_on and account.sealed_on.replace(day=1))
    store.insert(
        "account",
        {
            "number": account.number,
            "person": account.person,
            "employer": account.employer,
            "status": status,
            "opened": opened.isoformat(),
            "base": fen(Decimal(account.base)),
            "personal_ratio": fen(Decimal(account.ratio)),
            "employer_ratio": 0 if account.alone else fen(Decimal(account.ratio)),
            "personal_amount": fen(personal),
            "employer_amount": fen(employer),
            "balance": fen(balance),
            "paid_to": paid_to.isoformat() if paid_to else None,
            "sealed_on": account.sealed_on.isoformat() if account.sealed_on else None,
            "frozen_on": account.frozen_on.isoformat() if account.frozen_on else None,
        },
    )
    store.insert_all("booking", rows)


def _bookings(account: _Account, monthly: Decimal) -> list[tuple[date, str, Decimal]]:
    """(day, kind A.5, signed amount) in the order of booking."""
    nothing = Decimal("0.00")
    bookings = [(day, kind, nothing) for day, kind in account.memo]
    if account.last:
        months = rules.months_between(account.first, account.last) + 1
        bookings += [
            (rules.add_months(account.first, n).replace(day=PAY_DAY), "01", monthly)
            for n in range(months)
        ]
    if account.withdrawal:
        day, amount = account.withdrawal
        bookings.append((day, "11", -Decimal(amount)))
    before = [(day, amount) for day, _, amount in bookings]
    interest = rules.deposit_interest(Decimal(account.opening), before, LEDGER_STARTS, SETTLED)
    if interest:
        bookings.append((SETTLED, "09", interest))
    # Every account gets a new base on 1 July, when the year of the provident fund begins.
    bookings.append((date(2025, 7, 1), "10", nothing))
    return sorted(bookings, key=lambda booking: booking[:2])


def _grant(store: Store, loan: _Loan, people: dict[str, Persona]) -> None:
    rate = Decimal(loan.rate)
    rows = []
    for line in rules.equal_instalments(Decimal(loan.amount), rate, loan.terms):
        due = rules.add_months(loan.first_due, line.term - 1)
        paid = line.term < loan.unpaid_from
        owed = not paid and due < BUSINESS_DAY
        days = rules.days_30_360(due, BUSINESS_DAY)
        fine = rules.penalty(line.amount, rate, days) if owed else Decimal("0.00")
        last = line.term == loan.terms
        rows.append(
            {
                "loan": loan.number,
                "term": line.term,
                "due": due.isoformat(),
                "paid_on": due.isoformat() if paid else None,
                "kind": "04" if owed else "06" if last else "02",
                "amount": fen(line.amount),
                "principal": fen(line.principal),
                "interest": fen(line.interest),
                "penalty": fen(fine),
                "balance": fen(line.balance),
            }
        )
    settled = rows[-1]["paid_on"]
    spouse = people[loan.co_borrower].name if loan.co_borrower else None
    store.insert(
        "loan",
        {
            "number": loan.number,
            "contract": loan.contract,
            "person": loan.person,
            "state": loan.state,
            "granted": fen(Decimal(loan.amount)),
            "granted_on": loan.granted_on.isoformat(),
            "rate": loan.rate,
            "way": "01",
            "terms": loan.terms,
            "repay_day": loan.first_due.day,
            "risk": loan.risk,
            "security": "01",
            "bank": "演示银行云岭支行",
            "house": loan.house,
            "co_borrower": spouse,
            "settled_on": settled,
        },
    )
    store.insert_all("instalment", rows)
