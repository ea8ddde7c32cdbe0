"""SDT frames, as pure functions over bytes: the protocol of host and SAM in an ID card reader.

    host → SAM   AA AA AA 96 69 | length (2, big-endian) | command (2) data…   | checksum
    SAM → host   AA AA AA 96 69 | length (2, big-endian) | 00 00 status data…  | checksum

The length counts all bytes after it. The checksum is the XOR of all bytes from the length to the
last data byte. This module touches no port.
"""

from __future__ import annotations

import functools
import operator
import struct
from dataclasses import dataclass, field
from enum import Enum, IntEnum

from drivers.device import DeviceError, Reason
from drivers.sentence import en

PREAMBLE = bytes.fromhex("AAAAAA9669")
TEXT_BYTES = 256
PHOTO_BYTES = 1024
_LENGTH_BYTES = 2
_SHORTEST_COMMAND = 3  # command, checksum
_SHORTEST_ANSWER = 4  # status, checksum
_LONGEST = 3 + 6 + TEXT_BYTES + PHOTO_BYTES + 1024 + 1  # text, photo and two fingers


class SamCommand(Enum):
    """The commands of a SAM; the value is the command byte and its parameter byte."""

    RESET_SAM = b"\x10\xff"
    SAM_STATUS = b"\x11\xff"
    SAM_NUMBER = b"\x12\xff"
    FIND = b"\x20\x01"
    SELECT = b"\x20\x02"
    READ = b"\x30\x01"  # text and photo
    READ_ADDRESS = b"\x30\x03"  # newest address 追加地址; also shows whether the card is there
    READ_FINGERPRINTS = b"\x30\x10"  # text, photo and fingerprints


class SdtStatus(IntEnum):
    """The third status byte of an answer: its code, its meaning, and the reason of its error.

    ``reason`` is ``None`` for the three codes of a command that succeeded. ``NO_CARD`` is a normal
    answer to ``FIND``; as the answer to any other command it means that the card was taken away.
    """

    meaning: str
    reason: Reason | None

    def __new__(cls, code: int, meaning: str = "", reason: Reason | None = None) -> SdtStatus:
        status = int.__new__(cls, code)
        status._value_ = code
        status.meaning = meaning
        status.reason = reason
        return status

    OK = 0x90, "done", None
    CARD_FOUND = 0x9F, en("a card was found"), None
    NO_CONTENT = 0x91, en("the card holds no such item"), None
    CHECKSUM_ERROR = 0x10, en("the command arrived with a wrong checksum"), Reason.GARBLED
    LENGTH_ERROR = 0x11, en("the command arrived with a wrong length"), Reason.GARBLED
    COMMAND_ERROR = 0x21, en("the command has a wrong content"), Reason.UNSUPPORTED
    UNKNOWN_COMMAND = 0x24, en("the command is not known"), Reason.UNSUPPORTED
    CARD_REFUSED_SAM = 0x31, en("the card did not accept the SAM"), Reason.CARD_UNREADABLE
    SAM_REFUSED_CARD = 0x32, en("the SAM did not accept the card"), Reason.CARD_UNREADABLE
    NOT_VERIFIED = 0x33, en("the card's content could not be verified"), Reason.CARD_UNREADABLE
    WRONG_CARD = 0x40, en("the card is of a wrong kind"), Reason.CARD_UNKNOWN
    READ_FAILED = 0x41, en("the card could not be read"), Reason.CARD_UNREADABLE
    NO_RANDOM = 0x47, en("the card gave no random number"), Reason.CARD_UNREADABLE
    SELF_TEST_FAILED = 0x60, en("the SAM failed its self-test"), Reason.HARDWARE
    NOT_AUTHORISED = 0x66, en("the SAM is not authorised"), Reason.NOT_AUTHORISED
    NO_CARD = 0x80, en("no card was found"), Reason.CARD_REMOVED
    SELECT_FAILED = 0x81, en("the card could not be selected"), Reason.CARD_UNREADABLE


class FrameError(DeviceError):
    """A frame that the protocol does not allow: ``GARBLED``. ``status``: a SAM's status for it."""

    def __init__(self, status: SdtStatus, detail: str) -> None:
        super().__init__(Reason.GARBLED, detail)
        self.status = status


@dataclass(frozen=True, slots=True)
class SamAnswer:
    """One answer of the SAM. ``data`` may be a citizen's and is not shown."""

    status: SdtStatus
    data: bytes = field(default=b"", repr=False)


def checksum(body: bytes) -> int:
    """The XOR of all bytes."""
    return functools.reduce(operator.xor, body, 0)


def encode_frame(payload: bytes) -> bytes:
    """The whole frame around ``payload`` (command and data, or status and data)."""
    body = struct.pack(">H", len(payload) + 1) + payload
    return PREAMBLE + body + bytes([checksum(body)])


def encode_answer(status: int, data: bytes = b"") -> bytes:
    """The whole frame of an answer, as a SAM sends it."""
    return encode_frame(bytes([0, 0, status]) + data)


class SdtDecoder:
    """Turns pieces of bytes, of any length, into the payloads of frames.

    Bytes before a preamble are noise, which the decoder skips. A preamble may also stand inside
    data, so the decoder looks for the next preamble only after a whole or a broken frame.
    """

    def __init__(self, shortest: int = _SHORTEST_ANSWER) -> None:
        self._shortest = shortest
        self._buffer = bytearray()

    @classmethod
    def for_commands(cls) -> SdtDecoder:
        """A decoder for the SAM's side of the wire, where frames are a byte shorter."""
        return cls(_SHORTEST_COMMAND)

    @property
    def missing(self) -> int:
        """How many more bytes the decoder needs before it can decide anything; at least 1."""
        head = len(PREAMBLE) + _LENGTH_BYTES
        need = head + self._length() if self.begun and len(self._buffer) >= head else head
        return max(1, need - len(self._buffer))

    @property
    def begun(self) -> bool:
        """True when a frame has begun and is not whole yet."""
        return self._buffer.startswith(PREAMBLE)

    def feed(self, data: bytes) -> None:
        """Add bytes from the wire, any number."""
        self._buffer += data

    def take(self) -> bytes | None:
        """The next payload, without length and checksum; ``None`` when more bytes are needed.

        Raises :class:`FrameError` for a length out of bounds or a wrong checksum. The broken frame
        is dropped, and the next call looks for a preamble after it.
        """
        self._skip_noise()
        head = len(PREAMBLE) + _LENGTH_BYTES
        if len(self._buffer) < head:
            return None
        length = self._length()
        if not self._shortest <= length <= _LONGEST:
            self._give_up()
            raise FrameError(
                SdtStatus.LENGTH_ERROR, en("frame with a length of {length} bytes", length=length)
            )
        if len(self._buffer) < head + length:
            return None
        body = bytes(self._buffer[len(PREAMBLE) : head + length])
        if checksum(body) != 0:  # the XOR of a body and its right checksum is zero
            self._give_up()
            raise FrameError(SdtStatus.CHECKSUM_ERROR, en("frame with a wrong checksum"))
        del self._buffer[: head + length]
        return body[_LENGTH_BYTES:-1]

    def _length(self) -> int:
        at = len(PREAMBLE)
        return int.from_bytes(self._buffer[at : at + _LENGTH_BYTES], "big")

    def _give_up(self) -> None:
        # Drop only the preamble: by a damaged length, the next frame would be dropped too.
        del self._buffer[: len(PREAMBLE)]

    def _skip_noise(self) -> None:
        at = self._buffer.find(PREAMBLE)
        if at >= 0:
            del self._buffer[:at]
            return
        for kept in range(min(len(PREAMBLE) - 1, len(self._buffer)), 0, -1):
            if self._buffer.endswith(PREAMBLE[:kept]):
                del self._buffer[:-kept]
                return
        self._buffer.clear()


def decode_answer(command: SamCommand, payload: bytes) -> SamAnswer:
    """The answer to ``command`` in a payload.

    Raises :class:`DeviceError` ``GARBLED`` for a status that :class:`SdtStatus` does not have, or
    for data of another shape than the answers to ``command`` have.
    """
    if len(payload) < 3 or payload[:2] != b"\x00\x00":
        raise DeviceError(
            Reason.GARBLED,
            en("answer to {command} does not begin with 00 00", command=command.name),
        )
    try:
        status = SdtStatus(payload[2])
    except ValueError:
        raise DeviceError(
            Reason.GARBLED,
            en(
                "answer to {command} with unknown status {status:02X}",
                command=command.name,
                status=payload[2],
            ),
        ) from None
    answer = SamAnswer(status, payload[3:])
    if status is SdtStatus.OK:
        _check_shape(command, answer.data)
    return answer


def _check_shape(command: SamCommand, data: bytes) -> None:
    if command is SamCommand.SAM_NUMBER:
        sam_number(data)
    elif command is SamCommand.READ:
        split_sections(data, 2)
    elif command is SamCommand.READ_FINGERPRINTS:
        split_sections(data, 3)


def split_sections(data: bytes, count: int) -> tuple[bytes, ...]:
    """The sections of a read: ``count`` lengths (2 bytes each, big-endian), then as many sections.

    Two for ``READ`` (text 256 bytes, photo 1024), three for ``READ_FINGERPRINTS`` (0, 512 or 1024
    more). Raises :class:`DeviceError` ``GARBLED`` when text or photo are of another size or the
    lengths do not add up to the data.
    """
    head = 2 * count
    if len(data) < head:
        raise DeviceError(
            Reason.GARBLED, en("read answer of {count} bytes has no lengths", count=len(data))
        )
    lengths = struct.unpack_from(f">{count}H", data)
    if lengths[:2] != (TEXT_BYTES, PHOTO_BYTES) or head + sum(lengths) != len(data):
        raise DeviceError(
            Reason.GARBLED,
            en(
                "read answer of {count} bytes has sections of {lengths} bytes",
                count=len(data),
                lengths=lengths,
            ),
        )
    ends = [head + sum(lengths[: n + 1]) for n in range(count)]
    return tuple(data[end - length : end] for end, length in zip(ends, lengths, strict=True))


def sam_number(data: bytes) -> str:
    """The SAM's number in printed form, ``05.03-20230101-0001234567-0000987654``, from 16 bytes.

    Raises :class:`DeviceError` ``GARBLED`` for another number of bytes.
    """
    if len(data) != 16:
        raise DeviceError(
            Reason.GARBLED, en("SAM number of {count} bytes instead of 16", count=len(data))
        )
    standard, maker, made, serial, check = struct.unpack("<HHIII", data)
    return f"{standard:02d}.{maker:02d}-{made:08d}-{serial:010d}-{check:010d}"
