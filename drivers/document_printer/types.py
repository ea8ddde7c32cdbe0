"""What is asked of an A4 printer."""

from __future__ import annotations

from dataclasses import dataclass, field

from drivers.device import Request


@dataclass(frozen=True, slots=True)
class PagesPrinted:
    """All pages came out, as counted by the printer."""

    job: str
    pages: int


@dataclass(frozen=True, slots=True)
class PrintDocument(Request[PagesPrinted]):
    """Print one PDF once on A4, one-sided. ``job`` names it: one that succeeded is never printed
    again. ``title`` is what the printer's panel may show: never a citizen's name.

    Fails with a ``DeviceError`` whose ``pages`` says how many whole pages came out. When the
    deadline passes or the job is cancelled, the job is cancelled at the printer too.
    """

    job: str
    pdf: bytes = field(repr=False)
    pages: int
    title: str = "document"
