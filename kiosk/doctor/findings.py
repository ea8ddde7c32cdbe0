"""What a probe says, and the promise that a report is always complete."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum

from kiosk.settings import Settings


class Verdict(StrEnum):
    """How a finding counts."""

    GOOD = "good"
    NOTE = "note"  # worth knowing; the terminal is fit all the same
    BAD = "bad"  # the terminal is not fit for service
    UNKNOWN = "unknown"  # could not be found out


@dataclass(frozen=True, slots=True)
class Finding:
    """One line of the report: what was looked at, how it is, and what mends it."""

    section: str  # "machine", "devices", "network", …
    name: str
    verdict: Verdict
    seen: str
    mend: str = ""  # a command or an act; empty when nothing needs mending


Probe = Callable[[Settings], Iterable[Finding]]
"""Looks at one thing. May raise whatever it likes."""


def run_guarded(section: str, probe: Probe, settings: Settings) -> Iterator[Finding]:
    """The findings of ``probe``; a probe that fails is itself a finding, never the end."""
    try:
        yield from probe(settings)
    except Exception as error:  # noqa: BLE001 - the report must come to its end whatever happens
        name = getattr(probe, "__name__", "probe").replace("_", " ")
        seen = f"the probe failed: {type(error).__name__}: {error}"[:200]
        yield Finding(section, name, Verdict.UNKNOWN, seen)


def fit(findings: Iterable[Finding]) -> bool:
    """Whether the terminal may serve: nothing is bad. What is unknown does not pass for good."""
    return all(f.verdict in (Verdict.GOOD, Verdict.NOTE) for f in findings)
