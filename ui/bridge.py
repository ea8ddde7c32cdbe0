"""Between the visit and the pages: the step that is shown, its answer, and the clock on it.

One object, seen by QML as the singleton ``Bridge``. The visit's thread calls the methods of
``kiosk.terminal.terminal.Screen``; they pass to the screen's thread by signal. Pages only bind.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any, Protocol

from PySide6.QtCore import Property, QEvent, QObject, QTimer, Signal, Slot

from kiosk.papers.pictures import Picture
from kiosk.settings import Settings
from kiosk.visit.steps import Preview
from kiosk.words import Language, Sayable, Text, say, translate
from ui.views import Look, View, derive, legible

ELDER_SCALE = 1.5
WARMING = 0
"""The ticket of a page that is shown before anybody listens: nothing answers it."""
SLOW_MS = 700
"""A wait becomes visible after this long; before, it would only flicker."""

_TOUCHES = (
    QEvent.Type.TouchBegin,
    QEvent.Type.MouseButtonPress,
    QEvent.Type.KeyPress,
)


class PageListener(Protocol):
    """Who is told what the citizen does: the counter. Every call returns at once."""

    def answer(self, ticket: int, answer: object) -> None: ...
    def back(self) -> None: ...
    def leave(self) -> None: ...
    def time_out(self, how: Any) -> None: ...


@dataclass(frozen=True, slots=True)
class _Shown:
    """What is on the screen now."""

    step: Any
    ticket: int
    back: bool


class Bridge(QObject):
    """See the module. ``answers`` is set once the terminal is put together, ``drawable`` (whether
    a font has a character) once there are fonts."""

    changed = Signal()
    pageChanged = Signal()
    viewChanged = Signal()
    busyChanged = Signal()
    clockChanged = Signal()
    begun = Signal()  # the first touch of a visit
    pageShown = Signal(int, str)  # a new step is on its page: ticket, page

    _toShow = Signal(object)
    _toHint = Signal(str)
    _toGreet = Signal(object)
    _toSurround = Signal(object, object)
    _toBlank = Signal(object)

    def __init__(self, settings: Settings, *, motion: bool = True) -> None:
        super().__init__()
        self.answers: PageListener | None = None
        self.on_language: Callable[[Language], None] = lambda language: None
        self.drawable: Callable[[str], bool] = lambda character: True
        self._arrange(settings)
        self._motion = motion
        self._contrast = settings.screen.high_contrast
        self._elder = False
        self._shown: _Shown | None = None
        self._view = View("", {})
        self._answered = -1
        self._slow = self._blank = False
        self._hint = ""
        self._greeting = ""
        self._notices: tuple[Sayable, ...] = ()
        self._idle_s = 0.0
        self._visit_s = 0.0
        self.in_visit = False

        self._slow_timer = QTimer(self, singleShot=True, interval=SLOW_MS)
        self._slow_timer.timeout.connect(self._become_slow)
        self._clock = QTimer(self, interval=1000)
        self._clock.timeout.connect(self._tick)

        self._toShow.connect(self._show)
        self._toHint.connect(self._set_hint)
        self._toGreet.connect(self._greet)
        self._toSurround.connect(self._surround)
        self._toBlank.connect(self._go_blank)

    def _arrange(self, settings: Settings) -> None:
        self._limits = settings.visit
        self._look = Look(Language(settings.screen.language))
        upright = settings.screen.orientation == "portrait"
        self._size = (1080, 1920) if upright else (1920, 1080)
        self._window = self._size
        self._lowered = settings.screen.lowered

    def arrange_anew(self, settings: Settings) -> None:
        """Begin again as another terminal's screen: there is one bridge in a process, and tests
        look at many screens."""
        self._arrange(settings)
        self._elder = self._contrast = self._blank = self.in_visit = False
        self._shown = None
        self._answered = -1
        self._hint = self._greeting = ""
        self._notices = ()
        self._idle_s = self._visit_s = 0.0
        self._clock.stop()
        self.on_language(self._look.language)
        self.changed.emit()
        self.busyChanged.emit()
        self.clockChanged.emit()

    # -- kiosk.terminal.terminal.Screen: from any thread
    # -----------------------------------------------

    @property
    def language(self) -> Language:
        return self._look.language

    @property
    def large(self) -> bool:
        return self._elder

    def show(self, step: Any, *, ticket: int, back: bool) -> None:
        self._toShow.emit(_Shown(step, ticket, back))

    def hint(self, text: Text) -> None:
        self._toHint.emit(say(text, self._look.language))

    def greet(self, name: Any) -> None:
        self._toGreet.emit(name)

    def surround(self, catalogue: Any, notices: tuple[Sayable, ...]) -> None:
        self._toSurround.emit(catalogue, notices)

    def blank(self) -> None:
        done = threading.Event()
        self._toBlank.emit(done)
        done.wait(2.0)

    # -- in the screen's thread ---------------------------------------------------------------

    def _show(self, shown: _Shown) -> None:
        self._shown = shown
        self._slow_timer.stop()
        self._slow = False
        self._hint = ""
        self._idle_s = 0.0
        self._derive(new=True)
        self.busyChanged.emit()
        self.clockChanged.emit()
        self.pageShown.emit(shown.ticket, self._view.page)

    def _derive(self, *, new: bool = False) -> None:
        if self._shown is None:
            return
        view = derive(self._shown.step, self._look)
        view = View(view.page, legible(view.data, self.drawable))
        same_page = view.page == self._view.page
        if not new and view == self._view:
            return
        self._view = view
        self.changed.emit()
        if new and not same_page:
            self.pageChanged.emit()
        else:
            self.viewChanged.emit()

    def _set_hint(self, text: str) -> None:
        self._hint = text
        self._answered = -1
        self._slow_timer.stop()
        self._slow = False
        self.changed.emit()
        self.busyChanged.emit()

    def _greet(self, name: Any) -> None:
        self._greeting = legible(name.reveal(), self.drawable)
        self.changed.emit()

    def _surround(self, catalogue: Any, notices: tuple[Sayable, ...]) -> None:
        self._look = replace(self._look, catalogue=catalogue or self._look.catalogue)
        self._notices = notices
        self._derive()
        self.changed.emit()

    def _go_blank(self, done: threading.Event) -> None:
        self._blank = True
        self._clock.stop()
        self._shown = None
        self.changed.emit()
        self.clockChanged.emit()
        self.on_blank(done)

    def on_blank(self, done: threading.Event) -> None:
        """Called once everything is hidden; the application sets ``done`` after that frame."""
        done.set()

    def _become_slow(self) -> None:
        self._slow = True
        self.busyChanged.emit()

    def _tick(self) -> None:
        """Once a second during a visit."""
        self._visit_s += 1
        if self._visit_s >= self._limits.limit_s and self.answers:
            self.answers.time_out("limit")
            return
        if self._shown is None or not self._shown.step.idles or self._busy():
            return
        self._idle_s += 1
        if self._idle_s >= self._limits.idle_s and self.answers:
            self._clock.stop()
            self.answers.time_out("idle")
        self.clockChanged.emit()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Every touch and key on the window starts the idle clock again."""
        if event.type() in _TOUCHES and self._idle_s > 0 and self._seconds_left() == 0:
            self._idle_s = 0.0
        return super().eventFilter(watched, event)

    def _busy(self) -> bool:
        return self._shown is not None and self._answered == self._shown.ticket

    def _seconds_left(self) -> int:
        left = self._limits.idle_s - self._idle_s
        if self._shown is None or not self.in_visit or left > self._limits.warn_s or left < 0:
            return 0
        return int(left) if self._shown.step.idles else 0

    # -- what pages bind to -------------------------------------------------------------------

    page = Property(str, lambda self: self._view.page, notify=pageChanged)
    view = Property("QVariant", lambda self: self._view.data, notify=viewChanged)
    ticket = Property(int, lambda self: self._shown.ticket if self._shown else 0, notify=changed)
    back = Property(bool, lambda self: bool(self._shown and self._shown.back), notify=changed)
    busy = Property(bool, lambda self: self._busy(), notify=busyChanged)
    slow = Property(bool, lambda self: self._slow, notify=busyChanged)
    isBlank = Property(bool, lambda self: self._blank, notify=changed)
    wrong = Property(str, lambda self: self._hint, notify=changed)
    greeting = Property(str, lambda self: self._greeting, notify=changed)
    secondsLeft = Property(int, lambda self: self._seconds_left(), notify=clockChanged)

    stageWidth = Property(int, lambda self: self._size[0], notify=changed)
    stageHeight = Property(int, lambda self: self._size[1], notify=changed)
    windowWidth = Property(int, lambda self: self._window[0], notify=changed)
    windowHeight = Property(int, lambda self: self._window[1], notify=changed)
    motion = Property(bool, lambda self: self._motion, constant=True)
    lowered = Property(bool, lambda self: self._lowered, notify=changed)
    highContrast = Property(bool, lambda self: self._contrast, notify=changed)
    scale = Property(float, lambda self: ELDER_SCALE if self._elder else 1.0, notify=changed)

    def _get_demo(self) -> bool:
        return self._look.catalogue is None or self._look.catalogue.demo

    def _get_centre(self) -> str:
        if self._look.catalogue is None:
            return translate("住房公积金", self._look.language)
        return say(self._look.catalogue.centre, self._look.language)

    def _get_notices(self) -> str:
        stop = "；" if self._look.language is Language.ZH else "; "
        said = [say(notice, self._look.language) for notice in self._notices]
        return stop.join(each.rstrip("。.") for each in said)

    demo = Property(bool, _get_demo, notify=changed)
    centre = Property(str, _get_centre, notify=changed)
    notices = Property(str, _get_notices, notify=changed)
    otherLanguage = Property(
        str,
        lambda self: "EN" if self._look.language is Language.ZH else "中文",
        notify=changed,
    )

    # -- what pages call ----------------------------------------------------------------------

    @Slot(str)
    def answer(self, value: str) -> None:
        """The page is answered; until the next step it sleeps. A second press is dropped."""
        if self._shown is None or self._shown.ticket == WARMING or self._busy():
            return
        if not self.in_visit:
            self.in_visit = True
            self._clock.start()
            self.begun.emit()
        self._answered = self._shown.ticket
        self._hint = ""
        self._slow_timer.start()
        self.busyChanged.emit()
        if self.answers:
            self.answers.answer(self._shown.ticket, value)

    @Slot()
    def goBack(self) -> None:
        if self._shown and self._shown.back and not self._busy() and self.answers:
            self._answered = self._shown.ticket
            self.busyChanged.emit()
            self.answers.back()

    @Slot()
    def leave(self) -> None:
        if self._shown and self.answers:
            self._answered = self._shown.ticket
            self._idle_s = 0.0
            self.busyChanged.emit()
            self.clockChanged.emit()
            self.answers.leave()

    @Slot()
    def stay(self) -> None:
        """The citizen is still there."""
        self._idle_s = 0.0
        self.clockChanged.emit()

    @Slot()
    def toggleLanguage(self) -> None:
        self._set_look(replace(self._look, language=self._look.language.other))
        self.on_language(self._look.language)

    @Slot()
    def toggleNumbers(self) -> None:
        self._set_look(replace(self._look, revealed=not self._look.revealed))

    @Slot()
    def toggleElder(self) -> None:
        self._elder = not self._elder
        self.changed.emit()

    @Slot()
    def toggleContrast(self) -> None:
        self._contrast = not self._contrast
        self.changed.emit()

    @property
    def stage_size(self) -> tuple[int, int]:
        """Width and height the pages are made for, in pixels."""
        return self._size

    def set_window(self, width: int, height: int) -> None:
        """The window's size where it is not the stage's; before the window is made."""
        self._window = (width, height)

    def _set_look(self, look: Look) -> None:
        self._look = look
        self._derive()
        self.changed.emit()

    def sheet(self, number: int, width: int) -> Picture | None:
        """A page of the document that is shown, ``width`` pixels wide; None without one."""
        if self._shown is None or not isinstance(self._shown.step, Preview):
            return None
        from kiosk.papers.pictures import page_pictures

        pictures = page_pictures(self._shown.step.pdf.reveal(), width)
        return pictures[number] if number < len(pictures) else None
