"""The report's sentences in Chinese, those of the drivers too; English where there is none."""

from __future__ import annotations

import os
import re
import tomllib
from collections.abc import Mapping
from functools import cache
from importlib import resources

from drivers.device import Reason

_GAP = "{}"


def is_spoken() -> bool:
    """Whether the user's locale is a Chinese one (POSIX: LC_ALL, then LC_MESSAGES, then LANG). The
    kernel's own console has no Chinese font."""
    if os.environ.get("TERM") == "linux":
        return False
    said = (os.environ.get(name) for name in ("LC_ALL", "LC_MESSAGES", "LANG"))
    return next(filter(None, said), "").startswith("zh")


def say(sentence: str) -> str:
    """``sentence`` in Chinese, and what is filled into it, as far as it is known.

    A driver knows no languages, so a sentence comes with its facts already in it: it is found
    again by its form in ``assets/translations/doctor.toml``. What is joined by "; ", ", " or ": "
    is worded part by part.
    """
    table = _table()
    if sentence in table:
        return table[sentence]
    reason, _, detail = sentence.partition(": ")
    if detail and reason in _REASONS:  # str of a DeviceError
        return table[f"{reason}: {_GAP}"].format(say(detail))
    for pattern, chinese in _patterns():
        found = pattern.fullmatch(sentence)
        if found is not None:
            return chinese.format(*(say(fact) for fact in found.groups()))
    for joint, chinese in (("; ", "；"), (", ", "，"), (": ", "：")):
        if joint in sentence:
            parts = [say(part) for part in sentence.split(joint)]
            return (joint if all(map(str.isascii, parts)) else chinese).join(parts)
    return sentence


_REASONS = frozenset(Reason)


@cache
def _table() -> Mapping[str, str]:
    path = resources.files("assets") / "translations" / "doctor.toml"
    return tomllib.loads(path.read_text(encoding="utf-8"))


@cache
def _patterns() -> tuple[tuple[re.Pattern[str], str], ...]:
    """Sentences with gaps, the most definite first."""
    forms = [form for form in _table() if _GAP in form]
    forms.sort(key=lambda form: len(form.replace(_GAP, "")), reverse=True)
    return tuple((_pattern(form), _format(_table()[form])) for form in forms)


def _pattern(form: str) -> re.Pattern[str]:
    """A fact ends before the next part of a joined sentence, unless its own form has such parts."""
    fact = "(.+?)" if "; " in form else "((?:(?!; ).)+?)"
    return re.compile(fact.join(map(re.escape, form.split(_GAP))), re.DOTALL)


def _format(chinese: str) -> str:
    """Only gaps are gaps: a brace of a udev rule is itself."""
    return re.sub(r"\{(?!\d*\})|(?<!\{)(?<!\{\d)\}", lambda brace: brace[0] * 2, chinese)
