"""Who works at the terminal: roles, and the roster whose cards and PINs open the maintenance page.

The roster is a file of settings, ``staff.toml``. It holds no card number and no PIN: both are
hashed with scrypt (RFC 7914) and the salt of the file, each PIN also with the staff number.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import re
import secrets
import tomllib
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import msgspec

from drivers.sentence import en
from kiosk.privacy import Sensitive
from kiosk.words import Text, _

STAFF_NUMBER = r"^[a-z]{0,8}[0-9]{1,6}\Z"
"""Fits an audit word beside the other words of a detail."""
_N, _R, _P = 2**14, 8, 1  # 16 MB and some 40 ms a hash


class StaffRole(StrEnum):
    """What somebody may do at the terminal."""

    TECHNICIAN = "technician"  # everything
    ATTENDANT = "attendant"  # who looks after the place: paper, bins, test prints


ROLE_WORDS: dict[StaffRole, Text] = {
    StaffRole.TECHNICIAN: _("维护人员"),
    StaffRole.ATTENDANT: _("值守人员"),
}


class RosterUnusable(Exception):
    """The roster cannot be read: the file, and why."""


@dataclass(frozen=True, slots=True)
class Worker:
    """One of the staff; ``name`` is how the page calls them."""

    number: str
    name: str
    role: StaffRole


class RosterEntry(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """One of the staff in the file; ``card`` and ``pin`` in hexadecimal."""

    number: Annotated[str, msgspec.Meta(pattern=STAFF_NUMBER)]
    name: Annotated[str, msgspec.Meta(min_length=1, max_length=20)]
    role: StaffRole
    card: Annotated[str, msgspec.Meta(pattern=r"^[0-9a-f]{64}\Z")]
    pin: Annotated[str, msgspec.Meta(pattern=r"^[0-9a-f]{64}\Z")]

    @property
    def worker(self) -> Worker:
        return Worker(self.number, self.name, self.role)


class Roster(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """The file."""

    salt: Annotated[str, msgspec.Meta(pattern=r"^[0-9a-f]{32}\Z")]
    staff: tuple[RosterEntry, ...] = ()

    def whose(self, card: Sensitive[str]) -> RosterEntry | None:
        """Whose card has this number; None: nobody's of the staff."""
        shown = hash_of_card(self.salt, card)
        return next((one for one in self.staff if hmac.compare_digest(one.card, shown)), None)

    def is_pin(self, entry: RosterEntry, pin: Sensitive[str]) -> bool:
        """Whether ``pin`` is that of ``entry``."""
        return hmac.compare_digest(entry.pin, hash_of_pin(self.salt, entry.number, pin))


def read_roster(path: Path) -> Roster | None:
    """The roster in ``path``; None where there is no file. Raises :class:`RosterUnusable`."""
    try:
        table = tomllib.loads(path.read_text(encoding="utf-8"))
        return msgspec.convert(table, Roster)
    except FileNotFoundError:
        return None
    except OSError as error:
        raise RosterUnusable(f"{path}: {error.strerror}") from error
    except (ValueError, msgspec.ValidationError) as error:
        raise RosterUnusable(f"{path}: {error}") from error


def hash_of_card(salt: str, card: Sensitive[str]) -> str:
    """What the roster keeps of a card's number."""
    return _hashed(salt, card.reveal().strip().upper())


def hash_of_pin(salt: str, number: str, pin: Sensitive[str]) -> str:
    """What the roster keeps of the PIN of ``number``."""
    return _hashed(salt, f"{number}:{pin.reveal()}")


def _hashed(salt: str, text: str) -> str:
    key = hashlib.scrypt(
        text.encode(), salt=bytes.fromhex(salt), n=_N, r=_R, p=_P, maxmem=2**26, dklen=32
    )
    return key.hex()


def with_entry(
    roster: Roster | None, worker: Worker, card: Sensitive[str], pin: Sensitive[str]
) -> str:
    """The file with ``worker`` in it, in place of an earlier entry of that number; a new file has a
    new salt. Raises ``ValueError`` for a number, name or PIN in another form."""
    if not re.fullmatch(r"[0-9]{6}", pin.reveal()):
        raise ValueError(en("a PIN has six digits"))
    salt = roster.salt if roster else secrets.token_hex(16)
    made = {
        "number": worker.number,
        "name": worker.name,
        "role": worker.role.value,
        "card": hash_of_card(salt, card),
        "pin": hash_of_pin(salt, worker.number, pin),
    }
    entry = msgspec.convert(made, RosterEntry)
    others = tuple(one for one in roster.staff if one.number != worker.number) if roster else ()
    lines = ["# Who opens the maintenance page with card and PIN. Written by `kiosk staff add`."]
    lines.append(f'salt = "{salt}"')
    for one in (*others, entry):
        lines.append("[[staff]]")
        facts = msgspec.to_builtins(one)
        lines += [f"{name} = {json.dumps(facts[name], ensure_ascii=False)}" for name in facts]
    return "\n".join(lines) + "\n"
