"""Devices that are plugged in and stand in no settings: maybe a cable is in the wrong socket."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from drivers import catalogue
from drivers.device import DeviceError, Kind, Neighbour
from drivers.sentence import en, joined
from kiosk.display import touch_panels
from kiosk.doctor import names, plugged
from kiosk.doctor.findings import Finding, Section
from kiosk.doctor.plugged import DeviceNode, Usb
from kiosk.settings import Settings

UNKNOWN = Section("unknown devices")
_KINDS = ("tty", "video4linux", "usbmisc")
_KEYBOARD = ("03", "01", "01")  # USB HID 1.11, 4.2 and 4.3: boot interface, keyboard
_CCID = ("0b",)
_SOUND = ("01",)
# USB-IF class codes of devices without a device file that a setting could name.
_CLASSES = {
    "01": "sound",
    "03": en("input device"),
    "08": en("memory stick or disk: take it out"),
    "0b": en("smart card reader"),
    "0e": "camera",
    "e0": en("wireless adapter"),
}


def look(settings: Settings, root: Path = plugged.ROOT) -> Iterator[Finding]:
    """Device files that no setting names, then USB devices without a device file or of the HID
    kind, each with the likely reason. Touch panels are left out: the screen uses them.
    """
    used = {
        _end(root, path) for table in settings.devices.values() for path in plugged.named(table)
    }
    here = plugged.nodes(root)
    made = names.rules(names.installed(root) or names.shipped())
    for node in here:
        if node.subsystem in _KINDS and node.path not in used and node.index in ("", "0"):
            why = _why(node, made, settings)
            yield UNKNOWN.note(_name(node), joined(": ", _said(node), why))
    told = {
        node.usb.place
        for node in here
        if node.usb and (node.subsystem in _KINDS or node.path in used)
    }
    panels = touch_panels.ids(root)
    for usb in plugged.usb_devices(root):
        if usb.place in told or usb.ids in panels:
            continue
        given = [name for node in here if node.usb == usb for name in _given(node, made)]
        if given:
            seen = en(
                "{title}: named /dev/{name}, which is in no settings",
                title=usb.title,
                name=given[0],
            )
            yield UNKNOWN.note(f"USB {usb.place}", seen)
        else:
            yield from _without_file(usb, settings)


def _end(root: Path, path: Path) -> Path:
    """The device file that the name ``path`` leads to."""
    there = root / path.relative_to("/")
    with suppress(ValueError):
        return Path("/dev") / there.resolve().relative_to((root / "dev").resolve())
    return path


def _name(node: DeviceNode) -> str:
    match node.subsystem:
        case "tty":
            return en("serial port {path}", path=node.path)
        case "video4linux":
            return en("camera {path}", path=node.path)
        case _:
            return en("printer {path}", path=node.path)


def _said(node: DeviceNode) -> str:
    return node.usb.title if node.usb else en("on the board")


def _given(node: DeviceNode, made: tuple[names.UdevRule, ...]) -> list[str]:
    return [name for rule in made if rule.fits(node) for name in rule.names]


def _why(node: DeviceNode, made: tuple[names.UdevRule, ...], settings: Settings) -> str:
    given = _given(node, made)
    if given:
        return en("named /dev/{name}, which is in no settings", name=given[0])
    if node.subsystem == "usbmisc" and {Kind.RECEIPT_PRINTER, Kind.DOCUMENT_PRINTER} & set(
        settings.devices
    ):
        return en("another printer than those of the settings")
    if node.usb is None:
        return en("in no settings")
    return en(
        "in no settings, and no rule names it: is it one of ours? put its ids into {rules}",
        rules=names.RULES,
    )


def _without_file(usb: Usb, settings: Settings) -> Iterator[Finding]:
    name = f"USB {usb.place}"
    if usb.has(*_KEYBOARD):
        mend = ""
        seen = en("{title}: types like a keyboard", title=usb.title)
        if Kind.CODE_SCANNER in settings.devices:
            use = en("a code scanner in keyboard mode is no use here")
            seen = joined("; ", seen, use)
            mend = en(
                "if it is the scanner, show it the code “USB COM port emulation” of its manual"
            )
        yield UNKNOWN.note(name, seen, mend)
        return
    if usb.has(*_CCID) and Kind.SMART_CARD in settings.devices:
        return  # `neighbours` compares the readers of the PC/SC service
    if usb.has(*_SOUND) and Kind.SPEAKER in settings.devices:
        return
    kinds = [_CLASSES[one[0]] for one in usb.interfaces if one[0] in _CLASSES]
    if kinds:
        seen = joined(": ", usb.title, joined(", ", *dict.fromkeys(kinds)))
        yield UNKNOWN.note(name, seen)
    elif not usb.driven:
        yield UNKNOWN.note(name, en("{title}: the kernel has no driver for it", title=usb.title))
    else:
        yield UNKNOWN.note(name, en("{title}: in no settings", title=usb.title))


def neighbours(settings: Settings) -> Iterator[Finding]:
    """Readers of the PC/SC service and services of an XFS4IoT machine that no setting uses."""
    used: set[str] = set()
    found: dict[str, tuple[str, Neighbour]] = {}
    for kind, table in settings.devices.items():
        name = table["driver"]
        if name not in ("pcsc", "xfs4iot"):
            continue
        with suppress(DeviceError), catalogue.borrowed(kind, table) as driver:
            found |= {one.name: (name, one) for one in driver.neighbours()}
            driver.open()
            used.add(driver.info.model if name == "pcsc" else driver.info.address)
    for name, one in (each for mark, each in found.items() if mark not in used):
        if name == "pcsc":
            seen = en("in no settings: the terminal uses another reader")
            yield UNKNOWN.note(en("PC/SC reader {model}", model=one.name), seen)
        else:
            offers = one.offers or en("does not answer")
            use = en("{model}: no device of the settings uses it", model=one.model)
            seen = joined(", ", offers, use)
            yield UNKNOWN.note(en("XFS4IoT service {address}", address=one.name), seen)
