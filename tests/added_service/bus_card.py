"""公交卡 bus card: an example of a service of another maker, in a package of its own."""

from __future__ import annotations

from kiosk.centre.models import CentreWords
from kiosk.services.catalogue import Needs, Service
from kiosk.visit.steps import Fact, ShowStatement
from kiosk.visit.visit import Visit


def _words(zh: str, en: str) -> CentreWords:
    return CentreWords(zh=zh, en=en)


def show_bus_card(visit: Visit) -> None:
    visit.ask(
        ShowStatement(
            _words("公交卡", "Bus card"),
            (Fact(_words("哪里充值", "Where to top up"), _words("地铁站", "Metro stations")),),
        )
    )


BUS_CARD = Service("bus-card", icon="card", needs=Needs(), run=show_bus_card)
