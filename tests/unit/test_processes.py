"""Every start of a process on a terminal is known, and none inherits where the log is written."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
WORKSHOP = ("kiosk/workshop/", "drivers/emulators/", "ui/desk/", "ui/robots/")
OF_OURS = {
    "kiosk/__main__.py": "the keeper itself anew, when a technician restarts the terminal",
    "kiosk/doctor/screen_pictures.py": "the screen's test page, for the acceptance report",
    "kiosk/display/server.py": "cage in the place of this program, for the unit of the screen",
    "drivers/hosting/apart.py": "a process that holds a citizen's data: drivers, capture, checker",
    "kiosk/keeper/kept_process.py": "the fork server, the committer, and a visit without it",
    "kiosk/keeper/fork_server.py": "the command line of the fork server",
    "kiosk/keeper/rising.py": "the command line of the poster",
    "kiosk/keeper/keeper.py": "the command lines of visits and of the committer",
    "kiosk/keeper/twice.py": "visits; and the processes of apart.py, from a visit's nursery",
    "kiosk/keeper/nursery.py": "a visit's nursery",
}
"""The files that may start a process of this program, and which processes those are."""
LOGS = frozenset(("kiosk/keeper/kept_process.py",))
"""The files whose processes write into the keeper's log; they set up the log themselves."""
STARTS = frozenset(
    ("run", "Popen", "call", "check_call", "check_output", "getoutput", "getstatusoutput")
)
FORKS = ("fork", "exec", "spawn", "posix_spawn", "system", "popen")


def core() -> list[str]:
    files = (path for room in ("kiosk", "drivers", "ui") for path in (ROOT / room).rglob("*.py"))
    names = sorted(path.relative_to(ROOT).as_posix() for path in files)
    return [name for name in names if not name.startswith(WORKSHOP)]


def parts(node: ast.AST) -> tuple[str, str]:
    """``("subprocess", "run")`` of ``subprocess.run``."""
    if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
        return node.value.id, node.attr
    return "", ""


def faults(file: str, text: str) -> Iterator[str]:
    """What is wrong with the starts of processes in ``text``."""
    for node in ast.walk(ast.parse(text)):
        match node:
            case ast.Import(names=names):
                if any(name.name.partition(".")[0] == "multiprocessing" for name in names):
                    yield f"{file}:{node.lineno}: multiprocessing"
            case ast.ImportFrom(module=str(module)):
                if module.partition(".")[0] in ("subprocess", "multiprocessing"):
                    yield f"{file}:{node.lineno}: a start under another name"
            case ast.Call(func=func, keywords=keywords):
                given = {keyword.arg for keyword in keywords}
                room, name = parts(func)
                if room == "subprocess" and name in STARTS:
                    told = {"stderr", "capture_output"} & given
                    if not told and file not in LOGS:
                        yield f"{file}:{node.lineno}: standard error is inherited"
                elif room == "os" and name.startswith(FORKS) and file not in OF_OURS:
                    yield f"{file}:{node.lineno}: os.{name}"
            case ast.Attribute() if parts(node) == ("sys", "executable"):
                if file not in OF_OURS:
                    yield f"{file}:{node.lineno}: a process of this program"


def test_every_start_of_a_process_is_known() -> None:
    """A signer's name and forged lines stood in the log of a terminal: the process that checked
    papers inherited standard error."""
    found = [
        fault
        for file in core()
        for fault in faults(file, (ROOT / file).read_text(encoding="utf-8"))
    ]
    assert found == []


def test_what_is_listed_is_there() -> None:
    for file in OF_OURS:
        text = (ROOT / file).read_text(encoding="utf-8")
        assert list(faults("another/file.py", text)), f"{file} starts nothing"


@pytest.mark.parametrize(
    "text",
    [
        "import subprocess\nsubprocess.run(['x'])",
        "import subprocess\nsubprocess.Popen(['x'], stdout=subprocess.PIPE)",
        "from subprocess import run\nrun(['x'], stderr=None)",
        "import multiprocessing",
        "from multiprocessing import Process",
        "import os\nos.fork()",
        "import os\nos.posix_spawnp('x', [], {})",
        "import os\nos.system('x')",
        "import sys\ncommand = [sys.executable]",
    ],
)
def test_what_would_be_found(text: str) -> None:
    assert len(list(faults("kiosk/x.py", text))) == 1


def test_what_would_not_be_found() -> None:
    text = "import subprocess\nsubprocess.run(['x'], capture_output=True)\n"
    assert list(faults("kiosk/x.py", text + "subprocess.Popen(['x'], stderr=1)")) == []
