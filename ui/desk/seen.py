"""The state of each emulated device in a word and a line, told from a look at the device."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from kiosk.words import Sayable, Text, _

Seen = Mapping[str, Any]


class Condition(NamedTuple):
    """The state of one device. ``tone`` is a tone of the theme: good, attention or bad; ``line``
    holds the details, which the window sets in one line."""

    word: Sayable
    tone: str
    line: tuple[Sayable, ...]


WELL = _("正常")
RIGGED = _("设有故障")
_UNPLUGGED = _("线已拔")
_ENDED = _("服务停了")
_BROKEN = _("坏了")

_NO_CARD = _("没有卡")
_CARD = {
    "none": _NO_CARD,
    "put": _("卡已放上"),
    "found": _("找到了卡"),
    "selected": _("选中了卡"),
    "read": _("卡已读完"),
}
CARDS: Mapping[str, Text] = {
    "bank": _("银行卡"),
    "social-security": _("社会保障卡"),
    "unknown": _("别的卡"),
}
"""Kinds of chip cards."""
_SCANS, _DARK = _("灯亮着，在读"), _("灯没亮")
_POWER = {
    "mains": _("市电"),
    "battery": _("电池供电"),
    "batteryLow": _("电池快用完"),
}
_SOUNDS = {
    "read": _("读到了"),
    "done": _("办好了"),
    "error": _("出错了"),
}
_MODES = {
    "inactive": _("归终端用"),
    "enterPending": _("技术员在等"),
    "active": _("归技术员"),
    "exitPending": _("技术员交还"),
}
LAMPS: Mapping[str, Text] = {
    "contactless": _("身份证"),
    "cardReader": _("插卡口"),
    "pinPad": _("键盘"),
    "scanner": _("扫码窗"),
    "receiptPrinter": _("凭条口"),
    "documentPrinter": _("A4 口"),
    "fasciaLight": _("门面"),
    "camera": _("补光"),
}
"""The guide lights of a terminal, from top to bottom."""
_COVER = _("盖子开着")
_JAM = _("卡纸了")
_OUT = _("缺纸了")
_LOW = _("纸将尽")
_TONER = _("没有墨粉")
_PAPER = {"out": (_OUT, "bad"), "low": (_LOW, "attention")}
_REASONS = {
    "media-jam-error": (_JAM, "bad"),
    "cover-open-error": (_COVER, "bad"),
    "media-empty-error": (_OUT, "bad"),
    "toner-empty-error": (_TONER, "bad"),
    "paused": (_("已暂停"), "attention"),
    "media-low-warning": (_LOW, "attention"),
}
_JOBS = {
    "PENDING": _("等待"),
    "PENDING_HELD": _("保留"),
    "PROCESSING": _("在印"),
    "STOPPED": _("停住"),
    "CANCELED": _("已取消"),
    "ABORTED": _("已中止"),
    "COMPLETED": _("印完"),
}


def id_card(seen: Seen) -> Condition:
    asked = seen["commands"][-1] if seen["commands"] else "–"
    return _plugged(
        seen,
        _CARD.get(seen["card"], str(seen["card"])),
        _("读过 {reads} 次", reads=seen["reads"]),
        _("最近一问 {asked}", asked=asked),
    )


def smart_card(seen: Seen) -> Condition:
    asked = _("问过 {count} 条命令", count=len(seen["commands"]))
    return _plugged(seen, CARDS.get(seen["card"], _NO_CARD), asked, unplugged=_ENDED)


def receipt_printer(seen: Seen) -> Condition:
    line = [
        _("出口有 {count} 张", count=len(seen["texts"])),
        _("缓冲 {count} 字节", count=seen["waiting"]),
    ]
    if seen["hanging"]:
        line.append(_("{count} 点未切", count=seen["hanging"]))
    if seen["unknown"]:
        line.append(_("{count} 条不认识的命令", count=len(seen["unknown"])))
    if not seen["plugged"]:
        return Condition(_UNPLUGGED, "bad", (*line,))
    if seen["cover"] == "open":
        return Condition(_COVER, "bad", (*line,))
    if seen["jammed"]:
        return Condition(_JAM, "bad", (*line,))
    return Condition(*_PAPER.get(seen["paper"], (WELL, "good")), (*line,))


def document_printer(seen: Seen) -> Condition:
    line: list[Sayable] = [
        _("托盘里有 {count} 张", count=len(seen["sheets"])),
        _("共印 {count} 页", count=seen["pages"]),
    ]
    if seen["jobs"]:
        job = seen["jobs"][-1]
        state = _JOBS.get(job["state"], job["state"])
        line.append(_("任务 {number} {state}", number=job["number"], state=state))
    if not seen["listening"]:
        return Condition(_("已关机"), "bad", (*line,))
    for reason, (word, tone) in _REASONS.items():
        if reason in seen["reasons"]:
            return Condition(word, tone, (*line,))
    return Condition(WELL, "good", (*line,))


def camera(seen: Seen) -> Condition:
    films = _("在拍") if seen["viewers"] else _("没有在拍")
    clip = (_("放着 {file}", file=seen["clip"]),) if seen["clip"] else ()
    return _plugged(seen, films, *clip, _("共 {count} 帧", count=seen["sent"]))


def code_scanner(seen: Seen) -> Condition:
    return _plugged(
        seen,
        _light(seen),
        _("窗前 {count} 个码", count=seen["held"]),
        _("读出 {count} 个", count=seen["sent"]),
    )


def pin_pad(seen: Seen) -> Condition:
    line = (
        _("工作密钥 {key}", key=seen["session_key"] or "–"),
        _("做过 {count} 个密码块", count=seen["blocks"]),
    )
    if seen["tampered"]:
        return Condition(_("被拆开过"), "bad", line)
    if seen["broken"]:
        return Condition(_BROKEN, "bad", line)
    return _plugged(seen, *line)


def io_board(seen: Seen) -> Condition:
    return _plugged(
        seen,
        _POWER.get(seen["power"], _("电源未知")),
        _("电池 {percent}%", percent=seen["battery_percent"]),
        _("呼叫 {count} 次", count=seen["call_presses"]),
    )


def speaker(seen: Seen) -> Condition:
    played = seen["played"]
    sound: Sayable = "–"
    volume = ""
    if played:
        said = played[-1].get("said")
        sound = " ".join(said) if said else _SOUNDS.get(played[-1]["sound"], "–")
        volume = f" {played[-1]['volume']}%"
    last = _("最近放的：{sound}{volume}", sound=sound, volume=volume)
    return _plugged(seen, last, _("共 {count} 声", count=len(played)))


def anything(seen: Seen) -> Condition:
    """The state of a device that has no words here: its short facts under their own names."""
    line = (f"{key} {value}" for key, value in seen.items() if isinstance(value, bool | int | str))
    return Condition(WELL, "good", (*line,))


# -- a bank's machine -----------------------------------------------------------------------------


def of_bank(service: str, say: Callable[[Seen], Condition]) -> Callable[[Seen], Condition]:
    """The state of a device of the machine: what ``service`` tells of a fault, else ``say``."""

    def said(seen: Seen) -> Condition:
        how = say(seen)
        states = {"offline": (_("离线"), "bad"), "hardwareError": (_BROKEN, "bad")}
        if not seen["plugged"]:
            return Condition(_ENDED, "bad", how.line)
        if seen["devices"][service] in states:
            return Condition(*states[seen["devices"][service]], how.line)
        return how

    return said


def bank_card(seen: Seen) -> Condition:
    places = {"inside": _("卡在里面"), "slot": _("卡在出口")}
    place = places.get(seen["card"])
    line = (place, CARDS.get(seen["kind"], _("没有芯片"))) if place else (_NO_CARD,)
    if seen["card_jammed"]:
        return Condition(_("卡退不出来"), "bad", line)
    return Condition(WELL, "good", line)


def bank_printer(service: str) -> Callable[[Seen], Condition]:
    def said(seen: Seen) -> Condition:
        printer = seen["printers"][service]
        line = (
            _("出口有 {count} 张", count=len(seen["tray"][service])),
            _("回收 {count} 次", count=seen["bins"][service]),
        )
        if printer["jammed"]:
            return Condition(_JAM, "bad", line)
        if printer["toner"] == "out":
            return Condition(_TONER, "bad", line)
        if printer["bin"] == "full":
            return Condition(_("回收箱满"), "attention", line)
        return Condition(*_PAPER.get(printer["paper"], (WELL, "good")), line)

    return said


def bank_camera(seen: Seen) -> Condition:
    return Condition(WELL, "good", (_("拍过 {count} 张", count=seen["pictures"]),))


def bank_scanner(seen: Seen) -> Condition:
    return Condition(WELL, "good", (_light(seen),))


def bank_pad(seen: Seen) -> Condition:
    return Condition(WELL, "good", (_("密码由机器保管"),))


def bank_cabinet(seen: Seen) -> Condition:
    power = seen["cabinet"]["UPS"]
    name = "mains" if not power["engaged"] else "batteryLow" if power["low"] else "battery"
    return Condition(WELL, "good", (_POWER[name],))


def machine(seen: Seen) -> Condition:
    connections = _("{count} 条连接", count=len(seen["connections"]))
    return _plugged(
        seen, _MODES.get(seen["mode"], str(seen["mode"])), connections, unplugged=_ENDED
    )


# -- for several devices --------------------------------------------------------------------------


def _plugged(seen: Seen, *line: Sayable, unplugged: Text = _UNPLUGGED) -> Condition:
    if seen["plugged"]:
        return Condition(WELL, "good", line)
    return Condition(unplugged, "bad", line)


def _light(seen: Seen) -> Text:
    return _SCANS if seen["scanning"] else _DARK


class Shining(NamedTuple):
    """A guide light that is on: its colour (a name that QML knows), and whether it flashes."""

    colour: str
    flashes: bool


def lamps(lights: Mapping[str, Any]) -> dict[str, Shining]:
    """The guide lights that are on, by their names in :data:`LAMPS`."""
    shining = {}
    for name in LAMPS:
        state = lights.get(name, {})
        state = state.get("default", state)  # XFS4IoT 3 nests a light's state under its position
        rate = state.get("rate", state.get("flashRate", "off"))
        if rate != "off":
            colour = state.get("colour", state.get("color", "green"))
            shining[name] = Shining(colour, rate != "continuous")
    return shining
