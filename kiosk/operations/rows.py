"""What the journal says of an operation: events, how far each has come, the latest one known."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

from kiosk.login import LoginEvent
from kiosk.operation import Business, OperationState
from kiosk.upkeep import UpkeepEvent

REFERENCE = r"[0-9A-Za-z-]{0,40}"
"""A business serial 业务流水号 of the centre; anything else is not written down."""
DAMAGED = "damaged"
DISK_ERROR = "input/output error"
"""Two reasons of a :class:`JournalUnwritable`: the file's own, and the disk's under the file."""


class JournalEvent(StrEnum):
    """What has come of an operation, as far as this terminal knows."""

    INTENT = "intent"  # a visit has asked for the commit
    SENT = "sent"  # a commit may have left this machine
    UNKNOWN = "unknown"  # no usable answer to a commit: the centre is asked
    STRANDED = "stranded"  # for half an hour the centre says that there is nothing to commit
    ACCEPTED = "accepted"  # 已受理: in progress at the centre
    DONE = "done"
    REFUSED = "refused"
    EXPIRED = "expired"
    CANCELLED = "cancelled"
    SUPERSEDED = "superseded"

    @property
    def rank(self) -> int:
        """0 intent, 1 sent and unanswered, 2 accepted, 3 ended. An operation never falls."""
        return _RANKS.get(self, 3)

    @property
    def final(self) -> bool:
        """Whether the operation has ended."""
        return self.rank == 3


_RANKS = {
    JournalEvent.INTENT: 0,
    JournalEvent.SENT: 1,
    JournalEvent.UNKNOWN: 1,
    JournalEvent.STRANDED: 1,
    JournalEvent.ACCEPTED: 2,
}
ENDS = {
    OperationState.DONE: JournalEvent.DONE,
    OperationState.REFUSED: JournalEvent.REFUSED,
    OperationState.EXPIRED: JournalEvent.EXPIRED,
    OperationState.CANCELLED: JournalEvent.CANCELLED,
    OperationState.SUPERSEDED: JournalEvent.SUPERSEDED,
}
"""The event of each final state of the centre."""


@dataclass(frozen=True, slots=True)
class JournalEntry:
    """The latest row of an operation. ``attempt`` counts the commits that may have left."""

    operation: str
    business: Business
    event: JournalEvent
    attempt: int = 0
    state: OperationState | None = None  # the centre's, where the row comes of an answer
    reference: str = ""


class JournalUnwritable(Exception):
    """Nothing can be written down now, so nothing may leave this machine. ``reason``: why."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason

    @property
    def damaged(self) -> bool:
        """Whether the file itself is at fault: nothing heals it, and a new one must begin."""
        return self.reason == DAMAGED

    @property
    def doubtful(self) -> bool:
        """Whether an open file must be read through before anything else is written to it: what
        fails on one page may fail for ever while other pages are in order."""
        return self.reason in (DAMAGED, DISK_ERROR)


class Written(Protocol):
    """What the committer needs of its journal."""

    def append(self, entry: JournalEntry) -> None:
        """Write ``entry`` and its audit record; on the disk when this returns. Raises
        :class:`JournalUnwritable`: then the row may be there or not after the next start."""

    def note(self, event: LoginEvent | UpkeepEvent, id: str, detail: str) -> None:
        """Write the audit record of a login, or of maintenance; on the disk when this returns.
        Raises :class:`JournalUnwritable`."""

    def latest(self, operation: str) -> JournalEntry | None:
        """The latest row of ``operation``; None: unknown."""

    def unresolved(self) -> list[JournalEntry]:
        """The latest rows of all operations that have not ended, oldest operation first."""

    def probe(self) -> None:
        """Write something that means nothing. Raises :class:`JournalUnwritable`."""


def check_step(before: JournalEntry | None, after: JournalEntry) -> None:
    """Raises ``ValueError`` where ``after`` may not follow ``before``: a fault of the program."""
    if before is None:
        if after.event is not JournalEvent.INTENT:
            raise ValueError("an operation begins with its intent")
    elif before.event.final or after.event.rank < before.event.rank:
        raise ValueError(f"{after.event} after {before.event}: an operation never falls")
