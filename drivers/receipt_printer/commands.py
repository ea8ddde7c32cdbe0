"""The ESC/POS commands that the driver uses, as bytes; names as in the Epson command reference."""

from __future__ import annotations

import re
from collections.abc import Iterator

DOTS_PER_INCH = 203
"""The usual 80 mm head: 8 dots a millimetre, 576 dots on 72 mm."""
MAX_FEED = 255
BAND = 128
"""Dot rows in one raster command; small printers have no memory for more."""

INITIALIZE = b"\x1b@"  # ESC @
ASB_OFF = b"\x1da\x00"  # GS a 0: the printer sends nothing unasked
ASCII_USA = b"\x1bR\x00"  # ESC R 0: in the Chinese set "$" prints as a yuan sign
CHINESE_MODE = b"\x1c&"  # FS &: bytes from 81h on begin a two-byte character
CHINESE_SPACING_NONE = b"\x1cS\x00\x00"  # FS S 0 0
MOTION_UNIT_DOT = b"\x1dP" + bytes((DOTS_PER_INCH, DOTS_PER_INCH))  # GS P: count in dots
LINE_FEED = b"\n"
CUT = b"\x1dV\x42\x20"  # GS V 66 32: feed to the knife and 4 mm more, leave one point uncut
ASK_PAPER = b"\x1dr\x01"  # GS r 1: the printer answers after it has processed all data before
RECOVER_AND_CLEAR = b"\x10\x05\x02"  # DLE ENQ 2: after a jam, drop the data that the jam stopped
CLEAR_BUFFERS = b"\x10\x14\x08\x01\x03\x14\x01\x06\x02\x08"  # DLE DC4 8
START = INITIALIZE + ASB_OFF + ASCII_USA + CHINESE_MODE + CHINESE_SPACING_NONE + MOTION_UNIT_DOT


def ask_status(n: int) -> bytes:
    """``DLE EOT n``, n 1 to 4: the printer answers at once, also while it prints."""
    return bytes((0x10, 0x04, n))


def ask_process_id(process: str) -> bytes:
    """``GS ( H`` function 48: four ASCII characters, which the printer sends back when it has
    printed all data before them."""
    return b"\x1d(H\x06\x00\x30\x30" + process.encode("ascii")


def ask_info(n: int) -> bytes:
    """``GS I n``: 65 firmware, 66 maker, 67 model, 68 serial number."""
    return bytes((0x1D, 0x49, n))


def line_pitch(dots: int) -> bytes:
    """``ESC 3 n``: how far a line feed moves the paper."""
    return bytes((0x1B, 0x33, dots))


def feed(dots: int) -> bytes:
    """``ESC J n``, repeated for more than 255 dots."""
    whole, rest = divmod(dots, MAX_FEED)
    return bytes((0x1B, 0x4A, MAX_FEED)) * whole + (bytes((0x1B, 0x4A, rest)) if rest else b"")


def position(dots: int) -> bytes:
    """``ESC $``: where on the line the next character begins."""
    return b"\x1b$" + dots.to_bytes(2, "little")


def style(size: int, bold: bool) -> bytes:
    """``GS !``, ``FS !`` and ``ESC E``. Some printers size Chinese by ``GS !``, others by ``FS !``,
    so both are sent."""
    chinese = 0x0C if size == 2 else 0x00
    return bytes((0x1D, 0x21, 0x11 * (size - 1), 0x1C, 0x21, chinese, 0x1B, 0x45, bold))


def raster(columns: int, rows: bytes, *, double: bool = False) -> Iterator[bytes]:
    """``GS v 0`` for a picture, one command for each band.

    ``columns`` is the width of the picture in bytes of 8 dots, ``rows`` its dots, the highest bit
    at the left, 1 black; ``double``: each dot is printed two dots wide and high. Printers obey
    real-time commands even inside a picture, so a lone dot that would begin such a command (10h
    before 04h, 05h or 14h) becomes two dots wide.
    """
    rows = _REAL_TIME.sub(b"\x18", rows)
    size = columns * (BAND // 2 if double else BAND)
    head = b"\x1dv0" + (b"\x03" if double else b"\x00") + columns.to_bytes(2, "little")
    for start in range(0, len(rows), size):
        band = rows[start : start + size]
        height = len(band) // columns
        yield head + height.to_bytes(2, "little") + band


_REAL_TIME = re.compile(rb"\x10(?=[\x04\x05\x14])")


def centred(data: bytes) -> bytes:
    """``ESC a 1`` around a picture."""
    return b"\x1ba\x01" + data + b"\x1ba\x00"
