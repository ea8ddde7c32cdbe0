"""Services of other makers: which the settings name, which are refused, and why."""

from __future__ import annotations

from collections.abc import Iterator

from drivers.sentence import en, joined
from kiosk.doctor.findings import Finding
from kiosk.doctor.machine import MACHINE
from kiosk.services import added
from kiosk.settings import Settings


def look(settings: Settings) -> Iterator[Finding]:
    """A finding for each service that the settings name or a package brings. One that is named and
    cannot be had is bad; one that nobody named is a note."""
    for one in added.look(settings.services):
        name = en("service {id}", id=one.id)
        seen = joined(": ", one.package, one.refused)
        if not one.refused:
            yield MACHINE.good(name, seen)
        elif one.id in settings.services:
            yield MACHINE.bad(name, seen, one.mend)
        else:
            yield MACHINE.note(name, seen, one.mend)
