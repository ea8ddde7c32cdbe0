"""The devices of the lab: an emulator of ours at a cable to the kernel's own driver."""

from __future__ import annotations

import os
import socket
import tty
from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

from drivers.emulators.rig import Emulator
from lab.guest.bridge import Splice
from lab.guest.cables import Cable


class Wired:
    """An emulator at the far end of a cable; ``unplug`` and ``plug`` go to the cable."""

    def __init__(
        self,
        emulator: Emulator,
        cable: Cable,
        address: str = "{}",
        inward: Callable[[bytes], bytes] = bytes,
        outward: int = 0,
    ) -> None:
        """``address`` is a format for the address in the settings, filled with the cable's node;
        ``inward`` and ``outward`` are those of :class:`Splice`."""
        self._emulator = emulator
        self.cable = cable
        self._address = address.format(cable.node)
        self._pieces = inward, outward
        self._bridge: Splice | None = None

    @property
    def address(self) -> str:
        return self._address

    def start(self) -> None:
        self._emulator.start()
        self._plug()

    def stop(self) -> None:
        self._unplug()
        self._emulator.stop()

    def obey(self, order: str, **facts: Any) -> None:
        match order:
            case "plug":
                self._plug()
            case "unplug":
                self._unplug()
            case _:
                self._emulator.obey(order, **facts)

    def look(self) -> dict[str, Any]:
        return self._emulator.look()

    def _plug(self) -> None:
        if self._bridge is None:
            self.cable.plug()
            if end := self.cable.end:
                fd = os.open(end, os.O_RDWR | os.O_NOCTTY | os.O_NONBLOCK | os.O_CLOEXEC)
                if os.isatty(fd):
                    tty.setraw(fd)
                self._bridge = Splice(fd, _line(self._emulator.address), *self._pieces)

    def _unplug(self) -> None:
        self.cable.unplug()
        bridge, self._bridge = self._bridge, None
        if bridge is not None:
            bridge.close()


def _line(address: str) -> int:
    """A descriptor connected to the emulator at ``address``."""
    parts = urlsplit(address)
    if parts.scheme != "tcp":
        return os.open(address.removeprefix("hid:"), os.O_RDWR | os.O_NOCTTY | os.O_CLOEXEC)
    with socket.create_connection((parts.hostname or "", parts.port or 0)) as line:
        line.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return os.dup(line.fileno())
