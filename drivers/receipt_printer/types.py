"""The elements of a slip 凭条, and the requests to a receipt printer."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum

from drivers.device import Request


class Align(StrEnum):
    LEFT = "left"
    CENTRE = "centre"
    RIGHT = "right"


@dataclass(frozen=True, slots=True)
class Paragraph:
    """One paragraph; the driver wraps it to the paper's width. ``size`` 1 normal, 2 double."""

    text: str
    align: Align = Align.LEFT
    size: int = 1
    bold: bool = False


@dataclass(frozen=True, slots=True)
class Pair:
    """A label at the left and its value at the right of one line (or of two, when too long)."""

    label: str
    value: str
    bold: bool = False


@dataclass(frozen=True, slots=True)
class Rule:
    """A dashed line across the paper."""


@dataclass(frozen=True, slots=True)
class Qr:
    """A QR code in the middle of the paper. No personal data in it."""

    data: str


@dataclass(frozen=True, slots=True)
class Space:
    """Empty lines."""

    lines: int = 1


Element = Paragraph | Pair | Rule | Qr | Space


@dataclass(frozen=True, slots=True)
class Slip:
    """A whole slip, top to bottom. ``repr`` shows its length only: it may name a citizen."""

    elements: tuple[Element, ...] = field(repr=False)
    scale: int = 1  # 2: everything in double size, for elders


@dataclass(frozen=True, slots=True)
class Printed:
    """The slip came out whole: the printer has answered a request that it got after the slip."""

    job: str


@dataclass(frozen=True, slots=True)
class PrintSlip(Request[Printed]):
    """Print and cut one slip. ``job`` names it: a job that succeeded is never printed again."""

    job: str
    slip: Slip
