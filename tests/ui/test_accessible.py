"""The tree that a screen reader reads, and the whole terminal by keyboard."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

import pytest
from PySide6.QtCore import QRect, Qt
from PySide6.QtGui import QAccessible, QAccessibleInterface
from PySide6.QtQuick import QQuickItem
from PySide6.QtTest import QTest

from tests.ui.cases import cases
from tests.ui.theatre import Setting, Theatre, is_button, on_scene

CASES = cases()
ROLES_OF_BUTTONS = {QAccessible.Role.Button, QAccessible.Role.PageTab}
NO_HEADING = {"23"}


@dataclass(frozen=True)
class SpokenNode:
    """One thing that a screen reader may say."""

    role: QAccessible.Role
    name: str
    place: QRect
    focusable: bool


def nodes(root: QAccessibleInterface) -> Iterator[SpokenNode]:
    state = root.state()
    if not state.invisible:
        name = root.text(QAccessible.Text.Name)
        yield SpokenNode(root.role(), name, root.rect(), bool(state.focusable))
    for index in range(root.childCount()):
        yield from nodes(root.child(index))


@pytest.fixture(scope="module", params=["portrait", "landscape"])
def theatre(request: pytest.FixtureRequest) -> Iterator[Theatre]:
    theatre = Theatre(Setting(orientation=request.param))
    QAccessible.setActive(True)
    yield theatre
    theatre.close()


def tree(theatre: Theatre) -> list[SpokenNode]:
    return list(nodes(QAccessible.queryAccessibleInterface(theatre.window)))


REPEATS = (
    *("12", "13", "17", "18", "22", "46", "47", "49", "50", "52", "53", "91", "97c"),
    *("a3", "a4", "a5"),
)
"""Pages of tables and of like entries, where one word stands in several rows."""


@pytest.mark.parametrize("name", CASES)
def test_everything_has_a_name_and_a_role(theatre: Theatre, name: str) -> None:
    theatre.show(CASES[name], back=True)
    said = tree(theatre)
    assert all(node.name for node in said), [node for node in said if not node.name]
    assert any(node.role is QAccessible.Role.Heading for node in said)
    buttons = [node for node in said if node.role in ROLES_OF_BUTTONS]
    shown = [item for item in theatre.items() if is_button(item)]
    assert len(buttons) == len(shown)
    for item in shown:
        centre = on_scene(item).center().toPoint()
        found = [node.name for node in buttons if node.place.contains(centre)]
        assert len(found) == 1, (item.objectName(), found)
    # No text is said twice: a label and its value are one.
    texts = [node.name for node in said if node.role is QAccessible.Role.StaticText]
    twice = [text for text in texts if texts.count(text) > 1 and not text.isdecimal()]
    assert not twice or name.startswith(REPEATS)


def focused(theatre: Theatre) -> QQuickItem:
    item = theatre.window.activeFocusItem()
    assert item is not None
    return item


def tab_through(theatre: Theatre, key: Qt.Key = Qt.Key.Key_Tab) -> list[QQuickItem]:
    """Every item that the key leads to, once round."""
    found: list[QQuickItem] = []
    for _step in range(60):  # a keyboard has more keys than any other page has buttons
        QTest.keyClick(theatre.window, key)
        theatre.app.processEvents()
        item = focused(theatre)
        if item in found:
            return found
        if is_button(item):
            found.append(item)
    raise AssertionError("the Tab key goes round and round")


@pytest.mark.parametrize("name", CASES)
def test_tab_reaches_every_button_in_reading_order(theatre: Theatre, name: str) -> None:
    theatre.show(CASES[name], back=True)
    theatre.window.requestActivate()
    assert not is_button(focused(theatre)), "a new page has no button chosen"
    reached = tab_through(theatre)
    assert {item.objectName() for item in reached} == {b.objectName() for b in theatre.buttons()}
    assert len(reached) == len(theatre.buttons())
    # The page first, from its top to its foot; then what stands around every page.
    page = [item for item in reached if item.objectName() not in ("contrast", "elder", "language")]
    for one, other in pairwise(page):
        a, b = on_scene(one), on_scene(other)
        below = b.top() >= a.bottom() - 1
        beside = b.left() >= a.right() - 1
        assert below or beside, f"{other.objectName()} comes after {one.objectName()}"


@pytest.mark.parametrize("key", [Qt.Key.Key_Space, Qt.Key.Key_Return, Qt.Key.Key_Enter])
def test_a_key_presses_what_has_the_focus(theatre: Theatre, key: Qt.Key) -> None:
    theatre.show(CASES["07-menu"])
    theatre.listener.heard.clear()
    theatre.button("ledger").forceActiveFocus()
    QTest.keyClick(theatre.window, key)
    theatre.settle()
    assert theatre.listener.heard == [("answer", (theatre.ticket, "ledger"))]


@pytest.mark.parametrize("name", ["language", "leave", "account"])
def test_the_focus_can_be_seen(theatre: Theatre, name: str) -> None:
    theatre.show(CASES["07-menu"])
    before = theatre.window.grabWindow()
    item = theatre.button(name)
    item.forceActiveFocus(Qt.FocusReason.TabFocusReason)
    theatre.settle()
    after = theatre.window.grabWindow()
    place = on_scene(item).toRect()
    assert before.copy(place) != after.copy(place)


def test_a_new_page_begins_at_its_beginning(theatre: Theatre) -> None:
    theatre.show(CASES["07-menu"])
    theatre.button("leave").forceActiveFocus()
    theatre.show(CASES["09-account"])
    assert not is_button(focused(theatre))
    QTest.keyClick(theatre.window, Qt.Key.Key_Tab)
    assert focused(theatre).objectName() == "eye"
