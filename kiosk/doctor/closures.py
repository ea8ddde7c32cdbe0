"""What technicians have taken out of service: what, why, since when, and who did."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from drivers.sentence import en, joined
from kiosk.doctor.findings import Finding
from kiosk.doctor.machine import MACHINE
from kiosk.settings import Settings, state_directory
from kiosk.terminal.closures import TERMINAL, Closed, Closures, ClosuresSpoilt

NAME = "out of service"
_WHY: Mapping[str, str] = {
    "repair": en("waits for repair"),
    "supplies": en("waits for paper or toner"),
    "testing": en("is being tested"),
    "notice": en("by order"),
}
"""The reasons of :data:`kiosk.terminal.closures.REASONS` as a technician reads them."""


def look(settings: Settings) -> Iterator[Finding]:
    """A note for each thing that is out of service. Somebody wanted it so: the terminal is fit."""
    try:
        closed = Closures(state_directory(settings)).kept()
    except OSError as error:
        seen = joined(": ", error.filename or "", error.strerror or type(error).__name__)
        yield MACHINE.note(NAME, seen, en("run this command as root"))
    except ClosuresSpoilt as error:
        seen = en("the file cannot be read, everything is in service: {why}", why=str(error))
        mend = en("take out of service again, on the maintenance page, what must be")
        yield MACHINE.note(NAME, seen, mend)
    else:
        yield from _told(closed)


def _told(closed: Closed) -> Iterator[Finding]:
    reasons: dict[str, str] = {TERMINAL: closed.terminal} if closed.terminal else {}
    reasons |= {str(kind): why for kind, why in closed.devices.items()} | closed.services
    if not reasons:
        yield MACHINE.good(NAME, en("nothing"))
    mend = en("bring it back: the terminal's maintenance page, “out of service”")
    for what, why in reasons.items():
        title = en("the whole terminal") if what == TERMINAL else what
        name = en("out of service: {what}", what=title)
        yield MACHINE.note(name, _seen(closed, what, why), mend)


def _seen(closed: Closed, what: str, why: str) -> str:
    told = _WHY.get(why, why)
    if note := closed.notes.get(what):
        at = f"{note.since.astimezone():%Y-%m-%d %H:%M}"
        return joined("; ", told, en("since {at}, by staff number {by}", at=at, by=note.by))
    return told
