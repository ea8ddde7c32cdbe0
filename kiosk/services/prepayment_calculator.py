"""提前还款试算: what an early repayment saves, with both ways beside each other."""

from __future__ import annotations

from decimal import Decimal

from kiosk.services.calculating import LEAST_LOAN, ask_amount, ask_rate, try_prepayment
from kiosk.services.catalogue import KEPT, service
from kiosk.visit.steps import EnterNumber
from kiosk.visit.visit import Visit
from kiosk.words import _


@service("prepayment-calculator", icon="again", needs=KEPT)
def calculate_prepayment(visit: Visit) -> None:
    parameters = visit.publication.parameters
    balance = ask_amount(
        visit,
        _("还欠多少贷款？"),
        _("贷款余额"),
        least=LEAST_LOAN,
        most=parameters.most_loan_together,
    )
    terms = int(
        visit.ask(
            EnterNumber(
                _("还剩多少期？"),
                _("剩余期数"),
                _("期"),
                least=Decimal(2),
                most=Decimal(parameters.most_years * 12),
                lead=_("一个月一期，按等额本息计算"),
                places=0,
                whole=False,
            )
        )
    )
    rate = ask_rate(visit, -(-terms // 12))
    try_prepayment(visit, balance, rate, terms)
