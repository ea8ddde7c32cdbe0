"""Card reader, scanner, camera, PIN pad, lights, sensors and vendor mode over XFS4IoT."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from typing import Any

import pytest

from drivers.camera.types import StartStream, StopStream
from drivers.code_scanner.types import Code, ReadCode
from drivers.device import (
    CancelToken,
    Deadline,
    DeviceError,
    Media,
    Reason,
    Request,
    State,
    Status,
)
from drivers.emulators.pin_pad import MASTER_KEYS, decrypt, encrypt, format_0
from drivers.emulators.xfs4iot import XfsMachine
from drivers.hosting.thread_host import ThreadHost
from drivers.lights.types import AllOff, Colour, FlashRate, Light, SetLight
from drivers.pin_pad.frames import pan_field
from drivers.pin_pad.types import (
    Algorithm,
    AwaitKey,
    EndPinEntry,
    Key,
    KeyPress,
    LoadSessionKey,
    MakePinBlock,
    SessionKey,
    StartPinEntry,
)
from drivers.sensors.types import AwaitChange, Power, Readings, ReadSensors
from drivers.smart_card.types import (
    AwaitRemoval,
    BankCard,
    BankCardKind,
    ReadAnyCard,
    ReadBankCard,
    ReadSocialSecurityCard,
    SocialSecurityCard,
)
from drivers.vendor_mode.types import Agree, AwaitMode, Mode, ReadMode
from drivers.xfs4iot import card_reader
from drivers.xfs4iot import pin_pad as pad
from drivers.xfs4iot.camera import XfsCamera
from drivers.xfs4iot.card_reader import XfsCardReader
from drivers.xfs4iot.code_scanner import XfsCodeScanner
from drivers.xfs4iot.driver import XfsDriver
from drivers.xfs4iot.lights import XfsLights
from drivers.xfs4iot.pin_pad import XfsPinPad
from drivers.xfs4iot.receipt_printer import XfsReceiptPrinter
from drivers.xfs4iot.sensors import XfsSensors
from drivers.xfs4iot.vendor_mode import XfsVendorMode
from kiosk.workshop.sandbox import personas
from tests.contract.xfs4iot_machines import check_frames, fails, host_of, made
from tests.waiting import PATIENCE_S as SOON_S
from tests.waiting import PROMPT_S, until
from ui.desk import people

BANK = {"kind": "bank", "number": "9999990000000000014"}
SOCIAL = {"kind": "social-security", "number": "999901199001010019", "name": "欧阳建国"}
PAN = BANK["number"]
KEY = bytes.fromhex("0123456789ABCDEFFEDCBA9876543210")


@pytest.fixture
def machine() -> Iterator[XfsMachine]:
    emulator = XfsMachine()
    emulator.start()
    yield emulator
    emulator.stop()


def sent(machine: XfsMachine, name: str) -> list[Any]:
    messages = [json.loads(text) for way, _, text in machine.look()["frames"] if way == "in"]
    return [one.get("payload") for one in messages if one["header"]["name"] == name]


# -- card reader ----------------------------------------------------------------------------------


@pytest.mark.parametrize("protocol", ["T0", "T1"])
def test_a_bank_card(machine: XfsMachine, protocol: str) -> None:
    with host_of(machine, XfsCardReader, "CardReader") as host:
        future = host.submit(ReadBankCard(), SOON_S)
        until(lambda: host.status == Status(State.BUSY, Media.NOT_PRESENT))
        machine.obey("put card", **BANK, protocol=protocol)
        card = future.result()
        assert isinstance(card, BankCard)
        assert (card.number, card.kind) == (PAN, BankCardKind.DEBIT)
        assert card.expires == date(2035, 12, 31)
        # The motor has given it back; it lies in the slot.
        assert machine.look()["card"] == "slot"
        assert host.status == Status(State.ONLINE, Media.PRESENT)
        waiting = host.submit(AwaitRemoval(), SOON_S)
        machine.obey("pull card")
        assert waiting.result() is None
        assert host.status.media is Media.NOT_PRESENT
    # Chip only: no track of any card ever comes over the wire.
    assert sent(machine, "CardReader.ReadRawData") == [{"chip": True}]
    check_frames(machine)


def test_a_social_security_card_is_read_as_one_or_as_what_it_is(machine: XfsMachine) -> None:
    with host_of(machine, XfsCardReader, "CardReader") as host:
        machine.obey("put card", **SOCIAL, bank=PAN)
        card = host.execute(ReadSocialSecurityCard(), SOON_S)
        assert (card.number, card.name) == (SOCIAL["number"], SOCIAL["name"])
        assert isinstance(host.execute(ReadAnyCard(), SOON_S), SocialSecurityCard)
        assert host.execute(ReadBankCard(), SOON_S).number == PAN
    check_frames(machine)


@contextmanager
def reader_of(kind: str) -> Iterator[tuple[XfsMachine, ThreadHost]]:
    machine = XfsMachine(card_reader=kind)
    machine.start()
    try:
        with host_of(machine, XfsCardReader, "CardReader") as host:
            yield machine, host
    finally:
        machine.stop()
    check_frames(machine)


def test_a_reader_that_a_card_is_dipped_into() -> None:
    with reader_of("dip") as (machine, host):
        machine.obey("put card", **BANK, protocol="T1")
        assert host.execute(ReadAnyCard(), SOON_S).number == PAN
        assert sent(machine, "CardReader.Move") == []
        assert {one["chipProtocol"] for one in sent(machine, "CardReader.ChipIO")} == {"chipT1"}
        assert fails(host, AwaitRemoval(), 0.2).reason is Reason.TIMEOUT
        machine.obey("pull card")
        host.execute(AwaitRemoval(), SOON_S)


def test_a_reader_that_a_card_is_held_to() -> None:
    with reader_of("contactless") as (machine, host):
        machine.obey("put card", **BANK, protocol="T1")
        assert host.execute(ReadAnyCard(), SOON_S).number == PAN
        assert sent(machine, "CardReader.Move") == []
        protocols = {one["chipProtocol"] for one in sent(machine, "CardReader.ChipIO")}
        assert protocols == {"chipTypeAPart4"}
        host.execute(AwaitRemoval(), SOON_S)  # nothing lies in it that could be taken


def test_a_card_of_the_desk_that_is_held_to_the_reader() -> None:
    """It answers in the fast mode: no AFL, so no record is read; the number is in tag 57 only."""
    with reader_of("contactless") as (machine, host):
        machine.obey("put card", **people.chip("P03", people.TAP))
        read = host.execute(ReadBankCard(), SOON_S)
        assert (read.number, read.holder) == (personas.load()["P03"].bank_card, "")
        machine.obey("pull card")
        machine.obey("put card", **people.chip("P03", "bank"))
        assert host.execute(ReadBankCard(), SOON_S).holder == personas.load()["P03"].name_latin


def test_a_reader_that_holds_a_dipped_card_fast() -> None:
    with reader_of("latchedDip") as (machine, host):
        machine.obey("put card", **BANK)
        assert host.execute(ReadBankCard(), SOON_S).number == PAN
        assert host.status.media is Media.PRESENT
        machine.obey("pull card")  # it is let go
        host.execute(AwaitRemoval(), SOON_S)
        assert sent(machine, "CardReader.Move") == [{"from": "transport", "to": "exit"}]


# -- a card that was there before ----------------------------------------------------------------

OTHER = {"kind": "bank", "number": "9999990000000000022"}


@pytest.mark.parametrize("kind", ["motor", "latchedDip", "dip"])
def test_an_earlier_citizens_card_is_not_read(kind: str) -> None:
    with reader_of(kind) as (machine, first):
        machine.obey("slow", seconds=SOON_S, command="CardReader.ChipIO", once=True)
        machine.obey("put card", **BANK)
        reading = first.submit(ReadBankCard(), SOON_S)
        until(lambda: bool(sent(machine, "CardReader.ChipIO")))
        machine.obey("unplug")  # or the visit's process ends: nobody gives the card back
        assert reading.exception() is not None
        machine.obey("plug")
        machine.obey("well")
        with host_of(machine, XfsCardReader, "CardReader") as host:
            assert fails(host, ReadBankCard(), 0.3).reason is Reason.TIMEOUT
            future = host.submit(ReadBankCard(), SOON_S)
            until(lambda: "earlier card" in host.status.detail)
            if kind == "motor":
                assert machine.look()["card"] == "slot"  # it was let go
            machine.obey("pull card")
            until(lambda: host.status == Status(State.BUSY, Media.NOT_PRESENT))
            machine.obey("put card", **OTHER)
            assert future.result().number == OTHER["number"]
        assert len(sent(machine, "CardReader.ReadRawData")) == 2


def test_a_card_that_was_not_taken_is_not_read_for_the_next_citizen(machine: XfsMachine) -> None:
    with host_of(machine, XfsCardReader, "CardReader") as host:
        machine.obey("put card", **BANK)
        host.execute(ReadBankCard(), SOON_S)
    with host_of(machine, XfsCardReader, "CardReader") as host:
        assert fails(host, ReadBankCard(), 0.3).reason is Reason.TIMEOUT
        machine.obey("pull card")
        machine.obey("put card", **OTHER)
        assert host.execute(ReadBankCard(), SOON_S).number == OTHER["number"]


def test_a_card_inside_when_the_line_broke_is_let_go_at_once(machine: XfsMachine) -> None:
    with host_of(machine, XfsCardReader, "CardReader") as host:
        machine.obey("hang up", command="CardReader.ChipIO", once=True)
        machine.obey("put card", **BANK)
        assert fails(host, ReadBankCard()).reason is Reason.OFFLINE
        until(lambda: machine.look()["card"] == "slot")
    check_frames(machine)


def test_another_program_that_looks_in_takes_no_card_out_of_a_read(machine: XfsMachine) -> None:
    with host_of(machine, XfsCardReader, "CardReader") as host:
        machine.obey("slow", seconds=0.3, command="CardReader.ChipIO")
        machine.obey("put card", **BANK)
        reading = host.submit(ReadBankCard(), SOON_S)
        until(lambda: bool(sent(machine, "CardReader.ChipIO")))
        doctor = made(machine, XfsCardReader, "CardReader")
        doctor.open()
        try:
            assert doctor.status().media is Media.PRESENT
            assert doctor.self_test()
        finally:
            doctor.close()
        machine.obey("well")
        assert reading.result().number == PAN
    assert len(sent(machine, "CardReader.Move")) == 1  # after the read


@pytest.mark.parametrize("kind", ["motor", "latchedDip"])
def test_a_card_whose_holders_visit_ended_in_its_read_is_let_go_soon(
    monkeypatch: pytest.MonkeyPatch, kind: str
) -> None:
    monkeypatch.setattr(card_reader, "LET_GO_S", 0.2)
    machine = XfsMachine(card_reader=kind)
    machine.start()
    visit = made(machine, XfsCardReader, "CardReader")
    visit.open()
    machine.obey("put card", **BANK)
    machine.obey("hang up", command="CardReader.ChipIO", once=True)
    with pytest.raises(DeviceError):
        visit.execute(ReadBankCard(), Deadline(SOON_S), CancelToken())
    visit.close()
    with host_of(machine, XfsCardReader, "CardReader"):
        until(lambda: bool(sent(machine, "CardReader.Move")))

        def gone() -> bool:
            machine.obey("pull card")  # in vain while the machine has not done what it was sent
            return bool(machine.look()["card"] == "none")

        until(gone)
    machine.stop()
    check_frames(machine)


def test_a_card_that_was_given_back_is_not_moved_when_the_line_breaks(machine: XfsMachine) -> None:
    driver = made(machine, XfsCardReader, "CardReader")
    driver.open()
    try:
        machine.obey("put card", **BANK)
        driver.execute(ReadBankCard(), Deadline(SOON_S), CancelToken())
        machine.obey("pull card")
        machine.obey("unplug")
        machine.obey("put card", **OTHER)  # in another program's read
        machine.obey("plug")
        with pytest.raises(DeviceError):
            driver.status()
        assert driver.status().media is Media.PRESENT
        assert len(sent(machine, "CardReader.Move")) == 1
    finally:
        driver.close()


def test_a_card_that_was_there_and_cannot_be_let_go(machine: XfsMachine) -> None:
    machine.obey("put card", **BANK)
    machine.obey("fail", error="shutterFail", command="CardReader.Move")
    with host_of(machine, XfsCardReader, "CardReader") as host:
        assert fails(host, ReadBankCard()).reason is Reason.HARDWARE
        machine.obey("well")
        future = host.submit(ReadBankCard(), SOON_S)
        until(lambda: machine.look()["card"] == "slot")
        machine.obey("pull card")
        machine.obey("put card", **OTHER)
        assert future.result().number == OTHER["number"]


def test_something_that_is_no_card(machine: XfsMachine) -> None:
    seen: list[Status] = []
    with host_of(machine, XfsCardReader, "CardReader", on_status=seen.append) as host:
        future = host.submit(ReadBankCard(), SOON_S)
        until(lambda: host.status == Status(State.BUSY, Media.NOT_PRESENT))
        machine.obey("wrong card")
        until(lambda: "wrong way round" in host.status.detail)
        machine.obey("put card", **BANK)
        assert future.result().number == PAN
    check_frames(machine)


@pytest.mark.parametrize(
    ("order", "facts", "reason"),
    [
        ("no chip", {}, Reason.CARD_UNKNOWN),
        ("put card", {"kind": "unknown"}, Reason.CARD_UNKNOWN),
    ],
)
def test_cards_of_another_kind_are_given_back(
    machine: XfsMachine, order: str, facts: dict[str, Any], reason: Reason
) -> None:
    with host_of(machine, XfsCardReader, "CardReader") as host:
        machine.obey(order, **facts)
        assert fails(host, ReadAnyCard()).reason is reason
        assert machine.look()["card"] == "slot"
        until(lambda: host.status.usable)
    check_frames(machine)


@pytest.mark.parametrize("apdus", [0, 2])
def test_a_card_that_is_pulled_in_the_middle(machine: XfsMachine, apdus: int) -> None:
    with host_of(machine, XfsCardReader, "CardReader") as host:
        machine.obey("put card", **BANK)
        machine.obey("pull card", after_apdus=apdus)
        assert fails(host, ReadBankCard()).reason is Reason.CARD_REMOVED
        assert host.status == Status(State.ONLINE, Media.NOT_PRESENT)
        machine.obey("put card", **BANK)
        assert host.execute(ReadBankCard(), SOON_S).number == PAN
    check_frames(machine)


@pytest.mark.parametrize(
    ("error", "command", "reason"),
    [
        ("invalidMedia", "CardReader.ReadRawData", Reason.CARD_UNKNOWN),
        ("mediaJam", "CardReader.ReadRawData", Reason.JAM),
        ("shutterFail", "CardReader.ReadRawData", Reason.HARDWARE),
        ("cardCollision", "CardReader.ReadRawData", Reason.CARD_UNREADABLE),
        ("atrNotObtained", "CardReader.ChipIO", Reason.CARD_UNREADABLE),
        ("invalidData", "CardReader.ChipIO", Reason.CARD_UNREADABLE),
        ("protocolNotSupported", "CardReader.ChipIO", Reason.CARD_UNKNOWN),
    ],
)
def test_errors_of_the_reader(
    machine: XfsMachine, error: str, command: str, reason: Reason
) -> None:
    seen: list[Status] = []
    with host_of(machine, XfsCardReader, "CardReader", on_status=seen.append) as host:
        machine.obey("put card", **BANK)
        machine.obey("fail", error=error, command=command, once=True)
        seen.clear()
        assert fails(host, ReadBankCard()).reason is reason
        ill = command == "CardReader.ReadRawData" and reason in (Reason.JAM, Reason.HARDWARE)
        assert (reason in {one.problem for one in seen}) is ill
    check_frames(machine)


def test_a_card_that_is_read_and_then_jams(machine: XfsMachine) -> None:
    seen: list[Status] = []
    with host_of(machine, XfsCardReader, "CardReader", on_status=seen.append) as host:
        machine.obey("put card", **BANK)
        machine.obey("fail", error="mediaJam", command="CardReader.Move", once=True)
        assert host.execute(ReadBankCard(), SOON_S).number == PAN
        assert seen[-1].problem is Reason.JAM
        assert "not given back" in seen[-1].detail
        machine.obey("jam card")
        until(lambda: host.status.media is Media.JAMMED)
        assert fails(host, ReadBankCard()).reason is Reason.JAM


def test_nobody_puts_a_card(machine: XfsMachine) -> None:
    with host_of(machine, XfsCardReader, "CardReader") as host:
        begun = time.monotonic()
        assert fails(host, ReadBankCard(), 0.3).reason is Reason.TIMEOUT
        assert time.monotonic() - begun < PROMPT_S
        cancel = CancelToken()
        future = host.submit(ReadBankCard(), SOON_S, cancel)
        until(lambda: host.status.media is Media.NOT_PRESENT)
        cancel.cancel()
        with pytest.raises(DeviceError) as caught:
            future.result(SOON_S)
        assert caught.value.reason is Reason.CANCELLED
        assert host.status.usable


def test_a_card_that_stays(machine: XfsMachine) -> None:
    with host_of(machine, XfsCardReader, "CardReader") as host:
        machine.obey("put card", **BANK)
        host.execute(ReadBankCard(), SOON_S)
        assert fails(host, AwaitRemoval(), 0.3).reason is Reason.TIMEOUT


def test_a_card_inside_is_given_back_by_reset(machine: XfsMachine) -> None:
    driver = made(machine, XfsCardReader, "CardReader")
    driver.open()
    try:
        machine.obey("put card", **BANK)
        driver.reset()
        assert machine.look()["card"] == "slot"
    finally:
        driver.close()
    check_frames(machine)


# -- code scanner ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("facts", "expected"),
    [
        ({"text": "https://example.org/v/8Q2M4T6W"}, "https://example.org/v/8Q2M4T6W"),
        ({"text": "欧阳\r\n"}, "欧阳"),
        ({"data": "公积金".encode("gb18030")}, "公积金"),
    ],
)
def test_a_code(machine: XfsMachine, facts: dict[str, Any], expected: str) -> None:
    with host_of(machine, XfsCodeScanner, "BarcodeReader") as host:
        future = host.submit(ReadCode(), SOON_S)
        until(lambda: bool(machine.look()["scanning"]))
        machine.obey("show code", **facts)
        assert future.result() == Code(expected, "qrCode")
        until(lambda: not machine.look()["scanning"])
        until(lambda: host.status.state is State.ONLINE)
    check_frames(machine)


def test_only_what_may_be_read(machine: XfsMachine) -> None:
    options: dict[str, Any] = {"symbologies": ["qrCode", "code128"]}
    with host_of(machine, XfsCodeScanner, "BarcodeReader", **options) as host:
        assert fails(host, ReadCode(), 0.2).reason is Reason.TIMEOUT
    wanted = {"symbologies": {"qrCode": True, "code128": True}}
    assert sent(machine, "BarcodeReader.Read") == [wanted]
    check_frames(machine)


def test_a_code_that_was_misread_is_read_again(machine: XfsMachine) -> None:
    with host_of(machine, XfsCodeScanner, "BarcodeReader") as host:
        machine.obey("fail", error="barcodeInvalid", once=True)
        future = host.submit(ReadCode(), SOON_S)
        until(lambda: bool(machine.look()["scanning"]))
        machine.obey("show code", text="x")
        assert future.result().text == "x"


def test_a_code_that_is_misread_again_and_again(machine: XfsMachine) -> None:
    with host_of(machine, XfsCodeScanner, "BarcodeReader") as host:
        machine.obey("fail", error="barcodeInvalid")
        assert fails(host, ReadCode(), 0.5).reason is Reason.TIMEOUT
        assert len(sent(machine, "BarcodeReader.Read")) <= 6  # not as fast as the line allows
        cancel = CancelToken()
        future = host.submit(ReadCode(), SOON_S, cancel)
        until(lambda: host.status.state is State.BUSY)
        cancel.cancel()
        with pytest.raises(DeviceError) as caught:
            future.result()
        assert caught.value.reason is Reason.CANCELLED


@pytest.mark.parametrize("data", [b"x" * 4097, b"\x81", b"\x00\x01"])
def test_codes_that_are_no_text(machine: XfsMachine, data: bytes) -> None:
    with host_of(machine, XfsCodeScanner, "BarcodeReader") as host:
        future = host.submit(ReadCode(), SOON_S)
        until(lambda: bool(machine.look()["scanning"]))
        machine.obey("show code", data=data)
        with pytest.raises(DeviceError) as caught:
            future.result()
        assert caught.value.reason is Reason.GARBLED


# -- camera ---------------------------------------------------------------------------------------


def test_pictures(machine: XfsMachine) -> None:
    with host_of(machine, XfsCamera, "Camera", most_per_s=30) as host:
        assert machine.look()["pictures"] == 0
        stream = host.execute(StartStream(), SOON_S)
        first = stream.latest()
        assert first.image.shape == (480, 640, 3)
        blue, green, red = first.image[400, 600]
        assert blue > green > red
        second = stream.next(first.number, SOON_S)
        assert second is not None
        assert second.number > first.number
        assert (second.image != first.image).any()
        host.execute(StopStream(), SOON_S)
        taken = machine.look()["pictures"]
        time.sleep(0.1)
        assert machine.look()["pictures"] == taken
        with pytest.raises(DeviceError):
            stream.latest()
    check_frames(machine)


@pytest.mark.parametrize(
    ("order", "facts", "reason"),
    [
        ("fail", {"error": "cameraInoperable"}, Reason.HARDWARE),
        ("fail", {"error": "cameraNotSupported"}, Reason.UNSUPPORTED),
        ("refuse", {"code": "deviceNotReady"}, Reason.OFFLINE),
        ("garbage", {"form": "text"}, Reason.GARBLED),
        ("hang up", {}, Reason.OFFLINE),
    ],
)
def test_a_camera_without_pictures(
    machine: XfsMachine, order: str, facts: dict[str, Any], reason: Reason
) -> None:
    machine.obey(order, **facts)
    with host_of(machine, XfsCamera, "Camera") as host:
        assert fails(host, StartStream()).reason is reason
        machine.obey("well")
        assert host.execute(StartStream(), SOON_S).latest().number


def test_a_camera_that_stops(machine: XfsMachine) -> None:
    with host_of(machine, XfsCamera, "Camera", most_per_s=30) as host:
        host.execute(StartStream(), SOON_S)
        machine.obey("fail", error="cameraInoperable")
        until(lambda: host.status.problem is Reason.HARDWARE)
        machine.obey("well")
        until(lambda: host.status.state is State.ONLINE)
        assert host.execute(StartStream(), SOON_S).latest()


def test_a_camera_nobody_waits_for(machine: XfsMachine) -> None:
    machine.obey("slow", seconds=SOON_S)
    with host_of(machine, XfsCamera, "Camera") as host:
        assert fails(host, StartStream(), 0.2).reason is Reason.TIMEOUT
    assert machine.look()["pictures"] == 0


def test_one_picture_for_the_self_test(machine: XfsMachine) -> None:
    driver = made(machine, XfsCamera, "Camera")
    driver.open()
    try:
        checks = driver.self_test()
        assert all(check.passed for check in checks)
        assert checks[-1].seen.startswith("640×480")
        machine.obey("fail", error="cameraInoperable")
        assert [check.name for check in driver.self_test() if not check.passed] == ["picture"]
    finally:
        driver.close()


# -- lights ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("major", [2, 3])
def test_lights(machine: XfsMachine, major: int) -> None:
    machine.obey("version", major=major)
    state: dict[str, Any] = {"flashRate": "medium", "color": "red"}
    with host_of(machine, XfsLights, "Lights") as host:
        host.execute(SetLight(Light.CARD_READER, FlashRate.MEDIUM, Colour.RED), SOON_S)
        seen = machine.look()["lights"]["cardReader"]
        assert seen == ({"position": "default", **state} if major == 2 else {"default": state})
        host.execute(AllOff(), SOON_S)
        lights = machine.look()["lights"]
        assert set(lights) == {light.value for light in Light if light is not Light.CAMERA}
        rates = {
            one["flashRate"] if major == 2 else one["default"]["flashRate"]
            for one in lights.values()
        }
        assert rates == {"off"}
    check_frames(machine)


def test_lights_that_are_not_there(machine: XfsMachine) -> None:
    with host_of(machine, XfsLights, "Lights") as host:
        on = SetLight(Light.CAMERA, FlashRate.CONTINUOUS)
        assert fails(host, on).reason is Reason.UNSUPPORTED
        machine.obey("fail", error="lightError", once=True)
        on = SetLight(Light.SCANNER, FlashRate.CONTINUOUS)
        assert fails(host, on).reason is Reason.HARDWARE
        assert sent(machine, "Lights.SetLight") == [
            {"scanner": {"default": {"flashRate": "continuous", "color": "green"}}}
        ]
    with host_of(machine, XfsLights, "Lights", names={"camera": "fasciaLight"}) as host:
        host.execute(SetLight(Light.CAMERA, FlashRate.CONTINUOUS, Colour.WHITE), SOON_S)
        assert "fasciaLight" in machine.look()["lights"]


# -- sensors --------------------------------------------------------------------------------------


@pytest.mark.parametrize("major", [2, 3])
def test_sensors(machine: XfsMachine, major: int) -> None:
    machine.obey("version", major=major)
    with host_of(machine, XfsSensors, "Auxiliaries") as host:
        now = host.execute(ReadSensors(), SOON_S)
        assert now == Readings(False, 0, False, False, 0, Power.MAINS, None, 50)
        for order, facts, expected in (
            ("open door", {}, {"door_open": True}),
            ("press call", {}, {"call_button": True, "call_presses": 1}),
            ("release call", {}, {"call_button": False, "call_presses": 1}),
            ("come", {}, {"person_near": True, "arrivals": 1}),
            ("power", {"state": "battery low"}, {"power": Power.BATTERY_LOW}),
            ("power", {"state": "battery"}, {"power": Power.BATTERY}),
            ("power", {"state": "mains"}, {"power": Power.MAINS}),
            ("volume", {"level": 1000}, {"volume_percent": 100}),
        ):
            looks = len(sent(machine, "Common.Status"))
            future = host.submit(AwaitChange(now), SOON_S)

            def waits_for_the_event(looks: int = looks) -> bool:
                return len(sent(machine, "Common.Status")) > looks

            until(waits_for_the_event)
            machine.obey(order, **facts)
            now = future.result()
            assert {name: getattr(now, name) for name in expected} == expected
        assert fails(host, AwaitChange(now), 0.2).reason is Reason.TIMEOUT
    check_frames(machine)


def test_a_press_between_two_looks_is_counted(machine: XfsMachine) -> None:
    with host_of(machine, XfsSensors, "Auxiliaries") as host:
        host.execute(ReadSensors(), SOON_S)
        machine.obey("press call")
        machine.obey("release call")
        until(lambda: host.execute(ReadSensors(), SOON_S).call_presses == 1)
        assert host.execute(ReadSensors(), SOON_S).call_button is False


# -- PIN pad --------------------------------------------------------------------------------------


def session_key(algorithm: Algorithm, value: bytes = KEY) -> SessionKey:
    zeros = bytes(8 if algorithm is Algorithm.TDEA else 16)
    return SessionKey(
        algorithm,
        "TPK-1",
        encrypt(algorithm, MASTER_KEYS[algorithm], value),
        encrypt(algorithm, value, zeros)[:4],
    )


def press(machine: XfsMachine, *keys: str) -> None:
    until(lambda: bool(machine.look()["entering"]))
    for key in keys:
        machine.obey("press", key=key)


@pytest.mark.parametrize(
    ("algorithm", "options"),
    [(Algorithm.TDEA, {}), (Algorithm.SM4, {"sm4": "4"})],
)
def test_a_pin(machine: XfsMachine, algorithm: Algorithm, options: dict[str, Any]) -> None:
    with host_of(machine, XfsPinPad, "PinPad", **options) as host:
        host.execute(LoadSessionKey(session_key(algorithm)), SOON_S)
        host.execute(StartPinEntry(), SOON_S)
        press(machine, "1", "2", "backspace", "clear", "1", "2", "3", "enter", "4", "5", "6", "7")
        machine.obey("press", key="enter")
        keys: list[KeyPress] = []
        while not keys or keys[-1].key is not Key.ENTER:
            keys.append(host.execute(AwaitKey(), SOON_S))
        digits = [KeyPress(Key.DIGIT, n) for n in range(1, 7)]
        assert keys == [
            *digits[:2],
            KeyPress(Key.BACKSPACE, 1),
            KeyPress(Key.CLEAR, 0),
            *digits,  # the ENTER after three digits and the seventh digit did nothing
            KeyPress(Key.ENTER, 6),
        ]
        assert fails(host, AwaitKey()).reason is Reason.CANCELLED
        block = host.execute(MakePinBlock(PAN), SOON_S)
        assert (block.algorithm, block.key_serial) == (algorithm, "TPK-1")
        # The published vector of format 0 (ISO 9564-1); for SM4 the pads' own filling.
        plain = decrypt(algorithm, KEY, block.block)
        assert plain == format_0("123456", pan_field(PAN), len(plain))
        if algorithm is Algorithm.TDEA:
            assert plain.hex().upper() == "06123456FFFFFFFE"
        # Once is enough.
        assert fails(host, MakePinBlock(PAN)).reason is Reason.CANCELLED
    for way, _, text in machine.look()["frames"]:
        assert "123456" not in text, way
        assert '"digit"' not in text
    check_frames(machine)


def test_the_last_digit_may_press_enter(machine: XfsMachine) -> None:
    with host_of(machine, XfsPinPad, "PinPad", key_serial="bank") as host:
        host.execute(StartPinEntry(shortest=4, longest=4, auto_enter=True), SOON_S)
        press(machine, *"1234")
        keys = [host.execute(AwaitKey(), SOON_S) for _ in range(5)]
        assert keys == [*(KeyPress(Key.DIGIT, n) for n in range(1, 5)), KeyPress(Key.ENTER, 4)]
    check_frames(machine)


def test_a_citizen_who_thinks_again(machine: XfsMachine) -> None:
    with host_of(machine, XfsPinPad, "PinPad", key_serial="bank") as host:
        host.execute(StartPinEntry(), SOON_S)
        press(machine, "1", "cancel")
        keys = [host.execute(AwaitKey(), SOON_S) for _ in range(2)]
        assert keys == [KeyPress(Key.DIGIT, 1), KeyPress(Key.CANCEL, 0)]
        until(lambda: not machine.look()["entering"])
        assert fails(host, AwaitKey()).reason is Reason.CANCELLED
        assert fails(host, MakePinBlock(PAN)).reason is Reason.CANCELLED
        until(lambda: host.status.state is State.ONLINE)


def test_an_entry_that_is_dropped(machine: XfsMachine) -> None:
    with host_of(machine, XfsPinPad, "PinPad", key_serial="bank") as host:
        host.execute(EndPinEntry(), SOON_S)  # there is none
        host.execute(StartPinEntry(), SOON_S)
        press(machine, "1", "2")
        assert host.execute(AwaitKey(), SOON_S).entered == 1
        host.execute(EndPinEntry(), SOON_S)
        assert not machine.look()["entering"]
        assert machine.look()["digits"] == 0
        host.execute(StartPinEntry(shortest=4), SOON_S)
        press(machine, "1", "2", "3", "4", "enter")
        while host.execute(AwaitKey(), SOON_S).key is not Key.ENTER:
            pass
        host.execute(EndPinEntry(), SOON_S)
        assert machine.look()["digits"] == 0
    check_frames(machine)


@pytest.fixture
def own_pad(machine: XfsMachine) -> Iterator[XfsDriver]:
    """The pad's driver without a host, so that no status reads the line between two requests."""
    driver = made(machine, XfsPinPad, "PinPad", key_serial="bank")
    driver.open()
    yield driver
    driver.close()


def entered(machine: XfsMachine, driver: XfsDriver, fetched: int) -> None:
    """Four digits and ENTER, of which so many keys are fetched."""
    do(driver, StartPinEntry(shortest=4))
    press(machine, *"1234", "enter")
    until(lambda: not machine.look()["entering"])
    assert machine.look()["digits"] == 4
    for _ in range(fetched):
        do(driver, AwaitKey())


def do(driver: XfsDriver, request: Request[Any]) -> Any:
    return driver.execute(request, Deadline(SOON_S), CancelToken())


@pytest.mark.parametrize("fetched", [0, 1, 5])
@pytest.mark.parametrize("line", ["stands", "is lost", "is opened anew"])
def test_no_pin_stays_whose_enter_met_the_end_of_the_page(
    machine: XfsMachine, own_pad: XfsDriver, fetched: int, line: str
) -> None:
    entered(machine, own_pad, fetched)
    match line:
        case "is lost":
            machine.obey("unplug")
            machine.obey("plug")
        case "is opened anew":
            own_pad.close()
            own_pad.open()
    do(own_pad, EndPinEntry())
    assert machine.look()["digits"] == 0
    do(own_pad, EndPinEntry())
    assert len(sent(machine, "PinPad.Reset")) == 1
    check_frames(machine)


@pytest.mark.parametrize(("order", "facts"), [("hang up", {}), ("refuse", {"code": "timeOut"})])
def test_no_pin_stays_of_which_no_block_came(
    machine: XfsMachine, own_pad: XfsDriver, order: str, facts: dict[str, Any]
) -> None:
    machine.obey(order, **facts, command="PinPad.GetPinBlock", once=True)
    entered(machine, own_pad, 5)
    with pytest.raises(DeviceError):
        do(own_pad, MakePinBlock(PAN))
    assert machine.look()["digits"] == 4
    do(own_pad, EndPinEntry())
    assert machine.look()["digits"] == 0


def test_an_entry_without_a_pin_needs_no_reset(machine: XfsMachine, own_pad: XfsDriver) -> None:
    do(own_pad, StartPinEntry(shortest=4))
    do(own_pad, EndPinEntry())  # the page was left
    for fetched in (0, 1):
        do(own_pad, StartPinEntry(shortest=4))
        press(machine, "cancel")
        until(lambda: not machine.look()["entering"])
        for _ in range(fetched):
            assert do(own_pad, AwaitKey()).key is Key.CANCEL
        do(own_pad, EndPinEntry())
    entered(machine, own_pad, 5)
    do(own_pad, MakePinBlock(PAN))
    do(own_pad, EndPinEntry())
    assert sent(machine, "PinPad.Reset") == []


def test_a_new_entry_ends_the_old_one(machine: XfsMachine) -> None:
    with host_of(machine, XfsPinPad, "PinPad", key_serial="bank") as host:
        host.execute(StartPinEntry(), SOON_S)
        press(machine, "1")
        host.execute(StartPinEntry(), SOON_S)
        press(machine, "2")
        assert host.execute(AwaitKey(), SOON_S) == KeyPress(Key.DIGIT, 1)
        assert len(sent(machine, "Common.Cancel")) == 1


def test_an_entry_goes_on_after_a_deadline(machine: XfsMachine) -> None:
    with host_of(machine, XfsPinPad, "PinPad", key_serial="bank") as host:
        host.execute(StartPinEntry(), SOON_S)
        assert fails(host, AwaitKey(), 0.1).reason is Reason.TIMEOUT
        press(machine, "1")
        assert host.execute(AwaitKey(), SOON_S) == KeyPress(Key.DIGIT, 1)


@pytest.mark.parametrize(
    ("order", "facts", "reason"),
    [
        ("refuse", {"code": "timeOut"}, Reason.CANCELLED),
        ("fail", {"error": "entryTimeout"}, Reason.CANCELLED),
        ("fail", {"error": "noActivekeys"}, Reason.UNSUPPORTED),
        ("refuse", {"code": "hardwareError"}, Reason.HARDWARE),
        ("hang up", {}, Reason.OFFLINE),
        ("garbage", {"form": "json"}, Reason.GARBLED),
    ],
)
def test_an_entry_that_ends_by_itself(
    machine: XfsMachine, order: str, facts: dict[str, Any], reason: Reason
) -> None:
    with host_of(machine, XfsPinPad, "PinPad", key_serial="bank") as host:
        machine.obey(order, **facts, once=True)
        host.execute(StartPinEntry(), SOON_S)
        assert fails(host, AwaitKey()).reason is reason
        assert fails(host, AwaitKey()).reason is Reason.CANCELLED
        host.execute(StartPinEntry(), SOON_S)
        press(machine, "1")
        assert host.execute(AwaitKey(), SOON_S).entered == 1


@pytest.mark.parametrize("lengths", [(3, 6), (6, 13), (8, 6)])
def test_lengths_that_no_pin_has(machine: XfsMachine, lengths: tuple[int, int]) -> None:
    with host_of(machine, XfsPinPad, "PinPad", key_serial="bank") as host:
        assert fails(host, StartPinEntry(*lengths)).reason is Reason.UNSUPPORTED
        assert sent(machine, "Keyboard.PinEntry") == []


def test_keys_that_do_not_fit(machine: XfsMachine) -> None:
    with host_of(machine, XfsPinPad, "PinPad") as host:
        until(lambda: "no session key" in host.status.detail)
        assert fails(host, StartPinEntry()).reason is Reason.NOT_AUTHORISED
        wrong = session_key(Algorithm.TDEA)
        wrong = SessionKey(wrong.algorithm, wrong.serial, wrong.encrypted, bytes(4))
        assert fails(host, LoadSessionKey(wrong)).reason is Reason.NOT_AUTHORISED
        assert fails(host, LoadSessionKey(session_key(Algorithm.SM4))).reason is Reason.UNSUPPORTED
        machine.obey("fail", error="keyNotFound", once=True)
        key = session_key(Algorithm.TDEA)
        assert fails(host, LoadSessionKey(key)).reason is Reason.NOT_AUTHORISED
        assert fails(host, StartPinEntry()).reason is Reason.NOT_AUTHORISED
        host.execute(LoadSessionKey(key), SOON_S)
        host.execute(StartPinEntry(), SOON_S)
    check_frames(machine)


def test_what_is_no_pan_goes_nowhere(machine: XfsMachine) -> None:
    with host_of(machine, XfsPinPad, "PinPad", key_serial="bank") as host:
        error = fails(host, MakePinBlock("621226"))
        assert error.reason is Reason.UNSUPPORTED
        assert "621226" not in str(error)


def test_a_key_of_another_size(machine: XfsMachine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(pad._BLOCK_BYTES, Algorithm.TDEA, 16)
    with host_of(machine, XfsPinPad, "PinPad") as host:
        host.execute(LoadSessionKey(session_key(Algorithm.TDEA)), SOON_S)
        host.execute(StartPinEntry(shortest=4, longest=4, auto_enter=True), SOON_S)
        press(machine, *"1234")
        while host.execute(AwaitKey(), SOON_S).key is not Key.ENTER:
            pass
        assert fails(host, MakePinBlock(PAN)).reason is Reason.GARBLED


# -- vendor mode ----------------------------------------------------------------------------------


def test_a_technician_asks_for_the_machine_and_gives_it_back(machine: XfsMachine) -> None:
    with (
        host_of(machine, XfsVendorMode, "VendorMode") as host,
        host_of(machine, XfsReceiptPrinter, "ReceiptPrinter") as printer,
    ):
        assert host.execute(ReadMode(), SOON_S) is Mode.INACTIVE
        assert fails(host, Agree()).reason is Reason.UNSUPPORTED
        future = host.submit(AwaitMode(Mode.INACTIVE), SOON_S)
        machine.obey("enter vendor mode")
        assert future.result() is Mode.ENTER_PENDING
        assert machine.look()["mode"] == "enterPending"  # it waits for our word
        until(lambda: not host.status.usable)
        host.execute(Agree(), SOON_S)
        assert host.execute(AwaitMode(Mode.ENTER_PENDING), SOON_S) is Mode.ACTIVE
        until(lambda: host.status.state is State.OFFLINE)
        assert "vendor mode" in host.status.detail
        assert printer.status.usable  # its own status does not say it, its commands do
        machine.obey("leave vendor mode")
        assert host.execute(AwaitMode(Mode.ACTIVE), SOON_S) is Mode.EXIT_PENDING
        host.execute(Agree(), SOON_S)
        assert host.execute(AwaitMode(Mode.EXIT_PENDING), SOON_S) is Mode.INACTIVE
        until(lambda: host.status.state is State.ONLINE)
        assert fails(host, AwaitMode(Mode.INACTIVE), 0.2).reason is Reason.TIMEOUT
    assert sent(machine, "VendorMode.Register") == [{"appName": "provident fund terminal"}]
    check_frames(machine)


def test_it_registers_again_after_the_service_was_restarted(machine: XfsMachine) -> None:
    with host_of(machine, XfsVendorMode, "VendorMode") as host:
        machine.obey("unplug")
        machine.obey("plug")
        assert host.execute(ReadMode(), SOON_S) is Mode.INACTIVE
        assert len(sent(machine, "VendorMode.Register")) == 2


def test_it_is_not_content_with_a_refusal(machine: XfsMachine) -> None:
    with host_of(machine, XfsVendorMode, "VendorMode") as host:
        machine.obey("unplug")
        machine.obey("refuse", code="internalError", command="VendorMode.Register", once=True)
        machine.obey("plug")
        until(lambda: len(sent(machine, "VendorMode.Register")) == 3)
        assert host.execute(ReadMode(), SOON_S) is Mode.INACTIVE  # that one has ended well
        machine.obey("enter vendor mode")
        assert machine.look()["mode"] == "enterPending"  # it waits for our word
    check_frames(machine)
