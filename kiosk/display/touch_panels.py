"""The touch panels of this machine, told from keyboards, mice and touchpads."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

INPUTS = Path("proc/bus/input/devices")
"""Relative to the root: what the kernel tells of each input device."""


@dataclass(frozen=True, slots=True)
class Panel:
    """A touch panel: the name and the ids (``222a:0001``) that the panel reports, and the name of
    its device file in ``/dev/input``; empty where the kernel made none."""

    name: str
    ids: str
    event: str = ""


def all_of(root: Path) -> tuple[Panel, ...]:
    """The touch panels in ``/proc/bus/input/devices`` (input-event-codes.h): what calls itself
    direct, or reports where it is touched and is no touchpad, which moves a pointer."""
    found = []
    try:
        listing = (root / INPUTS).read_text(encoding="utf-8", errors="replace").strip()
    except OSError:
        return ()
    for block in listing.split("\n\n"):
        fields = dict(
            line[3:].split("=", 1)
            for line in block.splitlines()
            if "=" in line and line[1:3] == ": "
        )
        properties = int(fields.get("PROP", "0"), 16)
        keys, axes = _bits(fields.get("KEY", "0")), _bits(fields.get("ABS", "0"))
        touched = _ABS_MT_X in axes or ({_ABS_X, _ABS_Y} <= axes and _BTN_TOUCH in keys)
        points = properties & _POINTER or _BTN_TOOL_FINGER in keys
        if properties & _DIRECT or (touched and not points):
            told = re.search(r"Vendor=(\w+) Product=(\w+)", block)
            name = fields.get("Name", "?").strip('"')
            event = re.search(r"\bevent\d+", fields.get("Handlers", ""))
            found.append(
                Panel(name, ":".join(told.groups()) if told else "", event[0] if event else "")
            )
    return tuple(found)


def ids(root: Path) -> frozenset[str]:
    """The ids of all touch panels. The screen uses them, so no device of the settings does."""
    return frozenset(panel.ids for panel in all_of(root))


_POINTER, _DIRECT = 1, 2  # INPUT_PROP_…, as bits
_ABS_X, _ABS_Y, _ABS_MT_X = 0x00, 0x01, 0x35
_BTN_TOOL_FINGER, _BTN_TOUCH = 0x145, 0x14A


def _bits(words: str) -> set[int]:
    """Which bits are set in words of 64 in hex, the highest word first."""
    number = sum(int(word, 16) << (64 * i) for i, word in enumerate(reversed(words.split())))
    return {bit for bit in range(number.bit_length()) if number >> bit & 1}
