"""Touches the screen of a visit until the visit has begun, with nothing but what a terminal has."""

from __future__ import annotations

from PySide6.QtCore import QCoreApplication, QEvent, QPointF, Qt, QTimer
from PySide6.QtGui import QMouseEvent

from ui.visit_app import VisitApp

EVERY_MS = 250


def attach(visit_app: VisitApp) -> None:
    """Touch the middle of the first page, which is one large button."""
    window = visit_app.stage.window
    timer = QTimer(visit_app, interval=EVERY_MS)
    left, none = Qt.MouseButton.LeftButton, Qt.MouseButton.NoButton

    def touch() -> None:
        at = QPointF(window.width() / 2, window.height() / 2)
        for kind, held in (
            (QEvent.Type.MouseButtonPress, left),
            (QEvent.Type.MouseButtonRelease, none),
        ):
            event = QMouseEvent(kind, at, at, left, held, Qt.KeyboardModifier.NoModifier)
            QCoreApplication.sendEvent(window, event)

    timer.timeout.connect(touch)
    visit_app.live.connect(timer.start)
    visit_app.page.begun.connect(timer.stop)
