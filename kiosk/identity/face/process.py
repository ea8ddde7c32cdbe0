"""The process of one capture: it holds the camera's pictures, and dies with them.

What leaves the process: what the page shows, a small preview in shared memory, and the sealed
picture, which only the centre can open. The kernel kills the process when its parent dies.
"""

from __future__ import annotations

import os
import socket
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING

from drivers.camera.types import Stream
from drivers.device import DeviceError
from drivers.hosting.apart import end_apart, end_with, keep_memory_private, start_apart
from drivers.hosting.channel import Channel
from drivers.hosting.confine import ProcessNeeds, confine
from kiosk.identity.face.chip import ChipPhoto, NotCompared
from kiosk.identity.face.hints import FaceProgress, HowEnded

if TYPE_CHECKING:
    from kiosk.identity.face.capture import FaceShot
    from kiosk.identity.face.landmarks import FaceNets, Picture

PREVIEW = (360, 480)
"""Width and height of the preview: the middle of the camera's picture, mirrored."""
ANALYSE_S = 1 / 15
"""From one judged picture to the next, at least; the preview shows all that come."""
NICE = 5
"""The screen goes first."""
_WAIT_S = 0.25


@dataclass(frozen=True, slots=True)
class CaptureOrder:
    """What the process needs to know. ``certificate``: the centre's, PEM."""

    models: Path
    session: str
    challenge: str
    terminal: str
    certificate: bytes
    chip: ChipPhoto | None = None
    """The photo of the card with which the citizen has signed in; None: nothing is compared."""


@dataclass(frozen=True, slots=True)
class PreviewReady:
    """The preview, which other processes may show."""

    preview: Stream


@dataclass(frozen=True, slots=True)
class CaptureEnded:
    """The capture is over; ``sealed`` is the envelope of a captured face."""

    how: HowEnded
    sealed: bytes = b""


@dataclass(frozen=True, slots=True)
class CaptureFailed:
    """The capture cannot go on: the camera's error, or a bug, of which only the type is told."""

    error: DeviceError | None
    kind: str = ""
    missing: tuple[str, ...] = ()
    """Models that are absent or differ: liveness is not available."""


CaptureMessage = PreviewReady | FaceProgress | CaptureEnded | CaptureFailed


class CaptureProcess:
    """The parent's end. Start and end it in one thread: the kernel kills the child when the thread
    that started it ends. Raises ``OSError`` where the child cannot be started."""

    def __init__(self) -> None:
        """Start the child, which loads its libraries while the camera is switched on."""
        ours, theirs = socket.socketpair()
        with ExitStack() as undone:
            self._channel = Channel(ours)
            undone.callback(self._channel.close)
            with theirs:
                self._process = start_apart("kiosk.identity.face.process", theirs)
            undone.pop_all()

    def begin(self, order: CaptureOrder, stream: Stream) -> None:
        """Begin the capture, the only one of this process; :meth:`receive` tells what a child said
        that has died."""
        with suppress(OSError):
            self._channel.send((order, stream))

    def __enter__(self) -> CaptureProcess:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.end()

    @property
    def pid(self) -> int:
        return self._process.pid

    def receive(self, seconds: float) -> CaptureMessage | None:
        """The next message; None when none came in ``seconds``. A process that has died is a
        :class:`CaptureFailed`."""
        try:
            message: CaptureMessage = self._channel.receive(seconds)
        except TimeoutError:
            return None
        except (EOFError, OSError):
            return CaptureFailed(None, "died")
        return message

    def end(self) -> None:
        """Kill the process: every picture it holds goes with it."""
        self._channel.close()
        end_apart(self._process)


# -- the child ------------------------------------------------------------------------------------


NEEDS = ProcessNeeds()
"""What a capture needs: it reads its models, and writes, runs and connects to nothing."""


def main(end: int, parent: int, *, dumpable: bool) -> None:
    """The life of the process: one capture over the socket ``end``."""
    end_with(parent)
    keep_memory_private(dumpable=dumpable)
    os.nice(NICE)
    channel = Channel(socket.socket(fileno=end))
    confine(NEEDS, wanted=not dumpable)
    try:
        _capture(channel)
    except (EOFError, OSError):
        pass  # the parent has closed the channel: nobody wants the answer
    except DeviceError as error:
        channel.send(CaptureFailed(error))
    except Exception as error:  # noqa: BLE001 - the parent logs the type; a message may hold data
        channel.send(CaptureFailed(None, type(error).__name__))


def _capture(channel: Channel) -> None:
    import cv2

    from drivers.camera.slots import Slots
    from kiosk.identity.face.capture import Capture
    from kiosk.identity.face.landmarks import FaceNets, LivenessUnavailable

    cv2.setNumThreads(1)  # more threads take the screen's core for a millisecond's gain
    order, stream = channel.receive()
    preview = Slots(PREVIEW[0] * PREVIEW[1] * 3)
    try:
        nets = FaceNets(order.models)
    except LivenessUnavailable as error:
        channel.send(CaptureFailed(None, "models", error.missing))
        return
    channel.send(PreviewReady(preview))
    capture = Capture(nets)
    number, told, judged_at = 0, None, 0.0
    while capture.ended is None:
        frame = stream.next(number, _WAIT_S)
        if frame is None:
            continue
        number = frame.number
        preview.put(preview_of(frame.image), frame.at)
        if frame.at - judged_at < ANALYSE_S:
            continue
        judged_at = frame.at
        progress = capture.see(frame.image, frame.at)
        if progress != told:
            told = progress
            channel.send(progress)
    sealed = _sealed(order, nets, capture.shot) if capture.shot else b""
    preview.wipe()
    channel.send(CaptureEnded(capture.ended, sealed))


def preview_of(picture: Picture) -> Picture:
    """The view of ``picture``, mirrored and small."""
    import cv2
    import numpy as np

    from kiosk.identity.face.quality import view_of

    left, top, wide, high = view_of(picture.shape[1], picture.shape[0])
    view = picture[top : top + high, left : left + wide]
    small = cv2.resize(view, PREVIEW, interpolation=cv2.INTER_LINEAR)
    return np.asarray(cv2.flip(small, 1), np.uint8)


def _sealed(order: CaptureOrder, nets: FaceNets, shot: FaceShot) -> bytes:
    from kiosk.identity.face.comparing import compare, models_of, sface
    from kiosk.identity.face.envelope import FaceContent, seal

    photo = order.chip or ChipPhoto(why_not=NotCompared.NO_PHOTO)
    chip = compare(nets, sface(order.models), photo, shot.jpeg)
    content = FaceContent(
        session=order.session,
        challenge=order.challenge,
        taken_at=datetime.now(UTC).isoformat(timespec="milliseconds"),
        terminal=order.terminal,
        engine=nets.engine if chip.similarity is None else f"{nets.engine}, SFace",
        models=nets.hashes | models_of(chip),
        actions=tuple(action.value for action in shot.actions),
        reliefs=shot.reliefs,
        raster=round(shot.cues.raster, 1),
        edges=shot.cues.edges,
        attempts=shot.attempts,
        score=shot.score,
        measures=dict(shot.measures),
        picture=shot.jpeg,
        chip="compared" if chip.similarity is not None else "not-compared",
        similarity=chip.similarity,
        cause=chip.why_not or "",
    )
    return seal(content, order.certificate)
