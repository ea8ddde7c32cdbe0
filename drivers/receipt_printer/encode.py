"""Turns a slip into ESC/POS bytes: text in the printer's Chinese mode, all else as raster."""

from __future__ import annotations

import io
import unicodedata
from dataclasses import replace
from enum import StrEnum

from PIL import Image, ImageDraw, ImageOps
from qrcode.constants import ERROR_CORRECT_M
from qrcode.exceptions import DataOverflowError
from qrcode.main import QRCode

from drivers.device import DeviceError, Reason
from drivers.gb18030 import assigned
from drivers.receipt_printer import commands, glyphs
from drivers.receipt_printer.layout import (
    RULE_HEIGHT,
    Feed,
    Line,
    QrLine,
    RuleLine,
    TextLine,
    lay_out,
)
from drivers.receipt_printer.types import Element, Pair, Paragraph, Slip
from drivers.sentence import en

QR_DOTS = 240
"""The width of a printed QR code, about: 30 mm, which every telephone reads."""
_DASH, _DASH_GAP = 8, 4
_QUIET_MODULES = 4
"""White modules around a QR code (ISO/IEC 18004); only above and below, its sides are white
paper."""


class TextMode(StrEnum):
    """How the driver sends text."""

    GB18030 = "gb18030"  # characters; raster for lines that the printer's font cannot show
    RASTER = "raster"  # always raster: for printers without a Chinese font


def encode(slip: Slip, *, width: int = 576, text: TextMode = TextMode.GB18030) -> bytes:
    """The whole slip from start to cut, for a paper of ``width`` dots (a multiple of 8).

    A line is sent as characters (GB18030, two-byte codes only) when the printer's font has all of
    them, else as a picture that is drawn here. A character that no font has is shown as its code
    point, ``[U+2CB4E]``.
    """
    parts = [commands.START]
    parts += [_encode(line, width, text) for line in _lines(slip, width, text)]
    parts.append(commands.CUT)
    return b"".join(parts)


def picture(slip: Slip, *, width: int = 576) -> bytes:
    """PNG of the slip as it should come out, to compare it with the paper."""
    parts: list[tuple[Image.Image | None, int]] = []
    for line in _lines(slip, width, TextMode.RASTER):
        match line:
            case TextLine():
                parts.append((text_image(line, width), 0))
            case RuleLine():
                parts.append((rule_image(width), 0))
            case QrLine(data):
                square, quiet = qr_image(data, width)
                parts += [(None, quiet), (square, 0), (None, quiet)]
            case Feed(dots):
                parts.append((None, dots))
    height = sum(image.height if image else dots for image, dots in parts)
    paper = Image.new("1", (width, max(1, height)), 255)
    y = 0
    for image, dots in parts:
        if image:
            paper.paste(image, ((width - image.width) // 2, y))
        y += image.height if image else dots
    out = io.BytesIO()
    paper.save(out, "PNG")
    return out.getvalue()


def _lines(slip: Slip, width: int, mode: TextMode) -> tuple[Line, ...]:
    shown = replace(slip, elements=tuple(_legible(element, mode) for element in slip.elements))
    return lay_out(shown, width)


def legible(text: str, mode: TextMode = TextMode.GB18030) -> str:
    """The text, with a code point in place of each character that neither the printer nor a font of
    this machine can show.

    Joiners and variation selectors are dropped; control characters never reach the printer.
    """
    return "".join(_legible_char(char, mode) for char in assigned(text))


def _legible_char(char: str, mode: TextMode) -> str:
    if char == "\n":
        return char
    if char == "\t":
        return " "
    if (
        unicodedata.category(char) == "Cf"
        or "\ufe00" <= char <= "\ufe0f"
        or "\U000e0100" <= char <= "\U000e01ef"
    ):
        return ""
    by_printer = mode == TextMode.GB18030 and glyphs.in_gbk(char)
    if by_printer or ((char.isprintable() or char == "\u3000") and glyphs.drawable(char)):
        return char
    return f"[U+{ord(char):04X}]"


def _legible(element: Element, mode: TextMode) -> Element:
    match element:
        case Paragraph():
            return replace(element, text=legible(element.text, mode))
        case Pair():
            # Label and value are one paragraph each: no line breaks.
            label, value = (
                legible(part.replace("\n", " "), mode) for part in (element.label, element.value)
            )
            return replace(element, label=label, value=value)
    return element


def _encode(line: Line, width: int, mode: TextMode) -> bytes:
    match line:
        case TextLine():
            by_printer = mode == TextMode.GB18030 and all(
                glyphs.in_gbk(char) for run in line.runs for char in run.text
            )
            return _characters(line) if by_printer else _raster(text_image(line, width))
        case RuleLine():
            return _raster(rule_image(width))
        case QrLine(data):
            return _qr(data, width)
        case Feed(dots):
            return commands.feed(dots)


def _characters(line: TextLine) -> bytes:
    parts = [commands.line_pitch(line.height), commands.style(line.size, line.bold)]
    for run in line.runs:
        if run.x:
            parts.append(commands.position(run.x))
        parts.append(run.text.encode("gb18030"))
    parts.append(commands.LINE_FEED)
    return b"".join(parts)


def text_image(line: TextLine, width: int) -> Image.Image:
    """A line of text drawn dot by dot, black on white."""
    image = Image.new("L", (width, line.height), 255)
    for run in line.runs:
        glyphs.draw(image, run.x, 0, run.text, size=line.size, bold=line.bold)
    return glyphs.ink(image)


def rule_image(width: int) -> Image.Image:
    """A dashed line across the paper."""
    image = Image.new("1", (width, RULE_HEIGHT), 255)
    canvas = ImageDraw.Draw(image)
    middle = RULE_HEIGHT // 2 - 4  # a text line has its white below: its middle is higher
    for x in range(0, width, _DASH + _DASH_GAP):
        canvas.rectangle((x, middle, x + _DASH - 1, middle + 1), fill=0)
    return image


def _qr(data: str, width: int) -> bytes:
    square, quiet_dots = qr_image(data, width)
    quiet = commands.feed(quiet_dots)
    if quiet_dots // _QUIET_MODULES % 2:
        return quiet + commands.centred(_raster(square)) + quiet
    # Modules with an even number of dots are sent in half size and printed doubled: a quarter of
    # the bytes.
    half = square.resize((square.width // 2, square.height // 2), Image.Resampling.NEAREST)
    bands = b"".join(commands.raster(*glyphs.pack(half), double=True))
    return quiet + commands.centred(bands) + quiet


def qr_image(data: str, width: int) -> tuple[Image.Image, int]:
    """The QR code as a square, and the dots of white around it.

    Raises ``DeviceError`` ``UNSUPPORTED`` for more data than a QR code holds.
    """
    code = QRCode(error_correction=ERROR_CORRECT_M, border=0)
    code.add_data(data)
    try:
        rows = [bytes(row) for row in code.get_matrix()]
    except (ValueError, DataOverflowError) as error:
        raise DeviceError(Reason.UNSUPPORTED, en("too much for a QR code")) from error
    dots = max(1, min(width, max(QR_DOTS, 3 * len(rows))) // len(rows))
    modules = b"".join(row.translate(_MODULE_TO_GREY) for row in rows)
    image = Image.frombytes("L", (len(rows), len(rows)), modules)
    side = len(rows) * dots
    square = image.resize((side, side), Image.Resampling.NEAREST).convert("1")
    return square, _QUIET_MODULES * dots


_MODULE_TO_GREY = bytes([255, 0]) + bytes(254)


def _raster(image: Image.Image) -> bytes:
    """A picture from its first black row to its last. White rows above and below are sent as a
    feed, which is three bytes."""
    ink = ImageOps.invert(image.convert("L")).getbbox()
    if ink is None:
        return commands.feed(image.height)
    _, top, _, bottom = ink
    inked = image.crop((0, top, image.width, bottom))
    bands = b"".join(commands.raster(*glyphs.pack(inked)))
    return commands.feed(top) + bands + commands.feed(image.height - bottom)
