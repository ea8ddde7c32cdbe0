"""The first file system of the guest: busybox, the kernel modules in their order, ``/init``."""

from __future__ import annotations

import lzma
import re
from collections.abc import Sequence
from pathlib import Path

INIT = Path(__file__).parent / "guest" / "init"
MODULES = (
    # for the guest's file systems and ports
    "virtio_pci",
    "9pnet_virtio",
    "9p",
    "overlay",
    "virtio_console",
    # for the USB bus and for both ends of every cable
    "xhci-pci",
    "dummy_hcd",
    "usb_f_printer",
    "usb_f_hid",
    "usb_f_acm",
    # the drivers of a terminal's devices
    "usblp",
    "ftdi_sio",
    "cdc-acm",
    "usbhid",
    "hid-generic",
    "vivid",
)
OPTIONS = {"dummy_hcd": "num=3", "vivid": "n_devs=1 node_types=0x1 input_types=0x0 num_inputs=1"}
"""Module parameters: three controllers for the gadgets (printer, reader, scanner); one webcam."""
_DEPENDS = re.compile(rb"\0depends=([^\0]*)\0")


def write(
    path: Path,
    modules: Path,
    busybox: Path,
    init: Path = INIT,
    names: Sequence[str] = MODULES,
) -> None:
    """Write an archive in the kernel's format (newc cpio, see the kernel's ``initramfs`` notes)."""
    files = {"init": (init.read_bytes(), 0o755), "bin/busybox": (busybox.read_bytes(), 0o755)}
    order = []
    for name, data in in_order(modules, names):
        files[f"mods/{name}.ko"] = data, 0o644
        order.append(f"{name}.ko {OPTIONS.get(name, '')}\n")
    files["mods/order"] = "".join(order).encode(), 0o644
    folders = dict.fromkeys(
        ("bin", "dev", "extra", "given", "host", "mods", "new", "over", "proc", "sys"), (b"", None)
    )
    with path.open("wb") as file:
        for number, (name, (data, mode)) in enumerate({**folders, **files}.items(), 1):
            file.write(_entry(number, name, data, 0o040755 if mode is None else 0o100000 | mode))
        file.write(_entry(0, "TRAILER!!!", b"", 0))


def in_order(modules: Path, names: Sequence[str] = MODULES) -> list[tuple[str, bytes]]:
    """The modules as pairs of name and content, each after the modules that it depends on."""
    files = {_plain(path.name): path for path in modules.glob("kernel/**/*.ko*")}
    taken: dict[str, bytes] = {}

    def take(name: str) -> None:
        if name in taken or name not in files:  # a module without a file is built into the kernel
            return
        data = files[name].read_bytes()
        if files[name].suffix == ".xz":
            data = lzma.decompress(data)
        found = _DEPENDS.search(data)
        for other in found[1].decode().split(",") if found else []:
            take(_plain(other))
        taken[name] = data

    for name in names:
        take(_plain(name))
    return list(taken.items())


def _plain(name: str) -> str:
    return name.partition(".")[0].replace("-", "_")


def _entry(number: int, name: str, data: bytes, mode: int) -> bytes:
    head = (number, mode, 0, 0, 1, 0, len(data), 0, 0, 0, 0, len(name) + 1, 0)
    text = b"070701" + "".join(f"{field:08x}" for field in head).encode() + name.encode() + b"\0"
    return _padded(text) + _padded(data)


def _padded(data: bytes) -> bytes:
    return data + bytes(-len(data) % 4)
