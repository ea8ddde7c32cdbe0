"""The bench: figures of this machine, part by part; see ``kiosk bench --help``."""

from __future__ import annotations

import sys
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from kiosk.workshop.bench import devices, faults, visits
from kiosk.workshop.bench.figures import BenchError, Figure, Name, NotMeasured, as_json, as_table


@dataclass(frozen=True, slots=True)
class BenchPart:
    """Figures that are measured together."""

    names: Mapping[str, Name]
    measure: Callable[[bool], Mapping[str, Figure | NotMeasured]]  # told whether to be quick


PARTS: Mapping[str, BenchPart] = {
    "visits": BenchPart(visits.NAMES, visits.run),
    "devices": BenchPart(devices.NAMES, devices.run),
    "faults": BenchPart(faults.NAMES, faults.run),
}


def run(parts: Sequence[str] = tuple(PARTS), *, json: bool, quick: bool) -> int:
    """Measure ``parts`` and print: a table, or one object ``{name: {median, p99, unit, runs}}``.

    What was not measured, for want of a daemon or of time, is left out, and stderr says why. When a
    part cannot be measured though all is there, nothing is printed, and stderr says why. Returns an
    exit code, 1 for that, and for a figure that must stay below its target and does not, else 0.
    """
    names: dict[str, Name] = {}
    figures: dict[str, Figure] = {}
    reasons: dict[str, list[str]] = defaultdict(list)
    try:
        for part in parts:
            names |= PARTS[part].names
            for name, found in PARTS[part].measure(quick).items():
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
