"""All emulated devices of one terminal, and the control socket that moves them.

One JSON object a line over a Unix socket: ``{"device": "id_card", "order": "put", "facts": {…}}``
is answered by ``{"ok": true}`` or ``{"error": "…"}``; the order ``look`` by what one would see
(``{"ok": true, "seen": {…}}``). Bytes travel both ways as ``{"base64": "…"}``. The desk window, the
command line and the tests speak it.
"""

from __future__ import annotations

import base64
import contextlib
import errno
import json
import socket
import socketserver
import threading
from collections import deque
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Protocol

_ORDERS_KEPT = 200


class Emulator(Protocol):
    """What every emulated device does."""

    @property
    def address(self) -> str: ...
    def start(self) -> None: ...
    def stop(self) -> None: ...
    def obey(self, order: str, **facts: Any) -> None: ...
    def look(self) -> dict[str, Any]: ...


class Rig:
    """The emulators by device class, started and stopped together, moved by name.

    Orders to one device are given one after another, whoever gives them.
    """

    def __init__(self, devices: Mapping[str, Emulator], path: Path) -> None:
        self.devices = dict(devices)
        self._path = path
        self._server: _Server | None = None
        self._turn = {name: threading.Lock() for name in devices}
        self._guard = threading.Lock()
        self._told: dict[str, deque[tuple[str, dict[str, Any]]]] = {
            name: deque(maxlen=_ORDERS_KEPT) for name in devices
        }

    def start(self) -> None:
        """Start every device, then listen at ``path``. A socket file that nobody listens at any
        more is replaced; ``OSError`` when somebody does, or when something else lies there.
        """
        started: list[Emulator] = []
        try:
            for device in self.devices.values():
                started.append(device)
                device.start()
            _make_room(self._path)
            self._server = _Server(self, self._path)
        except OSError:
            for device in started:
                device.stop()
            raise
        self._server.begin()

    def stop(self) -> None:
        """Hang up on everybody, stop every device."""
        if self._server:
            self._server.end()
            self._server = None
            self._path.unlink(missing_ok=True)
        for device in self.devices.values():
            device.stop()

    def tell(self, device: str, order: str, **facts: Any) -> None:
        """Give an order. Raises ``ValueError`` for a device that is not here, and what the device
        raises for an order it does not understand: ``ValueError`` or ``TypeError``.
        """
        emulator = self._device(device)
        with self._turn[device]:
            emulator.obey(order, **facts)
        with self._guard:
            if order == "well":
                self._told[device].clear()
            self._told[device].append((order, facts))

    def told(self, device: str) -> list[tuple[str, dict[str, Any]]]:
        """The newest orders that were obeyed, with their facts, oldest first; none from before the
        last ``well``, which comes first. Raises ``ValueError`` as ``tell``."""
        self._device(device)
        with self._guard:
            return list(self._told[device])

    def look(self, device: str) -> dict[str, Any]:
        """What one would see there: the emulator's ``look``. Raises ``ValueError`` as ``tell``."""
        return self._device(device).look()

    def hear(self, line: bytes) -> dict[str, Any]:
        """Do what one line asks for; an order that does not fit is an answer, not an exception."""
        try:
            asked = _bytes_again(json.loads(line))
            if not (isinstance(asked, dict) and isinstance(asked.get("facts", {}), dict)):
                return {"error": "one object is needed: device, order, facts"}
            if asked["order"] == "look":
                return {"ok": True, "seen": _plain(self.look(asked["device"]))}
            self.tell(asked["device"], asked["order"], **asked.get("facts", {}))
        except KeyError as error:
            return {"error": f"no such device or field: {error}"}
        except (ValueError, TypeError, ArithmeticError, RecursionError, OSError) as error:
            return {"error": str(error) or type(error).__name__}
        return {"ok": True}

    def _device(self, name: str) -> Emulator:
        if name not in self.devices:
            raise ValueError(f"no device {name!r}; there are {', '.join(self.devices)}")
        return self.devices[name]


class Remote:
    """The other end of the control socket. Raises ``OSError`` when nobody is there (any more)."""

    def __init__(self, path: Path) -> None:
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self._socket.settimeout(10)
        try:
            self._socket.connect(str(path))
        except OSError:
            self._socket.close()
            raise
        self._lines = self._socket.makefile("rb")
        self._turn = threading.Lock()

    def tell(self, device: str, order: str, **facts: Any) -> None:
        """Give an order. Raises ``ValueError`` when it was not understood."""
        self._ask({"device": device, "order": order, "facts": _plain(facts)})

    def look(self, device: str) -> dict[str, Any]:
        """What one would see there; bytes again as bytes. Raises ``ValueError`` as ``tell``."""
        seen: dict[str, Any] = _bytes_again(self._ask({"device": device, "order": "look"})["seen"])
        return seen

    def close(self) -> None:
        self._lines.close()
        self._socket.close()

    def _ask(self, question: dict[str, Any]) -> dict[str, Any]:
        with self._turn:
            self._socket.sendall(json.dumps(question).encode() + b"\n")
            line = self._lines.readline()
        if not line:
            raise ConnectionResetError(errno.ECONNRESET, "the hardware is gone")
        answer: dict[str, Any] = json.loads(line)
        if "error" in answer:
            raise ValueError(answer["error"])
        return answer


class _Server(socketserver.ThreadingUnixStreamServer):
    """Listens; ends its conversations itself, so that none outlives it."""

    daemon_threads = False  # joined at the end
    request_queue_size = 32

    def __init__(self, rig: Rig, path: Path) -> None:
        self.rig = rig
        self._talking: set[Any] = set()
        self._guard = threading.Lock()
        self._thread = threading.Thread(
            target=self.serve_forever, args=(0.05,), name="rig", daemon=True
        )
        super().__init__(str(path), _Handler)

    def begin(self) -> None:
        self._thread.start()

    def end(self) -> None:
        self.shutdown()
        self._thread.join()
        with self._guard:
            for connection in self._talking:
                with contextlib.suppress(OSError):  # the other side was faster
                    connection.shutdown(socket.SHUT_RDWR)
        self.server_close()

    def get_request(self) -> tuple[Any, Any]:
        connection, address = super().get_request()
        with self._guard:
            self._talking.add(connection)
        return connection, address

    def shutdown_request(self, request: Any) -> None:
        with self._guard:
            self._talking.discard(request)
        super().shutdown_request(request)


class _Handler(socketserver.StreamRequestHandler):
    server: _Server

    def handle(self) -> None:
        with contextlib.suppress(OSError):  # the other side hung up
            for line in self.rfile:
                answer = self.server.rig.hear(line)
                self.wfile.write(json.dumps(answer).encode() + b"\n")


def _make_room(path: Path) -> None:
    """Remove a socket file that nobody listens at. Raises ``OSError``; see :meth:`Rig.start`."""
    if not path.is_socket():
        return  # nothing there; if it is something else, to bind fails, and says so
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as knock:
        try:
            knock.connect(str(path))
        except ConnectionRefusedError:
            path.unlink(missing_ok=True)
            return
    raise OSError(errno.EADDRINUSE, "somebody listens there", str(path))


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
    """The other way round. Raises ``ValueError`` for what is no base64."""
    match value:
        case {"base64": str(text), **rest} if not rest:
            return base64.b64decode(text, validate=True)
        case list():
            return [_bytes_again(each) for each in value]
        case dict():
            return {key: _bytes_again(each) for key, each in value.items()}
    return value
