"""The check of a sealed document in a process of its own: the same verdicts, and nothing left."""

from __future__ import annotations

import ctypes
import errno
import json
import os
import resource
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from drivers.hosting import apart
from drivers.hosting.apart import ApartProcess
from kiosk.papers import checker
from kiosk.papers.checker import Checker, Checkers, NotChecked
from kiosk.papers.sealed import Flaw, NotOurs, SealRules
from tests.unit.test_sealed import (
    HOLDER,
    NOW,
    SealAuthority,
    announce,
    make_pdf,
    make_root,
    make_seal,
    seal,
    stamper,
)
from tests.waiting import until


@pytest.fixture(scope="module")
def root() -> SealAuthority:
    return make_root()


@pytest.fixture(scope="module")
def roots(root: SealAuthority, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("roots") / "roots.pem"
    path.write_bytes(root.pem())
    return path


@pytest.fixture(scope="module")
def sealed(root: SealAuthority) -> bytes:
    return seal(make_pdf(), make_seal(root))


@pytest.fixture
def checkers(roots: Path) -> Iterator[Checkers]:
    made = Checkers(SealRules(roots))
    yield made
    made.close()


def check(
    checkers: Checkers, pdf: bytes, *, announced: bytes | None = None, pages: int = 1
) -> None:
    document = announce(pdf if announced is None else announced, pages=pages)
    checkers.check(pdf, document=document, holder=HOLDER, now=NOW, revoked=None)


def prepared(checkers: Checkers) -> Checker:
    """The process that waits for the next document."""
    checkers.prepare()
    assert checkers._ready is not None
    return checkers._ready.result(60)


def test_a_sealed_document_passes(checkers: Checkers, sealed: bytes) -> None:
    check(checkers, sealed)
    with pytest.raises(NotOurs) as refused:
        check(checkers, sealed, pages=2)
    assert (refused.value.flaw, refused.value.detail) == (Flaw.PAGE_COUNT, "1 instead of 2")


def test_a_check_that_may_do_nothing_else_checks(checkers: Checkers, sealed: bytes) -> None:
    """In production no process is dumpable, and a check is confined: the kernel lets it read its
    libraries and the roots."""
    prctl, set_dumpable = ctypes.CDLL(None).prctl, 4
    assert prctl(set_dumpable, 0, 0, 0, 0) == 0
    try:
        check(checkers, sealed)
        with pytest.raises(NotOurs) as refused:
            check(checkers, sealed, pages=2)
    finally:
        prctl(set_dumpable, 1, 0, 0, 0)
    assert refused.value.flaw is Flaw.PAGE_COUNT


def test_every_rule_reaches_the_process(
    root: SealAuthority, roots: Path, sealed: bytes, tmp_path: Path
) -> None:
    def flaw(rules: SealRules, pdf: bytes = sealed, hours: int = 0) -> Flaw:
        now = NOW + timedelta(hours=hours)
        one = Checker()
        with pytest.raises(NotOurs) as refused:
            one.check(pdf, document=announce(pdf), holder=HOLDER, now=now, rules=rules)
        one.end()
        return refused.value.flaw

    assert flaw(SealRules(roots, "another")) is Flaw.NOT_THE_SEALER
    assert flaw(SealRules(roots), hours=1) is Flaw.OTHER_TIME
    stamped = seal(make_pdf(), make_seal(root), timestamper=stamper(make_root("另一根")))
    assert flaw(SealRules(roots, "", roots), stamped) is Flaw.TIMESTAMP


@pytest.mark.parametrize(
    ("pdf", "announced", "flaw"),
    [
        (b"no paper at all", b"no paper at all", Flaw.NOT_A_PDF),
        (b"%PDF-1.7 changed", b"%PDF-1.7", Flaw.OTHER_FILE),
    ],
)
def test_what_is_not_ours_is_refused_with_its_flaw(
    checkers: Checkers, pdf: bytes, announced: bytes, flaw: Flaw
) -> None:
    with pytest.raises(NotOurs) as refused:
        check(checkers, pdf, announced=announced)
    assert refused.value.flaw is flaw


def test_the_terminals_own_files_are_not_the_documents_fault(tmp_path: Path, sealed: bytes) -> None:
    unfit = Checkers(SealRules(tmp_path / "none.pem"))
    with pytest.raises(NotChecked, match=r"none\.pem: FileNotFoundError"):
        check(unfit, sealed)
    unfit.close()


_FIRST_CHECK = """\
import json, sys
from kiosk.papers import checker
checker._load()
loaded = set(sys.modules)
answer = checker._check(json.loads(sys.stdin.buffer.readline()), sys.stdin.buffer.read())
print(answer, sorted(set(sys.modules) - loaded))
"""


def test_the_first_check_loads_nothing_more(roots: Path, sealed: bytes) -> None:
    """Some libraries put an import off until the first signature: the citizen would wait for it."""
    question = {
        "document": announce(sealed, pages=1).model_dump(mode="json"),
        "holder": HOLDER,
        "now": NOW.isoformat(),
        "roots": str(roots),
        "sealer": SealRules(roots).sealer,
        "timestamp_roots": "",
        "revoked": None,
    }
    program = [sys.executable, "-c", _FIRST_CHECK]
    asked = json.dumps(question).encode() + b"\n" + sealed
    said = subprocess.run(program, input=asked, capture_output=True, check=True).stdout
    assert said == b"{} []\n"


def test_a_process_that_was_started_ahead_has_loaded_the_library(
    checkers: Checkers, sealed: bytes
) -> None:
    ready = prepared(checkers)
    assert prepared(checkers) is ready, "one is enough"
    process = ready._process
    until(lambda: "cryptography" in Path(f"/proc/{process.pid}/maps").read_text(), 60)
    check(checkers, sealed)
    assert process.wait(60) == 0, "each process sees one document"


def test_without_a_thread_to_be_had_nothing_is_checked_and_the_next_check_tries_again(
    checkers: Checkers, sealed: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(thread: threading.Thread) -> None:
        raise RuntimeError("can't start new thread")

    with monkeypatch.context() as machine:
        machine.setattr(threading.Thread, "start", refuse)
        checkers.prepare()
        with pytest.raises(NotChecked, match="can't start new thread"):
            check(checkers, sealed)
    check(checkers, sealed)


def test_a_process_that_died_waiting_is_replaced(checkers: Checkers, sealed: bytes) -> None:
    process = prepared(checkers)._process
    process.kill()
    process.wait()
    checkers.prepare()
    check(checkers, sealed)


def test_no_page_waits_for_the_start_of_a_process(
    checkers: Checkers, monkeypatch: pytest.MonkeyPatch
) -> None:
    may_start = threading.Event()

    def held_up(module: str, end: socket.socket) -> ApartProcess:
        assert may_start.wait(60)
        return apart.start_apart(module, end)

    monkeypatch.setattr(checker, "start_apart", held_up)
    checkers.prepare()
    may_start.set()  # only now: `prepare` has returned
    assert prepared(checkers).alive


def test_it_is_private_silent_and_on_the_leash(checkers: Checkers) -> None:
    process = prepared(checkers)._process
    proc = Path(f"/proc/{(pid := process.pid)}")
    until(lambda: resource.prlimit(pid, resource.RLIMIT_AS)[0] != resource.RLIM_INFINITY, 60)
    most = resource.prlimit(pid, resource.RLIMIT_AS)[0]
    assert checker.MEMORY < most < 2 * checker.MEMORY
    assert {os.readlink(proc / "fd" / number) for number in "012"} == {"/dev/null"}
    checkers.close()
    until(lambda: process.returncode is not None)


@pytest.mark.parametrize(
    ("program", "seconds", "said"),
    [
        ("exit 0", 15.0, "the check failed: "),
        ("exit 1", 15.0, "the check failed: "),
        ("kill -SEGV $$", 15.0, "the check failed: "),
        ("exec sleep 60", 0.2, "the check took too long"),
        ("exec sleep 60", 0.0, "the check took too long"),
    ],
)
def test_a_check_that_dies_or_hangs_is_no_pass_and_no_forgery(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    checkers: Checkers,
    program: str,
    seconds: float,
    said: str,
) -> None:
    broken = tmp_path / "python"
    broken.write_text(f"#!/bin/sh\n{program}\n", encoding="utf-8")
    broken.chmod(0o755)
    monkeypatch.setattr(sys, "executable", str(broken))
    monkeypatch.setattr(checker, "SECONDS", seconds)
    with pytest.raises(NotChecked, match=said):
        check(checkers, b"%PDF-")


class PlayedLine:
    """The socket to a checking process that answers ``answer`` and takes ``seconds`` to read."""

    def __init__(self, answer: bytes, seconds: float = 0.0) -> None:
        self._pieces = [answer, b""]
        self._seconds = seconds
        self.clock = 0.0
        self.timeouts: list[float] = []

    def monotonic(self) -> float:
        return self.clock

    def settimeout(self, seconds: float) -> None:
        self.timeouts.append(seconds)

    def sendall(self, question: bytes) -> None:
        self.clock += self._seconds

    def shutdown(self, how: int) -> None:
        pass

    def recv(self, size: int) -> bytes:
        return self._pieces.pop(0)

    def close(self) -> None:
        pass


def played(line: PlayedLine, monkeypatch: pytest.MonkeyPatch) -> Checkers:
    """Checks whose process is ``line``."""
    process = subprocess.Popen(["true"])
    process.wait()
    monkeypatch.setattr(checker, "start_apart", lambda module, end: process)
    checkers = Checkers(SealRules(Path("unread.pem")))
    ready = prepared(checkers)
    ready._end.close()
    monkeypatch.setattr(ready, "_end", line)
    monkeypatch.setattr(Checker, "alive", True)
    monkeypatch.setattr(checker, "time", line)
    return checkers


@pytest.mark.parametrize(
    "answer",
    [
        *(b"null", b"[]", b'"x"', b"0", b"[" * 99_999, b'{"other": 1}', b'{"flaw": "broken"}'),
        *(b'{"flaw": 7, "detail": ""}', b'{"flaw": "unheard-of", "detail": ""}'),
    ],
)
def test_an_answer_of_another_form_is_no_pass(
    monkeypatch: pytest.MonkeyPatch, answer: bytes
) -> None:
    checkers = played(PlayedLine(answer), monkeypatch)
    with pytest.raises(NotChecked, match="the check failed"):
        check(checkers, b"%PDF-")
    checkers.close()


def test_sending_and_answering_have_one_deadline(monkeypatch: pytest.MonkeyPatch) -> None:
    line = PlayedLine(b"{}", seconds=10.0)
    checkers = played(line, monkeypatch)
    check(checkers, b"%PDF-")
    assert line.timeouts == [checker.SECONDS, checker.SECONDS - 10.0, checker.SECONDS - 10.0]
    checkers.close()


def test_an_answer_that_lies_in_the_line_counts(monkeypatch: pytest.MonkeyPatch) -> None:
    """This process stood still between its question and its look for the answer."""
    line = PlayedLine(b"{}", seconds=checker.SECONDS + 1.0)
    checkers = played(line, monkeypatch)
    check(checkers, b"%PDF-")
    assert line.timeouts == [checker.SECONDS, 0.0, 0.0]
    checkers.close()


def test_an_answer_without_end_is_no_pass(monkeypatch: pytest.MonkeyPatch) -> None:
    line = PlayedLine(b"")
    line._pieces = [b"{" * 60_000] * 9
    checkers = played(line, monkeypatch)
    with pytest.raises(NotChecked, match="the check failed"):
        check(checkers, b"%PDF-")
    assert len(line._pieces) == 7
    checkers.close()


@pytest.mark.parametrize("unread", [b"%PDF-", b"%PDF-" * 1_000_000])
@pytest.mark.parametrize(
    ("words", "said"),
    [
        (b'{"trouble": "the check took too much memory"}', "too much memory"),
        (b"", r"failed: (BrokenPipe|ConnectionReset)Error"),
    ],
)
def test_a_process_that_dies_before_it_has_read_the_document_may_say_why(
    monkeypatch: pytest.MonkeyPatch, checkers: Checkers, unread: bytes, words: bytes, said: str
) -> None:
    def start(module: str, end: socket.socket) -> subprocess.Popen[bytes]:
        theirs = end.dup()

        def die() -> None:
            with theirs:
                assert theirs.recv(1)
                theirs.sendall(words)

        threading.Thread(target=die).start()
        return subprocess.Popen(["true"])

    monkeypatch.setattr(checker, "start_apart", start)
    with pytest.raises(NotChecked, match=said):
        check(checkers, unread)


def test_a_machine_without_descriptors_is_no_pass(
    monkeypatch: pytest.MonkeyPatch, checkers: Checkers
) -> None:
    def full() -> None:
        raise OSError(errno.EMFILE, "")

    monkeypatch.setattr(socket, "socketpair", full)
    checkers.prepare()  # which says nothing: the check does
    with pytest.raises(NotChecked, match="no process: Too many open files"):
        check(checkers, b"%PDF-")


def test_a_check_that_cannot_be_started_is_no_pass(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, checkers: Checkers
) -> None:
    monkeypatch.setattr(sys, "executable", str(tmp_path / "gone"))
    checkers.prepare()  # which says nothing: the check does
    with pytest.raises(NotChecked, match="no process: No such file"):
        check(checkers, b"%PDF-")


def test_the_process_has_too_little_memory(
    checkers: Checkers, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The library itself does not fit: its own words, no forgery."""
    here, there = socket.socketpair()
    monkeypatch.setattr(checker, "end_with", lambda parent: None)
    monkeypatch.setattr(checker, "keep_memory_private", lambda *, dumpable: None)
    monkeypatch.setattr("resource.setrlimit", lambda *limits: None)
    monkeypatch.setattr("logging.disable", lambda level: None)

    def full() -> None:
        raise MemoryError

    monkeypatch.setattr(checker, "_load", full)
    with here:
        checker.main(there.detach(), 0, dumpable=True)
        assert b"too much memory" in here.recv(4096)
