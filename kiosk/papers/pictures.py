"""Draws the pages of a PDF for the screen."""

from __future__ import annotations

import math
import threading
from contextlib import closing, suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pypdfium2 import PdfDocument, PdfPage

_MOST_PIXELS = 20_000_000
"""Most pixels of a page, four bytes each; a larger page is not drawn."""

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


class PaperPages:
    """The pages of a document, drawn one at a time: the page that is asked for, and then the next
    one ahead, in a thread. Only what was drawn ahead is kept. May be used from any thread.

    Raises :class:`CannotDraw` for bytes that are no PDF or are encrypted, and for a PDF without a
    page or with a page without a size.
    """

    def __init__(self, pdf: bytes) -> None:
        from pypdfium2 import PdfDocument, PdfiumError

        self._ahead: dict[int, tuple[int, Picture]] = {}
        """By its width, the page that was drawn ahead: its number and picture."""
        try:
            with _drawing:
                self._document: PdfDocument | None = PdfDocument(pdf)
                self._document.init_forms()  # a visible seal is a form's widget
                sizes = [self._document.get_page_size(n) for n in range(len(self._document))]
        except PdfiumError as error:
            raise CannotDraw(str(error)) from None
        self.count = len(sizes)
        if not sizes or not all(width > 0 and height > 0 for width, height in sizes):
            self.close()
            raise CannotDraw("no page, or a page without a size")

    def picture(self, number: int, width_px: int) -> Picture:
        """Page ``number``, from 0, on white, with annotations and seals, exactly ``width_px`` wide.

        Raises :class:`CannotDraw` for a page that is too large or cannot be read, ``ValueError``
        for a width below 1.
        """
        if width_px < 1:
            raise ValueError("a picture is at least one pixel wide")
        with _drawing:
            drawn, picture = self._ahead.pop(width_px, (None, None))
            if picture is None or drawn != number:
                picture = self._draw(number, width_px)
        if number + 1 < self.count:
            ahead = (number + 1, width_px)
            with suppress(RuntimeError):  # no thread to be had: it is drawn when it is asked for
                threading.Thread(
                    target=self._draw_ahead, args=ahead, name="page", daemon=True
                ).start()
        return picture

    def close(self) -> None:
        """Give the document back. Also right when a page is being drawn."""
        with _drawing:
            if self._document is not None:
                self._document.close()
            self._document = None
            self._ahead.clear()

    def _draw_ahead(self, number: int, width_px: int) -> None:
        with suppress(CannotDraw), _drawing:  # the citizen may never turn to the page
            self._ahead[width_px] = number, self._draw(number, width_px)

    def _draw(self, number: int, width_px: int) -> Picture:
        from pypdfium2 import PdfiumError

        if self._document is None:
            raise CannotDraw("the document is closed")
        try:
            with closing(self._document[number]) as page:
                return _draw(page, width_px)
        except (PdfiumError, IndexError) as error:
            raise CannotDraw(str(error)) from None


def _draw(page: PdfPage, width_px: int) -> Picture:
    width, height = page.get_size()
    if height / width * width_px**2 > _MOST_PIXELS:
        raise CannotDraw("a page too large")
    # PDFium rounds the width in pixels up, so the scale is the next number below the exact one.
    scale = math.nextafter(width_px / width, 0)
    with closing(page.render(scale=scale, prefer_bgrx=True)) as bitmap:
        return Picture(bitmap.width, bitmap.height, bytes(bitmap.buffer))
