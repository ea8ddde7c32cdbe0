"""The font of the screen: a small one for nearly everything, and the whole one behind it."""

from __future__ import annotations

from functools import cache
from importlib import resources

from PySide6.QtGui import QFont, QFontDatabase, QGuiApplication

SMALL = "Kiosk Sans SC"
"""The fonts of ``assets/fonts``: what ``tools.screen_font`` takes out of the whole one."""
WHOLE = "Noto Sans CJK SC"


def use(app: QGuiApplication) -> None:
    """Have ``app`` draw with the small font, and with the whole one what the small one lacks, such
    as a rare character of a name; both draw the same. Texts in QML name no family: a family named
    there would be the only one.

    Around each glyph that is drawn the kernel maps 64 KB of the font's file. In the whole font the
    glyphs of the pages lie so far apart that 15 MB of it would stay mapped.
    """
    _add_small()
    app.setFont(QFont([SMALL, WHOLE]))


@cache
def _add_small() -> None:
    for weight in ("Regular", "Bold"):
        path = resources.files("assets") / "fonts" / f"KioskSansSC-{weight}.otf"
        QFontDatabase.addApplicationFont(str(path))
