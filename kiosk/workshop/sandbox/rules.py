"""The stand-in centre's arithmetic: interest, instalments, penalties, amounts in words.

Pure functions over ``Decimal`` yuan. A real centre decides these; the terminal never computes them.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import ROUND_HALF_UP, Decimal, localcontext
from typing import Literal

FEN = Decimal("0.01")
DEPOSIT_RATE = Decimal("0.015")
"""One-year benchmark rate on all personal accounts since 2016-02-21 (银发〔2016〕43号)."""
PENALTY_FACTOR = Decimal("1.5")


def to_fen(amount: Decimal) -> Decimal:
    """``amount`` rounded half up to two places."""
    return amount.quantize(FEN, ROUND_HALF_UP)


def contribution(base: Decimal, ratio: Decimal) -> Decimal:
    """The monthly payment of one side 月缴存额: base × ratio, half up to fen."""
    return to_fen(base * ratio)


# -- interest on deposits 积数法 ------------------------------------------------------------------


def deposit_interest(
    balance: Decimal, changes: Iterable[tuple[date, Decimal]], start: date, end: date
) -> Decimal:
    """Interest from ``start`` to ``end`` (算头不算尾: the first day counts, the last does not).

    ``balance`` is the balance at the beginning of ``start``; ``changes`` are the signed amounts
    booked from ``start`` on, in any order; a change counts from its own day. 1.5 % over 360 days,
    actual days, half up to fen.
    """
    product = balance * (end - start).days
    for day, amount in changes:
        if start <= day < end:
            product += amount * (end - day).days
    return to_fen(product * DEPOSIT_RATE / 360)


# -- loans ----------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Instalment:
    """One line of a repayment plan; ``balance`` is the debt after this instalment."""

    term: int
    amount: Decimal
    principal: Decimal
    interest: Decimal
    balance: Decimal


def equal_instalment(principal: Decimal, rate: Decimal, terms: int) -> Decimal:
    """The monthly amount of 等额本息: P·i·(1+i)^n / ((1+i)^n − 1), half up to fen."""
    with localcontext() as context:
        context.prec = 34
        monthly = rate / 12
        growth = (1 + monthly) ** terms
        return to_fen(principal * monthly * growth / (growth - 1))


def equal_instalments(
    principal: Decimal,
    rate: Decimal,
    terms: int,
    *,
    payment: Decimal | None = None,
    first_term: int = 1,
) -> Iterator[Instalment]:
    """The plan of 等额本息 (A.11 01): the same amount each month, the last one takes the rest.

    With ``payment``, each instalment is that amount until the debt is paid: at most ``terms``
    instalments, fewer after a prepayment that keeps the amount.
    """
    amount = payment or equal_instalment(principal, rate, terms)
    balance = principal
    for term in range(first_term, first_term + terms):
        interest = to_fen(balance * rate / 12)
        last = term == first_term + terms - 1 or balance + interest <= amount
        part = balance if last else amount - interest
        balance -= part
        yield Instalment(term, part + interest, part, interest, balance)
        if last:
            return


def equal_principal(principal: Decimal, rate: Decimal, terms: int) -> Iterator[Instalment]:
    """The plan of 等额本金 (A.11 02): the same principal each month, the last takes the rest."""
    part, balance = to_fen(principal / terms), principal
    for term in range(1, terms + 1):
        interest = to_fen(balance * rate / 12)
        if term == terms:
            part = balance
        balance -= part
        yield Instalment(term, part + interest, part, interest, balance)


def accrued_loan_interest(balance: Decimal, rate: Decimal, days: int) -> Decimal:
    """Interest of ``days`` actual days over 360, half up to fen."""
    return to_fen(balance * rate * days / 360)


def penalty(overdue: Decimal, rate: Decimal, days: int) -> Decimal:
    """罚息: (overdue principal + interest) × rate/360 × 1.5 × days (30/360), half up to fen."""
    return to_fen(overdue * rate / 360 * PENALTY_FACTOR * days)


# -- days -----------------------------------------------------------------------------------------


def days_30_360(start: date, end: date) -> int:
    """Days from ``start`` to ``end``, counting every month as 30 days."""
    months = (end.year - start.year) * 12 + end.month - start.month
    return months * 30 + min(end.day, 30) - min(start.day, 30)


def add_months(day: date, months: int) -> date:
    """The same day of the month ``months`` later, or the last day of a shorter month."""
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    first_of_next = date(year + (month == 11), (month + 1) % 12 + 1, 1)
    last = first_of_next - timedelta(days=1)
    return last if day.day > last.day else last.replace(day=day.day)


def months_between(first: date, last: date) -> int:
    """How many months later ``last`` lies, days not counted: 2025-08 to 2026-01 is 5."""
    return (last.year - first.year) * 12 + last.month - first.month


# -- retirement 法定退休年龄 -----------------------------------------------------------------------

_REFORM = date(2025, 1, 1)
_LADDERS = {"man": (60, 4, 36), "cadre": (55, 4, 36), "worker": (50, 2, 60)}
"""Age until 2024, months of birth for one month of delay, most months of delay."""


def retirement_month(birth: date, kind: Literal["man", "cadre", "worker"]) -> date:
    """The first day of the month of 法定退休年龄 since 2025-01-01: men 60 to 63, women 干部 55 to
    58, one month later for every four months; women 工人 50 to 55, one for every two."""
    age, step, most = _LADDERS[kind]
    original = add_months(birth.replace(day=1), age * 12)
    after = months_between(_REFORM, original)
    if after < 0:
        return original
    return add_months(original, min(-(-(after + 1) // step), most))
