"""The protocol of operations in simulated worlds: nothing breaks, and every seeded bug does."""

import pytest

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


@pytest.mark.parametrize("bug", BUGS)
def test_a_seeded_bug_is_seen(bug: str) -> None:
    with pytest.raises(BrokenPromise):
        many(bug)


def many(bug: str) -> None:
    for seed in range(BUG_SEEDS):
        simulate(seed, BUGS[bug]())
