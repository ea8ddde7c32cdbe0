"""缴存明细: the bookings of an account, year by year."""

from __future__ import annotations

from functools import partial

from kiosk.centre import codes
from kiosk.centre.handovers import AccountHandover
from kiosk.centre.models import Account, Ledger, LedgerEntry
from kiosk.services.catalogue import service
from kiosk.services.choosing import choose_account
from kiosk.services.papers import PRINT, print_way, print_year
from kiosk.visit.handover import HANDOVER, hand_over, way_to_phone
from kiosk.visit.steps import Action, Cell, Column, Fact, ShowTable, Tab, Tone, amounts
from kiosk.visit.visit import Visit
from kiosk.words import Month, Sayable, _


@service("ledger", icon="ledger")
def show_ledger(visit: Visit) -> None:
    show_years(visit, choose_account(visit))


def show_years(visit: Visit, account: Account) -> None:
    """Show the newest year, then every year that the citizen chooses, until the citizen prints
    one, goes back or leaves."""
    year: int | None = None
    while True:
        ledger = visit.look_up(partial(visit.centre.ledger, account.id, year))
        action = print_way(visit, _("打印本年")) if ledger.entries else None
        phone = way_to_phone(visit) if ledger.entries else None
        answer = visit.ask(ledger_table(ledger, action, phone))
        if answer == PRINT:
            return print_year(visit, account, ledger.year)
        if answer == HANDOVER:
            hand_over(visit, AccountHandover(topic="account", account=account.id), _("缴存明细"))
        year = int(answer)


def ledger_table(
    ledger: Ledger, action: Action | None = None, phone: Action | None = None
) -> ShowTable:
    """The table of one year; its tabs are the years of the account."""
    newest = bool(ledger.years) and ledger.year == ledger.years[0]
    interest = ledger.interest or (_("6月30日结算") if newest else ledger.interest)
    return ShowTable(
        _("缴存明细"),
        (
            Column(_("日期")),
            Column(_("业务"), "strong"),
            Column(_("月份"), "quiet", wide=True),
            amounts(_("金额（元）"), "strong", signed=True),
            amounts(_("余额（元）"), "quiet"),
        ),
        tuple(_row(entry) for entry in ledger.entries),
        empty=_("这一年没有记录"),
        lead=_("{year} 年，共 {count} 笔", year=str(ledger.year), count=len(ledger.entries)),
        tabs=tuple(Tab(str(year), _("{year} 年", year=str(year))) for year in ledger.years),
        tab=str(ledger.year),
        sums=(
            Fact(_("缴存（元）"), ledger.paid_in, hidden=True),
            Fact(_("利息（元）"), interest, hidden=True),
            Fact(_("提取（元）"), ledger.withdrawn, hidden=True),
        ),
        action=action,
        phone=phone,
    )


def _row(entry: LedgerEntry) -> tuple[Sayable | Cell, ...]:
    interest = entry.kind == "09"
    tone = Tone.GOOD if interest else Tone.BAD if entry.amount < 0 else Tone.PLAIN
    return (
        entry.booked,
        Cell(codes.word("A.5", entry.kind), tone),
        Month(entry.month) if entry.month else "",
        entry.amount or "—",
        entry.balance,
    )
