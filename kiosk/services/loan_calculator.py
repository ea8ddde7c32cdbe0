"""可贷额度: how much can be borrowed, and what bounds it."""

from __future__ import annotations

from decimal import Decimal

from kiosk.calculations import LoanLimit, equal_instalment, loan_limits
from kiosk.centre.publication import Parameters
from kiosk.privacy import Sensitive
from kiosk.services.calculating import (
    ONLY_FOR_REFERENCE,
    ask_amount,
    ask_rate,
    ask_years,
    percent,
    show_years,
)
from kiosk.services.catalogue import KEPT, service
from kiosk.visit.steps import Action, Choose, Fact, Headline, Option, ShowStatement
from kiosk.visit.visit import Visit
from kiosk.words import Sayable, _

MOST_BALANCE = Decimal(1_000_000)
MOST_PRICE = Decimal(20_000_000)
MOST_INCOME = Decimal(200_000)
"""What the pages take at most, to catch a mistyped digit."""


@service("loan-calculator", icon="loan", needs=KEPT)
def calculate_loan(visit: Visit) -> None:
    parameters = visit.publication.parameters
    together = visit.ask(
        Choose(
            _("几个人缴公积金？"),
            (
                Option("one", _("一个人"), icon="id-card"),
                Option("two", _("夫妻两个人"), icon="heart"),
            ),
        )
    )
    zero = Decimal(0)
    balance = ask_amount(
        visit, _("账户里有多少钱？"), _("账户余额（夫妻合计）"), least=zero, most=MOST_BALANCE
    )
    price = ask_amount(visit, _("房子多少钱？"), _("房价"), least=Decimal(10_000), most=MOST_PRICE)
    income = ask_amount(
        visit, _("家里每月收入多少？"), _("每月收入"), least=Decimal(100), most=MOST_INCOME
    )
    years = ask_years(visit, parameters.most_years)
    rate = ask_rate(visit, years)
    limits = loan_limits(
        parameters.loan_policy,
        balance=balance,
        price=price,
        income=income,
        rate=rate,
        years=years,
        together=together == "two",
    )
    visit.ask(loan_statement_of(limits, parameters, rate, years))
    show_years(visit, limits[0].amount, rate, years)


def loan_statement_of(
    limits: tuple[LoanLimit, ...], parameters: Parameters, rate: Decimal, years: int
) -> ShowStatement:
    """The page of the result: the smallest bound, what it is, and all others."""
    most = limits[0]
    words: dict[str, Sayable] = {
        "balance": _("按账户余额（{times} 倍）", times=parameters.balance_times),
        "price": _("按房价（{share}）", share=percent(parameters.share_of_price)),
        "income": _("按收入（月供不超过 {share}）", share=percent(parameters.share_of_income)),
        "most": _("最高额度"),
    }
    actions = (Action("years", _("看看怎么还"), "calendar"),) if most.amount else ()
    payment = equal_instalment(most.amount, rate, years * 12)
    return ShowStatement(
        _("大约可以贷多少"),
        (
            *(Fact(words[limit.reason], _("{amount} 元", amount=limit.amount)) for limit in limits),
            Fact(_("每月还（等额本息）"), _("{amount} 元", amount=payment)),
        ),
        Headline(
            _("可贷额度（元）"),
            Sensitive(most.amount),
            _("取四项中最低的一项 · {years} 年，年利率 {rate}", years=years, rate=percent(rate)),
            plain=True,
        ),
        note=ONLY_FOR_REFERENCE,
        actions=actions,
    )
