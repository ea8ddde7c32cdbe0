"""A simulated disk under the journal: what is written, what is synced, what a power cut leaves."""

from __future__ import annotations

from collections.abc import Callable

from kiosk.login import LoginEvent
from kiosk.operations.rows import JournalEntry, JournalEvent, JournalUnwritable, check_step
from kiosk.upkeep import UpkeepEvent
from tests.simulation.world import BrokenPromise, SimWorld


class SimJournal:
    """Keeps rows as SQLite in WAL does: a row that was synced stays; of the others a power cut
    leaves the first few, and a torn one, whose checksum fails, ends what is read.

    ``point`` is called at every moment at which a crash may come.
    """

    def __init__(self, world: SimWorld, point: Callable[[], None]) -> None:
        self._world = world
        self._point = point
        self._rows: list[JournalEntry] = []
        self._synced = 0
        # A row whose sync failed: told as not written, and perhaps there after the next start.
        self._ghost: JournalEntry | None = None

    def open(self) -> None:
        """A committer opens the journal, and notes that."""
        self.sync()

    def append(self, entry: JournalEntry) -> None:
        try:
            check_step(self.latest(entry.operation), entry)
        except ValueError as error:
            raise BrokenPromise(f"J4 {error}") from None
        self._point()
        if self._world.happens(self._world.chances.disk):
            self._ghost = entry if self._world.random.random() < 0.3 else None
            raise JournalUnwritable("disk full")
        self._ghost = None
        self._rows.append(entry)
        self._point()
        self.sync()
        self._point()

    def sync(self) -> None:
        self._synced = len(self._rows)

    def probe(self) -> None:
        if self._world.happens(self._world.chances.disk):
            raise JournalUnwritable("disk full")

    def note(self, event: LoginEvent | UpkeepEvent, id: str, detail: str) -> None:
        raise BrokenPromise("no visit of the simulation tells of logins")

    def latest(self, operation: str) -> JournalEntry | None:
        return _latest(self._rows, operation)

    def synced(self, operation: str) -> JournalEntry | None:
        """What stands on the disk whatever happens."""
        return _latest(self._rows[: self._synced], operation)

    def unresolved(self) -> list[JournalEntry]:
        newest: dict[str, JournalEntry] = {}
        for row in self._rows:
            newest[row.operation] = row
        return [row for row in newest.values() if not row.event.final]

    # -- ends ---------------------------------------------------------------------------------

    def process_dies(self) -> None:
        """What was written is in the kernel's hands and stays."""
        if self._ghost is not None and self._world.random.random() < 0.5:
            self._rows.append(self._ghost)
        self._ghost = None

    def power_fails(self) -> None:
        self.process_dies()
        kept = self._world.random.randint(self._synced, len(self._rows))
        del self._rows[kept:]
        self._synced = len(self._rows)

    def events(self) -> dict[str, JournalEvent]:
        return {row.operation: row.event for row in self._rows}


def _latest(rows: list[JournalEntry], operation: str) -> JournalEntry | None:
    return next((row for row in reversed(rows) if row.operation == operation), None)
