"""Keeps what Qt says during a test: a binding loop or a missing file is a fault of ours."""

from __future__ import annotations

from functools import cache

said: list[str] = []


@cache
def watch() -> None:
    """From now on, everything above debug is kept in ``said``."""
    from PySide6.QtCore import QtMsgType, qInstallMessageHandler

    def keep(kind: QtMsgType, _context: object, message: str) -> None:
        if kind is not QtMsgType.QtDebugMsg:
            said.append(message)

    qInstallMessageHandler(keep)
