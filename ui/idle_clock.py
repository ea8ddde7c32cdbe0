"""The clock of a visit: how long nobody has touched the screen, and how long the visit lasts."""

from __future__ import annotations

from math import ceil

from PySide6.QtCore import QEvent, QObject, QTimer, Signal, Slot

from kiosk.settings import VisitLimits
from ui.properties import readable

QML_IMPORT_NAME = "Kiosk"
_TOUCHES = (
    QEvent.Type.TouchBegin,
    QEvent.Type.MouseButtonPress,
    QEvent.Type.KeyPress,
)


AWAY_S = 3
"""Seconds for which nobody must stand before the screen until it is covered: who bends down for
their paper has not gone."""


class IdleClock(QObject):
    """Runs from the first touch to the blank screen; the singleton ``IdleClock`` of QML.

    The idle time counts only on a page that waits for the citizen, and comes in three stretches:
    the page is as always; the page asks whether the citizen is still there; the page is covered.
    After the third the visit ends. In the first and in the third, every touch of the window brings
    the page back and begins the first stretch anew; the question wants an answer (:meth:`stay`).
    When the proximity sensor says that the citizen has stepped away, the page is covered at once.
    """

    changed = Signal()
    timedOut = Signal(str)  # "idle" or "limit"

    def __init__(self, limits: VisitLimits) -> None:
        super().__init__()
        self._timer = QTimer(self, interval=1000)
        self._timer.timeout.connect(self.tick)
        self.arrange_anew(limits)

    def arrange_anew(self, limits: VisitLimits) -> None:
        """Stop, set both times to nought, and take these limits."""
        self._limits = limits
        self._idle_s = self._visit_s = 0
        self._away_s: int | None = None  # since nobody stands there; None: somebody may
        self._begun = self._idles = self._held = self._phone = self._care = False
        self._limited = True
        self._timer.stop()
        self.changed.emit()

    def begin(self, *, limited: bool = True) -> None:
        """The visit begins. A technician's is not ``limited``: it has no longest time, and whoever
        steps behind the machine has not gone."""
        self._begun, self._away_s, self._limited = True, None, limited
        self._timer.start()

    def stop(self) -> None:
        """The visit is over."""
        self._idles = self._begun = False
        self._timer.stop()
        self.changed.emit()

    def turn_to(self, *, idles: bool, awaits_phone: bool = False, goes_on: bool = False) -> None:
        """The screen shows a new page. ``idles``: the page waits for the citizen; ``awaits_phone``:
        the citizen needs their telephone for the answer. ``goes_on``: nobody has touched the page
        before, which another of its kind follows."""
        if not goes_on:
            self._idle_s = 0
        self._idles = idles
        self._phone = awaits_phone
        self.changed.emit()

    def hold(self, held: bool) -> None:
        """``held``: the terminal works on an answer, so the citizen waits and is not idle."""
        self._held = held

    def take_care(self, care: bool) -> None:
        """``care``: the citizen reads large letters, and has more time."""
        self._care = care
        self.changed.emit()

    @Slot(bool)
    def stands_there(self, somebody: bool) -> None:
        """The sensor has seen somebody come, or go. A touch is better evidence: after one, the
        sensor must see somebody come before it is believed again that they went."""
        self._away_s = None if somebody else 0

    def tick(self) -> None:
        """One more second of the visit."""
        self._visit_s += 1
        if self._limited and self._away_s is not None:
            self._away_s += 1
            if self._away_s >= AWAY_S and self._counts() and not self._held:
                self._idle_s = max(self._idle_s, ceil(self._covers_at()) - 1)
        if self._limited and self._visit_s - 1 < self._limits.limit_s <= self._visit_s:
            self.timedOut.emit("limit")  # once: the farewell to a card that lies there outlasts it
        if self._idles and not self._held:
            self._idle_s += 1
            if self._idle_s >= self._ends_at():
                self._timer.stop()
                self.timedOut.emit("idle")
        self.changed.emit()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """See every touch and key on the window. A touch that lifts the cover does nothing else:
        the citizen cannot see yet what lies under their finger."""
        if event.type() in _TOUCHES:
            self._away_s = None
            if self._is_covered():
                self.stay()
                return True
            if self._seconds_left() == 0:
                self._idle_s = 0
        return super().eventFilter(watched, event)

    # -- the three stretches, in seconds of idle time -----------------------------------------

    def _times(self, seconds: float) -> float:
        return seconds * (self._limits.care_factor if self._care else 1.0)

    def _asks_at(self) -> float:
        return self._times(self._limits.phone_s if self._phone else self._limits.idle_s)

    def _covers_at(self) -> float:
        return self._asks_at() + self._times(self._limits.answer_s)

    def _ends_at(self) -> float:
        return self._covers_at() + self._times(self._limits.covered_s)

    def _counts(self) -> bool:
        return self._begun and self._idles

    def _seconds_left(self) -> int:
        asking = self._counts() and self._asks_at() <= self._idle_s < self._covers_at()
        return ceil(self._covers_at() - self._idle_s) if asking else 0

    def _is_covered(self) -> bool:
        return self._counts() and self._idle_s >= self._covers_at()

    def _visit_left(self) -> int:
        left = self._limits.limit_s - self._visit_s
        ends = self._begun and self._limited and 0 < left <= self._limits.limit_warn_s
        return ceil(left) if ends else 0

    secondsLeft = readable(int, lambda self: self._seconds_left(), changed)
    """Seconds until the page is covered, while the page asks; otherwise 0."""
    covered = readable(bool, lambda self: self._is_covered(), changed)
    """Whether the page is covered, because nobody has answered the question."""
    coveredLeft = readable(
        int, lambda self: ceil(self._ends_at() - self._idle_s) if self._is_covered() else 0, changed
    )
    """Seconds until the visit ends, while the page is covered; otherwise 0."""
    visitLeft = readable(int, lambda self: self._visit_left(), changed)
    """Seconds until the longest time of a visit is over, once they are few; otherwise 0."""

    @Slot()
    def stay(self) -> None:
        """The citizen is still there."""
        self._idle_s, self._away_s = 0, None
        self.changed.emit()
