"""The newest frames in shared memory: the camera's process writes them, other processes read them.

The layout: a head with the number of the newest picture, 0 for none; then three slots, each with
the number, the time and the size of its picture before the pixels. Picture n lies in slot n modulo
3, so a reader has the time of two pictures to copy one. When the writer overtakes a reader, the
number in the slot has changed: the reader sees that and takes the newer picture.
"""

from __future__ import annotations

import struct
import time
from collections.abc import Callable
from typing import TYPE_CHECKING

from drivers.camera.types import STALL_S, Frame
from drivers.device import DeviceError, Reason
from drivers.hosting.channel import SharedMemory
from drivers.sentence import en

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

_SLOTS = 3
_NUMBER = struct.Struct("=q")
_FACTS = struct.Struct("=dII")  # time, height, width
_HEAD = 64
_SLOT_HEAD = 64
_LOOK_S = 0.004  # from one look for a new picture to the next


class Slots:
    """Both ends of a stream. Pickled over a channel, it refers to the same memory on the other
    side."""

    def __init__(self, capacity: int) -> None:
        """``capacity``: bytes of the largest picture."""
        self._capacity = capacity
        self._memory = SharedMemory(_HEAD + _SLOTS * (_SLOT_HEAD + capacity))
        self._number = 0

    def __reduce__(self) -> tuple[Callable[..., Slots], tuple[SharedMemory]]:
        return slots_of, (self._memory,)

    # -- the camera's end ---------------------------------------------------------------------

    def put(self, image: NDArray[np.uint8], at: float) -> None:
        """Make ``image``, taken ``at``, the newest. Raises ``ValueError`` when it is too large."""
        height, width, _ = image.shape
        if image.nbytes > self._capacity:
            raise ValueError("a picture larger than the slots")
        self._number += 1
        view, start = self._memory.view, self._start(self._number)
        _NUMBER.pack_into(view, start, 0)
        _FACTS.pack_into(view, start + _NUMBER.size, at, height, width)
        # The copy releases and takes the interpreter's lock. That is a memory barrier: the numbers
        # below are written after the pixels, also on processors that reorder writes.
        self._pixels(start, height, width)[:] = image
        _NUMBER.pack_into(view, start, self._number)
        _NUMBER.pack_into(view, 0, self._number)

    def wipe(self) -> None:
        """Overwrite all pictures with zeros: a reader that still holds the stream finds none."""
        size = len(self._memory.view)
        self._memory.view[:] = bytes(size)

    # -- the other end ------------------------------------------------------------------------

    def latest(self) -> Frame:
        """See :class:`drivers.camera.types.Stream`."""
        frame = self.next(0, 0.0)
        if frame is None:
            raise _no_picture()
        return frame

    def next(self, after: int, seconds: float) -> Frame | None:
        """See :class:`drivers.camera.types.Stream`."""
        until = time.monotonic() + seconds
        missed = 0
        while True:
            (newest,) = _NUMBER.unpack_from(self._memory.view)
            if not newest:
                raise _no_picture()
            if newest > after:
                frame = self._take(newest)
                if frame is None and newest != missed:
                    missed = newest
                    continue  # the writer has overtaken us: take the newer picture
                if frame is None or not _of_now(frame.at):
                    raise _no_picture()
                return frame
            if not _of_now(self._time(newest)):
                raise _no_picture()
            if time.monotonic() >= until:
                return None
            time.sleep(_LOOK_S)

    def _take(self, number: int) -> Frame | None:
        """Picture ``number``; ``None`` when the writer overwrote it meanwhile."""
        view, start = self._memory.view, self._start(number)
        at, height, width = _FACTS.unpack_from(view, start + _NUMBER.size)
        if not 0 < height * width * 3 <= self._capacity:
            return None
        image = self._pixels(start, height, width).copy()
        return Frame(number, at, image) if _NUMBER.unpack_from(view, start) == (number,) else None

    def _time(self, number: int) -> float:
        return float(_FACTS.unpack_from(self._memory.view, self._start(number) + _NUMBER.size)[0])

    def _start(self, number: int) -> int:
        return _HEAD + number % _SLOTS * (_SLOT_HEAD + self._capacity)

    def _pixels(self, start: int, height: int, width: int) -> NDArray[np.uint8]:
        import numpy as np

        size = height * width * 3
        flat = np.frombuffer(self._memory.view, np.uint8, size, start + _SLOT_HEAD)
        return flat.reshape(height, width, 3)


def slots_of(memory: SharedMemory) -> Slots:
    """The stream in ``memory``, which another process has made."""
    slots = Slots.__new__(Slots)
    slots._capacity = (len(memory.view) - _HEAD) // _SLOTS - _SLOT_HEAD
    slots._memory = memory
    slots._number = 0
    return slots


def _of_now(at: float) -> bool:
    return abs(time.monotonic() - at) <= STALL_S


def _no_picture() -> DeviceError:
    return DeviceError(Reason.OFFLINE, en("the camera gives no picture"))
