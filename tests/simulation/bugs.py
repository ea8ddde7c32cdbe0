"""Seeded bugs: what a developer might do. A green simulation counts only when each turns it red."""

from __future__ import annotations

from collections.abc import Callable, Generator
from dataclasses import replace
from typing import Any

from kiosk.keeper.channel import Taken
from kiosk.operation import Business, OperationState
from kiosk.operations.committer import (
    CallAnswer,
    CallKind,
    Committer,
    CommitterAction,
    SendCall,
    _Open,
)
from kiosk.operations.rows import JournalEntry, JournalEvent, JournalUnwritable
from kiosk.visit.money import Act, Decision, Reply, _Deciding
from tests.simulation.centre import (
    AWAITS,
    CANCELLED,
    CONFIRMED,
    DONE,
    DRAFTED,
    EXPIRED,
    IN_PROGRESS,
    REFUSED,
    CentreWord,
    ModelCentre,
    ModelOperation,
)
from tests.simulation.disk import SimJournal
from tests.simulation.places import Parts

# -- the journal and the committer ----------------------------------------------------------------


class NoFsync(SimJournal):
    """The journal is written without fsync: the kernel syncs when it likes."""

    def sync(self) -> None:
        if self._world.random.random() < 0.3:
            super().sync()


class OpensUnsynced(SimJournal):
    """A committer believes the rows that it finds without syncing them."""

    def open(self) -> None:
        pass


class NoSent(Committer):
    """INTENT only: nothing says that a commit may have left."""

    def _send(self, known: _Open) -> list[CommitterAction]:
        known.asked_first = False
        known.calling = True
        return [SendCall(CallKind.COMMIT, known.entry.operation)]


class WritesAfterTheAnswer(Committer):
    """Taken and the commit first, the journal after the centre's answer."""

    def commit(self, operation: str, business: Business, now: float) -> list[CommitterAction]:
        if operation in self._open or self._journal.latest(operation):
            return super().commit(operation, business, now)
        entry = JournalEntry(operation, business, JournalEvent.INTENT)
        known = self._open[operation] = _Open(entry, now, asked_first=False)
        known.calling = True
        return [Taken(operation), SendCall(CallKind.COMMIT, operation)]

    def _write(self, known: _Open, event: JournalEvent, **more: Any) -> None:
        if self._journal.latest(known.entry.operation) is None:
            self._journal.append(replace(known.entry, event=JournalEvent.INTENT))
        super()._write(known, event, **more)


class SentMeansFailed(Committer):
    """SENT found at the start is closed as refused."""

    def __init__(self, journal: SimJournal, now: float, random: Any) -> None:
        for entry in journal.unresolved():
            if entry.event is JournalEvent.SENT:
                try:
                    journal.append(replace(entry, event=JournalEvent.REFUSED, state=REFUSED))
                except JournalUnwritable:
                    continue
        super().__init__(journal, now, random)


class TimeoutMeansFailed(Committer):
    """A commit without an answer is closed as refused."""

    def _learn(
        self, known: _Open, call: SendCall, said: CallAnswer, now: float
    ) -> list[CommitterAction]:
        if call.kind is CallKind.COMMIT and not said.heard:
            return self._end(known, REFUSED, "")
        return super()._learn(known, call, said, now)


def ends(*, when: Callable[[SendCall, CallAnswer], bool], state: OperationState) -> type[Committer]:
    """A committer that takes some answers for an end."""

    class Ends(Committer):
        def _learn(
            self, known: _Open, call: SendCall, said: CallAnswer, now: float
        ) -> list[CommitterAction]:
            if when(call, said):
                return self._end(known, state, "")
            return super()._learn(known, call, said, now)

    return Ends


class UnknownNotResumed(Committer):
    """What was unknown lives in memory only: after a start nobody asks."""

    def __init__(self, journal: SimJournal, now: float, random: Any) -> None:
        super().__init__(journal, now, random)
        for operation, event in self.unresolved.items():
            if event in (JournalEvent.SENT, JournalEvent.UNKNOWN):
                del self._open[operation]
                self._round.discard(operation)

    def answered(self, call: SendCall, said: CallAnswer, now: float) -> list[CommitterAction]:
        return super().answered(call, said, now) if call.operation in self._open else []


class AnOlderAnswerCounts(Committer):
    """An answer that is older than what is known takes the journal back."""

    def _learn(
        self, known: _Open, call: SendCall, said: CallAnswer, now: float
    ) -> list[CommitterAction]:
        old = said.missing or said.state in (CONFIRMED, DRAFTED)
        if known.entry.event is JournalEvent.ACCEPTED and old:
            self._write(known, JournalEvent.UNKNOWN)
        return super()._learn(known, call, said, now)


class OtherIdBelieved(Committer):
    """Whatever an answer is about, it is taken for the answer to the question."""

    def _learn(
        self, known: _Open, call: SendCall, said: CallAnswer, now: float
    ) -> list[CommitterAction]:
        return super()._learn(known, call, replace(said, operation=call.operation), now)


class BelievesDrafted(Committer):
    """Nothing to commit, so not done."""

    def _learn(
        self, known: _Open, call: SendCall, said: CallAnswer, now: float
    ) -> list[CommitterAction]:
        if said.state is DRAFTED:
            return self._end(known, EXPIRED, "")
        return super()._learn(known, call, said, now)


class GivesUp(Committer):
    """An operation that stays unknown for long is no longer asked about."""

    def _pause(self, known: _Open, now: float) -> float:
        return 1e9 if known.asked > 3 else super()._pause(known, now)


# -- the visit ------------------------------------------------------------------------------------

Deciding = Generator[Act, Reply, Decision | None]


class NoTakenMeansNotDone(_Deciding):
    """The committer is silent, so nothing was done."""

    def _hand_over(self) -> Deciding:
        ended = yield from super()._hand_over()
        return ended or (None if self._taken else Decision(CANCELLED))


class OwnClockExpires(_Deciding):
    """The time is over on the terminal's clock, so the operation has expired."""

    def _listen(self, seconds: float) -> Deciding:
        ended = yield from super()._listen(seconds)
        if ended is None and self._clock() - self._calm_at > 60.0:
            return Decision(EXPIRED)
        return ended


class InProgressShownAsDone(_Deciding):
    def _know(self, state: OperationState | None, reference: str) -> Decision | None:
        if state is IN_PROGRESS:
            return Decision(DONE, reference)
        return super()._know(state, reference)


class CancellationNotAwaited(_Deciding):
    """The cancellation was sent, so the operation is cancelled."""

    def _cancel(self) -> Deciding:
        ended = yield from super()._cancel()
        return ended or Decision(CANCELLED)


class LostConfirmationMeansNotDone(_Deciding):
    def _confirm(self) -> Deciding:
        ended = yield from super()._confirm()
        return ended or (None if self._confirmed else Decision(CANCELLED))


class NotFoundShownAsNotDone(_Deciding):
    """An old copy says that there is nothing, or only a draft; so nothing was done."""

    def _learn(self, reply: Reply) -> Decision | None:
        state = getattr(reply, "state", DONE)
        if reply is not None and state in (None, DRAFTED) and self._taken:
            return Decision(CANCELLED)
        return super()._learn(reply)


# -- the centre -----------------------------------------------------------------------------------


class CommitsTwice(ModelCentre):
    """A commit of what is done moves money again."""

    def commit(self, operation: str, place: str) -> CentreWord:
        found = self.operations.get(operation)
        if found and found.state is DONE:
            self.world.move(operation)
        return super().commit(operation, place)


class HandsOverTwice(ModelCentre):
    """A commit of what is in progress hands it to the bank once more."""

    def commit(self, operation: str, place: str) -> CentreWord:
        found = self.operations.get(operation)
        if found and found.state is IN_PROGRESS:
            self.world.after(1.0, lambda: self.finish(found))
        return super().commit(operation, place)


class CommitsDrafts(ModelCentre):
    def commit(self, operation: str, place: str) -> CentreWord:
        found = self.operations.get(operation)
        if found and found.state is DRAFTED:
            self.carry_out(found)
        return super().commit(operation, place)


class CommitsAfter(ModelCentre):
    """A commit still works on what has ended without."""

    late = EXPIRED

    def commit(self, operation: str, place: str) -> CentreWord:
        self.expire()
        found = self.operations.get(operation)
        if found and found.state is self.late and found.confirmed:
            self.carry_out(found)
        return super().commit(operation, place)


class CommitsAfterCancellation(CommitsAfter):
    late = CANCELLED


class ExpiryNotStored(ModelCentre):
    """A query computes that the time is over; a commit does not look."""

    def expire(self) -> None:
        for operation in self.operations.values():
            if operation.state is DRAFTED and self.world.now >= operation.deadline:
                operation.state = EXPIRED

    def word(self, operation: str) -> CentreWord:
        found = self.operations[operation]
        over = found.state is CONFIRMED and self.world.now >= found.deadline
        return CentreWord(operation, EXPIRED if over else found.state)


class CancelSaysYes(ModelCentre):
    """A cancellation says yes to what is in progress, and the bank goes on."""

    def cancel(self, operation: str) -> CentreWord:
        word = super().cancel(operation)
        return replace(word, state=CANCELLED) if word.state is IN_PROGRESS else word


class NoFlightRule(ModelCentre):
    """Any number of one person's operations of one kind at the same time."""

    def in_flight(self, mine: list[ModelOperation]) -> ModelOperation | None:
        return None

    def supersede(self, mine: list[ModelOperation]) -> None:
        pass

    def untold(self, mine: list[ModelOperation]) -> ModelOperation | None:
        return None


class FlightRuleAtConfirmationOnly(ModelCentre):
    def in_flight_at_draft(self, mine: list[ModelOperation]) -> ModelOperation | None:
        return None

    def untold(self, mine: list[ModelOperation]) -> ModelOperation | None:
        return None


class FlightRuleAtDraftOnly(ModelCentre):
    """Two live drafts, and the rule is looked at only when they are drafted."""

    def in_flight_at_confirmation(self, mine: list[ModelOperation]) -> ModelOperation | None:
        return None

    def supersede(self, mine: list[ModelOperation]) -> None:
        pass


class NextBeforeTold(ModelCentre):
    """A next draft although the end of the last was never shown."""

    def untold(self, mine: list[ModelOperation]) -> ModelOperation | None:
        return None


class PhoneRegardless(ModelCentre):
    """The centre's page for phones drafts and confirms whatever the terminals are doing."""

    def draft(self, key: str, person: int, kind: Business, place: str) -> CentreWord:
        self._phone = place == "phone"
        return super().draft(key, person, kind, place)

    def confirm(self, operation: str, *, good: bool) -> CentreWord:
        found = self.operations.get(operation)
        self._phone = found is not None and found.place == "phone"
        return super().confirm(operation, good=good)

    def in_flight(self, mine: list[ModelOperation]) -> ModelOperation | None:
        return None if self._phone else super().in_flight(mine)

    def untold(self, mine: list[ModelOperation]) -> ModelOperation | None:
        return None if self._phone else super().untold(mine)


class ConfirmsWithoutConsent(ModelCentre):
    """What waits for the spouse's consent can be confirmed."""

    def confirmable(self, operation: ModelOperation) -> bool:
        return operation.state in (AWAITS, DRAFTED)


def _parts(**changes: Any) -> Callable[[], Parts]:
    def make() -> Parts:
        parts = Parts()
        for name, part in changes.items():
            assert hasattr(parts, name)
            setattr(parts, name, part)
        return parts

    return make


BUGS: dict[str, Callable[[], Parts]] = {
    # the journal and the committer
    "no fsync": _parts(journal=NoFsync),
    "no sync at the opening": _parts(journal=OpensUnsynced),
    "no SENT": _parts(committer=NoSent),
    "written after the answer": _parts(committer=WritesAfterTheAnswer),
    "the keeper acknowledges": _parts(keeper_acknowledges=True),
    "SENT at the start closed as failed": _parts(committer=SentMeansFailed),
    "time-out closed as failed": _parts(committer=TimeoutMeansFailed),
    "confirmed closed as not done": _parts(
        committer=ends(
            when=lambda call, said: call.kind is CallKind.QUERY and said.state is CONFIRMED,
            state=EXPIRED,
        )
    ),
    "not found closed as not done": _parts(
        committer=ends(when=lambda call, said: said.missing, state=EXPIRED)
    ),
    "UNKNOWN not resumed": _parts(committer=UnknownNotResumed),
    "UNKNOWN given up": _parts(committer=GivesUp),
    "in progress written as DONE": _parts(
        committer=ends(when=lambda call, said: said.state is IN_PROGRESS, state=DONE)
    ),
    "an older answer lowers ACCEPTED": _parts(committer=AnOlderAnswerCounts),
    "another id believed": _parts(committer=OtherIdBelieved),
    # the visit
    "no Taken shown as not done": _parts(deciding=NoTakenMeansNotDone),
    "own clock shows expired": _parts(deciding=OwnClockExpires),
    "in progress shown as done": _parts(deciding=InProgressShownAsDone),
    "cancellation not awaited": _parts(deciding=CancellationNotAwaited),
    "not found shown as not done": _parts(deciding=NotFoundShownAsNotDone),
    "commit asked early, drafted closed": _parts(asks_early=True, committer=BelievesDrafted),
    "no greeting": _parts(greets=False),
    # the centre
    "commit of what is done": _parts(centre=CommitsTwice),
    "commit of what is in progress": _parts(centre=HandsOverTwice),
    "commits drafts, asked early": _parts(centre=CommitsDrafts, asks_early=True),
    "confirms without the spouse, pressed early": _parts(
        centre=ConfirmsWithoutConsent, presses_early=True
    ),
    "commits after expiry": _parts(centre=CommitsAfter),
    "commits after cancellation": _parts(centre=CommitsAfterCancellation),
    "expired computed, not stored": _parts(centre=ExpiryNotStored),
    "cancellation says yes to in progress": _parts(centre=CancelSaysYes),
    "no rule of one in flight": _parts(centre=NoFlightRule),
    "rule only in confirmation": _parts(centre=FlightRuleAtConfirmationOnly),
    "rule only in draft": _parts(centre=FlightRuleAtDraftOnly),
    "next draft before the end was told": _parts(centre=NextBeforeTold),
    "a phone that takes over, regardless": _parts(centre=PhoneRegardless, only_forms=True),
    "forgets an id": _parts(forgets=True),
}
"""Each seeded bug, and the parts of the simulation that have it."""
