"""The disk of a terminal: a bare Debian of debootstrap with the package, as an ext4 image."""

from __future__ import annotations

import hashlib
import shutil
from pathlib import Path

from kiosk.display import x_server
from tools.bare_debian import BROUGHT, copied, do

NEEDED = {
    "debootstrap": "debootstrap",
    "systemd-nspawn": "systemd-container",
    "mke2fs": "e2fsprogs",
    "depmod": "kmod",
}
BESIDE = (
    "cage",
    "xwayland",
    "seatd",
    "wlr-randr",
    "usbguard",
    "qemu-guest-agent",
    "kmod",
    "openssl",
    "apparmor",
    *x_server.PROGRAMS.values(),
)
"""What the package recommends or suggests for a screen, what confines it, and the agent by which
the lab asks the machine."""
DISK_MB, STATE_MB = 4096, 256
_NOTE = ".package"


def made(package: Path, debian: str, folder: Path) -> Path:
    """The image in ``folder`` with ``package`` on Debian ``debian``; the one of before where it was
    made of the same. Raises :class:`CannotBuildError`."""
    folder.mkdir(parents=True, exist_ok=True)
    image, root, note = folder / "disk.img", folder / "system", folder / _NOTE
    parts = repr((debian, BROUGHT, BESIDE)).encode()
    digest = hashlib.sha256(package.read_bytes() + parts).hexdigest()
    if image.exists() and note.exists() and note.read_text() == digest:
        return image
    note.unlink(missing_ok=True)
    copied(debian, root, BROUGHT)
    shutil.copyfile(package, root / "srv/terminal.deb")
    policy = root / "usr/sbin/policy-rc.d"
    policy.write_text("#!/bin/sh\nexit 101\n")  # nothing is started while the image is made
    policy.chmod(0o755)
    print("installing the package into the terminal's disk, some two minutes", flush=True)
    options = ("--quiet", "--register=no", "--keep-unit", "--console=pipe", f"--directory={root}")
    inside = ("systemd-nspawn", *options, "--resolv-conf=copy-host")
    environment = ("env", "DEBIAN_FRONTEND=noninteractive")
    do(*inside, *environment, "apt-get", "update", "-q")
    words = ("install", "-y", "-q", "--no-install-recommends", "/srv/terminal.deb", *BESIDE)
    do(*inside, *environment, "apt-get", *words)
    policy.unlink()
    (root / "srv/terminal.deb").unlink()
    for each in (root / "var/cache/apt/archives").glob("*.deb"):
        each.unlink()
    image.unlink(missing_ok=True)
    do("mke2fs", "-q", "-t", "ext4", "-d", root, image, f"{DISK_MB}M")
    note.write_text(digest)
    return image


def empty_disk(path: Path) -> None:
    """A disk for what a terminal keeps, instead of what is at ``path``."""
    path.unlink(missing_ok=True)
    do("mke2fs", "-q", "-t", "ext4", path, f"{STATE_MB}M")
