"""All emulated devices of one terminal, and the control socket that moves them.

One JSON object a line over a Unix socket: ``{"device": "id_card", "order": "put", "facts": {…}}``
is answered by ``{"ok": true}`` or ``{"error": "…"}``; the order ``look`` by what one would see
(``{"ok": true, "seen": {…}}``). ``{"script": "printer: jam after 3 lines"}`` begins a fault script
(see :mod:`drivers.emulators.script`) and is answered when it has begun; with ``"wait": 30`` when it
has ended, or after 30 seconds: ``{"ok": true, "done": false}``. Bytes travel both ways as
``{"base64": "…"}``. The desk window, the command line and the tests speak it.
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
"""Scripts that run at the same time."""
LONGEST_WAIT_S = 3600.0
"""How long one may wait for the end of a script."""
_LOOK_S = 0.1
_ANSWER_S = 10.0
_NOT_UNDERSTOOD = (ValueError, TypeError, KeyError, ArithmeticError, RecursionError, OSError)
log = logging.getLogger(__name__)


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

    Devices also answer to their short names (``drivers.emulators.orders.ALIASES``). Orders to one
    device are given one after another, whoever gives them.
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
        """Start every device and listen at ``path``. A socket file that nobody listens at any
        more is replaced; ``OSError`` when somebody does, or when something else lies there.
        """
        started: list[Emulator] = []
        self._stopping = False
        try:
            _make_room(self._path)  # before the devices, which have the names of the other's
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
        """End all scripts, hang up on everybody, stop every device."""
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
        """Give an order. ``well``, unless it is of one fault, also ends the scripts that still have
        something to say to the device. Raises ``ValueError`` for a device that is not here, and
        what the device raises for an order it does not understand: ``ValueError``, ``TypeError``.
        """
        self._obey(resolve(device, self.devices), order, facts, None)

    def run(self, script: str) -> ScriptRun:
        """Begin a fault script. Raises ``ValueError`` when it is none, or too many run already."""
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
        """What one would see there: the emulator's ``look``. Raises ``ValueError`` as ``tell``."""
        return self.devices[resolve(device, self.devices)].look()

    def hear(self, line: bytes) -> dict[str, Any]:
        """Do what one line asks for; an order that does not fit is an answer, not an exception."""
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

    Clauses are told one after another. One with a delay waits until the one before has come true,
    as far as one can see that, and then for its seconds.
    """

    def __init__(self, rig: Rig, clauses: Sequence[Clause]) -> None:
        """Made by :meth:`Rig.run`."""
        self.trouble = ""
        """Why it ended before its time: what a device did not understand. "" otherwise."""
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
        """True when it has told its last order, or ended otherwise, within ``seconds``."""
        return self._done.wait(seconds)

    def cancel(self) -> None:
        """Tell no more orders. One that is being obeyed now is."""
        self._cancelled.set()

    def leave(self, device: str) -> None:
        """Cancel it when it still has something to say to ``device``."""
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
        """Until one can see that it has come true, where that can be seen."""
        if clause is None:
            return
        order = (orders_of(clause.device) or {}).get(clause.order)
        if order is None or order.seen is None:
            return
        while not order.seen(self._rig.look(clause.device)):
            if self._cancelled.wait(_LOOK_S):
                return


class Remote:
    """The other end of the control socket. Raises ``OSError`` when nobody is there (any more)."""

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
        """Give an order. Raises ``ValueError`` when it was not understood."""
        self._ask({"device": device, "order": order, "facts": _plain(facts)})

    def run(self, script: str, wait: float | None = None) -> bool:
        """Begin a fault script; with ``wait`` wait so many seconds for its end. True when it has
        ended by then. Raises ``ValueError`` when it, or in that time one of its orders, was not
        understood.
        """
        question: dict[str, Any] = {"script": script}
        if wait is not None:
            question["wait"] = wait
        return bool(self._ask(question, wait or 0.0)["done"])

    def look(self, device: str) -> dict[str, Any]:
        """What one would see there; bytes again as bytes. Raises ``ValueError`` as ``tell``."""
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
        super().__init__(str(path), _OrderHandler)

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


class _OrderHandler(socketserver.StreamRequestHandler):
    server: _OrderServer

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
