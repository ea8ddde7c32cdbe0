"""How a device is, in a word and a line, and what more one sees of it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from ui.desk.words import DeskWords

Seen = Mapping[str, Any]


class Condition(NamedTuple):
    """``tone`` is one of the theme's: good, attention, bad. ``line`` says more, in one line."""

    word: DeskWords
    tone: str
    line: DeskWords


WELL = DeskWords("正常", "Well")
RIGGED = DeskWords("设有故障", "Rigged")
_UNPLUGGED = DeskWords("线已拔", "Unplugged")
_ENDED = DeskWords("服务停了", "Services ended")
_BROKEN = DeskWords("坏了", "Broken")

_NO_CARD = DeskWords("没有卡", "no card")
_CARD = {
    "none": _NO_CARD,
    "put": DeskWords("卡已放上", "card put"),
    "found": DeskWords("找到了卡", "card found"),
    "selected": DeskWords("选中了卡", "card selected"),
    "read": DeskWords("卡已读完", "card read"),
}
CARDS: Mapping[str, DeskWords] = {
    "bank": DeskWords("银行卡", "Bank card"),
    "social-security": DeskWords("社会保障卡", "Social security card"),
    "unknown": DeskWords("别的卡", "Another card"),
}
"""Kinds of chip cards."""
_SCANS, _DARK = DeskWords("灯亮着，在读", "lit, reading"), DeskWords("灯没亮", "dark")
_POWER = {
    "mains": DeskWords("市电", "mains"),
    "battery": DeskWords("电池供电", "on battery"),
    "batteryLow": DeskWords("电池将尽", "battery low"),
}
_SOUNDS = {
    "read": DeskWords("读到了", "read"),
    "done": DeskWords("办好了", "done"),
    "error": DeskWords("出错了", "error"),
}
_MODES = {
    "inactive": DeskWords("归终端用", "the terminal's"),
    "enterPending": DeskWords("技术员在等", "asked for"),
    "active": DeskWords("归技术员", "the technician's"),
    "exitPending": DeskWords("技术员交还", "offered back"),
}
LAMPS: Mapping[str, DeskWords] = {
    "contactless": DeskWords("身份证", "ID card"),
    "cardReader": DeskWords("插卡口", "Card slot"),
    "pinPad": DeskWords("键盘", "Keypad"),
    "scanner": DeskWords("扫码窗", "Scanner"),
    "receiptPrinter": DeskWords("凭条口", "Slips"),
    "documentPrinter": DeskWords("A4 口", "A4"),
    "fasciaLight": DeskWords("门面", "Front"),
    "camera": DeskWords("补光", "Camera"),
}
"""The guide lights, from above to below."""
_COVER = DeskWords("盖子开着", "Cover open")
_JAM = DeskWords("卡纸", "Jammed")
_OUT = DeskWords("缺纸", "Paper out")
_LOW = DeskWords("纸将尽", "Near end")
_TONER = DeskWords("没有墨粉", "Toner out")
_PAPER = {"out": (_OUT, "bad"), "low": (_LOW, "attention")}
_REASONS = {
    "media-jam-error": (_JAM, "bad"),
    "cover-open-error": (_COVER, "bad"),
    "media-empty-error": (_OUT, "bad"),
    "toner-empty-error": (_TONER, "bad"),
    "paused": (DeskWords("已暂停", "Paused"), "attention"),
    "media-low-warning": (_LOW, "attention"),
}
_JOBS = {
    "PENDING": DeskWords("等待", "pending"),
    "PENDING_HELD": DeskWords("保留", "held"),
    "PROCESSING": DeskWords("在印", "printing"),
    "STOPPED": DeskWords("停住", "stopped"),
    "CANCELED": DeskWords("已取消", "cancelled"),
    "ABORTED": DeskWords("已中止", "aborted"),
    "COMPLETED": DeskWords("印完", "done"),
}


def id_card(seen: Seen) -> Condition:
    reads = seen["reads"]
    asked = seen["commands"][-1] if seen["commands"] else "–"
    card = _CARD.get(seen["card"], DeskWords(seen["card"], seen["card"]))
    line = DeskWords(
        f"{card.zh} · 读过 {reads} 次 · 最近一问 {asked}",
        f"{card.en} · read {reads}× · last asked {asked}",
    )
    return _plugged(seen, line)


def smart_card(seen: Seen) -> Condition:
    card = CARDS.get(seen["card"], _NO_CARD)
    asked = len(seen["commands"])
    line = DeskWords(f"{card.zh} · 问过 {asked} 条命令", f"{card.en} · {asked} commands asked")
    return _plugged(seen, line, _ENDED)


def receipt_printer(seen: Seen) -> Condition:
    slips, waiting, hanging = len(seen["texts"]), seen["waiting"], seen["hanging"]
    unknown = len(seen["unknown"])
    line = DeskWords(
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
        state = _JOBS.get(job["state"], DeskWords(job["state"], job["state"]))
        zh += f" · 任务 {job['number']} {state.zh}"
        en += f" · job {job['number']} {state.en}"
    line = DeskWords(zh, en)
    if not seen["listening"]:
        return Condition(DeskWords("已关机", "Off"), "bad", line)
    for reason, (word, tone) in _REASONS.items():
        if reason in seen["reasons"]:
            return Condition(word, tone, line)
    return Condition(WELL, "good", line)


def camera(seen: Seen) -> Condition:
    return _plugged(seen, _watched(bool(seen["viewers"]), seen["sent"]))


def code_scanner(seen: Seen) -> Condition:
    held, sent = seen["held"], seen["sent"]
    line = DeskWords(
        f"{_light(seen).zh} · 窗前 {held} 个码 · 读出 {sent} 个",
        f"{_light(seen).en} · {held} before it · {sent} read",
    )
    return _plugged(seen, line)


def pin_pad(seen: Seen) -> Condition:
    key = seen["session_key"] or "–"
    line = DeskWords(
        f"工作密钥 {key} · 做过 {seen['blocks']} 个密码块",
        f"session key {key} · {seen['blocks']} PIN blocks made",
    )
    if seen["tampered"]:
        return Condition(DeskWords("被拆开过", "Tampered"), "bad", line)
    if seen["broken"]:
        return Condition(_BROKEN, "bad", line)
    return _plugged(seen, line)


def io_board(seen: Seen) -> Condition:
    power = _POWER.get(seen["power"], DeskWords("电源未知", "power unknown"))
    percent = seen["battery_percent"]
    said = DeskWords(
        f"{power.zh} · 电池 {percent}% · 呼叫 {seen['call_presses']} 次",
        f"{power.en} · battery {percent}% · {seen['call_presses']} calls",
    )
    return _plugged(seen, said)


def speaker(seen: Seen) -> Condition:
    last = seen["played"][-1] if seen["played"] else None
    what = _SOUNDS.get(last["sound"], DeskWords("–", "–")) if last else DeskWords("–", "–")
    volume = f" {last['volume']}%" if last else ""
    count = len(seen["played"])
    line = DeskWords(
        f"最近放的：{what.zh}{volume} · 共 {count} 声", f"last: {what.en}{volume} · {count} in all"
    )
    return _plugged(seen, line)


def anything(seen: Seen) -> Condition:
    """A device that has no words here: what is short enough is said as it is."""
    line = " · ".join(
        f"{key} {value}" for key, value in seen.items() if isinstance(value, bool | int | str)
    )
    return Condition(WELL, "good", DeskWords(line, line))


# -- a bank's machine -----------------------------------------------------------------------------


def of_bank(service: str, say: Callable[[Seen], Condition]) -> Callable[[Seen], Condition]:
    """How a device of the machine is: as its service tells, else by what one sees of it."""

    def said(seen: Seen) -> Condition:
        how = say(seen)
        states = {
            "offline": (DeskWords("离线", "Offline"), "bad"),
            "hardwareError": (_BROKEN, "bad"),
        }
        if not seen["plugged"]:
            return Condition(_ENDED, "bad", how.line)
        if seen["devices"][service] in states:
            return Condition(*states[seen["devices"][service]], how.line)
        return how

    return said


def bank_card(seen: Seen) -> Condition:
    places = {
        "inside": DeskWords("卡在里面", "inside"),
        "slot": DeskWords("卡在出口", "in the slot"),
    }
    card = CARDS.get(seen["kind"], DeskWords("没有芯片", "no chip"))
    place = places.get(seen["card"])
    line = DeskWords(f"{place.zh} · {card.zh}", f"{place.en} · {card.en}") if place else _NO_CARD
    if seen["card_jammed"]:
        return Condition(DeskWords("卡退不出来", "Card stuck"), "bad", line)
    return Condition(WELL, "good", line)


def bank_printer(service: str) -> Callable[[Seen], Condition]:
    def said(seen: Seen) -> Condition:
        printer, tray = seen["printers"][service], len(seen["tray"][service])
        kept = seen["bins"][service]
        line = DeskWords(
            f"出口有 {tray} 张 · 回收 {kept} 次", f"{tray} in the slot · {kept} retracted"
        )
        if printer["jammed"]:
            return Condition(_JAM, "bad", line)
        if printer["toner"] == "out":
            return Condition(_TONER, "bad", line)
        if printer["bin"] == "full":
            return Condition(DeskWords("回收箱满", "Bin full"), "attention", line)
        return Condition(*_PAPER.get(printer["paper"], (WELL, "good")), line)

    return said


def bank_camera(seen: Seen) -> Condition:
    taken = seen["pictures"]
    return Condition(WELL, "good", DeskWords(f"拍过 {taken} 张", f"{taken} pictures taken"))


def bank_scanner(seen: Seen) -> Condition:
    return Condition(WELL, "good", _light(seen))


def bank_pad(seen: Seen) -> Condition:
    return Condition(WELL, "good", DeskWords("密码由机器保管", "the machine keeps the PIN"))


def bank_cabinet(seen: Seen) -> Condition:
    power = seen["cabinet"]["UPS"]
    name = "mains" if not power["engaged"] else "batteryLow" if power["low"] else "battery"
    return Condition(WELL, "good", _POWER[name])


def machine(seen: Seen) -> Condition:
    mode = _MODES.get(seen["mode"], DeskWords(seen["mode"], seen["mode"]))
    count = len(seen["connections"])
    line = DeskWords(f"{mode.zh} · {count} 条连接", f"{mode.en} · {count} connections")
    return _plugged(seen, line, _ENDED)


# -- what is said in several places ---------------------------------------------------------------


def _plugged(seen: Seen, line: DeskWords, ended: DeskWords = _UNPLUGGED) -> Condition:
    return Condition(WELL, "good", line) if seen["plugged"] else Condition(ended, "bad", line)


def _light(seen: Seen) -> DeskWords:
    return _SCANS if seen["scanning"] else _DARK


def _watched(on: bool, sent: int) -> DeskWords:
    return DeskWords(
        f"{'在拍' if on else '没有在拍'} · 共 {sent} 帧",
        f"{'filming' if on else 'not filming'} · {sent} pictures sent",
    )


def lamps(lights: Mapping[str, Any]) -> list[tuple[DeskWords, str, bool]]:
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
