"""Turns the bytes of a serial code scanner into codes, and decodes their text. Touches no port.

A code ends with CR, LF, CR LF or a pause on the line. A 新大陆 (Newland) scanner also answers
commands on the same line: ``02 01 30 30 30 30``, the command, ``06``, ``15`` or ``05``, ``3B 03``
(Newland FM530 user manual, "Programming Commands"). No text holds ``02 01``, so these bytes tell an
answer from a code, and end a code that comes without an end.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass, field

from drivers.device import DeviceError, Reason

LONGEST = 4096
"""Most bytes of a code; the largest QR code holds 2953."""
_ENDS = b"\r\n"
_ANSWER = b"\x02\x01"
_ANSWER_END = b";\x03"
_PREFIX = b"0000"
_ACK = 0x06
_REFUSED = ("Cc", "Cs", "Co", "Cn", "Zl", "Zp")
_MARK = "\ufeff"
_CHINESE = re.compile(r"[\x00-\x7f\u4e00-\u9fff]*")
_FOREIGN = re.compile(r"[\x00-\u07ff]*")  # what UTF-8 writes in two bytes, as GBK does Chinese
_ACCENTED = re.compile(r"[A-Za-z][^\x00-\x7f]|[^\x00-\x7f][A-Za-z]")  # a word like José


@dataclass(frozen=True, slots=True)
class Scanned:
    """The bytes of one code, 1 to 4096. ``repr`` does not show them."""

    data: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class ScannerReply:
    """The scanner's answer to a command: the command, and whether the scanner accepts it."""

    text: str  # "#SCNTRG1"; the command, then the data of a query. ASCII, printable
    accepted: bool

    def to(self, command: bytes) -> bool:
        """Whether this is the answer to ``command``, which an answer repeats."""
        name = _printable(command.removeprefix(b"~\x01").removeprefix(_PREFIX)).removesuffix(";")
        return name != "" and self.text.startswith(name)


@dataclass(frozen=True, slots=True)
class TooLong:
    """A code of more than 4096 bytes has ended; it was dropped."""


Item = Scanned | ScannerReply | TooLong


class CodeFramer:
    """Turns pieces of bytes, of any length, into codes and answers."""

    def __init__(self) -> None:
        self._buffer = bytearray()
        self._too_long = False

    @property
    def begun(self) -> bool:
        """Whether a code has begun and not ended: a pause would end it."""
        return self._too_long or bool(self._buffer)

    def feed(self, data: bytes) -> list[Item]:
        """Add bytes from the wire; returns all codes and answers that are complete now."""
        items: list[Item] = []
        for byte in data:
            # Inside an answer, CR and LF are data: only ANSWER_END ends it.
            if byte in _ENDS and not self._buffer.startswith(_ANSWER):
                items += self.pause()
                continue
            self._buffer.append(byte)
            if self._buffer.endswith(_ANSWER) and len(self._buffer) > len(_ANSWER):
                del self._buffer[-len(_ANSWER) :]
                items += self.pause()
                self._buffer += _ANSWER
            if self._buffer.startswith(_ANSWER) and self._buffer.endswith(_ANSWER_END):
                items.append(_answer(bytes(self._buffer)))
                self._buffer.clear()
            elif len(self._buffer) > LONGEST:
                self._buffer.clear()
                self._too_long = True
        return items

    def pause(self) -> list[Item]:
        """The line was quiet: end the code that has begun."""
        data, too_long = bytes(self._buffer), self._too_long
        self._buffer.clear()
        self._too_long = False
        if too_long:
            return [TooLong()]
        return [Scanned(data)] if data else []


def decode_code(data: bytes) -> str:
    """The text of a code: UTF-8, else GB 18030 (which holds GBK).

    A few short byte sequences are valid in both (毛拢, ë£): then the Chinese text is taken. Raises
    :class:`DeviceError` ``GARBLED`` when the bytes are neither, or the text holds characters that
    no text has, such as control characters. The error tells nothing of the content.
    """
    text, chinese = _decoded(data, "utf-8"), _decoded(data, "gb18030")
    if text is None or (chinese and _rather_chinese(text, chinese)):
        text = chinese
    if text is None:
        raise _garbled("a code is neither UTF-8 nor GB 18030")
    text = text.removeprefix(_MARK)
    if not text:
        raise _garbled("a code is empty")
    if any(unicodedata.category(character) in _REFUSED for character in text):
        raise _garbled("a code holds control characters")
    return text


def _decoded(data: bytes, encoding: str) -> str | None:
    try:
        return data.decode(encoding)
    except UnicodeDecodeError:
        return None


def _rather_chinese(text: str, chinese: str) -> bool:
    foreign = _FOREIGN.fullmatch(text) and not _ACCENTED.search(text)
    return bool(foreign and _CHINESE.fullmatch(chinese))


def _garbled(what: str) -> DeviceError:
    return DeviceError(
        Reason.GARBLED, what, mend="check baud in the settings, and the scanner's prefix and suffix"
    )


def _answer(frame: bytes) -> ScannerReply:
    inner = frame[len(_ANSWER) : -len(_ANSWER_END)].removeprefix(_PREFIX)
    return ScannerReply(_printable(inner), accepted=bool(inner) and inner[-1] == _ACK)


def _printable(data: bytes) -> str:
    return "".join(chr(byte) for byte in data if 0x20 <= byte < 0x7F)
