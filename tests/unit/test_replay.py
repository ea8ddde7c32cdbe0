"""What a service got so far: fed again in order, dropped back to the last real answer."""

from __future__ import annotations

import dataclasses

import pytest

from kiosk.visit.replay import Answers, Entry


def test_new_ground_has_nothing_to_replay() -> None:
    answers = Answers()
    assert answers.replayed() is None
    answers.keep(Entry("a", "answer"))
    assert answers.replayed() is None, "what was just kept is not replayed in the same run"


def test_a_replay_gives_everything_once_and_in_order() -> None:
    answers = Answers()
    kept = [Entry("a", "answer"), Entry(ValueError(), "refusal"), Entry(3, "look-up")]
    for entry in kept:
        answers.keep(entry)
    for _ in range(2):
        answers.rewind()
        assert [answers.replayed() for _ in kept] == kept
        assert answers.replayed() is None


def test_a_replay_goes_on_where_the_last_run_stopped() -> None:
    answers = Answers()
    answers.keep(Entry("a", "answer"))
    answers.rewind()
    assert answers.replayed() == Entry("a", "answer")
    answers.keep(Entry("b", "answer"))
    assert answers.replayed() is None
    answers.rewind()
    assert [answers.replayed(), answers.replayed()] == [Entry("a", "answer"), Entry("b", "answer")]


def test_back_drops_the_last_answer_and_all_that_came_of_it() -> None:
    answers = Answers()
    for entry in (
        Entry("a", "answer"),
        Entry(1, "look-up"),
        Entry("b", "answer"),
        Entry(2, "look-up"),
        Entry("next page", "turn"),
        Entry("key", "once"),
    ):
        answers.keep(entry)
    assert answers.drop_last_answer()
    answers.rewind()
    assert [answers.replayed() for _ in range(3)] == [
        Entry("a", "answer"),
        Entry(1, "look-up"),
        None,
    ]
    assert answers.drop_last_answer()
    assert not answers.drop_last_answer(), "nothing is left to go back to"
    answers.rewind()
    assert answers.replayed() is None


def test_what_was_kept_does_not_change() -> None:
    with pytest.raises(dataclasses.FrozenInstanceError):
        Entry("a", "answer").value = "b"  # type: ignore[misc]  # frozen


def test_nothing_is_sealed_before_paper_is_under_way() -> None:
    assert not Answers().sealed
