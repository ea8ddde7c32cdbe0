"""The stand-in's complaints: each gets a number and a day until which it is answered."""

from __future__ import annotations

from datetime import timedelta

from kiosk.centre.complaints import Complaint, ComplaintReceipt
from kiosk.workshop.sandbox.clock import Clock
from kiosk.workshop.sandbox.store import Store

ANSWERED_DAYS = 15


class ComplaintDesk:
    """Takes complaints, one receipt a key."""

    def __init__(self, store: Store, clock: Clock) -> None:
        self._store = store
        self._clock = clock

    def take(self, terminal: str, complaint: Complaint) -> ComplaintReceipt:
        """The receipt; the same one for the same key of a terminal. The number to call back stands
        only where the answer is prepared, which the stand-in does not do: it keeps none."""
        today = self._clock.today()
        with self._store.transaction():
            self._store.run(
                "INSERT OR IGNORE INTO complaint (terminal, key, subject, about, call_back) "
                "VALUES (?, ?, ?, ?, ?)",
                terminal,
                complaint.key,
                complaint.subject,
                complaint.about,
                int(complaint.phone is not None),
            )
            row = self._store.one(
                "SELECT id FROM complaint WHERE terminal = ? AND key = ?", terminal, complaint.key
            )
            assert row  # inserted above, in the same transaction
        return ComplaintReceipt(
            number=f"TS{today:%y%m%d}-{row['id']:04}",
            answered_by=today + timedelta(days=ANSWERED_DAYS),
        )
