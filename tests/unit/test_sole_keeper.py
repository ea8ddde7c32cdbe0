"""Two keepers of one machine: the second one hears that there is a first."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

from kiosk.__main__ import main
from kiosk.keeper.sole import FILE, NotSole, sole

HOLDS = "import os, sys; from pathlib import Path; from kiosk.keeper.sole import sole\n"
HOLDS += "with sole(Path(sys.argv[1])): print(os.getpid(), flush=True); sys.stdin.read()"


def test_the_second_keeper_hears_of_the_first_until_that_is_killed(tmp_path: Path) -> None:
    place = tmp_path / "run" / "kiosk"
    with subprocess.Popen(
        [sys.executable, "-c", HOLDS, place], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as first:
        assert first.stdout
        pid = int(first.stdout.readline())
        with pytest.raises(NotSole, match=f"runs already, as process {pid};"), sole(place):
            pass
        first.kill()
    with sole(place):
        assert (place / FILE).read_text() == f"{os.getpid()}\n"
        with pytest.raises(NotSole, match=f"process {os.getpid()}"), sole(place):
            pass


def test_a_process_of_the_keeper_does_not_keep_its_lock(tmp_path: Path) -> None:
    with sole(tmp_path):
        child = subprocess.Popen(["sleep", "60"], close_fds=False)
    try:
        with sole(tmp_path):
            pass
    finally:
        child.kill()
        child.wait()


def test_the_command_says_why_it_does_not_run(tmp_path: Path) -> None:
    occupied = tmp_path / "file"
    occupied.touch()
    no_directory = "Not a directory; the run directory must be the keeper's own"
    for directory, words in ((tmp_path, "runs already"), (occupied / "run", no_directory)):
        settings = tmp_path / "terminal.toml"
        settings.write_text(
            f'terminal = "T0001"\nproduction = false\nrun_directory = "{directory}"\n'
            '[centre]\nurl = "https://centre.example"\nseal_roots = "roots.pem"\n'
        )
        with sole(tmp_path):
            done = CliRunner().invoke(main, ["run", "--settings", str(settings)])
        assert done.exit_code == 1
        assert words in done.output
