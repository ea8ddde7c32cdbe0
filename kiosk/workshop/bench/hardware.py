"""The hardware that the bench measures with, emulated in a process of its own.

The emulators do not run in the process that is measured, because the two would slow each other
down.
"""

from __future__ import annotations

import contextlib
import json
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from drivers.device import Kind
from kiosk.workshop.bench.figures import BenchError

if TYPE_CHECKING:
    from drivers.emulators.rig import Remote

CONTROL = "control"
"""The name of the rig's control socket, in the directory of the hardware."""
SLOW, FAST = 9600, 115200
LINES: Mapping[str, int] = {"receipt_printer_2": SLOW, "receipt_printer_3": FAST}
"""Receipt printers on serial lines, and the speed of each line in bits per second."""


@dataclass(frozen=True, slots=True)
class EmulatedHardware:
    """The emulated hardware: its directory, its addresses, and the hand that moves cards and
    paper."""

    directory: Path
    addresses: Mapping[str, str]  # by device
    hand: Remote


@contextmanager
def emulated() -> Iterator[EmulatedHardware]:
    """The hardware, for the length of the block; then its process and its directory are gone.
    Raises :class:`BenchError`."""
    from drivers.emulators.rig import Remote

    directory = Path(tempfile.mkdtemp(prefix="kiosk-"))
    command = [sys.executable, "-c", _PROGRAM, str(directory)]
    try:
        with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
            try:
                assert process.stdout is not None
                line = process.stdout.readline()
                if not line:
                    raise BenchError("the emulated hardware did not start")
                with contextlib.closing(Remote(directory / CONTROL)) as hand:
                    yield EmulatedHardware(directory, json.loads(line), hand)
            finally:
                process.communicate()  # closes its standard input, and waits
    finally:
        shutil.rmtree(directory, ignore_errors=True)


_PROGRAM = "import sys; from kiosk.workshop.bench.hardware import main; main(sys.argv[1])"


def main(where: str) -> None:
    """Emulate the hardware in the directory ``where`` until standard input is closed. Prints one
    line of JSON, the addresses by device, when all emulators run."""
    from drivers.emulators.camera import Camera
    from drivers.emulators.code_scanner import CodeScanner
    from drivers.emulators.document_printer import DocumentPrinter
    from drivers.emulators.id_card import IdCardReader
    from drivers.emulators.pin_pad import PinPad
    from drivers.emulators.receipt_printer import ReceiptPrinter
    from drivers.emulators.rig import Rig
    from drivers.emulators.smart_card import SmartCardReader, missing
    from drivers.emulators.xfs4iot import XfsMachine

    directory = Path(where)
    devices: dict[str, Any] = {
        Kind.ID_CARD: IdCardReader(directory / Kind.ID_CARD),
        "id_card_2": IdCardReader(directory / "id_card_2", pace=False),
        Kind.CODE_SCANNER: CodeScanner(directory / Kind.CODE_SCANNER),
        Kind.PIN_PAD: PinPad(directory / Kind.PIN_PAD),
        Kind.CAMERA: Camera(),
        "xfs4iot": XfsMachine(),
        Kind.DOCUMENT_PRINTER: DocumentPrinter(),
        Kind.RECEIPT_PRINTER: ReceiptPrinter(),
    }
    for name in LINES:
        devices[name] = ReceiptPrinter(kind="pty", path=directory / name)
    if not missing():
        devices[Kind.SMART_CARD] = SmartCardReader(directory / "pcsc")
    rig = Rig(devices, directory / CONTROL)
    rig.start()
    try:
        for name, baud in LINES.items():
            rig.tell(name, "slow", bytes_per_s=baud / 10)
        print(json.dumps({name: one.address for name, one in devices.items()}), flush=True)
        sys.stdin.read()
    finally:
        rig.stop()
