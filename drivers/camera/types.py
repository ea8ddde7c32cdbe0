"""The requests to a camera, and the stream of frames that it gives beside its commands."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

from drivers.device import Request

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

STALL_S = 1.5
"""A picture that is older than this, or has not changed for so long, is stale. In seconds."""


@dataclass(frozen=True, slots=True)
class Frame:
    """One picture. ``image`` has the shape (height, width, 3), channels blue, green, red, 8 bits
    each; no other frame shares its memory. ``number`` grows by one with every picture of the
    camera; ``at`` is when the picture was read, in seconds of :func:`time.monotonic`.
    """

    number: int
    at: float
    image: NDArray[np.uint8] = field(repr=False)


class Stream(Protocol):
    """The running picture of a driver in a thread or in a process. One thread at a time may use
    it."""

    def latest(self) -> Frame:
        """The newest picture. Raises ``DeviceError`` as :meth:`next` does."""

    def next(self, after: int, seconds: float) -> Frame | None:
        """Wait up to ``seconds`` for a picture with a number above ``after``; returns the newest
        (and skips those between), or ``None`` when none came.

        Raises ``DeviceError`` ``OFFLINE`` when the newest picture is older than :data:`STALL_S`:
        the camera or its process is gone, or the stream was stopped. Then ``StartStream`` gives a
        new stream.
        """


@dataclass(frozen=True, slots=True)
class PrepareStream(Request[None]):
    """Load what a stream needs, which may take 0.2 s: somebody is about to look into the camera.
    The camera takes no picture and lights no lamp."""


@dataclass(frozen=True, slots=True)
class StartStream(Request[Stream]):
    """Switch the camera on and wait for its first picture. While the camera runs well, another
    request gives a stream of the same pictures. Before the first request the camera takes no
    picture and lights no lamp.
    """


@dataclass(frozen=True, slots=True)
class StopStream(Request[None]):
    """Switch the camera off and wipe its last pictures. Does nothing when it is off."""
