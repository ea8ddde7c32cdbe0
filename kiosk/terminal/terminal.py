"""Puts a visit together: settings, devices, centre client, screen, leftovers."""

from __future__ import annotations

import logging
import ssl
import threading
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from queue import Empty, SimpleQueue
from typing import Any, TypeVar

from drivers import catalogue as drivers
from drivers.device import Deadline, DeviceError, Kind, Media, Request, State, Status
from drivers.hosting.host import Host
from kiosk import events
from kiosk.centre.client import CentreClient
from kiosk.centre.errors import CentreUnavailable, Refusal, reference_number
from kiosk.centre.headlines import NEWS_TOLD
from kiosk.centre.models import Catalogue
from kiosk.centre.publication import KeptPublication
from kiosk.centre.shelf import Shelf
from kiosk.centre.transport import Meanwhile, OnTime, tls_context
from kiosk.counters import PAPER_DOTS, SEEN_S, Counted, CounterFile, of_result
from kiosk.endings import How
from kiosk.enrolment.renewal import STOPPED
from kiosk.identity.face.booth import FaceBooth, closed_for_models
from kiosk.identity.proving import WHY, prove_further
from kiosk.identity.sign_in import identify, no_way_in
from kiosk.login import TellLogin, tell_nobody
from kiosk.privacy import Sensitive
from kiosk.services import SERVICES, menu, possible_now, public_menu, service_hours
from kiosk.settings import ENROLLED, Settings, state_directory
from kiosk.staff.roster_file import RosterFile, RosterOfNow, roster_of_now
from kiosk.terminal import vendor_mode
from kiosk.terminal.card_watch import CardWatch
from kiosk.terminal.clerks import with_clerks
from kiosk.terminal.closures import Closed, Closures, reason_words
from kiosk.terminal.dialogue import Dialogue, Screen
from kiosk.terminal.leftovers import Leftovers
from kiosk.terminal.volume import kept_volume
from kiosk.upkeep import TellUpkeep, tell_no_log
from kiosk.visit.money import CommitLine
from kiosk.visit.remedies import ShowRemedy, by_hand
from kiosk.visit.steps import Attract, MaintenanceAsked, OutOfService, Problem, RemedyAsked
from kiosk.visit.troubles import STANDING_WORDS, Standing, device_words
from kiosk.visit.visit import Left, TimedOut, Visit, WentBack
from kiosk.words import Sayable, _

T = TypeVar("T")
log = logging.getLogger(__name__)

NOTICED = (Kind.ID_CARD, Kind.RECEIPT_PRINTER, Kind.DOCUMENT_PRINTER)
"""The devices whose problems the attract page announces, before a citizen starts."""
REFRESH_S = 60.0
"""Seconds between two requests for the centre's catalogue while the attract page is shown."""
DISK_S = 5.0
"""Longest wait for what is kept on the disk, in seconds, before the screen says 设备维护中."""


def load_drivers(settings: Settings, *, apart: bool) -> None:
    """Import the drivers of the settings ahead of the visits that will make them; ``apart``: also
    what may be shared of those that run in processes of their own."""
    for kind, table in settings.devices.items():
        drivers.load(kind, table, apart=apart)


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
    centre, ``on_login`` with what comes of logins, ``on_upkeep`` with what comes of maintenance,
    and ``on_leftovers`` with whether a device may hold something of a citizen at the end of this
    visit.
    ``maintain`` is a technician's visit, in place of a citizen's.
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
        on_upkeep: TellUpkeep = tell_no_log,
        maintain: Callable[[Terminal], How] | None = None,
    ) -> None:
        self._settings = settings
        self._committer = committer
        self._on_end = on_end
        self._on_leftovers = on_leftovers
        self._on_time = on_time
        self._on_login = on_login
        self.tell_upkeep = on_upkeep
        self._maintain = maintain
        self._hosts = _hosts(settings, self._device_changed)
        self._counters = CounterFile(state_directory(settings))
        self._counts: SimpleQueue[Callable[[], None] | None] = SimpleQueue()  # None: no more come
        self._closures = Closures(state_directory(settings))
        self._closed = Closed()
        self._informed = False  # what is kept on the disk is known: the pages may tell of it
        for host in self._hosts.values():
            host.on_done = self._count
            host.rest()
        self._catalogue: Catalogue | None = None
        self._shelf = Shelf(state_directory(settings))
        self._roster = RosterFile(settings)
        self._staffed = RosterOfNow()  # as read last: no change of the page reads the disk
        self._information: KeptPublication | None = None
        self._centre_down = False
        self._stopped = False  # the centre has taken this terminal out of use
        self._context: ssl.SSLContext | None = None
        self._making_context = threading.Lock()
        self._surrounding = threading.Lock()
        self._enrolled = _moment_of(state_directory(settings) / ENROLLED)
        self._just_ended: Sayable | None = None
        self.lent = False
        """Whether the technician has the machine: another program may cover the screen."""
        self._begun = False  # somebody has begun to work at the screen
        self._quiet = threading.Event()  # set when somebody has begun, or at the end: ask no more
        self._leftovers = Leftovers(self._hosts, partial(on_leftovers, False))
        camera = self._hosts.get(Kind.CAMERA)
        booth = FaceBooth(camera, settings.face, settings.terminal) if camera else None
        self.dialogue = Dialogue(
            self._hosts, self._leftovers.await_device, booth, aloud=settings.speech.aloud
        )

    def statuses(self) -> Mapping[Kind, Status]:
        """The current status of each device, by device class; one that a technician has taken out
        of service cannot be used."""
        return self._closed.statuses(self.real_statuses())

    # -- for maintenance ----------------------------------------------------------------------

    @property
    def settings(self) -> Settings:
        return self._settings

    @property
    def asker(self) -> Dialogue:
        return self.dialogue

    @property
    def hosts(self) -> Mapping[Kind, Host]:
        return self._hosts

    @property
    def offered(self) -> Catalogue | None:
        """The centre's catalogue, or the kept one."""
        return self._catalogue or (self._information.catalogue if self._information else None)

    def real_statuses(self) -> Mapping[Kind, Status]:
        """As the devices tell it themselves."""
        return {kind: host.status for kind, host in self._hosts.items()}

    # -- coming and going ---------------------------------------------------------------------

    def recall(self) -> tuple[Catalogue | None, tuple[Sayable, ...]]:
        """The catalogue that was kept and what it announces: for a standby's attract page, until
        the centre has answered."""
        self._information = self._shelf.read()
        return self._information.catalogue if self._information else None, self._bulletins()

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
        threading.Thread(target=self._keep_counts, name="counters", daemon=True).start()
        threading.Thread(target=self._run, args=(leftovers,), name="visit", daemon=True).start()

    def _forget_the_end(self) -> None:
        self._just_ended = None
        self._say_anew()

    def _inform(self) -> None:
        """Know what is out of service, who of the staff may approve, and how loud it is to be,
        before any page tells of it. A disk that hangs holds up nothing but the visit's thread, and
        the page says after ``DISK_S`` that nobody is served."""
        reading = threading.Thread(target=self._read_what_is_kept, name="kept", daemon=True)
        reading.start()
        reading.join(DISK_S)
        if reading.is_alive():
            events.DISK_HANGS.log(log)
            self.dialogue.announce(OutOfService())
            reading.join()
        if not self._informed:
            raise RuntimeError("what is kept on the disk was not read")
        self.dialogue.set_first_page(self._first_page())

    def _read_what_is_kept(self) -> None:
        self._closed = self._closures.read()
        self._staffed = roster_of_now(self._settings, datetime.now(UTC))
        self.dialogue.cabinet.usual_volume = kept_volume(state_directory(self._settings))
        self._informed = True

    def quit(self, seconds: float) -> None:
        """Ask the centre for no further catalogue, say nothing more, and stop all hosts, which
        cancel their commands and close their devices; returns after ``seconds`` at the latest."""
        self._quiet.set()
        self.dialogue.cabinet.fall_silent()
        threads = [
            threading.Thread(target=host.stop, args=(seconds,), name="quit", daemon=True)
            for host in self._hosts.values()
        ]
        for thread in threads:
            thread.start()
        until = Deadline(seconds)
        for thread in threads:
            thread.join(until.remaining())
        self._counts.put(None)

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
            watch, stands = self.dialogue.cabinet.watch, self.dialogue.screen.stands_there
            threading.Thread(
                target=watch, args=(self._surround, stands), name="sensors", daemon=True
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
            self._inform()
            threading.Thread(target=self._refresh, name="catalogue", daemon=True).start()
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
                self._offered_here,
            )
            cards = self._watch_cards(visit)
            runs = {name: service.run for name, service in SERVICES.items()}
            try:
                how = visit.run(identify, menu, runs, prove_for, public_menu)
            except RemedyAsked:
                how = self._show_remedy()
            except MaintenanceAsked:
                how = self._be_maintained()
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

    def _show_remedy(self) -> How:
        """Show who looks after the place what can be done now."""
        found = by_hand(self.statuses())
        try:
            if found:
                self.dialogue.ask(ShowRemedy(found, self._settings.terminal), back=False)
        except TimedOut as timeout:
            return timeout.how
        except Left:
            return "left"
        return "left"

    def _be_maintained(self) -> How:
        """A technician's visit; whoever has not opened the terminal goes back to the attract
        page."""
        self._attend()
        return self._maintain(self) if self._maintain else "left"

    def _watch_cards(self, visit: Visit) -> CardWatch:
        """Another person's card ends the visit; like the clock, never between a confirmation and
        its record."""
        other_card = partial(self.dialogue.time_out, "other-card")

        def holder() -> Sensitive[str] | None:
            return None if visit.expects_other_card else visit.centre.holder

        def asked_for() -> bool:
            """Whether the card that a service has asked for lies where it was read."""
            host = self._hosts.get(Kind.ID_CARD)
            if visit.other_card_read and host and host.status.media is not Media.PRESENT:
                visit.other_card_read = False
            return visit.other_card_read

        watch = CardWatch(self._hosts, holder, other_card, asked_for)
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
        if not self._begun:
            return  # nobody would read the page
        try:
            self.dialogue.ask(page, back=False)
        except (Left, TimedOut, WentBack):
            return

    def begun(self) -> None:
        """A citizen has begun: stop refreshing the catalogue, and attend to the devices."""
        self._attend()
        self._counts.put(partial(self._counters.add, {Counted.VISITS: 1}))

    def _attend(self) -> None:
        self._begun = True
        self._quiet.set()
        for host in self._hosts.values():
            host.attend()

    # -- what stands around the pages ---------------------------------------------------------

    def _refresh(self) -> None:
        self._information = self._shelf.read()
        with self._client() as client:
            while not self._quiet.is_set():
                stopped = False
                self._staffed = roster_of_now(self._settings, datetime.now(UTC))
                try:
                    self._catalogue = client.catalogue()
                    self._centre_down = False
                    self._keep_public(client, self._catalogue)
                except (CentreUnavailable, Refusal) as error:
                    self._centre_down = True
                    events.NO_CATALOGUE.log(log, reason=str(error))
                    stopped = isinstance(error, Refusal) and error.code == STOPPED
                if stopped and not self._stopped:
                    events.TERMINAL_STOPPED.log(log)
                self._stopped = stopped
                self._surround()
                self._follow_roster(client)
                self._look_at_enrolment()
                self._quiet.wait(REFRESH_S if not self._centre_down else 5.0)

    def _follow_roster(self, client: CentreClient) -> None:
        """Keep the roster of the staff, once the page tells what the catalogue says: the page waits
        for no roster. What needs a clerk may be open with another one."""
        if self._catalogue is None or self._centre_down:
            return
        if self._roster.follow(self._catalogue.staff, client.staff_roster):
            self._staffed = roster_of_now(self._settings, datetime.now(UTC))
            self._surround()

    def _look_at_enrolment(self) -> None:
        """The certificate was renewed, or the terminal enrolled anew: end this visit before
        anybody has begun it, so that the next one speaks with the new certificate."""
        path = state_directory(self._settings) / ENROLLED
        if _moment_of(path) != self._enrolled and not self._quiet.is_set():
            self.dialogue.time_out("left")

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
        self._say_anew()
        self._counts.put(partial(self._counters.note, kind, status))

    def _count(self, request: Request[Any], outcome: object) -> None:
        """A device has done something. What it has read of a citizen does not wait to be counted:
        only numbers do."""
        width = self._settings.devices.get(Kind.RECEIPT_PRINTER, {}).get("width", PAPER_DOTS)
        self._counts.put(partial(self._counters.add, of_result(request, outcome, width)))

    def _keep_counts(self) -> None:
        """Count, one after another, in a thread of its own: a disk that hangs holds up neither the
        screen nor the device whose host has told what it did. The counters also hear every
        ``SEEN_S`` how the devices are: a fault that goes on changes no state."""
        again = Deadline(SEEN_S)
        while True:
            count: Callable[[], None] | None
            try:
                count = self._counts.get(timeout=again.remaining())
            except Empty:
                count, again = self._note_devices, Deadline(SEEN_S)
            if count is None:
                return
            try:
                count()
            except Exception as error:  # noqa: BLE001 - a fault of the software; the count goes on
                events.UNCAUGHT.log(log, error=error)

    def _note_devices(self) -> None:
        for kind, host in self._hosts.items():
            self._counters.note(kind, host.status)

    def money_changed(self) -> None:
        """The committer has said whether what moves money may begin."""
        self._say_anew()

    def _say_anew(self) -> None:
        if self._informed:
            self._surround()
            self.dialogue.look_again()

    def _surround(self) -> None:
        with self._surrounding:  # what was looked up later is told later, by whichever thread
            self.dialogue.set_first_page(self._first_page())
            self.dialogue.screen.surround(self._catalogue, self._notices(), self._bulletins())

    def _first_page(self) -> Attract:
        """What the attract page says now. Nothing can be done without a way in, nor while the
        centre cannot be reached."""
        fault, catalogue = self._out_of_use() or self._no_way_in(), self._catalogue
        helps = by_hand(self.statuses()) is not None
        if catalogue is None:
            return Attract(fault, helps=helps)
        money = self._committer is not None and self._committer.open
        closed = fault is not None or self._centre_down
        offered = self._offered_here(catalogue)
        possible = () if closed else possible_now(offered, self.statuses(), money=money)
        return Attract(fault, possible, service_hours(catalogue), helps)

    def _offered_here(self, catalogue: Catalogue) -> Catalogue:
        """``catalogue`` without what a technician has taken out of service, and what needs a clerk
        where none works."""
        return with_clerks(self._closed.catalogue(catalogue), self._staffed, self.statuses())

    def _out_of_use(self) -> Sayable | None:
        """Why nothing can be done at this terminal, whoever comes; None: it is in use."""
        if self._closed.terminal:
            why = reason_words(self._closed.terminal)
            return _("本终端停用（{why}），请换一台终端或到柜台", why=why)
        if self._stopped:
            return _("本终端已停用，请换一台终端或到柜台")
        enrolled = self._settings.enrolled
        if enrolled and self._centre_down and enrolled.until <= datetime.now(UTC):
            return _("本终端的证书已到期，暂停服务，请换一台终端或到柜台")
        return None

    def _no_way_in(self) -> Sayable | None:
        return no_way_in(self.statuses(), self._catalogue.ways if self._catalogue else ())

    def _notices(self) -> tuple[Sayable, ...]:
        """What is wrong with this terminal now."""
        own = [self._just_ended] if self._just_ended else []
        if self._centre_down and self._out_of_use() is None:
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
            context=self._shared_context(),
            on_time=self._on_time,
            meanwhile=meanwhile,
            on_login=self._on_login,
        )

    def _shared_context(self) -> ssl.SSLContext:
        """One for both clients, made by the first while the other waits: to read certificate and
        roots twice would take CPU from the page that appears then."""
        centre = self._settings.centre
        with self._making_context:
            if self._context is None:
                self._context = tls_context(centre.ca, centre.certificate, centre.key)
            return self._context


def _moment_of(path: Path) -> int:
    """When the file was written (ns); 0 where there is none."""
    try:
        return path.stat().st_mtime_ns
    except OSError:
        return 0


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
