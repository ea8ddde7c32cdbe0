"""The ID card reader of the HID kind: frames in reports, against the emulated SAM on a pty.

A pty keeps no borders between reports, a hidraw node does: the lab has the real one.
"""

from __future__ import annotations

import fcntl
import os
import select
import tty
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from drivers.device import CancelToken, Deadline, DeviceError, Reason, Request, State
from drivers.emulators.id_card import IdCardReader
from drivers.id_card.hid import REPORT, HidPort
from drivers.id_card.sdt import SdtReader
from drivers.id_card.sdt_frames import SamCommand, encode_frame
from drivers.id_card.types import AwaitLift, IdCard, ReadCard
from tests.waiting import PATIENCE_S as PATIENT_S

CARD = {"name": "张三", "number": "990101199003071018", "address": "演示省云岭市测试路1号"}


@pytest.fixture
def emulator(tmp_path: Path) -> Iterator[IdCardReader]:
    one = IdCardReader(tmp_path / "reader", pace=False, hid=True)
    one.start()
    yield one
    one.stop()


@pytest.fixture
def reader(emulator: IdCardReader) -> Iterator[SdtReader]:
    one = SdtReader(SdtReader.Settings(emulator.address, answer_timeout=0.6, read_timeout=1.5))
    yield one
    one.close()


def ask(reader: SdtReader, request: Request[Any]) -> Any:
    return reader.execute(request, Deadline(PATIENT_S), CancelToken())


def refusal(reader: SdtReader, request: Request[Any] | None = None) -> DeviceError:
    with pytest.raises(DeviceError) as caught:
        ask(reader, request) if request else reader.open()
    return caught.value


def test_a_card_comes_whole_through_its_reports(emulator: IdCardReader, reader: SdtReader) -> None:
    reader.open()
    assert reader.info.address == emulator.address
    assert reader.info.serial
    emulator.obey("put", **CARD)
    card = ask(reader, ReadCard())
    assert isinstance(card, IdCard)
    assert (card.name, card.number, card.address) == tuple(CARD.values())
    emulator.obey("lift")
    ask(reader, AwaitLift())
    assert all(check.passed for check in reader.self_test())


@pytest.mark.parametrize("size", [0, 1, 57, 58, 121, 400])
def test_every_report_has_its_number_and_its_full_size(tmp_path: Path, size: int) -> None:
    master, slave = os.openpty()
    os.set_blocking(master, False)
    port = HidPort(_raw(slave), 0.05)
    try:
        frame = encode_frame(bytes(size))
        port.write(frame)
        sent = b""
        while len(sent) < -(-len(frame) // REPORT) * (1 + REPORT):
            select.select([master], [], [], PATIENT_S)
            sent += os.read(master, 4096)
        reports = [sent[at : at + 1 + REPORT] for at in range(0, len(sent), 1 + REPORT)]
        assert {len(report) for report in reports} == {1 + REPORT}
        assert {report[:1] for report in reports} == {b"\0"}
        assert b"".join(report[1:] for report in reports).rstrip(b"\0") == frame.rstrip(b"\0")
        assert len(reports) == -(-len(frame) // REPORT)
    finally:
        port.close()
        os.close(master)
        os.close(slave)


@pytest.mark.parametrize(
    ("order", "reason"),
    [
        ("mute", Reason.OFFLINE),
        ("bad checksum", Reason.GARBLED),
        ("truncate", Reason.GARBLED),
        ("sam failure", Reason.HARDWARE),
        ("not authorised", Reason.NOT_AUTHORISED),
    ],
)
def test_what_goes_wrong_has_its_name(
    emulator: IdCardReader, reader: SdtReader, order: str, reason: Reason
) -> None:
    reader.open()
    emulator.obey("put", **CARD)
    emulator.obey(order)
    assert refusal(reader, ReadCard()).reason is reason
    emulator.obey("well")
    assert ask(reader, ReadCard()).name == CARD["name"]


def test_noise_before_an_answer_is_passed_over(emulator: IdCardReader, reader: SdtReader) -> None:
    reader.open()
    emulator.obey("put", **CARD)
    emulator.obey("junk")
    assert ask(reader, ReadCard()).name == CARD["name"]


def test_an_answer_that_nobody_waited_for_is_not_taken_for_the_next(
    emulator: IdCardReader, reader: SdtReader
) -> None:
    reader.open()
    emulator.obey("slow", seconds=0.3, times=1)
    cancel = CancelToken()
    cancel.cancel()
    with pytest.raises(DeviceError):
        reader._ask(SamCommand.FIND, stop=cancel)
    assert reader.status().state is State.ONLINE


def test_a_reader_that_is_pulled_is_gone_and_is_found_again(
    emulator: IdCardReader, reader: SdtReader
) -> None:
    reader.open()
    emulator.obey("unplug")
    assert refusal(reader, ReadCard()).reason is Reason.NO_DEVICE
    assert refusal(reader).reason is Reason.NO_DEVICE
    emulator.obey("plug")
    reader.open()
    assert reader.status().state is State.ONLINE


def test_a_reader_that_another_program_holds(emulator: IdCardReader, reader: SdtReader) -> None:
    path = emulator.address.removeprefix("hid:")
    fd = os.open(path, os.O_RDWR | os.O_NOCTTY)
    fcntl.flock(fd, fcntl.LOCK_EX)
    error = refusal(reader)
    os.close(fd)
    assert error.reason is Reason.OFFLINE
    assert error.mend == f"find it with fuser -v {path} and stop it"
    reader.open()


def test_a_node_that_does_not_exist(tmp_path: Path) -> None:
    address = f"hid:{tmp_path / 'nothing'}"
    reader = SdtReader(SdtReader.Settings(address))
    error = refusal(reader)
    assert (error.reason, error.detail) == (Reason.NO_DEVICE, f"{address} does not exist")


def _raw(slave: int) -> str:
    tty.setraw(slave)
    return os.ttyname(slave)
