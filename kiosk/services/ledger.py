"""缴存明细: the bookings of an account, year by year."""

from __future__ import annotations

from functools import partial

from kiosk.centre.models import Account
from kiosk.services.catalogue import service
from kiosk.services.choosing import choose_account
from kiosk.visit.steps import ShowLedger
from kiosk.visit.visit import Visit


@service("ledger", icon="ledger")
def show_ledger(visit: Visit) -> None:
    show_years(visit, choose_account(visit))


def show_years(visit: Visit, account: Account) -> None:
    """The newest year first; another one as often as the citizen likes."""
    year: int | None = None
    while True:
        ledger = visit.look_up(partial(visit.centre.ledger, account.id, year))
        year = visit.ask(ShowLedger(ledger))
