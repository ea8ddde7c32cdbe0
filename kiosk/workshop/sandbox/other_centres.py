"""Other centres, and what they hold of the demo's people, as the national platform tells it."""

from __future__ import annotations

from kiosk.centre.models import CentreWords, Purpose
from kiosk.workshop.sandbox.refusals import Refused
from kiosk.workshop.sandbox.store import Row, Store


def _centre(code: str, zh: str, en: str) -> Purpose:
    name = CentreWords(zh=f"{zh}住房公积金管理中心(演示)", en=f"{en} centre (demo)")
    return Purpose(code=code, name=name)


CENTRES = (
    _centre("C01", "示范市", "Shifan"),
    _centre("C02", "临江市", "Linjiang"),
    _centre("C03", "海湾市", "Haiwan"),
    _centre("C04", "省直", "Provincial"),
)
"""The centres of the same province."""
OTHER_PROVINCES = (
    _centre("X01", "江北省江州市", "Jiangzhou, Jiangbei"),
    _centre("X02", "海东省海阳市", "Haiyang, Haidong"),
    _centre("X03", "西岭省西川市", "Xichuan, Xiling"),
)
"""Centres of other provinces that take applications 跨省通办."""
IN_USE, SEALED, TRANSFERRED, FROZEN = "01", "02", "04", "06"
"""States of table A.6."""
# What is held there; the last: whether the two centres have to clarify something before they agree.
_HELD = (
    ("P01", "C02", "7714030107704", SEALED, 8_640_50, 0, 0),
    ("P03", "C03", "7711060203381", SEALED, 21_300_00, 1, 0),
    ("P06", "C01", "7709020300917", FROZEN, 5_412_08, 0, 0),
    ("P07", "C01", "7718050104410", SEALED, 2_305_60, 0, 0),
    ("P12", "C03", "7721040203390", SEALED, 3_180_20, 0, 1),
    ("P11", "C02", "7716080202265", IN_USE, 12_004_00, 0, 0),
    ("P01", "X01", "6613070108842", SEALED, 15_200_30, 0, 0),
    ("P03", "X02", "6610040306127", SEALED, 40_118_72, 1, 0),
    ("P06", "X01", "6608110205513", FROZEN, 9_004_15, 0, 0),
)


def fill(store: Store) -> None:
    columns = ("person", "centre", "number", "status", "balance", "has_loan", "to_clarify")
    store.insert_all("elsewhere", (dict(zip(columns, row, strict=True)) for row in _HELD))


def centre_of(code: str) -> Purpose:
    """The centre with this code. Refuses addressee-unknown."""
    for centre in (*CENTRES, *OTHER_PROVINCES):
        if centre.code == code:
            return centre
    raise Refused("addressee-unknown")


def held(store: Store, person: str, centre: str) -> Row | None:
    """The person's open account at the other centre."""
    return store.one(
        "SELECT * FROM elsewhere WHERE person = ? AND centre = ? AND status != ?",
        person,
        centre,
        TRANSFERRED,
    )
