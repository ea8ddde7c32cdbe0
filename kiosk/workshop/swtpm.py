"""A TPM 2.0 in software (swtpm) behind its resource manager (tpm2-abrmd), for tests and the bench.

``dbus-run-session -- python -m kiosk.workshop.swtpm DIRECTORY``: prints, as one JSON object, the
environment in which OpenSSL finds the TPM, and ends with its standard input. tpm2-abrmd stands
where the kernel's /dev/tpmrm0 stands for a real TPM: a TPM has room for three objects at a time,
and TLS needs more.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path

from drivers.emulators.last_words import last_words
from drivers.emulators.ports import reserved
from kiosk.enrolment import key as keys

PATIENCE_S = 60.0
"""Longest wait for the TPM on a busy machine."""
PROGRAMS = ("swtpm", "tpm2-abrmd", "dbus-run-session")
_BUS = "DBUS_SESSION_BUS_ADDRESS"
_SEARCHED = "/usr/sbin:/usr/bin:/sbin:/bin"
"""Where Debian puts them, beside what the caller's own path names."""


def missing() -> str:
    """What this machine lacks for a TPM in software; "": nothing."""
    path = f"{os.environ.get('PATH', '')}:{_SEARCHED}"
    lacks = [program for program in PROGRAMS if shutil.which(program, path=path) is None]
    return f"no {', '.join(lacks)} here" if lacks else ""


@contextmanager
def beside(state: Path) -> Iterator[Mapping[str, str]]:
    """A TPM whose state is in ``state``, for the length of the block; yields the environment of
    the programs that are to find it. Raises ``TimeoutError`` where none comes."""
    command = ["dbus-run-session", "--", sys.executable, "-m", "kiosk.workshop.swtpm", str(state)]
    with (
        tempfile.NamedTemporaryFile() as log,
        subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=log,
            text=True,
        ) as process,
    ):
        assert process.stdin
        assert process.stdout
        try:
            said = process.stdout.readline()
            if not said:
                process.wait()
                raise TimeoutError(f"no TPM: {last_words(Path(log.name))}")
            yield {**os.environ, **json.loads(said)}
        finally:
            process.stdin.close()


@contextmanager
def running(state: Path) -> Iterator[None]:
    """A TPM and its resource manager that answer, for the length of the block. A process that
    stayed would keep the lines of its caller's pipes open."""
    with ExitStack() as stack:
        _start(state, stack)
        yield


def _start(state: Path, stack: ExitStack) -> None:
    os.environ["PATH"] = f"{os.environ.get('PATH', '')}:{_SEARCHED}"
    port = reserved(stack, neighbours=2)
    tpm = subprocess.Popen(
        [
            *("swtpm", "socket", "--tpm2", "--tpmstate", f"dir={state}"),
            *("--ctrl", f"type=tcp,port={port + 1}", "--server", f"type=tcp,port={port}"),
            *("--flags", "not-need-init,startup-clear"),
        ],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
    )
    stack.callback(_end, tpm)
    tcti = f"swtpm:host=127.0.0.1,port={port}"
    os.environ[keys.TPM_ELSEWHERE] = "tabrmd:bus_type=session"
    until = time.monotonic() + PATIENCE_S
    manager = None
    while keys.why_no_tpm() or manager is None or not _answers():
        if manager is None or manager.poll() is not None:  # it came before its TPM
            command = ["tpm2-abrmd", "--session", "--allow-root", f"--tcti={tcti}"]
            manager = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL)
            stack.callback(_end, manager)
        if tpm.poll() is not None or time.monotonic() > until:
            raise TimeoutError("no TPM")
        time.sleep(0.05)


def _end(process: subprocess.Popen[bytes]) -> None:
    process.terminate()
    process.wait()


def _answers() -> bool:
    """Whether the TPM gives random bytes."""
    asked = ["openssl", "rand", "-provider", "tpm2", "-hex", "1"]
    return subprocess.run(asked, capture_output=True, check=False).returncode == 0


if __name__ == "__main__":
    with running(Path(sys.argv[1])):
        found = {name: os.environ[name] for name in (keys.TPM_ELSEWHERE, _BUS)}
        print(json.dumps(found), flush=True)
        sys.stdin.read()
