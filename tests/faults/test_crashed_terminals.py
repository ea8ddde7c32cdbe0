"""Whole terminals under kills, against the stand-in centre; ``make faults`` runs many."""

from pathlib import Path

import pytest

from tests.crashes.terminals import BrokenTerminal, run_round


@pytest.mark.soak
def test_no_kill_moves_money_twice_or_loses_an_operation(tmp_path: Path) -> None:
    counted = run_round(tmp_path, 1, 13)
    assert counted["operations"] > 0


@pytest.mark.soak
def test_a_seeded_bug_is_seen(tmp_path: Path) -> None:
    with pytest.raises(BrokenTerminal):
        run_round(tmp_path, 1, 26, bug="in progress written as DONE")
