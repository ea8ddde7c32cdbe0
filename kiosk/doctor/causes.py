"""Which finding is the cause of which: behind a silent reader may be a daemon that does not run."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from drivers.device import Kind
from kiosk.doctor import daemons, names, plugged
from kiosk.doctor.findings import Finding
from kiosk.settings import Settings

_ALWAYS: Mapping[str, tuple[str, ...]] = {
    "roots of seals": ("file seal_roots",),
    "roots of the centre": ("file ca",),
    "this terminal's certificate": ("file certificate",),
    "TLS": ("roots of the centre", "this terminal's certificate", "file key"),
}


@dataclass(frozen=True, slots=True)
class Cause:
    """One thing to mend: the ``findings`` that report it in the same words, and in ``behind`` the
    names of the findings that follow from it."""

    findings: tuple[Finding, ...]
    behind: tuple[str, ...]


def linked(findings: Sequence[Finding], settings: Settings) -> tuple[Finding, ...]:
    """The same findings; every poor finding now names, in ``because``, the first of its possible
    causes that is poor too."""
    poor = {finding.name: finding.name for finding in findings if finding.poor}
    return tuple(_linked(finding, poor, settings) for finding in findings)


def _linked(finding: Finding, poor: Mapping[str, str], settings: Settings) -> Finding:
    if not finding.poor or finding.because:
        return finding
    cause = next((poor[name] for name in _possible(finding, settings) if name in poor), "")
    return replace(finding, because=cause)


def _possible(finding: Finding, settings: Settings) -> tuple[str, ...]:
    named = finding.name.partition(":")[0]
    for kind, table in settings.devices.items():
        if kind == named:
            return (*_before(finding.name, kind), *_behind_device(table))
    if finding.name.startswith(f"name {names.OURS}/") and finding.seen != names.NOTHING_FITS:
        return ("udev rules", "udevd")
    return _ALWAYS.get(finding.name, ())


def _before(name: str, kind: Kind) -> tuple[str, ...]:
    """The earlier findings of the same device, of which ``name`` may be a consequence."""
    steps = (f"{kind}: found", f"{kind}: status")
    return steps[: steps.index(name)] if name in steps else steps


def _behind_device(table: Mapping[str, Any]) -> tuple[str, ...]:
    match table["driver"]:
        case "pcsc":
            return (daemons.PCSCD,)
        case "xfs4iot":
            return (daemons.XFS,)
        case "ipp":
            return ("avahi", daemons.CUPSD) if daemons.queue(table) else ("avahi",)
        case "aplay":
            return ("permission sound",)
    paths = plugged.named(table)
    return tuple(f"{what} {path}" for path in paths for what in ("name", "permission"))


def causes(findings: Sequence[Finding]) -> tuple[Cause, ...]:
    """What to mend, in the order of the report; findings that say the same are one cause."""
    poor = [finding for finding in findings if finding.poor]
    there = {finding.name for finding in poor}
    alike: dict[tuple[str, str], list[Finding]] = {}
    for finding in poor:
        if finding.because not in there:
            alike.setdefault((finding.seen, finding.mend), []).append(finding)
    return tuple(
        Cause(
            tuple(some),
            tuple(dict.fromkeys(name for one in some for name in _hanging(one.name, poor))),
        )
        for some in alike.values()
    )


def _hanging(cause: str, poor: Sequence[Finding]) -> Iterator[str]:
    for finding in poor:
        if finding.because == cause:
            yield finding.name
            yield from _hanging(finding.name, poor)
