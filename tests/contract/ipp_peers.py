"""Starts CUPS' own printer and print server, without systemd and without being root, for tests."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from drivers.emulators.cups import PrintServer
from drivers.emulators.last_words import last_words
from drivers.emulators.ports import reserved
from tests.waiting import PATIENCE_S

PROGRAMS = {
    "ippeveprinter": "cups-ipp-utils",
    "cupsd": "cups-daemon",
    "lpadmin": "cups-client",
    "dbus-daemon": "dbus",
    "avahi-daemon": "avahi-daemon",
    "unshare": "util-linux",
}
_PATH = os.environ.get("PATH", "") + os.pathsep + "/usr/sbin" + os.pathsep + "/sbin"


def missing() -> str:
    """One sentence saying what keeps the peers from running here; "" when nothing does."""
    packages = [
        package for program, package in PROGRAMS.items() if not shutil.which(program, path=_PATH)
    ]
    if packages:
        return f"needs the Debian packages {' '.join(packages)}"
    if subprocess.run(["unshare", "-rm", "true"], capture_output=True, check=False).returncode:
        return "needs the right to make user namespaces (sysctl user.max_user_namespaces)"
    return ""


@contextmanager
def process(arguments: list[str], log: Path) -> Iterator[subprocess.Popen[bytes]]:
    """A program that runs while the block does."""
    with log.open("wb") as file:
        running = subprocess.Popen(
            arguments,
            stdin=subprocess.DEVNULL,
            stdout=file,
            stderr=file,
            env={**os.environ, "PATH": _PATH},
        )
        try:
            yield running
        finally:
            running.kill()
            running.wait(PATIENCE_S)


def _listens(port: int) -> bool:
    with suppress(OSError), socket.create_connection(("127.0.0.1", port), 1.0):
        return True
    return False


# ippeveprinter wants to announce itself over Avahi and dies where there is none. It gets a bus and
# an Avahi of its own, on the loopback only. In a user namespace there is no user "avahi", hence the
# changed passwd and group: mounted over, for this process tree alone.
_NAMESPACE = """
set -e
cd "$1"; shift
sed 's/^avahi:.*/avahi:x:0:0::\\/:\\/bin\\/false/' /etc/passwd > passwd
sed 's/^avahi:.*/avahi:x:0:/' /etc/group > group
mount --bind passwd /etc/passwd
mount --bind group /etc/group
mount -t tmpfs tmpfs /run
mkdir /run/avahi-daemon
cp bus.conf avahi.conf /run/
export DBUS_SYSTEM_BUS_ADDRESS=unix:path=/run/bus
dbus-daemon --config-file=/run/bus.conf --nofork --nopidfile &
while ! [ -S /run/bus ]; do sleep .02; done
avahi-daemon -f /run/avahi.conf --no-drop-root --no-chroot --no-rlimits &
while ! [ -S /run/avahi-daemon/socket ]; do sleep .02; done
exec "$@"
"""
_BUS = """
<!DOCTYPE busconfig PUBLIC "-//freedesktop//DTD D-BUS Bus Configuration 1.0//EN"
 "http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd">
<busconfig><type>system</type><listen>unix:path=/run/bus</listen><auth>EXTERNAL</auth>
<policy context="default"><allow user="*"/><allow own="*"/><allow send_destination="*"/>
<allow receive_sender="*"/><allow send_type="method_call"/></policy></busconfig>
"""
_AVAHI = """
[server]
allow-interfaces=lo
use-ipv6=no
[publish]
publish-hinfo=no
publish-workstation=no
"""
# The print command: 0.1 s a page; waits before a page while the file "fault" holds a reason,
# and ends at once when the file "drop" appears.
_COMMAND = """#!/bin/bash
cd "%(folder)s"
echo "ATTR: job-impressions=3" >&2
cp "$1" arrived.pdf
for page in 1 2 3; do
  sleep .1
  held=
  while [ "$page" = 2 ] && [ -s fault ]; do
    reason=$(<fault)
    [ "$held" ] || echo "STATE: +$reason" >&2
    held=$reason
    sleep .05
    [ -e drop ] && { echo "STATE: -$held" >&2; exit 0; }
  done
  [ "$held" ] && echo "STATE: -$held" >&2
  echo "ATTR: job-impressions-completed=$page" >&2
  echo "$page" >> out
done
exit 0
"""


class EvePrinter:
    """CUPS' IPP Everywhere printer, with faults on command."""

    def __init__(self, folder: Path) -> None:
        self.port = reserved(self)
        self.folder = folder

    @property
    def uri(self) -> str:
        return f"ipp://localhost:{self.port}/ipp/print"

    def fault(self, reason: str) -> None:
        """Hold every job before its second page; "" lets it go on."""
        (self.folder / "drop").unlink(missing_ok=True)
        (self.folder / "fault").write_text(reason)

    def drop(self) -> None:
        """End the job that is held, as a printer does that was told to cancel it."""
        (self.folder / "drop").touch()
        (self.folder / "fault").write_text("")

    def out(self) -> int:
        """Pages that came out so far."""
        return len((self.folder / "out").read_text().split())

    def arrived(self) -> bytes:
        """The document as it reached the printer last."""
        return (self.folder / "arrived.pdf").read_bytes()


@contextmanager
def eve_printer() -> Iterator[EvePrinter]:
    with tempfile.TemporaryDirectory(prefix="eve") as name:
        folder = Path(name)
        for file, content in (
            ("namespace", _NAMESPACE),
            ("bus.conf", _BUS),
            ("avahi.conf", _AVAHI),
            ("command", _COMMAND % {"folder": folder}),
            ("fault", ""),
            ("out", ""),
        ):
            (folder / file).write_text(content)
        (folder / "command").chmod(0o755)
        (folder / "spool").mkdir()
        printer = EvePrinter(folder)
        with process(
            [
                *("unshare", "-rm", "--pid", "--fork", "--kill-child"),
                *("bash", f"{folder}/namespace", name),
                *("ippeveprinter", "-r", "off", "-p", str(printer.port), "-n", "localhost"),
                *("-d", f"{folder}/spool", "-c", f"{folder}/command"),
                *("-f", "application/pdf,image/pwg-raster", "-s", "30,30", "Kiosk A4"),
            ],
            folder / "log",
        ) as running:
            end = time.monotonic() + PATIENCE_S
            while not _listens(printer.port):
                if running.poll() is not None or time.monotonic() > end:
                    raise OSError(f"ippeveprinter did not start: {last_words(folder / 'log')}")
                time.sleep(0.02)
            yield printer


@contextmanager
def cups() -> Iterator[PrintServer]:
    """A print server, with the queues that are made on it."""
    with tempfile.TemporaryDirectory(prefix="cups") as name:
        server = PrintServer(Path(name))
        server.start()
        try:
            yield server
        finally:
            server.stop()
