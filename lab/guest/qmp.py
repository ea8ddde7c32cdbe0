"""QEMU's monitor (QMP), reached from inside the guest: plugs and pulls USB devices."""

from __future__ import annotations

import json
from io import RawIOBase
from pathlib import Path
from typing import Any

_PORTS = Path("/sys/class/virtio-ports")


class Monitor:
    """One connection. A refused command raises :class:`RuntimeError` with QEMU's own words."""

    def __init__(self, line: RawIOBase | None = None) -> None:
        """``line`` to the monitor; None: the virtio port of a guest."""
        self._port = line or port("qmp").open("r+b", buffering=0)
        self._come = b""
        self._line()  # the greeting
        self.ask("qmp_capabilities")

    def ask(self, command: str, **arguments: Any) -> Any:
        question = {"execute": command, "arguments": arguments}
        self._port.write(json.dumps(question).encode() + b"\n")
        while True:
            answer = self._line()
            if "error" in answer:
                raise RuntimeError(f"{command}: {answer['error']['desc']}")
            if "return" in answer:
                return answer["return"]

    def close(self) -> None:
        self._port.close()

    def pull(self, device: str) -> None:
        """Remove a device; returns once QEMU tells that the device is deleted."""
        self.ask("device_del", id=device)
        while (event := self._line()).get("event") != "DEVICE_DELETED" or (
            event["data"].get("device") != device
        ):
            pass

    def _line(self) -> dict[str, Any]:
        while b"\n" not in self._come:
            self._come += self._port.read(4096) or b""
        line, _, self._come = self._come.partition(b"\n")
        answer: dict[str, Any] = json.loads(line)
        return answer


def port(name: str) -> Path:
    """The node of the virtio port that QEMU was started with under ``name``."""
    for one in _PORTS.iterdir():
        if (one / "name").read_text().strip() == name:
            return Path("/dev") / one.name
    raise FileNotFoundError(name)
