"""The dialogue with a citizen: puts a step on the screen and waits for whoever answers."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from concurrent.futures import Future
from dataclasses import dataclass
from queue import Empty, SimpleQueue
from typing import Any, NoReturn, Protocol, TypeVar

from drivers.device import CancelToken, Deadline, DeviceError, Reason
from drivers.hosting.thread_host import ThreadHost
from kiosk.centre.models import Catalogue
from kiosk.endings import How
from kiosk.privacy import Sensitive
from kiosk.terminal.cabinet import Cabinet
from kiosk.visit.steps import DeviceStep, NotAnAnswer, Step
from kiosk.visit.visit import Left, TimedOut, WentBack
from kiosk.words import Language, Sayable, Text

T = TypeVar("T")

GRACE_S = 10.0
"""How long a device may go on past the time of its step; its own driver ends it sooner."""


class Screen(Protocol):
    """What the dialogue asks of the screen. Every call may come from any thread and returns
    soon."""

    @property
    def language(self) -> Language:
        """The language chosen now."""

    @property
    def large(self) -> bool:
        """Whether large letters 关怀版 are chosen now."""

    def show(self, step: Step[Any], *, ticket: int, back: bool) -> None:
        """Put ``step`` before the citizen; its answer comes back under ``ticket``."""

    def hint(self, text: Text) -> None:
        """What was given does not answer the step: say what would, on the same page."""

    def greet(self, name: Sensitive[str]) -> None:
        """Show the masked name in the head."""

    def surround(self, catalogue: Catalogue | None, notices: tuple[Sayable, ...]) -> None:
        """What stands around every page, and what the attract page announces."""

    def blank(self) -> None:
        """Show nothing at all; returns when that frame is on the glass."""


@dataclass(frozen=True, slots=True)
class _Answered:
    ticket: int
    answer: object


@dataclass(frozen=True, slots=True)
class _Device:
    ticket: int
    future: Future[Any]


class Dialogue:
    """Puts a step before the citizen and waits for whoever answers: a finger, a device, the clock.

    The screen calls :meth:`answer`, :meth:`back`, :meth:`leave` and :meth:`time_out`; they only
    note it and return. An answer to a page that is no longer shown is dropped, so nothing can be
    pressed twice. A sheet on its way out is never cut off: 退出 and the clock are heard after it.
    """

    def __init__(
        self,
        hosts: Mapping[str, ThreadHost],
        before_paper: Callable[[str], None] = lambda device: None,
    ) -> None:
        """``before_paper`` is called with the printer, and may wait or raise ``DeviceError``."""
        self.screen: Screen
        self._before_paper = before_paper
        self.cabinet = Cabinet(hosts)
        self._hosts = hosts
        self._inbox: SimpleQueue[_Answered | _Device | Left | TimedOut | WentBack] = SimpleQueue()
        self._ticket = 0
        self._leaving = False  # 退出 was pressed, and not heard yet
        self._over: Left | TimedOut | None = None  # heard while paper was on its way

    # -- for the visit ------------------------------------------------------------------------

    @property
    def language(self) -> Language:
        return self.screen.language

    @property
    def large(self) -> bool:
        return self.screen.large

    def greet(self, name: Sensitive[str]) -> None:
        self.screen.greet(name)

    def announce(self, step: Step[Any]) -> None:
        """Show a page that nobody answers; returns at once."""
        self._ticket += 1
        self.screen.show(step, ticket=self._ticket, back=False)

    def ask(self, step: Step[T], *, back: bool) -> T:
        """See :class:`kiosk.visit.visit.Asker`."""
        self._hear_what_came_between()
        prints = isinstance(step, DeviceStep) and not step.idles
        self._ticket += 1
        ticket = self._ticket
        cancel = CancelToken()
        self.screen.show(step, ticket=ticket, back=back)
        self.cabinet.guide(step)
        limit: Deadline | None = None
        if isinstance(step, DeviceStep):
            self._start(step, ticket, cancel)
            limit = Deadline(step.seconds + GRACE_S)
        try:
            while True:
                match self._next(limit):
                    case _Answered(number, answer) if number == ticket:
                        try:
                            return step.check(answer)
                        except NotAnAnswer as wrong:
                            self.screen.hint(wrong.hint)
                    case _Device(number, future) if number == ticket:
                        self.cabinet.tell_end(step, future.exception())
                        return future.result()  # type: ignore[no-any-return]
                    case Left() | TimedOut() as end:
                        if not prints:
                            self._end(end)
                        self._over = end
                    case WentBack() as back_again if back:
                        raise back_again
                    case DeviceError() as hung:
                        self.cabinet.tell_end(step, hung)
                        raise hung
        finally:
            cancel.cancel()

    def _next(
        self, limit: Deadline | None
    ) -> _Answered | _Device | Left | TimedOut | WentBack | DeviceError:
        """What comes next; a device that says nothing by then has failed in an unknown way."""
        try:
            return self._inbox.get(timeout=limit.remaining() if limit else None)
        except Empty:
            return DeviceError(Reason.TIMEOUT, "its driver does not come back", pages=None)

    def _hear_what_came_between(self) -> None:
        """Whoever left, or the clock, while the centre was asked or paper was on its way."""
        while self._over is None:
            try:
                noted = self._inbox.get_nowait()
            except Empty:
                return
            if isinstance(noted, Left | TimedOut):
                self._over = noted
        self._end(self._over)

    def _end(self, end: Left | TimedOut) -> NoReturn:
        self._over = None
        self._leaving = False
        raise end

    def _start(self, step: DeviceStep[Any], ticket: int, cancel: CancelToken) -> None:
        host = self._hosts.get(step.device)
        if host is None:
            raise DeviceError(Reason.NO_DEVICE, f"no {step.device} in the settings")
        if not step.idles:
            self._before_paper(step.device)
        future = host.submit(step.request, step.seconds, cancel)
        future.add_done_callback(lambda done: self._inbox.put(_Device(ticket, done)))

    # -- for the screen -----------------------------------------------------------------------

    def answer(self, ticket: int, answer: object) -> None:
        """The page shown under ``ticket`` was answered."""
        self._inbox.put(_Answered(ticket, answer))

    def back(self) -> None:
        self._inbox.put(WentBack())

    def leave(self) -> None:
        """退出 was pressed: heard once, however often it is pressed while something takes long."""
        if not self._leaving:
            self._leaving = True
            self._inbox.put(Left())

    def time_out(self, how: How) -> None:
        self._inbox.put(TimedOut(how))
