"""Every page, with the longest values, in every layout, language and size: all of it fits.

Nothing is cut, nothing overlaps, no word is broken, whatever is pressed is large and within reach.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import combinations

import pytest
from PySide6.QtCore import QRectF
from PySide6.QtGui import QFontMetricsF
from PySide6.QtQml import QQmlEngine, QQmlExpression
from PySide6.QtQuick import QQuickItem

from kiosk.centre.models import ShortName
from kiosk.visit.steps import Menu
from kiosk.words import Language, say
from tests.ui.cases import NOTICES, cases
from tests.ui.goldens import ENDS
from tests.ui.own_samples import own_samples
from tests.ui.samples import CATALOGUE
from tests.ui.theatre import Setting, Theatre, is_button, is_text, on_scene, walk

LEAST_TEXT = 28
LEAST_TARGET = 96
LEAST_GAP = 24
HEAD_TOOLS = {"contrast", "elder", "language"}
LONGEST = CATALOGUE.model_copy(
    update={"short_name": ShortName(zh="延边朝鲜族自治州公积金局", en="Yanbian Provident Fund")}
)
"""The longest short name that the contract allows."""
NAMES = ("张*", "J** S** D**", "欧阳𬭎㛃")
SLACK = 1.01  # of a pixel: sizes are rounded to whole ones

_WORD = re.compile(r"[A-Za-z0-9][A-Za-z0-9,.’'*+-]*")
_MONEY = re.compile(r"^[+-]?\d[\d,]*\.\d\d$")


_ENUMS = "[horizontalAlignment, verticalAlignment, fontSizeMode].map(Number).join()"


@dataclass(frozen=True)
class SetText:
    """How a text is set, by enumerations of Qt Quick's own, which Python cannot convert."""

    across: int  # horizontal alignment: 1 left, 2 right, 4 centre
    upright: int  # vertical alignment: 32 top, 64 bottom, 128 centre
    shrinks: int  # fontSizeMode: 0 never


_set: dict[QQuickItem, SetText] = {}
"""Of each text of the page that stands there: an expression of QML takes half a millisecond."""


def is_set(text: QQuickItem) -> SetText:
    if text not in _set:
        asked = QQmlExpression(QQmlEngine.contextForObject(text), text, _ENUMS).evaluate()
        words = asked[0] if isinstance(asked, tuple) else asked
        _set[text] = SetText(*map(int, str(words).split(",")))
    return _set[text]


def content(text: QQuickItem) -> QRectF:
    """Where its letters are, in the window."""
    width, height = text.property("contentWidth"), letters_height(text)
    how = is_set(text)
    x = {2: text.width() - width, 4: (text.width() - width) / 2}.get(how.across, 0.0)
    y = {64: text.height() - height, 128: (text.height() - height) / 2}.get(how.upright, 0.0)
    return text.mapRectToScene(QRectF(x, y, width, height))


def letters_height(text: QQuickItem) -> float:
    """How high its lines are together. Where they are set closer than the font asks for,
    ``contentHeight`` counts them as if they were not."""
    if text.property("lineHeight") < 1:
        return float(min(text.property("contentHeight"), text.implicitHeight()))
    return float(text.property("contentHeight"))


def hidden(item: QQuickItem, rect: QRectF) -> bool:
    """Whether an ancestor that clips shows nothing of it."""
    above = parent_of(item)
    while above is not None:
        if above.clip() and not on_scene(above).intersects(rect):
            return True
        above = parent_of(above)
    return False


def parent_of(item: QQuickItem) -> QQuickItem | None:
    """PySide6 declares that every item has a parent; the root has none."""
    return item.parentItem()


def drawn_size(text: QQuickItem) -> float:
    """The size of its letters as drawn, where it may shrink to its room."""
    font = text.property("font")
    if is_set(text).shrinks == 0:
        return float(font.pixelSize())
    lines = max(1, text.property("lineCount"))
    natural = QFontMetricsF(font).height() * text.property("lineHeight") * lines
    return float(font.pixelSize() * min(1.0, text.property("contentHeight") / natural))


def faults_of_texts(texts: list[QQuickItem], stage: QRectF) -> Iterator[str]:
    for text in texts:
        words = text.property("text")
        name = f"“{words[:24]}”"
        if text.property("truncated"):
            yield f"{name} is truncated"
        if text.property("contentWidth") > text.width() + SLACK:
            over = text.property("contentWidth") - text.width()
            yield f"{name} is {over:.0f} px wider than its place of {text.width():.0f}"
        if letters_height(text) > text.height() + SLACK:
            over = letters_height(text) - text.height()
            yield f"{name} is {over:.0f} px higher than its place of {text.height():.0f}"
        size = drawn_size(text)
        if size < LEAST_TEXT - 0.6 and text.property("font").pixelSize() != 22:
            yield f"{name} is only {size:.1f} px"
        font = text.property("font")
        font.setPixelSize(max(1, int(size)))
        metrics = QFontMetricsF(font)
        for word in _WORD.findall(words):
            if metrics.horizontalAdvance(word) > text.width() + 2:
                yield f"{name}: the word {word} is broken"
        if not stage.adjusted(-1, -1, 1, 1).contains(content(text)):
            yield f"{name} reaches out of the screen: {content(text)}"


def faults_of_overlap(
    texts: list[QQuickItem], buttons: list[QQuickItem], boxes: list[QQuickItem]
) -> Iterator[str]:
    places = [(text, content(text)) for text in texts]
    for (one, here), (other, there) in combinations(places, 2):
        both = here.intersected(there)
        # Lines are set close: letters touch only when more than their leading is shared.
        if both.width() > 2 and both.height() > 0.22 * min(here.height(), there.height(), 60):
            yield f"“{one.property('text')[:20]}” lies on “{other.property('text')[:20]}”"
    for button in buttons:
        area = on_scene(button)
        for text, place in places:
            if button.isAncestorOf(text):
                if not area.adjusted(0, -1, 0, 1).contains(place):
                    yield f"“{text.property('text')[:20]}” reaches out of its button"
            elif area.adjusted(2, 2, -2, -2).intersects(place):
                yield f"“{text.property('text')[:20]}” lies under {title(button)}"
    for box in boxes:
        area = on_scene(box)
        for text, place in places:
            if box.isAncestorOf(text) and not area.adjusted(-1, -1, 1, 1).contains(place):
                yield f"“{text.property('text')[:20]}” reaches out of its box"
            elif not box.isAncestorOf(text) and area.intersects(place) and not area.contains(place):
                yield f"“{text.property('text')[:20]}” lies half on a box"


def title(button: QQuickItem) -> str:
    return str(button.objectName() or button.property("text") or button.property("title"))


def faults_of_targets(buttons: list[QQuickItem], stage: QRectF, setting: Setting) -> Iterator[str]:
    reach = stage.height() / (2 if setting.lowered else 3)
    for button in buttons:
        area = on_scene(button)
        if area.width() < LEAST_TARGET or area.height() < LEAST_TARGET:
            yield f"{title(button)} is only {area.width():.0f}×{area.height():.0f}"
        in_head = button.objectName() in HEAD_TOOLS and not setting.lowered
        if not in_head and area.top() < reach - 1:
            yield f"{title(button)} is out of reach, at {area.top():.0f} above {reach:.0f}"
        if not stage.contains(area):
            yield f"{title(button)} reaches out of the screen: {area}"
    for one, other in combinations(buttons, 2):
        a, b = on_scene(one), on_scene(other)
        apart = max(
            a.left() - b.right(), b.left() - a.right(), a.top() - b.bottom(), b.top() - a.bottom()
        )
        if apart < LEAST_GAP - 0.5:
            yield f"{title(one)} and {title(other)} are only {apart:.0f} px apart"


def faults_of_amounts(texts: list[QQuickItem]) -> Iterator[str]:
    for text in texts:
        small = text.property("font").pixelSize() < 60
        if small and _MONEY.match(text.property("text")) and is_set(text).across != 2:
            yield f"{text.property('text')} is not right-aligned"


def faults(theatre: Theatre, setting: Setting) -> list[str]:
    """What is wrong with the page that stands there now."""
    _set.clear()
    width, height = theatre.appearance.stage_size
    stage = QRectF(0, 0, width, height)
    items = list(walk(theatre.window.contentItem()))
    items = [item for item in items if not hidden(item, on_scene(item))]
    texts = [item for item in items if is_text(item)]
    buttons = [item for item in items if is_button(item)]
    boxes = [item for item in items if item.property("radius") and not is_inside(item, buttons)]
    boxes = [box for box in boxes if box.width() > 400]
    return [
        *faults_of_texts(texts, stage),
        *faults_of_overlap(texts, buttons, boxes),
        *faults_of_targets(buttons, stage, setting),
        *faults_of_amounts(texts),
    ]


def is_inside(item: QQuickItem, buttons: list[QQuickItem]) -> bool:
    return any(button.isAncestorOf(item) for button in buttons)


def turn_through(theatre: Theatre) -> Iterator[int]:
    """Every sheet of the page that stands there, at most four of them."""
    yield 0
    for sheet in range(1, 4):
        following = [b for b in theatre.buttons() if b.objectName() in ("next", "more")]
        if not following:
            return
        theatre.press(following[0])
        yield sheet


def turn_back(theatre: Theatre) -> None:
    """To the first sheet: a page keeps its sheet when its words or its letters change."""
    while before := [b for b in theatre.buttons() if b.objectName() == "previous"]:
        theatre.press(before[0])


WAYS = ((False, "zh_CN"), (False, "en"), (True, "en"), (True, "zh_CN"))
"""Large letters or not, and the language. One switch leads from each way to the next, and the last
way of a page is the first of the page after it: every switch draws the whole page anew."""


@pytest.mark.parametrize("lowered", [False, True], ids=["normal", "lowered"])
@pytest.mark.parametrize("orientation", ["portrait", "landscape"])
def test_every_page_fits(orientation: str, lowered: bool) -> None:
    theatre = Theatre(Setting(orientation=orientation, lowered=lowered))
    found: list[str] = []
    ways = WAYS
    try:
        every = {**cases(), **own_samples()}
        for ticket, (name, step) in enumerate(every.items(), start=1):
            if lowered and name.startswith("97-setup"):
                continue  # only settings lower a terminal, and none are written yet
            theatre.greet(NAMES[ticket % 3] if name > "07" else "")
            told = name.startswith("53")
            theatre.page.surround(
                LONGEST,
                NOTICES if told else (),
                NOTICES if told or (name.startswith("01-attract") and "own" not in name) else (),
            )
            theatre.show(
                step,
                ticket=ticket,
                back="08" <= name < "21"
                or "30" <= name < "34"
                or "43" <= name < "51"
                or "60" <= name < "64"
                or (name >= "73" and name not in ENDS)
                or name.startswith("55"),
            )
            for elder, language in ways:
                switch(theatre, elder=elder, language=language)
                setting = Setting(orientation, language, elder=elder, lowered=lowered)
                for sheet in turn_through(theatre):
                    found += [
                        f"{name} {setting} sheet {sheet}: {fault}"
                        for fault in faults(theatre, setting)
                    ]
                turn_back(theatre)
            ways = ways[::-1]
    finally:
        theatre.close()
    assert not found, "\n".join([f"{len(found)} faults", *found])


def switch(theatre: Theatre, *, elder: bool, language: str) -> None:
    """Let the screen stand in this way, if it stands in another."""
    if theatre.appearance.large != elder:
        theatre.appearance.toggleElder()
        theatre.settle()
    if theatre.appearance.language != language:
        theatre.appearance.toggleLanguage()
        theatre.settle()


@pytest.mark.parametrize("orientation", ["portrait", "landscape"])
def test_contrast_moves_nothing(orientation: str) -> None:
    """High contrast changes colours only: what fits without it fits with it."""
    theatre = Theatre(Setting(orientation=orientation))
    try:
        for ticket, step in enumerate(cases().values(), start=1):
            theatre.show(step, ticket=ticket)
            before = places(theatre)
            theatre.appearance.toggleContrast()  # on, or off again for every second page
            theatre.settle()
            assert places(theatre) == before
    finally:
        theatre.close()


def places(theatre: Theatre) -> list[tuple[QRectF, str]]:
    """Where each text and button stands. The seconds of a countdown may go on meanwhile."""
    items = [item for item in theatre.items() if is_text(item) or is_button(item)]
    return [(on_scene(item), re.sub(r"\d+ 秒", "秒", str(item.property("text")))) for item in items]


@pytest.mark.parametrize("agent", [False, True])
def test_a_greeting_stays_in_the_head(agent: bool) -> None:
    theatre = Theatre(Setting())
    try:
        theatre.greet("JANE SARAH DOE", agent=agent)
        theatre.show(cases()["07-menu"])
        assert not faults(theatre, Setting())
    finally:
        theatre.close()


@pytest.mark.parametrize("language", ["zh_CN", "en"])
def test_titles_of_a_menu_stand_in_one_line_and_so_at_one_height(language: str) -> None:
    theatre = Theatre(Setting(language=language))
    try:
        for name in ("06-public-menu-own", "07-menu-own"):
            menu = own_samples()[name]
            assert isinstance(menu, Menu)
            theatre.show(menu)
            titles = {say(tile.title, Language(language)) for tile in menu.tiles}
            shown = {item.property("text"): item for item in theatre.items() if is_text(item)}
            assert titles <= shown.keys()
            two = [title for title in titles if shown[title].property("lineCount") > 1]
            assert not two
    finally:
        theatre.close()
