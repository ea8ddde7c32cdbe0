"""Runs a private PC/SC service with virtual readers, beside the system's and without root."""

from __future__ import annotations

import os
import shutil
import subprocess
import threading
import time
from collections.abc import Iterable
from concurrent.futures import Future
from contextlib import suppress
from pathlib import Path

from drivers.emulators.last_words import last_words
from drivers.emulators.ports import reserved

_DRIVERS = (
    Path("/usr/lib/pcsc/drivers/serial/libifdvpcd.so"),
    Path("/usr/lib/pcsc/drivers/serial/libifdvpcd.so.0.8"),
)
_PROGRAMS = {"pcscd": "pcscd", "unshare": "util-linux", "setpriv": "util-linux"}
_PATH = os.environ.get("PATH", "") + os.pathsep + "/usr/sbin" + os.pathsep + "/sbin"
_FOLDERS = ("run", "readers", "drivers")
_START_S = 30.0  # on a machine that has no time for it
_STOP_S = 3.0

# In its own mount namespace, the service sees our directory as /run/pcscd. setpriv ends the service
# with the process that started it.
_SCRIPT = """
set -e
mount -t tmpfs tmpfs /run
mkdir /run/pcscd
mount --bind "$1" /run/pcscd
shift
exec setpriv --pdeathsig KILL "$@"
"""
_READER = """\
FRIENDLYNAME "{name}"
DEVICENAME   /dev/null:{port:#06x}
LIBPATH      {driver}
CHANNELID    {port:#06x}
"""


def missing() -> str:
    """What is missing for a private service, in one sentence; "" when nothing is missing."""
    packages = {
        package for program, package in _PROGRAMS.items() if not shutil.which(program, path=_PATH)
    }
    if not any(driver.exists() for driver in _DRIVERS):
        packages.add("vsmartcard-vpcd")
    if packages:
        return f"needs the Debian packages {' '.join(sorted(packages))}"
    if subprocess.run(["unshare", "-rm", "true"], capture_output=True, check=False).returncode:
        return "needs the right to make user namespaces (sysctl user.max_user_namespaces)"
    return ""


class PcscService:
    """A pcscd with virtual readers (vsmartcard-vpcd), for a driver whose ``service`` is ``socket``.

    ``readers``: name to the port of the reader's first slot; its slots are named ``NAME 00 00`` and
    ``NAME 00 01``, and the second slot has the next port. May be changed while the service does not
    run.
    """

    def __init__(self, folder: Path, names: Iterable[str]) -> None:
        """``names`` of the readers; their ports stay theirs as long as this object lives.
        ``folder`` is made if it does not exist. Its path must be short, since a socket's path may
        have only some 100 bytes."""
        self.readers = {name: reserved(self, neighbours=2) for name in names}
        self._folder = folder
        self._process: subprocess.Popen[bytes] | None = None
        self._ended = threading.Event()

    @property
    def socket(self) -> Path:
        """The socket of the service: ``service`` of the driver's settings."""
        return self._folder / "run" / "pcscd.comm"

    @property
    def runs(self) -> bool:
        return self._process is not None and self._process.poll() is None

    def start(self) -> None:
        """Start the service; returns when its readers are there. Raises ``OSError`` when the
        service does not start."""
        if self._process is not None:
            return
        run, configuration, drivers = (self._folder / name for name in _FOLDERS)
        for folder in (run, configuration, drivers):
            shutil.rmtree(folder, ignore_errors=True)  # a killed service leaves its pid file
            folder.mkdir(parents=True)
        for name, port in self.readers.items():
            file = name.replace(" ", "-")
            # The reader's driver library keeps its slots in global variables, so each reader needs
            # its own copy of the library.
            driver = shutil.copy(next(filter(Path.exists, _DRIVERS)), drivers / f"{file}.so")
            text = _READER.format(name=name, port=port, driver=driver)
            (configuration / file).write_text(text, encoding="utf-8")
        program = shutil.which("pcscd", path=_PATH) or "pcscd"
        command = [program, "--foreground", "--config", str(configuration)]
        known = subprocess.run([program, "--help"], capture_output=True, check=False).stdout
        if b"--disable-polkit" in known:
            command.append("--disable-polkit")
        self._process = self._spawn(
            ["unshare", "-rm", "sh", "-c", _SCRIPT, "sh", str(run), *command]
        )
        until = time.monotonic() + _START_S
        while not self._listens():
            if self._process.poll() is not None or time.monotonic() > until:
                self.kill()
                raise OSError(f"pcscd did not start: {last_words(self._folder / 'log')}")
            time.sleep(0.01)

    def _spawn(self, command: list[str]) -> subprocess.Popen[bytes]:
        """Start ``command`` from a thread that lives as long as the process. The kernel sends
        pdeathsig when the starting thread ends (prctl(2)), and the caller's thread may end soon."""
        started: Future[subprocess.Popen[bytes]] = Future()
        self._ended = ended = threading.Event()

        def keep() -> None:
            try:
                with (self._folder / "log").open("ab") as log:
                    process = subprocess.Popen(
                        command,
                        stdin=subprocess.DEVNULL,
                        stdout=log,
                        stderr=log,
                        env={**os.environ, "PATH": _PATH},
                    )
            except OSError as error:
                started.set_exception(error)
                return
            started.set_result(process)
            ended.wait()

        threading.Thread(target=keep, name="pcscd", daemon=True).start()
        return started.result()

    def stop(self) -> None:
        """End the service and remove its files. Does nothing when the service does not run."""
        if self._process is not None:
            self._process.terminate()
            with suppress(subprocess.TimeoutExpired):  # pcscd waits for a mute card
                self._process.wait(_STOP_S)
            self.kill()
            for name in (*_FOLDERS, "log"):
                part = self._folder / name
                shutil.rmtree(part) if part.is_dir() else part.unlink(missing_ok=True)
            with suppress(OSError):  # the folder holds files of others
                self._folder.rmdir()

    def kill(self) -> None:
        """End the service with SIGKILL, as a crash does."""
        process, self._process = self._process, None
        if process is not None:
            process.kill()
            process.wait()
            self._ended.set()

    def _listens(self) -> bool:
        ports = [port + slot for port in self.readers.values() for slot in (0, 1)]
        return self.socket.exists() and _bound(ports)


def _bound(ports: list[int]) -> bool:
    """Whether a process listens at every one of ``ports``. Reads the kernel's tables, since vpcd
    would take a connection for a card."""
    listening = set()
    for table in ("/proc/net/tcp", "/proc/net/tcp6"):
        with suppress(OSError):
            for line in Path(table).read_text(encoding="ascii").splitlines()[1:]:
                _, local, _, state = line.split()[:4]
                if state == "0A":
                    listening.add(int(local.rpartition(":")[2], 16))
    return listening.issuperset(ports)
