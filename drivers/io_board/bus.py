"""The Modbus RTU line to the I/O board, shared by the lights and the sensors on it.

A serial port can be opened only once, and the board has one port. So all drivers of a process that
name the same port share one open line, and take turns for each request.
"""

from __future__ import annotations

import logging
import termios
import threading
from contextlib import suppress
from dataclasses import dataclass
from typing import Annotated, ClassVar, Literal

import msgspec
from pymodbus.client import ModbusSerialClient
from pymodbus.exceptions import ConnectionException, ModbusException
from pymodbus.pdu import ModbusPDU
from pymodbus.pdu.register_message import (
    ReadHoldingRegistersRequest,
    ReadInputRegistersRequest,
    WriteMultipleRegistersRequest,
    WriteMultipleRegistersResponse,
)

from drivers.device import DeviceError, Reason
from drivers.sentence import en
from drivers.serial_line import gone, not_open, open_port

_MEND = en("check the board's cable and power, baud, parity and unit in the settings")
# The drivers raise an error for a request without an answer; pymodbus shall not log it as well.
logging.getLogger("pymodbus.logging").setLevel(logging.CRITICAL)
_NOISE = 64  # bytes, or pieces of noise, before an answer
_TRIES = 5  # two may stay without an answer; the others may bring late answers
_EXCEPTION = 0x80  # set in the function of an exception
# Modbus application protocol V1.1b3, 7: exception codes.
_EXCEPTIONS = {
    1: (en("illegal function"), Reason.UNSUPPORTED),
    2: (en("illegal data address"), Reason.UNSUPPORTED),
    3: (en("illegal data value"), Reason.UNSUPPORTED),
    4: (en("server device failure"), Reason.HARDWARE),
    5: ("acknowledge", Reason.TIMEOUT),
    6: (en("server device busy"), Reason.TIMEOUT),
    8: (en("memory parity error"), Reason.HARDWARE),
    10: (en("the gateway has no path to the board"), Reason.OFFLINE),
    11: (en("the board behind the gateway does not answer"), Reason.OFFLINE),
}
_OF_GATEWAY = {
    10: en("check the serial port, speed and parity in the settings of the gateway"),
    11: en("check power and cable between gateway and board, and the unit in the settings"),
}
"""What mends the exceptions that a gateway answers in place of the board."""


@dataclass(frozen=True, slots=True)
class BusSettings:
    """Where the I/O board is. Lights and sensors of one board have the same."""

    port: str
    """The serial port; best a stable name under ``/dev/serial/by-id/``."""
    baud: Literal[9600, 19200, 38400, 57600, 115200] = 19200
    """The speed the board was set to; 19200 is Modbus' own default."""
    parity: Literal["N", "E", "O"] = "N"
    """None, even or odd. Modbus' own default is even; a pty knows none."""
    unit: Annotated[int, msgspec.Meta(ge=1, le=247)] = 1
    """The board's Modbus address."""
    answer_timeout: Annotated[float, msgspec.Meta(gt=0, le=0.4)] = 0.2
    """Seconds to wait for an answer. A board that does not answer is asked once more, then counts
    as silent.

    At most 0.4, since a status must be known within a second.
    """


class _Client(ModbusSerialClient):
    """Waits by the port's time-out: the library's own ``recv`` uses the wall clock, and would wait
    for an hour when the clock is set back by an hour."""

    heads: tuple[bytes, ...] = ()
    """How the answer to the pending request may begin: unit and function. What comes before is the
    noise of a line that is turned round; the library would take 00h for a unit."""
    heard = False

    def expect(self, question: ModbusPDU) -> None:
        """A new request: its answer begins with its unit and function, or those of an exception."""
        codes = (question.function_code, question.function_code | _EXCEPTION)
        self.heads = tuple(bytes((question.dev_id, code)) for code in codes)
        self.heard = False
        self._held = b""

    def recv(self, size: int | None) -> bytes:
        port = self.socket
        if port is None:
            raise ConnectionException("closed")
        for _ in range(_NOISE):
            first = port.read(1)
            if not first:
                return b""
            self.heard = True
            data = self._held + first + port.read(port.in_waiting)
            if not self.heads:  # the answer has begun
                return data
            begins = [at for head in self.heads if (at := data.find(head)) >= 0]
            if begins:
                self.heads, self._held = (), b""
                return data[min(begins) :]
            self._held = data[-1:]  # perhaps the unit
        return b""


class Bus:
    """One open line. A driver gets it by :meth:`take` and gives it back by :meth:`release`."""

    _open: ClassVar[dict[str, Bus]] = {}
    _guard: ClassVar[threading.Lock] = threading.Lock()

    def __init__(self, settings: BusSettings) -> None:
        self._settings = settings
        self._turn = threading.Lock()
        self._users = 0
        self._client: _Client | None = _Client(
            settings.port,
            baudrate=settings.baud,
            parity=settings.parity,
            timeout=settings.answer_timeout,
            retries=0,
        )
        # Open the port here, because pymodbus does not tell why it could not.
        self._client.socket = open_port(
            settings.port, settings.baud, parity=settings.parity, timeout=settings.answer_timeout
        )

    @classmethod
    def take(cls, settings: BusSettings) -> Bus:
        """The line to a board. The first driver opens the port and locks it for this process.

        Raises :class:`DeviceError`: ``NO_DEVICE`` when the port does not exist, ``OFFLINE`` when we
        may not use it, ``UNSUPPORTED`` when this process has it open with other settings.
        """
        with cls._guard:
            bus = cls._open.get(settings.port)
            if bus is None:
                bus = cls._open[settings.port] = Bus(settings)
            if bus._settings != settings:
                raise DeviceError(
                    Reason.UNSUPPORTED,
                    en("lights and sensors on {port} have different settings", port=settings.port),
                    mend=en("give them the same baud, parity, unit and answer_timeout"),
                )
            bus._users += 1
            return bus

    def release(self) -> None:
        """Give the line back; the last driver closes the port. Never raises."""
        with self._guard:
            self._users -= 1
            if self._users <= 0:
                self._close()

    def read_inputs(self, address: int, count: int) -> list[int]:
        """Read input registers (function 04). Raises as :meth:`write`."""
        return list(self._ask(ReadInputRegistersRequest(address=address, count=count)).registers)

    def read_holdings(self, address: int, count: int) -> list[int]:
        """Read holding registers (function 03). Raises as :meth:`write`."""
        return list(self._ask(ReadHoldingRegistersRequest(address=address, count=count)).registers)

    def write(self, address: int, values: list[int]) -> None:
        """Write holding registers (function 16).

        Raises :class:`DeviceError`: ``OFFLINE`` for silence, ``GARBLED`` for noise (both after a
        second try), ``NO_DEVICE`` when the port is gone, and for a Modbus exception the reason in
        ``_EXCEPTIONS``.
        """
        self._ask(WriteMultipleRegistersRequest(address=address, registers=values))

    # -- the wire -----------------------------------------------------------------------------

    def _ask(self, question: ModbusPDU) -> ModbusPDU:
        """Send a request; returns its answer. All requests here may be repeated, so one whose
        answer is lost is sent again."""
        question.dev_id = self._settings.unit
        with self._turn:
            answer = self._insist(question)
        if answer.isError():
            meaning, reason = _EXCEPTIONS.get(
                answer.exception_code, (en("unknown exception"), Reason.GARBLED)
            )
            code, mend = answer.exception_code, _OF_GATEWAY.get(answer.exception_code, "")
            told = (
                en("the gateway answered exception {code}: {meaning}", code=code, meaning=meaning)
                if mend
                else en(
                    "the board answered exception {code}: {meaning}", code=code, meaning=meaning
                )
            )
            raise DeviceError(reason, told, mend=mend)
        return answer

    def _insist(self, question: ModbusPDU) -> ModbusPDU:
        lost = 0
        for _ in range(_TRIES):
            try:
                answer = self._try(question)
            except DeviceError as error:
                lost += 1
                if lost == 2 or error.reason not in (Reason.OFFLINE, Reason.GARBLED):
                    raise
                continue
            # RTU frames have no number: this may be a late answer to an earlier request.
            if _fits(question, answer):
                return answer
        raise DeviceError(
            Reason.GARBLED,
            en("answers on {port} are not to what was asked", port=self._settings.port),
            mend=_MEND,
        )

    def _try(self, question: ModbusPDU) -> ModbusPDU:
        port = self._settings.port
        if self._client is None:
            raise not_open(port)
        self._client.expect(question)
        try:
            return self._client.execute(False, question)
        except (ConnectionException, OSError, termios.error) as error:
            with self._guard:
                self._close()
            raise gone(port) from error
        except ModbusException as error:
            if self._client.heard:
                raise DeviceError(
                    Reason.GARBLED, en("no answer on {port}, but noise", port=port), mend=_MEND
                ) from error
            raise DeviceError(
                Reason.OFFLINE, en("the board on {port} is silent", port=port), mend=_MEND
            ) from error

    def _close(self) -> None:
        client, self._client = self._client, None
        if self._open.get(self._settings.port) is self:
            del self._open[self._settings.port]
        if client is not None:
            with suppress(OSError, termios.error):
                client.close()  # type: ignore[no-untyped-call]


def _fits(question: ModbusPDU, answer: ModbusPDU) -> bool:
    if answer.isError():
        return answer.function_code == question.function_code | _EXCEPTION
    if answer.function_code != question.function_code:
        return False
    if isinstance(answer, WriteMultipleRegistersResponse):
        return (answer.address, answer.count) == (question.address, len(question.registers))
    return len(answer.registers) == question.count
