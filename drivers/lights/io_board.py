"""The driver of the lights on the I/O board."""

from __future__ import annotations

from contextlib import suppress
from typing import Any

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
from drivers.io_board.registers import (
    LIGHTS,
    LIGHTS_COUNT,
    ORDER,
    WATCHDOG,
    Identity,
    encode_light,
)
from drivers.lights.types import AllOff, Colour, FlashRate, Light, SetLight
from drivers.sentence import en, words_of
from drivers.serial_line import not_open

WATCHDOG_S = 10
"""Seconds without a request after which the board switches all lights off, since the terminal is
gone."""


class BoardLights(Driver):
    """The lights of a terminal, by :mod:`drivers.io_board`."""

    Settings = BusSettings

    def __init__(self, settings: BusSettings) -> None:
        super().__init__()
        self._settings = settings
        self._bus: Bus | None = None
        self._identity: Identity | None = None
        self._wanted = [0] * LIGHTS_COUNT

    @property
    def info(self) -> Info:
        return board_info(Kind.LIGHTS, self._settings, self._identity)

    @property
    def requests(self) -> tuple[type[Request[Any]], ...]:
        return (SetLight, AllOff)

    def open(self) -> None:
        """Open the line, check the board's identity, switch all lights off.

        Raises :class:`DeviceError`: ``NO_DEVICE`` when the port does not exist or nothing answers,
        ``OFFLINE`` when we may not use the port, ``UNSUPPORTED`` when another kind of board
        answers.
        """
        self.close()
        self._bus, self._identity = take_board(self._settings)
        try:
            self._bus.write(WATCHDOG, [WATCHDOG_S])
            self.reset()
        except DeviceError:
            self.close()
            raise

    def close(self) -> None:
        bus, self._bus = self._bus, None
        self._wanted = [0] * LIGHTS_COUNT
        if bus is not None:
            bus.release()

    def status(self) -> Status:
        """Whether the board answers; sets lights and watchdog again if a power loss reset them."""
        if self._bus is None:
            return Status(State.NO_DEVICE, problem=Reason.NO_DEVICE, detail=en("not opened yet"))
        if self._bus.read_holdings(WATCHDOG, 1) != [WATCHDOG_S]:
            self._bus.write(WATCHDOG, [WATCHDOG_S])
        if self._bus.read_holdings(LIGHTS, LIGHTS_COUNT) != self._wanted:
            self._write(self._wanted)
        return Status(State.ONLINE)

    def reset(self) -> None:
        """Switch all lights off."""
        self._wanted = [0] * LIGHTS_COUNT  # if the write fails, the next status repeats it
        self._write(self._wanted)

    def self_test(self) -> tuple[Check, ...]:
        """The board, and whether each light can be switched (all shine for a moment)."""
        before = self._wanted
        checks = [check_board(self._bus, self._settings)]
        try:
            shining = encode_light(FlashRate.CONTINUOUS, Colour.GREEN)
            fitted = [shining if self._has(light) else 0 for light in ORDER]
            self._write(fitted)
            held = self._open_bus().read_holdings(LIGHTS, LIGHTS_COUNT) == fitted
            checks.append(Check("lights", held, en("{count} fitted", count=sum(map(bool, fitted)))))
        except DeviceError as error:
            checks.append(Check("lights", False, words_of(error)))
        self._wanted = before  # if the write fails, the next status repeats it
        with suppress(DeviceError):
            self._write(before)
        return tuple(checks)

    def execute(self, request: Request[Any], deadline: Deadline, cancel: CancelToken) -> Any:
        """Carry out ``request``; takes some 20 ms, so neither deadline nor cancel interrupts it.

        Raises ``UNSUPPORTED`` for a light that is not fitted, ``OFFLINE`` when the board is silent,
        ``GARBLED`` after a second nonsensical answer, ``NO_DEVICE`` when its port is gone, and the
        reason of a Modbus exception.
        """
        if cancel.cancelled:
            raise DeviceError(Reason.CANCELLED)
        match request:
            case SetLight(light, rate, colour):
                self._open_bus()
                if not self._has(light):
                    raise DeviceError(
                        Reason.UNSUPPORTED, en("no light {light} is fitted", light=light.value)
                    )
                wanted = list(self._wanted)
                wanted[ORDER.index(light)] = encode_light(rate, colour)
                return self._write(wanted)
            case AllOff():
                return self.reset()
        raise DeviceError(
            Reason.UNSUPPORTED, en("lights know no {kind}", kind=type(request).__name__)
        )

    def _write(self, wanted: list[int]) -> None:
        self._open_bus().write(LIGHTS, wanted)
        self._wanted = wanted

    def _has(self, light: Light) -> bool:
        return self._identity is not None and light in self._identity.lights

    def _open_bus(self) -> Bus:
        if self._bus is None:
            raise not_open(self._settings.port)
        return self._bus
