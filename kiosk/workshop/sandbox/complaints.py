"""The stand-in's complaints: each gets a number and a day until which it is answered."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from kiosk.centre.complaints import Complaint, ComplaintReceipt
from kiosk.privacy import mask_phone
from kiosk.workshop.sandbox.clock import Clock
from kiosk.workshop.sandbox.refusals import Refused
from kiosk.workshop.sandbox.store import Store

ANSWERED_DAYS = 15


class ComplaintDesk:
    """Takes complaints, one receipt a key."""

    def __init__(self, store: Store, clock: Clock) -> None:
        self._store = store
        self._clock = clock

    def take(self, terminal: str, complaint: Complaint) -> ComplaintReceipt:
        """The receipt; the same one for the same key of a terminal. The number to call back stays
        at the centre, for as long as the answer takes; nobody is shown the whole of it."""
        with self._store.transaction():
            self._store.run(
                "INSERT OR IGNORE INTO complaint "
                "(terminal, key, subject, about, operation, phone, day) "
                "VALUES (?, ?, ?, ?, ?, ?, ?)",
                terminal,
                complaint.key,
                complaint.subject,
                complaint.about,
                complaint.operation,
                complaint.phone.reveal() if complaint.phone else "",
                self._clock.today().isoformat(),
            )
            id_ = self.find(terminal, complaint.key)
        return ComplaintReceipt(
            number=self.number(id_), answered_by=self._day(id_) + timedelta(days=ANSWERED_DAYS)
        )

    def find(self, terminal: str, key: str) -> int:
        """The complaint that ``terminal`` has handed in under ``key``. Refuses not-found."""
        row = self._store.one(
            "SELECT id FROM complaint WHERE terminal = ? AND key = ?", terminal, key
        )
        if row is None:
            raise Refused("not-found")
        return int(row["id"])

    def number(self, id: int) -> str:
        """The number that the citizen quotes."""
        return f"TS{self._day(id):%y%m%d}-{id:04}"

    def _day(self, id: int) -> date:
        row = self._store.one("SELECT day FROM complaint WHERE id = ?", id)
        assert row  # an id that `find` has found
        return date.fromisoformat(row["day"])

    def add_words(self, id: int, words: str) -> None:
        """Keep what somebody has written about their complaint on a phone."""
        self._store.run("UPDATE complaint SET words = ? WHERE id = ?", words, id)

    def listed(self) -> list[dict[str, Any]]:
        """What was complained of, oldest first; the numbers to call back are masked."""
        rows = self._store.all(
            "SELECT subject, about, operation, phone, words FROM complaint ORDER BY id"
        )
        return [
            {**dict(row), "phone": mask_phone(row["phone"]) if row["phone"] else ""} for row in rows
        ]
