"""A clerk of the branch approves an operation 柜员授权, before the citizen can confirm it."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from datetime import UTC, datetime
from functools import partial
from typing import TYPE_CHECKING, TypeVar

from drivers.device import DeviceError, Kind, Status
from drivers.sentence import words_of
from kiosk import events
from kiosk.centre.errors import Refusal, reference_number
from kiosk.centre.operations import ClerkApproval, Operation
from kiosk.centre.roster import StaffRole
from kiosk.login import LoginEvent
from kiosk.staff.roster_file import RosterOfNow, roster_of_now
from kiosk.visit.operation_steps import AwaitClerk
from kiosk.visit.staff_cards import CHIP_CARD, ID_CARD, READERS, StaffCards, StaffRefused
from kiosk.visit.steps import Action, Fact, Problem, Step, WayTile
from kiosk.visit.troubles import RETRY, closed_by
from kiosk.words import Sayable, Text, _

if TYPE_CHECKING:
    from kiosk.visit.visit import Visit

T = TypeVar("T")
log = logging.getLogger(__name__)
CLERKS = frozenset({StaffRole.CLERK})
NOBODY = _("要柜员授权，请到网点")
"""Why a service that needs a clerk is closed where none works."""
_TILES = {
    ID_CARD: (_("工作人员刷身份证"), "id-card"),
    CHIP_CARD: (_("工作人员插工作卡"), "slot"),
}


class NoClerkHere(Refusal):
    """No clerk can approve at this terminal."""

    def __init__(self) -> None:
        super().__init__(
            "no-clerk",
            _("这项业务要工作人员授权，这台机器现在不能授权"),
            _("请带身份证到网点办理"),
            reference_number(),
        )


class _WentBack(Exception):
    """The clerk has gone back from the card or the PIN."""


def why_no_clerk(found: RosterOfNow, statuses: Mapping[Kind, Status]) -> Text | None:
    """Why no clerk can approve anything at the terminal now: none of the roster that was ``found``
    works here, or no reader takes a card; None: one can."""
    now, roster = datetime.now(UTC), found.roster
    if not any(one.role in CLERKS and one.is_good(now) for one in (roster.staff if roster else ())):
        return NOBODY
    closed = [closed_by(statuses, (device,)) for device in READERS.values() if device in statuses]
    if not closed:
        return NOBODY
    return None if None in closed else closed[0]


def await_clerk(visit: Visit, operation: Operation) -> ClerkApproval:
    """The approval of ``operation`` as it stands, once a clerk has presented card and PIN, and the
    audit log was told. Raises :class:`NoClerkHere`, and what ``Asker.ask`` raises: the citizen may
    go back, and leave."""
    if why_no_clerk(roster_of_now(visit.settings, datetime.now(UTC)), visit.statuses()):
        raise NoClerkHere
    applicant = visit.person.document_number if visit.person else None
    visit.expects_other_card = True  # to the operation's end: the clerk's may lie there long
    cards = StaffCards(
        partial(_ask, visit), visit.settings, partial(_note_refused, visit, operation)
    )
    while True:
        way = visit.present(clerk_page(operation, visit.statuses()), back=True)
        visit.other_card_read |= way == ID_CARD
        try:
            worker = cards.who(way, CLERKS, applicant)
        except _WentBack:
            continue
        except StaffRefused as refused:
            _note_refused(visit, operation, refused.word)
            _tell(visit, refused.why, refused.word)
        except DeviceError as error:
            _tell(visit, words_of(error), f"device:{error.reason}")
        else:
            who = f"{worker.role.value}:{worker.number}"
            visit.centre.tell_of_clerk(LoginEvent.APPROVED, operation.id, who)
            return ClerkApproval(number=worker.number, at=visit.now().replace(microsecond=0))


def _ask(visit: Visit, step: Step[T]) -> T:
    """The answer to a page of the clerk's. Raises :class:`_WentBack`."""
    answer = visit.present_or_back(step)
    if answer is None:
        raise _WentBack
    return answer


def clerk_page(operation: Operation, statuses: Mapping[Kind, Status]) -> AwaitClerk:
    """请等候工作人员授权: what for, and by which card; nothing of who the citizen is."""
    what: Sayable = operation.title
    if operation.amount is not None:
        what = _("{business} {amount} 元", business=operation.title, amount=operation.amount)
    why = Fact(_("为什么"), operation.clerk or "")
    tiles = tuple(
        WayTile(way, title, _("要输入工作密码"), icon, closed=closed_by(statuses, (READERS[way],)))
        for way, (title, icon) in _TILES.items()
        if READERS[way] in statuses
    )
    lead = _("{what}。请叫网点工作人员，您不用操作", what=what)
    return AwaitClerk(_("请等候工作人员授权"), tiles, lead, (why,))


def _note_refused(visit: Visit, operation: Operation, word: str) -> None:
    visit.centre.tell_of_clerk(LoginEvent.REFUSED, operation.id, word)


def _tell(visit: Visit, why: Sayable, word: str) -> None:
    """The page that says why nothing is approved yet; the clerk tries again, or another one
    comes."""
    reference = reference_number()
    events.CLERK_REFUSED.log(log, reference=reference, reason=word)
    again = Action(RETRY, _("再试一次"), "again")
    visit.present(Problem(_("没有授权"), why, reference, actions=(again,)))
