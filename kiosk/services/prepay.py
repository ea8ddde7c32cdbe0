"""提前还款: a part of the loan, with the trial of both ways beside each other, or all of it."""

from __future__ import annotations

from kiosk.centre.operations import Eligibility, PrepaymentOrder, SettlementOrder
from kiosk.operation import Business
from kiosk.services.catalogue import Needs, service
from kiosk.services.reasons import choose, given
from kiosk.visit.operation_steps import CompareTrial
from kiosk.visit.steps import EnterNumber, Rest
from kiosk.visit.visit import Visit
from kiosk.words import _


@service("prepay", icon="loan", needs=Needs(committer=True))
def prepay(visit: Visit) -> None:
    found = visit.look_up(lambda: visit.centre.operations.eligibility("loan"))
    lead = _("能不能还，中心已替您核对")
    chosen = choose(
        visit, _("提前还多少？"), lead, found, (Business.PREPAYMENT, Business.SETTLEMENT)
    )
    if chosen.business is Business.SETTLEMENT:
        order = SettlementOrder(business=Business.SETTLEMENT, loan=given(chosen.loan))
        visit.confirm_and_commit(visit.draft(order))
        return
    part = _part(visit, chosen)
    visit.confirm_and_commit(visit.draft(part))


def _part(visit: Visit, chosen: Eligibility) -> PrepaymentOrder:
    """How much, and whether the loan becomes shorter or the payments lower."""
    loans = visit.look_up(visit.centre.loans)
    loan = given(next((each for each in loans if each.id == chosen.loan), None))
    debt = loan.balance.reveal()
    most = debt if chosen.most is None else chosen.most
    amount = visit.ask(
        EnterNumber(
            _("提前还多少？"),
            _("还款金额"),
            _("元"),
            least=most if chosen.least is None else chosen.least,
            most=most,
            lead=_("贷款余额 {debt} 元 · 最多还 {most} 元", debt=debt, most=most),
            rest=Rest(_("还后贷款余额"), debt),
        )
    )
    order = PrepaymentOrder(
        business=Business.PREPAYMENT, loan=loan.id, amount=amount, way="shorter-term"
    )
    trial = visit.look_up(lambda: visit.centre.operations.trial(order))
    way = visit.ask(
        CompareTrial(
            _("提前还 {amount} 元，怎么还？", amount=amount),
            _("贷款余额 {debt} 元，还后 {left} 元", debt=debt, left=debt - amount),
            trial,
        )
    )
    return order if way == order.way else order.model_copy(update={"way": way})
