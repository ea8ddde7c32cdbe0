"""The window with its pages: Qt, the engine, fonts, images and words put together."""

from __future__ import annotations

import os
from pathlib import Path

os.environ.setdefault("QT_QUICK_BACKEND", "software")
os.environ.setdefault("QSG_RENDER_LOOP", "basic")
os.environ.setdefault("QML_DISABLE_DISK_CACHE", "1")

from PySide6.QtCore import QUrl
from PySide6.QtGui import QFont, QGuiApplication
from PySide6.QtQml import QQmlApplicationEngine, QQmlComponent, qmlRegisterSingletonInstance
from PySide6.QtQuick import QQuickWindow

from kiosk.papers.pictures import Picture
from kiosk.words import Language
from ui import glyphs
from ui.bridge import Bridge
from ui.images import Icons, Sheets
from ui.translator import Translator

HERE = Path(__file__).parent


class Stage:
    """The one window of the terminal, hidden until it is shown."""

    def __init__(self, app: QGuiApplication, bridge: Bridge, *, full_screen: bool = True) -> None:
        self.bridge = bridge
        self._translator = Translator(bridge.language)
        app.setFont(QFont("Noto Sans CJK SC"))
        app.installTranslator(self._translator)
        qmlRegisterSingletonInstance(Bridge, "Kiosk", 1, 0, "Bridge", bridge)
        self.engine = QQmlApplicationEngine()
        self.engine.addImageProvider("icon", Icons())
        self.engine.addImageProvider("paper", Sheets(self._sheet))
        bridge.on_language = self._set_language
        bridge.drawable = glyphs.drawable
        if not full_screen:
            bridge.set_window(*window_size(bridge.stage_size))
        self.engine.load(QUrl.fromLocalFile(str(HERE / "Main.qml")))
        roots = self.engine.rootObjects()
        if not roots:
            raise RuntimeError("the pages do not load")
        self.window: QQuickWindow = roots[0]  # type: ignore[assignment]
        self.window.installEventFilter(bridge)
        self._compiled: list[QQmlComponent] = []

    def compile_pages(self) -> None:
        """Read every page now, so that none is compiled under a citizen's finger."""
        for path in sorted((HERE / "pages").glob("*.qml")):
            self._compiled.append(QQmlComponent(self.engine, QUrl.fromLocalFile(str(path))))

    def show(self, *, full_screen: bool) -> None:
        """Take the screen; in demo and training a window of fitting size."""
        if full_screen and QGuiApplication.platformName() != "offscreen":
            self.window.showFullScreen()
        else:
            self.window.show()

    def _set_language(self, language: Language) -> None:
        self._translator.language = language
        self.engine.retranslate()

    def _sheet(self, sheet: int, width: int) -> Picture | None:
        return self.bridge.sheet(sheet, width)


def window_size(stage: tuple[int, int]) -> tuple[int, int]:
    """The largest window of the stage's shape that leaves room on this desk; the stage's own
    size where nobody looks."""
    if QGuiApplication.platformName() == "offscreen":
        return stage
    room = QGuiApplication.primaryScreen().availableGeometry()
    scale = min(1.0, 0.92 * room.height() / stage[1], 0.62 * room.width() / stage[0])
    return int(stage[0] * scale), int(stage[1] * scale)
