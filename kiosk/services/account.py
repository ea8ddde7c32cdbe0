"""账户查询: the balance, the state of the account, and what it means."""

from __future__ import annotations

from kiosk.services.catalogue import menu, service
from kiosk.services.certificate import make_and_print
from kiosk.services.choosing import choose_account
from kiosk.services.ledger import show_years
from kiosk.visit.steps import Action, ShowAccount
from kiosk.visit.visit import Visit
from kiosk.words import _


@service("account", icon="account")
def show_account(visit: Visit) -> None:
    account = choose_account(visit)
    match visit.ask(ShowAccount(account, actions=_ways_on(visit))):
        case "ledger":
            show_years(visit, account)
        case "deposit-certificate":
            make_and_print(visit, account)


def _ways_on(visit: Visit) -> tuple[Action, ...]:
    """From here on to what else is offered, with the reason where it cannot be had."""
    ways = {
        "ledger": (_("看缴存明细"), "ledger"),
        "deposit-certificate": (_("打印证明"), "printer"),
    }
    return tuple(
        Action(tile.service, *ways[tile.service], closed=tile.closed)
        for tile in menu(visit).tiles
        if tile.service in ways
    )
