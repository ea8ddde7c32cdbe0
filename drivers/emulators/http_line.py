"""The HTTP side of an emulated device: it can be killed with its connections, and come back."""

from __future__ import annotations

import socket
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


class HttpLine(ThreadingHTTPServer):
    """Listens at ``port`` of this machine, 0: a free one; ``name`` is for its threads."""

    daemon_threads = True
    request_queue_size = 32

    def __init__(self, port: int, handler: type[BaseHTTPRequestHandler], name: str) -> None:
        self._connections: set[socket.socket] = set()
        self._guard = threading.Condition()
        super().__init__(("127.0.0.1", port), handler)
        self._thread = threading.Thread(
            target=self.serve_forever, args=(0.02,), name=f"emulated {name}", daemon=True
        )

    def begin(self) -> None:
        self._thread.start()

    def end(self) -> None:
        """Listen no more and break every connection."""
        self.shutdown()
        self._thread.join()
        self.server_close()
        with self._guard:
            for connection in self._connections:
                try:
                    connection.shutdown(socket.SHUT_RDWR)
                except OSError:
                    continue  # the other side was quicker
            self._guard.wait_for(lambda: not self._connections, 2.0)

    def get_request(self) -> tuple[socket.socket, Any]:
        connection, address = super().get_request()
        connection = self.wrap(connection)
        with self._guard:
            self._connections.add(connection)
        return connection, address

    def wrap(self, connection: socket.socket) -> socket.socket:
        """What a new connection is spoken to through."""
        return connection

    def shutdown_request(self, request: Any) -> None:
        super().shutdown_request(request)
        with self._guard:
            self._connections.discard(request)
            self._guard.notify_all()

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that hung up is no news; anything else is a bug in here."""
        if not isinstance(sys.exception(), OSError):
            super().handle_error(request, client_address)
