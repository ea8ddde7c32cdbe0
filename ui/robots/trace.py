"""Writes the shown page and the places of its buttons to a file, for tests that use a mouse.

Once a page stands still, one line of JSON is appended to the file: ``page``, ``ticket``, and
``buttons``, by name the middle of each button on the screen in pixels, ``{"start": [295, 963]}``.
A name is a button's key, or its digit; the label of a button is left out, as it may name a citizen.
"""

from __future__ import annotations

import json
from pathlib import Path

from PySide6.QtCore import QObject, QPointF, QTimer

from ui.current_page import WARMING
from ui.robots.finger import walk
from ui.visit_app import VisitApp

STILL_MS = 40
"""A page stands still once no button has moved for so long."""


class Trace(QObject):
    """Follows the pages of one visit; see the module."""

    def __init__(self, visit_app: VisitApp, file: Path) -> None:
        super().__init__()
        self._visit_app = visit_app
        self._file = file
        self._ticket = WARMING
        self._page = ""
        self._buttons: dict[str, list[int]] = {}
        self._timer = QTimer(self, interval=STILL_MS)
        self._timer.timeout.connect(self._look)
        visit_app.page.pageShown.connect(self._wait)

    def _wait(self, ticket: int, page: str) -> None:
        if ticket != WARMING:
            self._ticket, self._page, self._buttons = ticket, page, {}
            self._timer.start()

    def _look(self) -> None:
        if not self._visit_app.stage.window.isVisible():
            return
        before, self._buttons = self._buttons, self._positions()
        if self._buttons != before:
            return
        self._timer.stop()
        line = {"page": self._page, "ticket": self._ticket, "buttons": self._buttons}
        with self._file.open("a", encoding="utf-8") as file:
            file.write(json.dumps(line, ensure_ascii=False) + "\n")

    def _positions(self) -> dict[str, list[int]]:
        positions: dict[str, list[int]] = {}
        for item in walk(self._visit_app.stage.window.contentItem()):
            if item.isVisible() and item.metaObject().indexOfSignal("clicked()") >= 0:
                text = str(item.property("text") or "")
                name = item.objectName() or (text if len(text) == 1 else "")
                middle = item.mapToGlobal(QPointF(item.width() / 2, item.height() / 2))
                if name:
                    positions.setdefault(name, [round(middle.x()), round(middle.y())])
        return positions


def attach(visit_app: VisitApp, file: str) -> None:
    """Have the buttons of every page of the visit written to ``file``."""
    visit_app.keep(Trace(visit_app, Path(file)))
