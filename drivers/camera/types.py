"""What is asked of a camera, and the frames it gives beside the queue of commands."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

from drivers.device import Request

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

STALL_S = 1.5
"""A picture that is older, or has not changed for so long, is no picture of now."""


@dataclass(frozen=True, slots=True)
class Frame:
    """One picture. ``image`` is (height, width, 3) in the order blue, green, red, 8 bits each; a
    copy of its own. ``number`` grows by one with every picture the camera gave; ``at`` is when it
    was read, in seconds of :func:`time.monotonic`.
    """

    number: int
    at: float
    image: NDArray[np.uint8] = field(repr=False)


class Stream(Protocol):
    """The running picture, wherever the driver runs. Safe to ask from any one thread."""

    def latest(self) -> Frame:
        """The newest picture. Raises ``DeviceError`` as :meth:`next` does."""

    def next(self, after: int, seconds: float) -> Frame | None:
        """The newest picture with a number above ``after``, waiting up to ``seconds`` for it;
        ``None`` when there was none. Pictures between are left out.

        Raises ``DeviceError`` ``OFFLINE`` once the newest is older than :data:`STALL_S`: the camera
        or its process is gone, or the stream was stopped. ``StartStream`` then gives a new one.
        """


@dataclass(frozen=True, slots=True)
class StartStream(Request[Stream]):
    """Switch the camera on and wait for its first picture. Asked again while it runs well, it gives
    the same pictures once more. No picture is taken, and no lamp is lit, before this is asked.
    """


@dataclass(frozen=True, slots=True)
class StopStream(Request[None]):
    """Switch the camera off and wipe its last pictures. Does nothing when it is off."""
