"""Asks an X server about its screen: how large it is, and when it goes dark (saver, DPMS)."""

from __future__ import annotations

import ctypes
import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass

MEND = "xset s off -dpms"


@dataclass(frozen=True, slots=True)
class XScreen:
    """Width and height in pixels, as the screen stands now; seconds without a touch after which it
    goes dark; 0: never."""

    size: tuple[int, int]
    saver_s: int
    dpms_s: int


def ask(environment: Mapping[str, str]) -> XScreen | None:
    """The screen of the X server in ``environment`` (``DISPLAY``, ``XAUTHORITY``); ``None`` where
    none can be asked."""
    name = environment.get("DISPLAY", "")
    if not name:
        return None
    try:
        x11 = ctypes.CDLL("libX11.so.6")
    except OSError:
        return None
    x11.XOpenDisplay.restype = ctypes.c_void_p
    with _authority(environment.get("XAUTHORITY")):
        display = x11.XOpenDisplay(name.encode())
    if not display:
        return None
    try:
        pointer = ctypes.c_void_p(display)
        saver, *_ = _numbers(4, ctypes.c_int, lambda *to: x11.XGetScreenSaver(pointer, *to))
        number = x11.XDefaultScreen(pointer)
        size = x11.XDisplayWidth(pointer, number), x11.XDisplayHeight(pointer, number)
        return XScreen(size, saver, _dpms(pointer))
    finally:
        x11.XCloseDisplay(ctypes.c_void_p(display))


@contextmanager
def _authority(file: str | None) -> Iterator[None]:
    """The library reads the name of the file of cookies in the environment of this process."""
    before = os.environ.pop("XAUTHORITY", None)
    if file is not None:
        os.environ["XAUTHORITY"] = file
    try:
        yield
    finally:
        os.environ.pop("XAUTHORITY", None)
        if before is not None:
            os.environ["XAUTHORITY"] = before


def _dpms(display: ctypes.c_void_p) -> int:
    """The first of DPMS' times, 0 when it is off or the server has no DPMS."""
    try:
        extensions = ctypes.CDLL("libXext.so.6")
    except OSError:
        return 0
    if not extensions.DPMSQueryExtension(
        display, ctypes.byref(ctypes.c_int()), ctypes.byref(ctypes.c_int())
    ):
        return 0
    level, on = ctypes.c_uint16(), ctypes.c_ubyte()
    extensions.DPMSInfo(display, ctypes.byref(level), ctypes.byref(on))
    if not on.value:
        return 0
    times = _numbers(3, ctypes.c_uint16, lambda *to: extensions.DPMSGetTimeouts(display, *to))
    return min((one for one in times if one), default=0)


def _numbers(
    count: int, kind: type[ctypes.c_int] | type[ctypes.c_uint16], call: Callable[..., object]
) -> list[int]:
    found = [kind() for _ in range(count)]
    call(*map(ctypes.byref, found))
    return [one.value for one in found]
