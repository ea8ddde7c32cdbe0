"""利率查询: the rates of loans and of accounts, now and before."""

from __future__ import annotations

from kiosk.centre.publication import LoanRates, Publication
from kiosk.services.calculating import percent
from kiosk.services.catalogue import KEPT, service
from kiosk.visit.steps import Column, ShowTable, Tab
from kiosk.visit.visit import Visit
from kiosk.words import _


@service("rates", icon="ledger", needs=KEPT)
def show_rates(visit: Visit) -> None:
    publication = visit.publication
    shown = publication.rates_on(visit.now().date())
    while True:
        key = visit.ask(rates_table(publication, shown))
        shown = next(each for each in publication.rates if each.since.isoformat() == key)


def rates_table(publication: Publication, shown: LoanRates) -> ShowTable:
    """The table of one day; its tabs are the days from which rates stand."""
    return ShowTable(
        _("利率"),
        (
            Column(_("贷款年限"), "strong"),
            Column(_("首套房"), right=True),
            Column(_("二套房"), right=True),
        ),
        (
            (_("5 年以下（含）"), percent(shown.first_short), percent(shown.second_short)),
            (_("5 年以上"), percent(shown.first_long), percent(shown.second_long)),
        ),
        empty="",
        lead=_(
            "贷款利率从 {day} 起执行；账户存款年利率 {deposit}",
            day=shown.since,
            deposit=percent(publication.deposit_rate),
        ),
        tabs=tuple(
            Tab(each.since.isoformat(), f"{each.since:%Y-%m}") for each in publication.rates
        ),
        tab=shown.since.isoformat(),
    )
