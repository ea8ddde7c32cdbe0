"""Runs what the lab runs, inside the machine; results go to ``/out``."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

REPO = Path(__file__).parents[2]
OUT = Path("/out")


def main() -> None:
    rules = Path("/etc/udev/rules.d")
    rules.mkdir(parents=True, exist_ok=True)
    for each in (REPO / "assets" / "udev", Path(__file__).parent):
        for rule in each.glob("*.rules"):
            shutil.copy(rule, rules)
    for each in Path("/etc/reader.conf.d").glob("*"):
        each.unlink()
    subprocess.run(["/usr/lib/systemd/systemd-udevd", "--daemon"], check=True)
    subprocess.run(["udevadm", "trigger"], check=True)
    subprocess.run(["udevadm", "settle"], check=True)
    with (OUT / "pytest.txt").open("w") as log:
        args = (
            (REPO / "build/lab/args").read_text().split()
            if (REPO / "build/lab/args").exists()
            else []
        )
        subprocess.run(
            [
                sys.executable,
                "-m",
                "pytest",
                "-v",
                "--durations=15",
                "--tb=short",
                "-p",
                "no:cacheprovider",
                "--basetemp=/tmp/t",
                *(args or ["lab/guest"]),
            ],
            stdout=log,
            stderr=log,
            check=False,
            env={
                **os.environ,
                "PYTHONPATH": str(REPO / "tests" / "contract"),
                "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1",
            },
        )


main()
