"""One visit process: Qt warm and hidden, live on the keeper's word, blank at the end."""

from __future__ import annotations

import ctypes
import gc
import os
import resource
import sys
import threading
from collections.abc import Generator
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QSocketNotifier, QTimer, Signal
from PySide6.QtGui import QGuiApplication

from kiosk import log as logs
from kiosk import settings as settings_file
from kiosk.line import Alive, Begun, Broken, Ended, Line, Live, Quit, Ready, Shown
from kiosk.settings import Settings
from ui.bridge import WARMING, Bridge
from ui.stage import Stage

if TYPE_CHECKING:
    from kiosk.fund.client import OnTime
    from kiosk.terminal import Terminal

ALIVE_MS = 1000
COLLECT_MS = 60_000
REHEARSE_MS = 10
"""Pause between two rehearsed pages: the first visit of all goes live at once and needs none."""
WINDOW_AT = (16, 16)
"""Where the window of the demo stands on its screen; the desk's is right of it."""
SWITCH_INTERVAL_S = 0.0005
"""At Python's default, one busy thread takes the screen from 64 to 2 frames a second."""


class Visitor(QObject):
    """Holds the window, the terminal behind it and the line to the keeper together."""

    ready = Signal()
    live = Signal()
    ended = Signal(str)
    _over = Signal(str)

    def __init__(self, app: QGuiApplication, settings: Settings, line: Line) -> None:
        super().__init__()
        self._app = app
        self._settings = settings
        self._line = line
        self.bridge = Bridge(settings)
        self.bridge.on_blank = self._after_next_frame
        self.bridge.begun.connect(self._begun)
        self.stage = Stage(app, self.bridge, full_screen=settings.screen.full_screen)
        self.terminal: Terminal | None = None
        self.on_time: OnTime | None = None
        self._over.connect(self._end)
        self._alive = QTimer(self, interval=ALIVE_MS)
        self._alive.timeout.connect(lambda: line.send(Alive()))
        self._collector = QTimer(self, interval=COLLECT_MS)
        self._collector.timeout.connect(self._collect)
        self._rehearsal = self._rehearsed()
        self._rehearser = QTimer(self, interval=REHEARSE_MS)
        self._rehearser.timeout.connect(self._rehearse)
        self._kept: list[QObject] = []
        self._notifier = QSocketNotifier(line.fileno(), QSocketNotifier.Type.Read, self)
        self._notifier.activated.connect(self._hear)

    def warm_up(self) -> None:
        """Everything slow, before a citizen is there: libraries, pages, fonts, one hidden frame."""
        from kiosk.steps import Attract
        from kiosk.terminal import Terminal

        self.terminal = Terminal(self._settings, self._over.emit, on_time=self.on_time)
        self.bridge.answers = self.terminal.counter
        self.stage.compile_pages()
        self.bridge.show(Attract(), ticket=WARMING, back=False)
        self._app.processEvents()
        self.stage.window.grabWindow()
        self._alive.start()
        # In another thread the collector might delete what belongs to Qt's; in a visit it would
        # hold up the screen. A visit is short, and its end is the end of its memory.
        gc.disable()
        gc.collect()
        gc.freeze()
        self._collector.start()
        self._rehearser.start()
        self._line.send(Ready())
        self.ready.emit()

    def _rehearse(self) -> None:
        """The next piece of it; between two pieces, ``Live`` may come and ends it."""
        if next(self._rehearsal, True):
            self._rehearser.stop()

    def _rehearsed(self) -> Generator[None, None, None]:
        """What makes a visit quicker, but is not needed to begin one."""
        from kiosk.papers import pictures
        from kiosk.steps import Attract
        from ui import rehearsal

        try:
            for step in rehearsal.steps():
                self.bridge.show(step, ticket=WARMING, back=False)
                self.stage.window.grabWindow()
                yield
        finally:
            self.bridge.show(Attract(), ticket=WARMING, back=False)
        self.stage.window.grabWindow()
        if "document_printer" in self._settings.devices:
            threading.Thread(target=pictures.load, name="papers", daemon=True).start()

    def keep(self, companion: QObject) -> None:
        """Hold on to ``companion`` for as long as this process lives."""
        self._kept.append(companion)

    def _collect(self) -> None:
        """Collect rubbish here, in the screen's thread, and only while nobody is there."""
        if not self.bridge.in_visit:
            gc.collect()
            gc.freeze()  # what is still there stays until the end: not looked at again

    def _hear(self) -> None:
        for message in self._line.receive():
            match message:
                case Live(unclean):
                    self._go_live(unclean=unclean)
                case Quit() | Broken():
                    os._exit(0)  # no clean-up code: what dies with the process is gone

    def _go_live(self, *, unclean: bool) -> None:
        self._rehearser.stop()
        self._rehearsal.close()
        self.stage.window.frameSwapped.connect(self._first_frame)
        if not self._settings.screen.full_screen:
            self.stage.window.setPosition(*WINDOW_AT)
        self.stage.show(full_screen=self._settings.screen.full_screen)
        self.terminal.open(self.bridge, unclean=unclean)

    def _first_frame(self) -> None:
        self.stage.window.frameSwapped.disconnect(self._first_frame)
        self._line.send(Shown())
        self.live.emit()

    def _begun(self) -> None:
        self.terminal.begun()
        self._line.send(Begun())

    def _after_next_frame(self, done: threading.Event) -> None:
        """Set ``done`` once the blank frame is on the glass."""

        def swapped() -> None:
            self.stage.window.frameSwapped.disconnect(swapped)
            done.set()

        self.stage.window.frameSwapped.connect(swapped)
        self.stage.window.update()

    def _end(self, how: str) -> None:
        self.ended.emit(how)
        self._line.send(Ended(how))


def keep_memory_private(*, production: bool) -> None:
    """No core dump ever holds a visit's memory; in production nobody of our own user reads it.

    A limit of 0 does not keep the kernel from piping a core to a handler (core(5)), and a process
    that is not dumpable cannot be measured or debugged: so both, and the second in production.
    """
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    if production:
        set_dumpable = 4  # PR_SET_DUMPABLE, prctl(2)
        if ctypes.CDLL(None, use_errno=True).prctl(set_dumpable, 0, 0, 0, 0):
            raise OSError(ctypes.get_errno(), "the visit's memory cannot be made private")


def _spare_memory() -> None:
    """Have glibc give back what a large picture took, and share one arena among the threads.

    Left alone, it keeps 8 to 15 MB after a certificate was drawn: its threshold for memory of
    its own grows with the first large piece that is freed (mallopt(3), M_MMAP_THRESHOLD).
    """
    libc = ctypes.CDLL(None)
    if hasattr(libc, "mallopt"):
        libc.mallopt(_M_MMAP_THRESHOLD, 1 << 20)
        libc.mallopt(_M_TRIM_THRESHOLD, 4 << 20)  # else 128 kB once the other is set: too eager
        libc.mallopt(_M_ARENA_MAX, 1)


_M_TRIM_THRESHOLD = -1
_M_MMAP_THRESHOLD = -3
_M_ARENA_MAX = -8


def run(
    settings_path: Path,
    line_fd: int,
    *,
    play: Path | None = None,
    measure: Path | None = None,
    desk: Path | None = None,
    trace: Path | None = None,
    watch: Path | None = None,
) -> int:
    """The visit process; ends by being killed, or by the keeper's ``Quit``.

    With the hardware of the control socket ``desk``, and never in production: ``play`` the demo,
    its pictures go there; or ``measure``, see :mod:`ui.meter`. Never in production either: append
    to ``trace`` where to press, see :mod:`ui.trace`; be seen and pressed by who listens at
    ``watch``, see :mod:`ui.watch`.
    """
    _spare_memory()
    sys.setswitchinterval(SWITCH_INTERVAL_S)
    settings = settings_file.load(settings_path)
    keep_memory_private(production=settings.production)
    logs.set_up(production=settings.production)
    app = QGuiApplication(["kiosk"])
    visitor = Visitor(app, settings, Line(line_fd))
    if play and desk and not settings.production:
        from ui.player import Player

        visitor.live.connect(lambda: visitor.keep(Player(visitor, play, desk, settings.centre.url)))
    if measure and desk and not settings.production:
        from ui.meter import Meter

        visitor.keep(Meter(visitor, measure, desk, settings.centre.url))
    if trace and not settings.production:
        from ui.trace import Trace

        visitor.keep(Trace(visitor, trace))
    if watch and not settings.production:
        from ui.watch import Watch

        visitor.keep(Watch(visitor, watch))
    QTimer.singleShot(0, visitor.warm_up)
    return app.exec()
