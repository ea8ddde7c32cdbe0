"""How the terminal is opened for maintenance: by a signed ticket, or by a staff card and its PIN.

Each refusal is a page with its sentence, and an audit event.
"""

from __future__ import annotations

import logging
import secrets
from datetime import UTC, datetime

from drivers.device import DeviceError, Kind, Reason
from drivers.sentence import en, words_of
from drivers.smart_card.types import BankCard
from kiosk import events
from kiosk.centre.errors import reference_number
from kiosk.centre.roster import StaffEntry, StaffRoster
from kiosk.enrolment.signed import TicketRefused
from kiosk.maintenance import ticket as tickets
from kiosk.maintenance.session import MaintainedTerminal, Pass
from kiosk.maintenance.ticket import SpentTickets
from kiosk.privacy import Sensitive
from kiosk.settings import state_directory
from kiosk.staff.roster_file import RosterOfNow, roster_of_now
from kiosk.staff.tries import PinTries
from kiosk.upkeep import UpkeepEvent
from kiosk.visit.maintenance_steps import EnterStaffPin, PresentStaffCard, ScanTicket
from kiosk.visit.steps import Action, ChooseWay, PresentIdCard, Problem, WayTile
from kiosk.visit.troubles import LEAVE, RETRY, closed_by
from kiosk.visit.visit import Left, WentBack
from kiosk.words import Sayable, _

log = logging.getLogger(__name__)
TICKET, ID_CARD, CHIP_CARD = "ticket", "id-card", "chip-card"
_READERS = {TICKET: Kind.CODE_SCANNER, ID_CARD: Kind.ID_CARD, CHIP_CARD: Kind.SMART_CARD}


class _Refused(Exception):
    """Neither the ticket nor the card opens anything: the sentence, the audit words, and of which
    ticket."""

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

    def enter(self) -> Pass:
        """Who has opened the terminal, and how. Raises :class:`~kiosk.visit.visit.Left` and
        :class:`~kiosk.visit.visit.TimedOut`."""
        while True:
            way = self._terminal.asker.ask(self._ways(), back=False)
            try:
                opened_by = self._by_ticket() if way == TICKET else self._by_card(way)
            except WentBack:
                continue
            except _Refused as refused:
                self._tell(refused.why, refused.word, refused.ticket)
            except DeviceError as error:
                if error.reason is Reason.TIMEOUT:
                    raise Left from error
                self._tell(words_of(error), "")
            else:
                worker = opened_by.worker
                detail = f"{opened_by.by}:{worker.role.value}:{worker.number}"
                self._terminal.tell_upkeep(UpkeepEvent.OPENED, opened_by.id, detail)
                return opened_by

    def _ways(self) -> ChooseWay:
        roster = _why_no_card(roster_of_now(self._settings, datetime.now(UTC)))
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
            raise _Refused(words_of(refused), f"ticket:{refused.code}") from refused
        try:
            spent = SpentTickets(self._state).has(found.id)
        except OSError as error:
            reason = error.strerror or type(error).__name__
            told = _("本机读不出用过的工单（{why}），请改用工作卡", why=reason)
            raise _Refused(told, "ticket:disk", found.id) from error
        if spent:
            why = en("this ticket's work has ended here; ask for a new ticket")
            raise _Refused(why, "ticket:spent", found.id)
        return Pass("ticket", found.id, found.worker, found.order, found.ends)

    def _by_card(self, way: str) -> Pass:
        number = self._card_number(way)
        now = datetime.now(UTC)
        found = roster_of_now(self._settings, now)
        roster = found.roster
        if roster is None:
            raise _Refused(_why_no_card(found) or "", "card:roster")
        entry = roster.whose(number)
        worker = entry.worker if entry else None
        if entry is None or worker is None:
            raise _Refused(_("这张卡没有登记"), "card:unknown")
        if not entry.is_good(now):
            raise _Refused(_("这张卡现在不在有效期内"), f"card:not-now:{entry.number}")
        try:
            self._ask_pin(roster, entry)
        except OSError as error:
            events.TRIES_NOT_KEPT.log(log, reason=error.strerror or type(error).__name__)
            raise _Refused(_("本机不能记录密码次数，请改用维护工单"), "card:disk") from error
        return Pass("card", secrets.token_hex(16), worker)

    def _card_number(self, way: str) -> Sensitive[str]:
        if way == ID_CARD:
            return Sensitive(self._terminal.asker.ask(PresentIdCard(), back=True).number)
        card = self._terminal.asker.ask(PresentStaffCard(), back=True)
        return Sensitive(card.number if isinstance(card, BankCard) else card.card_id)

    def _ask_pin(self, roster: StaffRoster, entry: StaffEntry) -> None:
        """Return once the PIN is right. Raises ``OSError`` where the tries cannot be counted."""
        number = entry.number
        tries = PinTries(self._state)
        wrong: Sayable | None = None
        while True:
            self._unless_locked(tries, number)
            pin = self._terminal.asker.ask(EnterStaffPin(wrong), back=True)
            left = tries.count(number, datetime.now(UTC))
            if roster.is_pin(entry, pin):
                tries.forget(number)
                return
            self._terminal.tell_upkeep(UpkeepEvent.REFUSED, "", f"card:wrong-pin:{number}")
            wrong = _("密码不对，还可以试 {left} 次", left=left)

    def _unless_locked(self, tries: PinTries, number: str) -> None:
        until = tries.locked_until(number, datetime.now(UTC))
        if until is not None:
            at = f"{until.astimezone():%H:%M}"
            why = _("密码错了太多次，这张卡锁到 {at}；急用请开维护工单", at=at)
            raise _Refused(why, f"card:locked:{number}")

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


def _why_no_card(found: RosterOfNow) -> Sayable | None:
    """Why nobody's card opens the terminal; None: somebody's does."""
    if found.unreadable:
        return _("工作人员名单读不出来")
    if found.stale_since:
        at = f"{found.stale_since.astimezone():%m-%d %H:%M}"
        return _("工作人员名单从 {at} 起没有更新", at=at)
    return None if found.roster and found.roster.staff else _("本机没有登记工作人员")
