"""The driver of cameras: a V4L2 device or a film through OpenCV, MJPEG over HTTP.

OpenCV does not report that a camera was unplugged: ``isOpened`` stays true and ``read`` may never
return. So a thread reads pictures, and the driver judges by the age of the newest picture. The
driver runs in a process host, whose kill also ends a thread that never returns.
"""

from __future__ import annotations

import fcntl
import logging
import os
import socket
import struct
import threading
import time
from dataclasses import dataclass
from typing import Annotated, Any, Literal
from urllib.parse import urlsplit

from drivers.sentence import en, joined, words_of

os.environ.setdefault("OPENCV_FFMPEG_LOGLEVEL", "-8")  # else FFmpeg writes to stderr

import cv2
import msgspec
import numpy as np
from numpy.typing import NDArray

from drivers.camera.mjpeg import MjpegCapture
from drivers.camera.slots import Slots
from drivers.camera.types import STALL_S, StartStream, StopStream, Stream
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

cv2.utils.logging.setLogLevel(cv2.utils.logging.LOG_LEVEL_SILENT)  # else OpenCV writes to stderr

log = logging.getLogger(__name__)

OPEN_S = 3.0
"""Seconds within which a network camera must send its first bytes after it is switched on."""
RELEASE_S = 2.0
"""Seconds that the reading thread may take to end: one picture, or the time-out of a silent
connection."""
EXPOSURE_S = 1.0
"""Seconds after which a dark or too bright picture is reported; a camera adjusts itself sooner."""
DARK = 12.0
"""Mean of all samples, 0 to 255, below which a picture is black."""
DIM = 40.0
"""Mean of all samples below which a picture is underexposed: no face can be recognized."""
BRIGHT = 250
TOO_BRIGHT = 0.5
"""Share of samples at or above :data:`BRIGHT` from which a picture is overexposed."""
SELF_TEST_S = 5.0
_CONNECT_S = 0.8
_LOOK_S = 0.01
_EVERY = 8  # brightness and standstill are judged from every eighth row and column

_MEND = {
    Reason.NO_DEVICE: en("check the camera's cable, and source in the settings"),
    Reason.OFFLINE: en("check the camera's cable; if that does not help, replace it"),
    Reason.NOT_AUTHORISED: en("add the terminal's user to the group video"),
    Reason.GARBLED: en("check source in the settings"),
}

# linux/videodev2.h
_VIDIOC_QUERYCAP = 0x80685600
_CAPABILITY = struct.Struct("=16s32s32sIII12x")
_CAP_VIDEO_CAPTURE = 0x00000001
_CAP_DEVICE_CAPS = 0x80000000


class OpenCvCamera(Driver):
    """A camera that is on only between ``StartStream`` and ``StopStream``.

    While the camera is off, its status tells whether it is there; while it is on, whether its
    picture is good. No picture, or the same picture, for 1.5 s is ``OFFLINE``; a black picture is
    ``USER_ERROR``; an underexposed or overexposed picture stays usable, with a ``detail``.
    """

    class Settings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
        """``[devices.camera]``."""

        source: Annotated[str, msgspec.Meta(min_length=1)]
        """``/dev/v4l/by-id/…`` or ``/dev/video0``; ``http://…`` for MJPEG; else a film, which the
        driver repeats for ever."""
        width: Annotated[int, msgspec.Meta(ge=160, le=4096)] = 1280
        """``width``, ``height`` and ``fps`` are requested from a V4L2 device, which gives the
        nearest that it can."""
        height: Annotated[int, msgspec.Meta(ge=120, le=4096)] = 720
        fps: Annotated[int, msgspec.Meta(ge=1, le=120)] = 30
        format: Literal["MJPG", "YUYV"] = "MJPG"
        """The format of a V4L2 device: ``YUYV`` where its MJPG is bad and the bus is fast
        enough."""
        rotate: Literal[0, 90, 180, 270] = 0
        """Degrees clockwise, for a camera that is mounted on its side."""

    def __init__(self, settings: Settings) -> None:
        super().__init__()
        self._settings = settings
        self._info = Info(Kind.CAMERA, "opencv", _without_password(settings.source))
        self._reader: _FrameReader | None = None

    @property
    def info(self) -> Info:
        """``model`` is the name that a V4L2 device reports."""
        return self._info

    @property
    def requests(self) -> tuple[type[Request[Any]], ...]:
        return (StartStream, StopStream)

    def open(self) -> None:
        """Check that the camera is there, without switching it on."""
        self.close()
        model = _find(self._settings.source)
        self._info = Info(Kind.CAMERA, "opencv", self._info.address, model)

    def close(self) -> None:
        reader, self._reader = self._reader, None
        if reader is not None:
            reader.stop()

    def status(self) -> Status:
        if self._reader is None or self._reader.stopping:
            _find(self._settings.source)
            return Status(State.ONLINE)
        return self._reader.status()

    def reset(self) -> None:
        """Switch the camera off."""
        self._stop()
        _find(self._settings.source)

    def self_test(self) -> tuple[Check, ...]:
        """Take pictures for a second."""
        was_on = self._reader is not None and not self._reader.stopping
        begun = time.monotonic()
        try:
            self._start(Deadline(SELF_TEST_S), CancelToken())
        except DeviceError as error:
            return (Check("picture", False, words_of(error)),)
        assert self._reader is not None
        took = (time.monotonic() - begun) * 1000
        first, since = self._reader.facts, time.monotonic()
        time.sleep(EXPOSURE_S)
        last, seconds = self._reader.facts, time.monotonic() - since
        try:
            status = self._reader.status()
        except DeviceError as error:
            status = Status(State.OFFLINE, problem=error.reason, detail=error.detail)
        if not was_on:
            self._stop()
        rate = (last.count - first.count) / seconds
        return (
            Check("picture", True, en("the first after {took:.0f} ms", took=took)),
            Check("size", last.width >= 640, f"{last.width}×{last.height}"),
            Check("rate", rate >= 10, en("{rate:.0f} a second", rate=rate)),
            Check(
                "exposure",
                not status.detail,
                status.detail or en("mean {mean:.0f} of 255", mean=last.mean),
                status.mend,
            ),
        )

    def execute(self, request: Request[Any], deadline: Deadline, cancel: CancelToken) -> Any:
        """Carry out ``request``; obeys a cancel within 50 ms.

        ``StartStream`` raises ``TIMEOUT`` (no picture in time), ``NO_DEVICE``, ``OFFLINE`` (the
        camera is there, but gives no picture), ``NOT_AUTHORISED``, ``CANCELLED``. ``StopStream``
        raises ``OFFLINE`` when the library does not return.
        """
        match request:
            case StartStream():
                return self._start(deadline, cancel)
            case StopStream():
                return self._stop()
        raise DeviceError(
            Reason.UNSUPPORTED,
            en("{device} knows no {request}", device="a camera", request=type(request).__name__),
        )

    def _start(self, deadline: Deadline, cancel: CancelToken) -> Stream:
        if self._reader is not None and not self._reader.well:
            self._stop()
        if self._reader is None:
            _find(self._settings.source)
            self._reader = _FrameReader(self._settings)
        while (stream := self._reader.stream) is None:
            if self._reader.failure is not None:
                failure = self._reader.failure
                self._stop()
                raise failure
            if cancel.cancelled or deadline.passed():
                self._reader.begin_to_stop()  # the thread ends when the library returns
                raise DeviceError(Reason.CANCELLED if cancel.cancelled else Reason.TIMEOUT)
            cancel.wait(_LOOK_S)
        return stream

    def _stop(self) -> None:
        reader, self._reader = self._reader, None
        if reader is not None and not reader.stop():
            raise _error(Reason.OFFLINE, en("the camera holds up the library that reads it"))


@dataclass(frozen=True, slots=True)
class _PictureFacts:
    """Facts about the newest picture; times in monotonic seconds."""

    count: int = 0
    read_at: float = 0.0
    changed_at: float = 0.0
    width: int = 0
    height: int = 0
    mean: float = 0.0
    trouble: str = ""  # "black", "underexposed", "overexposed"
    trouble_at: float = 0.0


class _FrameReader:
    """A thread that reads pictures as they come, and keeps the newest."""

    def __init__(self, settings: OpenCvCamera.Settings) -> None:
        self._settings = settings
        self.facts = _PictureFacts()
        self.failure: DeviceError | None = None
        self.stream: Slots | None = None
        self._stopping = threading.Event()
        self._sample: NDArray[np.uint8] | None = None
        self._thread = threading.Thread(target=self._run, name="camera", daemon=True)
        self._thread.start()

    @property
    def stopping(self) -> bool:
        return self._stopping.is_set()

    @property
    def well(self) -> bool:
        """Whether pictures come, and the thread was not told to stop."""
        try:
            self.status()
        except DeviceError:
            return False
        return not self.stopping

    def begin_to_stop(self) -> None:
        self._stopping.set()

    def stop(self) -> bool:
        """End the thread and wipe the pictures; False when the library does not return."""
        self._stopping.set()
        self._thread.join(RELEASE_S)
        if self.stream is not None:
            self.stream.wipe()
        return not self._thread.is_alive()

    def status(self) -> Status:
        """The status of the picture. Raises :class:`DeviceError` when no fresh picture comes."""
        if self.failure is not None:
            raise self.failure
        facts, now = self.facts, time.monotonic()
        if facts.count and now - facts.read_at > STALL_S:
            raise _error(Reason.OFFLINE, en("no picture comes"))
        if facts.count and now - facts.changed_at > STALL_S:
            raise _error(Reason.OFFLINE, en("the picture stands still"))
        if facts.trouble and now - facts.trouble_at > EXPOSURE_S:
            return _EXPOSURE[facts.trouble]
        return Status(State.ONLINE)

    def _run(self) -> None:
        try:
            capture = _open(self._settings)
            try:
                self._read(capture)
            finally:
                capture.release()
        except DeviceError as error:
            mend = error.mend or _MEND.get(error.reason, "")
            self.failure = DeviceError(error.reason, error.detail, mend=mend)
        except (cv2.error, MemoryError) as error:
            self.failure = _error(Reason.GARBLED, joined(": ", "OpenCV", type(error).__name__))
        except Exception as error:  # else the stream would end without a reason
            log.exception("driver failed", extra={"device": Kind.CAMERA})
            self.failure = _error(Reason.HARDWARE, type(error).__name__)

    def _read(self, capture: cv2.VideoCapture | MjpegCapture) -> None:
        """Read pictures until told to stop. Some cameras send a broken picture now and then, many
        as their first: only none for :data:`STALL_S` means that the camera stopped."""
        film = None if isinstance(capture, MjpegCapture) else _film(capture, self._settings.source)
        pause = 1 / (film.get(cv2.CAP_PROP_FPS) or 25.0) if film else 0.0
        due = well_at = time.monotonic()
        while not self._stopping.is_set():
            got, image = capture.read()
            if film and not got and self.facts.count:
                film.set(cv2.CAP_PROP_POS_FRAMES, 0)
                got, image = capture.read()
            if self._stopping.is_set():
                return
            if not got or image is None:
                if film or time.monotonic() - well_at > STALL_S:
                    raise _error(Reason.OFFLINE, en("the camera sends no picture that can be read"))
                _find(self._settings.source)  # an unplugged camera gives no pictures either
                self._stopping.wait(_LOOK_S)
                continue
            well_at = time.monotonic()
            self._take(np.asarray(image, np.uint8), still_counts=film is not None)
            due = max(due + pause, time.monotonic() - pause)
            if film:
                self._stopping.wait(max(0.0, due - time.monotonic()))

    def _take(self, image: NDArray[np.uint8], *, still_counts: bool) -> None:
        if image.ndim != 3 or image.shape[2] != 3:
            raise _error(Reason.GARBLED, en("the pictures have no three colours"))
        if self._settings.rotate:
            image = np.asarray(cv2.rotate(image, _ROTATE[self._settings.rotate]), np.uint8)
        now, before = time.monotonic(), self.facts
        sample = image[::_EVERY, ::_EVERY].copy()
        mean = float(sample.mean())
        trouble = _trouble(sample, mean)
        # A sensor never gives the same picture twice, except in darkness or in far too much light.
        blind = trouble == "black" or int(sample.min()) >= BRIGHT
        changed = still_counts or blind or not _same(sample, self._sample)
        self._sample = sample
        if changed:
            self._keep(image, now)
        self.facts = _PictureFacts(
            before.count + 1,
            now,
            now if changed else before.changed_at,
            image.shape[1],
            image.shape[0],
            mean,
            trouble,
            before.trouble_at if trouble == before.trouble else now,
        )

    def _keep(self, image: NDArray[np.uint8], now: float) -> None:
        stream = self.stream or Slots(image.nbytes)
        try:
            stream.put(image, now)
        except ValueError as error:
            raise _error(Reason.GARBLED, en("the pictures change their size")) from error
        self.stream = stream


_ROTATE = {
    90: cv2.ROTATE_90_CLOCKWISE,
    180: cv2.ROTATE_180,
    270: cv2.ROTATE_90_COUNTERCLOCKWISE,
}
_EXPOSURE = {
    "black": Status(
        State.USER_ERROR,
        problem=Reason.HARDWARE,
        detail=en("the picture is black"),
        mend=en("take off what covers the lens, and check the light"),
    ),
    "underexposed": Status(
        State.ONLINE,
        detail=en("the picture is underexposed"),
        mend=en("switch on the fill light, and more light around the terminal"),
    ),
    "overexposed": Status(
        State.ONLINE,
        detail=en("the picture is overexposed"),
        mend=en("keep lamps and windows out of the picture"),
    ),
}


def _trouble(sample: NDArray[np.uint8], mean: float) -> str:
    if mean < DARK:
        return "black"
    if float((sample >= BRIGHT).mean()) > TOO_BRIGHT:
        return "overexposed"
    if mean < DIM:
        return "underexposed"
    return ""


def _same(one: NDArray[np.uint8], other: NDArray[np.uint8] | None) -> bool:
    return other is not None and np.array_equal(one, other)


def _open(settings: OpenCvCamera.Settings) -> cv2.VideoCapture | MjpegCapture:
    """Open the source, which switches the camera on. May take long or for ever, in spite of the
    limits that OpenCV is given."""
    source = settings.source
    if source.startswith(("http://", "https://")):
        return MjpegCapture(source, STALL_S)
    if _is_device(source):
        capture = cv2.VideoCapture(source, cv2.CAP_V4L2)
        capture.set(cv2.CAP_PROP_FOURCC, cv2.VideoWriter.fourcc(*settings.format))
        capture.set(cv2.CAP_PROP_FRAME_WIDTH, settings.width)
        capture.set(cv2.CAP_PROP_FRAME_HEIGHT, settings.height)
        capture.set(cv2.CAP_PROP_FPS, settings.fps)
    else:
        limits = [] if _is_film(source) else [
            cv2.CAP_PROP_OPEN_TIMEOUT_MSEC,
            int(OPEN_S * 1000),
            cv2.CAP_PROP_READ_TIMEOUT_MSEC,
            int(STALL_S * 1000),
        ]  # fmt: skip
        capture = cv2.VideoCapture(source, cv2.CAP_FFMPEG, limits)
    if not capture.isOpened():
        capture.release()
        raise _error(Reason.OFFLINE, en("the camera cannot be switched on"))
    return capture


def _find(source: str) -> str:
    """Check that the camera is there, without switching it on; returns its model, or "".

    Raises ``NO_DEVICE`` or ``NOT_AUTHORISED``.
    """
    if _is_device(source):
        return _ask_device(source)
    if _is_film(source):
        if not os.path.isfile(source):
            raise _error(Reason.NO_DEVICE, en("there is no film {source}", source=source))
        return "film"
    try:
        parts = urlsplit(source)
        port = parts.port or (443 if parts.scheme == "https" else 80)
        socket.create_connection((parts.hostname or "", port), _CONNECT_S).close()
    except (OSError, ValueError) as error:
        raise _error(
            Reason.NO_DEVICE,
            en("{source} does not answer", source=_without_password(source)),
        ) from error
    return en("MJPEG over HTTP")


def _ask_device(path: str) -> str:
    try:
        fd = os.open(path, os.O_RDWR | os.O_NONBLOCK | os.O_CLOEXEC)
    except PermissionError as error:
        raise _error(Reason.NOT_AUTHORISED, en("{path} may not be used", path=path)) from error
    except OSError as error:
        raise _error(
            Reason.NO_DEVICE, joined(": ", path, error.strerror or type(error).__name__)
        ) from error
    answer = bytearray(_CAPABILITY.size)
    try:
        fcntl.ioctl(fd, _VIDIOC_QUERYCAP, answer)
    except OSError as error:
        raise _error(Reason.NO_DEVICE, en("{path} is no camera", path=path)) from error
    finally:
        os.close(fd)
    return parse_capability(bytes(answer))


def parse_capability(answer: bytes) -> str:
    """The name of the camera in a ``struct v4l2_capability`` (104 bytes).

    Raises :class:`DeviceError` ``NO_DEVICE`` when the node takes no pictures: a USB camera has a
    second node for its metadata.
    """
    if len(answer) != _CAPABILITY.size:
        raise _error(Reason.GARBLED, en("not the size of a v4l2_capability"))
    _, card, _, _, capabilities, of_node = _CAPABILITY.unpack(answer)
    if not (of_node if capabilities & _CAP_DEVICE_CAPS else capabilities) & _CAP_VIDEO_CAPTURE:
        raise _error(Reason.NO_DEVICE, en("this node takes no pictures; its neighbour may"))
    return str(card.split(b"\0")[0].decode("utf-8", "replace"))


def _is_device(source: str) -> bool:
    return source.startswith("/dev/")


def _is_film(source: str) -> bool:
    return not _is_device(source) and "://" not in source


def _film(capture: cv2.VideoCapture, source: str) -> cv2.VideoCapture | None:
    return capture if _is_film(source) else None


def _without_password(source: str) -> str:
    if "://" not in source:
        return source
    scheme, _, rest = source.partition("://")
    place, slash, path = rest.partition("/")
    return f"{scheme}://{place.rpartition('@')[2]}{slash}{path.partition('?')[0]}"


def _error(reason: Reason, detail: str) -> DeviceError:
    return DeviceError(reason, detail, mend=_MEND.get(reason, ""))
