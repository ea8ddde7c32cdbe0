"""A bare Debian under a folder, as debootstrap makes it; nothing is installed on this machine.

The mirror and the settings of apt are those of this machine.
"""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

RELEASES = {"12": ("bookworm", "3.11"), "13": ("trixie", "3.13")}
"""Code name and Python of a Debian."""
BROUGHT = ("systemd", "systemd-sysv", "dbus", "ca-certificates")
"""What a system of Debian has before the package comes."""
_MADE = ".made"


class CannotBuildError(Exception):
    """A system cannot be made here; the message is one sentence."""


def copied(debian: str, place: Path, packages: tuple[str, ...]) -> None:
    """Put Debian ``debian`` with ``packages`` at ``place``, instead of what is there: a copy of the
    first one that debootstrap made beside it. Raises :class:`CannotBuildError`."""
    name, bare = RELEASES[debian][0], place.with_suffix(".bare")
    if not (bare / _MADE).exists():
        shutil.rmtree(bare, ignore_errors=True)
        bare.parent.mkdir(parents=True, exist_ok=True)
        print(f"debootstrap {name}, some two minutes", flush=True)
        mirrors = _mirrors(name)
        words = ("--variant=minbase", f"--include={','.join(packages)}")
        do("debootstrap", *words, name, bare, mirrors[0][0])
        lines = [f"deb {address} {suite} main\n" for address, suite in mirrors]
        (bare / "etc/apt/sources.list").write_text("".join(lines))
        (bare / "etc/apt/apt.conf.d/00machine").write_text(_apt_settings())
        (bare / _MADE).touch()
    shutil.rmtree(place, ignore_errors=True)
    do("cp", "-a", "--reflink=auto", bare, place)


def do(*command: str | Path) -> None:
    """Run ``command``. Raises :class:`CannotBuildError` with its last line when it fails."""
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        lines = (done.stderr or done.stdout).strip().splitlines() or ["without a word"]
        raise CannotBuildError(f"{command[0]} failed: {lines[-1]}")


def output(*command: str) -> str:
    """What ``command`` says, whatever its exit status."""
    return subprocess.run(command, capture_output=True, text=True, check=False).stdout


def _mirrors(name: str) -> list[tuple[str, str]]:
    """Addresses and suites of Debian ``name``, where this machine's apt fetches its own Debian."""
    words = ("--format", "$(REPO_URI) $(CODENAME)", "Created-By: Packages", "Origin: Debian")
    listed = output("apt-get", "indextargets", *words)
    mine = _own_name()
    pairs = [line.split() for line in sorted(set(listed.splitlines()), key=len)]
    if not mine or not pairs:
        raise CannotBuildError("apt of this machine knows no mirror of Debian: apt-get update")
    return [(address, suite.replace(mine, name)) for address, suite in pairs]


def _own_name() -> str:
    release = Path("/etc/os-release").read_text(encoding="utf-8")
    found = re.search(r"^VERSION_CODENAME=(\S+)$", release, re.MULTILINE)
    return found[1] if found else ""


def _apt_settings() -> str:
    dumped = output("apt-config", "dump")
    wanted = re.compile(r"Acquire::(https?|Retries|ForceIPv|Check-Valid)")
    return "".join(f"{line}\n" for line in dumped.splitlines() if wanted.match(line))
