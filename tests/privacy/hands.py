"""A robot in a visit that only presses what it is told: it brings nothing of a citizen along.

``attach`` is told the path of a Unix socket, at which the live visit listens. A line of JSON is an
order, another line its answer, which tells what is seen then (:class:`tests.privacy.stand.Sight`).
``{"look": true}`` does nothing, ``{"press": ["start"]}`` clicks the first button of one of these
names, ``{"type": "123"}`` one button after another.
"""

from __future__ import annotations

import json
import socket
from pathlib import Path
from typing import Any

from PySide6.QtCore import QObject, QSocketNotifier
from PySide6.QtGui import QGuiApplication

from ui.face_preview import FacePreview
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
            "secret": bool(getattr(page.shows, "secret", False)),
            "least": int(getattr(page.shows, "least", 0)),
            "most": int(getattr(page.shows, "most", 0)),
            "says": str(getattr(page.shows, "say", "")),
            "title": window.title(),
            "copied": QGuiApplication.clipboard().text(),
            "code": list(getattr(page.shows, "rows", ())) if page.page == "PhoneCodePage" else [],
            "buttons": self._buttons(),
            "preview": self._preview(),
        }

    def _preview(self) -> list[int]:
        """Where the screen shows the middle of what the camera sees: left, top, width, height."""
        for item in finger.walk(self._visit_app.stage.window.contentItem()):
            if isinstance(item, FacePreview) and item.isVisible():
                seen = item.mapRectToScene(item.boundingRect())
                wide, high = round(seen.width() / 2), round(seen.height() / 2)
                return [round(seen.x()) + wide // 2, round(seen.y()) + high // 2, wide, high]
        return []

    def _buttons(self) -> list[str]:
        """The names of what can be pressed, or the texts where nothing has a name, from the top."""
        names = []
        for item in finger.walk(self._visit_app.stage.window.contentItem()):
            pressed = item.metaObject().indexOfSignal("clicked()") >= 0
            if pressed and item.isVisible() and item.isEnabled():
                names.append(str(item.objectName() or item.property("text") or ""))
        return names


def attach(visit_app: VisitApp, path: str) -> None:
    visit_app.live.connect(lambda: visit_app.keep(ToldHands(visit_app, Path(path))))
