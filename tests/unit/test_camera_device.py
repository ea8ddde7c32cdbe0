"""What a V4L2 device says of itself, and what is a camera's address."""

import os
import stat
import struct
from contextlib import suppress
from typing import Never

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivers.camera.opencv import OpenCvCamera
from drivers.camera.source import parse_capability
from drivers.camera.types import PrepareStream, StartStream, StopStream
from drivers.device import CancelToken, Deadline, DeviceError, Info, Kind, Reason

CAPTURE, METADATA, DEVICE_CAPS = 0x00000001, 0x00800000, 0x80000000


def capability(
    card: bytes = b"HD USB Camera", capabilities: int = CAPTURE, of_node: int = 0
) -> bytes:
    """struct v4l2_capability of linux/videodev2.h: 104 bytes."""
    return struct.pack(
        "=16s32s32sIII3I",
        b"uvcvideo",
        card,
        b"usb-0000:00:14.0-1",
        0x06012C,
        capabilities,
        of_node,
        *(0, 0, 0),
    )


@pytest.mark.parametrize(
    ("answer", "name"),
    [
        (capability(), "HD USB Camera"),
        (capability(capabilities=0x84A00001, of_node=0x04200001), "HD USB Camera"),  # uvcvideo's
        (capability(card="摄像头".encode()), "摄像头"),
        (capability(card=b"x" * 32), "x" * 32),
        (capability(card=b"\xff\xfe"), "\ufffd\ufffd"),
        (capability(card=b""), ""),
    ],
)
def test_the_name_of_a_camera(answer: bytes, name: str) -> None:
    assert parse_capability(answer) == name


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        (capability(capabilities=0x84A00001, of_node=METADATA), Reason.NO_DEVICE),
        (capability(capabilities=METADATA), Reason.NO_DEVICE),
        (capability(capabilities=CAPTURE | DEVICE_CAPS), Reason.NO_DEVICE),
        (bytes(104), Reason.NO_DEVICE),
        (capability()[:-1], Reason.GARBLED),
        (b"", Reason.GARBLED),
    ],
)
def test_a_node_that_is_no_camera(answer: bytes, reason: Reason) -> None:
    with pytest.raises(DeviceError) as caught:
        parse_capability(answer)
    assert caught.value.reason is reason


@given(answer=st.binary(max_size=110) | st.binary(min_size=104, max_size=104))
def test_any_answer_is_a_name_or_a_device_error(answer: bytes) -> None:
    with suppress(DeviceError):
        assert len(parse_capability(answer)) <= 32


def camera(source: object, **options: object) -> OpenCvCamera:
    return OpenCvCamera(msgspec.convert({"source": source, **options}, OpenCvCamera.Settings))


@pytest.mark.parametrize(
    ("source", "address"),
    [
        ("/dev/video0", "/dev/video0"),
        ("http://user:secret@10.0.0.9:8080/video?key=secret", "http://10.0.0.9:8080/video"),
        ("http://10.0.0.9/a@b", "http://10.0.0.9/a@b"),
        ("http://10.0.0.9", "http://10.0.0.9"),
    ],
)
def test_an_address_is_shown_without_its_password(source: str, address: str) -> None:
    driver = camera(source)
    assert driver.info == Info(Kind.CAMERA, "opencv", address)
    assert driver.requests == (PrepareStream, StartStream, StopStream)


@pytest.mark.parametrize(
    "source",
    [
        "/dev/video-that-is-not-there",
        "/dev/null",  # there, and no camera
        "nowhere/clip.mp4",
        "http://127.0.0.1:1/stream",
        "http:///stream",
        "http://user:secret@127.0.0.1:99999/stream",
        "http://user:secret@127.0.0.1:1/stream?key=secret",
    ],
)
def test_what_is_not_there_is_said_with_what_mends_it(source: str) -> None:
    driver = camera(source)
    for ask in (
        driver.open,
        driver.status,
        driver.reset,
        lambda: driver.execute(StartStream(), Deadline(1.0), CancelToken()),
    ):
        with pytest.raises(DeviceError) as caught:
            ask()
        assert caught.value.reason is Reason.NO_DEVICE
        assert caught.value.mend
        assert "secret" not in str(caught.value)
    driver.execute(StopStream(), Deadline(1.0), CancelToken())
    (check,) = driver.self_test()
    assert not check.passed
    driver.close()


def test_a_device_that_we_may_not_use(monkeypatch: pytest.MonkeyPatch) -> None:
    """As root everything may be opened, so the system's answer is put in its place."""

    def refuse(*args: object) -> Never:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(os, "open", refuse)
    with pytest.raises(DeviceError) as caught:
        camera("/dev/video0").open()
    assert caught.value.reason is Reason.NOT_AUTHORISED
    assert "group video" in caught.value.mend


@pytest.mark.parametrize(
    "options",
    [{"source": ""}, {"rotate": 45}, {"width": 10}, {"fps": 0}, {"format": "H264"}, {"size": 1}],
)
def test_settings_that_do_not_fit(options: dict[str, object]) -> None:
    with pytest.raises(msgspec.ValidationError):
        camera(**{"source": "/dev/video0", **options})


def test_no_descriptor_stays_open() -> None:
    before = len(os.listdir("/proc/self/fd"))
    for _ in range(5):
        with pytest.raises(DeviceError):
            camera("/dev/null").open()
    assert stat.S_ISCHR(os.stat("/dev/null").st_mode)
    assert len(os.listdir("/proc/self/fd")) == before
