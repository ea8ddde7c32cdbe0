"""What a probe says, and the promise that a report is always complete."""

from __future__ import annotations

import threading
import time
import unicodedata
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

from drivers.sentence import Sentence, en
from kiosk.settings import Settings

PATIENCE_S = 20.0
"""Seconds that a probe may take, unless it has ``seconds`` of its own."""


class Verdict(StrEnum):
    """How a finding counts."""

    GOOD = "good"
    NOTE = "note"  # worth knowing; the terminal is still fit for service
    BAD = "bad"  # the terminal is not fit for service
    UNKNOWN = "unknown"  # the probe could not find out


@dataclass(frozen=True, slots=True)
class Finding:
    """One line of the report: a thing that a probe has examined, its state, and how to mend it."""

    section: str  # "machine", "daemons", "devices", "network", …
    name: str  # the same in every examination: the kept results are found by this name
    verdict: Verdict
    seen: str
    mend: str = ""  # a command or an act; empty when nothing needs mending
    because: str = ""  # the name of the finding that is the cause of this one

    @property
    def poor(self) -> bool:
        """True when the finding makes the terminal unfit. UNKNOWN does, as BAD: it is not GOOD."""
        return self.verdict in (Verdict.BAD, Verdict.UNKNOWN)


@dataclass(frozen=True, slots=True)
class Section:
    """Makes the findings of one section of the report."""

    name: str

    def good(self, name: str, seen: str) -> Finding:
        return Finding(self.name, name, Verdict.GOOD, seen)

    def note(self, name: str, seen: str, mend: str = "") -> Finding:
        return Finding(self.name, name, Verdict.NOTE, seen, mend)

    def bad(self, name: str, seen: str, mend: str = "", because: str = "") -> Finding:
        return Finding(self.name, name, Verdict.BAD, seen, mend, because)

    def unknown(self, name: str, seen: str, mend: str = "", because: str = "") -> Finding:
        return Finding(self.name, name, Verdict.UNKNOWN, seen, mend, because)

    def judged(self, name: str, good: bool, seen: str, mend: str) -> Finding:
        """Good, or bad with what mends it."""
        return self.good(name, seen) if good else self.bad(name, seen, mend)


@dataclass(frozen=True, slots=True)
class Probe:
    """Examines one thing. When ``look`` raises or does not end, this becomes a finding too."""

    section: Section
    name: str  # of the finding when the probe itself fails
    look: Callable[[Settings], Iterable[Finding]]
    seconds: float = PATIENCE_S


def run_guarded(probes: Sequence[Probe], settings: Settings) -> Iterator[Finding]:
    """The findings of all probes, in their order; they run at the same time.

    When a probe raises, or takes longer than its ``seconds``, a finding says so.
    """
    for running in [_RunningProbe(probe, settings) for probe in probes]:
        yield from running.findings()


class _RunningProbe:
    """A probe in a thread of its own, which is left behind when it hangs."""

    def __init__(self, probe: Probe, settings: Settings) -> None:
        self._probe = probe
        self._settings = settings
        self._found: list[Finding] = []
        self._until = time.monotonic() + probe.seconds
        self._thread = threading.Thread(target=self._run, name=probe.name, daemon=True)
        self._thread.start()

    def _run(self) -> None:
        probe = self._probe
        try:
            for finding in probe.look(self._settings):
                self._found.append(finding)
        except Exception as error:  # noqa: BLE001 - the report must come to its end whatever happens
            kind, words = type(error).__name__, str(error)[:150]
            seen = en("the probe failed: {kind}: {words}", kind=kind, words=words)
            self._found.append(probe.section.unknown(probe.name, seen))

    def findings(self) -> tuple[Finding, ...]:
        self._thread.join(max(0.0, self._until - time.monotonic()))
        hangs = self._thread.is_alive()
        found = tuple(self._found)
        if hangs:
            seen = en("no answer within {seconds:.0f} s", seconds=self._probe.seconds)
            late = self._probe.section.unknown(
                self._probe.name, seen, en("switch what it asks off and on, and examine again")
            )
            return (*found, late)
        return found


def plain(finding: Finding) -> Finding:
    """``finding`` without control characters: a device's name may hold some, and a terminal that
    prints them moves its cursor."""
    return replace(finding, name=_plain(finding.name), seen=_plain(finding.seen))


def _plain(words: str) -> str:
    if isinstance(words, Sentence):
        return words.map(_plain)
    return "".join("?" if unicodedata.category(one) in _CONTROL else one for one in words)


_CONTROL = ("Cc", "Cf", "Cs", "Zl", "Zp")  # Unicode: control, format, surrogate, separators


def fit(findings: Iterable[Finding]) -> bool:
    """Whether the terminal may serve: nothing is bad, and nothing unknown."""
    return not any(finding.poor for finding in findings)
