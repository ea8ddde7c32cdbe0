"""A page that the citizen comes back to is the one of before; meanwhile nobody reaches it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest
from PySide6.QtCore import QObject, QPoint, QPointF, Qt
from PySide6.QtGui import QAccessible, QAccessibleInterface
from PySide6.QtQuick import QQuickItem
from PySide6.QtTest import QTest
from shiboken6 import delete, isValid

from kiosk.centre.models import CentreWords, Hours, Offer, Purpose
from kiosk.visit.steps import Attract, Choose, Menu, ShowStatement
from tests.ui.cases import cases
from tests.ui.samples import CATALOGUE
from tests.ui.theatre import Setting, Theatre, walk
from ui import rehearsal
from ui.ahead import AheadAgain
from ui.current_page import WARMING
from ui.robots import finger

CASES = cases()
KEPT = ("07-menu", "09-account", "12-ledger", "19-purpose")


@pytest.fixture(params=["portrait", "landscape"])
def theatre(request: pytest.FixtureRequest) -> Iterator[Theatre]:
    theatre = Theatre(Setting(orientation=request.param))
    QAccessible.setActive(True)
    yield theatre
    theatre.close()


def current(theatre: Theatre) -> QQuickItem:
    """The page in the window."""
    names = ((item, item.metaObject().indexOfProperty("untouched")) for item in theatre.items())
    (page,) = [item for item, found in names if found >= 0]
    return page


def forget(theatre: Theatre) -> None:
    theatre.appearance.toggleContrast()
    theatre.appearance.toggleContrast()


def middle(item: QQuickItem) -> QPoint:
    return item.mapToScene(QPointF(item.width() / 2, item.height() / 2)).toPoint()


def spoken(root: QAccessibleInterface) -> Iterator[str]:
    yield root.text(QAccessible.Text.Name)
    for index in range(root.childCount()):
        yield from spoken(root.child(index))


@pytest.mark.parametrize("name", KEPT)
def test_a_page_shown_again_is_the_same_and_nobody_reaches_it_meanwhile(
    theatre: Theatre, name: str
) -> None:
    theatre.show(CASES[name], back=True)  # large letters are drawn alike from the second time on
    theatre.show(CASES["05-code"], back=True)
    forget(theatre)
    theatre.show(CASES[name], back=True)
    first, picture = current(theatre), theatre.window.grabWindow()
    title = first.property("title")
    theatre.show(CASES["05-code"], back=True)
    assert first.window() is None
    assert first not in list(walk(theatre.window.contentItem()))
    assert title not in spoken(QAccessible.queryAccessibleInterface(theatre.window))
    theatre.show(CASES[name], back=True)
    assert current(theatre) is first
    assert theatre.window.grabWindow() == picture
    assert title in spoken(QAccessible.queryAccessibleInterface(theatre.window))


def test_a_button_of_a_page_shown_again_answers_its_new_step(theatre: Theatre) -> None:
    theatre.show(CASES["07-menu"])
    theatre.press(theatre.button("account"))
    theatre.show(CASES["09-account"], back=True)
    theatre.show(CASES["07-menu"])
    theatre.press(theatre.button("account"))
    answers = [("answer", (ticket, "account")) for ticket in (theatre.ticket - 2, theatre.ticket)]
    assert theatre.listener.heard == answers


@pytest.mark.parametrize(
    ("name", "button"), [("07-menu", "account"), ("91-every-instalment", "next")]
)
def test_a_finger_that_is_lifted_after_the_page_has_gone_presses_nothing(
    theatre: Theatre, name: str, button: str
) -> None:
    theatre.show(CASES[name], back=True)
    first, under = current(theatre), middle(theatre.button(button))
    mouse = theatre.window, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier, under
    QTest.mousePress(*mouse)
    theatre.show(CASES["05-code"], back=True)
    QTest.mouseRelease(*mouse)
    assert theatre.listener.heard == []
    theatre.show(CASES[name], back=True)
    assert current(theatre) is first
    assert first.property("sheet") == 0


def test_a_kept_page_has_the_way_back_of_its_new_step(theatre: Theatre) -> None:
    theatre.show(CASES["09-account"])
    first = current(theatre)
    theatre.show(CASES["05-code"], back=True)
    assert not first.property("back"), "a kept page computes nothing anew"
    theatre.show(CASES["09-account"], back=True)
    assert current(theatre) is first
    theatre.press(theatre.button("back"))
    assert theatre.listener.heard == [("back", None)]


def test_a_page_with_another_content_is_made_anew(theatre: Theatre) -> None:
    theatre.show(CASES["09-account"], back=True)
    first = current(theatre)
    theatre.show(CASES["05-code"], back=True)
    theatre.show(CASES["11-account-arrears"], back=True)
    assert current(theatre) is not first
    theatre.settle()
    assert not isValid(first)


def test_a_turned_page_is_made_anew(theatre: Theatre) -> None:
    theatre.show(CASES["91-every-instalment"], back=True)
    first = current(theatre)
    theatre.press(theatre.button("next"))
    theatre.show(CASES["05-code"], back=True)
    theatre.show(CASES["91-every-instalment"], back=True)
    assert not isValid(first)
    assert current(theatre).property("sheet") == 0


def test_a_page_that_is_not_kept_is_gone_once_the_next_is_on_the_screen(theatre: Theatre) -> None:
    theatre.show(CASES["05-code"])
    first = current(theatre)
    theatre.page.show(CASES["07-menu"], ticket=theatre.ticket + 1, back=False)
    assert isValid(first)
    assert not first.isVisible()
    theatre.settle()
    assert theatre.until(lambda: not isValid(first))


def test_a_page_that_no_frame_has_shown_is_gone_with_the_next(theatre: Theatre) -> None:
    """A standby draws its pages into a hidden window, which swaps no frame."""
    theatre.show(CASES["05-code"])
    first = current(theatre)
    theatre.window.hide()
    theatre.page.show(CASES["07-menu"], ticket=WARMING, back=False)
    theatre.page.show(CASES["05-code"], ticket=WARMING, back=False)
    assert theatre.until(lambda: not isValid(first))


@pytest.mark.parametrize("name", ["07-menu", "a3-employees", "95-maintenance"])
def test_a_content_outlives_all_that_reads_it(theatre: Theatre, name: str) -> None:
    """Two languages within one frame. The cells of a row are deleted after the row: one that is
    left without its content says that it cannot read a property of null, which fails the test."""
    theatre.show(CASES[name])
    first = theatre.page.property("content")
    assert isinstance(first, QObject)
    frames = theatre.frames
    for _press in range(2):
        finger.press(theatre.window, "language")
    assert theatre.frames == frames
    assert theatre.until(lambda: not isValid(first))
    theatre.settle()


def make_ahead(theatre: Theatre) -> dict[str, QQuickItem]:
    """The pages that a standby makes ahead, by their names."""
    theatre.page.forget()
    purpose, account = CASES["19-purpose"], CASES["09-account"]
    assert isinstance(purpose, Choose)
    assert isinstance(account, ShowStatement)
    known = CASES["07-menu"], Choose("", purpose.options), replace(account, facts=())
    for step in (*rehearsal.ahead(None), *known):
        theatre.page.make_ahead(step)
    kept = theatre.window.property("kept")
    return {
        name: kept.property(name).toQObject()
        for name in ("EnterCodePage", "MenuPage", "ChoosePage", "RatePage", "StatementPage")
    }


@pytest.mark.parametrize(
    ("name", "page", "button"),
    [
        ("05-code", "EnterCodePage", "1"),
        ("07-menu", "MenuPage", "account"),
        ("19-purpose", "ChoosePage", "back"),
        ("28-rate", "RatePage", "skip"),
        ("09-account", "StatementPage", "ledger"),
    ],
)
def test_a_page_made_ahead_is_out_of_reach_and_then_as_made_anew(
    theatre: Theatre, name: str, page: str, button: str
) -> None:
    for _again in range(2):  # large letters are drawn alike from the second time on
        forget(theatre)
        theatre.show(CASES[name], back=True)
        picture, title = theatre.window.grabWindow(), current(theatre).property("title")
        theatre.show(CASES["21-printing"], back=True)
    forget(theatre)
    ahead = make_ahead(theatre)[page]
    assert ahead.window() is None
    assert ahead not in list(walk(theatre.window.contentItem()))
    assert title not in spoken(QAccessible.queryAccessibleInterface(theatre.window))
    assert not ahead.property("wait"), "a clock would run in the standby"
    theatre.show(CASES[name], back=True)
    assert current(theatre) is ahead
    assert theatre.window.grabWindow() == picture
    assert title in spoken(QAccessible.queryAccessibleInterface(theatre.window))
    theatre.press(theatre.button(button))
    assert theatre.listener.heard or ahead.property("code") == button


def test_a_page_made_ahead_is_not_shown_with_other_buttons(theatre: Theatre) -> None:
    ahead = make_ahead(theatre)["ChoosePage"]
    theatre.show(CASES["08-choose-account"], back=True)
    assert current(theatre) is not ahead
    assert theatre.until(lambda: not isValid(ahead))


def test_a_page_that_is_or_was_shown_is_not_made_ahead(theatre: Theatre) -> None:
    theatre.show(CASES["05-code"])
    theatre.show(CASES["28-rate"])
    before, now = theatre.page._kept.copy(), theatre.page.property("content")
    for step in rehearsal.ahead(None):
        theatre.page.make_ahead(step)
    assert theatre.page._kept == before
    assert theatre.page.property("content") is now


SWITCHES = ("elder", "contrast", "language")


@pytest.fixture
def made(theatre: Theatre, monkeypatch: pytest.MonkeyPatch) -> Iterator[list[str]]:
    """The pages that are made ahead again, as they are made; a visit makes them as quickly here as
    it can."""
    monkeypatch.setattr("ui.ahead.QUIET_MS", 0)
    made: list[str] = []

    def note(name: str, _content: QObject) -> None:
        made.append(name)

    theatre.page.ahead.connect(note)
    monkeypatch.setattr(theatre.page, "on_frame", theatre.after_next_frame)
    again = AheadAgain(theatre.stage, lambda: rehearsal.ahead(None))
    yield made
    delete(again)
    theatre.page.ahead.disconnect(note)


@pytest.mark.parametrize("switch", SWITCHES)
def test_after_a_switch_pages_are_made_ahead_again_but_not_in_its_frame(
    theatre: Theatre, made: list[str], switch: str
) -> None:
    theatre.show(CASES["01-attract"])
    make_ahead(theatre)
    made.clear()
    frames = theatre.frames
    finger.press(theatre.window, switch)
    assert theatre.until(lambda: bool(made))
    assert theatre.frames > frames
    assert theatre.until(lambda: made == ["EnterCodePage", "RatePage"])
    kept = theatre.window.property("kept").property("EnterCodePage").toQObject()
    theatre.show(CASES["05-code"])
    assert current(theatre) is kept


def test_nothing_is_made_ahead_while_a_finger_is_down(theatre: Theatre, made: list[str]) -> None:
    theatre.show(CASES["07-menu"])
    finger.press(theatre.window, "elder")
    rests = (
        theatre.window,
        Qt.MouseButton.LeftButton,
        Qt.KeyboardModifier.NoModifier,
        QPoint(5, 400),
    )
    QTest.mousePress(*rests)
    turns(theatre)
    assert made == []
    QTest.mouseRelease(*rests)
    assert theatre.until(lambda: made == ["EnterCodePage", "RatePage"])


def test_nothing_is_made_ahead_while_an_answer_is_due(theatre: Theatre, made: list[str]) -> None:
    theatre.show(CASES["07-menu"])
    theatre.press(theatre.button("account"))
    finger.press(theatre.window, "elder")
    turns(theatre)
    theatre.show(CASES["21-printing"])
    turns(theatre)
    assert made == []
    theatre.show(CASES["09-account"])
    assert theatre.until(lambda: made == ["EnterCodePage", "RatePage"])


def turns(theatre: Theatre) -> None:
    """So many frames, with all timers between them, that a page would have been made ahead."""
    for _turn in range(5):
        theatre.settle()


@pytest.mark.parametrize("end", ["blank", "elder", "forget"])
def test_no_page_made_ahead_outlives_its_look(theatre: Theatre, end: str) -> None:
    ahead = make_ahead(theatre)
    match end:
        case "blank":
            theatre.page.blank()
        case "elder":
            theatre.appearance.toggleElder()
        case "forget":
            theatre.page.forget()
    assert theatre.until(lambda: not any(map(isValid, ahead.values())))


def test_menu_and_purposes_of_the_paper_are_known_ahead() -> None:
    name = CentreWords(zh="贷款", en="Loan")
    purposes = tuple(Purpose(code=code, name=name) for code in ("01", "02"))
    hours = Hours(opens="08:00", closes="20:00")
    offer = Offer(
        service="deposit-certificate",
        title=name,
        hint=name,
        open=True,
        hours=hours,
        purposes=purposes,
    )
    steps = [*rehearsal.ahead(CATALOGUE.model_copy(update={"offers": (offer,)}))]
    (options,) = [step.options for step in steps if isinstance(step, Choose)]
    assert [option.key for option in options] == ["01", "02"]
    (tiles,) = [step.tiles for step in steps if isinstance(step, Menu)]
    assert [tile.service for tile in tiles] == ["deposit-certificate"]


@pytest.mark.parametrize("end", ["blank", "anew", "elder", "contrast", "language", "standby"])
def test_no_page_outlives_its_visit_or_its_look(theatre: Theatre, end: str) -> None:
    theatre.show(CASES["09-account"], back=True)
    first = current(theatre)
    theatre.show(CASES["05-code"], back=True)
    assert isValid(first)
    match end:
        case "blank":
            theatre.page.blank()
        case "anew":
            theatre.stage.rest(theatre.settings)
        case "elder":
            theatre.appearance.toggleElder()
        case "contrast":
            theatre.appearance.toggleContrast()
        case "language":
            theatre.appearance.toggleLanguage()
        case "standby":  # what a standby draws is nobody's, and is not kept for anybody
            theatre.page.show(CASES["09-account"], ticket=WARMING, back=False)
            first = current(theatre)
            theatre.page.show(Attract(), ticket=WARMING, back=False)
    QTest.qWait(0)
    assert theatre.until(lambda: not isValid(first))
