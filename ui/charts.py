"""The years of a loan as bars, a line and a scale: pure functions, without Qt."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import ROUND_CEILING, Decimal

from kiosk.calculations import PlanYear
from ui.contents import YearPart

MOST_STEPS = 4
"""Lines of the scale above zero, at most."""
UNIT = Decimal(10_000)
"""The chart counts in 万元."""
BALANCE_TOP = 0.86
"""How high the line of the debt begins, as a share of the chart."""
TICK_YEARS = 5
APART = 3
"""Years between two words under the chart, at least."""


def scale_of(years: Sequence[PlanYear]) -> tuple[Decimal, ...]:
    """The figures of the scale in 万元, from zero up: round ones, the last above every bar."""
    most = max((year.principal + year.interest for year in years), default=UNIT) / UNIT
    step = Decimal(1)
    while step * MOST_STEPS < most:
        step *= 10
    while step / 10 * MOST_STEPS >= most:
        step /= 10
    for part in (step / 5, step / 2, step):  # 0.2, 0.5 or 1 of a power of ten
        if part * MOST_STEPS >= most:
            step = part
            break
    steps = max(1, int((most / step).to_integral_value(ROUND_CEILING)))
    return tuple(step * n for n in range(steps + 1))


def bars_of(years: Sequence[PlanYear], top: Decimal) -> tuple[YearPart, ...]:
    """One bar a year; ``top`` is the highest figure of the scale, in 万元."""
    whole = years[0].balance + years[0].principal if years else Decimal(1)
    worded = _worded([year.year for year in years])
    return tuple(
        YearPart(
            word=str(year.year) if year.year in worded else "",
            principal=float(year.principal / (top * UNIT)),
            interest=float(year.interest / (top * UNIT)),
            balance=float(year.balance / whole) * BALANCE_TOP,
        )
        for year in years
    )


def _worded(years: Sequence[int]) -> set[int]:
    """The years that stand under the chart: the first, the last, and every fifth between."""
    if len(years) <= TICK_YEARS + 1:
        return set(years)
    first, last = years[0], years[-1]
    fifths = {
        year
        for year in years
        if year % TICK_YEARS == 0 and year - first >= APART and last - year >= APART
    }
    return {first, last} | fifths


def in_units(figure: Decimal) -> str:
    """A figure of the scale without idle zeros: 0, 0.5, 1.5, 20."""
    text = f"{figure:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text
