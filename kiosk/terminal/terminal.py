"""Puts a visit together: settings, devices, fund client, screen; and the counter between them."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Mapping
from concurrent.futures import Future
from dataclasses import dataclass
from functools import partial
from queue import Empty, SimpleQueue
from typing import Any, NoReturn, Protocol, TypeVar

from drivers import catalogue as drivers
from drivers.device import CancelToken, Deadline, DeviceError, Reason, State, Status
from drivers.hosting.thread_host import ThreadHost
from kiosk.centre.client import FundClient, OnTime
from kiosk.centre.errors import CentreUnavailable, Refusal, reference_number
from kiosk.centre.models import Catalogue
from kiosk.identity.sign_in import identify
from kiosk.privacy import Sensitive
from kiosk.services import SERVICES, menu
from kiosk.settings import Settings
from kiosk.terminal import vendor_mode
from kiosk.terminal.cabinet import Cabinet
from kiosk.terminal.leftovers import Tidying
from kiosk.visit.steps import DeviceStep, NotAnAnswer, OutOfService, Problem, Step
from kiosk.visit.troubles import device_words
from kiosk.visit.visit import How, Left, TimedOut, Visit, WentBack
from kiosk.words import Language, Sayable, Text, _

T = TypeVar("T")
log = logging.getLogger(__name__)

NOTICED = ("id_card", "receipt_printer", "document_printer")
"""The devices whose state a citizen should know of before they start."""
GRACE_S = 10.0
"""How long a device may go on past the time of its step; its own driver ends it sooner."""
REFRESH_S = 60.0
"""How often the attract page asks the centre what is offered and announced."""


class Screen(Protocol):
    """What the counter asks of the screen. Every call may come from any thread and returns soon."""

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


class Counter:
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


class Terminal:
    """One visit with everything it works with. ``on_end`` is told how it ended, when the screen
    is blank and the session closed; the process is killed after that. ``on_time`` is told how long
    each call to the centre takes, ``on_remains`` whether something of a citizen may be left in a
    device when this visit is over."""

    def __init__(
        self,
        settings: Settings,
        on_end: Callable[[How], None],
        *,
        on_time: OnTime | None = None,
        on_remains: Callable[[bool], None] = lambda some: None,
    ) -> None:
        self._settings = settings
        self._on_end = on_end
        self._on_remains = on_remains
        self._on_time = on_time
        self._hosts = _hosts(settings, self._device_changed)
        self._catalogue: Catalogue | None = None
        self._centre_down = False
        self._quiet = threading.Event()  # set once a citizen is there: no more refreshing
        self._tidying = Tidying(self._hosts, partial(on_remains, False))
        self.counter = Counter(self._hosts, self._tidying.await_device)

    def statuses(self) -> Mapping[str, Status]:
        """How the devices are now, by class."""
        return {kind: host.status for kind, host in self._hosts.items()}

    def open(self, screen: Screen, *, unclean: bool = False) -> None:
        """Go live: take the devices, ask the centre, wait for a citizen. ``unclean``: something of
        an earlier citizen may be in a device."""
        self.counter.screen = screen
        threading.Thread(target=self._refresh, name="catalogue", daemon=True).start()
        threading.Thread(target=self._run, args=(unclean,), name="visit", daemon=True).start()

    def quit(self, seconds: float) -> None:
        """End what the devices are doing, and give them back; returns after ``seconds`` at the
        latest."""
        threads = [
            threading.Thread(target=host.stop, args=(seconds,), name="quit", daemon=True)
            for host in self._hosts.values()
        ]
        for thread in threads:
            thread.start()
        until = Deadline(seconds)
        for thread in threads:
            thread.join(until.remaining())

    def _take_devices(self, *, unclean: bool) -> None:
        """Once the machine is ours. From then on, whoever asks for it while nobody stands here
        ends this visit; the next one finds the machine asked for, and takes nothing."""
        if host := self._hosts.get("vendor_mode"):
            host.start()
            vendor_mode.await_ours(host, lambda: self.counter.announce(OutOfService()))
            threading.Thread(target=self._watch, args=(host,), name="mode", daemon=True).start()
        for host in self._hosts.values():
            host.start()
        self.counter.cabinet.go_dark()
        if "sensors" in self._hosts:
            watch = self.counter.cabinet.watch
            threading.Thread(
                target=watch, args=(self._surround,), name="sensors", daemon=True
            ).start()
        if unclean:
            self._tidying.begin()

    def _watch(self, host: ThreadHost) -> None:
        vendor_mode.await_asked(host)
        if not self._quiet.is_set():
            self.counter.time_out("vendor-mode")

    # -- the visit ----------------------------------------------------------------------------

    def _run(self, unclean: bool) -> None:
        how: How = "trouble"
        fund: FundClient | None = None
        try:
            self._take_devices(unclean=unclean)
            fund = self._client()
            visit = Visit(self.counter, fund, self, self._settings)
            runs = {name: service.run for name, service in SERVICES.items()}
            how = visit.run(identify, menu, runs)
            if visit.half_slip:
                self._on_remains(True)
        except Exception:
            # A bug of ours: said as one, with a number; then the visit ends.
            reference = reference_number()
            log.exception("bug", extra={"event": "bug", "reference": reference})
            self._admit(reference)
        finally:
            self._tidying.end()
            self.counter.screen.blank()
            if fund:
                fund.close()
            self._on_end(how)

    def _admit(self, reference: str) -> None:
        page = Problem(
            _("这台机器出了差错"),
            _("您的账户没有任何变动。请拿好证件和纸张。"),
            reference,
            advice=((_("换一台终端或到柜台"), _("拨打 12329，报下面的编号")),),
        )
        if not self._quiet.is_set():
            return  # nobody is there to read it
        try:
            self.counter.ask(page, back=False)
        except (Left, TimedOut, WentBack):
            return

    def begun(self) -> None:
        """A citizen is there."""
        self._quiet.set()

    # -- what stands around the pages ---------------------------------------------------------

    def _refresh(self) -> None:
        with self._client() as client:
            while not self._quiet.is_set():
                try:
                    self._catalogue = client.catalogue()
                    self._centre_down = False
                except (CentreUnavailable, Refusal) as error:
                    self._centre_down = True
                    log.warning("no catalogue", extra={"reason": str(error)})
                self._surround()
                self._quiet.wait(REFRESH_S if not self._centre_down else 5.0)

    def _device_changed(self, kind: str, status: Status) -> None:
        said = {"device": kind, "state": status.state.value, "detail": status.detail}
        log.info("device", extra=said | ({"reason": status.problem} if status.problem else {}))
        if hasattr(self.counter, "screen"):
            self._surround()

    def _surround(self) -> None:
        self.counter.screen.surround(self._catalogue, self._notices())

    def _notices(self) -> tuple[Sayable, ...]:
        """What does not work just now, then what the centre announces."""
        own = [_("暂时连不上公积金中心，请稍候")] if self._centre_down else []
        if power := self.counter.cabinet.power:
            own.append(power)
        statuses = self.statuses()
        for kind in NOTICED:
            status = statuses.get(kind)
            if status and not status.usable and status.state is not State.STARTING:
                own.append(device_words(kind, status))
        return (*own, *(self._catalogue.notices if self._catalogue else ()))

    def _client(self) -> FundClient:
        centre = self._settings.centre
        return FundClient(
            centre.url,
            terminal=self._settings.terminal,
            connect_s=centre.connect_s,
            read_s=centre.read_s,
            ca=centre.ca,
            certificate=centre.certificate,
            key=centre.key,
            on_time=self._on_time,
        )


def _hosts(settings: Settings, changed: Callable[[str, Status], None]) -> dict[str, ThreadHost]:
    """A host for every device of the settings; one that cannot be made is logged and missing."""
    hosts: dict[str, ThreadHost] = {}
    for kind, table in settings.devices.items():
        try:
            hosts[kind] = drivers.create_host(kind, table, partial(changed, kind))
        except DeviceError as error:
            log.error(
                "device", extra={"event": "device-settings", "device": kind, "reason": str(error)}
            )
    return hosts
