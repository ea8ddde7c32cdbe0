"""Sees at which step each finger comes down: lifted from a later step, it answers nothing."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QEvent, QObject, QTimer
from PySide6.QtGui import QEventPoint, QPointerEvent


class RestingFinger(QObject):
    """An event filter for the window. ``ticket`` tells which step is shown now.

    A palm, a bag or a speck of dirt may lie on the glass for a whole visit: only the finger that is
    lifted is judged, and what no finger answers is never held back.
    """

    def __init__(self, ticket: Callable[[], int]) -> None:
        super().__init__()
        self._ticket = ticket
        self._down: dict[int, int] = {}  # by each finger on the glass, the step at which it came
        self._lifted: set[int] = set()  # the steps of those that the event being delivered lifts

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Note the step under a finger that comes down, until after the finger is lifted."""
        self._lifted.clear()
        if event.type() == QEvent.Type.TouchCancel:
            self._down.clear()
        elif isinstance(event, QPointerEvent):
            for point in event.points():
                self._follow(point)
        return super().eventFilter(watched, event)

    def _follow(self, point: QEventPoint) -> None:
        if point.state() == QEventPoint.State.Pressed:
            self._down[point.id()] = self._ticket()
        elif point.state() == QEventPoint.State.Released:
            self._lifted.add(self._down.pop(point.id(), self._ticket()))
            QTimer.singleShot(0, self._lifted.clear)  # what a timer answers, no finger has

    @property
    def down(self) -> bool:
        """Whether a finger is on the glass."""
        return bool(self._down)

    @property
    def from_before(self) -> bool:
        """Whether the finger that is lifted now came down at an earlier step than the one that is
        shown: the citizen has not pressed anything of this step."""
        return bool(self._lifted - {self._ticket()})
