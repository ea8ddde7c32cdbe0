"""Places where a citizen acts: terminals with keeper, committer and visits; a phone; the visits."""

from __future__ import annotations

from collections.abc import Callable, Generator
from dataclasses import dataclass
from random import Random
from typing import Any, Literal

from kiosk.keeper.channel import LoginNoted, Money, Outcome, Taken
from kiosk.operation import Business, OperationState
from kiosk.operations.committer import (
    NO_ANSWER,
    CallAnswer,
    CallKind,
    Committer,
    CommitterAction,
    SendCall,
)
from kiosk.operations.rows import ENDS, JournalEvent
from kiosk.visit import money
from kiosk.visit.money import (
    CommitReport,
    Decision,
    Listen,
    RequestCommit,
    Send,
    ShowWaiting,
)
from tests.simulation.centre import AWAITS, DRAFTED, KINDS, CentreWord, ModelCentre
from tests.simulation.disk import SimJournal
from tests.simulation.world import DAY_S, TICK_S, BrokenPromise, SimWorld


class SimulatedEnd(Exception):
    """The process that is running dies here."""


@dataclass(frozen=True, slots=True)
class Ask:
    """A visit's request to the centre."""

    what: str
    serve: Callable[[], Any]
    timeout: float = 10.0


@dataclass(frozen=True, slots=True)
class Nap:
    """Time that a visit lets pass."""

    seconds: float


Wanted = Ask | Nap | Listen
Script = Generator[Wanted, Any, None]


HANDS_OVER = 0.3
"""How often a form goes to a phone, in a world in which phones take over."""


class Parts:
    """The parts of the simulation of which a seeded bug replaces one."""

    def __init__(self) -> None:
        self.centre: type[ModelCentre] = ModelCentre
        self.journal: type[SimJournal] = SimJournal
        self.committer: type[Committer] = Committer
        self.deciding: Any = money._Deciding
        self.keeper_acknowledges = False
        self.greets = True
        self.asks_early = False
        self.forgets = False
        self.presses_early = False
        self.only_forms = False  # no phone but one that has taken over a form


class SimTerminal:
    """One machine. ``boot`` counts the lives of its keeper, ``life`` those of its committer."""

    def __init__(self, world: SimWorld, centre: ModelCentre, parts: Parts, name: str) -> None:
        self.world, self.centre, self.parts, self.name = world, centre, parts, name
        self.journal = parts.journal(world, self.point)
        self.offset = 0.0
        self.boot = 0
        self.life = 0
        self.up = False
        self.committer: Committer | None = None
        self.visit: SimVisit | None = None
        self.money = False
        self.askers: dict[str, SimVisit] = {}
        self.untaken: dict[str, Business] = {}
        self._wake_at = float("inf")
        self.start()

    def clock(self) -> float:
        return self.world.now + self.offset

    # -- the keeper ---------------------------------------------------------------------------

    def start(self) -> None:
        self.boot += 1
        self.up = True
        self.offset = self.world.random.uniform(-DAY_S, DAY_S)
        self.askers, self.untaken = {}, {}
        self.money = False
        self.start_committer()

    def ask_commit(self, visit: SimVisit, operation: str, business: Business) -> None:
        """A visit writes ``Commit`` on its line; the keeper reads it even if the visit is dead."""
        boot = self.boot
        self.world.after(0.001, lambda: self._keeper_hears(boot, visit, operation, business))

    def _keeper_hears(self, boot: int, visit: SimVisit, operation: str, business: Business) -> None:
        if boot != self.boot or not self.up:
            return
        self.askers[operation] = visit
        self.untaken[operation] = business
        if self.parts.keeper_acknowledges:
            self._keeper_tells(Taken(operation))
        self._pass_on(operation, business)

    def _pass_on(self, operation: str, business: Business) -> None:
        if self.committer is None:
            return  # held; passed on once there is a committer
        life = self.life
        stalls = self.world.happens(self.world.chances.network)
        # A slow disk holds up the committer's one thread.
        pause = self.world.random.uniform(0.0, 9.0) if stalls else 0.001
        self.world.after(pause, lambda: self._committer_hears(life, operation, business))

    def _keeper_tells(self, word: Taken | Outcome | Money) -> None:
        if isinstance(word, Money):
            self.money = word.open
            self._pass_on_untaken()
            return
        if isinstance(word, Taken):
            self.untaken.pop(word.id, None)
        if visit := self.askers.get(word.id):
            visit.hear(word)

    # -- the committer ------------------------------------------------------------------------

    def start_committer(self) -> None:
        self.life += 1
        self._wake_at = float("inf")

        def first() -> list[CommitterAction]:
            self.journal.open()
            random = Random(self.world.random.getrandbits(32))
            self.committer = self.parts.committer(self.journal, self.clock(), random)
            return self.committer.wake(self.clock())

        self.act(first)
        if self.committer:
            self._pass_on_untaken()

    def _pass_on_untaken(self) -> None:
        for operation, business in list(self.untaken.items()):
            self._pass_on(operation, business)

    def act(self, step: Callable[[], list[CommitterAction]]) -> None:
        """Let the committer do something; it may die at any point of it."""
        try:
            for action in step():
                self.point()
                self._perform(action)
                self.point()
        except SimulatedEnd:
            self.fall()
            return
        if self.committer is None:
            return
        at = self.committer.next_wake(self.clock()) - self.offset
        if at < self._wake_at:
            self._wake_at = at
            life = self.life
            self.world.after(at - self.world.now + 1e-6, lambda: self._wake(life, at))

    def _wake(self, life: int, at: float) -> None:
        committer = self.committer
        if life != self.life or committer is None or at != self._wake_at:
            return
        self._wake_at = float("inf")
        self.act(lambda: committer.wake(self.clock()))

    def _committer_hears(self, life: int, operation: str, business: Business) -> None:
        committer = self.committer
        if life == self.life and committer is not None:
            self.act(lambda: committer.commit(operation, business, self.clock()))

    def _perform(self, action: CommitterAction) -> None:
        if not isinstance(action, SendCall):
            self.world.note(self.name, "committer says", action)
            boot = self.boot
            if isinstance(action, LoginNoted):
                raise BrokenPromise("no visit of the simulation tells of logins")
            word = action
            self.world.after(0.001, lambda: self._keeper_tells(word) if boot == self.boot else None)
            return
        operation, life = action.operation, self.life
        found = self.centre.operations.get(operation)
        instant = found.deadline if found else None
        if action.kind is CallKind.COMMIT:
            written = self.journal.synced(operation)
            if written is None or written.event is JournalEvent.INTENT:
                raise BrokenPromise(f"J2 a commit leaves before SENT is on the disk: {operation}")
            serve, timeout = lambda: self.centre.commit(operation, self.name), 15.0
        else:
            serve, timeout = lambda: self._query(operation), 5.0

        def hear(word: CentreWord | None) -> None:
            committer = self.committer
            if life == self.life and committer is not None:
                said = self._as_answer(action, word)
                self.act(lambda: committer.answered(action, said, self.clock()))

        what = f"{self.name} {action.kind} {operation[:4]}"
        self.world.request(what, serve, hear, timeout, instant=instant)

    def _query(self, operation: str) -> CentreWord:
        if self.world.happens(self.world.chances.network / 2):
            return self.centre.stale(operation)
        return self.centre.query(operation)

    def _as_answer(self, call: SendCall, word: CentreWord | None) -> CallAnswer:
        if word is None:
            return NO_ANSWER
        random = self.world.random
        if self.world.happens(self.world.chances.network / 4):
            if random.random() < 0.5:
                return CallAnswer(True, retry_after_s=random.choice((1.0, 60.0, 1e6)))
            other = random.choice(list(self.centre.operations.values()))
            if other.id != call.operation:
                return CallAnswer(True, other.id, other.state)
        if word.state is None:
            return CallAnswer(True, missing=word.refused == "not-found")
        return CallAnswer(True, word.operation, word.state, "R-1")

    # -- ends ---------------------------------------------------------------------------------

    def point(self) -> None:
        """Something may die here."""
        if self.world.happens(self.world.chances.crash):
            raise SimulatedEnd

    def fall(self) -> None:
        """The committer, the keeper with all its processes, or the power fails."""
        random = self.world.random
        how = random.choice(("committer", "committer", "keeper", "power"))
        self.world.note(self.name, "FALLS:", how)
        self.committer = None
        self.life += 1
        if how == "committer":
            self.journal.process_dies()
            life = self.life
            self.world.after(
                random.choice((0.05, 2.0, 4.0, 30.0)),
                lambda: self.start_committer() if life == self.life else None,
            )
            return
        if self.visit:
            self.visit.die()
        self.up = False
        self.boot += 1
        if how == "power":
            self.journal.power_fails()
        else:
            self.journal.process_dies()
        self.world.after(random.choice((2.0, 60.0, 900.0)), self.start)

    def check(self) -> None:
        """What the journal says, against what has happened."""
        for operation, event in self.journal.events().items():
            told = self.world.operations.get(operation)
            if told is None:
                continue
            if event is JournalEvent.DONE and not told.moved:
                raise BrokenPromise(f"J3 the journal says done of what was not: {operation}")
            if event.final and event is not JournalEvent.DONE and told.moved:
                raise BrokenPromise(f"J3 the journal says {event} of what was done: {operation}")
        for operation, told in self.world.operations.items():
            if self.name in told.taken and self.journal.synced(operation) is None:
                raise BrokenPromise(f"J1 Taken was said, and the journal lacks {operation}")


class SimVisit:
    """One visit at a terminal, or a phone: the citizen, the visit's process, its line."""

    def __init__(
        self,
        world: SimWorld,
        centre: ModelCentre,
        parts: Parts,
        person: int,
        place: SimTerminal | None,
        form: str = "",
    ) -> None:
        """``form``: the code on a terminal with which this phone goes on."""
        self.world, self.centre, self.parts = world, centre, parts
        self.person, self.place = person, place
        self.form = form
        self.alive = True
        self._inbox: list[CommitReport] = []
        self._turn = 0
        self._listening = False
        self._script = self._play()
        world.note(self.name, "visit of person", person)
        if world.happens(world.chances.kill):
            world.after(world.random.uniform(0.0, 45.0), self.die)
        self._resume(None)

    @property
    def name(self) -> str:
        return self.place.name if self.place else "phone"

    def clock(self) -> float:
        return self.place.clock() if self.place else self.world.now

    def die(self) -> None:
        if self.alive:
            self.world.note(self.name, "visit is over")
            self.alive = False
            if self.place and self.place.visit is self:
                self.place.visit = None

    def hear(self, word: Taken | Outcome) -> None:
        if not self.alive:
            return
        report = CommitReport(word.id)
        if isinstance(word, Outcome):
            report = CommitReport(word.id, word.state, word.reference)
        elif self.place:
            self.world.told(word.id).taken.add(self.place.name)
        self._inbox.append(report)
        if self._listening:
            self._next(self._inbox.pop(0))

    # -- the process --------------------------------------------------------------------------

    def _next(self, value: Any) -> None:
        self._turn += 1
        self._listening = False
        turn = self._turn
        self.world.after(0.0, lambda: self._resume(value) if turn == self._turn else None)

    def _resume(self, value: Any) -> None:
        if not self.alive:
            return
        self._listening = False
        try:
            wanted = self._script.send(value)
        except StopIteration:
            self.die()
            return
        self._turn += 1
        turn = self._turn

        def go_on(value: Any) -> None:
            if turn == self._turn:
                self._resume(value)

        match wanted:
            case Nap(seconds):
                self.world.after(seconds, lambda: go_on(None))
            case Listen(seconds):
                if self._inbox:
                    self._next(self._inbox.pop(0))
                else:
                    self._listening = True
                    self.world.after(max(TICK_S, seconds), lambda: go_on(None))
            case Ask(what, serve, timeout):
                self.world.request(f"{self.name} visit {what}", serve, go_on, timeout)

    # -- the citizen --------------------------------------------------------------------------

    def _play(self) -> Script:
        random = self.world.random
        if self.form:
            if (yield Ask("take", lambda: self.centre.take(self.form))):
                yield from self._serve()
            return
        if self.parts.greets:
            listed = yield Ask("?open", lambda: self.centre.open(self.person))
            if listed is None:
                return
            for word in listed:
                yield from self._show(word)
        for _ in range(random.randint(1, 2)):
            yield Nap(random.uniform(0.5, 15))
            yield from self._serve()

    def _show(self, word: CentreWord) -> Script:
        """A page that tells how far an operation is."""
        random = self.world.random
        if word.state is None:
            return
        self.world.show(word.operation, word.state)
        operation = word.operation
        if word.state.final:
            yield Nap(random.uniform(0.01, 3.0))
            yield Ask("told", lambda: self.centre.tell(operation))
        elif word.state is OperationState.CONFIRMED and random.random() < 0.5:
            for _ in range(3):
                answer = yield Ask("cancellation", lambda: self.centre.cancel(operation))
                if answer is not None:
                    if answer.state.final:
                        yield from self._show(answer)
                    return
        else:
            yield Nap(random.uniform(1.0, 8.0))

    def _serve(self) -> Script:
        random, centre = self.world.random, self.centre
        if self.place and not self.place.money:
            return  # greyed: 正在核对上一笔业务
        key, kind = f"{random.getrandbits(128):032x}", random.choice(KINDS[: random.randint(1, 2)])
        if self.place and self.world.hands_over and random.random() < HANDS_OVER:
            taken = yield from self._hand_over()
            if taken:
                return  # 请在手机上继续: what was begun here has ended here
        answer: CentreWord | None = None
        for _ in range(3):
            answer = yield Ask("draft", lambda: centre.draft(key, self.person, kind, self.name))
            if answer is not None:
                break
        if answer is None:
            return
        if answer.refused or answer.state not in (AWAITS, DRAFTED):
            yield from self._show(answer)
            return
        if answer.state is AWAITS and not self.parts.presses_early:
            answer = yield from self._await_consent(answer)
            if answer is None:
                return
        yield Nap(random.choice((2.0, 10.0, 10.0, 590.0)) + random.uniform(0.0, 20.0))
        if random.random() < 0.1:
            return  # 返回
        if self.parts.asks_early and self.place:
            self.place.ask_commit(self, answer.operation, kind)
            yield Nap(random.uniform(0.5, 6.0))
        self.world.press(answer.operation)
        if self.place:
            yield from self._decide(answer.operation, kind)
        else:
            yield from self._by_phone(answer.operation)

    def _hand_over(self) -> Generator[Wanted, Any, bool]:
        """手机上继续: the code is on the screen. Whether a phone goes on, as far as the page knows:
        the answer can be lost, and the citizen then goes on here as well."""
        random, centre = self.world.random, self.centre
        code = yield Ask("hand-over", centre.hand_over)
        if code is None:
            return False
        if random.random() < 0.8:
            self.world.after(random.uniform(1.0, 20.0), lambda: self._scan(code))
        while random.random() > 0.1:
            yield Nap(1.0)
            waits = yield Ask("hand-over state", lambda: centre.waits(code), 5.0)
            if waits is False:
                return random.random() < 0.7  # or the citizen begins the same here once more
        yield Ask("void", lambda: centre.void(code))
        return False

    def _scan(self, code: str) -> None:
        SimVisit(self.world, self.centre, self.parts, self.person, None, code)

    def _await_consent(self, answer: CentreWord) -> Generator[Wanted, Any, CentreWord | None]:
        """The code for the spouse is on the screen; None: the citizen leaves, or it has ended."""
        centre, operation = self.centre, answer.operation
        while self.world.random.random() > 0.05:
            yield Nap(1.0)
            said: CentreWord | None = yield Ask("query", lambda: centre.query(operation), 5.0)
            if said is None or said.state in (None, AWAITS):
                continue
            if said.state is DRAFTED:
                return said
            yield from self._show(said)
            return None
        return None

    def _decide(self, operation: str, kind: Business) -> Script:
        """The visit's own code decides what the citizen sees."""
        random, place = self.world.random, self.place
        assert place
        while True:
            acts = self.parts.deciding(operation, self.clock).run()
            good = random.random() > 0.1
            reply: Any = None
            decision: Decision | None = None
            while decision is None:
                try:
                    act = acts.send(reply)
                except StopIteration as stop:
                    decision = stop.value
                    break
                reply = None
                match act:
                    case Send(request):
                        reply = yield self._request(request, operation, good=good)
                        reply = _as_said(reply)
                    case RequestCommit():
                        place.ask_commit(self, operation, kind)
                    case Listen():
                        reply = yield act
                    case ShowWaiting(free=True) if random.random() < 0.15:
                        return  # 退出
            assert decision is not None
            if decision.state is not None:
                yield from self._show(CentreWord(operation, decision.state))
                return

    def _request(
        self,
        request: Literal["confirmation", "cancellation", "query"],
        operation: str,
        *,
        good: bool,
    ) -> Ask:
        centre = self.centre
        match request:
            case "confirmation":
                return Ask(request, lambda: centre.confirm(operation, good=good))
            case "cancellation":
                return Ask(request, lambda: centre.cancel(operation))
            case _:
                stale = self.world.happens(self.world.chances.network / 2)
                ask = centre.stale if stale else centre.query
                return Ask(request, lambda: ask(operation), 5.0)

    def _by_phone(self, operation: str) -> Script:
        """The centre's own page on a phone, which commits what it has drafted."""
        answer: CentreWord | None = None
        for _ in range(4):
            answer = yield Ask("confirmation", lambda: self.centre.confirm(operation, good=True))
            if answer is not None:
                break
        if answer is None or answer.state is not OperationState.CONFIRMED:
            answer = yield Ask("cancellation", lambda: self.centre.cancel(operation))
        for pause in (1.0, 2.0, 4.0, 8.0, 15.0, 15.0, 15.0):
            if answer is not None and answer.state is not None and answer.state.final:
                yield from self._show(answer)
                return
            if answer is not None and answer.state is OperationState.CONFIRMED:
                answer = yield Ask("commit", lambda: self.centre.commit(operation, self.name), 15.0)
            else:
                answer = yield Ask("query", lambda: self.centre.query(operation), 5.0)
            yield Nap(pause)


def _as_said(word: CentreWord | None) -> money.CentreSaid | None:
    if word is None:
        return None
    return money.CentreSaid(word.operation, word.state, "R-1", retyped=word.refused == "code-wrong")


def ended_in(terminal: SimTerminal, operation: str) -> bool:
    """Whether the journal of ``terminal``, where it knows ``operation``, says how it ended."""
    latest = terminal.journal.latest(operation)
    return latest is None or latest.event in ENDS.values()
