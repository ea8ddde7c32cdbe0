"""The outputs of the graphics card: which one is the terminal's panel, and how it stands."""

from __future__ import annotations

import contextlib
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from kiosk.settings import ScreenSettings

ROOT = Path("/")
MATRICES = {0: "1 0 0 0 1 0", 90: "0 -1 1 1 0 0", 180: "-1 0 1 0 -1 1", 270: "0 1 0 -1 0 1"}
"""Where on the picture a touch belongs, by how the touch layer is turned clockwise against the
picture: the first two rows of a matrix, as libinput and the X server take them."""


@dataclass(frozen=True, slots=True)
class DisplayOutput:
    """An output of the graphics card (``/sys/class/drm``). ``size``: of its first mode, in pixels
    as the panel is built; None where it tells none."""

    name: str  # "HDMI-A-1"
    path: Path
    status: str  # "connected", "disconnected", or "unknown": old VGA and some built-in panels
    size: tuple[int, int] | None

    @property
    def connected(self) -> bool:
        return self.status == "connected"

    @property
    def silent(self) -> bool:
        """Whether the output cannot tell if it has a screen."""
        return self.status == "unknown"


def all_of(root: Path = ROOT) -> Iterator[DisplayOutput]:
    """Every output, in the order of their names. A write-back connector writes its picture to
    memory: it is none, though its status is always ``unknown``."""
    for path in sorted((root / "sys/class/drm").glob("card*-*")):
        if path.name.partition("-")[2].startswith("Writeback"):
            continue
        mode = re.match(r"(\d+)x(\d+)", _read(path / "modes"))
        yield DisplayOutput(
            name=path.name.partition("-")[2],
            path=path,
            status=_read(path / "status").strip(),
            size=(int(mode[1]), int(mode[2])) if mode else None,
        )


def panel(named: str, root: Path = ROOT) -> DisplayOutput | None:
    """The output of the panel: the one that the settings name, else the first with a screen, else
    the first that cannot tell whether it has one."""
    found = tuple(all_of(root))
    if named:
        return next((one for one in found if one.name == named), None)
    there = [one for one in found if one.connected] or [one for one in found if one.silent]
    return next(iter(there), None)


def turns(screen: ScreenSettings, output: DisplayOutput | None) -> int:
    """How many quarters clockwise the panel hangs turned. ``auto``: one, where the panel lies and
    the pages stand or the other way round."""
    if screen.rotation != "auto":
        return screen.rotation // 90
    if output is None or output.size is None or output.size[0] == output.size[1]:
        return 0
    upright = output.size[0] < output.size[1]
    return int(upright != (screen.orientation == "portrait"))


def force_on(kept: DisplayOutput) -> bool:
    """Have the kernel take ``kept``, which cannot tell, for connected: the compositor draws on no
    other. Returns whether that is so."""
    if not kept.silent:
        return True
    try:
        (kept.path / "status").write_text("on")
    except OSError:
        return False
    return True


def close_others(kept: DisplayOutput, root: Path = ROOT) -> list[str]:
    """Switch off every output but ``kept``, so that a second screen changes nothing, whenever it is
    plugged in. Returns the names of those that the kernel did not switch off."""
    left = []
    for one in all_of(root):
        if one.name == kept.name:
            continue
        try:
            (one.path / "status").write_text("off")
        except OSError:
            left.append(one.name)
    return left


def _read(path: Path) -> str:
    with contextlib.suppress(OSError):
        return path.read_text(encoding="utf-8")
    return ""
