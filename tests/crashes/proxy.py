"""A line that refuses, swallows, cuts, doubles and mixes up: to the centre, or to a printer."""

from __future__ import annotations

import contextlib
import json
import socket
import ssl
import threading
from collections import Counter
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from random import Random
from typing import Any
from urllib.parse import urlsplit

import requests

from kiosk.workshop.sandbox.tls import SandboxCa

UNREAD = ("refused", "black hole", "cut on the way there", "cut on the way back", "slow")
"""Fates of a connection whose TLS is passed on unread."""
READ = (
    "delivered twice",
    "delivered late",
    "another operation's answer",
    "103 first",
    "502 page",
)
"""Fates of the requests on a connection that the line itself serves, as a gateway does."""
OF_A_PRINTER = (*UNREAD, "cut on the way back", "delivered twice", "502 page")
"""What befalls the line to a printer: the answer is lost twice as often as anything else."""
HOLE_S = 4.0
"""How long a swallowed connection hangs: longer than the committer of the harness waits."""


class FaultProxy:
    """Each connection has its own fate. ``calm`` ends all faults. As a gateway, the line has the
    centre's certificate for the terminal, and ``certificate``, the terminal's, for the centre;
    without ``ca`` and ``certificate``, it speaks plain HTTP."""

    def __init__(
        self,
        url: str,
        seed: int,
        ca: SandboxCa | None = None,
        certificate: Path | None = None,
        *,
        chance: float = 0.5,
        fates: tuple[str, ...] = UNREAD + READ,
        cut: tuple[int, int] = (200, 6000),
    ) -> None:
        """``cut``: after how many bytes, at least and at most, a connection is cut; a handshake of
        TLS has some 3000."""
        self._centre = url
        self._ca = ca
        self._certificate = certificate
        self._fates = fates
        self._cut = cut
        self._context: ssl.SSLContext | None = None
        if ca:
            self._context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            self._context.load_cert_chain(ca.server("127.0.0.1"))
            self._context.load_verify_locations(ca.root)
            self._context.verify_mode = ssl.CERT_REQUIRED
        self._answers: dict[str, bytes] = {}  # by operation
        parts = urlsplit(url)
        self._to = (parts.hostname or "", parts.port or 0)
        self._random = Random(seed)
        self._chance = chance
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._over = threading.Event()
        self.calm = False
        self.fates: Counter[str] = Counter()
        self.url = f"{parts.scheme}://127.0.0.1:{self._listener.getsockname()[1]}"
        self._thread = threading.Thread(target=self._accept, daemon=True)
        self._thread.start()

    def close(self) -> None:
        self._over.set()
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)  # wakes the thread that accepts
        self._listener.close()
        self._thread.join(5)

    def _accept(self) -> None:
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            fate = "passed"
            if not self.calm and self._random.random() < self._chance:
                fate = self._random.choice(self._fates)
            self.fates[fate] += 1
            after = self._random.randrange(*self._cut)
            threading.Thread(target=self._serve, args=(client, fate, after), daemon=True).start()

    def _serve(self, client: socket.socket, fate: str, after: int) -> None:
        with client:
            if fate == "refused":
                return
            if fate == "black hole":
                self._over.wait(HOLE_S)
                return
            if fate == "slow":
                self._over.wait(1.0)
            if fate in READ:
                with contextlib.suppress(OSError), self._opened(client) as line:
                    _Gateway(line, ("", 0), _Served(self, fate))  # type: ignore[arg-type]
                return
            try:
                centre = socket.create_connection(self._to, 5)
            except OSError:
                return
            with centre:
                there = after if fate == "cut on the way there" else None
                back = after if fate == "cut on the way back" else None
                other = threading.Thread(target=_pump, args=(client, centre, there), daemon=True)
                other.start()
                _pump(centre, client, back)
                other.join(30)

    def _opened(self, client: socket.socket) -> socket.socket:
        return self._context.wrap_socket(client, server_side=True) if self._context else client

    # -- as a gateway -------------------------------------------------------------------------

    def ask(self, method: str, path: str, headers: dict[str, str], body: bytes) -> Answer:
        """The centre's answer: status, kind and body. Raises ``requests.RequestException``."""
        with requests.Session() as http:
            http.trust_env = False
            said = http.request(
                method,
                self._centre + path,
                headers=headers,
                data=body,
                verify=str(self._ca.root) if self._ca else None,
                cert=str(self._certificate) if self._certificate else None,
                timeout=10,
            )
        answer = said.status_code, said.headers.get("Content-Type", ""), said.content
        with contextlib.suppress(ValueError, TypeError, KeyError):
            self._answers[json.loads(said.content)["id"]] = said.content
        return answer

    def another(self, answer: Answer) -> Answer:
        """What the centre last said of another operation than ``answer`` is about, where the line
        has heard of one: the end of one that is done, if there is."""
        others = [body for body in self._answers.values() if body != answer[2]]
        done = [body for body in others if b'"done"' in body]
        return (200, answer[1], (done or others)[-1]) if others else answer

    def later(self, seconds: float, call: Any) -> None:
        """Call after ``seconds``, in a thread of its own, unless the line is over by then."""

        def run() -> None:
            if not self._over.wait(seconds):
                with contextlib.suppress(requests.RequestException):
                    call()

        threading.Thread(target=run, daemon=True).start()


Answer = tuple[int, str, bytes]


class _Served:
    """What a gateway's connection has in place of a server."""

    def __init__(self, proxy: FaultProxy, fate: str) -> None:
        self.proxy, self.fate = proxy, fate


class _Gateway(BaseHTTPRequestHandler):
    """The requests of one connection of the committer."""

    protocol_version = "HTTP/1.1"
    server: _Served  # type: ignore[assignment]

    def do_GET(self) -> None:
        self._serve()

    def do_POST(self) -> None:
        self._serve()

    def log_message(self, *_: object) -> None:
        pass

    def _serve(self) -> None:
        proxy = self.server.proxy
        fate = "passed" if proxy.calm else self.server.fate
        length = self.headers.get("Content-Length", "" if self.command == "POST" else "0")
        body = self.rfile.read(int(length)) if length.isdecimal() else b""
        if not length.isdecimal() or len(body) < int(length):
            # The client was killed in the middle of it: a gateway passes on no half request.
            self.close_connection = True
            return
        left_out = ("host", "connection", "content-length")
        headers = {k: v for k, v in self.headers.items() if k.lower() not in left_out}

        def ask() -> Answer:
            return proxy.ask(self.command, self.path, headers, body)

        try:
            match fate:
                case "delivered late":
                    proxy.later(HOLE_S, ask)
                    self.close_connection = True
                    proxy._over.wait(HOLE_S)
                    return
                case "502 page":
                    self._answer((502, "text/html", b"<html><body>Bad Gateway</body></html>"))
                case "103 first":
                    said = ask()
                    self.wfile.write(b"HTTP/1.1 103 Early Hints\r\nLink: </x>; rel=preload\r\n\r\n")
                    self._answer(said)
                case "another operation's answer":
                    self._answer(proxy.another(ask()))
                case "delivered twice":
                    said = ask()
                    proxy.later(proxy._random.uniform(0.0, 3.0), ask)
                    self._answer(said)
                case _:
                    self._answer(ask())
        except requests.RequestException:
            self.close_connection = True

    def _answer(self, answer: Answer) -> None:
        status, kind, body = answer
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


def _pump(source: socket.socket, target: socket.socket, most: int | None) -> None:
    """Pass bytes on, ``most`` of them; then both directions are over."""
    left = most
    with contextlib.suppress(OSError):
        while data := source.recv(65536):
            if left is not None:
                data = data[:left]
                left -= len(data)
            target.sendall(data)
            if left == 0:
                break
    for end in (source, target):
        with contextlib.suppress(OSError):
            end.shutdown(socket.SHUT_RDWR)
