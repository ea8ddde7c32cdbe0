"""The requests to an A4 printer."""

from __future__ import annotations

from dataclasses import dataclass, field

from drivers.device import Request


@dataclass(frozen=True, slots=True)
class PagesPrinted:
    """All pages came out, as the printer counted."""

    job: str
    pages: int


@dataclass(frozen=True, slots=True)
class PrintDocument(Request[PagesPrinted]):
    """Print one PDF once on A4, one-sided. ``job`` names it: a job that succeeded is never printed
    again. The printer's panel may show ``title``, which never holds a citizen's name.

    ``again``: an earlier job with this PDF and ``title``, which then no other document has, ended
    without a word of how many pages came out. A printer that knows its jobs is asked first what
    became of that one, and nothing is printed where it was completed after all.

    Fails with a ``DeviceError`` whose ``pages`` says how many whole pages came out. When the
    deadline passes or the job is cancelled, the job is cancelled at the printer too.
    """

    job: str
    pdf: bytes = field(repr=False)
    pages: int
    title: str = "document"
    again: bool = False


@dataclass(frozen=True, slots=True)
class SupplyLevel:
    """How full one supply of the printer is, such as its toner; ``percent`` None: it does not
    tell."""

    name: str
    percent: int | None


@dataclass(frozen=True, slots=True)
class ReadSupplies(Request[tuple[SupplyLevel, ...]]):
    """What the printer tells of its toner and its waste box; empty: nothing."""
