"""The ways in that the stand-in centre offers at terminals, and whether each is open now."""

from __future__ import annotations

from threading import Lock

from kiosk.centre.models import CentreWords, WayOffer
from kiosk.workshop.sandbox.bugs import CentreBug
from kiosk.workshop.sandbox.refusals import Refused

_PAUSED = CentreWords(zh="暂停服务", en="Not available now")
_OPEN = (
    "id-card",
    "phone",
    "social-security-card",
    "bank-card",
    "fund-code",
    "sms",
    "password",
    "pin",
    "unit-account",
)
_ON_REQUEST = ("u-key",)
"""What the demo offers only once a lever has opened it: no terminal has a reader for it."""


class WayOffers:
    """The catalogue's ways in, without those that a lever has switched off."""

    def __init__(self, bugs: frozenset[CentreBug] = frozenset()) -> None:
        self._bugs = bugs
        self._lock = Lock()
        self._closed: dict[str, CentreWords] = {}
        self._added: tuple[str, ...] = ()
        self.reset()

    def reset(self) -> None:
        with self._lock:
            self._closed, self._added = {}, ()

    def offers(self) -> tuple[WayOffer, ...]:
        with self._lock:
            return tuple(
                WayOffer(way=way, open=way not in self._closed, because=self._closed.get(way))
                for way in (*_OPEN, *self._added)
            )

    def closed(self, way: str) -> CentreWords | None:
        """Why ``way`` is closed now; None when it is open."""
        with self._lock:
            return self._closed.get(way)

    def switch(self, way: str, *, is_open: bool, because: CentreWords | None) -> None:
        """Close a way with a reason, or open it again. Refuses not-found."""
        if way not in (*_OPEN, *_ON_REQUEST):
            raise Refused("not-found")
        with self._lock:
            if way in _ON_REQUEST:
                self._added = tuple({*self._added, way})
            if is_open:
                self._closed.pop(way, None)
            else:
                self._closed[way] = because or _PAUSED

    def must_be_open(self, way: str) -> None:
        """Refuses way-closed."""
        opens = CentreBug.CLOSED_WAY_OPENS in self._bugs
        if self.closed(way) is not None and not opens:
            raise Refused("way-closed")
