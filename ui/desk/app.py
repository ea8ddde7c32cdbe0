"""Starts the emulated hardware with its control socket, and the window beside the terminal."""

from __future__ import annotations

import json
import signal
import sys
from pathlib import Path

from drivers.emulators.document_printer import DocumentPrinter
from drivers.emulators.id_card import IdCardReader
from drivers.emulators.receipt_printer import ReceiptPrinter
from drivers.emulators.rig import Rig
from kiosk import settings
from kiosk.settings import SettingsError

TERMINAL = Path("/etc/kiosk/terminal.toml")
"""Where a machine that serves citizens has its settings."""
REFUSED = 2


def run(
    directory: Path,
    *,
    centre: str | None,
    headless: bool,
    landscape: bool = False,
    terminal: Path = TERMINAL,
) -> int:
    """Play the hardware until SIGTERM or SIGINT, or until the window is closed.

    Prints one line of JSON with the addresses for the terminal's settings once all is there.
    Returns 0, or 2 after one sentence on a machine whose ``terminal`` settings are in production.
    """
    if why := refusal(terminal):
        print(why, file=sys.stderr)
        return REFUSED
    ends = {signal.SIGTERM, signal.SIGINT}
    # Kept until somebody waits for them, and before any thread is there that could take them.
    signal.pthread_sigmask(signal.SIG_BLOCK, ends)
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
            signal.sigwait(ends)
            return 0
        from ui.desk.window import show

        return show(rig, centre, landscape=landscape)
    finally:
        rig.stop()


def refusal(terminal: Path) -> str:
    """Why there is no desk on a machine with these settings of a terminal; "" where it may be.

    Settings that cannot be read may be those of a terminal in service.
    """
    try:
        in_service = settings.load(terminal).production
    except SettingsError as error:
        if isinstance(error.__cause__, FileNotFoundError):
            return ""
        return f"no desk here, this may be a terminal in service: {error}"
    return f"no desk here, {terminal} is in production" if in_service else ""
