"""The visit's half of an operation: confirm, ask the commit, wait; what decides is the centre.

``deciding`` says what to do next and is told what came of it: it calls nothing, knows no clock but
the given one, and so runs the same in a visit and under a simulated network. The rules are those of
the contract of operations: only the centre's own final state for this operation says done or not
done; silence, a clock, "not found", "drafted" and "confirmed" never do.
"""

from __future__ import annotations

from collections.abc import Callable, Generator
from dataclasses import dataclass
from itertools import chain, repeat
from typing import Literal, Protocol, TypeAlias

from kiosk.operation import Business, OperationState

RETRIES_S = (1.0, 2.0, 4.0)
"""Pauses before the same confirmation is sent again; after the last, the visit cancels."""
TAKEN_S = 3.0
"""Seconds for the committer to say that the commit is written down; then the visit cancels."""
LAST_LOOK_S = 0.2
"""Seconds after ``TAKEN_S`` for what lies on the line unread: a process that stood still has read
nothing meanwhile, and its screen's thread must first pass the word on to the visit's."""
ASK_AGAIN_S = 1.0
"""Pause between two requests for the commit, until the committer has written it down."""
QUERIES_S = (1.0, 2.0, 4.0, 8.0, 15.0)
"""Pauses between questions to the centre for the result; the last pause is repeated."""
PATIENCE_S = 5.0
"""Seconds after the press until 正在提交 becomes 结果确认中."""


# -- what passes between the visit and the committer ----------------------------------------------


@dataclass(frozen=True, slots=True)
class CommitReport:
    """What the committer says of an operation. ``state`` None: the commit is written down and will
    not be forgotten (Taken); else how far the operation has come at the centre (Outcome)."""

    operation: str
    state: OperationState | None = None
    reference: str = ""


class CommitLine(Protocol):
    """The way from the visit to the committer, through the keeper."""

    @property
    def open(self) -> bool:
        """Whether a new operation may begin (the last ``Money`` of the committer)."""

    def commit(self, operation: str, business: Business) -> None:
        """Ask for the commit of a confirmed operation. Returns at once; may be called again."""

    def hear(self, seconds: float) -> CommitReport | None:
        """The next report of the committer; None when none comes within ``seconds``."""


# -- what the visit's half asks for, and what it is told ------------------------------------------


@dataclass(frozen=True, slots=True)
class Send:
    """Send this to the centre, in the session. The reply is a :class:`CentreSaid`, or None for
    everything else that came or did not come."""

    request: Literal["confirmation", "cancellation", "query"]


@dataclass(frozen=True, slots=True)
class CentreSaid:
    """The centre's answer. ``state`` None: the centre refuses; with ``retyped``, it has not
    accepted the evidence, and the citizen may give it again."""

    operation: str = ""
    state: OperationState | None = None
    reference: str = ""
    retyped: bool = False


@dataclass(frozen=True, slots=True)
class RequestCommit:
    """Put the request for the commit on the line to the committer. No reply."""


@dataclass(frozen=True, slots=True)
class Listen:
    """Wait for a report of the committer, ``seconds`` at most: a :class:`CommitReport` or None."""

    seconds: float


@dataclass(frozen=True, slots=True)
class ShowWaiting:
    """Show that the result is not known. ``free``: the citizen may leave, because the operation is
    written down, or can at worst expire. ``accepted``: the centre works on it. No reply."""

    free: bool
    accepted: bool = False
    next_s: float = 0.0  # until the centre is asked again


Act: TypeAlias = Send | RequestCommit | Listen | ShowWaiting
Reply: TypeAlias = CentreSaid | CommitReport | None


@dataclass(frozen=True, slots=True)
class Decision:
    """How ``deciding`` ended: the final ``state``; or None, and the evidence was not accepted: the
    operation is still a draft, and the citizen may give the evidence again."""

    state: OperationState | None
    reference: str = ""


Run: TypeAlias = Generator[Act, Reply, Decision]


def deciding(operation: str, clock: Callable[[], float]) -> Run:
    """Everything from the press on, to the end of ``operation``. ``clock``: monotonic seconds.

    The caller may stop at any point: the committer, the centre's expiry and the next visit finish
    what was begun.
    """
    return _Deciding(operation, clock).run()


def watching(operation: str, clock: Callable[[], float]) -> Run:
    """Wait for the end of an ``operation`` that an earlier visit began and the centre works on."""
    return _Deciding(operation, clock).watch()


def taking_back(operation: str, clock: Callable[[], float]) -> Run:
    """Cancel an ``operation`` that an earlier visit confirmed, and wait for its end: whether it is
    cancelled, only the centre says."""
    return _Deciding(operation, clock).take_back()


class _Deciding:
    def __init__(self, operation: str, clock: Callable[[], float]) -> None:
        self._operation = operation
        self._clock = clock
        self._calm_at = clock() + PATIENCE_S
        self._confirmed = False  # the centre has answered the confirmation with ``confirmed``
        self._accepted = False
        self._taken = False
        self._cancelling = False  # a cancellation was sent, and no usable answer has come

    def run(self) -> Run:
        ended = yield from self._confirm()
        if ended is None and self._confirmed:
            ended = yield from self._hand_over()
        return ended or (yield from self._wait())

    def watch(self) -> Run:
        self._accepted = True
        return self._wait()

    def take_back(self) -> Run:
        return (yield from self._cancel()) or (yield from self._wait())

    # -- the confirmation ---------------------------------------------------------------------

    def _confirm(self) -> Generator[Act, Reply, Decision | None]:
        """Send the confirmation until the centre has answered it, then cancel. None: go on."""
        for pause in (*RETRIES_S, None):
            said = self._ours((yield Send("confirmation")))
            if said is not None:
                if said.retyped:
                    return Decision(None)
                if said.state is None:
                    break  # refused, and other evidence would not help
                self._confirmed = said.state is OperationState.CONFIRMED
                ended = self._know(said.state, said.reference)
                if ended is not None or self._confirmed or self._accepted:
                    return ended
            if pause is not None:
                yield Listen(pause)
        return (yield from self._cancel())

    # -- the commit ---------------------------------------------------------------------------

    def _hand_over(self) -> Generator[Act, Reply, Decision | None]:
        """Ask for the commit until the committer has written it down, then cancel. None: go on."""
        until = self._clock() + TAKEN_S
        while (left := until - self._clock()) > 0:
            yield RequestCommit()
            ended = yield from self._listen_for_taken(min(ASK_AGAIN_S, left))
            if ended is not None or self._taken:
                return ended
        ended = yield from self._listen_for_taken(LAST_LOOK_S)
        if ended is not None or self._taken:
            return ended
        return (yield from self._cancel())

    def _listen_for_taken(self, seconds: float) -> Generator[Act, Reply, Decision | None]:
        """Listen until the commit is written down, for ``seconds`` at most."""
        until = self._clock() + seconds
        while not self._taken and (left := until - self._clock()) > 0:
            ended = yield from self._listen(left)
            if ended is not None:
                return ended
        return None

    def _cancel(self) -> Generator[Act, Reply, Decision | None]:
        """Cancel. The centre's answer alone decides: without one, nothing is known."""
        self._cancelling = True
        return self._learn((yield Send("cancellation")))

    # -- the wait -----------------------------------------------------------------------------

    def _wait(self) -> Run:
        """Listen to the committer, and ask the centre with growing pauses, until it is over."""
        pauses = chain(QUERIES_S, repeat(QUERIES_S[-1]))
        while True:
            due = self._clock() + next(pauses)
            shown = False
            while (left := due - self._clock()) > 0:
                patience = self._calm_at - self._clock()
                calm = self._accepted or self._cancelling or patience <= 0
                if calm and not shown:
                    yield ShowWaiting(free=True, accepted=self._accepted, next_s=left)
                    shown = True
                accepted = self._accepted
                ended = yield from self._listen(left if calm else min(left, patience))
                if ended is not None:
                    return ended
                shown &= accepted == self._accepted
            # An unanswered cancellation is sent again, unless the commit was written down since.
            cancel = self._cancelling and not self._taken
            ended = self._learn((yield Send("cancellation" if cancel else "query")))
            if ended is not None:
                return ended

    def _listen(self, seconds: float) -> Generator[Act, Reply, Decision | None]:
        report = yield Listen(seconds)
        if not isinstance(report, CommitReport) or report.operation != self._operation:
            return None
        self._taken = True
        return self._know(report.state, report.reference)

    # -- what is known ------------------------------------------------------------------------

    def _ours(self, reply: Reply) -> CentreSaid | None:
        """The centre's answer if it is about this operation, or refuses; anything else is none."""
        if not isinstance(reply, CentreSaid):
            return None
        return reply if reply.state is None or reply.operation == self._operation else None

    def _learn(self, reply: Reply) -> Decision | None:
        said = self._ours(reply)
        if said is None or said.state is None:
            return None
        if said.state.rank >= OperationState.CONFIRMED.rank:
            self._cancelling = False
        return self._know(said.state, said.reference)

    def _know(self, state: OperationState | None, reference: str) -> Decision | None:
        if state is not None and state.final:
            return Decision(state, reference)
        self._accepted |= state is OperationState.IN_PROGRESS
        return None
