"""The pages of the outlets, as the pictures and the tests of pages show them."""

from __future__ import annotations

from kiosk.centre.models import CentreWords, Hours
from kiosk.centre.outlets import Outlet, OutletQueue
from kiosk.visit.outlet_steps import ChooseOutlet
from kiosk.visit.steps import Action
from kiosk.words import _

_DAY = Hours(opens="09:00", closes="17:00")


def _words(zh: str, en: str) -> CentreWords:
    return CentreWords(zh=zh, en=en)


OUTLETS = (
    Outlet(
        id="bus-station",
        name=_words("汽车站自助终端", "Bus station terminal"),
        address=_words("汽车站候车厅", "Waiting hall"),
        distance_m=1200,
        reach=_words("步行 17 分钟", "17 min on foot"),
        hours=Hours(opens="00:00", closes="23:59"),
    ),
    Outlet(
        id="shifan-road",
        name=_words("示范路服务大厅", "Shifan Road branch"),
        address=_words("示范路 1 号", "1 Shifan Road"),
        distance_m=850,
        reach=_words("步行 12 分钟", "12 min on foot"),
        hours=_DAY,
        queue=OutletQueue(ahead=3, minutes=12),
        tickets=True,
        appointments=True,
    ),
    Outlet(
        id="civic-centre",
        name=_words("政务服务中心", "Civic centre"),
        address=_words("示范大道 88 号", "88 Shifan Avenue"),
        distance_m=2600,
        reach=_words("公交 15 分钟", "15 min by bus"),
        hours=_DAY,
        queue=OutletQueue(ahead=11, minutes=44),
        tickets=True,
        appointments=True,
    ),
    Outlet(
        id="new-town",
        name=_words("开发区管理部", "New Town branch"),
        address=_words("科创路 6 号", "6 Kechuang Road"),
        distance_m=6100,
        reach=_words("公交 35 分钟", "35 min by bus"),
        hours=_DAY,
        queue=OutletQueue(ahead=26, minutes=104),
        appointments=True,
    ),
)
OTHER_DAY = Action("other-day", _("约其他日期"), "calendar")


def outlet_samples() -> dict[str, ChooseOutlet]:
    updated = _("按路上加排队的时间排 · {time} 更新", time="10:06")
    return {"90-outlets": ChooseOutlet(OUTLETS, updated, (OTHER_DAY,))}
