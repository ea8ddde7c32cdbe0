"""Lays a slip out on the paper: its lines, and the place of each text on its line.

Lengths are in dots of a 203 dpi head. A half-width character takes 12 dots, a full-width character
24, and twice that in double size; a paper of 576 dots has 48 half-width columns.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from drivers.receipt_printer.glyphs import CELL, cells
from drivers.receipt_printer.types import Align, Pair, Paragraph, Qr, Rule, Slip, Space

LEADING = 8
"""Dots of white under every line of text."""
PITCH = 2 * CELL + LEADING
"""Height of a line of normal size."""
RULE_HEIGHT = 24
"""Height of a dashed line."""
QR_HEIGHT = 320
"""Height of a QR code with the white around it, about."""
DOTS_A_MM = 8
TO_KNIFE_MM = 18
"""Paper that is fed past the head to cut a slip, about."""
GAP = 2
"""Least columns between a label and its value on the same line."""


@dataclass(frozen=True, slots=True)
class GlyphRun:
    """Characters side by side, beginning at dot ``x``."""

    x: int
    text: str


@dataclass(frozen=True, slots=True)
class TextLine:
    """One line of text; ``size`` 1 normal, 2 double."""

    runs: tuple[GlyphRun, ...]
    size: int = 1
    bold: bool = False

    @property
    def height(self) -> int:
        return 2 * CELL * self.size + LEADING


@dataclass(frozen=True, slots=True)
class RuleLine:
    """A dashed line across the paper."""


@dataclass(frozen=True, slots=True)
class QrLine:
    """A QR code in the middle."""

    data: str


@dataclass(frozen=True, slots=True)
class Feed:
    """White paper."""

    dots: int


Line = TextLine | RuleLine | QrLine | Feed

_NOT_FIRST = "，。、；：！？）】》」』〉”’…％%°℃元"
"""Characters that never begin a line."""
_NOT_LAST = "（【《「『〈“‘￥¥"
"""Characters that never end a line."""
_WORD = re.compile(
    rf"[{_NOT_LAST}]*(?:[\x21-\x7e\xa5]+|[ \u3000]+|.)(?:(?<![ \u3000])[{_NOT_FIRST}]+)?", re.DOTALL
)
"""Text that stays on one line: a word, an amount with sign and unit, a number, a Chinese
character."""


def lay_out(slip: Slip, width: int = 576) -> tuple[Line, ...]:
    """The lines of a slip, top to bottom, on a paper of ``width`` dots.

    A slip of ``scale`` 2 has all text in double size; titles, which are double already, stay so.
    """
    return tuple(line for element in slip.elements for line in _lines(element, slip.scale, width))


def length_mm(slip: Slip, width: int = 576) -> int:
    """How much paper a slip takes on a paper of ``width`` dots, with what is fed to the knife: to
    some millimetres, since a QR code is taken to be of the usual size."""
    heights = {RuleLine: RULE_HEIGHT, QrLine: QR_HEIGHT}
    dots = sum(
        line.height
        if isinstance(line, TextLine)
        else line.dots
        if isinstance(line, Feed)
        else heights[type(line)]
        for line in lay_out(slip, width)
    )
    return dots // DOTS_A_MM + TO_KNIFE_MM


def columns(text: str) -> int:
    """Width of a text in half-width columns."""
    return sum(map(cells, text))


def wrap(text: str, limit: int) -> tuple[str, ...]:
    """Break a paragraph into lines of at most ``limit`` columns, at least one line.

    Numbers, amounts and words stay whole unless they are longer than a line; a line begins with no
    closing punctuation; spaces at a break are dropped.
    """
    lines: list[str] = []
    line = ""
    for word in _WORD.findall(text):
        if columns(line + word) <= limit:
            line += word
            continue
        if line.strip():
            lines.append(line.rstrip())
        line = "" if word.isspace() else word
        while columns(line) > limit:
            head = _head(line, limit)
            lines.append(head)
            line = line[len(head) :]
    if line.strip() or not lines:
        lines.append(line.rstrip())
    return tuple(lines)


def _head(text: str, limit: int) -> str:
    """As many characters as fit, at least one; a combining mark stays with its character."""
    taken = 0
    for at, char in enumerate(text):
        taken += cells(char)
        if taken > limit and at:
            return text[:at]
    return text


def _lines(element: Paragraph | Pair | Rule | Qr | Space, scale: int, width: int) -> Iterator[Line]:
    match element:
        case Paragraph(text, align, size, bold):
            size = max(size, scale)
            for paragraph in text.split("\n"):
                for part in wrap(paragraph, width // (CELL * size)):
                    yield _aligned(part, align, size, bold, width)
        case Pair():
            yield from _pair(element, scale, width)
        case Rule():
            yield RuleLine()
        case Qr(data):
            yield QrLine(data)
        case Space(count):
            yield Feed(PITCH * count)


def _aligned(text: str, align: Align, size: int, bold: bool, width: int) -> TextLine:
    spare = max(0, width - columns(text) * CELL * size)
    x = {Align.LEFT: 0, Align.CENTRE: spare // 2, Align.RIGHT: spare}[align]
    return TextLine((GlyphRun(x, text),) if text else (), size, bold)


def _pair(pair: Pair, size: int, width: int) -> Iterator[TextLine]:
    limit = width // (CELL * size)
    if columns(pair.label) + GAP + columns(pair.value) <= limit:
        x = width - columns(pair.value) * CELL * size
        yield TextLine((GlyphRun(0, pair.label), GlyphRun(x, pair.value)), size, pair.bold)
        return
    for part in wrap(pair.label, limit):
        yield _aligned(part, Align.LEFT, size, pair.bold, width)
    value = wrap(pair.value, limit)
    align = Align.RIGHT if len(value) == 1 else Align.LEFT
    for part in value:
        yield _aligned(part, align, size, pair.bold, width)
