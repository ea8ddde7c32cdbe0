"""Runs the stand-in centre on ports of this machine, from the command line or beside a test."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import uvicorn
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Receive, Scope, Send

from kiosk.workshop.sandbox.app import create_app
from kiosk.workshop.sandbox.tls import SandboxCa


@dataclass(frozen=True, slots=True)
class CentreAddresses:
    """Where a stand-in centre answers: ``api`` before ``/v1``, ``beside`` before the levers and the
    pages for phones. Without TLS they are one."""

    api: str
    beside: str


class _BesideServer(uvicorn.Server):
    """Serves levers and pages for phones, which have no certificate, beside the contract's port."""

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Leave signals to the server of the contract, which ends this one."""
        yield


class _AnnouncingServer(uvicorn.Server):
    """The server of the contract: starts and ends ``beside`` with itself, sets ``ready`` and, with
    ``announce``, prints the addresses when both have started."""

    def __init__(
        self,
        config: uvicorn.Config,
        addresses: CentreAddresses,
        beside: tuple[_BesideServer, socket.socket] | None,
    ) -> None:
        super().__init__(config)
        self.ready = threading.Event()
        self.addresses = addresses
        self.announce = False
        self._beside = beside
        self._task: asyncio.Task[None] | None = None

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        if self._beside:
            server, listener = self._beside
            self._task = asyncio.create_task(server.serve([listener]))
            while not server.started and not self._task.done():
                await asyncio.sleep(0.005)
        if self.announce:
            for address in dict.fromkeys((self.addresses.api, self.addresses.beside)):
                print(address, flush=True)
        self.ready.set()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        if self._beside and self._task:
            self._beside[0].should_exit = True
            await self._task
            self._cut_idle_connections()
        await super().shutdown(sockets)

    def _cut_idle_connections(self) -> None:
        """Where uvicorn closes a connection over TLS, asyncio waits half a minute for the client to
        close it too."""
        connections: set[Any] = self.server_state.connections
        for connection in list(connections):
            if connection.cycle is None or connection.cycle.response_complete:
                connection.transport.abort()


def run(
    directory: Path, port: int = 0, host: str = "127.0.0.1", *, tls: bool = False, **options: Any
) -> None:
    """Serve until interrupted. As soon as the server answers, prints a line with the contract's
    address and, with ``tls``, one with the address of levers and phones.

    Port 0 takes a free port; ``tls`` as in :func:`serving`; ``options`` go to
    :func:`kiosk.workshop.sandbox.app.create_app`. The levers under ``/sandbox`` need no password:
    keep ``host`` an address of this machine only.
    """
    with _prepared(directory, host, port, options, tls=tls) as (server, listener):
        server.announce = True
        server.run(sockets=[listener])


@contextmanager
def serving(directory: Path, *, tls: bool = False, **options: Any) -> Iterator[str]:
    """Run the centre in a thread, on a free port, for the length of the block; yields its URL.

    With ``tls``, only who has a certificate of the centre's own CA may speak to that port:
    ``SandboxCa(directory)`` of :mod:`kiosk.workshop.sandbox.tls` issues them, and the terminal is
    who its certificate names, whatever the header says. A second port, without TLS, serves levers
    and the pages for phones, and never the contract: :func:`serving_both` yields it too.
    """
    with serving_both(directory, tls=tls, **options) as addresses:
        yield addresses.api


@contextmanager
def serving_both(directory: Path, *, tls: bool = True, **options: Any) -> Iterator[CentreAddresses]:
    """As :func:`serving`; yields both addresses."""
    with _prepared(directory, "127.0.0.1", 0, options, tls=tls) as (server, listener):
        thread = threading.Thread(
            target=server.run, args=([listener],), name="stand-in centre", daemon=True
        )
        thread.start()
        if not server.ready.wait(60):
            raise TimeoutError("the stand-in centre did not start")
        try:
            yield server.addresses
        finally:
            server.should_exit = True
            thread.join(60)


@contextmanager
def _listening(host: str, port: int) -> Iterator[socket.socket]:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    # asyncio turns Nagle's delay (40 ms an answer) off only when the socket names its protocol.
    with socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP) as listener:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((host, port))
        yield listener


@contextmanager
def _prepared(
    directory: Path, host: str, port: int, options: dict[str, Any], *, tls: bool
) -> Iterator[tuple[_AnnouncingServer, socket.socket]]:
    """The server that answers at the contract's socket, and that socket."""
    with contextlib.ExitStack() as stack:
        listener = stack.enter_context(_listening(host, port))
        app = create_app(directory, **options)
        api = _address(listener, "https" if tls else "http")
        if not tls:
            config = _config(app)
            yield _AnnouncingServer(config, CentreAddresses(api, api), None), listener
            return
        ca = SandboxCa(directory)
        config = _config(
            app,
            ssl_certfile=str(ca.server(host)),
            ssl_ca_certs=str(ca.root),
            ssl_cert_reqs=ssl.CERT_REQUIRED,
        )
        other = stack.enter_context(_listening(host, 0))
        addresses = CentreAddresses(api, _address(other, "http"))
        app.state.api, app.state.beside = addresses.api, addresses.beside
        beside = _BesideServer(_config(_without_the_contract(app), lifespan="off"))
        yield _AnnouncingServer(config, addresses, (beside, other)), listener


def _address(listener: socket.socket, scheme: str) -> str:
    host, port = listener.getsockname()[:2]
    return f"{scheme}://[{host}]:{port}" if ":" in host else f"{scheme}://{host}:{port}"


def _config(app: ASGIApp, **more: Any) -> uvicorn.Config:
    return uvicorn.Config(
        app,
        http="h11",
        ws="none",
        log_config=None,
        log_level="error",
        access_log=False,  # paths and addresses are not logged
        server_header=False,
        timeout_graceful_shutdown=2,
        **more,
    )


def _without_the_contract(app: ASGIApp) -> ASGIApp:
    """``app`` for callers without a certificate: under ``/v1`` only enrolment is there."""

    async def beside(scope: Scope, receive: Receive, send: Send) -> None:
        path = scope["path"]
        if path.startswith("/v1") and not path.startswith("/v1/enrolments"):
            await PlainTextResponse("TLS only", 404)(scope, receive, send)
        else:
            await app(scope, receive, send)

    return beside
