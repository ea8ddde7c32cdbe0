"""The technician's visit: the door, then the page and its acts, until the work is done."""

from __future__ import annotations

import logging
from contextlib import suppress

from drivers.device import DeviceError, Kind
from drivers.sentence import joined, words_of
from kiosk import events
from kiosk.centre.errors import reference_number
from kiosk.endings import RESTART, How
from kiosk.maintenance import counting, panel, printing, service, supplies
from kiosk.maintenance.acts import MAINTENANCE_ACTS, MaintenanceAct
from kiosk.maintenance.home import TITLES, home, since_words, state_word, tone_of
from kiosk.maintenance.opening import MaintenanceDoor
from kiosk.maintenance.session import MaintainedTerminal, MaintenanceSession, RestartAsked
from kiosk.maintenance.ticket import SpentTickets
from kiosk.upkeep import UpkeepEvent
from kiosk.visit.maintenance_steps import END, OVER
from kiosk.visit.steps import Action, Choose, Fact, Option, Problem, ShowStatement, Step
from kiosk.visit.troubles import RETRY
from kiosk.visit.visit import Left, TimedOut, WentBack
from kiosk.words import Sayable, _

log = logging.getLogger(__name__)
MODULES = (printing, service, supplies, counting, panel)
"""The modules whose acts are on the pages, in this order."""


def maintain(terminal: MaintainedTerminal) -> How:
    """A technician's visit, which the attract page has begun; returns how it has ended."""
    try:
        opened_by = MaintenanceDoor(terminal).enter()
    except Left:
        return "left"
    except TimedOut as timeout:
        return timeout.how
    session = MaintenanceSession(terminal, opened_by)
    events.MAINTENANCE_OPENED.log(log, by=opened_by.by)
    how: How = "trouble"
    try:
        how = _work(session)
    finally:
        terminal.tell_upkeep(UpkeepEvent.ENDED, opened_by.id, how)
        events.MAINTENANCE_ENDED.log(log, how=how)
    return how


def _work(session: MaintenanceSession) -> How:
    said: Sayable = ""
    while True:
        try:
            chosen = session.terminal.asker.ask(home(session, said), back=False)
            said = ""
            if chosen == END:
                _spend(session)
                return "left"
            if chosen == OVER:
                return "limit"
            with suppress(WentBack, Left):
                said = _act(session, chosen)
        except Left:  # of a wait that has ended meanwhile: only its own button ends the work
            continue
        except TimedOut as timeout:
            return timeout.how
        except RestartAsked:
            return RESTART


def _spend(session: MaintenanceSession) -> None:
    if session.opened_by.by != "ticket":
        return
    try:
        SpentTickets(session.state).spend(session.opened_by.id)
    except OSError as error:  # the ticket opens the terminal again until its time is over
        events.TICKET_NOT_SPENT.log(log, reason=error.strerror or type(error).__name__)


def _act(session: MaintenanceSession, chosen: str) -> Sayable:
    """Do what was pressed on the page; returns what the page says of it."""
    if chosen in session.terminal.hosts:
        chosen = session.ask(device_page(session, Kind(chosen)))
    act = MAINTENANCE_ACTS[chosen]
    while True:
        if act.noted:
            session.note(act.key)
        try:
            return act.run(session)
        except DeviceError as error:
            trouble: DeviceError | OSError = error
        except OSError as error:
            trouble = error
        if session.ask(_trouble(act, trouble)) != RETRY:
            return ""


def _trouble(act: MaintenanceAct, error: DeviceError | OSError) -> Problem:
    reference = reference_number()
    if isinstance(error, DeviceError):
        device, why = error.device, joined("; ", words_of(error), error.mend)
    else:
        device, why = None, error.strerror or type(error).__name__
    events.TROUBLE.log(log, reference=reference, reason=str(error), device=device)
    return Problem(
        _("{act}没有做成", act=act.title),
        why,
        reference,
        actions=(Action("done", _("返回维护"), "back"), Action(RETRY, _("再试一次"), "again")),
    )


def device_page(session: MaintenanceSession, kind: Kind) -> Step[str]:
    """The page of one device: how it is, and what can be done with it."""
    host = session.terminal.hosts[kind]
    status, info = host.status, host.info
    fault = session.counters.read().open.get(kind)
    facts = [
        Fact(_("状态"), state_word(status), tone_of(status)),
        Fact(_("何时起"), since_words(fault) if fault else ""),
        Fact(_("情况"), joined("; ", status.detail, status.mend)),
        Fact(_("型号"), " ".join(each for each in (info.model, info.firmware) if each)),
        Fact(_("地址"), info.address),
    ]
    told = tuple(fact for fact in facts if fact.value)
    acts = session.acts(lambda act: act.device is kind and act.closed(session) is None)
    if not acts:
        return ShowStatement(TITLES[kind], told)
    options = tuple(Option(act.key, act.title, icon=act.icon) for act in acts)
    return Choose(TITLES[kind], options, so_far=told)
