"""The committer's state machine over a real journal: what it sends, writes, tells, and when."""

from __future__ import annotations

import itertools
import logging
from collections.abc import Callable, Iterator
from pathlib import Path
from random import Random

import pytest

from kiosk.keeper.channel import Login, LoginNoted, Money, Outcome, Taken
from kiosk.login import LoginEvent
from kiosk.operation import Business, OperationState
from kiosk.operations import committer as committers
from kiosk.operations.committer import (
    NO_ANSWER,
    CallAnswer,
    CallKind,
    Committer,
    CommitterAction,
    SendCall,
)
from kiosk.operations.journal import FILE, Journal, audit_records
from kiosk.operations.rows import DAMAGED, DISK_ERROR, JournalEntry, JournalEvent, JournalUnwritable
from kiosk.upkeep import UpkeepEvent
from tests.logged import logged

A, B, C, D = "a" * 32, "b" * 32, "c" * 32, "d" * 32
KIND = Business.REPAY_LOAN_WITHDRAWAL
DONE, IN_PROGRESS = OperationState.DONE, OperationState.IN_PROGRESS
CONFIRMED, DRAFTED = OperationState.CONFIRMED, OperationState.DRAFTED
MISSING = CallAnswer(heard=True, missing=True)
BUSY = CallAnswer(heard=True, retry_after_s=90.0)


def says(operation: str, state: OperationState, reference: str = "") -> CallAnswer:
    return CallAnswer(heard=True, operation=operation, state=state, reference=reference)


def commit(operation: str) -> SendCall:
    return SendCall(CallKind.COMMIT, operation)


def query(operation: str) -> SendCall:
    return SendCall(CallKind.QUERY, operation)


class CommitterStand:
    """A committer, its journal, and the time, which only the test moves."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.now = 1000.0
        self.start()

    def start(self) -> None:
        self.journal = Journal(self.path)
        self.committer = Committer(self.journal, self.now, Random(7))

    def restart(self) -> list[CommitterAction]:
        self.journal.close()
        self.start()
        return self.committer.wake(self.now)

    def commit(self, operation: str) -> list[CommitterAction]:
        return self.committer.commit(operation, KIND, self.now)

    def answer(self, call: SendCall, said: CallAnswer) -> list[CommitterAction]:
        return self.committer.answered(call, said, self.now)

    def next(self) -> list[CommitterAction]:
        """Let the time pass until the committer does something."""
        while True:
            self.now = max(self.now + 0.001, self.committer.next_wake(self.now))
            if actions := self.committer.wake(self.now):
                return actions

    def next_quiet(self, seconds: float) -> list[CommitterAction]:
        """What the committer does when so long has passed."""
        self.now += seconds
        return self.committer.wake(self.now)

    def event(self, operation: str) -> JournalEvent | None:
        latest = self.journal.latest(operation)
        return latest.event if latest else None


@pytest.fixture
def stand(tmp_path: Path) -> Iterator[CommitterStand]:
    stand = CommitterStand(tmp_path / FILE)
    assert stand.committer.wake(stand.now) == [Money(True)]
    yield stand
    stand.journal.close()


def test_a_commit_that_is_done_at_once(stand: CommitterStand) -> None:
    assert stand.commit(A) == [Taken(A), commit(A)]
    assert stand.event(A) is JournalEvent.SENT
    assert stand.answer(commit(A), says(A, DONE, "R-1")) == [Outcome(A, DONE, "R-1")]
    assert stand.event(A) is JournalEvent.DONE
    assert stand.committer.unresolved == {}
    assert stand.commit(A) == [Taken(A), Outcome(A, DONE, "R-1")], "asked again"


@pytest.mark.parametrize("state", [state for state in OperationState if state.final])
@pytest.mark.parametrize("kind", list(CallKind))
def test_only_a_final_state_ends(
    stand: CommitterStand, state: OperationState, kind: CallKind
) -> None:
    call = stand.commit(A)[1]
    assert isinstance(call, SendCall)
    if kind is CallKind.QUERY:
        assert stand.answer(call, NO_ANSWER) == []
        (call,) = stand.next()
        assert call == query(A)
    assert stand.answer(call, says(A, state)) == [Outcome(A, state)]
    assert stand.event(A) == JournalEvent(state.value)


@pytest.mark.parametrize(
    "said",
    [
        NO_ANSWER,
        BUSY,
        MISSING,
        says(A, DRAFTED),
        says(A, OperationState.AWAITING_CONSENT),
        says(A, CONFIRMED),
        says(B, DONE),  # another operation's answer is none
        says("", DONE),
    ],
)
def test_nothing_else_ends(stand: CommitterStand, said: CallAnswer) -> None:
    stand.commit(A)
    assert stand.answer(commit(A), said) == []
    assert stand.event(A) is JournalEvent.UNKNOWN
    assert stand.next() == [query(A)], "asked, and not sent again"
    assert stand.event(A) is JournalEvent.UNKNOWN


@pytest.mark.parametrize("state", [DRAFTED, OperationState.AWAITING_CONSENT, None])
def test_nothing_to_commit_is_asked_on(stand: CommitterStand, state: OperationState | None) -> None:
    """An old copy of the centre's data, read by a query, says so of an operation that is done."""
    stand.commit(A)
    stand.answer(commit(A), NO_ANSWER)
    (call,) = stand.next()
    assert isinstance(call, SendCall)
    stand.answer(call, says(A, state) if state else MISSING)
    assert stand.event(A) is JournalEvent.UNKNOWN
    (call,) = stand.next()
    assert isinstance(call, SendCall)
    assert stand.answer(call, says(A, DONE)) == [Outcome(A, DONE)]


def test_what_is_still_confirmed_is_committed_again_under_the_same_id(
    stand: CommitterStand,
) -> None:
    stand.commit(A)
    stand.answer(commit(A), NO_ANSWER)
    assert stand.next() == [query(A)]
    assert stand.answer(query(A), says(A, CONFIRMED)) == [commit(A)]
    assert stand.journal.latest(A) == JournalEntry(A, KIND, JournalEvent.SENT, attempt=2)
    assert stand.answer(commit(A), says(A, DONE)) == [Outcome(A, DONE)]


def test_in_progress_is_not_done(stand: CommitterStand) -> None:
    stand.commit(A)
    assert stand.answer(commit(A), says(A, IN_PROGRESS)) == [Outcome(A, IN_PROGRESS)]
    assert stand.event(A) is JournalEvent.ACCEPTED
    assert stand.commit(A) == [Taken(A), Outcome(A, IN_PROGRESS)]
    assert stand.next() == [query(A)]
    for older in (CONFIRMED, DRAFTED):
        assert stand.answer(query(A), says(A, older)) == [], "older than what is known"
        assert stand.event(A) is JournalEvent.ACCEPTED
        assert stand.next() == [query(A)]
    assert stand.answer(query(A), says(A, IN_PROGRESS)) == [], "told once"
    assert stand.next() == [query(A)]
    assert stand.answer(query(A), says(A, OperationState.REFUSED)) == [
        Outcome(A, OperationState.REFUSED)
    ]


def test_one_that_is_unknown_stops_no_other(stand: CommitterStand) -> None:
    stand.commit(A)
    stand.answer(commit(A), MISSING)
    assert stand.commit(B) == [Taken(B), commit(B)]
    assert stand.answer(commit(B), says(B, DONE)) == [Outcome(B, DONE)]


def test_one_that_is_unknown_is_taken_when_asked_for_again(stand: CommitterStand) -> None:
    stand.commit(A)
    assert stand.commit(A) == [Taken(A)], "on its way"
    stand.answer(commit(A), NO_ANSWER)
    assert stand.commit(A) == [Taken(A)]


def test_a_reference_that_is_none_is_not_kept(stand: CommitterStand) -> None:
    stand.commit(A)
    assert stand.answer(commit(A), says(A, DONE, "张三 330")) == [Outcome(A, DONE)]


# -- restarts -----------------------------------------------------------------------------------


def test_a_start_asks_about_everything_first_oldest_first(stand: CommitterStand) -> None:
    for operation in (A, B, C, D):
        stand.journal.append(JournalEntry(operation, KIND, JournalEvent.INTENT))
    stand.journal.append(JournalEntry(B, KIND, JournalEvent.SENT, 1))
    stand.journal.append(JournalEntry(C, KIND, JournalEvent.SENT, 1))
    stand.journal.append(JournalEntry(C, KIND, JournalEvent.UNKNOWN, 1))
    stand.journal.append(JournalEntry(D, KIND, JournalEvent.SENT, 1))
    stand.journal.append(JournalEntry(D, KIND, JournalEvent.ACCEPTED, 1))
    assert stand.restart() == [query(A), query(B), Money(False)]
    assert stand.event(B) is JournalEvent.UNKNOWN, "it may have left"
    assert stand.answer(query(A), says(A, CONFIRMED)) == [commit(A)], "goes on"
    assert stand.answer(query(B), says(B, OperationState.EXPIRED)) == [
        Outcome(B, OperationState.EXPIRED)
    ]
    assert stand.next() == [query(C)]
    assert stand.answer(query(C), NO_ANSWER) == [Money(True)], "one round; D is in progress"
    assert stand.answer(commit(A), says(A, DONE)) == [Outcome(A, DONE)]


def test_the_first_round_lasts_twenty_seconds_at_most(stand: CommitterStand) -> None:
    stand.commit(A)
    assert stand.restart() == [query(A), Money(False)]
    began = stand.now
    assert stand.next() == [Money(True)]
    assert stand.now - began == pytest.approx(committers.FIRST_ROUND_S, abs=0.1)
    assert stand.answer(query(A), says(A, DONE)) == [Outcome(A, DONE)]


def test_an_intent_of_an_earlier_process_is_asked_about_again_after_no_answer(
    stand: CommitterStand,
) -> None:
    stand.journal.append(JournalEntry(A, KIND, JournalEvent.INTENT))
    assert stand.restart() == [query(A), Money(False)]
    assert stand.answer(query(A), NO_ANSWER) == [Money(True)]
    assert stand.event(A) is JournalEvent.INTENT
    assert stand.next() == [query(A)]
    assert stand.answer(query(A), says(A, CONFIRMED)) == [commit(A)]


def test_an_ended_operation_stays_ended_after_a_restart(stand: CommitterStand) -> None:
    stand.commit(A)
    stand.answer(commit(A), says(A, DONE, "R-1"))
    assert stand.restart() == [Money(True)]
    assert stand.commit(A) == [Taken(A), Outcome(A, DONE, "R-1")]


# -- when ---------------------------------------------------------------------------------------


def pauses(stand: CommitterStand, said: CallAnswer, count: int) -> list[float]:
    """The seconds between so many questions that are answered thus."""
    times = [stand.now]
    while len(times) <= count:
        for action in stand.next():
            if isinstance(action, SendCall):
                assert action == query(A)
                times.append(stand.now)
                stand.answer(action, said)
    return [after - before for before, after in itertools.pairwise(times)]


def told(caplog: pytest.LogCaptureFixture, fact: str) -> list[object]:
    """This fact of each event that the committer has logged."""
    return [vars(record)[fact] for record in logged(caplog, "kiosk.operations")]


def near(found: list[float], wanted: list[float]) -> bool:
    return all(
        0.79 * want <= seconds <= 1.21 * want for seconds, want in zip(found, wanted, strict=True)
    )


def test_what_is_unknown_is_asked_about_with_growing_pauses(
    stand: CommitterStand, caplog: pytest.LogCaptureFixture
) -> None:
    stand.commit(A)
    stand.answer(commit(A), CallAnswer(heard=True))
    with caplog.at_level(logging.WARNING):
        found = pauses(stand, CallAnswer(heard=True), 120)
    assert near(found[:8], [1, 2, 4, 8, 15, 30, 60, 60])
    first_rare = next(n for n, seconds in enumerate(found) if seconds > 100)
    assert sum(found[:first_rare]) >= 3600
    assert near(found[first_rare:], [600.0] * len(found[first_rare:]))
    assert len(set(found)) > 100, "terminals do not ask in step"
    assert told(caplog, "operation") == [A], "told once"


def test_what_is_in_progress_is_asked_about_ever_more_rarely(
    stand: CommitterStand, caplog: pytest.LogCaptureFixture
) -> None:
    stand.commit(A)
    stand.answer(commit(A), says(A, IN_PROGRESS))
    with caplog.at_level(logging.WARNING):
        found = pauses(stand, says(A, IN_PROGRESS), 200)
    assert near(found[:9], [60.0] * 9)
    assert sum(seconds < 100 for seconds in found) == committers.ACCEPTED_OFTEN
    hourly = [seconds for seconds in found if seconds > 1000]
    assert near(hourly, [3600.0] * len(hourly))
    assert sum(found) - sum(hourly) == pytest.approx(86400, abs=1200)
    assert told(caplog, "operation") == [], "blocks nothing, worries nobody"


def test_retry_after_is_obeyed(stand: CommitterStand) -> None:
    stand.commit(A)
    stand.answer(commit(A), BUSY)
    assert pauses(stand, BUSY, 2) == pytest.approx([90, 90], abs=0.1)
    assert pauses(stand, CallAnswer(heard=True, retry_after_s=-5.0), 1)[0] < 91
    far = pauses(stand, CallAnswer(heard=True, retry_after_s=1e9), 2)
    assert far[1] == pytest.approx(3600, abs=0.1)


def test_nothing_found_for_half_an_hour_is_stranded(
    stand: CommitterStand, caplog: pytest.LogCaptureFixture
) -> None:
    stand.commit(A)
    stand.answer(commit(A), MISSING)
    with caplog.at_level(logging.ERROR):
        while stand.event(A) is not JournalEvent.STRANDED:
            found = pauses(stand, MISSING, 1)
    assert told(caplog, "operation") == [A]
    found = pauses(stand, MISSING, 3)
    assert near(found, [86400.0] * 3), "asked daily"
    assert stand.commit(B) == [Taken(B), commit(B)], "stops nobody"
    assert stand.answer(commit(B), says(B, DONE)) == [Outcome(B, DONE)]
    assert stand.restart() == [query(A), Money(True)], "nobody waits for it"
    assert stand.answer(query(A), says(A, DONE)) == [Outcome(A, DONE)]


def test_silence_strands_nothing_and_a_state_begins_anew(stand: CommitterStand) -> None:
    stand.commit(A)
    stand.answer(commit(A), MISSING)
    for said in (NO_ANSWER, CallAnswer(heard=True)) * 60:
        pauses(stand, said, 1)
    assert stand.event(A) is JournalEvent.UNKNOWN
    stand.next()
    assert stand.answer(query(A), says(A, CONFIRMED)) == [commit(A)]
    stand.answer(commit(A), MISSING)
    assert stand.event(A) is JournalEvent.UNKNOWN, "half an hour begins anew"


# -- the centre is silent -----------------------------------------------------------------------


def test_a_silent_centre_closes_money_and_its_return_asks_at_once(stand: CommitterStand) -> None:
    stand.commit(A)
    assert stand.answer(commit(A), NO_ANSWER) == [], "one hung commit is no silence"
    assert stand.next() == [query(A)]
    assert stand.answer(query(A), NO_ANSWER) == [Money(False)]
    stand.journal.append(JournalEntry(B, KIND, JournalEvent.INTENT))
    assert stand.commit(C) == [Taken(C), commit(C)]
    stand.answer(commit(C), NO_ANSWER)
    for _ in range(200):
        (call,) = stand.next()
        assert isinstance(call, SendCall)
        before = stand.now
        assert stand.answer(call, NO_ANSWER) == []
    (call,) = stand.next()
    assert isinstance(call, SendCall)
    assert stand.now - before <= 73, "looked for each minute as long as money is closed"
    other = C if call.operation == A else A
    actions = stand.answer(call, says(call.operation, DONE))
    assert actions == [Outcome(call.operation, DONE), query(other), Money(True)]


@pytest.mark.parametrize("event", [JournalEvent.ACCEPTED, JournalEvent.STRANDED])
def test_money_opens_soon_after_a_silence_though_only_rare_questions_are_left(
    stand: CommitterStand, event: JournalEvent
) -> None:
    stand.journal.append(JournalEntry(A, KIND, JournalEvent.INTENT))
    stand.journal.append(JournalEntry(A, KIND, event))
    stand.restart()
    stand.answer(query(A), NO_ANSWER)
    pauses(stand, NO_ANSWER, 2 * committers.ACCEPTED_OFTEN)
    assert near(pauses(stand, NO_ANSWER, 3), [60.0] * 3), "looked for each minute"
    assert stand.next() == [query(A)]
    assert stand.answer(query(A), CallAnswer(heard=True)) == [Money(True)]


def test_what_is_stranded_waits_for_its_day(stand: CommitterStand) -> None:
    stand.journal.append(JournalEntry(A, KIND, JournalEvent.INTENT))
    stand.journal.append(JournalEntry(A, KIND, JournalEvent.STRANDED))
    stand.restart()
    stand.answer(query(A), MISSING)
    stand.commit(B)
    stand.answer(commit(B), NO_ANSWER)
    stand.next()
    stand.answer(query(B), NO_ANSWER)
    stand.next()
    assert stand.answer(query(B), says(B, DONE)) == [Outcome(B, DONE), Money(True)]


# -- the journal cannot be written --------------------------------------------------------------


class Disk:
    """Makes the appending of a journal fail."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.full = False
        self.reason = "disk full"
        append, probe, note = Journal.append, Journal.probe, Journal.note

        def guarded(journal: Journal, entry: JournalEntry) -> None:
            self.check()
            append(journal, entry)

        def guarded_probe(journal: Journal) -> None:
            self.check()
            probe(journal)

        def guarded_note(
            journal: Journal, event: LoginEvent | UpkeepEvent, id: str, detail: str
        ) -> None:
            self.check()
            note(journal, event, id, detail)

        monkeypatch.setattr(Journal, "append", guarded)
        monkeypatch.setattr(Journal, "note", guarded_note)
        monkeypatch.setattr(Journal, "probe", guarded_probe)

    def check(self) -> None:
        if self.full:
            raise JournalUnwritable(self.reason)


@pytest.fixture
def disk(monkeypatch: pytest.MonkeyPatch) -> Disk:
    return Disk(monkeypatch)


def test_what_cannot_be_written_is_not_taken(
    stand: CommitterStand, disk: Disk, caplog: pytest.LogCaptureFixture
) -> None:
    disk.full = True
    with caplog.at_level(logging.ERROR):
        assert stand.commit(A) == [Money(False)]
        assert stand.commit(A) == []
    assert told(caplog, "reason") == ["disk full"]
    assert stand.journal.latest(A) is None
    stand.now += committers.AGAIN_S
    assert stand.committer.wake(stand.now) == []
    disk.full = False
    assert stand.next() == [Money(True)]
    assert stand.commit(A) == [Taken(A), commit(A)]


def test_money_is_said_again_once_the_journal_can_be_written_though_the_centre_is_silent(
    stand: CommitterStand, disk: Disk
) -> None:
    """The keeper passes on once more what was not taken, whenever it hears this word."""
    stand.commit(A)
    stand.answer(commit(A), NO_ANSWER)
    stand.next()
    assert stand.answer(query(A), NO_ANSWER) == [Money(False)], "the centre is silent"
    disk.full = True
    assert stand.commit(B) == []
    disk.full = False
    assert [stand.next(), stand.answer(query(A), NO_ANSWER)] == [[query(A)], []]
    assert Money(False) in stand.next(), "the journal is looked after every 5 s"


def test_nothing_leaves_before_it_is_written(stand: CommitterStand, disk: Disk) -> None:
    def fill(entry: JournalEntry, append: Callable[[JournalEntry], None]) -> None:
        append(entry)
        disk.full = True

    append = stand.journal.append
    stand.journal.append = lambda entry: fill(entry, append)  # type: ignore[method-assign]
    assert stand.commit(A) == [Taken(A), Money(False)], "INTENT stands, SENT does not"
    stand.journal.append = append  # type: ignore[method-assign]
    disk.full = False
    actions = stand.next()
    assert set(actions) == {commit(A), Money(True)}


def test_what_cannot_be_looked_up_is_not_taken(
    stand: CommitterStand, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails(_journal: Journal, _operation: str) -> None:
        raise JournalUnwritable("held by another committer")

    monkeypatch.setattr(Journal, "latest", fails)
    assert stand.commit(A) == [Money(False)]


@pytest.mark.parametrize("reason", [DAMAGED, DISK_ERROR])
def test_a_journal_in_doubt_is_not_waited_for(
    stand: CommitterStand, disk: Disk, reason: str, caplog: pytest.LogCaptureFixture
) -> None:
    """Its probe, on another page, may succeed: money services would open again and again, and every
    citizen would give all evidence in vain."""
    stand.commit(A)
    disk.full, disk.reason = True, reason
    steps: list[Callable[[], object]] = [
        lambda: stand.commit(B),
        lambda: stand.answer(commit(A), says(A, DONE)),
        lambda: stand.committer.note(Login(LoginEvent.ENDED, D, "left"), stand.now),
    ]
    for step in steps:
        with pytest.raises(JournalUnwritable):
            step()
    assert told(caplog, "reason") == [reason] * len(steps)


def test_a_full_disk_may_turn_out_damaged(stand: CommitterStand, disk: Disk) -> None:
    disk.full = True
    assert stand.commit(A) == [Money(False)]
    disk.reason = DAMAGED
    with pytest.raises(JournalUnwritable):
        stand.next_quiet(committers.AGAIN_S)


def logins(stand: CommitterStand) -> list[str]:
    records = list(audit_records(stand.journal._connection))
    return [f"{record.kind} {record.detail}" for record in records if record.subject == D]


def test_logins_stand_in_the_audit_log_once_they_are_noted(stand: CommitterStand) -> None:
    assert stand.committer.note(Login(LoginEvent.BEGUN, D, "id-card"), stand.now) == [LoginNoted()]
    assert logins(stand) == ["login-begun id-card"]


def test_logins_that_cannot_be_written_wait_in_their_order(
    stand: CommitterStand, disk: Disk
) -> None:
    disk.full = True
    first, second = Login(LoginEvent.BEGUN, D, "sms"), Login(LoginEvent.ENDED, D, "left")
    assert stand.committer.note(first, stand.now) == [Money(False)]
    assert stand.committer.note(second, stand.now) == []
    assert stand.next_quiet(committers.AGAIN_S) == []
    disk.full = False
    assert stand.next() == [LoginNoted(), LoginNoted(), Money(True)]
    assert logins(stand) == ["login-begun sms", "login-ended left"]


def test_logins_that_wait_are_written_as_soon_as_a_row_could_be(
    stand: CommitterStand, disk: Disk
) -> None:
    stand.commit(A)
    disk.full = True
    stand.committer.note(Login(LoginEvent.ENDED, D, "left"), stand.now)
    disk.full = False
    stand.answer(commit(A), says(A, DONE))
    assert stand.committer.next_wake(stand.now) == stand.now
    assert stand.committer.wake(stand.now) == [LoginNoted()]


def test_a_commit_is_written_behind_the_logins_that_wait(stand: CommitterStand, disk: Disk) -> None:
    disk.full = True
    stand.committer.note(Login(LoginEvent.APPROVED, D, "clerk:6031"), stand.now)
    assert stand.commit(D) == []
    disk.full = False
    assert stand.commit(D) == [LoginNoted(), Taken(D), commit(D), Money(True)]
    assert logins(stand) == ["login-approved clerk:6031", "operation intent:0", "operation sent:1"]


def test_what_has_ended_is_told_though_a_login_waits(stand: CommitterStand, disk: Disk) -> None:
    stand.commit(A)
    stand.answer(commit(A), says(A, DONE))
    disk.full = True
    stand.committer.note(Login(LoginEvent.ENDED, D, "left"), stand.now)
    assert stand.commit(A) == [Taken(A), Outcome(A, DONE)]


@pytest.mark.parametrize("state", [DONE, IN_PROGRESS, None])
def test_an_answer_that_cannot_be_written_is_not_told(
    stand: CommitterStand, disk: Disk, state: OperationState | None
) -> None:
    stand.commit(A)
    disk.full = True
    said = says(A, state) if state else MISSING
    assert stand.answer(commit(A), said) == [Money(False)]
    assert stand.event(A) is JournalEvent.SENT
    stand.now += 2 * committers.AGAIN_S
    assert stand.committer.wake(stand.now) == [], "not even a question"
    disk.full = False
    while query(A) not in (actions := stand.next()):
        assert set(actions) <= {Money(True)}
    assert stand.event(A) is JournalEvent.UNKNOWN
    assert stand.answer(query(A), says(A, DONE))[0] == Outcome(A, DONE)
