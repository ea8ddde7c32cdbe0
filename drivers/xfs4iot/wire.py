"""A WebSocket (RFC 6455) that one thread reads and writes, every call with a time limit.

The protocol is that of the library ``websockets``, without its threads: with TLS, reading in one
thread while writing in another lost one connection in a hundred.
"""

from __future__ import annotations

import logging
import math
import select
import socket
import ssl
import time
from collections import deque
from contextlib import suppress

from websockets.client import ClientProtocol
from websockets.frames import Frame, Opcode
from websockets.http11 import Response
from websockets.protocol import State
from websockets.uri import parse_uri

from drivers.sentence import en

LONGEST = 32 * 1024 * 1024
"""Most bytes of a message; the largest is a picture in base64."""
# Without this, the library would write frames, which hold citizens' data, into the log.
_MUTE = logging.Logger("websockets, mute", logging.CRITICAL + 1)
_CHUNK = 256 * 1024
_DEAD_S = 10
"""Seconds after which the kernel reports a peer that vanished without closing the connection."""


class WebSocket:
    """The client's end of a connection."""

    def __init__(self, uri: str, context: ssl.SSLContext | None, seconds: float) -> None:
        """Connect to ``ws://…``, or with a context to ``wss://…``, within ``seconds``.

        Raises ``OSError`` (``TimeoutError``, ``ssl.SSLError``, ``ConnectionError``, …), or the
        library's ``WebSocketException`` for an invalid address, or an answer of no WebSocket
        server.
        """
        where = parse_uri(uri)
        limit = time.monotonic() + seconds
        self._protocol = ClientProtocol(where, max_size=LONGEST, logger=_MUTE)
        self._messages: deque[bytes] = deque()
        self._parts: list[bytes] = []
        self._shaken = False
        self._socket = socket.create_connection((where.host, where.port), seconds)
        try:
            self._prepare(context, where.host, limit)
            self._protocol.send_request(self._protocol.connect())
            self._flush(limit)
            while not self._shaken:
                self._read(limit)
                if self._protocol.handshake_exc is not None:
                    raise self._protocol.handshake_exc
        except BaseException:
            self._socket.close()
            raise

    def send(self, text: str, seconds: float) -> None:
        """Send one message. Raises ``TimeoutError`` when the peer does not take it in time, another
        ``OSError`` when the peer is gone."""
        if self._protocol.state is not State.OPEN:
            raise ConnectionError(en("hung up"))
        self._protocol.send_text(text.encode())
        self._flush(time.monotonic() + seconds)

    def receive(self, seconds: float) -> bytes | None:
        """The next message, text or binary; ``None`` when none came within ``seconds``. Raises
        ``OSError``."""
        limit = time.monotonic() + seconds
        while not self._messages:
            if self._protocol.state is not State.OPEN:
                raise ConnectionError(en("hung up"))  # or the peer broke the protocol
            try:
                self._read(limit)
            except TimeoutError:
                return None
        return self._messages.popleft()

    def close(self) -> None:
        """Send a close frame and close the connection, without waiting for the peer. Never
        raises."""
        with suppress(OSError, ValueError):
            if self._protocol.state is State.OPEN:
                self._protocol.send_close(1000)
                self._flush(0.0)
        self._socket.close()

    # -- bytes --------------------------------------------------------------------------------

    def _prepare(self, context: ssl.SSLContext | None, host: str, limit: float) -> None:
        wire = self._socket
        wire.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        wire.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
        wire.setsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPIDLE, _DEAD_S // 2)
        wire.setsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPINTVL, 1)
        wire.setsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPCNT, _DEAD_S // 2)
        wire.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, _DEAD_S * 1000)
        wire.setblocking(False)
        if context is None:
            return None
        secure = context.wrap_socket(wire, server_hostname=host, do_handshake_on_connect=False)
        self._socket = secure
        while True:
            try:
                return secure.do_handshake()
            except ssl.SSLWantReadError:
                self._await(limit, read=True)
            except ssl.SSLWantWriteError:
                self._await(limit, write=True)

    def _flush(self, limit: float) -> None:
        """Send the bytes that the protocol has ready. Reads meanwhile: else both ends could wait
        for each other with full buffers."""
        for part in self._protocol.data_to_send():
            rest = memoryview(part)
            while rest:
                try:
                    rest = rest[self._socket.send(rest[:_CHUNK]) :]
                except (BlockingIOError, ssl.SSLWantWriteError):
                    self._take()
                    self._await(limit, read=True, write=True)
                except ssl.SSLWantReadError:
                    self._await(limit, read=True)

    def _read(self, limit: float) -> None:
        """Wait for bytes until ``limit`` and handle them. Raises ``TimeoutError`` when none
        came."""
        while not self._take():
            self._await(limit, read=True)
        self._flush(limit)  # answers to pings, and to a close frame

    def _take(self) -> bool:
        """Read bytes without waiting and handle them; returns whether bytes or the end came."""
        try:
            data = self._socket.recv(_CHUNK)
        except (BlockingIOError, ssl.SSLWantReadError, ssl.SSLWantWriteError):
            return False
        if data:
            self._protocol.receive_data(data)
        else:
            self._protocol.receive_eof()
        for event in self._protocol.events_received():
            match event:
                case Frame():
                    self._put(event)
                case Response():
                    self._shaken = True
        if not data and not self._messages:
            raise ConnectionError(en("hung up"))
        return True

    def _put(self, frame: Frame) -> None:
        if frame.opcode not in (Opcode.TEXT, Opcode.BINARY, Opcode.CONT):
            return
        self._parts.append(bytes(frame.data))
        if frame.fin:
            self._messages.append(b"".join(self._parts))
            self._parts.clear()

    def _await(self, limit: float, *, read: bool = False, write: bool = False) -> None:
        left = limit - time.monotonic()
        poll = select.poll()
        poll.register(
            self._socket, (select.POLLIN if read else 0) | (select.POLLOUT if write else 0)
        )
        if left < 0 or not poll.poll(math.ceil(left * 1000)):
            raise TimeoutError
