"""Probes of the machine itself: packages, daemons, rights, fonts, disk, memory, clock, display."""

from __future__ import annotations

import grp
import os
import platform
import shutil
import subprocess
import sys
from collections.abc import Iterator
from importlib import metadata, resources
from pathlib import Path

from kiosk.doctor.findings import Finding, Verdict
from kiosk.settings import Settings

SECTION = "machine"
RARE = {"𬭎": 0x2CB4E, "㛃": 0x36C3, "䶮": 0x4DAE, "𠅤": 0x20164}
"""Name characters that a terminal must be able to show."""
DISK_FREE_MB = 500
MEMORY_FREE_MB = 500


def _finding(name: str, good: bool, seen: str, mend: str = "") -> Finding:
    return Finding(SECTION, name, Verdict.GOOD if good else Verdict.BAD, seen, "" if good else mend)


def system(_settings: Settings) -> Iterator[Finding]:
    """Which system, which Python, which Qt."""
    release = platform.freedesktop_os_release().get("PRETTY_NAME", platform.platform())
    yield Finding(SECTION, "system", Verdict.GOOD, f"{release}, {platform.machine()}")
    python = sys.version_info[:2]
    supported = (3, 11) <= python < (3, 14)
    yield _finding("python", supported, platform.python_version(), "install Python 3.11 to 3.13")
    qt = metadata.version("PySide6-Essentials")
    # PySide6 6.12 loses references to True and None on Python 3.11 and aborts after a while.
    sound = not (python < (3, 12) and qt.startswith("6.12"))
    yield _finding("qt", sound, f"PySide6 {qt}", "reinstall from requirements.lock")


def packages(_settings: Settings) -> Iterator[Finding]:
    """The Debian packages a terminal needs."""
    if shutil.which("dpkg-query") is None:
        yield Finding(SECTION, "packages", Verdict.UNKNOWN, "no dpkg here")
        return
    listing = (resources.files("assets") / "packages.txt").read_text(encoding="utf-8")
    wanted = [line.split()[1] for line in listing.splitlines() if line.startswith("terminal ")]
    asked = subprocess.run(
        ["dpkg-query", "-W", "-f", "${Package} ${Status}\n", *wanted],
        capture_output=True,
        text=True,
        timeout=20,
        check=False,
    )
    there = {line.split()[0] for line in asked.stdout.splitlines() if "ok installed" in line}
    missing = [package for package in wanted if package not in there]
    seen = f"missing: {', '.join(missing)}" if missing else f"all {len(wanted)} there"
    yield _finding("packages", not missing, seen, f"apt-get install {' '.join(missing)}")


def rights(settings: Settings) -> Iterator[Finding]:
    """What this user may do: the groups that own the devices, and the run directory."""
    user = os.environ.get("USER", str(os.getuid()))
    mine = {grp.getgrgid(gid).gr_name for gid in os.getgroups()}
    wanted = {"id_card": "dialout", "receipt_printer": "lp", "camera": "video"}
    for device, group in wanted.items():
        if device in settings.devices:
            may = group in mine or os.getuid() == 0
            seen = f"user {user} is {'' if may else 'not '}in {group}"
            yield _finding(f"group {group}", may, seen, f"usermod -aG {group} {user}")
    directory = settings.run_directory
    writable = os.access(directory, os.W_OK)
    yield _finding(
        "run directory",
        writable,
        f"{directory} is {'' if writable else 'not '}writable",
        f"install -d -m 0700 {directory}",
    )


def fonts(_settings: Settings) -> Iterator[Finding]:
    """Whether the rare characters in people's names can be shown."""
    if shutil.which("fc-list") is None:
        yield Finding(SECTION, "fonts", Verdict.UNKNOWN, "no fc-list", "apt-get install fontconfig")
        return
    without = [
        character
        for character, code in RARE.items()
        if not subprocess.run(
            ["fc-list", f":charset={code:x}", "family"],
            capture_output=True,
            timeout=20,
            check=False,
        ).stdout.strip()
    ]
    seen = f"no font shows {''.join(without)}" if without else f"fonts show {''.join(RARE)}"
    yield _finding(
        "rare characters", not without, seen, "apt-get install fonts-noto-cjk fonts-hanazono"
    )


def resources_left(_settings: Settings) -> Iterator[Finding]:
    """Disk and memory."""
    free_mb = shutil.disk_usage("/").free // 2**20
    yield _finding("disk", free_mb > DISK_FREE_MB, f"{free_mb} MB free on /", "make room on /")
    table = dict(
        line.split(":", 1)
        for line in Path("/proc/meminfo").read_text(encoding="ascii").splitlines()
    )
    available_mb = int(table["MemAvailable"].split()[0]) // 1024
    yield _finding("memory", available_mb > MEMORY_FREE_MB, f"{available_mb} MB available")


def display(_settings: Settings) -> Iterator[Finding]:
    """A screen to draw on and a panel to touch."""
    screen = os.environ.get("WAYLAND_DISPLAY") or os.environ.get("DISPLAY")
    cards = sorted(p.name for p in Path("/dev/dri").glob("card*"))
    seen = screen or ", ".join(cards) or "none"
    yield Finding(SECTION, "display", Verdict.GOOD if screen or cards else Verdict.NOTE, seen)
    path = Path("/proc/bus/input/devices")
    if not path.is_file():
        yield Finding(SECTION, "touch", Verdict.UNKNOWN, "no list of input devices here")
        return
    panels = _touch_panels(path.read_text(encoding="utf-8", errors="replace"))
    yield Finding(
        SECTION, "touch", Verdict.GOOD if panels else Verdict.NOTE, ", ".join(panels) or "no panel"
    )


def _touch_panels(listing: str) -> list[str]:
    """Names of the devices in ``/proc/bus/input/devices`` that say ABS_MT_POSITION_X or are
    direct-input touch screens (input-event-codes.h: bit 0x35 of ABS, property bit 1)."""
    names = []
    for block in listing.split("\n\n"):
        fields = dict(
            line[3:].split("=", 1)
            for line in block.splitlines()
            if "=" in line and line[1:3] == ": "
        )
        absolute = fields.get("ABS", "0").split()
        bits = sum(int(word, 16) << (64 * i) for i, word in enumerate(reversed(absolute)))
        if bits >> 0x35 & 1 or int(fields.get("PROP", "0"), 16) & 2:
            names.append(fields.get("Name", "?").strip('"'))
    return names
