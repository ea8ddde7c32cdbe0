"""The orders that emulated devices obey: the vocabulary of fault scripts, held true by a test.

``python -m drivers.emulators.orders`` prints them as the table of ``docs/fault-scripts.md``.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from drivers.device import Kind

Seen = Mapping[str, Any]


class Form(StrEnum):
    """How a fact is written."""

    COUNT = "count"  # 0 to 999999999, also 0x…
    NUMBER = "number"
    TEXT = "text"  # a word, or "…"
    BYTES = "bytes"  # hexadecimal
    FLAG = "flag"  # true, false
    VALUE = "value"  # what its text looks like: number, true, false, none, JSON, a word


@dataclass(frozen=True, slots=True)
class Order:
    """One order: its facts, the order that undoes it, and how ``look`` shows that it came true.

    ``undo`` is an order, with the facts ``back``; ``"well"`` ends only this fault; ``""``: nothing
    undoes it. ``seen`` judges the emulator's ``look``; without it the order comes true at once.
    """

    facts: Mapping[str, Form] = field(default_factory=dict)
    undo: str = "well"
    seen: Callable[[Seen], bool] | None = None
    back: Mapping[str, Any] = field(default_factory=dict)


def _facts(form: Form, *names: str) -> dict[str, Form]:
    return dict.fromkeys(names, form)


def _shows(name: str, value: object) -> Callable[[Seen], bool]:
    return lambda seen: bool(seen[name] == value)


def _lists(name: str, value: str) -> Callable[[Seen], bool]:
    return lambda seen: value in seen[name]


def _lists_no_more(name: str, value: str) -> Callable[[Seen], bool]:
    return lambda seen: value not in seen[name]


def _plain(*orders: str, undo: str = "well") -> dict[str, Order]:
    return {order: Order(undo=undo) for order in orders}


def _over(*orders: str) -> dict[str, Order]:
    """Orders that last no time, so that nothing undoes them."""
    return _plain(*orders, undo="")


_WELL = {"well": Order(_facts(Form.TEXT, "fault"), undo="")}
_CABLE = {"unplug": Order(undo="plug"), **_over("plug"), **_WELL}
_SECONDS = _facts(Form.NUMBER, "seconds")
_TIMES = _facts(Form.COUNT, "times")
_AFTER_LINES = _facts(Form.COUNT, "after_lines")
_AFTER_PAGES = _facts(Form.COUNT, "after_pages")
_AFTER_BYTES = _facts(Form.COUNT, "after_bytes")

_OF_READER = _TIMES | _facts(Form.TEXT, "command")
_ID_CARD = {
    "put": Order(
        _facts(
            Form.TEXT,
            *("name", "number", "kind", "name_latin", "sex", "nation", "nationality", "birth"),
            *("address", "issuer", "valid_from", "valid_to", "pass_number", "issues"),
            "new_address",
        )
        | _facts(Form.BYTES, "photo")
        | _facts(Form.FLAG, "name_cut"),
        undo="lift",
    ),
    **_over("lift"),
    **{
        order: Order(_OF_READER)
        for order in (
            *("mute", "sam failure", "not authorised", "wrong card", "unknown kind"),
            *("unreadable", "find again", "bad checksum", "truncate", "junk", "split"),
        )
    },
    "slow": Order(_OF_READER | _SECONDS),
    "lift during read": Order(_OF_READER, seen=_lists_no_more("faults", "lift during read")),
    "answer": Order(
        _OF_READER | _facts(Form.COUNT, "status") | _facts(Form.BYTES, "data"),
        seen=_lists_no_more("faults", "answer"),
    ),
    **_CABLE,
}

_CHIP_CARD = (
    _facts(
        Form.TEXT,
        *("kind", "protocol", "atr", "number", "holder", "expires", "label", "aid", "directory"),
        *("options", "name", "card_number", "card_id", "issued", "sex", "nation", "birth"),
        *("birthplace", "records", "bank"),
    )
    | _facts(Form.COUNT, "sequence")
    | _facts(Form.FLAG, "pin_first")
)
_AT = _facts(Form.COUNT, "at")
_SMART_CARD = {
    "put": Order(_CHIP_CARD, undo="lift"),
    **_over("lift"),
    "swap": Order(_CHIP_CARD | _AT, undo="", seen=_lists_no_more("faults", "swap")),
    "yank in mid-apdu": Order(_AT, seen=_lists_no_more("faults", "yank in mid-apdu")),
    "mute": Order(_AT),
    "slow": Order(_AT | _SECONDS),
    "garbage": Order(_AT | _facts(Form.BYTES, "data")),
    "status": Order(_AT | _facts(Form.COUNT, "sw", "ins")),
    **_CABLE,
}

_RECEIPT_PRINTER = {
    **_plain("paper near end", undo="refill"),
    "paper out": Order(_AFTER_LINES, undo="refill", seen=_shows("paper", "out")),
    **_over("refill"),
    **_plain("open cover", undo="close cover"),
    **_over("close cover"),
    "jam": Order(_AFTER_LINES, undo="clear jam", seen=_shows("jammed", True)),
    **_over("clear jam"),
    **_plain("cutter error", undo="clear jam"),
    **_plain("hot head"),
    **{order: Order(_AFTER_BYTES) for order in ("mute", "reset connection", "stop reading")},
    "slow": Order(_facts(Form.NUMBER, "bytes_per_s", "dots_per_s", "seconds")),
    **_plain("deaf to gs r", "deaf to clear", "goes on when stopped", "garbage", "drawer high"),
    **_over("tear"),
    **_CABLE,
}

_DOCUMENT_PRINTER = {
    "paper out": Order(_AFTER_PAGES, undo="refill", seen=_lists("reasons", "media-empty-error")),
    **_plain("paper low", undo="refill"),
    **_over("refill"),
    "jam": Order(_AFTER_PAGES, undo="clear jam", seen=_lists("reasons", "media-jam-error")),
    **_over("clear jam"),
    **_plain("open cover", undo="close cover"),
    **_over("close cover"),
    **_plain("toner out", undo="new toner"),
    **_over("new toner"),
    **_plain("pause", undo="resume"),
    **_over("resume"),
    **_plain("busy", "mute"),
    "slow": Order(_SECONDS),
    "garbage": Order(_facts(Form.TEXT, "kind")),
    "refuse": Order(_facts(Form.COUNT, "code")),
    **_plain("stall"),
    **_plain("die", undo="revive"),
    "revive": Order(_facts(Form.FLAG, "forget"), undo=""),
    **_over("cancel at panel", "take"),
    **_WELL,
}

_CAMERA = {
    "play": Order(_facts(Form.TEXT, "clip"), undo=""),
    "face": Order(_facts(Form.TEXT, "who"), undo="play", seen=lambda seen: bool(seen["who"])),
    "act": Order(_facts(Form.TEXT, "what"), undo=""),
    **_plain("freeze", "black", "underexposed", "overexposed"),
    "slow": Order(_facts(Form.NUMBER, "fps")),
    **_plain("garbage", "mute"),
    **_CABLE,
}

_CODE = _facts(Form.TEXT, "end", "encoding")
_CODE_SCANNER = {
    "present": Order(_CODE | _facts(Form.TEXT, "text") | _facts(Form.BYTES, "data"), undo="remove"),
    **_over("remove"),
    "two": Order(_CODE | _facts(Form.VALUE, "texts"), undo="remove"),
    "too long": Order(_facts(Form.COUNT, "size"), undo=""),
    "noise": Order(_facts(Form.BYTES, "data"), undo=""),
    **_over("tire"),
    **{order: Order(_TIMES) for order in ("mute", "blind", "split", "refuse", "truncate", "junk")},
    "slow": Order(_TIMES | _SECONDS),
    **_CABLE,
}

_PIN_PAD = {
    "press": Order(_facts(Form.TEXT, "key"), undo=""),
    **_over("give up", "power cycle"),
    **_plain("tamper", "break"),
    **{order: Order(_TIMES) for order in ("mute", "bad checksum", "truncate", "junk", "split")},
    "slow": Order(_TIMES | _SECONDS),
    **_CABLE,
}

_IO_BOARD = {
    **_plain("press", undo="release"),
    **_over("release", "tap"),
    **_plain("open door", undo="close door"),
    **_over("close door"),
    **_plain("come", undo="go"),
    **_over("go"),
    "power": Order(
        _facts(Form.VALUE, "state", "percent"),
        undo="power",
        back={"state": "mains", "percent": 100},
    ),
    "volume": Order(_facts(Form.VALUE, "percent"), undo="volume", back={"percent": 50}),
    **_over("restart"),
    **{
        order: Order(_TIMES)
        for order in ("mute", "bad crc", "truncate", "junk", "split", "wrong values")
    },
    "slow": Order(_TIMES | _SECONDS),
    "exception": Order(_TIMES | _facts(Form.COUNT, "code")),
    **_CABLE,
}

_SERVICE = _facts(Form.TEXT, "service")
_PLACE = _SERVICE | _facts(Form.TEXT, "command") | _facts(Form.FLAG, "once")
_XFS4IOT = {
    "paper out": Order(_SERVICE | _AFTER_PAGES, undo="refill"),
    "paper low": Order(_SERVICE, undo="refill"),
    "refill": Order(_SERVICE, undo=""),
    "jam": Order(_SERVICE | _AFTER_PAGES, undo="clear jam"),
    "clear jam": Order(_SERVICE, undo=""),
    "toner out": Order(_SERVICE, undo="new toner"),
    "new toner": Order(_SERVICE, undo=""),
    "take paper": Order(_SERVICE, undo=""),
    "auto retract": Order(
        _facts(Form.VALUE, "seconds") | _facts(Form.TEXT, "to"),
        undo="auto retract",
        back={"seconds": None},
    ),
    "present late": Order(
        _facts(Form.VALUE, "seconds"), undo="present late", back={"seconds": None}
    ),
    "bin": Order(_SERVICE | _facts(Form.TEXT, "state"), undo="bin", back={"state": "ok"}),
    "put card": Order(_CHIP_CARD, undo="pull card"),
    "pull card": Order(_facts(Form.COUNT, "after_apdus"), undo="", seen=_shows("card", "none")),
    **_plain("jam card"),
    **_plain("no chip", undo="pull card"),
    **_over("wrong card"),
    "face": Order(_facts(Form.TEXT, "who"), undo="step away", seen=lambda seen: bool(seen["who"])),
    "act": Order(_facts(Form.TEXT, "what"), undo=""),
    **_over("step away"),
    "show code": Order(
        _facts(Form.TEXT, "text", "symbology") | _facts(Form.BYTES, "data"), undo=""
    ),
    "press": Order(_facts(Form.TEXT, "key"), undo=""),
    **_plain("open door", undo="close door"),
    **_over("close door"),
    **_plain("press call", undo="release call"),
    **_over("release call"),
    **_plain("come", undo="leave"),
    **_over("leave"),
    "power": Order(_facts(Form.TEXT, "state"), undo="power", back={"state": "mains"}),
    "volume": Order(_facts(Form.COUNT, "level"), undo="volume", back={"level": 500}),
    **_plain("enter vendor mode", undo="leave vendor mode"),
    **_over("leave vendor mode"),
    "device": Order(_SERVICE | _facts(Form.TEXT, "state"), undo="device", back={"state": "online"}),
    "version": Order(_facts(Form.COUNT, "major"), undo="version", back={"major": 3}),
    "host": Order(_facts(Form.TEXT, "name"), undo="host", back={"name": "127.0.0.1"}),
    "fail": Order(_PLACE | _facts(Form.TEXT, "error")),
    "garbage": Order(_PLACE | _facts(Form.TEXT, "form")),
    "refuse": Order(_PLACE | _facts(Form.TEXT, "code")),
    "slow": Order(_PLACE | _SECONDS),
    **{
        order: Order(_PLACE)
        for order in (
            *("hang up", "mute", "no acknowledge", "no code", "old code", "queue full"),
            *("silence", "unknown events", "unknown fields"),
        )
    },
    **_CABLE,
    "well": Order(_facts(Form.TEXT, "fault", "service", "command"), undo=""),
}

_CITIZEN = {
    "put": Order(_facts(Form.TEXT, "who", "card"), undo=""),
    "lift": Order(_facts(Form.TEXT, "card"), undo=""),
    "show code": Order(_facts(Form.TEXT, "who"), undo=""),
    "agree": Order(_facts(Form.TEXT, "who", "digits"), undo=""),
    **_over("decline"),
    "type": Order(_facts(Form.TEXT, "digits"), undo=""),
    "well": Order(undo=""),
}

ORDERS: Mapping[str, Mapping[str, Order]] = {
    Kind.ID_CARD: _ID_CARD,
    Kind.SMART_CARD: _SMART_CARD,
    Kind.RECEIPT_PRINTER: _RECEIPT_PRINTER,
    Kind.DOCUMENT_PRINTER: _DOCUMENT_PRINTER,
    Kind.CAMERA: _CAMERA,
    Kind.CODE_SCANNER: _CODE_SCANNER,
    Kind.PIN_PAD: _PIN_PAD,
    "io_board": _IO_BOARD,
    Kind.SPEAKER: {"hang": Order(), **_CABLE},
    "xfs4iot": _XFS4IOT,
    "citizen": _CITIZEN,
}
"""Orders by kind of emulator, and of the desk's citizen, who acts at several of them. A rig names a
device by its kind, a second camera ``camera_2``."""

ALIASES: Mapping[str, str] = {
    "reader": Kind.ID_CARD,
    "chip": Kind.SMART_CARD,
    "printer": Kind.RECEIPT_PRINTER,
    "a4": Kind.DOCUMENT_PRINTER,
    "scanner": Kind.CODE_SCANNER,
    "pad": Kind.PIN_PAD,
    "board": "io_board",
    "machine": "xfs4iot",
}
"""Short names of devices in fault scripts."""

_NUMBERED = re.compile(r"_[0-9]+$")


def orders_of(device: str) -> Mapping[str, Order] | None:
    """The orders of a device in a rig; ``None`` for a kind that :data:`ORDERS` does not list."""
    return ORDERS.get(_NUMBERED.sub("", device))


def table() -> str:
    """All orders as Markdown, one table for each kind of device."""
    short = {device: alias for alias, device in ALIASES.items()}
    lines: list[str] = []
    for device, orders in ORDERS.items():
        lines += [f"### {short.get(device, device)} (`{device}`)" if device in short else ""]
        lines[-1] = lines[-1] or f"### {device}"
        lines += ["", "| order | facts | `for … s` ends with |", "|---|---|---|"]
        for name, order in orders.items():
            facts = ", ".join(f"`{fact}` {form.value}" for fact, form in order.facts.items())
            lines.append(f"| `{name}` | {facts} | {_undoing(name, order)} |")
        lines.append("")
    return "\n".join(lines)


def _undoing(name: str, order: Order) -> str:
    if not order.undo:
        return ""
    facts = {"fault": f'"{name}"' if " " in name else name} if order.undo == "well" else order.back
    told = (f"{fact}={'none' if value is None else value}" for fact, value in facts.items())
    return f"`{' '.join([order.undo, *told])}`"


if __name__ == "__main__":
    print(table())
