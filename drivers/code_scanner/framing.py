"""Turns the bytes of a serial code scanner into codes, and decodes their text. Touches no port.

A code ends with the scanner's suffix, or with CR, LF, CR LF or a pause on the line. A 新大陆
(Newland) scanner also answers commands on the same line: ``02 01 30 30 30 30``, the command,
``06``, ``15`` or ``05``, ``3B 03`` (Newland FM530 user manual, "Programming Commands"). No text
holds ``02 01``, so these bytes tell an answer from a code, and end a code that comes without an
end.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass, field

from drivers.device import DeviceError, Reason
from drivers.sentence import en

LONGEST = 4096
"""Most bytes of a code; the largest QR code holds 2953."""
_ENDS = b"\r\n"
_ANSWER = b"\x02\x01"
_ANSWER_END = b";\x03"
_PREFIX = b"0000"
_ACK = 0x06
_AROUND = b"\0\x02\x03\x04\t"  # STX, ETX, EOT, TAB: put around a code by some scanners
_AIM = re.compile(rb"\][A-Za-z][0-9A-Za-z]")
"""An AIM identifier (ISO/IEC 15424) before a code: ``]Q1`` is a QR code."""
_ECI = re.compile(rb"\\[0-9]{6}")
"""An ECI (AIM ECI specification) in a code: tells the encoding of what follows."""
_TOKEN = re.compile(rb"\\\\|\\([0-9]{6})")
"""A backslash of the text, which is doubled behind an ECI, or an ECI."""
_ENCODINGS = {
    b"000003": "latin-1",
    b"000026": "utf-8",
    b"000029": "gb18030",  # GB 2312, which it holds
    b"000032": "gb18030",
}
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

    def __init__(self, suffix: bytes = b"") -> None:
        """``suffix`` ends a code; b"": CR, LF or both do."""
        self._suffix = suffix
        self._buffer = bytearray()
        self._too_long = False

    @property
    def begun(self) -> bool:
        """Whether a code has begun and not ended: a pause would end it."""
        return self._too_long or bool(self._buffer)

    @property
    def answering(self) -> bool:
        """Whether what has begun is an answer."""
        return self._buffer.startswith(_ANSWER)

    def feed(self, data: bytes) -> list[Item]:
        """Add bytes from the wire; returns all codes and answers that are complete now."""
        items: list[Item] = []
        for byte in data:
            # Inside an answer, CR and LF are data: only ANSWER_END ends it.
            if not self._suffix and byte in _ENDS and not self.answering:
                items += self.pause()
                continue
            self._buffer.append(byte)
            if self._suffix and not self.answering and self._buffer.endswith(self._suffix):
                del self._buffer[-len(self._suffix) :]
                items += self.pause()
                continue
            if self._buffer.endswith(_ANSWER) and len(self._buffer) > len(_ANSWER):
                del self._buffer[-len(_ANSWER) :]
                items += self.pause()
                self._buffer += _ANSWER
            if self.answering and self._buffer.endswith(_ANSWER_END):
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


def decode_code(data: bytes, prefix: bytes = b"", *, identifiers: bool = True) -> str:
    """The text of a code: UTF-8, else GB 18030 (which holds GBK).

    The scanner's ``prefix``, and STX, ETX, EOT, TAB and NUL around the text, are dropped; with
    ``identifiers`` also an AIM identifier before it, and ECIs, which tell the encoding of their
    part.

    A few short byte sequences are valid in both (毛拢, ë£): then the Chinese text is taken. Raises
    :class:`DeviceError` ``GARBLED`` when the bytes are neither, or the text holds characters that
    no text has, such as control characters. The error tells nothing of the content.
    """
    data = data.removeprefix(prefix).strip(_AROUND)
    if identifiers and (aim := _AIM.match(data)):
        data = data[aim.end() :]
    text = _by_eci(data) if identifiers and _ECI.match(data) else _text(data)
    text = text.removeprefix(_MARK)
    if not text:
        raise _garbled("a code is empty")
    if any(unicodedata.category(character) in _REFUSED for character in text):
        raise _garbled("a code holds control characters")
    return text


def _by_eci(data: bytes) -> str:
    """The text of a code in parts, each after its ECI; a backslash in it was doubled."""
    parts: list[tuple[bytes, bytes]] = []
    _, *pieces = _TOKEN.split(data)
    for named, piece in zip(pieces[::2], pieces[1::2], strict=True):
        if named is None:
            eci, plain = parts.pop()
            parts.append((eci, plain + b"\\" + piece))
        else:
            parts.append((named, piece))
    text = ""
    for eci, plain in parts:
        encoding = _ENCODINGS.get(eci)
        decoded = _decoded(plain, encoding) if encoding else _text(plain)
        if decoded is None:
            raise _garbled("a code is not in the encoding that it names")
        text += decoded
    return text


def _text(data: bytes) -> str:
    text, chinese = _decoded(data, "utf-8"), _decoded(data, "gb18030")
    if text is None or (chinese and _rather_chinese(text, chinese)):
        text = chinese
    if text is None:
        raise _garbled("a code is neither UTF-8 nor GB 18030")
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
        Reason.GARBLED,
        what,
        mend=en("check baud, prefix and suffix in the settings against the scanner's own"),
    )


def _answer(frame: bytes) -> ScannerReply:
    inner = frame[len(_ANSWER) : -len(_ANSWER_END)].removeprefix(_PREFIX)
    return ScannerReply(_printable(inner), accepted=bool(inner) and inner[-1] == _ACK)


def _printable(data: bytes) -> str:
    return "".join(chr(byte) for byte in data if 0x20 <= byte < 0x7F)
