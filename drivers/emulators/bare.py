"""Speaks to devices without their drivers: with this the bench measures the floor of a driver.

The same bytes go over the same lines and libraries, without the driver's checks, deadlines and
typed errors. A device that does not answer raises a plain ``OSError``.
"""

from __future__ import annotations

import json
import os
import select
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from types import TracebackType
from typing import Any

_PATIENCE_S = 60.0
_QUIET_S = 0.25


class BareLine:
    """A serial port, opened as a file. The emulator at the other end has set it to raw mode."""

    def __init__(self, path: str) -> None:
        self._fd = os.open(path, os.O_RDWR | os.O_NOCTTY | os.O_NONBLOCK)

    def __enter__(self) -> BareLine:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        os.close(self._fd)

    def ask(self, data: bytes, length: int) -> bytes:
        """Send ``data``; returns the answer of ``length`` bytes."""
        os.write(self._fd, data)
        return self.take(length)

    def take(self, length: int) -> bytes:
        """The next ``length`` bytes."""
        got = b""
        while len(got) < length:
            if not self._ready(_PATIENCE_S):
                raise TimeoutError(f"{len(got)} of {length} bytes came")
            got += os.read(self._fd, length - len(got))
        return got

    def ask_once(self, data: bytes) -> bytes:
        """Send ``data``; returns all bytes until the line is quiet, so that the caller learns the
        length of the answer."""
        os.write(self._fd, data)
        got = self.take(1)
        while self._ready(_QUIET_S):
            got += os.read(self._fd, 4096)
        return got

    def _ready(self, seconds: float) -> bool:
        return bool(select.select([self._fd], [], [], seconds)[0])


class CardReader:
    """A reader of a PC/SC service, through pyscard's bare calls."""

    def __init__(self, service: str, reader: str) -> None:
        """``service``: the path of its socket, which the library reads once in a process."""
        from smartcard import scard

        os.environ["PCSCLITE_CSOCK_NAME"] = service
        self._scard = scard
        self._reader = reader
        self._context = self._done(scard.SCardEstablishContext(scard.SCARD_SCOPE_SYSTEM))

    def close(self) -> None:
        self._scard.SCardReleaseContext(self._context)

    def await_card(self, present: bool = True) -> None:
        """Wait until the service reports that a card is in, or out. Raises ``TimeoutError``."""
        until = time.monotonic() + _PATIENCE_S
        known = self._scard.SCARD_STATE_UNAWARE
        while bool(known & self._scard.SCARD_STATE_PRESENT) is not present or known == 0:
            if time.monotonic() > until:
                raise TimeoutError("the service sees no change")
            code, states = self._scard.SCardGetStatusChange(
                self._context, 1000, [(self._reader, known)]
            )
            if code & 0xFFFFFFFF != self._scard.SCARD_E_TIMEOUT & 0xFFFFFFFF:
                known = self._done((code, states))[0][1] & ~self._scard.SCARD_STATE_CHANGED

    def talk(self, act: Callable[[Callable[[bytes], bytes], bool], Any]) -> Any:
        """Power the card up, call ``act``, power the card down. The arguments of ``act``: a
        function that sends an APDU and returns its answer, and whether the protocol is T=0."""
        scard = self._scard
        code, handle, protocol = scard.SCardConnect(
            self._context,
            self._reader,
            scard.SCARD_SHARE_EXCLUSIVE,
            scard.SCARD_PROTOCOL_T0 | scard.SCARD_PROTOCOL_T1,
        )
        self._done((code, None))
        t0 = protocol == scard.SCARD_PROTOCOL_T0
        pci = scard.SCARD_PCI_T0 if t0 else scard.SCARD_PCI_T1

        def transmit(apdu: bytes) -> bytes:
            return bytes(self._done(scard.SCardTransmit(handle, pci, list(apdu))))

        try:
            return act(transmit, t0)
        finally:
            scard.SCardDisconnect(handle, scard.SCARD_UNPOWER_CARD)

    def send(self, apdus: Sequence[bytes]) -> None:
        """Power the card up, send ``apdus``, power it down."""
        self.talk(lambda transmit, t0: [transmit(apdu) for apdu in apdus])

    def _done(self, answer: tuple[int, Any]) -> Any:
        code, value = answer
        if code:
            raise OSError(f"PC/SC: {code & 0xFFFFFFFF:08X}")
        return value


class BareCamera:
    """A camera that OpenCV opens and reads, without our driver."""

    def __init__(self, source: str) -> None:
        """Returns when the first picture has come. Raises ``OSError`` when none comes."""
        os.environ.setdefault("OPENCV_FFMPEG_LOGLEVEL", "-8")  # else FFmpeg writes to stderr
        import cv2

        self._capture = cv2.VideoCapture(source, cv2.CAP_FFMPEG)
        if not self._capture.read()[0]:
            raise OSError(f"{source} gives no picture")

    def rate(self, seconds: float) -> float:
        """Pictures per second, counted for ``seconds``."""
        self._capture.read()
        began = now = time.monotonic()
        count = 0
        while now - began < seconds:
            count += bool(self._capture.read()[0])
            now = time.monotonic()
        return count / (now - began)

    def close(self) -> None:
        self._capture.release()


@contextmanager
def web_socket(uri: str) -> Iterator[Callable[[str], None]]:
    """A connection to an XFS4IoT service through the bare ``websockets`` library. Yields a function
    that sends a command and reads messages until its completion."""
    from websockets.sync.client import connect

    with connect(uri, max_size=None, compression=None) as connection:

        def ask(command: str) -> None:
            connection.send(command)
            kind = ""
            while kind != "completion":
                kind = json.loads(connection.recv(_PATIENCE_S))["header"]["type"]

        yield ask
