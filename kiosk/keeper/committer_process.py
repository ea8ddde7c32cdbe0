"""The committer as the keeper sees it: started, watched, replaced; words pass through unchanged.

The keeper answers nothing in its place. It remembers which visit asked for which operation, so that
the answer finds its way, and keeps a ``Commit`` until the committer has said ``Taken``. The keeper
passes it on once more to the successor of a committer that died with the word unread, and whenever
the committer says ``Money``: a committer that had no journal to write in took nothing, and the
visit that would ask again may be dead.

What comes of logins and of maintenance goes the same way into the audit log. The keeper keeps each
``Login`` and ``Upkeep`` until the committer has said ``LoginNoted``, and passes what is left on to
the successor of a committer that died, a few at a time; it ends the login of a visit that died
signed in, and the maintenance of one that died under a technician.
"""

from __future__ import annotations

import contextlib
import logging
import selectors
import socket
import time
from collections import deque
from collections.abc import Callable, Sequence
from functools import partial

from kiosk import events
from kiosk.keeper.channel import (
    Alive,
    Broken,
    Commit,
    FromCommitter,
    KeeperToCommitter,
    Login,
    LoginNoted,
    Money,
    Outcome,
    Quit,
    Taken,
    Upkeep,
)
from kiosk.keeper.kept_process import KeptProcess
from kiosk.keeper.visit_process import KeeperPace
from kiosk.login import LoginEvent
from kiosk.upkeep import UpkeepEvent

log = logging.getLogger(__name__)

MOST_LOGINS = 10_000
"""Words about logins that wait for a committer; what comes beyond is lost, and told."""
MOST_UNNOTED = 32
"""Words about logins on the line to the committer. The line holds some 280, and a committer that is
just starting reads none: one more would be taken for a committer that hears nothing."""


class KeptCommitter:
    """One process of the committer."""

    def __init__(self, process: KeptProcess, channel: KeeperToCommitter) -> None:
        self.heard = self.since = time.monotonic()
        self.leaving = False
        self.process = process
        self.channel = channel

    @classmethod
    def start(cls, command: Sequence[str]) -> KeptCommitter:
        """Start a committer in a fresh interpreter, without the fork server. Raises ``OSError``
        when the machine has no process to spare."""
        here, there = socket.socketpair()
        with here, there:
            process = KeptProcess.start(command, there)
            return cls(process, KeeperToCommitter(here.detach()))

    def reap(self) -> None:
        """Kill and collect the process; give the descriptors back."""
        self.process.reap()
        self.channel.close()


class CommitterWatch:
    """Keeps one committer running, and passes words between it and the visits.

    ``command`` starts a committer; None: this terminal has none, and money stays closed. ``answer``
    gets ``Taken`` and ``Outcome`` with the number of the visit that asked, ``tell`` gets ``Money``
    whenever it changes. ``start`` gives a committer; None: one is being made, and :meth:`take_on`
    or :meth:`not_started` will be called. It raises ``OSError``.
    """

    def __init__(
        self,
        command: Sequence[str] | None,
        selector: selectors.BaseSelector,
        pace: KeeperPace,
        answer: Callable[[int, Taken | Outcome], None],
        tell: Callable[[Money], None],
        start: Callable[[Sequence[str]], KeptCommitter | None] = KeptCommitter.start,
    ) -> None:
        self.money = Money(False)
        self._command = command
        self._selector = selector
        self._pace = pace
        self._answer = answer
        self._tell = tell
        self._start = start
        self._committer: KeptCommitter | None = None
        self._being_made = False
        self._failures = 0
        self._starts_after = 0.0
        self._askers: dict[str, int] = {}
        self._held: dict[str, tuple[Commit, float]] = {}  # not Taken yet, and since when
        self._logins: deque[Login | Upkeep] = deque()  # not noted yet, oldest first
        self._told = 0  # how many of them the committer at hand was told
        self._signed_in: dict[int, str] = {}  # the login of each visit that has one
        self._maintained: dict[int, str] = {}  # the technician's session of each visit with one

    def commit(self, visit: int, word: Commit) -> None:
        """The visit with this number asks for a commit, perhaps again."""
        self._askers[word.id] = visit
        self._held.setdefault(word.id, (word, time.monotonic()))
        self._pass_on_held()

    def asked_by(self, visit: int) -> bool:
        """Whether the visit with this number has asked for a commit."""
        return visit in self._askers.values()

    def forget(self, visit: int) -> None:
        """The visit is gone: nobody hears the answers to it. What it asked for goes on."""
        self._askers = {id: number for id, number in self._askers.items() if number != visit}
        if login := self._signed_in.pop(visit, ""):
            self._keep(Login(LoginEvent.ENDED, login, "died"))
        if session := self._maintained.pop(visit, ""):
            self._keep(Upkeep(UpkeepEvent.ENDED, session, "died"))

    def maintained(self, visit: int) -> bool:
        """Whether a technician works at the visit with this number."""
        return visit in self._maintained

    def note(self, visit: int, word: Login | Upkeep) -> None:
        """The visit with this number tells what has come of a login, or of a maintenance."""
        match word:  # by the word too: both ends are the text "ended"
            case Login(LoginEvent.BEGUN, id):
                self._signed_in[visit] = id
            case Login(LoginEvent.ENDED):
                self._signed_in.pop(visit, None)
            case Upkeep(UpkeepEvent.OPENED, id):
                self._maintained[visit] = id
            case Upkeep(UpkeepEvent.ENDED):
                self._maintained.pop(visit, None)
        self._keep(word)

    def _keep(self, word: Login | Upkeep) -> None:
        """Keep ``word`` until it is noted. A terminal without a committer has no audit log."""
        if self._command is None:
            return
        if len(self._logins) >= MOST_LOGINS:
            events.LOGIN_NOT_NOTED.log(log)
            return
        self._logins.append(word)
        self._pass_on_logins()

    def slept(self, now: float, seconds: float) -> None:
        """The machine was suspended for so long: the committer is not to blame for the silence."""
        if self._committer:
            self._committer.heard = min(now, self._committer.heard + seconds)

    def due(self) -> float:
        """When :meth:`tend` has something to do (monotonic s); what is heard may change it."""
        ends = [since + self._pace.hold_s for _, since in self._held.values()]
        if self._committer is None and self._command is not None and not self._being_made:
            ends.append(self._starts_after)
        if self._committer and not self._committer.leaving:
            ends.append(self._committer.heard + self._pace.committer_s)
        return min(ends, default=float("inf"))

    def tend(self, now: float) -> None:
        """Start the committer when there is none, replace it when it is silent."""
        for word, since in list(self._held.values()):
            if now - since > self._pace.hold_s:
                del self._held[word.id]
                events.OPERATION_NOT_PASSED_ON.log(log, operation=word.id)
        committer = self._committer
        if committer:
            if self._silent(committer, now):
                self._hear(committer)  # what it has said since the select
            if self._silent(committer, now):
                self._dismiss(committer, "frozen")
            return
        if self._command is None or now < self._starts_after:
            return
        try:
            committer = self._start(self._command)
        except OSError as error:  # the machine has no process or descriptor to spare
            self.not_started(error.errno)
            return
        self._being_made = committer is None
        if committer:
            self.take_on(committer)

    def _silent(self, committer: KeptCommitter, now: float) -> bool:
        return not committer.leaving and now - committer.heard > self._pace.committer_s

    def not_started(self, code: int | None) -> None:
        """The machine had no process to spare; ``code`` is its errno."""
        self._being_made = False
        self._back_off(time.monotonic())
        events.COMMITTER_NOT_STARTED.log(log, code=code, failures=self._failures)

    def take_on(self, committer: KeptCommitter) -> None:
        """Listen to a committer that has just started, and pass on what waits for it."""
        self._being_made = False
        self._committer = committer
        self._selector.register(
            committer.channel, selectors.EVENT_READ, partial(self._hear, committer)
        )
        self._selector.register(
            committer.process.death, selectors.EVENT_READ, partial(self._bury, committer)
        )
        self._told = 0
        self._pass_on_logins()  # before the commits: the approval of one may be among them
        self._pass_on_held()

    def _pass_on_held(self) -> None:
        if self._told < len(self._logins):
            return  # the approval of a commit may be among the words that wait
        for word, _ in list(self._held.values()):  # last words may take some out meanwhile
            self._pass_on(word)

    def _pass_on_logins(self) -> None:
        while self._committer and self._told < min(len(self._logins), MOST_UNNOTED):
            self._told += 1
            self._pass_on(self._logins[self._told - 1])

    def _pass_on(self, word: Commit | Login | Upkeep) -> None:
        committer = self._committer
        if committer and not committer.leaving and not committer.channel.send(word):
            self._hear(committer)  # its last words
            self._hear(committer)  # that it has hung up behind them
            self._dismiss(committer, "deaf")

    def _hear(self, committer: KeptCommitter) -> None:
        words = list(committer.channel.receive())
        for word in words:
            committer.heard = time.monotonic()
            if fault := self._take(word):
                self._dismiss(committer, fault)
                return
        if any(isinstance(word, Money) for word in words):
            self._pass_on_held()

    def _take(self, word: FromCommitter | Broken) -> str:
        """Pass one word on. Returns why the committer must be replaced, or an empty string."""
        match word:
            case Money():
                if self._committer and not self._committer.leaving:  # its last words open nothing
                    self._set_money(word)
            case Taken(operation) | Outcome(operation):
                self._held.pop(operation, None)
                if operation in self._askers:
                    self._answer(self._askers[operation], word)
            case LoginNoted():
                if self._told:
                    waited = self._told < len(self._logins)
                    self._told -= 1
                    self._logins.popleft()
                    self._pass_on_logins()
                    if waited:
                        self._pass_on_held()
            case Alive():
                pass
            case _:
                return "died" if word.why == "closed" else word.why
        return ""

    def _set_money(self, word: Money) -> None:
        if word != self.money:
            self.money = word
            self._tell(word)

    def _dismiss(self, committer: KeptCommitter, cause: str) -> None:
        """Kill the committer; :meth:`_bury` reaps it when the kernel reports its death."""
        if committer.leaving:
            return
        committer.leaving = True
        committer.process.kill()
        self._selector.unregister(committer.channel)
        self._set_money(Money(False))
        now = time.monotonic()
        if now - committer.since >= self._pace.healthy_s:
            self._failures = 0
        pause = self._back_off(now)
        events.COMMITTER_FAILED.log(log, cause=cause, pause_s=pause)

    def _back_off(self, now: float) -> float:
        self._failures = min(self._failures + 1, 1000)
        steps = self._pace.back_off_s
        pause = steps[min(self._failures, len(steps)) - 1]
        self._starts_after = now + pause
        return pause

    def _bury(self, committer: KeptCommitter) -> None:
        if not committer.leaving:
            self._hear(committer)  # its last words, and that it has hung up
            self._dismiss(committer, "died")
        self._selector.unregister(committer.process.death)
        committer.reap()
        self._committer = None

    def end(self) -> None:
        """Tell the committer to close the journal; kill it a moment later."""
        if committer := self._committer:
            with contextlib.suppress(KeyError):  # a committer that is leaving is not listened to
                self._selector.unregister(committer.channel)
            committer.channel.send(Quit())
            self._selector.unregister(committer.process.death)
            committer.process.await_end(self._pace.close_s)
            committer.reap()
            self._committer = None
