"""Debian's packages for the lab, fetched and unpacked under ``build/lab``; nothing is installed."""

from __future__ import annotations

import re
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

GUEST = ("udev", "pcscd", "libccid", "openssl", "tpm2-openssl", "libtss2-tcti-device0")
"""Packages of the guest; those that this machine has installed are not fetched."""
_MERGED = ("bin", "lib", "lib64", "sbin")  # links into usr/ since Debian 12
_FETCH_S = 180.0


class UnreachableError(Exception):
    """A package could not be fetched; the message is one sentence."""


@dataclass(frozen=True, slots=True)
class Unpacked:
    """The unpacked parts of the guest."""

    kernel: Path
    """The newest kernel image of this release."""
    modules: Path
    """The kernel's directory of modules, ``lib/modules/<release>``."""
    busybox: Path
    root: Path
    """A directory that the guest overlays on this machine's root."""


def unpacked(folder: Path) -> Unpacked:
    """The parts under ``folder``; those that are missing there are fetched.

    Raises :class:`UnreachableError` if apt cannot fetch them.
    """
    image = _newest_image()
    kernel, tools, root = folder / image, folder / "busybox", folder / "root"
    if not kernel.is_dir():
        _unpack([image], kernel, "./boot", "./lib/modules")
    if not tools.is_dir():
        _unpack(["busybox-static"], tools)
    if not root.is_dir():
        _unpack(_missing(GUEST), root)
    return Unpacked(
        kernel=next(kernel.glob("boot/vmlinuz-*")),
        modules=next(kernel.glob("usr/lib/modules/*")),
        busybox=next(tools.glob("usr/bin/busybox")),
        root=root,
    )


def _newest_image() -> str:
    found = re.search(r"Depends: (linux-image-\S+)", _apt("apt-cache", "depends", _META))
    if found is None:
        raise UnreachableError(f"apt knows no kernel behind {_META}: apt-get update")
    return found[1]


_META = "linux-image-amd64"


def _missing(packages: tuple[str, ...]) -> list[str]:
    """``packages`` and their dependencies, without the packages installed on this machine."""
    plan = _apt("apt-get", "install", "--simulate", "-q", "--no-install-recommends", *packages)
    return re.findall(r"^Inst (\S+)", plan, re.MULTILINE)


def _unpack(packages: list[str], into: Path, *members: str) -> None:
    """Unpack beside ``into`` and rename at the end, so that an interrupted run begins again."""
    new = into.with_name(into.name + ".new")
    shutil.rmtree(new, ignore_errors=True)
    for name in _MERGED:
        (new / "usr" / name).mkdir(parents=True)
        (new / name).symlink_to(f"usr/{name}")
    fetched = new / "packages"
    fetched.mkdir()
    if packages:
        _apt("apt-get", "download", "-q", *packages, folder=fetched)
    for package in sorted(fetched.glob("*.deb")):
        archive = subprocess.Popen(["dpkg-deb", "--fsys-tarfile", package], stdout=subprocess.PIPE)
        with archive:
            subprocess.run(
                ["tar", "-x", "--keep-directory-symlink", "-C", new, *members],
                stdin=archive.stdout,
                check=True,
            )
    shutil.rmtree(fetched)
    new.rename(into)


def _apt(*command: str, folder: Path | None = None) -> str:
    try:
        done = subprocess.run(
            command, cwd=folder, capture_output=True, text=True, timeout=_FETCH_S, check=False
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise UnreachableError(f"{command[0]} did not work: {type(error).__name__}") from error
    if done.returncode:
        said = [line for line in done.stderr.splitlines() if line.startswith("E:")]
        raise UnreachableError(f"{' '.join(command[:2])}: {' '.join(said) or 'failed'}")
    return done.stdout
