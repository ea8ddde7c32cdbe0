"""返回 by replay: the kept answers with which a service runs again from its top."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal


@dataclass(frozen=True, slots=True)
class Entry:
    """One kept result: an answer of the citizen or a device, what the centre gave or refused, a
    value made by ``Visit.once``, or whether a paper came out."""

    value: Any
    kind: Literal["answer", "turn", "device", "look-up", "refusal", "once", "paper"]


class Answers:
    """All results of a service so far, in order. To go back, the visit drops the last answer and
    runs the service again from its top: the service gets the kept results instead of new ones."""

    def __init__(self) -> None:
        self._entries: list[Entry] = []
        self._next = 0
        self.sealed = False
        self.closed = False

    def close(self) -> None:
        """Forget all results and keep none any more: an operation has ended, so that the service
        must not run again with what was known before."""
        self._entries.clear()
        self._next = 0
        self.sealed = self.closed = True

    def rewind(self) -> None:
        self._next = 0

    def replayed(self) -> Entry | None:
        """The next kept entry; None once the service has got all kept entries."""
        if self._next == len(self._entries):
            return None
        self._next += 1
        return self._entries[self._next - 1]

    def keep(self, entry: Entry) -> None:
        if self.closed:
            return
        self._entries.append(entry)
        self._next += 1

    def drop_last_answer(self) -> bool:
        """Drop the last entry of the kind ``answer`` and all entries after it. Without such an
        entry, drop everything and return False."""
        while self._entries:
            if self._entries.pop().kind == "answer":
                return True
        return False
