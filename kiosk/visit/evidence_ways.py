"""Which sets of evidence this terminal can take for an operation, and the page to choose one."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from drivers.device import Kind
from kiosk.centre.operations import EvidenceKind, EvidenceSet, Operation
from kiosk.visit.steps import ChooseWay, Fact, WayTile
from kiosk.visit.troubles import closed_by
from kiosk.words import Sayable, _

if TYPE_CHECKING:
    from kiosk.visit.visit import Visit

TILES: Mapping[EvidenceKind, WayTile] = {
    "sms": WayTile("sms", _("短信验证码"), _("发到您登记的手机"), "message", seconds=30),
    "qr": WayTile("qr", _("手机扫码"), _("用手机扫，在手机上确认"), "phone", seconds=20),
    "face": WayTile("face", _("刷脸"), _("看着镜头，不保存照片"), "face", seconds=10),
}
"""The kinds of evidence that a terminal can take, as the citizen chooses them."""
_WHY = _("这项业务有风险，只有短信验证码还不够，请选一种方式")
"""Why a code alone is not enough for an operation."""
_DEVICES: Mapping[EvidenceKind, tuple[Kind, ...]] = {"face": (Kind.CAMERA,)}


def sets_by_way(visit: Visit, operation: Operation) -> dict[str, EvidenceSet]:
    """The sets that the centre takes and a terminal with these devices knows, by their first kind,
    in the centre's order."""
    devices = visit.statuses().keys()
    return {
        each[0]: each
        for each in operation.confirmed_by
        if all(kind in TILES and devices >= set(_DEVICES.get(kind, ())) for kind in each)
    }


def evidence_tiles(visit: Visit, sets: Mapping[str, EvidenceSet]) -> tuple[WayTile, ...]:
    """A tile for each of ``sets``, closed with its reason where a device is not ready."""
    return tuple(_tile(visit, kinds) for kinds in sets.values())


def evidence_page(tiles: tuple[WayTile, ...], operation: Operation) -> ChooseWay:
    """How the citizen confirms that it is they who order ``operation``."""
    so_far = (Fact(_("要确认的业务"), operation.title),)
    risky = ("sms",) not in operation.confirmed_by
    lead = _WHY if risky else _("每种方式都一样有效")
    return ChooseWay(_("怎样确认是您本人？"), tiles, lead, so_far)


def _tile(visit: Visit, kinds: EvidenceSet) -> WayTile:
    tile = TILES[kinds[0]]
    closed: Sayable | None = closed_by(visit.statuses(), _DEVICES.get(kinds[0], ()))
    if kinds[0] == "face":
        closed = closed or visit.faces_closed()
    return WayTile(tile.way, tile.title, tile.hint, tile.icon, closed, tile.seconds)
