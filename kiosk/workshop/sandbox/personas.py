"""The invented people of the demo: what their cards and the centre hold of them."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from datetime import date
from functools import cache
from importlib import resources
from importlib.resources.abc import Traversable
from typing import Any

CHIP_NAME_UNITS = 15
"""The name field of a resident card holds 15 UTF-16 units; the chip cuts a longer name."""


@dataclass(frozen=True, slots=True, repr=False)
class Persona:
    """One invented person. ``repr`` shows only the id, as the terminal never logs personal data."""

    id: str  # P01 … P18, S1, S2, A1
    name: str  # whole Chinese name; "" without a Chinese name
    name_latin: str  # 姓名全拼, or the name in Latin letters
    sex: str  # GB/T 2261.1: "1" male, "2" female
    nation: str  # GB/T 3304, "" where the card has none
    birth: date
    number: str  # 公民身份号码 or permit number, 18 characters
    address: str
    issuer: str
    valid_from: date
    kind: str  # a drivers.id_card CardKind: resident, hmt-resident, foreigner-2023
    phone: str
    bank_card: str  # 19 digits, or ""
    valid_to: date | None = None  # None: 长期
    pass_number: str = ""
    nationality: str = ""

    @property
    def full_name(self) -> str:
        """The name on file at the centre: the Chinese name, else the Latin name."""
        return self.name or self.name_latin

    def card(self) -> dict[str, str | bool]:
        """The data on the card's chip, as plain values under the names of ``IdCard``.

        Dates are ISO strings; ``valid_to`` is 长期 for a card without an end. A long name is cut as
        the chip cuts it, and then ``name_cut`` is true. Only foreigners' cards hold a Latin name.
        """
        name = chip_name(self.name)
        return {
            "kind": self.kind,
            "name": name,
            "name_latin": self.name_latin if self.kind.startswith("foreigner") else "",
            "sex": self.sex,
            "nation": self.nation,
            "birth": self.birth.isoformat(),
            "address": self.address,
            "number": self.number,
            "issuer": self.issuer,
            "valid_from": self.valid_from.isoformat(),
            "valid_to": self.valid_to.isoformat() if self.valid_to else "长期",
            "pass_number": self.pass_number,
            "issues": "" if self.kind == "resident" else "01",
            "nationality": self.nationality,
            "name_cut": name != self.name,
        }

    def __repr__(self) -> str:
        return f"Persona({self.id})"


def chip_name(name: str) -> str:
    """The beginning of ``name`` that fits on the chip; a surrogate pair is never split."""
    units = 0
    for index, character in enumerate(name):
        units += 2 if ord(character) > 0xFFFF else 1
        if units > CHIP_NAME_UNITS:
            return name[:index]
    return name


_OTHER_VALUES = "other-values"
OURS = resources.files("kiosk.workshop.sandbox") / "personas.toml"
"""The file of the demo's people."""
_file: Traversable = OURS


def use(path: Traversable) -> None:
    """Take the people from another file of the same form; before anybody asks for one. Its table
    ``other-values``, where it has one, says what the centre holds in place of values of the demo:
    numbers of accounts, names of employers."""
    global _file  # noqa: PLW0603 - chosen once, when a process starts
    _file = path
    load.cache_clear()


@cache
def load() -> dict[str, Persona]:
    """All personas by id, in the order of the file."""
    people = ((id, fields) for id, fields in _tables().items() if id != _OTHER_VALUES)
    return {id: Persona(id=id, **fields) for id, fields in people}


def other_values() -> dict[str, str]:
    """What the centre holds in place of values of the demo; of the demo's own people nothing."""
    return dict(_tables().get(_OTHER_VALUES, {}))


def _tables() -> dict[str, Any]:
    return tomllib.loads(_file.read_text(encoding="utf-8"))


def birth_of(number: str) -> date:
    """The day that stands in a number of eighteen digits (GB 11643)."""
    return date(int(number[6:10]), int(number[10:12]), int(number[12:14]))
