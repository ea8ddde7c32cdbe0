"""What each process of a terminal can no longer do when it has taken its needs; a real kernel."""

from __future__ import annotations

import errno
import json
import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from drivers.hosting import confine as confining
from drivers.hosting.confine import ProcessNeeds, confine, landlock
from kiosk.doctor import machine
from kiosk.doctor.findings import Verdict

TRY = """
import json, os, socket, subprocess, sys
from pathlib import Path
state, secret, port = Path(sys.argv[1]), sys.argv[2], int(sys.argv[3])
from drivers.hosting.confine import confine
{needs}
said = confine(needs)
def run():
    subprocess.run(["/bin/true"], check=True)
def connect():
    socket.create_connection(("127.0.0.1", port), 5).close()
def listen():
    socket.create_server(("127.0.0.1", 0)).close()
def write(path):
    with open(path, "ab"):
        pass
def device():
    path = f"/dev/shm/kiosk-{{os.getpid()}}"
    write(path)
    os.unlink(path)
able = []
for name, call in {{
    "read": lambda: open(secret, "rb").close(),
    "state": lambda: write(state / "journal"),
    "device": device,
    "system": lambda: write("/etc/passwd"),
    "run": run,
    "connect": connect,
    "listen": listen,
}}.items():
    try:
        call()
    except PermissionError:
        continue
    able.append(name)
status = dict(line.split(":", 1) for line in Path("/proc/self/status").read_text().splitlines())
print(json.dumps([said, able, status["NoNewPrivs"].strip()]))
"""
PROCESSES: dict[str, tuple[str, list[str]]] = {
    "checker": (
        "from kiosk.papers.checker import needs_of_check; needs = needs_of_check()",
        [],
    ),
    "capture": ("from kiosk.identity.face.process import NEEDS as needs", ["read"]),
    "driver": (
        "from drivers.hosting.child import NEEDS as needs",
        ["read", "device", "run", "connect"],
    ),
    "committer": (
        "from kiosk.operations.process import needs_of_committer as of; needs = of(state / 'j')",
        ["read", "state", "connect"],
    ),
    "visit": (
        "os.environ['STATE_DIRECTORY'] = str(state)\n"
        "from kiosk.settings import load; from ui.app import needs_of_visit as of\n"
        "needs = of(load(state / 'terminal.toml'))",
        ["read", "state", "device", "run", "connect"],
    ),
}
"""Each process: how the test finds what it needs, and what it can still do."""
SETTINGS = """
terminal = "T0001"
[centre]
url = "https://centre.example"
seal_roots = "roots.pem"
sealer = "s"
"""


@pytest.mark.parametrize("process", PROCESSES)
def test_what_a_process_can_still_do(process: str, tmp_path: Path) -> None:
    needs, able = PROCESSES[process]
    secret = tmp_path / "secret"
    secret.touch()
    state = tmp_path / "state"
    state.mkdir()
    (state / "terminal.toml").write_text(SETTINGS, encoding="utf-8")
    with socket.create_server(("127.0.0.1", 0)) as centre:
        port = str(centre.getsockname()[1])
        done = subprocess.run(
            [sys.executable, "-c", TRY.format(needs=needs), str(state), str(secret), port],
            env=os.environ | {"PYTHONPATH": os.pathsep.join(path for path in sys.path if path)},
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
    assert done.returncode == 0, done.stderr
    said, can, privileges = json.loads(done.stdout)
    assert privileges == "1", "it may gain new privileges"
    if not landlock():
        assert said == "the kernel has no landlock"
        return  # Only landlock takes files and connections: `lsm=landlock` for the kernel.
    assert said == ""
    outside = {"state"} if process == "driver" else set()  # the test's own lies under /tmp
    assert [each for each in can if each not in outside] == able


def test_a_process_that_is_looked_into_stays_as_it_is() -> None:
    def privileges() -> list[str]:
        status = Path("/proc/self/status").read_text(encoding="ascii")
        return [line for line in status.splitlines() if line.startswith("NoNewPrivs")]

    before = privileges()
    assert confine(ProcessNeeds(files=3), wanted=False) == ""
    assert privileges() == before


@pytest.mark.parametrize(
    ("version", "verdict", "seen", "mend"),
    [
        (7, Verdict.GOOD, "version 7", False),
        (0, Verdict.NOTE, "the kernel has no landlock", True),
    ],
)
def test_the_doctor_tells_what_the_kernel_can(
    version: int, verdict: Verdict, seen: str, mend: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(machine, "landlock", lambda: version)
    found = machine._confining()
    assert (found.verdict, found.seen) == (verdict, seen)
    assert ("lsm=landlock" in found.mend) is mend


def test_an_old_kernel_is_asked_for_no_more_than_it_knows(tmp_path: Path) -> None:
    for version in range(1, landlock() + 1):
        os.close(confining._ruleset(ProcessNeeds(writes=(str(tmp_path),)), version))
    # Before the kernel looks at the file it asks whether the caller may confine itself at all.
    refused = errno.EBADF if os.geteuid() == 0 else errno.EPERM
    with pytest.raises(OSError, match=os.strerror(refused)):
        confining._check(confining._call(446, -1, 0))
