"""The desk's window: Qt, its engine and its place on the screen."""

from __future__ import annotations

import signal
import socket
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import shiboken6
from PySide6.QtCore import QRect, QSize, QSocketNotifier, QUrl
from PySide6.QtGui import QGuiApplication
from PySide6.QtQml import QQmlApplicationEngine
from PySide6.QtQuick import QQuickWindow

from drivers.emulators.rig import Rig
from ui import fonts
from ui.desk.bridge import Desk
from ui.images import Icons
from ui.translator import Translator
from ui.window import window_size  # also chooses the renderer, which must be before any window

HERE = Path(__file__).parent
MARGIN = 16
TITLE_BAR = 36
"""Height of the title bar that the window manager adds, in pixels."""
LARGEST = QSize(1320, 1010)
SMALLEST = QSize(640, 600)


class Window:
    """The window of ``desk``; :meth:`open` shows the window and starts the desk."""

    def __init__(self, desk: Desk) -> None:
        self.desk = desk
        self._translator = Translator(desk.tongue.language)
        QGuiApplication.installTranslator(self._translator)
        desk.tongue.changed.connect(self._retranslate)
        self._engine = QQmlApplicationEngine()
        self._engine.addImageProvider("icon", Icons())
        self._engine.addImageProvider("out", desk.pictures)
        self._engine.setInitialProperties({"desk": desk})
        self._engine.load(QUrl.fromLocalFile(str(HERE / "DeskWindow.qml")))
        roots = self._engine.rootObjects()
        if not roots:
            raise RuntimeError("the desk's window does not load")
        self.window: QQuickWindow = roots[0]  # type: ignore[assignment]

    def open(self, place: QRect) -> None:
        """Show the window at ``place`` and begin to look at the hardware."""
        self.window.resize(place.size())
        self.window.setFramePosition(place.topLeft())
        self.window.show()
        self.desk.start()

    def _retranslate(self) -> None:
        QGuiApplication.removeTranslator(self._translator)
        self._translator = Translator(self.desk.tongue.language)
        QGuiApplication.installTranslator(self._translator)
        self._engine.retranslate()

    def close(self) -> None:
        """Delete the window and end the desk."""
        self.window.close()
        self.desk.stop()
        QGuiApplication.removeTranslator(self._translator)
        shiboken6.delete(self._engine)  # now: its bindings must not outlive `desk`


def beside(room: QRect, terminal: QSize) -> QRect:
    """The place of the desk's window on a screen with this ``room``.

    The terminal's window stands at the left edge; the desk stands right of it, and overlaps it
    only if the screen is too small for both.
    """
    left = room.left() + MARGIN + terminal.width() + MARGIN
    width = min(LARGEST.width(), max(SMALLEST.width(), room.right() + 1 - MARGIN - left))
    height = min(LARGEST.height(), max(SMALLEST.height(), room.height() - 2 * MARGIN - TITLE_BAR))
    left = min(left, room.right() + 1 - MARGIN - width)
    return QRect(left, room.top() + MARGIN, width, height)


def show(
    rig: Rig, centre: str | None, absent: Mapping[str, str], *, landscape: bool = False
) -> int:
    """Play ``rig`` in a window until it is closed, or until SIGTERM or SIGINT. Returns 0.

    ``centre`` is the base address of the stand-in centre; without one the phone stays empty.
    ``landscape``: the terminal's window is wider than tall, which leaves less room beside it.
    """
    app = QGuiApplication(["kiosk-desk"])
    fonts.use(app)
    window = Window(Desk(rig, centre, absent))
    terminal = QSize(*window_size((1920, 1080) if landscape else (1080, 1920)))
    window.open(beside(app.primaryScreen().availableGeometry(), terminal))
    with _signals(app):
        code = app.exec()
    window.close()
    return code


@contextmanager
def _signals(app: QGuiApplication) -> Iterator[None]:
    """SIGTERM and SIGINT end the application, also those that came while they were blocked.

    Python runs its handlers between bytecodes only, and Qt's loop runs none: a wake-up file
    descriptor tells the loop instead.
    """
    ours, theirs = socket.socketpair()
    with ours, theirs:
        ours.setblocking(False)
        theirs.setblocking(False)
        notifier = QSocketNotifier(ours.fileno(), QSocketNotifier.Type.Read)
        # Quit from the notifier, not from the handler: a quit before the loop runs has no effect.
        notifier.activated.connect(lambda: (ours.recv(64), app.quit()))
        ends = (signal.SIGTERM, signal.SIGINT)
        before = {end: signal.signal(end, lambda number, frame: None) for end in ends}
        wakes = signal.set_wakeup_fd(theirs.fileno())
        blocked = signal.pthread_sigmask(signal.SIG_UNBLOCK, ends)
        try:
            yield
        finally:
            signal.pthread_sigmask(signal.SIG_SETMASK, blocked)
            signal.set_wakeup_fd(wakes)
            for end, handler in before.items():
                signal.signal(end, handler)
            notifier.setEnabled(False)
