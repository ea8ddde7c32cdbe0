"""What looks like abuse: noted with its kind, its terminal and its session, and nobody's name."""

from __future__ import annotations

from kiosk.workshop.sandbox.clock import Clock
from kiosk.workshop.sandbox.store import Store


class Alarms:
    """The events that a centre's security watches for."""

    def __init__(self, store: Store, clock: Clock) -> None:
        self._store = store
        self._clock = clock

    def sound(self, kind: str, terminal: str, session: str = "") -> None:
        """Note one event: ``code-replayed``, ``session-replayed``, ``session-elsewhere``,
        ``other-person``, ``face-replayed``, and the rules of 稽核: ``codes-guessed``,
        ``codes-guessed-here``, ``many-operations``, ``cards-changed``, ``shared-payee``,
        ``many-sign-ins``."""
        at = self._clock.now().isoformat()
        self._store.insert(
            "alarm", {"kind": kind, "terminal": terminal, "session": session, "at": at}
        )
