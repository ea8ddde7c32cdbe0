"""One visit's screen: Qt warm and hidden, live on the keeper's word, blank at the end."""

from __future__ import annotations

import gc
import os
import threading
from collections.abc import Callable, Generator, Iterator
from functools import partial
from itertools import islice
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QObject, QSocketNotifier, Qt, QTimer, Signal
from PySide6.QtGui import QGuiApplication

from drivers.device import Kind
from kiosk.endings import How
from kiosk.keeper.channel import (
    Alive,
    Alone,
    Begun,
    Broken,
    Ended,
    HasLeftovers,
    Live,
    Login,
    Money,
    Outcome,
    Quit,
    Ready,
    Shown,
    Taken,
    Touched,
    Upkeep,
    VisitEnd,
)
from kiosk.keeper.nursery import Nursery
from kiosk.login import LoginEvent
from kiosk.settings import Settings
from kiosk.upkeep import UpkeepEvent
from ui.ahead import AheadAgain
from ui.commit_line import KeeperCommitLine
from ui.current_page import WARMING
from ui.first_press import FirstPress
from ui.in_sight import InSight
from ui.stage import Stage

if TYPE_CHECKING:
    from kiosk.centre.models import Catalogue
    from kiosk.centre.transport import OnTime
    from kiosk.terminal.terminal import Terminal
    from kiosk.visit.steps import Step

ALIVE_MS = 1000
"""Several of these fit into the silence for which the keeper ends a visit."""
COLLECT_MS = 60_000
QUIT_S = 2.5
"""How long devices may take to finish after ``Quit``; then the keeper kills this process."""
REHEARSE_MS = 10
"""Pause between two rehearsed pages, in which the keeper's ``Live`` is read."""
COMPILED_AT_ONCE = 2
"""Pages: compiled between two pauses; what an earlier visit has compiled is read in half a
millisecond."""
FRAME_MS = 100
"""Longest wait for the first frame before the visit begins: a covered screen shows none."""
REST_MS = 5
"""How long the blank frame at the end of a visit stands alone. With 60, the screen was without a
page for 118 ms on a quarter of the CPU; more than 100 looks broken."""


class VisitApp(QObject):
    """Puts the window, the terminal and the channel to the keeper together."""

    ready = Signal()
    live = Signal()
    ended = Signal(str)
    _over = Signal(str)

    def __init__(
        self,
        app: QGuiApplication,
        settings: Settings,
        channel: VisitEnd,
        nursery: Nursery | None = None,
    ) -> None:
        super().__init__()
        self._app = app
        self._settings = settings
        self._channel = channel
        self.stage = Stage(app, settings, full_screen=settings.screen.full_screen)
        self.page = self.stage.page
        self.page.on_blank = lambda done: self._after_next_frame(partial(self._blanked, done))
        self.page.on_frame = self._after_next_frame
        self.page.begun.connect(self._begun)
        self._first_press = FirstPress(self.page, self.stage.appearance)
        self._ahead_again = AheadAgain(self.stage, self._steps_ahead)
        self.terminal: Terminal | None = None
        self.on_time: OnTime | None = None
        self._over.connect(self._end)
        self._alive = QTimer(self, interval=ALIVE_MS, timerType=Qt.TimerType.VeryCoarseTimer)
        self._alive.timeout.connect(self._say_alive)
        self._in_sight: InSight | None = None
        self._collector = QTimer(self, interval=COLLECT_MS)
        self._collector.timeout.connect(self._collect)
        self._recalled: Catalogue | None = None
        self._compiling = self.stage.compile_pages()
        self._rehearsal = self._rehearsed()
        self._rehearser = QTimer(self, interval=REHEARSE_MS)
        self._rehearser.timeout.connect(self._rehearse)
        self._commit_line = KeeperCommitLine(channel)
        self._kept: list[QObject] = []
        self._notifier = QSocketNotifier(channel.fileno(), QSocketNotifier.Type.Read, self)
        self._notifier.activated.connect(self._hear)
        self._live = self._framed = self._alone = False
        self._opening: Callable[[], None] | None = None
        self._nursery = nursery
        if nursery:
            self._mourner = QSocketNotifier(nursery.death, QSocketNotifier.Type.Read, self)
            self._mourner.activated.connect(self._lose_nursery)

    def warm_up(self) -> None:
        """Do the slow work before a citizen comes: load the libraries and the fonts, and draw one
        hidden frame. The pages that come later are compiled after ``Ready``."""
        from kiosk.terminal.terminal import Terminal
        from kiosk.visit.steps import Attract

        self.terminal = Terminal(
            self._settings,
            self._over.emit,
            on_time=self.on_time,
            on_leftovers=self._tell_leftovers,
            committer=self._commit_line,
            on_login=self._tell_login,
            on_upkeep=self._tell_upkeep,
            maintain=_maintain,
        )
        self.page.listener = self.terminal.dialogue
        self._recalled, bulletins = self.terminal.recall()
        self.page.recall(self._recalled, bulletins)
        self.page.show(Attract(), ticket=WARMING, back=False)
        self._app.processEvents()
        self.stage.window.grabWindow()
        self._alive.start()
        # A collection in another thread might delete Qt objects of the screen's thread; during a
        # visit it would stall the screen. The memory of a visit ends with its process.
        gc.disable()
        gc.collect()
        gc.freeze()
        self._collector.start()
        self._rehearser.start()
        self._channel.send(Ready())
        self.ready.emit()

    def _rehearse(self) -> None:
        """Compile the next pages, or rehearse the next one. The keeper's ``Live`` may come between
        two pages: it ends the rehearsal, and not the compiling."""
        if not [*islice(self._compiling, COMPILED_AT_ONCE)] and next(self._rehearsal, True):
            self._rehearser.stop()
            if not self._live:
                self.stage.give_frame_back()

    def _rehearsed(self) -> Generator[None, None, None]:
        """Draw every rehearsed page once, then make pages ahead, one a step: the first visit can
        begin without."""
        from kiosk.papers import pictures
        from kiosk.visit.steps import Attract
        from ui import rehearsal

        self.stage.forget_compiled()
        try:
            for step in rehearsal.steps():
                self.page.show(step, ticket=WARMING, back=False)
                self.stage.window.grabWindow()
                yield
        finally:
            self.page.show(Attract(), ticket=WARMING, back=False)
        self.stage.window.grabWindow()
        if Kind.DOCUMENT_PRINTER in self._settings.devices:
            threading.Thread(target=pictures.load, name="papers", daemon=True).start()
        self.page.forget()
        for step in self._steps_ahead():
            yield
            self.page.make_ahead(step)

    def _steps_ahead(self) -> Iterator[Step[Any]]:
        from ui import rehearsal

        return rehearsal.ahead(self._recalled, self._settings.devices)

    def keep(self, companion: QObject) -> None:
        """Hold on to ``companion`` for as long as this process lives."""
        self._kept.append(companion)

    def _collect(self) -> None:
        """Collect garbage in the screen's thread, and only while no visit is under way."""
        if not self.page.in_visit:
            gc.collect()
            gc.freeze()  # surviving objects live until the process ends: never scan them again

    def _hear(self) -> None:
        for message in self._channel.receive():
            match message:
                case Live(leftovers, after):
                    self._go_live(leftovers=leftovers, after=after)
                case Alone():
                    self._alone = True
                    self._open()
                case Touched(what):
                    self._first_press.take(what)
                case Taken() | Outcome() as word:
                    self._commit_line.take(word)
                case Money() as word:
                    self._commit_line.take(word)
                    if self.terminal:
                        self.terminal.money_changed()
                case Quit():
                    if self.terminal:
                        self.terminal.quit(QUIT_S)
                    os._exit(0)  # no clean-up code: the process takes its memory with it
                case Broken():
                    os._exit(0)

    def _go_live(self, *, leftovers: bool, after: How | None) -> None:
        self._live = True
        self._rehearsal.close()
        self._opening = partial(
            self._warm_terminal().open, self.page, leftovers=leftovers, after=after
        )
        self.stage.window.frameSwapped.connect(self._first_frame)
        QTimer.singleShot(FRAME_MS, self._be_framed)
        self.stage.show()

    def _be_framed(self) -> None:
        self._framed = True
        self._open()

    def _open(self) -> None:
        """Begin the visit: once the visit before is dead, since it may hold devices; and once the
        first frame is on the screen, since the visit's threads would take Python's lock from the
        screen's, or after ``FRAME_MS``. Does nothing the second time."""
        if self._opening and self._framed and self._alone:
            opening, self._opening = self._opening, None
            opening()

    def _say_alive(self) -> None:
        """Tell the keeper that the screen lives. While nobody can see the page, the keeper hears
        nothing and soon ends the visit; never between a confirmation and its record."""
        seen = self._in_sight is None or self._warm_terminal().lent or self._in_sight.look()
        if seen or self.page.undecided:
            self._channel.send(Alive())

    def _first_frame(self) -> None:
        self.stage.window.frameSwapped.disconnect(self._first_frame)
        if self._settings.screen.full_screen:
            self._in_sight = InSight(self.stage.window)
        self._channel.send(Shown())
        self._be_framed()
        self._first_press.shown()
        self.live.emit()

    def _lose_nursery(self) -> None:
        """A standby lets another one, with a nursery of its own, take its place. A visit on the
        screen stays there, and goes on without: its processes start fresh."""
        self._mourner.setEnabled(False)
        if self._nursery:
            self._nursery.lose()
        self._hear()  # the keeper may just have told it to take the screen
        if not self._live:
            os._exit(1)

    def _tell_leftovers(self, some: bool) -> None:
        self._channel.send(HasLeftovers(some))

    def _tell_login(self, event: LoginEvent, id: str, detail: str) -> None:
        self._channel.send(Login(event, id, detail))

    def _tell_upkeep(self, event: UpkeepEvent, id: str, detail: str) -> None:
        self._channel.send(Upkeep(event, id, detail))

    def _warm_terminal(self) -> Terminal:
        if self.terminal is None:
            raise RuntimeError("the visit goes live before it is warm")
        return self.terminal

    def _begun(self) -> None:
        self._warm_terminal().begun()
        self._channel.send(Begun())

    def _blanked(self, done: threading.Event) -> None:
        """The blank frame is on the screen."""
        done.set()
        # Until the next visit has the screen, or for longer where no standby is warm yet.
        QTimer.singleShot(REST_MS, lambda: self.stage.rest(self._settings))

    def _after_next_frame(self, call: Callable[[], None]) -> None:
        """Make ``call`` once the next frame is on the screen."""

        def swapped() -> None:
            self.stage.window.frameSwapped.disconnect(swapped)
            call()

        self.stage.window.frameSwapped.connect(swapped)
        self.stage.window.update()

    def _end(self, how: How) -> None:
        self.ended.emit(how)
        self._channel.send(Ended(how))


def _maintain(terminal: Terminal) -> How:
    """A technician's visit; what only it needs is imported when it begins."""
    from kiosk.maintenance.page import maintain

    return maintain(terminal)
