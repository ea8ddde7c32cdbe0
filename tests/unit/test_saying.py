"""Words are chosen when they are shown: texts, dates, money, in both languages."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kiosk.centre.codes import word
from kiosk.centre.models import CentreWords
from kiosk.words import Language, Month, Sayable, Text, _, say, translate

ZH, EN = Language.ZH, Language.EN


@pytest.mark.parametrize(
    ("value", "zh", "en"),
    [
        ("张*", "张*", "张*"),
        (7, "7", "7"),
        (Decimal("56958.05"), "56,958.05", "56,958.05"),
        (Decimal("0"), "0.00", "0.00"),
        (Decimal("-18000"), "-18,000.00", "-18,000.00"),
        (date(2026, 1, 5), "2026年1月5日", "5 Jan 2026"),
        (Month(date(2025, 12, 1)), "2025年12月", "Dec 2025"),
        (CentreWords(zh="系统升级", en="Upgrade"), "系统升级", "Upgrade"),
        (_("not in the catalogue"), "not in the catalogue", "not in the catalogue"),
        (_("of {what}", what=CentreWords(zh="话", en="words")), "of 话", "of words"),
        (_("on {day}", day=date(2026, 1, 5)), "on 2026年1月5日", "on 5 Jan 2026"),
    ],
)
def test_what_is_said(value: Sayable, zh: str, en: str) -> None:
    assert say(value, ZH) == zh
    assert say(value, EN) == en


def test_a_code_that_nobody_knows_is_said_too() -> None:
    assert say(word("A.6", "77"), ZH) == "其他(77)"
    assert say(word("A.6", "77"), EN) == "Other (77)"


@pytest.mark.parametrize("language", list(Language))
def test_the_other_language(language: Language) -> None:
    assert language.other.other is language
    assert language.other is not language


@settings(deadline=None)
@given(st.dates(), st.sampled_from(Language))
def test_every_day_can_be_said(day: date, language: Language) -> None:
    assert str(day.year) in say(day, language)
    assert str(day.year) in say(Month(day), language)


@settings(deadline=None)
@given(st.text(), st.sampled_from(Language))
def test_a_value_is_never_taken_for_a_message(value: str, language: Language) -> None:
    """Braces in a value stay what they are."""
    assert _("it is {value}", value=value).say(language) == f"it is {value}"


@settings(deadline=None)
@given(st.text(min_size=1))
def test_chinese_is_what_is_written(message: str) -> None:
    assert translate(message, ZH) == message
    assert Text(message).say(ZH) == message
