"""The emulated hardware of two kinds of terminal: its settings, and what lies in its slots.

Times in these settings are shorter than in service, so that a driver notices a fault sooner.
"""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from drivers.device import Kind

if TYPE_CHECKING:
    from drivers.emulators.rig import Emulator

_SHEET_S = 0.5
SLIP_HEAD, SLIP_END = "演示数据", "本凭条不作为证明"
"""Words in the first lines of every slip, and in its last line."""


class EmulatedCabinet(Protocol):
    """The emulators of a terminal, not started: the rig starts them."""

    emulators: dict[str, Emulator]

    def settings(self) -> str:
        """The tables of the devices for ``terminal.toml``; valid once the rig has started them."""

    def sheets(self) -> int:
        """How many sheets of A4 have come out since the start."""

    def slips(self) -> int:
        """How many whole slips lie in the slot."""

    def slip_texts(self) -> list[str]:
        """The text on each piece of paper in the slot; a piece that was not cut holds several
        slips."""

    def prints(self, device: str) -> bool:
        """Whether the printer ``device`` is printing now."""

    def quiet(self) -> bool:
        """Whether no printer has paper on its way out."""

    def clear(self) -> None:
        """Take the slips, and the paper in the slots."""


class Kiosk:
    """A terminal whose devices are its own: serial lines, sockets, IPP, PC/SC."""

    def __init__(self, directory: Path, *, bystanders: bool) -> None:
        """``bystanders``: with the devices that the main job does not need."""
        from drivers.emulators.document_printer import DocumentPrinter
        from drivers.emulators.id_card import IdCardReader
        from drivers.emulators.receipt_printer import ReceiptPrinter

        self._receipts = ReceiptPrinter(dots_per_s=1000.0)
        self._documents = DocumentPrinter(seconds_per_page=_SHEET_S)
        self.emulators: dict[str, Emulator] = {
            Kind.ID_CARD: IdCardReader(directory / Kind.ID_CARD),
            Kind.RECEIPT_PRINTER: self._receipts,
            Kind.DOCUMENT_PRINTER: self._documents,
        }
        if bystanders:
            self.emulators |= _bystanders(directory)

    def settings(self) -> str:
        tables = [_TABLES[name].format(one.address) for name, one in self.emulators.items()]
        return "\n".join(tables)

    def sheets(self) -> int:
        return int(self._documents.look()["pages"])

    def slips(self) -> int:
        return sum(SLIP_END in text for text in self.slip_texts())

    def slip_texts(self) -> list[str]:
        return ["".join(lines) for lines in self._receipts.look()["texts"]]

    def prints(self, device: str) -> bool:
        if device == Kind.RECEIPT_PRINTER:
            return bool(self._receipts.look()["hanging"])
        jobs = self._documents.look()["jobs"]
        return bool(jobs) and jobs[-1]["state"] == "PROCESSING"

    def quiet(self) -> bool:
        over = ("CANCELED", "ABORTED", "COMPLETED")
        jobs = self._documents.look()["jobs"]
        return all(job["state"] in over for job in jobs) and not self._receipts.look()["waiting"]

    def clear(self) -> None:
        self._receipts.obey("tear")


class BranchCabinet:
    """A bank's machine: devices behind XFS4IoT, and an ID card reader on a serial line."""

    def __init__(self, directory: Path) -> None:
        from drivers.emulators.id_card import IdCardReader
        from drivers.emulators.xfs4iot.machine import XfsMachine

        self._machine = XfsMachine(seconds_per_page=_SHEET_S)
        self.emulators: dict[str, Emulator] = {
            Kind.ID_CARD: IdCardReader(directory / Kind.ID_CARD),
            "xfs4iot": self._machine,
        }

    def settings(self) -> str:
        reader = _TABLES[Kind.ID_CARD].format(self.emulators[Kind.ID_CARD].address)
        return reader + "".join(_XFS.format(kind, self._machine.port) for kind in _XFS_KINDS)

    def sheets(self) -> int:
        return len(self._machine.look()["documents"])  # one page each

    def slips(self) -> int:
        return len(self._machine.look()["slips"])

    def slip_texts(self) -> list[str]:
        return []  # the machine cuts every slip, so no piece holds two

    def prints(self, device: str) -> bool:
        command = "Printer.PrintRaw" if device == Kind.RECEIPT_PRINTER else "Printer.PrintNative"
        return command in self._machine.look()["commands"][-6:]  # later commands ask for status

    def quiet(self) -> bool:
        time.sleep(2 * _SHEET_S)  # the machine does not report whether it is printing
        return True

    def clear(self) -> None:
        for service in ("ReceiptPrinter", "DocumentPrinter"):
            self._machine.obey("take paper", service=service)


def _bystanders(directory: Path) -> dict[str, Emulator]:
    from drivers.emulators.camera import Camera
    from drivers.emulators.code_scanner import CodeScanner
    from drivers.emulators.io_board import IoBoard
    from drivers.emulators.pin_pad import PinPad
    from drivers.emulators.smart_card import SmartCardReader
    from drivers.emulators.smart_cards import pcscd

    emulators: dict[str, Any] = {
        Kind.CAMERA: Camera(),
        Kind.CODE_SCANNER: CodeScanner(directory / Kind.CODE_SCANNER),
        Kind.PIN_PAD: PinPad(directory / Kind.PIN_PAD),
        "io_board": IoBoard(directory / "io_board"),
    }
    if not pcscd.missing():
        emulators[Kind.SMART_CARD] = SmartCardReader(directory / "pcsc")
    return emulators


_TABLES = {
    Kind.ID_CARD: """
[devices.id_card]
driver = "sdt"
port = "{0}"
""",
    Kind.RECEIPT_PRINTER: """
[devices.receipt_printer]
driver = "escpos"
address = "{0}"
""",
    Kind.DOCUMENT_PRINTER: """
[devices.document_printer]
driver = "ipp"
uri = "{0}"
answer_s = 1.0
poll_s = 0.1
patience_s = 0.5
stall_s = 2.0
settle_s = 2.0
""",
    Kind.CAMERA: """
[devices.camera]
driver = "opencv"
source = "{0}"
""",
    Kind.CODE_SCANNER: """
[devices.code_scanner]
driver = "serial"
port = "{0}"
""",
    Kind.PIN_PAD: """
[devices.pin_pad]
driver = "serial"
port = "{0}"
""",
    "io_board": """
[devices.lights]
driver = "io_board"
port = "{0}"

[devices.sensors]
driver = "io_board"
port = "{0}"
""",
    Kind.SMART_CARD: """
[devices.smart_card]
driver = "pcsc"
service = "{0}"
reader = "Kiosk IC 00 00"
""",
}
_XFS_KINDS = (
    Kind.RECEIPT_PRINTER,
    Kind.DOCUMENT_PRINTER,
    Kind.SMART_CARD,
    Kind.CAMERA,
    Kind.CODE_SCANNER,
    Kind.PIN_PAD,
    Kind.LIGHTS,
    Kind.SENSORS,
    Kind.VENDOR_MODE,
)
_XFS = """
[devices.{0}]
driver = "xfs4iot"
ports = [{1}]
"""
