"""我的贷款: the balance of a loan, its plan 还款计划 and its repayments 还款明细."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from itertools import groupby
from typing import NoReturn

from kiosk.calculations import PlanYear
from kiosk.centre import codes
from kiosk.centre.handovers import LoanHandover
from kiosk.centre.models import Catalogue, Loan, PlanEntry, Repayment
from kiosk.services.catalogue import service
from kiosk.services.choosing import choose_loan
from kiosk.services.papers import PRINT, print_loan_paper, print_way
from kiosk.visit.handover import HANDOVER, hand_over, way_to_phone, ways_to_phone
from kiosk.visit.public_steps import ShowLoanYears
from kiosk.visit.steps import (
    Action,
    Cell,
    Column,
    Fact,
    Headline,
    ShowStatement,
    ShowTable,
    Tab,
    Tone,
    amounts,
)
from kiosk.visit.visit import Visit
from kiosk.words import Month, Sayable, _

_WAYS_ON = (
    Action("plan", _("看计划"), "calendar"),
    Action("repayments", _("看明细"), "ledger"),
    Action("years", _("看图"), "chart"),
)


@service("loan", icon="loan")
def show_loan(visit: Visit) -> None:
    loan = choose_loan(visit)
    match visit.ask(loan_statement(loan, visit.catalogue)):
        case "plan":
            _show_plan(visit, loan, visit.look_up(lambda: visit.centre.plan(loan.id)))
            print_loan_paper(visit, "plan", loan)
        case "repayments":
            paid = visit.look_up(lambda: visit.centre.repayments(loan.id))
            action = print_way(visit, _("打印明细")) if paid else None
            phone = way_to_phone(visit) if paid else None
            if visit.ask(repayments_table(paid, action, phone)) == HANDOVER:
                _on_phone(visit, loan)
            print_loan_paper(visit, "record", loan)
        case "years":
            plan = visit.look_up(lambda: visit.centre.plan(loan.id))
            paid = visit.look_up(lambda: visit.centre.repayments(loan.id))
            if plan or paid:
                visit.ask(years_chart(loan, plan, paid, ways_to_phone(visit.catalogue)))
                _on_phone(visit, loan)
            else:
                visit.ask(repayments_table(()))


def _on_phone(visit: Visit, loan: Loan) -> NoReturn:
    hand_over(visit, LoanHandover(topic="loan", loan=loan.id), _("我的贷款"))


def loan_statement(loan: Loan, catalogue: Catalogue, *, ways_on: bool = True) -> ShowStatement:
    """The page of a loan: its balance, its state, its next instalment and its terms. ``ways_on``:
    with the buttons to its plan and its repayments."""
    tone = Tone.BAD if loan.terms_overdue else Tone.GOOD
    number = catalogue.masking.account.mask(loan.number)
    granted = _("{amount} 元", amount=loan.granted)
    rate = f"{loan.rate * 100:.3f}".rstrip("0").rstrip(".") + "%"
    paid = _("{paid} / {terms} 期", paid=loan.terms_paid, terms=loan.terms)
    return ShowStatement(
        _("我的贷款"),
        (
            Fact(_("贷款状态"), codes.word("loan", loan.state), tone),
            *_what_comes_next(loan),
            Fact(_("放款金额"), granted, hidden=True),
            Fact(_("放款日期"), loan.granted_on),
            Fact(_("年利率"), rate),
            Fact(_("还款方式"), codes.word("A.11", loan.way)),
            Fact(_("已还期数"), paid),
        ),
        Headline(
            _("贷款余额（元）"),
            loan.balance,
            _("{bank} · 贷款账号 {number}", bank=loan.bank, number=number),
        ),
        note=_overdue_note(loan, catalogue.hotline) if loan.terms_overdue else "",
        note_tone=Tone.BAD,
        actions=_WAYS_ON if ways_on else (),
    )


def _what_comes_next(loan: Loan) -> tuple[Fact, ...]:
    if loan.settled_on:
        return (Fact(_("结清日期"), loan.settled_on),)
    if not loan.next_due or loan.next_amount is None:
        return ()
    return (
        Fact(_("下次还款日"), loan.next_due),
        Fact(_("下次应还"), _("{amount} 元", amount=loan.next_amount), hidden=True),
    )


def _overdue_note(loan: Loan, hotline: str) -> Sayable:
    return _(
        "有 {terms} 期未还，今天还清需 {due}（含罚息 {penalty}）。"
        "请把钱存入还款卡，或拨 {hotline}。",
        terms=loan.terms_overdue,
        due=_("{amount} 元", amount=loan.due_now),
        penalty=_("{amount} 元", amount=loan.penalty),
        hotline=hotline,
    )


def years_chart(
    loan: Loan,
    plan: Sequence[PlanEntry],
    paid: Sequence[Repayment],
    actions: tuple[Action, ...] = (),
) -> ShowLoanYears:
    """The years of a loan, from what was paid, or should have been, to the last instalment."""
    entries: list[PlanEntry | Repayment] = [*paid, *plan]
    entries.sort(key=lambda entry: entry.due)
    years = tuple(
        _year(year, tuple(group))
        for year, group in groupby(entries, key=lambda each: each.due.year)
    )
    half = next((each.year for each in years if each.balance * 2 <= loan.granted), None)
    to_come = sum((entry.interest for entry in plan), Decimal(0))
    facts = (
        Fact(_("已还本金"), _("{amount} 元", amount=loan.principal_paid), hidden=True),
        Fact(_("已还利息"), _("{amount} 元", amount=loan.interest_paid), hidden=True),
        Fact(_("贷款余额"), _("{amount} 元", amount=loan.balance.reveal()), hidden=True),
        Fact(_("以后利息合计"), _("{amount} 元", amount=to_come), hidden=True),
        *((Fact(_("余额减到一半"), _("{year} 年", year=str(half))),) if half else ()),
        Fact(_("全部还清"), Month(entries[-1].due)),
    )
    return ShowLoanYears(
        _("贷款怎么还完"),
        _("{way} · {terms} 期", way=codes.word("A.11", loan.way), terms=loan.terms),
        years,
        facts,
        _("以后的按现在的利率推算，利率调整后会变") if plan else "",
        own=True,
        actions=actions,
    )


def _year(year: int, entries: Sequence[PlanEntry | Repayment]) -> PlanYear:
    return PlanYear(
        year,
        sum((entry.principal for entry in entries), Decimal(0)),
        sum((entry.interest for entry in entries), Decimal(0)),
        entries[-1].balance,
    )


def _show_plan(visit: Visit, loan: Loan, entries: Sequence[PlanEntry]) -> None:
    """Show the first year, then every year that the citizen chooses, until the citizen wants the
    plan on paper or the loan on a phone, goes back or leaves."""
    phone = way_to_phone(visit) if entries else None
    action = print_way(visit, _("打印计划")) if entries else None
    year = ""
    while year != PRINT:
        year = visit.ask(plan_table(entries, year, action, phone))
        if year == HANDOVER:
            _on_phone(visit, loan)


def plan_table(
    entries: Sequence[PlanEntry],
    chosen: str = "",
    action: Action | None = None,
    phone: Action | None = None,
) -> ShowTable:
    """The instalments still to come in one year, the next one unless another is ``chosen``; its
    tabs are the years of the plan."""
    years = tuple(dict.fromkeys(str(entry.due.year) for entry in entries))
    year = chosen or (years[0] if years else "")
    shown = [entry for entry in entries if str(entry.due.year) == year]
    return ShowTable(
        _("还款计划"),
        (
            Column(_("期次")),
            Column(_("还款日")),
            amounts(_("本金"), "quiet", wide=True),
            amounts(_("利息"), "quiet", wide=True),
            amounts(_("应还（元）"), "strong"),
            amounts(_("余额（元）"), "quiet"),
        ),
        tuple(
            (
                entry.term,
                entry.due,
                entry.principal,
                entry.interest,
                entry.amount,
                entry.balance,
            )
            for entry in shown
        ),
        empty=_("贷款已经结清，没有待还的期次"),
        lead=_("还有 {count} 期", count=len(entries)) if entries else "",
        tabs=tuple(Tab(each, _("{year} 年", year=each)) for each in years),
        tab=year,
        sums=_year_sums(shown),
        action=action,
        phone=phone,
    )


def _year_sums(entries: Sequence[PlanEntry]) -> tuple[Fact, ...]:
    if not entries:
        return ()
    return (
        Fact(_("这年本金（元）"), sum((e.principal for e in entries), Decimal(0)), hidden=True),
        Fact(_("这年利息（元）"), sum((e.interest for e in entries), Decimal(0)), hidden=True),
        Fact(_("年底余额（元）"), entries[-1].balance, hidden=True),
    )


def repayments_table(
    entries: Sequence[Repayment], action: Action | None = None, phone: Action | None = None
) -> ShowTable:
    """The instalments that were paid or are overdue."""
    owed = sum(1 for entry in entries if entry.paid_on is None)
    lead = (
        _("有 {count} 期未还", count=owed)
        if owed
        else _("到期的 {count} 期都已还款", count=len(entries))
    )
    return ShowTable(
        _("还款明细"),
        (
            Column(_("期次")),
            Column(_("应还日")),
            Column(_("状态"), "strong"),
            amounts(_("本金"), "quiet", wide=True),
            amounts(_("利息"), "quiet", wide=True),
            amounts(_("金额（元）"), "strong"),
        ),
        tuple(
            (
                entry.term,
                entry.due,
                codes.word("A.15", entry.kind) if entry.paid_on else Cell(_("未还"), Tone.BAD),
                entry.principal,
                entry.interest,
                entry.amount,
            )
            for entry in entries
        ),
        empty=_("还没有还款记录"),
        lead=lead if entries else "",
        action=action,
        phone=phone,
    )
