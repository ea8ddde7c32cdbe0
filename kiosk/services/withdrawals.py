"""提取记录: what was taken out of an account, when and why."""

from __future__ import annotations

from kiosk.services.catalogue import service
from kiosk.services.choosing import choose_account
from kiosk.visit.steps import ShowWithdrawals
from kiosk.visit.visit import Visit


@service("withdrawals", icon="withdrawals")
def show_withdrawals(visit: Visit) -> None:
    account = choose_account(visit)
    records = visit.look_up(lambda: visit.centre.withdrawals(account.id))
    visit.ask(ShowWithdrawals(tuple(records)))
