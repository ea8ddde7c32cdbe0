"""The fork server, asked by a test in the keeper's place: what it answers, and whom it forks."""

import ctypes
import errno
import os
import select
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import NoReturn

import pytest

from kiosk.keeper.committer_process import KeptCommitter
from kiosk.keeper.fork_server import ForkRefused, ForkServer, ForkStage, Preload
from kiosk.keeper.forking import BETWEEN, ForkRequest
from kiosk.keeper.visit_process import VisitProcess
from tests.waiting import PATIENCE_S

ROOT = Path(__file__).parents[2]
PLAYER = ROOT / "tests" / "faults" / "visit_player.py"
SETTINGS = """
terminal = "T0001"
[centre]
url = "https://centre.example"
seal_roots = "roots.pem"
sealer = "s"
"""


@pytest.fixture
def stage(tmp_path: Path) -> Path:
    """Where a played visit leaves its marks; it ends as soon as it has begun."""
    (tmp_path / "plan").write_text("crash")
    (tmp_path / "terminal.toml").write_text(SETTINGS)
    return tmp_path


@pytest.fixture
def adopting() -> Iterator[None]:
    """This process adopts the orphans below it, as the keeper does."""
    set_child_subreaper = 36
    libc = ctypes.CDLL(None)
    libc.prctl(set_child_subreaper, 1, 0, 0, 0)
    yield
    libc.prctl(set_child_subreaper, 0, 0, 0, 0)


class AskedServer:
    """A fork server that ends when nobody listens to it any more, and says how it ended."""

    def __init__(self, stage: Path, preload: str, *player: str) -> None:
        self.control, end = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self.control.settimeout(PATIENCE_S)
        command = (sys.executable, *(player or [str(PLAYER)]), str(stage))
        with end:
            self.process = subprocess.Popen(
                [
                    *(sys.executable, "-m", "kiosk.keeper.forking"),
                    *(f"tests.faults.preloads:{preload}", str(stage / "terminal.toml")),
                    *(*command, BETWEEN, "--channel", str(end.fileno())),
                ],
                cwd=ROOT,
                pass_fds=[end.fileno()],
                start_new_session=True,
            )

    def says(self) -> bytes:
        return self.control.recv(4096)

    def ask(self) -> bytes:
        here, there = socket.socketpair()
        with here, there:
            socket.send_fds(self.control, [ForkRequest.VISIT.encode()], [there.fileno()])
            return self.says()

    def end(self) -> int:
        self.control.close()
        return self.process.wait(PATIENCE_S)


def exit_of(answer: bytes) -> int:
    """How the visit ended that ``answer`` told of."""
    assert answer.startswith(b'{"type":"forked","pid":'), answer
    pid = int(answer.removesuffix(b"}").rpartition(b":")[2])
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])


@pytest.mark.parametrize("player", [[], ["-m", "tests.faults.visit_player"]])
def test_a_visit_for_every_request(stage: Path, adopting: None, player: list[str]) -> None:
    server = AskedServer(stage, "nothing", *player)
    assert server.says() == b'{"type":"loaded"}'
    assert exit_of(server.ask()) == 3, "the player's crash"
    (stage / "plan").write_text("returns")
    assert exit_of(server.ask()) == 0, "the end of the program"
    assert server.end() == 0


def test_a_program_that_was_imported_ahead_reads_its_arguments_and_is_not_executed_again(
    stage: Path, adopting: None
) -> None:
    server = AskedServer(stage, "a_program_that_reads_ahead", "-m", "tests.faults")
    server.says()
    assert exit_of(server.ask()) == 6, "it has its channel"
    assert exit_of(server.ask()) == 6
    assert server.end() == 0


def test_what_was_loaded_ahead_is_never_collected(stage: Path, adopting: None) -> None:
    """To look at it would write to the pages that all visits share."""
    (stage / "plan").write_text("frozen")
    server = AskedServer(stage, "nothing")
    server.says()
    assert exit_of(server.ask()) == 7
    assert server.end() == 0


def test_a_visit_whose_keeper_is_gone_does_not_begin(stage: Path) -> None:
    server = AskedServer(stage, "nothing")
    server.says()
    assert server.ask().startswith(b'{"type":"forked"')
    assert server.end() == 0
    assert not (stage / "1.pid").exists()


@pytest.mark.parametrize(
    ("preload", "why"),
    [
        ("a_thread", "a thread"),
        ("a_connection", "a connection"),
        ("a_qt_application", "a Qt application"),
    ],
)
def test_what_no_visit_may_inherit(stage: Path, preload: str, why: str) -> None:
    server = AskedServer(stage, preload)
    server.says()
    for _ in range(2):
        assert server.ask() == f'{{"type":"unfit","why":"{why}"}}'.encode()
    assert server.end() == 0


@pytest.mark.parametrize("which", ["first", "second"])
def test_a_machine_without_a_process(stage: Path, adopting: None, which: str) -> None:
    server = AskedServer(stage, f"no_process_for_the_{which}_fork")
    server.says()
    assert server.ask() == f'{{"type":"notforked","code":{errno.EAGAIN}}}'.encode()
    assert exit_of(server.ask()) == 3, "the next one is forked"
    assert server.end() == 0


def test_a_visit_that_the_keeper_does_not_know_of_does_not_begin(
    stage: Path, adopting: None
) -> None:
    server = AskedServer(stage, "death_before_the_keeper_knows")
    server.says()
    assert server.ask() == b"", "the fork server is dead"
    assert server.end() == 9
    ended = [os.waitpid(-server.process.pid, 0)[1] for _ in range(2)]
    assert {os.waitstatus_to_exitcode(one) for one in ended} == {0, 1}
    assert not (stage / "1.pid").exists()


def test_a_fork_server_that_dies_over_a_request(stage: Path) -> None:
    preload = Preload("tests.faults.preloads:nothing", stage / "terminal.toml")
    forks = ForkServer(preload, [sys.executable, str(PLAYER), str(stage)])
    assert select.select([forks], [], [], PATIENCE_S)[0]
    assert (forks.hear(), forks.stage) == ("", ForkStage.LOADED)
    os.kill(forks.pid, signal.SIGSTOP)
    forks.ask_for_visit(1)
    os.kill(forks.pid, signal.SIGKILL)
    assert select.select([forks.death], [], [], PATIENCE_S)[0]
    assert forks.hear() == "died"
    forks.reap()


def test_a_visit_whose_death_could_not_be_noticed_is_killed(
    stage: Path, adopting: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The keeper has no descriptor to spare when the fork server tells of the visit."""
    (stage / "plan").write_text("never-ready")
    preload = Preload("tests.faults.preloads:nothing", stage / "terminal.toml")
    forks = ForkServer(preload, [sys.executable, str(PLAYER), str(stage)])

    def heard() -> VisitProcess | KeptCommitter | ForkRefused | str:
        assert select.select([forks], [], [], PATIENCE_S)[0]
        return forks.hear()

    assert (heard(), forks.stage) == ("", ForkStage.LOADED)
    assert forks.hear() == "", "nothing more"
    refused = []

    def refuse(pid: int) -> NoReturn:
        refused.append(pid)
        raise OSError(errno.EMFILE, "no descriptor")

    with monkeypatch.context() as kernel:
        kernel.setattr(os, "pidfd_open", refuse)
        forks.ask_for_visit(1)
        assert heard() == ForkRefused(ForkRequest.VISIT, errno.EMFILE)
    assert not forks.asked
    with pytest.raises(ProcessLookupError):
        os.kill(refused[0], 0)
    forks.ask_for_visit(2)
    visit = heard()
    assert isinstance(visit, VisitProcess)
    assert visit.number == 2
    until = time.monotonic() + PATIENCE_S
    while os.getpgid(visit.pid) != visit.pid:
        assert time.monotonic() < until
    forks.reap()
    os.kill(visit.pid, 0)  # outlives the fork server
    visit.reap()
    assert visit.process.exit == -signal.SIGKILL
