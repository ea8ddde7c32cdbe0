"""Makes the pages that a standby had made ahead once more, after their look was switched."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from PySide6.QtCore import QObject, QTimer

from kiosk.visit.steps import Step
from ui.current_page import WARMING
from ui.stage import Stage

QUIET_MS = 300
"""Milliseconds from the first frame of a switch or of a step to the making of a page, and from one
to the next: to make a page takes some 15 ms, the menu 30, for which a finger that comes down
then waits."""


class AheadAgain(QObject):
    """Care mode, contrast and language throw the pages away that were made ahead. ``steps`` are
    those of the pages; one is made at a time, while no finger is down and no answer is due."""

    def __init__(self, stage: Stage, steps: Callable[[], Iterable[Step[Any]]]) -> None:
        super().__init__()
        self._page, self._finger = stage.page, stage.finger
        self._steps = steps
        self._left: list[Step[Any]] = []
        self._timer = QTimer(self, singleShot=True, interval=QUIET_MS)
        self._timer.timeout.connect(self._make)
        stage.appearance.changed.connect(self._begin)
        stage.page.pageShown.connect(self._wait)

    def _begin(self) -> None:
        self._left = list(self._steps())
        self._wait()

    def _wait(self) -> None:
        if self._left:
            self._page.on_frame(self._timer.start)

    def _make(self) -> None:
        """Make the next page, or wait on. A page that takes no answer is nobody's: a standby makes
        its pages itself, and after a visit comes another process."""
        if not self._left or self._page.ticket == WARMING:
            return
        at_rest = self._page.idles or not self._page.in_visit
        if at_rest and not self._page.busy and not self._finger.down:
            self._page.make_ahead(self._left.pop(0))
        self._timer.start()
