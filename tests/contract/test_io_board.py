"""Lights and sensors through their hosts, against an emulated I/O board on a real pty."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import msgspec
import pytest
import serial

from drivers.catalogue import create, create_host
from drivers.device import (
    CancelToken,
    Check,
    Deadline,
    DeviceError,
    Driver,
    Info,
    Kind,
    Reason,
    Request,
    State,
    Status,
)
from drivers.emulators.io_board import IoBoard
from drivers.hosting.thread_host import ThreadHost
from drivers.io_board.bus import BusSettings
from drivers.lights.io_board import BoardLights
from drivers.lights.types import AllOff, Colour, FlashRate, Light, SetLight
from drivers.sensors.io_board import BoardSensors
from drivers.sensors.types import AwaitChange, Power, Readings, ReadSensors
from tests.waiting import PATIENCE_S as PATIENT_S
from tests.waiting import PROMPT_S, quickest

ANSWER_S = 0.4
AT_FIRST = Readings(False, 0, False, False, 0, Power.MAINS, 100, 50)
DOCUMENT = Path(__file__).parents[2] / "docs" / "io-board.md"
SHINE = SetLight(Light.CONTACTLESS, FlashRate.MEDIUM, Colour.BLUE)
SHINES = {"contactless": {"rate": "medium", "colour": "blue"}}


def eventually(true: Callable[[], bool]) -> None:
    until = time.monotonic() + PATIENT_S
    while not true():
        assert time.monotonic() < until
        time.sleep(0.005)


@pytest.fixture
def emulator(tmp_path: Path) -> Iterator[IoBoard]:
    one = IoBoard(tmp_path / "board")
    one.start()
    yield one
    one.stop()


@pytest.fixture
def lights(emulator: IoBoard) -> Iterator[BoardLights]:
    one = BoardLights(BoardLights.Settings(emulator.address, answer_timeout=ANSWER_S))
    yield one
    one.close()


@pytest.fixture
def sensors(emulator: IoBoard) -> Iterator[BoardSensors]:
    settings = BoardSensors.Settings(emulator.address, answer_timeout=ANSWER_S, poll=0.02)
    one = BoardSensors(settings)
    yield one
    one.close()


class BoardDesk:
    """Both hosts on one board, and what they said."""

    def __init__(self, lights: BoardLights, sensors: BoardSensors, emulator: IoBoard) -> None:
        self.emulator = emulator
        self.seen: list[Status] = []
        self.lights = ThreadHost(lights, self.seen.append)
        self.sensors = ThreadHost(sensors, self.seen.append)

    def host(self, request: Request[Any]) -> ThreadHost:
        return self.lights if isinstance(request, SetLight | AllOff) else self.sensors

    def do(self, request: Request[Any], seconds: float = PATIENT_S) -> Any:
        return self.host(request).execute(request, seconds)

    def refuse(self, request: Request[Any], seconds: float = PATIENT_S) -> DeviceError:
        with pytest.raises(DeviceError) as caught:
            self.do(request, seconds)
        return caught.value

    def change(self, known: Readings, order: str, **facts: Any) -> Readings:
        """What comes of waiting for a change while somebody does something."""
        future = self.sensors.submit(AwaitChange(known), PATIENT_S)
        self.emulator.obey(order, **facts)
        readings: Readings = future.result(PATIENT_S)
        return readings


@pytest.fixture
def desk(lights: BoardLights, sensors: BoardSensors, emulator: IoBoard) -> Iterator[BoardDesk]:
    one = BoardDesk(lights, sensors, emulator)
    one.lights.start()
    one.sensors.start()
    eventually(lambda: one.lights.status.usable and one.sensors.status.usable)
    yield one
    one.sensors.stop()
    one.lights.stop()


# -- lights ----------------------------------------------------------------------------------------


def test_all_lights_are_out_at_first(desk: BoardDesk) -> None:
    assert desk.emulator.look()["lights"] == {}


@pytest.mark.parametrize("light", Light)
def test_every_light(desk: BoardDesk, light: Light) -> None:
    desk.do(SetLight(light, FlashRate.SLOW))
    assert desk.emulator.look()["lights"] == {light.value: {"rate": "slow", "colour": "green"}}


def test_lights_do_not_disturb_each_other(desk: BoardDesk) -> None:
    desk.do(SHINE)
    desk.do(SetLight(Light.CAMERA, FlashRate.CONTINUOUS, Colour.WHITE))
    shining = desk.emulator.look()["lights"]
    assert shining == SHINES | {"camera": {"rate": "continuous", "colour": "white"}}
    desk.do(SetLight(Light.CAMERA, FlashRate.OFF))
    assert desk.emulator.look()["lights"] == SHINES
    desk.do(AllOff())
    assert desk.emulator.look()["lights"] == {}


def test_a_light_that_is_not_fitted(tmp_path: Path) -> None:
    emulator = IoBoard(tmp_path / "board", without=("pinPad", "camera"))
    emulator.start()
    driver = BoardLights(BoardLights.Settings(emulator.address))
    try:
        driver.open()
        with pytest.raises(DeviceError) as caught:
            driver.execute(SetLight(Light.CAMERA, FlashRate.SLOW), Deadline(1), CancelToken())
        assert caught.value.reason is Reason.UNSUPPORTED
        assert driver.self_test()[1] == Check("lights", True, "6 fitted")
    finally:
        driver.close()
        emulator.stop()


def test_lights_come_back_after_the_board_lost_its_power(
    lights: BoardLights, emulator: IoBoard
) -> None:
    lights.open()
    lights.execute(SHINE, Deadline(1), CancelToken())
    emulator.obey("restart")
    assert emulator.look()["lights"] == {}
    assert lights.status() == Status(State.ONLINE)
    assert emulator.look()["lights"] == SHINES


@pytest.mark.parametrize("restarted", [False, True])
def test_lights_go_out_when_the_terminal_is_gone(
    lights: BoardLights, emulator: IoBoard, monkeypatch: pytest.MonkeyPatch, restarted: bool
) -> None:
    lights.open()
    if restarted:  # while all is dark: only the watchdog is lost
        emulator.obey("restart")
        lights.status()
    lights.execute(SHINE, Deadline(1), CancelToken())
    now = time.monotonic
    with monkeypatch.context() as patch:
        patch.setattr("drivers.emulators.io_board.time.monotonic", lambda: now() + 9)
        assert emulator.look()["lights"] == SHINES
        patch.setattr("drivers.emulators.io_board.time.monotonic", lambda: now() + 11)
        assert emulator.look()["lights"] == {}


def test_no_light_stays_on_when_the_answer_to_off_is_lost(
    lights: BoardLights, emulator: IoBoard
) -> None:
    lights.open()
    lights.execute(SHINE, Deadline(1), CancelToken())
    for put_out in (lights.reset, lambda: lights.execute(AllOff(), Deadline(1), CancelToken())):
        emulator.obey("exception", times=1)  # before it did anything
        with pytest.raises(DeviceError):
            put_out()
        assert emulator.look()["lights"] == SHINES
        lights.status()
        assert emulator.look()["lights"] == {}
        lights.execute(SHINE, Deadline(1), CancelToken())


def test_a_self_test_leaves_no_light_on_when_its_last_answer_is_lost(
    lights: BoardLights, emulator: IoBoard, monkeypatch: pytest.MonkeyPatch
) -> None:
    lights.open()
    bus = lights._bus
    assert bus is not None
    read = bus.read_holdings

    def read_and_break(address: int, count: int) -> list[int]:
        registers = read(address, count)
        emulator.obey("exception", times=1)  # of what is written next
        return registers

    with monkeypatch.context() as patch:
        patch.setattr(bus, "read_holdings", read_and_break)
        assert all(check.passed for check in lights.self_test())
    assert len(emulator.look()["lights"]) == len(Light)
    lights.status()
    assert emulator.look()["lights"] == {}


# -- sensors ---------------------------------------------------------------------------------------


def test_readings(desk: BoardDesk) -> None:
    assert desk.do(ReadSensors()) == AT_FIRST


@pytest.mark.parametrize(
    ("order", "facts", "changed"),
    [
        ("press", {}, {"call_button": True, "call_presses": 1}),
        ("tap", {}, {"call_presses": 1}),  # shorter than a look, and still seen
        ("open door", {}, {"door_open": True}),
        ("come", {}, {"person_near": True, "arrivals": 1}),
        ("power", {"state": "battery", "percent": 90}, {"power": "battery", "battery_percent": 90}),
        ("power", {"state": "batteryLow"}, {"power": "batteryLow"}),
        ("power", {"state": None, "percent": None}, {"power": None, "battery_percent": None}),
        ("volume", {"percent": 0}, {"volume_percent": 0}),
    ],
)
def test_a_change(
    desk: BoardDesk, order: str, facts: dict[str, Any], changed: dict[str, Any]
) -> None:
    readings = desk.change(AT_FIRST, order, **facts)
    assert msgspec.to_builtins(readings) == msgspec.to_builtins(AT_FIRST) | changed
    seen = desk.emulator.look()
    assert {name: seen[name] for name in changed} == changed


def test_a_change_between_two_requests_is_not_missed(desk: BoardDesk) -> None:
    desk.emulator.obey("open door")
    assert desk.do(AwaitChange(AT_FIRST)).door_open is True
    desk.emulator.obey("press")
    desk.emulator.obey("release")
    known = desk.do(ReadSensors())
    desk.emulator.obey("close door")
    assert desk.do(AwaitChange(known)) == Readings(False, 1, False, False, 0, Power.MAINS, 100, 50)


def test_a_press_is_told_soon(desk: BoardDesk) -> None:
    known = desk.do(ReadSensors())
    took = []
    for _ in range(9):
        future = desk.sensors.submit(AwaitChange(known), PATIENT_S)
        time.sleep(0.03)
        begun = time.monotonic()
        desk.emulator.obey("tap")
        known = future.result(PATIENT_S)
        took.append(time.monotonic() - begun)
    assert known.call_presses == 9
    assert min(took) < 0.15, "the best of some: the machine may be busy"


def test_a_late_answer_is_not_taken_for_the_next_one(desk: BoardDesk) -> None:
    desk.emulator.obey("slow", seconds=ANSWER_S * 1.1, times=2)
    for _ in range(3):
        desk.do(SHINE)
        assert desk.do(ReadSensors()) == AT_FIRST
    assert desk.emulator.look()["lights"] == SHINES


def test_nothing_changes(desk: BoardDesk) -> None:
    assert desk.refuse(AwaitChange(AT_FIRST), 0.2).reason is Reason.TIMEOUT


def test_while_nothing_changes_the_board_is_asked_once_a_second(emulator: IoBoard) -> None:
    """Unless the settings say otherwise: a terminal at rest does next to nothing."""
    driver = BoardSensors(BoardSensors.Settings(emulator.address))
    with closing(driver):
        driver.open()
        known = driver.execute(ReadSensors(), Deadline(PATIENT_S), CancelToken())
        before = len(emulator.look()["requests"])
        with pytest.raises(DeviceError):
            driver.execute(AwaitChange(known), Deadline(1.5), CancelToken())
        asked = len(emulator.look()["requests"]) - before
    assert asked <= 3, "at once, after a second, and at the end of the wait"


def test_a_wait_is_cancelled(desk: BoardDesk) -> None:
    cancel = CancelToken()
    future = desk.sensors.submit(AwaitChange(AT_FIRST), PATIENT_S, cancel)
    time.sleep(0.05)
    cancel.cancel()
    with pytest.raises(DeviceError) as caught:
        future.result(PATIENT_S)
    assert caught.value.reason is Reason.CANCELLED


def test_sensors_that_are_not_fitted(tmp_path: Path) -> None:
    emulator = IoBoard(tmp_path / "board", without=("door", "power", "volume"))
    emulator.start()
    driver = BoardSensors(BoardSensors.Settings(emulator.address))
    try:
        driver.open()
        readings = driver.execute(ReadSensors(), Deadline(1), CancelToken())
        assert readings == Readings(call_button=False, person_near=False)
    finally:
        driver.close()
        emulator.stop()


def test_lights_can_be_switched_while_a_change_is_waited_for(desk: BoardDesk) -> None:
    future = desk.sensors.submit(AwaitChange(AT_FIRST), PATIENT_S)
    for rate in (FlashRate.SLOW, FlashRate.QUICK, FlashRate.OFF) * 5:
        desk.do(SetLight(Light.SCANNER, rate))
    desk.emulator.obey("come")
    assert future.result(PATIENT_S).person_near is True


# -- faults ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("fault", "request_"),
    [
        ("mute", SHINE),
        ("mute", ReadSensors()),
        ("bad crc", SHINE),
        ("truncate", ReadSensors()),
        ("junk", SHINE),
        ("split", SHINE),
        ("split", ReadSensors()),
        ("slow", SHINE),
        ("slow", ReadSensors()),
    ],
)
def test_one_bad_answer_does_not_matter(
    desk: BoardDesk, fault: str, request_: Request[Any]
) -> None:
    facts: dict[str, Any] = {"seconds": ANSWER_S * 1.5} if fault == "slow" else {}
    desk.emulator.obey(fault, times=1, **facts)
    assert desk.do(request_) in (None, AT_FIRST)
    if request_ is SHINE:
        assert desk.emulator.look()["lights"] == SHINES
    assert desk.do(ReadSensors()) == AT_FIRST


def test_noise_before_every_answer_is_dropped(desk: BoardDesk) -> None:
    desk.emulator.obey("junk")
    for _ in range(3):
        assert desk.do(ReadSensors()) == AT_FIRST
        desk.do(SHINE)
    assert desk.emulator.look()["lights"] == SHINES


@pytest.mark.parametrize(
    ("fault", "reason", "request_"),
    [
        ("mute", Reason.OFFLINE, SHINE),
        ("mute", Reason.OFFLINE, AwaitChange(AT_FIRST)),
        ("bad crc", Reason.GARBLED, ReadSensors()),
        ("truncate", Reason.GARBLED, SHINE),
    ],
)
def test_two_bad_answers_are_told(
    desk: BoardDesk, fault: str, reason: Reason, request_: Request[Any]
) -> None:
    desk.emulator.obey(fault)
    begun = time.monotonic()
    error = desk.refuse(request_)
    assert error.reason is reason
    assert "cable" in error.mend
    assert time.monotonic() - begun < PROMPT_S
    desk.emulator.obey("well")
    assert desk.do(request_ if request_ is SHINE else ReadSensors()) in (None, AT_FIRST)


@pytest.mark.parametrize(
    ("code", "reason"),
    [
        (1, Reason.UNSUPPORTED),
        (2, Reason.UNSUPPORTED),
        (3, Reason.UNSUPPORTED),
        (4, Reason.HARDWARE),
        (6, Reason.TIMEOUT),
        (8, Reason.HARDWARE),
        (10, Reason.OFFLINE),
        (11, Reason.OFFLINE),
        (99, Reason.GARBLED),
    ],
)
def test_exceptions_of_the_board(desk: BoardDesk, code: int, reason: Reason) -> None:
    desk.emulator.obey("exception", code=code)
    for request in (SHINE, ReadSensors()):
        error = desk.refuse(request)
        assert error.reason is reason
        assert str(code) in error.detail
        behind = {10: "settings of the gateway", 11: "between gateway and board"}
        assert error.detail.startswith("the gateway" if code in behind else "the board")
        assert behind.get(code, "") in error.mend
        assert bool(error.mend) is (code in behind)
    desk.emulator.obey("well")
    desk.do(SHINE)


def test_values_that_make_no_sense(desk: BoardDesk) -> None:
    desk.emulator.obey("wrong values")
    assert desk.refuse(ReadSensors()).reason is Reason.GARBLED


def test_a_clock_that_is_set_back_holds_nothing_up(
    desk: BoardDesk, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk.emulator.obey("mute")
    began = time.monotonic()
    monkeypatch.setattr(time, "time", lambda: began - time.monotonic())  # and runs backwards
    error = desk.sensors.submit(ReadSensors(), PATIENT_S).exception(PATIENT_S)
    assert isinstance(error, DeviceError)
    assert error.reason is Reason.OFFLINE


@pytest.mark.parametrize("kind", [BoardLights, BoardSensors])
def test_silence_is_told_within_a_second(kind: Any, emulator: IoBoard) -> None:
    driver: Driver = kind(kind.Settings(emulator.address))
    driver.open()
    emulator.obey("mute")

    def ask() -> None:
        with pytest.raises(DeviceError) as caught:
            driver.status()
        assert caught.value.reason is Reason.OFFLINE
        assert "cable" in caught.value.mend

    assert quickest(ask, 1.0) < 1.0
    driver.close()


def test_unplugged_in_the_middle_and_plugged_again(desk: BoardDesk) -> None:
    """Both find the line again, whoever noticed first."""
    future = desk.sensors.submit(AwaitChange(AT_FIRST), PATIENT_S)
    time.sleep(0.05)
    desk.emulator.obey("unplug")
    with pytest.raises(DeviceError) as caught:
        future.result(PATIENT_S)
    assert caught.value.reason is Reason.NO_DEVICE
    assert desk.sensors.status.state is State.NO_DEVICE
    assert desk.refuse(SHINE).reason is Reason.NO_DEVICE
    desk.emulator.obey("plug")
    desk.do(SHINE)
    assert desk.do(ReadSensors()) == AT_FIRST
    assert desk.emulator.look()["lights"] == SHINES


@pytest.mark.parametrize("where", ["thread", "process"])
@pytest.mark.parametrize("name", [Kind.LIGHTS, Kind.SENSORS])
def test_in_either_host(emulator: IoBoard, name: Kind, where: str) -> None:
    table = {"driver": "io_board", "host": where, "port": emulator.address}
    host = create_host(name, table)
    host.start()
    if name == Kind.LIGHTS:
        host.execute(SHINE, PATIENT_S)
        assert emulator.look()["lights"] == SHINES
    else:
        future = host.submit(AwaitChange(AT_FIRST), PATIENT_S)
        emulator.obey("come")
        assert future.result(PATIENT_S).person_near is True
    host.stop()


def test_two_processes_cannot_share_the_line(lights: BoardLights, emulator: IoBoard) -> None:
    lights.open()
    table = {"driver": "io_board", "host": "process", "port": emulator.address}
    host = create_host(Kind.SENSORS, table)
    host.start()
    with pytest.raises(DeviceError) as caught:
        host.execute(ReadSensors(), PATIENT_S)
    assert caught.value.reason is Reason.OFFLINE
    assert "another program" in caught.value.detail
    host.stop()


# -- opening ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", [BoardLights, BoardSensors])
def test_opening_what_is_not_there(kind: Any, tmp_path: Path, emulator: IoBoard) -> None:
    def refused(path: str, **options: Any) -> DeviceError:
        driver: Driver = kind(kind.Settings(path, **options))
        with pytest.raises(DeviceError) as caught:
            driver.open()
        assert driver.status().state is State.NO_DEVICE
        return caught.value

    assert refused(str(tmp_path / "nothing")).reason is Reason.NO_DEVICE
    silent = refused(emulator.address, unit=9, answer_timeout=0.05)
    assert silent.reason is Reason.NO_DEVICE
    assert "unit" in silent.mend
    with serial.Serial(emulator.address, exclusive=True):
        assert refused(emulator.address).reason is Reason.OFFLINE
    emulator.obey("wrong values")
    emulator.obey("exception", code=2)
    assert refused(emulator.address).reason is Reason.UNSUPPORTED
    emulator.obey("well")
    driver: Driver = kind(kind.Settings(emulator.address))
    driver.open()
    driver.close()


def test_one_line_has_one_setting(lights: BoardLights, emulator: IoBoard) -> None:
    lights.open()
    other = BoardSensors(BoardSensors.Settings(emulator.address, baud=9600))
    with pytest.raises(DeviceError) as caught:
        other.open()
    assert caught.value.reason is Reason.UNSUPPORTED
    assert "same" in caught.value.mend


def test_the_port_is_given_back_by_the_last(
    lights: BoardLights, sensors: BoardSensors, emulator: IoBoard
) -> None:
    lights.open()
    sensors.open()
    lights.close()
    lights.close()
    assert sensors.status().usable
    with pytest.raises(serial.SerialException):
        serial.Serial(emulator.address, exclusive=True)
    sensors.close()
    serial.Serial(emulator.address, exclusive=True).close()


@pytest.mark.parametrize("name", [Kind.LIGHTS, Kind.SENSORS])
def test_devices_that_are_not_open(name: Kind, request: pytest.FixtureRequest) -> None:
    driver: Driver = request.getfixturevalue(name)
    assert driver.info == Info(name, "io_board", driver.info.address)
    assert [check.passed for check in driver.self_test()] == [False, False]
    wanted = SHINE if name == Kind.LIGHTS else ReadSensors()
    for call in (driver.reset, lambda: driver.execute(wanted, Deadline(1), CancelToken())):
        with pytest.raises(DeviceError) as caught:
            call()
        assert caught.value.reason is Reason.NO_DEVICE


@pytest.mark.parametrize("name", [Kind.LIGHTS, Kind.SENSORS])
def test_info_self_test_reset_and_what_is_unknown(
    name: Kind, request: pytest.FixtureRequest, emulator: IoBoard
) -> None:
    driver: Driver = request.getfixturevalue(name)
    driver.open()
    assert driver.info == Info(name, "io_board", emulator.address, "I/O board 1", "20260001", "1.2")
    assert [check.passed for check in driver.self_test()] == [True, True]
    assert emulator.look()["lights"] == {}
    driver.reset()
    with pytest.raises(DeviceError) as caught:
        driver.execute(Request(), Deadline(1), CancelToken())
    assert caught.value.reason is Reason.UNSUPPORTED


@pytest.mark.parametrize("name", [Kind.LIGHTS, Kind.SENSORS])
def test_the_catalogue_makes_them_from_settings(name: Kind, emulator: IoBoard) -> None:
    driver = create(name, "io_board", {"port": emulator.address, "baud": 9600, "unit": 1})
    driver.open()
    driver.close()
    for wrong in ({}, {"port": "x", "baud": 1}, {"port": "x", "unit": 0}, {"port": "x", "poll": 9}):
        if name == Kind.LIGHTS and "poll" in wrong:
            continue
        with pytest.raises(DeviceError) as caught:
            create(name, "io_board", wrong)
        assert caught.value.reason is Reason.UNSUPPORTED


# -- the emulator itself ---------------------------------------------------------------------------


def documented() -> list[tuple[bytes, bytes]]:
    lines = DOCUMENT.read_text(encoding="utf-8").splitlines()
    frames = [bytes.fromhex(line[2:]) for line in lines if line.startswith(("> 0", "< 0"))]
    return list(zip(frames[::2], frames[1::2], strict=True))


def test_the_emulator_does_what_the_document_shows(emulator: IoBoard) -> None:
    assert len(documented()) == 3
    with serial.Serial(emulator.address, timeout=PATIENT_S) as port:
        for sent, said in documented():
            port.write(sent)
            assert port.read(len(said)) == said
    assert emulator.look()["lights"] == {"cardReader": {"rate": "slow", "colour": "green"}}


@pytest.mark.parametrize(
    ("frame", "exception"),
    [
        ("01 01 00 00 00 01 FD CA", 1),  # coils: Modbus' own example of function 01
        ("01 04 00 16 00 01 D0 0E", 2),
        ("01 03 00 08 00 01 05 C8", 2),
        ("01 06 00 00 08 04 8F C9", 3),
        ("01 06 00 20 0E 11 4C 6C", 3),
    ],
)
def test_the_emulator_refuses(emulator: IoBoard, frame: str, exception: int) -> None:
    sent = bytes.fromhex(frame)
    with serial.Serial(emulator.address, timeout=PATIENT_S) as port:
        port.write(sent)
        answer = port.read(5)
    assert answer[:3] == bytes([1, sent[1] | 0x80, exception])


def test_the_emulator_finds_its_way_back_after_noise(emulator: IoBoard) -> None:
    sent, said = documented()[0]
    with serial.Serial(emulator.address, timeout=PATIENT_S) as port:
        for noise in (b"\xff" * 9, sent[:5], bytes(300)):
            port.write(noise)
            time.sleep(0.1)
            port.reset_input_buffer()
            port.write(sent)
            assert port.read(len(said)) == said


@pytest.mark.parametrize(
    ("order", "facts"),
    [
        ("explode", {}),
        ("press", {"times": 2}),
        ("power", {"state": "sun"}),
        ("power", {"percent": 101}),
        ("power", {"colour": 1}),
        ("volume", {}),
        ("volume", {"percent": -1}),
        ("mute", {"times": 0}),
        ("mute", {"seconds": 1}),
        ("exception", {"code": 256}),
    ],
)
def test_orders_that_make_no_sense(emulator: IoBoard, order: str, facts: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r"."):
        emulator.obey(order, **facts)
    assert emulator.look()["faults"] == []


def test_settings_are_shared() -> None:
    assert issubclass(BoardSensors.Settings, BusSettings)
    assert BoardLights.Settings is BusSettings
