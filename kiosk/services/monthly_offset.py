"""委托按月还贷: sign the agreement that repays the loan from the account each month, or end it."""

from __future__ import annotations

from typing import Literal, cast

from kiosk.centre.operations import MonthlyOffsetOrder
from kiosk.operation import Business
from kiosk.services.catalogue import Needs, service
from kiosk.services.reasons import choose, given
from kiosk.visit.steps import Choose, Option
from kiosk.visit.visit import Visit
from kiosk.words import _

_WAYS = (
    Option("sign", _("签约"), _("每月先从公积金账户扣款还贷"), "check"),
    Option("cancel", _("解约"), _("次月起停止扣款"), "refused"),
)


@service("monthly-offset", icon="calendar", needs=Needs(committer=True))
def agree_monthly_offset(visit: Visit) -> None:
    found = visit.look_up(lambda: visit.centre.operations.eligibility("loan"))
    lead = _("从公积金账户按月还贷")
    chosen = choose(visit, _("哪一笔贷款？"), lead, found, (Business.MONTHLY_OFFSET,))
    way = visit.ask(Choose(_("签约还是解约？"), _WAYS, _("协议全文在确认前可以看")))
    order = MonthlyOffsetOrder(
        business=Business.MONTHLY_OFFSET,
        loan=given(chosen.loan),
        way=cast(Literal["sign", "cancel"], way),
    )
    visit.confirm_and_commit(visit.draft(order))
