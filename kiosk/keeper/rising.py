"""Starts the poster before the keeper's own imports.

The poster reads the settings by itself, and shows itself when the keeper tells it ``Live``: by then
the settings are checked, this keeper is the only one, and no other program shares the machine. This
module imports only what starts a process.
"""

from __future__ import annotations

import resource
import socket
import sys
import time
from collections.abc import Sequence
from pathlib import Path

from kiosk.keeper.kept_process import KeptProcess


class RisingPoster:
    """A poster that has been started and waits for ``Live``. Raises ``OSError``.

    ``end`` is the keeper's end of its channel, ``since`` when it was started (monotonic s).
    """

    def __init__(self, command: Sequence[str]) -> None:
        self.since = time.monotonic()
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
        here, there = socket.socketpair()
        with here, there:
            self.process = KeptProcess.start(command, there)
            self.end = socket.socket(fileno=here.detach())

    def give_up(self) -> None:
        """The terminal has no poster, or does not start: kill and collect the process."""
        self.process.reap()
        self.end.close()


def poster_command(settings_path: Path) -> list[str]:
    """The command that starts the poster; the keeper adds ``--channel``."""
    return [sys.executable, "-m", "ui.poster", str(settings_path)]


def begin(command: Sequence[str]) -> RisingPoster | Sequence[str]:
    """Start the poster. Returns ``command`` where the machine has no process to spare at this
    moment: the keeper tries once more, and logs what comes of that."""
    try:
        return RisingPoster(command)
    except OSError:
        return command
