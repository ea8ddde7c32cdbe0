"""The camera of the lab: the kernel's test camera (vivid), whose knobs are V4L2 controls."""

from __future__ import annotations

import fcntl
import os
import struct
from pathlib import Path
from typing import Any

from lab.guest.cables import Binding

# linux/videodev2.h
_QUERYCTRL, _S_CTRL, _QUERYMENU = 0xC0445624, 0xC008561C, 0xC02C5625
_CONTROL = struct.Struct("=II32siiiiI8x")
_MENU = struct.Struct("=II32s4x")
_NEXT = 0x80000000
_ORDERS: dict[str, tuple[tuple[str, int | str], ...]] = {
    "black": (("Test Pattern", "100% Black"), ("OSD Text Mode", "None")),
    "mute": (("Percentage of Dropped Buffers", 100),),
    "well": (
        ("Test Pattern", "75% Colorbar"),
        ("OSD Text Mode", "All"),
        ("Percentage of Dropped Buffers", 0),
        ("Horizontal Movement", "Move Right"),  # a frozen picture would be a fault
    ),
}


class TestCamera:
    """The vivid camera; ``unplug`` unbinds its driver, ``plug`` binds it again.

    Other orders: ``black``, all pictures are black; ``mute``, no picture comes; ``well``.
    """

    __test__ = False

    def __init__(self) -> None:
        self.cable = Binding(
            Path("/dev/kiosk/camera"), Path("/sys/bus/platform/drivers/vivid"), "vivid.0"
        )

    @property
    def address(self) -> str:
        return str(self.cable.node)

    def start(self) -> None:
        self.obey("plug")

    def stop(self) -> None:
        """Leave the driver bound, as the kernel binds it at the start."""
        self.obey("plug")

    def obey(self, order: str, **facts: Any) -> None:
        match order:
            case "unplug":
                self.cable.unplug()
            case "plug":
                self.cable.plug()
                self._set("well")
            case _:
                self._set(order)

    def look(self) -> dict[str, Any]:
        return {}

    def _set(self, order: str) -> None:
        fd = os.open(self.cable.node, os.O_RDWR | os.O_NONBLOCK | os.O_CLOEXEC)
        try:
            controls = _controls(fd)
            for name, value in _ORDERS[order]:
                number = controls[name]
                chosen = _choices(fd, number)[value] if isinstance(value, str) else value
                fcntl.ioctl(fd, _S_CTRL, struct.pack("=Ii", number, chosen))
        finally:
            os.close(fd)


def _controls(fd: int) -> dict[str, int]:
    found: dict[str, int] = {}
    number = 0
    while True:
        answer = bytearray(_CONTROL.pack(number | _NEXT, 0, b"", 0, 0, 0, 0, 0))
        try:
            fcntl.ioctl(fd, _QUERYCTRL, answer)
        except OSError:  # no further control
            return found
        number, _, name, *_ = _CONTROL.unpack(answer)
        found[name.split(b"\0")[0].decode()] = number


def _choices(fd: int, number: int) -> dict[str, int]:
    found: dict[str, int] = {}
    for index in range(64):
        answer = bytearray(_MENU.pack(number, index, b""))
        try:
            fcntl.ioctl(fd, _QUERYMENU, answer)
        except OSError:  # a gap in the menu, or its end
            continue
        found[_MENU.unpack(answer)[2].split(b"\0")[0].decode()] = index
    return found
