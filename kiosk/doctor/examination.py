"""Runs every probe, and compares the findings with the kept results."""

from __future__ import annotations

import json
import platform
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

from drivers.sentence import en
from kiosk.doctor import (
    closures,
    counting,
    daemons,
    devices,
    faces,
    history,
    machine,
    names,
    network,
    permissions,
    processes,
    reach,
    revocations,
    services,
    staff,
    unknown,
)
from kiosk.doctor.causes import linked
from kiosk.doctor.findings import Finding, Probe, fit, plain, run_guarded
from kiosk.doctor.history import EarlierResult, Key, Past
from kiosk.settings import (
    CentreSettings,
    EnrolledDamaged,
    NoSettings,
    NotYetEnrolled,
    Settings,
    SettingsError,
)

SECTIONS = (
    machine.MACHINE,
    daemons.DAEMONS,
    names.NAMES,
    permissions.PERMISSIONS,
    devices.DEVICES,
    unknown.UNKNOWN,
    network.NETWORK,
    counting.COUNTERS,
)
"""In the order of the report: what is wrong above is often the cause of what is wrong below."""


@dataclass(frozen=True, slots=True)
class Report:
    """A whole examination."""

    terminal: str
    at: datetime
    findings: tuple[Finding, ...]
    past: Mapping[Key, Past] = field(default_factory=dict)
    before: tuple[EarlierResult, ...] = ()  # the kept results, oldest first
    torn: int = 0  # kept results that could not be read

    @property
    def fit(self) -> bool:
        return fit(self.findings)

    def past_of(self, finding: Finding) -> Past:
        return self.past.get((finding.section, finding.name), Past())

    def json(self) -> str:
        """One object: terminal, at (ISO 8601, UTC), fit, and the findings, in English, each with
        when it was last good or bad."""
        table = {
            "terminal": self.terminal,
            "at": self.at.isoformat(),
            "fit": self.fit,
            "findings": [
                asdict(finding) | _times(self.past_of(finding)) for finding in self.findings
            ],
        }
        return json.dumps(table, ensure_ascii=False, indent=2)


def _times(past: Past) -> dict[str, str | int | None]:
    moments = {
        "bad_since": past.bad_since,
        "last_good": past.last_good,
        "last_bad": past.last_bad,
    }
    said = {name: moment.isoformat() if moment else None for name, moment in moments.items()}
    return {**said, "turns": past.turns}


def examine(
    settings: Settings,
    before: tuple[Finding, ...] = (),
    kept: Path | None = None,
    file: Path | None = None,
) -> Report:
    """Runs every probe, whatever the others find. ``before``: findings made already. ``kept``: the
    directory with the earlier results. ``file``: where the settings were read."""
    at = datetime.now(UTC).replace(microsecond=0)
    found = tuple(map(plain, (*run_guarded(_probes(settings, file), settings), *before)))
    order = [section.name for section in SECTIONS]
    found = tuple(sorted(found, key=lambda finding: order.index(finding.section)))
    found = linked(found, settings)
    results, torn = history.read(kept, settings.terminal, at) if kept else ((), 0)
    past = history.compare(EarlierResult(at, history.worst(found)), results)
    return Report(settings.terminal, at, found, past, results, torn)


def mend_of(error: SettingsError, file: Path) -> str:
    """What gets this machine settings, where those of ``file`` cannot be used for ``error``."""
    if isinstance(error, NoSettings):
        return en("write them with: {command}", command=f"kiosk setup --settings {file}")
    if isinstance(error, NotYetEnrolled | EnrolledDamaged):
        return "kiosk enrol"
    if isinstance(error.__cause__, PermissionError):
        return en("run this command as root")
    return en("mend the line, or put the file aside: mv {file} {file}.old", file=file)


def without_settings(error: SettingsError, file: Path) -> Report:
    """Examines what needs no settings, and what is plugged in. ``error``: why there are none."""
    at = datetime.now(UTC).replace(microsecond=0)
    unnamed = Settings(terminal=platform.node(), centre=CentreSettings(url="", seal_roots=Path()))
    if isinstance(error, NoSettings):
        seen = en("{file}: there are no settings", file=file)
    else:
        seen = str(error)
    told = machine.MACHINE.bad("settings", seen, mend_of(error, file))
    probes = (
        *_of_the_machine(file),
        Probe(daemons.DAEMONS, "time service", daemons.time_service),
        Probe(daemons.DAEMONS, "in the way", daemons.in_the_way),
        Probe(unknown.UNKNOWN, "unknown devices", unknown.look),
        Probe(network.NETWORK, "link", network.link),
    )
    found = (told, *map(plain, run_guarded(probes, unnamed)))
    return Report(unnamed.terminal, at, linked(found, unnamed))


def _of_the_machine(read: Path) -> tuple[Probe, ...]:
    return (
        Probe(machine.MACHINE, "system", machine.system),
        Probe(machine.MACHINE, "packages", machine.packages),
        Probe(machine.MACHINE, "rare characters", machine.fonts),
        Probe(machine.MACHINE, "services", services.look),
        Probe(machine.MACHINE, "disk", machine.resources_left),
        Probe(machine.MACHINE, "swap", partial(machine.swap, file=read)),
        Probe(machine.MACHINE, "user", partial(machine.user, file=read)),
        Probe(machine.MACHINE, "display", partial(machine.display, file=read)),
    )


def _probes(settings: Settings, file: Path | None) -> tuple[Probe, ...]:
    read = file or processes.DEFAULT_SETTINGS
    return (
        *_of_the_machine(read),
        Probe(machine.MACHINE, "reach", reach.look),
        Probe(machine.MACHINE, "face models", faces.look),
        Probe(machine.MACHINE, closures.NAME, closures.look),
        Probe(machine.MACHINE, staff.NAME, staff.look),
        Probe(daemons.DAEMONS, daemons.PCSCD, daemons.pcscd, 35.0),
        Probe(daemons.DAEMONS, daemons.CUPSD, daemons.cupsd),
        Probe(daemons.DAEMONS, daemons.XFS, daemons.xfs4iot, 35.0),
        Probe(daemons.DAEMONS, "udevd", daemons.udevd),
        Probe(daemons.DAEMONS, permissions.UNIT, daemons.terminal),
        Probe(daemons.DAEMONS, "time service", daemons.time_service),
        Probe(daemons.DAEMONS, "in the way", daemons.in_the_way),
        Probe(names.NAMES, "names", names.look),
        Probe(permissions.PERMISSIONS, "permissions", partial(permissions.look, file=file)),
        *devices.probes(settings),
        Probe(unknown.UNKNOWN, "unknown devices", unknown.look),
        Probe(unknown.UNKNOWN, "neighbours", unknown.neighbours, devices.SECONDS),
        Probe(network.NETWORK, "link", network.link),
        Probe(network.NETWORK, "way", network.way, network.patience(settings)),
        Probe(network.NETWORK, "certificates", network.own_certificates),
        Probe(network.NETWORK, revocations.NAME, revocations.look, network.patience(settings)),
        Probe(counting.COUNTERS, "visits", counting.look),
    )
