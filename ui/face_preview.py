"""The camera's preview on a page: an oval, redrawn for each new picture, kept nowhere else.

The item's texture node owns its texture: the next picture's texture replaces and frees it. Without
ownership a preview grew by 30 MB a second. With the preview's end the node is given up, and what is
left of the last picture dies with the visit's process.
"""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import QObject, QRectF, QSize, Qt, QTimer
from PySide6.QtGui import QColor, QImage, QPainter
from PySide6.QtQuick import QQuickItem, QQuickWindow, QSGNode, QSGSimpleTextureNode

from drivers.camera.types import Stream
from drivers.device import DeviceError

QML_IMPORT_NAME = "Kiosk"
EVERY_MS = 33
"""From one look for a new picture to the next."""
_EMPTY = QColor("#C9D0D9")


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


def register(source: QObject) -> None:
    """Make the item known to QML; ``source`` has the preview."""
    from PySide6.QtQml import qmlRegisterType

    FacePreview.source = source
    name: Any = FacePreview.__name__  # the stub says bytes where the call takes str only
    module: Any = QML_IMPORT_NAME
    qmlRegisterType(FacePreview, module, 1, 0, name)
