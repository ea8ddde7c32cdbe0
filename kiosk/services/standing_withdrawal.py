"""约定提取: have a part of the rent paid out each month, change how much, or end that."""

from __future__ import annotations

from decimal import Decimal
from typing import Literal, cast

from kiosk.centre.operations import Eligibility, StandingWithdrawalOrder
from kiosk.operation import Business
from kiosk.services.catalogue import Needs, service
from kiosk.services.reasons import choose, given
from kiosk.services.withdraw import authorise
from kiosk.visit.steps import Choose, EnterNumber, Option
from kiosk.visit.visit import Visit
from kiosk.words import Sayable, _

_CANCEL = "cancel"
_WAYS = {
    "change": Option("change", _("变更金额"), _("次月起按新的金额转账"), "change"),
    _CANCEL: Option(_CANCEL, _("取消约定"), _("次月起不再转账"), "refused"),
}


@service("standing-withdrawal", icon="calendar", needs=Needs(committer=True))
def agree_standing_withdrawal(visit: Visit) -> None:
    authorise(visit)
    found = visit.look_up(lambda: visit.centre.operations.eligibility("standing"))
    lead = _("租房的人，每月自动转到本人银行卡")
    chosen = choose(visit, _("从哪个账户按月提取？"), lead, found, (Business.STANDING_WITHDRAWAL,))
    way = _which_way(visit, chosen)
    order = StandingWithdrawalOrder(
        business=Business.STANDING_WITHDRAWAL,
        account=given(chosen.account),
        way=cast(Literal["set", "change", "cancel"], way),
        amount=None if way == _CANCEL else _how_much(visit, chosen),
    )
    visit.confirm_and_commit(visit.draft(order))


def _which_way(visit: Visit, chosen: Eligibility) -> str:
    """What the citizen wants of what is agreed on already; else there is only one thing to do."""
    if chosen.ways == ("set",):
        return "set"
    return visit.ask(way_page(chosen))


def way_page(chosen: Eligibility) -> Choose:
    """变更金额 or 取消约定, with what is agreed on now. Raises :class:`CentreUnavailable` where the
    centre names nothing that can be done."""
    lead: Sayable = ""
    if chosen.monthly is not None:
        lead = _("现在每月提取 {amount} 元", amount=chosen.monthly)
    options = tuple(option for way, option in _WAYS.items() if way in chosen.ways)
    return Choose(_("变更还是取消？"), given(options or None), lead)


def _how_much(visit: Visit, chosen: Eligibility) -> Decimal:
    return visit.ask(amount_page(chosen))


def amount_page(chosen: Eligibility) -> EnterNumber:
    """How much a month, within the centre's limits."""
    most = given(chosen.most)
    return EnterNumber(
        _("每月提取多少？"),
        _("每月提取"),
        _("元"),
        least=given(chosen.least),
        most=most,
        lead=_("约定提取 · 每月最多 {most} 元", most=most),
    )
