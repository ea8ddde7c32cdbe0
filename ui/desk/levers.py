"""What can be done at each device and at the centre, and made to go wrong there, in plain words."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from drivers.emulators.script import Clause, parse, taking_back
from ui.desk.words import DeskWords

Seen = Mapping[str, Any]
Sees = Callable[[Seen], bool]
Order = tuple[str, dict[str, Any]]


@dataclass(frozen=True, slots=True)
class Lever:
    """One fault, or one act of somebody at the device.

    ``script`` brings it about, a clause of :mod:`drivers.emulators.script` without its device.
    ``seen`` says from the device's looks whether it stands; without, it is over by itself. An
    ``act`` is no fault. ``undo`` takes it back where the order's own undo does not.
    """

    key: str
    words: DeskWords
    script: str
    seen: Sees | None = None
    undo: str = ""
    act: bool = False


def _lists(name: str, value: object) -> Sees:
    return lambda seen: value in seen[name]


def _is(name: str, value: object) -> Sees:
    return lambda seen: bool(seen[name] == value)


def _lever(key: str, zh: str, en: str, script: str, seen: Sees | None = None) -> Lever:
    return Lever(key, DeskWords(zh, en), script, seen)


def _act(key: str, zh: str, en: str, script: str, seen: Sees, undo: str = "") -> Lever:
    return Lever(key, DeskWords(zh, en), script, seen, undo, act=True)


def _fault(order: str, zh: str, en: str, facts: str = "") -> Lever:
    """What stands among the device's ``faults``."""
    return _lever(order, zh, en, f"{order} {facts}", _lists("faults", order))


def _reason(key: str, zh: str, en: str, order: str, reason: str) -> Lever:
    """What an IPP printer tells as one of its state reasons."""
    return _lever(key, zh, en, order, _lists("reasons", reason))


_CABLE = _lever("unplug", "拔线", "Unplug", "unplug", _is("plugged", False))
_MUTE = _fault("mute", "不回答", "Mute")
_SLOW = _fault("slow", "慢 2 秒", "2 s slow", "seconds=2")
_GARBAGE = _fault("garbage", "乱答", "Garbage")
_SPLIT = _fault("split", "逐字节", "Byte by byte")
_CUT = _fault("truncate", "只回一半", "Cut answers")
_NOISE = _fault("junk", "线路杂音", "Line noise")
_CHECKSUM = _fault("bad checksum", "校验错", "Bad checksum")
_MAINS = "power state=mains percent=100"

DEVICES: Mapping[str, tuple[Lever, ...]] = {
    "id_card": (
        _CABLE,
        _fault("lift during read", "读到一半拿起", "Lifted mid-read"),
        _fault("wrong card", "卡选不中", "Card not selected"),
        _fault("unknown kind", "不认识的证件", "Unknown kind"),
        _fault("sam failure", "安全模块故障", "SAM failure"),
        _fault("not authorised", "安全模块未授权", "SAM not licensed"),
        *(_MUTE, _SLOW, _CHECKSUM, _CUT, _NOISE, _SPLIT),
    ),
    "smart_card": (
        _lever("unplug", "停掉服务", "Stop PC/SC", "unplug", _is("plugged", False)),
        _fault("yank in mid-apdu", "读到一半抽走", "Pulled mid-read"),
        _fault("status", "卡报错", "Card error", "sw=0x6F00"),
        *(_MUTE, _SLOW, _GARBAGE),
    ),
    "receipt_printer": (
        _CABLE,
        _lever("near end", "纸将尽", "Near end", "paper near end", _is("paper", "low")),
        _lever("paper out", "缺纸", "Paper out", "paper out", _is("paper", "out")),
        _lever(
            *("paper out soon", "打到第 8 行缺纸", "Out at line 8", "paper out after 8 lines"),
            _lists("faults", "paper out"),
        ),
        _lever(
            *("jam", "卡纸", "Jam", "jam"),
            lambda seen: seen["jammed"] and "jam" in seen["faults"],
        ),
        _lever(
            *("jam soon", "打到第 12 行卡纸", "Jam at line 12", "jam after 12 lines"),
            lambda seen: not seen["jammed"] and "jam" in seen["faults"],
        ),
        _lever("cover", "打开上盖", "Cover open", "open cover", _is("cover", "open")),
        _fault("cutter error", "切刀故障", "Cutter error"),
        _fault("hot head", "打印头过热", "Hot head"),
        _fault("slow", "出纸慢", "Slow paper", "dots_per_s=120"),
        _fault("deaf to gs r", "不答 GS r", "Deaf to GS r"),
        *(_MUTE, _GARBAGE),
    ),
    "document_printer": (
        _lever("off", "关机", "Off", "die", _is("listening", False)),
        _reason("paper low", "纸将尽", "Paper low", "paper low", "media-low-warning"),
        _reason("paper out", "缺纸", "Paper out", "paper out", "media-empty-error"),
        _lever(
            *("paper out soon", "再出 1 张就缺纸", "Out after 1 sheet", "paper out after 1 page"),
            lambda seen: bool(seen["paper"]),
        ),
        _reason("jam", "卡纸", "Jam", "jam", "media-jam-error"),
        _reason("cover", "打开前盖", "Cover open", "open cover", "cover-open-error"),
        _reason("toner", "没有墨粉", "Toner out", "toner out", "toner-empty-error"),
        _reason("pause", "面板上暂停", "Paused", "pause", "paused"),
        _lever("cancel", "面板上取消", "Cancel at panel", "cancel at panel"),
        _fault("stall", "停着不动", "Stalled"),
        _fault("busy", "不收新任务", "Busy"),
        _fault("slow", "慢 3 秒", "3 s slow", "seconds=3"),
        *(_MUTE, _GARBAGE),
    ),
    "camera": (
        _CABLE,
        _fault("freeze", "画面定住", "Frozen"),
        _fault("black", "全黑", "Black"),
        _fault("underexposed", "欠曝", "Underexposed"),
        _fault("overexposed", "过曝", "Overexposed"),
        _fault("slow", "每秒 2 帧", "2 frames a second"),
        _fault("garbage", "乱码", "Garbage"),
        _fault("mute", "没有画面", "No picture"),
    ),
    "code_scanner": (
        _CABLE,
        _lever("two", "同时两个码", "Two codes", 'two texts=["11111111", "22222222"]'),
        _lever("too long", "超长的码", "Too long", "too long"),
        _lever("noise", "乱码", "Noise", "noise"),
        _fault("blind", "窗口脏了", "Dirty window"),
        _fault("refuse", "拒绝命令", "Refuses"),
        *(_MUTE, _SLOW, _SPLIT),
    ),
    "pin_pad": (
        _CABLE,
        _lever("tamper", "被拆开过", "Tampered", "tamper", _is("tampered", True)),
        _lever("break", "自检不过", "Broken", "break", _is("broken", True)),
        _lever("power cycle", "断电重启", "Power cycle", "power cycle"),
        _lever("give up", "久未按键", "Nobody presses", "give up"),
        *(_MUTE, _SLOW, _CHECKSUM, _CUT, _NOISE, _SPLIT),
    ),
    "io_board": (
        _act("come", "有人在机前", "Somebody near", "come", _is("person_near", True)),
        _act("call", "按住呼叫键", "Call button held", "press", _is("call_button", True)),
        _act("door", "打开柜门", "Door open", "open door", _is("door_open", True)),
        _act(
            *("battery", "停电", "Power cut", "power state=battery percent=80"),
            *(_is("power", "battery"), _MAINS),
        ),
        _act(
            *("battery low", "电池将尽", "Battery low", "power state=batteryLow percent=10"),
            *(_is("power", "batteryLow"), _MAINS),
        ),
        _CABLE,
        _lever("restart", "重启", "Restart", "restart"),
        _fault("bad crc", "校验错", "Bad CRC"),
        _fault("exception", "报异常", "Exceptions"),
        _fault("wrong values", "数值不对", "Wrong values"),
        *(_MUTE, _SLOW, _CUT, _NOISE, _SPLIT),
    ),
    "speaker": (_CABLE, _fault("hang", "声卡卡住", "Card hangs")),
}
"""By emulator."""


def _service(name: str) -> tuple[Lever, ...]:
    """What may happen to any device of a bank's machine."""

    def state(key: str, zh: str, en: str, told: str) -> Lever:
        script, well = (f"device service={name} state={one}" for one in (told, "online"))
        return Lever(
            key, DeskWords(zh, en), script, lambda seen: seen["devices"][name] == told, well
        )

    def fault(order: str, zh: str, en: str, facts: str = "") -> Lever:
        return _lever(
            order, zh, en, f"{order} service={name} {facts}", _lists("faults", [order, name])
        )

    return (
        state("broken", "坏了", "Broken", "hardwareError"),
        state("offline", "离线", "Offline", "offline"),
        fault("silence", "不回答", "Mute"),
        fault("slow", "慢 2 秒", "2 s slow", "seconds=2"),
        fault("hang up", "断开连接", "Hangs up"),
    )


def _printer(name: str) -> tuple[Lever, ...]:
    def fault(key: str, zh: str, en: str, order: str, fact: str, value: object) -> Lever:
        script = f"{order} service={name}"
        return _lever(key, zh, en, script, lambda seen: seen["printers"][name][fact] == value)

    full, empty = (f"bin service={name} state={state}" for state in ("full", "ok"))
    return (
        fault("paper low", "纸将尽", "Paper low", "paper low", "paper", "low"),
        fault("paper out", "缺纸", "Paper out", "paper out", "paper", "out"),
        _lever(
            *("paper out soon", "再出 1 张就缺纸", "Out after 1 sheet"),
            f"paper out after 1 page service={name}",
            lambda seen: bool(seen["printers"][name]["left"]),
        ),
        fault("jam", "卡纸", "Jam", "jam", "jammed", True),
        fault("toner", "没有墨粉", "Toner out", "toner out", "toner", "out"),
        Lever(
            *("bin", DeskWords("回收箱满", "Bin full"), full),
            *(lambda seen: seen["printers"][name]["bin"] == "full", empty),
        ),
        *_service(name),
    )


def _sensor(name: str, value: str) -> Sees:
    return lambda seen: bool(seen["cabinet"][name] == value)


def _battery(*, low: bool) -> Sees:
    return lambda seen: seen["cabinet"]["UPS"]["engaged"] and seen["cabinet"]["UPS"]["low"] is low


def _machine(order: str, zh: str, en: str, facts: str = "") -> Lever:
    return _lever(order, zh, en, f"{order} {facts}", _lists("faults", [order, ""]))


BANK: Mapping[str, tuple[Lever, ...]] = {
    "smart_card": (
        _act(
            *("no chip", "插没有芯片的卡", "Card without chip", "no chip"),
            lambda seen: seen["card"] != "none" and not seen["kind"],
        ),
        _lever("jam", "卡退不出来", "Card stuck", "jam card", _is("card_jammed", True)),
        *_service("CardReader"),
    ),
    "receipt_printer": _printer("ReceiptPrinter"),
    "document_printer": _printer("DocumentPrinter"),
    "camera": _service("Camera"),
    "code_scanner": _service("BarcodeReader"),
    "pin_pad": _service("PinPad"),
    "io_board": (
        _act("come", "有人在机前", "Somebody near", "come", _sensor("proximitySensor", "present")),
        _act(
            *("call", "按住呼叫键", "Call button held", "press call"),
            _sensor("operatorCallButtonSensor", "on"),
        ),
        _act("door", "打开柜门", "Door open", "open door", _sensor("cabinetDoor", "open")),
        _act(
            *("battery", "停电", "Power cut", "power state=battery"),
            *(_battery(low=False), "power state=mains"),
        ),
        _act(
            *("battery low", "电池将尽", "Battery low", 'power state="battery low"'),
            *(_battery(low=True), "power state=mains"),
        ),
    ),
    "xfs4iot": (
        _act(
            *("vendor mode", "技术员要用机器", "Technician asks for it", "enter vendor mode"),
            lambda seen: seen["mode"] in ("enterPending", "active"),
        ),
        _lever("unplug", "停掉服务", "Services end", "unplug", _is("plugged", False)),
        _machine("silence", "不回答", "Mute"),
        _machine("slow", "慢 2 秒", "2 s slow", "seconds=2"),
        _machine("queue full", "不收新命令", "Queue full"),
        _machine("no acknowledge", "不确认", "No acknowledge"),
        _machine("garbage", "乱答", "Garbage", "form=text"),
        _machine("hang up", "断开连接", "Hangs up"),
        _machine("unknown events", "陌生的事件", "Unknown events"),
        _machine("unknown fields", "陌生的字段", "Unknown fields"),
    ),
}
"""The devices of a bank's machine (XFS4IoT), and the machine itself."""

CENTRE: Mapping[str, tuple[DeskWords, Order]] = {
    "slow": (DeskWords("慢 3 秒", "3 s slow"), ("latency", {"seconds": 3.0})),
    "hang": (DeskWords("一分钟不答", "Silent for a minute"), ("latency", {"seconds": 60.0})),
    "down": (DeskWords("停机（502 页面）", "Down (502 page)"), ("status", {"status": 502})),
    "garbage": (DeskWords("乱答", "Garbage"), ("garbage", {})),
    "cut": (DeskWords("只回一半", "Cut answers"), ("cut", {})),
    "drop": (DeskWords("办了不回答", "Done, answer lost"), ("drop", {})),
    "refusal": (DeskWords("业务繁忙", "Refuses: busy"), ("refusal", {"code": "service-busy"})),
}
"""By key, in words, and the kind of a ``kiosk.workshop.sandbox.faults.CentreFault`` with the rest
of it."""


def standing(levers: Sequence[Lever], seen: Seen) -> tuple[str, ...]:
    """The keys of the levers that stand, by what the device looks like."""
    return tuple(lever.key for lever in levers if lever.seen and lever.seen(seen))


def clauses(device: str, script: str) -> list[Clause]:
    """What ``script`` tells a device of a rig. Raises ``ScriptError`` (``ValueError``)."""
    return list(parse(f"{device}: {script}", (device,)))


def undoing(device: str, lever: Lever) -> list[Clause]:
    """What takes ``lever`` back, and nothing else."""
    if lever.undo:
        return clauses(device, lever.undo)
    (told,) = clauses(device, lever.script)
    end = taking_back(told)
    return [end] if end else []
