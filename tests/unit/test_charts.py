"""The chart of a loan's years: round scales, few words, shares that add up."""

from __future__ import annotations

from datetime import date
from decimal import Decimal as D

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kiosk.calculations import by_year, equal_instalments
from ui import charts

RATE = D("0.026")


@pytest.mark.parametrize(
    ("amount", "terms", "scale", "words"),
    [
        (600_000, 360, "0 1 2 3", "2026 2030 2035 2040 2045 2050 2056"),
        (800_000, 12, "0 20 40 60 80", "2026 2027"),
        (10_000, 12, "0 0.5 1", "2026 2027"),
        (10_000, 360, "0 0.02 0.04 0.06", "2026 2030 2035 2040 2045 2050 2056"),
        (123_456, 60, "0 1 2 3", "2026 2027 2028 2029 2030 2031"),
    ],
)
def test_scale_and_words(amount: int, terms: int, scale: str, words: str) -> None:
    years = by_year(equal_instalments(D(amount), RATE, terms), date(2026, 2, 15))
    figures = charts.scale_of(years)
    assert " ".join(map(charts.in_units, figures)) == scale
    bars = charts.bars_of(years, figures[-1])
    assert " ".join(bar.word for bar in bars if bar.word) == words
    assert bars[-1].balance == 0


@given(st.decimals(10_000, 3_000_000, places=2), st.integers(1, 480))
def test_every_bar_fits_under_a_scale_of_few_figures(amount: D, terms: int) -> None:
    years = by_year(equal_instalments(amount, RATE, terms), date(2026, 2, 15))
    figures = charts.scale_of(years)
    assert 2 <= len(figures) <= charts.MOST_STEPS + 1
    bars = charts.bars_of(years, figures[-1])
    assert all(0 <= bar.principal + bar.interest <= 1.0000001 for bar in bars)
    assert all(0 <= bar.balance <= charts.BALANCE_TOP for bar in bars)
    assert max(bar.principal + bar.interest for bar in bars) > 1 / (charts.MOST_STEPS + 1)
    assert all(len(charts.in_units(figure)) <= 7 for figure in figures)
