"""Reads a camera's pictures in a thread: OpenCV for a V4L2 device or a film, else MJPEG over HTTP.

OpenCV and numpy are imported here, so that the driver imports them only when a camera is switched
on: they take 19 MB, and a terminal at rest takes no picture.
"""

from __future__ import annotations

import logging
import os
import threading
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

os.environ.setdefault("OPENCV_FFMPEG_LOGLEVEL", "-8")  # else FFmpeg writes to stderr

import cv2
import numpy as np
from numpy.typing import NDArray

from drivers.camera.mjpeg import MjpegCapture
from drivers.camera.slots import Slots
from drivers.camera.source import MEND, camera_error, find, is_device, is_film
from drivers.camera.types import STALL_S
from drivers.device import DeviceError, Kind, Reason, State, Status
from drivers.sentence import en, joined

if TYPE_CHECKING:
    from drivers.camera.opencv import OpenCvCamera

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
_LOOK_S = 0.01
_EVERY = 8  # brightness and standstill are judged from every eighth row and column


@dataclass(frozen=True, slots=True)
class PictureFacts:
    """Facts about the newest picture; times in monotonic seconds."""

    count: int = 0
    read_at: float = 0.0
    changed_at: float = 0.0
    width: int = 0
    height: int = 0
    mean: float = 0.0
    trouble: str = ""  # "black", "underexposed", "overexposed"
    trouble_at: float = 0.0


class FrameReader:
    """A thread that reads pictures as they come, and keeps the newest."""

    def __init__(self, settings: OpenCvCamera.Settings) -> None:
        self._settings = settings
        self.facts = PictureFacts()
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
            raise camera_error(Reason.OFFLINE, en("no picture comes"))
        if facts.count and now - facts.changed_at > STALL_S:
            raise camera_error(Reason.OFFLINE, en("the picture stands still"))
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
            mend = error.mend or MEND.get(error.reason, "")
            self.failure = DeviceError(error.reason, error.detail, mend=mend)
        except (cv2.error, MemoryError) as error:
            self.failure = camera_error(
                Reason.GARBLED, joined(": ", "OpenCV", type(error).__name__)
            )
        except Exception as error:  # else the stream would end without a reason
            log.exception("driver failed", extra={"device": Kind.CAMERA})
            self.failure = camera_error(Reason.HARDWARE, type(error).__name__)

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
                    raise camera_error(
                        Reason.OFFLINE, en("the camera sends no picture that can be read")
                    )
                find(self._settings.source)  # an unplugged camera gives no pictures either
                self._stopping.wait(_LOOK_S)
                continue
            well_at = time.monotonic()
            self._take(np.asarray(image, np.uint8), still_counts=film is not None)
            due = max(due + pause, time.monotonic() - pause)
            if film:
                self._stopping.wait(max(0.0, due - time.monotonic()))

    def _take(self, image: NDArray[np.uint8], *, still_counts: bool) -> None:
        if image.ndim != 3 or image.shape[2] != 3:
            raise camera_error(Reason.GARBLED, en("the pictures have no three colours"))
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
        self.facts = PictureFacts(
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
            raise camera_error(Reason.GARBLED, en("the pictures change their size")) from error
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
    if is_device(source):
        capture = cv2.VideoCapture(source, cv2.CAP_V4L2)
        capture.set(cv2.CAP_PROP_FOURCC, cv2.VideoWriter.fourcc(*settings.format))
        capture.set(cv2.CAP_PROP_FRAME_WIDTH, settings.width)
        capture.set(cv2.CAP_PROP_FRAME_HEIGHT, settings.height)
        capture.set(cv2.CAP_PROP_FPS, settings.fps)
    else:
        limits = [] if is_film(source) else [
            cv2.CAP_PROP_OPEN_TIMEOUT_MSEC,
            int(OPEN_S * 1000),
            cv2.CAP_PROP_READ_TIMEOUT_MSEC,
            int(STALL_S * 1000),
        ]  # fmt: skip
        capture = cv2.VideoCapture(source, cv2.CAP_FFMPEG, limits)
    if not capture.isOpened():
        capture.release()
        raise camera_error(Reason.OFFLINE, en("the camera cannot be switched on"))
    return capture


def _film(capture: cv2.VideoCapture, source: str) -> cv2.VideoCapture | None:
    return capture if is_film(source) else None
