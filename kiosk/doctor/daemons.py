"""Probes of the programs that must run beside the terminal, and of those that must not."""

from __future__ import annotations

import http.client
import os
import shutil
import socket
import struct
import subprocess
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from drivers import catalogue
from drivers.device import DeviceError, Kind, Neighbour, Reason
from drivers.sentence import en, joined, words_of
from kiosk.doctor import plugged, processes
from kiosk.doctor.findings import Finding, Section
from kiosk.doctor.names import RULES
from kiosk.doctor.permissions import UNIT
from kiosk.settings import Settings

DAEMONS = Section("daemons")
PCSCD = "pcscd"
CUPSD = "cupsd"
XFS = "XFS4IoT machine"
_PCSCD_SOCKET = Path("/run/pcscd/pcscd.comm")
_UDEV_SOCKET = Path("/run/udev/control")
_AVAHI_SOCKET = Path("/run/avahi-daemon/socket")
_SYSTEMD = Path("/run/systemd/system")
_CONNECT_S = 2.0
_IPP_PORT = 631
_CLOCKS = ("systemd-timesyncd", "chronyd", "ntpd", "openntpd")
_UNIT_FACTS = (
    "LoadState",
    "ActiveState",
    "UnitFileState",
    "NRestarts",
    "ActiveEnterTimestampMonotonic",
)
_JOURNAL = f"journalctl -u {UNIT} -n 50"
_OFTEN, _SETTLED_S = 3, 60.0
"""A unit restarted so often, and up for less, is about to crash again."""


# -- what devices need ---------------------------------------------------------------------------


def pcscd(settings: Settings) -> Iterator[Finding]:
    """The PC/SC service: its socket, the program behind it, the readers that it knows."""
    table = settings.devices.get(Kind.SMART_CARD, {})
    if table.get("driver") != "pcsc":
        return
    path = Path(str(table.get("service") or _PCSCD_SOCKET))
    start = "systemctl enable --now pcscd.socket"
    if shutil.which("pcscd", path=_path()) is None and not path.exists():
        yield DAEMONS.bad(PCSCD, en("not installed"), f"apt-get install pcscd libccid; {start}")
        return
    try:
        owner = _listener(path)
    except FileNotFoundError:
        yield DAEMONS.bad(PCSCD, en("not running: there is no {path}", path=path), start)
        return
    except ConnectionRefusedError:
        again = "systemctl restart pcscd.socket"
        yield DAEMONS.bad(PCSCD, en("not running: nobody listens at {path}", path=path), again)
        return
    except OSError as error:
        why = error.strerror or type(error).__name__
        seen = joined(": ", str(path), why)
        yield DAEMONS.bad(PCSCD, seen, "systemctl restart pcscd.socket pcscd")
        return
    try:
        with catalogue.borrowed(Kind.SMART_CARD, table) as reader:
            found = reader.neighbours()
    except DeviceError as error:
        if error.reason is Reason.UNSUPPORTED:  # the device's finding tells this
            yield DAEMONS.good(PCSCD, en("takes calls ({owner})", owner=owner))
            return
        seen = en(
            "takes calls ({owner}) and does not answer: {detail}", owner=owner, detail=error.detail
        )
        yield DAEMONS.bad(PCSCD, seen, "systemctl restart pcscd")
        return
    listed = ", ".join(one.name for one in found) or "none"
    yield DAEMONS.good(
        PCSCD, en("answers ({owner}); readers: {listed}", owner=owner, listed=listed)
    )


def _listener(path: Path) -> str:
    """The program behind a socket, and its user. Raises ``OSError``."""
    with socket.socket(socket.AF_UNIX) as knock:
        knock.settimeout(_CONNECT_S)
        knock.connect(str(path))
        told = knock.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, struct.calcsize("3i"))
    pid, uid, _gid = struct.unpack("3i", told)
    process = processes.of(pid)
    return en(
        "{process} {pid}, user {uid}",
        process=process.name if process else "process",
        pid=pid,
        uid=uid,
    )


def cupsd(settings: Settings) -> Iterator[Finding]:
    """The print server whose queue is the A4 printer; avahi, which looks up names in ``.local``.

    The state of the queue is the device's finding.
    """
    table = settings.devices.get(Kind.DOCUMENT_PRINTER, {})
    if table.get("driver") != "ipp":
        return
    parts = urlsplit(str(table.get("uri", "")))
    host = parts.hostname or ""
    if host.endswith(".local"):
        runs = _AVAHI_SOCKET.exists()
        seen = (
            en("looks up {host}", host=host)
            if runs
            else en("not running, and needed for {host}", host=host)
        )
        yield DAEMONS.judged("avahi", runs, seen, "apt-get install avahi-daemon libnss-mdns")
    name = queue(table)
    if not name:
        return
    here = host in ("localhost", "127.0.0.1", "::1")
    start = "systemctl restart cups" if here else en("start CUPS on {host}", host=host)
    if here and shutil.which("cupsd", path=_path()) is None:
        start = joined("; ", "apt-get install cups", start)
    place = parts.netloc.rpartition("@")[2]  # without user and password, which nobody may read
    connection = http.client.HTTPConnection(host, parts.port or _IPP_PORT, timeout=_CONNECT_S)
    try:
        connection.request("HEAD", "/")
        server = connection.getresponse().getheader("Server") or en("a server without a name")
    except (OSError, http.client.HTTPException) as error:
        why = (error.strerror if isinstance(error, OSError) else "") or type(error).__name__
        yield DAEMONS.bad(
            CUPSD, en("does not answer at {place}: {why}", place=place, why=why), start
        )
        return
    finally:
        connection.close()
    yield DAEMONS.good(
        CUPSD,
        en("{server} answers at {place}; queue {name}", server=server, place=place, name=name),
    )


def queue(table: Mapping[str, Any]) -> str:
    """The name of the CUPS queue; "" when the printer is spoken to directly."""
    path = urlsplit(str(table.get("uri", ""))).path
    return path.removeprefix("/printers/") if path.startswith("/printers/") else ""


def xfs4iot(settings: Settings) -> Iterator[Finding]:
    """Every machine behind XFS4IoT: its publisher, and the services that it lists."""
    tables = {k: t for k, t in settings.devices.items() if t["driver"] == "xfs4iot"}
    asked = set()
    for kind, table in tables.items():
        place = tuple(str(table.get(key, "")) for key in ("machine", "ports", "tls", "ca"))
        if place in asked:
            continue
        asked.add(place)
        try:
            with catalogue.borrowed(kind, table) as driver:
                found = driver.neighbours()
        except DeviceError as error:
            if error.reason is Reason.UNSUPPORTED:  # the device's finding tells this
                continue
            yield DAEMONS.bad(XFS, error.detail or words_of(error), error.mend)
            continue
        versions = {one.firmware.partition(";")[0] for one in found if one.offers}
        listed = ", ".join(_service(one) for one in found) or "none"
        seen = en(
            "{count} services ({versions}): {listed}",
            count=len(found),
            versions="; ".join(sorted(versions)),
            listed=listed,
        )
        yield DAEMONS.good(XFS, seen)
        silent = [_service(one) for one in found if not one.offers]
        if silent:
            seen = en("published, and does not answer: {silent}", silent=", ".join(silent))
            yield DAEMONS.bad(
                "XFS4IoT services", seen, en("restart the machine's XFS4IoT services")
            )


def _service(one: Neighbour) -> str:
    return one.name.rstrip("/").rpartition("/")[2]


def udevd(settings: Settings) -> Iterator[Finding]:
    """The service that makes names under ``/dev/kiosk``, where the settings use such a name."""
    if any(
        path.is_relative_to("/dev/kiosk")
        for t in settings.devices.values()
        for path in plugged.named(t)
    ):
        runs = _UDEV_SOCKET.exists()
        seen = en("running") if runs else en("not running: no names are made")
        yield DAEMONS.judged("udevd", runs, seen, "systemctl start systemd-udevd")


# -- the terminal itself -------------------------------------------------------------------------


def terminal(settings: Settings) -> Iterator[Finding]:
    """The systemd unit that runs the keeper."""
    if not _SYSTEMD.is_dir():
        yield DAEMONS.note(UNIT, en("no systemd here: not looked at"))
        return
    told = _systemctl("show", "-p", ",".join(_UNIT_FACTS), UNIT)
    facts = dict(line.split("=", 1) for line in told.splitlines() if "=" in line)
    if facts.get("LoadState") != "loaded":
        mend = en("install assets/systemd/kiosk.service; systemctl daemon-reload")
        make = DAEMONS.bad if settings.production else DAEMONS.note
        yield make(UNIT, en("not installed: nobody starts the terminal"), mend)
        return
    active, enabled = facts.get("ActiveState", ""), facts.get("UnitFileState") == "enabled"
    restarts = int(facts.get("NRestarts") or 0)
    starting, young = active == "activating", _active_s(facts) < _SETTLED_S
    if active == "failed":
        yield DAEMONS.bad(UNIT, en("failed"), _JOURNAL)
    elif (starting and restarts > 0) or (young and restarts >= _OFTEN):
        seen = en(
            "does not stay up: {active}, restarted {restarts} times",
            active=active,
            restarts=restarts,
        )
        yield DAEMONS.bad(UNIT, seen, _JOURNAL)
    elif starting:
        yield DAEMONS.note(UNIT, active)
    elif active != "active":
        enable = "" if enabled else f"systemctl enable {UNIT}; "
        yield DAEMONS.note(
            UNIT, active, en("start it: {command}", command=f"{enable}systemctl start {UNIT}")
        )
    elif not enabled:
        seen = en("{active}, and not started when the machine is", active=active)
        yield DAEMONS.note(UNIT, seen, f"systemctl enable {UNIT}")
    else:
        yield DAEMONS.good(
            UNIT, en("{active}, restarted {restarts} times", active=active, restarts=restarts)
        )


def _active_s(facts: Mapping[str, str]) -> float:
    """Seconds since the unit became active."""
    since_us = int(facts.get("ActiveEnterTimestampMonotonic") or 0)
    return time.monotonic() - since_us / 1e6


def time_service(_settings: Settings) -> Iterator[Finding]:
    """The program that sets the clock. Whether the clock is right: see `network.way`."""
    name = processes.first_running(*_CLOCKS)
    if not name:
        mend = "apt-get install systemd-timesyncd; timedatectl set-ntp true"
        yield DAEMONS.note(
            "time service", en("none of {clocks} is running", clocks=", ".join(_CLOCKS)), mend
        )
    elif _SYSTEMD.is_dir() and "yes" not in _systemctl_clock():
        yield DAEMONS.note(
            "time service",
            en("{name} is running, not synchronised yet", name=name),
            en("see timedatectl timesync-status, chronyc sources: is the server there?"),
        )
    else:
        yield DAEMONS.good("time service", en("{name} is running", name=name))


# -- what is in the way --------------------------------------------------------------------------


def in_the_way(settings: Settings, root: Path = plugged.ROOT) -> Iterator[Finding]:
    """Programs that take serial ports: brltty takes every CH340; ModemManager opens every port that
    may be a modem. A terminal whose way out is a modem needs ModemManager."""
    if not any(plugged.named(table) for table in settings.devices.values()):
        return
    seen = en("is running, and may take serial ports away")
    if processes.first_running("brltty"):
        yield DAEMONS.bad("brltty", seen, "apt-get purge brltty")
    if processes.first_running("ModemManager"):
        mend = "apt-get purge modemmanager"
        if any(root.glob("sys/class/wwan/*")) or any(root.glob("sys/class/usbmisc/cdc-wdm*")):
            mend = en('add ENV{{ID_MM_DEVICE_IGNORE}}="1" to the lines of {rules}', rules=RULES)
        yield DAEMONS.note("ModemManager", seen, mend)


def _systemctl(*words: str) -> str:
    return _said("systemctl", *words)


def _systemctl_clock() -> str:
    return _said("timedatectl", "show", "-p", "NTPSynchronized", "--value")


def _said(*command: str) -> str:
    """The output of a program; "" when the program is missing or takes too long."""
    try:
        return subprocess.run(
            command, capture_output=True, text=True, timeout=5, check=False
        ).stdout
    except (OSError, subprocess.TimeoutExpired):
        return ""


def _path() -> str:
    """The search path with the directories of daemons, which an ordinary user's path lacks."""
    return os.pathsep.join((os.environ.get("PATH", ""), "/usr/sbin", "/sbin"))
