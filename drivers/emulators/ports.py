"""Reserves TCP ports for emulated devices, also while the device is unplugged."""

from __future__ import annotations

import socket
import weakref
from contextlib import ExitStack


def reserved(owner: object, neighbours: int = 1) -> int:
    """A free TCP port of this machine, reserved as long as ``owner`` lives; with ``neighbours``,
    the first of so many ports in a row, all reserved. A bound socket that does not listen holds
    the port, so that the system gives it to no other process, and nobody answers there until
    somebody listens, who must set ``SO_REUSEADDR``."""
    while True:
        with ExitStack() as held:
            try:
                first = _bound(held, 0)
                for port in range(first + 1, first + neighbours):
                    _bound(held, port)
            except (OSError, OverflowError):  # another process has the neighbour, or no such port
                continue
            weakref.finalize(owner, held.pop_all().close)
            return first


def _bound(held: ExitStack, port: int) -> int:
    """Bind ``port``, or any free one for 0, until ``held`` is closed. Returns its number."""
    bound = held.enter_context(socket.socket())
    bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    bound.bind(("127.0.0.1", port))
    return int(bound.getsockname()[1])
