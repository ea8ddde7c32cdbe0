"""Starts, watches and replaces visits; it never sees a citizen.

One visit is live, another stands by, warm. However the live visit ends, the keeper kills its whole
process group, gives the screen to the standby, reaps the group, and a little later has the next
standby forked. Keeper and visits exchange the words of :mod:`kiosk.keeper.channel` and no others.

The fork server (:mod:`kiosk.keeper.forking`) makes the visits and the committer. While there is
none, a visit that the screen waits for is started in a fresh interpreter, which takes longer.

The poster (:mod:`kiosk.keeper.poster_process`) is the first page after a cold start, until the fork
server has made the first visit.

The committer (:mod:`kiosk.keeper.committer_process`) keeps the journal of operations. The keeper
passes words between it and the visits, and reads the line of a dead visit to its end, because a
``Commit`` may lie there.

One thread and one ``select``, which returns for a word, a death, a signal, or the next time limit:
the keeper never waits for a single visit, so a visit that hangs holds up nothing.

A visit that ends itself before the standby is warm keeps the screen, with its blank frame and then
a page of nobody's, until the standby is; it is killed in the moment before the standby goes live.
The standby shows its page while the killed visit is still dying, and opens no device before it is
told that it is alone.
"""

from __future__ import annotations

import contextlib
import ctypes
import logging
import os
import resource
import selectors
import signal
import socket
import sys
import time
from collections.abc import Iterator, Sequence
from functools import partial
from pathlib import Path

from drivers.device import Kind
from kiosk import events, settings
from kiosk import log as logs
from kiosk.endings import OF_ITSELF, RESTART, How
from kiosk.keeper.channel import (
    Alive,
    Alone,
    Begun,
    Broken,
    Commit,
    Ended,
    FromVisit,
    HasLeftovers,
    Live,
    Login,
    Money,
    Outcome,
    OutOfTime,
    Quit,
    Ready,
    Shown,
    Taken,
    Touched,
    ToVisit,
    Upkeep,
)
from kiosk.keeper.clean_file import CleanFile
from kiosk.keeper.committer_process import CommitterWatch, KeptCommitter
from kiosk.keeper.fork_server import ForkRefused, ForkServer, ForkStage, Preload
from kiosk.keeper.forking import ForkRequest
from kiosk.keeper.kept_process import STUCK_S
from kiosk.keeper.poster_process import PosterWatch
from kiosk.keeper.rising import RisingPoster
from kiosk.keeper.sole import sole
from kiosk.keeper.systemd import Systemd
from kiosk.keeper.visit_process import KeeperPace, VisitProcess, VisitStage

log = logging.getLogger(__name__)

_SET_CHILD_SUBREAPER = 36
_STOPS = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)
"""SIGHUP: whoever started the keeper at a desk has closed the console."""
FINISHES = signal.SIGUSR2
"""The citizen who is served is served to the end, then the keeper stops: for an upgrade."""
FINISHED = 75
"""How the keeper exits then; its unit does not start it again (EX_TEMPFAIL of sysexits.h)."""
RESTARTS = 76
"""What :meth:`Keeper.run` returns when the whole terminal is to start anew."""
LATE_S = 0.25
"""From one ``select`` to the next, more than the time limit and this tells that the keeper stood
still, in the ``select`` or between the two."""


_NEXT = {
    (VisitStage.WARMING, Ready): VisitStage.READY,
    (VisitStage.LIVE, Shown): VisitStage.SHOWN,
    (VisitStage.SHOWN, Begun): VisitStage.BEGUN,
}
_TELLS = {Login: VisitStage.BEGUN, Upkeep: VisitStage.SHOWN}
"""The stage in which a visit may tell of a login, or of a technician's work."""
_ON_SCREEN = (VisitStage.LIVE, VisitStage.SHOWN, VisitStage.BEGUN)
_LINGERS = ("left", "idle", "limit", "other-card")
"""How a visit must have ended itself so that it may keep the screen until the next is warm."""

_OUT_OF_TIME: dict[str, OutOfTime] = {"idle": "idle", "limit": "limit"}


class Keeper:
    """Keeps one visit on the screen for ever, or until ``visits`` of them have ended.

    ``command`` starts a visit; ``--channel N`` is added, the descriptor of its end of the channel.
    ``preload`` is what the fork server imports; None: no fork server, every visit starts bare.
    ``committer`` starts the committer; None: there is none, and nothing that moves money begins.
    ``poster`` starts the poster, or is one that was started ahead; None: the first visit starts
    bare, and is the first page.
    ``limit_s`` is how long a visit may last after ``Begun`` (the visit ends itself then; the keeper
    kills it ``pace.grace_s`` later). ``takeovers`` are the seconds from the moment the keeper
    notices the end of a visit to the first frame of the next; the newest thousand, oldest first.
    ``state`` is the directory that outlives the terminal; None: assume that the last run ended
    cleanly.
    """

    def __init__(
        self,
        command: Sequence[str],
        *,
        limit_s: float,
        visits: int | None = None,
        pace: KeeperPace | None = None,
        state: Path | None = None,
        preload: Preload | None = None,
        committer: Sequence[str] | None = None,
        poster: RisingPoster | Sequence[str] | None = None,
    ) -> None:
        self.takeovers: list[float] = []
        self._command = tuple(command)
        self._preload = preload
        self._fork_server: ForkServer | None = None
        self._fork_failures = 0
        # No fork server starts before; the first one, when the poster or the first visit is on the
        # screen and no longer needs the CPU for its own start.
        self._forks_after = float("inf")
        self._limit_s = limit_s
        self._left = visits
        self._pace = pace or KeeperPace()
        self._selector = selectors.DefaultSelector()
        self._committer = CommitterWatch(
            committer,
            self._selector,
            self._pace,
            self._answer,
            self._tell_money,
            self._start_committer,
        )
        self._committer_command = tuple(committer or ())
        self._poster = PosterWatch(poster, self._selector, self._pace, self._pass_touch)
        self._visits: list[VisitProcess] = []
        self._number = 0
        self._failures = 0
        # No standby starts before both times: the pause after failures is over, and the visit that
        # has just taken the screen no longer needs the CPU for itself.
        self._backed_off_until = 0.0
        self._rests_until = 0.0
        self._clean = CleanFile(state)
        # True: a device may hold a citizen's card or paper, because a visit or the whole terminal
        # was killed in its work, or a slip was cut short; and no visit has reset the devices since.
        self._leftovers = not self._clean.stands()
        self._unsettled = False  # a citizen's visit has ended, and the clean file does not say so
        self._timed_out: OutOfTime | None = None  # how a citizen's visit has just ended
        self._gone_at: float | None = None  # end of the last live visit; None once the next shows
        self._stop = False
        self._finishes = False
        self._restarts = False  # a technician has asked for it
        self._listened_at = 0.0  # when the last ``select`` returned
        self._systemd = Systemd()

    def run(self) -> int:
        """Keep visits until SIGTERM, SIGINT, SIGHUP or the given number of them; returns 0. After
        ``FINISHES`` it waits for the end of the visit that a citizen has begun, or a technician has
        opened, and returns ``FINISHED``. When a technician has restarted the terminal, it returns
        ``RESTARTS``.

        To be called from the main thread. Leaves no process behind, whatever happens.
        """
        ctypes.CDLL(None).prctl(_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
        with self._signals():
            events.KEEPER_STARTED.log(log, pid=os.getpid())
            self._systemd.tell("READY=1")
            try:
                self._poster.start()
                self._start_missing(time.monotonic())
                while self._goes_on():
                    self._systemd.watchdog()
                    self._turn()
                # systemd kills what has said STOPPING and goes on, READY or not.
                goes_on = self._exit_code() == RESTARTS
                self._systemd.tell("WATCHDOG=1" if goes_on else "STOPPING=1")
                self._ask_to_quit()
            finally:
                self._end_all()
                self._systemd.close()
        events.KEEPER_STOPPED.log(log)
        return self._exit_code()

    def _exit_code(self) -> int:
        if self._stop:
            return 0
        return FINISHED if self._finishes else RESTARTS if self._restarts else 0

    def _goes_on(self) -> bool:
        return not (self._stop or self._restarts or self._left == 0 or self._finished())

    def _finished(self) -> bool:
        return self._finishes and not any(
            v.stage is VisitStage.BEGUN
            or (v.stage is VisitStage.SHOWN and self._committer.maintained(v.number))
            for v in self._visits
        )

    # -- one turn -----------------------------------------------------------------------------

    def _turn(self) -> None:
        """Read the visits' words, dismiss overdue visits, promote the standby, start the next."""
        before = self._listened_at or time.monotonic()
        seconds = max(0.0, self._due() - time.monotonic())
        for key, _ in self._selector.select(None if seconds == float("inf") else seconds):
            key.data()
        now = self._listened_at = time.monotonic()
        if now - before - seconds > LATE_S:
            # The machine or the keeper was suspended: no visit is to blame for that silence.
            for visit in self._visits:
                visit.since = min(now, visit.since + now - before)
                visit.heard = min(now, visit.heard + now - before)
            if forks := self._fork_server:
                forks.since = min(now, forks.since + now - before)
            self._committer.slept(now, now - before)
        for visit in self._visits:
            if visit.overdue(self._pace, self._limit_of(visit), now):
                self._hear(visit)  # what it has said since the select
            if fault := visit.overdue(self._pace, self._limit_of(visit), now):
                self._dismiss(visit, fault)
        self._promote(now)
        self._leave_alone(now)
        self._settle()
        self._poster.tend(now)
        self._start_missing(now)

    def _start_missing(self, now: float) -> None:
        """Start what is missing, once the poster does not need the CPU for itself."""
        if self._poster.rises(now):
            return
        if self._poster.holds(now):
            self._forks_after = min(self._forks_after, now)
        self._tend_fork_server(now)
        if now >= max(self._backed_off_until, self._rests_until) and not self._waiting():
            self._start(now)
        self._committer.tend(now)

    def _limit_of(self, visit: VisitProcess) -> float:
        """A visit that has asked for a commit gets a little longer, to hear what came of it."""
        asked = self._committer.asked_by(visit.number)
        return self._limit_s + (self._pace.taken_s if asked else 0.0)

    def _due(self) -> float:
        """When the next time limit is over (monotonic s); what is heard may change it."""
        now = time.monotonic()
        poster = self._poster.due(now)
        if self._poster.rises(now):
            return min(self._systemd.due, poster)
        starts = max(self._backed_off_until, self._rests_until)
        return min(
            self._systemd.due,
            poster,
            float("inf") if self._waiting() else starts,
            self._fork_server.due(self._pace) if self._fork_server else self._next_fork_server(),
            self._committer.due(),
            *(visit.due(self._pace, self._limit_of(visit)) for visit in self._visits),
            *(
                visit.since + STUCK_S
                for visit in self._visits
                if visit.stage is VisitStage.LEAVING and not self._stuck(visit, time.monotonic())
            ),
        )

    def _hear(self, visit: VisitProcess) -> None:
        if visit.stage is VisitStage.LEAVING:
            return
        for word in visit.channel.receive():
            visit.heard = time.monotonic()
            if fault := self._take(visit, word):
                self._dismiss(visit, fault)
                return

    def _take(self, visit: VisitProcess, word: FromVisit | Broken) -> str:
        """Note one word of ``visit``. Returns why the visit must be killed, or an empty string."""
        match word:
            case Alive():
                return ""
            case HasLeftovers(some) if visit.stage in _ON_SCREEN:
                self._leftovers = some
                if visit.stage is not VisitStage.BEGUN:
                    self._clean.set(not some)
                return ""
            case Ended(how) if visit.stage in _ON_SCREEN and visit.how is None:
                return self._note_end(visit, how)
            case Commit() if visit.stage is VisitStage.BEGUN:
                self._committer.commit(visit.number, word)
                return ""
            case Login() | Upkeep() if visit.stage is _TELLS[type(word)] and visit.how is None:
                self._committer.note(visit.number, word)
                return ""
            case Broken("closed"):
                return "died"
            case Broken(why):
                return why
        stage = _NEXT.get((visit.stage, type(word)))
        if stage is None or visit.how:
            return "out of turn"
        visit.go(stage)
        if stage is VisitStage.READY:
            visit.channel.send(self._committer.money)
        elif stage is VisitStage.SHOWN:
            self._note_shown(visit)
        else:  # a citizen has begun
            self._poster.touches.clear()
            self._clean.set(False)
        return ""

    def _note_end(self, visit: VisitProcess, how: How) -> str:
        """Returns ``how`` when the visit is to be killed now, or an empty string when it keeps the
        screen, so that the screen is not dark while the next visit warms up."""
        self._restarts |= how == RESTART
        if how not in _LINGERS or self._left == 1 or self._ready():
            return how
        visit.end(how)
        self._rests_until = 0.0
        return ""

    def _note_shown(self, visit: VisitProcess) -> None:
        now = time.monotonic()
        self._rests_until = now + self._pace.rest_s
        self._timed_out = None  # the page has said it
        self._poster.give_way(now)
        if self._forks_after == float("inf"):
            self._forks_after = now
        dark_ms: float | None = None
        if self._gone_at is not None:
            self.takeovers.append(now - self._gone_at)
            del self.takeovers[:-1000]
            dark_ms = round(self.takeovers[-1] * 1000, 1)
            self._gone_at = None
        events.VISIT_SHOWN.log(log, visit=visit.number, ms=dark_ms)

    # -- operations ---------------------------------------------------------------------------

    def _answer(self, number: int, word: Taken | Outcome) -> None:
        """Pass the committer's word on to the visit that asked; a visit that is gone hears none."""
        for visit in self._visits:
            if visit.number == number and visit.stage is VisitStage.BEGUN:
                visit.channel.send(word)

    def _pass_touch(self, word: Touched) -> None:
        """A press on the poster, in the moment in which a visit takes the screen."""
        for visit in self._visits:
            if visit.stage in (VisitStage.LIVE, VisitStage.SHOWN) and not visit.how:
                visit.channel.send(word)

    def _tell_money(self, word: Money) -> None:
        """Tell every visit that can hear whether services that move money may begin."""
        for visit in self._visits:
            if visit.stage not in (VisitStage.WARMING, VisitStage.LEAVING):
                visit.channel.send(word)

    def _read_to_the_end(self, visit: VisitProcess) -> None:
        """The line of a dead visit: what it asked for before it died goes on without it, and nobody
        hears the answers."""
        closed = False
        while not closed and (words := visit.channel.receive()):
            for word in words:
                if isinstance(word, Commit) and visit.begun:
                    self._committer.commit(visit.number, word)
                if isinstance(word, Login) and visit.begun:
                    self._committer.note(visit.number, word)
                if isinstance(word, Upkeep) and visit.shown:
                    self._committer.note(visit.number, word)
                closed = isinstance(word, Broken)
        self._committer.forget(visit.number)

    # -- coming and going ---------------------------------------------------------------------

    def _standbys(self) -> list[VisitProcess]:
        return [v for v in self._visits if v.stage in (VisitStage.WARMING, VisitStage.READY)]

    def _ready(self) -> VisitProcess | None:
        return next((v for v in self._visits if v.stage is VisitStage.READY), None)

    def _waiting(self) -> bool:
        """Whether a standby is there or asked for, or the fork server will soon be able to make one
        and the screen has a visit meanwhile."""
        forks = self._fork_server
        if self._standbys() or (forks and forks.asked):
            return True
        on_screen = self._poster.holds(time.monotonic()) or any(
            visit.stage in _ON_SCREEN for visit in self._visits
        )
        loading = forks is not None and forks.stage is ForkStage.LOADING
        # Nobody waits for a fork server that failed before it ever made a visit.
        return loading and on_screen and not self._fork_failures

    def _promote(self, now: float) -> None:
        """Give the screen to the standby, once no other visit holds the screen. A killed one that
        is still dying draws nothing any more, and the screen does not wait for it."""
        ready = self._ready()
        if ready is None:
            return
        for visit in self._visits:
            if visit.how and visit.stage in _ON_SCREEN:
                self._dismiss(visit, visit.how)
            if visit.stage in _ON_SCREEN:
                return
        if not self._goes_on():
            return
        ready.go(VisitStage.LIVE)
        # The next standby starts once this visit shows itself or is found dead.
        self._rests_until = now + self._pace.shown_s
        words: list[ToVisit] = [Live(self._leftovers, self._timed_out), *self._poster.touches]
        if not all(ready.channel.send(word) for word in words):
            self._give_up(ready)

    def _leave_alone(self, now: float) -> None:
        """Tell the visit on the screen that it is alone, once no killed visit may hold a device."""
        if any(v.stage is VisitStage.LEAVING and not self._stuck(v, now) for v in self._visits):
            return
        for visit in self._visits:
            if visit.stage in _ON_SCREEN and not visit.alone:
                visit.alone = True
                if not visit.channel.send(Alone()):
                    self._give_up(visit)

    def _settle(self) -> None:
        """Note on the disk whether a citizen's visit has ended cleanly: after the next visit was
        told to take the screen, which would be dark for as long as the disk needs."""
        if self._unsettled:
            self._unsettled = False
            self._clean.set(not self._leftovers)

    def _stuck(self, visit: VisitProcess, now: float) -> bool:
        """Whether a killed visit hangs inside the kernel: nobody waits for it."""
        return now - visit.since > STUCK_S

    def _start(self, now: float) -> None:
        self._number += 1
        try:
            if self._fork_server and self._fork_server.stage is ForkStage.LOADED:
                self._fork_server.ask_for_visit(self._number)
            else:
                self._take_on(VisitProcess.start(self._number, self._command))
        except OSError as error:  # the machine has no process or descriptor to spare
            self._not_started(error.errno, now)

    def _not_started(self, code: int | None, now: float) -> None:
        self._failures += 1
        self._backed_off_until = now + max(1.0, self._pause(self._failures))
        events.VISIT_NOT_STARTED.log(log, code=code, failures=self._failures)

    def _take_on(self, visit: VisitProcess) -> None:
        self._visits.append(visit)
        self._selector.register(visit.channel, selectors.EVENT_READ, partial(self._hear, visit))
        self._selector.register(visit.death, selectors.EVENT_READ, partial(self._bury, visit))
        events.VISIT_STARTED.log(log, visit=visit.number, pid=visit.pid)

    def _dismiss(self, visit: VisitProcess, cause: str) -> None:
        """Kill ``visit``; :meth:`_bury` reaps it when the kernel reports its death."""
        now = time.monotonic()
        cause = visit.how or cause  # what happens to a visit that has ended itself is no fault
        visit.kill()
        was, age = visit.stage, now - visit.since
        visit.go(VisitStage.LEAVING)
        self._selector.unregister(visit.channel)
        of_itself = cause in OF_ITSELF
        ended_well = was is VisitStage.BEGUN and of_itself
        self._failures = (
            0 if ended_well or age >= self._pace.healthy_s else min(self._failures + 1, 1000)
        )
        pause = self._pause(self._failures)
        self._backed_off_until = now + pause
        if was is VisitStage.BEGUN and not of_itself:
            self._leftovers = True
        if was is VisitStage.BEGUN:
            self._unsettled = True
            self._timed_out = _OUT_OF_TIME.get(cause)
        if was in _ON_SCREEN:
            self._rests_until = 0.0
            self._gone_at = self._gone_at or now  # the screen may be dark since an earlier end
            self._poster.stay()
            if self._left is not None:
                self._left -= 1
        (events.VISIT_OVER if of_itself else events.VISIT_FAILED).log(
            log, visit=visit.number, stage=was.value, cause=cause, pause_s=pause
        )

    def _give_up(self, visit: VisitProcess) -> None:
        """Dismiss a visit that is dead, or has stopped listening. Its last words count: a citizen
        may have begun, and ended, in the same moment."""
        self._hear(visit)
        if visit.stage is not VisitStage.LEAVING:
            self._dismiss(visit, "died")

    def _bury(self, visit: VisitProcess) -> None:
        self._give_up(visit)
        self._selector.unregister(visit.death)
        self._visits.remove(visit)
        self._read_to_the_end(visit)
        visit.reap()
        events.VISIT_REAPED.log(log, visit=visit.number, exit=visit.process.exit)

    def _pause(self, failures: int) -> float:
        steps = self._pace.back_off_s
        return steps[min(failures, len(steps)) - 1] if failures else 0.0

    # -- the fork server ----------------------------------------------------------------------

    def _tend_fork_server(self, now: float) -> None:
        """Start the fork server when there is none, end it when it is overdue."""
        forks = self._fork_server
        if forks and forks.overdue(self._pace, now):
            self._hear_fork_server(forks)  # what it has said since the select
        if forks and (fault := forks.overdue(self._pace, now)):
            self._dismiss_fork_server(forks, fault)
        if forks or self._preload is None or now < self._forks_after:
            return
        try:
            forks = self._fork_server = ForkServer(
                self._preload, self._command, self._committer_command
            )
        except OSError as error:  # the machine has no process or descriptor to spare
            self._fork_failures += 1
            self._forks_after = now + max(1.0, self._pause(self._fork_failures))
            events.FORK_SERVER_NOT_STARTED.log(log, code=error.errno, failures=self._fork_failures)
            return
        hear, bury = self._hear_fork_server, self._bury_fork_server
        self._selector.register(forks, selectors.EVENT_READ, partial(hear, forks))
        self._selector.register(forks.death, selectors.EVENT_READ, partial(bury, forks))
        events.FORK_SERVER_STARTED.log(log, pid=forks.pid)

    def _start_committer(self, command: Sequence[str]) -> KeptCommitter | None:
        """A committer in a fresh interpreter, which takes longer and has a third of the memory of
        a visit for itself; or None while the fork server makes one, or is about to be able to."""
        forks = self._fork_server
        if forks and forks.stage is ForkStage.LOADED:
            if not forks.asked:
                forks.ask_for_committer()
            return None
        loading = forks and forks.stage is ForkStage.LOADING and not self._fork_failures
        if loading and self._poster.holds(time.monotonic()):  # nobody is served meanwhile
            return None
        return KeptCommitter.start(command)

    def _next_fork_server(self) -> float:
        return float("inf") if self._preload is None else self._forks_after

    def _hear_fork_server(self, forks: ForkServer) -> None:
        if forks.stage is ForkStage.LEAVING:  # its death was reported in the same turn, and first
            return
        match forks.hear():
            case VisitProcess() as visit:
                self._fork_failures = 0
                self._take_on(visit)
            case KeptCommitter() as committer:
                self._committer.take_on(committer)
            case ForkRefused(ForkRequest.COMMITTER, code):
                self._committer.not_started(code)
            case ForkRefused(_, code):
                self._not_started(code, time.monotonic())
            case str(fault) if fault:
                self._dismiss_fork_server(forks, fault)

    def _dismiss_fork_server(self, forks: ForkServer, fault: str) -> None:
        """Kill the fork server; no visit depends on it. :meth:`_bury_fork_server` reaps it."""
        self._selector.unregister(forks)
        forks.dismiss()
        self._fork_failures = min(self._fork_failures + 1, 1000)
        pause = self._pause(self._fork_failures)
        self._forks_after = time.monotonic() + pause
        events.FORK_SERVER_FAILED.log(log, cause=fault, pause_s=pause)

    def _bury_fork_server(self, forks: ForkServer) -> None:
        self._hear_fork_server(forks)  # its last word, perhaps of a visit
        if forks.stage is not ForkStage.LEAVING:
            self._dismiss_fork_server(forks, "died")
        self._selector.unregister(forks.death)
        forks.reap()
        self._fork_server = None

    # -- the end ------------------------------------------------------------------------------

    def _ask_to_quit(self) -> None:
        """Tell every visit to quit and cancel its print job; wait ``pace.quit_s`` at most."""
        self._poster.end()
        self._end_fork_server()
        for asked in self._visits:
            if asked.stage is not VisitStage.LEAVING:
                self._selector.unregister(asked.channel)
                asked.channel.send(Quit())
        until = time.monotonic() + self._pace.quit_s
        while self._visits and (left := until - time.monotonic()) > 0:
            dead = set()
            for key, _ in self._selector.select(left):
                if any(visit.death == key.fd for visit in self._visits):
                    dead.add(key.fd)
                else:
                    key.data()
            for visit in [visit for visit in self._visits if visit.death in dead]:
                self._selector.unregister(visit.death)
                self._visits.remove(visit)
                self._read_to_the_end(visit)
                visit.reap()

    def _end_fork_server(self) -> None:
        """First of all, so that no further visit is forked."""
        if forks := self._fork_server:
            with contextlib.suppress(KeyError):  # dismissed, and not yet buried
                self._selector.unregister(forks)
            self._selector.unregister(forks.death)
            forks.reap()
            self._fork_server = None

    def _end_all(self) -> None:
        self._end_fork_server()
        for visit in self._visits:
            visit.kill()
        for visit in self._visits:
            visit.process.await_end(STUCK_S)
            self._read_to_the_end(visit)
            visit.reap()
        self._visits.clear()
        self._committer.end()
        self._poster.end()
        self._selector.close()

    @contextlib.contextmanager
    def _signals(self) -> Iterator[None]:
        """SIGTERM, SIGINT and SIGHUP end the loop of :meth:`run`, ``FINISHES`` when nobody is
        served. The number of each signal arrives over a socket as well, because ``select`` goes on
        after a signal, which another thread of the process may have received."""

        def stop(number: int, _frame: object) -> None:
            if number == FINISHES:
                self._finishes = True
            else:
                self._stop = True

        before = {n: signal.signal(n, stop) for n in (*_STOPS, FINISHES)}
        here, there = socket.socketpair()
        with here, there:
            here.setblocking(False)
            there.setblocking(False)
            wakes = signal.set_wakeup_fd(there.fileno(), warn_on_full_buffer=False)
            self._selector.register(here, selectors.EVENT_READ, partial(here.recv, 64))
            try:
                yield
            finally:
                signal.set_wakeup_fd(wakes)
                for number, handler in before.items():
                    signal.signal(number, handler)


PRELOAD = "ui.loading:load"
"""What the fork server calls so that everything is imported that :func:`visit_command` needs."""


def visit_command(settings_path: Path, *options: str) -> list[str]:
    """The command that starts one visit; the keeper adds ``--channel``."""
    return [sys.executable, "-m", "kiosk", "visit", "--settings", str(settings_path), *options]


def committer_command(settings_path: Path) -> list[str]:
    """The command that starts the committer; the keeper adds ``--channel``."""
    return [sys.executable, "-m", "kiosk", "committer", "--settings", str(settings_path)]


def run(
    settings_path: Path,
    command: Sequence[str],
    *,
    preload: str = "",
    committer: Sequence[str] | None = None,
    poster: RisingPoster | Sequence[str] | None = None,
    visits: int | None = None,
    pace: KeeperPace | None = None,
) -> int:
    """The keeper's process: read the settings, set up the log, keep visits. Returns 0.

    ``preload`` is the ``module:function`` that imports what a visit needs; the fork server calls it
    with the path of the settings. Empty: no fork server, every visit starts in a fresh interpreter.
    ``committer`` is the command that starts the committer, to which the keeper adds ``--channel``;
    ``poster`` that of the poster, or one that was started ahead. A machine that the terminal shares
    has none: its first page may have to be 设备维护中.
    The keeper's only lasting state is one empty marker file in systemd's ``STATE_DIRECTORY``.
    Raises :class:`kiosk.settings.SettingsError`, and :class:`kiosk.keeper.sole.NotSole` where the
    terminal runs already.
    """
    with contextlib.ExitStack() as stack:
        unwanted = stack.enter_context(contextlib.ExitStack())
        if isinstance(poster, RisingPoster):
            unwanted.callback(poster.give_up)
        chosen = settings.load(settings_path)
        logs.set_up(production=chosen.production)
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))  # every process inherits it
        stack.enter_context(sole(chosen.run_directory))
        settings.keep_checked(settings_path, chosen.run_directory)
        shared = Kind.VENDOR_MODE in chosen.devices
        if shared:
            unwanted.close()
        unwanted.pop_all()
        state = os.environ.get("STATE_DIRECTORY", "").split(":")[0]
        return Keeper(
            command,
            limit_s=chosen.visit.limit_s,
            visits=visits,
            pace=pace,
            state=Path(state) if state else None,
            preload=Preload(preload, settings_path) if preload else None,
            committer=committer,
            poster=None if shared else poster,
        ).run()
