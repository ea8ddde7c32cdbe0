"""Starts, watches and replaces visits; it never sees a citizen.

One visit is live, one stands by, warm. However the live one ends, its whole process group is killed
and reaped, the standby goes live, and a little later the next one is started. The words that pass
are those of :mod:`kiosk.keeper.channel` and no others.

One thread and one ``select``: nothing here waits for a visit, so a hung one holds up nothing.
"""

from __future__ import annotations

import contextlib
import ctypes
import logging
import os
import selectors
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from kiosk import log as logs
from kiosk import settings
from kiosk.keeper.channel import (
    Alive,
    Begun,
    Broken,
    Ended,
    FromVisit,
    KeeperEnd,
    Live,
    Quit,
    Ready,
    Remains,
    Shown,
)

log = logging.getLogger(__name__)

_LEASH = """\
import ctypes, os, signal, sys
ctypes.CDLL(None).prctl(1, signal.SIGKILL, 0, 0, 0)
if os.getppid() == int(sys.argv[1]):
    os.execvp(sys.argv[2], sys.argv[2:])
"""
# Run by a bare interpreter before the visit (some 10 ms, never during a takeover): PR_SET_PDEATHSIG
# outlives exec, and the parent is looked at after it is set, so there is no gap. A preexec_fn would
# be shorter, but may deadlock as soon as the keeper has a second thread, and it forbids vfork.

_SET_CHILD_SUBREAPER = 36
_STUCK_S = 2.0
"""A killed process that does not die (it hangs inside the kernel) is waited for no longer."""


@dataclass(frozen=True, slots=True)
class Pace:
    """How patient the keeper is. Seconds."""

    ready_s: float = 30.0  # from the start of a process to Ready
    shown_s: float = 5.0  # from Live to Shown
    silent_s: float = 5.0  # without a word: frozen
    grace_s: float = 150.0  # beyond the limit of a visit, which ends itself then, paper and all
    rest_s: float = 2.0  # from Shown to the start of the next standby: the CPU is the citizen's
    quit_s: float = 3.0  # from Quit to the kill, when the terminal stops: a print job is cancelled
    healthy_s: float = 10.0  # whoever dies younger counts as a failure
    back_off_s: tuple[float, ...] = (0.0, 0.5, 1.0, 2.0, 4.0, 8.0, 16.0, 30.0)
    """Pauses before a start after 1, 2, 3 … failures in a row; the last one repeats."""
    tick_s: float = 0.1  # how exactly the above is kept


class Stage(StrEnum):
    """How far a visit has come."""

    WARMING = "warming"
    READY = "ready"
    LIVE = "live"  # told to take the screen
    SHOWN = "shown"
    BEGUN = "begun"
    LEAVING = "leaving"  # killed, not yet reaped


_NEXT = {
    (Stage.WARMING, Ready): Stage.READY,
    (Stage.LIVE, Shown): Stage.SHOWN,
    (Stage.SHOWN, Begun): Stage.BEGUN,
}
_ON_SCREEN = (Stage.LIVE, Stage.SHOWN, Stage.BEGUN)
_OF_ITSELF = ("left", "idle", "limit", "vendor-mode")
"""Ends that a visit told, with nothing left undone; all others are its failures."""


class _Visit:
    """One visit process as the keeper sees it."""

    def __init__(self, number: int, command: Sequence[str]) -> None:
        self.number = number
        self.stage = Stage.WARMING
        self.since = self.heard = time.monotonic()
        here, there = socket.socketpair()
        with here, there:
            leash = [sys.executable, "-I", "-S", "-c", _LEASH, str(os.getpid())]
            self.process = subprocess.Popen(
                [*leash, *command, "--line", str(there.fileno())],
                stdin=subprocess.DEVNULL,
                pass_fds=(there.fileno(),),
                start_new_session=True,
                env={k: v for k, v in os.environ.items() if k not in _SYSTEMD},
            )
            try:
                # Readable when the process is dead and before it is reaped: until then its number,
                # which is also that of its group, belongs to nobody else.
                self.death = os.pidfd_open(self.pid)
            except OSError:
                self.kill()
                self.process.wait()
                raise
            self.line = KeeperEnd(here.detach())

    @property
    def pid(self) -> int:
        return self.process.pid

    def go(self, stage: Stage) -> None:
        self.stage = stage
        self.since = self.heard = time.monotonic()

    def overdue(self, pace: Pace, limit_s: float, now: float) -> str:
        """What it has failed to do in time, or nothing."""
        limits = {
            Stage.WARMING: (pace.ready_s, "not ready"),
            Stage.LIVE: (pace.shown_s, "not shown"),
            Stage.BEGUN: (limit_s + pace.grace_s, "hung"),
        }
        seconds, fault = limits.get(self.stage, (float("inf"), ""))
        if now - self.since > seconds:
            return fault
        if self.stage is not Stage.WARMING and now - self.heard > pace.silent_s:
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
            self.process.wait(_STUCK_S)
        # The children of the dead leader are the keeper's now (it is their subreaper).
        with contextlib.suppress(ChildProcessError):
            until = time.monotonic() + 0.2
            while time.monotonic() < until:
                if os.waitpid(-self.pid, os.WNOHANG) == (0, 0):
                    time.sleep(0.001)
        self.line.close()
        os.close(self.death)


class Keeper:
    """Keeps one visit on the screen for ever, or until ``visits`` of them have ended.

    ``command`` starts a visit; ``--line N`` is added, the descriptor of its end of the line.
    ``limit_s`` is how long a visit may last after ``Begun`` (it ends itself then; the keeper kills
    it ``pace.grace_s`` later). ``takeovers`` are the seconds from the end of a visit, as noticed,
    to the first frame of the next; the newest thousand, oldest first. ``state`` is the directory
    that outlives the terminal; without one, a start is taken for clean.
    """

    def __init__(
        self,
        command: Sequence[str],
        *,
        limit_s: float,
        visits: int | None = None,
        pace: Pace | None = None,
        state: Path | None = None,
    ) -> None:
        self.takeovers: list[float] = []
        self._command = tuple(command)
        self._limit_s = limit_s
        self._left = visits
        self._pace = pace or Pace()
        self._selector = selectors.DefaultSelector()
        self._visits: list[_Visit] = []
        self._number = 0
        self._failures = 0
        self._backed_off_until = 0.0  # no start before both of these:
        self._rests_until = 0.0  # the one after failures, the other while a new visit needs the CPU
        self._mark = _Mark(state)
        # Something of a citizen may be in a device, and no visit has tidied up: one was killed in
        # the middle of its work, or the terminal was; or its last slip did not end whole.
        self._unclean = not self._mark.stands()
        self._gone_at: float | None = None  # when the last live visit ended, until the next shows
        self._stop = False

    def run(self) -> int:
        """Keep visits until SIGTERM, SIGINT or the given number of them; returns 0.

        To be called from the main thread. Leaves no process behind, whatever happens.
        """
        ctypes.CDLL(None).prctl(_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
        systemd = _Systemd()
        with self._signals():
            log.info("keeper started", extra={"pid": os.getpid()})
            systemd.tell("READY=1")
            try:
                self._start(time.monotonic())
                while not self._stop and self._left != 0:
                    systemd.watchdog()
                    self._turn()
                systemd.tell("STOPPING=1")
                self._ask_to_quit()
            finally:
                self._end_all()
                systemd.close()
        log.info("keeper stopped")
        return 0

    # -- one turn -----------------------------------------------------------------------------

    def _turn(self) -> None:
        """Hear what there is to hear, then set right what is not as it should be."""
        before = time.monotonic()
        for key, _ in self._selector.select(self._pace.tick_s):
            visit: _Visit = key.data
            self._hear(visit)
            if key.fd == visit.death:
                self._bury(visit)
        now = time.monotonic()
        if (slept := now - before - self._pace.tick_s) > 1.0:
            # The machine stood still, or this process did: nobody's time has passed.
            for visit in self._visits:
                visit.since += slept
                visit.heard += slept
        for visit in self._visits:
            if visit.stage is not Stage.LEAVING and (
                fault := visit.overdue(self._pace, self._limit_s, now)
            ):
                self._dismiss(visit, fault)
        self._promote(now)
        if now >= max(self._backed_off_until, self._rests_until) and not self._waiting():
            self._start(now)

    def _hear(self, visit: _Visit) -> None:
        if visit.stage is Stage.LEAVING:
            return
        for word in visit.line.receive():
            visit.heard = time.monotonic()
            if fault := self._take(visit, word):
                self._dismiss(visit, fault)
                return

    def _take(self, visit: _Visit, word: FromVisit | Broken) -> str:
        """Note what a visit says. Returns why it must go, or nothing."""
        match word:
            case Alive():
                return ""
            case Remains(some) if visit.stage in _ON_SCREEN:
                self._unclean = some
                if visit.stage is not Stage.BEGUN:
                    self._mark.set(not some)
                return ""
            case Ended(how) if visit.stage in _ON_SCREEN:
                return how
            case Broken("closed"):
                return "died"
            case Broken(why):
                return why
        stage = _NEXT.get((visit.stage, type(word)))
        if stage is None:
            return "out of turn"
        visit.go(stage)
        if stage is Stage.SHOWN:
            self._note_shown(visit)
        elif stage is Stage.BEGUN:
            self._mark.set(False)
        return ""

    def _note_shown(self, visit: _Visit) -> None:
        now = time.monotonic()
        self._rests_until = now + self._pace.rest_s
        facts: dict[str, object] = {"visit": visit.number}
        if self._gone_at is not None:
            self.takeovers.append(now - self._gone_at)
            del self.takeovers[:-1000]
            facts["ms"] = round(self.takeovers[-1] * 1000, 1)
            self._gone_at = None
        log.info("visit shown", extra=facts)

    # -- coming and going ---------------------------------------------------------------------

    def _waiting(self) -> list[_Visit]:
        return [v for v in self._visits if v.stage in (Stage.WARMING, Stage.READY)]

    def _promote(self, now: float) -> None:
        """Give the screen to the standby, once the last visit is off it."""
        for visit in self._visits:
            stuck = visit.stage is Stage.LEAVING and now - visit.since > _STUCK_S
            if visit.stage in _ON_SCREEN or (visit.stage is Stage.LEAVING and not stuck):
                return
        for visit in self._waiting():
            if visit.stage is Stage.READY:
                visit.go(Stage.LIVE)
                # The next standby waits until this one shows itself, or is found dead.
                self._rests_until = now + self._pace.shown_s
                if not visit.line.send(Live(self._unclean)):
                    self._dismiss(visit, "died")
                return

    def _start(self, now: float) -> None:
        self._number += 1
        try:
            visit = _Visit(self._number, self._command)
        except OSError as error:  # no process, no descriptor: the machine is short of something
            self._failures += 1
            self._backed_off_until = now + max(1.0, self._pause())
            log.error("visit not started", extra={"code": error.errno, "failures": self._failures})
            return
        self._visits.append(visit)
        self._selector.register(visit.line, selectors.EVENT_READ, visit)
        self._selector.register(visit.death, selectors.EVENT_READ, visit)
        log.info("visit started", extra={"visit": visit.number, "pid": visit.pid})

    def _dismiss(self, visit: _Visit, cause: str) -> None:
        """Kill ``visit``; it is reaped when the kernel says that it is dead."""
        now = time.monotonic()
        visit.kill()
        was, age = visit.stage, now - visit.since
        visit.go(Stage.LEAVING)
        self._selector.unregister(visit.line)
        of_itself = cause in _OF_ITSELF
        ended_well = was is Stage.BEGUN and of_itself
        self._failures = (
            0 if ended_well or age >= self._pace.healthy_s else min(self._failures + 1, 1000)
        )
        pause = self._pause()
        self._backed_off_until = now + pause
        if was is Stage.BEGUN and not of_itself:
            self._unclean = True
        if was is Stage.BEGUN:
            self._mark.set(not self._unclean)
        if was in _ON_SCREEN:
            self._rests_until = 0.0
            self._gone_at = self._gone_at or now  # or still dark since the one before
            if self._left is not None:
                self._left -= 1
        facts = {"visit": visit.number, "stage": was.value, "cause": cause, "pause_s": pause}
        level = logging.INFO if of_itself else logging.WARNING
        log.log(level, "visit over", extra=facts)

    def _bury(self, visit: _Visit) -> None:
        if visit.stage is not Stage.LEAVING:
            self._dismiss(visit, "died")
        self._selector.unregister(visit.death)
        self._visits.remove(visit)
        visit.reap()
        facts = {"visit": visit.number, "exit": visit.process.returncode}
        log.info("visit reaped", extra=facts)

    def _pause(self) -> float:
        if not self._failures:
            return 0.0
        steps = self._pace.back_off_s
        return steps[min(self._failures, len(steps)) - 1]

    # -- the end ------------------------------------------------------------------------------

    def _ask_to_quit(self) -> None:
        """Let whoever can leave by itself do so (a print job to cancel), but not for long."""
        for asked in self._visits:
            if asked.stage is not Stage.LEAVING:
                self._selector.unregister(asked.line)
                asked.line.send(Quit())
        until = time.monotonic() + self._pace.quit_s
        while self._visits and (left := until - time.monotonic()) > 0:
            for key, _ in self._selector.select(left):
                visit: _Visit = key.data
                self._selector.unregister(visit.death)
                self._visits.remove(visit)
                visit.reap()

    def _end_all(self) -> None:
        for visit in self._visits:
            visit.kill()
        for visit in self._visits:
            visit.reap()
        self._visits.clear()
        self._selector.close()

    @contextlib.contextmanager
    def _signals(self) -> Iterator[None]:
        """SIGTERM and SIGINT end the loop, at the latest after a tick."""

        def stop(_number: int, _frame: object) -> None:
            self._stop = True

        before = {n: signal.signal(n, stop) for n in (signal.SIGTERM, signal.SIGINT)}
        try:
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)


class _Mark:
    """A file that says, also after a power cut, that nothing of a citizen is in a device. Gone
    while somebody is at the terminal."""

    def __init__(self, directory: Path | None) -> None:
        self._path = directory / "clean" if directory else None

    def stands(self) -> bool:
        return self._path is None or self._path.exists()

    def set(self, clean: bool) -> None:
        if self._path is None or clean == self._path.exists():
            return
        try:
            if clean:
                self._path.touch()
            else:
                self._path.unlink()
            directory = os.open(self._path.parent, os.O_RDONLY)
            try:
                os.fsync(directory)
            finally:
                os.close(directory)
        except OSError as error:
            log.error("state not kept", extra={"code": error.errno})


_SYSTEMD = ("NOTIFY_SOCKET", "WATCHDOG_USEC", "WATCHDOG_PID")


class _Systemd:
    """What a service of ``Type=notify`` tells systemd: sd_notify(3), sd_watchdog_enabled(3)."""

    def __init__(self) -> None:
        self._address = os.environ.get("NOTIFY_SOCKET", "")
        if self._address.startswith("@"):
            self._address = "\0" + self._address[1:]
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._socket.setblocking(False)
        ours = os.environ.get("WATCHDOG_PID", str(os.getpid())) == str(os.getpid())
        microseconds = os.environ.get("WATCHDOG_USEC", "0")
        self._every = int(microseconds) / 2e6 if ours and microseconds.isdecimal() else 0.0
        self._due = 0.0

    def tell(self, state: str) -> None:
        """Send one assignment. A manager that does not listen is none of our business."""
        if self._address:
            with contextlib.suppress(OSError):
                self._socket.sendto(state.encode(), self._address)

    def watchdog(self) -> None:
        """Say that the loop turns, twice in the time that systemd allows."""
        now = time.monotonic()
        if self._every and now >= self._due:
            self._due = now + self._every
            self.tell("WATCHDOG=1")

    def close(self) -> None:
        self._socket.close()


def visit_command(settings_path: Path, *options: str) -> list[str]:
    """What starts one visit; the keeper adds ``--line``."""
    return [sys.executable, "-m", "kiosk", "visit", "--settings", str(settings_path), *options]


def run(
    settings_path: Path,
    command: Sequence[str],
    *,
    visits: int | None = None,
    pace: Pace | None = None,
) -> int:
    """The keeper's process: read the settings, set the log up, keep visits. Returns 0.

    What outlives it lies in systemd's ``STATE_DIRECTORY``: one empty file.
    Raises :class:`kiosk.settings.SettingsError`.
    """
    chosen = settings.load(settings_path)
    logs.set_up(production=chosen.production)
    state = os.environ.get("STATE_DIRECTORY", "").split(":")[0]
    return Keeper(
        command,
        limit_s=chosen.visit.limit_s,
        visits=visits,
        pace=pace,
        state=Path(state) if state else None,
    ).run()
