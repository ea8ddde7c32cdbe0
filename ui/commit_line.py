"""The visit's way to the committer: the words on the channel to the keeper."""

from __future__ import annotations

from queue import Empty, SimpleQueue

from kiosk.keeper.channel import Commit, Money, Outcome, Taken, VisitEnd
from kiosk.operation import Business
from kiosk.visit.money import CommitReport


class KeeperCommitLine:
    """A :class:`kiosk.visit.money.CommitLine`. The screen's thread passes on what it hears; the
    visit's thread asks and listens."""

    def __init__(self, channel: VisitEnd) -> None:
        self._channel = channel
        self._reports: SimpleQueue[CommitReport] = SimpleQueue()
        self._open = False

    @property
    def open(self) -> bool:
        """False until the committer has said that new operations may begin."""
        return self._open

    def commit(self, operation: str, business: Business) -> None:
        """A word that does not go out is sent again: the visit asks until it hears ``Taken``."""
        self._channel.send(Commit(operation, business))

    def hear(self, seconds: float) -> CommitReport | None:
        try:
            return self._reports.get(timeout=seconds) if seconds > 0 else self._reports.get_nowait()
        except Empty:
            return None

    def take(self, word: Taken | Outcome | Money) -> None:
        """A word of the committer has come through the keeper."""
        match word:
            case Taken(id):
                self._reports.put(CommitReport(id))
            case Outcome(id, state, reference):
                self._reports.put(CommitReport(id, state, reference))
            case Money(open):
                self._open = open
