"""Wrong PINs of the staff, counted on the disk: a lock-out survives a restart and a power cut.

A try is counted before its PIN is compared, so that a power cut in between gives no try for free.
"""

from __future__ import annotations

from contextlib import suppress
from datetime import datetime, timedelta
from pathlib import Path
from typing import Annotated

import msgspec

from kiosk.enrolment import key as keys
from kiosk.staff.roster_file import FOLDER

MOST_TRIES = 3
"""Wrong PINs in a row; with the last one the card is locked."""
LOCKED = timedelta(hours=1)
_FILE = "wrong-pins.json"


class _Tries(msgspec.Struct, frozen=True):
    wrong: int
    last: Annotated[datetime, msgspec.Meta(tz=True)]


_TRIES: msgspec.json.Decoder[dict[str, _Tries]] = msgspec.json.Decoder(dict[str, _Tries])


class PinTries:
    """The wrong PINs by staff number, in the ``state`` directory."""

    def __init__(self, state: Path) -> None:
        self._folder = state / FOLDER
        self._path = self._folder / _FILE

    def locked_until(self, number: str, now: datetime) -> datetime | None:
        """Until when the card of ``number`` is locked; None: it is not. Raises ``OSError``.

        A last try that lies further ahead than a lock-out lasts was counted by another clock: the
        hour begins now, or a clock that was once years ahead would lock the card for years. A
        clock that starts years too early, as with an empty battery of the board, therefore ends a
        lock-out once it is set right. That is accepted: three more of a million PINs for a power
        cut that others see, where the card itself is needed too.
        """
        tries = self._read().get(number)
        if tries is None or tries.wrong < MOST_TRIES:
            return None
        if tries.last - now > LOCKED:
            # Kept, also for later asks. A clock that was set by less changes nothing.
            tries = _Tries(tries.wrong, now)
            self._write({**self._read(), number: tries})
        until = tries.last + LOCKED
        return until if now < until else None

    def count(self, number: str, now: datetime) -> int:
        """Count one try, before it is weighed; returns how many are left after it. On the disk
        when this returns. Raises ``OSError``."""
        kept = self._read()
        before = kept.get(number)
        over = before is not None and before.wrong >= MOST_TRIES  # the lock-out has passed
        wrong = 1 if before is None or over else before.wrong + 1
        self._write({**kept, number: _Tries(wrong, now)})
        return MOST_TRIES - wrong

    def forget(self, number: str) -> None:
        """The right PIN was entered. Raises ``OSError``."""
        self._write({who: tries for who, tries in self._read().items() if who != number})

    def _read(self) -> dict[str, _Tries]:
        """A file that cannot be read counts as none: who can change it can open the terminal."""
        with suppress(FileNotFoundError, msgspec.MsgspecError, ValueError, RecursionError):
            return _TRIES.decode(self._path.read_bytes())
        return {}

    def _write(self, tries: dict[str, _Tries]) -> None:
        keys.make_folder(self._folder)
        keys.write_secret(self._path, msgspec.json.encode(tries))
