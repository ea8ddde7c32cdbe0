"""The device's end of a serial cable: a pty under a stable name, with faults of the answers."""

from __future__ import annotations

import os
import pty
import select
import threading
import time
import tty
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

_CHUNK = 64
_TAKEN_S = 2.0  # a driver that reads takes a chunk much sooner


class UnpluggedError(Exception):
    """The cable was pulled while the device was working."""


class PtyLine:
    """``link`` becomes a symbolic link to a pty: the driver's port.

    A thread of the line calls ``heard`` with every piece of bytes that comes in; ``heard`` may
    sleep by :meth:`pause`. While no driver has the port open, the pty keeps up to 4 KB that were
    sent.
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
        """Create a pty under the link. Does nothing when the cable is plugged in."""
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
        """Pull the cable, also while an answer is being sent. Does nothing when the cable is
        out."""
        if self._thread is None:
            return
        self._pulled.set()
        os.close(self._wake)
        self._thread.join()
        self._thread = None
        self._link.unlink(missing_ok=True)

    def send(self, data: bytes, *, gap_s: float | None = None) -> None:
        """Send ``data``; with ``gap_s``, byte by byte. Bytes that no driver takes within
        :data:`_TAKEN_S` are lost, as on a real line."""
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
            except BlockingIOError:  # the pty is full: no driver reads
                if time.monotonic() > until:
                    return False
                time.sleep(0.005)
        return not piece

    def _run(self, master: int, slave: int, woken: int) -> None:
        # Keep the slave open: without an open slave, reading from the master fails.
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


@dataclass(slots=True)
class AnswerFault:
    """A fault of the next ``times`` answers, or of all (``None``)."""

    times: int | None
    seconds: float = 0.0
    code: int = 0


class Answering(ABC):
    """A device on a pty that answers requests, with faults of its answers.

    Each fault strikes the next ``times`` answers; without ``times``, all answers until ``well``.
    This class knows ``mute``, no answer; ``slow``, after ``seconds`` (2); :attr:`CHECKSUM`, the
    last byte is wrong; ``truncate``, half of the answer; ``junk``, noise before the answer;
    ``split``, byte by byte.
    """

    CHECKSUM = "bad checksum"
    NOISE: bytes
    GAP_S = 0.002

    def __init__(self, link: Path, name: str) -> None:
        self._line = PtyLine(link, name, self._heard)
        self._guard = threading.RLock()
        self._faults: dict[str, AnswerFault] = {}

    @property
    def address(self) -> str:
        """The port for the driver's settings."""
        return self._line.address

    def start(self) -> None:
        self._line.plug()

    def stop(self) -> None:
        self._line.unplug()

    @abstractmethod
    def _heard(self, data: bytes) -> None:
        """Handle ``data``, bytes that the driver sent."""

    def _order_fault(self, order: str, facts: Mapping[str, Any]) -> None:
        """Set the fault ``order``. Raises ``ValueError`` for facts that it does not take."""
        rest = dict(facts)
        times = rest.pop("times", None)
        fault = AnswerFault(None if times is None else int(times))
        if order == "slow":
            fault.seconds = float(rest.pop("seconds", 2.0))
        if order == "exception":
            fault.code = int(rest.pop("code", 4))
        if rest or (fault.times is not None and fault.times < 1) or not 0 <= fault.code <= 255:
            raise ValueError(f"{order!r} does not take {list(facts)} so")
        with self._guard:
            self._faults[order] = fault

    def _well(self, fault: str = "") -> None:
        """End all faults, or only ``fault``."""
        with self._guard:
            if not fault:
                self._faults.clear()
            else:
                self._faults.pop(fault, None)

    def _fault(self, order: str) -> AnswerFault | None:
        """The fault ``order`` if it strikes this answer, else ``None``; counts its ``times``
        down."""
        with self._guard:
            fault = self._faults.get(order)
            if fault and fault.times is not None:
                fault.times -= 1
                if fault.times == 0:
                    del self._faults[order]
            return fault

    def _reply(self, answer: bytes) -> None:
        """Send ``answer``, changed by the faults that strike it."""
        if slow := self._fault("slow"):
            self._line.pause(slow.seconds)
        if self._fault("mute"):
            return
        if self._fault(self.CHECKSUM):
            answer = answer[:-1] + bytes([answer[-1] ^ 0x5A])
        if self._fault("truncate"):
            answer = answer[: len(answer) // 2]
        if self._fault("junk"):
            answer = self.NOISE + answer
        self._line.send(answer, gap_s=self.GAP_S if self._fault("split") else None)
