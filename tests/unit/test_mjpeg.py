"""JPEGs in a stream of bytes, and a network camera that does not keep to the book."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivers.camera.mjpeg import JpegSplitter, MjpegCapture
from drivers.device import DeviceError, Reason
from tests.waiting import PATIENCE_S


def picture(level: int, *options: int) -> bytes:
    noise = np.random.default_rng(level).integers(0, 40, (48, 64, 3))
    image = np.clip(noise + level, 0, 255).astype(np.uint8)
    return cv2.imencode(".jpg", image, options)[1].tobytes()


ONE, TWO = picture(40), picture(120)
PROGRESSIVE = picture(80, cv2.IMWRITE_JPEG_PROGRESSIVE, 1)
RESTARTS = picture(80, cv2.IMWRITE_JPEG_RST_INTERVAL, 2)
THUMBNAIL = ONE[:2] + b"\xff\xe1" + (len(TWO) + 2).to_bytes(2) + TWO + ONE[2:]
PART = b"\r\n--frame\r\nContent-Type: image/jpeg\r\n\r\n"


@pytest.mark.parametrize("size", [1, 7, 1 << 20])
@pytest.mark.parametrize(
    ("stream", "pictures"),
    [
        (ONE + TWO, [ONE, TWO]),
        (PART + ONE + PART + TWO + PART, [ONE, TWO]),
        (PROGRESSIVE + RESTARTS, [PROGRESSIVE, RESTARTS]),
        (THUMBNAIL + TWO, [THUMBNAIL, TWO]),
        (b"\xa8\x0a" + bytes(500) + ONE, [ONE]),
        (ONE[: len(ONE) * 3 // 4] + PART + TWO, [TWO]),  # cut off in its scan
        (PART + ONE[:300] + PART + TWO + PART + ONE, [ONE]),  # cut off in a table: takes one along
        (b"\xff\xd8\xff\xd8\xff" + TWO[3:], [TWO]),
        (b"\xff\xd8\xff\xff" + ONE[3:], [b"\xff\xd8\xff\xff" + ONE[3:]]),  # a fill byte
        (ONE[:-2], []),
    ],
)
def test_pictures_are_found_by_their_markers(
    stream: bytes, pictures: list[bytes], size: int
) -> None:
    splitter = JpegSplitter()
    pieces = [stream[at : at + size] for at in range(0, len(stream), size)]
    assert [one for piece in pieces for one in splitter.feed(piece)] == pictures


@given(st.lists(st.binary(max_size=200) | st.sampled_from([ONE, TWO, PART, ONE[:200]]), max_size=8))
def test_any_bytes_are_pictures_or_nothing(pieces: list[bytes]) -> None:
    splitter = JpegSplitter()
    for piece in pieces:
        for found in splitter.feed(piece):
            assert found.startswith(b"\xff\xd8\xff")
            assert found.endswith(b"\xff\xd9")


def test_nothing_piles_up() -> None:
    splitter = JpegSplitter()
    for _ in range(40):
        assert splitter.feed(bytes(1 << 20)) == []
        assert splitter.feed(ONE[:-2] + bytes(1 << 20)) == []
    assert splitter.feed(PART + TWO + ONE)[-1] == ONE


HEAD = b"HTTP/1.0 200 OK\r\nContent-Type: multipart/x-mixed-replace; boundary=--frame\r\n\r\n"


@contextmanager
def camera(talk: Callable[[socket.socket], None]) -> Iterator[str]:
    def serve() -> None:
        with suppress(OSError):
            connection, _ = server.accept()
            with connection:
                connection.recv(4096)
                talk(connection)

    with socket.create_server(("127.0.0.1", 0)) as server:
        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        yield f"http://user:secret@127.0.0.1:{server.getsockname()[1]}/video"


def level(capture: MjpegCapture) -> float:
    got, image = capture.read()
    assert got
    assert image is not None
    return float(image.mean())


def test_a_backlog_is_skipped() -> None:
    sent = threading.Event()

    def talk(connection: socket.socket) -> None:
        connection.sendall(HEAD + (PART + ONE) * 50 + PART + TWO)
        sent.set()
        time.sleep(5)

    with camera(talk) as url:
        capture = MjpegCapture(url, 2.0)
        assert sent.wait(PATIENCE_S)
        assert level(capture) > 100  # the last of fifty-one
        capture.release()


def test_a_picture_that_is_none_is_left_out() -> None:
    with camera(
        lambda c: c.sendall(HEAD + PART + ONE[:300] + PART + b"no picture" + PART + ONE + TWO)
    ) as url:
        assert level(MjpegCapture(url, 2.0)) > 100


@pytest.mark.parametrize(
    ("said", "reason", "words"),
    [
        (b"HTTP/1.0 401 No\r\n\r\n", Reason.NOT_AUTHORISED, "HTTP 401"),
        (b"HTTP/1.0 404 No\r\n\r\n", Reason.GARBLED, "HTTP 404"),
        (b"HTTP/1.0 200 OK\r\nContent-Type: text/html\r\n\r\n<p>", Reason.GARBLED, "text/html"),
        (b"", Reason.OFFLINE, "switched on"),
        (b"nonsense\r\n\r\n", Reason.OFFLINE, "switched on"),
    ],
)
def test_what_gives_no_pictures_is_named(said: bytes, reason: Reason, words: str) -> None:
    with camera(lambda c: c.sendall(said)) as url, pytest.raises(DeviceError) as caught:
        MjpegCapture(url, 2.0)
    assert caught.value.reason is reason
    assert words in caught.value.detail
    assert "secret" not in str(caught.value)


def test_an_end_and_a_silence_are_told() -> None:
    with camera(lambda c: c.sendall(HEAD + PART + ONE)) as url:
        capture = MjpegCapture(url, 2.0)
        capture.read()
        with pytest.raises(DeviceError, match="stopped sending"):
            capture.read()

    def silent(connection: socket.socket) -> None:
        connection.sendall(HEAD)
        time.sleep(3)

    with camera(silent) as url:
        capture = MjpegCapture(url, 0.2)
        with pytest.raises(DeviceError, match="no picture comes"):
            capture.read()
