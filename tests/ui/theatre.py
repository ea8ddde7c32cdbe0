"""The real window with the real pages, offscreen, set up in any way a site or a citizen can."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from itertools import product
from pathlib import Path
from typing import Any, cast

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtQuick import QQuickItem
from PySide6.QtTest import QTest

from drivers.device import Kind
from kiosk.privacy import Sensitive
from kiosk.settings import CentreSettings, ScreenSettings, Settings, VisitLimits
from kiosk.visit.steps import Attract, Step
from tests import qt_messages
from tests.ui.samples import CATALOGUE
from ui.stage import Stage


@dataclass(frozen=True)
class Setting:
    """One way the screen may stand."""

    orientation: str = "portrait"
    language: str = "zh_CN"
    elder: bool = False
    lowered: bool = False
    contrast: bool = False
    revealed: bool = True

    def __str__(self) -> str:
        flags = [name for name in ("elder", "lowered", "contrast") if getattr(self, name)]
        return "-".join((self.orientation, self.language, *flags))


SETTINGS = tuple(
    Setting(*these)
    for these in product(
        ("portrait", "landscape"), ("zh_CN", "en"), (False, True), (False, True), (False, True)
    )
)


class Listener:
    """Stands where the visit would: keeps what the citizen did."""

    def __init__(self) -> None:
        self.heard: list[tuple[str, Any]] = []
        self.pressed_on = -1  # the ticket of the page on which 返回 or 退出 was pressed last

    def answer(self, ticket: int, answer: object) -> None:
        self.heard.append(("answer", (ticket, answer)))

    def back(self, ticket: int) -> None:
        self.pressed_on = ticket
        self.heard.append(("back", None))

    def leave(self, ticket: int) -> None:
        self.pressed_on = ticket
        self.heard.append(("leave", None))

    def time_out(self, how: Any) -> None:
        self.heard.append(("time_out", how))

    def framed(self, ticket: int) -> None:
        """Noted by the tests of the dialogue."""


@cache
def stage() -> Stage:
    """The one stage of this process; each :class:`Theatre` arranges it anew.

    To be made before any other engine of QML. Qt registers ``QObject`` with the first engine.
    PySide registers every singleton as the type ``QObject*``: one that is registered later takes
    the place of ``QObject``, and from then on no engine of the process compiles an item within an
    item ("Cannot assign object of type … to list property "data"; expected "QObject"").
    """
    qt_messages.watch()
    app = cast(QGuiApplication, QGuiApplication.instance() or QGuiApplication(["kiosk"]))
    return Stage(app, settings_of(Setting()), motion=False)


def application() -> QGuiApplication:
    """The one application of this process. Its stage has been made, so that a test is free to make
    an engine of its own."""
    stage()
    return cast(QGuiApplication, QGuiApplication.instance())


def settings_of(setting: Setting, limits: VisitLimits | None = None) -> Settings:
    """The settings of a terminal whose screen stands as ``setting`` says."""
    return Settings(
        terminal="T0001",
        screen=ScreenSettings(
            orientation=setting.orientation,  # type: ignore[arg-type]
            language=setting.language,  # type: ignore[arg-type]
            lowered=setting.lowered,
        ),
        centre=CentreSettings(url="http://127.0.0.1", seal_roots=Path("roots.pem")),
        visit=limits or VisitLimits(),
        where={
            Kind.ID_CARD: "below-right",
            Kind.RECEIPT_PRINTER: "below-left",
            Kind.DOCUMENT_PRINTER: "below",
            Kind.SMART_CARD: "right",
            Kind.CODE_SCANNER: "below-left",
        },
    )


class Theatre:
    """The window, set up in one way. There is one in a process: the next one takes it over."""

    def __init__(self, setting: Setting = Setting(), *, limits: VisitLimits | None = None) -> None:
        self.app = application()
        self.setting = setting
        self.settings = settings_of(setting, limits)
        self.stage = stage()
        # No frame is drawn of the screen half changed: a large letter is drawn as the ones before
        # it were, and whether such a frame is drawn depends on how busy the machine is.
        self.stage.window.hide()
        self.page, self.appearance = self.stage.page, self.stage.appearance
        self.stage.arrange_anew(self.settings)
        self.listener = Listener()
        self.page.listener = self.listener
        self.window = self.stage.window
        self.frames = 0
        self.ticket = 100
        self.window.frameSwapped.connect(self._drawn)
        self.page.surround(CATALOGUE.model_copy(), ())  # another one: its clock begins now
        self.page.show(Attract(), ticket=0, back=False)
        if setting.elder:
            self.appearance.toggleElder()
        if setting.contrast:
            self.appearance.toggleContrast()
        if setting.revealed:
            self.appearance.toggleNumbers()
        self.window.show()
        self.settle()

    def greet(self, name: str, *, agent: bool = False) -> None:
        self.page.greet(Sensitive(name), agent=agent)

    def show(self, step: Step[Any], *, ticket: int | None = None, back: bool = False) -> None:
        """A new step; its ticket is the next one unless the test names it."""
        self.ticket = self.ticket + 1 if ticket is None else ticket
        self.page.show(step, ticket=self.ticket, back=back)
        self.settle()

    def settle(self) -> None:
        """Until everything that follows from what was done has been done, and a frame drawn.

        Only a frame lays the items out anew.
        """
        for _ in range(2):
            self.app.processEvents()
            frames = self.frames
            self.window.update()
            if not self.until(lambda frames=frames: self.frames > frames):  # type: ignore[misc]
                raise TimeoutError("no frame is drawn")

    def after_next_frame(self, call: Callable[[], None]) -> None:
        """Make ``call`` once, after the next frame, as a visit does."""
        self.window.frameSwapped.connect(call, Qt.ConnectionType.SingleShotConnection)
        self.window.update()

    def _drawn(self) -> None:
        self.frames += 1

    def until(self, condition: Callable[[], bool], ms: int = 5000) -> bool:
        """Whether it came true in time, with the screen at work meanwhile."""
        end = time.monotonic() + ms / 1000
        while not condition():
            if time.monotonic() > end:
                return False
            QTest.qWait(1)
        return True

    def items(self) -> Iterator[QQuickItem]:
        yield from walk(self.window.contentItem())

    def buttons(self) -> list[QQuickItem]:
        """Everything that can be pressed now."""
        return [item for item in self.items() if is_button(item) and item.isEnabled()]

    def button(self, name: str) -> QQuickItem:
        for item in self.buttons():
            if item.objectName() == name:
                return item
        raise LookupError(name)

    def press(self, item: QQuickItem) -> None:
        """A real click in the middle of it."""
        QTest.mouseClick(
            self.window,
            Qt.MouseButton.LeftButton,
            Qt.KeyboardModifier.NoModifier,
            item.mapToScene(QPointF(item.width() / 2, item.height() / 2)).toPoint(),
        )
        self.settle()

    def close(self) -> None:
        self.window.frameSwapped.disconnect(self._drawn)
        self.page.listener = None


def walk(item: QQuickItem) -> Iterator[QQuickItem]:
    """``item`` and all that is visible on it; ``findChild`` would miss what delegates made."""
    if not item.isVisible():
        return
    yield item
    for child in item.childItems():
        yield from walk(child)


def is_button(item: QQuickItem) -> bool:
    return item.inherits("QQuickAbstractButton")


def is_text(item: QQuickItem) -> bool:
    return item.inherits("QQuickText") and bool(item.property("text"))


def on_scene(item: QQuickItem) -> QRectF:
    return item.mapRectToScene(QRectF(0, 0, item.width(), item.height()))
