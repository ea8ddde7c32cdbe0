"""还款计算: what a loan costs a month and in all, year by year."""

from __future__ import annotations

from kiosk.services.calculating import (
    EQUAL_INSTALMENTS,
    EQUAL_PRINCIPAL,
    LEAST_LOAN,
    ask_amount,
    ask_rate,
    ask_years,
    show_years,
)
from kiosk.services.catalogue import KEPT, service
from kiosk.visit.steps import Choose, Option
from kiosk.visit.visit import Visit
from kiosk.words import _


@service("repayment-calculator", icon="keypad", needs=KEPT)
def calculate_repayments(visit: Visit) -> None:
    parameters = visit.publication.parameters
    most = parameters.most_loan_together
    amount = ask_amount(visit, _("贷多少？"), _("贷款金额"), least=LEAST_LOAN, most=most)
    years = ask_years(visit, parameters.most_years)
    rate = ask_rate(visit, years)
    way = visit.ask(
        Choose(
            _("怎么还？"),
            (
                Option(EQUAL_INSTALMENTS, _("等额本息"), _("每月还一样多"), "calendar"),
                Option(EQUAL_PRINCIPAL, _("等额本金"), _("先多后少，利息少一些"), "down"),
            ),
        )
    )
    show_years(visit, amount, rate, years, way=way)
