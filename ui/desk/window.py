"""The desk's window: Qt, its engine and its place on the screen."""

from __future__ import annotations

import signal
import socket
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import shiboken6
from PySide6.QtCore import QRect, QSize, QSocketNotifier, QUrl
from PySide6.QtGui import QFont, QGuiApplication
from PySide6.QtQml import QQmlApplicationEngine
from PySide6.QtQuick import QQuickWindow

from drivers.emulators.rig import Rig
from ui.desk.bridge import Desk
from ui.images import Icons
from ui.stage import window_size  # also chooses the renderer, which must be before any window

HERE = Path(__file__).parent
MARGIN = 16
TITLE_BAR = 36
"""Left for the frame that the window manager puts around."""
LARGEST = QSize(1320, 1010)
SMALLEST = QSize(640, 600)


class Window:
    """The window over ``desk``; it is shown and its desk started by :meth:`open`."""

    def __init__(self, desk: Desk) -> None:
        self.desk = desk
        self._engine = QQmlApplicationEngine()
        self._engine.addImageProvider("icon", Icons())
        self._engine.addImageProvider("out", desk.pictures)
        self._engine.setInitialProperties({"desk": desk})
        self._engine.load(QUrl.fromLocalFile(str(HERE / "Desk.qml")))
        roots = self._engine.rootObjects()
        if not roots:
            raise RuntimeError("the desk's window does not load")
        self.window: QQuickWindow = roots[0]  # type: ignore[assignment]

    def open(self, place: QRect) -> None:
        """Show it at ``place`` and begin to look at the hardware."""
        self.window.resize(place.size())
        self.window.setFramePosition(place.topLeft())
        self.window.show()
        self.desk.start()

    def close(self) -> None:
        """Take the window away, for good, and end the desk."""
        self.window.close()
        self.desk.stop()
        shiboken6.delete(self._engine)  # now: what it shows must not outlive what it is bound to


def beside(room: QRect, terminal: QSize) -> QRect:
    """Where the desk goes on a screen with this ``room``: right of a terminal's window of this
    size, which stands at the left edge; over it only where the screen is too small for both.
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

    ``centre`` is the base address of the stand-in centre, without which there is no phone;
    ``landscape`` is how the terminal's window lies, which leaves less room beside it.
    """
    app = QGuiApplication(["kiosk-desk"])
    app.setFont(QFont("Noto Sans CJK SC"))
    window = Window(Desk(rig, centre, absent))
    terminal = QSize(*window_size((1920, 1080) if landscape else (1080, 1920)))
    window.open(beside(app.primaryScreen().availableGeometry(), terminal))
    with _signals(app):
        code = app.exec()
    window.close()
    return code


@contextmanager
def _signals(app: QGuiApplication) -> Iterator[None]:
    """SIGTERM and SIGINT end the application, also those that were blocked so far. Qt's loop would
    not let Python see them."""
    ours, theirs = socket.socketpair()
    with ours, theirs:
        ours.setblocking(False)
        theirs.setblocking(False)
        notifier = QSocketNotifier(ours.fileno(), QSocketNotifier.Type.Read)
        # Not from the handler: before the loop runs, nobody would hear it.
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
