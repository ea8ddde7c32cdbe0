"""Asks for a staff card and its PIN, and says whose they are: for maintenance, for an approval."""

from __future__ import annotations

import logging
from collections.abc import Callable, Set
from datetime import UTC, datetime

from drivers.device import Kind
from drivers.smart_card.types import BankCard
from kiosk import events
from kiosk.centre.roster import StaffEntry, StaffRole, StaffRoster, Worker
from kiosk.privacy import Sensitive
from kiosk.settings import Settings, state_directory
from kiosk.staff.roster_file import RosterOfNow, roster_of_now
from kiosk.staff.tries import PinTries
from kiosk.visit.maintenance_steps import EnterStaffPin, PresentStaffCard, PresentStaffIdCard
from kiosk.visit.steps import AskStep
from kiosk.words import Sayable, _

log = logging.getLogger(__name__)
ID_CARD, CHIP_CARD = "id-card", "chip-card"
"""The two cards that somebody of the staff may have."""
READERS = {ID_CARD: Kind.ID_CARD, CHIP_CARD: Kind.SMART_CARD}


class StaffRefused(Exception):
    """The card or the PIN counts for nothing here: the sentence, and the audit word."""

    def __init__(self, why: Sayable, word: str) -> None:
        super().__init__(word)
        self.why = why
        self.word = word


class StaffCards:
    """Whose card and PIN are presented, by the roster. ``ask`` shows a page on which the other
    party may go back; ``note`` is told the audit word of each wrong PIN. Three lock the card,
    whatever it was presented for."""

    def __init__(self, ask: AskStep, settings: Settings, note: Callable[[str], None]) -> None:
        self._ask = ask
        self._settings = settings
        self._note = note

    def who(
        self, way: str, roles: Set[StaffRole], applicant: Sensitive[str] | None = None
    ) -> Worker:
        """Who has presented a card, ``ID_CARD`` or ``CHIP_CARD``, of one of these ``roles``, and
        entered its PIN. ``applicant``: the card number of the citizen whose matter it is, who may
        not be the same. Raises :class:`StaffRefused`, what ``ask`` raises, and ``DeviceError``."""
        number = self._card_number(way)
        now = datetime.now(UTC)
        found = roster_of_now(self._settings, now)
        roster = found.roster
        if roster is None:
            raise StaffRefused(why_no_card(found, roles) or "", "card:roster")
        entry = roster.whose(number)
        worker = entry.worker if entry else None
        if entry is None or worker is None:
            why = _("这张卡没有登记")
            if way == CHIP_CARD:  # a citizen's own may be in the slot still
                why = _("卡槽里的卡没有登记，请取出，换上工作卡")
            raise StaffRefused(why, "card:unknown")
        if not entry.is_good(now):
            raise StaffRefused(_("这张卡现在不在有效期内"), f"card:not-now:{entry.number}")
        if worker.role not in roles:
            raise StaffRefused(_("这张卡没有这项权限"), f"card:role:{entry.number}")
        if applicant is not None and roster.whose(applicant) == entry:
            why = _("不能授权自己的业务，请另一位工作人员来")
            raise StaffRefused(why, f"card:own:{entry.number}")
        try:
            self._ask_pin(roster, entry)
        except OSError as error:
            events.TRIES_NOT_KEPT.log(log, reason=error.strerror or type(error).__name__)
            raise StaffRefused(_("本机不能记录密码次数，工作卡暂时不能用"), "card:disk") from error
        return worker

    def _card_number(self, way: str) -> Sensitive[str]:
        if way == ID_CARD:
            return Sensitive(self._ask(PresentStaffIdCard()).number)
        card = self._ask(PresentStaffCard())
        return Sensitive(card.number if isinstance(card, BankCard) else card.card_id)

    def _ask_pin(self, roster: StaffRoster, entry: StaffEntry) -> None:
        """Return once the PIN is right. Raises ``OSError`` where the tries cannot be counted."""
        number = entry.number
        tries = PinTries(state_directory(self._settings))
        wrong: Sayable | None = None
        while True:
            self._unless_locked(tries, number)
            pin = self._ask(EnterStaffPin(wrong))
            left = tries.count(number, datetime.now(UTC))
            if roster.is_pin(entry, pin):
                tries.forget(number)
                return
            self._note(f"card:wrong-pin:{number}")
            wrong = _("密码不对，还可以试 {left} 次", left=left)

    def _unless_locked(self, tries: PinTries, number: str) -> None:
        until = tries.locked_until(number, datetime.now(UTC))
        if until is not None:
            at = f"{until.astimezone():%H:%M}"
            raise StaffRefused(_("密码错了太多次，这张卡锁到 {at}", at=at), f"card:locked:{number}")


def why_no_card(found: RosterOfNow, roles: Set[StaffRole]) -> Sayable | None:
    """Why nobody's card counts who has one of these roles; None: somebody's does."""
    if found.unreadable:
        return _("工作人员名单读不出来")
    if found.stale_since:
        at = f"{found.stale_since.astimezone():%m-%d %H:%M}"
        return _("工作人员名单从 {at} 起没有更新", at=at)
    staff = found.roster.staff if found.roster else ()
    return None if any(one.role in roles for one in staff) else _("本机没有登记工作人员")
