"""Keeps the roster of the staff in a file, so that cards count for a time without the centre.

The roster counts for ``[maintenance] staff_hours`` after the centre has last said that it is the
roster of now; after that nobody can know who has been taken off meanwhile.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from pydantic import AwareDatetime, ValidationError

from drivers.sentence import en
from kiosk import events
from kiosk.centre.errors import CentreUnavailable, Refusal, Trouble
from kiosk.centre.models import WireModel
from kiosk.centre.roster import StaffRoster
from kiosk.enrolment import key as keys
from kiosk.settings import Settings, state_directory

log = logging.getLogger(__name__)
FOLDER = "maintenance"
"""In the state directory: what maintenance keeps."""
FILE = "staff.json"
CLOCKS_DIFFER = timedelta(hours=1)
"""So far ahead a confirmation may lie; further ahead, this terminal's clock stands too early."""
_WRITE_AGAIN = timedelta(hours=1)
"""The same roster is written again when its last confirmation in the file is older than this: not
every minute, to spare the disk."""


class KeptRoster(WireModel):
    """The file. ``confirmed``: when the centre has last said that this is the roster of now, by
    this terminal's clock."""

    of: str = ""
    """Address of the centre, and the terminal that the roster is for."""
    confirmed: AwareDatetime
    roster: StaffRoster


class RosterSpoilt(Exception):
    """The file cannot be understood: why."""


class RosterFile:
    """The file of the terminal with ``settings``, in its state directory."""

    def __init__(self, settings: Settings) -> None:
        self._folder = state_directory(settings) / FOLDER
        self._path = self._folder / FILE
        self._of = f"{settings.centre.url} {settings.terminal}"

    def kept(self) -> KeptRoster | None:
        """What was kept last; None: nothing, or the roster of another terminal or centre, left on a
        copied disk or from before a move. Raises ``OSError`` and :class:`RosterSpoilt`."""
        try:
            kept = KeptRoster.model_validate_json(self._path.read_bytes())
        except FileNotFoundError:
            return None
        except ValidationError as error:
            where = ".".join(map(str, error.errors(include_input=False)[0]["loc"]))
            raise RosterSpoilt(f"does not fit at {where or 'the top'}") from None
        return kept if kept.of == self._of else None

    def follow(
        self, edition: int, fetch: Callable[[], StaffRoster], now: datetime | None = None
    ) -> bool:
        """Keep the roster of the ``edition`` that the catalogue names; 0: the centre has none for
        this terminal, and nobody's card counts. ``fetch`` asks the centre for the roster. Returns
        whether the file has changed, and with it perhaps whose card counts.

        What does not work is an event, and the roster that is kept counts until its time is over.
        """
        now = now or datetime.now(UTC)
        try:
            return self._follow(edition, fetch, now)
        except (CentreUnavailable, Refusal) as error:
            events.ROSTER_NOT_TAKEN.log(log, reason=str(error))
        except OSError as error:
            events.ROSTER_NOT_KEPT.log(log, reason=error.strerror or type(error).__name__)
        return False

    def _follow(self, edition: int, fetch: Callable[[], StaffRoster], now: datetime) -> bool:
        if not edition:
            there = self._path.exists()
            self._path.unlink(missing_ok=True)
            return there
        try:
            kept = self.kept()
        except RosterSpoilt:
            kept = None
        if kept is None or kept.roster.edition != edition:
            roster = fetch()
            if roster.edition != edition:
                why = en("a roster of another edition than the catalogue names")
                raise CentreUnavailable(Trouble.NONSENSE, why)
            kept = KeptRoster(of=self._of, confirmed=now, roster=roster)
            self._keep(kept)
            events.ROSTER_TAKEN.log(log, count=len(kept.roster.staff))
            return True
        if abs(now - kept.confirmed) >= _WRITE_AGAIN:
            self._keep(KeptRoster(of=self._of, confirmed=now, roster=kept.roster))
            return True
        return False

    def _keep(self, kept: KeptRoster) -> None:
        keys.make_folder(self._folder)
        keys.write_secret(self._path, kept.model_dump_json().encode())


@dataclass(frozen=True, slots=True)
class RosterOfNow:
    """The roster by which a card counts now, or why none does."""

    roster: StaffRoster | None = None
    stale_since: datetime | None = None
    """Since when the centre has not confirmed the roster, where that is too long ago."""
    unreadable: bool = False


def roster_of_now(settings: Settings, now: datetime) -> RosterOfNow:
    """What the terminal with ``settings`` goes by at ``now``. Never raises."""
    try:
        kept = RosterFile(settings).kept()
    except (OSError, RosterSpoilt):
        return RosterOfNow(unreadable=True)
    if kept is None:
        return RosterOfNow()
    if is_stale(settings, kept, now):
        return RosterOfNow(stale_since=kept.confirmed)
    return RosterOfNow(kept.roster)


def is_stale(settings: Settings, kept: KeptRoster, now: datetime) -> bool:
    """Whether the centre has confirmed the roster too long ago, or this terminal's clock stands
    before that: then nobody knows how long ago."""
    age = now - kept.confirmed
    return not -CLOCKS_DIFFER <= age <= timedelta(hours=settings.maintenance.staff_hours)
