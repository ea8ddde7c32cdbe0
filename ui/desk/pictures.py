"""Pictures for the window: papers of the printers, and the last frame of the camera."""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Sequence

from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QImage
from PySide6.QtQuick import QQuickImageProvider

BLANK = QSize(1, 1)


class Pictures(QQuickImageProvider):
    """Serves ``image://out/NAME``, scaled to the wanted width; names come from :meth:`keep`.

    Each call of :meth:`keep` drops the device's earlier pictures that it does not name again: the
    papers were taken away.
    """

    def __init__(self) -> None:
        super().__init__(QQuickImageProvider.ImageType.Image)
        self._guard = threading.Lock()
        self._kept: dict[str, dict[str, QImage]] = {}

    def keep(self, device: str, papers: Sequence[bytes]) -> list[str]:
        """Keep ``papers`` (PNG or JPEG) as all pictures of ``device``; returns their names.

        From any thread.
        """
        before = self._kept.get(device, {})
        names = [f"{device}/{hashlib.sha256(paper).hexdigest()[:16]}" for paper in papers]
        now = {
            name: before.get(name) or QImage.fromData(paper)
            for name, paper in zip(names, papers, strict=True)
        }
        with self._guard:
            self._kept[device] = now
        return names

    def requestImage(self, id_: str, size: QSize, wanted: QSize) -> QImage:
        with self._guard:
            image = self._kept.get(id_.partition("/")[0], {}).get(id_)
        if image is None or image.isNull():
            return QImage(BLANK, QImage.Format.Format_RGB32)
        size.setWidth(image.width())
        size.setHeight(image.height())
        if 0 < wanted.width() < image.width():
            smooth = Qt.TransformationMode.SmoothTransformation
            return image.scaledToWidth(wanted.width(), smooth)
        return image
