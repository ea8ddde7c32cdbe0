"""The devices of the lab, each with its cable, as entries for the contract suite.

A new device is an emulator, a cable and an entry in :data:`STAND`; see ``docs/lab.md``.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

from drivers.device import Kind
from drivers.emulators.code_scanner import CodeScanner
from drivers.emulators.id_card import IdCardReader
from drivers.emulators.receipt_printer import ReceiptPrinter
from drivers.emulators.rig import Emulator
from drivers.id_card.hid import REPORT
from drivers.smart_card.types import AwaitRemoval
from lab.guest.cables import Gadget, Hotplug
from lab.guest.camera import TestCamera
from lab.guest.card_reader import CcidReader
from lab.guest.devices import Wired
from lab.guest.qmp import Monitor
from tests.contract.test_contract import KINDS, DeviceCase

# One input and one output report of 64 bytes without a number (HID 1.11, 6.2.2).
_REPORTS = bytes.fromhex(
    "0600FF 0901 A101 0901 1500 26FF00 7508 9540 8102 0901 1500 26FF00 7508 9540 9102 C0"
)


@cache
def monitor() -> Monitor:
    return Monitor()


def _receipt_printer(folder: Path) -> Wired:
    cable = Gadget(
        node=Path("/dev/kiosk/receipt_printer"),
        end=Path("/dev/g_printer0"),
        controller=0,
        ids=(0x04B8, 0x0202),
        product="Printer",
        function="printer.0",
        settings={"pnp_string": b"MFG:Lab;MDL:RP-80;CLS:PRINTER;CMD:ESC/POS;", "q_len": b"10"},
    )
    return Wired(ReceiptPrinter(), cable, "file://{}")


def _serial_id_card(folder: Path) -> Wired:
    part = {"driver": "usb-serial", "id": "ftdi", "chardev": "serial", "bus": "usb.0"}
    cable = Hotplug((part,), monitor, Path("/dev/kiosk/id_card"), line="serial")
    return Wired(IdCardReader(folder / "reader", pace=False), cable)


def _hid_id_card(folder: Path) -> Wired:
    cable = Gadget(
        node=Path("/dev/kiosk/id_card_hid"),
        end=Path("/dev/hidg0"),
        controller=1,
        ids=(0x2B8B, 0x2721),
        product="Reader",
        function="hid.0",
        settings={"report_length": b"64", "report_desc": _REPORTS},
    )
    reader = IdCardReader(folder / "reader", pace=False, hid=True)
    # The gadget's node gives reports without their number; our emulator expects the number.
    return Wired(reader, cable, "hid:{}", inward=lambda report: b"\0" + report, outward=REPORT)


def _code_scanner(folder: Path) -> Wired:
    cable = Gadget(
        node=Path("/dev/kiosk/code_scanner"),
        end=Path("/dev/ttyGS0"),
        controller=2,
        ids=(0x1EAB, 0x0006),
        product="Scanner",
        function="acm.0",
    )
    scanner = CodeScanner(folder / "scanner")
    scanner.obey("present", text="A code that is held before the window")
    return Wired(scanner, cable)


def _card_reader(folder: Path) -> CcidReader:
    reader = {"driver": "usb-ccid", "id": "ccid", "bus": "usb.0"}
    slot = {"driver": "ccid-card-passthru", "id": "slot", "bus": "ccid.0", "chardev": "card"}
    return CcidReader(Hotplug((reader, slot), monitor))


def _of(kind: str, emulator: Callable[[Path], Emulator], **other: Any) -> DeviceCase:
    """The suite's entry of ``kind``, with another emulator."""
    (usual,) = (one for one in KINDS if one.kind == kind and one.driver != "xfs4iot")
    return replace(usual, emulator=emulator, **other)


_PICTURES = {"width": 640, "height": 360, "fps": 15, "format": "YUYV"}

STAND: dict[str, DeviceCase] = {
    "usblp": _of(Kind.RECEIPT_PRINTER, _receipt_printer),
    "ftdi": _of(Kind.ID_CARD, _serial_id_card),
    "hidraw": _of(Kind.ID_CARD, _hid_id_card),
    "v4l2": _of(
        Kind.CAMERA,
        lambda folder: TestCamera(),
        options=lambda address: {"source": address, **_PICTURES},
    ),
    "cdc-acm": _of(Kind.CODE_SCANNER, _code_scanner),
    "ccid": _of(
        Kind.SMART_CARD,
        _card_reader,
        options=lambda address: {"reader": address},
        good=AwaitRemoval(),  # succeeds at once: the reader is empty
        slow=(),
        trouble=("end service", {}),
        mend=("start service", {}),
        missing=str,
    ),
}
"""By the driver of the kernel, or the USB class, of the device."""
