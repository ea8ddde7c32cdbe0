"""What no font has is shown as its code point; what a font has is shown as it is."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kiosk.privacy import Sensitive, mask_name
from kiosk.visit.steps import ConfirmName
from tests.ui.theatre import Setting, Theatre, is_text
from ui import glyphs
from ui.contents import ConfirmNameContent
from ui.views import Look, derive, legible

UNASSIGNED = "\U000323b0"
"""No character stands there in Unicode 15."""


@pytest.mark.parametrize("character", ["张", "㛃", "䶮", "𬭎", "A", "é", "·", "（", "囍"])
def test_common_and_rare_names_are_drawn(character: str) -> None:
    Theatre(Setting()).close()
    assert glyphs.drawable(character)


def test_what_no_font_has_is_spelled_out() -> None:
    theatre = Theatre(Setting())
    try:
        theatre.show(ConfirmName(Sensitive(f"王{UNASSIGNED}㛃")))
        shown = [item.property("text") for item in theatre.items() if is_text(item)]
        assert "王[U+323B0]㛃" in shown
        theatre.greet(f"王{UNASSIGNED}")
        theatre.settle()
        shown = [item.property("text") for item in theatre.items() if is_text(item)]
        assert "王[U+323B0]，您好" in shown
    finally:
        theatre.close()


@pytest.mark.parametrize("character", ["𠅤", "\U000323af", "\ue863"])
def test_a_box_never_stands_for_a_character(character: str) -> None:
    """Which of these a machine has depends on its fonts; it shows the one or the code point."""
    theatre = Theatre(Setting())
    try:
        name = f"欧阳{character}"
        theatre.show(ConfirmName(Sensitive(name)))
        shown = derive(ConfirmName(Sensitive(name)), Look())
        assert isinstance(shown, ConfirmNameContent)
        expected = name if glyphs.drawable(character) else f"欧阳[U+{ord(character):04X}]"
        assert theatre.page.shows == replace(shown, name=expected)
    finally:
        theatre.close()


def test_a_selector_is_not_a_character_of_its_own() -> None:
    assert legible("葛\U000e0100飾", lambda character: False) == "葛\U000e0100飾"


@given(st.text(max_size=12))
def test_everything_is_either_drawn_or_spelled(text: str) -> None:
    assert legible(text, lambda character: True) == text
    spelled = legible((text,), lambda character: False)[0]
    assert len(spelled) >= len(text)
    assert legible(spelled, lambda character: False) == spelled


def test_masks_count_characters() -> None:
    assert mask_name("欧阳𬭎㛃") == "欧*㛃"
    view = derive(ConfirmName(Sensitive("欧阳𬭎㛃")), Look())
    assert isinstance(view, ConfirmNameContent)
    assert view.name == "欧阳𬭎㛃"
