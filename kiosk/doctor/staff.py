"""Whose card opens the maintenance page: how old the roster of the staff is, and what renews it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime

from drivers.sentence import en, joined
from kiosk.centre.roster import OF_MAINTENANCE
from kiosk.doctor.findings import Finding
from kiosk.doctor.machine import MACHINE
from kiosk.settings import Settings
from kiosk.staff.roster_file import RosterFile, RosterSpoilt, is_stale

NAME = "staff"
_BY_THE_CENTRE = en("the centre puts those on its roster whose cards shall")
_TICKET = en("a maintenance ticket opens the terminal meanwhile")


def look(settings: Settings) -> Iterator[Finding]:
    """The age of the roster, and of how many people. The terminal serves citizens without one."""
    try:
        kept = RosterFile(settings).kept()
    except OSError as error:
        seen = joined(": ", error.filename or "", error.strerror or type(error).__name__)
        yield MACHINE.note(NAME, seen, en("run this command as root"))
        return
    except RosterSpoilt as error:
        seen = en("the roster cannot be read, no card opens the terminal: {why}", why=str(error))
        yield MACHINE.note(NAME, seen, en("it is fetched again once the centre can be reached"))
        return
    if kept is None:
        seen = en("no roster: only maintenance tickets open the terminal")
        yield MACHINE.note(NAME, seen, _BY_THE_CENTRE)
        return
    now, most = datetime.now(UTC), settings.maintenance.staff_hours
    hours = max(0, round((now - kept.confirmed).total_seconds() / 3600))
    count = sum(1 for one in kept.roster.staff if one.role in OF_MAINTENANCE and one.is_good(now))
    stale = is_stale(settings, kept, now)
    if stale and now < kept.confirmed:
        seen = en("the roster was confirmed later than now: this clock stands too early")
        yield MACHINE.note(NAME, seen, joined("; ", en("set the clock"), _TICKET))
    elif stale:
        seen = en(
            "confirmed {hours} h ago, more than {most}: no card counts", hours=hours, most=most
        )
        mend = en("the way to the centre says why")
        yield MACHINE.note(NAME, seen, joined("; ", mend, _TICKET))
    elif not count:
        seen = en("nobody on the roster may open the terminal now: only maintenance tickets do")
        yield MACHINE.note(NAME, seen, _BY_THE_CENTRE)
    else:
        seen = en(
            "people: {count}; confirmed {hours} h ago, counts for {most} h",
            count=count,
            hours=hours,
            most=most,
        )
        yield MACHINE.good(NAME, seen)
