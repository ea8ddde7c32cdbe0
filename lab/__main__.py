"""Boots the lab, waits for its end and prints the report; ``make lab`` runs this."""

from __future__ import annotations

import shutil
import sys
import time

from lab import debian, machine, report

FOLDER = machine.REPO / "build" / "lab"
SECONDS = 300.0
"""Limit of the whole run, from the kernel's first line; two cores take about half of it."""


def main() -> int:
    """Returns 0 if all tests passed, or QEMU or swtpm is missing (with a sentence); else 1."""
    missing = [each for each in (machine.QEMU, machine.SWTPM) if shutil.which(each) is None]
    if missing:
        packages = "apt-get install qemu-system-x86 swtpm"
        print(f"lab: skipped, there is no {' and no '.join(missing)} here: {packages}")
        return 0
    FOLDER.mkdir(parents=True, exist_ok=True)
    try:
        parts = debian.unpacked(FOLDER / "debian")
    except debian.UnreachableError as error:
        print(f"lab: {error}")
        return 1
    began = time.monotonic()
    ended = machine.boot(parts, FOLDER, SECONDS)
    print(f"lab: {time.monotonic() - began:.0f} s; all output is in {FOLDER / 'out'}")
    if not ended:
        print(f"lab: the machine was not done in {SECONDS:.0f} s: console.txt tells more")
    found = report.read(FOLDER / "out")
    print(report.text(found))
    if not found.finished and (said := report.last_lines(FOLDER / "console.txt")):
        print(f"lab: the guest's last lines:\n{said}")
    return 0 if ended and found.well else 1


if __name__ == "__main__":
    sys.exit(main())
