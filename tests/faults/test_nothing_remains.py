"""After a whole visit nothing of the citizen is left: in memory, on disk, in a log, in a name.

The real keeper and the real visits; what plays the world (the stand-in centre and the emulated
hardware, each in its own process) is not looked at. Swap is the operating system's: a terminal runs
without, or with an encrypted one.
"""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

import pytest

from kiosk.workshop.sandbox import personas
from tests.services.machine import Machine, machine

# A name of three characters: one of two may stand in any large library's tables, by chance.
PERSON = personas.load()["P04"]
BALANCE = Decimal("148066.23")
ACCOUNT = "9901090100004"
SECRETS = {
    "name": PERSON.name,
    "ID number": PERSON.number,
    "phone": PERSON.phone,
    "address": PERSON.address,
    "account": ACCOUNT,
    "balance": str(BALANCE),
    "balance as shown": f"{BALANCE:,.2f}",
}
ENCODINGS = ("utf-8", "utf-16-le", "utf-32-le", "gb18030")


def patterns() -> dict[str, bytes]:
    """Every value as it could stand in memory, by what it is."""
    return {
        f"{what} in {encoding}": value.encode(encoding)
        for what, value in SECRETS.items()
        for encoding in ENCODINGS
    }


def found_in(data: bytes) -> list[str]:
    return [what for what, pattern in patterns().items() if pattern in data]


def memory_of(pid: int) -> Iterator[bytes]:
    """All that a process can read, piece by piece; pieces overlap by 100 bytes."""
    with Path(f"/proc/{pid}/mem").open("rb", buffering=0) as memory:
        for line in Path(f"/proc/{pid}/maps").read_text().splitlines():
            first, last, mode = re.match(r"([0-9a-f]+)-([0-9a-f]+) (\S+)", line).groups()  # type: ignore[union-attr]
            if "r" not in mode or "[v" in line:  # vvar, vdso, vsyscall are the kernel's
                continue
            at, end = int(first, 16), int(last, 16)
            rest = b""
            while at < end:
                try:
                    memory.seek(at)
                    piece = memory.read(min(end - at, 1 << 22))
                except (OSError, OverflowError):
                    break  # behind the end of a mapped file
                if not piece:
                    break
                yield rest + piece
                rest, at = piece[-100:], at + len(piece)


@pytest.fixture(scope="module")
def after_a_visit(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Machine]:
    """The terminal after P04 has done the main job and left; the next visit is on the screen."""
    with machine(tmp_path_factory.mktemp("machine")) as terminal:
        terminal.wait_for("attract")
        shown = len(terminal.events("visit shown"))
        terminal.plan("P04", "the end")
        os.kill(terminal.live(), signal.SIGKILL)
        terminal.next_shown(shown)
        terminal.wait_for("preview")
        visit = terminal.live()
        assert any(found_in(piece) for piece in memory_of(visit)), "the search would find them"
        # Its nursery knows nobody even now, with the citizen before the screen.
        assert not any(found_in(piece) for piece in memory_of(terminal.nursery()))
        terminal.plan("P02", "attract")
        terminal.next_shown(shown + 1)
        terminal.wait_for("attract")
        assert terminal.events("visit over")[-1]["cause"] == "left"
        yield terminal


@pytest.mark.parametrize("process", ["keeper", "fork server"])
def test_not_in_what_outlives_a_visit(after_a_visit: Machine, process: str) -> None:
    pid = after_a_visit.keeper.pid if process == "keeper" else after_a_visit.fork_server()
    searched = 0
    for piece in memory_of(pid):
        searched += len(piece)
        assert not found_in(piece)
    assert searched > 1 << 22
    print(f"searched {searched / 1e6:.0f} MB of the {process}")


def test_the_visit_is_dead_and_so_is_its_memory(after_a_visit: Machine) -> None:
    alive = {after_a_visit.live()}
    for each in after_a_visit.events("visit reaped"):
        number = each["visit"]
        pid = next(
            int(started["pid"])
            for started in after_a_visit.events("visit started")
            if started["visit"] == number
        )
        assert pid not in alive
        assert not Path(f"/proc/{pid}").exists()


def test_not_on_disk(after_a_visit: Machine) -> None:
    """Nor in the names of files. What plays the world keeps its own directory and devices."""
    run_directory = after_a_visit.place.directory
    world = run_directory / "centre"
    seen = []
    for path in sorted(run_directory.rglob("*")):
        assert not found_in(str(path).encode())
        if path.is_relative_to(world) or not path.is_file():
            continue
        seen.append(path.name)
        assert not found_in(path.read_bytes()), path.name
    assert "terminal.toml" in seen


def test_not_in_a_log(after_a_visit: Machine) -> None:
    log = after_a_visit.log.read_bytes()
    assert b"visit begun" in log, "visits write to the same stream"
    assert b"GET /v1/accounts/{id}/ledger" in log
    assert not found_in(log)
    assert b"Traceback" not in log
    sessions = re.findall(rb"\b[0-9a-f]{32}\b", log)
    assert not sessions, "no handle, no session id"


def test_not_in_the_environment_nor_on_a_command_line(after_a_visit: Machine) -> None:
    machine = after_a_visit
    pids = {machine.keeper.pid, machine.fork_server(), machine.live(), machine.nursery()}
    for pid in pids:
        for name in ("environ", "cmdline", "comm"):
            assert not found_in(Path(f"/proc/{pid}/{name}").read_bytes())
        for descriptor in Path(f"/proc/{pid}/fd").iterdir():
            target = descriptor.readlink() if descriptor.is_symlink() else Path()
            assert not found_in(str(target).encode())


def test_no_core_dump_of_a_visit(after_a_visit: Machine) -> None:
    limits = Path(f"/proc/{after_a_visit.live()}/limits").read_text()
    (cores,) = [line for line in limits.splitlines() if line.startswith("Max core file size")]
    assert cores.split()[4:6] == ["0", "0"]


@pytest.mark.parametrize(("production", "dumpable"), [(True, 0), (False, 1)])
def test_in_production_a_visit_s_memory_is_nobody_s(production: bool, dumpable: int) -> None:
    """A core that is piped to a handler obeys no limit: PR_SET_DUMPABLE stops that one too."""
    program = f"""
import ctypes, resource
from ui.app import keep_memory_private
keep_memory_private(production={production})
assert resource.getrlimit(resource.RLIMIT_CORE) == (0, 0)
print(ctypes.CDLL(None).prctl(3, 0, 0, 0, 0))
"""
    run = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True, timeout=60
    )
    assert run.stdout.split() == [str(dumpable)]
