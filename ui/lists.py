"""Constant lists of objects as QML reads them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, TypeVar

from PySide6 import QtQml
from PySide6.QtCore import QObject

Item = TypeVar("Item", bound=QObject)

KINDS: dict[int, type[QObject]] = {}
"""The class of the items of each list property, by the ``id`` of the property, which lives as long
as its class. Qt's meta-objects do not hold this class; ``tools/qmllint.py`` tells it to qmllint."""


def ListProperty(kind: type[Item], items: Callable[[Any], Sequence[Item]]) -> QtQml.ListProperty:
    """A property ``list<kind>``. ``items`` returns an object's list, the same list every time."""
    found = QtQml.ListProperty(
        kind,
        count=lambda owner: len(items(owner)),
        at=lambda owner, index: items(owner)[index],
        constant=True,  # type: ignore[call-arg]  # the stub lacks this argument
    )
    KINDS[id(found)] = kind
    return found
