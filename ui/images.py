"""Pictures for the pages: icons in any colour, and the sheets of a sealed document."""

from __future__ import annotations

from collections.abc import Callable
from importlib import resources
from typing import TYPE_CHECKING

from PySide6.QtCore import QByteArray, QSize
from PySide6.QtGui import QImage, QPainter
from PySide6.QtQuick import QQuickImageProvider
from PySide6.QtSvg import QSvgRenderer

if TYPE_CHECKING:
    from kiosk.papers.pictures import Picture


ICON_PX = 128
"""An icon up to this width is asked for by many pages, a wider picture by one page, which has it:
four megabytes a visit, each drawn in two milliseconds."""


class Icons(QQuickImageProvider):
    """``image://icon/NAME/RRGGBB``: the icon NAME of ``assets/icons``, drawn in this colour."""

    def __init__(self) -> None:
        super().__init__(QQuickImageProvider.ImageType.Image)
        self._folder = resources.files("assets") / "icons"
        self._drawn: dict[tuple[str, int, int], QImage] = {}

    def requestImage(self, id_: str, size: QSize, wanted: QSize) -> QImage:
        width, height = max(1, wanted.width()), max(1, wanted.height())
        key = (id_, width, height)
        image = self._drawn.get(key) or self._draw(id_, width, height)
        if width <= ICON_PX:
            self._drawn[key] = image
        size.setWidth(image.width())
        size.setHeight(image.height())
        return image

    def _draw(self, id_: str, width: int, height: int) -> QImage:
        name, _, color = id_.partition("/")
        svg = (self._folder / f"{name}.svg").read_text(encoding="utf-8")
        svg = svg.replace("currentColor", "#" + (color[-6:] or "000000"))
        image = _transparent(width, height)
        painter = QPainter(image)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        QSvgRenderer(QByteArray(svg.encode())).render(painter)
        painter.end()
        return image


class Sheets(QQuickImageProvider):
    """``image://paper/TICKET/SHEET``: a page of the document that the step ``TICKET`` shows."""

    def __init__(self, picture: Callable[[int, int], Picture | None]) -> None:
        super().__init__(QQuickImageProvider.ImageType.Image)
        self._picture = picture

    def requestImage(self, id_: str, size: QSize, wanted: QSize) -> QImage:
        sheet = int(id_.rpartition("/")[2])
        picture = self._picture(sheet, max(1, wanted.width()))
        if picture is None:  # the step changed before its sheet was drawn
            return _transparent(1, 1)
        rgb32 = QImage.Format.Format_RGB32
        image = QImage(picture.pixels, picture.width, picture.height, rgb32).copy()
        size.setWidth(image.width())
        size.setHeight(image.height())
        return image


def _transparent(width: int, height: int) -> QImage:
    """An empty picture, of noughts: ``QImage.fill`` would have PySide make all enumerations of
    ``Qt`` first, which are 16 ms of the poster's start."""
    format_ = QImage.Format.Format_ARGB32_Premultiplied
    return QImage(bytes(4 * width * height), width, height, format_).copy()
