"""How the terminal is opened for maintenance: by a signed ticket, or by a staff card and its PIN.

Each refusal is a page with its sentence, and an audit event.
"""

from __future__ import annotations

import logging
import secrets
from datetime import UTC, datetime
from functools import partial

from drivers.device import DeviceError, Kind
from drivers.sentence import en, words_of
from kiosk import events
from kiosk.centre.errors import reference_number
from kiosk.centre.roster import OF_MAINTENANCE
from kiosk.enrolment.signed import TicketRefused
from kiosk.maintenance import ticket as tickets
from kiosk.maintenance.session import MaintainedTerminal, Pass
from kiosk.maintenance.ticket import SpentTickets
from kiosk.settings import state_directory
from kiosk.staff.roster_file import roster_of_now
from kiosk.upkeep import UpkeepEvent
from kiosk.visit.maintenance_steps import ScanTicket
from kiosk.visit.staff_cards import (
    CHIP_CARD,
    ID_CARD,
    READERS,
    StaffCards,
    StaffRefused,
    why_no_card,
)
from kiosk.visit.steps import Action, ChooseWay, Problem, WayTile
from kiosk.visit.troubles import LEAVE, RETRY, closed_by
from kiosk.visit.visit import Left, WentBack
from kiosk.words import Sayable, _

log = logging.getLogger(__name__)
TICKET = "ticket"
_READERS = {TICKET: Kind.CODE_SCANNER, **READERS}


class _TicketRefused(Exception):
    """The ticket opens nothing: the sentence, the audit words, and of which ticket."""

    def __init__(self, why: Sayable, word: str, ticket: str = "") -> None:
        super().__init__(word)
        self.why = why
        self.word = word
        self.ticket = ticket


class MaintenanceDoor:
    """Asks who comes, until somebody may enter or goes away."""

    def __init__(self, terminal: MaintainedTerminal) -> None:
        self._terminal = terminal
        self._settings = terminal.settings
        self._state = state_directory(terminal.settings)
        ask = partial(terminal.asker.ask, back=True)
        self._cards = StaffCards(ask, terminal.settings, self._wrong_pin)

    def enter(self) -> Pass:
        """Who has opened the terminal, and how. Raises :class:`~kiosk.visit.visit.Left` and
        :class:`~kiosk.visit.visit.TimedOut`."""
        while True:
            way = self._terminal.asker.ask(self._ways(), back=False)
            try:
                opened_by = self._by_ticket() if way == TICKET else self._by_card(way)
            except WentBack:
                continue
            except _TicketRefused as refused:
                self._tell(refused.why, refused.word, refused.ticket)
            except StaffRefused as refused:
                self._tell(refused.why, refused.word)
            except DeviceError as error:
                self._tell(words_of(error), "")
            else:
                worker = opened_by.worker
                detail = f"{opened_by.by}:{worker.role.value}:{worker.number}"
                self._terminal.tell_upkeep(UpkeepEvent.OPENED, opened_by.id, detail)
                return opened_by

    def _ways(self) -> ChooseWay:
        roster = why_no_card(roster_of_now(self._settings, datetime.now(UTC)), OF_MAINTENANCE)
        return ChooseWay(
            _("维护入口"),
            (
                self._way(TICKET, _("扫维护工单"), _("中心签发的二维码"), "scan"),
                self._way(ID_CARD, _("刷身份证"), _("要输入工作密码"), "id-card", roster),
                self._way(CHIP_CARD, _("插工作卡"), _("要输入工作密码"), "slot", roster),
            ),
            _("只供工作人员使用；办业务请按“退出”"),
        )

    def _way(
        self, way: str, title: Sayable, hint: Sayable, icon: str, closed: Sayable | None = None
    ) -> WayTile:
        device = _READERS[way]
        no_device = closed_by(self._terminal.real_statuses(), (device,))
        return WayTile(way, title, hint, icon, closed=no_device or closed)

    def _by_ticket(self) -> Pass:
        code = self._terminal.asker.ask(ScanTicket(), back=True)
        settings = self._settings
        try:
            found = tickets.check(code.text, settings.maintenance.tickets, settings.terminal)
        except TicketRefused as refused:
            raise _TicketRefused(words_of(refused), f"ticket:{refused.code}") from refused
        try:
            spent = SpentTickets(self._state).has(found.id)
        except OSError as error:
            reason = error.strerror or type(error).__name__
            told = _("本机读不出用过的工单（{why}），请改用工作卡", why=reason)
            raise _TicketRefused(told, "ticket:disk", found.id) from error
        if spent:
            why = en("this ticket's work has ended here; ask for a new ticket")
            raise _TicketRefused(why, "ticket:spent", found.id)
        return Pass("ticket", found.id, found.worker, found.order, found.ends)

    def _by_card(self, way: str) -> Pass:
        return Pass("card", secrets.token_hex(16), self._cards.who(way, OF_MAINTENANCE))

    def _wrong_pin(self, word: str) -> None:
        self._terminal.tell_upkeep(UpkeepEvent.REFUSED, "", word)

    def _tell(self, why: Sayable, word: str, ticket: str = "") -> None:
        """The page of a refusal. Raises :class:`~kiosk.visit.visit.Left` when they give up."""
        reference = reference_number()
        if word:
            self._terminal.tell_upkeep(UpkeepEvent.REFUSED, ticket, word)
        events.MAINTENANCE_REFUSED.log(log, reference=reference, reason=word or "device")
        page = Problem(
            _("没有打开维护"),
            why,
            reference,
            actions=(Action(LEAVE, _("返回首页"), "home"), Action(RETRY, _("再试一次"), "again")),
        )
        if self._terminal.asker.ask(page, back=False) == LEAVE:
            raise Left
