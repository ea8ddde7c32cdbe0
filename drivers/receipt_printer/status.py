"""Parses the answers of a receipt printer.

Bits are named as in the Epson ESC/POS command reference: ``DLE EOT``, ``GS r``, ``GS a`` (ASB),
``GS ( H`` and ``GS I``. Every kind of answer has fixed bits that tell it from other kinds; bytes
without any of these patterns raise :class:`~drivers.device.DeviceError` ``GARBLED``.
"""

from __future__ import annotations

from dataclasses import dataclass

from drivers.device import DeviceError, Reason
from drivers.sentence import en

PRINTER, OFFLINE_CAUSE, ERROR_CAUSE, PAPER_SENSOR = 1, 2, 3, 4
"""The ``n`` of ``DLE EOT n``."""

LONGEST_BLOCK = 128
"""Most bytes of a block answer; a longer one without its end is noise."""

_REAL_TIME = 0x12  # 0xx1xx10
_ASB = 0x10  # 0xx1xx00
_KIND_BITS = 0x93
_PLAIN_BITS = 0x90  # 0xx0xxxx: GS r, and the second to fourth byte of ASB
_XON, _XOFF = 0x11, 0x13
_BLOCK, _INFO, _END = 0x37, 0x5F, 0x00
_PROCESS_ID = 0x22


NO_REPLY = bytes(
    byte
    for byte in range(0x100)
    if byte & _PLAIN_BITS
    and byte & _KIND_BITS not in (_REAL_TIME, _ASB)
    and byte not in (_XON, _XOFF, _BLOCK, _INFO)
)
"""Bytes with which no answer begins."""


def _garbled(detail: str) -> DeviceError:
    """The error; ``pages`` is None, since the answer leaves unknown what was printed."""
    return DeviceError(Reason.GARBLED, detail, pages=None)


@dataclass(frozen=True, slots=True)
class EscPosState:
    """``DLE EOT 1``."""

    drawer_high: bool  # connector pin 3; nothing is connected there in a terminal
    offline: bool
    waiting_for_recovery: bool  # somebody must press the on-line button
    feed_button: bool


@dataclass(frozen=True, slots=True)
class OfflineCause:
    """``DLE EOT 2``."""

    cover_open: bool
    feeding: bool  # by the feed button
    paper_end_stop: bool
    error: bool


@dataclass(frozen=True, slots=True)
class ErrorCause:
    """``DLE EOT 3``."""

    recoverable: bool  # mechanical: paper jammed, head carriage blocked
    cutter: bool
    unrecoverable: bool
    auto_recoverable: bool  # the head is too hot; the error ends by itself


@dataclass(frozen=True, slots=True)
class PaperSensor:
    """``DLE EOT 4`` and ``GS r 1``. Each sensor has two bits; either of them counts."""

    near_end: bool
    end: bool


@dataclass(frozen=True, slots=True)
class RealTimeStatus:
    """All four real-time answers together."""

    printer: EscPosState
    offline: OfflineCause
    error: ErrorCause
    paper: PaperSensor


RealTime = EscPosState | OfflineCause | ErrorCause | PaperSensor


def parse_real_time(n: int, byte: int) -> RealTime:
    """The answer to ``DLE EOT n``, n 1 to 4."""
    if not 0 <= byte <= 0xFF or byte & _KIND_BITS != _REAL_TIME:
        raise _garbled(en("{question} answered {byte:02x}h", question=f"DLE EOT {n}", byte=byte))
    bit2, bit3, bit5, bit6 = (bool(byte & 1 << bit) for bit in (2, 3, 5, 6))
    if n == PRINTER:
        return EscPosState(bit2, bit3, bit5, bit6)
    if n == OFFLINE_CAUSE:
        return OfflineCause(bit2, bit3, bit5, bit6)
    if n == ERROR_CAUSE:
        return ErrorCause(bit2, bit3, bit5, bit6)
    if n == PAPER_SENSOR:
        return PaperSensor(near_end=bit2 or bit3, end=bit5 or bit6)
    raise ValueError(f"DLE EOT {n}")


def parse_paper(byte: int) -> PaperSensor:
    """The answer to ``GS r 1``."""
    if not 0 <= byte <= 0xFF or byte & _PLAIN_BITS:
        raise _garbled(en("{question} answered {byte:02x}h", question="GS r 1", byte=byte))
    return PaperSensor(near_end=bool(byte & 0x03), end=bool(byte & 0x0C))


def parse_asb(data: bytes) -> RealTimeStatus:
    """Four bytes of Automatic Status Back."""
    if len(data) != 4 or data[0] & _KIND_BITS != _ASB or any(b & _PLAIN_BITS for b in data[1:]):
        raise _garbled(en("not an automatic status"))
    first, second, third, _ = data
    paper = PaperSensor(near_end=bool(third & 0x03), end=bool(third & 0x0C))
    error = ErrorCause(
        recoverable=bool(second & 0x04),
        cutter=bool(second & 0x08),
        unrecoverable=bool(second & 0x20),
        auto_recoverable=bool(second & 0x40),
    )
    return RealTimeStatus(
        EscPosState(
            drawer_high=bool(first & 0x04),
            offline=bool(first & 0x08),
            waiting_for_recovery=bool(second & 0x01),
            feed_button=bool(second & 0x02),
        ),
        OfflineCause(
            cover_open=bool(first & 0x20),
            feeding=bool(first & 0x40),
            paper_end_stop=paper.end,
            error=bool(second & 0x6C),
        ),
        error,
        paper,
    )


@dataclass(frozen=True, slots=True)
class RealTimeAnswer:
    """One byte after ``DLE EOT n``; the byte does not tell ``n``, which only the asker knows."""

    byte: int


@dataclass(frozen=True, slots=True)
class PaperAnswer:
    """One byte after ``GS r``."""

    sensor: PaperSensor


@dataclass(frozen=True, slots=True)
class AutomaticStatus:
    """A status that the printer sends unasked while ASB is on."""

    facts: RealTimeStatus


@dataclass(frozen=True, slots=True)
class ProcessId:
    """The printer has printed all data before this ``GS ( H`` request."""

    process: str


@dataclass(frozen=True, slots=True)
class InfoAnswer:
    """The text after ``GS I`` 65 to 68."""

    text: str  # ASCII, printable


@dataclass(frozen=True, slots=True)
class OtherBlock:
    """Any other block answer, e.g. that the buffers were cleared."""

    identifier: int


Reply = RealTimeAnswer | PaperAnswer | AutomaticStatus | ProcessId | InfoAnswer | OtherBlock


class Replies:
    """Cuts the stream of a printer's answers into replies; keeps an incomplete one for later."""

    def __init__(self) -> None:
        self._rest = b""

    def feed(self, data: bytes) -> list[Reply]:
        """Add bytes; returns the replies that are complete now. An error drops all bytes so far."""
        data, self._rest = self._rest + data, b""
        replies: list[Reply] = []
        at = 0
        while at < len(data):
            length = _length(data, at)
            if length is None:
                self._rest = data[at:]
                break
            reply = _reply(data[at : at + length])
            if reply is not None:
                replies.append(reply)
            at += length
        return replies


def _length(data: bytes, at: int) -> int | None:
    """How many bytes the answer at ``at`` has; ``None`` when it has not arrived whole."""
    first = data[at]
    if first in (_BLOCK, _INFO):
        end = data.find(_END, at + (2 if first == _BLOCK else 1), at + LONGEST_BLOCK)
        if end < 0:
            if len(data) - at >= LONGEST_BLOCK:
                raise _garbled(en("a block answer without end"))
            return None
        return end + 1 - at
    if first & _KIND_BITS == _ASB:
        return 4 if len(data) - at >= 4 else None
    return 1


def _reply(raw: bytes) -> Reply | None:
    """Parse one whole answer; ``None`` for XON and XOFF."""
    first = raw[0]
    if first == _BLOCK:
        if raw[1] == _PROCESS_ID and len(raw) == 7:
            return ProcessId(raw[2:6].decode("ascii", "replace"))
        return OtherBlock(raw[1])
    if first == _INFO:
        return InfoAnswer("".join(chr(byte) for byte in raw[1:-1] if 0x20 <= byte < 0x7F))
    if first in (_XON, _XOFF):
        return None
    if first & _KIND_BITS == _REAL_TIME:
        return RealTimeAnswer(first)
    if first & _KIND_BITS == _ASB:
        return AutomaticStatus(parse_asb(raw))
    return PaperAnswer(parse_paper(first))
