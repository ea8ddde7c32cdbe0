"""What is plugged in, as the kernel tells it (Linux ``/sys``)."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path("/")
_CLASSES = ("tty", "video4linux", "usbmisc", "hidraw")
_DEV = re.compile(r"/dev/[\w./:+@%-]+")
_PORT_UNKNOWN = "0"  # linux/serial.h: a port number of the board with no port behind it


@dataclass(frozen=True, slots=True)
class Usb:
    """A USB device: ids as four hex digits, interfaces as (class, subclass, protocol) in hex."""

    place: str  # "1-2.3": bus and ports, as in /sys/bus/usb/devices
    vendor: str
    product: str
    serial: str
    words: str  # maker and product, as the device says
    interfaces: tuple[tuple[str, str, str], ...]
    driven: bool  # whether a driver of the kernel took at least one of its interfaces

    @property
    def ids(self) -> str:
        return f"{self.vendor}:{self.product}"

    @property
    def title(self) -> str:
        return f"{self.ids} {self.words}".strip()

    def has(self, *wanted: str) -> bool:
        """Whether an interface begins with this class, subclass, protocol."""
        return any(one[: len(wanted)] == wanted for one in self.interfaces)


@dataclass(frozen=True, slots=True)
class DeviceNode:
    """A device file of a USB device, or of a part of the board."""

    path: Path  # "/dev/ttyUSB0"
    subsystem: str  # "tty", "video4linux", "usbmisc", "hidraw"
    index: str  # of several nodes of one camera; else ""
    usb: Usb | None  # None: a part of the board

    @property
    def title(self) -> str:
        return f"{self.path} ({self.usb.title})" if self.usb else str(self.path)


def usb_devices(root: Path = ROOT) -> tuple[Usb, ...]:
    """Every USB device that is no hub, by its place."""
    found = (_usb(path) for path in sorted((root / "sys/bus/usb/devices").glob("*")))
    return tuple(usb for usb in found if usb is not None and not usb.has("09"))


def nodes(root: Path = ROOT) -> tuple[DeviceNode, ...]:
    """Serial ports, cameras, printers and HID devices that have a device file."""
    return tuple(_nodes(root))


def _nodes(root: Path) -> Iterator[DeviceNode]:
    for subsystem in _CLASSES:
        for entry in sorted((root / "sys/class" / subsystem).glob("*")):
            device = entry / "device"
            if not device.exists() or read(entry / "type") == _PORT_UNKNOWN:
                continue  # a console, or a port that this board does not have
            usb = _above(device.resolve())
            if subsystem == "usbmisc" and not entry.name.startswith("lp"):
                continue
            name = f"usb/{entry.name}" if subsystem == "usbmisc" else entry.name
            yield DeviceNode(Path("/dev") / name, subsystem, read(entry / "index"), usb)


def _above(device: Path) -> Usb | None:
    """The USB device above ``device`` in the tree of ``/sys``."""
    for path in (device, *device.parents):
        if (path / "idVendor").is_file():
            return _usb(path)
    return None


def _usb(path: Path) -> Usb | None:
    if not (path / "idVendor").is_file():
        return None
    interfaces = sorted(child for child in path.resolve().glob(f"{path.resolve().name}:*"))
    kinds = [
        tuple(read(one / f"bInterface{part}") for part in ("Class", "SubClass", "Protocol"))
        for one in interfaces
    ]
    if read(path / "bDeviceClass") == "09":
        kinds.append(("09", "00", "00"))
    return Usb(
        path.resolve().name,
        read(path / "idVendor"),
        read(path / "idProduct"),
        read(path / "serial"),
        f"{read(path / 'manufacturer')} {read(path / 'product')}".strip(),
        tuple((kind[0], kind[1], kind[2]) for kind in kinds),
        any((one / "driver").exists() for one in interfaces),
    )


def read(path: Path) -> str:
    """The text of a file of the kernel; "" when the file cannot be read."""
    try:
        return path.read_text(encoding="utf-8", errors="replace").strip()
    except OSError:
        return ""


def named(table: Mapping[str, Any]) -> tuple[Path, ...]:
    """The device files that a device's settings name, also inside addresses."""
    texts = [value for value in table.values() if isinstance(value, str)]
    return tuple(dict.fromkeys(Path(found) for text in texts for found in _DEV.findall(text)))
