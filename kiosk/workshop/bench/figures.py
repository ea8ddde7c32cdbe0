"""A figure of the bench: its name, unit, target and floor, its median and spread, its line."""

from __future__ import annotations

import json
import math
import statistics
from collections.abc import Mapping
from dataclasses import dataclass


class BenchError(Exception):
    """A figure could not be measured; the message says why."""


@dataclass(frozen=True, slots=True)
class Name:
    """The unit of a figure, the target that it should stay below, and the name of its floor."""

    unit: str
    below: float | None = None
    floor: str = ""
    must: bool = False  # the bench fails when the figure is not below `below`
    p99: bool = False  # `below` is for the figure's 99th percentile, not for its median

    @property
    def target(self) -> str:
        """In the table's words; empty without a target."""
        return f"{'p99 ' if self.p99 else ''}< {self.below:g}" if self.below else ""

    def failed_by(self, figure: Figure) -> bool:
        judged = figure.p99 if self.p99 else figure.median
        return self.must and self.below is not None and judged >= self.below


@dataclass(frozen=True, slots=True)
class Figure:
    """The values that were measured, at least one, in the unit of the figure's :class:`Name`.

    ``of``: of how many trials they are a rate and the ends of its interval; 0: each value is of a
    run of its own."""

    values: tuple[float, ...]
    of: int = 0

    @property
    def runs(self) -> int:
        return self.of or len(self.values)

    @property
    def median(self) -> float:
        return statistics.median(self.values)

    @property
    def p99(self) -> float:
        """The 99th percentile by nearest rank: below a hundred values, the largest."""
        return sorted(self.values)[math.ceil(0.99 * len(self.values)) - 1]


@dataclass(frozen=True, slots=True)
class NotMeasured:
    """Stands in place of a figure that this machine or a quick bench cannot measure; says why."""

    why: str


Values = dict[str, list[float]]


def as_json(figures: Mapping[str, Figure], names: Mapping[str, Name]) -> str:
    return json.dumps(
        {
            name: {
                "median": round(figure.median, 3),
                "p99": round(figure.p99, 3),
                "unit": names[name].unit,
                "runs": figure.runs,
            }
            for name, figure in figures.items()
        }
    )


def as_table(figures: Mapping[str, Figure], names: Mapping[str, Name]) -> str:
    wide = max(map(len, figures), default=0) + 2
    row = f"{{:<{wide}}}" + "{:>9}{:>9}{:>9}{:>9}{:>12}  {:<4}{:>5}"
    lines = [row.format("", "median", "p99", "least", "floor", "target", "", "runs")]
    for name, figure in figures.items():
        kind = names[name]
        if name.startswith("floor_"):
            continue
        lines.append(
            row.format(
                name,
                _short(figure.median),
                _short(figure.p99),
                _short(min(figure.values)),
                _short(figures[kind.floor].median) if kind.floor in figures else "",
                kind.target,
                kind.unit,
                figure.runs,
            )
        )
    return "\n".join(lines)


def _short(value: float) -> str:
    return f"{value:.2f}" if value < 10 else f"{value:.1f}"
