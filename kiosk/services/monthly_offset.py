"""委托按月还贷: sign the agreement that repays the loan from the account each month, or end it."""

from __future__ import annotations

from typing import Literal, cast

from kiosk.centre.operations import Eligibility, MonthlyOffsetOrder, Operation
from kiosk.operation import Business, OperationState
from kiosk.services.catalogue import Needs, service
from kiosk.services.progress import how_far, show_operation
from kiosk.services.reasons import choose, given
from kiosk.visit.steps import Choose, Option
from kiosk.visit.visit import Visit
from kiosk.words import _

_SIGN, _BOTH, _GO_ON = "sign", "both", "go-on"
_WAITS = (OperationState.AWAITING_CONSENT, OperationState.DRAFTED)
_WAYS = (
    Option(_SIGN, _("签约"), _("每月先从公积金账户扣款还贷"), "check"),
    Option("cancel", _("解约"), _("次月起停止扣款"), "refused"),
)


@service("monthly-offset", icon="calendar", needs=Needs(committer=True))
def agree_monthly_offset(visit: Visit) -> None:
    waiting = _not_finished(visit)
    if waiting is not None and visit.ask(not_finished_page(waiting)) == _GO_ON:
        show_operation(visit, waiting)
        return
    found = visit.look_up(lambda: visit.centre.operations.eligibility("loan"))
    lead = _("从公积金账户按月还贷")
    chosen = choose(visit, _("哪一笔贷款？"), lead, found, (Business.MONTHLY_OFFSET,))
    way = visit.ask(way_page(chosen))
    order = MonthlyOffsetOrder(
        business=Business.MONTHLY_OFFSET,
        loan=given(chosen.loan),
        way=cast(Literal["sign", "cancel"], way),
        spouse=way == _SIGN and bool(chosen.spouse) and visit.ask(accounts_page(chosen)) == _BOTH,
    )
    visit.confirm_and_commit(visit.draft(order))


def _not_finished(visit: Visit) -> Operation | None:
    """The agreement that waits for the spouse's consent, or after it for the citizen: a new draft
    would supersede it."""
    for each in visit.look_up(visit.centre.operations.all_operations):
        if each.business is Business.MONTHLY_OFFSET and each.consent_of and each.state in _WAITS:
            return each
    return None


def not_finished_page(waiting: Operation) -> Choose:
    """接着办那一份 or 重新办: nothing that waits becomes void without the citizen's word."""
    return Choose(
        _("您有一份签约还没办完"),
        (
            Option(_GO_ON, _("接着办那一份"), how_far(waiting), "forward"),
            Option("anew", _("重新办"), _("没办完的那一份作废"), "again"),
        ),
        _("从公积金账户按月还贷"),
    )


def way_page(chosen: Eligibility) -> Choose:
    """签约 or 解约; where the centre says which can be had, only that."""
    options = tuple(each for each in _WAYS if not chosen.ways or each.key in chosen.ways)
    return Choose(_("签约还是解约？"), options, _("协议全文在确认前可以看"))


def accounts_page(chosen: Eligibility) -> Choose:
    """Whose account the loan is repaid from; the spouse has to agree on their own phone."""
    return Choose(
        _("从谁的账户扣款？"),
        (
            Option("mine", _("只扣我的账户"), _("马上可以签"), "account"),
            Option(
                _BOTH,
                _("我和配偶的账户都扣"),
                _("要 {spouse} 在自己的手机上同意", spouse=chosen.spouse),
                "people",
            ),
        ),
        _("先扣您的，不足再扣配偶的，还不够从还款卡扣"),
    )
