"""Constant lists of objects as QML reads them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, TypeVar

from PySide6 import QtQml
from PySide6.QtCore import QObject

Item = TypeVar("Item", bound=QObject)

KINDS: dict[int, type[QObject]] = {}
"""By the ``id`` of a list property, which lives as long as its class: what it is a list of. Qt's
meta-objects do not know; ``tools/qmllint.py`` tells it to qmllint."""


def ListProperty(kind: type[Item], items: Callable[[Any], Sequence[Item]]) -> QtQml.ListProperty:
    """A property ``list<kind>``; ``items`` gives the list, always the same, of the object."""
    found = QtQml.ListProperty(
        kind,
        count=lambda owner: len(items(owner)),
        at=lambda owner, index: items(owner)[index],
        constant=True,  # type: ignore[call-arg]  # the stub lacks what every Property takes
    )
    KINDS[id(found)] = kind
    return found
