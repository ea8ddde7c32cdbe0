"""手机上继续: the citizen's phone goes on with a query, a form or a complaint.

Never with money that is being confirmed: from the quote on, an operation stays where it is.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, NoReturn

from kiosk.centre.handovers import (
    AccountHandover,
    ComplaintHandover,
    FormHandover,
    HandoverRequest,
    LoanHandover,
    RequestsHandover,
    WithdrawalsHandover,
)
from kiosk.visit.handover_steps import HandoverEnd, ShowHandover
from kiosk.visit.phone_codes import void_quietly
from kiosk.visit.steps import Action, Fact, ShowStatement
from kiosk.visit.troubles import MENU
from kiosk.visit.undertaking import ToMenu
from kiosk.words import Sayable, _

if TYPE_CHECKING:
    from kiosk.centre.models import Catalogue
    from kiosk.visit.visit import Visit

HANDOVER = "handover"
"""The key of the button 手机上继续."""
ON_PHONE = Action(HANDOVER, _("手机上继续"), "phone")
PhoneTask = (
    AccountHandover
    | WithdrawalsHandover
    | LoanHandover
    | RequestsHandover
    | FormHandover
    | ComplaintHandover
)
"""What a phone can go on with."""


def ways_to_phone(catalogue: Catalogue) -> tuple[Action, ...]:
    """The button 手机上继续, where the centre has phones go on."""
    return (ON_PHONE,) if catalogue.handover else ()


def way_to_phone(visit: Visit) -> Action | None:
    """The same button, for a page that has room for one; None where the centre has none."""
    return ON_PHONE if visit.catalogue.handover else None


def hand_over(visit: Visit, about: PhoneTask, what: Sayable) -> NoReturn:
    """Show the code until the phone has taken over, and then where the work goes on. A code whose
    time has passed is followed by a new one. 返回 leads back to the page before; raises
    :class:`ToMenu` after the last page: what was begun here has ended here."""
    proves = not isinstance(about, ComplaintHandover)
    goes_on = False
    while True:
        code = visit.centre.handovers.open(HandoverRequest(about=about))
        poll = partial(_ended, visit, code.id)
        end: HandoverEnd | str = ""
        page = ShowHandover(poll, code.content, code.valid_s, what, proves, goes_on=goes_on)
        goes_on = True
        try:
            end = visit.present(page, back=True)
        finally:
            if not end:
                void_quietly(visit.centre.handovers.void, code.id)
        if end == "taken":
            visit.present(moved_on(what, form=isinstance(about, FormHandover)))
            raise ToMenu


def moved_on(what: Sayable, *, form: bool) -> ShowStatement:
    """The calm end of the work here: it goes on on the phone, and this machine has sent nothing."""
    return ShowStatement(
        _("请在手机上继续"),
        (
            Fact(_("业务"), what),
            Fact(_("在哪里继续"), _("您的手机")),
            Fact(_("这台机器"), _("没有提交任何内容") if form else _("不保留您的信息")),
        ),
        lead=_("手机已经接着办，这里可以离开了"),
        actions=(Action(MENU, _("返回首页"), "home"),),
    )


def _ended(visit: Visit, handover: str) -> HandoverEnd | None:
    state = visit.centre.handovers.state(handover).state
    return None if state == "waiting" else state
