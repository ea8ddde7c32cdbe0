"""The board at the other end of the line: that it is one, and which."""

from __future__ import annotations

from drivers.device import Check, DeviceError, Info, Reason
from drivers.io_board.bus import Bus, BusSettings
from drivers.io_board.registers import IDENTITY, IDENTITY_COUNT, Identity, parse_identity
from drivers.serial_line import not_open


def take_board(settings: BusSettings) -> tuple[Bus, Identity]:
    """The line to a board that answered who it is.

    Raises :class:`DeviceError`: ``NO_DEVICE`` when there is no such port or nothing answers,
    ``OFFLINE`` when the port may not be used by us, ``UNSUPPORTED`` when it is another board.
    """
    bus = Bus.take(settings)
    try:
        return bus, parse_identity(bus.read_inputs(IDENTITY, IDENTITY_COUNT))
    except DeviceError as error:
        bus.release()
        if error.reason is not Reason.OFFLINE:
            raise
        raise DeviceError(
            Reason.NO_DEVICE, f"nothing answers on {settings.port}", mend=error.mend
        ) from error


def board_info(kind: str, settings: BusSettings, identity: Identity | None) -> Info:
    """What the board told of itself, as that of one of its devices."""
    if identity is None:
        return Info(kind, "io_board", settings.port)
    return Info(
        kind,
        "io_board",
        settings.port,
        f"I/O board {identity.model}",
        f"{identity.serial:08d}",
        identity.firmware,
    )


def check_board(bus: Bus | None, settings: BusSettings) -> Check:
    """Whether the board still says who it is."""
    try:
        if bus is None:
            raise not_open(settings.port)
        identity = parse_identity(bus.read_inputs(IDENTITY, IDENTITY_COUNT))
    except DeviceError as error:
        return Check("board", False, str(error))
    return Check("board", True, f"firmware {identity.firmware}")
