"""Back by replay: what a service got so far, kept in order, so that it can be run again."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal


@dataclass(frozen=True, slots=True)
class Entry:
    """One thing a service got: an answer, what a look-up gave or refused, or what it made once."""

    value: Any
    kind: Literal["answer", "turn", "device", "look-up", "refusal", "once", "paper"]


class Answers:
    """What a service got so far, in order, so that it can be run again from the top."""

    def __init__(self) -> None:
        self._entries: list[Entry] = []
        self._next = 0
        self.sealed = False

    def rewind(self) -> None:
        self._next = 0

    def replayed(self) -> Entry | None:
        """The next kept entry, or None where the service is new ground."""
        if self._next == len(self._entries):
            return None
        self._next += 1
        return self._entries[self._next - 1]

    def keep(self, entry: Entry) -> None:
        self._entries.append(entry)
        self._next += 1

    def drop_last_answer(self) -> bool:
        """Forget back to before the last real answer; False when there is none."""
        while self._entries:
            if self._entries.pop().kind == "answer":
                return True
        return False
