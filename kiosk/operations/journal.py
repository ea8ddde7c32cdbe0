"""The journal of operations: SQLite, append-only, on the disk before anything leaves the machine.

One owner, the committer, which holds the file exclusively. A row is one transaction together with
its audit record: ``docs/decisions/sqlite-full.md``. By construction no field can hold a citizen's
data: ids of 32 hexadecimal digits, words of closed lists, times, numbers, the centre's references.
"""

from __future__ import annotations

import contextlib
import os
import re
import secrets
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import apsw

from kiosk.audit.chain import AuditHead, AuditKind, AuditRecord, chained, first_digest
from kiosk.login import LoginEvent
from kiosk.operation import Business, OperationState
from kiosk.operations.rows import (
    DAMAGED,
    DISK_ERROR,
    REFERENCE,
    JournalEntry,
    JournalEvent,
    JournalUnwritable,
    check_step,
)
from kiosk.upkeep import UpkeepEvent

FILE = "journal.sqlite"
SCHEMA = 1
"""The version of the tables, kept in the file's ``user_version``."""
LOCK_MS = 5000
"""How long an opening waits for the lock of a committer that is just dying."""
MOUNTS = Path("/proc/self/mountinfo")
_UNFIT = frozenset({"tmpfs", "ramfs", "devtmpfs", "overlay", "overlayfs", "squashfs"})
"""File systems that forget what was written when the power goes."""
_NO_PAGE = re.compile(r"unable to get the page\. error code=(\d+)")
"""How ``quick_check`` tells, in a row, of a page for which any other statement raises."""
_ESCAPED = re.compile(r"\\([0-7]{3})")
"""How the kernel writes a blank in the name of a place: proc(5)."""

_TABLES = """
CREATE TABLE installation (
    epoch TEXT NOT NULL CHECK (length(epoch) = 32 AND epoch NOT GLOB '*[^0-9a-f]*'),
    at TEXT NOT NULL
) STRICT;
CREATE TABLE events (
    seq INTEGER PRIMARY KEY,
    epoch TEXT NOT NULL,
    operation TEXT NOT NULL CHECK (length(operation) = 32 AND operation NOT GLOB '*[^0-9a-f]*'),
    business TEXT NOT NULL CHECK (length(business) <= 32 AND business NOT GLOB '*[^a-z-]*'),
    event TEXT NOT NULL CHECK (length(event) <= 32 AND event NOT GLOB '*[^a-z-]*'),
    attempt INTEGER NOT NULL CHECK (attempt >= 0),
    state TEXT CHECK (length(state) <= 32 AND state NOT GLOB '*[^a-z-]*'),
    reference TEXT NOT NULL
        CHECK (length(reference) <= 40 AND reference NOT GLOB '*[^0-9A-Za-z-]*'),
    at TEXT NOT NULL
) STRICT;
CREATE INDEX events_of_an_operation ON events (operation, seq);
CREATE TABLE audit (
    seq INTEGER PRIMARY KEY,
    epoch TEXT NOT NULL,
    at TEXT NOT NULL,
    kind TEXT NOT NULL CHECK (length(kind) <= 32 AND kind NOT GLOB '*[^a-z-]*'),
    subject TEXT NOT NULL
        CHECK (length(subject) IN (0, 32) AND subject NOT GLOB '*[^0-9a-f]*'),
    detail TEXT NOT NULL CHECK (length(detail) <= 64 AND detail NOT GLOB '*[^a-z0-9.:-]*'),
    digest TEXT NOT NULL CHECK (length(digest) = 64 AND digest NOT GLOB '*[^0-9a-f]*')
) STRICT;
CREATE TABLE probe (only INTEGER PRIMARY KEY CHECK (only = 1), count INTEGER NOT NULL) STRICT;
INSERT INTO probe VALUES (1, 0);

CREATE TRIGGER events_update BEFORE UPDATE ON events
    BEGIN SELECT RAISE(ABORT, 'append only'); END;
CREATE TRIGGER events_delete BEFORE DELETE ON events
    BEGIN SELECT RAISE(ABORT, 'append only'); END;
CREATE TRIGGER events_gap BEFORE INSERT ON events
    WHEN NEW.seq <> (SELECT coalesce(max(seq), 0) + 1 FROM events)
    BEGIN SELECT RAISE(ABORT, 'a gap'); END;
CREATE TRIGGER audit_update BEFORE UPDATE ON audit
    BEGIN SELECT RAISE(ABORT, 'append only'); END;
CREATE TRIGGER audit_delete BEFORE DELETE ON audit
    BEGIN SELECT RAISE(ABORT, 'append only'); END;
CREATE TRIGGER audit_gap BEFORE INSERT ON audit
    WHEN NEW.seq <> (SELECT coalesce(max(seq), 0) + 1 FROM audit)
    BEGIN SELECT RAISE(ABORT, 'a gap'); END;
"""
# The lists of words are closed by the types of Python: a constraint that named them would refuse
# the words of a later version in a file of today.
_LATEST = "operation, business, event, attempt, state, reference, max(seq)"
_REASONS: tuple[tuple[type[apsw.Error], str], ...] = (
    (apsw.FullError, "disk full"),
    (apsw.ReadOnlyError, "read-only"),
    (apsw.BusyError, "held by another committer"),
    (apsw.LockedError, "held by another committer"),
    (apsw.CantOpenError, "cannot be opened"),
    (apsw.PermissionsError, "cannot be opened"),
    (apsw.CorruptError, DAMAGED),
    (apsw.NotADBError, DAMAGED),
    (apsw.IOError, DISK_ERROR),
)


def _tells_of_disk(said: str) -> bool:
    """Whether ``quick_check`` has ``said`` that the disk does not give a page of the file."""
    found = _NO_PAGE.search(said)
    return found is not None and int(found[1]) & 0xFF == apsw.SQLITE_IOERR


def utc_now() -> str:
    """The terminal's clock, UTC with milliseconds: for people to read, never to decide by."""
    return datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


class Journal:
    """The open journal. Used by one thread.

    ``path`` is the file; ``vfs`` names another virtual file system of SQLite, for tests of power
    cuts. Raises :class:`JournalUnwritable` when the file cannot be opened, held or trusted;
    where that is ``damaged``, :func:`set_aside` makes room for a new one.
    """

    def __init__(
        self,
        path: Path,
        *,
        production: bool = False,
        clock: Callable[[], str] = utc_now,
        vfs: str | None = None,
    ) -> None:
        self._clock = clock
        self._head = AuditHead("", 0, "")
        if production and (unfit := unfit_file_system(path.parent)):
            raise JournalUnwritable(f"{unfit} forgets at a power cut")
        before = os.umask(0o077)
        try:
            with _told():
                self._connection = apsw.Connection(str(path), vfs=vfs)
        finally:
            os.umask(before)
        try:
            with _told():
                self._open()
        except JournalUnwritable:
            self.close()
            raise

    def _open(self) -> None:
        self._connection.set_busy_timeout(LOCK_MS)
        self._pragma("locking_mode=EXCLUSIVE", "exclusive")
        self._pragma("journal_mode=WAL", "wal")
        self._pragma("synchronous=FULL", None)
        self._pragma("synchronous", 2)
        self._pragma("trusted_schema=OFF", None)
        version = self._one("PRAGMA user_version")
        if version == 0 and not self._one("SELECT count(*) FROM sqlite_schema"):
            self._install()
        elif version != SCHEMA:
            raise JournalUnwritable(f"tables of version {version}, not {SCHEMA}")
        elif (said := str(self._one("PRAGMA quick_check(1)"))) != "ok":
            raise JournalUnwritable(DISK_ERROR if _tells_of_disk(said) else DAMAGED)
        self.epoch = str(self._one("SELECT epoch FROM installation"))
        self._seq = self._length("events")
        self._length("audit")
        self._head = self._last_head()
        # The fsync of this transaction covers the rows before it too: a committer that was killed
        # between a write and its fsync has left a row that this one reads and may tell of.
        self._transact(lambda: self._audit(AuditKind.STARTED))

    def _pragma(self, words: str, wanted: str | int | None) -> None:
        """Run a pragma. Raises where SQLite answers anything else than ``wanted``."""
        answer = self._one(f"PRAGMA {words}")
        if wanted is not None and answer != wanted:
            raise JournalUnwritable(f"{words.partition('=')[0]} stays {answer}")

    def _one(self, sql: str) -> apsw.SQLiteValue:
        value: apsw.SQLiteValue = self._connection.execute(sql).get
        return value

    def _install(self) -> None:
        epoch, at = secrets.token_hex(16), self._clock()

        def tables() -> None:
            self._connection.execute(_TABLES)
            self._connection.execute("INSERT INTO installation VALUES (?, ?)", (epoch, at))
            self.epoch = epoch
            self._head = AuditHead(epoch, 0, first_digest(epoch))
            self._audit(AuditKind.INSTALLED)
            self._connection.execute(f"PRAGMA user_version={SCHEMA}")

        self._transact(tables)

    def _length(self, table: str) -> int:
        """How many rows ``table`` has. Raises where their numbers have a gap."""
        count, last = self._connection.execute(
            f"SELECT count(*), coalesce(max(seq), 0) FROM {table}"  # noqa: S608
        ).get
        if count != last:
            raise JournalUnwritable(DAMAGED)
        return int(count)

    def _last_head(self) -> AuditHead:
        found = self._connection.execute(
            "SELECT epoch, seq, digest FROM audit ORDER BY seq DESC LIMIT 1"
        ).get
        if found is None:
            raise JournalUnwritable(DAMAGED)
        return AuditHead(str(found[0]), int(found[1]), str(found[2]))

    @property
    def head(self) -> AuditHead:
        """The end of the audit chain, for the centre to witness."""
        return self._head

    # -- rows ---------------------------------------------------------------------------------

    def append(self, entry: JournalEntry) -> None:
        """Write ``entry`` and its audit record, fsynced. Raises :class:`JournalUnwritable`, and
        ``ValueError`` for what no journal may hold."""
        check_step(self.latest(entry.operation), entry)
        if not re.fullmatch(REFERENCE, entry.reference):
            raise ValueError("no reference is written like this")
        at = self._clock()

        def write() -> None:
            self._connection.execute(
                "INSERT INTO events VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
                (
                    self._seq + 1,
                    self.epoch,
                    entry.operation,
                    entry.business.value,
                    entry.event.value,
                    entry.attempt,
                    entry.state and entry.state.value,
                    entry.reference,
                    at,
                ),
            )
            detail = f"{entry.event.value}:{entry.attempt}"
            self._audit(AuditKind.OPERATION, entry.operation, detail, at)

        self._transact(write)
        self._seq += 1

    def latest(self, operation: str) -> JournalEntry | None:
        """The latest row of ``operation``. Raises :class:`JournalUnwritable` when the disk cannot
        be read."""
        with _told():
            row = self._connection.execute(
                f"SELECT {_LATEST} FROM events WHERE operation = ?",  # noqa: S608
                (operation,),
            ).get
        return _entry(row) if row[0] is not None else None

    def unresolved(self) -> list[JournalEntry]:
        """The latest rows of all operations that have not ended, oldest operation first."""
        return unresolved_in(self._connection)

    def probe(self) -> None:
        """Write something that means nothing, fsynced. Raises :class:`JournalUnwritable`."""
        self._transact(lambda: self._connection.execute("UPDATE probe SET count = count + 1"))

    # -- the audit log ------------------------------------------------------------------------

    def note(self, event: LoginEvent | UpkeepEvent, id: str, detail: str) -> None:
        """Write what has come of a login, or of maintenance, fsynced. Raises
        :class:`JournalUnwritable`, and ``ValueError`` for an ``id`` or a ``detail`` that no record
        may hold."""
        of = "login" if isinstance(event, LoginEvent) else "upkeep"
        self._transact(lambda: self._audit(AuditKind(f"{of}-{event.value}"), id, detail))

    def _audit(self, kind: AuditKind, subject: str = "", detail: str = "", at: str = "") -> None:
        """Write an audit record inside the transaction at hand."""
        record = chained(
            self._head.digest,
            self._head.seq + 1,
            self.epoch,
            at or self._clock(),
            kind,
            subject,
            detail,
        )
        self._connection.execute(
            "INSERT INTO audit VALUES (?, ?, ?, ?, ?, ?, ?)",
            (
                record.seq,
                record.epoch,
                record.at,
                record.kind.value,
                record.subject,
                record.detail,
                record.digest,
            ),
        )
        self._head = record.head

    def _transact(self, write: Callable[[], object]) -> None:
        """Run ``write`` in one transaction; its rows are on the disk when this returns."""
        head = self._head
        try:
            with _told(), self._connection:
                write()
        except BaseException:
            self._head = head
            raise

    def close(self) -> None:
        """Close the file, whatever state it is in."""
        with contextlib.suppress(apsw.Error):
            self._connection.close(True)


def unresolved_in(connection: apsw.Connection) -> list[JournalEntry]:
    """The latest rows of all operations in a journal that have not ended, oldest operation first.
    Raises :class:`JournalUnwritable`."""
    ended = ", ".join(f"'{event}'" for event in JournalEvent if event.final)
    with _told():
        rows = connection.execute(
            f"SELECT * FROM (SELECT {_LATEST} FROM events GROUP BY operation) AS newest"  # noqa: S608
            f" WHERE event NOT IN ({ended}) ORDER BY"
            " (SELECT min(seq) FROM events WHERE events.operation = newest.operation)"
        ).fetchall()
    return [_entry(row) for row in rows]


def audit_records(connection: apsw.Connection) -> Iterator[AuditRecord]:
    """The audit log of a journal, oldest first: what an export holds. Raises ``apsw.Error``, and
    ``ValueError`` for words of a later version."""
    for seq, epoch, at, kind, subject, detail, digest in connection.execute(
        "SELECT seq, epoch, at, kind, subject, detail, digest FROM audit ORDER BY seq"
    ):
        yield AuditRecord(
            int(str(seq)),
            str(epoch),
            str(at),
            AuditKind(str(kind)),
            str(subject),
            str(detail),
            str(digest),
        )


def _entry(row: tuple[apsw.SQLiteValue, ...]) -> JournalEntry:
    operation, business, event, attempt, state, reference = row[:6]
    try:
        return JournalEntry(
            str(operation),
            Business(str(business)),
            JournalEvent(str(event)),
            int(str(attempt)),
            OperationState(str(state)) if state is not None else None,
            str(reference),
        )
    except ValueError:
        raise JournalUnwritable("words of a later version") from None


@contextlib.contextmanager
def _told() -> Iterator[None]:
    """SQLite's errors as :class:`JournalUnwritable`, in words without values."""
    try:
        yield
    except apsw.ConstraintError as error:
        raise ValueError("no journal may hold this row") from error
    except apsw.Error as error:
        reason = next((words for kind, words in _REASONS if isinstance(error, kind)), None)
        raise JournalUnwritable(reason or f"SQLite: {type(error).__name__}") from error


def unfit_file_system(directory: Path) -> str:
    """The kind of file system of ``directory`` where it forgets at a power cut; else empty."""
    real = directory.resolve()
    best, kind = -1, ""
    for line in MOUNTS.read_text(encoding="utf-8").splitlines():
        front, _, back = line.partition(" - ")
        place = Path(_ESCAPED.sub(lambda found: chr(int(found[1], 8)), front.split()[4]))
        if real.is_relative_to(place) and len(place.parts) >= best:
            best, kind = len(place.parts), back.split()[0]
    return kind if kind in _UNFIT else ""


def set_aside(path: Path) -> Path:
    """Rename a damaged journal and the files beside it, so that a new one can begin; the new name.

    Nothing of a confirmed operation is lost by that: it is done, or it expires, and the centre
    tells the citizen. Raises ``OSError``.
    """
    number = 1
    while (to := path.with_name(f"{path.name}.damaged-{number}")).exists():
        number += 1
    for end in ("-wal", "-shm", ""):
        with contextlib.suppress(FileNotFoundError):
            os.rename(f"{path}{end}", f"{to}{end}")
    return to
