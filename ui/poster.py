"""The poster: the attract page of a terminal that starts, until its first visit takes the screen.

``python -m ui.poster SETTINGS --channel N`` imports only what that page needs. It shows what an
earlier visit has kept of the centre's catalogue, says nothing of devices, because nobody has looked
at them yet, and serves nobody: what a citizen presses, the keeper passes on to the first visit.
"""

from __future__ import annotations

import logging
import os
import select
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

from PySide6.QtCore import Property, QObject, QTimer, Signal, Slot
from PySide6.QtGui import QGuiApplication
from PySide6.QtQml import qmlRegisterUncreatableType

from drivers.hosting.confine import PASSING, ProcessNeeds, confine
from kiosk import events
from kiosk import log as logs
from kiosk import settings as settings_file
from kiosk.centre import headlines
from kiosk.centre.headlines import Headlines
from kiosk.keeper.channel import Live, PosterEnd, Shown, Touch, Touched
from kiosk.settings import Settings, SettingsError, state_directory
from kiosk.words import Language, Sayable, _, say
from ui import attract_words as words
from ui import window
from ui.appearance import Appearance
from ui.idle_clock import IdleClock
from ui.properties import MODULE, readable

log = logging.getLogger(__name__)


class PosterContent(QObject):
    """Stands for :class:`ui.contents.AttractContent`, under its name in QML."""

    def __init__(self, language: Language, parent: QObject) -> None:
        super().__init__(parent)
        self._say = partial(say, language=language)

    def _lines(self) -> list[str]:
        return [self._say(line) for line in words.LINES]

    lines = Property("QStringList", _lines, constant=True)  # type: ignore[arg-type]  # the stub knows types only
    lead = readable(str, lambda self: self._say(words.LEAD))
    start = readable(str, lambda self: self._say(words.START))
    public = readable(str, lambda self: self._say(words.PUBLIC))
    fault = readable(bool, lambda self: False)
    # What only the centre and the devices can tell now: a visit does not know it either at first.
    clock = readable(str, lambda self: "")
    hours = Property("QStringList", lambda self: [], constant=True)  # type: ignore[arg-type]  # as above
    staff = readable(str, lambda self: "")
    now = readable(str, lambda self: "")
    possible = Property("QStringList", lambda self: [], constant=True)  # type: ignore[arg-type]  # as above


class PosterPage(QObject):
    """Stands for :class:`ui.current_page.CurrentPage`, under its name in QML, and shows the attract
    page only. Calls ``tell`` with each button that is pressed."""

    changed = Signal()
    pageChanged = Signal()
    contentChanged = Signal()
    busyChanged = Signal()
    forgotten = Signal()
    pageShown = Signal(int, str)
    ahead = Signal(str, QObject)

    def __init__(
        self, appearance: Appearance, kept: Headlines | None, tell: Callable[[Touch], None]
    ) -> None:
        super().__init__()
        self._appearance = appearance
        self._kept = kept
        self._tell = tell
        self._busy = self._slow = False
        self._content = PosterContent(appearance.language, self)
        self._looks = self._look()
        self._slow_timer = QTimer(self, singleShot=True, interval=window.SLOW_MS)
        self._slow_timer.timeout.connect(self._become_slow)
        appearance.languageChanged.connect(self._speak)
        appearance.changed.connect(self._compare)

    def _look(self) -> dict[Touch, object]:
        appearance = self._appearance
        return {
            "language": appearance.language,
            "elder": appearance.large,
            "contrast": appearance.highContrast,
        }

    def _compare(self) -> None:
        """Tell which switch of the head was pressed."""
        before, self._looks = self._looks, self._look()
        for what, look in self._looks.items():
            if look != before[what]:
                self._tell(what)

    def _speak(self, language: Language) -> None:
        self._content.deleteLater()
        self._content = PosterContent(language, self)
        self.contentChanged.emit()
        self.changed.emit()
        self.busyChanged.emit()

    def _become_slow(self) -> None:
        self._slow = True
        self.busyChanged.emit()

    def _word(self, value: Sayable) -> str:
        return say(value, self._appearance.language)

    def _name_of_centre(self) -> str:
        return self._word(self._kept.catalogue.short_name if self._kept else words.NAMELESS)

    def _all_bulletins(self) -> list[str]:
        kept = self._kept.bulletins if self._kept else ()
        return [words.unstopped(self._word(bulletin)) for bulletin in kept]

    def _words_of_wait(self) -> str:
        return self._word(_("机器正在启动，请稍候")) if self._busy else ""

    page = readable(str, lambda self: "AttractPage", pageChanged)
    content = readable(QObject, lambda self: self._content, contentChanged)
    keeps = readable(bool, lambda self: False, changed)
    fits = readable(bool, lambda self: False, pageChanged)
    back = readable(bool, lambda self: False, changed)
    busy = readable(bool, lambda self: self._busy, busyChanged)
    slow = readable(bool, lambda self: self._slow, busyChanged)
    late = readable(bool, lambda self: False, busyChanged)
    blankScreen = readable(bool, lambda self: False, changed)
    wrong = readable(str, lambda self: "", changed)
    greeting = readable(str, lambda self: "", changed)
    agent = readable(bool, lambda self: False, changed)
    waiting = readable(str, _words_of_wait, busyChanged)
    demo = readable(bool, lambda self: not self._kept or self._kept.catalogue.demo, changed)
    centre = readable(str, _name_of_centre, changed)
    notices = readable(str, lambda self: "", changed)
    bulletins = Property("QStringList", _all_bulletins, notify=changed)  # type: ignore[arg-type]  # the stub knows types only

    @Slot(str)
    def answer(self, value: Any) -> None:
        """Tell the first press of a button that begins; the visit answers it. Five presses on the
        brand begin nothing here: the technician presses once more at the visit."""
        if self._busy or value not in ("start", "public"):
            return
        self._busy = True
        self._slow_timer.start()
        self.busyChanged.emit()
        self._tell(value)

    @Slot()
    def leave(self) -> None:
        """Nobody has begun: there is nothing to leave."""


class Poster:
    """The window with the poster's page, hidden until :meth:`show`. ``tell`` as in
    :class:`PosterPage`."""

    def __init__(
        self,
        app: QGuiApplication,
        settings: Settings,
        tell: Callable[[Touch], None],
        *,
        motion: bool = True,
    ) -> None:
        self.appearance = Appearance(settings, motion=motion)
        kept = headlines.read(state_directory(settings))
        self.page = PosterPage(self.appearance, kept, tell)
        self.clock = IdleClock(settings.visit)
        name: Any = "AttractContent"  # The stubs say bytes where the call takes str only.
        why: Any = "made from words"
        qmlRegisterUncreatableType(PosterContent, MODULE, 1, 0, name, why)
        singletons = {
            "Appearance": self.appearance,
            "CurrentPage": self.page,
            "IdleClock": self.clock,
        }
        full_screen = settings.screen.full_screen
        self._open = window.OpenWindow(app, self.appearance, singletons, full_screen=full_screen)
        self.window = self._open.window

    def show(self, shown: Callable[[], None]) -> None:
        """Take the screen; ``shown`` is called once, at the first frame."""

        def swapped() -> None:
            self.window.frameSwapped.disconnect(swapped)
            shown()

        self.window.frameSwapped.connect(swapped)
        self._open.show()


def main(settings_path: Path, channel_fd: int) -> int:
    """The poster's process; it ends when the keeper kills it, or does not want it: what is wrong
    with the settings, the keeper tells."""
    try:
        settings, _spoilt = settings_file.in_service(settings_path)  # the first visit logs it
    except SettingsError:
        return 1
    logs.set_up(production=settings.production)
    needs = ProcessNeeds(writes=(str(settings.run_directory), *PASSING))
    if why := confine(needs, wanted=settings.production):
        events.NOT_CONFINED.log(log, cause=why)
    window.keep_compiled(settings)
    channel = PosterEnd(channel_fd)
    app = QGuiApplication(["kiosk"])

    def tell(what: Touch) -> None:
        channel.send(Touched(what))

    def shown() -> None:
        channel.send(Shown())

    poster = Poster(app, settings, tell)
    if not _wanted(channel):
        os._exit(0)  # no page outlives what it reads from
    poster.show(shown)
    return app.exec()


def _wanted(channel: PosterEnd) -> bool:
    """Wait for the keeper's word: True: take the screen; False: the keeper has hung up."""
    poll = select.poll()
    poll.register(channel.fileno(), select.POLLIN)
    while not (words := channel.receive()):
        poll.poll()
    return words[0] == Live()


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]), int(sys.argv[3])))
