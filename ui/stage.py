"""Puts a visit's screen together: window, page, clock, types and images of pages."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from PySide6.QtCore import QUrl
from PySide6.QtGui import QGuiApplication
from PySide6.QtQml import QQmlComponent

from kiosk.settings import Settings
from kiosk.visit.steps import Attract
from ui import (
    face_preview,
    glyphs,
    qml_types,
    window,  # also chooses the renderer, which must be before any window
)
from ui.appearance import Appearance
from ui.current_page import WARMING, CurrentPage
from ui.idle_clock import IdleClock
from ui.images import Sheets
from ui.resting_finger import RestingFinger

HERE = Path(__file__).parent


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
        qml_types.register()
        face_preview.register(self.page)
        self.page.drawable = glyphs.drawable
        self._open = window.OpenWindow(
            app,
            self.appearance,
            {"Appearance": self.appearance, "CurrentPage": self.page, "IdleClock": self.clock},
            {"paper": Sheets(self.page.sheet)},
            full_screen=full_screen,
        )
        self.engine, self.window = self._open.engine, self._open.window
        face_preview.FacePreview.screen = self.window
        self.window.installEventFilter(self.clock)
        # A finger that comes down before the first step came down on the same page.
        self.finger = RestingFinger(lambda: max(int(self.page.ticket), WARMING + 1))
        self.window.installEventFilter(self.finger)
        self.page.finger_from_before = lambda: self.finger.from_before

    def _wire(self) -> None:
        page, clock = self.page, self.clock
        page.begun.connect(clock.begin)
        page.maintained.connect(lambda: clock.begin(limited=False))
        page.pageShown.connect(
            lambda: clock.turn_to(
                idles=page.idles, awaits_phone=page.awaits_phone, goes_on=page.goes_on
            )
        )
        self.appearance.changed.connect(lambda: clock.take_care(self.appearance.large))
        page.busyChanged.connect(lambda: clock.hold(page.busy))
        page.left.connect(clock.stay)
        page.standsThere.connect(clock.stands_there)
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

    def compile_pages(self) -> Iterator[QUrl]:
        """Compile one page a step, so that no citizen waits while a page is compiled."""
        for path in sorted((HERE / "pages").glob("*.qml")):
            page = QUrl.fromLocalFile(str(path))
            QQmlComponent(self.engine, page)
            yield page

    def forget_compiled(self) -> None:
        """Keep of the compiled pages only what is on disk, from where a page is read in half a
        millisecond. Right only some turns of the event loop after :meth:`compile_pages`."""
        self.engine.trimComponentCache()

    def show(self) -> None:
        """Take the screen; in demo and training a window of fitting size."""
        self._open.show()

    def give_frame_back(self) -> None:
        """Give back the memory of what the hidden window has drawn."""
        self._open.give_frame_back()
