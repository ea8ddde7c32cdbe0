"""我的贷款: what is owed, the plan 还款计划, what was paid 还款明细."""

from __future__ import annotations

from kiosk.services.catalogue import service
from kiosk.services.choosing import choose_loan
from kiosk.visit.steps import Action, ShowLoan, ShowPlan, ShowRepayments
from kiosk.visit.visit import Visit
from kiosk.words import _


@service("loan", icon="loan")
def show_loan(visit: Visit) -> None:
    loan = choose_loan(visit)
    actions = (
        Action("plan", _("还款计划"), "calendar"),
        Action("repayments", _("还款明细"), "ledger"),
    )
    match visit.ask(ShowLoan(loan, actions=actions)):
        case "plan":
            plan = visit.look_up(lambda: visit.centre.plan(loan.id))
            visit.ask(ShowPlan(loan, tuple(plan)))
        case "repayments":
            paid = visit.look_up(lambda: visit.centre.repayments(loan.id))
            visit.ask(ShowRepayments(loan, tuple(paid)))
