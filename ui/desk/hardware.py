"""The emulated hardware of a terminal's profile, and the settings that find this hardware."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from drivers.device import Kind
from drivers.emulators import smart_card
from drivers.emulators.camera import Camera
from drivers.emulators.code_scanner import CodeScanner
from drivers.emulators.document_printer import DocumentPrinter
from drivers.emulators.id_card import IdCardReader
from drivers.emulators.io_board import IoBoard
from drivers.emulators.pin_pad import PinPad
from drivers.emulators.receipt_printer import ReceiptPrinter
from drivers.emulators.rig import Emulator
from drivers.emulators.smart_card import READER, SmartCardReader
from drivers.emulators.speaker import Speaker
from drivers.emulators.xfs4iot import XfsMachine
from kiosk.settings import profile_table

SECONDS_PER_PAGE = 1.5
PORTRAIT = Path(__file__).parents[2] / ".models" / "astronaut.png"
"""From what people before the camera are drawn; ``make models`` brings it."""
_SHARED = {Kind.LIGHTS: "io_board", Kind.SENSORS: "io_board"}
"""Device classes that share one device, and the name of this device in a rig."""
_BANK = "xfs4iot"
"""The driver of a bank's machine, which has all its devices; also its name in a rig."""
_MAKE: Mapping[str, Callable[[Path], Emulator]] = {
    Kind.ID_CARD: IdCardReader,
    Kind.SMART_CARD: SmartCardReader,
    Kind.RECEIPT_PRINTER: lambda place: ReceiptPrinter(dots_per_s=1200.0),
    Kind.DOCUMENT_PRINTER: lambda place: DocumentPrinter(
        seconds_per_page=SECONDS_PER_PAGE, dpi=100
    ),
    Kind.CAMERA: lambda place: Camera(portrait=_portrait()),
    Kind.CODE_SCANNER: CodeScanner,
    Kind.PIN_PAD: PinPad,
    "io_board": IoBoard,
    Kind.SPEAKER: Speaker,
    _BANK: lambda place: XfsMachine(seconds_per_page=SECONDS_PER_PAGE, portrait=_portrait()),
}
_SAYS_WHERE = {
    "sdt": "port",
    "escpos": "address",
    "ipp": "uri",
    "pcsc": "service",
    "opencv": "source",
    "serial": "port",
    "io_board": "port",
    "aplay": "device",
}
"""By driver, the setting that holds the address of its device."""


@dataclass(frozen=True, slots=True)
class DeskHardware:
    """The emulated devices of one machine."""

    profile: str
    devices: dict[str, Emulator] = field(default_factory=dict)
    """Emulators by their names in a rig."""
    absent: dict[str, str] = field(default_factory=dict)
    """Devices that cannot be emulated on this computer, and why, in one sentence."""
    directory: Path = Path()

    def settings(self) -> dict[str, dict[str, Any]]:
        """By device class, the settings with which a terminal finds its device; once all run.

        A device that cannot be emulated gets an address where nothing is, so that the terminal
        never opens a real reader in its place.
        """
        return {
            kind: self._where(kind, table["driver"])
            for kind, table in _tables(self.profile).items()
        }

    def _where(self, kind: Kind, driver: str) -> dict[str, Any]:
        name = _emulator(kind, driver)
        device = self.devices.get(name)
        address = device.address if device else str(self.directory / name)
        if driver == _BANK:
            machine = urlsplit(address)
            return {"machine": machine.hostname, "ports": [machine.port]}
        where: dict[str, Any] = {_SAYS_WHERE[driver]: address}
        if name == Kind.ID_CARD:
            where["model"] = "emulated"  # looks for a card more often than an unknown reader bears
        if name == Kind.SMART_CARD:  # the virtual reader has two slots; the emulator uses the first
            where["reader"] = f"{READER} 00 00"
        return where


def of(profile: str, directory: Path) -> DeskHardware:
    """The emulated devices of a terminal of ``profile``, not yet started; they will make their
    ports in ``directory``. Raises :class:`kiosk.settings.SettingsError` for an unknown profile.
    """
    found = DeskHardware(profile, directory=directory)
    for kind, table in _tables(profile).items():
        name = _emulator(kind, table["driver"])
        if name == Kind.SMART_CARD and (why := smart_card.missing()):
            found.absent[name] = why
        elif name not in found.devices:
            found.devices[name] = _MAKE[name](directory / name)
    return found


def _portrait() -> Path | None:
    return PORTRAIT if PORTRAIT.is_file() else None


def _tables(profile: str) -> dict[Kind, dict[str, Any]]:
    tables: dict[Kind, dict[str, Any]] = profile_table(profile)["devices"]
    return tables


def _emulator(kind: Kind, driver: str) -> str:
    return _BANK if driver == _BANK else _SHARED.get(kind, kind)
