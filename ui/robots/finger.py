"""Clicks on a window's buttons as a finger does, for the programs that play a citizen."""

from __future__ import annotations

import time
from collections.abc import Iterator

from PySide6.QtCore import QCoreApplication, QEvent, QPointF, Qt
from PySide6.QtGui import QMouseEvent
from PySide6.QtQuick import QQuickItem, QQuickWindow


def press(window: QQuickWindow, *names: str) -> float:
    """Click the first button whose key or whose label is one of ``names``.

    Returns the time at which the mouse went down, in seconds of the monotonic clock. Raises
    ``LookupError`` if no such button is visible and enabled.
    """
    item = find(window, *names)
    middle = item.mapToScene(QPointF(item.width() / 2, item.height() / 2))
    at = time.monotonic()
    click(window, middle)
    return at


def find(window: QQuickWindow, *names: str) -> QQuickItem:
    """The button that :func:`press` clicks."""
    for item in walk(window.contentItem()):
        texts = (item.objectName(), item.property("text"), item.property("title"))
        named = item.isVisible() and item.isEnabled() and any(n in texts for n in names)
        if named and item.metaObject().indexOfSignal("clicked()") >= 0:
            return item
    raise LookupError(f"no button {names[0]}")


def click(window: QQuickWindow, at: QPointF) -> None:
    """Mouse down and up at a place in the window.

    Without QtTest: it loads all of QtWidgets, and the bench would measure this memory as the
    visit's.
    """
    left, none = Qt.MouseButton.LeftButton, Qt.MouseButton.NoButton
    for kind, held in (
        (QEvent.Type.MouseButtonPress, left),
        (QEvent.Type.MouseButtonRelease, none),
    ):
        event = QMouseEvent(kind, at, at, left, held, Qt.KeyboardModifier.NoModifier)
        QCoreApplication.sendEvent(window, event)


def walk(item: QQuickItem) -> Iterator[QQuickItem]:
    """``item`` and all items inside; ``findChild`` misses the items that delegates make."""
    yield item
    for child in item.childItems():
        yield from walk(child)
