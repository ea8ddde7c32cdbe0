"""Enrols a terminal whose key lies in a TPM 2.0 (swtpm), and renews its certificate with that key.

A process of its own, under ``dbus-run-session``: the provider for the TPM stays in a process for
good. tpm2-abrmd stands where the kernel's /dev/tpmrm0 stands for a real TPM: a TPM has room for
three objects at a time, and TLS needs more.
"""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from kiosk import settings
from kiosk.__main__ import main
from kiosk.centre.enrolment import RenewalRequest
from kiosk.centre.enrolment_client import EnrolmentClient
from kiosk.enrolment import key as keys

PATIENCE_S = 60.0
"""Longest wait for the TPM on a busy machine."""


def ports() -> int:
    """The first of two neighbouring ports that are free."""
    while True:
        with socket.socket() as first, socket.socket() as second:
            first.bind(("127.0.0.1", 0))
            port = int(first.getsockname()[1])
            try:
                second.bind(("127.0.0.1", port + 1))
            except OSError:
                continue
            return port


@contextmanager
def running(state: Path) -> Iterator[None]:
    """A TPM and its resource manager that answer, for the length of the block. A process that
    stayed would keep the lines of the test's pipes open."""
    with ExitStack() as stack:
        _start(state, stack)
        yield


def _start(state: Path, stack: ExitStack) -> None:
    port = ports()
    tpm = subprocess.Popen(
        [
            *("swtpm", "socket", "--tpm2", "--tpmstate", f"dir={state}"),
            *("--ctrl", f"type=tcp,port={port + 1}", "--server", f"type=tcp,port={port}"),
            *("--flags", "not-need-init,startup-clear"),
        ]
    )
    stack.callback(_end, tpm)
    tcti = f"swtpm:host=127.0.0.1,port={port}"
    os.environ[keys.TPM_ELSEWHERE] = "tabrmd:bus_type=session"
    until = time.monotonic() + PATIENCE_S
    manager = None
    while keys.why_no_tpm() or manager is None or not answers():
        if manager is None or manager.poll() is not None:  # it came before its TPM
            command = ["/usr/sbin/tpm2-abrmd", "--session", "--allow-root", f"--tcti={tcti}"]
            manager = subprocess.Popen(command, stderr=subprocess.DEVNULL)
            stack.callback(_end, manager)
        if time.monotonic() > until:
            raise TimeoutError("no TPM")
        time.sleep(0.05)


def _end(process: subprocess.Popen[bytes]) -> None:
    process.terminate()
    process.wait()


def answers() -> bool:
    """Whether the TPM gives random bytes."""
    asked = ["openssl", "rand", "-provider", "tpm2", "-hex", "1"]
    return subprocess.run(asked, capture_output=True, check=False).returncode == 0


def play(directory: Path, settings_path: Path) -> None:
    """Enrol, then renew over mutual TLS, and say so."""
    with running(directory):
        main(["enrol", "--settings", str(settings_path)], standalone_mode=False)
        found = settings.load(settings_path)
        assert found.enrolled
        centre = found.centre
        with EnrolmentClient(
            centre.url, found.terminal, ca=centre.ca, certificate=centre.certificate, key=centre.key
        ) as client:
            asked = RenewalRequest(request=found.enrolled.request.read_text())
            took = []
            for _round in range(5):
                client.close()  # every round has a handshake of its own
                began = time.perf_counter()
                client.renew(asked)
                took.append((time.perf_counter() - began) * 1000)
        print(f"renewed, {sorted(took)[2]:.0f} ms")


if __name__ == "__main__":
    play(Path(sys.argv[1]), Path(sys.argv[2]))
