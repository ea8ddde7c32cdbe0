"""Sees at which step a finger comes down: lifted from a later step, the finger answers nothing."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QEvent, QObject

_DOWN = frozenset({QEvent.Type.TouchBegin, QEvent.Type.MouseButtonPress})
_UP = frozenset({QEvent.Type.TouchEnd, QEvent.Type.TouchCancel, QEvent.Type.MouseButtonRelease})


class RestingFinger(QObject):
    """An event filter for the window. ``ticket`` tells which step is shown now."""

    def __init__(self, ticket: Callable[[], int]) -> None:
        super().__init__()
        self._ticket = ticket
        self._came_down_at: int | None = None  # None: no finger is down
        self._lifts = False

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Note the step under a finger that comes down, until after the finger is lifted."""
        kind = event.type()
        if self._lifts:
            self._came_down_at, self._lifts = None, False
        if kind in _DOWN:
            self._came_down_at = self._ticket()
        elif kind in _UP:
            self._lifts = True  # a button is pressed while this event is delivered
        return super().eventFilter(watched, event)

    @property
    def down(self) -> bool:
        """Whether a finger is on the glass."""
        return self._came_down_at is not None and not self._lifts

    @property
    def from_before(self) -> bool:
        """Whether the finger came down at an earlier step than the one that is shown: the citizen
        has not pressed anything of this step."""
        return self._came_down_at not in (None, self._ticket())
