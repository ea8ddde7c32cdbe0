"""Prepares udev and runs the lab's tests inside the machine; writes the results to ``/out``."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

from lab import report

REPO = Path(__file__).parents[2]
OUT = Path("/out")
PYTEST = (
    *("pytest", "-v", "--durations=15", "--tb=short"),
    *("-p", "no:cacheprovider", "--basetemp=/tmp/t", "lab/guest"),
)


def main() -> None:
    rules = Path("/etc/udev/rules.d")
    rules.mkdir(parents=True, exist_ok=True)
    for rule in (REPO / "assets" / "udev").glob("*.rules"):
        shutil.copy(rule, rules)
    for each in Path("/etc/reader.conf.d").glob("*"):
        each.unlink()  # a virtual reader; the lab has a real one
    subprocess.run(["/usr/lib/systemd/systemd-udevd", "--daemon"], check=True)
    subprocess.run(["udevadm", "trigger"], check=True)
    subprocess.run(["udevadm", "settle"], check=True)
    environment = {**os.environ, "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}
    with (OUT / "pytest.txt").open("w") as log:
        done = subprocess.run(
            [sys.executable, "-m", *PYTEST], stdout=log, stderr=log, check=False, env=environment
        )
    (OUT / report.EXIT).write_text(f"{done.returncode}\n")


main()
