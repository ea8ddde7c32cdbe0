"""Growing delays after wrong secrets: the count of each citizen goes on over all visits."""

from __future__ import annotations

import math

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
    """Counts wrong SMS codes, PINs and passwords together: who guesses one guesses the others."""

    def __init__(self, store: Store, clock: Clock) -> None:
        self._store = store
        self._clock = clock

    def must_be_allowed(self, person: str) -> None:
        """Refuses try-later, while the delay after the last wrong try lasts."""
        row = self._store.one("SELECT next FROM wrong_tries WHERE person = ?", person)
        wait = math.ceil(row["next"] - self._clock.ticks()) if row else 0
        if wait > 0:
            raise Refused("try-later", retry_after_s=wait, seconds=wait)

    def wrong(self, person: str) -> None:
        """One more wrong try."""
        row = self._store.one("SELECT many FROM wrong_tries WHERE person = ?", person)
        many = 1 + (row["many"] if row else 0)
        self._store.run(
            "INSERT OR REPLACE INTO wrong_tries VALUES (?, ?, ?)",
            person,
            many,
            self._clock.ticks() + delay_s(many),
        )

    def right(self, person: str) -> None:
        """A right secret: the count begins anew."""
        self._store.run("DELETE FROM wrong_tries WHERE person = ?", person)
