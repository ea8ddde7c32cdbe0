"""Tells whether this machine's fonts have a character: few fonts have all characters of names."""

from __future__ import annotations

from functools import cache

from PySide6.QtGui import QFont, QGuiApplication, QTextLayout


@cache
def drawable(character: str) -> bool:
    """Whether an installed font has ``character``; otherwise Qt would draw an empty box."""
    layout = QTextLayout(character, QFont(QGuiApplication.font()))
    layout.beginLayout()
    layout.createLine()
    layout.endLayout()
    glyphs = [glyph for run in layout.glyphRuns() for glyph in run.glyphIndexes()]
    return bool(glyphs) and 0 not in glyphs
