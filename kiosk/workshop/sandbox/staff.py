"""The stand-in centre's roster of the staff: who may do what at its terminals."""

from __future__ import annotations

import hashlib
import re
import secrets
from collections.abc import Set
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from threading import Lock

from kiosk.centre.roster import (
    MOST_STAFF,
    STAFF_NUMBER,
    StaffEntry,
    StaffRole,
    StaffRoster,
    hash_of_card,
    hash_of_pin,
)
from kiosk.privacy import Sensitive
from kiosk.workshop.sandbox import personas
from kiosk.workshop.sandbox.bugs import CentreBug
from kiosk.workshop.sandbox.refusals import Refused

_PIN, _CARD = re.compile(r"[0-9]{6}"), re.compile(r"[0-9A-Za-z]{4,32}")
_SALT = secrets.token_hex(16)


@dataclass(frozen=True, slots=True, repr=False)
class StaffMember:
    """One of the staff, with what a real centre knows as hashes only. ``card``: the number of an
    ID card, of a bank card or of a chip card."""

    number: str
    name: str
    role: str
    card: str
    pin: str
    until: datetime | None = None


def _first() -> tuple[StaffMember, ...]:
    """Who is on the roster from the start: two of the demo's people."""
    people = personas.load()
    return (
        StaffMember("6021", "魏工", StaffRole.TECHNICIAN, people["S2"].number, "602100"),
        StaffMember("6031", "何静", StaffRole.CLERK, people["S1"].number, "603100"),
    )


class StaffDesk:
    """Whom somebody of the centre puts on the roster of all its terminals, and takes off."""

    def __init__(self, bugs: frozenset[CentreBug] = frozenset()) -> None:
        self._keeps = CentreBug.KEEPS_STAFF in bugs
        self._lock = Lock()
        self._staff = {one.number: one for one in _first()}

    @property
    def edition(self) -> int:
        """Another number whenever anything differs. Of what the entries are made from: the hashes,
        which take their time, are made when a terminal asks for them."""
        with self._lock:
            facts = repr([_facts(one) for one in self._staff.values()])
        return 1 + int.from_bytes(hashlib.sha256(f"{_SALT}{facts}".encode()).digest()[:6], "big")

    def roster(self) -> StaffRoster:
        edition = self.edition
        with self._lock:
            staff = tuple(self._staff.values())
        return StaffRoster(edition=edition, salt=_SALT, staff=tuple(map(_entry, staff)))

    def put(self, member: StaffMember) -> None:
        """Put somebody on the roster, in place of who has that number. Refuses request-invalid,
        also for a card that is somebody else's."""
        with self._lock:
            others = {who: one for who, one in self._staff.items() if who != member.number}
            fits = (
                re.fullmatch(STAFF_NUMBER, member.number)
                and 0 < len(member.name) <= 20
                and member.role in tuple(StaffRole)
                and _CARD.fullmatch(member.card)
                and _PIN.fullmatch(member.pin)
                and member.card.upper() not in {one.card.upper() for one in others.values()}
                and len(others) < MOST_STAFF
            )
            if not fits:
                raise Refused("request-invalid")
            self._staff = {**others, member.number: member}

    def take_off(self, number: str) -> None:
        """Whoever is not on the roster is off it already."""
        if self._keeps:
            return
        with self._lock:
            self._staff.pop(number, None)

    def is_clerk(self, number: str) -> bool:
        """Whether somebody with this staff number may approve operations now."""
        with self._lock:
            one = self._staff.get(number)
        over = one and one.until and one.until <= datetime.now(UTC)
        return one is not None and one.role == StaffRole.CLERK and not over

    def is_one_of(self, number: str, cards: Set[str]) -> bool:
        """Whether the card of who has this staff number is one of ``cards``."""
        with self._lock:
            one = self._staff.get(number)
        return one is not None and one.card.upper() in {card.upper() for card in cards}

    def members(self) -> tuple[StaffMember, ...]:
        with self._lock:
            return tuple(self._staff.values())

    def reset(self) -> None:
        with self._lock:
            self._staff = {one.number: one for one in _first()}


def _facts(one: StaffMember) -> tuple[str, ...]:
    return (one.number, one.name, one.role, one.card, one.pin, str(one.until))


@cache
def _entry(member: StaffMember) -> StaffEntry:
    return StaffEntry(
        number=member.number,
        name=member.name,
        role=member.role,
        card=hash_of_card(_SALT, Sensitive(member.card)),
        pin=hash_of_pin(_SALT, member.number, Sensitive(member.pin)),
        until=member.until,
    )
