"""All emulated devices of one terminal, and the control socket that moves them.

One JSON object a line over a Unix socket: ``{"device": "id_card", "order": "put", "facts": {…}}``
is answered by ``{"ok": true}`` or ``{"error": "…"}``; the order ``look`` by what one would see
(bytes as base64). The desk window, the command line and the tests speak it.
"""

from __future__ import annotations

import base64
import json
import socket
import socketserver
import threading
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Protocol


class Emulator(Protocol):
    """What every emulated device does."""

    @property
    def address(self) -> str: ...
    def start(self) -> None: ...
    def stop(self) -> None: ...
    def obey(self, order: str, **facts: Any) -> None: ...
    def look(self) -> dict[str, Any]: ...


class Rig:
    """The emulators by device class, started and stopped together, moved by name."""

    def __init__(self, devices: Mapping[str, Emulator], path: Path) -> None:
        self.devices = dict(devices)
        self._path = path
        self._server: socketserver.ThreadingUnixStreamServer | None = None

    def start(self) -> None:
        for device in self.devices.values():
            device.start()
        self._path.unlink(missing_ok=True)
        rig = self

        class Handler(socketserver.StreamRequestHandler):
            def handle(self) -> None:
                for line in self.rfile:
                    self.wfile.write(json.dumps(rig.hear(line)).encode() + b"\n")

        self._server = socketserver.ThreadingUnixStreamServer(str(self._path), Handler)
        self._server.daemon_threads = True
        threading.Thread(target=self._server.serve_forever, name="rig", daemon=True).start()

    def stop(self) -> None:
        if self._server:
            self._server.shutdown()
            self._server.server_close()
        for device in self.devices.values():
            device.stop()
        self._path.unlink(missing_ok=True)

    def hear(self, line: bytes) -> dict[str, Any]:
        """Do what one line asks for; an order that does not fit is an answer, not an exception."""
        try:
            asked = json.loads(line)
            device = self.devices[asked["device"]]
            if asked["order"] == "look":
                return {"ok": True, "seen": _plain(device.look())}
            device.obey(asked["order"], **asked.get("facts", {}))
        except KeyError as error:
            return {"error": f"no such device or field: {error}"}
        except (ValueError, TypeError) as error:
            return {"error": str(error)}
        return {"ok": True}


class Remote:
    """The other end of the control socket."""

    def __init__(self, path: Path) -> None:
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self._socket.settimeout(10)
        self._socket.connect(str(path))
        self._lines = self._socket.makefile("rb")
        self._turn = threading.Lock()

    def tell(self, device: str, order: str, **facts: Any) -> None:
        """Give an order. Raises ``ValueError`` when it was not understood."""
        self._ask({"device": device, "order": order, "facts": facts})

    def look(self, device: str) -> dict[str, Any]:
        """What one would see there; bytes again as bytes."""
        seen = self._ask({"device": device, "order": "look"})["seen"]
        return {key: _bytes_again(value) for key, value in seen.items()}

    def close(self) -> None:
        self._lines.close()
        self._socket.close()

    def _ask(self, question: dict[str, Any]) -> dict[str, Any]:
        with self._turn:
            self._socket.sendall(json.dumps(question).encode() + b"\n")
            answer: dict[str, Any] = json.loads(self._lines.readline())
        if "error" in answer:
            raise ValueError(answer["error"])
        return answer


def _plain(value: Any) -> Any:
    match value:
        case bytes():
            return {"base64": base64.b64encode(value).decode()}
        case list() | tuple():
            return [_plain(each) for each in value]
        case dict():
            return {key: _plain(each) for key, each in value.items()}
    return value


def _bytes_again(value: Any) -> Any:
    match value:
        case {"base64": str(text)}:
            return base64.b64decode(text)
        case list():
            return [_bytes_again(each) for each in value]
    return value
