"""汇缴核对: the months of a unit, paid and owed, and who has how much of a month."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from functools import partial

from kiosk.centre import codes
from kiosk.centre.units import MonthList, RemittanceMonth, Remittances
from kiosk.services.acting import acted_for
from kiosk.services.catalogue import Needs, service
from kiosk.visit.steps import Cell, Choose, Column, Option, ShowTable, Tab, Tone, amounts
from kiosk.visit.visit import Visit
from kiosk.words import Month, Sayable, _

LISTS = "lists"
"""The tab that leads to the lists 清册 of single months."""


@service("unit-remittances", icon="ledger", needs=Needs(unit=True))
def show_remittances(visit: Visit) -> None:
    unit = acted_for(visit)
    year: int | None = None
    while True:
        found = visit.look_up(partial(visit.centre.units.remittances, unit.id, year))
        tab = visit.ask(remittances_table(found))
        if tab == LISTS:
            break
        year = int(tab)
    month = visit.ask(month_page(found.months))
    chosen = date.fromisoformat(month)
    visit.ask(month_table(visit.look_up(lambda: visit.centre.units.month(unit.id, chosen))))


def remittances_table(found: Remittances) -> ShowTable:
    """The months of one year, newest first; a tab for each other year, and one for the lists."""
    lists = (Tab(LISTS, _("看清册")),) if found.months else ()
    return ShowTable(
        _("汇缴核对"),
        (
            Column(_("月份"), "strong"),
            Column(_("状态")),
            Column(_("人数"), "quiet", right=True),
            amounts(_("金额（元）"), "strong"),
            Column(_("入账日"), "quiet", right=True, wide=True),
        ),
        tuple(_row(each) for each in found.months),
        empty=_("这一年没有汇缴"),
        lead=_("已缴 {paid} 元 · 未缴 {owed} 元", paid=found.paid, owed=found.owed),
        tabs=(*(Tab(str(year), str(year)) for year in found.years), *lists),
        tab=str(found.year),
    )


def month_page(months: Sequence[RemittanceMonth]) -> Choose:
    """Which month's list the agent wants to see."""
    return Choose(_("看哪个月？"), tuple(_month_option(each) for each in months))


def month_table(listed: MonthList) -> ShowTable:
    """Who has how much of one month; names masked as the centre masks them."""
    return ShowTable(
        _("{month} 汇缴清册", month=Month(listed.month)),
        (
            Column(_("姓名"), "strong"),
            Column(_("个人账号"), "quiet"),
            amounts(_("单位部分"), "quiet", wide=True),
            amounts(_("个人部分"), "quiet", wide=True),
            amounts(_("合计（元）"), "strong"),
        ),
        tuple(
            (each.name, each.account, each.employer_amount, each.personal_amount, each.amount)
            for each in listed.shares
        ),
        empty=_("这个月没有人缴存"),
        lead=_("{count} 人，共 {amount} 元", count=len(listed.shares), amount=listed.amount),
    )


def show_arrears(visit: Visit) -> None:
    """欠缴: the months that the unit has not paid, this year's and last year's."""
    unit = acted_for(visit)
    newest = visit.look_up(partial(visit.centre.units.remittances, unit.id))
    before = [year for year in newest.years if year == newest.year - 1]
    older = [visit.look_up(partial(visit.centre.units.remittances, unit.id, y)) for y in before]
    owed = [each for one in (newest, *older) for each in one.months if each.paid_on is None]
    visit.ask(arrears_table(owed))


def arrears_table(owed: Sequence[RemittanceMonth]) -> ShowTable:
    """The months that are owed, newest first; possibly none."""
    return ShowTable(
        _("欠缴月份"),
        (
            Column(_("月份"), "strong"),
            Column(_("办理")),
            Column(_("人数"), "quiet", right=True),
            amounts(_("应缴（元）"), "strong"),
        ),
        tuple(
            (Month(each.month), codes.word("A.5", each.kind), each.people, each.amount)
            for each in owed
        ),
        empty=_("没有欠缴"),
        lead=_("共 {count} 个月", count=len(owed)),
    )


def _row(each: RemittanceMonth) -> tuple[Sayable | Cell, ...]:
    state = Cell(codes.word("A.5", each.kind), Tone.GOOD)
    if each.paid_on is None:
        state = Cell(_("未缴"), Tone.BAD)
    return Month(each.month), state, each.people, each.amount, each.paid_on or "—"


def _month_option(each: RemittanceMonth) -> Option:
    hint = _("{people} 人 · {amount} 元", people=each.people, amount=each.amount)
    if each.paid_on is None:
        unpaid = _("未缴 · {hint}", hint=hint)
        return Option(each.month.isoformat(), Month(each.month), unpaid, tone=Tone.ATTENTION)
    return Option(each.month.isoformat(), Month(each.month), hint)
