"""The PIN pad through its host, against the emulated one on a real pty."""

from __future__ import annotations

import json
import logging
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from drivers.catalogue import create, create_host
from drivers.device import (
    CancelToken,
    Check,
    Deadline,
    DeviceError,
    Info,
    Kind,
    Reason,
    Request,
    State,
    Status,
)
from drivers.emulators.pin_pad import MASTER_KEYS, PinPad, decrypt, encrypt, format_0
from drivers.hosting.thread_host import ThreadHost
from drivers.pin_pad.serial import SerialPinPad
from drivers.pin_pad.types import (
    Algorithm,
    AwaitKey,
    EndPinEntry,
    Key,
    KeyPress,
    LoadSessionKey,
    MakePinBlock,
    PinBlock,
    SessionKey,
    StartPinEntry,
)
from tests.waiting import PATIENCE_S as PATIENT_S
from tests.waiting import PROMPT_S, quickest

ANSWER_S = 0.4
PAN = "9999990000000000014"
PIN = "135790"
SIZES = {Algorithm.TDEA: 8, Algorithm.SM4: 16}
CLEAR_KEYS = {
    Algorithm.TDEA: bytes.fromhex("133457799BBCDFF1AABB09182736CCDD"),
    Algorithm.SM4: bytes.fromhex("F351D490994603795C6EBEE8FAEBB481"),
}
# A bank's example of SM4 with X9.8, as it is passed around: master key 1234567890ABCDEF…
BANK_KEY = SessionKey(
    Algorithm.SM4,
    "TPK-0001",
    bytes.fromhex("3D66234C49E4296FF9C78D8BACBD6A76"),
    bytes.fromhex("861E83E31FAEBF10"),
)


def session_key(algorithm: Algorithm, *, long: bool = False) -> SessionKey:
    clear = CLEAR_KEYS[algorithm] + (bytes(range(8)) if long else b"")
    return SessionKey(
        algorithm,
        "TPK-0002",
        encrypt(algorithm, MASTER_KEYS[algorithm], clear),
        encrypt(algorithm, clear, bytes(SIZES[algorithm]))[:3],
    )


def eventually(true: Callable[[], bool]) -> None:
    until = time.monotonic() + PATIENT_S
    while not true():
        assert time.monotonic() < until
        time.sleep(0.005)


@pytest.fixture
def emulator(tmp_path: Path) -> Iterator[PinPad]:
    one = PinPad(tmp_path / "pad")
    one.start()
    yield one
    one.stop()


@pytest.fixture
def driver(emulator: PinPad) -> Iterator[SerialPinPad]:
    one = SerialPinPad(SerialPinPad.Settings(emulator.address, answer_timeout=ANSWER_S))
    yield one
    one.close()


class PadDesk:
    """A host with a pad, and what it said about it."""

    def __init__(self, driver: SerialPinPad, emulator: PinPad) -> None:
        self.emulator = emulator
        self.seen: list[Status] = []
        self.host = ThreadHost(driver, self.seen.append)

    def do(self, request: Request[Any], seconds: float = PATIENT_S) -> Any:
        return self.host.execute(request, seconds)

    def refuse(self, request: Request[Any], seconds: float = PATIENT_S) -> DeviceError:
        with pytest.raises(DeviceError) as caught:
            self.do(request, seconds)
        return caught.value

    def press(self, *keys: str) -> list[KeyPress]:
        for key in keys:
            self.emulator.obey("press", key=key)
        return [self.do(AwaitKey()) for _ in keys]

    def enter(self, pin: str = PIN) -> None:
        self.do(StartPinEntry(4, 12))
        assert self.press(*pin, "enter")[-1] == KeyPress(Key.ENTER, len(pin))


@pytest.fixture
def desk(driver: SerialPinPad, emulator: PinPad) -> Iterator[PadDesk]:
    one = PadDesk(driver, emulator)
    one.host.start()
    one.do(LoadSessionKey(session_key(Algorithm.SM4)))
    yield one
    one.host.stop()


# -- the block -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("pin", "pan", "size", "block"),
    [
        ("123456", "000000000001", 8, "06123456FFFFFFFE"),
        ("123456", "678901234567", 8, "061253DFFEDCBA98"),
        ("123456", "456789012345", 8, "0612713176FEDCBA"),
        ("1234", "000000000000", 8, "041234FFFFFFFFFF"),
        ("123456789012", "000000000000", 8, "0C123456789012FF"),
        ("123654", "660100772688", 16, "06123654FFFFFFFFFFFF99FEFF88D977"),
    ],
)
def test_format_0_as_published(pin: str, pan: str, size: int, block: str) -> None:
    assert format_0(pin, bytes.fromhex(pan), size) == bytes.fromhex(block)


def test_the_ciphers_as_published() -> None:
    sm4 = bytes.fromhex("0123456789abcdeffedcba9876543210")  # GB/T 32907, example 1
    assert encrypt(Algorithm.SM4, sm4, sm4).hex() == "681edf34d206965e86b3e94f536e4246"
    # NIST SP 800-67 example: three keys, "The qufck brown fox jump"
    three = bytes.fromhex("0123456789ABCDEF23456789ABCDEF01456789ABCDEF0123")
    assert (
        encrypt(Algorithm.TDEA, three, b"The qufck brown fox jump").hex()
        == "a826fd8ce53b855fcce21c8112256fe668d5c05dd9b6b900"
    )


def test_the_banks_example(desk: PadDesk) -> None:
    desk.do(LoadSessionKey(BANK_KEY))
    desk.enter("123654")
    block = desk.do(MakePinBlock("6230606601007726888"))
    assert (block.algorithm, block.key_serial) == (Algorithm.SM4, "TPK-0001")
    clear = decrypt(Algorithm.SM4, CLEAR_KEYS[Algorithm.SM4], block.block)
    assert clear.hex().upper() == "06123654FFFFFFFFFFFF99FEFF88D977"


@pytest.mark.parametrize(
    ("algorithm", "long"), [(Algorithm.TDEA, False), (Algorithm.TDEA, True), (Algorithm.SM4, False)]
)
@pytest.mark.parametrize("pin", ["1357", "135790", "135790246813"])
def test_a_pin_of_any_length_under_either_cipher(
    desk: PadDesk, algorithm: Algorithm, long: bool, pin: str
) -> None:
    key = session_key(algorithm, long=long)
    desk.do(LoadSessionKey(key))
    desk.enter(pin)
    block = desk.do(MakePinBlock(PAN))
    clear_key = CLEAR_KEYS[algorithm] + (bytes(range(8)) if long else b"")
    pan = bytes.fromhex("000000000001")
    assert decrypt(algorithm, clear_key, block.block) == format_0(pin, pan, SIZES[algorithm])
    assert block.key_serial == key.serial
    assert desk.emulator.look()["blocks"] == 1


# -- an entry --------------------------------------------------------------------------------------


def test_keys_are_dots(desk: PadDesk) -> None:
    desk.do(StartPinEntry(4, 6))
    assert desk.press("1", "2", "backspace", "3", "clear", *PIN, "enter") == [
        KeyPress(Key.DIGIT, 1),
        KeyPress(Key.DIGIT, 2),
        KeyPress(Key.BACKSPACE, 1),
        KeyPress(Key.DIGIT, 2),
        KeyPress(Key.CLEAR, 0),
        *(KeyPress(Key.DIGIT, n) for n in range(1, 7)),
        KeyPress(Key.ENTER, 6),
    ]


def test_keys_that_can_do_nothing_are_not_told(desk: PadDesk) -> None:
    desk.emulator.obey("press", key="1")  # no entry yet
    desk.do(StartPinEntry(4, 4))
    for key in ("clear", "backspace", "enter", "1", "2", "3", "enter", "4", "5", "enter", "6"):
        desk.emulator.obey("press", key=key)
    presses = [desk.do(AwaitKey()) for _ in range(5)]
    assert presses == [*(KeyPress(Key.DIGIT, n) for n in range(1, 5)), KeyPress(Key.ENTER, 4)]


def test_the_last_digit_may_press_enter(desk: PadDesk) -> None:
    desk.do(StartPinEntry(6, 6, auto_enter=True))
    for digit in PIN:
        desk.emulator.obey("press", key=digit)
    assert [desk.do(AwaitKey()).key for _ in range(7)] == [Key.DIGIT] * 6 + [Key.ENTER]
    assert desk.do(MakePinBlock(PAN)).algorithm is Algorithm.SM4


def test_a_key_is_told_soon(desk: PadDesk) -> None:
    desk.do(StartPinEntry(4, 12))
    took = []
    for _ in range(9):
        future = desk.host.submit(AwaitKey(), PATIENT_S)
        time.sleep(0.02)
        begun = time.monotonic()
        desk.emulator.obey("press", key="7")
        future.result()
        took.append(time.monotonic() - begun)
    assert min(took) < 0.15, "the best of some: the machine may be busy"


def test_cancel_ends_the_entry(desk: PadDesk) -> None:
    desk.do(StartPinEntry())
    assert desk.press("1", "cancel")[-1] == KeyPress(Key.CANCEL, 0)
    assert desk.refuse(AwaitKey()).reason is Reason.CANCELLED
    assert desk.refuse(MakePinBlock(PAN)).reason is Reason.CANCELLED
    assert desk.emulator.look()["entered"] == 0


def test_the_pad_gives_up(desk: PadDesk) -> None:
    desk.do(StartPinEntry())
    desk.press("1", "2")
    desk.emulator.obey("give up")
    assert desk.refuse(AwaitKey()).reason is Reason.CANCELLED
    assert desk.refuse(MakePinBlock(PAN)).reason is Reason.CANCELLED


def test_a_pad_that_lost_its_power_has_no_entry_any_more(desk: PadDesk) -> None:
    desk.do(StartPinEntry())
    assert desk.press("1", "2") == [KeyPress(Key.DIGIT, 1), KeyPress(Key.DIGIT, 2)]
    desk.emulator.obey("power cycle")
    error = desk.refuse(AwaitKey())
    assert (error.reason, error.detail) == (Reason.CANCELLED, "the pad has given the entry up")


def test_nobody_presses_anything(desk: PadDesk) -> None:
    desk.do(StartPinEntry())
    assert desk.refuse(AwaitKey(), 0.2).reason is Reason.TIMEOUT
    assert desk.press("1") == [KeyPress(Key.DIGIT, 1)]  # the entry goes on


def test_the_citizen_leaves(desk: PadDesk) -> None:
    desk.do(StartPinEntry())
    desk.press("1", "2")
    cancel = CancelToken()
    future = desk.host.submit(AwaitKey(), PATIENT_S, cancel)
    cancel.cancel()
    with pytest.raises(DeviceError) as caught:
        future.result(PATIENT_S)
    assert caught.value.reason is Reason.CANCELLED
    desk.do(EndPinEntry())
    assert desk.emulator.look()["entering"] is False
    assert desk.emulator.look()["entered"] == 0
    desk.do(EndPinEntry())  # there is none


def test_a_new_driver_drops_what_the_last_visit_left(desk: PadDesk, emulator: PinPad) -> None:
    desk.enter()
    desk.host.stop()
    second = SerialPinPad(SerialPinPad.Settings(emulator.address))
    try:
        second.open()
        assert emulator.look()["entered"] == 0
        with pytest.raises(DeviceError) as caught:
            second.execute(MakePinBlock(PAN), Deadline(1), CancelToken())
        assert caught.value.reason is Reason.CANCELLED
    finally:
        second.close()


def test_a_pin_is_used_once(desk: PadDesk) -> None:
    desk.enter()
    desk.do(MakePinBlock(PAN))
    assert desk.refuse(MakePinBlock(PAN)).reason is Reason.CANCELLED
    assert desk.emulator.look()["blocks"] == 1


def test_what_is_told(desk: PadDesk) -> None:
    desk.seen.clear()
    desk.enter()
    desk.do(MakePinBlock(PAN))
    assert desk.seen == [Status(State.BUSY), Status(State.ONLINE)]
    assert desk.host.driver.info == Info(
        Kind.PIN_PAD, "serial", desk.emulator.address, "DEMO-PP", "00000001", "1.0"
    )


def test_no_digit_leaves_the_pad(desk: PadDesk, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.DEBUG):
        desk.do(StartPinEntry())
        presses = desk.press(*PIN, "enter")
        block = desk.do(MakePinBlock(PAN))
    shown = f"{caplog.text}{presses}{block}{desk.seen}{json.dumps(desk.emulator.look())}"
    for secret in (PIN, PAN, block.block.hex(), repr(block.block)):
        assert secret not in shown


# -- keys ------------------------------------------------------------------------------------------


def test_no_entry_without_a_key(desk: PadDesk) -> None:
    desk.emulator.obey("power cycle")
    error = desk.refuse(StartPinEntry())
    assert error.reason is Reason.NOT_AUTHORISED
    assert "session key" in error.mend
    assert desk.host.driver.status() == Status(State.ONLINE, detail="the pad has no session key")
    desk.do(LoadSessionKey(session_key(Algorithm.TDEA)))
    desk.enter()


def test_a_key_under_another_master_key(desk: PadDesk) -> None:
    key = session_key(Algorithm.SM4)
    wrong = SessionKey(Algorithm.SM4, "X", bytes(16), key.check_value)
    assert desk.refuse(LoadSessionKey(wrong)).reason is Reason.NOT_AUTHORISED
    assert desk.emulator.look()["session_key"] == "TPK-0002"  # the old one stays


@pytest.mark.parametrize(
    "request_",
    [
        StartPinEntry(3, 6),
        StartPinEntry(6, 4),
        StartPinEntry(6, 13),
        MakePinBlock("12345"),
        LoadSessionKey(SessionKey(Algorithm.SM4, "X", bytes(5), b"abc")),
        Request(),
    ],
)
def test_what_no_pad_can_do(desk: PadDesk, request_: Request[Any]) -> None:
    assert desk.refuse(request_).reason is Reason.UNSUPPORTED


# -- faults ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("fault", ["mute", "bad checksum", "truncate", "junk", "split", "slow"])
def test_one_lost_answer_does_not_matter(desk: PadDesk, fault: str) -> None:
    """Neither a key nor the block is lost, and nothing is done twice."""
    facts: dict[str, Any] = {"seconds": ANSWER_S * 1.2} if fault == "slow" else {}
    desk.do(StartPinEntry(4, 4))
    for key in ("1", "2", "3", "4", "enter"):
        desk.emulator.obey("press", key=key)
    desk.emulator.obey(fault, times=1, **facts)
    assert [desk.do(AwaitKey()).entered for _ in range(5)] == [1, 2, 3, 4, 4]
    desk.emulator.obey(fault, times=1, **facts)
    assert isinstance(desk.do(MakePinBlock(PAN)), PinBlock)
    assert desk.emulator.look()["blocks"] == 1
    assert desk.emulator.look()["commands"].count("pin_block") == 1


@pytest.mark.parametrize("fault", ["junk", "split"])
def test_a_bad_line_that_still_works(desk: PadDesk, fault: str) -> None:
    desk.emulator.obey(fault)
    desk.enter()
    assert isinstance(desk.do(MakePinBlock(PAN)), PinBlock)


@pytest.mark.parametrize(
    ("fault", "reason"),
    [("mute", Reason.OFFLINE), ("bad checksum", Reason.GARBLED), ("truncate", Reason.GARBLED)],
)
def test_two_lost_answers_are_told(desk: PadDesk, fault: str, reason: Reason) -> None:
    desk.do(StartPinEntry())
    desk.emulator.obey(fault)
    begun = time.monotonic()
    assert desk.refuse(AwaitKey()).reason is reason
    assert time.monotonic() - begun < PROMPT_S
    desk.emulator.obey("well")
    desk.enter()


def test_tampered_with(desk: PadDesk) -> None:
    desk.do(StartPinEntry())
    desk.press("1")
    desk.emulator.obey("tamper")
    error = desk.refuse(AwaitKey())
    assert error.reason is Reason.HARDWARE
    assert "replaced" in error.mend
    assert desk.host.status.state is State.TAMPER
    assert not desk.host.status.usable
    assert desk.emulator.look()["session_key"] == ""
    assert desk.emulator.look()["entered"] == 0


def test_a_pad_that_was_tampered_with_opens_and_says_so(
    driver: SerialPinPad, emulator: PinPad
) -> None:
    emulator.obey("tamper")
    driver.open()
    assert driver.status().state is State.TAMPER
    assert [check.passed for check in driver.self_test()] == [False, False]


def test_broken(desk: PadDesk) -> None:
    desk.emulator.obey("break")
    assert desk.refuse(StartPinEntry()).reason is Reason.HARDWARE
    assert desk.host.status.state is State.HARDWARE_ERROR
    desk.emulator.obey("well")
    desk.enter()


def test_unplugged_in_the_middle_and_plugged_again(desk: PadDesk) -> None:
    desk.do(StartPinEntry())
    desk.press("1", "2")
    future = desk.host.submit(AwaitKey(), PATIENT_S)
    desk.emulator.obey("unplug")
    with pytest.raises(DeviceError) as caught:
        future.result(PATIENT_S)
    assert caught.value.reason is Reason.NO_DEVICE
    assert desk.host.status.state is State.NO_DEVICE
    desk.emulator.obey("plug")
    assert desk.refuse(AwaitKey()).reason is Reason.CANCELLED
    desk.enter()


@pytest.mark.parametrize("where", ["thread", "process"])
def test_in_either_host(emulator: PinPad, where: str) -> None:
    host = create_host(Kind.PIN_PAD, {"driver": "serial", "host": where, "port": emulator.address})
    host.start()
    host.execute(LoadSessionKey(session_key(Algorithm.TDEA)), PATIENT_S)
    host.execute(StartPinEntry(), PATIENT_S)
    for key in (*PIN, "enter"):
        emulator.obey("press", key=key)
    presses = [host.execute(AwaitKey(), PATIENT_S) for _ in range(7)]
    assert [press.entered for press in presses] == [1, 2, 3, 4, 5, 6, 6]
    block = host.execute(MakePinBlock(PAN), PATIENT_S)
    clear = decrypt(Algorithm.TDEA, CLEAR_KEYS[Algorithm.TDEA], block.block)
    assert clear == format_0(PIN, bytes.fromhex("000000000001"))
    emulator.obey("tamper")
    with pytest.raises(DeviceError) as caught:
        host.execute(StartPinEntry(), PATIENT_S)
    assert caught.value.reason is Reason.HARDWARE
    assert host.status.state is State.TAMPER
    host.stop()


# -- opening ---------------------------------------------------------------------------------------


def test_nothing_answers_there(driver: SerialPinPad, emulator: PinPad) -> None:
    emulator.obey("mute")
    with pytest.raises(DeviceError) as caught:
        driver.open()
    assert caught.value.reason is Reason.NO_DEVICE
    assert "baud" in caught.value.mend


def test_a_pad_that_is_not_open(driver: SerialPinPad) -> None:
    assert driver.status().state is State.NO_DEVICE
    for call in (driver.reset, lambda: driver.execute(EndPinEntry(), Deadline(1), CancelToken())):
        with pytest.raises(DeviceError) as caught:
            call()
        assert caught.value.reason is Reason.NO_DEVICE


def test_status_self_test_and_reset(desk: PadDesk) -> None:
    desk.host.stop()
    driver = desk.host.driver
    driver.open()
    assert driver.status() == Status(State.ONLINE)
    assert driver.self_test() == (
        Check("state", True, "online"),
        Check("session key", True, "sm4 TPK-0002"),
    )
    driver.execute(StartPinEntry(), Deadline(1), CancelToken())
    assert driver.status() == Status(State.BUSY)
    driver.reset()
    assert driver.status() == Status(State.ONLINE)
    desk.emulator.obey("mute")
    assert [check.passed for check in driver.self_test()] == [False]

    def ask() -> None:
        with pytest.raises(DeviceError) as caught:
            driver.status()
        assert caught.value.reason is Reason.OFFLINE

    assert quickest(ask, 1.0) < 1.0
    driver.close()


def test_the_catalogue_makes_it_from_settings(emulator: PinPad) -> None:
    driver = create(Kind.PIN_PAD, "serial", {"port": emulator.address, "baud": 38400})
    driver.open()
    driver.close()
    for wrong in ({}, {"port": "x", "baud": 1200}, {"port": "x", "patience": 1}):
        with pytest.raises(DeviceError) as caught:
            create(Kind.PIN_PAD, "serial", wrong)
        assert caught.value.reason is Reason.UNSUPPORTED


# -- the emulator itself ---------------------------------------------------------------------------


def test_the_emulator_gives_up_in_time(emulator: PinPad, monkeypatch: pytest.MonkeyPatch) -> None:
    driver = SerialPinPad(SerialPinPad.Settings(emulator.address, patience=5))
    try:
        driver.open()
        for request in (LoadSessionKey(session_key(Algorithm.TDEA)), StartPinEntry()):
            driver.execute(request, Deadline(1), CancelToken())
        emulator.obey("press", key="1")
        now = time.monotonic
        monkeypatch.setattr("drivers.emulators.pin_pad.time.monotonic", lambda: now() + 6)
        assert emulator.look()["entered"] == 0
        assert emulator.look()["entering"] is False
    finally:
        monkeypatch.undo()
        driver.close()


@pytest.mark.parametrize(
    ("order", "facts"),
    [
        ("explode", {}),
        ("press", {}),
        ("press", {"key": "11"}),
        ("press", {"key": "1", "times": 2}),
        ("mute", {"times": 0}),
        ("mute", {"seconds": 1}),
        ("tamper", {"times": 1}),
    ],
)
def test_orders_that_make_no_sense(emulator: PinPad, order: str, facts: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r"."):
        emulator.obey(order, **facts)
    assert emulator.look()["faults"] == []
