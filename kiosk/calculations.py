"""The field's arithmetic: contributions, interest, instalments, prepayment, retirement months.

Pure functions over ``Decimal`` yuan. The stand-in centre and the calculator pages, which say
仅供参考, share them. What counts for an account or a loan is the centre's own figure: the terminal
shows it and computes none.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import ROUND_CEILING, ROUND_FLOOR, ROUND_HALF_UP, Decimal, localcontext
from itertools import groupby
from typing import Literal, TypeAlias

FEN = Decimal("0.01")
YUAN = Decimal(1)
DEPOSIT_RATE = Decimal("0.015")
"""One-year benchmark rate on all personal accounts since 2016-02-21 (银发〔2016〕43号)."""
PENALTY_FACTOR = Decimal("1.5")


def to_fen(amount: Decimal) -> Decimal:
    """``amount`` rounded half up to two places."""
    return amount.quantize(FEN, ROUND_HALF_UP)


Rounding: TypeAlias = Literal["fen-half-up", "yuan-half-up", "yuan-floor", "yuan-ceiling"]
"""How a centre rounds the monthly payment of one side."""
_ROUNDINGS: dict[Rounding, tuple[Decimal, str]] = {
    "fen-half-up": (FEN, ROUND_HALF_UP),
    "yuan-half-up": (YUAN, ROUND_HALF_UP),
    "yuan-floor": (YUAN, ROUND_FLOOR),
    "yuan-ceiling": (YUAN, ROUND_CEILING),
}


def contribution(base: Decimal, ratio: Decimal, rounding: Rounding = "fen-half-up") -> Decimal:
    """The monthly payment of one side 月缴存额: base × ratio, rounded; two places."""
    place, way = _ROUNDINGS[rounding]
    return (base * ratio).quantize(place, way).quantize(FEN)


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
    """The monthly amount of 等额本息: P·i·(1+i)^n / ((1+i)^n − 1), half up to fen; P/n without
    interest."""
    if not rate:
        return to_fen(principal / terms)
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


@dataclass(frozen=True, slots=True)
class PlanYear:
    """What a repayment plan pays in one calendar year, and the debt at the end of that year."""

    year: int
    principal: Decimal
    interest: Decimal
    balance: Decimal


def by_year(plan: Iterable[Instalment], first_due: date) -> tuple[PlanYear, ...]:
    """``plan`` summed up by calendar years; its first instalment is due on ``first_due``, each
    further one a month later."""
    dated = ((add_months(first_due, n).year, line) for n, line in enumerate(plan))
    years = []
    for year, group in groupby(dated, key=lambda pair: pair[0]):
        lines = [line for _year, line in group]
        principal = sum((line.principal for line in lines), Decimal(0))
        interest = sum((line.interest for line in lines), Decimal(0))
        years.append(PlanYear(year, principal, interest, lines[-1].balance))
    return tuple(years)


def total_interest(plan: Iterable[Instalment]) -> Decimal:
    """The interest of all instalments of ``plan``."""
    return sum((line.interest for line in plan), Decimal(0))


@dataclass(frozen=True, slots=True)
class PrepaidPlans:
    """What is left to pay with and without a prepayment 提前部分还款 right after an instalment."""

    without: tuple[Instalment, ...]
    shorter: tuple[Instalment, ...]  # 缩短年限，月供不变
    lower: tuple[Instalment, ...]  # 降低月供，年限不变


def prepaid(
    balance: Decimal, rate: Decimal, terms: int, amount: Decimal, *, payment: Decimal | None = None
) -> PrepaidPlans:
    """The plans of 等额本息 for a debt of ``balance`` with ``terms`` instalments left, of which
    ``amount`` of principal is paid now (less than ``balance``). ``payment``: today's instalment;
    None: as the formula gives it for ``balance``. Interest to date is left to the next instalment.
    """
    payment = payment or equal_instalment(balance, rate, terms)
    left = balance - amount
    return PrepaidPlans(
        without=tuple(equal_instalments(balance, rate, terms, payment=payment)),
        shorter=tuple(equal_instalments(left, rate, terms, payment=payment)),
        lower=tuple(equal_instalments(left, rate, terms)),
    )


@dataclass(frozen=True, slots=True)
class LoanLimit:
    """One bound on the amount of a loan; the smallest of all counts."""

    reason: Literal["balance", "price", "income", "most"]
    amount: Decimal


@dataclass(frozen=True, slots=True)
class LoanPolicy:
    """A centre's parameters for the amount of a loan 可贷额度: they differ by city and by year."""

    most: Decimal  # 最高额度 of one borrower, GRZFDKZGED
    most_together: Decimal  # of a couple that both contribute
    balance_times: Decimal  # so many times the balance of the account
    share_of_price: Decimal  # GRZFDKZGDKBL, as a fraction of the price of the home
    share_of_income: Decimal  # the monthly instalment may be this fraction of the income
    years: int  # 最长年限, GRZFDKZCNX


def loan_limits(
    policy: LoanPolicy,
    *,
    balance: Decimal,
    price: Decimal,
    income: Decimal,
    rate: Decimal,
    years: int,
    together: bool,
) -> tuple[LoanLimit, ...]:
    """All bounds on a loan of ``years``, each rounded down to a thousand yuan, the smallest first:
    by the account's ``balance``, the home's ``price``, the monthly ``income`` and the city's most.
    """
    bearable = _principal_of(income * policy.share_of_income, rate, years * 12)
    limits = (
        LoanLimit("balance", _thousands(balance * policy.balance_times)),
        LoanLimit("price", _thousands(price * policy.share_of_price)),
        LoanLimit("income", _thousands(bearable)),
        LoanLimit("most", policy.most_together if together else policy.most),
    )
    return tuple(sorted(limits, key=lambda limit: limit.amount))


def _principal_of(payment: Decimal, rate: Decimal, terms: int) -> Decimal:
    """The debt that ``terms`` instalments of ``payment`` pay off."""
    if not rate:
        return payment * terms
    with localcontext() as context:
        context.prec = 34
        growth = (1 + rate / 12) ** terms
        return payment * (growth - 1) / (rate / 12 * growth)


def _thousands(amount: Decimal) -> Decimal:
    return (amount // 1000 * 1000).quantize(FEN)


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
Worker: TypeAlias = Literal["man", "cadre", "worker"]
"""Who retires: a man, a woman who is a cadre 干部, a woman who is a worker 工人."""
_LADDERS: dict[Worker, tuple[int, int, int]] = {
    "man": (60, 4, 36),
    "cadre": (55, 4, 36),
    "worker": (50, 2, 60),
}
"""Age until 2024, months of birth for one month of delay, most months of delay."""


def retirement_month(birth: date, kind: Worker) -> date:
    """The first day of the month of 法定退休年龄 since 2025-01-01: men 60 to 63, women 干部 55 to
    58, one month later for every four months; women 工人 50 to 55, one for every two."""
    age, step, most = _LADDERS[kind]
    original = add_months(birth.replace(day=1), age * 12)
    after = months_between(_REFORM, original)
    if after < 0:
        return original
    return add_months(original, min(-(-(after + 1) // step), most))
