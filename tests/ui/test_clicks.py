"""Real clicks on the real pages: everything answers, once; nothing else does."""

from __future__ import annotations

import re
import sys
import time
from collections.abc import Iterator
from dataclasses import replace
from decimal import Decimal

import pytest
from pypdfium2 import PdfPage
from PySide6.QtCore import QPointF, QRectF, Qt, QTimer
from PySide6.QtQuick import QQuickItem
from PySide6.QtTest import QTest

from kiosk.papers import pictures
from kiosk.papers.pictures import CannotDraw, PaperPages
from kiosk.privacy import Sensitive
from kiosk.settings import VisitLimits
from kiosk.visit.handover_steps import ShowHandover
from kiosk.visit.operation_steps import AwaitResult, ConfirmOperation
from kiosk.visit.setup_steps import SCAN, EnterText
from kiosk.visit.steps import (
    CANNOT_DRAW,
    MAINTENANCE,
    RESEND,
    SLIP,
    Column,
    EnterSmsCode,
    Fact,
    ShowPhoneCode,
    ShowStatement,
    ShowTable,
)
from kiosk.visit.waits import (
    ASKING,
    LEAVING,
    MAKING,
    PROVING,
    RETURNING,
    SENDING,
    TO_PRINTER,
    WORKING,
)
from kiosk.words import HIDDEN, Language, Text, _, say
from tests.ui.cases import cases
from tests.ui.samples import CATALOGUE
from tests.ui.theatre import Setting, Theatre, is_button, is_text
from ui.idle_clock import AWAY_S

CASES = cases()
TOUCH = QTest.createTouchDevice()
HERE_ONLY = {
    "tick",
    "contrast",
    "elder",
    "language",
    "eye",
    "next",
    "previous",
    "otherTabs",
    "more",
    "erase",
    "all",
    "clear",
    "hold",
    "inTwo",
    ".",
    *"0123456789:/-_abcdefghijklmnopqrstuvwxyz",
    *("shift", "https://", "gjj.", ".gov.cn"),
    "part0",
    "part1",
    "part2",
}
"""Buttons that change what the page shows and are nobody else's business."""
WAITS = {
    "01-out-of-service",
    "21-printing",
    "23-printing-slip",
    "29-farewell",
    "29-farewell-card",
    "29-farewell-chip-card",
    "29-farewell-papers",
    "29-farewell-other-card",
} | {
    *("97-setup-looking", "97-setup-press"),
    "64-deciding",
    "66-unknown-before-taken",
}
"""Pages on which there is nothing to press."""


@pytest.fixture
def theatre() -> Iterator[Theatre]:
    theatre = Theatre(Setting())
    yield theatre
    theatre.close()


def texts(theatre: Theatre) -> list[str]:
    return [str(item.property("text")) for item in theatre.items() if is_text(item)]


def named(theatre: Theatre, name: str) -> QQuickItem:
    """The item of this name, also one that cannot be pressed now."""
    return next(item for item in theatre.items() if item.objectName() == name)


def middle(item: QQuickItem) -> QPointF:
    return item.mapToScene(QPointF(item.width() / 2, item.height() / 2))


def test_every_button_of_every_page_answers_once(theatre: Theatre) -> None:
    ticket = 0
    for name, step in CASES.items():
        ticket += 1
        theatre.show(step, ticket=ticket, back=True)
        answering = [
            button.objectName()
            for button in theatre.buttons()
            if button.objectName() not in HERE_ONLY and not stays(button)
        ]
        assert bool(answering) is (name not in WAITS), name
        for key in answering:
            ticks = theatre.page.shows.page == "PickManyPage" and key not in ("leave", "back")
            if key == "confirm" or ticks:
                continue
            ticket += 1
            theatre.show(step, ticket=ticket, back=True)
            theatre.listener.heard.clear()
            button = theatre.button(key)
            place = middle(button).toPoint()
            theatre.press(button)
            # A second press, at once, on a page that is answered already.
            if key not in ("leave", "back"):
                QTest.mouseClick(theatre.window, Qt.MouseButton.LeftButton, pos=place)
            answer = SCAN + step.typed if isinstance(step, EnterText) else key
            expected = {"leave": ("leave", None), "back": ("back", None)}.get(
                key, ("answer", (ticket, answer))
            )
            assert theatre.listener.heard == [expected], f"{name}: {key}"


def test_two_presses_confirm_for_who_cannot_hold(theatre: Theatre) -> None:
    theatre.show(CASES["60-confirm"], ticket=1)
    theatre.press(theatre.button("inTwo"))
    theatre.press(theatre.button("inTwo"))
    assert theatre.listener.heard == []
    theatre.press(theatre.button("second"))
    assert theatre.listener.heard == [("answer", (1, "confirm"))]


def test_only_a_whole_hold_confirms(theatre: Theatre) -> None:
    theatre.show(CASES["60-confirm"], ticket=1)
    hold = theatre.button("hold")
    at = middle(hold).toPoint()
    QTest.mousePress(theatre.window, Qt.MouseButton.LeftButton, pos=at)
    assert theatre.until(lambda: hold.property("filled") > 0.2)
    QTest.mouseRelease(theatre.window, Qt.MouseButton.LeftButton, pos=at)
    assert hold.property("filled") == 0.0
    assert theatre.listener.heard == []
    QTest.mousePress(theatre.window, Qt.MouseButton.LeftButton, pos=at)
    assert theatre.until(lambda: bool(theatre.listener.heard))
    QTest.mouseRelease(theatre.window, Qt.MouseButton.LeftButton, pos=at)
    assert theatre.listener.heard == [("answer", (1, "confirm"))]


def test_a_finger_that_is_held_while_the_page_changes_confirms_nothing(theatre: Theatre) -> None:
    theatre.show(CASES["60-confirm"], ticket=1)
    hold = theatre.button("hold")
    at = middle(hold).toPoint()
    QTest.mousePress(theatre.window, Qt.MouseButton.LeftButton, pos=at)
    assert theatre.until(lambda: hold.property("filled") > 0.2)
    theatre.show(CASES["60-confirm"], ticket=2)  # another quote, on which nobody has pressed yet
    again = theatre.button("hold")
    assert again.property("filled") == 0.0
    theatre.settle()
    assert again.property("filled") == 0.0, "it does not go on filling"
    QTest.mouseRelease(theatre.window, Qt.MouseButton.LeftButton, pos=at)
    assert theatre.listener.heard == []


def test_a_finger_that_slides_off_and_on_again_confirms_no_quote_of_later(theatre: Theatre) -> None:
    theatre.show(CASES["60-confirm"], ticket=1)
    at = middle(theatre.button("hold")).toPoint()
    QTest.mousePress(theatre.window, Qt.MouseButton.LeftButton, pos=at)
    theatre.show(CASES["60-confirm"], ticket=2)
    hold = theatre.button("hold")
    QTest.mouseMove(theatre.window, QPointF(5, 400).toPoint())
    QTest.mouseMove(theatre.window, at)
    assert not theatre.until(lambda: hold.property("filled") > 0, 200)
    QTest.mouseRelease(theatre.window, Qt.MouseButton.LeftButton, pos=at)
    QTest.mousePress(theatre.window, Qt.MouseButton.LeftButton, pos=at)
    assert theatre.until(lambda: hold.property("filled") > 0)
    QTest.mouseRelease(theatre.window, Qt.MouseButton.LeftButton, pos=at)
    assert theatre.listener.heard == []


@pytest.mark.parametrize(
    ("old", "new", "name"),
    [
        ("04-is-it-you", "41-name-rare", "yes"),
        ("15-loan", "16-loan-overdue", "plan"),
        ("15-loan", "16-loan-overdue", "back"),
    ],
)
@pytest.mark.parametrize("by", ["touch", "mouse"])
def test_a_finger_that_rests_while_the_step_changes_answers_nothing_of_the_new_one(
    theatre: Theatre, old: str, new: str, name: str, by: str
) -> None:
    """Both steps have the button at one place, on one page, which keeps the button."""
    theatre.show(CASES[new], ticket=1, back=True)
    at = middle(theatre.button(name)).toPoint()
    theatre.show(CASES[old], ticket=2, back=True)
    window, left = theatre.window, Qt.MouseButton.LeftButton
    if by == "mouse":
        QTest.mousePress(window, left, pos=at)
    else:
        QTest.touchEvent(window, TOUCH, False).press(0, at, window).commit()
    theatre.show(CASES[new], ticket=3, back=True)
    if by == "mouse":
        QTest.mouseRelease(window, left, pos=at)
    else:
        QTest.touchEvent(window, TOUCH, False).release(0, at, window).commit()
    theatre.settle()
    assert theatre.listener.heard == []
    theatre.press(theatre.button(name))
    heard = ("back", None) if name == "back" else ("answer", (3, name))
    assert theatre.listener.heard == [heard]


def touch(theatre: Theatre, *others: int) -> QTest.QTouchEventSequence:
    """What the panel tells next of the fingers; ``others`` lie still meanwhile."""
    sequence = QTest.touchEvent(theatre.window, TOUCH, False)
    for finger in others:
        sequence.stationary(finger)
    return sequence


@pytest.fixture
def palm(theatre: Theatre) -> Iterator[int]:
    """A palm, a bag or dirt on the glass, since an earlier step than the test's."""
    at = QPointF(5, 400).toPoint()
    theatre.show(CASES["07-menu"], ticket=1)
    touch(theatre).press(0, at, theatre.window).commit()
    theatre.settle()
    yield 0
    touch(theatre).release(0, at, theatre.window).commit()
    theatre.settle()


def test_beside_a_palm_that_rests_another_finger_answers(theatre: Theatre, palm: int) -> None:
    for ticket in (2, 3):
        theatre.show(CASES["04-is-it-you"], ticket=ticket)
        at = middle(theatre.button("yes")).toPoint()
        touch(theatre, palm).press(1, at, theatre.window).commit()
        touch(theatre, palm).release(1, at, theatre.window).commit()
        theatre.settle()
    assert theatre.listener.heard == [("answer", (2, "yes")), ("answer", (3, "yes"))]


def test_a_second_finger_that_rests_answers_nothing_of_the_next_step(
    theatre: Theatre, palm: int
) -> None:
    theatre.show(CASES["41-name-rare"], ticket=2)
    at = middle(theatre.button("yes")).toPoint()
    theatre.show(CASES["04-is-it-you"], ticket=3)
    touch(theatre, palm).press(1, at, theatre.window).commit()
    theatre.show(CASES["41-name-rare"], ticket=4)
    touch(theatre, palm).release(1, at, theatre.window).commit()
    theatre.settle()
    assert theatre.listener.heard == []


@pytest.mark.usefixtures("palm")
def test_what_no_finger_answers_is_answered_while_a_palm_rests(theatre: Theatre) -> None:
    theatre.show(CASES["20-preview"], ticket=2)
    theatre.page._undrawable.emit(2)
    theatre.show(CASES["29-farewell-card"], ticket=3)
    farewell = [("answer", (2, CANNOT_DRAW)), ("answer", (3, "bye"))]
    assert theatre.until(lambda: theatre.listener.heard == farewell)


def test_what_a_timer_answers_after_a_finger_was_lifted_is_no_fingers(theatre: Theatre) -> None:
    at = QPointF(5, 400).toPoint()
    theatre.show(CASES["07-menu"], ticket=1)
    touch(theatre).press(0, at, theatre.window).commit()
    theatre.show(CASES["29-farewell-card"], ticket=2)
    touch(theatre).release(0, at, theatre.window).commit()
    assert theatre.until(lambda: theatre.listener.heard == [("answer", (2, "bye"))])


def stays(button: QQuickItem) -> bool:
    """Whether the button answers nothing: the tab that is shown, a row to be ticked."""
    return bool(button.property("chosen")) or button.property("ticked") is not None


def test_a_button_shows_that_it_is_pressed_within_one_frame(theatre: Theatre) -> None:
    theatre.show(CASES["07-menu"], ticket=1)
    button = theatre.button("account")
    before = theatre.window.grabWindow()
    place = middle(button).toPoint()
    frames = theatre.frames
    QTest.mousePress(theatre.window, Qt.MouseButton.LeftButton, pos=place)
    assert button.property("down") is True
    assert theatre.until(lambda: theatre.frames > frames, 1000)
    pressed = theatre.window.grabWindow()
    assert pressed.pixelColor(place) != before.pixelColor(place) or pressed != before
    assert theatre.listener.heard == []
    QTest.mouseRelease(theatre.window, Qt.MouseButton.LeftButton, pos=place)
    assert theatre.listener.heard == [("answer", (1, "account"))]


def test_nobody_agrees_before_the_box_is_ticked(theatre: Theatre) -> None:
    theatre.show(CASES["02-agreement"], ticket=1, back=False)
    QTest.mouseClick(
        theatre.window,
        Qt.MouseButton.LeftButton,
        pos=middle(named(theatre, "agree")).toPoint(),
    )
    assert theatre.listener.heard == []
    theatre.press(theatre.button("tick"))
    theatre.press(theatre.button("agree"))
    assert theatre.listener.heard == [("answer", (1, "agree"))]


def test_every_notice_has_a_line_of_its_own(theatre: Theatre) -> None:
    notices = (_("暂时连不上公积金中心，请稍候"), "本机为演示环境。", "不收取任何费用。")
    theatre.page.surround(CATALOGUE, notices)
    whole = "暂时连不上公积金中心，请稍候\n本机为演示环境\n不收取任何费用"
    assert theatre.until(lambda: theatre.page.notices == whole, 1000)


def test_bulletins_take_turns(theatre: Theatre) -> None:
    theatre.page.surround(CATALOGUE, (), ("甲。", "乙", "丙"))
    theatre.show(CASES["01-attract"])
    bulletins = named(theatre, "bulletins")
    assert "甲" in texts(theatre)
    assert "乙" not in texts(theatre)
    assert bulletins.property("every") >= 8000
    bulletins.setProperty("every", 20)
    for word in ("乙", "丙", "甲"):
        assert theatre.until(lambda word=word: word in texts(theatre), 2000)  # type: ignore[misc]
    theatre.page.surround(CATALOGUE, (), ("丁",))
    assert theatre.until(lambda: "丁" in texts(theatre), 2000)


def test_what_can_be_done_now_takes_turns_and_the_clock_goes_on(theatre: Theatre) -> None:
    theatre.page.surround(CATALOGUE, ())
    theatre.show(CASES["01-attract"])
    assert {"10:00", "查询 24 小时", "查询：账户余额、缴存明细、办理进度"} <= set(texts(theatre))
    named(theatre, "possible").setProperty("every", 20)
    assert theatre.until(lambda: "证明：缴存证明、异地贷款证明、对账单等" in texts(theatre), 2000)
    assert 50_000 < theatre.page._minute.remainingTime() <= 61_000
    theatre.page._fetched_at -= 60
    theatre.page._minute.setInterval(0)
    assert theatre.until(lambda: "10:01" in texts(theatre), 2000)


def test_a_terminal_without_a_centre_tells_no_time(theatre: Theatre) -> None:
    theatre.page._catalogue = None
    theatre.show(CASES["01-attract"])
    assert not any(re.fullmatch(r"\d\d:\d\d", text) for text in texts(theatre))


def test_a_trouble_of_the_terminal_stands_above_the_bulletins(theatre: Theatre) -> None:
    theatre.page.surround(CATALOGUE, (_("暂时连不上公积金中心，请稍候"),), ("不收取任何费用",))
    theatre.show(CASES["01-attract"])
    trouble = next(
        t for t in theatre.items() if t.property("text") == "暂时连不上公积金中心，请稍候"
    )
    assert 0 < middle(trouble).y() < middle(named(theatre, "bulletins")).y()


def test_a_press_that_slides_off_the_button_is_none(theatre: Theatre) -> None:
    theatre.show(CASES["07-menu"], ticket=1)
    place = middle(theatre.button("account")).toPoint()
    QTest.mousePress(theatre.window, Qt.MouseButton.LeftButton, pos=place)
    QTest.mouseMove(theatre.window, middle(theatre.button("leave")).toPoint())
    QTest.mouseRelease(
        theatre.window, Qt.MouseButton.LeftButton, pos=middle(theatre.button("leave")).toPoint()
    )
    assert theatre.listener.heard == []


def test_closed_things_do_not_answer(theatre: Theatre) -> None:
    theatre.show(CASES["07-menu"], ticket=1)
    closed = [item for item in theatre.items() if item.objectName() == "deposit-certificate"]
    theatre.press(closed[0])
    assert theatre.listener.heard == []


def test_a_page_sleeps_until_its_answer_is_dealt_with(theatre: Theatre) -> None:
    theatre.show(CASES["09-account"], ticket=5, back=True)
    theatre.press(theatre.button("ledger"))
    assert [b.objectName() for b in theatre.buttons() if b.objectName() in ("print", "back")] == []
    assert theatre.until(lambda: bool(theatre.page.slow), 2000)
    theatre.settle()
    (wait,) = (item for item in theatre.items() if item.property("text") == theatre.page.waiting)
    assert theatre.page.waiting == "正在询问中心，一般 2 秒"
    assert wait.property("lineCount") == 1
    theatre.press(theatre.button("leave"))  # leaving is always possible
    assert theatre.listener.heard[-1] == ("leave", None)
    theatre.show(CASES["12-ledger"], ticket=6, back=True)
    assert not theatre.page.slow
    assert theatre.button("back")


def test_a_long_wait_offers_to_leave_where_it_stands(theatre: Theatre) -> None:
    timer = theatre.page._late_timer
    assert timer.interval() == 5000
    timer.setInterval(0)
    try:
        theatre.show(CASES["01-attract"], ticket=5)
        theatre.press(theatre.button("start"))
        assert theatre.until(lambda: bool(theatre.page.slow and theatre.page.late), 2000)
        theatre.settle()
        theatre.press(theatre.button("waitNoMore"))
        assert theatre.listener.heard[-1] == ("leave", None)
        assert "正在退出，一般 1 秒" in texts(theatre)
        assert "waitNoMore" not in [button.objectName() for button in theatre.buttons()]
    finally:
        timer.setInterval(5000)


@pytest.mark.parametrize("name", ["02-card", "04-phone-code", "21-printing"])
def test_what_a_device_answers_also_makes_the_page_wait(theatre: Theatre, name: str) -> None:
    theatre.show(CASES[name], ticket=5)
    theatre.page.answered(4)  # of the page before: dropped
    theatre.settle()
    assert not theatre.page.busy
    theatre.page.answered(5)
    assert theatre.until(lambda: bool(theatre.page.slow), 2000)
    theatre.settle()
    assert theatre.page.waiting in texts(theatre)
    theatre.page.answer("late")
    assert theatre.listener.heard == []


def test_every_wait_says_what_is_done_and_how_long_it_usually_takes() -> None:
    waits = {step.wait_after(answer) for step in CASES.values() for answer in (None, RESEND, SLIP)}
    assert {ASKING, MAKING, PROVING, SENDING, TO_PRINTER} < waits
    for each in {*waits, LEAVING, RETURNING} - {WORKING}:
        said = {language: say(each, language) for language in Language}
        assert re.fullmatch(r"(正在|中心正在)\w+，一般 \d 秒", said[Language.ZH])
        assert re.fullmatch(r"[\w ]+: about \d seconds?", said[Language.EN])


@pytest.mark.parametrize(
    ("name", "button", "told"),
    [
        ("63-operation-code", "resend", SENDING),
        ("22-printed", "slip", TO_PRINTER),
        ("12-ledger", "back", RETURNING),
    ],
)
def test_a_wait_tells_of_what_was_pressed(
    theatre: Theatre, name: str, button: str, told: Text
) -> None:
    theatre.show(CASES[name], ticket=5, back=True)
    theatre.press(theatre.button(button))
    assert theatre.page.waiting == say(told, Language.ZH)


def test_a_bracket_at_the_end_of_a_value_reaches_the_edge_as_digits_do(theatre: Theatre) -> None:
    theatre.show(CASES["10-account-frozen"])
    theatre.settle()
    image = theatre.window.grabWindow()

    def ink_ends(text: str) -> int:
        (item,) = (one for one in theatre.items() if one.property("text") == text)
        box = item.mapRectToScene(item.boundingRect()).toRect()
        middle = range(box.center().y() - 8, box.center().y() + 8)
        columns = range(box.left(), box.right() + 40)
        return max(x for x in columns for y in middle if image.pixelColor(x, y).lightness() < 100)

    assert abs(ink_ends("云岭医院（演示）") - ink_ends("2026年1月")) <= 6


def test_what_is_not_an_answer_is_said_and_the_page_wakes(theatre: Theatre) -> None:
    theatre.show(CASES["09-account"], ticket=5)
    theatre.press(theatre.button("ledger"))
    theatre.page.hint(_("请从页面上的选项中选择"))
    theatre.settle()
    assert "请从页面上的选项中选择" in texts(theatre)
    theatre.press(theatre.button("print"))
    assert theatre.listener.heard == [("answer", (5, "ledger")), ("answer", (5, "print"))]


@pytest.mark.parametrize("name", CASES)
def test_the_language_changes_and_the_step_stays(theatre: Theatre, name: str) -> None:
    theatre.show(CASES[name], ticket=3, back=True)
    before, page = texts(theatre), theatre.page.page
    theatre.press(theatre.button("language"))
    assert theatre.page.page == page
    assert theatre.page.ticket == 3
    assert texts(theatre) != before
    assert "12329" not in before or "12329" in texts(theatre)
    theatre.press(theatre.button("language"))
    assert texts(theatre) == before
    assert theatre.listener.heard == []


def shows_hidden(theatre: Theatre) -> bool:
    """Whether an amount is hidden; a masked number has more stars."""
    return any(re.search(rf"(?<!\*){re.escape(HIDDEN)}(?!\*)", text) for text in texts(theatre))


@pytest.mark.parametrize("name", ["09-account", "12-ledger", "15-loan", "17-plan"])
def test_the_eye_hides_and_shows(name: str) -> None:
    theatre = Theatre(Setting(revealed=False))
    try:
        theatre.show(CASES[name])
        assert shows_hidden(theatre)
        hidden = texts(theatre)
        theatre.press(theatre.button("eye"))
        assert not shows_hidden(theatre)
        theatre.press(theatre.button("eye"))
        assert texts(theatre) == hidden
    finally:
        theatre.close()


def test_a_button_stays_itself_while_the_amounts_change() -> None:
    """A finger that goes from the eye to a button finds the button in its place at once: it is not
    made anew, at first without a place, with the new content."""
    theatre = Theatre(Setting(revealed=False))
    try:
        theatre.show(CASES["09-account"])
        button = theatre.button("ledger")
        theatre.press(theatre.button("eye"))
        assert theatre.button("ledger") is button
    finally:
        theatre.close()


@pytest.mark.parametrize("orientation", ["portrait", "landscape"])
def test_the_keypad_types_a_code(orientation: str) -> None:
    theatre = Theatre(Setting(orientation=orientation))
    try:
        theatre.show(CASES["06-code-wrong"], ticket=9)
        for digit in "12345":
            theatre.press(theatre.button(digit))
        assert "confirm" not in {b.objectName() for b in theatre.buttons()}
        theatre.press(theatre.button("erase"))
        for digit in "789":  # the last one is one too many
            theatre.press(theatre.button(digit))
        assert theatre.listener.heard == []
        theatre.press(theatre.button("confirm"))
        assert theatre.listener.heard == [("answer", (9, "123478"))]
    finally:
        theatre.close()


def test_a_keyboard_types_a_code(theatre: Theatre) -> None:
    theatre.show(CASES["06-code-wrong"], ticket=9)
    for key in (Qt.Key.Key_1, Qt.Key.Key_2, Qt.Key.Key_Backspace, Qt.Key.Key_7):
        QTest.keyClick(theatre.window, key)
    theatre.settle()
    page = next(item for item in theatre.items() if item.property("code") is not None)
    assert page.property("code") == "17"


def test_one_may_ask_for_another_code_after_a_while(theatre: Theatre) -> None:
    theatre.show(CASES["05-code"], ticket=2)
    assert "resend" not in {b.objectName() for b in theatre.buttons()}
    page = next(item for item in theatre.items() if item.property("code") is not None)
    page.setProperty("wait", 1)
    assert theatre.until(lambda: page.property("wait") == 0, 3000)
    theatre.settle()
    theatre.press(theatre.button("resend"))
    assert theatre.listener.heard == [("answer", (2, "resend"))]


def test_another_language_keeps_the_code_and_the_seconds(theatre: Theatre) -> None:
    page = CASES["05-code"]
    assert isinstance(page, EnterSmsCode)
    sent = replace(page, sent_at=time.monotonic() - 45)
    theatre.show(sent, ticket=3)
    assert "15 秒后可重新发送" in texts(theatre)
    for digit in "123":
        theatre.press(theatre.button(digit))
    theatre.press(theatre.button("language"))
    assert {"1", "2", "3"} <= set(texts(theatre))
    assert any("15" in text or "14" in text for text in texts(theatre))
    theatre.show(sent, ticket=4)  # a wrong code: the next step begins with empty boxes
    assert code_typed(theatre) == ""


def test_another_language_keeps_the_time_of_the_code_for_the_phone(theatre: Theatre) -> None:
    page = CASES["04-phone-code"]
    assert isinstance(page, ShowPhoneCode)
    theatre.show(replace(page, opened_at=time.monotonic() - 240), ticket=3)
    for _language in range(2):
        assert any("1:00" in text or "0:59" in text for text in texts(theatre))
        theatre.press(theatre.button("language"))


@pytest.mark.parametrize("name", ["60-confirm", "65-unknown"])
def test_another_language_keeps_the_time_of_a_quote_and_of_the_next_question(
    theatre: Theatre, name: str
) -> None:
    page, now = CASES[name], time.monotonic()
    if isinstance(page, ConfirmOperation):
        theatre.show(replace(page, until=now + 61.5), ticket=3)
    else:
        assert isinstance(page, AwaitResult)
        theatre.show(replace(page, next_s=70.0, since=now - 8.5), ticket=3)
    for _language in range(2):
        said = ("1:02", "1:01", "62", "61")
        assert any(each in text for text in texts(theatre) for each in said)
        theatre.press(theatre.button("language"))


def code_typed(theatre: Theatre) -> str:
    boxes = [item for item in theatre.items() if item.property("code") is not None]
    return str(boxes[0].property("code"))


def test_pages_are_turned(theatre: Theatre) -> None:
    theatre.show(CASES["47-withdrawals-long"])
    first = texts(theatre)
    assert "previous" not in {b.objectName() for b in theatre.buttons()}
    theatre.press(theatre.button("next"))
    assert texts(theatre) != first
    theatre.press(theatre.button("previous"))
    assert texts(theatre) == first


def test_every_year_can_be_reached(theatre: Theatre) -> None:
    theatre.show(CASES["46-ledger-long"], ticket=4)
    seen: set[str] = set()
    for _turn in range(12):
        seen |= {
            b.objectName() for b in theatre.items() if is_button(b) and len(b.objectName()) == 4
        }
        theatre.press(theatre.button("otherTabs"))
    assert {str(year) for year in range(2007, 2027)} <= seen


def test_a_document_is_turned_through(theatre: Theatre) -> None:
    landscape = Theatre(Setting(orientation="landscape"))
    landscape.show(CASES["20-preview"], ticket=7)
    positions = set()
    sheet = next(item for item in landscape.items() if item.objectName() == "sheet")
    for _turn in range(2):
        positions.add(sheet.y())
        landscape.press(landscape.button("next"))
    positions.add(sheet.y())
    assert len(positions) == 3
    assert "next" not in {b.objectName() for b in landscape.buttons()}
    landscape.close()


def test_a_press_on_the_small_page_shows_that_part_large() -> None:
    theatre = Theatre(Setting(orientation="landscape"))
    try:
        theatre.show(CASES["20-preview"], ticket=7)
        sheet = named(theatre, "sheet")
        whole = named(theatre, "whole")
        assert theatre.until(lambda: whole.property("progress") == 1.0)
        tops = []
        for part in ("part2", "part0", "part1"):
            theatre.press(theatre.button(part))
            tops.append(sheet.y())
        assert tops[1] == 0
        assert tops[0] < tops[2] < tops[1]
        assert theatre.listener.heard == []
    finally:
        theatre.close()


def test_the_keys_stand_in_the_same_order_in_both_orientations() -> None:
    def rows(orientation: str) -> list[list[str]]:
        theatre = Theatre(Setting(orientation=orientation))
        theatre.show(CASES["05-code"], ticket=1)
        keys = {*"0123456789", "clear", "erase"}
        found = [item for item in theatre.buttons() if item.objectName() in keys]
        found.sort(key=lambda key: (middle(key).y(), middle(key).x()))
        names = [key.objectName() for key in found]
        theatre.close()
        return [names[at : at + 3] for at in range(0, 12, 3)]

    upright = rows("portrait")
    assert upright[3] == ["clear", "0", "erase"]
    assert rows("landscape") == upright


LIMITS = VisitLimits(idle_s=10, phone_s=30, answer_s=20, covered_s=40, limit_s=300, limit_warn_s=60)


def begun(theatre: Theatre) -> None:
    """A visit under way, its clock in the test's hands."""
    theatre.show(CASES["01-attract"], ticket=1)
    theatre.press(theatre.button("start"))
    theatre.stage.clock._timer.stop()
    theatre.greet("张*")
    theatre.show(CASES["09-account"], ticket=2)


def tick(theatre: Theatre, seconds: int) -> None:
    for _second in range(seconds):
        theatre.stage.clock.tick()
    theatre.settle()


@pytest.fixture
def visited() -> Iterator[Theatre]:
    """A theatre with short times and a visit under way."""
    theatre = Theatre(Setting(), limits=LIMITS)
    begun(theatre)
    yield theatre
    theatre.close()


def asked(theatre: Theatre) -> bool:
    return "您还在吗？" in texts(theatre)


def covered(theatre: Theatre) -> bool:
    return bool(theatre.stage.clock.covered)


def test_nobody_there_is_asked_then_covered_then_sent_home(visited: Theatre) -> None:
    tick(visited, 9)
    assert not asked(visited)
    tick(visited, 1)
    assert asked(visited)
    assert "20" in texts(visited)
    tick(visited, 1)
    assert "19" in texts(visited)
    tick(visited, 18)
    assert not covered(visited)
    tick(visited, 1)
    assert covered(visited)
    assert not asked(visited)
    tick(visited, 39)
    assert visited.listener.heard[-1] == ("answer", (1, "start"))
    tick(visited, 1)
    assert visited.listener.heard[-1:] == [("time_out", "idle")]


def test_the_answer_brings_the_page_back(visited: Theatre) -> None:
    tick(visited, 12)
    visited.press(visited.button("stay"))
    assert not asked(visited)
    tick(visited, 9)
    assert not asked(visited)


def test_the_cover_hides_everything_of_the_citizen(visited: Theatre) -> None:
    shown = visited.window.grabWindow()
    tick(visited, 30)
    hidden = visited.window.grabWindow()
    visited.greet("欧阳*")
    visited.show(CASES["12-ledger"], ticket=2)
    tick(visited, 30)
    assert visited.window.grabWindow() == hidden != shown


def test_who_steps_away_leaves_a_covered_page(visited: Theatre) -> None:
    """Also the page that comes while they are away. Whoever touches the screen is there, whatever a
    sensor says that sees nobody who sits low."""
    visited.stage.page.stands_there(False)
    tick(visited, AWAY_S - 1)
    visited.stage.page.stands_there(True)
    tick(visited, 1)
    assert not covered(visited)
    visited.stage.page.stands_there(False)
    tick(visited, AWAY_S)
    assert covered(visited)
    visited.show(CASES["12-ledger"], ticket=3)
    tick(visited, 1)
    assert covered(visited)
    visited.press(visited.button("uncover"))
    assert not covered(visited)
    tick(visited, AWAY_S)
    assert not covered(visited)
    visited.stage.page.stands_there(True)
    visited.stage.page.stands_there(False)
    tick(visited, AWAY_S + 39)
    assert covered(visited)
    tick(visited, 1)
    assert visited.listener.heard[-1:] == [("time_out", "idle")]


def test_a_technician_who_steps_behind_the_machine_has_the_whole_idle_time() -> None:
    theatre = Theatre(Setting(), limits=LIMITS)
    try:
        theatre.show(CASES["01-attract"])
        for _press in range(5):
            press_brand(theatre)
        theatre.stage.clock._timer.stop()
        theatre.show(CASES["09-account"])
        theatre.stage.page.stands_there(False)
        tick(theatre, 9)
        assert not asked(theatre)
        tick(theatre, 1)
        assert asked(theatre)
        tick(theatre, 20)
        assert covered(theatre)
    finally:
        theatre.close()


def test_nobody_is_missed_before_a_visit_or_while_the_terminal_works(visited: Theatre) -> None:
    visited.stage.clock.hold(True)
    visited.stage.page.stands_there(False)
    tick(visited, 2 * AWAY_S)
    assert not covered(visited)
    visited.stage.clock.hold(False)
    visited.stage.clock.stop()
    tick(visited, 2 * AWAY_S)
    assert not covered(visited)


@pytest.mark.parametrize("by", ["finger", "key"])
def test_a_touch_lifts_the_cover_and_presses_nothing(visited: Theatre, by: str) -> None:
    """Of the page under the cover, the citizen sees nothing, so their touch can mean nothing."""
    below = visited.button("print")
    tick(visited, 30)
    before = list(visited.listener.heard)
    if by == "finger":
        visited.press(below)
    else:
        QTest.keyClick(visited.window, Qt.Key.Key_Return)
    visited.settle()
    assert not covered(visited)
    assert visited.listener.heard == before
    visited.press(visited.button("print"))
    assert visited.listener.heard[-1] == ("answer", (2, "print"))


@pytest.mark.parametrize("page", ["05-code", "04-phone-code"])
def test_a_telephone_may_be_looked_for(visited: Theatre, page: str) -> None:
    visited.show(CASES[page], ticket=3)
    tick(visited, 29)
    assert not asked(visited)
    tick(visited, 1)
    assert asked(visited)


def test_in_care_mode_there_is_three_times_the_time(visited: Theatre) -> None:
    visited.appearance.toggleElder()
    tick(visited, 29)
    assert not asked(visited)
    tick(visited, 1)
    assert asked(visited)
    tick(visited, 59)
    assert asked(visited)
    tick(visited, 1)
    assert covered(visited)


def test_behind_the_question_nothing_can_be_pressed(visited: Theatre) -> None:
    button = visited.button("leave")
    tick(visited, 12)
    visited.listener.heard.clear()
    visited.press(button)
    assert visited.listener.heard == []
    visited.press(visited.button("leaveNow"))
    assert visited.listener.heard == [("leave", None)]


def test_the_idle_clock_runs_on_while_the_centre_is_asked_for_a_result(visited: Theatre) -> None:
    waiting = CASES["65-unknown"]
    assert isinstance(waiting, AwaitResult)
    visited.show(waiting, ticket=7)
    for number in range(10):
        assert not asked(visited)
        tick(visited, 1)
        visited.page.amend(replace(waiting, next_s=4.0 + number), ticket=7)
        visited.settle()
        assert any(f"{4 + number} 秒后再查" in text for text in texts(visited))
    assert asked(visited)


def test_a_touch_starts_the_idle_clock_again(visited: Theatre) -> None:
    tick(visited, 9)
    QTest.mouseClick(visited.window, Qt.MouseButton.LeftButton, pos=QPointF(5, 400).toPoint())
    tick(visited, 9)
    assert not asked(visited)


def test_no_visit_lasts_for_ever_and_its_end_is_announced(visited: Theatre) -> None:
    def pass_time(seconds: int) -> None:
        for _second in range(seconds):
            tick(visited, 1)
            visited.stage.clock.stay()

    pass_time(239)
    announced = "本次办理还剩 {} 秒，请尽快办完"
    assert announced.format(60) not in texts(visited)
    pass_time(1)
    assert announced.format(60) in texts(visited)
    pass_time(59)
    assert announced.format(1) in texts(visited)
    assert ("time_out", "limit") not in visited.listener.heard
    pass_time(1)
    assert visited.listener.heard[-1] == ("time_out", "limit")
    pass_time(30)
    assert visited.listener.heard.count(("time_out", "limit")) == 1, "a farewell would be cut off"
    assert announced.format(1) not in texts(visited)


def test_a_code_that_follows_one_that_was_over_uncovers_nothing(visited: Theatre) -> None:
    """Nobody has touched the screen: what was covered stays so, and the visit ends in its time."""
    code = ShowHandover(lambda: None, Sensitive("https://centre.example/1"), 30, _("账户"))
    visited.show(code, ticket=3, back=True)
    tick(visited, 60)
    assert covered(visited)
    visited.show(
        replace(code, content=Sensitive("https://centre.example/2"), goes_on=True), ticket=4
    )
    assert covered(visited)
    tick(visited, 30)
    assert ("time_out", "idle") in visited.listener.heard


def test_what_is_pressed_says_on_which_page(visited: Theatre) -> None:
    visited.show(CASES["12-ledger"], ticket=7, back=True)
    visited.press(visited.button("back"))
    assert visited.listener.pressed_on == 7
    visited.show(CASES["12-ledger"], ticket=8, back=True)
    visited.press(visited.button("leave"))
    assert visited.listener.pressed_on == 8


def test_a_machine_at_work_is_not_hurried() -> None:
    theatre = Theatre(Setting(), limits=LIMITS)
    try:
        begun(theatre)
        theatre.show(CASES["21-printing"], ticket=3)
        tick(theatre, 60)
        assert "您还在吗？" not in texts(theatre)
    finally:
        theatre.close()


def test_after_the_blank_frame_stands_a_page_of_nobody(theatre: Theatre) -> None:
    """As the next citizen will see it, and deaf: the next visit takes the screen in a moment."""
    theatre.greet("王*明")
    theatre.appearance.toggleLanguage()
    theatre.appearance.toggleElder()
    theatre.appearance.toggleContrast()
    theatre.page.blank()
    theatre.settle()
    theatre.stage.rest(theatre.settings)
    theatre.settle()
    assert theatre.page.property("page") == "AttractPage"
    assert not theatre.page.property("blankScreen")
    assert theatre.page.property("greeting") == ""
    look = theatre.appearance
    assert (look.language, look.large, look.revealed) == (Language.ZH, False, False)
    assert not look.property("highContrast")
    for button in theatre.buttons():
        theatre.press(button)
    theatre.settle()
    assert theatre.listener.heard == []
    assert not theatre.page.in_visit


@pytest.mark.parametrize(
    ("ticket", "error"), [(70, CannotDraw("a page too large")), (71, MemoryError())]
)
def test_nobody_agrees_to_a_document_that_is_not_seen(
    theatre: Theatre, monkeypatch: pytest.MonkeyPatch, ticket: int, error: Exception
) -> None:
    def fail(page: object, width_px: int) -> None:
        raise error

    monkeypatch.setattr(pictures, "_draw", fail)
    theatre.show(CASES["20-preview"], ticket=ticket)
    assert theatre.until(lambda: theatre.listener.heard == [("answer", (ticket, CANNOT_DRAW))])


@pytest.mark.parametrize("end", ["blank", "rest"])
def test_no_document_of_the_citizen_is_kept_after_the_visit(theatre: Theatre, end: str) -> None:
    theatre.show(CASES["20-preview"], ticket=7)
    theatre.page.sheet(0, 200)
    kept = theatre.page._paper
    assert kept is not None
    if end == "blank":
        theatre.page.blank()
    else:
        theatre.stage.rest(theatre.settings)
    assert theatre.until(lambda: theatre.page._paper is None)
    assert theatre.until(lambda: kept[1]._document is None)


def test_the_document_goes_with_its_page(theatre: Theatre) -> None:
    """Its pages are ten megabytes, and the citizen's."""
    theatre.show(CASES["20-preview"], ticket=7)
    theatre.page.sheet(0, 200)
    kept = theatre.page._paper
    assert kept is not None
    theatre.show(CASES["09-account"], ticket=8)
    assert theatre.page._paper is None
    assert theatre.until(lambda: kept[1]._document is None)


def test_no_sheet_is_drawn_in_a_size_that_is_not_its_own(
    theatre: Theatre, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Not first in the size that it has until the title above has its place."""
    widths: list[int] = []
    draw = pictures._draw

    def noted(page: PdfPage, width: int) -> pictures.Picture:
        widths.append(width)
        return draw(page, width)

    monkeypatch.setattr(pictures, "_draw", noted)
    for times in range(1, 5):
        theatre.show(CASES["19-purpose"])
        theatre.show(CASES["20-preview"])
        assert theatre.until(lambda times=times: len(widths) >= times)  # type: ignore[misc]
    assert len(set(widths)) == 1


def test_a_sheet_that_is_drawn_too_late_is_not_kept(
    theatre: Theatre, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The thread that loads pictures has opened the document, and meanwhile the visit ends."""
    made: list[PaperPages] = []

    def late(pdf: bytes) -> PaperPages:
        made.append(PaperPages(pdf))
        theatre.page.begin_anew()
        return made[0]

    theatre.show(CASES["20-preview"], ticket=7)
    # The page's own picture has loaded: its thread opens the document no more.
    (picture,) = [item for item in theatre.items() if item.objectName() == "sheet"]
    assert theatre.until(lambda: picture.property("progress") == 1.0)
    theatre.page._keep_paper(None)
    monkeypatch.setattr("ui.current_page.PaperPages", late)
    theatre.page.sheet(0, 200)
    assert theatre.page._paper is None
    assert theatre.until(lambda: made[0]._document is None)


def test_blank_hides_everything(theatre: Theatre) -> None:
    theatre.greet("张*")
    theatre.show(CASES["09-account"])
    theatre.page.blank()
    theatre.settle()
    image = theatre.window.grabWindow()
    first = image.pixel(0, 0)
    flat = image.copy()
    flat.fill(first)
    assert image == flat
    assert texts(theatre) == []
    assert theatre.buttons() == []


def test_no_reference_is_lost() -> None:
    """PySide6 6.12.0 on Python 3.11 loses one to True or None with every call, and aborts."""
    theatre = Theatre(Setting())
    try:
        page, clock = theatre.page, theatre.stage.clock
        theatre.show(CASES["09-account"])
        before = {value: sys.getrefcount(value) for value in (True, False, None)}
        for _round in range(20_000):
            page.property("busy")
            page.property("demo")
            page.property("slow")
            clock.stay()
            clock.metaObject().invokeMethod(clock, "stay")
        lost = {value: count - sys.getrefcount(value) for value, count in before.items()}
        assert all(abs(count) < 1000 for count in lost.values()), lost
    finally:
        theatre.close()


def test_the_keypad_types_an_amount_within_its_limits() -> None:
    theatre = Theatre(Setting())
    try:
        theatre.show(CASES["30-amount"], ticket=7)
        for key in ("5", "0", ".", "2", "5", "9", "erase", "erase", "erase"):
            theatre.press(theatre.button(key))  # the third place is not taken
        assert "最少 100.00 元" in texts(theatre)
        assert "confirm" not in {item.objectName() for item in theatre.buttons()}
        for key in ("0", "0", "0"):
            theatre.press(theatre.button(key))
        assert {"50,000", "最多 14,412.24 元"} <= set(texts(theatre))
        assert "confirm" not in {item.objectName() for item in theatre.buttons()}
        theatre.press(theatre.button("all"))
        assert {"14,412.24", "46,836.69 元"} <= set(texts(theatre))
        theatre.press(theatre.button("confirm"))
        assert theatre.listener.heard[-1] == ("answer", (7, "14412.24"))
    finally:
        theatre.close()


def test_a_number_can_be_typed_with_keys_and_cleared() -> None:
    theatre = Theatre(Setting())
    try:
        theatre.show(CASES["31-months"], ticket=8)
        for key in "12.6":  # a whole number has no point
            QTest.keyClick(theatre.window, Qt.Key(ord(key)))
        theatre.settle()
        assert "126" in texts(theatre)
        theatre.press(theatre.button("clear"))
        assert "126" not in texts(theatre)
        for key in "240":
            QTest.keyClick(theatre.window, Qt.Key(ord(key)))
        theatre.settle()
        theatre.press(theatre.button("confirm"))
        assert theatre.listener.heard[-1] == ("answer", (8, "240"))
    finally:
        theatre.close()


def test_the_next_number_is_typed_anew(theatre: Theatre) -> None:
    theatre.show(CASES["30-amount"])
    for key in ("5", "0", "0"):
        theatre.press(theatre.button(key))
    theatre.press(theatre.button("language"))
    assert "500" in texts(theatre), "another language is no other question"
    theatre.show(CASES["31-months"])
    assert "500" not in texts(theatre)
    assert "confirm" not in {item.objectName() for item in theatre.buttons()}


def test_no_amount_is_hidden_without_an_eye_that_shows_it() -> None:
    theatre = Theatre(Setting(revealed=False))
    try:
        amount = _("{amount} 元", amount=Decimal("1234.50"))
        theatre.show(ShowStatement("", (Fact("", "a"),), note=amount))
        assert "1,234.50 元" in texts(theatre)
        theatre.show(ShowTable("", (Column(""),), (("a",),), empty="", lead=amount))
        assert "1,234.50 元" in texts(theatre)
    finally:
        theatre.close()


def test_a_confirmation_hides_nothing_and_has_two_equal_buttons() -> None:
    theatre = Theatre(Setting(revealed=False))
    try:
        theatre.show(CASES["32-confirm"], ticket=9)
        assert {"14,412.24", "46,836.69"} <= set(texts(theatre))
        yes, no = theatre.button("yes"), theatre.button("no")
        assert (yes.width(), yes.height()) == (no.width(), no.height())
        assert yes.property("primary") == no.property("primary")
        theatre.press(yes)
        assert theatre.listener.heard[-1] == ("answer", (9, "yes"))
        theatre.show(CASES["33-statement"])
        assert HIDDEN in texts(theatre)
        theatre.press(theatre.button("eye"))
        assert "600,000.00" in texts(theatre)
    finally:
        theatre.close()


@pytest.mark.parametrize(
    "shape", [(1200, 1920), (800, 1280), (2560, 1080), (1080, 1920)], ids=lambda s: f"{s[0]}x{s[1]}"
)
def test_on_a_screen_of_any_shape_every_button_lies_on_the_glass(
    theatre: Theatre, shape: tuple[int, int]
) -> None:
    before = theatre.window.width(), theatre.window.height()
    theatre.window.resize(*shape)
    try:
        for name in ("05-code", "07-menu", "20-preview", "24-paper-out"):
            theatre.show(CASES[name], back=True)
            assert theatre.until(lambda: theatre.window.width() == shape[0], 2000)
            glass = QRectF(0, 0, *shape)
            off = {
                button.objectName()
                for button in theatre.buttons()
                if not glass.contains(button.mapRectToScene(button.boundingRect()))
            }
            assert not off, name
        theatre.show(CASES["07-menu"], ticket=9)
        theatre.press(theatre.button("account"))
        assert theatre.listener.heard[-1] == ("answer", (9, "account"))
    finally:
        theatre.window.resize(*before)
        theatre.settle()


def test_a_row_of_the_menu_is_one_kind_of_business(theatre: Theatre) -> None:
    theatre.show(CASES["07-menu"])
    height: dict[float, list[str]] = {}
    for button in theatre.buttons():
        height.setdefault(middle(button).y(), []).append(button.objectName())
    rows = [height[y] for y in sorted(height)]
    assert [row for row in rows if "account" in row] == [["account", "ledger", "progress"]]
    assert [row for row in rows if "loan" in row] == [["loan", "prepay", "monthly-offset"]]
    assert {"查询", "证明", "提取", "贷款", "变更"} <= set(texts(theatre))


def test_care_mode_begins_with_the_first_of_each_kind_and_leads_to_all() -> None:
    theatre = Theatre(Setting(elder=True))
    try:
        theatre.show(CASES["07-menu"])
        sheets: list[list[str]] = []
        while "account" not in {key for sheet in sheets[1:] for key in sheet}:
            around = {"contrast", "elder", "language", "leave"}
            keys = [button.objectName() for button in theatre.buttons()]
            sheets.append([key for key in keys if key not in around])
            theatre.press(theatre.button("more"))
        assert sheets[0] == ["account", "withdraw", "loan", "more"]  # the certificate is closed
        assert len({key for sheet in sheets for key in sheet}) == 11 + 1
    finally:
        theatre.close()


def press_brand(theatre: Theatre) -> None:
    scale = theatre.window.width() / 1080
    at = QPointF(88 * scale, 60 * scale).toPoint()
    left, no_key = Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier
    QTest.mouseClick(theatre.window, left, no_key, at)
    theatre.settle()


def test_five_presses_on_the_brand_of_the_attract_page_are_a_technicians(theatre: Theatre) -> None:
    begun: list[str] = []
    theatre.page.begun.connect(lambda: begun.append("citizen"))
    theatre.page.maintained.connect(lambda: begun.append("technician"))
    theatre.show(CASES["01-attract"])
    for _press in range(5):
        assert theatre.listener.heard == []
        press_brand(theatre)
    assert theatre.listener.heard == [("answer", (theatre.ticket, MAINTENANCE))]
    assert begun == ["technician"]


def test_the_brand_of_any_other_page_cannot_be_pressed(theatre: Theatre) -> None:
    theatre.show(CASES["07-menu"])
    for _press in range(6):
        press_brand(theatre)
    assert theatre.listener.heard == []


def test_a_frame_follows_its_cause_at_once() -> None:
    """Qt would wait for 5 ms before each frame; timers run out in the order of their times."""
    theatre = Theatre()
    order: list[str] = []

    def note() -> None:
        order.append("frame")

    theatre.window.frameSwapped.connect(note)
    theatre.window.update()
    QTimer.singleShot(3, lambda: order.append("later"))
    assert theatre.until(lambda: {"frame", "later"} <= set(order))
    theatre.window.frameSwapped.disconnect(note)
    assert order[0] == "frame"
    theatre.close()
