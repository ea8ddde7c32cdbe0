"""What can be made to go wrong at each device and at the centre, in plain words."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from ui.desk.words import Words

Seen = Mapping[str, Any]
Order = tuple[str, dict[str, Any]]


@dataclass(frozen=True, slots=True)
class Lever:
    """One fault, or one act of somebody at the device.

    ``order`` with ``facts`` brings it about, ``undo`` takes it back; without ``undo`` it lasts
    until all is well, or, with ``once``, is over by itself. ``seen`` says from the device's looks
    whether it stands; without, the orders say it.
    """

    key: str
    words: Words
    order: str
    facts: dict[str, Any] = field(default_factory=dict)
    undo: str = ""
    once: bool = False
    seen: Callable[[Seen], bool] | None = None

    @property
    def told(self) -> Order:
        return self.order, self.facts


def _lists(name: str, value: str) -> Callable[[Seen], bool]:
    return lambda seen: value in seen[name]


def _is(name: str, value: object) -> Callable[[Seen], bool]:
    return lambda seen: bool(seen[name] == value)


def _wire(order: str, zh: str, en: str, **facts: Any) -> Lever:
    """A fault of the ID card reader, which lists its own."""
    return Lever(order, Words(zh, en), order, facts, seen=_lists("faults", order))


DEVICES: Mapping[str, tuple[Lever, ...]] = {
    "id_card": (
        Lever("unplug", Words("拔线", "Unplug"), "unplug", undo="plug", seen=_is("plugged", False)),
        _wire("mute", "不回答", "Mute"),
        _wire("slow", "慢 2 秒", "2 s slow", seconds=2.0),
        _wire("lift during read", "读到一半拿起", "Lifted mid-read"),
        _wire("wrong card", "卡选不中", "Card not selected"),
        _wire("unknown kind", "不认识的证件", "Unknown kind"),
        _wire("sam failure", "安全模块故障", "SAM failure"),
        _wire("not authorised", "安全模块未授权", "SAM not licensed"),
        _wire("bad checksum", "校验错", "Bad checksum"),
        _wire("truncate", "只回一半", "Cut answers"),
        _wire("junk", "线路杂音", "Line noise"),
        _wire("split", "逐字节", "Byte by byte"),
    ),
    "receipt_printer": (
        Lever("unplug", Words("拔线", "Unplug"), "unplug", undo="plug"),
        Lever(
            "near end",
            Words("纸将尽", "Near end"),
            "paper near end",
            undo="refill",
            seen=_is("paper", "low"),
        ),
        Lever(
            "paper out",
            Words("缺纸", "Paper out"),
            "paper out",
            undo="refill",
            seen=_is("paper", "out"),
        ),
        Lever(
            "paper out soon",
            Words("打到第 8 行缺纸", "Out at line 8"),
            "paper out",
            {"after_lines": 8},
            undo="refill",
        ),
        Lever("jam", Words("卡纸", "Jam"), "jam", undo="clear jam"),
        Lever(
            "jam soon",
            Words("打到第 12 行卡纸", "Jam at line 12"),
            "jam",
            {"after_lines": 12},
            undo="clear jam",
        ),
        Lever(
            "cover",
            Words("打开上盖", "Cover open"),
            "open cover",
            undo="close cover",
            seen=_is("cover", "open"),
        ),
        Lever("cutter", Words("切刀故障", "Cutter error"), "cutter error", undo="clear jam"),
        Lever("hot", Words("打印头过热", "Hot head"), "hot head"),
        Lever("mute", Words("不回答", "Mute"), "mute"),
        Lever("slow", Words("出纸慢", "Slow paper"), "slow", {"dots_per_s": 120.0}),
        Lever("garbage", Words("乱答", "Garbage"), "garbage"),
        Lever("deaf", Words("不答 GS r", "Deaf to GS r"), "deaf to gs r"),
    ),
    "document_printer": (
        Lever("off", Words("关机", "Off"), "die", undo="revive", seen=_is("listening", False)),
        Lever(
            "paper low",
            Words("纸将尽", "Paper low"),
            "paper low",
            undo="refill",
            seen=_lists("reasons", "media-low-warning"),
        ),
        Lever(
            "paper out",
            Words("缺纸", "Paper out"),
            "paper out",
            undo="refill",
            seen=_lists("reasons", "media-empty-error"),
        ),
        Lever(
            "paper out soon",
            Words("再出 1 张就缺纸", "Out after 1 sheet"),
            "paper out",
            {"after_pages": 1},
            undo="refill",
        ),
        Lever(
            "jam",
            Words("卡纸", "Jam"),
            "jam",
            undo="clear jam",
            seen=_lists("reasons", "media-jam-error"),
        ),
        Lever(
            "cover",
            Words("打开前盖", "Cover open"),
            "open cover",
            undo="close cover",
            seen=_lists("reasons", "cover-open-error"),
        ),
        Lever(
            "toner",
            Words("没有墨粉", "Toner out"),
            "toner out",
            undo="new toner",
            seen=_lists("reasons", "toner-empty-error"),
        ),
        Lever(
            "pause",
            Words("面板上暂停", "Paused"),
            "pause",
            undo="resume",
            seen=_lists("reasons", "paused"),
        ),
        Lever("cancel", Words("面板上取消", "Cancel at panel"), "cancel at panel", once=True),
        Lever("stall", Words("停着不动", "Stalled"), "stall"),
        Lever("busy", Words("不收新任务", "Busy"), "busy"),
        Lever("mute", Words("不回答", "Mute"), "mute"),
        Lever("slow", Words("慢 3 秒", "3 s slow"), "slow", {"seconds": 3.0}),
        Lever("garbage", Words("乱答", "Garbage"), "garbage"),
    ),
}
"""By device class. A class that is not here can be looked at, and no more."""

CENTRE: tuple[Lever, ...] = (
    Lever("slow", Words("慢 3 秒", "3 s slow"), "latency", {"seconds": 3.0}),
    Lever("hang", Words("一分钟不答", "Silent for a minute"), "latency", {"seconds": 60.0}),
    Lever("down", Words("停机（502 页面）", "Down (502 page)"), "status", {"status": 502}),
    Lever("garbage", Words("乱答", "Garbage"), "garbage"),
    Lever("cut", Words("只回一半", "Cut answers"), "cut"),
    Lever("drop", Words("办了不回答", "Done, answer lost"), "drop"),
    Lever("refusal", Words("业务繁忙", "Refuses: busy"), "refusal", {"code": "service-busy"}),
)
"""Here ``order`` is the kind of a ``kiosk.sandbox.faults.Fault``, ``facts`` the rest of it."""


def standing(levers: Sequence[Lever], told: Sequence[Order], seen: Seen) -> tuple[str, ...]:
    """The keys of the levers that stand, by what the device looks like and by what it was told
    since it was last well, oldest first.
    """
    return tuple(
        lever.key
        for lever in levers
        if not lever.once and (lever.seen(seen) if lever.seen else _by_orders(lever, told))
    )


def _by_orders(lever: Lever, told: Sequence[Order]) -> bool:
    stands = False
    for order in told:
        if order == lever.told:
            stands = True
        elif order[0] in (lever.undo, "well"):
            stands = False
    return stands


def orders_for(levers: Sequence[Lever], key: str, stand: Sequence[str]) -> list[Order]:
    """What to tell a device when lever ``key`` is pressed while those of ``stand`` stand: sets it,
    or takes it back. What cannot be taken back alone goes with the rest, which is then set again.
    """
    lever = next(each for each in levers if each.key == key)
    if key not in stand:
        return [lever.told]
    if lever.undo:
        return [(lever.undo, {})]
    others = [each.told for each in levers if each.key in stand and each.key != key]
    return [("well", {}), *others]
