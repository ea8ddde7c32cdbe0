"""The signed ticket that opens the maintenance page of one terminal, also without a network.

Signed as :mod:`kiosk.enrolment.signed` says, ``typ`` maintenance+jwt. Claims: ``jti`` 32
hexadecimal digits, ``iat``, ``nbf``, ``exp`` at most a day after ``nbf``, ``terminal`` its number,
``order`` the work order, ``staff`` the ``number``, ``name`` and ``role`` of who comes. It is one QR
code. Until its time is over it opens the page again, as after a restart; the end of the work
正常结束 spends it.
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Annotated

import msgspec

from drivers.sentence import en
from kiosk.centre.roster import OF_MAINTENANCE, STAFF_NUMBER, StaffRole, Worker
from kiosk.enrolment import key as keys
from kiosk.enrolment.signed import TicketRefused, checked_claims
from kiosk.staff.roster_file import FOLDER

TYPE = "maintenance+jwt"
LONGEST = timedelta(hours=24)
_SPENT = "spent-tickets"
_MOST_SPENT = 1000
"""Tickets that are remembered; older ones are over anyway."""


class _Staff(msgspec.Struct, frozen=True):
    number: Annotated[str, msgspec.Meta(pattern=STAFF_NUMBER)]
    name: Annotated[str, msgspec.Meta(min_length=1, max_length=20)]
    role: StaffRole


class _Claims(msgspec.Struct, frozen=True):
    jti: Annotated[str, msgspec.Meta(pattern=r"^[0-9a-f]{32}\Z")]
    nbf: int
    exp: int
    terminal: str
    order: Annotated[str, msgspec.Meta(pattern=r"^[0-9A-Za-z-]{1,24}\Z")]
    staff: _Staff


@dataclass(frozen=True, slots=True)
class MaintenanceTicket:
    """A ticket whose signature, time and terminal have been checked."""

    id: str
    order: str
    worker: Worker
    ends: datetime


def check(
    text: str, trusted: Path, terminal: str, now: datetime | None = None
) -> MaintenanceTicket:
    """What the ticket ``text`` grants at ``terminal``. ``trusted``: PEM file with the certificates
    of those who may sign tickets. Raises :class:`~kiosk.enrolment.signed.TicketRefused`."""
    none = en("this is no maintenance ticket")
    now = now or datetime.now(UTC)
    required = ("terminal", "order", "staff")
    try:
        said = msgspec.convert(checked_claims(text, TYPE, required, trusted, now, none), _Claims)
    except msgspec.ValidationError as error:
        raise TicketRefused(en("the ticket lacks what maintenance needs"), "form") from error
    if said.staff.role not in OF_MAINTENANCE:
        raise TicketRefused(en("the ticket lacks what maintenance needs"), "role")
    if said.terminal != terminal:
        raise TicketRefused(
            en("the ticket is for terminal {other}", other=said.terminal[:32]), "foreign"
        )
    if said.exp - said.nbf > LONGEST.total_seconds():
        raise TicketRefused(en("the ticket is for longer than a day"), "long")
    worker = Worker(said.staff.number, said.staff.name, said.staff.role)
    return MaintenanceTicket(said.jti, said.order, worker, datetime.fromtimestamp(said.exp, UTC))


class SpentTickets:
    """The tickets whose work has ended here, kept over restarts in the ``state`` directory."""

    def __init__(self, state: Path) -> None:
        self._folder = state / FOLDER
        self._path = self._folder / _SPENT

    def has(self, ticket: str) -> bool:
        """Raises ``OSError`` where nobody can tell."""
        return ticket in self._read()

    def spend(self, ticket: str) -> None:
        """On the disk when this returns. Raises ``OSError``."""
        keys.make_folder(self._folder)
        kept = [*self._read(), ticket][-_MOST_SPENT:]
        keys.write_secret(self._path, "".join(f"{id}\n" for id in kept).encode())

    def _read(self) -> list[str]:
        """In a file that was spoilt, the ids that can still be read."""
        with suppress(FileNotFoundError):
            return self._path.read_text(encoding="ascii", errors="replace").split()
        return []
