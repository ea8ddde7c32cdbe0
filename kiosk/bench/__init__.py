"""The bench: figures of this machine, part by part; see ``kiosk bench --help``."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from kiosk.bench import visits
from kiosk.bench.figures import BenchError, Figure, Name, as_json, as_table


@dataclass(frozen=True, slots=True)
class Part:
    """Figures that are measured together."""

    names: Mapping[str, Name]
    measure: Callable[[bool], Mapping[str, Figure]]  # told whether it should be quick


PARTS: Mapping[str, Part] = {
    "visits": Part(visits.NAMES, visits.run),
}


def run(parts: Sequence[str] = tuple(PARTS), *, json: bool, quick: bool) -> int:
    """Measure ``parts`` and print: a table, or one object ``{name: {median, p99, unit, runs}}``.

    Returns an exit code; why nothing could be measured goes to stderr.
    """
    names: dict[str, Name] = {}
    figures: dict[str, Figure] = {}
    try:
        for part in parts:
            names |= PARTS[part].names
            figures |= PARTS[part].measure(quick)
    except BenchError as error:
        print(f"bench: {error}", file=sys.stderr)
        return 1
    print(as_json(figures, names) if json else as_table(figures, names))
    return 0
