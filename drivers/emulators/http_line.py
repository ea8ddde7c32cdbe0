"""The HTTP server of an emulated device; its end breaks all connections, as a power cut does."""

from __future__ import annotations

import socket
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


class HttpLine(ThreadingHTTPServer):
    """Listens at ``port`` of this machine, 0: a free port; ``name`` names its threads."""

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
        """Stop listening and break every connection."""
        self.shutdown()
        self._thread.join()
        self.server_close()
        with self._guard:
            for connection in self._connections:
                try:
                    connection.shutdown(socket.SHUT_RDWR)
                except OSError:
                    continue  # the client has closed it already
            self._guard.wait_for(lambda: not self._connections, 30.0)

    def get_request(self) -> tuple[socket.socket, Any]:
        connection, address = super().get_request()
        connection = self.wrap(connection)
        with self._guard:
            self._connections.add(connection)
        return connection, address

    def wrap(self, connection: socket.socket) -> socket.socket:
        """The socket through which to speak on a new connection; a subclass may add TLS."""
        return connection

    def shutdown_request(self, request: Any) -> None:
        super().shutdown_request(request)
        with self._guard:
            self._connections.discard(request)
            self._guard.notify_all()

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Report exceptions of a handler, but not ``OSError``: the client hung up."""
        if not isinstance(sys.exception(), OSError):
            super().handle_error(request, client_address)
