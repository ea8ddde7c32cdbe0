"""Cables of the lab, to plug and to pull: USB gadgets of the kernel, and devices of QEMU."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Protocol

from lab.guest.qmp import Monitor, port

SOON_S = 20.0
_GADGETS = Path("/sys/kernel/config/usb_gadget")
_UDC = Path("/sys/class/udc")


class Cable(Protocol):
    """The connection between an emulated device and the machine."""

    @property
    def node(self) -> Path | None:
        """The machine's end, by the name that udev gives; None: this cable makes no node."""

    @property
    def end(self) -> Path | None:
        """The device's end, a node with the same bytes; None: the device has no node."""

    def plug(self) -> None:
        """Plug the cable in; returns when both ends exist."""

    def unplug(self) -> None:
        """Pull the cable; the machine may take a moment more to notice."""


@dataclass(slots=True)
class Gadget:
    """A USB device of the kernel's gadget framework, on a controller made of software.

    ``function`` is its name in configfs (``printer.0``), ``settings`` its attributes there.
    """

    node: Path
    end: Path
    controller: int
    ids: tuple[int, int]  # vendor, product
    product: str
    function: str
    settings: dict[str, bytes] = field(default_factory=dict)

    def plug(self) -> None:
        folder = _GADGETS / self.function
        if not folder.is_dir():
            self._make(folder)
        (folder / "UDC").write_text(f"dummy_udc.{self.controller}\n")
        appeared(self.end, self.node)

    def unplug(self) -> None:
        udc = _GADGETS / self.function / "UDC"
        if udc.is_file() and udc.read_text().strip():
            udc.write_text("\n")
            gone(self.node)

    def _make(self, folder: Path) -> None:
        function = folder / "functions" / self.function
        strings, wiring = folder / "strings/0x409", folder / "configs/c.1"
        for each in (folder, function, strings, wiring):
            each.mkdir()
        for name, number in zip(("idVendor", "idProduct"), self.ids, strict=True):
            (folder / name).write_text(f"{number:#06x}\n")
        (strings / "manufacturer").write_text("Lab\n")
        (strings / "product").write_text(f"{self.product}\n")
        (strings / "serialnumber").write_text(f"{self.product.upper()}\n")
        for name, value in self.settings.items():
            (function / name).write_bytes(value)
        (wiring / self.function).symlink_to(function)


@dataclass(slots=True)
class Hotplug:
    """A USB device of QEMU.

    ``parts`` are the devices of QEMU that make it up, each with its properties; ``line`` names the
    virtio port that is its far end, "" for none.
    """

    parts: tuple[dict[str, str], ...]
    monitor: Callable[[], Monitor]
    node: Path | None = None
    line: str = ""
    _plugged: bool = False

    @property
    def end(self) -> Path | None:
        return port(self.line) if self.line else None

    def plug(self) -> None:
        if not self._plugged:
            for part in self.parts:
                until(partial(self._add, part), f"QEMU does not take {part['id']}")
            self._plugged = True
        if self.node:
            appeared(self.node)

    def unplug(self) -> None:
        if self._plugged:
            self.monitor().pull(self.parts[0]["id"])
            self._plugged = False
            if self.node:
                gone(self.node)

    def _add(self, part: dict[str, str]) -> bool:
        try:
            self.monitor().ask("device_add", **part)
        except RuntimeError as error:
            # A device that was pulled a moment ago may still hold its chardev.
            if "is in use" not in str(error):
                raise
            return False
        return True


@dataclass(slots=True)
class Binding:
    """A built-in device: to unplug it is to unbind its driver, to plug it is to bind it again."""

    node: Path
    driver: Path
    device: str
    end: None = None

    def plug(self) -> None:
        if not (self.driver / self.device).exists():
            (self.driver / "bind").write_text(self.device)
        appeared(self.node)

    def unplug(self) -> None:
        if (self.driver / self.device).exists():
            (self.driver / "unbind").write_text(self.device)
            gone(self.node)


def appeared(*nodes: Path) -> None:
    until(lambda: all(node.exists() for node in nodes), f"none of {nodes} appeared")


def gone(node: Path) -> None:
    until(lambda: not node.exists(), f"{node} did not go")


def until(holds: Callable[[], object], otherwise: str) -> None:
    """Wait until ``holds``. Raises :class:`TimeoutError` with the sentence ``otherwise``."""
    end = time.monotonic() + SOON_S
    while not holds():
        if time.monotonic() > end:
            raise TimeoutError(otherwise)
        time.sleep(0.01)
