"""One visit process in the keeper's hands: when it is overdue, and that its end is always found."""

import errno
import os
import select
import signal
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import NoReturn

import pytest

from kiosk.keeper import kept_process
from kiosk.keeper.channel import Broken
from kiosk.keeper.visit_process import KeeperPace, VisitProcess, VisitStage
from tests.waiting import HANGS_S, PATIENCE_S, until

SLEEPER = [sys.executable, "-S", "-c", f"import time; time.sleep({HANGS_S})"]
FAMILY = [sys.executable, "-S", "-c", f"import os, time; os.fork(); time.sleep({HANGS_S})"]
PACE = KeeperPace(ready_s=30.0, shown_s=5.0, silent_s=4.0, grace_s=150.0)
LIMIT_S = 600.0


@pytest.fixture
def visit() -> Iterator[VisitProcess]:
    visit = VisitProcess.start(1, SLEEPER)
    yield visit
    visit.reap()


@pytest.mark.parametrize(
    ("stage", "stays_s", "silent_s", "fault"),
    [
        (VisitStage.WARMING, 30.0, 30.0, ""),  # a visit that warms up says nothing, for long
        (VisitStage.WARMING, 30.1, 0.0, "not ready"),
        (VisitStage.READY, 9999.0, 4.0, ""),
        (VisitStage.READY, 9999.0, 4.1, "frozen"),
        (VisitStage.LIVE, 5.0, 0.0, ""),
        (VisitStage.LIVE, 5.1, 0.0, "not shown"),
        (VisitStage.LIVE, 4.5, 4.1, "frozen"),
        (VisitStage.SHOWN, 9999.0, 4.0, ""),  # an attract page may stand for days
        (VisitStage.SHOWN, 9999.0, 4.1, "frozen"),
        (VisitStage.BEGUN, 750.0, 4.0, ""),
        (VisitStage.BEGUN, 750.1, 0.0, "hung"),
        (VisitStage.BEGUN, 10.0, 4.1, "frozen"),
    ],
)
def test_what_a_visit_has_not_done_in_time(
    visit: VisitProcess, stage: VisitStage, stays_s: float, silent_s: float, fault: str
) -> None:
    now = 100_000.0
    visit.stage, visit.since, visit.heard = stage, now - stays_s, now - silent_s
    assert visit.overdue(PACE, LIMIT_S, now) == fault


def test_a_new_stage_begins_a_new_time(visit: VisitProcess) -> None:
    visit.since = visit.heard = 0.0
    before = time.monotonic()
    visit.go(VisitStage.READY)
    assert visit.stage is VisitStage.READY
    assert before <= visit.since == visit.heard <= time.monotonic()


def test_a_visit_whose_end_could_not_be_noticed_is_not_started(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    started = []

    def refuse(pid: int) -> NoReturn:
        started.append(pid)
        raise OSError(errno.ENOSYS, "no pidfd")

    monkeypatch.setattr(os, "pidfd_open", refuse)
    with pytest.raises(OSError, match="no pidfd"):
        VisitProcess.start(1, SLEEPER)
    (pid,) = started
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)


def test_a_process_that_no_signal_ends_is_not_waited_for_long(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A process may hang inside the kernel; the keeper goes on without it."""
    monkeypatch.setattr(kept_process, "STUCK_S", 0.1)
    visit = VisitProcess.start(1, SLEEPER)
    death, channel = visit.death, visit.channel
    with monkeypatch.context() as kernel:
        kernel.setattr(os, "killpg", lambda group, number: None)
        kernel.setattr(signal, "pidfd_send_signal", lambda fd, number: None)
        began = time.monotonic()
        visit.reap()
        took = time.monotonic() - began
    try:
        assert visit.process.exit is None, "it is still there"
        assert 0.3 <= took < 5
        assert channel.fileno() == -1
        with pytest.raises(OSError, match=os.strerror(errno.EBADF)):
            os.fstat(death)
    finally:
        os.killpg(visit.pid, signal.SIGKILL)
        os.waitpid(visit.pid, 0)


def test_a_reaped_visit_has_hung_up(visit: VisitProcess) -> None:
    """Nobody but the visit holds its end of the channel: the keeper hears at once that it died."""
    visit.kill()
    assert select.select([visit.death], [], [], PATIENCE_S)[0]
    assert visit.channel.receive() == [Broken("closed")]


def test_a_number_that_may_be_anothers_is_not_killed() -> None:
    """The fork server's group was reaped, and with it a visit that was forked a moment ago: when
    the keeper buries that visit, another group may have its number. Here its own child has it."""
    visit = VisitProcess.start(1, FAMILY)
    children = Path(f"/proc/{visit.pid}/task/{visit.pid}/children")
    until(children.read_text)
    other = int(children.read_text())
    death = os.pidfd_open(other)
    try:
        os.kill(visit.pid, signal.SIGKILL)
        os.waitpid(visit.pid, 0)
        assert os.getpgid(other) == visit.pid
        visit.kill()
        visit.reap()
        assert visit.process.exit == -signal.SIGKILL
        assert not select.select([death], [], [], 0.2)[0], "the other process was killed"
    finally:
        signal.pidfd_send_signal(death, signal.SIGKILL)
        os.close(death)
