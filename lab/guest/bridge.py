"""Carries bytes between the far end of a cable and the emulator that plays the device."""

from __future__ import annotations

import os
import select
import threading
from collections.abc import Callable
from contextlib import suppress

_MOST = 8192
_FULL = 1 << 16


class Splice:
    """Carries bytes both ways between two descriptors until one breaks, or :meth:`close`.

    ``inward`` converts each piece from the cable for the emulator; ``outward`` is the size of the
    pieces that go to the cable, 0 for any size.

    It polls and never blocks in a read: a blocked read of a gadget's node does not wake when the
    gadget is configured anew.
    """

    def __init__(
        self,
        cable: int,
        device: int,
        inward: Callable[[bytes], bytes] = bytes,
        outward: int = 0,
    ) -> None:
        self._cable, self._device = cable, device
        self._inward = inward
        self._outward = outward
        self._woken, self._wake = os.pipe()
        for fd in (cable, device):
            os.set_blocking(fd, False)
        self._thread = threading.Thread(target=self._run, name="bridge", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """End the thread, and close both descriptors."""
        os.close(self._wake)
        self._thread.join()
        for fd in (self._cable, self._device, self._woken):
            os.close(fd)

    def _run(self) -> None:
        with suppress(OSError):  # one end is gone; `close` closes both
            self._carry()

    def _carry(self) -> None:
        to_device, to_cable = bytearray(), bytearray()
        poll = select.poll()
        poll.register(self._woken, select.POLLIN)
        piece = self._outward or 1
        while True:
            poll.register(self._cable, _wanted(len(to_device), len(to_cable) >= piece))
            poll.register(self._device, _wanted(len(to_cable), len(to_device) > 0))
            events = dict(poll.poll())
            if self._woken in events:
                return
            at_cable, at_device = events.get(self._cable, 0), events.get(self._device, 0)
            if at_cable & select.POLLIN:
                to_device += self._inward(self._read(self._cable))
            if at_device & select.POLLIN:
                to_cable += self._read(self._device)
            if at_device & select.POLLOUT:
                del to_device[: os.write(self._device, to_device)]
            if at_cable & select.POLLOUT:
                del to_cable[: os.write(self._cable, to_cable[: self._outward or _MOST])]
            if (at_cable | at_device) & (select.POLLERR | select.POLLNVAL):
                return

    def _read(self, fd: int) -> bytes:
        with suppress(BlockingIOError):
            data = os.read(fd, _MOST)
            if not data:
                raise BrokenPipeError
            return data
        return b""


def _wanted(waiting: int, to_write: bool) -> int:
    return (select.POLLIN if waiting < _FULL else 0) | (select.POLLOUT if to_write else 0)
