"""Runs the stand-in centre on a port of this machine, from the command line or beside a test."""

from __future__ import annotations

import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import uvicorn

from kiosk.workshop.sandbox.app import create_app
from kiosk.workshop.sandbox.tls import SandboxCa


class _AnnouncingServer(uvicorn.Server):
    """A server that sets ``ready`` and, with ``announce``, prints its URL when it has started."""

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.ready = threading.Event()
        self.url = ""
        self.announce = False

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        if self.announce:
            print(self.url, flush=True)
        self.ready.set()


def run(
    directory: Path, port: int = 0, host: str = "127.0.0.1", *, tls: bool = False, **options: Any
) -> None:
    """Serve until interrupted. Prints the URL, one line, as soon as the server answers.

    Port 0 takes a free port; ``tls`` as in :func:`serving`; ``options`` go to
    :func:`kiosk.workshop.sandbox.app.create_app`. The levers under ``/sandbox`` need no password:
    keep ``host`` an address of this machine only.
    """
    with _listening(host, port) as listener:
        server = _server(directory, listener, options, tls=tls)
        server.announce = True
        server.run(sockets=[listener])


@contextmanager
def serving(directory: Path, *, tls: bool = False, **options: Any) -> Iterator[str]:
    """Run the centre in a thread, on a free port, for the length of the block; yields its URL.

    With ``tls``, only who has a certificate of the centre's own CA may speak to it, levers too:
    ``SandboxCa(directory)`` of :mod:`kiosk.workshop.sandbox.tls` issues them, and the terminal is
    who its certificate names, whatever the header says.
    """
    with _listening("127.0.0.1", 0) as listener:
        server = _server(directory, listener, options, tls=tls)
        thread = threading.Thread(
            target=server.run, args=([listener],), name="stand-in centre", daemon=True
        )
        thread.start()
        if not server.ready.wait(30):
            raise TimeoutError("the stand-in centre did not start")
        try:
            yield server.url
        finally:
            server.should_exit = True
            thread.join(10)


@contextmanager
def _listening(host: str, port: int) -> Iterator[socket.socket]:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    # asyncio turns Nagle's delay (40 ms an answer) off only when the socket names its protocol.
    with socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP) as listener:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((host, port))
        yield listener


def _server(
    directory: Path, listener: socket.socket, options: dict[str, Any], *, tls: bool
) -> _AnnouncingServer:
    host, port = listener.getsockname()[:2]
    secured: dict[str, Any] = {}
    if tls:
        ca = SandboxCa(directory)
        secured = {
            "ssl_certfile": str(ca.server(host)),
            "ssl_ca_certs": str(ca.root),
            "ssl_cert_reqs": ssl.CERT_REQUIRED,
        }
    config = uvicorn.Config(
        create_app(directory, **options),
        http="h11",
        ws="none",
        log_config=None,
        log_level="error",
        access_log=False,  # paths and addresses are not logged
        server_header=False,
        timeout_graceful_shutdown=2,
        **secured,
    )
    server = _AnnouncingServer(config)
    place = f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
    server.url = f"{'https' if tls else 'http'}://{place}"
    return server
