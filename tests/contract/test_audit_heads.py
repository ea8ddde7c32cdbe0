"""The centre witnesses the audit log of a terminal, and ``kiosk audit`` verifies against that."""

from __future__ import annotations

import shutil
import socket
import sqlite3
import subprocess
import time
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from kiosk.__main__ import main
from kiosk.centre.audit_heads import WitnessedHead
from kiosk.centre.errors import Refusal
from kiosk.keeper.channel import Alive, KeeperToCommitter, Money, Quit
from kiosk.keeper.keeper import committer_command
from kiosk.operation import Business
from kiosk.operations import copied
from kiosk.operations.journal import FILE, Journal
from kiosk.operations.rows import JournalEntry, JournalEvent, JournalUnwritable
from tests.contract.test_operations import ServedCentre, served
from tests.waiting import PATIENCE_S

TERMINAL = "YL-0001"
SETTINGS = """
terminal = "{terminal}"
production = false
run_directory = "{directory}"
[centre]
url = "{url}"
seal_roots = "roots.pem"
ca = "{ca}"
certificate = "{certificate}"
key = "{certificate}"
"""


@pytest.fixture(scope="module")
def centre(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServedCentre]:
    with served(tmp_path_factory.mktemp("centre")) as centre:
        yield centre


@pytest.fixture
def settings(centre: ServedCentre, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    centre.lever("POST", "/reset")
    monkeypatch.setenv("STATE_DIRECTORY", str(tmp_path))
    path = tmp_path / "terminal.toml"
    certificate = centre.ca.terminal(TERMINAL)
    path.write_text(
        SETTINGS.format(
            terminal=TERMINAL,
            directory=tmp_path,
            url=centre.url,
            ca=centre.ca.root,
            certificate=certificate,
        )
    )
    return path


def kiosk_audit(settings: Path, *words: object) -> Result:
    command, *more = map(str, words)
    return CliRunner().invoke(main, ["audit", command, "--settings", str(settings), *more])


def head_of(journal: Journal) -> WitnessedHead:
    head = journal.head
    return WitnessedHead(epoch=head.epoch, seq=head.seq, digest=head.digest)


def test_a_head_once_witnessed_never_changes(centre: ServedCentre, settings: Path) -> None:
    head = WitnessedHead(epoch="e" * 32, seq=7, digest="a" * 64)
    with centre.committer(TERMINAL) as ours, centre.committer("YL-0002") as other:
        ours.witness(head)
        ours.witness(head)
        ours.witness(head.model_copy(update={"seq": 9}))
        with pytest.raises(Refusal) as refused:
            ours.witness(head.model_copy(update={"digest": "b" * 64}))
        assert refused.value.code == "audit-differs"
        assert [one.seq for one in ours.witnessed()] == [7, 9]
        assert ours.witnessed()[0] == head
        assert other.witnessed() == ()


def test_a_running_terminals_log_is_exported_and_verified(
    centre: ServedCentre, settings: Path, tmp_path: Path
) -> None:
    journal = Journal(tmp_path / FILE)
    for number in range(5):
        journal.append(JournalEntry(f"{number:032x}", Business.PREPAYMENT, JournalEvent.INTENT))
    with centre.committer(TERMINAL) as committer:
        committer.witness(head_of(journal))
    journal.append(JournalEntry("f" * 32, Business.PREPAYMENT, JournalEvent.INTENT))
    done = kiosk_audit(settings, "verify")  # the journal is open, and held exclusively
    assert done.output == "intact: 8 records, 7 witnessed by the centre, 1 not yet witnessed\n"
    exported = kiosk_audit(settings, "export")
    assert exported.exit_code == 0
    assert len(exported.output.splitlines()) == 8
    journal.close()

    file, heads = tmp_path / "log.jsonl", tmp_path / "heads.jsonl"
    file.write_text(exported.output)
    heads.write_text(f'{{"epoch":"{journal.epoch}","seq":8,"digest":"{journal.head.digest}"}}\n')
    away = tmp_path / "no-settings.toml"
    assert kiosk_audit(away, "verify", file, "--heads", heads).exit_code == 0
    file.write_text(exported.output.replace("intent", "accepted", 1))
    broken = kiosk_audit(away, "verify", file, "--heads", heads)
    assert (broken.exit_code, broken.output) == (
        1,
        "BROKEN: record 3: does not fit its digest\n",
    )


def test_a_log_that_is_written_to_while_it_is_copied_is_copied_again(
    settings: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    Journal(tmp_path / FILE).close()
    moments = iter([1, 2, 3, 3])
    monkeypatch.setattr(copied, "_seen", lambda files: next(moments))
    assert len(list(copied.audit_lines(tmp_path / FILE))) == 2
    endless = iter(range(1000))
    monkeypatch.setattr(copied, "_seen", lambda files: next(endless))
    with pytest.raises(JournalUnwritable, match="all the time"):
        list(copied.audit_lines(tmp_path / FILE))


def test_the_committer_of_a_terminal_shows_the_centre_its_log(
    centre: ServedCentre, settings: Path, tmp_path: Path
) -> None:
    here, there = socket.socketpair()
    keeper = KeeperToCommitter(here.detach())
    with there:
        command = [*committer_command(settings), "--channel", str(there.fileno())]
        process = subprocess.Popen(command, pass_fds=[there.fileno()])
    with centre.committer(TERMINAL) as committer:
        until = time.monotonic() + PATIENCE_S
        while not committer.witnessed():
            assert time.monotonic() < until
            time.sleep(0.05)
    assert keeper.receive()[:2] == [Alive(), Money(True)]
    assert kiosk_audit(settings, "verify").output.startswith("intact: 2 records, 2 witnessed")
    keeper.send(Quit())
    assert process.wait(PATIENCE_S) == 0
    keeper.close()


def test_a_log_rewritten_on_the_disk_is_found(
    centre: ServedCentre, settings: Path, tmp_path: Path
) -> None:
    journal = Journal(tmp_path / FILE)
    with centre.committer(TERMINAL) as committer:
        committer.witness(head_of(journal))
    journal.close()
    (tmp_path / FILE).unlink()
    Journal(tmp_path / FILE).close()
    done = kiosk_audit(settings, "verify")
    assert (done.exit_code, done.output) == (
        1,
        "BROKEN: the centre has witnessed another installation\n",
    )


def test_an_old_export_is_short_and_an_old_disk_is_broken(
    centre: ServedCentre, settings: Path, tmp_path: Path
) -> None:
    """A terminal's own log is never older than what the centre has witnessed of it."""
    file, disk = tmp_path / "log.jsonl", tmp_path / "old disk"
    Journal(tmp_path / FILE).close()
    shutil.copy(tmp_path / FILE, disk)
    file.write_text(kiosk_audit(settings, "export").output)
    journal = Journal(tmp_path / FILE)
    with centre.committer(TERMINAL) as committer:
        committer.witness(head_of(journal))
    journal.close()
    short = kiosk_audit(settings, "verify", file)
    assert (short.exit_code, short.output[:22]) == (3, "SHORT: 2 records, 0 wi")
    shutil.copy(disk, tmp_path / FILE)
    broken = kiosk_audit(settings, "verify")
    assert (broken.exit_code, broken.output) == (
        1,
        "BROKEN: record 3: witnessed by the centre, and missing\n",
    )


def test_two_machines_with_one_copied_disk_are_found(
    centre: ServedCentre, settings: Path, tmp_path: Path
) -> None:
    """Each goes on from the copy; the centre has witnessed the other's log by then."""
    Journal(tmp_path / FILE).close()
    (tmp_path / "second").mkdir()
    shutil.copy(tmp_path / FILE, tmp_path / "second" / FILE)
    with centre.committer(TERMINAL) as committer:
        for number, folder in enumerate((tmp_path, tmp_path / "second")):
            journal = Journal(folder / FILE)
            journal.append(JournalEntry(f"{number:032x}", Business.PREPAYMENT, JournalEvent.INTENT))
            head = head_of(journal)
            journal.close()
            if not number:
                committer.witness(head)
        with pytest.raises(Refusal) as refused:
            committer.witness(head)
    assert refused.value.code == "audit-differs"
    assert kiosk_audit(settings, "verify").output.startswith("intact")


def test_what_cannot_be_verified_is_told_in_one_line(
    centre: ServedCentre, settings: Path, tmp_path: Path
) -> None:
    assert kiosk_audit(settings, "verify").exit_code == 2, "no journal"
    assert kiosk_audit(settings, "export").exit_code == 1
    Journal(tmp_path / FILE).close()
    with closing(sqlite3.connect(tmp_path / FILE)) as other, other:
        other.execute("DROP TABLE audit")
    done = kiosk_audit(settings, "verify")
    assert (done.exit_code, done.output) == (2, "not verified: cannot be read: SQLError\n")
    heads = tmp_path / "heads"
    heads.write_text("nothing\n")
    done = kiosk_audit(settings, "verify", "--heads", heads)
    assert done.output == "not verified: the file of heads holds something else\n"
    heads.write_bytes(b"\xff")
    assert kiosk_audit(settings, "verify", "--heads", heads).exit_code == 2
    settings.write_text(settings.read_text().replace(centre.url, "https://127.0.0.1:9"))
    done = kiosk_audit(settings, "verify")
    assert done.output.startswith("not verified: the centre does not give its heads: centre-down")
    assert done.exit_code == 2


def test_what_has_not_ended_is_listed_while_the_terminal_runs(
    settings: Path, tmp_path: Path
) -> None:
    def listed(*words: str) -> Result:
        return CliRunner().invoke(main, ["unresolved", "--settings", str(settings), *words])

    nothing = listed("--journal", str(tmp_path / "none.sqlite"))
    assert (nothing.exit_code, nothing.output) == (0, "every operation has ended\n")
    journal = Journal(tmp_path / FILE)
    for number in (1, 2):
        entry = JournalEntry(f"{number:032x}", Business.PREPAYMENT, JournalEvent.INTENT)
        journal.append(entry)
    journal.append(replace(entry, event=JournalEvent.SENT, attempt=1))
    journal.append(replace(entry, event=JournalEvent.DONE, attempt=1))
    some = listed()  # the journal is open, and held exclusively
    assert some.exit_code == 1
    assert some.output == f"{1:032x}  {Business.PREPAYMENT}  intent\n"
    journal.close()
    (tmp_path / FILE).write_bytes(b"no journal" * 100)
    assert listed().output == "Error: damaged\n"
