"""The page on the screen: its step and content, the words around it, and the citizen's answer.

The visit's thread calls the methods of ``kiosk.terminal.dialogue.Screen``, which pass the call to
the screen's thread by signal. A QML page only binds to properties and calls slots.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import partial
from typing import Any, Protocol

from PySide6.QtCore import Property, QObject, QTimer, Signal, Slot

from drivers.camera.types import Stream
from drivers.device import Kind
from kiosk import events
from kiosk.centre.errors import reference_number
from kiosk.centre.models import Catalogue
from kiosk.endings import How
from kiosk.papers.pictures import CannotDraw, PaperPages, Picture
from kiosk.privacy import Sensitive
from kiosk.settings import Side
from kiosk.visit.operation_steps import AwaitResult, Deciding
from kiosk.visit.steps import CANNOT_DRAW, MAINTENANCE, PollStep, Preview, Problem, Step
from kiosk.visit.waits import LEAVING, RETURNING
from kiosk.words import Language, Sayable, Text, _, say
from ui import attract_words
from ui.appearance import Appearance
from ui.contents import AttractContent, PageContent
from ui.properties import readable
from ui.qml_types import ContentObject, object_of, same_buttons
from ui.views import Look, derive, legible
from ui.window import SLOW_MS

QML_IMPORT_NAME = "Kiosk"
log = logging.getLogger(__name__)
WARMING = 0
"""The ticket of a page that a standby draws: no answer to such a page is taken."""
LATE_MS = 5000
"""Milliseconds until a wait offers 退出 where it stands."""


class PageListener(Protocol):
    """The dialogue, which hears from the page what the citizen does. Every call returns at once."""

    def answer(self, ticket: int, answer: object) -> None: ...
    def back(self, ticket: int) -> None: ...
    def leave(self, ticket: int) -> None: ...
    def time_out(self, how: How) -> None: ...
    def framed(self, ticket: int) -> None: ...


@dataclass(frozen=True, slots=True)
class _Shown:
    """The step on the screen, its ticket, and whether 返回 is possible."""

    step: Step[Any]
    ticket: int
    back: bool


class CurrentPage(QObject):
    """See the module; the singleton ``CurrentPage`` of QML.

    Others set seven attributes: ``listener`` is the dialogue, ``where`` the sides of the devices,
    ``drawable`` tells whether a font has a character, ``on_blank`` sets its event once the blank
    frame is on the screen, ``on_frame`` makes its call once the next frame is,
    ``sets_up`` says that a technician sets the terminal up, which has no centre yet, and
    ``finger_from_before`` tells whether the finger that is lifted now came down at an earlier step.
    """

    changed = Signal()
    pageChanged = Signal()  # another page is shown, with its content
    contentChanged = Signal()  # the same page shows another content
    ahead = Signal(str, QObject)  # this page is made for later, with this content
    forgotten = Signal()  # no page that was shown before is shown again
    busyChanged = Signal()
    early = Signal(str)  # a button was pressed before the visit's first step has come
    begun = Signal()  # the first touch of a visit
    maintained = Signal()  # a technician has asked for the terminal, and no visit begins
    left = Signal()  # 退出 was pressed
    pageShown = Signal(int, str)  # a new step is on its page: ticket, page
    blanked = Signal()
    standsThere = Signal(bool)  # somebody stands before the screen now, or nobody

    _toShow = Signal(object)
    _toCoach = Signal(object, int, object)
    _toHint = Signal(object)
    _toAnswered = Signal(int)
    _toGreet = Signal(object, bool)
    _toSurround = Signal(object, object, object)
    _toBlank = Signal(object)
    _undrawable = Signal(int)  # ticket; from the thread that loads pictures

    def __init__(self, appearance: Appearance) -> None:
        super().__init__()
        self.listener: PageListener | None = None
        self.where: Mapping[Kind, Side] = {}
        self.drawable: Callable[[str], bool] = lambda character: True
        self.on_blank: Callable[[threading.Event], None] = threading.Event.set
        self.on_frame: Callable[[Callable[[], None]], None] = lambda call: call()
        self.finger_from_before: Callable[[], bool] = lambda: False
        self._appearance = appearance
        self._shown: _Shown | None = None
        self._catalogue: Catalogue | None = None
        self._fetched_at = 0.0  # when, on the monotonic clock; 0: it was kept, and is no fresh one
        self._notices: tuple[Sayable, ...] = ()
        self._bulletins: tuple[Sayable, ...] = ()
        self._greeting = self._hint = ""
        self._answered = -1
        self._waits: Sayable = ""
        self._agent = self._slow = self._late = self._blank = self._leaving = False
        self.in_visit = self.sets_up = False
        self.preview: Stream | None = None
        """The camera's preview while a capture goes on."""
        self.shows = PageContent()
        """The content of the page, as plain data."""
        self._object: ContentObject | None = None
        self._before: ContentObject | None = None  # the shown page has read from it until now
        self._kept: dict[str, ContentObject] = {}
        """By its page, the last content of each page that was shown before."""
        self._ahead: set[ContentObject] = set()  # those of them that nobody has seen
        self._fits = False
        self._paper: tuple[Preview, PaperPages] | None = None
        self._paper_lock = threading.Lock()  # never held while a page is drawn
        self._bug: tuple[int, Problem] | None = None  # of the step with this ticket
        self._slow_timer = QTimer(self, singleShot=True, interval=SLOW_MS)
        self._slow_timer.timeout.connect(self._become_slow)
        self._late_timer = QTimer(self, singleShot=True, interval=LATE_MS)
        self._late_timer.timeout.connect(self._become_late)
        self._patience = QTimer(self, singleShot=True)
        self._patience.timeout.connect(self._look_again)
        self._minute = QTimer(self, singleShot=True)
        self._minute.timeout.connect(self._derive)

        appearance.languageChanged.connect(self._look_again)
        appearance.amountsChanged.connect(self._look_again)
        appearance.changed.connect(self.forget)
        self._toShow.connect(self._show)
        self._toCoach.connect(self._coach)
        self._toHint.connect(self._set_hint)
        self._toAnswered.connect(self._wait)
        self._toGreet.connect(self._greet)
        self._toSurround.connect(self._surround)
        self._toBlank.connect(self._go_blank)
        self._undrawable.connect(self._give_up_paper)

    def begin_anew(self) -> None:
        """Forget the visit. What is shown next is nobody's."""
        self._shown = None
        self._keep_paper(None)
        self.forget()
        self._greeting = self._hint = ""
        self._agent = False
        self._notices = self._bulletins = ()
        self._answered = -1
        self._slow = self._late = self._blank = self._leaving = self.in_visit = False
        self.changed.emit()
        self.busyChanged.emit()

    # -- kiosk.terminal.dialogue.Screen: from any thread --------------------------------------

    @property
    def language(self) -> Language:
        return self._appearance.language

    @property
    def large(self) -> bool:
        return self._appearance.large

    def show(self, step: Step[Any], *, ticket: int, back: bool) -> None:
        self._toShow.emit(_Shown(step, ticket, back))

    def coach(self, step: Step[Any], *, ticket: int, preview: Stream | None) -> None:
        self._toCoach.emit(step, ticket, preview)

    def amend(self, step: Step[Any], *, ticket: int) -> None:
        self._toCoach.emit(step, ticket, None)

    def hint(self, text: Text) -> None:
        self._toHint.emit(text)

    def answered(self, ticket: int) -> None:
        self._toAnswered.emit(ticket)

    def greet(self, name: Sensitive[str], *, agent: bool = False) -> None:
        self._toGreet.emit(name, agent)

    def surround(
        self,
        catalogue: Catalogue | None,
        notices: tuple[Sayable, ...],
        bulletins: tuple[Sayable, ...] = (),
    ) -> None:
        self._toSurround.emit(catalogue, notices, bulletins)

    def stands_there(self, somebody: bool) -> None:
        self.standsThere.emit(somebody)

    def blank(self) -> None:
        done = threading.Event()
        self._toBlank.emit(done)
        done.wait(2.0)

    # -- in the screen's thread ---------------------------------------------------------------

    def recall(self, kept: Catalogue | None, bulletins: tuple[Sayable, ...]) -> None:
        """Show an earlier edition of the catalogue, whose clock tells nothing, until the centre has
        answered."""
        self._catalogue, self._fetched_at, self._bulletins = kept, 0.0, bulletins
        self._look_again()

    @property
    def idles(self) -> bool:
        """Whether the page waits for the citizen."""
        return self._shown is not None and self._shown.step.idles

    @property
    def awaits_phone(self) -> bool:
        """Whether the citizen needs their telephone on the page."""
        return self._shown is not None and self._shown.step.awaits_phone

    @property
    def goes_on(self) -> bool:
        """Whether the page follows the one before by itself: nobody has touched anything."""
        step = self._shown.step if self._shown else None
        return isinstance(step, PollStep) and step.goes_on

    @property
    def undecided(self) -> bool:
        """Whether the citizen has confirmed an operation that may not be recorded yet."""
        match self._shown:
            case _Shown(Deciding() | AwaitResult(free=False)):
                return True
        return False

    def _show(self, shown: _Shown) -> None:
        self._shown = shown
        if self._paper and self._paper[0] is not shown.step:
            self._keep_paper(None)
        self._patience.stop()
        if isinstance(shown.step, Deciding):
            self._patience.start(int(shown.step.after_s * 1000))
        self.preview = None
        self._end_wait()
        self._leaving = False
        self._hint = ""
        self._derive(new=True)
        self.busyChanged.emit()
        self.pageShown.emit(shown.ticket, self.shows.page)
        if self.listener:
            self.on_frame(partial(self.listener.framed, shown.ticket))

    def _coach(self, step: Step[Any], ticket: int, preview: Stream | None) -> None:
        """A capture or a device tells what its page says now. Dropped on another page."""
        if self._shown is None or self._shown.ticket != ticket:
            return
        self._shown = replace(self._shown, step=step)
        self.preview = preview
        self._derive()

    def _derive(self, *, new: bool = False) -> None:
        if self._shown is None:
            return
        look = self._look()
        try:
            shows = legible(derive(self._shown_step(), look), self.drawable)
        except Exception as error:  # noqa: BLE001 - a bug: the page before may not stay
            shows = derive(self._page_of_bug(self._shown.ticket, error), look)
        if look.now and isinstance(shows, AttractContent):
            self._minute.start(1000 * (60 - look.now.second))
        same_page = shows.page == self.shows.page
        if not new and shows == self.shows:
            return
        before, self.shows = self._object, shows
        if same_page:
            self._object = object_of(shows, self, before)
            self._give_up(self._before)
            self._before = before
            self.changed.emit()
            self.contentChanged.emit()
        else:
            over = self._turn_page(before)
            self.changed.emit()
            self.pageChanged.emit()
            self._give_up(over)

    def _look(self) -> Look:
        appearance = self._appearance
        now = self._now()
        return Look(appearance.language, appearance.revealed, self._catalogue, self.where, now)

    def _turn_page(self, before: ContentObject | None) -> ContentObject | None:
        """Take the content of another page up: the object that this page has shown, when it is the
        same. Returns the object that nobody shows any more. A page that was made ahead takes the
        content if it has its buttons: with others, the page is made anew as quickly."""
        if before is not None:
            self._kept[before.content.page] = before
        again = self._kept.pop(self.shows.page, None)
        if again is not None and again.content == self.shows:
            self._object, self._fits = again, True
            return None
        shown = self._object = object_of(self.shows, self, again)
        self._fits = again is not None and again in self._ahead and same_buttons(again, shown)
        return again

    def make_ahead(self, step: Step[Any]) -> None:
        """Have the page of ``step`` made and kept out of the window, unless it is shown or kept
        already: a later step of this page is shown on it. To be called in the screen's thread."""
        content = derive(step, self._look())
        if content.page == self.shows.page or content.page in self._kept:
            return
        made = self._kept[content.page] = object_of(content, self)
        self._ahead.add(made)
        self.ahead.emit(content.page, made)

    def forget(self) -> None:
        """Forget what was shown before the current page, and what was made ahead."""
        self.forgotten.emit()
        for each in self._kept.values():
            self._give_up(each)
        self._kept.clear()
        self._ahead.clear()

    @staticmethod
    def _give_up(over: ContentObject | None) -> None:
        """Delete what no page reads any more, after all that has read from it. A row that is given
        up before ``over`` is deleted before it, but its cells only once the row is gone: they would
        read null. Hence ``over`` too is given up only when a row of now would be gone."""
        if over is not None:
            row = QObject()
            row.destroyed.connect(over.deleteLater)
            row.deleteLater()

    def _now(self) -> datetime | None:
        """The centre's time; None where it has not told any yet."""
        if self._catalogue is None or not self._fetched_at:
            return None
        return self._catalogue.clock + timedelta(seconds=time.monotonic() - self._fetched_at)

    def _page_of_bug(self, ticket: int, error: Exception) -> Problem:
        """The page in place of a step whose view cannot be made; only 退出 leads on."""
        if self._bug is None or self._bug[0] != ticket:
            reference = reference_number()
            events.BUG.log(log, error=error, reference=reference)
            lead = _("请拿好证件和纸张。刚才如果办了业务，结果会发短信告诉您。")
            advice = ((_("换一台终端或到柜台"), _("拨打 12329，报下面的编号")),)
            page = Problem(_("这台机器出了差错"), lead, reference, advice=advice)
            self._bug = ticket, page
        return self._bug[1]

    def _shown_step(self) -> Step[Any]:
        """The step on the screen: an operation that is not decided soon shows another page."""
        if self._shown is None:
            raise RuntimeError("no step is shown")
        step = self._shown.step
        if isinstance(step, Deciding) and not self._patience.isActive():
            return step.becomes
        return step

    def _look_again(self) -> None:
        self._derive()
        self.changed.emit()

    def _set_hint(self, text: Text) -> None:
        self._hint = say(text, self.language)
        self._answered = -1
        self._end_wait()
        self.changed.emit()
        self.busyChanged.emit()

    def _greet(self, name: Sensitive[str], agent: bool) -> None:
        self._greeting, self._agent = legible(name.reveal(), self.drawable), agent
        self.changed.emit()

    def _surround(
        self,
        catalogue: Catalogue | None,
        notices: tuple[Sayable, ...],
        bulletins: tuple[Sayable, ...],
    ) -> None:
        if catalogue is not None and catalogue is not self._catalogue:
            self._catalogue, self._fetched_at = catalogue, time.monotonic()
        self._notices, self._bulletins = notices, bulletins
        self._derive()
        self.changed.emit()

    def _go_blank(self, done: threading.Event) -> None:
        self._blank = True
        self.preview = None
        self._shown = None
        self._keep_paper(None)
        self.forget()
        self.changed.emit()
        self.blanked.emit()
        self.on_blank(done)

    def _wait(self, ticket: int, waits: Sayable | None = None) -> None:
        """The page of ``ticket`` has its answer: it sleeps, and tells of a wait that lasts.
        ``waits``: in which words; None: a device, the camera or a phone has answered."""
        if self._shown is None or self._shown.ticket != ticket or self._leaving:
            return
        self._answered = ticket
        self._waits = self._shown.step.wait_after(None) if waits is None else waits
        self._slow_timer.start()
        self._late_timer.start()
        self.busyChanged.emit()

    def _become_slow(self) -> None:
        self._slow = True
        self.busyChanged.emit()

    def _become_late(self) -> None:
        self._late = True
        self.busyChanged.emit()

    def _end_wait(self) -> None:
        self._slow_timer.stop()
        self._late_timer.stop()
        self._slow = self._late = False

    def _is_busy(self) -> bool:
        return self._shown is not None and self._answered == self._shown.ticket

    def sheet(self, number: int, width: int) -> Picture | None:
        """Page ``number`` of the shown document, ``width`` pixels wide; None when the screen shows
        no document or the document has no such page."""
        shown = self._shown
        if shown is None or not isinstance(shown.step, Preview):
            return None
        try:
            pages = self._pages_of(shown.step)
            return pages.picture(number, width) if number < pages.count else None
        except CannotDraw:
            self._miss_paper(shown)
        except Exception as error:  # noqa: BLE001 - no memory, or a bug: in the loader's thread
            events.UNCAUGHT.log(log, error=error)
            self._miss_paper(shown)
        return None

    def _miss_paper(self, shown: _Shown) -> None:
        """A page of the document that ``shown`` shows was not drawn."""
        if self._shown is shown:  # else the document was closed
            self._undrawable.emit(shown.ticket)

    def _pages_of(self, step: Preview) -> PaperPages:
        """The pages of the document, kept from sheet to sheet while the document is shown."""
        paper = self._paper
        if paper is None or paper[0] is not step:
            paper = step, PaperPages(step.pdf.reveal())
            self._keep_paper(paper)
        return paper[1]

    def _keep_paper(self, paper: tuple[Preview, PaperPages] | None) -> None:
        """Keep ``paper`` in place of the document before, unless it is shown no more. What is not
        kept is closed in a thread: closing waits for a page that is being drawn."""
        with self._paper_lock:
            shown = self._shown
            wanted = paper is None or (shown is not None and shown.step is paper[0])
            over = self._paper if wanted else paper
            if wanted:
                self._paper = paper
        if over is not None:
            threading.Thread(target=over[1].close, name="paper", daemon=True).start()

    def _give_up_paper(self, ticket: int) -> None:
        """A page of the shown document cannot be drawn: nobody may agree to what is not seen."""
        if self._shown is not None and self._shown.ticket == ticket:
            self.answer(CANNOT_DRAW)

    # -- what pages bind to -------------------------------------------------------------------

    page = readable(str, lambda self: self.shows.page, pageChanged)
    content = readable(QObject, lambda self: self._object, contentChanged)
    keeps = readable(
        bool, lambda self: bool(self._shown and self._shown.ticket != WARMING), changed
    )
    """Whether the pages of before may be shown again: a standby's are nobody's."""
    fits = readable(bool, lambda self: self._fits, pageChanged)
    """Whether the page, if it is kept, shows the content as if it was made anew."""
    ticket = readable(int, lambda self: self._shown.ticket if self._shown else 0, changed)
    back = readable(bool, lambda self: bool(self._shown and self._shown.back), changed)
    busy = readable(bool, lambda self: self._is_busy(), busyChanged)
    slow = readable(bool, lambda self: self._slow, busyChanged)
    late = readable(bool, lambda self: self._late, busyChanged)
    """Whether the wait lasts so long that the page offers to leave."""
    blankScreen = readable(bool, lambda self: self._blank, changed)
    wrong = readable(str, lambda self: self._hint, changed)
    greeting = readable(str, lambda self: self._greeting, changed)
    agent = readable(bool, lambda self: self._agent, changed)
    """Whether the greeting is for who acts for a unit."""

    def _words_of_wait(self) -> str:
        return say(LEAVING if self._leaving else self._waits, self.language)

    waiting = readable(str, _words_of_wait, busyChanged)
    """What the terminal waits for."""

    def _is_demo(self) -> bool:
        if self._catalogue is None:
            return not self.sets_up
        return self._catalogue.demo

    def _name_of_centre(self) -> str:
        if self._catalogue is None:
            return say(attract_words.NAMELESS, self.language)
        return say(self._catalogue.short_name, self.language)

    def _all_notices(self) -> str:
        return "\n".join(self._lines_of(self._notices))

    def _all_bulletins(self) -> list[str]:
        return self._lines_of(self._bulletins)

    def _lines_of(self, said: tuple[Sayable, ...]) -> list[str]:
        return [attract_words.unstopped(say(each, self.language)) for each in said]

    demo = readable(bool, _is_demo, changed)
    centre = readable(str, _name_of_centre, changed)
    notices = readable(str, _all_notices, changed)
    bulletins = Property("QStringList", _all_bulletins, notify=changed)  # type: ignore[arg-type]  # the stub knows types only

    # -- what pages call ----------------------------------------------------------------------

    @Slot(str)
    def answer(self, value: str) -> None:
        """Send the citizen's answer to the dialogue. Until the next step, the page drops every
        further answer."""
        if self._shown is None or self._is_busy():
            return
        if self._shown.ticket == WARMING:
            self.early.emit(value)
            return
        if self.finger_from_before():
            return  # the page has changed under a finger that rested on a button of the same place
        if not self.in_visit:
            self.in_visit = True
            (self.maintained if value == MAINTENANCE else self.begun).emit()
        self._hint = ""
        self._wait(self._shown.ticket, self._shown.step.wait_after(value))
        if self.listener:
            self.listener.answer(self._shown.ticket, value)

    @Slot()
    def goBack(self) -> None:
        possible = self._shown and self._shown.back and not self._is_busy()
        if self._shown and possible and self.listener and not self.finger_from_before():
            self._wait(self._shown.ticket, RETURNING)
            self.listener.back(self._shown.ticket)

    @Slot()
    def leave(self) -> None:
        if self._shown and self.listener:
            self._answered = self._shown.ticket
            self._leaving = True
            self._late_timer.stop()
            self._late = False
            self._slow_timer.start()
            self.left.emit()
            self.busyChanged.emit()
            self.listener.leave(self._shown.ticket)

    @Slot(str)
    def timeOut(self, how: How) -> None:
        """The clock's call, not a button's: nobody has touched the screen for too long, or the
        visit has lasted too long."""
        if self.listener:
            self.listener.time_out(how)
