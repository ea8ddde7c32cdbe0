"""An empty Qt Quick window of the terminal's size: the bench's baseline for the real pages.

``python -m ui.robots.empty TAPS`` prints ``shown`` after its first frame. Then it taps its window
TAPS times, each tap changes the colour, and it prints one line of JSON: by tap, the milliseconds
from the press to the frame in the new colour. It ends when its standard input is closed.
"""

from __future__ import annotations

import json
import os
import sys
import time
from typing import TYPE_CHECKING, cast

os.environ.setdefault("QT_QUICK_BACKEND", "software")
os.environ.setdefault("QSG_RENDER_LOOP", "basic")
os.environ.setdefault("QML_DISABLE_DISK_CACHE", "1")
os.environ.setdefault("QT_QPA_UPDATE_IDLE_TIME", "0")

from PySide6.QtCore import QCoreApplication, QEvent, QPointF, QSocketNotifier, Qt, QTimer
from PySide6.QtGui import QGuiApplication, QMouseEvent
from PySide6.QtQml import QQmlApplicationEngine

if TYPE_CHECKING:  # the module takes memory, which the baseline must not have
    from PySide6.QtQuick import QQuickWindow

WINDOW = b"""
import QtQuick
import QtQuick.Window
Window {
    width: 1080
    height: 1920
    visible: true
    color: field.lit ? "white" : "grey"
    MouseArea {
        id: field
        property bool lit
        anchors.fill: parent
        onClicked: lit = !lit
    }
}
"""


def main(taps: int) -> int:
    app = QGuiApplication(["empty"])
    engine = QQmlApplicationEngine()
    engine.loadData(WINDOW)
    window = cast("QQuickWindow", engine.rootObjects()[0])
    took: list[float] = []
    pressed_at = 0.0

    def tap() -> None:
        nonlocal pressed_at
        at = QPointF(540, 960)
        left, none = Qt.MouseButton.LeftButton, Qt.MouseButton.NoButton
        pressed_at = time.monotonic()
        for kind, held in (
            (QEvent.Type.MouseButtonPress, left),
            (QEvent.Type.MouseButtonRelease, none),
        ):
            event = QMouseEvent(kind, at, at, left, held, Qt.KeyboardModifier.NoModifier)
            QCoreApplication.sendEvent(window, event)

    def swapped() -> None:
        if pressed_at:
            took.append((time.monotonic() - pressed_at) * 1000)
        else:
            print("shown", flush=True)
        if len(took) < taps:
            QTimer.singleShot(5, tap)
        else:
            window.frameSwapped.disconnect(swapped)
            print(json.dumps(took), flush=True)

    window.frameSwapped.connect(swapped)
    closed = QSocketNotifier(sys.stdin.fileno(), QSocketNotifier.Type.Read)
    closed.activated.connect(app.quit)
    return app.exec()


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1])))
