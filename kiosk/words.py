"""Words that are chosen when they are shown, so that the language can change at any time.

``_("{count} 页", count=3)`` makes a :class:`Text` for a citizen; :func:`say` words it. Their
messages are Chinese; ``assets/translations/en.po`` carries the English ones. What drivers and
the doctor tell a technician is written in English, ``en("{path} does not exist", path=port)``, a
:class:`~drivers.sentence.Sentence`; ``assets/translations/zh_CN.po`` carries the Chinese.
"""

from __future__ import annotations

import gettext
import os
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum
from functools import cache
from importlib import resources
from typing import Any, Protocol

from drivers.sentence import Sentence


class Language(StrEnum):
    """The languages of the screen and of the papers that are laid out here."""

    ZH = "zh_CN"
    EN = "en"

    @property
    def other(self) -> Language:
        return Language.EN if self is Language.ZH else Language.ZH


class Bilingual(Protocol):
    """A text that came from the centre in both languages."""

    def say(self, language: Language) -> str: ...


@dataclass(frozen=True, slots=True)
class Text:
    """One message of the catalogue with its arguments."""

    message: str
    arguments: tuple[tuple[str, Any], ...] = ()

    def say(self, language: Language, *, hidden: bool = False) -> str:
        """The message in ``language``; every argument in the same language, amounts as dots where
        they are ``hidden``."""
        worded = translate(self.message, language)
        if not self.arguments:
            return worded
        said = {name: say(value, language, hidden=hidden) for name, value in self.arguments}
        return worded.format(**said)


def _(message: str, **arguments: Any) -> Text:
    """A text for a citizen. ``message`` is Chinese and stands in the catalogue."""
    return Text(message, tuple(arguments.items()))


@dataclass(frozen=True, slots=True)
class Month:
    """A year and month worded without its day: 2026年1月, January 2026."""

    of: date


Sayable = Text | Bilingual | str | int | date | Month | Decimal


HIDDEN = "******"
"""What stands in place of an amount until the citizen asks to see it."""


def say(value: Sayable, language: Language, *, hidden: bool = False) -> str:
    """``value`` as the citizen reads it: texts translated, dates and money written out.

    ``hidden`` puts :data:`HIDDEN` in place of every ``Decimal``, also of one within a text.
    """
    match value:
        case Sentence():
            return say_sentence(value, language)
        case str():
            return value
        case Text():
            return value.say(language, hidden=hidden)
        case Decimal():
            return HIDDEN if hidden else f"{value:,.2f}"
        case int():
            return str(value)
        case Month():
            return say_month(value.of, language)
        case date():
            return say_date(value, language)
        case _:
            return value.say(language)


def say_date(day: date, language: Language) -> str:
    """2026年1月15日 or 15 Jan 2026."""
    if language is Language.ZH:
        return f"{day.year}年{day.month}月{day.day}日"
    return f"{day.day} {_MONTHS[day.month - 1]} {day.year}"


def say_month(day: date, language: Language) -> str:
    """2026年1月 or Jan 2026."""
    if language is Language.ZH:
        return f"{day.year}年{day.month}月"
    return f"{_MONTHS[day.month - 1]} {day.year}"


_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


def say_sentence(sentence: str, language: Language) -> str:
    """What a driver, the doctor or the system tells a technician, in ``language``.

    A :class:`Sentence` is worded with its facts. Any other text is looked up as a whole, because
    the catalogue has the terms that stand as facts too: states, names of findings, the system's
    own words. A text that is not in the catalogue stays as it is.
    """
    if not sentence or language is Language.EN:
        return str(sentence)
    if not isinstance(sentence, Sentence):
        return _catalogue(language).gettext(sentence)
    worded = _catalogue(language).gettext(sentence.message)
    if not sentence.facts:
        return worded
    return worded.format(
        **{
            name: say_sentence(fact, language) if isinstance(fact, str) else fact
            for name, fact in sentence.facts.items()
        }
    )


def locale_language() -> Language:
    """The language of the user's locale (POSIX: LC_ALL, then LC_MESSAGES, then LANG): Chinese or
    else English. English on the kernel's own console, which has no Chinese font."""
    if os.environ.get("TERM") == "linux":
        return Language.EN
    said = (os.environ.get(name) for name in ("LC_ALL", "LC_MESSAGES", "LANG"))
    return Language.ZH if next(filter(None, said), "").startswith("zh") else Language.EN


def translate(message: str, language: Language) -> str:
    """``message``, which is written in Chinese, in ``language``."""
    return message if language is Language.ZH else _catalogue(language).gettext(message)


@cache
def _catalogue(language: Language) -> gettext.NullTranslations:
    """The compiled catalogue of the messages that are written in the other language.

    ``make words`` compiles it; without it a message shows as it is written.
    """
    path = resources.files("assets") / "translations" / f"{language}.mo"
    if not path.is_file():
        return gettext.NullTranslations()
    with path.open("rb") as file:
        return gettext.GNUTranslations(file)
