"""Commits confirmed operations at the centre, each once; a state machine without clock or wire.

Words, answers and times go in, actions come out; rows are written through the journal before the
actions that depend on them are given out. The protocol is ``docs/operations.md``: only the centre's
own final state for an id ends an operation here. Silence, a clock, "not found", "drafted",
"confirmed" and "in progress" end nothing.
"""

from __future__ import annotations

import logging
import re
from collections import deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from enum import StrEnum
from random import Random

from kiosk import events
from kiosk.keeper.channel import Login, LoginNoted, Money, Outcome, Taken, Upkeep
from kiosk.operation import Business, OperationState
from kiosk.operations.rows import (
    ENDS,
    REFERENCE,
    JournalEntry,
    JournalEvent,
    JournalUnwritable,
    Written,
)

log = logging.getLogger(__name__)

UNKNOWN_PAUSES_S = (1.0, 2.0, 4.0, 8.0, 15.0, 30.0)
"""Pauses before the questions about an operation of which nothing is known; then ..."""
MINUTE_S = 60.0
"""... each minute, ..."""
HOUR_S = 3600.0
"""... for an hour, ..."""
RARE_S = 600.0
"""... then every ten minutes."""
DAY_S = 86_400.0
ACCEPTED_OFTEN = 10
"""What is in progress is asked about so many times each minute, for a day every ten minutes, then
each hour."""
JITTER = 0.2
"""Every pause is up to a fifth longer or shorter, so that terminals do not ask in step."""
STRANDED_S = 1800.0
"""More than the centre keeps a draft and a confirmation together."""
WARN_S = 600.0
"""After so long in the dark, the operator is told."""
FIRST_ROUND_S = 20.0
"""Longest wait for the first answers after a start, before money services open."""
AGAIN_S = 5.0
"""Pause before the next try to write a journal that cannot be written."""
SILENT_CALLS = 2
"""After so many calls in a row without any answer, the centre counts as silent."""
SHORTLY_S = 0.5
"""Pause of a question that waits for another to be answered."""
ASKED_AT_ONCE = 2
"""Questions on their way at the same time; commits are not counted, and wait for none."""


class CallKind(StrEnum):
    """The two requests of the committer."""

    COMMIT = "commit"
    QUERY = "query"


@dataclass(frozen=True, slots=True)
class SendCall:
    """An action: send this request; every call is answered once by :meth:`Committer.answered`."""

    kind: CallKind
    operation: str


CommitterAction = SendCall | Taken | LoginNoted | Outcome | Money
"""A request to send, or a word for the keeper."""


@dataclass(frozen=True, slots=True)
class CallAnswer:
    """What came of one call. ``heard``: the centre itself has answered, whatever it said.
    ``operation`` and ``state`` are those of the answer, ``missing`` says that it was "not found".
    """

    heard: bool
    operation: str = ""
    state: OperationState | None = None
    reference: str = ""
    missing: bool = False
    retry_after_s: float = 0.0


NO_ANSWER = CallAnswer(heard=False)


class _Open:
    """An operation of the journal that has not ended."""

    def __init__(self, entry: JournalEntry, now: float, *, asked_first: bool) -> None:
        self.entry = entry
        self.asked_first = asked_first  # found at the start: the centre is asked before a commit
        self.calling = False  # a call is on its way
        self.due = now  # when the next call may go
        self.not_before = 0.0  # Retry-After
        self.asked = 0  # questions since it became unknown, or accepted
        self.since = now  # when it became unknown, accepted, or was found
        self.absent_since: float | None = None  # the centre has had nothing to commit since then
        self.told = False  # the operator knows


class Committer:
    """Every operation that this terminal has been asked to commit, and what is to be done.

    ``journal`` is read at once. ``random`` spreads the pauses. Each method takes the monotonic time
    and returns what to do now, in this order. Each raises a doubtful
    :class:`JournalUnwritable`, and is not called again: a committer that reads its journal anew
    takes over, as after a crash.
    """

    def __init__(self, journal: Written, now: float, random: Random) -> None:
        self._journal = journal
        self._random = random
        self._open: dict[str, _Open] = {
            entry.operation: _Open(entry, now, asked_first=True) for entry in journal.unresolved()
        }
        # What was accepted or stranded is asked about too, and nobody waits for it.
        self._round = {
            operation
            for operation, known in self._open.items()
            if known.entry.event not in (JournalEvent.ACCEPTED, JournalEvent.STRANDED)
        }
        self._round_until = now + FIRST_ROUND_S
        self._writable = True
        self._probe_at = 0.0
        self._silences = 0
        self._logins: deque[Login | Upkeep] = deque()  # not written yet, oldest first
        self._money: bool | None = None

    @property
    def unresolved(self) -> dict[str, JournalEvent]:
        """The operations that have not ended, and the latest event of each."""
        return {operation: known.entry.event for operation, known in self._open.items()}

    # -- what comes in ------------------------------------------------------------------------

    def commit(self, operation: str, business: Business, now: float) -> list[CommitterAction]:
        """A visit asks for the commit. ``Taken`` only once that is on the disk, behind everything
        that was told before: the login, the clerk's approval."""
        if known := self._open.get(operation):
            actions: list[CommitterAction] = [Taken(operation)]
            if known.entry.event is JournalEvent.ACCEPTED:
                actions.append(Outcome(operation, OperationState.IN_PROGRESS))
            return actions
        try:
            if ended := self._journal.latest(operation):
                return [Taken(operation), *_ended(ended)]
        except JournalUnwritable as error:
            return self._not_written(error, now)
        actions = self._write_logins(now)
        if self._logins:
            return actions
        entry = JournalEntry(operation, business, JournalEvent.INTENT)
        try:
            self._journal.append(entry)
        except JournalUnwritable as error:
            return [*actions, *self._not_written(error, now)]
        known = self._open[operation] = _Open(entry, now, asked_first=False)
        return [*actions, Taken(operation), *self._step(known, now), *self._money_word()]

    def note(self, word: Login | Upkeep, now: float) -> list[CommitterAction]:
        """Write down what has come of a login, or of maintenance. ``LoginNoted`` only once that is
        on the disk; what cannot be written now waits, in order."""
        self._logins.append(word)
        return self._write_logins(now) if self._writable else []

    def answered(self, call: SendCall, said: CallAnswer, now: float) -> list[CommitterAction]:
        """What came of a call. An answer that names another operation is none."""
        self._hear(said, now)
        self._round.discard(call.operation)
        known = self._open[call.operation]
        known.calling = False
        known.not_before = now + min(max(said.retry_after_s, 0.0), HOUR_S)
        actions = self._written(known, now, lambda: self._learn(known, call, said, now))
        return [*actions, *self._due(now), *self._money_word()]

    def wake(self, now: float) -> list[CommitterAction]:
        """Time has passed."""
        actions: list[CommitterAction] = []
        if not self._writable and now >= self._probe_at:
            actions += self._probe(now)
        if now >= self._round_until:
            self._round.clear()
        actions += self._due(now)
        if self._writable:
            actions += self._write_logins(now)
        return [*actions, *self._money_word()]

    def next_wake(self, now: float) -> float:
        """When :meth:`wake` is to be called next, if nothing else comes before."""
        times = [max(known.due, known.not_before) for known in self._waiting()]
        if not self._writable:
            times.append(self._probe_at)
        elif self._logins:
            times.append(now)
        if self._round:
            times.append(self._round_until)
        return max(now, min(times, default=now + HOUR_S))

    # -- what follows -------------------------------------------------------------------------

    def _learn(
        self, known: _Open, call: SendCall, said: CallAnswer, now: float
    ) -> list[CommitterAction]:
        state = said.state if said.operation == call.operation else None
        if state and state.final:
            return self._end(known, state, said.reference)
        if state is OperationState.IN_PROGRESS:
            return self._accept(known, now)
        if known.entry.event is JournalEvent.ACCEPTED:
            self._ask_later(known, now)  # an answer older than what is known: nothing new
            return []
        if state is OperationState.CONFIRMED and call.kind is CallKind.QUERY:
            return self._send(known)
        self._note_absence(known, state, said, now)
        if known.entry.event is JournalEvent.SENT:
            self._write(known, JournalEvent.UNKNOWN, state=state)
        self._ask_later(known, now)
        return []

    def _end(self, known: _Open, state: OperationState, reference: str) -> list[CommitterAction]:
        self._write(known, ENDS[state], state=state, reference=reference)
        del self._open[known.entry.operation]
        return _ended(known.entry)

    def _accept(self, known: _Open, now: float) -> list[CommitterAction]:
        known.absent_since = None
        new = known.entry.event is not JournalEvent.ACCEPTED
        if new:
            self._write(known, JournalEvent.ACCEPTED, state=OperationState.IN_PROGRESS)
            known.asked, known.since = 0, now
        self._ask_later(known, now)
        operation = known.entry.operation
        return [Outcome(operation, OperationState.IN_PROGRESS)] if new else []

    def _send(self, known: _Open) -> list[CommitterAction]:
        """Write down that a commit may leave, then let it leave."""
        known.absent_since = None
        self._write(known, JournalEvent.SENT, attempt=known.entry.attempt + 1)
        known.asked_first = False
        known.calling = True
        return [SendCall(CallKind.COMMIT, known.entry.operation)]

    def _ask(self, known: _Open) -> list[CommitterAction]:
        if known.entry.event is JournalEvent.SENT:
            # The process, or the journal, failed before the answer to the commit was written down.
            self._write(known, JournalEvent.UNKNOWN)
        known.asked += 1
        known.calling = True
        return [SendCall(CallKind.QUERY, known.entry.operation)]

    def _note_absence(
        self, known: _Open, state: OperationState | None, said: CallAnswer, now: float
    ) -> None:
        """Strand what the centre has had nothing of to commit for half an hour."""
        absent = said.missing or state in (
            OperationState.AWAITING_CONSENT,
            OperationState.DRAFTED,
        )
        if not absent:
            if state is not None:
                known.absent_since = None
            return
        if known.absent_since is None:
            known.absent_since = now
        event = known.entry.event
        if now - known.absent_since >= STRANDED_S and event is not JournalEvent.STRANDED:
            self._write(known, JournalEvent.STRANDED, state=state)
            events.OPERATION_STRANDED.log(log, operation=known.entry.operation)

    # -- when ---------------------------------------------------------------------------------

    def _waiting(self) -> Iterable[_Open]:
        return (known for known in self._open.values() if not known.calling)

    def _due(self, now: float) -> list[CommitterAction]:
        """The calls whose time has come, oldest operation first."""
        actions: list[CommitterAction] = []
        for known in list(self._waiting()):
            if max(known.due, known.not_before) <= now:
                actions += self._step(known, now)
        return actions

    def _step(self, known: _Open, now: float) -> list[CommitterAction]:
        """Commit what nobody has sent yet; ask about everything else."""
        self._warn(known, now)
        if known.entry.event is JournalEvent.INTENT and not known.asked_first:
            return self._written(known, now, lambda: self._send(known))
        out = sum(other.calling for other in self._open.values())
        if out >= ASKED_AT_ONCE:
            known.due = now + SHORTLY_S
            return []
        return self._written(known, now, lambda: self._ask(known))

    def _ask_later(self, known: _Open, now: float) -> None:
        known.due = now + self._pause(known, now) * self._random.uniform(1 - JITTER, 1 + JITTER)

    def _pause(self, known: _Open, now: float) -> float:
        # While the centre is silent, money services are closed: look for its return each minute.
        pause = self._usual_pause(known, now)
        return min(pause, MINUTE_S) if self._silent else pause

    def _usual_pause(self, known: _Open, now: float) -> float:
        """Pause while the centre answers."""
        age = now - known.since
        if known.entry.event is JournalEvent.STRANDED:
            return DAY_S
        if known.entry.event is JournalEvent.ACCEPTED:
            if known.asked < ACCEPTED_OFTEN:
                return MINUTE_S
            return RARE_S if age < DAY_S else HOUR_S
        if known.asked < len(UNKNOWN_PAUSES_S):
            return UNKNOWN_PAUSES_S[known.asked]
        return MINUTE_S if age < HOUR_S else RARE_S

    def _warn(self, known: _Open, now: float) -> None:
        """Tell the operator once of an operation that stays unknown."""
        if known.entry.event is JournalEvent.ACCEPTED or known.told:
            return
        if now - known.since >= WARN_S:
            known.told = True
            events.OPERATION_UNKNOWN.log(log, operation=known.entry.operation)

    # -- the centre and the disk --------------------------------------------------------------

    @property
    def _silent(self) -> bool:
        return self._silences >= SILENT_CALLS

    def _hear(self, said: CallAnswer, now: float) -> None:
        """Note whether the centre answers at all; when it does again, ask about everything."""
        if not said.heard:
            self._silences += 1
            return
        if self._silent:
            for known in self._waiting():
                if known.entry.event is not JournalEvent.STRANDED:
                    known.due = now
        self._silences = 0

    def _write(
        self,
        known: _Open,
        event: JournalEvent,
        *,
        attempt: int | None = None,
        state: OperationState | None = None,
        reference: str = "",
    ) -> None:
        """Write the next row of ``known``; what is known changes only once the row is on the disk.
        Raises :class:`JournalUnwritable`."""
        entry = replace(
            known.entry,
            event=event,
            attempt=known.entry.attempt if attempt is None else attempt,
            state=state,
            reference=reference if re.fullmatch(REFERENCE, reference) else "",
        )
        self._journal.append(entry)
        known.entry = entry
        self._have_written()

    def _written(
        self, known: _Open, now: float, step: Callable[[], list[CommitterAction]]
    ) -> list[CommitterAction]:
        """``step``, or what follows when its row cannot be written: nothing leaves, nothing is
        told, and the same is tried again."""
        try:
            return step()
        except JournalUnwritable as error:
            known.due = now + AGAIN_S
            return self._not_written(error, now)

    def _write_logins(self, now: float) -> list[CommitterAction]:
        """Write what waits, oldest first, until something cannot be written."""
        actions: list[CommitterAction] = []
        while self._logins:
            word = self._logins[0]
            try:
                self._journal.note(word.event, word.id, word.detail)
            except JournalUnwritable as error:
                return [*actions, *self._not_written(error, now)]
            self._logins.popleft()
            actions.append(LoginNoted())
            self._have_written()
        return actions

    def _not_written(self, error: JournalUnwritable, now: float) -> list[CommitterAction]:
        """Close money services and look again soon. Raises a doubtful ``error`` on: there a row may
        fail for ever while the probe, on another page, succeeds."""
        if self._writable or error.doubtful:
            events.JOURNAL_NOT_WRITTEN.log(log, reason=error.reason)
        if error.doubtful:
            raise error
        self._writable = False
        self._probe_at = now + AGAIN_S
        return self._money_word()

    def _probe(self, now: float) -> list[CommitterAction]:
        try:
            self._journal.probe()
        except JournalUnwritable as error:
            return self._not_written(error, now)
        self._have_written()
        return []

    def _have_written(self) -> None:
        """The journal can be written. If it could not be, ``Money`` is said in any case: the keeper
        then passes on once more what was not taken."""
        if not self._writable:
            self._writable = True
            self._money = None

    def _money_word(self) -> list[CommitterAction]:
        """Whether money services may begin, when that has changed."""
        now_open = self._writable and not self._round and not self._silent
        if now_open == self._money:
            return []
        self._money = now_open
        return [Money(now_open)]


def _ended(entry: JournalEntry) -> list[CommitterAction]:
    """The outcome of an operation that has ended."""
    state = next(state for state, event in ENDS.items() if event is entry.event)
    return [Outcome(entry.operation, state, entry.reference)]
