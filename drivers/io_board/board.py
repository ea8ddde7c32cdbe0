"""Opens the line to the I/O board and reads the board's identity."""

from __future__ import annotations

from drivers.device import Check, DeviceError, Info, Kind, Reason
from drivers.io_board.bus import Bus, BusSettings
from drivers.io_board.registers import IDENTITY, IDENTITY_COUNT, Identity, parse_identity
from drivers.sentence import en, words_of
from drivers.serial_line import not_open


def take_board(settings: BusSettings) -> tuple[Bus, Identity]:
    """The line to a board, and the board's identity.

    Raises :class:`DeviceError`: ``NO_DEVICE`` when the port does not exist or nothing answers,
    ``OFFLINE`` when we may not use the port, ``UNSUPPORTED`` when another kind of board answers.
    """
    bus = Bus.take(settings)
    try:
        return bus, parse_identity(bus.read_inputs(IDENTITY, IDENTITY_COUNT))
    except DeviceError as error:
        bus.release()
        if error.reason is not Reason.OFFLINE:
            raise
        raise DeviceError(
            Reason.NO_DEVICE, en("nothing answers on {port}", port=settings.port), mend=error.mend
        ) from error


def board_info(kind: Kind, settings: BusSettings, identity: Identity | None) -> Info:
    """The board's identity as the info of one of its devices, ``kind``."""
    if identity is None:
        return Info(kind, "io_board", settings.port)
    return Info(
        kind,
        "io_board",
        settings.port,
        en("I/O board {model}", model=identity.model),
        f"{identity.serial:08d}",
        identity.firmware,
    )


def check_board(bus: Bus | None, settings: BusSettings) -> Check:
    """A check: whether the board still answers with its identity."""
    try:
        if bus is None:
            raise not_open(settings.port)
        identity = parse_identity(bus.read_inputs(IDENTITY, IDENTITY_COUNT))
    except DeviceError as error:
        return Check("board", False, words_of(error))
    return Check("board", True, en("firmware {firmware}", firmware=identity.firmware))
