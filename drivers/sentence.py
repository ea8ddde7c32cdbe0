"""Sentences for a technician: an English template with its facts, worded in Chinese later."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import reduce
from typing import Any, Literal, Self


class Sentence(str):
    """A finished English sentence that remembers its template and its facts.

    As a ``str`` it is the English sentence: for logs, JSON, comparisons. ``kiosk.words`` says the
    same in another language: it looks ``message`` up in the catalogue and fills ``facts`` in.
    Joined or cut like any ``str`` it becomes one, and is then said in English only.
    """

    __slots__ = ("facts", "message")
    message: str
    facts: Mapping[str, str | float]

    def __new__(cls, message: str, /, **facts: object) -> Self:
        kept = {name: _fact(value) for name, value in facts.items()}
        self = super().__new__(cls, message.format(**kept) if kept else message)
        self.message = message
        self.facts = kept
        return self

    def __reduce__(self) -> tuple[Callable[..., Sentence], tuple[str, Mapping[str, Any]]]:
        return _again, (self.message, self.facts)

    def map(self, change: Callable[[str], str]) -> Sentence:
        """The same sentence with ``change`` applied to every fact that is text."""
        return Sentence(self.message, **{name: _map(f, change) for name, f in self.facts.items()})


def en(message: str, /, **facts: object) -> str:
    """``en("{path} does not exist", path=port)``: English that the catalogue has in Chinese too.

    Facts are numbers, texts, sentences again; an exception stands for :func:`words_of` it.
    """
    return Sentence(message, **facts)


def joined(joint: Literal[", ", "; ", ": "], *parts: str) -> str:
    """One sentence of several; empty parts are left out."""
    said = [part for part in parts if part]
    if not said:
        return ""
    return reduce(_JOINTS[joint], said)


_JOINTS = {
    ", ": lambda one, other: en("{one}, {other}", one=one, other=other),
    "; ": lambda one, other: en("{one}; {other}", one=one, other=other),
    ": ": lambda one, other: en("{one}: {other}", one=one, other=other),
}


def words_of(error: BaseException) -> str:
    """What an exception says: its sentence with the facts, else its ``str``."""
    match error.args:
        case (Sentence() as said,):
            return said
        case _:
            return str(error)


def _fact(value: object) -> str | float:
    match value:
        case Sentence() | int() | float():
            return value
        case BaseException():
            return words_of(value)
        case _:
            return str(value)


def _map(fact: str | float, change: Callable[[str], str]) -> str | float:
    match fact:
        case Sentence():
            return fact.map(change)
        case str():
            return change(fact)
        case _:
            return fact


def _again(message: str, facts: Mapping[str, Any]) -> Sentence:
    return Sentence(message, **facts)
