"""How a device is, in a word and a line, and what more one sees of it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from ui.desk.words import Words

Seen = Mapping[str, Any]


class Condition(NamedTuple):
    """``tone`` is one of the theme's: good, attention, bad. ``line`` says more, in one line."""

    word: Words
    tone: str
    line: Words


WELL = Words("正常", "Well")
RIGGED = Words("设有故障", "Rigged")
_UNPLUGGED = Words("线已拔", "Unplugged")
_ENDED = Words("服务停了", "Services ended")
_BROKEN = Words("坏了", "Broken")

_NO_CARD = Words("没有卡", "no card")
_CARD = {
    "none": _NO_CARD,
    "put": Words("卡已放上", "card put"),
    "found": Words("找到了卡", "card found"),
    "selected": Words("选中了卡", "card selected"),
    "read": Words("卡已读完", "card read"),
}
CARDS: Mapping[str, Words] = {
    "bank": Words("银行卡", "Bank card"),
    "social-security": Words("社会保障卡", "Social security card"),
    "unknown": Words("别的卡", "Another card"),
}
"""Kinds of chip cards."""
_SCANS, _DARK = Words("灯亮着，在读", "lit, reading"), Words("灯没亮", "dark")
_POWER = {
    "mains": Words("市电", "mains"),
    "battery": Words("电池供电", "on battery"),
    "batteryLow": Words("电池将尽", "battery low"),
}
_SOUNDS = {
    "read": Words("读到了", "read"),
    "done": Words("办好了", "done"),
    "error": Words("出错了", "error"),
}
_MODES = {
    "inactive": Words("归终端用", "the terminal's"),
    "enterPending": Words("技术员在等", "asked for"),
    "active": Words("归技术员", "the technician's"),
    "exitPending": Words("技术员交还", "offered back"),
}
LAMPS: Mapping[str, Words] = {
    "contactless": Words("身份证", "ID card"),
    "cardReader": Words("插卡口", "Card slot"),
    "pinPad": Words("键盘", "Keypad"),
    "scanner": Words("扫码窗", "Scanner"),
    "receiptPrinter": Words("凭条口", "Slips"),
    "documentPrinter": Words("A4 口", "A4"),
    "fasciaLight": Words("门面", "Front"),
    "camera": Words("补光", "Camera"),
}
"""The guide lights, from above to below."""
_COVER = Words("盖子开着", "Cover open")
_JAM = Words("卡纸", "Jammed")
_OUT = Words("缺纸", "Paper out")
_LOW = Words("纸将尽", "Near end")
_TONER = Words("没有墨粉", "Toner out")
_PAPER = {"out": (_OUT, "bad"), "low": (_LOW, "attention")}
_REASONS = {
    "media-jam-error": (_JAM, "bad"),
    "cover-open-error": (_COVER, "bad"),
    "media-empty-error": (_OUT, "bad"),
    "toner-empty-error": (_TONER, "bad"),
    "paused": (Words("已暂停", "Paused"), "attention"),
    "media-low-warning": (_LOW, "attention"),
}
_JOBS = {
    "PENDING": Words("等待", "pending"),
    "PENDING_HELD": Words("保留", "held"),
    "PROCESSING": Words("在印", "printing"),
    "STOPPED": Words("停住", "stopped"),
    "CANCELED": Words("已取消", "cancelled"),
    "ABORTED": Words("已中止", "aborted"),
    "COMPLETED": Words("印完", "done"),
}


def id_card(seen: Seen) -> Condition:
    reads = seen["reads"]
    asked = seen["commands"][-1] if seen["commands"] else "–"
    card = _CARD.get(seen["card"], Words(seen["card"], seen["card"]))
    line = Words(
        f"{card.zh} · 读过 {reads} 次 · 最近一问 {asked}",
        f"{card.en} · read {reads}× · last asked {asked}",
    )
    return _plugged(seen, line)


def smart_card(seen: Seen) -> Condition:
    card = CARDS.get(seen["card"], _NO_CARD)
    asked = len(seen["commands"])
    line = Words(f"{card.zh} · 问过 {asked} 条命令", f"{card.en} · {asked} commands asked")
    return _plugged(seen, line, _ENDED)


def receipt_printer(seen: Seen) -> Condition:
    slips, waiting, hanging = len(seen["texts"]), seen["waiting"], seen["hanging"]
    unknown = len(seen["unknown"])
    line = Words(
        f"出口有 {slips} 张 · 缓冲 {waiting} 字节"
        + (f" · {hanging} 点未切" if hanging else "")
        + (f" · {unknown} 条不认识的命令" if unknown else ""),
        f"{slips} in the slot · {waiting} bytes waiting"
        + (f" · {hanging} dots uncut" if hanging else "")
        + (f" · {unknown} unknown commands" if unknown else ""),
    )
    if not seen["plugged"]:
        return Condition(_UNPLUGGED, "bad", line)
    if seen["cover"] == "open":
        return Condition(_COVER, "bad", line)
    if seen["jammed"]:
        return Condition(_JAM, "bad", line)
    return Condition(*_PAPER.get(seen["paper"], (WELL, "good")), line)


def document_printer(seen: Seen) -> Condition:
    pages, tray = seen["pages"], len(seen["sheets"])
    zh, en = f"出口有 {tray} 张 · 共印 {pages} 页", f"{tray} in the tray · {pages} printed"
    if seen["jobs"]:
        job = seen["jobs"][-1]
        state = _JOBS.get(job["state"], Words(job["state"], job["state"]))
        zh += f" · 任务 {job['number']} {state.zh}"
        en += f" · job {job['number']} {state.en}"
    line = Words(zh, en)
    if not seen["listening"]:
        return Condition(Words("已关机", "Off"), "bad", line)
    for reason, (word, tone) in _REASONS.items():
        if reason in seen["reasons"]:
            return Condition(word, tone, line)
    return Condition(WELL, "good", line)


def camera(seen: Seen) -> Condition:
    return _plugged(seen, _watched(bool(seen["viewers"]), seen["sent"]))


def code_scanner(seen: Seen) -> Condition:
    held, sent = seen["held"], seen["sent"]
    line = Words(
        f"{_light(seen).zh} · 窗前 {held} 个码 · 读出 {sent} 个",
        f"{_light(seen).en} · {held} before it · {sent} read",
    )
    return _plugged(seen, line)


def pin_pad(seen: Seen) -> Condition:
    key = seen["session_key"] or "–"
    line = Words(
        f"工作密钥 {key} · 做过 {seen['blocks']} 个密码块",
        f"session key {key} · {seen['blocks']} PIN blocks made",
    )
    if seen["tampered"]:
        return Condition(Words("被拆开过", "Tampered"), "bad", line)
    if seen["broken"]:
        return Condition(_BROKEN, "bad", line)
    return _plugged(seen, line)


def io_board(seen: Seen) -> Condition:
    power = _POWER.get(seen["power"], Words("电源未知", "power unknown"))
    percent = seen["battery_percent"]
    said = Words(
        f"{power.zh} · 电池 {percent}% · 呼叫 {seen['call_presses']} 次",
        f"{power.en} · battery {percent}% · {seen['call_presses']} calls",
    )
    return _plugged(seen, said)


def speaker(seen: Seen) -> Condition:
    last = seen["played"][-1] if seen["played"] else None
    what = _SOUNDS.get(last["sound"], Words("–", "–")) if last else Words("–", "–")
    volume = f" {last['volume']}%" if last else ""
    count = len(seen["played"])
    line = Words(
        f"最近放的：{what.zh}{volume} · 共 {count} 声", f"last: {what.en}{volume} · {count} in all"
    )
    return _plugged(seen, line)


def anything(seen: Seen) -> Condition:
    """A device that has no words here: what is short enough is said as it is."""
    line = " · ".join(
        f"{key} {value}" for key, value in seen.items() if isinstance(value, bool | int | str)
    )
    return Condition(WELL, "good", Words(line, line))


# -- a bank's machine -----------------------------------------------------------------------------


def of_bank(service: str, say: Callable[[Seen], Condition]) -> Callable[[Seen], Condition]:
    """How a device of the machine is: as its service tells, else by what one sees of it."""

    def said(seen: Seen) -> Condition:
        how = say(seen)
        states = {"offline": (Words("离线", "Offline"), "bad"), "hardwareError": (_BROKEN, "bad")}
        if not seen["plugged"]:
            return Condition(_ENDED, "bad", how.line)
        if seen["devices"][service] in states:
            return Condition(*states[seen["devices"][service]], how.line)
        return how

    return said


def bank_card(seen: Seen) -> Condition:
    places = {"inside": Words("卡在里面", "inside"), "slot": Words("卡在出口", "in the slot")}
    card = CARDS.get(seen["kind"], Words("没有芯片", "no chip"))
    place = places.get(seen["card"])
    line = Words(f"{place.zh} · {card.zh}", f"{place.en} · {card.en}") if place else _NO_CARD
    if seen["card_jammed"]:
        return Condition(Words("卡退不出来", "Card stuck"), "bad", line)
    return Condition(WELL, "good", line)


def bank_printer(service: str) -> Callable[[Seen], Condition]:
    def said(seen: Seen) -> Condition:
        printer, tray = seen["printers"][service], len(seen["tray"][service])
        kept = seen["bins"][service]
        line = Words(f"出口有 {tray} 张 · 回收 {kept} 次", f"{tray} in the slot · {kept} retracted")
        if printer["jammed"]:
            return Condition(_JAM, "bad", line)
        if printer["toner"] == "out":
            return Condition(_TONER, "bad", line)
        if printer["bin"] == "full":
            return Condition(Words("回收箱满", "Bin full"), "attention", line)
        return Condition(*_PAPER.get(printer["paper"], (WELL, "good")), line)

    return said


def bank_camera(seen: Seen) -> Condition:
    taken = seen["pictures"]
    return Condition(WELL, "good", Words(f"拍过 {taken} 张", f"{taken} pictures taken"))


def bank_scanner(seen: Seen) -> Condition:
    return Condition(WELL, "good", _light(seen))


def bank_pad(seen: Seen) -> Condition:
    return Condition(WELL, "good", Words("密码由机器保管", "the machine keeps the PIN"))


def bank_cabinet(seen: Seen) -> Condition:
    power = seen["cabinet"]["UPS"]
    name = "mains" if not power["engaged"] else "batteryLow" if power["low"] else "battery"
    return Condition(WELL, "good", _POWER[name])


def machine(seen: Seen) -> Condition:
    mode = _MODES.get(seen["mode"], Words(seen["mode"], seen["mode"]))
    count = len(seen["connections"])
    line = Words(f"{mode.zh} · {count} 条连接", f"{mode.en} · {count} connections")
    return _plugged(seen, line, _ENDED)


# -- what is said in several places ---------------------------------------------------------------


def _plugged(seen: Seen, line: Words, ended: Words = _UNPLUGGED) -> Condition:
    return Condition(WELL, "good", line) if seen["plugged"] else Condition(ended, "bad", line)


def _light(seen: Seen) -> Words:
    return _SCANS if seen["scanning"] else _DARK


def _watched(on: bool, sent: int) -> Words:
    return Words(
        f"{'在拍' if on else '没有在拍'} · 共 {sent} 帧",
        f"{'filming' if on else 'not filming'} · {sent} pictures sent",
    )


def lamps(lights: Mapping[str, Any]) -> list[tuple[Words, str, bool]]:
    """The guide lights in their order: name, colour, and whether it flashes; those that shine."""
    shining = []
    for name, words in LAMPS.items():
        state = lights.get(name, {})
        state = state.get("default", state)  # XFS4IoT 3 tells them by position
        rate = state.get("rate", state.get("flashRate", "off"))
        if rate != "off":
            colour = state.get("colour", state.get("color", "green"))
            shining.append((words, colour, rate != "continuous"))
    return shining
