"""Plugs a screen into an output of QEMU's graphics card: what a viewer of RFB (RFC 6143) does."""

from __future__ import annotations

import contextlib
import socket
import struct
from pathlib import Path

_VERSION = b"RFB 003.008\n"
_NO_AUTHENTICATION, _SHARED = 1, 1
_SET_ENCODINGS, _SET_DESKTOP_SIZE = 2, 251
_EXTENDED_DESKTOP_SIZE = -308
"""A pseudo-encoding of the community's protocol: the viewer may say how large its screen is."""


class SecondScreen:
    """A screen at the output whose RFB server listens at ``path``; there until :meth:`close`."""

    def __init__(self, path: Path, width: int, height: int) -> None:
        self._line = socket.socket(socket.AF_UNIX)
        self._line.settimeout(20.0)
        self._line.connect(str(path))
        self._take(len(_VERSION))
        self._line.sendall(_VERSION)
        (kinds,) = self._take(1)
        self._take(kinds)
        self._line.sendall(bytes([_NO_AUTHENTICATION]))
        self._take(4)
        self._line.sendall(bytes([_SHARED]))
        (name,) = struct.unpack(">20xI", self._take(24))
        self._take(name)
        self._line.sendall(struct.pack(">BxHi", _SET_ENCODINGS, 1, _EXTENDED_DESKTOP_SIZE))
        size = struct.pack(">BxHHBx", _SET_DESKTOP_SIZE, width, height, 1)
        self._line.sendall(size + struct.pack(">IHHHHI", 0, 0, 0, width, height, 0))

    def close(self) -> None:
        """Pull its cable."""
        with contextlib.suppress(OSError):
            self._line.close()

    def _take(self, count: int) -> bytes:
        data = b""
        while len(data) < count:
            piece = self._line.recv(count - len(data))
            if not piece:
                raise ConnectionError("QEMU hung up on the second screen")
            data += piece
        return data
