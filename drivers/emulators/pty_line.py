"""The far end of a serial cable: a pty under a stable name, with somebody who listens."""

from __future__ import annotations

import os
import pty
import select
import threading
import time
import tty
from collections.abc import Callable
from pathlib import Path

_CHUNK = 64
_TAKEN_S = 2.0  # a driver that reads takes a chunk long before


class UnpluggedError(Exception):
    """Somebody pulled the cable while the device was at work."""


class PtyLine:
    """``link`` becomes a symbolic link to a pty: the driver's port.

    ``heard`` is called with every piece that comes in, in a thread of the line; it may sleep by
    :meth:`pause`. What is sent while no driver has the port open waits in it, up to 4 KB.
    """

    def __init__(self, link: Path, name: str, heard: Callable[[bytes], None]) -> None:
        self._link = link
        self._name = name
        self._heard = heard
        self._pulled = threading.Event()
        self._turn = threading.Lock()
        self._master = self._wake = -1
        self._thread: threading.Thread | None = None

    @property
    def address(self) -> str:
        return str(self._link)

    @property
    def plugged(self) -> bool:
        return self._thread is not None

    def plug(self) -> None:
        """A pty appears under the link. Does nothing when it is in."""
        if self._thread is not None:
            return
        master, slave = pty.openpty()
        tty.setraw(slave)
        os.set_blocking(master, False)
        fresh = self._link.with_name(self._link.name + ".new")
        fresh.unlink(missing_ok=True)
        fresh.symlink_to(os.ttyname(slave))
        fresh.replace(self._link)
        woken, self._wake = os.pipe()
        self._master = master
        self._pulled.clear()
        self._thread = threading.Thread(
            target=self._run, args=(master, slave, woken), name=f"emulated {self._name}"
        )
        self._thread.daemon = True
        self._thread.start()

    def unplug(self) -> None:
        """Pull the cable, in the middle of whatever is going on. Does nothing when it is out."""
        if self._thread is None:
            return
        self._pulled.set()
        os.close(self._wake)
        self._thread.join()
        self._thread = None
        self._link.unlink(missing_ok=True)

    def send(self, data: bytes, *, gap_s: float | None = None) -> None:
        """Send ``data``; with a gap, byte by byte. What nobody takes is lost, as on a real line."""
        step = _CHUNK if gap_s is None else 1
        with self._turn:
            for at in range(0, len(data), step):
                if not self._write(data[at : at + step]):
                    return
                if gap_s:
                    time.sleep(gap_s)

    def pause(self, seconds: float) -> None:
        """Sleep. Raises :class:`UnpluggedError` as soon as the cable is pulled."""
        if self._pulled.wait(seconds):
            raise UnpluggedError

    def _write(self, piece: bytes) -> bool:
        until = time.monotonic() + _TAKEN_S
        while piece and not self._pulled.is_set() and self._master >= 0:
            try:
                piece = piece[os.write(self._master, piece) :]
            except BlockingIOError:  # nobody reads, for now
                if time.monotonic() > until:
                    return False
                time.sleep(0.005)
        return not piece

    def _run(self, master: int, slave: int, woken: int) -> None:
        # The slave stays open here too: a master without any slave reads nothing but errors.
        try:
            while True:
                ready, _, _ = select.select([master, woken], [], [])
                if woken in ready:
                    return
                self._heard(os.read(master, 4096))
        except UnpluggedError:
            return
        finally:
            with self._turn:
                self._master = -1
                for fd in (master, slave, woken):
                    os.close(fd)
