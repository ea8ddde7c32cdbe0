"""提取记录: the withdrawals from an account, with their days, reasons and amounts."""

from __future__ import annotations

from collections.abc import Sequence

from kiosk.centre import codes
from kiosk.centre.models import Withdrawal
from kiosk.services.catalogue import service
from kiosk.services.choosing import choose_account
from kiosk.visit.steps import Column, ShowTable, amounts
from kiosk.visit.visit import Visit
from kiosk.words import _


@service("withdrawals", icon="withdrawals")
def show_withdrawals(visit: Visit) -> None:
    account = choose_account(visit)
    visit.ask(withdrawals_table(visit.look_up(lambda: visit.centre.withdrawals(account.id))))


def withdrawals_table(records: Sequence[Withdrawal]) -> ShowTable:
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
        lead=_("共 {count} 笔", count=len(records)),
    )
