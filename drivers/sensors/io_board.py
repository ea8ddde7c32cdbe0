"""The driver of the sensors on the I/O board: polls them once a second during a wait."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Any

import msgspec

from drivers.device import (
    CancelToken,
    Check,
    Deadline,
    DeviceError,
    Driver,
    Info,
    Kind,
    Reason,
    Request,
    State,
    Status,
)
from drivers.io_board.board import board_info, check_board, take_board
from drivers.io_board.bus import Bus, BusSettings
from drivers.io_board.registers import SENSORS, SENSORS_COUNT, Identity, parse_sensors
from drivers.sensors.types import AwaitChange, Readings, ReadSensors
from drivers.sentence import en, words_of
from drivers.serial_line import not_open


class BoardSensors(Driver):
    """The sensors of a terminal, by :mod:`drivers.io_board`."""

    @dataclass(frozen=True, slots=True)
    class Settings(BusSettings):
        """The board's port, and how often the driver polls it."""

        poll: Annotated[float, msgspec.Meta(ge=0.02, le=1)] = 1.0
        """Seconds between two requests to the board while waiting for a change. The board counts
        presses and arrivals, so none is lost between two requests; ten a second cost 0.4 % of a
        core."""

    def __init__(self, settings: Settings) -> None:
        super().__init__()
        self._poll = settings.poll
        self._settings = BusSettings(
            settings.port,
            settings.baud,
            settings.parity,
            settings.unit,
            settings.answer_timeout,
        )
        self._bus: Bus | None = None
        self._identity: Identity | None = None

    @property
    def info(self) -> Info:
        return board_info(Kind.SENSORS, self._settings, self._identity)

    @property
    def requests(self) -> tuple[type[Request[Any]], ...]:
        return (ReadSensors, AwaitChange)

    def open(self) -> None:
        """Open the line and check the board's identity.

        Raises :class:`DeviceError`: ``NO_DEVICE`` when the port does not exist or nothing answers,
        ``OFFLINE`` when we may not use the port, ``UNSUPPORTED`` when another kind of board
        answers.
        """
        self.close()
        self._bus, self._identity = take_board(self._settings)

    def close(self) -> None:
        bus, self._bus = self._bus, None
        if bus is not None:
            bus.release()

    def status(self) -> Status:
        """Whether the board answers. The readings are no status: :class:`ReadSensors` gives
        them."""
        if self._bus is None:
            return Status(State.NO_DEVICE, problem=Reason.NO_DEVICE, detail=en("not opened yet"))
        self._read()
        return Status(State.ONLINE)

    def reset(self) -> None:
        """Check that the board answers; sensors have no state to reset."""
        self._read()

    def self_test(self) -> tuple[Check, ...]:
        """The board, and whether the readings of its sensors are in their ranges."""
        board = check_board(self._bus, self._settings)
        try:
            self._read()
        except DeviceError as error:
            return (board, Check("sensors", False, words_of(error)))
        return (board, Check("sensors", True, en("readings in their ranges")))

    def execute(self, request: Request[Any], deadline: Deadline, cancel: CancelToken) -> Any:
        """Carry out ``request``; obeys a cancel within 50 ms if the board answers.

        Raises ``TIMEOUT`` (no change), ``CANCELLED``, ``OFFLINE`` when the board is silent,
        ``GARBLED`` after a second nonsensical answer or for values out of their range,
        ``NO_DEVICE`` when its port is gone, and the reason of a Modbus exception.
        """
        if cancel.cancelled:
            raise DeviceError(Reason.CANCELLED)
        match request:
            case ReadSensors():
                return self._read()
            case AwaitChange(known):
                return self._await_change(known, deadline, cancel)
        raise DeviceError(
            Reason.UNSUPPORTED, en("sensors know no {kind}", kind=type(request).__name__)
        )

    def _await_change(self, known: Readings, deadline: Deadline, cancel: CancelToken) -> Readings:
        while True:
            pause = Deadline(self._poll)
            readings = self._read()
            if readings != known:
                return readings
            if deadline.passed():
                raise DeviceError(Reason.TIMEOUT, en("no sensor changed in time"))
            if cancel.wait(min(pause.remaining(), deadline.remaining())):
                raise DeviceError(Reason.CANCELLED)

    def _read(self) -> Readings:
        if self._bus is None or self._identity is None:
            raise not_open(self._settings.port)
        registers = self._bus.read_inputs(SENSORS, SENSORS_COUNT)
        return parse_sensors(registers, self._identity.sensors)
