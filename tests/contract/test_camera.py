"""The camera through OpenCV's real capture path: films, MJPEG over HTTP, and what can befall it."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

from drivers.camera import reading
from drivers.camera.types import STALL_S, Frame, StartStream, StopStream, Stream
from drivers.catalogue import create, create_host
from drivers.device import CancelToken, DeviceError, Kind, Reason, State, Status
from drivers.emulators.camera import FAULTS, Camera
from drivers.hosting import process_host
from drivers.hosting.host import HostPace
from drivers.hosting.process_host import ProcessHost
from drivers.hosting.thread_host import ThreadHost
from tests.waiting import PATIENCE_S as SOON_S
from tests.waiting import PROMPT_S, until

PACE = HostPace(poll_s=0.05, back_off_s=(0.1, 0.2))
RATE = 25.0


@pytest.fixture
def emulator() -> Iterator[Camera]:
    one = Camera(fps=RATE)
    one.start()
    yield one
    one.stop()


class Booth:
    """A camera in a host, and everything it told."""

    def __init__(self, emulator: Camera, where: str = "thread", **options: Any) -> None:
        self.emulator = emulator
        self.told: list[Status] = []
        table = {"driver": "opencv", "host": where, "source": emulator.address, **options}
        self.host = create_host(Kind.CAMERA, table, self.told.append, pace=PACE)
        self.host.start()

    def watch(self, seconds: float = SOON_S) -> Stream:
        return self.host.execute(StartStream(), seconds)

    def stop(self) -> None:
        self.host.execute(StopStream(), SOON_S)

    def refusal(self, seconds: float = SOON_S) -> DeviceError:
        with pytest.raises(DeviceError) as caught:
            self.watch(seconds)
        return caught.value


@pytest.fixture
def booth(emulator: Camera) -> Iterator[Booth]:
    """In a process of its own, as on a terminal."""
    one = Booth(emulator, "process")
    yield one
    one.host.stop()


@pytest.fixture
def here(emulator: Camera, monkeypatch: pytest.MonkeyPatch) -> Iterator[Booth]:
    """In a thread, and less patient with an exposure."""
    monkeypatch.setattr(reading, "EXPOSURE_S", 0.3)
    one = Booth(emulator)
    yield one
    one.host.stop()


def following(stream: Stream, count: int, after: int = 0) -> list[Frame]:
    frames: list[Frame] = []
    while len(frames) < count:
        frame = stream.next(frames[-1].number if frames else after, SOON_S)
        assert frame is not None
        frames.append(frame)
    return frames


def pause(frames: list[Frame]) -> float:
    """Seconds from one frame of the camera to the next, those that were missed counted."""
    return (frames[-1].at - frames[0].at) / (frames[-1].number - frames[0].number)


def lost(stream: Stream) -> float:
    """Seconds until the stream says that it gives nothing any more."""
    begun, number = time.monotonic(), 0
    while time.monotonic() < begun + SOON_S:
        try:
            frame = stream.next(number, 0.1)
        except DeviceError as error:
            return time.monotonic() - begun if error.reason is Reason.OFFLINE else SOON_S
        number = frame.number if frame else number
    return SOON_S


def camera_process() -> int:
    """The child that has the pictures, or 0; the other one only waits to take over."""
    for task in Path("/proc/self/task").iterdir():
        with suppress(OSError):  # the thread or the process is just ending
            for pid in (task / "children").read_text().split():
                if "/memfd:frames" in Path(f"/proc/{pid}/maps").read_text():
                    return int(pid)
    return 0


def disc(image: np.ndarray[Any, Any]) -> float:
    """Where the disc of the drawn scene is, 0 at the left to 1 at the right."""
    columns = np.nonzero(image[image.shape[0] // 2, :, 2] > 180)[0]
    return float(columns.mean()) / image.shape[1] if len(columns) else -1.0


# -- pictures ------------------------------------------------------------------------------------


def test_pictures_as_they_come(booth: Booth) -> None:
    stream = booth.watch()
    frames = following(stream, 10)
    numbers = [frame.number for frame in frames]
    assert numbers == sorted(set(numbers))
    for frame in frames:
        assert frame.image.shape == (480, 640, 3)
        assert frame.image.dtype == np.uint8
    assert len({round(disc(frame.image), 3) for frame in frames}) > 5
    seconds = frames[-1].at - frames[0].at
    rate = (numbers[-1] - numbers[0]) / seconds
    assert RATE * 0.1 < rate < RATE * 1.4, "fewer on a busy machine, never more"
    assert [status.state for status in booth.told] == [State.ONLINE]


def test_colours_are_blue_green_red(here: Booth) -> None:
    frame = next(f for f in following(here.watch(), 20) if 0.1 < disc(f.image) < 0.9)
    row, column = 240, int(disc(frame.image) * 640)
    assert abs(frame.image[row, column].astype(int) - (120, 160, 220)).max() < 12
    assert abs(frame.image[10, 10].astype(int) - 96).max() < 8


def test_only_the_newest_is_kept(here: Booth) -> None:
    """A reader that sleeps misses pictures, and is not given old ones."""
    stream = here.watch()
    first = stream.latest()

    def looks_now() -> bool:
        time.sleep(0.6)
        return time.monotonic() - stream.latest().at < 0.3

    until(looks_now)
    assert stream.latest().number - first.number > 5


def test_the_lamp_is_lit_only_while_somebody_watches(booth: Booth) -> None:
    until(lambda: booth.host.status.state is State.ONLINE)
    time.sleep(3 * PACE.poll_s)
    assert booth.emulator.look()["viewers"] == booth.emulator.look()["sent"] == 0
    stream = booth.watch()
    assert booth.emulator.look()["viewers"] == 1
    booth.stop()
    until(lambda: booth.emulator.look()["viewers"] == 0)
    with pytest.raises(DeviceError):
        stream.latest()
    booth.stop()  # off already
    assert booth.watch().latest().number >= 1


def test_whoever_asks_again_watches_the_same(here: Booth) -> None:
    one, other = here.watch(), here.watch()
    until(lambda: one.latest().number == other.latest().number)
    assert here.emulator.look()["viewers"] == 1


def test_frames_do_not_wait_for_the_queue(here: Booth) -> None:
    stream = here.watch()
    here.host.submit(StopStream(), SOON_S).result()
    stream = here.watch()
    test = here.host.submit(StartStream(), SOON_S)
    assert stream.latest().number >= 1
    test.result(SOON_S)


@pytest.mark.parametrize(
    ("rotate", "shape"), [(0, (480, 640)), (90, (640, 480)), (180, (480, 640)), (270, (640, 480))]
)
def test_a_camera_on_its_side(emulator: Camera, rotate: int, shape: tuple[int, int]) -> None:
    booth = Booth(emulator, rotate=rotate)
    try:
        assert booth.watch().latest().image.shape[:2] == shape
    finally:
        booth.host.stop()


# -- films ---------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def film(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Ten pictures at 20 a second, each a little brighter."""
    path = tmp_path_factory.mktemp("films") / "film.avi"
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter.fourcc(*"MJPG"), 20.0, (320, 240))
    for number in range(10):
        writer.write(np.full((240, 320, 3), 50 + number * 10, np.uint8))
    writer.release()
    return path


def test_a_film_is_played_at_its_own_pace_and_again(film: Path) -> None:
    host = create_host(Kind.CAMERA, {"driver": "opencv", "host": "thread", "source": str(film)})
    host.start()
    try:
        frames = following(host.execute(StartStream(), SOON_S), 22)
        for frame in frames:  # a busy machine misses some
            assert round((float(frame.image.mean()) - 50) / 10) == (frame.number - 1) % 10
        assert 0.03 < pause(frames) < 0.25
        assert host.info.model == "film"
    finally:
        host.stop()


def test_the_emulator_plays_a_film(emulator: Camera, film: Path, here: Booth) -> None:
    emulator.obey("play", clip=str(film))
    assert emulator.look()["clip"] == "film.avi"
    assert here.watch().latest().image.shape == (240, 320, 3)
    emulator.obey("play")
    assert emulator.look()["clip"] == ""


# -- faults --------------------------------------------------------------------------------------


def test_a_black_picture_is_a_status(booth: Booth) -> None:
    stream = booth.watch()
    booth.emulator.obey("black")
    until(lambda: booth.host.status.problem)
    status = booth.host.status
    assert (status.state, status.detail) == (State.USER_ERROR, "the picture is black")
    assert "lens" in status.mend
    assert stream.latest().image.mean() < 5  # still a picture of now
    booth.emulator.obey("well")
    until(lambda: booth.host.status == Status(State.ONLINE))


@pytest.mark.parametrize("fault", ["underexposed", "overexposed"])
def test_a_wrong_exposure_is_told_and_usable(here: Booth, fault: str) -> None:
    here.watch()
    here.emulator.obey(fault)
    until(lambda: here.host.status.detail)
    assert here.host.status.usable
    assert here.host.status.detail == f"the picture is {fault}"
    assert "light" in here.host.status.mend or "lamps" in here.host.status.mend
    here.emulator.obey("well")
    until(lambda: here.host.status == Status(State.ONLINE))


def test_where_nothing_can_be_seen_nothing_stands_still(here: Booth, tmp_path: Path) -> None:
    """A lens full of sun: every picture is the same, and one of now."""
    clip = tmp_path / "white.avi"
    film = cv2.VideoWriter(str(clip), cv2.VideoWriter.fourcc(*"MJPG"), 25.0, (320, 240))
    for _ in range(5):
        film.write(np.full((240, 320, 3), 255, np.uint8))
    film.release()
    here.emulator.obey("play", clip=str(clip))
    stream = here.watch()
    until(lambda: here.host.status.detail)
    following(stream, 2)
    time.sleep(STALL_S + 0.5)
    assert here.host.status.detail == "the picture is overexposed"
    assert here.host.status.usable
    following(stream, 2)
    here.emulator.obey("play")


def test_a_reader_that_fails_without_a_reason_of_its_own_is_told(
    here: Booth, monkeypatch: pytest.MonkeyPatch
) -> None:
    here.watch()

    def put(*words: Any) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("drivers.camera.slots.Slots.put", put)
    until(lambda: here.host.status.problem)
    assert (here.host.status.problem, here.host.status.detail) == (Reason.HARDWARE, "OSError")


@pytest.mark.parametrize(
    ("fault", "exposure"),
    [(fault, "") for fault in ("freeze", "mute", "garbage", "unplug")]
    + [("freeze", exposure) for exposure in ("underexposed", "overexposed")],
)
def test_a_picture_that_is_not_of_now_is_lost_in_time(
    booth: Booth, fault: str, exposure: str
) -> None:
    if exposure:
        booth.emulator.obey(exposure)
    stream = booth.watch()
    following(stream, 2)
    booth.emulator.obey(fault)
    assert lost(stream) < STALL_S + PROMPT_S
    until(lambda: not booth.host.status.usable or booth.told[1:])
    problems = {status.problem for status in booth.told} - {None}
    assert problems <= {Reason.OFFLINE, Reason.NO_DEVICE}
    booth.emulator.obey("plug")
    booth.emulator.obey("well")
    until(lambda: booth.host.status == Status(State.ONLINE))
    assert booth.watch().latest().number >= 1


def test_asking_again_mends_at_once_what_only_blinked(here: Booth) -> None:
    stream = here.watch()
    here.emulator.obey("unplug")
    here.emulator.obey("plug")
    lost(stream)
    begun = time.monotonic()
    assert here.watch().latest().number >= 1
    assert time.monotonic() - begun < PROMPT_S


def test_a_slow_camera_is_no_frozen_one(here: Booth) -> None:
    here.emulator.obey("slow", fps=2)
    stream = here.watch()
    frames = following(stream, 4)
    assert 0.3 < pause(frames) < 0.8
    assert here.host.status == Status(State.ONLINE)
    rate = next(check for check in here.host.self_test() if check.name == "rate")
    assert not rate.passed


@pytest.mark.parametrize("fault", ["mute", "garbage"])
def test_no_first_picture(here: Booth, fault: str) -> None:
    here.emulator.obey(fault)
    begun = time.monotonic()
    error = here.refusal(0.4)
    assert error.reason in (Reason.TIMEOUT, Reason.OFFLINE)
    assert time.monotonic() - begun < 0.4 + PROMPT_S
    here.emulator.obey("well")
    until(lambda: here.host.status == Status(State.ONLINE))
    assert here.watch().latest().number >= 1


def test_a_cancel_while_the_library_waits(booth: Booth) -> None:
    booth.emulator.obey("mute")
    cancel = CancelToken()
    future = booth.host.submit(StartStream(), SOON_S, cancel)
    until(lambda: booth.emulator.look()["viewers"])
    begun = time.monotonic()
    cancel.cancel()
    error = future.exception(SOON_S)
    assert isinstance(error, DeviceError)
    assert error.reason is Reason.CANCELLED
    assert time.monotonic() - begun < PROMPT_S


def test_the_self_test_of_a_dark_camera(here: Booth) -> None:
    here.emulator.obey("black")
    checks = {check.name: check for check in here.host.self_test()}
    assert checks["picture"].passed
    assert checks["size"].seen == "640×480"
    until(lambda: not here.emulator.look()["viewers"])  # it is off again
    here.watch()
    until(lambda: here.host.status.problem)
    checks = {check.name: check for check in here.host.self_test()}
    assert not checks["exposure"].passed
    assert here.emulator.look()["viewers"] == 1


# -- the process ---------------------------------------------------------------------------------


def test_it_runs_in_a_process_unless_told_otherwise(emulator: Camera) -> None:
    table = {"driver": "opencv", "source": emulator.address}
    assert isinstance(create_host(Kind.CAMERA, table), ProcessHost)
    assert type(create_host(Kind.CAMERA, {**table, "host": "thread"})) is ThreadHost
    with pytest.raises(DeviceError) as caught:
        create_host(Kind.CAMERA, {**table, "host": "cloud"})
    assert caught.value.reason is Reason.UNSUPPORTED


def test_a_process_that_is_killed_takes_nothing_with_it(
    emulator: Camera, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(process_host, "STATUS_S", 1.0)
    booth = Booth(emulator, "process")
    try:
        stream = booth.watch()
        following(stream, 2)
        os.kill(camera_process(), signal.SIGSTOP)  # as if the library held everything up
        assert lost(stream) < STALL_S + PROMPT_S
        until(lambda: camera_process() == 0)
        assert booth.watch().latest().number >= 1
        assert booth.host.status == Status(State.ONLINE)
    finally:
        booth.host.stop()


def test_nothing_is_left_open(booth: Booth) -> None:
    booth.watch().latest()
    booth.stop()
    before = len(os.listdir("/proc/self/fd"))
    for _ in range(5):
        booth.watch().latest()
        booth.stop()
    until(lambda: len(os.listdir("/proc/self/fd")) <= before)


# -- the emulator --------------------------------------------------------------------------------


def test_orders(emulator: Camera, tmp_path: Path) -> None:
    for fault in FAULTS:
        emulator.obey(fault)
    assert emulator.look()["faults"] == list(FAULTS)
    emulator.obey("well")
    emulator.obey("unplug")
    emulator.obey("unplug")
    seen = emulator.look()
    assert seen == {**seen, "plugged": False, "viewers": 0, "faults": []}
    emulator.obey("plug")
    assert emulator.look()["plugged"]
    (tmp_path / "no.mp4").write_bytes(b"no film")
    wrong: list[tuple[str, dict[str, Any]]] = [
        ("smile", {}),
        ("black", {"times": 3}),
        ("unplug", {"at": 1}),
        ("play", {"clip": str(tmp_path / "no.mp4")}),
        ("play", {"film": "x"}),
    ]
    for order, facts in wrong:
        with pytest.raises(ValueError, match=r"."):
            emulator.obey(order, **facts)


def test_a_driver_without_a_host(emulator: Camera) -> None:
    driver = create(Kind.CAMERA, "opencv", {"source": emulator.address})
    driver.open()
    assert driver.info.model == "MJPEG over HTTP"
    assert driver.status() == Status(State.ONLINE)
    driver.close()
