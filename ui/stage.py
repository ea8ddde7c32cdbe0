"""Puts the window together: Qt, the engine, the page, the clock, fonts, images and words."""

from __future__ import annotations

import os
from pathlib import Path
from typing import cast

os.environ.setdefault("QT_QUICK_BACKEND", "software")
os.environ.setdefault("QSG_RENDER_LOOP", "basic")
os.environ.setdefault("QML_DISABLE_DISK_CACHE", "1")

from PySide6.QtCore import QUrl
from PySide6.QtGui import QFont, QGuiApplication
from PySide6.QtQml import QQmlApplicationEngine, QQmlComponent
from PySide6.QtQuick import QQuickWindow

from kiosk.settings import Settings
from kiosk.visit.steps import Attract
from kiosk.words import Language
from ui import face_preview, glyphs, qml_types
from ui.appearance import Appearance
from ui.current_page import WARMING, CurrentPage
from ui.idle_clock import IdleClock
from ui.images import Icons, Sheets
from ui.translator import Translator

HERE = Path(__file__).parent

DESK_ROOM = 688
"""Width of the smallest window of the desk, with the margins around both windows."""
LEAST = 0.3
"""The smallest scale of the demo's window."""


class Stage:
    """The one window of the terminal, hidden until it is shown; its page, clock and appearance."""

    def __init__(
        self,
        app: QGuiApplication,
        settings: Settings,
        *,
        motion: bool = True,
        full_screen: bool = True,
    ) -> None:
        self.appearance = Appearance(settings, motion=motion)
        self.page = CurrentPage(self.appearance)
        self.page.where = settings.where
        self.clock = IdleClock(settings.visit)
        self._wire()
        self._translator = Translator(self.appearance.language)
        app.setFont(QFont("Noto Sans CJK SC"))
        app.installTranslator(self._translator)
        qml_types.register()
        face_preview.register(self.page)
        for singleton in (self.appearance, self.page, self.clock):
            qml_types.register_singleton(singleton)
        self.engine = QQmlApplicationEngine()
        self.engine.addImageProvider("icon", Icons())
        self.engine.addImageProvider("paper", Sheets(self.page.sheet))
        self.page.drawable = glyphs.drawable
        if not full_screen:
            self.appearance.set_window(*window_size(self.appearance.stage_size))
        self.engine.load(QUrl.fromLocalFile(str(HERE / "Main.qml")))
        roots = self.engine.rootObjects()
        if not roots:
            raise RuntimeError("the pages do not load")
        self.window = cast(QQuickWindow, roots[0])
        face_preview.FacePreview.screen = self.window
        self.window.installEventFilter(self.clock)
        self._compiled: list[QQmlComponent] = []

    def _wire(self) -> None:
        page, clock = self.page, self.clock
        self.appearance.languageChanged.connect(self._set_language)
        page.begun.connect(clock.begin)
        page.pageShown.connect(
            lambda: clock.turn_to(idles=page.idles, awaits_phone=page.awaits_phone)
        )
        self.appearance.changed.connect(lambda: clock.take_care(self.appearance.large))
        page.busyChanged.connect(lambda: clock.hold(page.busy))
        page.left.connect(clock.stay)
        page.blanked.connect(clock.stop)
        clock.timedOut.connect(page.timeOut)

    def rest(self, settings: Settings) -> None:
        """After a visit: show the attract page, which is nobody's and takes no answer, as it looks
        to the next citizen, until the next visit takes the screen."""
        self.page.listener = None
        self.page.begin_anew()
        self.appearance.begin_anew(settings)
        self.page.show(Attract(), ticket=WARMING, back=False)

    def arrange_anew(self, settings: Settings) -> None:
        """Begin again as another terminal's screen. Only tests need this: they show many terminals
        on a process's one screen."""
        self.page.begin_anew()
        self.page.where = settings.where
        self.appearance.arrange_anew(settings)
        self.clock.arrange_anew(settings.visit)

    def compile_pages(self) -> None:
        """Compile every page now, so that no citizen waits while a page is compiled."""
        for path in sorted((HERE / "pages").glob("*.qml")):
            self._compiled.append(QQmlComponent(self.engine, QUrl.fromLocalFile(str(path))))

    def show(self, *, full_screen: bool) -> None:
        """Take the screen; in demo and training a window of fitting size."""
        if full_screen and QGuiApplication.platformName() != "offscreen":
            self.window.showFullScreen()
        else:
            self.window.show()

    def _set_language(self, language: Language) -> None:
        self._translator.target = language
        self.engine.retranslate()


def window_size(stage: tuple[int, int]) -> tuple[int, int]:
    """The largest window of the stage's shape that leaves room for the desk's window beside, unless
    nobody could read it then; the stage's own size on the offscreen platform."""
    if QGuiApplication.platformName() == "offscreen":
        return stage
    room = QGuiApplication.primaryScreen().availableGeometry()
    return fitting(stage, (room.width(), room.height()))


def fitting(stage: tuple[int, int], room: tuple[int, int]) -> tuple[int, int]:
    """The size of a window of the stage's shape on a screen with this ``room``."""
    beside = (room[0] - DESK_ROOM) / stage[0]
    wide = min(0.62 * room[0] / stage[0], max(beside, LEAST))
    scale = min(1.0, 0.92 * room[1] / stage[1], wide)
    return int(stage[0] * scale), int(stage[1] * scale)
