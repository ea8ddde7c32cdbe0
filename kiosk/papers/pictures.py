"""Draws the pages of a PDF for the screen."""

from __future__ import annotations

import math
import threading
from contextlib import closing
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pypdfium2 import PdfPage

_MOST_PIXELS = 40_000_000
"""Most pixels of all pages together, four bytes each; a larger PDF is not drawn."""

_drawing = threading.Lock()  # PDFium may be used by one thread at a time


class CannotDraw(Exception):
    """The PDF cannot be shown. ``str`` says why in technician's words, nothing of the content."""


@dataclass(frozen=True, slots=True)
class Picture:
    """One page: rows from the top, ``4 * width`` bytes each, every pixel B, G, R, unused.

    On a little-endian machine these are the bytes of a ``QImage.Format_RGB32``, which Qt's software
    renderer paints without converting.
    """

    width: int
    height: int
    pixels: bytes = field(repr=False)


def load() -> None:
    """Load PDFium ahead of the first document, so that no citizen waits for it."""
    import pypdfium2  # noqa: F401


def page_pictures(pdf: bytes, width_px: int) -> list[Picture]:
    """All pages of ``pdf`` on white, with annotations (seals), each exactly ``width_px`` wide.

    Raises :class:`CannotDraw` for bytes that are no PDF, are encrypted, or have no page or pages
    too large to draw; ``ValueError`` for a width below 1.
    """
    if width_px < 1:
        raise ValueError("a picture is at least one pixel wide")
    from pypdfium2 import PdfDocument, PdfiumError

    try:
        with _drawing, closing(PdfDocument(pdf)) as document:
            if len(document) == 0:
                raise CannotDraw("no page")
            room = _MOST_PIXELS
            pictures = []
            for number in range(len(document)):
                with closing(document[number]) as page:
                    pictures.append(_draw(page, width_px, room))
                room -= width_px * pictures[-1].height
            return pictures
    except PdfiumError as error:
        raise CannotDraw(str(error)) from None


def _draw(page: PdfPage, width_px: int, room: int) -> Picture:
    width, height = page.get_size()
    if not (width > 0 and height > 0 and height / width * width_px**2 < room):
        raise CannotDraw("a page without a size, or too large")
    # PDFium rounds the width in pixels up, so the scale is the next number below the exact one.
    scale = math.nextafter(width_px / width, 0)
    with closing(page.render(scale=scale, prefer_bgrx=True)) as bitmap:
        return Picture(bitmap.width, bitmap.height, bytes(bitmap.buffer))
