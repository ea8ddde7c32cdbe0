"""A line between committer and centre that refuses, swallows, delays and cuts connections."""

from __future__ import annotations

import contextlib
import socket
import threading
from collections import Counter
from random import Random
from urllib.parse import urlsplit

FATES = ("refused", "black hole", "cut on the way there", "cut on the way back", "slow")
HOLE_S = 4.0
"""How long a swallowed connection hangs: longer than the committer of the harness waits."""


class FaultProxy:
    """Passes TLS on unread, each connection with its own fate. ``calm`` ends all faults."""

    def __init__(self, url: str, seed: int, chance: float = 0.4) -> None:
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
                fate = self._random.choice(FATES)
            self.fates[fate] += 1
            after = self._random.randrange(200, 6000)  # a handshake has some 3000 bytes
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
