"""The visit's half of an operation: what is done next, after every answer and every silence."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from kiosk.operation import OperationState
from kiosk.visit.money import (
    LAST_LOOK_S,
    Act,
    CentreSaid,
    CommitReport,
    Decision,
    Listen,
    Reply,
    RequestCommit,
    Run,
    Send,
    ShowWaiting,
    deciding,
    taking_back,
    watching,
)

ID, OTHER = "7f" * 16, "00" * 16
DONE, REFUSED = OperationState.DONE, OperationState.REFUSED
CONFIRMED, DRAFTED = OperationState.CONFIRMED, OperationState.DRAFTED
IN_PROGRESS, CANCELLED = OperationState.IN_PROGRESS, OperationState.CANCELLED
EXPIRED = OperationState.EXPIRED
CONFIRM, CANCEL, QUERY = Send("confirmation"), Send("cancellation"), Send("query")
TAKEN = CommitReport(ID)
NO_STATE = CentreSaid()
RETYPE = CentreSaid(retyped=True)


def said(state: OperationState, operation: str = ID, reference: str = "") -> CentreSaid:
    return CentreSaid(operation, state, reference)


class Moment:
    """A visit's half that runs under a clock which only its own pauses move."""

    def __init__(self, begin: Callable[[str, Callable[[], float]], Run] = deciding) -> None:
        self.now = 0.0
        self.decision: Decision | None = None
        self.shown: list[ShowWaiting] = []
        self.slow_s = 0.0  # how long the centre takes to answer
        self._run = begin(ID, lambda: self.now)
        self.act: Act | None = next(self._run)

    def reply(self, reply: Reply) -> None:
        try:
            self.act = self._run.send(reply)
        except StopIteration as stop:
            self.act, self.decision = None, stop.value

    def expect(self, send: Send, reply: Reply) -> None:
        """``send`` comes next, after nothing but silence; it is answered by ``reply``."""
        self.skip()
        assert self.act == send
        self.now += self.slow_s
        self.reply(reply)

    def skip(self) -> None:
        """Let the pauses pass in which nothing is heard."""
        while isinstance(self.act, Listen | ShowWaiting | RequestCommit):
            self.silence()

    def silence(self) -> None:
        if isinstance(self.act, Listen):
            assert self.act.seconds > 0
            self.now += self.act.seconds
        elif isinstance(self.act, ShowWaiting):
            self.shown.append(self.act)
        self.reply(None)

    def hear(self, report: CommitReport) -> None:
        """A report of the committer comes as soon as the visit listens."""
        while not isinstance(self.act, Listen):
            assert isinstance(self.act, ShowWaiting | RequestCommit)
            self.silence()
        self.reply(report)

    def requests(self) -> int:
        """How often the commit is asked for, if nothing is heard, before the centre is asked."""
        count = 0
        while isinstance(self.act, Listen | RequestCommit):
            count += isinstance(self.act, RequestCommit)
            self.silence()
        return count


def handed_over() -> Moment:
    """The commit is written down."""
    moment = Moment()
    moment.expect(CONFIRM, said(CONFIRMED))
    assert moment.act == RequestCommit()
    moment.hear(TAKEN)
    return moment


# -- the confirmation -----------------------------------------------------------------------------


def test_confirmed_taken_done() -> None:
    moment = handed_over()
    moment.hear(CommitReport(ID, DONE, "T0001-260115-0042"))
    assert moment.decision == Decision(DONE, "T0001-260115-0042")
    assert moment.now == 0
    assert moment.shown == []


def test_the_same_confirmation_goes_out_after_1_2_and_4_seconds_and_then_the_cancellation() -> None:
    moment = Moment()
    sent = []
    for _ in range(4):
        moment.expect(CONFIRM, None)
        sent.append(moment.now)
    moment.expect(CANCEL, said(CANCELLED))
    assert sent == [0, 1, 3, 7]
    assert moment.decision == Decision(CANCELLED)


@pytest.mark.parametrize(
    "answer",
    [None, said(CONFIRMED, OTHER), said(DRAFTED), said(OperationState.AWAITING_CONSENT)],
    ids=["silence", "another id", "drafted", "awaiting consent"],
)
def test_a_commit_is_asked_only_after_confirmed_for_this_id_was_read(
    answer: CentreSaid | None,
) -> None:
    moment = Moment()
    for _ in range(4):
        moment.expect(CONFIRM, answer)
        assert not isinstance(moment.act, RequestCommit)
    assert moment.act == CANCEL


def test_wrong_evidence_gives_the_draft_back_to_the_citizen() -> None:
    moment = Moment()
    moment.expect(CONFIRM, RETYPE)
    assert moment.decision == Decision(None)


def test_a_refused_confirmation_is_cancelled_and_only_that_answer_decides() -> None:
    moment = Moment()
    moment.expect(CONFIRM, NO_STATE)
    moment.expect(CANCEL, None)
    assert moment.decision is None
    moment.expect(CANCEL, said(CANCELLED))
    assert moment.decision == Decision(CANCELLED)


@pytest.mark.parametrize("state", [EXPIRED, CANCELLED, REFUSED, DONE])
def test_a_final_answer_to_the_confirmation_is_the_end(state: OperationState) -> None:
    moment = Moment()
    moment.expect(CONFIRM, said(state))
    assert moment.decision == Decision(state)


def test_a_confirmation_of_what_is_in_progress_asks_for_no_commit() -> None:
    moment = Moment()
    moment.expect(CONFIRM, said(IN_PROGRESS))
    assert moment.act == ShowWaiting(free=True, accepted=True, next_s=1.0)
    moment.expect(QUERY, said(DONE))
    assert moment.decision == Decision(DONE)


# -- the commit -----------------------------------------------------------------------------------


def test_the_commit_is_asked_for_every_second_and_cancelled_after_three() -> None:
    moment = Moment()
    moment.expect(CONFIRM, said(CONFIRMED))
    assert moment.requests() == 3
    assert moment.now == pytest.approx(3.0 + LAST_LOOK_S)
    assert moment.act == CANCEL
    moment.reply(said(CANCELLED))
    assert moment.decision == Decision(CANCELLED)


@pytest.mark.parametrize("lies", [[TAKEN], [CommitReport(OTHER, IN_PROGRESS), TAKEN]])
def test_a_visit_that_stood_still_reads_what_lies_on_its_line_before_it_cancels(
    lies: list[CommitReport],
) -> None:
    moment = Moment()
    moment.expect(CONFIRM, said(CONFIRMED))
    assert moment.act == RequestCommit()
    moment.silence()
    moment.now += 5.0
    moment.reply(None)
    for report in lies:
        assert isinstance(moment.act, Listen)
        moment.reply(report)
    moment.hear(CommitReport(ID, DONE))
    assert moment.decision == Decision(DONE)


def test_no_taken_is_not_not_done_and_a_commit_that_passed_after_all_is_shown_as_done() -> None:
    """The keeper was silent, and the commit came later: the 13 steps."""
    moment = Moment()
    moment.expect(CONFIRM, said(CONFIRMED))
    moment.requests()
    moment.expect(CANCEL, said(IN_PROGRESS))
    assert moment.decision is None
    moment.expect(QUERY, said(DONE))
    assert moment.decision == Decision(DONE)


def test_an_unanswered_cancellation_is_awaited_and_sent_again() -> None:
    moment = Moment()
    moment.expect(CONFIRM, said(CONFIRMED))
    moment.requests()
    moment.expect(CANCEL, None)
    assert moment.act == ShowWaiting(free=True, next_s=1.0), "page 08, and the citizen may leave"
    moment.expect(CANCEL, said(DRAFTED))  # an old copy: says nothing
    moment.expect(CANCEL, said(CONFIRMED))  # the centre does not cancel it
    moment.expect(QUERY, said(EXPIRED))
    assert moment.decision == Decision(EXPIRED)


def test_a_cancellation_is_not_sent_again_once_the_commit_is_written_down() -> None:
    moment = Moment()
    moment.expect(CONFIRM, said(CONFIRMED))
    moment.requests()
    moment.expect(CANCEL, None)
    moment.hear(TAKEN)
    moment.expect(QUERY, said(DONE))
    assert moment.decision == Decision(DONE)


def test_a_report_about_another_operation_is_no_taken() -> None:
    moment = Moment()
    moment.expect(CONFIRM, said(CONFIRMED))
    moment.hear(CommitReport(OTHER))
    moment.hear(CommitReport(OTHER, DONE))
    moment.requests()
    assert moment.act == CANCEL


def test_an_outcome_without_taken_counts() -> None:
    moment = Moment()
    moment.expect(CONFIRM, said(CONFIRMED))
    moment.hear(CommitReport(ID, REFUSED))
    assert moment.decision == Decision(REFUSED)


# -- the wait -------------------------------------------------------------------------------------


def test_the_centre_is_asked_with_growing_pauses_for_as_long_as_it_takes() -> None:
    moment = handed_over()
    asked = []
    for _ in range(7):
        moment.expect(QUERY, None)
        asked.append(moment.now)
    assert asked == [1, 3, 7, 15, 30, 45, 60]
    assert moment.decision is None, "a silent centre never ends an operation"


@pytest.mark.parametrize(
    "answer",
    [NO_STATE, said(DRAFTED), said(CONFIRMED), said(DONE, OTHER), None],
    ids=["not found", "drafted", "confirmed", "another id", "silence"],
)
def test_not_found_drafted_and_confirmed_say_nothing_about_the_end(
    answer: CentreSaid | None,
) -> None:
    """Old copies answer so while the operation is done at the centre."""
    moment = handed_over()
    for _ in range(5):
        moment.expect(QUERY, answer)
    assert moment.decision is None
    moment.expect(QUERY, said(DONE))
    assert moment.decision == Decision(DONE)


@pytest.mark.parametrize("way", ["committer", "session"])
def test_in_progress_is_not_done(way: str) -> None:
    moment = handed_over()
    if way == "committer":
        moment.hear(CommitReport(ID, IN_PROGRESS))
    else:
        moment.expect(QUERY, said(IN_PROGRESS))
    assert moment.decision is None
    assert isinstance(moment.act, ShowWaiting)
    assert moment.act.accepted
    moment.expect(QUERY, said(CONFIRMED))  # older than what is known
    assert isinstance(moment.act, ShowWaiting)
    assert moment.act.accepted
    moment.hear(CommitReport(ID, REFUSED))
    assert moment.decision == Decision(REFUSED)


def test_after_five_seconds_the_page_says_that_the_result_is_not_known() -> None:
    moment = handed_over()
    moment.slow_s = 0.5
    moment.expect(QUERY, None)
    moment.expect(QUERY, None)
    assert moment.shown == []
    moment.expect(QUERY, None)
    assert [(each.free, each.accepted) for each in moment.shown] == [(True, False)]
    assert moment.shown[0].next_s == pytest.approx(3.0)


def test_a_slow_confirmation_uses_up_the_patience() -> None:
    moment = Moment()
    moment.slow_s = 10.0
    moment.expect(CONFIRM, said(CONFIRMED))
    moment.hear(TAKEN)
    assert isinstance(moment.act, ShowWaiting)


# -- what an earlier visit has left ---------------------------------------------------------------


def test_what_the_centre_works_on_is_waited_for_at_once() -> None:
    moment = Moment(watching)
    assert moment.act == ShowWaiting(free=True, accepted=True, next_s=1.0)
    moment.expect(QUERY, said(REFUSED))
    assert moment.decision == Decision(REFUSED)


def test_what_is_taken_back_is_cancelled_only_by_the_centres_word() -> None:
    moment = Moment(taking_back)
    moment.expect(CANCEL, None)
    moment.expect(CANCEL, said(CANCELLED))
    assert moment.decision == Decision(CANCELLED)


def test_what_is_taken_back_too_late_is_shown_as_it_ends() -> None:
    moment = Moment(taking_back)
    moment.expect(CANCEL, said(IN_PROGRESS))
    moment.expect(QUERY, said(DONE))
    assert moment.decision == Decision(DONE)
