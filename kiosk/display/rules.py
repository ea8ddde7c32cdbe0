"""Writes at every start what udev, usbguard and an X server need to know of the settings."""

from __future__ import annotations

import subprocess
from collections.abc import Collection, Iterable
from fnmatch import fnmatchcase
from pathlib import Path

from kiosk.display import outputs, touch_panels, x_server
from kiosk.display.outputs import DisplayOutput
from kiosk.settings import ScreenSettings, Settings, UsbSettings
from kiosk.whole_file import put

UDEV = Path("run/udev/rules.d/70-kiosk-screen.rules")
USBGUARD = Path("run/kiosk-prepare/usbguard.conf")
"""Relative to the root; on a memory file system, since the root may be read-only."""
_STORAGE = ("08:*:*",)
_TYPING = ("03:01:01", "03:01:02")
# Modems and network adapters, also those that call themselves wireless or RNDIS.
_NETWORKS = ("02:02:ff", "02:06:*", "02:0c:*", "02:0d:*", "02:0e:*", "e0:*:*", "ef:04:*")
_HID = ("03:*:*",)


def write(settings: Settings, root: Path = outputs.ROOT) -> list[str]:
    """Write both files of rules and those of the X server, switch off every output but the panel's,
    and have udev look again. Returns a sentence for each thing that did not work."""
    kept = outputs.panel(settings.screen.output, root)
    put(root / USBGUARD, usbguard(settings.usb).encode(), 0o600)
    bound = udev(settings.screen, kept.name if kept else "")
    ignored = keyboards(settings.usb, touch_panels.ids(root))
    put(root / UDEV, (bound + ignored).encode(), 0o644)
    told = _lacking(settings.screen.output, kept)
    try:
        x_server.write(settings.screen, kept, root)
    except LookupError:
        told.append(f"there is no group {x_server.GROUP}, so nobody may draw on the X server")
    if kept:
        if not outputs.force_on(kept):
            told.append(f"output {kept.name} cannot be switched on")
        left = outputs.close_others(kept, root)
        told += [f"output {name} cannot be switched off" for name in left]
    for words in (("control", "--reload"), ("trigger", "--subsystem-match=input")):
        done = subprocess.run(["udevadm", *words], capture_output=True, text=True, check=False)
        if done.returncode:
            told.append(f"udevadm {words[0]}: {done.stderr.strip()}")
    return told


def _lacking(named: str, kept: DisplayOutput | None) -> list[str]:
    """That there is no picture, and why; ``named``: the output that the settings name."""
    if kept is None:
        return [f"there is no output {named}" if named else "no screen is connected"]
    if not kept.connected and not kept.silent:
        return [f"no screen is connected to {kept.name}"]
    return []


def udev(screen: ScreenSettings, output: str) -> str:
    """The rule that binds touches to the panel, so that they turn with its picture."""
    facts = [f'ENV{{WL_OUTPUT}}="{output}"'] if output else []
    if screen.touch_turned:
        matrix = outputs.MATRICES[screen.touch_turned]
        facts.append(f'ENV{{LIBINPUT_CALIBRATION_MATRIX}}="{matrix}"')
    if not facts:
        return ""
    return ", ".join(['SUBSYSTEM=="input", KERNEL=="event*"', *facts]) + "\n"


def keyboards(usb: UsbSettings, panels: Collection[str] = ()) -> str:
    """The rules by which the screen takes no key of any keyboard that the settings do not name
    (libinput's ``LIBINPUT_IGNORE_DEVICE``). usbguard knows a keyboard by its boot interface alone;
    one without it (class 03:00:00) looks to usbguard like a touch panel. ``panels``: the ids of
    the touch panels, of which no key is taken though the settings name them."""
    ignored = 'SUBSYSTEM=="input", KERNEL=="event*", {}, ENV{{LIBINPUT_IGNORE_DEVICE}}="1"'
    return "\n".join(
        [
            *(_leads(ids, "kiosk_screen_keys") for ids in sorted(filter(None, panels))),
            *(_leads(ids, "kiosk_screen_end") for ids in usb.allow),
            'LABEL="kiosk_screen_keys"',
            ignored.format('ENV{ID_INPUT_KEY}=="1", ENV{ID_INPUT_TOUCHSCREEN}!="1"'),
            # What calls itself a touch panel and a keyboard at once types all the same.
            ignored.format('ENV{ID_INPUT_KEYBOARD}=="1"'),
            'LABEL="kiosk_screen_end"',
            "",
        ]
    )


def _leads(ids: str, label: str) -> str:
    """The rule that goes on at ``label`` for devices with ``ids``."""
    vendor, product = ids.split(":")
    facts = f'ATTRS{{idVendor}}=="{vendor}", ATTRS{{idProduct}}=="{product}"'
    return f'SUBSYSTEM=="input", {facts}, GOTO="{label}"'


def usbguard(usb: UsbSettings) -> str:
    """What may be plugged in (usbguard-rules.conf(5)); the first rule that fits decides.

    Storage, keyboards, mice and network adapters are refused whatever else they are too. Other
    devices of the HID kind, which a touch panel is, must be named in the settings, once these name
    any; until then :func:`keyboards` makes those that type of no use. What is left is what readers,
    printers and cameras are.
    """
    lines = [f"allow id {ids}" for ids in usb.allow]
    lines += [
        "allow with-interface match-all { 09:*:* }",  # hubs
        *(_reject(kinds) for kinds in (_STORAGE, _TYPING, _NETWORKS)),
    ]
    if usb.allow:
        lines.append(_reject(_HID))
    return "\n".join([*lines, "allow", ""])


def _reject(kinds: Iterable[str]) -> str:
    return f"reject with-interface one-of {{ {' '.join(kinds)} }}"


def must_be_named(interfaces: Iterable[tuple[str, str, str]]) -> bool:
    """Whether usbguard refuses a device with these interfaces (class, subclass and protocol in
    hex), once the settings name any device, unless they name this one too."""
    refused = (*_STORAGE, *_NETWORKS, *_HID)
    return any(fnmatchcase(":".join(one), kind) for one in interfaces for kind in refused)
