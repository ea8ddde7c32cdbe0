"""The technician's pages with the demo's figures."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from drivers.device import Kind
from drivers.sentence import en
from kiosk.maintenance.home import ICONS, TITLES
from kiosk.visit.maintenance_steps import (
    DeviceCard,
    EnterStaffPin,
    MaintenanceHome,
    PresentStaffCard,
    PresentStaffIdCard,
    ScanTicket,
    Todo,
)
from kiosk.visit.steps import Action, ChooseWay, Fact, Step, Tone, WayTile
from kiosk.visit.trial_steps import AimCamera, TouchTest
from kiosk.visit.troubles import NOUNS
from kiosk.words import Sayable, _

NEVER = 1e12
_LOW = _("{device}纸快用完了", device=NOUNS[Kind.DOCUMENT_PRINTER])
_STATES: dict[Kind, tuple[Sayable, Tone, Sayable]] = {
    Kind.ID_CARD: (_("正常"), Tone.GOOD, ""),
    Kind.RECEIPT_PRINTER: (_("正常"), Tone.GOOD, ""),
    Kind.DOCUMENT_PRINTER: (_("纸将尽"), Tone.ATTENTION, en("paper low")),
    Kind.SMART_CARD: (_("正常"), Tone.GOOD, _("里面有卡或纸")),
    Kind.CODE_SCANNER: (_("要处理"), Tone.BAD, en("nothing answers on {name}", name="XFS")),
    Kind.CAMERA: (_("正常"), Tone.GOOD, ""),
    Kind.PIN_PAD: (_("正在启动"), Tone.PLAIN, ""),
    Kind.SPEAKER: (_("正常"), Tone.GOOD, ""),
}


def _home() -> MaintenanceHome:
    cards = tuple(
        DeviceCard(kind, TITLES[kind], ICONS[kind], state, tone, line)
        for kind, (state, tone, line) in _STATES.items()
    )
    return MaintenanceHome(
        lambda: None,
        renew=_home,
        heading=_("维护 · 终端 {terminal}", terminal="T0001"),
        who=_(
            "工单 {order} · {name}（工号 {number}）",
            order="W260115-07",
            name="陈工",
            number="6021",
        ),
        todo=(
            Todo(
                _("{device}没有响应", device=NOUNS[Kind.CODE_SCANNER]),
                en("nothing answers on {name}", name="XFS"),
                Tone.BAD,
                Kind.CODE_SCANNER,
            ),
            Todo(_LOW, "", Tone.ATTENTION, Kind.DOCUMENT_PRINTER),
        ),
        devices=cards,
        counters=(),
        acts=(
            Action("test-slip", _("试打凭条"), "receipt"),
            Action("test-sheet", _("试打 A4"), "printer"),
        ),
        lasts_s=42 * 60,
        since=NEVER,
    )


def maintenance_samples() -> dict[str, Step[Any]]:
    """A step of every kind."""
    home = _home()
    return {
        "95-maintenance-ways": ChooseWay(
            _("维护入口"),
            (
                WayTile("ticket", _("扫维护工单"), _("中心签发的二维码"), "scan"),
                WayTile("id-card", _("刷身份证"), _("要输入工作密码"), "id-card"),
                WayTile(
                    "chip-card",
                    _("插工作卡"),
                    _("要输入工作密码"),
                    "slot",
                    closed=_("本机没有登记工作人员"),
                ),
            ),
            _("只供工作人员使用；办业务请按“退出”"),
        ),
        "95-maintenance-ticket": ScanTicket(),
        "95-maintenance-card": PresentStaffCard(),
        "95-maintenance-id-card": PresentStaffIdCard(),
        "95-maintenance-pin": EnterStaffPin(_("密码不对，还可以试 {left} 次", left=2)),
        "95-maintenance": home,
        "95-maintenance-touch": TouchTest(),
        "95-maintenance-camera": AimCamera(),
        "95-maintenance-well": replace(
            home,
            todo=(),
            said=_("试打凭条已出纸，请看横线、二维码和生僻字"),
            counters=(Fact(_("状态"), _("正常")),),
            lasts_s=0.0,
        ),
    }
