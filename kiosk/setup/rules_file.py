"""Edits the udev rules that give devices names that stay (udev(7))."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence

from kiosk.doctor import names
from kiosk.doctor.plugged import DeviceNode

Say = Callable[[str], str]
_GROUPS = {"video4linux": "video", "usbmisc": "lp"}
_PLAIN = re.compile(r"[\w.:-]+")
"""Serial numbers that can stand in a rule as they are: no pattern, no quotation mark."""


def edited(
    text: str, wanted: Mapping[str, DeviceNode], here: Sequence[DeviceNode], say: Say
) -> str:
    """``text`` with a rule for every name of ``wanted`` (``"kiosk/id_card"``) that leads to its
    device and to no other of ``here``. A rule that gives such a name to another device becomes a
    comment."""
    # A rule goes over several lines where they end with a backslash.
    lines = re.split(r"(?<!\\)\n", text.removesuffix("\n"))
    new: list[str] = []
    for name, node in wanted.items():
        if _leads(text, name, here) == [node.path]:
            continue
        lines = [_silenced(line, name) for line in lines]
        new += ["", f"# {say(node.title)}", rule(name, node, here)]
    if not new:
        return text
    return "\n".join([*lines, *new]) + "\n"


def rule(name: str, node: DeviceNode, here: Iterable[DeviceNode]) -> str:
    """A rule that fits ``node`` alone: by its ids, and where another of ``here`` has the same, by
    its serial number, or else by the hole that it is plugged into."""
    assert node.usb is not None  # parts of the board keep the names that the kernel gives
    conditions = [f'SUBSYSTEM=="{node.subsystem}"']
    if node.index:
        conditions.append(f'ATTR{{index}}=="{node.index}"')
    conditions += [
        f'ATTRS{{idVendor}}=="{node.usb.vendor}"',
        f'ATTRS{{idProduct}}=="{node.usb.product}"',
    ]
    alike = [
        one
        for one in here
        if one.usb
        and one.path != node.path
        and (one.usb.ids, one.subsystem, one.index) == (node.usb.ids, node.subsystem, node.index)
    ]
    serial = node.usb.serial
    if alike:
        others = [one.usb.serial for one in alike if one.usb]
        own = _PLAIN.fullmatch(serial) is not None and serial not in others
        conditions.append(f'ATTRS{{serial}}=="{serial}"' if own else f'KERNELS=="{node.usb.place}"')
    group = _GROUPS.get(node.subsystem, "dialout")
    return ", ".join([*conditions, f'SYMLINK+="{name}"', f'GROUP="{group}"', 'MODE="0660"'])


def _leads(text: str, name: str, here: Iterable[DeviceNode]) -> list[object]:
    """The device files that the rules of ``text`` give the name ``name``."""
    made = [one for one in names.rules(text) if name in one.names]
    return [node.path for node in here if any(one.fits(node) for one in made)]


def _silenced(line: str, name: str) -> str:
    gives = any(name in one.names for one in names.rules(line))
    return re.sub("^", "#", line, flags=re.MULTILINE) if gives else line
