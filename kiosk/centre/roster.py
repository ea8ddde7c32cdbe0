"""The roster of a terminal's staff 工作人员名单: whose card and PIN do something there, and what.

Neither card numbers nor PINs travel. Both are hashed with scrypt (RFC 7914; N 16384, r 8, p 1, 32
bytes) and the salt of the roster: of a card its number in upper case, of a PIN ``number:PIN``, with
the staff number.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Annotated, Self

from pydantic import Field, StringConstraints, model_validator

from kiosk.centre.models import Moment, WireModel, line
from kiosk.privacy import Sensitive

_NUMBER = r"[a-z]{0,8}[0-9]{1,6}"
STAFF_NUMBER = rf"^{_NUMBER}\Z"
"""Fits an audit word beside the other words of a detail."""
StaffNumber = Annotated[str, StringConstraints(pattern=f"^{_NUMBER}$")]
"""工号, on the wire."""
MOST_STAFF = 200
"""So many may be on the roster of one terminal."""
_N, _R, _P = 2**14, 8, 1  # 16 MB and some 40 ms a hash


class StaffRole(StrEnum):
    """What somebody may do at the terminal."""

    TECHNICIAN = "technician"  # everything of maintenance
    ATTENDANT = "attendant"  # who looks after the place: paper, bins, test prints
    CLERK = "clerk"  # of the branch: approves operations 柜员授权, and opens no maintenance


OF_MAINTENANCE = frozenset({StaffRole.TECHNICIAN, StaffRole.ATTENDANT})
"""The roles that open the maintenance page."""


@dataclass(frozen=True, slots=True)
class Worker:
    """One of the staff; ``name`` is how the page calls them."""

    number: str
    name: str
    role: StaffRole


_Hash = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]


class StaffEntry(WireModel):
    """One of the staff. ``role``: one of :class:`StaffRole`; who has another one can do nothing at
    a terminal that does not know it. Good from ``since`` on and before ``until``."""

    number: StaffNumber = Field(examples=["6021"])
    name: Annotated[str, line(20, least=1)] = Field(examples=["陈工"])
    role: Annotated[str, line(16, least=1)] = Field(examples=["technician", "attendant", "clerk"])
    card: _Hash
    pin: _Hash
    since: Moment | None = None
    until: Moment | None = None

    def is_good(self, now: datetime) -> bool:
        """Whether the card counts at ``now``."""
        return (self.since is None or self.since <= now) and (
            self.until is None or now < self.until
        )

    @property
    def worker(self) -> Worker | None:
        """Whose entry this is; None: of a role that this terminal does not know."""
        known = self.role in tuple(StaffRole)
        return Worker(self.number, self.name, StaffRole(self.role)) if known else None


class StaffRoster(WireModel):
    """All of the staff of one terminal. ``edition``: another number whenever anything differs; the
    catalogue names that of now. No staff number and no card stands there twice."""

    edition: int = Field(ge=1, le=2**53)
    salt: Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{32}$")]
    staff: tuple[StaffEntry, ...] = Field(default=(), max_length=MOST_STAFF)

    @model_validator(mode="after")
    def _nobody_twice(self) -> Self:
        for what, all_of in (
            ("staff number", [one.number for one in self.staff]),
            ("card", [one.card for one in self.staff]),
        ):
            if _twice(all_of):
                raise ValueError(f"a {what} stands there twice")
        return self

    def whose(self, card: Sensitive[str]) -> StaffEntry | None:
        """Whose card has this number; None: nobody's of the staff."""
        shown = hash_of_card(self.salt, card)
        return next((one for one in self.staff if hmac.compare_digest(one.card, shown)), None)

    def is_pin(self, entry: StaffEntry, pin: Sensitive[str]) -> bool:
        """Whether ``pin`` is that of ``entry``."""
        return hmac.compare_digest(entry.pin, hash_of_pin(self.salt, entry.number, pin))


def _twice(texts: Sequence[str]) -> bool:
    return len(set(texts)) < len(texts)


def hash_of_card(salt: str, card: Sensitive[str]) -> str:
    """What the roster holds of a card's number."""
    return _hashed(salt, card.reveal().strip().upper())


def hash_of_pin(salt: str, number: str, pin: Sensitive[str]) -> str:
    """What the roster holds of the PIN of staff ``number``."""
    return _hashed(salt, f"{number}:{pin.reveal()}")


def _hashed(salt: str, text: str) -> str:
    key = hashlib.scrypt(
        text.encode(), salt=bytes.fromhex(salt), n=_N, r=_R, p=_P, maxmem=2**26, dklen=32
    )
    return key.hex()
