"""Starts the emulated hardware with its control socket, and the window beside the terminal."""

from __future__ import annotations

import json
import signal
from pathlib import Path

from drivers.emulators.document_printer import DocumentPrinter
from drivers.emulators.id_card import IdCardReader
from drivers.emulators.receipt_printer import ReceiptPrinter
from drivers.emulators.rig import Rig


def run(directory: Path, *, centre: str | None, headless: bool) -> int:
    """Play the hardware until SIGTERM or until the window is closed.

    Prints one line of JSON with the addresses for the terminal's settings once all is there.
    """
    rig = Rig(
        {
            "id_card": IdCardReader(directory / "id_card"),
            "receipt_printer": ReceiptPrinter(dots_per_s=1200.0),
            "document_printer": DocumentPrinter(seconds_per_page=1.5, dpi=100),
        },
        directory / "desk.sock",
    )
    rig.start()
    addresses = {name: device.address for name, device in rig.devices.items()}
    print(json.dumps(addresses), flush=True)
    try:
        if headless:
            signal.sigwait({signal.SIGTERM, signal.SIGINT})
            return 0
        from ui.desk.window import show

        return show(rig, centre)
    finally:
        rig.stop()
