"""Growing delays after wrong secrets: the count of each citizen or unit goes on over all visits."""

from __future__ import annotations

import math
from collections.abc import Callable

from kiosk.workshop.sandbox.clock import Clock
from kiosk.workshop.sandbox.refusals import Refused
from kiosk.workshop.sandbox.store import Store

FREE = 3
"""Wrong tries in a row before the first delay."""
FIRST_S = 30.0
LONGEST_S = 3600.0


def delay_s(many: int) -> float:
    """Seconds before the next try after so many wrong ones in a row: 0, 0, 0, 30, 60, 120, …"""
    return 0.0 if many <= FREE else min(LONGEST_S, FIRST_S * 2.0 ** min(many - FREE - 1, 20))


class Tries:
    """Counts wrong SMS codes, PINs and passwords of a citizen together, since who guesses one
    guesses the others; and the wrong passwords of each unit's account. ``who``: the id of the
    person, or the number of the account."""

    def __init__(self, store: Store, clock: Clock) -> None:
        self._store = store
        self._clock = clock

    def weigh(self, who: str, is_right: Callable[[], bool]) -> bool:
        """Whether the secret of ``who`` is right, counted. One try is weighed after the other, so
        that nobody has more of them by sending many at once. Refuses try-later."""
        with self._store.transaction():
            self.must_be_allowed(who)
            right = is_right()
            (self._right if right else self._wrong)(who)
        return right

    def must_be_allowed(self, who: str) -> None:
        """Refuses try-later, while the delay after the last wrong try lasts."""
        row = self._store.one("SELECT next FROM wrong_tries WHERE who = ?", who)
        wait = math.ceil(row["next"] - self._clock.ticks()) if row else 0
        if wait > 0:
            raise Refused("try-later", retry_after_s=wait, seconds=wait)

    def _wrong(self, who: str) -> None:
        """One more wrong try."""
        row = self._store.one("SELECT many FROM wrong_tries WHERE who = ?", who)
        many = 1 + (row["many"] if row else 0)
        self._store.run(
            "INSERT OR REPLACE INTO wrong_tries VALUES (?, ?, ?)",
            who,
            many,
            self._clock.ticks() + delay_s(many),
        )

    def _right(self, who: str) -> None:
        """A right secret: the count begins anew."""
        self._store.run("DELETE FROM wrong_tries WHERE who = ?", who)
