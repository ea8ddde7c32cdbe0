"""The clock of a visit: how long nobody has touched the screen, and how long the visit lasts."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QObject, QTimer, Signal, Slot

from kiosk.settings import VisitLimits
from ui.qml_types import readable

QML_IMPORT_NAME = "Kiosk"
_TOUCHES = (
    QEvent.Type.TouchBegin,
    QEvent.Type.MouseButtonPress,
    QEvent.Type.KeyPress,
)


class IdleClock(QObject):
    """Runs from the first touch to the blank screen; the singleton ``IdleClock`` of QML.

    The idle time counts only on a page that waits for the citizen. Every touch of the window sets
    it to nought; once the page shows the warning, only :meth:`stay` does.
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
        self._begun = self._idles = self._held = False
        self._timer.stop()
        self.changed.emit()

    def begin(self) -> None:
        """The visit begins."""
        self._begun = True
        self._timer.start()

    def stop(self) -> None:
        """The visit is over."""
        self._idles = False
        self._timer.stop()
        self.changed.emit()

    def turn_to(self, *, idles: bool) -> None:
        """The screen shows a new page; ``idles``: the page waits for the citizen."""
        self._idle_s = 0
        self._idles = idles
        self.changed.emit()

    def hold(self, held: bool) -> None:
        """``held``: the terminal works on an answer, so the citizen waits and is not idle."""
        self._held = held

    def tick(self) -> None:
        """One more second of the visit."""
        self._visit_s += 1
        if self._visit_s >= self._limits.limit_s:
            self.timedOut.emit("limit")
            return
        if not self._idles or self._held:
            return
        self._idle_s += 1
        if self._idle_s >= self._limits.idle_s:
            self._timer.stop()
            self.timedOut.emit("idle")
        self.changed.emit()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """See every touch and key on the window."""
        if event.type() in _TOUCHES and self._idle_s > 0 and self._seconds_left() == 0:
            self._idle_s = 0
        return super().eventFilter(watched, event)

    def _seconds_left(self) -> int:
        left = self._limits.idle_s - self._idle_s
        warned = self._begun and self._idles and 0 <= left <= self._limits.warn_s
        return int(left) if warned else 0

    secondsLeft = readable(int, lambda self: self._seconds_left(), changed)
    """Seconds until the idle visit ends, while the page shows the warning; otherwise 0."""

    @Slot()
    def stay(self) -> None:
        """The citizen is still there."""
        self._idle_s = 0
        self.changed.emit()
