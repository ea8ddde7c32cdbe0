"""Synthetic citizens: the demo's people with other values, each of which stands nowhere else."""

from __future__ import annotations

import json
import tomllib
from dataclasses import dataclass, fields
from datetime import date
from random import Random
from typing import Any

from drivers.id_card.record import check_digit_ok
from drivers.smart_card.emv import luhn_ok
from kiosk.workshop.sandbox import personas
from kiosk.workshop.sandbox.personas import Persona

RARE = "㛃䶮𬭎"
"""Characters of names that Debian's fonts show, the last one beyond the first plane."""
_COMMON = [
    bytes([row, cell]).decode("gb2312")
    for row in range(0xB0, 0xD0)  # the first level of GB 2312: the characters in use
    for cell in range(0xA1, 0xFF)
]
_LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
_EMPLOYERS = ("云岭市第一中学(演示)", "云岭建设集团(演示)", "云岭软件有限公司(演示)",
              "云岭商贸(演示)", "云岭医院(演示)", "灵活就业代管户(演示)")  # fmt: skip
_ACCOUNTS = {
    "9919070100001": "P01", "9915030100002": "P02", "9912060100003": "P03",
    "9901090100004": "P04", "9902040100005": "P05", "9908080100006": "P06",
    "9925031000007": "P07", "9920070100008": "P07", "9906050100009": "P08",
    "9924090100010": "P09", "9922010100011": "P10", "9918090100012": "P11",
    "9925070100013": "P12", "9910100100014": "P13", "9913050100015": "P15",
    "9925060100016": "P16", "9916020100017": "P17", "9919110100018": "P18",
    "9920010100019": "A1",
}  # fmt: skip
"""The accounts of the demo and whose they are."""
_LOANS = {
    "8025061000003": "P03", "9025061000003": "P03", "演示省云岭市示范区测试小区3栋2单元501": "P03",
    "8020061000006": "P06", "9020061000006": "P06", "演示省云岭市示范区测试小区7栋1单元302": "P06",
    "8025061000015": "P15", "9025061000015": "P15", "演示省云岭市示范区测试小区9栋1单元1203": "P15",
    "演贷2023-000011": "P11",
}  # fmt: skip
"""Numbers, contracts and houses of the demo's loans, and whose they are."""
_PERSONAL = ("name", "name_latin", "number", "address", "phone", "bank_card", "pass_number")


@dataclass(frozen=True, slots=True)
class Cast:
    """The citizens of one day."""

    people: dict[str, Persona]
    other_values: dict[str, str]
    """What the centre holds in place of the demo's accounts, loans and employers."""
    values: dict[str, dict[str, str]]
    """By person, then by kind: every text that is theirs alone."""

    def employers(self) -> dict[str, str]:
        """The names of employers, of whom several people may have one."""
        return {f"employer {at}": self.other_values[old] for at, old in enumerate(_EMPLOYERS)}

    def toml(self) -> str:
        """The file of these people, for ``kiosk sandbox --people``."""
        tables = [_table(id, _plain(person)) for id, person in self.people.items()]
        return "\n".join([*tables, _table("other-values", self.other_values)])


def cast(seed: int) -> Cast:
    """The people of the demo, with the same facts (birth, sex, kind of card) and new values."""
    random = Random(seed)
    demo = tomllib.loads(personas.OURS.read_text(encoding="utf-8"))
    people = {id: _synthetic(random, Persona(id=id, **facts)) for id, facts in demo.items()}
    values = {
        id: {kind: value for kind in _PERSONAL if (value := getattr(person, kind))}
        for id, person in people.items()
    }
    other: dict[str, str] = {}
    for old, whose in (_ACCOUNTS | _LOANS).items():
        kind = f"{'account' if old in _ACCOUNTS else 'loan'} {old[-6:]} of the demo, {old[:2]}"
        other[old] = values[whose][kind] = _like(random, old)
    for id in people:
        other[f"{id.lower()}@example.com"] = mail = f"{_word(random, 12).lower()}@example.com"
        values[id]["e-mail"] = mail
    for old in _EMPLOYERS:
        other[old] = _characters(random, 6) + "(演示)"
    return Cast(people, other, values)


def _synthetic(random: Random, demo: Persona) -> Persona:
    facts = {field.name: getattr(demo, field.name) for field in fields(demo)}
    return Persona(
        **facts
        | {
            "name": _name(random, demo.name),
            "name_latin": " ".join(_word(random, max(5, len(w))) for w in demo.name_latin.split()),
            "number": _id_number(random, demo.number),
            "address": demo.address
            and f"演示省{_characters(random, 9)}路{random.randrange(999)}号",
            "phone": f"12{random.randrange(10**9):09}",
            "bank_card": demo.bank_card and _bank_card(random),
            "pass_number": _like(random, demo.pass_number),
        }
    )


def _name(random: Random, demo: str) -> str:
    """As long as the demo's, at least four characters, so that chance writes it nowhere; one is
    rare. The dots of a long name stay."""
    name = list(demo and demo.ljust(4, "名"))
    for at in range(len(name)):
        if name[at] != "·":
            name[at] = random.choice(_COMMON)
    if name:
        name[2] = random.choice(RARE)
    return "".join(name)


def _id_number(random: Random, demo: str) -> str:
    """Region, birth and sex of the demo's, and a right check digit. All but the birth is new."""
    while True:
        region = demo[:6] if demo[0] == "8" or demo[2] == "9" else f"9901{random.randrange(100):02}"
        serial = random.randrange(100) * 10 + int(demo[16])
        body = f"{region}{demo[6:14]}{serial:03}"
        number = next(body + digit for digit in "0123456789X" if check_digit_ok(body + digit))
        if number != demo:
            return number


def _bank_card(random: Random) -> str:
    body = f"999999{random.randrange(10**12):012}"
    return next(body + digit for digit in "0123456789" if luhn_ok(body + digit))


def _like(random: Random, demo: str) -> str:
    """Other characters of the same kinds: a digit for a digit, a letter for a letter."""

    def other(character: str) -> str:
        if character.isdigit():
            return random.choice("0123456789")
        return random.choice(_COMMON) if character > "\u3000" else character

    return "".join(map(other, demo))


def _characters(random: Random, many: int) -> str:
    return "".join(random.choice(_COMMON) for _ in range(many))


def _word(random: Random, many: int) -> str:
    return "".join(random.choice(_LETTERS) for _ in range(many))


def _plain(person: Persona) -> dict[str, Any]:
    facts = {field.name: getattr(person, field.name) for field in fields(person)}
    del facts["id"]
    return {name: value for name, value in facts.items() if value is not None}


def _table(name: str, facts: dict[str, Any]) -> str:
    """A table of TOML, whose texts are written as those of JSON."""
    lines = [
        f"{json.dumps(key, ensure_ascii=False)} = "
        + (value.isoformat() if isinstance(value, date) else json.dumps(value, ensure_ascii=False))
        for key, value in facts.items()
    ]
    return "\n".join([f"[{name}]", *lines, ""])
