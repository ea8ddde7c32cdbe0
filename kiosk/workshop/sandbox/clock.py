"""The demo's time: a business day that never ends, and a clock of the seconds that really pass."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import date, datetime, timedelta, timezone

from kiosk.workshop.sandbox.seed import BUSINESS_DAY

_ZONE = timezone(timedelta(hours=8))  # Asia/Shanghai has no summer time
_MORNING = datetime(BUSINESS_DAY.year, BUSINESS_DAY.month, BUSINESS_DAY.day, 10, tzinfo=_ZONE)
_SHIFT_S = 8 * 3600


class Clock:
    """``now`` runs from 10:00 on the business day for eight hours and then starts again at 10:00,
    so that a demo may run for weeks. ``ticks`` gives seconds that only go forward; a lever may move
    them on."""

    def __init__(self, ticks: Callable[[], float] = time.monotonic) -> None:
        self._ticks = ticks
        self._ahead = 0.0
        self._start = ticks()

    def ticks(self) -> float:
        return self._ticks() + self._ahead

    def advance(self, seconds: float) -> None:
        """Let ``seconds`` pass at once: codes, drafts and confirmations expire."""
        self._ahead += seconds

    def now(self) -> datetime:
        """The centre's business time, to the second, with offset +08:00."""
        return _MORNING + timedelta(seconds=int(self.ticks() - self._start) % _SHIFT_S)

    def today(self) -> date:
        return BUSINESS_DAY
