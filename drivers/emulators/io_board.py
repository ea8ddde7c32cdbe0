"""An emulated I/O board: a Modbus RTU server on a pty, with faults on order."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from pymodbus.framer import FramerRTU
from pymodbus.pdu import DecodePDU, ExceptionResponse, ModbusPDU
from pymodbus.pdu.register_message import (
    ReadHoldingRegistersRequest,
    ReadHoldingRegistersResponse,
    ReadInputRegistersRequest,
    ReadInputRegistersResponse,
    WriteMultipleRegistersRequest,
    WriteMultipleRegistersResponse,
    WriteSingleRegisterRequest,
    WriteSingleRegisterResponse,
)

from drivers.emulators.pty_line import Answering
from drivers.io_board.registers import (
    CALL_BUTTON,
    DOOR,
    IDENTITY,
    LIGHTS,
    LIGHTS_COUNT,
    ORDER,
    POWER,
    PROXIMITY,
    SENSORS,
    VOLUME,
    WATCHDOG,
    Identity,
    encode_identity,
    encode_sensors,
    parse_light,
)
from drivers.lights.types import FlashRate, Light
from drivers.sensors.types import Power, Readings

FAULTS = ("mute", "slow", "bad crc", "truncate", "junk", "split", "exception", "wrong values")
ILLEGAL_FUNCTION, ILLEGAL_ADDRESS, ILLEGAL_VALUE = 1, 2, 3
_FRAME_GAP_S = 0.05  # far more than the 3.5 characters of Modbus: a pty has no baud rate
_SEEN = 50
_WRAP = 0x10000
_LONGEST_WATCHDOG_S = 3600


class IoBoard(Answering):
    """A board on a pty under a stable name, with lights, sensors that people move, and faults.

    ``link`` becomes a symbolic link to the pty: the drivers' port. All lights and sensors are
    fitted except those in ``without``: lights by :class:`Light`, sensors ``call_button``, ``door``,
    ``proximity``, ``power``, ``volume``.

    Orders of :meth:`obey` and their facts:

    * ``press`` and ``release`` – the call button; ``tap`` – both at once. ``open door``, ``close
      door``. ``come``, ``go`` – a person stands in front, or leaves.
    * ``power`` – ``state``: a :class:`Power` as str, or None for unknown; ``percent`` of the
      battery, 0 to 100 or None; a fact that is left out does not change. ``volume`` – ``percent``.
    * ``restart`` – the board loses its power for a moment: lights, counters and watchdog are reset.
    * Faults of the next ``times`` answers; without ``times``, until ``well``: ``mute``, ``slow``,
      ``bad crc``, ``truncate``, ``junk``, ``split``, see :class:`Answering`; ``exception`` with
      ``code`` (4), a Modbus exception; ``wrong values``, sensor registers out of their range.
    * ``well`` – ends all faults, or only ``fault``. ``unplug``, ``plug`` – the cable.
    """

    CHECKSUM = "bad crc"
    NOISE = bytes.fromhex("FF0055FF00")  # the last: the line is turned round

    def __init__(self, link: Path, *, unit: int = 1, without: tuple[str, ...] = ()) -> None:
        super().__init__(link, "io_board")
        self._unit = unit
        self._framer = FramerRTU(DecodePDU(is_server=True))
        self._input = b""
        self._heard_at = self._asked_at = 0.0
        sensors = {
            "call_button": CALL_BUTTON,
            "door": DOOR,
            "proximity": PROXIMITY,
            "power": POWER,
            "volume": VOLUME,
        }
        self._identity = Identity(
            model=1,
            firmware="1.2",
            serial=20260001,
            lights=frozenset(light for light in Light if light.value not in without),
            sensors=sum(bit for name, bit in sensors.items() if name not in without),
        )
        self._readings = _AT_FIRST
        self._holding = [0] * LIGHTS_COUNT
        self._watchdog = 0
        self._requests: deque[str] = deque(maxlen=_SEEN)

    def obey(self, order: str, **facts: Any) -> None:
        """Carry out an order of the class docstring. Raises ``ValueError`` for any other."""
        with self._guard:
            if order in FAULTS:
                self._order_fault(order, facts)
                return
            if order == "power":
                self._readings = _power(self._readings, facts)
                return
            if order == "well" and facts.keys() <= {"fault"}:
                self._well(**facts)
                return
            if order == "volume":
                percent = _percent(facts.pop("percent", None))
                _nothing_else(order, facts)
                self._readings = replace(self._readings, volume_percent=percent)
                return
            _nothing_else(order, facts)
            if order not in ("plug", "unplug"):
                self._move(order)
                return
        # Without the guard: `start` and `stop` wait for the line's thread, which may hold it.
        if order == "plug":
            self.start()
        else:
            self.stop()

    def look(self) -> dict[str, Any]:
        """What a person beside the board would see.

        ``plugged`` bool; ``lights`` dict of those that shine, name to ``{"rate": str, "colour":
        str}``; ``call_button``, ``door_open``, ``person_near`` bool; ``call_presses``, ``arrivals``
        int; ``power`` str or None; ``battery_percent``, ``volume_percent`` int or None;
        ``requests`` list of str, the last 50 ("read input 16"), newest last; ``faults`` list of
        str.
        """
        with self._guard:
            self._watch()
            readings = self._readings
            return {
                "plugged": self._line.plugged,
                "lights": self._shining(),
                "call_button": readings.call_button,
                "door_open": readings.door_open,
                "person_near": readings.person_near,
                "call_presses": readings.call_presses,
                "arrivals": readings.arrivals,
                "power": str(readings.power) if readings.power else None,
                "battery_percent": readings.battery_percent,
                "volume_percent": readings.volume_percent,
                "requests": list(self._requests),
                "faults": list(self._faults),
            }

    # -- hands --------------------------------------------------------------------------------

    def _move(self, order: str) -> None:
        old = self._readings
        match order:
            case "press" | "tap":
                presses = old.call_presses + (not old.call_button)
                held = order == "press"
                new = replace(old, call_button=held, call_presses=presses % _WRAP)
            case "release":
                new = replace(old, call_button=False)
            case "open door" | "close door":
                new = replace(old, door_open=order == "open door")
            case "come":
                arrivals = (old.arrivals + (not old.person_near)) % _WRAP
                new = replace(old, person_near=True, arrivals=arrivals)
            case "go":
                new = replace(old, person_near=False)
            case "restart":
                self._holding = [0] * LIGHTS_COUNT
                self._watchdog = 0
                new = replace(old, call_presses=0, arrivals=0)
            case _:
                raise ValueError(f"an I/O board knows no order {order!r}")
        self._readings = new

    def _shining(self) -> dict[str, dict[str, str]]:
        shining = {}
        for light, register in zip(ORDER, self._holding, strict=True):
            how = parse_light(register)
            if how and how[0] is not FlashRate.OFF and light in self._identity.lights:
                shining[light.value] = {"rate": how[0].value, "colour": how[1].value}
        return shining

    def _watch(self) -> None:
        if self._watchdog and time.monotonic() - self._asked_at > self._watchdog:
            self._holding = [0] * LIGHTS_COUNT

    # -- the wire -----------------------------------------------------------------------------

    def _heard(self, data: bytes) -> None:
        now = time.monotonic()
        if now - self._heard_at > _FRAME_GAP_S:
            self._input = b""
        self._heard_at = now
        self._input += data
        while self._input:
            used, unit, _, pdu = self._framer.decode(self._input)
            if not used:
                return
            self._input = self._input[used:]
            request = self._framer.decoder.decode(pdu) if pdu else None
            if unit == self._unit and request is not None:
                self._serve(request)

    def _serve(self, request: ModbusPDU) -> None:
        with self._guard:
            self._watch()
            self._asked_at = time.monotonic()
            answer = self._answer(request)
        answer.dev_id = self._unit
        self._reply(self._framer.buildFrame(answer))

    # -- the board ----------------------------------------------------------------------------

    def _answer(self, request: ModbusPDU) -> ModbusPDU:
        self._requests.append(f"{_NAMES.get(type(request), 'other')} {request.address}")
        if fault := self._fault("exception"):
            return ExceptionResponse(request.function_code, fault.code)
        match request:
            case ReadInputRegistersRequest():
                return self._read(request, self._inputs(), ReadInputRegistersResponse)
            case ReadHoldingRegistersRequest():
                return self._read(request, self._holdings(), ReadHoldingRegistersResponse)
            case WriteSingleRegisterRequest():
                error = self._write(request.address, list(request.registers))
                if error:
                    return ExceptionResponse(request.function_code, error)
                return WriteSingleRegisterResponse(
                    address=request.address, registers=request.registers
                )
            case WriteMultipleRegistersRequest():
                error = self._write(request.address, list(request.registers))
                if error:
                    return ExceptionResponse(request.function_code, error)
                return WriteMultipleRegistersResponse(
                    address=request.address, count=len(request.registers)
                )
        return ExceptionResponse(request.function_code, ILLEGAL_FUNCTION)

    def _read(
        self,
        request: ModbusPDU,
        registers: Mapping[int, int],
        kind: type[ReadInputRegistersResponse] | type[ReadHoldingRegistersResponse],
    ) -> ModbusPDU:
        wanted = range(request.address, request.address + request.count)
        if not set(wanted) <= set(registers):
            return ExceptionResponse(request.function_code, ILLEGAL_ADDRESS)
        return kind(registers=[registers[address] for address in wanted])

    def _inputs(self) -> dict[int, int]:
        sensors = encode_sensors(self._readings)
        if self._fault("wrong values"):
            sensors = [0xFFF0] * len(sensors)
        return dict(enumerate(encode_identity(self._identity), IDENTITY)) | dict(
            enumerate(sensors, SENSORS)
        )

    def _holdings(self) -> dict[int, int]:
        return dict(enumerate(self._holding, LIGHTS)) | {WATCHDOG: self._watchdog}

    def _write(self, address: int, values: list[int]) -> int:
        """Write the registers; returns 0, or the code of the Modbus exception."""
        wanted = dict(enumerate(values, address))
        if not wanted or not set(wanted) <= set(self._holdings()):
            return ILLEGAL_ADDRESS
        lights = [register for at, register in wanted.items() if at != WATCHDOG]
        if wanted.get(WATCHDOG, 0) > _LONGEST_WATCHDOG_S or None in map(parse_light, lights):
            return ILLEGAL_VALUE
        for at, register in wanted.items():
            if at == WATCHDOG:
                self._watchdog = register
            else:
                self._holding[at - LIGHTS] = register
        return 0


_AT_FIRST = Readings(
    call_button=False,
    door_open=False,
    person_near=False,
    power=Power.MAINS,
    battery_percent=100,
    volume_percent=50,
)
_NAMES: Mapping[type[ModbusPDU], str] = {
    ReadInputRegistersRequest: "read input",
    ReadHoldingRegistersRequest: "read holding",
    WriteSingleRegisterRequest: "write",
    WriteMultipleRegistersRequest: "write",
}


def _power(readings: Readings, facts: dict[str, Any]) -> Readings:
    rest = dict(facts)
    if "state" in rest:
        state = rest.pop("state")
        readings = replace(readings, power=None if state is None else Power(state))
    if "percent" in rest:
        percent = rest.pop("percent")
        readings = replace(readings, battery_percent=None if percent is None else _percent(percent))
    _nothing_else("power", rest)
    return readings


def _percent(value: Any) -> int:
    if not (isinstance(value, int) and 0 <= value <= 100):
        raise ValueError("percent is a number from 0 to 100")
    return value


def _nothing_else(order: str, facts: Mapping[str, Any]) -> None:
    if facts:
        raise ValueError(f"{order!r} does not take {sorted(facts)}")
