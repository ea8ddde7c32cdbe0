"""The questions that the calculators share, and the trial of a prepayment."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal

from kiosk.calculations import (
    Instalment,
    add_months,
    by_year,
    equal_instalments,
    equal_principal,
    prepaid,
    total_interest,
)
from kiosk.centre.models import CentreWords
from kiosk.centre.operations import Trial, TrialChoice, TrialLine
from kiosk.visit.operation_steps import CompareTrial
from kiosk.visit.public_steps import ShowLoanYears
from kiosk.visit.steps import Action, Choose, Column, EnterNumber, Fact, Option, ShowTable
from kiosk.visit.visit import Visit
from kiosk.words import Language, Month, Sayable, Text, _, say

ONLY_FOR_REFERENCE = _("仅供参考，以中心审批为准")
LEAST_LOAN = Decimal(10_000)
LEAST_PREPAYMENT = Decimal(1_000)
"""Also what a prepayment leaves at least, so that only a debt of twice as much can be prepaid."""
EQUAL_INSTALMENTS, EQUAL_PRINCIPAL = "01", "02"
"""The ways to repay of appendix A.11 that the calculators know."""
SHORTER, LOWER = "shorter-term", "lower-payment"


# -- questions ------------------------------------------------------------------------------------


def ask_amount(
    visit: Visit, title: Sayable, label: Sayable, *, least: Decimal, most: Decimal
) -> Decimal:
    """An amount of money that is nobody's: any amount between the bounds."""
    return visit.ask(
        EnterNumber(title, label, _("元"), least=least, most=most, places=2, whole=False)
    )


def ask_years(visit: Visit, most: int) -> int:
    """For how many years."""
    return int(
        visit.ask(
            EnterNumber(
                _("贷多少年？"),
                _("年限"),
                _("年"),
                least=Decimal(1),
                most=Decimal(most),
                lead=_("最长 {years} 年", years=most),
                places=0,
                whole=False,
            )
        )
    )


def ask_rate(visit: Visit, years: int) -> Decimal:
    """The yearly rate of a loan of so many years: first home or second home."""
    rates = visit.publication.rates_on(visit.now().date())
    homes = {"first": True, "second": False}
    titles = {"first": _("首套房"), "second": _("二套房")}
    key = visit.ask(
        Choose(
            _("买第几套房？"),
            tuple(
                Option(
                    key,
                    titles[key],
                    _("年利率 {rate}", rate=percent(rates.rate(years, first_home=first))),
                    "home",
                )
                for key, first in homes.items()
            ),
            _("利率从 {day} 起执行", day=rates.since),
        )
    )
    return rates.rate(years, first_home=homes[key])


def percent(share: Decimal) -> str:
    """``share`` as a percentage without idle zeros: 2.6%."""
    return f"{share * 100:.3f}".rstrip("0").rstrip(".") + "%"


# -- the years of a loan --------------------------------------------------------------------------

_WAY_NAMES = {EQUAL_INSTALMENTS: _("等额本息"), EQUAL_PRINCIPAL: _("等额本金")}


def loan_plan(
    amount: Decimal, rate: Decimal, terms: int, way: str = EQUAL_INSTALMENTS
) -> tuple[Instalment, ...]:
    """All instalments of a loan, in one of the two ways."""
    plan = equal_principal if way == EQUAL_PRINCIPAL else equal_instalments
    return tuple(plan(amount, rate, terms))


def show_years(
    visit: Visit, amount: Decimal, rate: Decimal, years: int, *, way: str = EQUAL_INSTALMENTS
) -> None:
    """The chart of a loan that begins now, with what leads on from it: every instalment, the other
    way to repay, a prepayment."""
    while True:
        plan = loan_plan(amount, rate, years * 12, way)
        match visit.ask(loan_years(plan, amount, rate, way, visit.now().date())):
            case "every":
                visit.ask(instalments(plan, first_due(visit.now().date())))
            case "other-way":
                way = EQUAL_INSTALMENTS if way == EQUAL_PRINCIPAL else EQUAL_PRINCIPAL
            case _:
                try_prepayment(visit, amount, rate, years * 12)


def first_due(day: date) -> date:
    """When the first instalment of a loan of ``day`` is due."""
    return add_months(day, 1)


def loan_years(
    plan: tuple[Instalment, ...], amount: Decimal, rate: Decimal, way: str, today: date
) -> ShowLoanYears:
    """The page of a calculated loan."""
    due = first_due(today)
    years = by_year(plan, due)
    other = _WAY_NAMES[EQUAL_INSTALMENTS if way == EQUAL_PRINCIPAL else EQUAL_PRINCIPAL]
    can_prepay = amount >= 2 * LEAST_PREPAYMENT
    prepayment = (Action("prepay", _("提前还会怎样"), "again"),) if can_prepay else ()
    return ShowLoanYears(
        _("这笔贷款怎么还完"),
        _(
            "{way} · {amount} 元 · {term} · 年利率 {rate}",
            way=_WAY_NAMES[way],
            amount=amount,
            term=_("{count} 期", count=len(plan))
            if len(plan) % 12
            else _("{years} 年", years=len(plan) // 12),
            rate=percent(rate),
        ),
        years,
        (
            *_instalment_facts(plan, way),
            Fact(_("利息合计"), _("{amount} 元", amount=total_interest(plan))),
            Fact(_("本息合计"), _("{amount} 元", amount=amount + total_interest(plan))),
            Fact(_("余额减到一半"), _("{year} 年", year=_half(plan, due, amount))),
            Fact(_("全部还清"), Month(add_months(due, len(plan) - 1))),
        ),
        _("按现在的利率推算，利率调整后会变，仅供参考"),
        actions=(
            Action("every", _("看每一期"), "calendar"),
            Action("other-way", _("换成{way}", way=other), "change"),
            *prepayment,
        ),
    )


def _instalment_facts(plan: tuple[Instalment, ...], way: str) -> tuple[Fact, ...]:
    first = _("{amount} 元", amount=plan[0].amount)
    if way == EQUAL_INSTALMENTS:
        return (Fact(_("每月还"), first),)
    fewer = plan[0].amount - plan[1].amount
    return (
        Fact(_("第一个月还"), first),
        Fact(_("以后每月少还约"), _("{amount} 元", amount=fewer)),
    )


def _half(plan: tuple[Instalment, ...], due: date, amount: Decimal) -> str:
    """The year in which half of ``amount`` is paid."""
    months = next(n for n, line in enumerate(plan) if line.balance * 2 <= amount)
    return str(add_months(due, months).year)


def instalments(plan: tuple[Instalment, ...], due: date) -> ShowTable:
    """Every instalment of a calculated loan."""
    return ShowTable(
        _("每一期怎么还"),
        (
            Column(_("期次")),
            Column(_("还款年月")),
            Column(_("本金"), "quiet", right=True, wide=True),
            Column(_("利息"), "quiet", right=True, wide=True),
            Column(_("应还（元）"), "strong", right=True),
            Column(_("余额（元）"), "quiet", right=True),
        ),
        tuple(
            (
                line.term,
                Month(add_months(due, n)),
                line.principal,
                line.interest,
                line.amount,
                line.balance,
            )
            for n, line in enumerate(plan)
        ),
        empty="",
        lead=_("共 {count} 期 · 仅供参考", count=len(plan)),
    )


# -- a prepayment ---------------------------------------------------------------------------------


def try_prepayment(visit: Visit, balance: Decimal, rate: Decimal, terms: int) -> None:
    """Ask how much is paid early, compare both ways, and show the years of the one chosen."""
    amount = ask_amount(
        visit,
        _("提前还多少？"),
        _("提前还款金额"),
        least=LEAST_PREPAYMENT,
        most=balance - LEAST_PREPAYMENT,
    )
    today = visit.now().date()
    plans = prepaid(balance, rate, terms, amount)
    after = {SHORTER: plans.shorter, LOWER: plans.lower}
    chosen = visit.ask(
        CompareTrial(
            _("提前还 {amount} 元，怎么还？", amount=amount),
            _("贷款余额 {debt} 元，还后 {left} 元", debt=balance, left=balance - amount),
            Trial(
                choices=tuple(
                    _choice(way, plan, plans.without, today) for way, plan in after.items()
                ),
                note=_both(_("试算，按现在的利率，仅供参考")),
            ),
        )
    )
    page = loan_years(after[chosen], balance - amount, rate, EQUAL_INSTALMENTS, today)
    every = tuple(action for action in page.actions if action.key == "every")
    visit.ask(replace(page, actions=every))
    visit.ask(instalments(after[chosen], first_due(today)))


def _choice(
    way: str, plan: tuple[Instalment, ...], without: tuple[Instalment, ...], today: date
) -> TrialChoice:
    """One column of the comparison; its lines are those of the centre's own trial."""
    interest = total_interest(plan)
    yuan = _both(_("元"))
    titles = {SHORTER: _("缩短年限，月供不变"), LOWER: _("降低月供，年限不变")}
    return TrialChoice(
        way=way,
        title=_both(titles[way]),
        lines=(
            TrialLine(label=_both(_("月供")), money=plan[0].amount, unit=yuan),
            TrialLine(label=_both(_("剩余期数")), count=len(plan), unit=_both(_("期"))),
            TrialLine(label=_both(_("还清年月")), day=add_months(first_due(today), len(plan) - 1)),
            TrialLine(label=_both(_("以后利息合计")), money=interest, unit=yuan),
            TrialLine(
                label=_both(_("节约利息")), money=total_interest(without) - interest, unit=yuan
            ),
        ),
        balances=tuple(line.balance for line in plan[11::12]),
    )


def _both(text: Text) -> CentreWords:
    """``text`` in both languages, as a trial of the centre carries it."""
    return CentreWords(zh=say(text, Language.ZH), en=say(text, Language.EN))
