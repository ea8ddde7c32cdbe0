"""A small HTTP server that answers as it is told: well, late, cut off, or with anything at all."""

from __future__ import annotations

import contextlib
import json
import socket
import ssl
import struct
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any

from tests.waiting import PATIENCE_S


@dataclass(frozen=True)
class Seen:
    """One request as it arrived; ``path`` with its query."""

    method: str
    path: str
    headers: dict[str, str]
    body: bytes
    connection: int  # which connection it came on, counted from 0

    @property
    def json(self) -> Any:
        return json.loads(self.body)


class CentreHandler(BaseHTTPRequestHandler):
    """One connection."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True  # head and body are two writes: 40 ms otherwise
    server: _CentreSocket

    def setup(self) -> None:
        self.request.settimeout(PATIENCE_S)
        if isinstance(self.request, ssl.SSLSocket):
            self.request.do_handshake()
        super().setup()

    def answer(self) -> None:
        owner = self.server.owner
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        number = owner.connections.index(self.request)
        owner.requests.append(
            Seen(self.command, self.path, dict(self.headers.items()), body, number)
        )
        owner.next_answer(self.command, self.path)(self)

    do_GET = do_POST = do_DELETE = answer  # noqa: N815 - the names the base class looks for

    def log_message(self, format: str, *args: Any) -> None:
        """Nothing: the requests are kept."""

    def wait(self, seconds: float) -> None:
        """Sleep, but not longer than the server lives."""
        self.server.owner.stopping.wait(seconds)


Answer = Callable[[CentreHandler], None]


def reply(status: int, body: object = b"", *, kind: str = "application/json") -> Answer:
    """A proper answer; ``body`` as bytes, text, or anything JSON can write."""
    match body:
        case bytes():
            data = body
        case str():
            data = body.encode()
        case _:
            data = json.dumps(body).encode()

    def answer(handler: CentreHandler) -> None:
        handler.send_response(status)
        if status != 204:
            handler.send_header("Content-Type", kind)
            handler.send_header("Content-Length", str(len(data)))
        handler.end_headers()
        handler.wfile.write(data)

    return answer


def raw(data: bytes) -> Answer:
    """These bytes and nothing else, then the end of the connection."""

    def answer(handler: CentreHandler) -> None:
        handler.wfile.write(data)
        handler.close_connection = True

    return answer


def late(seconds: float, then: Answer) -> Answer:
    """Silence first."""

    def answer(handler: CentreHandler) -> None:
        handler.wait(seconds)
        then(handler)

    return answer


def trickle(data: bytes, pause: float) -> Answer:
    """One byte after the other."""

    def answer(handler: CentreHandler) -> None:
        handler.close_connection = True
        for byte in data:
            if handler.server.owner.stopping.is_set():
                return
            handler.wfile.write(bytes([byte]))
            handler.wait(pause)

    return answer


def reset(after: bytes = b"") -> Answer:
    """Some bytes, then a TCP reset."""

    def answer(handler: CentreHandler) -> None:
        handler.wfile.write(after)
        linger = struct.pack("ii", 1, 0)
        handler.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
        handler.connection.close()
        handler.close_connection = True

    return answer


class _CentreSocket(ThreadingHTTPServer):
    daemon_threads = False
    block_on_close = True
    owner: CentreServer

    def get_request(self) -> tuple[socket.socket, Any]:
        connection, address = super().get_request()
        if self.owner.context is not None:
            connection = self.owner.context.wrap_socket(
                connection, server_side=True, do_handshake_on_connect=False
            )
        self.owner.connections.append(connection)
        return connection, address

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that went away is part of these tests."""


@dataclass
class CentreServer:
    """Listens on a free port of this machine while it is entered."""

    context: ssl.SSLContext | None = None
    requests: list[Seen] = field(default_factory=list)
    connections: list[socket.socket] = field(default_factory=list)
    stopping: threading.Event = field(default_factory=threading.Event)
    _answers: dict[tuple[str, str], list[Answer]] = field(default_factory=dict)

    def on(self, method: str, path: str, *answers: Answer) -> None:
        """What to answer there, one after the other; the last one stays."""
        self._answers[method, path] = list(answers)

    def next_answer(self, method: str, path: str) -> Answer:
        waiting = self._answers.get((method, path.partition("?")[0]))
        if not waiting:
            return reply(404, {"code": "not-found"})
        return waiting.pop(0) if len(waiting) > 1 else waiting[0]

    @property
    def url(self) -> str:
        scheme = "https" if self.context else "http"
        return f"{scheme}://127.0.0.1:{self._server.server_address[1]}"

    def __enter__(self) -> CentreServer:
        self._server = _CentreSocket(("127.0.0.1", 0), CentreHandler)
        self._server.owner = self
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,))
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stopping.set()
        self._server.shutdown()
        self._thread.join()
        for connection in self.connections:
            with contextlib.suppress(OSError):  # already closed
                # Past the TLS layer, which a handler's thread may be using.
                socket.socket.shutdown(connection, socket.SHUT_RDWR)
        self._server.server_close()
