"""Reserves TCP ports for emulated devices, also while the device is unplugged."""

from __future__ import annotations

import os
import socket
import weakref


def reserved(owner: object) -> int:
    """A free TCP port of this machine, reserved as long as ``owner`` lives. A bound socket that
    does not listen holds the port, so that the system gives it to no other process, and nobody
    answers there until ``owner`` listens."""
    with socket.socket() as bound:
        bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        bound.bind(("127.0.0.1", 0))
        port: int = bound.getsockname()[1]
        weakref.finalize(owner, os.close, bound.detach())
    return port
