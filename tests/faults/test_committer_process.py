"""The committer's process: its line, its journal, its workers, over a centre that may hang."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import apsw
import msgspec
import pytest

from kiosk import settings
from kiosk.centre.audit_heads import WitnessedHead
from kiosk.centre.errors import CentreUnavailable, Refusal, Trouble
from kiosk.centre.operations import OperationStatus
from kiosk.enrolment import key as keys
from kiosk.enrolment import renewal
from kiosk.keeper.channel import (
    Alive,
    Broken,
    Commit,
    CommitterEnd,
    FromCommitter,
    KeeperToCommitter,
    Login,
    LoginNoted,
    Money,
    Outcome,
    Quit,
    Taken,
)
from kiosk.login import LoginEvent
from kiosk.operation import Business, OperationState
from kiosk.operations import process
from kiosk.operations.committer import CallAnswer, CallKind, SendCall
from kiosk.operations.journal import FILE, Journal, audit_records, set_aside
from kiosk.operations.process import CommitterProcess, answer_of, journal_path
from kiosk.operations.rows import JournalEntry, JournalEvent, JournalUnwritable
from kiosk.settings import CentreSettings
from kiosk.settings import Settings as TerminalSettings
from tests.contract.test_operations import OperationVisit, served
from tests.waiting import PATIENCE_S

A, B = "a" * 32, "b" * 32
DONE = OperationState.DONE
TERMINAL = "YL-0401"


class CommitterLine:
    """The keeper's end of a committer that runs in a thread."""

    def __init__(self, directory: Path, **parts: Any) -> None:
        here, there = socket.socketpair()
        self.line = KeeperToCommitter(here.detach())
        self.path = directory / FILE
        self.centre: dict[str, Callable[[], OperationState]] = {}
        self.heard: list[FromCommitter] = []
        self.heads: list[WitnessedHead] = []
        self.connections = 0
        self.witness_fails: Exception | None = parts.get("witness_fails")
        self.opens = parts.get("opens") or (lambda: Journal(self.path))
        self.process = CommitterProcess(
            CommitterEnd(there.detach()),
            self.open,
            parts.get("make_room") or (lambda: set_aside(self.path)),
            parts.get("connect") or self.connect,
            parts.get("renews"),
            parts.get("replaced", lambda: False),
        )
        for word in parts.get("told", ()):  # it lies on the line when the process starts
            self.line.send(word)
        self.thread = threading.Thread(target=self.process.run)
        self.thread.start()

    def open(self) -> Journal:
        return self.opens()

    def connect(self) -> CommitterLine:
        self.connections += 1
        return self

    def commit(self, id: str) -> OperationStatus:
        return OperationStatus(id=id, state=self.centre[id](), reference="R-1")

    query = commit

    def witness(self, head: WitnessedHead) -> None:
        self.heads.append(head)
        if self.witness_fails:
            raise self.witness_fails

    def hear(self, wanted: type[FromCommitter]) -> FromCommitter:
        """The next word of this kind."""
        until = time.monotonic() + PATIENCE_S
        while time.monotonic() < until:
            while self.heard:
                first = self.heard.pop(0)
                if isinstance(first, wanted):
                    return first
            for word in self.line.receive():
                assert not isinstance(word, Broken)
                self.heard.append(word)
            time.sleep(0.005)
        raise AssertionError(f"no {wanted}")

    def end(self) -> None:
        self.line.send(Quit())
        self.thread.join(PATIENCE_S)
        assert not self.thread.is_alive()
        self.line.close()


@pytest.fixture
def start(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Callable[..., CommitterLine]]:
    monkeypatch.setattr(process, "ALIVE_S", 0.2)  # it looks again as often
    lines: list[CommitterLine] = []

    def begun(**parts: Any) -> CommitterLine:
        lines.append(CommitterLine(tmp_path, **parts))
        return lines[-1]

    yield begun
    for line in lines:
        if line.thread.is_alive():
            line.end()


def test_an_operation_from_word_to_word(start: Callable[..., CommitterLine]) -> None:
    line = start()
    assert line.hear(Money) == Money(True)
    line.centre[A] = lambda: DONE
    line.line.send(Commit(A, Business.PREPAYMENT))
    assert line.hear(Taken) == Taken(A)
    assert line.hear(Outcome) == Outcome(A, DONE, "R-1")
    assert line.hear(Alive) == Alive()
    line.end()
    journal = Journal(line.path)
    latest = journal.latest(A)
    assert latest
    assert latest.event is JournalEvent.DONE
    journal.close()


def test_the_centre_witnesses_the_head_at_the_start_and_after_each_commit(
    start: Callable[..., CommitterLine],
) -> None:
    line = start()
    line.centre[A] = lambda: DONE
    line.line.send(Commit(A, Business.PREPAYMENT))
    line.hear(Outcome)
    wait_for(lambda: len(line.heads) == 2)
    line.end()
    journal = Journal(line.path)
    digests = {record.seq: record.digest for record in audit_records(journal._connection)}
    journal.close()
    assert [digests[head.seq] for head in line.heads] == [head.digest for head in line.heads]
    assert line.heads[0].seq < line.heads[1].seq


@pytest.mark.parametrize(
    ("error", "told"),
    [
        (CentreUnavailable(Trouble.DOWN), "audit not witnessed"),
        (Refusal("audit-differs", "", "", "K7Q2-9XMD"), "audit refused"),
        (ZeroDivisionError(), "uncaught"),
    ],
)
def test_a_head_that_the_centre_does_not_witness_is_told(
    start: Callable[..., CommitterLine],
    caplog: pytest.LogCaptureFixture,
    error: Exception,
    told: str,
) -> None:
    start(witness_fails=error)
    wait_for(lambda: told in caplog.text)


@pytest.mark.parametrize(
    ("pause", "error"),
    [("WITNESS_S", None), ("WITNESS_AGAIN_S", CentreUnavailable(Trouble.DOWN))],
)
def test_the_head_is_shown_each_hour_and_sooner_where_nobody_saw_it(
    start: Callable[..., CommitterLine],
    monkeypatch: pytest.MonkeyPatch,
    pause: str,
    error: Exception | None,
) -> None:
    monkeypatch.setattr(process, "ALIVE_S", 0.01)
    monkeypatch.setattr(process, pause, 0.02)
    line = start(witness_fails=error)
    wait_for(lambda: len(line.heads) >= 3)


def test_a_worker_wakes_the_main_thread_which_alone_writes_the_state(
    start: Callable[..., CommitterLine], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(process, "ALIVE_S", 2 * PATIENCE_S)  # nothing else wakes it
    monkeypatch.setattr(process, "WITNESS_AGAIN_S", 0.0)
    writers: set[threading.Thread] = set()

    def noted(self: CommitterProcess, name: str, value: object) -> None:
        writers.add(threading.current_thread())
        object.__setattr__(self, name, value)

    monkeypatch.setattr(CommitterProcess, "__setattr__", noted)
    line = start(witness_fails=CentreUnavailable(Trouble.DOWN))
    wait_for(lambda: len(line.heads) >= 3)
    assert writers == {threading.main_thread(), line.thread}  # it was made here, and runs there


def test_after_a_renewal_every_worker_speaks_with_the_new_certificate(
    start: Callable[..., CommitterLine],
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    monkeypatch.setattr(process, "WORKERS", 1)
    monkeypatch.setattr(process, "ALIVE_S", 0.01)
    monkeypatch.setattr(process, "WITNESS_S", 0.02)

    class ScriptedRenewal:
        looks = 0

        def look(self) -> tuple[bool, float]:
            self.looks += 1
            if self.looks == 1:
                raise RuntimeError("a fault of the software")
            return self.looks == 3, 0.0 if self.looks < 4 else 600.0

    monkeypatch.setattr(renewal, "LOOK_S", 0.0)
    scripted = ScriptedRenewal()
    line = start(renews=scripted, witness_fails=Refusal("terminal-stopped", "", "", ""))
    wait_for(lambda: scripted.looks == 4 and line.connections == 2)
    seen = len(line.heads)
    wait_for(lambda: len(line.heads) > seen + 1)
    assert line.connections == 2
    assert "terminal stopped" in caplog.text
    assert "uncaught" in caplog.text
    assert "audit refused" not in caplog.text


def test_a_certificate_that_ends_before_a_commit_closes_money_and_loses_nothing(
    start: Callable[..., CommitterLine], tmp_path: Path
) -> None:
    """The citizen has confirmed on the visit's connection; the committer needs a new one."""
    with served(tmp_path / "centre") as centre:
        visit = OperationVisit(centre, "P03", TERMINAL)
        visit.authorise()
        draft = visit.confirmed(Business.REPAY_LOAN_WITHDRAWAL)
        visit.ask.close()
        key = keys.make(tmp_path / "key.pem", tpm=False)
        certificate = tmp_path / "certificate.pem"
        known = CentreSettings(
            url=centre.url,
            seal_roots=centre.ca.root,
            ca=centre.ca.root,
            certificate=certificate,
            key=key.path,
        )

        def certified(lasts: timedelta) -> CommitterLine:
            own = centre.ca.certified(TERMINAL, key.private.public_key(), lasts)
            certificate.write_text(own)
            chosen = TerminalSettings(terminal=TERMINAL, centre=known)
            return start(connect=lambda: process.client(chosen))

        ended = certified(timedelta(seconds=-1))
        assert ended.hear(Money) == Money(True)
        ended.line.send(Commit(draft.id, draft.business))
        assert ended.hear(Taken) == Taken(draft.id)
        assert ended.hear(Money) == Money(False)
        ended.end()
        assert centre.moved() == []
        enrolled_anew = certified(timedelta(days=90))
        end = enrolled_anew.hear(Outcome)
        assert isinstance(end, Outcome)
        assert (end.id, end.state) == (draft.id, DONE)
        enrolled_anew.end()
        assert [moved for moved, _amount in centre.moved()] == [draft.id]


def wait_for(what: Callable[[], bool]) -> None:
    until = time.monotonic() + PATIENCE_S
    while not what():
        assert time.monotonic() < until
        time.sleep(0.005)


def test_a_call_that_hangs_holds_up_no_other(start: Callable[..., CommitterLine]) -> None:
    line = start()
    released = threading.Event()

    def hangs() -> OperationState:
        released.wait(PATIENCE_S)
        return DONE

    line.centre = {A: hangs, B: lambda: DONE}
    line.line.send(Commit(A, Business.PREPAYMENT))
    assert line.hear(Taken) == Taken(A)
    line.line.send(Commit(B, Business.PREPAYMENT))
    assert line.hear(Outcome) == Outcome(B, DONE, "R-1")
    released.set()
    assert line.hear(Outcome) == Outcome(A, DONE, "R-1")


def test_it_ends_when_the_keeper_is_gone(start: Callable[..., CommitterLine]) -> None:
    line = start()
    line.hear(Money)
    line.line.close()
    line.thread.join(PATIENCE_S)
    assert not line.thread.is_alive()


def test_a_worker_whose_own_program_fails_is_no_answer(
    start: Callable[..., CommitterLine], caplog: pytest.LogCaptureFixture
) -> None:
    line = start()
    line.centre[A] = fails
    line.line.send(Commit(A, Business.PREPAYMENT))
    assert line.hear(Taken) == Taken(A)
    while not any(name.event is JournalEvent.UNKNOWN for name in rows(line)):
        time.sleep(0.01)
    assert "ZeroDivisionError" in caplog.text


def fails() -> OperationState:
    raise ZeroDivisionError


def rows(line: CommitterLine) -> list[Any]:
    committer = line.process._committer
    return [known.entry for known in committer._open.values()] if committer else []


def test_without_a_journal_nothing_is_taken_until_there_is_one(
    start: Callable[..., CommitterLine], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(process, "OPEN_AGAIN_S", 0.01)

    def refuses() -> Journal:
        raise JournalUnwritable("read-only")

    line = start(opens=refuses)
    assert line.hear(Money) == Money(False)
    line.line.send(Login(LoginEvent.ENDED, B, "left"))
    line.line.send(Commit(A, Business.PREPAYMENT))
    line.opens = lambda: Journal(line.path)
    assert line.hear(Money) == Money(True)
    assert line.hear(LoginNoted) == LoginNoted()
    line.centre[A] = lambda: DONE
    line.line.send(Commit(A, Business.PREPAYMENT))
    assert line.hear(Taken) == Taken(A)


def test_a_login_that_comes_with_the_end_is_written(start: Callable[..., CommitterLine]) -> None:
    line = start()
    line.hear(Money)
    line.line.send(Login(LoginEvent.ENDED, B, "died"))
    line.end()
    journal = Journal(line.path)
    kinds = [(r.kind.value, r.subject) for r in audit_records(journal._connection)]
    journal.close()
    assert ("login-ended", B) in kinds


def test_a_commit_stands_in_the_audit_log_behind_the_approval_before_it(
    start: Callable[..., CommitterLine],
) -> None:
    """The committer was dead, or stood still, and reads both words at once."""
    approved = Login(LoginEvent.APPROVED, A, "clerk:6031")
    line = start(told=[approved, Commit(A, Business.PREPAYMENT)])
    line.centre[A] = lambda: DONE
    line.hear(Outcome)
    line.end()
    journal = Journal(line.path)
    kinds = [r.detail for r in audit_records(journal._connection) if r.subject == A]
    journal.close()
    assert kinds == ["clerk:6031", "intent:0", "sent:1", "done:1"]


def test_a_damaged_journal_makes_room_for_a_new_one(
    start: Callable[..., CommitterLine], tmp_path: Path
) -> None:
    (tmp_path / FILE).write_bytes(b"no database" * 1000)
    line = start()
    assert line.hear(Money) == Money(False)
    assert line.hear(Money) == Money(True)
    assert (tmp_path / f"{FILE}.damaged-1").exists()


def a_journal_of_some_pages(path: Path) -> None:
    journal = Journal(path)
    for number in range(100):
        intent = JournalEntry(f"{number:032x}", Business.PREPAYMENT, JournalEvent.INTENT)
        journal.append(intent)
        journal.append(replace(intent, event=JournalEvent.DONE))
    journal.close()


def page_of(line: CommitterLine) -> tuple[int, int]:
    """Where the first page of the index of operations begins, and how long it is (bytes). What the
    open journal knows of its pages is read again."""
    assert line.process._journal
    connection = line.process._journal._connection
    number = connection.execute(
        "SELECT rootpage FROM sqlite_schema WHERE name = 'events_of_an_operation'"
    ).get
    size = int(str(connection.execute("PRAGMA page_size").get))
    connection.execute("PRAGMA shrink_memory")
    return (int(str(number)) - 1) * size, size


def ended(line: CommitterLine) -> bool:
    """Whether the committer has ended after the next commit."""
    line.line.send(Commit(A, Business.PREPAYMENT))
    line.thread.join(PATIENCE_S)
    line.line.close()
    return not line.thread.is_alive()


def test_a_terminal_that_is_enrolled_anew_gets_another_committer(
    start: Callable[..., CommitterLine],
) -> None:
    """The one before knows the old certificate only: what a citizen has confirmed would wait until
    somebody restarts the terminal."""
    anew: list[bool] = []
    line = start(replaced=lambda: bool(anew))
    assert line.hear(Money) == Money(True)
    anew.append(True)
    line.line.send(Login(LoginEvent.REFUSED, "cd" * 16, "code-wrong"))
    line.thread.join(PATIENCE_S)
    assert not line.thread.is_alive()
    line.line.close()


def test_a_journal_that_is_damaged_while_it_is_open_makes_room_for_a_new_one(
    start: Callable[..., CommitterLine], tmp_path: Path
) -> None:
    """Its successor sets the file aside, and takes the commit that the keeper has kept."""
    a_journal_of_some_pages(tmp_path / FILE)
    line = start()
    assert line.hear(Money) == Money(True)
    at, size = page_of(line)
    with line.path.open("r+b") as file:
        file.seek(at)
        file.write(b"\xff" * size)
    assert ended(line)
    line = start()
    assert line.hear(Money) == Money(False)
    assert line.hear(Money) == Money(True)
    assert (tmp_path / f"{FILE}.damaged-1").exists()
    line.centre[A] = lambda: DONE
    line.line.send(Commit(A, Business.PREPAYMENT))
    assert line.hear(Taken) == Taken(A)
    assert line.hear(Outcome) == Outcome(A, DONE, "R-1")


class BadSector(apsw.VFS):
    """A disk that does not give the page at ``at``, while that is more than 0."""

    def __init__(self) -> None:
        super().__init__("bad sector", "")
        self.at = 0

    def xOpen(self, name: Any, flags: list[int]) -> apsw.VFSFile:  # noqa: N802 - of apsw
        disk = self

        class File(apsw.VFSFile):
            def xRead(self, amount: int, offset: int) -> bytes:  # noqa: N802 - of apsw
                if 0 < disk.at == offset:
                    raise apsw.IOError
                return super().xRead(amount, offset)

        main = flags[0] & apsw.SQLITE_OPEN_MAIN_DB
        return (File if main else apsw.VFSFile)("", name, flags)


def test_a_journal_with_a_bad_sector_keeps_money_closed(
    start: Callable[..., CommitterLine], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The probe is on another page, and would open money services after every failure."""
    monkeypatch.setattr(process, "OPEN_AGAIN_S", 0.01)
    a_journal_of_some_pages(tmp_path / FILE)
    disk = BadSector()

    def opens() -> Journal:
        return Journal(tmp_path / FILE, vfs="bad sector")

    line = start(opens=opens)
    assert line.hear(Money) == Money(True)
    disk.at, _ = page_of(line)
    assert ended(line)
    line = start(opens=opens)
    assert line.hear(Money) == Money(False)
    disk.at = 0
    assert line.hear(Money) == Money(True)
    assert not (tmp_path / f"{FILE}.damaged-1").exists()
    line.end()
    disk.unregister()


def test_a_disk_that_can_neither_be_read_nor_written_is_tried_again(
    start: Callable[..., CommitterLine], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(process, "OPEN_AGAIN_S", 0.01)
    tries = []

    def refuses() -> None:
        tries.append(1)
        raise PermissionError

    (tmp_path / FILE).write_bytes(b"no database" * 1000)
    line = start(make_room=refuses)
    assert line.hear(Money) == Money(False)
    while len(tries) < 3:
        time.sleep(0.01)


def test_a_journal_that_cannot_be_read_through_is_closed_again(
    start: Callable[..., CommitterLine], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(process, "OPEN_AGAIN_S", 0.01)
    unresolved = Journal.unresolved

    def refuses(journal: Journal) -> list[Any]:
        raise JournalUnwritable("words of a later version")

    monkeypatch.setattr(Journal, "unresolved", refuses)
    line = start()
    assert line.hear(Money) == Money(False)
    monkeypatch.setattr(Journal, "unresolved", unresolved)
    assert line.hear(Money) == Money(True)


@pytest.mark.parametrize(
    ("outcome", "said"),
    [
        (
            OperationStatus(id=A, state=DONE, reference="R-1"),
            CallAnswer(True, A, DONE, "R-1"),
        ),
        (
            Refusal("not-confirmed", "", "", "K7Q2-9XMD"),
            CallAnswer(True, A, OperationState.DRAFTED),
        ),
        (Refusal("not-found", "", "", "K7Q2-9XMD"), CallAnswer(True, missing=True)),
        (Refusal("other-terminal", "", "", "K7Q2-9XMD"), CallAnswer(True)),
        (CentreUnavailable(Trouble.DOWN), CallAnswer(False)),
        (CentreUnavailable(Trouble.SLOW), CallAnswer(False)),
        (CentreUnavailable(Trouble.NONSENSE), CallAnswer(False)),
        (CentreUnavailable(Trouble.BUSY, "", 30), CallAnswer(True, retry_after_s=30.0)),
    ],
)
@pytest.mark.parametrize("kind", list(CallKind))
def test_only_a_state_of_the_centre_is_one(
    kind: CallKind, outcome: OperationStatus | Exception, said: CallAnswer
) -> None:
    class CentreThatSays:
        def _say(self, id: str) -> OperationStatus:
            assert id == A
            if isinstance(outcome, Exception):
                raise outcome
            return outcome

        commit = query = _say

        def witness(self, head: WitnessedHead) -> None:
            pytest.fail("a commit and a query witness nothing")

    assert answer_of(SendCall(kind, A), CentreThatSays()) == said


def test_where_the_journal_lies(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    chosen = TerminalSettings(
        terminal="T0001",
        production=False,
        run_directory=tmp_path,
        centre=CentreSettings(url="https://centre.example", seal_roots=tmp_path),
    )
    monkeypatch.delenv("STATE_DIRECTORY", raising=False)
    assert journal_path(chosen) == tmp_path / FILE
    field = msgspec.structs.replace(chosen, production=True)
    assert journal_path(field) == settings.STATE / FILE
    monkeypatch.setenv("STATE_DIRECTORY", "/var/lib/kiosk:/elsewhere")
    assert journal_path(chosen) == Path("/var/lib/kiosk") / FILE
