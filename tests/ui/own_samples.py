"""Pages with what the stand-in centre itself says, and with the longest names of real centres."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from drivers.device import Kind, State, Status
from kiosk.centre.level import Level
from kiosk.centre.models import Catalogue, CentreWords, Purpose
from kiosk.services import SERVICES, possible_now, service_hours
from kiosk.services.catalogue import tiles
from kiosk.services.cross_province import where_page
from kiosk.services.out_of_town import addressee_page
from kiosk.visit.outlet_steps import ChooseOutlet
from kiosk.visit.steps import Attract, Menu, Step
from kiosk.words import _
from kiosk.workshop.sandbox import seed
from kiosk.workshop.sandbox.clock import Clock
from kiosk.workshop.sandbox.offers import Offers
from kiosk.workshop.sandbox.other_centres import OTHER_PROVINCES
from kiosk.workshop.sandbox.outlets import OutletDesk
from kiosk.workshop.sandbox.store import Store
from tests.ui.outlet_samples import OTHER_DAY

_FUND = "Housing Provident Fund Management Centre"
LONG_NAMES = tuple(
    Purpose(code=f"L{number}", name=CentreWords(zh=f"{zh}住房公积金管理中心", en=f"{en} {_FUND}"))
    for number, (zh, en) in enumerate(
        (
            ("延边朝鲜族自治州", "Yanbian Korean Autonomous Prefecture"),
            ("黔西南布依族苗族自治州", "Qianxinan Buyi and Miao Autonomous Prefecture"),
            ("克孜勒苏柯尔克孜自治州", "Kizilsu Kirghiz Autonomous Prefecture"),
        )
    )
)
"""Three of the longest names that centres have."""
_READY = {kind: Status(State.ONLINE) for kind in Kind}


def own_samples() -> dict[str, Step[Any]]:
    """The stand-in's kinds, services and outlets, each as a page of a citizen; long names."""
    catalogue = Offers(Clock()).catalogue()
    return {
        "01-attract-own": Attract(
            possible=possible_now(catalogue, _READY, money=True), hours=service_hours(catalogue)
        ),
        "06-public-menu-own": _menu(catalogue, public=True),
        "07-menu-own": _menu(catalogue),
        "89-which-centre-long": addressee_page(LONG_NAMES),
        "90-outlets-own": _outlets(tuple(each.name for each in LONG_NAMES)),
        "94j-province-where-long": where_page((*OTHER_PROVINCES, *LONG_NAMES), None),
    }


def _menu(catalogue: Catalogue, *, public: bool = False) -> Menu:
    offers = [each for each in catalogue.offers if not SERVICES[each.service].needs.unit]
    shown = [
        each for each in offers if (SERVICES[each.service].needs.level is Level.PUBLIC) is public
    ]
    return Menu(tiles(catalogue, shown, _READY, money=True), public=public)


def _outlets(names: tuple[CentreWords, ...]) -> ChooseOutlet:
    """The outlets of the stand-in, and one more for each of ``names``."""
    with TemporaryDirectory() as folder:
        store = Store(Path(folder) / "centre.db")
        seed.fill(store)
        outlets = OutletDesk(store, Clock()).outlets()
        store.close()
    updated = _("按路上加排队的时间排 · {time} 更新", time="10:06")
    called = tuple(
        outlets[0].model_copy(update={"name": name, "distance_m": 400 * number})
        for number, name in enumerate(names, start=9)
    )
    return ChooseOutlet((*called, *outlets), updated, (OTHER_DAY,))
