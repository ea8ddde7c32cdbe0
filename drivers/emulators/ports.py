"""Reserves TCP ports for emulated devices, also while the device is unplugged."""

from __future__ import annotations

import errno
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
            first = _bound(held, 0)
            try:
                for port in range(first + 1, first + neighbours):
                    _bound(held, port)
            except OverflowError:  # there is no such port
                continue
            except OSError as error:
                if error.errno != errno.EADDRINUSE:
                    raise
                continue
            weakref.finalize(owner, held.pop_all().close)
            return first


def _bound(held: ExitStack, port: int) -> int:
    """Bind ``port``, or any free one for 0, until ``held`` is closed. Returns its number."""
    bound = held.enter_context(socket.socket())
    bound.bind(("127.0.0.1", port))
    # Only now: two that have it and do not listen may share a port.
    bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    return int(bound.getsockname()[1])
