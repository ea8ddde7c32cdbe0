"""Runs every probe and says it as text or JSON; the dated results are kept."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path

from kiosk.doctor import devices, machine, network
from kiosk.doctor.findings import Finding, Probe, Verdict, fit, run_guarded
from kiosk.settings import Settings

_MARKS = {
    Verdict.GOOD: "  ok ",
    Verdict.NOTE: "  .. ",
    Verdict.BAD: " BAD ",
    Verdict.UNKNOWN: "  ?? ",
}
KEPT = 50
"""How many dated results are kept."""


@dataclass(frozen=True, slots=True)
class Report:
    """A whole examination."""

    terminal: str
    at: datetime
    findings: tuple[Finding, ...]

    @property
    def fit(self) -> bool:
        return fit(self.findings)

    def text(self) -> str:
        """For a technician's terminal: one line a finding, what mends it beneath."""
        lines = [f"{self.terminal}, {self.at:%Y-%m-%d %H:%M:%S} UTC"]
        section = ""
        for finding in self.findings:
            if finding.section != section:
                section = finding.section
                lines += ["", section]
            lines.append(f"{_MARKS[finding.verdict]} {finding.name:<36} {finding.seen}")
            if finding.mend:
                lines.append(f"       {'':<28} → {finding.mend}")
        bad = [f for f in self.findings if f.verdict in (Verdict.BAD, Verdict.UNKNOWN)]
        verdict = "fit for service" if self.fit else f"NOT fit for service: {len(bad)} to look at"
        return "\n".join([*lines, "", verdict])

    def json(self) -> str:
        table = {
            "terminal": self.terminal,
            "at": self.at.isoformat(),
            "fit": self.fit,
            "findings": [asdict(finding) for finding in self.findings],
        }
        return json.dumps(table, ensure_ascii=False, indent=2)


def examine(settings: Settings, before: tuple[Finding, ...] = ()) -> Report:
    """Every probe, whatever the others found; ``before`` are findings made already."""
    findings = sorted((*_findings(settings), *before), key=lambda f: list(_PROBES).index(f.section))
    return Report(settings.terminal, datetime.now(UTC), tuple(findings))


def _findings(settings: Settings) -> Iterator[Finding]:
    for section, probes in _PROBES.items():
        for probe in probes:
            yield from run_guarded(section, probe, settings)


_PROBES: Mapping[str, tuple[Probe, ...]] = {
    machine.SECTION: (
        machine.system,
        machine.packages,
        machine.rights,
        machine.fonts,
        machine.resources_left,
        machine.display,
    ),
    devices.SECTION: (devices.configured, devices.unknown),
    network.SECTION: (network.way, network.own_certificate, network.clock, network.centre),
}


def keep(report: Report, directory: Path) -> Path:
    """Put the report as JSON among its forerunners; the oldest ones go."""
    directory.mkdir(parents=True, exist_ok=True)
    path = directory / f"doctor-{report.at:%Y%m%dT%H%M%SZ}.json"
    path.write_text(report.json(), encoding="utf-8")
    for old in sorted(directory.glob("doctor-*.json"))[:-KEPT]:
        old.unlink()
    return path
