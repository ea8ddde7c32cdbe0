"""All emulated devices of one terminal, and the control socket that moves them.

The desk window, the command line and the tests speak to the control socket, a Unix socket with one
JSON object a line. ``{"device": "id_card", "order": "put", "facts": {…}}`` is answered by ``{"ok":
true}`` or ``{"error": "…"}``; the order ``look`` by what a person would see there (``{"ok": true,
"seen": {…}}``). ``{"script": "printer: jam after 3 lines"}`` begins a fault script (see
:mod:`drivers.emulators.script`) and is answered at once. With ``"wait": 30`` the answer comes when
the script has ended, or after 30 seconds (``{"ok": true, "done": false}``). Bytes travel both ways
as ``{"base64": "…"}``.
"""

from __future__ import annotations

import base64
import contextlib
import errno
import json
import logging
import socket
import socketserver
import threading
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Protocol

from drivers.emulators.orders import orders_of
from drivers.emulators.script import Clause, parse, resolve

MOST_SCRIPTS = 16
"""How many scripts may run at the same time."""
LONGEST_WAIT_S = 3600.0
"""Longest ``wait`` for the end of a script."""
_LOOK_S = 0.1
_ANSWER_S = 60.0
_NOT_UNDERSTOOD = (ValueError, TypeError, KeyError, ArithmeticError, RecursionError, OSError)
log = logging.getLogger(__name__)


class Emulator(Protocol):
    """The methods of every emulator."""

    @property
    def address(self) -> str: ...
    def start(self) -> None: ...
    def stop(self) -> None: ...
    def obey(self, order: str, **facts: Any) -> None: ...
    def look(self) -> dict[str, Any]: ...


class Rig:
    """The emulators by device name: starts and stops all together, gives orders to each.

    Devices also have short names (``drivers.emulators.orders.ALIASES``). The rig gives the orders
    for one device one after another, also when they come from several threads.
    """

    def __init__(self, devices: Mapping[str, Emulator], path: Path) -> None:
        self.devices = dict(devices)
        self._path = path
        self._server: _OrderServer | None = None
        self._turn = {name: threading.Lock() for name in devices}
        self._guard = threading.Lock()
        self._runs: list[ScriptRun] = []
        self._stopping = False

    def start(self) -> None:
        """Start every device and listen at ``path``. Replaces a socket file that no process listens
        at any more. Raises ``OSError`` when a process listens there, or the file is no socket.
        """
        started: list[Emulator] = []
        self._stopping = False
        try:
            _make_room(self._path)  # first: another rig's devices have the same names
            for device in self.devices.values():
                started.append(device)
                device.start()
            self._server = _OrderServer(self, self._path)
        except OSError:
            for device in started:
                device.stop()
            raise
        self._server.begin()

    def stop(self) -> None:
        """End all scripts, close all connections, stop every device."""
        with self._guard:
            self._stopping = True
            runs = list(self._runs)
        for run in runs:
            run.cancel()
        for run in runs:
            run.wait()
        if self._server:
            self._server.end()
            self._server = None
            self._path.unlink(missing_ok=True)
        for device in self.devices.values():
            device.stop()

    def tell(self, device: str, order: str, **facts: Any) -> None:
        """Give an order. ``well`` without facts also ends the scripts that still have orders for
        the device. Raises ``ValueError`` for a device that the rig does not have, and
        ``ValueError`` or ``TypeError`` for an order that the device does not understand.
        """
        self._obey(resolve(device, self.devices), order, facts, None)

    def run(self, script: str) -> ScriptRun:
        """Begin a fault script. Raises ``ValueError`` when ``script`` is no script, or too many
        scripts run already."""
        run = ScriptRun(self, parse(script, self.devices))
        with self._guard:
            if self._stopping or len(self._runs) >= MOST_SCRIPTS:
                raise ValueError(f"no more than {MOST_SCRIPTS} scripts run at the same time")
            self._runs.append(run)
            run.begin()
        return run

    def _obey(self, device: str, order: str, facts: dict[str, Any], by: ScriptRun | None) -> None:
        with self._turn[device]:
            if by is not None and by.cancelled:
                return
            if order == "well" and not facts:
                with self._guard:
                    others = [run for run in self._runs if run is not by]
                for run in others:
                    run.leave(device)
            self.devices[device].obey(order, **facts)

    def look(self, device: str) -> dict[str, Any]:
        """The emulator's ``look``: what a person beside the device would see. Raises ``ValueError``
        for a device that the rig does not have."""
        return self.devices[resolve(device, self.devices)].look()

    def hear(self, line: bytes) -> dict[str, Any]:
        """Do what one line of the socket asks for. Returns the answer; never raises for a line that
        is not understood, but answers with ``error``."""
        try:
            asked = _bytes_again(json.loads(line))
            if not (isinstance(asked, dict) and isinstance(asked.get("facts", {}), dict)):
                return {"error": "one object is needed: device, order, facts"}
            if "script" in asked and asked.keys() <= {"script", "wait"}:
                return self._hear_script(asked["script"], asked.get("wait"))
            if asked["order"] == "look":
                return {"ok": True, "seen": _plain(self.look(asked["device"]))}
            self.tell(asked["device"], asked["order"], **asked.get("facts", {}))
        except KeyError as error:
            return {"error": f"no such device or field: {error}"}
        except _NOT_UNDERSTOOD as error:
            return {"error": str(error) or type(error).__name__}
        return {"ok": True}

    def _ended(self, run: ScriptRun) -> None:
        with self._guard:
            self._runs.remove(run)

    def _hear_script(self, script: object, wait: object) -> dict[str, Any]:
        if not isinstance(script, str):
            return {"error": "a script is a text"}
        if wait is None:
            self.run(script)
            return {"ok": True, "done": False}
        if isinstance(wait, bool) or not isinstance(wait, int | float):
            return {"error": "wait is a number of seconds"}
        if not 0 <= wait <= LONGEST_WAIT_S:
            return {"error": f"wait is 0 to {LONGEST_WAIT_S:.0f} seconds"}
        run = self.run(script)
        done = run.wait(wait)
        return {"error": run.trouble} if run.trouble else {"ok": True, "done": done}


class ScriptRun:
    """A fault script that runs, in a thread of its own.

    The script gives its orders one after another. Before a clause with a delay, the script waits
    until the clause before has come true (if ``look`` shows that), and then for the delay.
    """

    def __init__(self, rig: Rig, clauses: Sequence[Clause]) -> None:
        """Made by :meth:`Rig.run`."""
        self.trouble = ""
        """Why the script ended early: the order that a device did not understand. Else ""."""
        self._rig = rig
        self._clauses = clauses
        self._next = 0
        self._cancelled = threading.Event()
        self._done = threading.Event()
        self._thread = threading.Thread(target=self._run, name="fault script", daemon=True)

    @property
    def cancelled(self) -> bool:
        return self._cancelled.is_set()

    def begin(self) -> None:
        self._thread.start()

    def wait(self, seconds: float | None = None) -> bool:
        """Whether the script has ended within ``seconds``."""
        return self._done.wait(seconds)

    def cancel(self) -> None:
        """Give no more orders. An order that a device is obeying now is finished."""
        self._cancelled.set()

    def leave(self, device: str) -> None:
        """Cancel the script if it still has orders for ``device``."""
        if any(clause.device == device for clause in self._clauses[self._next :]):
            self.cancel()

    def _run(self) -> None:
        try:
            before: Clause | None = None
            for number, clause in enumerate(self._clauses):
                self._next = number
                if clause.delay is not None:
                    self._wait_for(before)
                    self._cancelled.wait(clause.delay)
                if self._cancelled.is_set():
                    return
                self._rig._obey(clause.device, clause.order, dict(clause.facts), self)
                before = clause
            self._next = len(self._clauses)
        except _NOT_UNDERSTOOD as error:
            said = str(error) or type(error).__name__
            self.trouble = f"line {clause.line}, {clause.device}: {said}"
            log.warning("a fault script ended early", extra={"device": clause.device})
        finally:
            self._rig._ended(self)
            self._done.set()

    def _wait_for(self, clause: Clause | None) -> None:
        """Wait until the device's ``look`` shows that ``clause`` has come true; return at once for
        an order that ``look`` does not show."""
        if clause is None:
            return
        order = (orders_of(clause.device) or {}).get(clause.order)
        if order is None or order.seen is None:
            return
        while not order.seen(self._rig.look(clause.device)):
            if self._cancelled.wait(_LOOK_S):
                return


class Remote:
    """The client of the control socket. Raises ``OSError`` when no rig listens (any more)."""

    def __init__(self, path: Path) -> None:
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self._socket.settimeout(_ANSWER_S)
        try:
            self._socket.connect(str(path))
        except OSError:
            self._socket.close()
            raise
        self._lines = self._socket.makefile("rb")
        self._turn = threading.Lock()

    def tell(self, device: str, order: str, **facts: Any) -> None:
        """Give an order. Raises ``ValueError`` when the device does not understand it."""
        self._ask({"device": device, "order": order, "facts": _plain(facts)})

    def run(self, script: str, wait: float | None = None) -> bool:
        """Begin a fault script, and wait up to ``wait`` seconds for its end. Returns whether it has
        ended. Raises ``ValueError`` when the script, or by then one of its orders, was not
        understood.
        """
        question: dict[str, Any] = {"script": script}
        if wait is not None:
            question["wait"] = wait
        return bool(self._ask(question, wait or 0.0)["done"])

    def look(self, device: str) -> dict[str, Any]:
        """What a person beside the device would see; bytes as bytes. Raises ``ValueError`` for an
        unknown device."""
        seen: dict[str, Any] = _bytes_again(self._ask({"device": device, "order": "look"})["seen"])
        return seen

    def close(self) -> None:
        self._lines.close()
        self._socket.close()

    def _ask(self, question: dict[str, Any], seconds: float = 0.0) -> dict[str, Any]:
        with self._turn:
            self._socket.settimeout(_ANSWER_S + seconds)
            self._socket.sendall(json.dumps(question).encode() + b"\n")
            line = self._lines.readline()
        if not line:
            raise ConnectionResetError(errno.ECONNRESET, "the hardware is gone")
        answer: dict[str, Any] = json.loads(line)
        if "error" in answer:
            raise ValueError(answer["error"])
        return answer


class _OrderServer(socketserver.ThreadingUnixStreamServer):
    """The server of the control socket; :meth:`end` also closes the open connections."""

    daemon_threads = False  # `end` joins them
    request_queue_size = 32

    def __init__(self, rig: Rig, path: Path) -> None:
        self.rig = rig
        self._talking: set[Any] = set()
        self._guard = threading.Lock()
        self._thread = threading.Thread(
            target=self.serve_forever, args=(0.05,), name="rig", daemon=True
        )
        super().__init__(str(path), _OrderHandler)

    def begin(self) -> None:
        self._thread.start()

    def end(self) -> None:
        self.shutdown()
        self._thread.join()
        with self._guard:
            for connection in self._talking:
                with contextlib.suppress(OSError):  # the client has closed it already
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


class _OrderHandler(socketserver.StreamRequestHandler):
    server: _OrderServer

    def handle(self) -> None:
        with contextlib.suppress(OSError):  # the client hung up
            for line in self.rfile:
                answer = self.server.rig.hear(line)
                self.wfile.write(json.dumps(answer).encode() + b"\n")


def _make_room(path: Path) -> None:
    """Remove a socket file that no process listens at. Raises ``OSError`` when one listens."""
    if not path.is_socket():
        return  # no file: nothing to remove; another kind of file: `bind` raises
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
    """Undoes :func:`_plain`. Raises ``ValueError`` for invalid base64."""
    match value:
        case {"base64": str(text), **rest} if not rest:
            return base64.b64decode(text, validate=True)
        case list():
            return [_bytes_again(each) for each in value]
        case dict():
            return {key: _bytes_again(each) for key, each in value.items()}
    return value
