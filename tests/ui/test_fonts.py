"""The screen's small font has what the pages say, draws as the whole one, and keeps that shut."""

from __future__ import annotations

import subprocess
import sys

import pytest
from PySide6.QtCore import QPointF
from PySide6.QtGui import QFont, QFontMetricsF, QImage, QPainter, QRawFont

from tests.ui.theatre import application
from tools import screen_font
from ui import fonts

PX = 34
BOLD = pytest.mark.parametrize("bold", [False, True], ids=screen_font.WEIGHTS)
RARE = ("王㛃", "欧阳𬭎先生", "Lǚ 吕 Łódź")
"""Texts of which only a part is in the small font."""
KERNED = ("AVATAR, To. Tax", "“if” — ‘fi’ f… 1,234.00 元（大写）", "L·Ł éÊ ½")
WIDE = 30
"""Characters that stand in a line of the picture."""
SHOWS = """
from pathlib import Path
from tests.ui.cases import cases
from tests.ui.theatre import Setting, Theatre
for language in ("zh_CN", "en"):
    theatre = Theatre(Setting(language=language))
    for name in ("07-menu", "12-ledger"):
        theatre.show(cases()[name])
        theatre.settle()
    theatre.close()
print(Path("/proc/self/maps").read_text())
"""


@pytest.fixture(autouse=True)
def _app() -> None:
    fonts.use(application())


def font(family: str, bold: bool) -> QFont:
    """Of the families of the screen, where ``family`` is the small one."""
    found = QFont([fonts.SMALL, fonts.WHOLE] if family == fonts.SMALL else family)
    found.setPixelSize(PX)
    found.setBold(bold)
    return found


def raw(family: str, bold: bool) -> QRawFont:
    found = QRawFont.fromFont(font(family, bold))
    assert found.familyName() == family
    return found


def drawn(text: str, font: QFont) -> QImage:
    image = QImage(1080, 2 * PX, QImage.Format.Format_RGB32)
    image.fill(0xFFFFFF)
    painter = QPainter(image)
    painter.setFont(font)
    painter.drawText(QPointF(8, 1.5 * PX), text)
    painter.end()
    return image


@BOLD
def test_it_has_every_character_of_the_words(bold: bool) -> None:
    """When this fails: ``python -m tools.screen_font``, as its docstring says."""
    small, whole = raw(fonts.SMALL, bold), raw(fonts.WHOLE, bold)
    assert not [
        each
        for each in screen_font.characters()
        if whole.supportsCharacter(ord(each)) and not small.supportsCharacter(ord(each))
    ]


@BOLD
def test_lines_stand_and_texts_are_drawn_as_in_the_whole_font(bold: bool) -> None:
    small, whole = font(fonts.SMALL, bold), font(fonts.WHOLE, bold)
    one, other = QFontMetricsF(small), QFontMetricsF(whole)
    assert (one.ascent(), one.descent(), one.lineSpacing()) == (
        other.ascent(),
        other.descent(),
        other.lineSpacing(),
    )
    every = "".join(sorted(screen_font.characters()))
    rows = [every[at : at + WIDE] for at in range(0, len(every), WIDE)]
    for text in (*rows, *RARE, *KERNED):
        assert drawn(text, small) == drawn(text, whole), text


def test_the_pages_leave_the_whole_font_shut() -> None:
    """Of which 7.5 MB a weight would be mapped, and a megabyte of tables copied."""
    done = subprocess.run([sys.executable, "-c", SHOWS], capture_output=True, text=True, check=True)
    mapped = {line.rpartition("/")[2] for line in done.stdout.splitlines()}
    assert {f"KioskSansSC-{weight}.otf" for weight in screen_font.WEIGHTS} <= mapped
    assert not [name for name in mapped if "CJK" in name]


def test_no_page_names_a_family() -> None:
    """It would be the only one: the whole font would not stand behind the small one."""
    pages = (screen_font.ROOT / "ui").rglob("*.qml")
    assert not [page.name for page in pages if "font.family" in page.read_text(encoding="utf-8")]
