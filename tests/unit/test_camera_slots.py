"""The newest frame in shared memory: whole, numbered, and never older than it says."""

import pickle
import socket
import threading
import time
from collections.abc import Callable
from contextlib import suppress

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from drivers.camera import slots
from drivers.camera.slots import Slots
from drivers.camera.types import Frame
from drivers.device import DeviceError, Reason
from drivers.hosting.channel import Channel
from tests.waiting import PATIENCE_S as SOON_S
from tests.waiting import PROMPT_S

SIZE = (48, 64, 3)
BYTES = 48 * 64 * 3
Picture = npt.NDArray[np.uint8]


def picture(value: int, size: tuple[int, int, int] = SIZE) -> Picture:
    return np.full(size, value % 256, np.uint8)


def elsewhere(stream: Slots) -> Slots:
    """The same stream as another process would get it."""
    here, there = (Channel(end) for end in socket.socketpair())
    here.send(stream)
    got: Slots = there.receive(SOON_S)
    here.close()
    there.close()
    return got


def lost(call: Callable[[], object]) -> None:
    with pytest.raises(DeviceError) as caught:
        call()
    assert caught.value.reason is Reason.OFFLINE


def test_nothing_yet() -> None:
    stream = Slots(BYTES)
    lost(stream.latest)
    lost(lambda: stream.next(0, SOON_S))


@pytest.mark.parametrize("get", [lambda stream: stream, elsewhere], ids=["here", "elsewhere"])
def test_the_newest_is_what_is_read(get: Callable[[Slots], Slots]) -> None:
    writer = Slots(BYTES)
    reader = get(writer)
    for number in range(1, 8):
        at = time.monotonic()
        writer.put(picture(number), at)
        frame = reader.latest()
        assert (frame.number, frame.at, frame.image.shape) == (number, at, SIZE)
        assert (frame.image == number).all()
    assert reader.next(7, 0.0) is None
    newest = reader.next(6, 0.0)
    assert newest
    assert newest.number == 7


def test_a_frame_is_a_copy() -> None:
    stream = Slots(BYTES)
    stream.put(picture(1), time.monotonic())
    frame = stream.latest()
    for number in range(2, 9):
        stream.put(picture(number), time.monotonic())
    assert (frame.image == 1).all()
    assert frame.image.flags.writeable
    assert frame.image.flags.c_contiguous
    assert "image" not in repr(frame)


def test_waiting_for_the_next_one() -> None:
    stream = Slots(BYTES)
    stream.put(picture(1), time.monotonic())
    begun = time.monotonic()
    assert stream.next(1, 0.05) is None
    assert time.monotonic() - begun >= 0.05
    later = threading.Timer(0.05, lambda: stream.put(picture(2), time.monotonic()))
    later.start()
    newest = stream.next(1, SOON_S)
    assert newest
    assert newest.number == 2
    later.join()


def test_an_old_picture_is_no_picture(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(slots, "STALL_S", 0.1)
    stream = Slots(BYTES)
    stream.put(picture(1), time.monotonic())
    assert stream.latest().number == 1
    lost(lambda: stream.next(1, SOON_S))
    lost(stream.latest)
    stream.put(picture(2), time.monotonic())
    assert stream.latest().number == 2


def test_what_was_wiped_is_gone() -> None:
    writer = Slots(BYTES)
    reader = elsewhere(writer)
    for number in range(1, 4):
        writer.put(picture(number), time.monotonic())
    writer.wipe()
    lost(reader.latest)
    assert not any(reader._memory.view[:])


def test_a_picture_that_is_too_large() -> None:
    stream = Slots(BYTES)
    with pytest.raises(ValueError, match="larger"):
        stream.put(picture(1, (49, 64, 3)), time.monotonic())
    lost(stream.latest)


@settings(max_examples=50, deadline=None)
@given(sizes=st.lists(st.tuples(st.integers(1, 48), st.integers(1, 64)), min_size=1, max_size=9))
def test_pictures_of_any_size_that_fits(sizes: list[tuple[int, int]]) -> None:
    stream = Slots(BYTES)
    for number, (height, width) in enumerate(sizes, 1):
        stream.put(picture(number, (height, width, 3)), time.monotonic())
        frame = stream.latest()
        assert frame.image.shape == (height, width, 3)
        assert (frame.image == number).all()


@settings(max_examples=100, deadline=None)
@given(junk=st.binary(min_size=1, max_size=64), at=st.integers(0, BYTES))
def test_whatever_stands_in_the_memory_is_a_frame_or_no_picture(junk: bytes, at: int) -> None:
    """The writer's process may die anywhere, or write anywhere."""
    stream = Slots(BYTES)
    stream.put(picture(1), time.monotonic())
    stream._memory.view[at : at + len(junk)] = junk
    stop = threading.Timer(SOON_S, stream.wipe)  # a reader that looks for ever would end only then
    stop.start()
    begun = time.monotonic()
    with suppress(DeviceError):
        frame = stream.next(0, 0.01)
        assert frame is None or frame.image.nbytes <= BYTES
    stop.cancel()
    stop.join()
    assert time.monotonic() - begun < PROMPT_S


def test_no_frame_is_torn() -> None:
    """A writer as fast as it can, three readers: each frame is one picture, and newer."""
    writer = Slots(BYTES)
    writer.put(picture(1), time.monotonic())
    until = time.monotonic() + 1.0
    wrong: list[Frame] = []
    read: list[int] = []

    def watch() -> None:
        reader, number = elsewhere(writer), 0
        while time.monotonic() < until:
            frame = reader.next(number, 0.1)
            if frame is None:
                continue
            if frame.number <= number or (frame.image != frame.number % 256).any():
                wrong.append(frame)
            number = frame.number
            read.append(number)

    watchers = [threading.Thread(target=watch) for _ in range(3)]
    for each in watchers:
        each.start()
    number = 1
    while time.monotonic() < until:
        number += 1
        writer.put(picture(number), time.monotonic())
    for each in watchers:
        each.join()
    assert not wrong
    assert len(read) > 10


def test_a_stream_does_not_travel_as_a_plain_pickle() -> None:
    """Only a channel takes memory along; a file cannot keep a picture."""
    with pytest.raises(TypeError):
        pickle.dumps(Slots(BYTES))
