"""What the terminal's devices have done so far, from the counters of its state directory."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from drivers.sentence import en
from kiosk.counters import Counted, CounterFile, CounterState
from kiosk.doctor.findings import Finding, Section
from kiosk.settings import Settings, state_directory

COUNTERS = Section("counters")
_NAMES: Mapping[Counted, str] = {
    Counted.VISITS: "visits",
    Counted.SHEETS: "A4 pages",
    Counted.SLIPS: "slips",
    Counted.ID_CARDS: "ID cards read",
    Counted.JAMS: "jams",
    Counted.RETRACTED: "papers not taken",
}


def look(settings: Settings) -> Iterator[Finding]:
    """Each counter in all, and since its last reset. A terminal that has counted nothing yet has
    one line."""
    tally = CounterFile(state_directory(settings)).read()
    if not tally.counts:
        yield COUNTERS.good("visits", en("nothing was counted yet"))
        return
    for counted, name in _NAMES.items():
        yield COUNTERS.good(name, _said(tally.of(counted)))
    kilometres = tally.of(Counted.HEAD_MM).since_reset / 1_000_000
    yield COUNTERS.good(
        "paper past the head", en("about {kilometres:.2f} km", kilometres=kilometres)
    )


def _said(state: CounterState) -> str:
    if state.reset_at is None:
        return en("{total} in all", total=state.total)
    return en(
        "{since} since {day}, {total} in all",
        since=state.since_reset,
        day=f"{state.reset_at:%Y-%m-%d}",
        total=state.total,
    )
