"""Ports of emulated devices, which nobody else is given while the device is unplugged."""

from __future__ import annotations

import os
import socket
import weakref


def reserved(owner: object) -> int:
    """A free TCP port of this machine's, kept for as long as ``owner`` lives. Nobody listens there
    until ``owner`` does: it is bound, so the system chooses it for no other."""
    with socket.socket() as bound:
        bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        bound.bind(("127.0.0.1", 0))
        port: int = bound.getsockname()[1]
        weakref.finalize(owner, os.close, bound.detach())
    return port
