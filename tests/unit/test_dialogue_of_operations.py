"""The dialogue while an operation is decided: what counts, what is dropped, what was seen."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from queue import SimpleQueue

import pytest

from drivers.code_scanner.types import Code, ReadCode
from drivers.device import Kind, State, Status
from drivers.hosting.host import Host
from kiosk.counters import Counted, CounterFile
from kiosk.endings import How
from kiosk.settings import CentreSettings, Settings
from kiosk.terminal import terminal as terminal_module
from kiosk.terminal.dialogue import Dialogue
from kiosk.terminal.terminal import Terminal
from kiosk.visit.operation_steps import CONFIRM, AwaitResult, ConfirmOperation, Deciding
from kiosk.visit.operation_words import HOME
from kiosk.visit.steps import Choose, Farewell, Option, Problem
from kiosk.visit.troubles import Standing
from kiosk.visit.visit import Left, TimedOut
from kiosk.words import Language, say
from tests.services.hall import Glass
from tests.ui.operation_samples import QUOTE
from tests.waiting import until

WAITING = AwaitResult(QUOTE, actions=(HOME,))
DECIDING = Deciding(QUOTE, WAITING, 5.0)
QUESTION = Choose("one", (Option("a", "a"),))


@pytest.fixture
def dialogue() -> Dialogue:
    dialogue = Dialogue({})
    dialogue.screen = Glass()
    return dialogue


def ticket(dialogue: Dialogue) -> int:
    """The ticket of the page that is shown now."""
    glass = dialogue.screen
    assert isinstance(glass, Glass)
    return glass.shown.get(timeout=60)[1]


def soon(call: Callable[[], None]) -> None:
    threading.Thread(target=call, daemon=True).start()


def test_a_finger_on_hold_and_one_on_leave_confirm_when_the_hold_came_first(
    dialogue: Dialogue,
) -> None:
    def press() -> None:
        now = ticket(dialogue)
        dialogue.answer(now, CONFIRM)
        dialogue.leave(now)

    soon(press)
    assert dialogue.ask(ConfirmOperation(QUOTE, "王*"), back=True) == CONFIRM
    dialogue.announce(DECIDING)
    assert dialogue.heard(WAITING, 0.05) is None, "退出 belonged to the page before"


def test_a_finger_on_leave_first_confirms_nothing(dialogue: Dialogue) -> None:
    def press() -> None:
        now = ticket(dialogue)
        dialogue.leave(now)
        dialogue.answer(now, CONFIRM)

    soon(press)
    with pytest.raises(Left):
        dialogue.ask(ConfirmOperation(QUOTE, "王*"), back=True)


def test_leaving_while_the_screen_still_shows_the_page_before_is_dropped(
    dialogue: Dialogue,
) -> None:
    """The operation goes on, and its end is shown."""

    def press() -> None:
        dialogue.answer(ticket(dialogue), CONFIRM)

    soon(press)
    assert dialogue.ask(ConfirmOperation(QUOTE, "王*"), back=True) == CONFIRM
    dialogue.announce(DECIDING)
    dialogue.leave(ticket(dialogue) - 1)
    soon(lambda: dialogue.answer(ticket(dialogue), "a"))
    assert dialogue.ask(QUESTION, back=False) == "a"


@pytest.mark.parametrize("when", ["before", "after"])
def test_how_an_operation_has_ended_is_shown_also_after_the_visits_longest_time(
    dialogue: Dialogue, monkeypatch: pytest.MonkeyPatch, when: str
) -> None:
    """Whether the clock's word came before the page or after it."""
    monkeypatch.setattr("kiosk.terminal.dialogue.READ_S", 0.1)
    told: list[str] = []

    def tell() -> None:
        dialogue.hear()  # as every call to the centre does
        told.append("told")

    dialogue.announce(DECIDING)
    ticket(dialogue)
    if when == "before":
        dialogue.time_out("limit")

    def frame() -> None:
        now = ticket(dialogue)
        if when == "after":
            dialogue.time_out("limit")
        dialogue.framed(now)

    soon(frame)
    with pytest.raises(TimedOut) as over:
        dialogue.ask(QUESTION, back=False, on_screen=tell)
    assert told == ["told"]
    assert over.value.how == "limit"


def test_after_the_visits_longest_time_the_end_can_be_answered_and_nothing_else_begins(
    dialogue: Dialogue,
) -> None:
    dialogue.announce(DECIDING)
    ticket(dialogue)
    dialogue.time_out("limit")
    soon(lambda: dialogue.answer(ticket(dialogue), "a"))
    assert dialogue.ask(QUESTION, back=False, on_screen=lambda: None) == "a"
    with pytest.raises(TimedOut):
        dialogue.ask(QUESTION, back=False)


def test_after_the_visits_longest_time_and_leaving_only_the_farewell_is_shown(
    dialogue: Dialogue,
) -> None:
    """The clock says it once, and no rating is asked for."""
    dialogue.announce(DECIDING)
    ticket(dialogue)
    dialogue.time_out("limit")
    soon(lambda: dialogue.leave(ticket(dialogue)))
    with pytest.raises(Left):
        dialogue.ask(QUESTION, back=False, on_screen=lambda: None)
    with pytest.raises(TimedOut):
        dialogue.ask(QUESTION, back=False)
    soon(lambda: dialogue.answer(ticket(dialogue), "bye"))
    assert dialogue.ask(Farewell(), back=False) is None


@pytest.mark.parametrize("ends", ["limit", "leave"])
def test_no_word_from_before_cuts_the_farewell_off(dialogue: Dialogue, ends: str) -> None:
    """The limit comes while a card still lies there; 退出 was pressed twice on the page before."""

    def say() -> None:
        now = ticket(dialogue)
        dialogue.leave(now - 1) if ends == "leave" else dialogue.time_out("limit")
        dialogue.answer(now, "bye")

    soon(say)
    assert dialogue.ask(Farewell(lies=True), back=False) is None


@pytest.mark.parametrize("how", ["limit", "other-card"])
def test_the_clock_ends_the_visit_only_once_somebody_may_leave(
    dialogue: Dialogue, how: How
) -> None:
    """And so does another person's card: never between a confirmation and its record."""
    dialogue.announce(DECIDING)
    dialogue.time_out(how)
    dialogue.announce(WAITING)
    with pytest.raises(TimedOut):
        dialogue.heard(WAITING, 1.0)


def test_what_is_pressed_on_the_page_of_the_wait_is_heard(dialogue: Dialogue) -> None:
    dialogue.announce(WAITING)
    now = ticket(dialogue)
    dialogue.answer(now - 1, HOME.key)  # a page that is gone
    dialogue.answer(now, "nonsense")
    dialogue.answer(now, HOME.key)
    assert dialogue.heard(WAITING, 1.0) == HOME.key
    dialogue.leave(now)
    with pytest.raises(Left):
        dialogue.heard(WAITING, 1.0)


def test_what_is_pressed_while_the_centre_is_asked_counts_on_the_page_as_it_is_then(
    dialogue: Dialogue,
) -> None:
    later = replace(WAITING, accepted=True)
    dialogue.announce(WAITING)
    now = ticket(dialogue)
    dialogue.answer(now, HOME.key)
    dialogue.leave(now)
    dialogue.amend(later)
    assert dialogue.heard(later, 1.0) == HOME.key
    with pytest.raises(Left):
        dialogue.heard(later, 1.0)
    glass = dialogue.screen
    assert isinstance(glass, Glass)
    assert glass.amended.get(timeout=60) == later


def test_devices_rest_until_a_citizen_has_begun(monkeypatch: pytest.MonkeyPatch) -> None:
    told: list[str] = []
    monkeypatch.setattr(Host, "rest", lambda host: told.append(f"{host.kind} rests"))
    monkeypatch.setattr(Host, "attend", lambda host: told.append(f"{host.kind} attends"))
    settings = Settings(
        terminal="T0001",
        centre=CentreSettings(url="http://127.0.0.1:9", seal_roots=Path("root.pem")),
        devices={Kind.CODE_SCANNER: {"driver": "serial", "port": "/nowhere"}},
    )
    terminal = Terminal(settings, lambda how: None)
    assert told == ["code_scanner rests"]
    terminal.begun()
    assert told == ["code_scanner rests", "code_scanner attends"]


def test_neither_the_screen_nor_a_device_waits_for_the_disk_of_the_counters(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    gate, counted = threading.Event(), SimpleQueue[object]()

    def add(_: CounterFile, steps: Mapping[Counted, int]) -> None:
        gate.wait()
        counted.put(dict(steps))

    def note(_: CounterFile, kind: Kind, status: Status) -> None:
        counted.put(status.state)
        raise ValueError("a name")

    monkeypatch.setattr(CounterFile, "add", add)
    monkeypatch.setattr(CounterFile, "note", note)
    settings = Settings(
        terminal="T0001",
        centre=CentreSettings(url="http://127.0.0.1:9", seal_roots=Path("root.pem")),
    )
    terminal = Terminal(settings, lambda how: None)
    soon(terminal._keep_counts)
    terminal.begun()
    terminal._device_changed(Kind.ID_CARD, Status(State.OFFLINE))
    terminal._count(ReadCode(), Code("x", "QR"))
    assert counted.empty()
    terminal.quit(5.0)
    gate.set()
    told = [counted.get(timeout=60) for _ in range(3)]
    assert told == [{Counted.VISITS: 1}, State.OFFLINE, {Counted.CODES: 1}]
    assert "uncaught" in " ".join(caplog.messages)


def test_the_counters_hear_again_and_again_how_the_devices_are(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    noted: list[tuple[Kind, State]] = []

    def note(_: CounterFile, kind: Kind, status: Status) -> None:
        noted.append((kind, status.state))

    monkeypatch.setattr(CounterFile, "note", note)
    monkeypatch.setattr(terminal_module, "SEEN_S", 0.01)
    settings = Settings(
        terminal="T0001",
        centre=CentreSettings(url="http://127.0.0.1:9", seal_roots=Path("root.pem")),
        devices={Kind.CODE_SCANNER: {"driver": "serial", "port": "/nowhere"}},
    )
    terminal = Terminal(settings, lambda how: None)
    counting = threading.Thread(target=terminal._keep_counts)
    counting.start()
    until(lambda: len(noted) > 1)
    terminal.quit(5.0)
    counting.join()
    assert set(noted) == {(Kind.CODE_SCANNER, State.STARTING)}


def test_a_terminal_that_quits_asks_the_centre_no_more() -> None:
    settings = Settings(
        terminal="T0001",
        centre=CentreSettings(url="http://127.0.0.1:9", seal_roots=Path("root.pem")),
    )
    terminal, before = Terminal(settings, lambda how: None), set(threading.enumerate())
    terminal.open(Glass())

    def begun() -> set[threading.Thread]:
        return set(threading.enumerate()) - before

    until(lambda: {"catalogue", "counters", "visit"} <= {thread.name for thread in begun()})
    terminal.dialogue.leave(1)
    terminal.quit(5.0)
    until(lambda: not begun())


def test_what_stands_around_the_page_is_what_was_looked_up_last(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Threads of devices, of the catalogue and of the clock tell it."""
    settings = Settings(
        terminal="T0001",
        centre=CentreSettings(url="http://127.0.0.1:9", seal_roots=Path("root.pem")),
    )
    terminal = Terminal(settings, lambda how: None)
    glass = terminal.dialogue.screen = Glass()
    notices: list[tuple[str, ...]] = [("缺纸",)]
    gate, looked_up = threading.Event(), threading.Event()

    def look_up(_: Terminal) -> tuple[str, ...]:
        seen = notices[-1]
        looked_up.set()
        gate.wait(60)
        return seen

    monkeypatch.setattr(Terminal, "_notices", look_up)
    tells = [threading.Thread(target=terminal._surround, daemon=True) for _ in range(2)]
    tells[0].start()
    assert looked_up.wait(60)
    notices.append(())  # the paper is in
    monkeypatch.setattr(Terminal, "_notices", lambda _: notices[-1])
    tells[1].start()
    tells[1].join(0.1)
    gate.set()
    for each in tells:
        each.join(60)
    assert glass.notices == ()


@pytest.mark.parametrize("standing", Standing)
def test_a_bug_is_told_with_what_is_known_of_the_account(standing: Standing) -> None:
    settings = Settings(
        terminal="T0001",
        centre=CentreSettings(url="http://127.0.0.1:9", seal_roots=Path("root.pem")),
    )
    terminal = Terminal(settings, lambda how: None)
    glass = terminal.dialogue.screen = Glass()
    terminal.begun()
    pages = []

    def leave() -> None:
        page, now, _ = glass.shown.get(timeout=60)
        pages.append(page)
        terminal.dialogue.leave(now)

    soon(leave)
    terminal._admit("K7Q2-9XMD", standing)
    assert isinstance(pages[0], Problem)
    lead = say(pages[0].lead, Language.ZH)
    assert ("没有任何变动" in lead) == (standing is Standing.UNCHANGED)
    assert ("请不要再提交" in lead) == (standing is Standing.UNDECIDED)


def test_the_first_frame_of_a_page_is_told_once_and_only_of_that_page(dialogue: Dialogue) -> None:
    seen = []

    def screen() -> None:
        now = ticket(dialogue)
        dialogue.framed(now - 1)
        dialogue.framed(now)
        dialogue.answer(now, "a")

    soon(screen)
    assert dialogue.ask(QUESTION, back=False, on_screen=lambda: seen.append(1)) == "a"
    assert seen == [1]
