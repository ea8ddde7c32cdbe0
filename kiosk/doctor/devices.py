"""Probes of the devices: found, how they are, their self-test."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from functools import partial
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from drivers import catalogue
from drivers.device import DeviceError, Kind, Reason, Supply
from drivers.sentence import en, joined, words_of
from kiosk.doctor import plugged, processes
from kiosk.doctor.findings import Finding, Probe, Section
from kiosk.doctor.processes import Process
from kiosk.settings import Settings

DEVICES = Section("devices")
SECONDS = 45.0
"""Longest time of one probe; the slowest, a reader that answers at no speed, takes ten seconds."""
AGAIN_S = 12.0
"""A probe that failed later than this is not repeated."""
_RAW_PORT = 9100  # of a printer whose address names no port
_HELD = (Reason.OFFLINE, Reason.NO_DEVICE, Reason.TIMEOUT, Reason.GARBLED)


def probes(settings: Settings) -> tuple[Probe, ...]:
    """One probe for each device of the settings, so that no device waits for another."""
    if not settings.devices:
        return (Probe(DEVICES, "devices", _none),)
    return tuple(
        Probe(DEVICES, joined(": ", kind, "found"), partial(_examine, kind, table), SECONDS)
        for kind, table in settings.devices.items()
    )


def _none(_settings: Settings) -> Iterator[Finding]:
    yield DEVICES.bad("devices", en("none in the settings"), en("add [devices.…]"))


def _examine(kind: Kind, table: Mapping[str, Any], settings: Settings) -> Iterator[Finding]:
    """Examines a device, and once more when its status does not say what is wrong: a loose cable
    may have blinked. The second examination counts."""
    began = time.monotonic()
    first = tuple(_look(kind, table))
    unwell = [finding for finding in first if finding.poor]
    says_why = any(finding.name == f"{kind}: status" for finding in unwell)
    if not unwell or says_why or time.monotonic() - began > AGAIN_S:
        yield from first
        return
    second = tuple(_look(kind, table))
    yield from second
    if not any(finding.poor for finding in second):
        name = joined(": ", kind, "second look")
        seen = en("well only when looked at again; at first: {seen}", seen=unwell[0].seen)
        yield DEVICES.note(name, seen, en("a loose cable, or a busy machine"))


def _look(kind: Kind, table: Mapping[str, Any]) -> Iterator[Finding]:
    """Opens the device, asks its status, runs its self-test (which wastes no paper), in the same
    kind of host as the terminal uses."""
    step = "found"
    try:
        with catalogue.borrowed(kind, table) as driver:
            driver.open()
            info = driver.info
            name = " ".join(part for part in (info.model, info.serial, info.firmware) if part)
            yield DEVICES.good(joined(": ", kind, "found"), f"{info.address} {name}".strip())
            step = "status"
            status = driver.status()
            low = status.paper in (Supply.LOW, Supply.OUT)
            paper = f"paper {status.paper.value}" if low else ""
            seen = joined(", ", status.state.value, status.detail, paper)
            name = joined(": ", kind, "status")
            if not status.usable:
                yield DEVICES.bad(name, seen, status.mend)
            elif low or status.mend:
                yield DEVICES.note(name, seen, status.mend)
            else:
                yield DEVICES.good(name, seen)
            step = "self-test"
            for check in driver.self_test():
                name = joined(": ", kind, check.name)
                user = None if check.passed else _terminal_at(table)
                if user is not None:
                    yield _in_use(name, user)
                else:
                    mend = check.mend or status.mend
                    yield DEVICES.judged(name, check.passed, check.seen, mend)
    except DeviceError as error:
        yield failed(joined(": ", kind, step), table, error)


def failed(name: str, table: Mapping[str, Any], error: DeviceError) -> Finding:
    """The finding for ``error``: a fault of the device, or the running terminal has the device."""
    if error.reason in _HELD:
        user = _terminal_at(table)
        if user is not None:
            return _in_use(name, user)
    return DEVICES.bad(name, words_of(error), error.mend or _MEND.get(error.reason, ""))


def _terminal_at(table: Mapping[str, Any]) -> Process | None:
    """The process of a running terminal that holds the device's port, or talks to its address. The
    port may be a link that lies elsewhere than in ``/dev``, as in the demo."""
    port = str(table.get("port", ""))
    ports = {*plugged.named(table), *([Path(port)] if Path(port).is_char_device() else [])}
    users = [processes.holders(path) for path in ports]
    parts = urlsplit(str(table.get("address", "")))
    if parts.scheme == "tcp" and parts.hostname:
        users.append(processes.callers(parts.hostname, parts.port or _RAW_PORT))
    return next((one for each in users for one in each if one.is_terminal), None)


def _in_use(name: str, user: Process) -> Finding:
    """A device that the terminal serves with is watched by it: nothing is wrong, and the terminal
    need not be stopped to see that."""
    return DEVICES.note(
        name,
        en("in use by the running terminal (process {pid}), whose log tells of it", pid=user.pid),
    )


_MEND = {
    Reason.NO_DEVICE: en("check its cable and power, and its address in the settings"),
    Reason.OFFLINE: en("switch it off and on, check its cable"),
    Reason.TIMEOUT: en("switch it off and on, check its cable"),
    Reason.GARBLED: en("check that this device is at this address, and its speed in the settings"),
    Reason.NOT_AUTHORISED: en("have the device's supplier release it for this terminal"),
    Reason.UNSUPPORTED: en("correct its table in the settings"),
    Reason.HARDWARE: en("switch it off and on, else replace it"),
}
"""What mends a fault for which the driver names no remedy."""
