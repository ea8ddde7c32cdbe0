"""The nursery of a visit: what it forks is like a fresh process, and its death harms nobody."""

import errno
import gc
import json
import os
import select
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, NoReturn

import pytest

from drivers.hosting import apart
from drivers.hosting.apart import ApartProcess, start_apart
from kiosk.keeper import nursery
from kiosk.keeper.nursery import AdoptedProcess, Nursery
from tests.faults.nurseries import tended
from tests.logged import logged
from tests.privacy.memory import memory_of
from tests.waiting import PATIENCE_S, until

ROOT = Path(__file__).parents[2]
PLAYER = "tests.faults.apart_player"


def is_alive(pid: int) -> bool:
    with suppress(OSError):
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    return False


@contextmanager
def played() -> Iterator[tuple[ApartProcess, socket.socket, dict[str, Any]]]:
    """A process apart, the other end of its line, and what it says of itself."""
    ours, theirs = socket.socketpair()
    with ours:
        with theirs:
            process = start_apart(PLAYER, theirs)
        ours.settimeout(PATIENCE_S)
        with ours.makefile("rb") as lines:
            yield process, ours, json.loads(lines.readline())
        ours.close()
        process.wait(PATIENCE_S)


@pytest.fixture(scope="module")
def forks() -> Iterator[Nursery]:
    with tended() as (one, process):
        yield one
    assert process.returncode == 0


def test_a_forked_process_is_like_a_fresh_one(forks: Nursery) -> None:
    with played() as (process, _, forked):
        assert isinstance(process, AdoptedProcess)
        assert forked["pid"] == process.pid
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(apart, "_forker", None)
        with played() as (process, _, fresh):
            assert isinstance(process, subprocess.Popen)
    assert forked["status"].pop("PPid") == fresh["status"].pop("PPid") == str(os.getpid())
    assert forked["command"] == [sys.executable, "-m", PLAYER]
    for one in (forked, fresh):
        assert sorted(map(str, one.pop("descriptors").values()))[:3] == ["/dev/null"] * 3
        assert len(set(one.pop("random").split())) == 4
        del one["pid"], one["command"]
    added = {"OPENBLAS_NUM_THREADS=1"}
    own = ("PYTEST_CURRENT_TEST", "PYTHONPATH")  # of the moment in which a program was started
    theirs, ours = (
        {variable for variable in one.pop("environment") if not variable.startswith(own)}
        for one in (forked, fresh)
    )
    assert theirs | added == ours
    assert forked == fresh
    assert forked["leash"] == signal.SIGKILL


def test_every_process_draws_its_own_random_numbers(forks: Nursery) -> None:
    with played() as (_, _, one), played() as (_, _, other):
        pairs = zip(one["random"].split(), other["random"].split(), strict=True)
        assert all(mine != yours for mine, yours in pairs)


@pytest.mark.parametrize(
    ("what", "code"),
    [("end", 0), ("leave", 1), ("fail", 1), ("crash", -signal.SIGSEGV)],
)
def test_how_a_process_ends(forks: Nursery, what: str, code: int) -> None:
    with played() as (process, line, _):
        assert process.poll() is None
        line.sendall(what.encode())
        assert process.wait() == code
        process.kill()  # dead and reaped: nobody is hit
        assert (process.poll(), process.returncode) == (code, code)


def test_a_process_that_does_not_end_is_killed(forks: Nursery) -> None:
    with played() as (process, line, _):
        line.sendall(b"wait")
        with pytest.raises(subprocess.TimeoutExpired):
            process.wait(0)
        process.kill()
        assert process.wait(PATIENCE_S) == -signal.SIGKILL


def test_no_descriptor_is_left(forks: Nursery) -> None:
    gc.collect()
    before = len(os.listdir("/proc/self/fd"))
    for _ in range(3):
        with played():
            pass
    gc.collect()
    # Fewer: what an earlier test left to be closed was closed meanwhile.
    assert len(os.listdir("/proc/self/fd")) <= before


def test_a_process_whose_death_could_not_be_noticed_is_killed(
    forks: Nursery, monkeypatch: pytest.MonkeyPatch
) -> None:
    refused = []

    def refuse(pid: int) -> NoReturn:
        refused.append(pid)
        raise OSError(errno.EMFILE, "no descriptor")

    monkeypatch.setattr(os, "pidfd_open", refuse)
    with pytest.raises(OSError, match="no descriptor"), played():
        pass
    with pytest.raises(ProcessLookupError):
        os.kill(refused[0], 0)


# -- a nursery that is ill ------------------------------------------------------------------------


def causes(caplog: pytest.LogCaptureFixture) -> list[str]:
    """Of each failure of a nursery that the log tells."""
    return [vars(record)["cause"] for record in logged(caplog, "kiosk.keeper.nursery")]


def test_the_death_of_the_nursery_harms_no_process(caplog: pytest.LogCaptureFixture) -> None:
    with tended() as (_, its_process), played() as (process, line, _):
        its_process.kill()
        until(lambda: not is_alive(its_process.pid))
        assert process.poll() is None
        with played() as (fresh, _, _):
            assert isinstance(fresh, subprocess.Popen)
        with played() as (fresh, _, _):
            assert isinstance(fresh, subprocess.Popen)
        line.sendall(b"end")
        assert process.wait(PATIENCE_S) == 0
    assert causes(caplog) == ["died"]


def test_the_death_of_a_nursery_can_be_noticed_at_once(caplog: pytest.LogCaptureFixture) -> None:
    with tended() as (one, its_process):
        watched = select.poll()
        watched.register(one.death, select.POLLIN)
        assert not watched.poll(0)
        its_process.kill()
        assert watched.poll(PATIENCE_S * 1000)
        for _ in range(2):
            one.lose()
        assert not apart.forks(), "a spare waits for each driver again"
        here, there = socket.socketpair()
        with here, there:  # of a thread that was about to ask when the death was noticed
            assert one.fork("drivers.hosting.child", there, dumpable=True) is None
        with played() as (fresh, _, _):
            assert isinstance(fresh, subprocess.Popen)
    assert causes(caplog) == ["died"]


@pytest.mark.parametrize(
    ("how", "answer_s", "cause"), [("silent", 0.1, "frozen"), ("mad", PATIENCE_S, "died")]
)
def test_a_nursery_that_is_lost_over_a_request(
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    how: str,
    answer_s: float,
    cause: str,
) -> None:
    """What it has forked may have the line already, so that no other process may get it too."""
    monkeypatch.setattr(nursery, "ANSWER_S", answer_s)
    program = f"""
import socket, sys, time
line = socket.socket(fileno=int(sys.argv[1]))
line.recv(4096)
if {how == "mad"}:
    line.send(b"forked!")
time.sleep(99)
"""
    with tended(program) as (_, its_process):
        with pytest.raises(OSError, match="the nursery is lost"), played():
            pass
        assert its_process.wait(PATIENCE_S) == -signal.SIGKILL
        with played() as (process, _, _):
            assert isinstance(process, subprocess.Popen)
    assert causes(caplog) == [cause]


@pytest.mark.parametrize("which", ["first", "second"])
def test_a_machine_without_a_process(which: str) -> None:
    program = f"""
import os, socket, sys
from pathlib import Path
from kiosk.keeper import nursery
from tests.faults import preloads
preloads.no_process_for_the_{which}_fork(Path())
nursery.tend(socket.socket(fileno=int(sys.argv[1])), os.getppid())
"""
    with tended(program):
        with pytest.raises(OSError, match="temporarily unavailable") as refused, played():
            pass
        assert refused.value.errno == errno.EAGAIN
        with played() as (process, _, _):
            assert isinstance(process, AdoptedProcess), "the next one is forked"


def test_a_nursery_of_another_visit_ends() -> None:
    program = """
import os, socket, sys
from kiosk.keeper import nursery
nursery.tend(socket.socket(fileno=int(sys.argv[1])), 1)
"""
    with tended(program) as (_, its_process):
        assert its_process.wait(PATIENCE_S) == 1


# -- the visit that begins one --------------------------------------------------------------------

VISIT = """
import gc, json, logging, os, socket, sys, threading
from pathlib import Path
from drivers.hosting.apart import fork_by, start_apart
from kiosk.keeper import nursery
from tests.faults import preloads
channel, other = socket.socketpair()
logging.basicConfig(format="%(message)s %(cause)s", stream=sys.stdout)
if sys.argv[1]:
    getattr(preloads, sys.argv[1])(Path())
kept = os.open(os.devnull, os.O_RDONLY)
os.set_inheritable(kept, True)
nursery.begin(channel.fileno(), other.fileno())
secret = "-".join(["Wang", "Xiaoming", "110101"])
threading.Thread(target=threading.Event().wait, daemon=True).start()
ours, theirs = socket.socketpair()
with theirs:
    process = start_apart("tests.faults.apart_player", theirs)
facts = json.loads(ours.makefile().readline())
family = Path(f"/proc/self/task/{os.getpid()}/children").read_text().split()
print(json.dumps([type(process).__name__, facts, family]), flush=True)
sys.stdin.readline()
ours.sendall(b"end")
process.wait()
fork_by(None)
gc.collect()
for pid in map(int, family):
    if pid != process.pid:
        os.waitpid(pid, 0)
"""


@contextmanager
def visit(preload: str = "") -> Iterator[tuple[subprocess.Popen[str], list[str], list[Any]]]:
    """A process in the visit's place: what it logs, and what it tells of a process apart."""
    one = subprocess.Popen(
        [sys.executable, "-c", VISIT, preload],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    with one:
        assert one.stdout
        lines = [one.stdout.readline()]
        while not lines[-1].startswith("["):
            assert lines[-1], "the visit has failed"
            lines.append(one.stdout.readline())
        try:
            yield one, lines[:-1], json.loads(lines[-1])
        finally:
            one.kill()


def test_a_visit_and_its_nursery() -> None:
    with visit() as (one, said, (how, facts, family)):
        assert (said, how) == ([], "AdoptedProcess")
        (pid,) = {int(child) for child in family} - {facts["pid"]}
        proc = Path(f"/proc/{pid}")
        words = (proc / "cmdline").read_bytes().rstrip(b"\0").split(b"\0")
        assert words[1:] == [b"-m", b"kiosk.keeper.nursery"]
        # The nursery closes the line of what it has forked a moment after that has begun.
        until(lambda: len(list((proc / "fd").iterdir())) == 4)
        held = sorted(os.readlink(file) for file in (proc / "fd").iterdir())
        assert held[:3] == ["/dev/null"] * 3
        assert [where.partition(":")[0] for where in held[3:]] == ["socket"]
        assert facts["status"]["PPid"] == str(one.pid)
        assert facts["count"] == 4
        secret = b"Wang-Xiaoming-110101"
        assert any(secret in piece for piece in memory_of(one.pid)), "the search would find it"
        for process in (pid, facts["pid"]):
            assert not any(secret in piece for piece in memory_of(process))
        one.communicate("end\n", PATIENCE_S)
        assert one.returncode == 0


def test_nursery_and_processes_die_with_the_visit() -> None:
    with visit() as (one, _, (_, _, family)):
        one.kill()
        one.wait(PATIENCE_S)
        until(lambda: not any(is_alive(int(pid)) for pid in family))


@pytest.mark.parametrize(
    ("preload", "why"),
    [
        ("a_thread", "a thread"),
        ("no_process_for_the_first_fork", "not forked"),
        ("no_descriptor_for_the_first_death", "not forked"),
    ],
)
def test_a_visit_without_a_nursery(preload: str, why: str) -> None:
    with visit(preload) as (one, said, (how, _, _)):
        assert said == [f"nursery failed {why}\n"]
        assert how == "Popen"
        one.communicate("end\n", PATIENCE_S)
        assert one.returncode == 0
