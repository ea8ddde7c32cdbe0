"""What the keeper tells systemd: sd_notify(3), sd_watchdog_enabled(3)."""

from __future__ import annotations

import contextlib
import os
import socket
import time

VARIABLES = ("NOTIFY_SOCKET", "WATCHDOG_USEC", "WATCHDOG_PID")
"""What systemd sets for the keeper alone: no visit inherits these variables."""


class Systemd:
    """What a service of ``Type=notify`` tells systemd: sd_notify(3), sd_watchdog_enabled(3)."""

    def __init__(self) -> None:
        self._address = os.environ.get("NOTIFY_SOCKET", "")
        if self._address.startswith("@"):
            self._address = "\0" + self._address[1:]
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._socket.setblocking(False)
        ours = os.environ.get("WATCHDOG_PID", str(os.getpid())) == str(os.getpid())
        microseconds = os.environ.get("WATCHDOG_USEC", "0")
        self._every = int(microseconds) / 2e6 if ours and microseconds.isdecimal() else 0.0
        self.due = 0.0 if self._every else float("inf")
        """When :meth:`watchdog` is to be called next (monotonic s)."""

    def tell(self, state: str) -> None:
        """Send one assignment. A failure is ignored: the terminal runs the same without systemd."""
        if self._address:
            with contextlib.suppress(OSError):
                self._socket.sendto(state.encode(), self._address)

    def watchdog(self) -> None:
        """Tell systemd that the keeper's loop turns, twice in the time that systemd allows."""
        now = time.monotonic()
        if now >= self.due:
            self.due = now + self._every
            self.tell("WATCHDOG=1")

    def close(self) -> None:
        self._socket.close()
