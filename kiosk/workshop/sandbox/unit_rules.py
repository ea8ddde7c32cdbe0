"""补缴、汇缴: how the stand-in centre judges and carries out what an agent pays for a unit."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

from kiosk.centre.models import CentreWords
from kiosk.centre.operations import Trial, TrialChoice, TrialLine
from kiosk.operation import Business
from kiosk.workshop.sandbox.cases import (
    BusinessRule,
    Movement,
    OrderTarget,
    PersonCase,
    Terms,
    words,
)
from kiosk.workshop.sandbox.refusals import Refused
from kiosk.workshop.sandbox.store import Row, yuan
from kiosk.workshop.sandbox.unit_plans import (
    APPLICATIONS,
    YUAN,
    book_of,
    judge_units,
    must_be_idle,
    must_owe_nothing,
    worded_month,
)

REMITTANCE, BACK_PAYMENT = "01", "02"
"""A.5."""
Payable = Callable[[PersonCase, Row], list[date]]
"""The months that a business pays for a unit, oldest first. Refuses where there is none."""


def _late(case: PersonCase, unit: Row) -> list[date]:
    """The months that the unit owes before this one. Refuses nothing-owed."""
    book = book_of(case)
    late = [each.month for each in book.owed(unit["number"]) if each.month < book.this_month]
    if not late:
        raise Refused("nothing-owed")
    return late


def _this_month(case: PersonCase, unit: Row) -> list[date]:
    """This month. Refuses unit-owes-first, month-paid."""
    must_owe_nothing(case, unit)
    book = book_of(case)
    if not book.owing(unit["number"], book.this_month):
        raise Refused("month-paid", month=worded_month(book.this_month))
    return [book.this_month]


def _judge(business: Business, payable: Payable, case: PersonCase) -> list[Terms]:
    def terms(unit: Row) -> Terms:
        must_be_idle(case, unit, APPLICATIONS)
        months = payable(case, unit)
        return Terms(
            business,
            unit=unit,
            amount=sum(_amount(row) for row in _rows(case, unit, months)),
            effects=_effects(unit, months),
            payee=False,
        )

    return judge_units(case, business, terms)


def _effects(unit: Row, months: list[date]) -> tuple[CentreWords, ...]:
    bank, tail = unit["bank"], unit["bank_account"]
    zh, en = _span(months)
    return (
        words(
            f"从单位在{bank}的账户（{tail}）扣款。",
            f"Paid from the employer's account at {bank} ({tail}).",
        ),
        words(
            f"缴存{zh}，记入职工个人账户。",
            f"For {en}, booked to the employees' accounts.",
        ),
    )


def _span(months: list[date]) -> tuple[str, str]:
    """The months in words."""
    first, last = months[0], months[-1]
    if first == last:
        return worded_month(first), f"{first:%Y-%m}"
    return f"{worded_month(first)}至{worded_month(last)}", f"{first:%Y-%m} to {last:%Y-%m}"


def _rows(case: PersonCase, unit: Row, months: list[date]) -> list[Row]:
    """The accounts to pay for, once for each of ``months``."""
    book = book_of(case)
    return [row for month in months for row in book.owing(unit["number"], month)]


def _amount(row: Row) -> int:
    return int(row["employer_amount"] + row["personal_amount"])


def _trial(payable: Payable, case: PersonCase, terms: Terms) -> Trial:
    assert terms.unit
    months = payable(case, terms.unit)
    rows = _rows(case, terms.unit, months)
    employer = yuan(sum(row["employer_amount"] for row in rows))
    personal = yuan(sum(row["personal_amount"] for row in rows))
    lines = (
        TrialLine(label=words("缴存月数", "Months"), count=len(months)),
        TrialLine(label=words("人次", "Payments"), count=len(rows)),
        TrialLine(label=words("单位部分", "Employer's part"), money=employer, unit=YUAN),
        TrialLine(label=words("个人部分", "Personal part"), money=personal, unit=YUAN),
        TrialLine(label=words("合计", "Together"), money=employer + personal, unit=YUAN),
    )
    return Trial(
        choices=(TrialChoice(way="all", title=words(*_span(months)), lines=lines),),
        note=words(
            "按现在的缴存基数和比例计算，以核对页为准。",
            "Computed with today's bases and ratios; the next page counts.",
        ),
    )


def _pay(payable: Payable, kind: str, case: PersonCase, unit: Row, serial: str) -> list[Movement]:
    book, moved = book_of(case), list[Movement]()
    for month in payable(case, unit):
        for row in book.owing(unit["number"], month):
            moved.append(_book(case, row, month, kind, f"{serial}{len(moved):03}"))
    return moved


def _book(case: PersonCase, row: Row, month: date, kind: str, serial: str) -> Movement:
    """Book one month to the account of one employee."""
    amount = _amount(row)
    balance = case.store.count("SELECT balance FROM account WHERE number = ?", row["number"])
    case.book(
        row["number"],
        serial,
        kind,
        amount,
        balance + amount,
        month=month.isoformat(),
        employer_amount=row["employer_amount"],
    )
    case.store.run(
        "UPDATE account SET balance = ?, paid_to = ? WHERE number = ?",
        balance + amount,
        month.isoformat(),
        row["number"],
    )
    return Movement(amount, account=row["number"])


def _must_be_the_month(case: PersonCase, target: OrderTarget) -> None:
    """Refuses month-not-payable."""
    if target.value != book_of(case).this_month.isoformat():
        raise Refused("month-not-payable")


def _trial_of_month(case: PersonCase, target: OrderTarget, terms: Terms) -> Trial:
    _must_be_the_month(case, target)
    return _trial(_this_month, case, terms)


def _effects_of_month(
    case: PersonCase, target: OrderTarget, terms: Terms
) -> tuple[CentreWords, ...]:
    _must_be_the_month(case, target)
    return terms.effects


def _pay_month(case: PersonCase, target: OrderTarget, terms: Terms, serial: str) -> list[Movement]:
    assert terms.unit
    _must_be_the_month(case, target)
    return _pay(_this_month, REMITTANCE, case, terms.unit, serial)


def _pay_back(case: PersonCase, target: OrderTarget, terms: Terms, serial: str) -> list[Movement]:
    assert terms.unit
    return _pay(_late, BACK_PAYMENT, case, terms.unit, serial)


_KIND = "unit-payment"
RULES = (
    BusinessRule(
        business=Business.UNIT_BACK_PAYMENT,
        group="unit",
        kind=_KIND,
        service="unit-back-payment",
        judge=lambda case: _judge(Business.UNIT_BACK_PAYMENT, _late, case),
        carry_out=_pay_back,
        trial=lambda case, target, terms: _trial(_late, case, terms),
    ),
    BusinessRule(
        business=Business.UNIT_REMITTANCE,
        group="unit",
        kind=_KIND,
        service="unit-payment",
        judge=lambda case: _judge(Business.UNIT_REMITTANCE, _this_month, case),
        carry_out=_pay_month,
        trial=_trial_of_month,
        effects=_effects_of_month,
    ),
)
