"""The window with its engine, font, icons and words: of a visit's stage, and of the poster."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import cast

os.environ.setdefault("QT_QUICK_BACKEND", "software")
os.environ.setdefault("QSG_RENDER_LOOP", "basic")
os.environ.setdefault("QML_DISABLE_DISK_CACHE", "1")
# Qt lets 5 ms pass between a change and its frame, as long as a whole frame takes.
os.environ.setdefault("QT_QPA_UPDATE_IDLE_TIME", "0")

from PySide6.QtCore import QEventLoop, QObject, QSize, QUrl
from PySide6.QtGui import QGuiApplication
from PySide6.QtQml import QQmlApplicationEngine
from PySide6.QtQuick import QQuickImageProvider, QQuickWindow

from kiosk.settings import Settings
from kiosk.words import Language
from ui import fonts
from ui.appearance import Appearance
from ui.images import Icons
from ui.properties import register_singleton
from ui.translator import Translator

HERE = Path(__file__).parent

AT = (16, 16)
"""Where the window of the demo stands on its screen; the desk's is right of it."""
DESK_ROOM = 688
"""Width of the smallest window of the desk, with the margins around both windows."""
LEAST = 0.3
"""The smallest scale of the demo's window."""
SLOW_MS = 700
"""Milliseconds until a wait becomes visible: a spinner for a shorter wait would only flicker."""


def keep_compiled(settings: Settings) -> None:
    """What Qt compiles of a page, the next processes read: a fifth of the CPU of a start. It goes
    with the run directory: what a visit has written there runs in no terminal that starts anew. To
    be called before the first engine is made."""
    os.environ["QML_DISABLE_DISK_CACHE"] = "0"
    os.environ["QML_DISK_CACHE_PATH"] = str(settings.run_directory / "pages")


class OpenWindow:
    """The window of ``ui/Main.qml``, hidden; its words follow the language of ``appearance``.

    ``singletons`` by the name that QML knows them by; one of them is ``appearance``. ``pictures``
    by the host of their ``image://`` addresses, beside the icons.
    """

    def __init__(
        self,
        app: QGuiApplication,
        appearance: Appearance,
        singletons: Mapping[str, QObject],
        pictures: Mapping[str, QQuickImageProvider] | None = None,
        *,
        full_screen: bool,
    ) -> None:
        self._full_screen = full_screen
        self._translator = Translator(appearance.language)
        fonts.use(app)
        app.installTranslator(self._translator)
        for name, singleton in singletons.items():
            register_singleton(singleton, name)
        self.engine = QQmlApplicationEngine()
        for host, provider in {"icon": Icons(), **(pictures or {})}.items():
            self.engine.addImageProvider(host, provider)
        appearance.languageChanged.connect(self._set_language)
        if not full_screen:
            appearance.set_window(*window_size(appearance.stage_size))
        self.engine.load(QUrl.fromLocalFile(str(HERE / "Main.qml")))
        roots = self.engine.rootObjects()
        if not roots:
            raise RuntimeError("the pages do not load")
        self.window = cast(QQuickWindow, roots[0])

    def show(self) -> None:
        """Take the screen; in demo and training a window of fitting size."""
        if not self._full_screen:
            self.window.setPosition(*AT)
        if self._full_screen and QGuiApplication.platformName() != "offscreen":
            self.window.showFullScreen()
        else:
            self.window.show()

    def give_frame_back(self) -> None:
        """Give back the memory of what a hidden window has drawn, which is eight megabytes in full
        HD: Qt keeps one frame a window, and lets go of it only for one of another size."""
        size = self.window.size()
        self._resize(QSize(1, 1))
        self.window.grabWindow()
        self._resize(size)

    def _resize(self, size: QSize) -> None:
        """At once: the platform tells the window of its new size by an event. What the keeper says
        waits meanwhile."""
        self.window.resize(size)
        QGuiApplication.processEvents(QEventLoop.ProcessEventsFlag.ExcludeSocketNotifiers)

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
