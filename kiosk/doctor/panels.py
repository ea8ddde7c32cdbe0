"""The screen of this machine: how large it is, how it stands, and what is touched."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from kiosk.display import outputs, touch_panels
from kiosk.doctor import plugged, x_screen

Orientation = Literal["portrait", "landscape"]
_EDID_MAGIC = bytes.fromhex("00ffffffffffff00")


@dataclass(frozen=True, slots=True)
class ScreenFacts:
    """What the machine tells of its screen. ``size`` in pixels, ``millimetres`` as the panel lies
    on a desk, longer side first unless the panel is higher than wide; empty where unknown."""

    title: str = ""  # "card0-HDMI-A-1"; "": no screen is connected
    size: tuple[int, int] | None = None
    millimetres: tuple[int, int] | None = None
    turned: bool = False  # the display server has said how the screen stands
    touch: tuple[str, ...] = ()

    @property
    def orientation(self) -> Orientation | None:
        """How the screen stands now; ``None`` where nobody can tell: a panel that is wide may hang
        upright, and only the display server knows that it was turned."""
        if self.size is None or self.size[0] == self.size[1]:
            return None
        upright = self.size[0] < self.size[1]
        if upright:
            return "portrait"
        return "landscape" if self.turned else None

    def height_mm(self, orientation: Orientation) -> int | None:
        """How high the panel is when it hangs as ``orientation``."""
        if self.millimetres is None:
            return None
        return max(self.millimetres) if orientation == "portrait" else min(self.millimetres)


def look(
    root: Path = plugged.ROOT, environment: Mapping[str, str] | None = None, output: str = ""
) -> ScreenFacts:
    """The first connected output of ``/sys/class/drm``, or the one named ``output``, the X server
    of ``environment``, and the touch panels."""
    touch = tuple(p.name for p in touch_panels.all_of(root))
    server = x_screen.ask(os.environ if environment is None else environment)
    panel = outputs.panel(output, root)
    if panel and panel.connected:
        try:
            millimetres = physical_size((panel.path / "edid").read_bytes())
        except OSError:
            millimetres = None
        size = server.size if server else panel.size
        return ScreenFacts(panel.path.name, size, millimetres, server is not None, touch)
    if server:
        return ScreenFacts("X", server.size, None, True, touch)
    return ScreenFacts(touch=touch)


def physical_size(edid: bytes) -> tuple[int, int] | None:
    """Width and height of a panel in millimetres (VESA E-EDID 1.4: the first detailed timing, else
    the basic parameters in centimetres); ``None`` for a broken record or a projector."""
    if len(edid) < 128 or not edid.startswith(_EDID_MAGIC) or sum(edid[:128]) % 256:
        return None
    timing = edid[54:72]
    if timing[:2] != b"\0\0":
        wide = timing[12] | (timing[14] >> 4) << 8
        high = timing[13] | (timing[14] & 0xF) << 8
        if wide and high:
            return wide, high
    wide, high = edid[21] * 10, edid[22] * 10
    return (wide, high) if wide and high else None


REACH_MM = (380, 1220)
"""The lowest and the highest place that somebody in a wheelchair reaches (EN 301 549, ADA 308)."""


def reach(mounted_mm: int, height_mm: int, lowered: bool) -> tuple[int, int]:
    """How high above the floor the lowest and the highest buttons are, in millimetres.
    ``mounted_mm``: of the panel's lower edge. The lowered layout has its buttons in the lower half.
    """
    return mounted_mm, mounted_mm + (height_mm // 2 if lowered else height_mm)
