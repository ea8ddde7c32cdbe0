"""One visit process as the keeper sees it: its start, its stage, its time limits, its end."""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from kiosk.keeper import systemd
from kiosk.keeper.channel import KeeperEnd

_LEASH = """\
import ctypes, os, signal, sys
ctypes.CDLL(None).prctl(1, signal.SIGKILL, 0, 0, 0)
if os.getppid() == int(sys.argv[1]):
    os.execvp(sys.argv[2], sys.argv[2:])
"""
# A bare interpreter runs `_LEASH` before the visit (some 10 ms, never during a takeover). It sets
# PR_SET_PDEATHSIG, which outlives exec, and then compares its parent: a keeper that died before the
# prctl has left another parent behind, and the visit does not start. A preexec_fn would be shorter,
# but may deadlock as soon as the keeper has a second thread, and it forbids vfork.

STUCK_S = 2.0
"""How long the keeper waits for a killed process, which may hang inside the kernel."""


@dataclass(frozen=True, slots=True)
class KeeperPace:
    """How patient the keeper is. Seconds."""

    ready_s: float = 30.0  # from the start of a process to Ready
    shown_s: float = 5.0  # from Live to Shown
    silent_s: float = 5.0  # without a word from the visit: frozen
    grace_s: float = 150.0  # from the limit, when a visit ends itself, to the kill: paper comes out
    rest_s: float = 2.0  # from Shown to the start of the next standby: the CPU is the citizen's
    quit_s: float = 3.0  # from Quit to the kill: time for the visit to cancel its print job
    healthy_s: float = 10.0  # a visit that dies younger counts as a failure
    back_off_s: tuple[float, ...] = (0.0, 0.5, 1.0, 2.0, 4.0, 8.0, 16.0, 30.0)
    """Pauses before a start after 1, 2, 3 … failures in a row; the last one repeats."""
    tick_s: float = 0.1  # longest wait of one select: how late any limit above is noticed


class VisitStage(StrEnum):
    """How far a visit has come."""

    WARMING = "warming"
    READY = "ready"
    LIVE = "live"  # the keeper has told the visit to take the screen
    SHOWN = "shown"
    BEGUN = "begun"
    LEAVING = "leaving"  # killed, not yet reaped


class VisitProcess:
    """One visit process as the keeper sees it."""

    def __init__(self, number: int, command: Sequence[str]) -> None:
        self.number = number
        self.stage = VisitStage.WARMING
        self.since = self.heard = time.monotonic()
        here, there = socket.socketpair()
        with here, there:
            leash = [sys.executable, "-I", "-S", "-c", _LEASH, str(os.getpid())]
            self.process = subprocess.Popen(
                [*leash, *command, "--channel", str(there.fileno())],
                stdin=subprocess.DEVNULL,
                pass_fds=(there.fileno(),),
                start_new_session=True,
                env={k: v for k, v in os.environ.items() if k not in systemd.VARIABLES},
            )
            try:
                # `death` becomes readable when the process dies, before it is reaped. Until the
                # reap, the kernel gives its id, which is also that of its group, to nobody else.
                self.death = os.pidfd_open(self.pid)
            except OSError:
                self.kill()
                self.process.wait()
                raise
            self.channel = KeeperEnd(here.detach())

    @property
    def pid(self) -> int:
        return self.process.pid

    def go(self, stage: VisitStage) -> None:
        self.stage = stage
        self.since = self.heard = time.monotonic()

    def overdue(self, pace: KeeperPace, limit_s: float, now: float) -> str:
        """What the visit has failed to do in time; empty: nothing."""
        limits = {
            VisitStage.WARMING: (pace.ready_s, "not ready"),
            VisitStage.LIVE: (pace.shown_s, "not shown"),
            VisitStage.BEGUN: (limit_s + pace.grace_s, "hung"),
        }
        seconds, fault = limits.get(self.stage, (float("inf"), ""))
        if now - self.since > seconds:
            return fault
        if self.stage is not VisitStage.WARMING and now - self.heard > pace.silent_s:
            return "frozen"
        return ""

    def kill(self) -> None:
        """Kill everything in the group: the visit, and the drivers it runs in processes."""
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.pid, signal.SIGKILL)

    def reap(self) -> None:
        """Collect the dead process and the orphans of its group; give the descriptors back."""
        self.kill()
        with contextlib.suppress(subprocess.TimeoutExpired):
            self.process.wait(STUCK_S)
        # The children of the dead leader are the keeper's now (it is their subreaper).
        with contextlib.suppress(ChildProcessError):
            until = time.monotonic() + 0.2
            while time.monotonic() < until:
                if os.waitpid(-self.pid, os.WNOHANG) == (0, 0):
                    time.sleep(0.001)
        self.channel.close()
        os.close(self.death)
