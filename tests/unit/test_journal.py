"""The journal of operations: what it writes stays, what it may not hold is refused."""

import os
import sqlite3
import stat
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import apsw
import pytest

from kiosk.audit.chain import AuditKind, AuditRecord, first_digest
from kiosk.login import LoginEvent
from kiosk.operation import Business, OperationState
from kiosk.operations import journal as journals
from kiosk.operations.journal import Journal, set_aside, unfit_file_system
from kiosk.operations.rows import JournalEntry, JournalEvent, JournalUnwritable
from kiosk.upkeep import UpkeepEvent

A, B, C = "a" * 32, "b" * 32, "c" * 32
KIND = Business.REPAY_LOAN_WITHDRAWAL


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / journals.FILE


@pytest.fixture
def journal(path: Path) -> Iterator[Journal]:
    journal = Journal(path)
    yield journal
    journal.close()


def entry(operation: str, event: JournalEvent, attempt: int = 0) -> JournalEntry:
    return JournalEntry(operation, KIND, event, attempt)


def audit(journal: Journal) -> list[AuditRecord]:
    return list(journals.audit_records(journal._connection))


def append_many(journal: Journal) -> None:
    for number in range(1000):
        journal.append(entry(f"{number:032x}", JournalEvent.INTENT))


def rows(path: Path, table: str) -> list[tuple[object, ...]]:
    with closing(sqlite3.connect(path)) as connection, connection:
        return connection.execute(f"SELECT * FROM {table} ORDER BY seq").fetchall()


def test_what_was_appended_is_there_after_the_next_start(path: Path) -> None:
    first = Journal(path)
    done = JournalEntry(
        A, KIND, JournalEvent.DONE, 1, state=OperationState.DONE, reference="20261128-0001"
    )
    for written in (
        entry(B, JournalEvent.INTENT),
        entry(A, JournalEvent.INTENT),
        entry(A, JournalEvent.SENT, 1),
        entry(B, JournalEvent.SENT, 1),
        done,
        entry(C, JournalEvent.INTENT),
        entry(B, JournalEvent.UNKNOWN, 1),
    ):
        first.append(written)
        assert first.latest(written.operation) == written
    epoch, head = first.epoch, first.head
    first.close()
    second = Journal(path)
    assert second.epoch == epoch
    assert second.latest(A) == done
    assert second.unresolved() == [entry(B, JournalEvent.UNKNOWN, 1), entry(C, JournalEvent.INTENT)]
    assert second.latest("d" * 32) is None
    assert second.head.seq == head.seq + 1, "that it was started is noted"
    second.append(entry(C, JournalEvent.SENT, 1))
    second.close()
    assert [row[0] for row in rows(path, "events")] == list(range(1, 9))
    assert {row[1] for row in rows(path, "events")} == {epoch}


@pytest.mark.parametrize("event", list(UpkeepEvent))
def test_what_comes_of_maintenance_stands_in_the_audit_log(
    journal: Journal, event: UpkeepEvent
) -> None:
    journal.note(event, A, "ticket:technician:6021")
    record = audit(journal)[-1]
    assert (record.kind.value, record.subject) == (f"upkeep-{event}", A)


@pytest.mark.parametrize("event", list(LoginEvent))
def test_what_comes_of_a_login_stands_in_the_audit_log(journal: Journal, event: LoginEvent) -> None:
    journal.note(event, A, "proved:sms")
    record = audit(journal)[-1]
    assert (record.kind.value, record.subject) == (f"login-{event}", A)
    assert (record.detail, record.head) == ("proved:sms", journal.head)
    for subject, detail in (
        ("", "张三"),
        ("", "35010019900101123x"),
        ("", "138-0013-8000"),
        (A, "id:35010019.90010112.3x"),
        ("1" * 18, ""),
        (A, "x" * 65),
    ):
        with pytest.raises(ValueError, match="audit record"):
            journal.note(event, subject, detail)
    assert audit(journal)[-1] == record


def test_a_row_and_its_audit_record_are_one(journal: Journal, path: Path) -> None:
    journal.append(entry(A, JournalEvent.INTENT))
    journal.append(entry(A, JournalEvent.SENT, 1))
    told = [(r.kind, r.subject, r.detail) for r in audit(journal)]
    assert told == [
        (AuditKind.INSTALLED, "", ""),
        (AuditKind.STARTED, "", ""),
        (AuditKind.OPERATION, A, "intent:0"),
        (AuditKind.OPERATION, A, "sent:1"),
    ]
    head = journal.head
    with pytest.raises(ValueError, match="audit record"):
        journal.note(LoginEvent.REFUSED, "", "a citizen's name, say")
    assert journal.head == head
    journal.append(entry(B, JournalEvent.INTENT))
    assert [r.seq for r in audit(journal)] == list(range(1, 6))


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ([], JournalEvent.SENT),
        ([JournalEvent.INTENT, JournalEvent.SENT], JournalEvent.INTENT),
        ([JournalEvent.INTENT, JournalEvent.SENT, JournalEvent.ACCEPTED], JournalEvent.UNKNOWN),
        ([JournalEvent.INTENT, JournalEvent.SENT, JournalEvent.DONE], JournalEvent.REFUSED),
        ([JournalEvent.INTENT, JournalEvent.EXPIRED], JournalEvent.EXPIRED),
    ],
)
def test_an_operation_never_falls(
    journal: Journal, before: list[JournalEvent], after: JournalEvent
) -> None:
    for event in before:
        journal.append(entry(A, event))
    with pytest.raises(ValueError, match="operation"):
        journal.append(entry(A, after))


@pytest.mark.parametrize(
    "bad",
    [
        JournalEntry("张三", KIND, JournalEvent.INTENT),
        JournalEntry("A" * 32, KIND, JournalEvent.INTENT),
        JournalEntry("35010019900101123X", KIND, JournalEvent.INTENT),
        JournalEntry(A, KIND, JournalEvent.INTENT, reference="张三"),
        JournalEntry(A, KIND, JournalEvent.INTENT, reference="1" * 41),
        JournalEntry(A, KIND, JournalEvent.INTENT, attempt=-1),
    ],
)
def test_no_field_can_hold_a_name(journal: Journal, bad: JournalEntry) -> None:
    with pytest.raises(ValueError, match=r"journal|reference|audit record"):
        journal.append(bad)
    assert journal.unresolved() == []
    journal.append(entry(A, JournalEvent.INTENT))


@pytest.mark.parametrize(
    "sql",
    [
        "UPDATE events SET event = 'done'",
        "DELETE FROM events",
        "UPDATE audit SET detail = ''",
        "DELETE FROM audit",
        "INSERT INTO events SELECT seq + 7, epoch, operation, business, event, attempt, state,"
        " reference, at FROM events",
        "INSERT INTO audit SELECT seq + 7, epoch, at, kind, subject, detail, digest FROM audit",
    ],
)
def test_rows_are_only_appended(path: Path, sql: str) -> None:
    journal = Journal(path)
    journal.append(entry(A, JournalEvent.INTENT))
    journal.close()
    with closing(sqlite3.connect(path)) as other, other, pytest.raises(sqlite3.IntegrityError):
        other.execute(sql)


def test_it_is_as_safe_as_it_says(journal: Journal) -> None:
    asked = {
        name: journal._connection.execute(f"PRAGMA {name}").get
        for name in ("journal_mode", "synchronous", "locking_mode", "user_version")
    }
    assert asked == {
        "journal_mode": "wal",
        "synchronous": 2,
        "locking_mode": "exclusive",
        "user_version": journals.SCHEMA,
    }


def test_a_database_in_memory_is_no_journal() -> None:
    with pytest.raises(JournalUnwritable, match="journal_mode stays memory"):
        Journal(Path(":memory:"))


def test_there_is_one_owner(journal: Journal, path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(journals, "LOCK_MS", 10)
    program = (
        "import sys; from pathlib import Path; from kiosk.operations import journal as j\n"
        "j.LOCK_MS = 10\n"
        "try: j.Journal(Path(sys.argv[1]))\n"
        "except j.JournalUnwritable as error: print(error.reason)"
    )
    done = subprocess.run(
        [sys.executable, "-c", program, path], capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "held by another committer"


@pytest.mark.parametrize("content", [b"no database", b"\0" * 8192, os.urandom(8192)])
def test_a_damaged_file_is_told_and_set_aside(path: Path, content: bytes) -> None:
    path.write_bytes(content)
    with pytest.raises(JournalUnwritable, match="damaged"):
        Journal(path)
    (path.parent / (path.name + "-wal")).write_bytes(b"")
    assert set_aside(path).read_bytes() == content
    journal = Journal(path)
    assert journal.unresolved() == []
    journal.close()
    assert set_aside(path).name.endswith("damaged-2")


@pytest.mark.parametrize("table", ["events", "audit"])
def test_a_missing_row_is_damage(path: Path, table: str) -> None:
    journal = Journal(path)
    for operation in (A, B, C):
        journal.append(entry(operation, JournalEvent.INTENT))
    journal.close()
    with closing(sqlite3.connect(path)) as other, other:
        other.execute(f"DROP TRIGGER {table}_delete")
        other.execute(f"DELETE FROM {table} WHERE seq = 2")
    with pytest.raises(JournalUnwritable, match="damaged"):
        Journal(path)


def test_an_emptied_audit_log_is_damage(path: Path) -> None:
    Journal(path).close()
    with closing(sqlite3.connect(path)) as other, other:
        other.execute("DROP TRIGGER audit_delete")
        other.execute("DELETE FROM audit")
    with pytest.raises(JournalUnwritable, match="damaged"):
        Journal(path)


def test_a_broken_page_is_damage(path: Path) -> None:
    journal = Journal(path)
    for number in range(100):
        journal.append(entry(f"{number:032x}", JournalEvent.INTENT))
    journal.close()
    content = bytearray(path.read_bytes())
    content[-4096:] = b"\xff" * 4096
    path.write_bytes(content)
    with pytest.raises(JournalUnwritable, match="damaged"):
        Journal(path)


@pytest.mark.parametrize(
    ("code", "reason"),
    [(8458, "input/output error"), (11, "damaged")],
    ids=["the disk does not give it", "another page stands there"],
)
def test_a_page_that_the_disk_does_not_give_is_no_damage(
    path: Path, monkeypatch: pytest.MonkeyPatch, code: int, reason: str
) -> None:
    """As SQLite 3.54 told of it when ``pread`` failed with EIO: in a row, and raised nothing."""
    Journal(path).close()
    ask = Journal._one

    def answer(journal: Journal, sql: str) -> object:
        if "quick_check" in sql:
            where = "*** in database main ***\nTree 3 page 9"
            return f"{where}: unable to get the page. error code={code}"
        return ask(journal, sql)

    monkeypatch.setattr(Journal, "_one", answer)
    with pytest.raises(JournalUnwritable) as found:
        Journal(path)
    assert found.value.reason == reason
    assert found.value.damaged == (reason == "damaged"), "only a damaged file is set aside"
    assert found.value.doubtful


def test_tables_of_a_later_version_are_left_alone(path: Path) -> None:
    Journal(path).close()
    with closing(sqlite3.connect(path)) as other, other:
        other.execute("PRAGMA user_version = 99")
    with pytest.raises(JournalUnwritable, match="version 99"):
        Journal(path)


def test_words_of_a_later_version_are_left_alone(path: Path) -> None:
    journal = Journal(path)
    journal.append(entry(A, JournalEvent.INTENT))
    journal.close()
    with closing(sqlite3.connect(path)) as other, other:
        other.execute("DROP TRIGGER events_update")
        other.execute("UPDATE events SET business = 'a-new-one'")
    journal = Journal(path)
    with pytest.raises(JournalUnwritable, match="later version"):
        journal.unresolved()
    journal.close()


def test_a_directory_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(JournalUnwritable, match="cannot be opened"):
        Journal(tmp_path / "nowhere" / journals.FILE)


def test_a_full_disk_is_told_and_the_journal_goes_on(journal: Journal) -> None:
    journal.append(entry(A, JournalEvent.INTENT))
    head = journal.head
    pages = journal._connection.execute("PRAGMA page_count").get
    journal._connection.execute(f"PRAGMA max_page_count = {pages}")
    with pytest.raises(JournalUnwritable, match="disk full"):
        append_many(journal)
    assert journal.latest(A) == entry(A, JournalEvent.INTENT)
    journal._connection.execute("PRAGMA max_page_count = 100000")
    journal.probe()
    journal.append(entry(B, JournalEvent.INTENT))
    records = audit(journal)
    assert [r.seq for r in records] == list(range(1, len(records) + 1))
    assert records[-1].head == journal.head != head


def test_an_error_that_no_list_knows_is_told_by_its_name(
    journal: Journal, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(journals, "_REASONS", ())
    journal._connection.execute("PRAGMA max_page_count = 1")
    with pytest.raises(JournalUnwritable, match="SQLite: FullError"):
        append_many(journal)


def test_nothing_is_kept_where_a_power_cut_forgets(
    path: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    assert unfit_file_system(Path("/dev/shm")) == "tmpfs"
    assert unfit_file_system(Path("/proc")) == ""
    mounts = tmp_path / "mountinfo"
    mounts.write_text(
        "1 0 8:1 / / rw - ext4 /dev/sda1 rw\n2 1 0:1 / " + str(tmp_path) + " rw - overlay none rw\n"
    )
    monkeypatch.setattr(journals, "MOUNTS", mounts)
    with pytest.raises(JournalUnwritable, match="overlay forgets at a power cut"):
        Journal(path, production=True)
    mounts.write_text("1 0 8:1 / / rw - ext4 /dev/sda1 rw\n")
    Journal(path, production=True).close()


def test_nobody_else_reads_the_journal(journal: Journal, path: Path) -> None:
    assert stat.S_IMODE(path.stat().st_mode) & 0o077 == 0


def test_the_chain_begins_with_the_installation(journal: Journal) -> None:
    first = audit(journal)[0]
    assert first.epoch == journal.epoch
    assert first_digest(journal.epoch) != first.digest
    assert apsw.sqlite_lib_version() >= "3.37", "STRICT tables"
