"""What a trainer can do or break at each emulated device and at the stand-in centre."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from drivers.device import Kind
from drivers.emulators.script import Clause, parse, taking_back
from kiosk.words import Text, _

Seen = Mapping[str, Any]
Sees = Callable[[Seen], bool]
Order = tuple[str, dict[str, Any]]


@dataclass(frozen=True, slots=True)
class Lever:
    """One fault of a device, or (``act``) something that a person does there.

    ``script`` is a clause of :mod:`drivers.emulators.script` without the device's name. ``seen``
    tells from a look at the device whether the lever stands; None: the fault passes by itself.
    ``undo`` is the clause that takes the lever back; "": the one of ``taking_back``.
    """

    key: str
    words: Text
    script: str
    seen: Sees | None = None
    undo: str = ""
    act: bool = False


def _lists(name: str, value: object) -> Sees:
    return lambda seen: value in seen[name]


def _is(name: str, value: object) -> Sees:
    return lambda seen: bool(seen[name] == value)


def _act(key: str, words: Text, script: str, seen: Sees, undo: str = "") -> Lever:
    return Lever(key, words, script, seen, undo, act=True)


def _fault(order: str, words: Text, facts: str = "") -> Lever:
    """A fault that the device lists under ``faults`` as long as it stands."""
    return Lever(order, words, f"{order} {facts}", _lists("faults", order))


def _reason(key: str, words: Text, order: str, reason: str) -> Lever:
    """A fault that an IPP printer lists under its state reasons."""
    return Lever(key, words, order, _lists("reasons", reason))


def _faces(away: str) -> tuple[Lever, ...]:
    """Somebody, or a picture of somebody, before the camera, and what they do; ``away`` is the
    order by which nobody stands there any more."""
    return (
        *(
            _act(f"face {who}", words, f"face who={who}", _is("who", who), away)
            for who, words in _BEFORE_THE_CAMERA.items()
        ),
        *(
            Lever(what, words, f"act what={what}", act=True)
            for what, words in _MOVES_OF_A_HEAD.items()
        ),
    )


_BEFORE_THE_CAMERA = {
    "live": _("本人站在机前"),
    "print": _("举一张照片"),
    "tablet": _("举一台平板"),
    "two": _("站两个人"),
    "mask": _("戴着口罩"),
    "nobody": _("没有人"),
}
_MOVES_OF_A_HEAD = {
    "turn_left": _("向左转头"),
    "turn_right": _("向右转头"),
    "nod": _("点头"),
    "closer": _("靠近一下"),
    "blink": _("眨眼"),
}
_CABLE = Lever("unplug", _("拔线"), "unplug", _is("plugged", False))
_MUTE = _fault("mute", _("不回答"))
_SLOW = _fault("slow", _("慢 2 秒"), "seconds=2")
_GARBAGE = _fault("garbage", _("乱答"))
_SPLIT = _fault("split", _("逐字节"))
_CUT = _fault("truncate", _("只回一半"))
_NOISE = _fault("junk", _("线路杂音"))
_CHECKSUM = _fault("bad checksum", _("校验错"))
_MAINS = "power state=mains percent=100"

DEVICES: Mapping[str, tuple[Lever, ...]] = {
    Kind.ID_CARD: (
        _CABLE,
        _fault("lift during read", _("读到一半拿起")),
        _fault("wrong card", _("卡选不中")),
        _fault("unknown kind", _("不认识的证件")),
        _fault("sam failure", _("安全模块故障")),
        _fault("not authorised", _("安全模块未授权")),
        *(_MUTE, _SLOW, _CHECKSUM, _CUT, _NOISE, _SPLIT),
    ),
    Kind.SMART_CARD: (
        Lever("unplug", _("停掉服务"), "unplug", _is("plugged", False)),
        _fault("yank in mid-apdu", _("读到一半抽走")),
        _fault("status", _("卡报错"), "sw=0x6F00"),
        *(_MUTE, _SLOW, _GARBAGE),
    ),
    Kind.RECEIPT_PRINTER: (
        _CABLE,
        Lever("near end", _("纸将尽"), "paper near end", _is("paper", "low")),
        Lever("paper out", _("缺纸了"), "paper out", _is("paper", "out")),
        Lever(
            "paper out soon",
            _("打到第 8 行缺纸"),
            "paper out after 8 lines",
            _lists("faults", "paper out"),
        ),
        Lever(
            "jam",
            _("卡纸了"),
            "jam",
            lambda seen: seen["jammed"] and "jam" in seen["faults"],
        ),
        Lever(
            "jam soon",
            _("打到第 12 行卡纸"),
            "jam after 12 lines",
            lambda seen: not seen["jammed"] and "jam" in seen["faults"],
        ),
        Lever("cover", _("打开上盖"), "open cover", _is("cover", "open")),
        _fault("cutter error", _("切刀故障")),
        _fault("hot head", _("打印头过热")),
        _fault("slow", _("出纸慢"), "dots_per_s=120"),
        _fault("deaf to gs r", _("不答 GS r")),
        *(_MUTE, _GARBAGE),
    ),
    Kind.DOCUMENT_PRINTER: (
        Lever("off", _("关机"), "die", _is("listening", False)),
        _reason("paper low", _("纸将尽"), "paper low", "media-low-warning"),
        _reason("paper out", _("缺纸了"), "paper out", "media-empty-error"),
        Lever(
            "paper out soon",
            _("再出 1 张就缺纸"),
            "paper out after 1 page",
            lambda seen: bool(seen["paper"]),
        ),
        _reason("jam", _("卡纸了"), "jam", "media-jam-error"),
        _reason("cover", _("打开前盖"), "open cover", "cover-open-error"),
        _reason("toner", _("没有墨粉"), "toner out", "toner-empty-error"),
        _reason("pause", _("面板上暂停"), "pause", "paused"),
        Lever("cancel", _("面板上取消"), "cancel at panel"),
        _fault("stall", _("停着不动")),
        _fault("busy", _("不收新任务")),
        _fault("slow", _("慢 3 秒"), "seconds=3"),
        *(_MUTE, _GARBAGE),
    ),
    Kind.CAMERA: (
        *_faces("play"),
        _CABLE,
        _fault("freeze", _("画面定住")),
        _fault("black", _("全黑")),
        _fault("underexposed", _("欠曝")),
        _fault("overexposed", _("过曝")),
        _fault("slow", _("每秒 2 帧")),
        _fault("garbage", _("乱码")),
        _fault("mute", _("没有画面")),
    ),
    Kind.CODE_SCANNER: (
        _CABLE,
        Lever("two", _("同时两个码"), 'two texts=["11111111", "22222222"]'),
        Lever("too long", _("超长的码"), "too long"),
        Lever("noise", _("乱码"), "noise"),
        _fault("blind", _("窗口脏了")),
        _fault("refuse", _("拒绝命令")),
        *(_MUTE, _SLOW, _SPLIT),
    ),
    Kind.PIN_PAD: (
        _CABLE,
        Lever("tamper", _("被拆开过"), "tamper", _is("tampered", True)),
        Lever("break", _("自检不过"), "break", _is("broken", True)),
        Lever("power cycle", _("断电重启"), "power cycle"),
        Lever("give up", _("久未按键"), "give up"),
        *(_MUTE, _SLOW, _CHECKSUM, _CUT, _NOISE, _SPLIT),
    ),
    "io_board": (
        _act("come", _("有人在机前"), "come", _is("person_near", True)),
        _act("call", _("按住呼叫键"), "press", _is("call_button", True)),
        _act("door", _("打开柜门"), "open door", _is("door_open", True)),
        _act(
            "battery",
            _("停电"),
            "power state=battery percent=80",
            _is("power", "battery"),
            _MAINS,
        ),
        _act(
            "battery low",
            _("电池将尽"),
            "power state=batteryLow percent=10",
            _is("power", "batteryLow"),
            _MAINS,
        ),
        _CABLE,
        Lever("restart", _("重启"), "restart"),
        _fault("bad crc", _("校验错")),
        _fault("exception", _("报异常")),
        _fault("wrong values", _("数值不对")),
        *(_MUTE, _SLOW, _CUT, _NOISE, _SPLIT),
    ),
    Kind.SPEAKER: (_CABLE, _fault("hang", _("声卡卡住"))),
}
"""Levers by emulator."""


def _service(name: str) -> tuple[Lever, ...]:
    """Faults that every device of a bank's machine can have."""

    def state(key: str, words: Text, told: str) -> Lever:
        script, well = (f"device service={name} state={each}" for each in (told, "online"))
        return Lever(key, words, script, lambda seen: seen["devices"][name] == told, well)

    def fault(order: str, words: Text, facts: str = "") -> Lever:
        script = f"{order} service={name} {facts}"
        return Lever(order, words, script, _lists("faults", [order, name]))

    return (
        state("broken", _("坏了"), "hardwareError"),
        state("offline", _("离线"), "offline"),
        fault("silence", _("不回答")),
        fault("slow", _("慢 2 秒"), "seconds=2"),
        fault("hang up", _("断开连接")),
    )


def _printer(name: str) -> tuple[Lever, ...]:
    def fault(key: str, words: Text, order: str, fact: str, value: object) -> Lever:
        script = f"{order} service={name}"
        return Lever(key, words, script, lambda seen: seen["printers"][name][fact] == value)

    full, empty = (f"bin service={name} state={state}" for state in ("full", "ok"))
    return (
        fault("paper low", _("纸将尽"), "paper low", "paper", "low"),
        fault("paper out", _("缺纸了"), "paper out", "paper", "out"),
        Lever(
            "paper out soon",
            _("再出 1 张就缺纸"),
            f"paper out after 1 page service={name}",
            lambda seen: bool(seen["printers"][name]["left"]),
        ),
        fault("jam", _("卡纸了"), "jam", "jammed", True),
        fault("toner", _("没有墨粉"), "toner out", "toner", "out"),
        Lever(
            "bin",
            _("回收箱满"),
            full,
            lambda seen: seen["printers"][name]["bin"] == "full",
            empty,
        ),
        *_service(name),
    )


def _sensor(name: str, value: str) -> Sees:
    return lambda seen: bool(seen["cabinet"][name] == value)


def _battery(*, low: bool) -> Sees:
    return lambda seen: seen["cabinet"]["UPS"]["engaged"] and seen["cabinet"]["UPS"]["low"] is low


def _machine(order: str, words: Text, facts: str = "") -> Lever:
    return Lever(order, words, f"{order} {facts}", _lists("faults", [order, ""]))


BANK: Mapping[str, tuple[Lever, ...]] = {
    Kind.SMART_CARD: (
        _act(
            "no chip",
            _("插没有芯片的卡"),
            "no chip",
            lambda seen: seen["card"] != "none" and not seen["kind"],
        ),
        Lever("jam", _("卡退不出来"), "jam card", _is("card_jammed", True)),
        *_service("CardReader"),
    ),
    Kind.RECEIPT_PRINTER: _printer("ReceiptPrinter"),
    Kind.DOCUMENT_PRINTER: _printer("DocumentPrinter"),
    Kind.CAMERA: (*_faces("step away"), *_service("Camera")),
    Kind.CODE_SCANNER: _service("BarcodeReader"),
    Kind.PIN_PAD: _service("PinPad"),
    "io_board": (
        _act("come", _("有人在机前"), "come", _sensor("proximitySensor", "present")),
        _act(
            "call",
            _("按住呼叫键"),
            "press call",
            _sensor("operatorCallButtonSensor", "on"),
        ),
        _act("door", _("打开柜门"), "open door", _sensor("cabinetDoor", "open")),
        _act(
            "battery",
            _("停电"),
            "power state=battery",
            _battery(low=False),
            "power state=mains",
        ),
        _act(
            "battery low",
            _("电池将尽"),
            'power state="battery low"',
            _battery(low=True),
            "power state=mains",
        ),
    ),
    "xfs4iot": (
        _act(
            "vendor mode",
            _("技术员要用机器"),
            "enter vendor mode",
            lambda seen: seen["mode"] in ("enterPending", "active"),
        ),
        Lever("unplug", _("停掉服务"), "unplug", _is("plugged", False)),
        _machine("silence", _("不回答")),
        _machine("slow", _("慢 2 秒"), "seconds=2"),
        _machine("queue full", _("不收新命令")),
        _machine("no acknowledge", _("不确认")),
        _machine("garbage", _("乱答"), "form=text"),
        _machine("hang up", _("断开连接")),
        _machine("unknown events", _("陌生的事件")),
        _machine("unknown fields", _("陌生的字段")),
    ),
}
"""Levers by part of a bank's machine (XFS4IoT); ``xfs4iot`` is the machine itself."""

CENTRE: Mapping[str, tuple[Text, Order]] = {
    "slow": (_("慢 3 秒"), ("latency", {"seconds": 3.0})),
    "hang": (_("一分钟不答"), ("latency", {"seconds": 60.0})),
    "down": (_("停机（502 页面）"), ("status", {"status": 502})),
    "garbage": (_("乱答"), ("garbage", {})),
    "cut": (_("只回一半"), ("cut", {})),
    "drop": (_("办了不回答"), ("drop", {})),
    "refusal": (_("业务繁忙"), ("refusal", {"code": "service-busy"})),
}
"""Faults of the stand-in centre by key: the words, then the kind and the other fields of a
``kiosk.workshop.sandbox.faults.CentreFault``."""


def standing(levers: Sequence[Lever], seen: Seen) -> tuple[str, ...]:
    """The keys of the levers that stand, told from a look at the device."""
    return tuple(lever.key for lever in levers if lever.seen and lever.seen(seen))


def clauses(device: str, script: str) -> list[Clause]:
    """The clauses of ``script`` for ``device``. Raises ``ScriptError`` (``ValueError``)."""
    return list(parse(f"{device}: {script}", (device,)))


def undoing(device: str, lever: Lever) -> list[Clause]:
    """The clauses that take ``lever`` back and leave every other lever as it is."""
    if lever.undo:
        return clauses(device, lever.undo)
    (told,) = clauses(device, lever.script)
    end = taking_back(told)
    return [end] if end else []
