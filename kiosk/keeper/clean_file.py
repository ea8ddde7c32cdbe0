"""The marker file that outlives the terminal: present while no device holds citizen data."""

from __future__ import annotations

import logging
import os
from pathlib import Path

from kiosk import events

log = logging.getLogger(__name__)


class CleanFile:
    """Marker file, fsynced. Present: no device holds citizen data. Removed for the length of a
    visit, so a power cut leaves the file absent."""

    def __init__(self, directory: Path | None) -> None:
        self._path = directory / "clean" if directory else None

    def stands(self) -> bool:
        return self._path is None or self._path.exists()

    def set(self, clean: bool) -> None:
        if self._path is None or clean == self._path.exists():
            return
        try:
            if clean:
                self._path.touch()
            else:
                self._path.unlink()
            directory = os.open(self._path.parent, os.O_RDONLY)
            try:
                os.fsync(directory)
            finally:
                os.close(directory)
        except OSError as error:
            events.STATE_NOT_KEPT.log(log, code=error.errno)
