"""The driver of cameras: a V4L2 device or a film through OpenCV, MJPEG over HTTP.

OpenCV does not report that a camera was unplugged: ``isOpened`` stays true and ``read`` may never
return. So a thread reads pictures (:mod:`drivers.camera.reading`), and the driver judges by the age
of the newest picture. The driver runs in a process host, whose kill also ends a thread that never
returns.
"""

from __future__ import annotations

import time
from importlib import import_module
from typing import TYPE_CHECKING, Annotated, Any, Literal

import msgspec

from drivers.camera.source import camera_error, find, without_password
from drivers.camera.types import PrepareStream, StartStream, StopStream, Stream
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
from drivers.sentence import en, words_of

if TYPE_CHECKING:
    from drivers.camera.reading import FrameReader

SELF_TEST_S = 5.0
_LOOK_S = 0.01


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
        self._info = Info(Kind.CAMERA, "opencv", without_password(settings.source))
        self._reader: FrameReader | None = None

    @property
    def info(self) -> Info:
        """``model`` is the name that a V4L2 device reports."""
        return self._info

    @property
    def requests(self) -> tuple[type[Request[Any]], ...]:
        return (PrepareStream, StartStream, StopStream)

    def open(self) -> None:
        """Check that the camera is there, without switching it on."""
        self.close()
        model = find(self._settings.source)
        self._info = Info(Kind.CAMERA, "opencv", self._info.address, model)

    def close(self) -> None:
        reader, self._reader = self._reader, None
        if reader is not None:
            reader.stop()

    def status(self) -> Status:
        if self._reader is None or self._reader.stopping:
            find(self._settings.source)
            return Status(State.ONLINE)
        return self._reader.status()

    def reset(self) -> None:
        """Switch the camera off."""
        self._stop()
        find(self._settings.source)

    def self_test(self) -> tuple[Check, ...]:
        """Take pictures for a second."""
        from drivers.camera.reading import EXPOSURE_S  # takes long, and is no part of `took`

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
        """Carry out ``request``; obeys a cancel within 50 ms, but for the 0.2 s in which
        ``PrepareStream``, or a ``StartStream`` without it, imports OpenCV.

        ``StartStream`` raises ``TIMEOUT`` (no picture in time), ``NO_DEVICE``, ``OFFLINE`` (the
        camera is there, but gives no picture), ``NOT_AUTHORISED``, ``CANCELLED``. ``StopStream``
        raises ``OFFLINE`` when the library does not return.
        """
        match request:
            case PrepareStream():
                import_module("drivers.camera.reading")
                return None
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
            from drivers.camera.reading import FrameReader

            find(self._settings.source)
            self._reader = FrameReader(self._settings)
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
            raise camera_error(Reason.OFFLINE, en("the camera holds up the library that reads it"))
