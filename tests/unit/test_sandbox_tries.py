"""The delays after wrong secrets grow, are each citizen's own, and end with a right one."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from kiosk.workshop.sandbox import seed
from kiosk.workshop.sandbox.clock import Clock
from kiosk.workshop.sandbox.refusals import Refused
from kiosk.workshop.sandbox.store import Store
from kiosk.workshop.sandbox.tries import FREE, LONGEST_S, Tries, delay_s


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    one = Store(tmp_path / "centre.db")
    seed.fill(one)
    yield one
    one.close()


def wait_of(tries: Tries, who: str) -> float:
    """Seconds for which the next try is refused."""
    try:
        tries.must_be_allowed(who)
    except Refused as refused:
        return refused.retry_after_s or 0.0
    return 0.0


def test_each_wrong_try_waits_longer_than_the_one_before(store: Store) -> None:
    clock = Clock(lambda: 0.0)
    tries = Tries(store, clock)
    waited = []
    for _ in range(12):
        assert not tries.weigh("P01", lambda: False)
        waited.append(wait_of(tries, "P01"))
        clock.advance(waited[-1])
        tries.must_be_allowed("P01")
    assert waited[: FREE + 4] == [0, 0, 0, 30, 60, 120, 240]
    assert waited[-1] == LONGEST_S == delay_s(10**6)
    assert wait_of(tries, "P02") == 0
    assert tries.weigh("P01", lambda: True)
    assert not tries.weigh("P01", lambda: False)
    assert wait_of(tries, "P01") == 0
