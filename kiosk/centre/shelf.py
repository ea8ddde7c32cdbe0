"""Keeps what everybody may read in a file, for the time when the centre cannot be reached."""

from __future__ import annotations

import logging
import os
from pathlib import Path

from pydantic import ValidationError

from kiosk import events
from kiosk.centre import headlines
from kiosk.centre.publication import KeptPublication

FILE = headlines.FILE
log = logging.getLogger(__name__)


class Shelf:
    """One file in the state directory. Nothing personal is in it: a visit writes it before a
    citizen has begun."""

    def __init__(self, directory: Path) -> None:
        self._path = directory / FILE

    def read(self) -> KeptPublication | None:
        """What was kept last; None when there is nothing, or nothing that can be used."""
        try:
            return KeptPublication.model_validate_json(self._path.read_bytes())
        except (OSError, ValidationError):
            return None

    def keep(self, information: KeptPublication) -> None:
        """Replace the file; a power cut leaves the old one or the new one. A disk that cannot be
        written is an event: the terminal serves all the same."""
        fresh = self._path.with_suffix(".new")
        try:
            with fresh.open("wb") as file:
                file.write(information.model_dump_json().encode())
                file.flush()
                os.fsync(file.fileno())
            fresh.replace(self._path)
        except OSError as error:
            events.PUBLIC_NOT_KEPT.log(log, reason=error.strerror or type(error).__name__)
