"""The code scanner through its host, against the emulated one on a real pty."""

from __future__ import annotations

import json
import logging
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import pytest
import serial

from drivers.catalogue import create, create_host
from drivers.code_scanner import serial as serial_scanner
from drivers.code_scanner.serial import SerialScanner
from drivers.code_scanner.types import Code, ReadCode
from drivers.device import (
    CancelToken,
    Check,
    Deadline,
    DeviceError,
    Kind,
    Reason,
    Request,
    State,
    Status,
)
from drivers.emulators.code_scanner import CodeScanner
from drivers.hosting.thread_host import ThreadHost
from tests.waiting import PATIENCE_S as PATIENT_S
from tests.waiting import PROMPT_S

PAUSE_S = 0.2
ANSWER_S = 0.8
TEXT = "GJJ|990101199003071018|张三"


def eventually(true: Callable[[], bool]) -> None:
    until = time.monotonic() + PATIENT_S
    while not true():
        assert time.monotonic() < until
        time.sleep(0.005)


def scanner(emulator: CodeScanner, **options: Any) -> SerialScanner:
    given = {"pause": PAUSE_S, "answer_timeout": ANSWER_S} | options
    return SerialScanner(SerialScanner.Settings(emulator.address, **given))


@pytest.fixture
def emulator(tmp_path: Path) -> Iterator[CodeScanner]:
    one = CodeScanner(tmp_path / "scanner")
    one.start()
    yield one
    one.stop()


@pytest.fixture
def driver(emulator: CodeScanner) -> Iterator[SerialScanner]:
    one = scanner(emulator)
    yield one
    one.close()


class ScannerDesk:
    """A host with a scanner, and what it said about it."""

    def __init__(self, driver: SerialScanner, emulator: CodeScanner) -> None:
        self.emulator = emulator
        self.seen: list[Status] = []
        self.host = ThreadHost(driver, self.seen.append)

    def read(self, order: str = "present", seconds: float = PATIENT_S, **facts: Any) -> Code:
        """Ask for a code, then show one. Before, the light of the last scan goes out: a code shown
        in that light would be sent once more in the next."""
        eventually(lambda: not self.emulator.look()["scanning"])
        future = self.host.submit(ReadCode(), seconds)
        eventually(lambda: self.emulator.look()["scanning"])
        self.emulator.obey(order, **facts)
        return future.result(2 * PATIENT_S)

    def refuse(
        self, order: str = "present", seconds: float = PATIENT_S, **facts: Any
    ) -> DeviceError:
        with pytest.raises(DeviceError) as caught:
            self.read(order, seconds, **facts)
        return caught.value


@pytest.fixture
def desk(driver: SerialScanner, emulator: CodeScanner) -> Iterator[ScannerDesk]:
    one = ScannerDesk(driver, emulator)
    one.host.start()
    eventually(lambda: one.host.status.usable)
    yield one
    one.host.stop()


@pytest.mark.parametrize("end", ["\r\n", "\r", "\n", ""])
@pytest.mark.parametrize("encoding", ["utf-8", "gbk"])
def test_a_code(desk: ScannerDesk, end: str, encoding: str) -> None:
    assert desk.read(text=TEXT, end=end, encoding=encoding) == Code(TEXT)
    assert desk.emulator.look()["sent"] == 1


def test_what_is_told(desk: ScannerDesk) -> None:
    desk.read(text=TEXT)
    eventually(lambda: desk.host.status == Status(State.ONLINE))
    assert desk.seen == [Status(State.ONLINE), Status(State.BUSY), Status(State.ONLINE)]
    assert desk.host.driver.info.model == "Demo code scanner 1.0"


def test_the_light_is_out_between_requests(desk: ScannerDesk) -> None:
    desk.read(text=TEXT)
    desk.emulator.obey("remove")
    with pytest.raises(DeviceError) as caught:
        desk.host.execute(ReadCode(), 0.1)
    assert caught.value.reason is Reason.TIMEOUT
    eventually(lambda: not desk.emulator.look()["scanning"])
    assert desk.emulator.look()["commands"].count("SCNTRG0") == 2


def test_a_code_that_was_shown_before_is_read_when_the_scanner_is_told_to(
    desk: ScannerDesk,
) -> None:
    desk.emulator.obey("present", text=TEXT)
    assert desk.emulator.look()["sent"] == 0
    assert desk.host.execute(ReadCode(), PATIENT_S) == Code(TEXT)


@pytest.mark.parametrize("trigger", ["continuous", "presence"])
def test_a_scanner_that_scans_by_itself(tmp_path: Path, trigger: Any) -> None:
    emulator = CodeScanner(tmp_path / "scanner", trigger=trigger)
    emulator.start()
    driver = scanner(emulator, trigger=trigger)
    try:
        emulator.obey("present", text="before the driver")
        driver.open()
        emulator.obey("present", text="before the request")
        with pytest.raises(DeviceError) as caught:
            driver.execute(ReadCode(), Deadline(0.2), CancelToken())
        assert caught.value.reason is Reason.TIMEOUT
        host = ThreadHost(driver)
        host.start()
        future = host.submit(ReadCode(), PATIENT_S)
        eventually(lambda: host.status.state is State.BUSY)
        emulator.obey("present", text=TEXT)
        assert future.result(PATIENT_S) == Code(TEXT)
        host.stop()
        assert "SCNTRG1" not in emulator.look()["commands"]
    finally:
        driver.close()
        emulator.stop()


def test_a_scanner_that_cannot_be_asked(emulator: CodeScanner) -> None:
    emulator.obey("mute")
    driver = scanner(emulator, ask="", trigger="continuous")
    try:
        driver.open()
        assert driver.status().usable
        assert "cannot be asked" in driver.status().detail
        assert driver.self_test() == (Check("answer", True, "cannot be asked"),)
        emulator.obey("noise", data=b"the end of a code\r\n")  # shown before: never read
        with pytest.raises(DeviceError) as caught:
            driver.execute(ReadCode(), Deadline(0.1), CancelToken())
        assert caught.value.reason is Reason.TIMEOUT
    finally:
        driver.close()


def test_of_two_codes_at_once_none_and_nothing_is_left_for_the_next(desk: ScannerDesk) -> None:
    """They look like a code of two lines, whose first line is not the code."""
    error = desk.refuse("two", texts=["one", "two"])
    assert error.reason is Reason.GARBLED
    assert "suffix" in error.mend
    desk.emulator.obey("remove")
    with pytest.raises(DeviceError) as caught:
        desk.host.execute(ReadCode(), 0.2)
    assert caught.value.reason is Reason.TIMEOUT
    assert desk.read(text="three") == Code("three")


@pytest.mark.parametrize(
    ("sent", "text", "options"),
    [
        (b"BEGIN:VCARD\r\nN:Zhang\r\nEND:VCARD\r\n", "", {}),
        (b"line 1\nline 2\x03", "", {"suffix": "03"}),
        (b"\x02ABC\x03", "ABC", {}),
        (b"ABC\t", "ABC", {}),
        (b"ABC\0\0\r", "ABC", {}),
        (b"ABC\x04", "ABC", {}),
        (b"##ABC\x03\r\n", "ABC", {"prefix": "2323", "suffix": "030d0a"}),
        (b"]Q1https://gjj.example/v\r", "https://gjj.example/v", {}),
        (b"]Q2\\000029" + "姓名".encode("gb2312") + b"\r", "姓名", {}),
        (b"]Q1ABC\r", "]Q1ABC", {"identifiers": False}),
    ],
)
def test_what_scanners_put_around_a_code(
    emulator: CodeScanner, sent: bytes, text: str, options: dict[str, Any]
) -> None:
    """An empty ``text``: the code is not read, rather than only its first line."""
    emulator.obey("mute")
    driver = scanner(emulator, ask="", trigger="continuous", **options)
    driver.open()
    timer = threading.Timer(0.1, lambda: emulator.obey("noise", data=sent))
    timer.start()
    try:
        if text:
            assert driver.execute(ReadCode(), Deadline(PATIENT_S), CancelToken()) == Code(text)
            return
        with pytest.raises(DeviceError) as caught:
            driver.execute(ReadCode(), Deadline(PATIENT_S), CancelToken())
        assert caught.value.reason is Reason.GARBLED
    finally:
        timer.join()
        driver.close()


@pytest.mark.parametrize("pause_s", [0.0, 0.005, 0.01, 0.02, 0.03])
def test_codes_soon_after_each_other(desk: ScannerDesk, pause_s: float) -> None:
    desk.emulator.obey("split")
    for text in ("one", "two", "three"):
        assert desk.read(text=text) == Code(text)
        desk.emulator.obey("remove")
        time.sleep(pause_s)


def test_a_request_in_the_middle_of_a_code(tmp_path: Path) -> None:
    emulator = CodeScanner(tmp_path / "scanner", trigger="continuous")
    emulator.start()
    driver = scanner(emulator, trigger="continuous")
    try:
        driver.open()
        emulator.obey("split")
        with shows(emulator, "9" * 60):
            assert driver.status().usable
        with shows(emulator, "9" * 60), pytest.raises(DeviceError) as caught:
            driver.execute(ReadCode(), Deadline(0.3), CancelToken())  # and gives no half of it
        assert caught.value.reason is Reason.TIMEOUT
    finally:
        driver.close()
        emulator.stop()


@contextmanager
def shows(emulator: CodeScanner, text: str) -> Iterator[None]:
    """A code without an end is on its way."""
    sent = emulator.look()["sent"]
    facts = {"text": text, "end": ""}
    showing = threading.Thread(target=emulator.obey, args=("present",), kwargs=facts)
    showing.start()
    eventually(lambda: emulator.look()["sent"] > sent)
    time.sleep(0.02)
    yield
    showing.join()


def test_a_stall_of_ours_does_not_cut_a_code_in_two(
    desk: ScannerDesk, driver: SerialScanner, monkeypatch: pytest.MonkeyPatch
) -> None:
    line = driver._line
    assert line is not None
    receive = line.receive
    stalled: list[bool] = []

    def stall(seconds: float) -> bytes:
        data = receive(seconds)
        if not data and driver._framer.begun and not stalled:
            stalled.append(True)
            desk.emulator.obey("noise", data=b"half\r\n")
            time.sleep(2 * PAUSE_S)
        return data

    monkeypatch.setattr(line, "receive", stall)
    assert desk.read("noise", data=b"one half, the other ") == Code("one half, the other half")


def test_byte_by_byte(desk: ScannerDesk) -> None:
    desk.emulator.obey("split")
    assert desk.read(text=TEXT, end="") == Code(TEXT)


@pytest.mark.parametrize("size", [4097, 5000, 20000])
def test_too_long_and_well_again(desk: ScannerDesk, size: int) -> None:
    error = desk.refuse("too long", size=size)
    assert error.reason is Reason.GARBLED
    assert "999" not in str(error)

    def reads() -> bool:
        with suppress(DeviceError):  # the rest of the long code may still be on its way
            return desk.read(text=TEXT) == Code(TEXT)
        return False

    eventually(reads)


def test_the_longest_code(desk: ScannerDesk) -> None:
    assert desk.read("too long", size=4096) == Code("9" * 4096)


@pytest.mark.parametrize(
    ("order", "facts"),
    [
        ("noise", {}),
        ("present", {"data": b"\xff\xff\xff"}),
        ("present", {"text": "990101199003071018\x1b"}),
    ],
)
def test_what_is_no_code_is_told_and_well_again(
    desk: ScannerDesk, order: str, facts: dict[str, Any]
) -> None:
    error = desk.refuse(order, **facts)
    assert error.reason is Reason.GARBLED
    assert "9901" not in str(error)
    assert desk.host.status == Status(State.ONLINE)
    desk.emulator.obey("remove")
    assert desk.read(text=TEXT) == Code(TEXT)


def test_nothing_is_logged(desk: ScannerDesk, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.DEBUG):
        code = desk.read(text=TEXT)
    assert "张三" not in caplog.text + repr(code) + str(desk.seen) + json.dumps(
        desk.emulator.look(), ensure_ascii=False
    )


def test_nobody_shows_a_code(desk: ScannerDesk) -> None:
    begun = time.monotonic()
    with pytest.raises(DeviceError) as caught:
        desk.host.execute(ReadCode(), 0.3)
    assert caught.value.reason is Reason.TIMEOUT
    assert time.monotonic() - begun < PROMPT_S


def test_cancelled(desk: ScannerDesk) -> None:
    cancel = CancelToken()
    future = desk.host.submit(ReadCode(), PATIENT_S, cancel)
    eventually(lambda: desk.emulator.look()["scanning"])
    begun = time.monotonic()
    cancel.cancel()
    with pytest.raises(DeviceError) as caught:
        future.result(PATIENT_S)
    assert caught.value.reason is Reason.CANCELLED
    assert time.monotonic() - begun < PROMPT_S
    eventually(lambda: not desk.emulator.look()["scanning"])


def test_a_silent_scanner(desk: ScannerDesk, driver: SerialScanner) -> None:
    desk.emulator.obey("mute")
    with pytest.raises(DeviceError) as caught:
        desk.host.execute(ReadCode(), PATIENT_S)
    assert caught.value.reason is Reason.OFFLINE
    assert desk.host.status.state is State.OFFLINE
    desk.emulator.obey("well")
    assert desk.read(text=TEXT) == Code(TEXT)


@pytest.mark.parametrize("fault", ["mute", "truncate", "junk"])
def test_one_lost_answer_is_asked_for_again(desk: ScannerDesk, fault: str) -> None:
    desk.emulator.obey(fault, times=1)
    assert desk.read(text=TEXT) == Code(TEXT)
    assert State.OFFLINE not in [status.state for status in desk.seen]


def test_a_scanner_that_refuses_to_scan(desk: ScannerDesk) -> None:
    desk.emulator.obey("refuse")
    begun = time.monotonic()
    with pytest.raises(DeviceError) as caught:
        desk.host.execute(ReadCode(), PATIENT_S)
    assert caught.value.reason is Reason.UNSUPPORTED
    assert "start" in caught.value.mend
    assert time.monotonic() - begun < PROMPT_S
    assert desk.host.status == Status(State.ONLINE)
    desk.emulator.obey("well")
    assert desk.read(text=TEXT) == Code(TEXT)


def test_a_scan_that_ended_by_itself_begins_again(
    desk: ScannerDesk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(serial_scanner, "_AGAIN_S", 0.2)
    future = desk.host.submit(ReadCode(), PATIENT_S)
    eventually(lambda: desk.emulator.look()["scanning"])
    desk.emulator.obey("tire")
    eventually(lambda: desk.emulator.look()["commands"].count("SCNTRG1") > 1)
    desk.emulator.obey("present", text=TEXT)
    assert future.result(PATIENT_S) == Code(TEXT)


def test_the_emulator_tires_as_a_scanner_does(tmp_path: Path) -> None:
    emulator = CodeScanner(tmp_path / "scanner", scan_s=0.05)
    emulator.start()
    with serial.Serial(emulator.address, timeout=PATIENT_S) as port:
        port.write(bytes.fromhex(serial_scanner.NEWLAND_START))
        port.read(16)
        eventually(lambda: not emulator.look()["scanning"])
        emulator.obey("present", text=TEXT)
        assert emulator.look()["sent"] == 0
    emulator.stop()


def test_a_slow_answer_is_an_answer(desk: ScannerDesk) -> None:
    desk.emulator.obey("slow", seconds=ANSWER_S / 4)
    assert desk.read(text=TEXT) == Code(TEXT)


def test_unplugged_in_the_middle_and_plugged_again(desk: ScannerDesk) -> None:
    error = desk.refuse("unplug")
    assert error.reason is Reason.NO_DEVICE
    assert desk.host.status.state is State.NO_DEVICE
    desk.emulator.obey("plug")
    assert desk.read(text=TEXT) == Code(TEXT)


@pytest.mark.parametrize("where", ["thread", "process"])
def test_in_either_host(emulator: CodeScanner, where: str) -> None:
    table = {"driver": "serial", "host": where, "port": emulator.address}
    host = create_host(Kind.CODE_SCANNER, table)
    host.start()
    emulator.obey("present", text=TEXT)
    assert host.execute(ReadCode(), PATIENT_S) == Code(TEXT)
    emulator.obey("blind")
    with pytest.raises(DeviceError) as caught:
        host.execute(ReadCode(), 0.3)
    assert caught.value.reason is Reason.TIMEOUT
    host.stop()


# -- opening -------------------------------------------------------------------------------------


def refused_open(driver: SerialScanner) -> DeviceError:
    with pytest.raises(DeviceError) as caught:
        driver.open()
    assert driver.status().state is State.NO_DEVICE
    return caught.value


def test_a_port_that_does_not_exist(tmp_path: Path) -> None:
    error = refused_open(SerialScanner(SerialScanner.Settings(str(tmp_path / "nothing"))))
    assert error.reason is Reason.NO_DEVICE
    assert "cable" in error.mend


def test_a_port_that_is_no_port(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    error = refused_open(SerialScanner(SerialScanner.Settings(str(tmp_path / "file"))))
    assert error.reason is Reason.NO_DEVICE
    assert "settings" in error.mend


def test_nothing_answers_there(driver: SerialScanner, emulator: CodeScanner) -> None:
    emulator.obey("mute")
    error = refused_open(driver)
    assert error.reason is Reason.NO_DEVICE
    assert "baud" in error.mend


def test_the_port_is_taken_for_one(driver: SerialScanner, emulator: CodeScanner) -> None:
    driver.open()
    error = refused_open(scanner(emulator))
    assert error.reason is Reason.OFFLINE
    assert emulator.address in error.mend
    driver.close()
    driver.close()
    driver.open()
    assert driver.status().usable


def test_a_port_without_permission(driver: SerialScanner, monkeypatch: pytest.MonkeyPatch) -> None:
    # Root may open anything, so the operating system's refusal is given in its place.
    def refuse(path: str, flags: int) -> int:
        raise PermissionError(13, "Permission denied", path)

    with monkeypatch.context() as patch:
        patch.setattr("serial.serialposix.os.open", refuse)
        error = refused_open(driver)
    assert error.reason is Reason.OFFLINE
    assert "dialout" in error.mend


def test_a_scanner_that_is_not_open(driver: SerialScanner) -> None:
    for call in (driver.reset, lambda: driver.execute(ReadCode(), Deadline(1), CancelToken())):
        with pytest.raises(DeviceError) as caught:
            call()
        assert caught.value.reason is Reason.NO_DEVICE


def test_other_requests_are_not_supported(driver: SerialScanner) -> None:
    assert driver.requests == (ReadCode,)
    with pytest.raises(DeviceError) as caught:
        driver.execute(Request(), Deadline(1), CancelToken())
    assert caught.value.reason is Reason.UNSUPPORTED


def test_self_test_and_reset(driver: SerialScanner, emulator: CodeScanner) -> None:
    driver.open()
    assert [check.passed for check in driver.self_test()] == [True, True]
    driver.reset()
    assert emulator.look()["scanning"] is False
    emulator.obey("refuse")
    assert [check.passed for check in driver.self_test()] == [True, False]
    emulator.obey("mute")
    assert [check.passed for check in driver.self_test()] == [False, False]


def test_the_catalogue_makes_it_from_settings(emulator: CodeScanner) -> None:
    driver = create(Kind.CODE_SCANNER, "serial", {"port": emulator.address, "baud": 115200})
    driver.open()
    driver.close()
    for wrong in (
        {},
        {"port": "x", "baud": 1200},
        {"port": "x", "start": "7"},
        {"port": "x", "pause": 5},
    ):
        with pytest.raises(DeviceError) as caught:
            create(Kind.CODE_SCANNER, "serial", wrong)
        assert caught.value.reason is Reason.UNSUPPORTED


# -- the emulator itself -------------------------------------------------------------------------


def test_the_emulator_answers_as_the_manual_says(emulator: CodeScanner) -> None:
    with serial.Serial(emulator.address, timeout=PATIENT_S) as port:
        for sent, said in (
            ("7E013030303023 53434E54524731 3B03", "020130303030 23 53434E54524731 06 3B03"),
            ("7E013030303023 53434E54524730 3B03", "020130303030 23 53434E54524730 06 3B03"),
            ("7E013030303040 5858585858582A 3B03", "020130303030 40 5858585858582A 05 3B03"),
        ):
            port.write(bytes.fromhex(sent))
            expected = bytes.fromhex(said)
            assert port.read(len(expected)) == expected


@pytest.mark.parametrize(
    ("order", "facts"),
    [
        ("explode", {}),
        ("present", {}),
        ("present", {"text": "a", "data": b"b"}),
        ("present", {"text": "a", "colour": 1}),
        ("present", {"text": "张", "encoding": "ascii"}),
        ("present", {"text": "a", "encoding": "klingon"}),
        ("two", {"texts": ["a"]}),
        ("mute", {"seconds": 1}),
        ("remove", {"times": 1}),
    ],
)
def test_orders_that_make_no_sense(
    emulator: CodeScanner, order: str, facts: dict[str, Any]
) -> None:
    with pytest.raises(ValueError, match=r"."):
        emulator.obey(order, **facts)
    assert emulator.look()["held"] == 0
    assert emulator.look()["faults"] == []
