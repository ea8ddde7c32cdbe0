"""The entry of a PIN, from the page to the encrypted block, at the emulated pads."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from drivers.device import CancelToken, Deadline, Kind, Request, State, Status
from drivers.emulators.pin_pad import (
    BANK_KEY,
    BANK_KEY_SERIAL,
    MASTER_KEYS,
    PinPad,
    encrypt,
    format_0,
)
from drivers.emulators.xfs4iot import XfsMachine
from drivers.hosting import host as hosting
from drivers.hosting.thread_host import ThreadHost
from drivers.pin_pad.frames import pan_field
from drivers.pin_pad.serial import SerialPinPad
from drivers.pin_pad.types import Algorithm, PinBlock
from drivers.xfs4iot.pin_pad import XfsPinPad
from kiosk.centre.evidence import PinKey
from kiosk.privacy import Sensitive
from kiosk.terminal import pin_entry
from kiosk.terminal.dialogue import Dialogue
from kiosk.terminal.pin_entry import PinTaker
from kiosk.visit.pin_steps import EnterPin, PinTaken
from kiosk.visit.steps import OTHER
from kiosk.words import Language, say
from tests.contract.xfs4iot_machines import host_of
from tests.waiting import PATIENCE_S as PATIENT_S

PAN = "9999990000000000014"
ANSWER_S = 0.6
PIN = "135790"
CLEAR = bytes.fromhex("F351D490994603795C6EBEE8FAEBB481")
BLOCK = format_0(PIN, pan_field(PAN), 16)


def pin_key(master: bytes = MASTER_KEYS[Algorithm.SM4]) -> PinKey:
    return PinKey(
        algorithm="sm4",
        serial="k-1",
        encrypted=encrypt(Algorithm.SM4, master, CLEAR).hex(),
        check_value=encrypt(Algorithm.SM4, CLEAR, bytes(16))[:3].hex(),
    )


STEP = EnterPin(pin_key(), Sensitive(PAN), others=True)


def eventually(true: Callable[[], bool]) -> None:
    until = time.monotonic() + PATIENT_S
    while not true():
        assert time.monotonic() < until
        time.sleep(0.005)


class PadTypist:
    """An entry that somebody makes with the keys of an emulated pad."""

    def __init__(self, host: ThreadHost, pad: Any, entering: Callable[[], bool]) -> None:
        self.taker, self.host = PinTaker(host), host
        self.pad, self._entering = pad, entering
        self.shown: list[EnterPin] = []
        self.cancel = CancelToken()

    def begin(self, step: EnterPin = STEP) -> Future[PinTaken | None]:
        future = self.taker.take(step, self.shown.append, self.cancel)
        eventually(lambda: self._entering() or future.done())
        return future

    def press(self, *keys: str) -> None:
        for key in keys:
            self.pad.obey("press", key=key)

    def typed(self, *keys: str, step: EnterPin = STEP) -> PinTaken | None:
        future = self.begin(step)
        self.press(*keys)
        return future.result(PATIENT_S)


@pytest.fixture
def pad(tmp_path: Path) -> Iterator[PinPad]:
    one = PinPad(tmp_path / "pad")
    one.start()
    yield one
    one.stop()


@pytest.fixture
def entry(pad: PinPad) -> Iterator[PadTypist]:
    host = ThreadHost(SerialPinPad(SerialPinPad.Settings(pad.address, answer_timeout=ANSWER_S)))
    host.start()
    eventually(lambda: host.status.state is State.ONLINE)
    yield PadTypist(host, pad, lambda: pad.look()["entering"])
    host.stop()


def test_dots_follow_the_keys_and_only_the_block_comes_out(entry: PadTypist) -> None:
    taken = entry.typed("9", "backspace", *PIN, "enter")
    block = PinBlock(Algorithm.SM4, "k-1", encrypt(Algorithm.SM4, CLEAR, BLOCK))
    assert taken == PinTaken(block)
    assert [(now.entered, now.checking) for now in entry.shown] == [
        (1, False), (0, False), (1, False), (2, False), (3, False), (4, False), (5, False),
        (6, False), (6, True),
    ]  # fmt: skip
    assert PIN not in repr(entry.shown)


def test_a_pad_of_the_bank_keeps_the_banks_key() -> None:
    machine = XfsMachine()
    machine.start()
    try:
        with host_of(machine, XfsPinPad, "PinPad", key_serial=BANK_KEY_SERIAL) as host:
            typist = PadTypist(host, machine, lambda: machine.look()["entering"])
            taken = typist.typed(*PIN, "enter")
        commands = machine.look()["commands"]
    finally:
        machine.stop()
    block = encrypt(*BANK_KEY, format_0(PIN, pan_field(PAN)))
    assert taken == PinTaken(PinBlock(Algorithm.TDEA, BANK_KEY_SERIAL, block))
    assert "KeyManagement.ImportKey" not in commands


def test_cancel_at_the_pad_is_another_way(entry: PadTypist) -> None:
    assert entry.typed("1", "cancel") is None


def why(taken: PinTaken | None) -> tuple[str, bool]:
    assert taken
    assert taken.why_not
    return say(taken.why_not, Language.ZH), taken.again


def test_a_pad_with_another_master_key_cannot_be_used(entry: PadTypist) -> None:
    step = EnterPin(pin_key(bytes(16)), Sensitive(PAN))
    assert why(entry.typed(step=step)) == ("本机密码键盘没有可用的密钥", False)


def test_a_number_that_is_no_pan_is_nothing_for_the_pad(entry: PadTypist) -> None:
    step = EnterPin(pin_key(), Sensitive("79927398713"))
    assert why(entry.typed(*PIN, "enter", step=step)) == ("本机密码键盘不能核对这张卡的密码", False)


def test_nobody_presses_a_key(entry: PadTypist, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pin_entry, "ENTRY_S", 0.2)
    assert why(entry.typed("1")) == ("很久没有按键，密码已经清除", True)


def test_the_pad_gives_the_entry_up(entry: PadTypist) -> None:
    future = entry.begin()
    entry.pad.obey("give up")
    assert why(future.result(PATIENT_S)) == ("很久没有按键，密码已经清除", True)


def test_a_pad_that_answers_late_still_gives_the_block(entry: PadTypist) -> None:
    future = entry.begin()
    entry.pad.obey("slow", seconds=ANSWER_S / 4)
    entry.press(*PIN, "enter")
    taken = future.result(PATIENT_S)
    assert taken
    assert taken.block
    assert entry.shown[-1].checking


def test_a_pad_that_answers_too_late_may_be_tried_again(entry: PadTypist) -> None:
    future = entry.begin()
    entry.pad.obey("slow", seconds=3 * ANSWER_S)
    entry.press("1")
    assert why(future.result(PATIENT_S)) == ("密码键盘没有响应", True)


@pytest.mark.parametrize("key", ["1", "enter"])
def test_a_pad_that_falls_silent(entry: PadTypist, key: str) -> None:
    future = entry.begin()
    if key == "enter":
        entry.press(*PIN)
        eventually(lambda: bool(entry.shown) and entry.shown[-1].entered == 6)
    entry.pad.obey("mute")
    entry.press(key)
    assert why(future.result(PATIENT_S)) == ("密码键盘没有响应", True)


def test_an_entry_whose_page_was_left_ends_before_the_next_begins(entry: PadTypist) -> None:
    """The pad, late with its answers, drops what was typed on the page before."""
    left = entry.begin()
    entry.press(*PIN[:4])
    eventually(lambda: bool(entry.shown) and entry.shown[-1].entered == 4)
    entry.pad.obey("slow", seconds=ANSWER_S / 4)
    entry.cancel.cancel()
    shown: list[EnterPin] = []
    future = entry.taker.take(STEP, shown.append, CancelToken())
    seen = entry.pad.look
    eventually(lambda: left.done() and seen()["entering"] and seen()["entered"] == 0)
    entry.press(*PIN, "enter")
    taken = future.result(PATIENT_S)
    assert taken
    assert taken.block
    assert [now.entered for now in shown[:2]] == [1, 2]
    assert seen()["blocks"] == 1


@pytest.fixture
def hanging(monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[ThreadHost, threading.Event]]:
    """The host of a pad whose driver hangs in its first command, and the event of that."""
    began, over = threading.Event(), threading.Event()

    class HangingPad(SerialPinPad):
        def execute(self, request: Request[Any], deadline: Deadline, cancel: CancelToken) -> Any:
            began.set()
            over.wait()

    monkeypatch.setattr(hosting, "HUNG_S", 0.05)
    monkeypatch.setattr(pin_entry, "COMMAND_S", 0.05)
    host = ThreadHost(HangingPad(SerialPinPad.Settings("/dev/null")))
    monkeypatch.setattr(host.driver, "open", lambda: None)
    monkeypatch.setattr(host.driver, "status", lambda: Status(State.ONLINE))
    host.start()
    yield host, began
    over.set()
    host.stop()


def test_a_pad_whose_driver_hangs_leads_to_the_other_ways(
    hanging: tuple[ThreadHost, threading.Event],
) -> None:
    dialogue = Dialogue({Kind.PIN_PAD: hanging[0]})
    dialogue.screen = AmendedScreen()  # type: ignore[assignment]
    with ThreadPoolExecutor(1) as citizen:
        answered = citizen.submit(dialogue.ask, STEP, back=False)
        assert why(answered.result(PATIENT_S)) == ("密码键盘没有响应", True)


def test_an_entry_that_hangs_after_its_page_was_left_does_not_hold_the_next(
    hanging: tuple[ThreadHost, threading.Event], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(hosting, "HUNG_S", PATIENT_S)
    monkeypatch.setattr(pin_entry, "LEFT_S", 0.05)
    taker, cancel = PinTaker(hanging[0]), CancelToken()
    left = taker.take(STEP, lambda now: None, cancel)
    assert hanging[1].wait(PATIENT_S)
    cancel.cancel()
    future = taker.take(STEP, lambda now: None, CancelToken())
    assert why(future.result(PATIENT_S)) == ("密码键盘没有响应", True)
    assert not left.done()


class AmendedScreen:
    """What a dialogue shows and amends."""

    def __init__(self) -> None:
        self.shown: list[EnterPin] = []
        self.waiting: list[int] = []

    def answered(self, ticket: int) -> None:
        self.waiting.append(ticket)

    def show(self, step: EnterPin, *, ticket: int, back: bool) -> None:
        self.shown.append(step)

    def amend(self, step: EnterPin, *, ticket: int) -> None:
        assert ticket == 1
        self.shown.append(step)


def test_the_page_follows_the_pad_and_its_button_ends_the_entry(entry: PadTypist) -> None:
    dialogue = Dialogue({Kind.PIN_PAD: entry.host})
    dialogue.screen = screen = AmendedScreen()  # type: ignore[assignment]
    with ThreadPoolExecutor(1) as citizen:
        answered = citizen.submit(dialogue.ask, STEP, back=False)
        eventually(lambda: entry.pad.look()["entering"])
        entry.press(*PIN, "enter")
        taken = answered.result(PATIENT_S)
        assert taken
        assert taken.block
        assert [now.entered for now in screen.shown] == [0, 1, 2, 3, 4, 5, 6, 6]
        assert screen.waiting == [1]  # the centre is asked next
        answered = citizen.submit(dialogue.ask, STEP, back=False)
        eventually(lambda: entry.pad.look()["entering"])
        dialogue.answer(2, OTHER)
        assert answered.result(PATIENT_S) is None
        eventually(lambda: not entry.pad.look()["entering"])
    assert entry.pad.look()["blocks"] == 1


def test_a_dialogue_without_a_pad_says_so() -> None:
    dialogue = Dialogue({})
    dialogue.screen = AmendedScreen()  # type: ignore[assignment]
    with pytest.raises(Exception, match="no pin_pad in the settings") as caught:
        dialogue.ask(STEP, back=False)
    assert caught.value.device is Kind.PIN_PAD  # type: ignore[attr-defined]
