"""A robot in a visit that only presses what it is told: it brings nothing of a citizen along.

``attach`` is told the path of a Unix socket, at which the live visit listens. A line of JSON is an
order, another line its answer: ``{"look": true}`` gives page, ticket, whether an answer is under
way, and the names of the buttons; ``{"press": ["start"]}`` clicks the first button of one of these
names, ``{"type": "123"}`` one button after another.
"""

from __future__ import annotations

import json
import socket
from pathlib import Path
from typing import Any

from PySide6.QtCore import QObject, QSocketNotifier

from ui.robots import finger
from ui.visit_app import VisitApp

_MOST = 1 << 16


class ToldHands(QObject):
    """Listens from the moment its visit is live; serves one caller at a time."""

    def __init__(self, visit_app: VisitApp, path: Path) -> None:
        super().__init__()
        self._visit_app = visit_app
        self._listener = socket.socket(socket.AF_UNIX)
        path.unlink(missing_ok=True)  # the last visit was killed
        self._listener.bind(str(path))
        self._listener.listen()
        self._calls = QSocketNotifier(self._listener.fileno(), QSocketNotifier.Type.Read, self)
        self._calls.activated.connect(self._serve)

    def _serve(self) -> None:
        caller, _ = self._listener.accept()
        with caller, caller.makefile("rwb") as line:
            order = json.loads(line.readline(_MOST))
            try:
                answer = self._obey(order)
            except LookupError as error:
                answer = {"error": str(error)}
            line.write(json.dumps(answer).encode() + b"\n")

    def _obey(self, order: dict[str, Any]) -> dict[str, Any]:
        page, window = self._visit_app.page, self._visit_app.stage.window
        match order:
            case {"press": names}:
                finger.press(window, *names)
            case {"type": text}:
                for digit in text:
                    finger.press(window, digit)
        return {
            "page": page.page,
            "ticket": page.ticket,
            "busy": page.busy,
            "buttons": sorted(self._buttons()),
        }

    def _buttons(self) -> set[str]:
        names = set()
        for item in finger.walk(self._visit_app.stage.window.contentItem()):
            if (
                item.isVisible()
                and item.isEnabled()
                and item.metaObject().indexOfSignal("clicked()") >= 0
            ):
                names |= {str(item.objectName()), str(item.property("text") or "")}
        return names - {""}


def attach(visit_app: VisitApp, path: str) -> None:
    visit_app.live.connect(lambda: visit_app.keep(ToldHands(visit_app, Path(path))))
