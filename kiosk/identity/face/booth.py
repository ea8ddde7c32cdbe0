"""Runs a capture for the dialogue: switches the camera on, starts the process, ends both."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from concurrent.futures import Future
from pathlib import Path
from typing import Any, NoReturn, TypeVar

from drivers.camera.types import PrepareStream, StartStream, StopStream, Stream
from drivers.device import CancelToken, Deadline, DeviceError, Kind, Reason, State, Status
from drivers.hosting.host import Host
from kiosk import events
from kiosk.identity.face.chip import NotCompared, chip_photo
from kiosk.identity.face.hints import ENDS, FaceProgress, Hint, HowEnded
from kiosk.identity.face.models import LIVENESS, installed
from kiosk.identity.face.process import (
    CaptureEnded,
    CaptureFailed,
    CaptureOrder,
    CaptureProcess,
    PreviewReady,
)
from kiosk.settings import FaceSettings
from kiosk.visit.face_steps import CAPTURE_S, CaptureFace, FaceCoaching, FaceTaken, ShowFace
from kiosk.visit.troubles import device_words
from kiosk.words import Text, _

log = logging.getLogger(__name__)
T = TypeVar("T")

CAMERA_S = 8.0
"""Time for the camera's first picture."""
_NO_MODELS = _("本机没有安装人脸识别")
TICKS = 60
"""The page shows the progress in so many steps."""
_LOOK_S = 0.1
_PREPARE_S = 5.0
_STOP_S = 5.0
LEFT_S = 10.0
"""Longest wait for the end of a capture whose page was left: only a camera whose driver hangs is
not switched off by then."""


def missing_models(folder: Path) -> tuple[str, ...]:
    """The models that liveness needs and ``folder`` lacks, or has with other bytes."""
    return tuple(name for name in LIVENESS if not installed(folder, name))


def closed_for_models(folder: Path) -> Text | None:
    """Why no face can be captured here: no models, so liveness is not available. Logs which."""
    missing = missing_models(folder)
    if not missing:
        return None
    events.FACE_MODELS_MISSING.log(log, files=" ".join(missing))
    return _NO_MODELS


class FaceBooth:
    """The captures of one visit, one at a time: a capture whose page was left has switched the
    camera off before the next one switches it on."""

    def __init__(self, camera: Host, face: FaceSettings, terminal: str) -> None:
        self._camera = camera
        self._face = face
        self._terminal = terminal
        self._one = threading.Lock()

    def prepare(self) -> None:
        """A capture may begin in a moment: load what the camera needs for it, in the driver's
        thread or process. What goes wrong, the capture will tell."""
        self._camera.submit(PrepareStream(), _PREPARE_S)

    def take(self, step: CaptureFace, show: ShowFace, cancel: CancelToken) -> Future[FaceTaken]:
        """Begin a capture; the future has what came of it. A camera or a process that fails is a
        reason why there is no picture, so that the citizen is offered the other ways.

        After ``cancel`` the process is killed and the camera switched off. ``show`` is called in
        the capture's own thread.
        """
        future: Future[FaceTaken] = Future()
        threading.Thread(
            target=self._run, args=(step, show, cancel, future), name="face", daemon=True
        ).start()
        return future

    def aim(self, show: Callable[[Stream], None], cancel: CancelToken) -> Future[Any]:
        """Show the camera's own picture until ``cancel``, then switch the camera off; the future
        has the ``DeviceError`` of the end. No capture begins meanwhile, and nobody judges the
        picture. ``show`` is called in a thread of its own."""
        future: Future[Any] = Future()

        def run() -> None:
            try:
                self._alone(lambda: self._aimed(show, cancel))
            except Exception as error:  # noqa: BLE001 - as in `_run`
                future.set_exception(error)

        threading.Thread(target=run, name="aim", daemon=True).start()
        return future

    def _aimed(self, show: Callable[[Stream], None], cancel: CancelToken) -> NoReturn:
        stream = self._camera.execute(StartStream(), CAMERA_S, cancel)
        try:
            show(stream)
            while not cancel.wait(_LOOK_S):
                status = self._camera.status
                if not status.usable:
                    raise DeviceError(status.problem or Reason.OFFLINE, device=Kind.CAMERA)
        finally:
            self._camera.submit(StopStream(), _STOP_S)
        raise DeviceError(Reason.CANCELLED, device=Kind.CAMERA)

    def _run(
        self, step: CaptureFace, show: ShowFace, cancel: CancelToken, future: Future[FaceTaken]
    ) -> None:
        try:
            taken = self._alone(lambda: self._taken(step, show, cancel))
        except DeviceError as error:
            if cancel.cancelled:
                future.set_exception(error)
            else:
                future.set_result(FaceTaken(why_not=_words(error)))
        except Exception as error:  # noqa: BLE001 - the dialogue raises it: a bug, with its number
            future.set_exception(error)
        else:
            future.set_result(taken)

    def _alone(self, use: Callable[[], T]) -> T:
        """What ``use`` of the camera gives, once whoever used it before has switched it off."""
        if not self._one.acquire(timeout=LEFT_S):
            raise DeviceError(Reason.OFFLINE, device=Kind.CAMERA)
        try:
            return use()
        finally:
            self._one.release()

    def _taken(self, step: CaptureFace, show: ShowFace, cancel: CancelToken) -> FaceTaken:
        chip = chip_photo(step.photo.reveal(), self._face.decoder)
        if chip.why_not is NotCompared.DECODER_FAILED:
            events.CHIP_PHOTO_NOT_DECODED.log(log)
        order = CaptureOrder(
            self._face.models,
            step.session,
            step.challenge.challenge,
            self._terminal,
            step.challenge.certificate.encode(),
            chip,
        )
        # In this thread: the kernel ends the process with the thread that started it.
        try:
            started = CaptureProcess()
        except OSError as error:
            return FaceTaken(why_not=_why_failed(CaptureFailed(None, type(error).__name__)))
        try:
            with started as process:
                process.begin(order, self._camera.execute(StartStream(), CAMERA_S, cancel))
                return self._follow(process, show, cancel)
        finally:
            self._camera.submit(StopStream(), _STOP_S)

    def _follow(self, process: CaptureProcess, show: ShowFace, cancel: CancelToken) -> FaceTaken:
        preview: Stream | None = None
        shown: FaceCoaching | None = None
        crowd = False
        limit = Deadline(CAPTURE_S + CAMERA_S)
        while not cancel.cancelled:
            if limit.passed():
                return FaceTaken(why_not=ENDS[HowEnded.TOO_LONG], crowd=crowd)
            match process.receive(_LOOK_S):
                case PreviewReady(preview):
                    show(FaceCoaching(), preview)
                case FaceProgress() as progress:
                    crowd |= progress.hint is Hint.ALONE
                    now = coaching_of(progress)
                    if now != shown:
                        shown = now
                        show(now, preview)
                case CaptureEnded(how, sealed):
                    events.FACE_CAPTURE_ENDED.log(log, outcome=how.value)
                    return FaceTaken(sealed, None if sealed else ENDS[how], crowd)
                case CaptureFailed() as failed:
                    return FaceTaken(why_not=_why_failed(failed))
        raise DeviceError(Reason.CANCELLED, device=Kind.CAMERA)


def _why_failed(failed: CaptureFailed) -> Text:
    if failed.error is not None:
        return _words(failed.error)
    if failed.missing:
        events.FACE_MODELS_MISSING.log(log, files=" ".join(failed.missing))
        return _NO_MODELS
    events.FACE_CAPTURE_FAILED.log(log, reason=failed.kind)
    return _("这次没有拍成")


def _words(error: DeviceError) -> Text:
    return device_words(Kind.CAMERA, Status(State.OFFLINE, problem=error.reason))


def coaching_of(progress: FaceProgress) -> FaceCoaching:
    """What the page says of ``progress``; the share in steps that the page can show."""
    share = round(progress.share * TICKS) / TICKS
    return FaceCoaching(progress.words, progress.lead, progress.step, progress.steps, share)
