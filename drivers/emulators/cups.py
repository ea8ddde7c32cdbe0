"""Runs a private print server (cupsd), beside the system's and as an ordinary user."""

from __future__ import annotations

import grp
import os
import pwd
import shutil
import socket
import subprocess
import time
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

from drivers.emulators.last_words import last_words
from drivers.emulators.ports import reserved

_PROGRAMS = {"cupsd": "cups-daemon", "lpadmin": "cups-client"}
_PATH = os.environ.get("PATH", "") + os.pathsep + "/usr/sbin" + os.pathsep + "/sbin"
_START_S = 30.0  # on a machine that has no time for it
_STOP_S = 10.0
_FILES = """\
SystemGroup {group}
User {user}
Group {group}
ServerRoot {folder}/etc
RequestRoot {folder}/spool
TempDir {folder}/spool/tmp
CacheDir {folder}/cache
StateDir {folder}/run
ErrorLog stderr
AccessLog {folder}/access_log
PageLog {folder}/page_log
FileDevice Yes
Sandboxing relaxed
"""
_SERVER = """\
Listen {folder}/sock
Listen 127.0.0.1:{port}
Browsing No
DefaultAuthType None
DirtyCleanInterval 0
WebInterface No
<Location />
Order allow,deny
Allow all
</Location>
<Policy default>
<Limit All>
Order deny,allow
</Limit>
</Policy>
"""


def missing() -> str:
    """What is missing for a private print server, in one sentence; "" when nothing is missing."""
    packages = {p for program, p in _PROGRAMS.items() if not shutil.which(program, path=_PATH)}
    return f"needs the Debian packages {' '.join(sorted(packages))}" if packages else ""


class PrintServer:
    """A cupsd that may be killed and started again; its queues and jobs stay.

    cupsd refuses to run as root: started by root it runs as "lp", else as the same user.
    """

    def __init__(self, folder: Path) -> None:
        """``folder`` exists, and the server's user may enter it."""
        self._folder = folder
        self._user = "lp" if os.geteuid() == 0 else ""
        self._process: subprocess.Popen[bytes] | None = None
        self.port = reserved(self)
        self._prepare()

    def start(self) -> None:
        """Start the server; returns when it listens. Raises ``OSError`` when it does not start."""
        command = ["cupsd", "-f", "-c", f"{self._folder}/cupsd.conf"]
        command += ["-s", f"{self._folder}/cups-files.conf"]
        with (self._folder / "log").open("ab") as log:
            self._process = subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                env=_environment(),
                user=self._user or None,
                group=self._user or None,
                extra_groups=[] if self._user else None,
            )
        until = time.monotonic() + _START_S
        while not self._listens():
            if self._process.poll() is not None or time.monotonic() > until:
                self.kill()
                raise OSError(f"cupsd did not start: {last_words(self._folder / 'log')}")
            time.sleep(0.01)

    def queue(self, name: str, device: str, model: str = "raw") -> str:
        """Make a queue that prints to ``device``; returns its address. A "raw" queue sends
        documents unchanged, an "everywhere" queue converts them for the device.

        cupsd makes the PPD of an "everywhere" queue in a thread and aborts earlier jobs ("Unable to
        convert file 0 to printable format"), so this waits until the PPD exists.
        """
        self._tool("lpadmin", "-p", name, "-E", "-v", device, "-m", model)
        until = time.monotonic() + _START_S
        while model == "everywhere" and "IPP Everywhere" not in self._tool("lpoptions", "-p", name):
            if time.monotonic() > until:
                raise OSError("cupsd does not make the queue's PPD")
            time.sleep(0.02)
        return f"ipp://127.0.0.1:{self.port}/printers/{name}"

    def stop(self) -> None:
        """End the server and the processes that it started. Does nothing when it does not run."""
        if self._process is not None:
            self._process.terminate()
            with suppress(subprocess.TimeoutExpired):
                self._process.wait(_STOP_S)
            self.kill()

    def kill(self) -> None:
        """End the server with SIGKILL, as a crash does."""
        process, self._process = self._process, None
        if process is not None:
            process.kill()
            process.wait()

    def _prepare(self) -> None:
        who = pwd.getpwnam(self._user) if self._user else pwd.getpwuid(os.geteuid())
        facts = {
            "folder": self._folder,
            "port": self.port,
            "user": who.pw_name,
            "group": grp.getgrgid(who.pw_gid).gr_name,
        }
        (self._folder / "cups-files.conf").write_text(_FILES.format(**facts))
        (self._folder / "cupsd.conf").write_text(_SERVER.format(**facts))
        for inner in ("etc/ppd", "spool/tmp", "cache", "run"):
            (self._folder / inner).mkdir(parents=True)
        if self._user:
            for path in (self._folder, *self._folder.rglob("*")):
                os.chown(path, who.pw_uid, who.pw_gid)

    def _tool(self, name: str, *arguments: str) -> str:
        """Run one of CUPS' own commands; returns its standard output. Hides its standard error,
        where it warns of raw queues."""
        socket = f"{self._folder}/sock"
        return subprocess.run(
            [name, "-h", socket, *arguments],
            env={**_environment(), "CUPS_SERVER": socket},
            check=True,
            capture_output=True,
            text=True,
        ).stdout

    def _listens(self) -> bool:
        with suppress(OSError), socket.create_connection(("127.0.0.1", self.port), 1.0):
            return True
        return False


def _environment() -> Mapping[str, str]:
    return {**os.environ, "PATH": _PATH}
