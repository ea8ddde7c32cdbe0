"""Power cuts and bad disks under the real journal; ``make faults`` takes twenty thousand."""

from collections.abc import Callable
from random import Random

import apsw
import pytest

from kiosk.operations.journal import Journal
from tests.crashes.power import CHECKPOINTS, ERRORS, Lost, after_power_cut, record, with_bad_disk


def cuts(seed: int, count: int, spoil: Callable[[Journal], object] | None = None) -> None:
    calls, random = record(seed, spoil), Random(seed)
    for _ in range(count):
        after_power_cut(calls, random)


def test_no_power_cut_loses_what_was_acknowledged() -> None:
    for seed in range(8):
        cuts(seed, 25)


@pytest.mark.parametrize("level", ["NORMAL", "OFF"])
def test_less_than_full_is_seen(level: str) -> None:
    with pytest.raises(Lost):
        cuts(1, 100, lambda journal: journal._connection.execute(f"PRAGMA synchronous={level}"))


@pytest.mark.parametrize("error", ERRORS)
@pytest.mark.parametrize("lasts", [0, 7])
def test_a_disk_that_fails_at_any_change_loses_nothing(
    error: Callable[[], apsw.Error], lasts: int
) -> None:
    for nth in range(1, 60, 3):
        assert with_bad_disk(nth, error, lasts, CHECKPOINTS[nth % 2])
