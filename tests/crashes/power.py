"""Power cuts and bad disks under the real journal: what was acknowledged is always there."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from pathlib import Path
from random import Random

import apsw

from kiosk.audit.verify import verify
from kiosk.operation import Business, OperationState
from kiosk.operations.journal import FILE, Journal, audit_records
from kiosk.operations.rows import JournalEntry, JournalEvent, JournalUnwritable
from tests.crashes.recording import DiskCall, RecordingFs, image

KIND = Business.REPAY_LOAN_WITHDRAWAL
STEPS = (
    JournalEntry("", KIND, JournalEvent.INTENT),
    JournalEntry("", KIND, JournalEvent.SENT, 1),
    JournalEntry("", KIND, JournalEvent.UNKNOWN, 1),
    JournalEntry("", KIND, JournalEvent.SENT, 2),
    JournalEntry("", KIND, JournalEvent.DONE, 2, OperationState.DONE, "R-1"),
)


class Lost(Exception):
    """A promise of the journal is broken."""


def rows(count: int) -> list[JournalEntry]:
    """The first ``count`` rows of a life: operation after operation, each from intent to done."""
    found = []
    for number in range(count):
        step = STEPS[number % len(STEPS)]
        operation = f"{number // len(STEPS):032x}"
        found.append(
            JournalEntry(
                operation, step.business, step.event, step.attempt, step.state, step.reference
            )
        )
    return found


def record(seed: int, spoil: Callable[[Journal], object] | None = None) -> list[DiskCall]:
    """The disk calls of one journal's life, from its first opening on. ``spoil`` seeds a bug."""
    random = Random(seed)
    fs = RecordingFs()
    count = random.randint(5, 60)
    with tempfile.TemporaryDirectory(dir=_memory()) as directory:
        journal = Journal(Path(directory) / FILE, vfs=fs.name)
        if spoil:
            spoil(journal)
        pages = random.choice((4, 30, 1000))
        journal._connection.execute(f"PRAGMA wal_autocheckpoint={pages}")
        for number, entry in enumerate(rows(count), 1):
            journal.append(entry)
            fs.mark(number)
            if random.random() < 0.03:
                journal.close()
                journal = Journal(Path(directory) / FILE, vfs=fs.name)
                if spoil:
                    spoil(journal)
        journal.close()
    fs.unregister()
    return fs.calls


def after_power_cut(calls: list[DiskCall], random: Random) -> None:
    """One power cut at a random moment of ``calls``. Raises :class:`Lost`."""
    cut = random.randrange(1, len(calls) + 1)
    files, acknowledged = image(calls, cut, random)
    with tempfile.TemporaryDirectory(dir=_memory()) as directory:
        for name, content in files.items():
            (Path(directory) / name).write_bytes(content)
        check(Path(directory) / FILE, acknowledged)


def check(path: Path, acknowledged: int) -> None:
    """The journal at ``path`` opens, has every acknowledged row and at most one more, and goes on.
    Raises :class:`Lost`."""
    try:
        journal = Journal(path)
    except JournalUnwritable as error:
        raise Lost(f"does not open: {error.reason}") from None
    try:
        found = int(str(journal._connection.execute("SELECT count(*) FROM events").get))
        if not acknowledged <= found <= acknowledged + 1:
            raise Lost(f"{found} rows, {acknowledged} were acknowledged")
        _compare(journal, found)
        journal.append(rows(found + 1)[-1])
        lines = [record.line() for record in audit_records(journal._connection)]
        verdict = verify(lines, [journal.head])
        if not verdict.intact:
            raise Lost(f"audit log: {verdict.broken}")
    finally:
        journal.close()


def _compare(journal: Journal, found: int) -> None:
    latest = {entry.operation: entry for entry in rows(found)}
    for operation, entry in latest.items():
        if journal.latest(operation) != entry:
            raise Lost(f"{operation} is {journal.latest(operation)}, not {entry}")
    left = [entry for entry in latest.values() if not entry.event.final]
    if journal.unresolved() != left:
        raise Lost("other operations are unresolved than were")


ERRORS: tuple[Callable[[], apsw.Error], ...] = (
    lambda: apsw.FullError("full"),
    lambda: apsw.IOError("input/output error"),
    lambda: apsw.ReadOnlyError("read-only"),
)


CHECKPOINTS = (4, 1000)
"""Pages in the write-ahead log after which SQLite puts them into the database file: now and then in
the middle of a life, or only when the journal is closed."""


def with_bad_disk(
    nth: int, error: Callable[[], apsw.Error], lasts: int, pages: int = CHECKPOINTS[-1]
) -> bool:
    """A life in which the ``nth`` change of a file fails, and the ``lasts`` changes after it; then
    the disk is well again. ``pages``: one of ``CHECKPOINTS``. Whether so many changes came. Raises
    :class:`Lost`."""
    changes = 0

    def fails(call: DiskCall) -> apsw.Error | None:
        nonlocal changes
        changes += 1
        return error() if nth <= changes <= nth + lasts else None

    fs = RecordingFs(fails)
    done = 0
    with tempfile.TemporaryDirectory(dir=_memory()) as directory:
        path = Path(directory) / FILE
        journal: Journal | None = None
        for _ in range(200):
            try:
                if journal is None:
                    journal = Journal(path, vfs=fs.name)
                    journal._connection.execute(f"PRAGMA wal_autocheckpoint={pages}")
                    done = _recounted(journal, done)
                journal.append(rows(done + 1)[-1])
                done += 1
            except JournalUnwritable:
                if journal:
                    journal.close()
                    journal = None
            if done >= 12 and changes > nth + lasts:
                break
        if journal:
            journal.close()
        reached = changes >= nth
        if done < 12:
            raise Lost("the journal does not go on after the disk is well again")
        check(path, done)
    fs.unregister()
    return reached


def _recounted(journal: Journal, done: int) -> int:
    """How many rows there are after an error: those acknowledged, and perhaps the one at hand."""
    found = int(str(journal._connection.execute("SELECT count(*) FROM events").get))
    if not done <= found <= done + 1:
        raise Lost(f"{found} rows after an error, {done} were acknowledged")
    return found


def _memory() -> str | None:
    return "/dev/shm" if Path("/dev/shm").is_dir() else None
