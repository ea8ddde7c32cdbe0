"""The line protocol of a PIN pad: frames, commands and their answers. Touches no port.

The makers' protocols are secret and differ. This protocol is our own, and small enough that an
adapter can translate it for any pad. 9600 baud or faster, 8N1. The terminal asks and the pad
answers; the pad sends nothing unasked.

A frame, both ways; numbers are big-endian::

    02 | number | code | length (2) | data (0 to 256) | CRC-16/XMODEM of number to data (2)

An answer repeats number and code, the code with bit 7 set; its data begin with a
:class:`PadResult`. The pad does not answer a frame with a wrong checksum. When a frame equals the
last one that the pad has answered, the pad sends that answer again and does nothing else: so the
terminal may repeat a frame whose answer was lost.

==== ========== =============================================== ================================
code command    data                                            data of the answer
==== ========== =============================================== ================================
01   IDENTIFY                                                   "model;serial;firmware" in ASCII
02   STATUS                                                     flags, algorithm, key serial
03   RESET                                                      (entry and PIN are dropped)
10   LOAD_KEY   algorithm, n, serial (n), m, check value (m),
                key encrypted under the master key
20   START      shortest, longest, bit 0: auto enter, patience
21   KEYS       after (2)                                       state, last (2), (key, entered)*
22   END                                                        (entry and PIN are dropped)
23   PIN_BLOCK  12 digits of the PAN, BCD (6)                   algorithm, n, serial (n), block
==== ========== =============================================== ================================

``flags`` bit 0: tampered, bit 1: broken, bit 2: an entry is running, bit 3: a PIN waits.
``algorithm`` 0: no key, 1: TDEA, 2: SM4. ``patience``: seconds without a key after which the pad
ends the entry. The keys of an entry are numbered from 1. KEYS returns the keys after number
``after``, each with the number of digits that are entered by then, and the number of the last key.
Without an entry ``state`` is NONE, ``last`` is 0 and there are no keys. Keys are 1 digit,
2 backspace, 3 clear, 4 enter, 5 cancel; the pad never tells which digit. A PIN block is format 0 of
ISO 9564-1; for SM4 both fields fill 16 bytes, the PIN padded with F at its right, the PAN with 0 at
its left.
"""

from __future__ import annotations

import struct
from binascii import crc_hqx
from dataclasses import dataclass, field
from enum import IntEnum, IntFlag

from drivers.device import DeviceError, Reason
from drivers.pin_pad.types import Algorithm, Key, KeyPress, PinBlock, SessionKey
from drivers.sentence import en

STX = 0x02
LONGEST = 256
"""Most bytes of data in a frame."""
_HEAD, _CRC = 5, 2
_ANSWER = 0x80


class PadCommand(IntEnum):
    IDENTIFY = 0x01
    STATUS = 0x02
    RESET = 0x03
    LOAD_KEY = 0x10
    START = 0x20
    KEYS = 0x21
    END = 0x22
    PIN_BLOCK = 0x23


class PadResult(IntEnum):
    """The result of a command, with the reason of its error."""

    OK = 0x00
    UNKNOWN_COMMAND = 0x01
    BAD_DATA = 0x02
    NO_KEY = 0x03
    WRONG_CHECK_VALUE = 0x04
    NO_PIN = 0x05
    TAMPERED = 0x06
    BROKEN = 0x07

    @property
    def reason(self) -> Reason | None:
        return _REASONS[self]

    @property
    def meaning(self) -> str:
        return _MEANINGS[self]


_REASONS = {
    PadResult.OK: None,
    PadResult.UNKNOWN_COMMAND: Reason.UNSUPPORTED,
    PadResult.BAD_DATA: Reason.UNSUPPORTED,
    PadResult.NO_KEY: Reason.NOT_AUTHORISED,
    PadResult.WRONG_CHECK_VALUE: Reason.NOT_AUTHORISED,
    PadResult.NO_PIN: Reason.CANCELLED,
    PadResult.TAMPERED: Reason.HARDWARE,
    PadResult.BROKEN: Reason.HARDWARE,
}
_MEANINGS = {
    PadResult.OK: "done",
    PadResult.UNKNOWN_COMMAND: en("the pad does not know this command"),
    PadResult.BAD_DATA: en("the pad does not take these data"),
    PadResult.NO_KEY: en("the pad has no session key"),
    PadResult.WRONG_CHECK_VALUE: en("the session key does not fit its check value"),
    PadResult.NO_PIN: en("no PIN was entered"),
    PadResult.TAMPERED: en("the pad was opened and has wiped its keys"),
    PadResult.BROKEN: en("the pad's self-test failed"),
}


class Flag(IntFlag):
    TAMPERED = 1
    BROKEN = 2
    ENTERING = 4
    PIN_WAITS = 8


class KeyEntry(IntEnum):
    """The state of the PIN entry."""

    NONE = 0
    ENTERING = 1
    PIN_WAITS = 2
    TIMED_OUT = 3
    CANCELLED = 4


_ALGORITHMS = {1: Algorithm.TDEA, 2: Algorithm.SM4}
_ALGORITHM_CODES = {algorithm: code for code, algorithm in _ALGORITHMS.items()}
_BLOCK_BYTES = {Algorithm.TDEA: 8, Algorithm.SM4: 16}
_SERIAL_BYTES = range(1, 17)
_KEYS = {1: Key.DIGIT, 2: Key.BACKSPACE, 3: Key.CLEAR, 4: Key.ENTER, 5: Key.CANCEL}
_KEY_CODES = {key: code for code, key in _KEYS.items()}


@dataclass(frozen=True, slots=True)
class PadFrame:
    number: int
    code: int
    data: bytes = field(default=b"", repr=False)

    def encode(self) -> bytes:
        """The whole frame. Raises ``ValueError`` for more than 256 bytes of data."""
        if len(self.data) > LONGEST:
            raise ValueError("too many data for a frame")
        body = struct.pack(">BBH", self.number, self.code, len(self.data)) + self.data
        return bytes([STX]) + body + struct.pack(">H", crc_hqx(body, 0))


class PadDecoder:
    """Turns pieces of bytes, of any length, into frames; skips broken frames."""

    def __init__(self) -> None:
        self._buffer = bytearray()
        self.broken = 0
        """How many times a start byte began no whole frame."""

    def feed(self, data: bytes) -> None:
        self._buffer += data

    def take(self) -> PadFrame | None:
        """The next whole frame; ``None`` when more bytes are needed."""
        while True:
            at = self._buffer.find(STX)
            del self._buffer[: at if at >= 0 else len(self._buffer)]
            if len(self._buffer) < _HEAD:
                return None
            number, code, length = struct.unpack_from(">BBH", self._buffer, 1)
            end = _HEAD + length
            if length <= LONGEST:
                if len(self._buffer) < end + _CRC:
                    return None
                body = bytes(self._buffer[1 : end + _CRC])
                if crc_hqx(body, 0) == 0:  # the CRC of a body with its right checksum is zero
                    del self._buffer[: end + _CRC]
                    return PadFrame(number, code, body[_HEAD - 1 : -_CRC])
            self.broken += 1
            # Drop only the start byte: by a damaged length, the next frame would be dropped too.
            del self._buffer[0]


def encode_answer(asked: PadFrame, result: PadResult, data: bytes = b"") -> PadFrame:
    """The pad's answer to a frame."""
    return PadFrame(asked.number, asked.code | _ANSWER, bytes([result]) + data)


def is_answer(asked: PadFrame, frame: PadFrame) -> bool:
    """Whether ``frame`` answers ``asked``, and not an earlier frame."""
    return frame.number == asked.number and frame.code == asked.code | _ANSWER


def result_of(frame: PadFrame) -> tuple[PadResult, bytes]:
    """The result in an answer, and its data. Raises ``GARBLED`` for an unknown result."""
    try:
        return PadResult(frame.data[0]), frame.data[1:]
    except (IndexError, ValueError):
        raise DeviceError(
            Reason.GARBLED, en("answer {code:02X} has no known result", code=frame.code)
        ) from None


# -- what stands in a frame ------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class PadStatus:
    """The answer to STATUS."""

    flags: Flag
    algorithm: Algorithm | None
    key_serial: str


@dataclass(frozen=True, slots=True)
class Keys:
    """The answer to KEYS: the state of the entry, the number of its last key, and the keys after
    the number that was asked for."""

    entry: KeyEntry
    last: int
    presses: tuple[KeyPress, ...]


def parse_identity(data: bytes) -> tuple[str, str, str]:
    """Model, serial number, firmware. Raises ``GARBLED``, as all parsers of answers here do."""
    parts = _ascii(data).split(";")
    if len(parts) != 3:
        raise _garbled("IDENTIFY")
    return parts[0], parts[1], parts[2]


def parse_status(data: bytes) -> PadStatus:
    if len(data) < 2 or data[1] > len(_ALGORITHMS):
        raise _garbled("STATUS")
    return PadStatus(Flag(data[0] & 0x0F), _ALGORITHMS.get(data[1]), _ascii(data[2:]))


def encode_status(facts: PadStatus) -> bytes:
    algorithm = _ALGORITHM_CODES[facts.algorithm] if facts.algorithm else 0
    return bytes([facts.flags, algorithm]) + facts.key_serial.encode("ascii")


def parse_keys(data: bytes) -> Keys:
    if len(data) < 3 or len(data) % 2 == 0:
        raise _garbled("KEYS")
    try:
        presses = tuple(KeyPress(_KEYS[data[at]], data[at + 1]) for at in range(3, len(data), 2))
        entry = KeyEntry(data[0])
    except (KeyError, ValueError):
        raise _garbled("KEYS") from None
    last = int.from_bytes(data[1:3], "big")
    if any(press.entered > 12 for press in presses) or last < len(presses):
        raise _garbled("KEYS")
    return Keys(entry, last, presses)


def encode_keys(keys: Keys) -> bytes:
    pairs = [byte for press in keys.presses for byte in (_KEY_CODES[press.key], press.entered)]
    return struct.pack(">BH", keys.entry, keys.last) + bytes(pairs)


def parse_pin_block(data: bytes) -> PinBlock:
    if len(data) < 2 or data[0] not in _ALGORITHMS:
        raise _garbled("PIN_BLOCK")
    algorithm = _ALGORITHMS[data[0]]
    serial, block = data[2 : 2 + data[1]], data[2 + data[1] :]
    # Without the serial of its key, nobody could decrypt the block.
    if data[1] not in _SERIAL_BYTES or len(block) != _BLOCK_BYTES[algorithm]:
        raise _garbled("PIN_BLOCK")
    return PinBlock(algorithm, _ascii(serial), block)


def encode_pin_block(block: PinBlock) -> bytes:
    serial = block.key_serial.encode("ascii")
    return bytes([_ALGORITHM_CODES[block.algorithm], len(serial)]) + serial + block.block


def encode_session_key(key: SessionKey) -> bytes:
    """The data of LOAD_KEY. Raises ``UNSUPPORTED`` for a key whose parts have impossible sizes."""
    sizes = (16, 24) if key.algorithm is Algorithm.TDEA else (16,)
    if not (
        len(key.encrypted) in sizes
        and 3 <= len(key.check_value) <= 8
        and len(key.serial) in _SERIAL_BYTES
        and key.serial.isascii()
        and key.serial.isprintable()
    ):
        raise DeviceError(
            Reason.UNSUPPORTED,
            en("no {algorithm} session key looks so", algorithm=key.algorithm.value),
        )
    serial = key.serial.encode("ascii")
    head = bytes([_ALGORITHM_CODES[key.algorithm], len(serial)]) + serial
    return head + bytes([len(key.check_value)]) + key.check_value + key.encrypted


def parse_session_key(data: bytes) -> SessionKey:
    """The session key in the data of LOAD_KEY, for the pad's side. Raises ``GARBLED``."""
    try:
        algorithm = _ALGORITHMS[data[0]]
        serial_end = 2 + data[1]
        check_at = serial_end + 1
        check_end = check_at + data[serial_end]
    except (KeyError, IndexError):
        raise _garbled("LOAD_KEY") from None
    return SessionKey(
        algorithm, _ascii(data[2:serial_end]), data[check_end:], data[check_at:check_end]
    )


def pan_field(pan: str) -> bytes:
    """The twelve digits of a PAN that enter a PIN block: the rightmost, without the check digit.

    6 bytes BCD (ISO 9564-1). Raises ``UNSUPPORTED`` when ``pan`` is no PAN; the error does not show
    it.
    """
    if not (13 <= len(pan) <= 19 and pan.isascii() and pan.isdecimal()):
        raise DeviceError(Reason.UNSUPPORTED, en("a PAN has 13 to 19 digits"))
    return bytes.fromhex(pan[-13:-1])


def _ascii(data: bytes) -> str:
    text = data.decode("latin-1")
    if not (text.isascii() and (text.isprintable() or not text)):
        raise DeviceError(Reason.GARBLED, en("text of the pad is not ASCII"))
    return text


def _garbled(what: str) -> DeviceError:
    return DeviceError(Reason.GARBLED, en("the pad's {what} makes no sense", what=what))
