"""The protocol of operations in simulated worlds: nothing breaks, and every seeded bug does."""

import pytest

from tests.simulation import world
from tests.simulation.bugs import BUGS
from tests.simulation.run import simulate
from tests.simulation.world import BrokenPromise

WORLDS = 250
"""Some three thousand operations in two seconds; ``make simulate`` runs a million."""
BUG_SEEDS = 1000


def test_nothing_breaks() -> None:
    assert sum(simulate(seed) for seed in range(WORLDS)) > 2000


def test_a_seed_replays_exactly() -> None:
    for seed in range(20):
        first: list[str] = []
        second: list[str] = []
        simulate(seed, trace=first)
        simulate(seed, trace=second)
        assert first == second


def test_the_rest_of_a_wait_is_less_than_the_clock_of_the_world_can_count() -> None:
    assert simulate(28278) > 0


def test_a_world_whose_time_stands_still_is_broken(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(world, "MOST_EVENTS", 1000)
    still = world.SimWorld(0)

    def again() -> None:
        still.after(0.0, again)

    again()
    with pytest.raises(BrokenPromise, match="time stands still"):
        still.run(1.0)


@pytest.mark.parametrize("bug", BUGS)
def test_a_seeded_bug_is_seen(bug: str) -> None:
    with pytest.raises(BrokenPromise):
        many(bug)


def many(bug: str) -> None:
    for seed in range(BUG_SEEDS):
        simulate(seed, BUGS[bug]())
