"""Texts stand out from their ground 4.5 to 1, in high contrast 7 to 1; edges 3 to 1 (WCAG 2.2)."""

from __future__ import annotations

import re

import pytest
from PySide6.QtCore import QObject, QUrl
from PySide6.QtGui import QColor
from PySide6.QtQml import QQmlComponent

from tests.ui.theatre import Setting, Theatre
from ui.stage import HERE

PAIRS = (
    ("ink", "paper"),
    ("ink", "card"),
    ("soft", "paper"),
    ("soft", "card"),
    ("faint", "paper"),
    ("faint", "card"),
    ("blue", "paper"),
    ("blue", "card"),
    ("ink", "blueTint"),
    ("soft", "blueTint"),
    ("blue", "blueTint"),
    ("white", "blue"),
    ("white", "bluePressed"),
    ("whiteSoft", "blue"),
    ("white", "ink"),
    ("jade", "jadeTint"),
    ("jade", "card"),
    ("amber", "amberTint"),
    ("amber", "paper"),
    ("amber", "card"),
    ("red", "redTint"),
    ("red", "paper"),
    ("red", "card"),
)
"""What stands on what, by the names of the theme's tokens."""

EDGES = (
    ("edge", "paper"),  # a button or a tile that can be pressed
    ("edge", "card"),
    ("blue", "paper"),  # a tile under the finger, a primary button, the box to type into
    ("blue", "card"),
    ("blue", "blueTint"),
    ("ink", "paper"),  # a primary button under the finger
    ("blueEdge", "blue"),  # the eye on the card of the amount
    ("focus", "paper"),
    ("focus", "card"),
    ("white", "blue"),  # parts the focus ring from a primary button
    ("white", "focus"),
)
"""What bounds everything that can be pressed, typed into or focused, by the tokens' names."""


def luminance(color: QColor) -> float:
    def linear(part: float) -> float:
        return part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4

    red, green, blue = (linear(c) for c in (color.redF(), color.greenF(), color.blueF()))
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: QColor, other: QColor) -> float:
    light, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def test_black_on_white_is_21() -> None:
    assert contrast(QColor("#000"), QColor("#fff")) == pytest.approx(21)
    assert contrast(QColor("#777"), QColor("#fff")) == pytest.approx(4.48, abs=0.01)


def theme(theatre: Theatre) -> QObject:
    """The one that the pages use."""
    component = QQmlComponent(theatre.stage.engine)
    source = b'import QtQuick\nimport "components"\nQtObject { property var theme: Theme }'
    component.setData(source, QUrl.fromLocalFile(str(HERE / "Contrast.qml")))
    holder = component.create()
    assert holder is not None, component.errorString()
    found = holder.property("theme")
    assert isinstance(found, QObject)
    return found


@pytest.mark.parametrize(("high", "least"), [(False, 4.5), (True, 7.0)], ids=["normal", "high"])
def test_every_pair_in_use(high: bool, least: float) -> None:
    theatre = Theatre(Setting(contrast=high))
    try:
        tokens = theme(theatre)
        assert tokens.property("highContrast") is high
        weak = {
            f"{text} on {ground}": round(ratio, 2)
            for text, ground in PAIRS
            if (ratio := contrast(tokens.property(text), tokens.property(ground))) < least
        }
        assert not weak
        faint = {
            f"{edge} on {ground}": round(ratio, 2)
            for edge, ground in EDGES
            if (ratio := contrast(tokens.property(edge), tokens.property(ground))) < 3
        }
        assert not faint
    finally:
        theatre.close()


ONE_PIXEL = re.compile(
    r"\b(?:border\.width|strokeWidth|lineWidth|height|width):\s*(?:[^;{}\n]*[?:]\s*)?1\s*(?=[;}]|$)"
)
"""A line of one pixel of the design, which in a smaller window is less than one of the screen."""


def test_every_hairline_is_a_pixel_of_the_screen() -> None:
    assert ONE_PIXEL.search("border.width: Theme.highContrast ? 2 : 1")
    assert ONE_PIXEL.search("Rectangle { height: 1; color: Theme.line }")
    found = [
        f"{path.name}:{number}: {line.strip()}"
        for path in sorted(HERE.rglob("*.qml"))
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1)
        if path.parent.name != "desk"  # whose window is never scaled
        and ONE_PIXEL.search(line)
        and "Item {" not in line  # which only keeps things apart
    ]
    assert found == [], "Theme.hair is the width of a hairline"
