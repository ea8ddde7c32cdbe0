"""Keeps the window before the citizen: tells whether it can be seen, and raises a hidden one."""

from __future__ import annotations

import logging

from PySide6.QtCore import QObject
from PySide6.QtGui import QGuiApplication
from PySide6.QtQuick import QQuickWindow

from kiosk import events

log = logging.getLogger(__name__)


class InSight(QObject):
    """Asked about once a second from the screen's thread, while the window should be seen.

    A window that a window manager has hidden is not exposed; a window of a display server that
    draws no more has no new frames. Closing the window is refused in ``ui/Main.qml``.
    """

    def __init__(self, window: QQuickWindow) -> None:
        super().__init__()
        self._window = window
        self._drawn = False
        self._hidden = False
        window.frameSwapped.connect(self._note_frame)

    def look(self) -> bool:
        """Whether the window is exposed and has drawn a frame since the last look. A window that
        cannot be seen, or has lost the keyboard to another one, is raised."""
        seen = self._window.isExposed() and self._drawn
        self._drawn = False
        if not seen and not self._hidden:
            events.SCREEN_HIDDEN.log(log)
        self._hidden = not seen
        if not self._window.isExposed():
            # Qt believes that the window is shown already: only a window that is mapped anew comes
            # back from what the window manager has hidden.
            self._window.hide()
            self._window.showFullScreen()
        if not self._window.isActive():
            if QGuiApplication.platformName() == "xcb":  # Qt's other platforms cannot
                self._window.raise_()
            self._window.requestActivate()
        self._window.update()
        return seen

    def _note_frame(self) -> None:
        self._drawn = True
