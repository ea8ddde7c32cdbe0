"""The connection to a HID reader of ID cards: SDT frames in reports of 64 bytes, through hidraw.

A frame fills as many reports as it needs, the last padded with zeros (devices 2B8B:2721 and alike).
A written report begins with report number 0, because these readers do not number their reports.
"""

from __future__ import annotations

import errno
import fcntl
import os
import select
from contextlib import suppress

from drivers.sentence import en

REPORT = 64
_NUMBER = b"\0"


class HidPort:
    """An open ``/dev/hidraw…``, locked for this process, with the methods of a serial port."""

    def __init__(self, path: str, timeout: float) -> None:
        """``timeout``: longest wait of :meth:`read`, in seconds.

        Raises ``OSError``, ``EBUSY`` when another program holds the reader.
        """
        self._timeout = timeout
        self._fd = os.open(path, os.O_RDWR | os.O_NONBLOCK | os.O_NOCTTY | os.O_CLOEXEC)
        try:
            fcntl.flock(self._fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            os.close(self._fd)
            raise OSError(errno.EBUSY, en("held by another program"), path) from error

    def read(self, size: int) -> bytes:
        """Whole reports, at least ``size`` bytes; fewer after ``timeout``."""
        come = b""
        while len(come) < size and self._ready():
            with suppress(BlockingIOError):
                report = os.read(self._fd, REPORT)
                if not report:
                    raise OSError(errno.ENODEV, en("the reader hung up"))
                come += report
        return come

    def write(self, data: bytes) -> None:
        """Send a frame. Raises ``OSError`` when the reader takes no report for five seconds, which
        is the kernel's limit."""
        for at in range(0, len(data), REPORT):
            os.write(self._fd, _NUMBER + data[at : at + REPORT].ljust(REPORT, b"\0"))

    def reset_input_buffer(self) -> None:
        """Drop all reports that have come in so far."""
        with suppress(BlockingIOError):
            while os.read(self._fd, REPORT):
                pass

    def close(self) -> None:
        os.close(self._fd)

    def _ready(self) -> bool:
        poll = select.poll()
        poll.register(self._fd, select.POLLIN)
        return bool(poll.poll(self._timeout * 1000))
