"""提取记录: the withdrawals from an account, with their days, reasons and amounts."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

from kiosk.centre import codes
from kiosk.centre.handovers import WithdrawalsHandover
from kiosk.centre.models import Withdrawal
from kiosk.services.catalogue import service
from kiosk.services.choosing import choose_account
from kiosk.services.papers import print_statement, print_way
from kiosk.visit.handover import HANDOVER, hand_over, way_to_phone
from kiosk.visit.steps import Action, Column, Fact, ShowTable, amounts
from kiosk.visit.visit import Visit
from kiosk.words import _


@service("withdrawals", icon="withdrawals")
def show_withdrawals(visit: Visit) -> None:
    account = choose_account(visit)
    records = visit.look_up(lambda: visit.centre.withdrawals(account.id))
    action = print_way(visit, _("打印对账单")) if records else None
    phone = way_to_phone(visit) if records else None
    if visit.ask(withdrawals_table(records, action, phone)) == HANDOVER:
        about = WithdrawalsHandover(topic="withdrawals", account=account.id)
        hand_over(visit, about, _("提取记录"))
    print_statement(visit, account)


def withdrawals_table(
    records: Sequence[Withdrawal], action: Action | None = None, phone: Action | None = None
) -> ShowTable:
    """All withdrawals in the centre's order, the newest first; possibly none."""
    return ShowTable(
        _("提取记录"),
        (
            Column(_("日期")),
            Column(_("提取原因"), "strong"),
            Column(_("收款卡"), "quiet", wide=True),
            amounts(_("金额（元）"), "strong"),
            amounts(_("累计（元）"), "quiet", wide=True),
        ),
        tuple(
            (
                record.booked,
                codes.word("A.7", record.reason),
                record.bank_card[-4:],
                record.amount,
                record.total,
            )
            for record in records
        ),
        empty=_("您还没有提取过公积金"),
        lead=_("共 {count} 笔", count=len(records)) if records else "",
        sums=_sums(records),
        action=action,
        phone=phone,
    )


def _sums(records: Sequence[Withdrawal]) -> tuple[Fact, ...]:
    if not records:
        return ()
    total = sum((record.amount for record in records), Decimal(0))
    return (
        Fact(_("一共提取（元）"), total, hidden=True),
        Fact(_("最近一次"), records[0].booked.isoformat()),
    )
