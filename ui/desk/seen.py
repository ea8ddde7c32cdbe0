"""How a device is, in a word and a line, from what one sees of it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

from ui.desk.words import Words

Seen = Mapping[str, Any]


class Condition(NamedTuple):
    """``tone`` is one of the theme's: good, attention, bad. ``line`` says more, in one line."""

    word: Words
    tone: str
    line: Words


TITLES: Mapping[str, tuple[Words, str]] = {
    "id_card": (Words("身份证阅读器", "ID card reader"), "card"),
    "receipt_printer": (Words("凭条打印机", "Receipt printer"), "receipt"),
    "document_printer": (Words("A4 打印机", "A4 printer"), "printer"),
}
"""What a device class is called, and its icon."""

_WELL = Words("正常", "Well")
_RIGGED = Words("设有故障", "Rigged")
_UNPLUGGED = Words("线已拔", "Unplugged")

_CARD = {
    "none": Words("没有卡", "no card"),
    "put": Words("卡已放上", "card put"),
    "found": Words("找到了卡", "card found"),
    "selected": Words("选中了卡", "card selected"),
    "read": Words("卡已读完", "card read"),
}
_COVER = Words("盖子开着", "Cover open")
_JAM = Words("卡纸", "Jammed")
_OUT = Words("缺纸", "Paper out")
_LOW = Words("纸将尽", "Near end")
_REASONS = {
    "media-jam-error": (_JAM, "bad"),
    "cover-open-error": (_COVER, "bad"),
    "media-empty-error": (_OUT, "bad"),
    "toner-empty-error": (Words("没有墨粉", "Toner out"), "bad"),
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


def condition(device: str, seen: Seen, stand: Sequence[str]) -> Condition:
    """How ``device`` is; ``seen`` is what its emulator's ``look`` gave, ``stand`` the keys of the
    levers that stand (:func:`ui.desk.levers.standing`).
    """
    word, tone, line = _SAY.get(device, _anything)(seen, stand)
    if tone == "good" and stand:
        word, tone = _RIGGED, "attention"
    return Condition(word, tone, line)


def _id_card(seen: Seen, stand: Sequence[str]) -> Condition:
    reads = seen["reads"]
    asked = seen["commands"][-1] if seen["commands"] else "–"
    card = _CARD.get(seen["card"], Words(seen["card"], seen["card"]))
    line = Words(
        f"{card.zh} · 读过 {reads} 次 · 最近一问 {asked}",
        f"{card.en} · read {reads}× · last asked {asked}",
    )
    return Condition(_WELL, "good", line) if seen["plugged"] else Condition(_UNPLUGGED, "bad", line)


def _receipt_printer(seen: Seen, stand: Sequence[str]) -> Condition:
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
    if "unplug" in stand:
        return Condition(_UNPLUGGED, "bad", line)
    if seen["cover"] == "open":
        return Condition(_COVER, "bad", line)
    if seen["jammed"]:
        return Condition(_JAM, "bad", line)
    paper = {"out": (_OUT, "bad"), "low": (_LOW, "attention")}
    return Condition(*paper.get(seen["paper"], (_WELL, "good")), line)


def _document_printer(seen: Seen, stand: Sequence[str]) -> Condition:
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
    return Condition(_WELL, "good", line)


def _anything(seen: Seen, stand: Sequence[str]) -> Condition:
    """A device class that has no words here yet: what is short enough is said as it is."""
    line = " · ".join(
        f"{key} {value}" for key, value in seen.items() if isinstance(value, bool | int | str)
    )
    return Condition(_WELL, "good", Words(line, line))


_SAY: Mapping[str, Callable[[Seen, Sequence[str]], Condition]] = {
    "id_card": _id_card,
    "receipt_printer": _receipt_printer,
    "document_printer": _document_printer,
}
