"""The dialogue with a citizen: shows a step and waits for the citizen, a device or the clock."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from concurrent.futures import Future
from contextlib import suppress
from dataclasses import dataclass, replace
from queue import Empty, SimpleQueue
from typing import Any, NoReturn, Protocol, TypeAlias, TypeGuard, TypeVar

from drivers.camera.types import Stream
from drivers.device import CancelToken, Deadline, DeviceError, Kind, Media, Reason
from drivers.hosting import host as hosting
from drivers.hosting.host import Host
from kiosk.centre.models import Catalogue
from kiosk.endings import How
from kiosk.privacy import Sensitive
from kiosk.terminal.cabinet import Cabinet
from kiosk.terminal.pin_entry import PinTaker
from kiosk.visit.face_steps import (
    CaptureFace,
    ConsentToFace,
    FaceCoaching,
    FaceTaken,
    ShowFace,
)
from kiosk.visit.maintenance_steps import MaintenanceHome
from kiosk.visit.pin_steps import EnterPin
from kiosk.visit.steps import (
    Attract,
    DeviceStep,
    Farewell,
    NotAnAnswer,
    PollStep,
    PresentIdCard,
    PrintStep,
    Step,
)
from kiosk.visit.trial_steps import AimCamera
from kiosk.visit.troubles import held_up_by
from kiosk.visit.visit import Left, TimedOut, WentBack
from kiosk.words import Language, Sayable, Text

T = TypeVar("T")

FRAME_S = 0.05
"""Longest wait for a page before its printer begins, in seconds: a covered screen shows none."""
READ_S = 30.0
"""How long the end of an operation stands after the longest time of a visit is over, in seconds."""


class Screen(Protocol):
    """The screen, as the dialogue uses it. Every method may be called from any thread and returns
    soon."""

    @property
    def language(self) -> Language:
        """The language chosen now."""

    @property
    def large(self) -> bool:
        """Whether large letters 关怀版 are chosen now."""

    def show(self, step: Step[Any], *, ticket: int, back: bool) -> None:
        """Show ``step``; the screen passes the citizen's answer on with ``ticket``."""

    def coach(self, step: Step[Any], *, ticket: int, preview: Stream | None) -> None:
        """Show on the page of ``ticket`` what ``step`` says now, and the camera's ``preview``."""

    def amend(self, step: Step[Any], *, ticket: int) -> None:
        """Show on the page of ``ticket`` what ``step`` says now."""

    def hint(self, text: Text) -> None:
        """Show on the same page why the last answer does not fit the step."""

    def answered(self, ticket: int) -> None:
        """Hear that a device, the camera or a phone has answered the page of ``ticket``: it waits,
        as it does after a press."""

    def greet(self, name: Sensitive[str], *, agent: bool = False) -> None:
        """Show the masked name in the head; ``agent``: of who acts for a unit."""

    def surround(
        self,
        catalogue: Catalogue | None,
        notices: tuple[Sayable, ...],
        bulletins: tuple[Sayable, ...] = (),
    ) -> None:
        """Set the centre's name and hotline around every page, the notices about this terminal,
        and the centre's bulletins."""

    def stands_there(self, somebody: bool) -> None:
        """Hear whether somebody stands before the screen now: it is covered when nobody does."""

    def blank(self) -> None:
        """Show an empty frame; returns when the screen shows it."""


@dataclass(frozen=True, slots=True)
class _Answered:
    ticket: int
    answer: object


@dataclass(frozen=True, slots=True)
class _Back:
    ticket: int


@dataclass(frozen=True, slots=True)
class _Leave:
    ticket: int


@dataclass(frozen=True, slots=True)
class _Framed:
    ticket: int


@dataclass(frozen=True, slots=True)
class _Device:
    ticket: int
    future: Future[Any]


@dataclass(frozen=True, slots=True)
class _Polled:
    found: Any


@dataclass(frozen=True, slots=True)
class _LookAgain:
    """What stands on the page may have changed."""


_Note: TypeAlias = _Answered | _Framed | _LookAgain | _Device | _Leave | _Back | TimedOut


class FaceTaker(Protocol):
    """Captures faces: :class:`kiosk.identity.face.booth.FaceBooth`."""

    def prepare(self) -> None: ...

    def take(self, step: CaptureFace, show: ShowFace, cancel: CancelToken) -> Future[FaceTaken]: ...

    def aim(self, show: Callable[[Stream], None], cancel: CancelToken) -> Future[Any]: ...


class Dialogue:
    """Shows a step and waits for its answer: from the citizen, from a device, or from the clock.

    The screen calls :meth:`answer`, :meth:`back`, :meth:`leave` and :meth:`time_out`, which only
    put a note into the inbox. The dialogue drops an answer to a page that is no longer shown, so
    that a button counts once. While paper is being printed, 退出 and the clock wait until the print
    is over; 退出 ends a print that the printer's trouble holds up. A page that waits for a card or
    a code waits until the citizen's clock says that they have gone, however long its device waits.
    """

    def __init__(
        self,
        hosts: Mapping[Kind, Host],
        before_paper: Callable[[Kind], None] = lambda device: None,
        booth: FaceTaker | None = None,
        *,
        aloud: bool = False,
    ) -> None:
        """The dialogue calls ``before_paper`` with the device class before each print; it may wait
        or raise ``DeviceError``. ``booth`` captures faces, where there is a camera. ``aloud``: the
        speaker says what those pages ask for that a citizen may not be able to read."""
        self.screen: Screen
        self._booth = booth
        pad = hosts.get(Kind.PIN_PAD)
        self._pins = PinTaker(pad) if pad else None
        self._before_paper = before_paper
        self.cabinet = Cabinet(hosts, (lambda: self.screen.language) if aloud else None)
        self._hosts = hosts
        self._inbox: SimpleQueue[_Note] = SimpleQueue()
        self._ticket = 0
        self._left_on = 0  # the page on which 退出 was pressed last
        self._counts_from = 0  # the page from which on 退出 counts
        self._first = Attract()
        self._over: Left | TimedOut | None = None  # came while paper was being printed
        self._late: TimedOut | None = None  # put off: nothing begins, and an end is still read
        self._read_by = Deadline(0.0)

    # -- for the visit ------------------------------------------------------------------------

    @property
    def language(self) -> Language:
        return self.screen.language

    @property
    def large(self) -> bool:
        return self.screen.large

    def greet(self, name: Sensitive[str], *, agent: bool = False) -> None:
        self.screen.greet(name, agent=agent)

    def announce(self, step: Step[Any]) -> None:
        """Show a page without waiting for an answer; returns at once. The answer to the page before
        came first: a 退出 that was pressed there after it is dropped, also where the screen still
        shows that page for a moment. The clock's word stays."""
        self._ticket += 1
        self._counts_from = self._ticket
        while self._over is None:
            try:
                noted = self._inbox.get_nowait()
            except Empty:
                break
            self._over = self._end_of(noted)
        self.screen.show(step, ticket=self._ticket, back=False)

    def amend(self, step: Step[Any]) -> None:
        """See :meth:`kiosk.visit.visit.Asker.amend`."""
        self.screen.amend(step, ticket=self._ticket)

    def heard(self, step: Step[T], seconds: float) -> T | None:
        """See :meth:`kiosk.visit.visit.Asker.heard`."""
        if end := self._over or self._late:
            self._end(end)
        until = Deadline(seconds)
        while True:
            try:
                note = self._inbox.get(timeout=until.remaining())
            except Empty:
                return None
            match note:
                case _Answered(number, answer) if number == self._ticket:
                    try:
                        return step.check(answer)
                    except NotAnAnswer as wrong:
                        self.screen.hint(wrong.hint)
                case _Leave() | TimedOut():
                    if end := self._end_of(note):
                        self._end(end)

    def ask(self, step: Step[T], *, back: bool, on_screen: Callable[[], None] | None = None) -> T:
        """See :class:`kiosk.visit.visit.Asker`."""
        tells = on_screen is not None
        self._hear_what_came_between(step, tells=tells)
        self._ticket += 1
        ticket = self._ticket
        cancel = CancelToken()
        step = self._as_it_is_now(step)
        self.screen.show(step, ticket=ticket, back=back)
        self.cabinet.guide(step)
        limit, device = self._start(step, ticket, cancel)
        try:
            while True:
                match self._poll(step) if isinstance(step, PollStep) else self._next(limit, device):
                    case _Answered(number, answer) if number == ticket:
                        try:
                            return step.check(answer)
                        except NotAnAnswer as wrong:
                            self.screen.hint(wrong.hint)
                    case _Framed(number) if number == ticket and on_screen:
                        on_screen()
                    case _Polled(found):
                        self.screen.answered(ticket)
                        return found  # type: ignore[no-any-return]
                    case _Device(number, future) if number == ticket and _nobody_yet(step, future):
                        step = self._amend_to(_told_of_card(step, future), step, ticket)
                        limit, device = self._start(step, ticket, cancel)
                    case _Device(number, future) if number == ticket:
                        self.cabinet.tell_end(step, future.exception())
                        self.screen.answered(ticket)
                        return future.result()  # type: ignore[no-any-return]
                    case _Leave() | TimedOut() as note:
                        self._hear_end(self._end_of(note), step, cancel, tells=tells)
                    case _LookAgain():
                        step = self._amend_to(self._as_it_is_now(step), step, ticket)
                        self._hear_end(self._over, step, cancel, tells=tells)  # 退出 came before
                    case _Back(number) if back and number == ticket:
                        raise WentBack
                    case DeviceError() as hung:
                        self.cabinet.tell_end(step, hung)
                        raise hung
        finally:
            cancel.cancel()
            self.cabinet.fall_silent()

    def _hear_end(
        self, end: Left | TimedOut | None, step: Step[Any], cancel: CancelToken, *, tells: bool
    ) -> None:
        """Raise ``end``; from a print, after it. 退出 cancels a print that a trouble holds up. The
        clock's word waits until the citizen has read what ``tells`` how an operation has ended, and
        the farewell is the end itself."""
        if end is None:
            return
        if isinstance(step, PrintStep):
            if step.held_up and isinstance(end, Left):
                cancel.cancel()
            self._keep(end)
        elif tells and self._late is None and _is_limit(end):
            self._put_off(end)
        elif not (isinstance(step, Farewell) and _is_limit(end)):
            self._end(end)

    def _keep(self, end: Left | TimedOut) -> None:
        """Keep ``end`` for after the print. Of 退出 and the clock's word, which comes once, the
        visit ends by 退出, and nothing new begins."""
        both = (end, self._over)
        left = next((one for one in both if isinstance(one, Left)), None)
        told = next((one for one in both if isinstance(one, TimedOut)), None)
        self._over = left or told
        if left:
            self._late = told or self._late

    def _put_off(self, end: TimedOut) -> None:
        self._over, self._late, self._read_by = None, end, Deadline(READ_S)

    def _amend_to(self, now: Step[T], before: Step[T], ticket: int) -> Step[T]:
        if now != before:
            self.screen.amend(now, ticket=ticket)
        return now

    def _as_it_is_now(self, step: Any) -> Any:
        """``step`` with what the devices say now: a print that is held up, a card that was lifted,
        a way in that is lost."""
        match step:
            case PrintStep() if host := self._hosts.get(step.device):
                held_up = held_up_by(step.device, host.status)
                return step if held_up == step.held_up else replace(step, held_up=held_up)
            case PresentIdCard(lies=True) if host := self._hosts.get(step.device):
                lies = host.status.media is not Media.NOT_PRESENT
                return replace(step, lies=lies)
            case Attract():
                return self._first
            case MaintenanceHome():
                return step.renew()
        return step

    def _poll(self, step: PollStep[T]) -> _Note | _Polled:
        """The next note of the inbox, or what ``step`` waits for, whichever comes first; where
        ``step`` yields, what the citizen has pressed before the answer was there."""
        while True:
            try:
                return self._inbox.get(timeout=step.every_s)
            except Empty:
                found = step.poll()
                if found is not None and not (step.yields and self._inbox.qsize()):
                    return _Polled(found)

    def _next(self, limit: Deadline | None, device: Kind | None) -> _Note | DeviceError:
        """The next note of the inbox. After ``limit``, the error of a driver that does not come
        back; how many pages it printed is unknown. On a page without a device, the end that was put
        off for it to be read."""
        if self._late and device is None:
            limit = self._read_by
        try:
            return self._inbox.get(timeout=limit.remaining() if limit else None)
        except Empty:
            if self._late and device is None:
                return self._late
            said = "its driver does not come back"
            return DeviceError(Reason.TIMEOUT, said, pages=None, device=device)

    def _hear_what_came_between(self, step: Step[Any], *, tells: bool) -> None:
        """Raise :class:`Left` or :class:`TimedOut` if it came since the last step: while the visit
        called the centre, or while paper was being printed. Drops all other notes. Three steps
        begin also after the visit's longest time: one that ``tells`` how an operation has ended, a
        print, and the farewell, which begins after every end."""
        while self._over is None:
            try:
                noted = self._inbox.get_nowait()
            except Empty:
                break
            self._over = self._end_of(noted)
        end = self._over or self._late
        if isinstance(step, Farewell):
            self._over = self._late = None
            self._counts_from = self._ticket + 1
        elif (tells or isinstance(step, PrintStep)) and _is_limit(end):
            self._put_off(end)
        elif end is not None:
            self._end(end)

    def _end_of(self, note: _Note) -> Left | TimedOut | None:
        """The end of the visit that ``note`` brings, if it does. 退出 brings none that was pressed
        on a page before the one that was announced."""
        match note:
            case TimedOut():
                return note
            case _Leave(ticket) if ticket >= self._counts_from:
                return Left()
        return None

    def _end(self, end: Left | TimedOut) -> NoReturn:
        self._over = None
        if isinstance(end, TimedOut):
            self._late = None
        raise end

    def _start(
        self, step: Step[Any], ticket: int, cancel: CancelToken
    ) -> tuple[Deadline | None, Kind | None]:
        """Hand the request of a device step to its host. Returns until when which device must have
        answered."""
        if isinstance(step, ConsentToFace) and self._booth:
            self._booth.prepare()  # while the citizen reads
        if isinstance(step, CaptureFace):
            self._take_face(step, ticket, cancel)
        if isinstance(step, AimCamera):
            self._aim_camera(step, ticket, cancel)
        if isinstance(step, EnterPin):
            self._take_pin(step, ticket, cancel)
        if not isinstance(step, DeviceStep):
            return None, None
        host = self._hosts.get(step.device)
        if host is None:
            said = f"no {step.device} in the settings"
            raise DeviceError(Reason.NO_DEVICE, said, device=step.device)
        if isinstance(step, PrintStep):
            self._await_frame(ticket)
            self._before_paper(step.device)
        future = host.submit(step.request, step.seconds, cancel)
        future.add_done_callback(lambda done: self._inbox.put(_Device(ticket, done)))
        return Deadline(step.seconds + hosting.HUNG_S), step.device

    def _await_frame(self, ticket: int) -> None:
        """Wait until the page of ``ticket`` is on the screen, ``FRAME_S`` at the longest: a driver
        that begins at once makes its page up to 7 ms later, since all threads of Python share one
        lock. Every note stays in the inbox."""
        notes: list[_Note] = []
        until = Deadline(FRAME_S)
        with suppress(Empty):
            while notes[-1:] != [_Framed(ticket)]:
                notes.append(self._inbox.get(timeout=until.remaining()))
        for note in notes:
            self._inbox.put(note)

    def _the_booth(self) -> FaceTaker:
        if self._booth is None:
            said = f"no {Kind.CAMERA} in the settings"
            raise DeviceError(Reason.NO_DEVICE, said, device=Kind.CAMERA)
        return self._booth

    def _aim_camera(self, step: AimCamera, ticket: int, cancel: CancelToken) -> None:
        def show(preview: Stream) -> None:
            self.screen.coach(step, ticket=ticket, preview=preview)

        future = self._the_booth().aim(show, cancel)
        future.add_done_callback(lambda done: self._inbox.put(_Device(ticket, done)))

    def _take_face(self, step: CaptureFace, ticket: int, cancel: CancelToken) -> None:
        booth = self._the_booth()

        def over() -> bool:
            return cancel.cancelled

        def show(coaching: FaceCoaching, preview: Stream | None) -> None:
            self.screen.coach(replace(step, coaching=coaching), ticket=ticket, preview=preview)
            if over():
                return
            self.cabinet.coach(coaching)
            if over():  # this page went while the capture was still telling
                self.cabinet.fall_silent()

        future = booth.take(step, show, cancel)
        future.add_done_callback(lambda done: self._inbox.put(_Device(ticket, done)))

    def _take_pin(self, step: EnterPin, ticket: int, cancel: CancelToken) -> None:
        if self._pins is None:
            said = f"no {Kind.PIN_PAD} in the settings"
            raise DeviceError(Reason.NO_DEVICE, said, device=Kind.PIN_PAD)

        def show(now: EnterPin) -> None:
            self.screen.amend(now, ticket=ticket)

        future = self._pins.take(step, show, cancel)
        future.add_done_callback(lambda done: self._inbox.put(_Device(ticket, done)))

    # -- for the terminal ---------------------------------------------------------------------

    def hear(self) -> None:
        """Raise :class:`Left` or :class:`TimedOut` if it came while the visit waits for the centre.
        Every other note stays in the inbox, for the page that is shown."""
        notes: list[_Note] = []
        while self._over is None:
            try:
                noted = self._inbox.get_nowait()
            except Empty:
                for note in notes:
                    self._inbox.put(note)
                return
            self._over = self._end_of(noted)
            if self._over is None:
                notes.append(noted)
        self._end(self._over)

    def look_again(self) -> None:
        """A device has another status: the page may say something else now."""
        self._inbox.put(_LookAgain())

    def set_first_page(self, first: Attract) -> None:
        """What the first page says from now on."""
        if first != self._first:
            self._first = first
            self.look_again()

    # -- for the screen -----------------------------------------------------------------------

    def answer(self, ticket: int, answer: object) -> None:
        """The citizen answered the page that was shown with ``ticket``."""
        self._inbox.put(_Answered(ticket, answer))

    def framed(self, ticket: int) -> None:
        """The first frame of the page that was shown with ``ticket`` is on the screen."""
        self._inbox.put(_Framed(ticket))

    def back(self, ticket: int) -> None:
        """返回 was pressed on the page that was shown with ``ticket``."""
        self._inbox.put(_Back(ticket))

    def leave(self, ticket: int) -> None:
        """退出 was pressed on the page that was shown with ``ticket``. Counts once, however often
        it is pressed there during a long call."""
        if ticket != self._left_on:
            self._left_on = ticket
            self._inbox.put(_Leave(ticket))

    def time_out(self, how: How) -> None:
        self._inbox.put(TimedOut(how))


def _nobody_yet(step: Step[Any], future: Future[Any]) -> bool:
    """Whether the device of a page that idles has waited in vain so far, or an older card still
    lies there: the page waits on. A driver that was killed has not waited."""
    error = future.exception()
    return (
        isinstance(step, DeviceStep)
        and step.idles
        and isinstance(error, DeviceError)
        and not isinstance(error, hosting.LostError)
        and (
            error.reason is Reason.TIMEOUT
            or (error.reason is Reason.NOT_TAKEN and isinstance(step, PresentIdCard))
        )
    )


def _told_of_card(step: Any, future: Future[Any]) -> Any:
    """``step`` with what its device says of a card that was read before and still lies there."""
    error = future.exception()
    old = isinstance(error, DeviceError) and error.reason is Reason.NOT_TAKEN
    return replace(step, lies=True) if old else step


def _is_limit(end: Left | TimedOut | None) -> TypeGuard[TimedOut]:
    """Whether ``end`` is the visit's longest time."""
    return isinstance(end, TimedOut) and end.how == "limit"
