"""The camera's picture on a page: redrawn for each new one, kept nowhere else.

The item's texture node owns its texture: the next picture's texture replaces and frees it. Without
ownership a preview grew by 30 MB a second. With the preview's end the node is given up, and what is
left of the last picture dies with the visit's process.
"""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import QObject, QRectF, QSize, Qt, QTimer
from PySide6.QtGui import QColor, QImage, QPainter, QPainterPath, QPen
from PySide6.QtQuick import QQuickItem, QQuickWindow, QSGNode, QSGSimpleTextureNode

from drivers.camera.types import Stream
from drivers.device import DeviceError

QML_IMPORT_NAME = "Kiosk"
EVERY_MS = 33
"""From one look for a new picture to the next."""
_EMPTY = QColor("#C9D0D9")
_DARK = QColor("#14243A")
_SHADE = QColor(20, 36, 58, 150)
_VIEW = (3, 4)
"""What of a picture a capture sees, its middle: ``kiosk/identity/face/quality.py:view_of``."""


class FacePreview(QQuickItem):
    """Shows the newest picture of :attr:`source` inside an oval; without one, an empty oval."""

    source: Any = None
    """An object with the attribute ``preview``, a :class:`Stream` or None: the current page."""
    screen: QQuickWindow | None = None
    """The window, set from outside: the wrapper that ``window()`` gives dies with its item, and
    takes that of the whole window with it."""

    def __init__(self, parent: QQuickItem | None = None) -> None:
        super().__init__(parent)
        self.setFlag(QQuickItem.Flag.ItemHasContents)
        self._number = 0
        self._stream: Stream | None = None
        self._image: QImage | None = None
        self._oval: QImage | None = None
        self._node: QSGSimpleTextureNode | None = None
        self._timer = QTimer(self, interval=EVERY_MS)
        self._timer.timeout.connect(self._look)
        self.visibleChanged.connect(self._run)
        self.widthChanged.connect(self.update)
        self.heightChanged.connect(self.update)
        self._run()

    def _run(self) -> None:
        if self.isVisible():
            self._timer.start()
        else:
            self._timer.stop()

    def _look(self) -> None:
        stream: Stream | None = getattr(self.source, "preview", None)
        if stream is not self._stream:
            self._stream, self._number, self._image = stream, 0, None
            self.update()
        if stream is None:
            return
        try:
            frame = stream.next(self._number, 0.0)
        except DeviceError:
            return  # the capture is over, or its camera stands still: the dialogue hears of it
        if frame is None:
            return
        self._number = frame.number
        height, width = frame.image.shape[:2]
        data = frame.image.tobytes()
        self._image = QImage(data, width, height, 3 * width, QImage.Format.Format_BGR888).copy()
        self.update()

    def picture(self) -> QImage:
        """The oval as it is drawn now."""
        size = QSize(max(1, round(self.width())), max(1, round(self.height())))
        image = QImage(size, QImage.Format.Format_ARGB32_Premultiplied)
        if self._image is None:
            image.fill(_EMPTY)
        painter = QPainter(image)
        if self._image is not None:
            painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
            painter.drawImage(QRectF(0, 0, size.width(), size.height()), self._image)
        painter.setCompositionMode(QPainter.CompositionMode.CompositionMode_DestinationIn)
        painter.drawImage(0, 0, self._mask(size))
        painter.end()
        return image

    def _mask(self, size: QSize) -> QImage:
        if self._oval is None or self._oval.size() != size:
            oval = QImage(size, QImage.Format.Format_ARGB32_Premultiplied)
            oval.fill(Qt.GlobalColor.transparent)
            painter = QPainter(oval)
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(Qt.GlobalColor.black)
            painter.drawEllipse(QRectF(0, 0, size.width(), size.height()))
            painter.end()
            self._oval = oval
        return self._oval

    def updatePaintNode(self, old: QSGNode, data: QQuickItem.UpdatePaintNodeData) -> QSGNode:
        if not old:
            self._node = QSGSimpleTextureNode()
            self._node.setOwnsTexture(True)
        node = self._node
        assert node is not None  # Qt hands back the node that was made here
        assert self.screen is not None  # set before a page is shown
        node.setTexture(self.screen.createTextureFromImage(self.picture()))
        node.setRect(QRectF(0, 0, self.width(), self.height()))
        return node


class CameraView(FacePreview):
    """The whole newest picture, mirrored; what a face capture does not see lies in the shade round
    its oval."""

    def picture(self) -> QImage:
        size = QSize(max(1, round(self.width())), max(1, round(self.height())))
        image = QImage(size, QImage.Format.Format_ARGB32_Premultiplied)
        image.fill(_DARK)
        where = QRectF(0, 0, size.width(), size.height())
        painter = QPainter(image)
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        if self._image is not None:
            fitting = self._image.size().scaled(size, Qt.AspectRatioMode.KeepAspectRatio)
            where = _centred(where, fitting.width(), fitting.height())
            painter.save()
            painter.translate(size.width(), 0)
            painter.scale(-1, 1)
            painter.drawImage(where, self._image)
            painter.restore()
        seen = QSize(*_VIEW).scaled(where.size().toSize(), Qt.AspectRatioMode.KeepAspectRatio)
        oval = _centred(where, seen.width(), seen.height())
        shade = QPainterPath()
        shade.addRect(where)
        shade.addEllipse(oval)  # odd-even: the oval is left out
        painter.fillPath(shade, _SHADE)
        painter.setPen(QPen(Qt.GlobalColor.white, 4))
        painter.drawEllipse(oval.adjusted(2, 2, -2, -2))
        painter.end()
        return image


def _centred(around: QRectF, width: float, height: float) -> QRectF:
    left, top = around.center().x() - width / 2, around.center().y() - height / 2
    return QRectF(left, top, width, height)


def register(source: QObject) -> None:
    """Make the items known to QML; ``source`` has the preview."""
    from PySide6.QtQml import qmlRegisterType

    FacePreview.source = source
    module: Any = QML_IMPORT_NAME  # the stub says bytes where the call takes str only
    for item in (FacePreview, CameraView):
        name: Any = item.__name__
        qmlRegisterType(item, module, 1, 0, name)
