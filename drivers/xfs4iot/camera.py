"""A camera over XFS4IoT: makes a stream by repeating ``Camera.TakePicture``.

The standard knows single pictures only; their rate depends on the machine. When pictures come too
slowly, the stream becomes stale and raises.
"""

from __future__ import annotations

import threading
import time
from typing import Annotated, Any

import cv2
import msgspec
import numpy as np

from drivers.camera.slots import Slots
from drivers.camera.types import PrepareStream, StartStream, StopStream, Stream
from drivers.device import (
    CancelToken,
    Check,
    Deadline,
    DeviceError,
    Kind,
    Reason,
    Request,
    State,
    Status,
)
from drivers.sentence import en, words_of
from drivers.xfs4iot.client import XfsService
from drivers.xfs4iot.driver import RESET_S, ServiceSettings, XfsDriver, online
from drivers.xfs4iot.payloads import (
    CameraName,
    CameraState,
    ResetCamera,
    StatusFacts,
    TakePicture,
)

PICTURE_S = 5.0
"""Limit for one picture, in seconds."""
_LOOK_S = 0.01
_STOP_S = 6.0
_OUT_OF_ORDER = (CameraState.INOP, CameraState.INOPERATIVE)


class XfsCamera(XfsDriver):
    """Takes pictures only between ``StartStream`` and ``StopStream``."""

    KIND = Kind.CAMERA
    INTERFACES = ("Camera",)
    NEEDS = (TakePicture,)
    REQUESTS = (PrepareStream, StartStream, StopStream)

    class Settings(ServiceSettings, frozen=True, kw_only=True, forbid_unknown_fields=True):
        """``[devices.camera]``."""

        camera: CameraName = CameraName.PERSON
        """``person``: the camera that sees the citizen; ``room``; ``exitSlot``."""
        most_per_s: Annotated[float, msgspec.Meta(gt=0, le=30)] = 10.0
        """Most pictures a second."""

    def __init__(self, settings: Settings) -> None:
        super().__init__(settings)
        self._settings = settings
        self._reader: _PictureReader | None = None

    def close(self) -> None:
        self._stop()
        super().close()

    def reset(self) -> None:
        self._stop()
        self._connected().call(ResetCamera(), Deadline(RESET_S), CancelToken())

    def self_test(self) -> tuple[Check, ...]:
        """The checks of every device, and one picture, which is not kept."""
        checks = super().self_test()
        if not all(check.passed for check in checks):
            return checks
        begun = time.monotonic()
        try:
            height, width, _ = _picture(self._connected(), self._settings.camera).shape
        except DeviceError as error:
            return (*checks, Check("picture", False, words_of(error)))
        took = (time.monotonic() - begun) * 1000
        return (
            *checks,
            Check(
                "picture",
                True,
                en("{size} after {took:.0f} ms", size=f"{width}×{height}", took=took),
            ),
        )

    def _do(self, request: Request[Any], deadline: Deadline, cancel: CancelToken) -> Stream | None:
        match request:
            case StartStream():
                return self._start(deadline, cancel)
            case StopStream():
                self._stop()
        return None  # what a stream needs is there from the start

    def _start(self, deadline: Deadline, cancel: CancelToken) -> Stream:
        if self._reader is not None and self._reader.failure is not None:
            self._stop()
        if self._reader is None:
            service = self._usable()
            # Pictures get a connection of their own, so that they and the status do not delay each
            # other.
            self._reader = _PictureReader(self._greeted(service.uri, PICTURE_S), self._settings)
        while (stream := self._reader.stream) is None:
            failure = self._reader.failure
            if failure is None and (cancel.cancelled or deadline.passed()):
                failure = DeviceError(Reason.CANCELLED if cancel.cancelled else Reason.TIMEOUT)
            if failure is not None:
                self._stop()
                raise failure
            cancel.wait(_LOOK_S)
        return stream

    def _stop(self) -> None:
        reader, self._reader = self._reader, None
        if reader is not None:
            reader.stop()

    def _status(self, facts: StatusFacts) -> Status:
        status = super()._status(facts)
        camera = facts.camera.state_of(self._settings.camera) if facts.camera else None
        if online(status) and camera in _OUT_OF_ORDER:
            return Status(
                State.HARDWARE_ERROR,
                problem=Reason.HARDWARE,
                detail=en("the camera is out of order"),
                mend=en("call the machine's service"),
            )
        if self._reader is not None and self._reader.failure is not None:
            raise self._reader.failure
        return status


class _PictureReader:
    """A thread that asks for pictures and keeps the newest."""

    def __init__(self, service: XfsService, settings: XfsCamera.Settings) -> None:
        self._service = service
        self._settings = settings
        self._stopping = CancelToken()
        self.stream: Slots | None = None
        self.failure: DeviceError | None = None
        self._thread = threading.Thread(target=self._run, name="camera", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """End the thread and wipe the pictures."""
        self._stopping.cancel()
        self._thread.join(_STOP_S)
        if self.stream is not None:
            self.stream.wipe()

    def _run(self) -> None:
        try:
            while not self._stopping.cancelled:
                pause = Deadline(1 / self._settings.most_per_s)
                self._keep(_picture(self._service, self._settings.camera, self._stopping))
                self._stopping.wait(pause.remaining())
        except DeviceError as error:
            if not self._stopping.cancelled:
                self.failure = error
        finally:
            self._service.close()

    def _keep(self, image: np.ndarray[Any, np.dtype[np.uint8]]) -> None:
        stream = self.stream or Slots(image.nbytes)
        try:
            stream.put(image, time.monotonic())
        except ValueError as error:
            raise DeviceError(Reason.GARBLED, en("the pictures change their size")) from error
        self.stream = stream


def _picture(
    service: XfsService, camera: CameraName, cancel: CancelToken | None = None
) -> np.ndarray[Any, np.dtype[np.uint8]]:
    """One picture: (height, width, 3), blue, green, red. Raises ``GARBLED`` when the service sends
    no picture."""
    command = TakePicture(camera=camera)
    data = service.call(command, Deadline(PICTURE_S), cancel or CancelToken()).picture_file
    image = None
    if data:
        try:
            image = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR)
        except cv2.error as error:
            raise DeviceError(Reason.GARBLED, en("a picture that is none")) from error
    if image is None:
        raise DeviceError(Reason.GARBLED, en("a picture that is none"))
    return np.asarray(image, np.uint8)
