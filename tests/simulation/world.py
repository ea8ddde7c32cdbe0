"""The simulated world: one clock, one source of chance, a network that fails, and what must hold.

Everything random comes from one seed and nothing else decides the order of what happens, so a seed
replays exactly.
"""

from __future__ import annotations

import heapq
from collections.abc import Callable
from random import Random
from typing import TypeVar

from kiosk.operation import OperationState

T = TypeVar("T")

DAY_S = 86_400.0
TICK_S = 1e-6
"""The shortest wait for something: who waits lets time pass, however short the rest of a wait is.
The rest can be less than the clock of the world can count."""
MOST_EVENTS = 1_000_000
"""More events than any world has between two looks at it: its time stands still."""
NOT_DONE = frozenset(
    {
        OperationState.REFUSED,
        OperationState.EXPIRED,
        OperationState.CANCELLED,
        OperationState.SUPERSEDED,
    }
)


class BrokenPromise(Exception):
    """Something that must hold in every order of events does not. The letter is its rule's."""


class Told:
    """What became of one operation, as only an onlooker of everything can know."""

    __slots__ = ("agreed", "confirmed", "intent", "moved", "pressed", "shown", "taken", "untold")

    def __init__(self, intent: tuple[int, str]) -> None:
        self.intent = intent  # the person and the kind of business
        self.agreed = True  # nobody else's consent is needed, or it was given
        self.pressed = False
        self.confirmed = False
        self.moved = 0
        # Pressed earlier for the same intent, and their ends not shown when this one was pressed.
        self.untold: list[Told] = []
        self.shown: set[OperationState] = set()  # ends that the citizen has seen
        self.taken: set[str] = set()  # terminals whose Taken a visit has heard


class Chances:
    """How often things go wrong in this world; drawn from the seed."""

    def __init__(self, random: Random) -> None:
        self.network = random.choice((0.0, 0.03, 0.1, 0.3))
        self.crash = random.choice((0.0, 0.002, 0.01, 0.04))
        self.kill = random.choice((0.0, 0.1, 0.4, 0.7))  # a visit is killed in its work
        self.disk = random.choice((0.0, 0.0, 0.02, 0.2))
        self.outages = random.choice((0, 0, 1, 3))


class SimWorld:
    """Runs callbacks in the order of their times. ``calm``: no more faults from here on."""

    def __init__(self, seed: int) -> None:
        self.random = Random(seed)
        self.chances = Chances(self.random)
        # In some worlds phones take over; all other worlds stay what they were without phones.
        self.hands_over = Random(f"{seed} hands over").random() > 0.7
        self.now = 0.0
        self.calm = False
        self.operations: dict[str, Told] = {}
        self.trace: list[str] | None = None
        self._heap: list[tuple[float, int, Callable[[], None]]] = []
        self._count = 0
        self._down: list[tuple[float, float]] = []

    # -- time ---------------------------------------------------------------------------------

    def after(self, seconds: float, do: Callable[[], None]) -> None:
        self._count += 1
        heapq.heappush(self._heap, (self.now + max(0.0, seconds), self._count, do))

    def run(self, until: float) -> None:
        """Let happen what happens until then. Raises :class:`BrokenPromise` when it never ends."""
        heap, first = self._heap, self._count
        while heap and heap[0][0] <= until:
            self.now, _, do = heapq.heappop(heap)
            do()
            if self._count - first > MOST_EVENTS:
                raise BrokenPromise(f"L2 time stands still at {self.now}")
        self.now = until

    def note(self, *what: object) -> None:
        if self.trace is not None:
            self.trace.append(f"{self.now:10.3f}  " + " ".join(map(str, what)))

    def happens(self, chance: float) -> bool:
        return not self.calm and chance > 0 and self.random.random() < chance

    # -- the network --------------------------------------------------------------------------

    def plan_outages(self, length: float) -> None:
        for _ in range(self.chances.outages):
            begin = self.random.uniform(0, length)
            self._down.append((begin, begin + self.random.choice((20.0, 200.0, 2400.0))))

    def _reachable(self) -> bool:
        return self.calm or not any(begin <= self.now < end for begin, end in self._down)

    def request(
        self,
        what: str,
        serve: Callable[[], T],
        hear: Callable[[T | None], None],
        timeout: float,
        *,
        instant: float | None = None,
    ) -> None:
        """Send a request: ``serve`` runs at the centre when it arrives, ``hear`` gets the answer,
        or None. It arrives, or not, or late, or twice, whatever becomes of the sender.

        ``instant``: a moment at which arriving would be awkward, e.g. that of an expiry.
        """
        random = self.random
        there, back = random.uniform(0.005, 0.3), random.uniform(0.005, 0.3)
        if not self._reachable():
            self.note(what, "finds no centre")
            self.after(random.choice((0.01, timeout)), lambda: hear(None))
            return
        if not self.happens(self.chances.network):
            self.after(there, lambda: self._arrive(what, serve, hear, back))
            return
        fate = random.choice(("lost", "answer", "late", "double", "cut", "slow", "instant"))
        self.note(what, "fate:", fate)
        late = timeout + random.choice((0.1, 30.0, 700.0)) * random.random()
        if fate == "instant" and instant is not None and instant > self.now:
            late = instant - self.now + random.choice((-1e-6, 0.0, 1e-6))
        silent = timeout if fate != "cut" else there
        match fate:
            case "lost":
                pass
            case "answer":
                self.after(there, lambda: self._arrive(what, serve, None, back))
            case "cut":
                if random.random() < 0.5:
                    self.after(there, lambda: self._arrive(what, serve, None, back))
            case "late" | "instant":
                self.after(late, lambda: self._arrive(what, serve, None, back))
            case "double":
                self.after(there, lambda: self._arrive(what, serve, hear, back))
                self.after(late, lambda: self._arrive(what, serve, None, back))
                return
            case "slow":
                there = random.uniform(0.3, timeout - 0.5)
                self.after(there, lambda: self._arrive(what, serve, hear, back))
                return
        self.after(silent, lambda: hear(None))

    def _arrive(
        self,
        what: str,
        serve: Callable[[], T],
        hear: Callable[[T | None], None] | None,
        back: float,
    ) -> None:
        answer = serve()
        self.note(what, "->", answer)
        if hear is not None:
            self.after(back, lambda: hear(answer))

    # -- what must hold -----------------------------------------------------------------------

    def told(self, operation: str) -> Told:
        return self.operations[operation]

    def press(self, operation: str) -> None:
        told = self.operations[operation]
        if told.pressed:
            return
        told.pressed = True
        told.untold = [
            other
            for other in self.operations.values()
            if other is not told
            and other.intent == told.intent
            and other.pressed
            and not other.shown
        ]

    def move(self, operation: str) -> None:
        """Money moves, at the centre."""
        told = self.operations[operation]
        told.moved += 1
        if told.moved > 1:
            raise BrokenPromise(f"S1 money moves twice in {operation}")
        if not (told.pressed and told.confirmed):
            raise BrokenPromise(f"S2 money moves without a confirmation in {operation}")
        if not told.agreed:
            raise BrokenPromise(f"S6 money moves without the spouse's consent in {operation}")
        if told.shown & NOT_DONE:
            raise BrokenPromise(f"S3 money moves after 'not done' in {operation}")
        for other in self.operations.values():
            if other.moved and (other in told.untold or told in other.untold):
                raise BrokenPromise(f"S5 a second move for one intent: {operation}")

    def show(self, operation: str, state: OperationState) -> None:
        """The citizen sees a page that says so."""
        told = self.operations[operation]
        if not state.final:
            return
        told.shown.add(state)
        if state in NOT_DONE and told.moved:
            raise BrokenPromise(f"S3 'not done' is shown of what was done: {operation}")
        if state is OperationState.DONE and not told.moved:
            raise BrokenPromise(f"S4 'done' is shown of what was not: {operation}")
