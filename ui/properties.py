"""What QML reads of Python: typed properties, and singletons under a name."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar, cast

from PySide6.QtCore import Property, QObject, Signal
from PySide6.QtQml import qmlRegisterSingletonInstance

T = TypeVar("T")

MODULE = "Kiosk"
"""The QML module that pages import."""


def readable(type_: type[T], read: Callable[[Any], T], notify: Signal | None = None) -> T:
    """A property that QML and Python read; without ``notify`` it never changes.

    The type is that of the value, because PySide's stubs give ``Property`` as the type of
    ``object.name`` too.
    """
    if notify is None:
        return cast(T, Property(type_, read, constant=True))
    return cast(T, Property(type_, read, notify=notify))


def register_singleton(singleton: QObject, name: str = "") -> None:
    """Register ``singleton`` under ``name``; without one, under the name of its class. To be called
    before the process makes its first engine: PySide registers every singleton as a ``QObject``,
    and from then on an engine that was first could put no item into another."""
    type_ = type(singleton)
    called: Any = name or type_.__name__  # The stub says bytes where the call takes str only.
    qmlRegisterSingletonInstance(type_, MODULE, 1, 0, called, singleton)
