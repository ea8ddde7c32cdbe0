"""Commands and responses of a chip card: short APDUs of ISO/IEC 7816-4, over any connection."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from enum import IntEnum

from drivers.device import DeviceError, Reason

MAX_DATA = 4096
"""Most bytes of one response, all its parts together; a record has 255 at most."""
_MAX_STEPS = 32


class Ins(IntEnum):
    """Instructions."""

    SELECT = 0xA4
    READ_RECORD = 0xB2
    GET_RESPONSE = 0xC0
    GET_PROCESSING_OPTIONS = 0xA8


class StatusWord(IntEnum):
    """Values of SW1 SW2 and their meaning; cards return others too."""

    OK = 0x9000
    FILE_INVALIDATED = 0x6283
    WRONG_LENGTH = 0x6700
    SECURITY_NOT_SATISFIED = 0x6982
    AUTHENTICATION_BLOCKED = 0x6983
    CONDITIONS_NOT_SATISFIED = 0x6985
    WRONG_DATA = 0x6A80
    FUNCTION_NOT_SUPPORTED = 0x6A81
    FILE_NOT_FOUND = 0x6A82
    RECORD_NOT_FOUND = 0x6A83
    WRONG_P1_P2 = 0x6A86
    DATA_NOT_FOUND = 0x6A88
    INSTRUCTION_NOT_SUPPORTED = 0x6D00
    CLASS_NOT_SUPPORTED = 0x6E00
    NO_DIAGNOSIS = 0x6F00
    APPLICATION_BLOCKED = 0x9303


def meaning(status: int) -> str:
    """A status in words, ``6A82 file not found``; only its four digits when it is unknown."""
    try:
        return f"{status:04X} {StatusWord(status).name.replace('_', ' ').lower()}"
    except ValueError:
        return f"{status:04X}"


@dataclass(frozen=True, slots=True)
class CommandApdu:
    """A command APDU: at most 255 bytes of data; ``le``: 1 to 256 bytes expected, or ``None``."""

    cla: int
    ins: int
    p1: int
    p2: int
    data: bytes = b""
    le: int | None = None

    def encode(self, *, t0: bool) -> bytes:
        """The bytes for the reader. With T=0 a command with data carries no Le: the card answers
        61xx with the length of its response."""
        out = bytes([self.cla, self.ins, self.p1, self.p2])
        if self.data:
            out += bytes([len(self.data)]) + self.data
        if self.le is not None and not (t0 and self.data):
            out += bytes([self.le & 0xFF])
        return out


@dataclass(frozen=True, slots=True, repr=False)
class Response:
    """A response APDU. ``repr`` shows the status only: the data may be a citizen's."""

    data: bytes
    status: int

    @property
    def ok(self) -> bool:
        return self.status == StatusWord.OK

    def __repr__(self) -> str:
        return f"Response({meaning(self.status)})"


class Card:
    """A card to which commands can be sent: one command, one whole response."""

    def __init__(self, transmit: Callable[[bytes], bytes], *, t0: bool) -> None:
        """``transmit`` takes the bytes of a command and returns those of its response, the status
        included."""
        self._transmit = transmit
        self._t0 = t0

    def send(self, command: CommandApdu) -> Response:
        """The response to ``command``, fetched with GET RESPONSE (61xx) and the right Le (6Cxx).

        Raises :class:`DeviceError`: ``GARBLED`` for less than a status, ``CARD_UNREADABLE`` for
        more than ``MAX_DATA`` bytes or more than 32 parts; and whatever ``transmit`` raises.
        """
        data = b""
        for _ in range(_MAX_STEPS):
            response = decode_response(self._transmit(command.encode(t0=self._t0)))
            data += response.data
            if len(data) > MAX_DATA:
                break
            more = (response.status & 0xFF) or 256
            match response.status >> 8:
                case 0x61:
                    command = CommandApdu(0x00, Ins.GET_RESPONSE, 0, 0, le=more)
                case 0x6C:
                    command = replace(command, le=more)
                case _:
                    return Response(data, response.status)
        raise DeviceError(Reason.CARD_UNREADABLE, "a response of the card has no end")

    def select(self, name: bytes, *, p1: int = 0x04) -> Response:
        """SELECT by name: an application; with ``p1`` 0x02 an elementary file by its number."""
        le = 256 if p1 == 0x04 else None
        return self.send(CommandApdu(0x00, Ins.SELECT, p1, 0x00, name, le))

    def read_record(self, number: int, p2: int, le: int = 256) -> Response:
        return self.send(CommandApdu(0x00, Ins.READ_RECORD, number, p2, le=le))


def decode_response(raw: bytes) -> Response:
    """The response in ``raw``. Raises :class:`DeviceError` ``GARBLED`` for fewer than two bytes."""
    if len(raw) < 2:
        raise DeviceError(Reason.GARBLED, "the card answered less than a status")
    return Response(bytes(raw[:-2]), int.from_bytes(raw[-2:], "big"))
