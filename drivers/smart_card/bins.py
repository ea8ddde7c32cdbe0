"""Finds the bank of a card by the first digits of its number (ISO/IEC 7812-1)."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from functools import cache
from importlib import resources

import msgspec

from drivers.smart_card.types import BankCardKind


@dataclass(frozen=True, slots=True)
class Bin:
    """An entry of ``assets/bins.toml``."""

    bank: str
    bank_en: str
    kind: BankCardKind


def lookup(number: str) -> Bin | None:
    """The entry with the longest prefix of ``number``; ``None`` when there is none."""
    table = _table()
    for length in range(min(len(number), 10), 2, -1):
        if entry := table.get(number[:length]):
            return entry
    return None


@cache
def _table() -> dict[str, Bin]:
    text = (resources.files("assets") / "bins.toml").read_text(encoding="utf-8")
    return msgspec.convert(tomllib.loads(text), dict[str, Bin])
