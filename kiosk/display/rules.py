"""Writes at every start what udev and usbguard need to know of this terminal's settings."""

from __future__ import annotations

import subprocess
from pathlib import Path

from kiosk.display import outputs
from kiosk.settings import ScreenSettings, Settings, UsbSettings

UDEV = Path("run/udev/rules.d/70-kiosk-screen.rules")
USBGUARD = Path("run/kiosk-prepare/usbguard.conf")
"""Relative to the root; on a memory file system, since the root may be read-only."""
_MATRICES = {0: "", 90: "0 1 0 -1 0 1", 180: "-1 0 1 0 -1 1", 270: "0 -1 1 1 0 0"}
"""libinput's calibration: where on the picture a touch belongs, by how the touch layer is turned
clockwise against the picture's panel."""


def write(settings: Settings, root: Path = outputs.ROOT) -> list[str]:
    """Write both files of rules, switch off every output but the panel's, and have udev look again.
    Returns a sentence for each thing that did not work."""
    kept = outputs.panel(settings.screen.output, root)
    _put(root / USBGUARD, usbguard(settings.usb), 0o600)
    _put(root / UDEV, udev(settings.screen, kept.name if kept else ""), 0o644)
    told = [] if kept else ["no screen is connected"]
    if kept:
        left = outputs.close_others(kept, root)
        told += [f"output {name} cannot be switched off" for name in left]
    for words in (("control", "--reload"), ("trigger", "--subsystem-match=input")):
        done = subprocess.run(["udevadm", *words], capture_output=True, text=True, check=False)
        if done.returncode:
            told.append(f"udevadm {words[0]}: {done.stderr.strip()}")
    return told


def udev(screen: ScreenSettings, output: str) -> str:
    """The rule that binds touches to the panel, so that they turn with its picture."""
    facts = [f'ENV{{WL_OUTPUT}}="{output}"'] if output else []
    if matrix := _MATRICES[screen.touch_turned]:
        facts.append(f'ENV{{LIBINPUT_CALIBRATION_MATRIX}}="{matrix}"')
    if not facts:
        return ""
    return ", ".join(['SUBSYSTEM=="input", KERNEL=="event*"', *facts]) + "\n"


def usbguard(usb: UsbSettings) -> str:
    """What may be plugged in (usbguard-rules.conf(5)); the first rule that fits decides.

    Storage, keyboards, mice and network adapters are refused whatever else they are too. Other
    devices of the HID kind, which a touch panel is, must be named in the settings, once these name
    any. What is left is what readers, printers and cameras are.
    """
    lines = [f"allow id {ids}" for ids in usb.allow]
    lines += [
        "allow with-interface match-all { 09:*:* }",  # hubs
        "reject with-interface one-of { 08:*:* }",  # storage
        "reject with-interface one-of { 03:01:01 03:01:02 }",  # keyboards and mice
        # Modems and network adapters, also those that call themselves wireless or RNDIS.
        "reject with-interface one-of { 02:02:ff 02:06:* 02:0c:* 02:0d:* 02:0e:* e0:*:* ef:04:* }",
    ]
    if usb.allow:
        lines.append("reject with-interface one-of { 03:*:* }")
    return "\n".join([*lines, "allow", ""])


def _put(path: Path, text: str, mode: int) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.touch(mode)
    path.chmod(mode)
    path.write_text(text, encoding="utf-8")
