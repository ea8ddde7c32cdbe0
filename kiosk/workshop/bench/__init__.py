"""The bench: measures this machine part by part and prints figures; see ``kiosk bench --help``."""

from __future__ import annotations

import sys
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from kiosk.workshop.bench import devices, enrolment, face, faults, flat, money, visits
from kiosk.workshop.bench.figures import BenchError, Figure, Name, NotMeasured, as_json, as_table
from kiosk.workshop.bench.peer import comparison


@dataclass(frozen=True, slots=True)
class BenchPart:
    """A group of figures that one function measures together."""

    names: Mapping[str, Name]
    measure: Callable[[bool], Mapping[str, Figure | NotMeasured]] | None = None
    """Its argument: quick."""
    throttled: Callable[[bool, float], Mapping[str, Figure | NotMeasured]] | None = None
    """The same with a share of one CPU."""
    counted: Callable[[bool, int], Mapping[str, Figure | NotMeasured]] | None = None
    """Over so many visits instead; such a part takes an hour, and is measured when it is named."""


VISITS = 2000
PARTS: Mapping[str, BenchPart] = {
    "visits": BenchPart(visits.NAMES, visits.run),
    "money": BenchPart(money.NAMES, money.run),
    "devices": BenchPart(devices.NAMES, devices.run),
    "enrolment": BenchPart(enrolment.NAMES, enrolment.run),
    "face": BenchPart(face.NAMES, face.run),
    "faults": BenchPart(faults.NAMES, faults.run),
    "flat": BenchPart(flat.NAMES, counted=flat.run),
    "peer": BenchPart(comparison.NAMES, comparison.run, comparison.run),
}
UNASKED = tuple(name for name, part in PARTS.items() if not part.counted)
"""What is measured when no part is named."""


def run(
    parts: Sequence[str] = UNASKED,
    *,
    json: bool,
    quick: bool,
    throttle: float = 1.0,
    visits: int = VISITS,
) -> int:
    """Measure ``parts`` and print a table, or one object ``{name: {median, p99, unit, runs}}``.

    A figure that could not be measured (no daemon, or no time for it in a quick bench) is left out,
    and stderr says why. When a measurement fails, nothing is printed but the reason, on stderr.
    ``throttle``: the share of one CPU for what is measured, ``visits``: how many come and go, each
    where a part knows how.
    Returns an exit code: 1 after such a failure, or when a figure with ``must`` is not below its
    target; else 0.
    """
    names: dict[str, Name] = {}
    figures: dict[str, Figure] = {}
    reasons: dict[str, list[str]] = defaultdict(list)
    try:
        for part in parts:
            names |= PARTS[part].names
            one = PARTS[part]
            if one.counted:
                seen = one.counted(quick, visits)
            elif one.throttled:
                seen = one.throttled(quick, throttle)
            else:
                assert one.measure  # of each part that neither counts visits nor is throttled
                seen = one.measure(quick)
            for name, found in seen.items():
                if isinstance(found, Figure):
                    figures[name] = found
                else:
                    reasons[found.why].append(name)
    except BenchError as error:
        print(f"bench: {error}", file=sys.stderr)
        return 1
    for why, left_out in reasons.items():
        shown = [name for name in left_out if not name.startswith("floor_")]
        print(f"bench: {', '.join(shown or left_out)} not measured: {why}", file=sys.stderr)
    print(as_json(figures, names) if json else as_table(figures, names))
    return int(any(names[name].failed_by(figure) for name, figure in figures.items()))
