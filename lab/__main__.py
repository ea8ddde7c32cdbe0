"""Boots the lab's two machines and prints the report; ``make lab`` runs this.

``python -m lab xorg`` boots the terminal's alone, with an X server instead of cage.
"""

from __future__ import annotations

import os
import shutil
import sys
import time
from pathlib import Path

from lab import debian, machine, report
from lab.report import LabReport
from lab.terminal import image
from tools import build_deb
from tools.bare_debian import CannotBuildError

FOLDER = machine.REPO / "build" / "lab"
SECONDS = 450.0
"""Limit of the drivers' machine, from the kernel's first line; two cores take about half of it."""


def main(server: str = "") -> int:
    """Returns 0 if all tests passed, or QEMU or swtpm is missing (with a sentence); else 1.
    ``server``: the terminal's display server; with a name, its machine is the only one."""
    missing = [each for each in (machine.QEMU, machine.SWTPM) if shutil.which(each) is None]
    if missing:
        packages = "apt-get install qemu-system-x86 swtpm"
        print(f"lab: skipped, there is no {' and no '.join(missing)} here: {packages}")
        return 0
    FOLDER.mkdir(parents=True, exist_ok=True)
    try:
        parts = debian.unpacked(FOLDER / "debian")
        disk = _disk()
    except (debian.UnreachableError, CannotBuildError) as error:
        print(f"lab: {error}")
        return 1
    began = time.monotonic()
    held = bool(server) or _drivers(parts)
    held = _terminal(parts, disk, server or "cage") and held
    print(f"lab: {time.monotonic() - began:.0f} s in all")
    return 0 if held else 1


def _drivers(parts: debian.Unpacked) -> bool:
    """The machine in which the drivers meet the kernel's own."""
    began = time.monotonic()
    ended = machine.boot(parts, FOLDER, SECONDS)
    print(f"lab: {time.monotonic() - began:.0f} s; all output is in {FOLDER / 'out'}")
    if not ended:
        print(f"lab: the machine was not done in {SECONDS:.0f} s: console.txt tells more")
    found = report.read(FOLDER / "out")
    print(report.text(found), flush=True)
    if not found.finished and (said := report.last_lines(FOLDER / "console.txt")):
        print(f"lab: the guest's last lines:\n{said}")
    return ended and found.well


def _disk() -> Path | None:
    """The disk of a terminal with the package of this commit, made unless it is there; None, with a
    sentence, where that cannot be made."""
    lacking = [name for tool, name in image.NEEDED.items() if shutil.which(tool) is None]
    if lacking or os.geteuid() != 0:
        print(f"lab: no terminal, that needs root and apt-get install {' '.join(lacking)}".rstrip())
        return None
    package = build_deb.place()
    if not package.exists() or build_deb.field(package, "Commit") != build_deb.commit():
        package = build_deb.build()[0]
    return image.made(package, build_deb.release(), FOLDER / "terminal")


def _terminal(parts: debian.Unpacked, disk: Path | None, server: str) -> bool:
    """The machine on which the package is installed, from boot to power cut."""
    if disk is None:
        return True
    from lab.terminal import play

    began = time.monotonic()
    try:
        trial = play.tried(parts, FOLDER / "terminal", disk, server)
    except (CannotBuildError, RuntimeError) as error:
        print(f"lab: {error}")
        return False
    print(f"lab: {time.monotonic() - began:.0f} s; all output is in {FOLDER / 'terminal'}")
    for name, value in trial.figures.items():
        print(f"  {name}: {value:.1f}")
    found = LabReport(tuple(trial.cases), "0")
    print(report.text(found))
    return found.well


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
