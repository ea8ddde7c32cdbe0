"""Reads where somebody presses the touch panel (Linux evdev), which tells how it is built in."""

from __future__ import annotations

import fcntl
import os
import select
import struct
import time
from collections.abc import Sequence
from contextlib import ExitStack, suppress
from dataclasses import dataclass, field
from pathlib import Path

from kiosk.display import outputs

PRESS_S = 30.0
"""How long a press is waited for."""
Place = tuple[float, float]
"""Where on the touch layer, as the layer is built: 0 to 1 from its left and from its top."""
_EVENT = struct.Struct("@llHHi")  # linux/input.h: struct input_event
_RANGE = struct.Struct("@6i")  # struct input_absinfo: value, minimum, maximum, fuzz, flat, …
_ASK_RANGE = 0x80184540  # EVIOCGABS(0)
_EV_SYN, _EV_ABS = 0, 3
_AXES = {0x00: 0, 0x01: 1, 0x35: 0, 0x36: 1}  # ABS_X, ABS_Y, ABS_MT_POSITION_X, …_Y
_CORNER = 0.35
"""What is at most so far from two edges is a corner."""


@dataclass
class _Layer:
    """One touch layer: where it is read, and how far its next report has come."""

    file: int
    at: dict[int, float] = field(default_factory=dict)

    def read(self) -> Place | None:
        """The place of a whole report, once there is one. Raises ``OSError``."""
        with suppress(BlockingIOError):
            data = os.read(self.file, 64 * _EVENT.size)
            whole = len(data) // _EVENT.size * _EVENT.size
            for _s, _us, kind, code, value in _EVENT.iter_unpack(data[:whole]):
                if kind == _EV_ABS and code in _AXES:
                    least, most = axis(self.file, code)
                    self.at[_AXES[code]] = (value - least) / max(1, most - least)
                elif kind == _EV_SYN and len(self.at) == 2:
                    return self.at[0], self.at[1]
        return None


def axis(file: int, code: int) -> tuple[int, int]:
    """The least and the highest value of an axis. Raises ``OSError``."""
    told = fcntl.ioctl(file, _ASK_RANGE + code, bytes(_RANGE.size))
    _value, least, most, *_ = _RANGE.unpack(told)
    return least, most


def press(devices: Sequence[Path], seconds: float = PRESS_S) -> Place | None:
    """Where one of ``devices`` (``/dev/input/event5``) is pressed next; None: nowhere within
    ``seconds``, or none of the devices can be read."""
    with ExitStack() as stack:
        layers = {}
        for path in devices:
            with suppress(OSError):
                file = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
                stack.callback(os.close, file)
                layers[file] = _Layer(file)
        until = time.monotonic() + seconds
        while layers and (left := until - time.monotonic()) > 0:
            for file in select.select(list(layers), (), (), left)[0]:
                try:
                    if place := layers[file].read():
                        return place
                except OSError:  # the panel was unplugged
                    del layers[file]
    return None


def turned(pressed: Place, quarters: int) -> int | None:
    """How far the touch layer is built in clockwise against the panel's picture, in degrees, where
    who stands before the panel has pressed its upper left corner. ``quarters``: how often the panel
    hangs turned clockwise by 90 degrees. None: ``pressed`` is no corner."""
    if not all(min(part, 1 - part) <= _CORNER for part in pressed):
        return None
    x, y = (round(part) for part in pressed)
    # The upper left corner, on the picture as the panel is built.
    corner = ((0, 0), (0, 1), (1, 1), (1, 0))[quarters % 4]
    for degrees, words in outputs.MATRICES.items():
        a, b, c, d, e, f = map(int, words.split())
        if (a * x + b * y + c, d * x + e * y + f) == corner:
            return degrees
    return None
