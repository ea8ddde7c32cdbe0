"""Emulators that note what they were told."""

from __future__ import annotations

from typing import Any

from drivers.emulators.rig import Emulator, Rig
from drivers.emulators.script import resolve


class Noted:
    """``emulator``, and the orders it has obeyed since it was last ``well``, oldest first."""

    def __init__(self, emulator: Emulator) -> None:
        self._emulator = emulator
        self.orders: list[tuple[str, dict[str, Any]]] = []

    def __getattr__(self, name: str) -> Any:
        return getattr(self._emulator, name)

    def obey(self, order: str, **facts: Any) -> None:
        self._emulator.obey(order, **facts)
        if order == "well" and not facts:
            self.orders.clear()
        self.orders.append((order, facts))


def told(rig: Rig, device: str) -> list[tuple[str, dict[str, Any]]]:
    """What ``device`` of a rig of such emulators was told."""
    noted = rig.devices[resolve(device, rig.devices)]
    assert isinstance(noted, Noted)
    return list(noted.orders)
