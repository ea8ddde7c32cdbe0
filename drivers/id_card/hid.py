"""The line to an ID card reader of the HID kind: SDT frames in reports of 64 bytes, by hidraw.

A frame fills as many reports as it needs, the last one padded with zeros (devices 2B8B:2721 and
alike). What is written begins with the report's number, 0: these readers number none.
"""

from __future__ import annotations

import errno
import fcntl
import os
import select
from contextlib import suppress

REPORT = 64
_NUMBER = b"\0"


class HidPort:
    """An open ``/dev/hidraw…``, taken for this process alone, used as a serial port is."""

    def __init__(self, path: str, timeout: float) -> None:
        """``timeout`` in seconds is that of :meth:`read`.

        Raises ``OSError``, ``EBUSY`` when another program has it.
        """
        self._timeout = timeout
        self._fd = os.open(path, os.O_RDWR | os.O_NONBLOCK | os.O_NOCTTY | os.O_CLOEXEC)
        try:
            fcntl.flock(self._fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            os.close(self._fd)
            raise OSError(errno.EBUSY, "held by another program", path) from error

    def read(self, size: int) -> bytes:
        """Whole reports, at least ``size`` bytes of them; fewer when the time is over."""
        come = b""
        while len(come) < size and self._ready():
            with suppress(BlockingIOError):
                report = os.read(self._fd, REPORT)
                if not report:
                    raise OSError(errno.ENODEV, "the reader hung up")
                come += report
        return come

    def write(self, data: bytes) -> None:
        """Hand a frame over. A reader that takes no report for five seconds is an ``OSError``: the
        kernel waits so long."""
        for at in range(0, len(data), REPORT):
            os.write(self._fd, _NUMBER + data[at : at + REPORT].ljust(REPORT, b"\0"))

    def reset_input_buffer(self) -> None:
        """Forget what has come in so far."""
        with suppress(BlockingIOError):
            while os.read(self._fd, REPORT):
                pass

    def close(self) -> None:
        os.close(self._fd)

    def _ready(self) -> bool:
        poll = select.poll()
        poll.register(self._fd, select.POLLIN)
        return bool(poll.poll(self._timeout * 1000))
