"""Puts a visit together: settings, devices, centre client, screen, leftovers."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from functools import partial
from typing import TypeVar

from drivers import catalogue as drivers
from drivers.device import Deadline, DeviceError, Kind, State, Status
from drivers.hosting.host import Host
from kiosk import events
from kiosk.centre.client import CentreClient
from kiosk.centre.errors import CentreUnavailable, Refusal, reference_number
from kiosk.centre.models import Catalogue
from kiosk.centre.publication import KeptPublication
from kiosk.centre.shelf import Shelf
from kiosk.centre.transport import Meanwhile, OnTime
from kiosk.endings import How
from kiosk.identity.face.booth import FaceBooth, closed_for_models
from kiosk.identity.proving import WHY, prove_further
from kiosk.identity.sign_in import identify, no_way_in
from kiosk.login import TellLogin, tell_nobody
from kiosk.privacy import Sensitive
from kiosk.services import SERVICES, menu, public_menu
from kiosk.settings import Settings, state_directory
from kiosk.terminal import vendor_mode
from kiosk.terminal.card_watch import CardWatch
from kiosk.terminal.dialogue import Dialogue, Screen
from kiosk.terminal.leftovers import Leftovers
from kiosk.visit.money import CommitLine
from kiosk.visit.steps import OutOfService, Problem
from kiosk.visit.troubles import STANDING_WORDS, Standing, device_words
from kiosk.visit.visit import Left, TimedOut, Visit, WentBack
from kiosk.words import Sayable, _

T = TypeVar("T")
log = logging.getLogger(__name__)

NOTICED = (Kind.ID_CARD, Kind.RECEIPT_PRINTER, Kind.DOCUMENT_PRINTER)
"""The devices whose problems the attract page announces, before a citizen starts."""
REFRESH_S = 60.0
"""Seconds between two requests for the centre's catalogue while the attract page is shown."""


def load_drivers(settings: Settings, *, apart: bool) -> None:
    """Import the drivers of the settings ahead of the visits that will make them; ``apart``: also
    what may be shared of those that run in processes of their own."""
    for kind, table in settings.devices.items():
        drivers.load(kind, table, apart=apart)


NEWS_TOLD = 3
"""Headlines of news on the attract page, at most."""
TELL_S = 20.0
"""Seconds for which the attract page says that the last visit ended for want of time."""
_TIMED_OUT: dict[How | None, Sayable] = {
    "idle": _("刚才的办理因长时间无人操作已经结束，信息已清除"),
    "limit": _("刚才的办理已到最长时间，已经结束，信息已清除"),
}


class Terminal:
    """One visit with its devices, its centre client and its dialogue.

    Calls ``on_end`` with the reason of the end, once the screen is blank and the session closed;
    the keeper kills the process after that. ``committer`` is the way to the committer; without one,
    no money service may begin. Calls ``on_time`` with the duration of each call to the
    centre, ``on_login`` with what comes of logins, and ``on_leftovers`` with whether a device may
    hold something of a citizen at the end of this visit.
    """

    def __init__(
        self,
        settings: Settings,
        on_end: Callable[[How], None],
        *,
        on_time: OnTime | None = None,
        on_leftovers: Callable[[bool], None] = lambda some: None,
        committer: CommitLine | None = None,
        on_login: TellLogin = tell_nobody,
    ) -> None:
        self._settings = settings
        self._committer = committer
        self._on_end = on_end
        self._on_leftovers = on_leftovers
        self._on_time = on_time
        self._on_login = on_login
        self._hosts = _hosts(settings, self._device_changed)
        self._catalogue: Catalogue | None = None
        self._shelf = Shelf(state_directory(settings))
        self._information: KeptPublication | None = None
        self._centre_down = False
        self._just_ended: Sayable | None = None
        self.lent = False
        """Whether the technician has the machine: another program may cover the screen."""
        self._quiet = threading.Event()  # set when a citizen has begun: stop refreshing
        self._leftovers = Leftovers(self._hosts, partial(on_leftovers, False))
        camera = self._hosts.get(Kind.CAMERA)
        booth = FaceBooth(camera, settings.face, settings.terminal) if camera else None
        self.dialogue = Dialogue(self._hosts, self._leftovers.await_device, booth)

    def statuses(self) -> Mapping[Kind, Status]:
        """The current status of each device, by device class."""
        return {kind: host.status for kind, host in self._hosts.items()}

    def open(self, screen: Screen, *, leftovers: bool = False, after: How | None = None) -> None:
        """Go live: take the devices, ask the centre, wait for a citizen. ``leftovers``: a device
        may hold something of an earlier citizen. ``after``: how the last citizen's visit has just
        ended; where it ended for want of time, the attract page says so for ``TELL_S``."""
        self.dialogue.screen = screen
        if after in _TIMED_OUT:
            self._just_ended = _TIMED_OUT[after]
            forget = threading.Timer(TELL_S, self._forget_the_end)
            forget.daemon = True
            forget.start()
        threading.Thread(target=self._refresh, name="catalogue", daemon=True).start()
        threading.Thread(target=self._run, args=(leftovers,), name="visit", daemon=True).start()

    def _forget_the_end(self) -> None:
        self._just_ended = None
        self._surround()

    def quit(self, seconds: float) -> None:
        """Stop all hosts, which cancel their commands and close their devices; returns after
        ``seconds`` at the latest."""
        threads = [
            threading.Thread(target=host.stop, args=(seconds,), name="quit", daemon=True)
            for host in self._hosts.values()
        ]
        for thread in threads:
            thread.start()
        until = Deadline(seconds)
        for thread in threads:
            thread.join(until.remaining())

    def _take_devices(self, *, leftovers: bool) -> None:
        """Waits until vendor mode is off, then starts all hosts. If vendor mode is requested later
        on the attract page, this visit ends; the next waits in OutOfService."""
        if host := self._hosts.get(Kind.VENDOR_MODE):
            host.start()
            vendor_mode.await_ours(host, self._lend)
            self.lent = False
            threading.Thread(target=self._watch, args=(host,), name="mode", daemon=True).start()
        for host in self._hosts.values():
            host.start()
        self.dialogue.cabinet.go_dark()
        if Kind.SENSORS in self._hosts:
            watch = self.dialogue.cabinet.watch
            threading.Thread(
                target=watch, args=(self._surround,), name="sensors", daemon=True
            ).start()
        if leftovers:
            self._leftovers.begin()

    def _lend(self) -> None:
        self.lent = True
        usual = self._settings.visit.maintenance_s
        until = datetime.now().astimezone() + timedelta(seconds=usual) if usual else None
        self.dialogue.announce(OutOfService(until))

    def _watch(self, host: Host) -> None:
        vendor_mode.await_asked(host)
        if not self._quiet.is_set():
            self.dialogue.time_out("vendor-mode")

    # -- the visit ----------------------------------------------------------------------------

    def _run(self, leftovers: bool) -> None:
        how: How = "trouble"
        centre: CentreClient | None = None
        visit: Visit | None = None
        cards: CardWatch | None = None
        try:
            self._take_devices(leftovers=leftovers)
            centre = self._client(meanwhile=self.dialogue.hear)
            visit = Visit(
                self.dialogue,
                centre,
                self,
                self._settings,
                self._committer,
                self._public,
                partial(closed_for_models, self._settings.face.models),
            )
            cards = self._watch_cards(visit)
            runs = {name: service.run for name, service in SERVICES.items()}
            how = visit.run(identify, menu, runs, prove_for, public_menu)
            if visit.leftovers:
                self._on_leftovers(True)
        except Exception as error:  # noqa: BLE001 - a bug: shown with its number, then the visit ends
            reference = reference_number()
            events.BUG.log(log, error=error, reference=reference)
            self._admit(reference, visit.ends.standing if visit else Standing.UNCHANGED)
        finally:
            if cards:
                cards.stop()
            self._leftovers.end()
            self.dialogue.screen.blank()
            if centre:
                centre.close(how)
            self._on_end(how)

    def _watch_cards(self, visit: Visit) -> CardWatch:
        """Another person's card ends the visit; like the clock, never between a confirmation and
        its record."""
        other_card = partial(self.dialogue.time_out, "other-card")

        def holder() -> Sensitive[str] | None:
            return None if visit.expects_other_card else visit.centre.holder

        watch = CardWatch(self._hosts, holder, other_card)
        watch.start()
        return watch

    def _admit(self, reference: str, standing: Standing) -> None:
        """Tell the citizen of a bug, and what it means for their account."""
        page = Problem(
            _("这台机器出了差错"),
            _("{standing}请拿好证件和纸张。", standing=STANDING_WORDS[standing]),
            reference,
            advice=((_("换一台终端或到柜台"), _("拨打 12329，报下面的编号")),),
        )
        if not self._quiet.is_set():
            return  # no citizen has begun: nobody would read the page
        try:
            self.dialogue.ask(page, back=False)
        except (Left, TimedOut, WentBack):
            return

    def begun(self) -> None:
        """A citizen has begun: stop refreshing the catalogue."""
        self._quiet.set()

    # -- what stands around the pages ---------------------------------------------------------

    def _refresh(self) -> None:
        self._information = self._shelf.read()
        with self._client() as client:
            while not self._quiet.is_set():
                try:
                    self._catalogue = client.catalogue()
                    self._centre_down = False
                    self._keep_public(client, self._catalogue)
                except (CentreUnavailable, Refusal) as error:
                    self._centre_down = True
                    events.NO_CATALOGUE.log(log, reason=str(error))
                self._surround()
                self._quiet.wait(REFRESH_S if not self._centre_down else 5.0)

    def _public(self) -> KeptPublication | None:
        return self._information or self._shelf.read()

    def _keep_public(self, client: CentreClient, catalogue: Catalogue) -> None:
        """Keep what everybody may read, in the edition that ``catalogue`` names. Nothing is written
        where the kept one says the same."""
        kept = self._information
        if not catalogue.publication:
            return
        if kept is None or kept.publication.version != catalogue.publication:
            publication = client.publication()
        elif kept.catalogue != catalogue.model_copy(update={"clock": kept.catalogue.clock}):
            publication = kept.publication
        else:
            return
        self._information = KeptPublication(catalogue=catalogue, publication=publication)
        self._shelf.keep(self._information)

    def _device_changed(self, kind: Kind, status: Status) -> None:
        state, problem, detail = status.state.value, status.problem, status.detail or None
        events.DEVICE.log(log, device=kind, state=state, reason=problem, detail=detail)
        if hasattr(self.dialogue, "screen"):
            self._surround()
            self.dialogue.look_again()

    def _surround(self) -> None:
        self.dialogue.set_fault(self._no_way_in())
        self.dialogue.screen.surround(self._catalogue, self._notices(), self._bulletins())

    def _no_way_in(self) -> Sayable | None:
        return no_way_in(self.statuses(), self._catalogue.ways if self._catalogue else ())

    def _notices(self) -> tuple[Sayable, ...]:
        """What is wrong with this terminal now."""
        own = [self._just_ended] if self._just_ended else []
        if self._centre_down:
            own.append(_("暂时连不上公积金中心，请稍候"))
        if power := self.dialogue.cabinet.power:
            own.append(power)
        statuses = self.statuses()
        headline = self._no_way_in()
        for kind in NOTICED:
            if kind is Kind.ID_CARD and headline:
                continue
            status = statuses.get(kind)
            if status and not status.usable and status.state is not State.STARTING:
                own.append(device_words(kind, status))
        return tuple(own)

    def _bulletins(self) -> tuple[Sayable, ...]:
        """What the centre announces, then its newest news; while the centre cannot be reached, what
        was kept."""
        kept = self._information
        catalogue = self._catalogue or (kept.catalogue if kept else None)
        notices = catalogue.notices if catalogue else ()
        news = kept.publication.articles_of(("news",)) if kept else ()
        return (*notices, *(article.title for article in news[:NEWS_TOLD]))

    def _client(self, meanwhile: Meanwhile | None = None) -> CentreClient:
        centre = self._settings.centre
        return CentreClient(
            centre.url,
            terminal=self._settings.terminal,
            connect_s=centre.connect_s,
            read_s=centre.read_s,
            ca=centre.ca,
            certificate=centre.certificate,
            key=centre.key,
            on_time=self._on_time,
            meanwhile=meanwhile,
            on_login=self._on_login,
        )


def prove_for(visit: Visit, service: str) -> bool:
    """Ask for a further proof where ``service`` needs one."""
    return prove_further(visit, SERVICES[service].needs.level, WHY)


def _hosts(settings: Settings, changed: Callable[[Kind, Status], None]) -> dict[Kind, Host]:
    """A host for every device of the settings. A device whose host cannot be made is left out and
    logged."""
    hosts: dict[Kind, Host] = {}
    for kind, table in settings.devices.items():
        try:
            hosts[kind] = drivers.create_host(kind, table, partial(changed, kind))
        except DeviceError as error:
            events.DEVICE_NOT_MADE.log(log, device=kind, reason=str(error))
    return hosts
