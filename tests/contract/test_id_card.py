"""The ID card reader through its host, against the emulated SAM on a real pty."""

from __future__ import annotations

import hashlib
import os
import pty
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from contextlib import suppress
from datetime import date
from pathlib import Path
from typing import Any

import msgspec
import pytest
import serial

from drivers.catalogue import create
from drivers.device import (
    CancelToken,
    Check,
    Deadline,
    DeviceError,
    Info,
    Kind,
    Media,
    Reason,
    Request,
    State,
    Status,
)
from drivers.emulators.id_card import SAM_NUMBER, IdCardReader
from drivers.hosting.thread_host import ThreadHost
from drivers.id_card import sdt as reader
from drivers.id_card.sdt import FIND_EVERY, SdtReader
from drivers.id_card.sdt_frames import PREAMBLE, SamCommand, encode_answer, encode_frame
from drivers.id_card.types import AwaitLift, CardKind, IdCard, LookForCard, ReadCard
from tests import waiting
from tests.waiting import PATIENCE_S as PATIENT_S
from tests.waiting import quickest

P01 = {
    "name": "张三",
    "sex": "1",
    "nation": "01",
    "birth": "1990-03-07",
    "address": "演示省云岭市示范区测试路1号",
    "number": "990101199003071018",
    "issuer": "云岭市公安局示范分局",
    "valid_from": "2020-01-01",
    "valid_to": "长期",
}
P09 = {
    "kind": "hmt-resident",
    "name": "陈大文",
    "address": "演示省云岭市示范区测试路9号",
    "number": "819900198704181095",
    "issuer": "云岭市公安局",
    "pass_number": "H99000001",
    "issues": "01",
}
P10 = {
    "kind": "foreigner-2023",
    "name_latin": "JANE SARAH DOE",
    "number": "999840198309261101",
    "nationality": "USA",
    "issues": "01",
}
P11 = {"name": "阿不都热依木·阿不都克里木·买买提明", "number": "990101199406131118", "nation": "05"}
P12 = {
    "name": "欧阳𬭎㛃",
    "address": "演示省云岭市示范区测试路1号",
    "number": "990101199607281120",
    "issuer": "云岭市公安局示范分局",
    "valid_from": "2020-01-01",
    "valid_to": "2040-01-01",
}
P12_SHA256 = "0c57611ffeec11ea6547939c69d6609642fa85f71aa2e08b38847427d35bc9a9"
P16 = {"kind": "hmt-resident", "name": "林佩君", "number": "839900199102141166"}
PERMIT_2017 = {
    "kind": "foreigner-2017",
    "name_latin": "TEST, PERSON",
    "number": "USA110101900101",
    "nationality": "USA",
    "issuer": "1101",
}

ANSWER_S, READ_S = 0.6, 1.0
PROMPT_S = 0.5  # for what is over within 0.05 s when the machine is not busy


@pytest.fixture
def emulator(tmp_path: Path) -> Iterator[IdCardReader]:
    one = IdCardReader(tmp_path / "reader", pace=False)
    one.start()
    yield one
    one.stop()


@pytest.fixture
def driver(emulator: IdCardReader) -> Iterator[SdtReader]:
    one = SdtReader(
        SdtReader.Settings(emulator.address, answer_timeout=ANSWER_S, read_timeout=READ_S)
    )
    yield one
    one.close()


class ReaderDesk:
    """A host with a reader, and what it said about it."""

    def __init__(self, driver: SdtReader, emulator: IdCardReader) -> None:
        self.driver = driver
        self.emulator = emulator
        self.seen: list[Status] = []
        self.host = ThreadHost(driver, self.seen.append)

    def read(self, seconds: float = PATIENT_S) -> IdCard:
        return self.host.execute(ReadCard(), seconds)

    def refuse(self, seconds: float = PATIENT_S) -> DeviceError:
        with pytest.raises(DeviceError) as caught:
            self.read(seconds)
        return caught.value

    def asked(self, command: str) -> int:
        commands: list[str] = self.emulator.look()["commands"]
        return commands.count(command)


@pytest.fixture
def desk(driver: SdtReader, emulator: IdCardReader) -> Iterator[ReaderDesk]:
    one = ReaderDesk(driver, emulator)
    one.host.start()
    yield one
    one.host.stop()


def eventually(holds: Callable[[], Any], seconds: float = PATIENT_S) -> None:
    until = Deadline(seconds)
    while not holds():
        assert not until.passed()
        time.sleep(0.005)


# -- what is read --------------------------------------------------------------------------------


def test_a_resident_card(desk: ReaderDesk, emulator: IdCardReader) -> None:
    emulator.obey("put", **P01, photo=bytes(range(256)) * 4)
    assert desk.read() == IdCard(
        kind=CardKind.RESIDENT,
        name="张三",
        name_latin="",
        sex="1",
        nation="01",
        birth=date(1990, 3, 7),
        address="演示省云岭市示范区测试路1号",
        number="990101199003071018",
        issuer="云岭市公安局示范分局",
        valid_from=date(2020, 1, 1),
        valid_to=None,
        photo=bytes(range(256)) * 4,
    )
    assert emulator.look()["reads"] == 1
    assert "read_fingerprints" not in emulator.look()["commands"]


@pytest.mark.parametrize(
    ("facts", "expected"),
    [
        (P09, {"kind": CardKind.HMT_RESIDENT, "name": "陈大文", "pass_number": "H99000001"}),
        (P16, {"kind": CardKind.HMT_RESIDENT, "name": "林佩君", "sex": "2", "nation": ""}),
        (
            P10,
            {
                "kind": CardKind.FOREIGNER_2023,
                "name": "",
                "name_latin": "JANE SARAH DOE",
                "birth": date(1983, 9, 26),
                "nationality": "USA",
            },
        ),
        (P11, {"name": "阿不都热依木·阿不都克里木·买", "name_cut": True}),
        (P12, {"name": "欧阳𬭎㛃", "name_cut": False, "valid_to": "20400101"}),
        (PERMIT_2017, {"kind": CardKind.FOREIGNER_2017, "name_latin": "TEST, PERSON"}),
    ],
    ids=["P09", "P16", "P10", "P11", "P12", "2017"],
)
def test_the_other_cards(
    desk: ReaderDesk, emulator: IdCardReader, facts: dict[str, Any], expected: dict[str, Any]
) -> None:
    emulator.obey("put", **facts)
    card = desk.read()
    assert {name: getattr(card, name) for name in expected} == expected
    assert card.number == facts["number"]


def test_the_bytes_on_the_wire_are_the_published_ones(emulator: IdCardReader) -> None:
    emulator.obey("put", **P12)

    def ask(command: SamCommand, size: int) -> bytes:
        port.write(encode_frame(command.value))
        return port.read(size)

    with serial.Serial(emulator.address, timeout=PATIENT_S) as port:
        found = ask(SamCommand.FIND, 15)
        selected = ask(SamCommand.SELECT, 19)
        read = ask(SamCommand.READ, 1295)
    assert found == PREAMBLE + bytes.fromhex("000800009F0000000097")
    assert selected == PREAMBLE + bytes.fromhex("000C00009000000000000000009C")
    assert read[:14] == PREAMBLE + bytes.fromhex("0508 000090 0100 0400")
    assert hashlib.sha256(read[14:270]).hexdigest() == P12_SHA256
    assert read[270:] == bytes(1024) + b"\x9b"


def test_the_reader_says_who_it_is(desk: ReaderDesk, emulator: IdCardReader) -> None:
    eventually(lambda: desk.host.status.state is State.ONLINE)
    assert desk.driver.info == Info(
        kind=Kind.ID_CARD,
        driver="sdt",
        address=emulator.address,
        model="SDT/SAM",
        serial="05.03-20230101-0001234567-0000987654",
    )
    assert desk.driver.requests == (ReadCard, LookForCard, AwaitLift)
    assert desk.host.status == Status(State.ONLINE)


# -- putting, lifting, waiting -------------------------------------------------------------------


def test_a_card_put_later_is_read(desk: ReaderDesk, emulator: IdCardReader) -> None:
    future = desk.host.submit(ReadCard(), PATIENT_S)
    eventually(lambda: desk.asked("find") >= 2)
    emulator.obey("put", **P01)
    assert future.result().number == P01["number"]
    busy = [status.media for status in desk.seen if status.state is State.BUSY]
    assert busy[-1] is Media.PRESENT
    assert Media.NOT_PRESENT in busy
    assert desk.host.status == Status(State.ONLINE, media=Media.PRESENT)


def test_a_card_must_be_lifted_before_it_is_read_again(
    desk: ReaderDesk, emulator: IdCardReader
) -> None:
    emulator.obey("put", **P01)
    desk.read()
    assert desk.refuse(0.5).reason is Reason.TIMEOUT
    assert any("lifted" in status.detail for status in desk.seen)
    future = desk.host.submit(ReadCard(), PATIENT_S)
    emulator.obey("lift")
    time.sleep(0.05)
    assert not future.done()
    emulator.obey("put", **P01)
    assert future.result().number == P01["number"]
    assert emulator.look()["reads"] == 2


def test_nobody_puts_a_card(desk: ReaderDesk) -> None:
    begun = time.monotonic()
    error = desk.refuse(0.7)
    assert error.reason is Reason.TIMEOUT
    assert 0.7 <= time.monotonic() - begun < 0.7 + waiting.PROMPT_S
    assert 1 <= desk.asked("find") <= 3  # at 0, 0.3 and 0.6 s
    assert desk.host.status.usable


@pytest.mark.parametrize("model", FIND_EVERY)
def test_every_model_whose_pace_is_known_can_be_named(model: str) -> None:
    table = {"port": "/dev/ttyS0", "model": model}
    assert msgspec.convert(table, SdtReader.Settings).model == model
    assert FIND_EVERY[model] <= FIND_EVERY["any"] == 0.3


@pytest.mark.parametrize("said", [{"find_every": 0.02}, {"model": "emulated"}])
def test_a_reader_that_bears_it_is_asked_more_often(
    emulator: IdCardReader, said: dict[str, Any]
) -> None:
    driver = SdtReader(SdtReader.Settings(emulator.address, **said))
    quick = ReaderDesk(driver, emulator)
    quick.host.start()
    try:
        assert quick.refuse(2.0).reason is Reason.TIMEOUT
    finally:
        quick.host.stop()
    assert quick.asked("find") > 7, "at 0.3 s there are seven in this time"


def test_a_deadline_that_has_passed_asks_for_no_card(driver: SdtReader) -> None:
    driver.open()
    with pytest.raises(DeviceError) as caught:
        driver.execute(ReadCard(), Deadline(0), CancelToken())
    assert caught.value.reason is Reason.TIMEOUT


def cancel_reaction(future: Future[Any], cancel: CancelToken) -> float:
    begun = time.monotonic()
    cancel.cancel()
    with pytest.raises(DeviceError) as caught:
        future.result(PATIENT_S)
    assert caught.value.reason is Reason.CANCELLED
    return time.monotonic() - begun


def test_cancel_while_nobody_puts_a_card(desk: ReaderDesk) -> None:
    cancel = CancelToken()
    future = desk.host.submit(ReadCard(), PATIENT_S, cancel)
    eventually(lambda: desk.asked("find") >= 1)
    assert cancel_reaction(future, cancel) < PROMPT_S


def test_cancel_in_the_middle_of_a_read_leaves_no_answer_behind(
    desk: ReaderDesk, emulator: IdCardReader
) -> None:
    """What the cancelled command still answers is nobody else's answer."""
    emulator.obey("put", **P01)
    emulator.obey("slow", seconds=0.7, command="read", times=1)
    cancel = CancelToken()
    future = desk.host.submit(ReadCard(), PATIENT_S, cancel)
    eventually(lambda: desk.asked("read") == 1)
    assert cancel_reaction(future, cancel) < PROMPT_S
    emulator.obey("put", **P12)
    assert desk.read().number == P12["number"]


def test_cancel_while_the_answer_to_a_cancelled_command_is_awaited(
    desk: ReaderDesk, emulator: IdCardReader
) -> None:
    emulator.obey("put", **P01)
    emulator.obey("mute", command="read", times=1)
    for _ in range(2):  # the second one gets no further than the first one's answer
        cancel = CancelToken()
        future = desk.host.submit(ReadCard(), PATIENT_S, cancel)
        eventually(lambda: desk.asked("read") == 1)
        time.sleep(0.1)
        assert cancel_reaction(future, cancel) < PROMPT_S
    assert desk.asked("find") == 1
    assert desk.read().number == P01["number"]


def test_the_answer_to_a_cancelled_command_may_be_broken(
    desk: ReaderDesk, emulator: IdCardReader
) -> None:
    emulator.obey("put", **P01)
    emulator.obey("slow", seconds=0.3, command="read", times=1)
    emulator.obey("bad checksum", command="read", times=1)
    cancel = CancelToken()
    future = desk.host.submit(ReadCard(), PATIENT_S, cancel)
    eventually(lambda: desk.asked("read") == 1)
    cancel_reaction(future, cancel)
    emulator.obey("put", **P12)
    assert desk.read().number == P12["number"]


def test_a_look_reads_the_card_that_was_put_since_the_last_read(
    desk: ReaderDesk, emulator: IdCardReader
) -> None:
    def look() -> IdCard | None:
        return desk.host.execute(LookForCard(), PATIENT_S)

    emulator.obey("put", **P01)
    desk.read()
    assert look() is None, "the card that was read lies there"
    emulator.obey("lift")
    assert look() is None
    emulator.obey("put", **P12)
    found = look()
    assert found
    assert found.number == P12["number"]
    assert desk.host.status == Status(State.ONLINE, media=Media.PRESENT)
    assert look() is None
    emulator.obey("put", **P01)
    again = look()
    assert again
    assert again.number == P01["number"]


def test_a_card_that_a_look_has_read_need_not_be_lifted(
    desk: ReaderDesk, emulator: IdCardReader
) -> None:
    emulator.obey("put", **P01)
    desk.host.execute(LookForCard(), PATIENT_S)
    assert desk.read().number == P01["number"]
    assert emulator.look()["reads"] == 1
    assert desk.refuse(0.5).reason is Reason.TIMEOUT, "once"
    emulator.obey("put", **P01)
    desk.host.execute(LookForCard(), PATIENT_S)
    emulator.obey("put", **P12)
    assert desk.read().number == P12["number"], "another card lies there now"


def test_a_look_that_a_reader_misses_finds_nothing_and_gives_no_reader_up(
    desk: ReaderDesk, emulator: IdCardReader
) -> None:
    eventually(lambda: desk.host.status.state is State.ONLINE)
    emulator.obey("put", **P01)
    emulator.obey("mute", command="find", times=1)
    assert desk.host.execute(LookForCard(), PATIENT_S) is None
    assert desk.host.status.state is State.ONLINE
    emulator.obey("wrong card", times=None)
    with pytest.raises(DeviceError) as caught:
        desk.host.execute(LookForCard(), PATIENT_S)
    assert caught.value.reason is Reason.CARD_UNKNOWN
    emulator.obey("unplug")
    with pytest.raises(DeviceError) as caught:
        desk.host.execute(LookForCard(), PATIENT_S)
    assert caught.value.reason is Reason.NO_DEVICE


def test_removal_is_awaited(desk: ReaderDesk, emulator: IdCardReader) -> None:
    emulator.obey("put", **P01)
    desk.read()
    future = desk.host.submit(AwaitLift(), PATIENT_S)
    eventually(lambda: desk.asked("read_address") >= 2)
    assert not future.done()
    emulator.obey("lift")
    future.result()
    assert desk.host.status == Status(State.ONLINE, media=Media.NOT_PRESENT)


@pytest.mark.parametrize("address", ["", "演示省云岭市新区2号"])
def test_removal_that_does_not_come(desk: ReaderDesk, emulator: IdCardReader, address: str) -> None:
    """90 and 91 both say that the card is there; so does finding one that was never read."""
    emulator.obey("put", **P01, new_address=address)
    for _ in range(2):
        with pytest.raises(DeviceError) as caught:
            desk.host.execute(AwaitLift(), 0.4)
        assert caught.value.reason is Reason.TIMEOUT
        if desk.asked("read") == 0:
            desk.read()


def test_one_missed_look_is_no_removal(desk: ReaderDesk, emulator: IdCardReader) -> None:
    emulator.obey("put", **P01)
    desk.read()
    emulator.obey("answer", status=0x41, command="read_address")
    with pytest.raises(DeviceError) as caught:
        desk.host.execute(AwaitLift(), 0.5)
    assert caught.value.reason is Reason.TIMEOUT


def test_removal_can_be_cancelled_and_needs_a_reader_that_knows(
    desk: ReaderDesk, emulator: IdCardReader
) -> None:
    emulator.obey("put", **P01)
    cancel = CancelToken()
    future = desk.host.submit(AwaitLift(), PATIENT_S, cancel)
    eventually(lambda: desk.asked("read_address") >= 1)
    assert cancel_reaction(future, cancel) < PROMPT_S
    emulator.obey("answer", status=0x24, command="read_address", times=None)
    with pytest.raises(DeviceError) as caught:
        desk.host.execute(AwaitLift(), PATIENT_S)
    assert caught.value.reason is Reason.UNSUPPORTED
    assert desk.read().number == P01["number"]  # reading does not depend on it


def test_status_knows_whether_the_card_still_lies_there(
    driver: SdtReader, emulator: IdCardReader
) -> None:
    driver.open()
    assert driver.status() == Status(State.ONLINE, media=Media.UNKNOWN)
    emulator.obey("put", **P01)
    driver.execute(ReadCard(), Deadline(PATIENT_S), CancelToken())
    assert driver.status() == Status(State.ONLINE, media=Media.PRESENT)
    emulator.obey("lift")
    assert driver.status() == Status(State.ONLINE, media=Media.NOT_PRESENT)


def test_status_takes_no_longer_than_a_second(driver: SdtReader, emulator: IdCardReader) -> None:
    driver.open()
    emulator.obey("put", **P01)
    driver.execute(ReadCard(), Deadline(PATIENT_S), CancelToken())
    slow = SdtReader(SdtReader.Settings(emulator.address, read_timeout=30.0))
    driver.close()
    slow.open()
    try:
        with pytest.raises(DeviceError):  # learns that the card that was read lies there
            slow.execute(ReadCard(), Deadline(0.1), CancelToken())
        emulator.obey("slow", seconds=1.6, command="read_address", times=1)
        begun = time.monotonic()
        assert slow.status().state is State.BUSY
        assert time.monotonic() - begun < 1.5
        slow.reset()  # the answer that is still to come is not taken for this one's
        assert slow.self_test()[1].passed
    finally:
        slow.close()


# -- faults --------------------------------------------------------------------------------------

CARD_UNREADABLE = (0x31, 0x32, 0x33, 0x41, 0x47, 0x81)
EVERYWHERE = {
    0x10: Reason.GARBLED,
    0x11: Reason.GARBLED,
    0x21: Reason.UNSUPPORTED,
    0x24: Reason.UNSUPPORTED,
    0x31: Reason.CARD_UNREADABLE,
    0x32: Reason.CARD_UNREADABLE,
    0x33: Reason.CARD_UNREADABLE,
    0x40: Reason.CARD_UNKNOWN,
    0x41: Reason.CARD_UNREADABLE,
    0x47: Reason.CARD_UNREADABLE,
    0x55: Reason.GARBLED,  # not in the table
    0x60: Reason.HARDWARE,
    0x66: Reason.NOT_AUTHORISED,
    0x80: Reason.CARD_REMOVED,
    0x81: Reason.CARD_UNREADABLE,
    0x90: Reason.GARBLED,
    0x91: Reason.GARBLED,
    0x9F: Reason.GARBLED,
}
EXCEPTIONS = {
    ("find", 0x80): Reason.TIMEOUT,
    ("find", 0x9F): None,
    ("select", 0x90): None,
}


@pytest.mark.parametrize("status", EVERYWHERE, ids="{:02X}".format)
@pytest.mark.parametrize("command", ["find", "select", "read"])
def test_every_status_of_every_command(
    desk: ReaderDesk, emulator: IdCardReader, command: str, status: int
) -> None:
    expected = EXCEPTIONS.get((command, status), EVERYWHERE[status])
    emulator.obey("put", **P01)
    emulator.obey("answer", status=status, command=command, times=None)
    if expected is None:
        # The SAM only said so: without a card found and selected, the read behind it fails.
        assert desk.refuse().reason is Reason.CARD_UNREADABLE
        return
    error = desk.refuse(0.5 if expected is Reason.TIMEOUT else PATIENT_S)
    assert error.reason is expected
    assert P01["name"] not in str(error)
    assert P01["number"] not in str(error)
    if expected not in (Reason.TIMEOUT, Reason.GARBLED):
        assert f"{status:02X}" in error.detail
    emulator.obey("well")
    emulator.obey("put", **P01)
    assert desk.read().number == P01["number"]


@pytest.mark.parametrize("status", CARD_UNREADABLE, ids="{:02X}".format)
@pytest.mark.parametrize("command", ["select", "read"])
def test_a_failed_read_is_tried_once_more(
    desk: ReaderDesk, emulator: IdCardReader, command: str, status: int
) -> None:
    emulator.obey("put", **P01)
    emulator.obey("answer", status=status, command=command)
    assert desk.read().number == P01["number"]
    assert desk.asked("find") == 2


def test_and_not_twice_more(desk: ReaderDesk, emulator: IdCardReader) -> None:
    emulator.obey("put", **P01)
    emulator.obey("answer", status=0x41, command="read", times=2)
    assert desk.refuse().reason is Reason.CARD_UNREADABLE
    assert desk.asked("read") == 2
    assert desk.read().number == P01["number"]


@pytest.mark.parametrize("fault", ["bad checksum", "truncate", "junk", "split"])
@pytest.mark.parametrize("command", ["find", "select", "read"])
def test_one_bad_answer_does_not_matter(
    desk: ReaderDesk, emulator: IdCardReader, fault: str, command: str
) -> None:
    emulator.obey("put", **P01)
    emulator.obey(fault, command=command, times=1)
    card = desk.read()
    assert card.number == P01["number"]
    # Bytes in pieces, or behind noise, are no reason to ask again; broken ones are.
    assert desk.asked(command) == (1 if fault in ("junk", "split") else 2)


@pytest.mark.parametrize(
    ("fault", "facts"),
    [
        ("bad checksum", {}),
        ("truncate", {}),
        ("answer", {"status": 0x90, "times": None}),
        ("answer", {"status": 0x90, "data": b"\x01\x00\x04\x00" + bytes(9), "times": None}),
        ("answer", {"status": 0x90, "data": b"\x00\x00\x00\x00", "times": None}),
    ],
)
def test_two_bad_answers_are_garbled(
    desk: ReaderDesk, emulator: IdCardReader, fault: str, facts: dict[str, Any]
) -> None:
    emulator.obey("put", **P01)
    emulator.obey(fault, command="read", **facts)
    assert desk.refuse().reason is Reason.GARBLED
    assert desk.asked("read") == 2


def test_only_noise_is_garbled(tmp_path: Path) -> None:
    """Something answers, at another speed or in another language."""
    master, slave = pty.openpty()
    babble = threading.Event()

    def talk() -> None:
        while not babble.wait(0.02):
            os.write(master, b"\xaa\x55\xff")

    talker = threading.Thread(target=talk)
    talker.start()
    try:
        driver = SdtReader(SdtReader.Settings(os.ttyname(slave), answer_timeout=0.1))
        with pytest.raises(DeviceError) as caught:
            driver.open()
    finally:
        babble.set()
        talker.join()
        os.close(master)
        os.close(slave)
    assert caught.value.reason is Reason.GARBLED
    assert "baud" in driver.status().mend


def test_lifted_during_the_read(desk: ReaderDesk, emulator: IdCardReader) -> None:
    emulator.obey("put", **P01)
    emulator.obey("lift during read")
    error = desk.refuse()
    assert error.reason is Reason.CARD_UNREADABLE  # one that lies there answers the same
    assert "41" in error.detail
    assert desk.host.status == Status(State.ONLINE, media=Media.UNKNOWN)
    emulator.obey("put", **P01)
    assert desk.read().number == P01["number"]


def test_lifted_as_the_sam_says_itself(desk: ReaderDesk, emulator: IdCardReader) -> None:
    emulator.obey("put", **P01)
    emulator.obey("answer", status=0x80, command="read")
    assert desk.refuse().reason is Reason.CARD_REMOVED
    assert desk.host.status == Status(State.ONLINE, media=Media.NOT_PRESENT)


def test_a_card_that_was_not_read_and_must_be_lifted(
    desk: ReaderDesk, emulator: IdCardReader, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is neither told as lifted, nor waited for until the citizen counts as gone."""
    monkeypatch.setattr(reader, "LIFT_S", 0.4)
    emulator.obey("put", **P01)
    emulator.obey("unreadable", times=1)
    for _ in range(3):
        assert desk.refuse().reason is Reason.CARD_UNREADABLE
        assert emulator.look()["card"] == "failed"
        assert desk.host.status == Status(State.ONLINE, media=Media.UNKNOWN)
    emulator.obey("lift")
    emulator.obey("put", **P01)
    assert desk.read().number == P01["number"]
    emulator.obey("lift")
    assert desk.refuse(1.0).reason is Reason.TIMEOUT  # nothing is held against the next card


def test_a_card_that_was_read_and_is_not_lifted(
    desk: ReaderDesk, emulator: IdCardReader, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also an earlier citizen's: a driver that has just been opened sees it too."""
    monkeypatch.setattr(reader, "LIFT_S", 0.4)
    emulator.obey("put", **P01)
    desk.read()
    assert desk.refuse().reason is Reason.NOT_TAKEN
    assert desk.host.status == Status(State.ONLINE, media=Media.PRESENT)
    desk.driver.close()
    desk.driver.open()
    assert desk.refuse().reason is Reason.NOT_TAKEN
    emulator.obey("put", **P12)
    assert desk.read().number == P12["number"]


def test_lifted_by_hand_during_the_read(desk: ReaderDesk, emulator: IdCardReader) -> None:
    emulator.obey("put", **P01)
    emulator.obey("slow", seconds=0.3, command="read", times=1)
    future = desk.host.submit(ReadCard(), PATIENT_S)
    eventually(lambda: desk.asked("read") == 1)
    emulator.obey("lift")
    with pytest.raises(DeviceError) as caught:
        future.result()
    assert caught.value.reason is Reason.CARD_UNREADABLE


@pytest.mark.parametrize(
    ("fault", "reason"),
    [
        ("wrong card", Reason.CARD_UNKNOWN),
        ("unknown kind", Reason.CARD_UNKNOWN),
        ("sam failure", Reason.HARDWARE),
        ("not authorised", Reason.NOT_AUTHORISED),
    ],
)
def test_a_card_or_a_sam_that_will_not_do(
    desk: ReaderDesk, emulator: IdCardReader, fault: str, reason: Reason
) -> None:
    emulator.obey("put", **P01)
    emulator.obey(fault)
    assert desk.refuse().reason is reason
    emulator.obey("well")
    emulator.obey("put", **P01)
    assert desk.read().number == P01["number"]


@pytest.mark.parametrize(
    ("fault", "reason", "mend"),
    [
        ("sam failure", Reason.HARDWARE, "off and on"),
        ("not authorised", Reason.NOT_AUTHORISED, "license"),
    ],
)
def test_a_sam_that_is_unfit_is_a_status(
    driver: SdtReader, emulator: IdCardReader, fault: str, reason: Reason, mend: str
) -> None:
    emulator.obey(fault)
    driver.open()
    status = driver.status()
    assert (status.state, status.problem) == (State.HARDWARE_ERROR, reason)
    assert not status.usable
    assert mend in status.mend
    assert driver.info.serial == ""


def test_a_sam_that_falls_ill_while_a_card_lies_there(
    driver: SdtReader, emulator: IdCardReader
) -> None:
    driver.open()
    emulator.obey("put", **P01)
    driver.execute(ReadCard(), Deadline(PATIENT_S), CancelToken())
    emulator.obey("sam failure", command="read_address")
    assert driver.status().problem is Reason.HARDWARE


def test_text_that_makes_no_sense(desk: ReaderDesk, emulator: IdCardReader) -> None:
    emulator.obey("put", **P01)
    blank = b" \0" * 128
    emulator.obey(
        "answer", status=0x90, command="read", data=b"\x01\x00\x04\x00" + blank + bytes(1024)
    )
    assert desk.refuse().reason is Reason.CARD_UNREADABLE


def test_a_slow_answer_is_an_answer(desk: ReaderDesk, emulator: IdCardReader) -> None:
    emulator.obey("put", **P01)
    emulator.obey("slow", seconds=ANSWER_S / 4, command="select")
    assert desk.read().number == P01["number"]


@pytest.mark.parametrize("command", ["find", "select", "read"])
def test_silence_is_not_an_absent_citizen(
    desk: ReaderDesk, emulator: IdCardReader, command: str
) -> None:
    emulator.obey("put", **P01)
    emulator.obey("mute", command=command)
    begun = time.monotonic()
    error = desk.refuse()
    assert error.reason is Reason.OFFLINE
    assert time.monotonic() - begun < waiting.PROMPT_S  # long before the citizen's deadline
    assert desk.host.status.state is State.OFFLINE
    emulator.obey("well")
    assert desk.read().number == P01["number"]


def test_a_silent_port_holds_no_device(driver: SdtReader, emulator: IdCardReader) -> None:
    emulator.obey("mute")
    with pytest.raises(DeviceError) as caught:
        driver.open()
    assert caught.value.reason is Reason.NO_DEVICE
    assert driver.status().state is State.NO_DEVICE
    assert "cable" in driver.status().mend
    assert "baud" in driver.status().mend


@pytest.mark.parametrize("command", ["find", "read"])
def test_unplugged_in_the_middle_and_plugged_again(
    desk: ReaderDesk, emulator: IdCardReader, command: str
) -> None:
    emulator.obey("put", **P01)
    emulator.obey("slow", seconds=PATIENT_S, command=command, times=1)
    future = desk.host.submit(ReadCard(), 2 * PATIENT_S)
    eventually(lambda: desk.asked(command) == 1)
    emulator.obey("unplug")
    with pytest.raises(DeviceError) as caught:
        future.result(PATIENT_S)
    assert caught.value.reason is Reason.NO_DEVICE
    assert desk.host.status.state is State.NO_DEVICE
    assert desk.refuse().reason is Reason.NO_DEVICE  # no such port
    emulator.obey("plug")
    assert desk.read().number == P01["number"]
    assert desk.host.status == Status(State.ONLINE, media=Media.PRESENT)


# -- opening -------------------------------------------------------------------------------------


def refused_open(port: str) -> tuple[DeviceError, Status]:
    driver = SdtReader(SdtReader.Settings(port, answer_timeout=0.1))
    with pytest.raises(DeviceError) as caught:
        driver.open()
    return caught.value, driver.status()


def test_a_port_that_does_not_exist(tmp_path: Path) -> None:
    error, status = refused_open(str(tmp_path / "nothing"))
    assert error.reason is Reason.NO_DEVICE
    assert status.state is State.NO_DEVICE
    assert "does not exist" in status.detail
    assert "cable" in status.mend


def test_a_port_that_is_no_port(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    error, status = refused_open(str(tmp_path / "file"))
    assert error.reason is Reason.NO_DEVICE
    assert "settings" in status.mend


def test_a_port_that_takes_no_bytes() -> None:
    master, slave = pty.openpty()
    os.set_blocking(slave, False)
    try:
        with suppress(BlockingIOError):
            while True:
                os.write(slave, bytes(4096))
        error, _ = refused_open(os.ttyname(slave))
    finally:
        os.close(master)
        os.close(slave)
    assert error.reason is Reason.NO_DEVICE


def test_a_port_without_permission(emulator: IdCardReader, monkeypatch: pytest.MonkeyPatch) -> None:
    # Root may open anything, so the operating system's refusal is given in its place.
    def refuse(path: str, flags: int) -> int:
        raise PermissionError(13, "Permission denied", path)

    with monkeypatch.context() as patch:
        patch.setattr("serial.serialposix.os.open", refuse)
        error, status = refused_open(emulator.address)
    assert error.reason is Reason.OFFLINE
    assert "dialout" in status.mend


def test_the_port_is_taken_for_one(driver: SdtReader, emulator: IdCardReader) -> None:
    driver.open()
    error, status = refused_open(emulator.address)
    assert error.reason is Reason.OFFLINE
    assert "another program" in status.detail
    assert "fuser" in status.mend
    driver.close()
    driver.close()
    driver.open()
    assert driver.status().usable


def test_a_reader_that_is_not_open(driver: SdtReader) -> None:
    assert driver.status().state is State.NO_DEVICE
    for call in (driver.reset, lambda: driver.execute(ReadCard(), Deadline(1), CancelToken())):
        with pytest.raises(DeviceError) as caught:
            call()
        assert caught.value.reason is Reason.NO_DEVICE


def test_other_requests_are_not_supported(driver: SdtReader) -> None:
    with pytest.raises(DeviceError) as caught:
        driver.execute(Request(), Deadline(1), CancelToken())
    assert caught.value.reason is Reason.UNSUPPORTED


def test_after_a_reset_the_card_is_found_again(driver: SdtReader, emulator: IdCardReader) -> None:
    driver.open()
    emulator.obey("put", **P01)
    for _ in range(2):
        driver.execute(ReadCard(), Deadline(PATIENT_S), CancelToken())
        driver.reset()
    assert emulator.look()["reads"] == 2


def test_self_test(driver: SdtReader, emulator: IdCardReader) -> None:
    driver.open()
    assert driver.self_test() == (
        Check("SAM status", True, "done"),
        Check("SAM number", True, "05.03-20230101-0001234567-0000987654"),
        Check("antenna", True, "no card was found"),
    )
    emulator.obey("answer", status=0x60, command="find")
    status, number, antenna = driver.self_test()
    assert status.passed
    assert number.passed
    assert not antenna.passed
    assert "60" in antenna.seen


def test_the_catalogue_makes_it_from_settings(emulator: IdCardReader) -> None:
    driver = create(Kind.ID_CARD, "sdt", {"port": emulator.address, "baud": 9600})
    driver.open()
    driver.close()
    for wrong in ({}, {"port": "x", "baud": 1200}, {"port": "x", "read_timeout": 0}):
        with pytest.raises(DeviceError) as caught:
            create(Kind.ID_CARD, "sdt", wrong)
        assert caught.value.reason is Reason.UNSUPPORTED


# -- the emulator itself -------------------------------------------------------------------------


def test_a_usual_read_takes_the_sams_time_and_no_more(tmp_path: Path) -> None:
    emulator = IdCardReader(tmp_path / "reader")
    emulator.start()
    driver = SdtReader(SdtReader.Settings(emulator.address))
    try:
        driver.open()

        def read() -> None:
            emulator.obey("put", **P01)
            driver.execute(ReadCard(), Deadline(PATIENT_S), CancelToken())

        took = quickest(read, 2.0)
    finally:
        driver.close()
        emulator.stop()
    assert 0.7 + 1295 * 10 / 115200 <= took < 2.0


def test_the_terminals_own_part_of_a_read_is_small(
    driver: SdtReader, emulator: IdCardReader
) -> None:
    driver.open()
    took = []
    for _ in range(15):
        emulator.obey("put", **P01)
        begun = time.monotonic()
        driver.execute(ReadCard(), Deadline(PATIENT_S), CancelToken())
        took.append(time.monotonic() - begun)
    assert min(took) < 0.05, "the best of some: the machine may be busy"


def test_the_sam_answers_what_it_does_not_understand(emulator: IdCardReader) -> None:
    with serial.Serial(emulator.address, timeout=PATIENT_S) as port:
        for sent, said in (
            (encode_frame(b"\x77\x01"), 0x24),
            (encode_frame(b"\x20\x01")[:-1] + b"\x00", 0x10),
            (PREAMBLE + b"\xff\xff", 0x11),
        ):
            port.write(sent)
            assert port.read(11) == encode_answer(said)
        port.write(encode_frame(SamCommand.SAM_NUMBER.value))
        assert port.read(27) == encode_answer(0x90, SAM_NUMBER)
        port.write(encode_frame(SamCommand.READ_FINGERPRINTS.value))
        assert port.read(11) == encode_answer(0x41)


def test_the_emulator_tells_how_it_stands(emulator: IdCardReader) -> None:
    emulator.obey("plug")  # it is
    assert emulator.look() == {
        "plugged": True,
        "card": "none",
        "kind": "",
        "reads": 0,
        "read_at": 0.0,
        "found_at": 0.0,
        "commands": [],
        "faults": [],
    }
    emulator.obey("put", **P10)
    emulator.obey("mute", times=2)
    assert emulator.look()["card"] == "put"
    assert emulator.look()["kind"] == "foreigner-2023"
    assert emulator.look()["faults"] == ["mute"]
    assert msgspec.json.encode(emulator.look())
    emulator.obey("unplug")
    emulator.obey("unplug")
    assert emulator.look()["plugged"] is False
    assert not Path(emulator.address).is_symlink()


@pytest.mark.parametrize(
    ("order", "facts"),
    [
        ("explode", {}),
        ("lift", {"times": 1}),
        ("mute", {"times": 0}),
        ("mute", {"seconds": 1}),
        ("slow", {"command": "dance"}),
        ("answer", {}),
        ("put", {}),
        ("put", {"name": "张三"}),
        ("put", P01 | {"colour": "red"}),
        ("put", P01 | {"birth": "yesterday"}),
        ("put", P01 | {"photo": b"small"}),
        ("put", P16 | {"nation": "01"}),
        ("put", P01 | {"new_address": "路" * 36}),
    ],
)
def test_orders_that_make_no_sense(
    emulator: IdCardReader, order: str, facts: dict[str, Any]
) -> None:
    with pytest.raises(ValueError, match=r"."):
        emulator.obey(order, **facts)
    assert emulator.look()["faults"] == []
