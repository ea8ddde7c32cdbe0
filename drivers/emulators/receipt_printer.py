"""An emulated ESC/POS receipt printer on a TCP port, a pty or a pipe.

As on the hardware, ``DLE`` commands take effect at once, also inside a picture; all other bytes
wait in the buffer until the mechanism can go on. The emulator draws every slip dot by dot, with the
characters that the printer's own font has for the received bytes.
"""

from __future__ import annotations

import contextlib
import io
import os
import re
import select
import socket
import struct
import threading
import time
import tty
from abc import ABC, abstractmethod
from collections import deque
from collections.abc import Callable
from pathlib import Path
from typing import Any, Literal

from PIL import Image, ImageDraw, ImageOps

from drivers.emulators.ports import reserved
from drivers.receipt_printer import glyphs

PAPER_DOTS = {576: 640, 384: 464}
"""Dots across the paper, 80 or 58 mm, for those that the head prints on, 72 or 48 mm."""
HEAD_TO_KNIFE = 96
"""Dots of paper between print head and knife: the white top of every slip."""
LINE = 32
"""Dots of paper in one line, for orders that count lines."""
_MODEL = {65: "1.0", 66: "EMULATOR", 67: "RP-80", 68: "0001"}
_REAL_TIME = re.compile(
    rb"\x10(?:\x04[\x01-\x04]|\x05[\x01\x02]|\x14\x08\x01\x03\x14\x01\x06\x02\x08)"
)
_LONGEST_REAL_TIME = 10
_SETS: dict[str, dict[str, bool]] = {
    "paper near end": {"near_end": True},
    "refill": {"near_end": False, "paper_end": False},
    "open cover": {"cover_open": True},
    "close cover": {"cover_open": False},
    "clear jam": {"jam_cause": False},  # as on the hardware, the error stays until DLE ENQ
    "cutter error": {"jam_cause": True, "cutter_error": True},
    "hot head": {"hot": True},
    "deaf to gs r": {"ignores_gs_r": True},
    "deaf to clear": {"ignores_clear": True},
    "goes on when stopped": {"goes_on": True},
    "garbage": {"garbage": True},
    "drawer high": {"drawer_high": True},
}
_COUNTS_BYTES = {
    "mute": "_mute_after",
    "reset connection": "_reset_after",
    "stop reading": "_deaf_after",
}
_CLEARED = b"\x37\x25\x00"
_TICK_S = 0.02
_ENDS_S = 30.0  # on a machine that has no time for it


class _BufferCleared(Exception):
    """The buffer was cleared while a command was being read from it."""


class _Stopped(Exception):
    """The emulator ends, or a fault has ended the connection."""


class ReceiptPrinter:
    """An 80 mm receipt printer.

    ``kind`` is ``tcp`` (``port`` 0: a free port), ``pty`` (``path``: a link to the pty, made by the
    printer) or ``pipe`` (``path``: a FIFO, made by the printer, which cannot answer over it).
    ``buffer`` is the size of the receive buffer in bytes, ``dots_per_s`` the speed of the paper;
    0: printing takes no time.

    Orders: ``paper near end``, ``paper out`` (``after_lines``), ``refill``, ``open cover``,
    ``close cover``, ``jam`` (``after_lines``), ``clear jam``, ``cutter error``, ``hot head``,
    ``mute`` (``after_bytes``), ``reset connection`` (``after_bytes``), ``stop reading``
    (``after_bytes``), ``slow`` (the line: ``bytes_per_s``, the paper: ``dots_per_s``, or every
    answer: ``seconds``), ``deaf to gs r``, ``deaf to clear``, ``goes on when stopped`` (a stopped
    printer drops its data instead of waiting, and answers), ``garbage``, ``drawer high`` (the
    drawer's pin of a printer to which none is connected), ``unplug``, ``plug``, ``well`` (ends all
    faults, or only ``fault``), ``tear``.
    """

    def __init__(
        self,
        *,
        kind: Literal["tcp", "pty", "pipe"] = "tcp",
        port: int = 0,
        path: Path | None = None,
        width: int = 576,
        buffer: int = 65536,
        dots_per_s: float = 0.0,
    ) -> None:
        if (kind == "tcp") == (path is not None):
            raise ValueError("a path belongs to a pty or a pipe")
        self._kind = kind
        self._port = port
        self._path = path or Path()
        self._width = width
        self._buffer_size = buffer
        self._usual_dots_per_s = dots_per_s
        self._threads: list[threading.Thread] = []
        self._lines: list[_HostLine] = []
        self._listener: socket.socket | None = None
        self._ending = threading.Event()
        self._lock = threading.Condition()
        self._buffer = bytearray()
        self._cleared = 0
        self._answer: Callable[[bytes], None] = lambda data: None
        self._late: deque[tuple[float, _HostLine, bytes]] = deque()  # when it is due, and where
        self._faults()
        self._head = self._paper = _Head(width)
        self._slips: list[tuple[bytes, list[str]]] = []  # PNG, and the lines of characters
        self._unknown: list[str] = []
        self._received = 0
        self._free_at = 0.0  # when a slow line has carried its last byte
        self._asb = 0

    def _faults(self) -> None:
        """Set all faults to none."""
        self.near_end = self.paper_end = self.cover_open = False
        self.jam_cause = self.mechanical_error = self.cutter_error = self.hot = False
        self.garbage = self.ignores_gs_r = self.ignores_clear = self.goes_on = False
        self.drawer_high = False
        self._mute_after: int | None = None
        self._reset_after: int | None = None
        self._deaf_after: int | None = None
        self._bytes_per_s = self._answer_s = 0.0
        self._dots_per_s = self._usual_dots_per_s
        self._stop_after: dict[str, int] = {}  # fault to the dots of paper until it strikes

    # -- life -----------------------------------------------------------------------------------

    @property
    def address(self) -> str:
        """``address`` for the driver's settings."""
        if self._kind == "tcp":
            return f"tcp://127.0.0.1:{self._port}"
        if self._kind == "pty":
            return f"serial://{self._path}?flow=none"
        return f"file://{self._path}"

    def start(self) -> None:
        self._ending.clear()
        self._plug()
        self._spawn(self._print)

    def stop(self) -> None:
        self._ending.set()
        with self._lock:
            self._lock.notify_all()
        self._unplug()
        for thread in self._threads:
            thread.join(_ENDS_S)
        self._threads.clear()
        self._late.clear()

    def _spawn(self, target: Callable[..., None], *args: object) -> None:
        thread = threading.Thread(target=target, args=args, name="receipt printer", daemon=True)
        self._threads = [t for t in self._threads if t.is_alive()]
        self._threads.append(thread)
        thread.start()

    @property
    def _plugged(self) -> bool:
        return self._listener is not None or bool(self._lines)

    def _plug(self) -> None:
        if self._kind == "tcp":
            self._port = self._port or reserved(self)
            self._listener = socket.create_server(("127.0.0.1", self._port), reuse_port=False)
            self._spawn(self._accept, self._listener)
        elif self._kind == "pty":
            self._add(_Pty(self._path))
        else:
            self._add(_Pipe(self._path))

    def _unplug(self) -> None:
        if self._listener is not None:
            # Wakes the thread that waits in `accept`; `close` alone does not.
            with contextlib.suppress(OSError):
                self._listener.shutdown(socket.SHUT_RDWR)
            self._listener.close()
            self._listener = None
        for line in list(self._lines):
            line.hang_up()
        deadline = time.monotonic() + _ENDS_S
        while self._lines and time.monotonic() < deadline:
            time.sleep(0.005)

    def _accept(self, listener: socket.socket) -> None:
        while True:
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            self._add(_Tcp(connection))

    def _add(self, line: _HostLine) -> None:
        self._lines.append(line)
        self._spawn(self._read, line)

    # -- what people do -------------------------------------------------------------------------

    def obey(self, order: str, **facts: Any) -> None:
        """Carry out an order of the class docstring. Raises ``ValueError`` for any other."""
        with self._lock:
            if order in _SETS:
                for name, value in _SETS[order].items():
                    setattr(self, name, value)
            elif order in _COUNTS_BYTES:
                setattr(self, _COUNTS_BYTES[order], int(facts.get("after_bytes", 0)))
            elif order in ("paper out", "jam"):
                self._stop_after[order] = int(facts.get("after_lines", 0)) * LINE
                self._pass_paper(0)
            elif order == "slow":
                self._bytes_per_s = float(facts.get("bytes_per_s", 0))
                self._dots_per_s = float(facts.get("dots_per_s", 0))
                self._answer_s = float(facts.get("seconds", 0))
            elif order == "tear":
                self._slips.clear()
            elif order == "well":
                self._well(**facts)
            elif order not in ("unplug", "plug"):
                raise ValueError(f"a receipt printer does not know {order!r}")
            if order in ("refill", "clear jam"):
                self._stop_after.pop("jam" if order == "clear jam" else "paper out", None)
            self._lock.notify_all()
        # Without the lock: the reading threads need it to end.
        if order == "unplug":
            self._unplug()
        elif (order == "plug" or (order == "well" and not facts)) and not self._plugged:
            self._plug()

    def _well(self, fault: str = "") -> None:
        if not fault:
            self._faults()
        elif fault in _COUNTS_BYTES:
            setattr(self, _COUNTS_BYTES[fault], None)
        elif fault == "slow":
            self._bytes_per_s = self._answer_s = 0.0
            self._dots_per_s = self._usual_dots_per_s
        else:
            for name in _SETS.get(fault, {}):
                setattr(self, name, False)

    def look(self) -> dict[str, Any]:
        """What a person beside the printer sees: ``plugged``, ``slips`` (PNG of each), ``texts``
        (their lines of characters), ``paper`` (``full``, ``low``, ``out``), ``cover`` (``open``,
        ``closed``), ``jammed``, ``hanging`` (dots of an uncut slip), ``waiting`` (bytes in the
        buffer), ``received`` (bytes since the start), ``unknown`` (commands, hex), ``faults``
        (orders that last, or have not come true yet)."""
        with self._lock:
            return {
                "plugged": self._plugged,
                "slips": [picture for picture, _ in self._slips],
                "texts": [list(lines) for _, lines in self._slips],
                "paper": "out" if self.paper_end else "low" if self.near_end else "full",
                "cover": "open" if self.cover_open else "closed",
                "jammed": self.mechanical_error or self.cutter_error,
                "hanging": self._paper.inked,
                "waiting": len(self._buffer),
                "received": self._received,
                "unknown": list(self._unknown),
                "faults": self._lasting(),
            }

    def _lasting(self) -> list[str]:
        usual = (0.0, self._usual_dots_per_s, 0.0)
        holds = {
            "jam": self.jam_cause and self.mechanical_error,
            "cutter error": self.jam_cause and self.cutter_error,
            "hot head": self.hot,
            "deaf to gs r": self.ignores_gs_r,
            "deaf to clear": self.ignores_clear,
            "goes on when stopped": self.goes_on,
            "garbage": self.garbage,
            "drawer high": self.drawer_high,
            "slow": (self._bytes_per_s, self._dots_per_s, self._answer_s) != usual,
            "mute": self._mute_after is not None,
            "reset connection": self._reset_after is not None,
            "stop reading": self._deaf_after is not None,
        }
        return [*self._stop_after, *(order for order, lasts in holds.items() if lasts)]

    # -- what comes in --------------------------------------------------------------------------

    def _read(self, line: _HostLine) -> None:
        """Move the bytes of ``line`` into the buffer; obey real-time commands on the way."""
        tail = b""
        try:
            # Serve one host at a time, as print servers do: the next waits until it has hung up.
            while self._lines and self._lines[0] is not line:
                time.sleep(_TICK_S)
                if line.gone or self._ending.is_set():
                    return
            while not self._ending.is_set():
                if self._deaf_after == 0:
                    time.sleep(_TICK_S)
                    if line.gone:
                        return
                    continue
                data = line.read(self._appetite(line))
                if data is None:
                    return
                if not data:
                    continue
                self._account(len(data), line)
                tail = self._sort(tail, data, line)
        except (OSError, _Stopped):
            return  # the host has hung up, or a fault broke the connection
        finally:
            line.close()
            self._lines.remove(line)

    def _sort(self, tail: bytes, data: bytes, line: _HostLine) -> bytes:
        """Obey the real-time commands in ``data``, put all other bytes into the buffer. ``tail``:
        bytes seen before that may begin a command; returns the new tail."""
        seen, at = tail + data, len(tail)
        alone = not _REAL_TIME.sub(b"", data)  # between other commands: keep none of it
        with self._lock:
            self._answer = lambda reply: self._say(line, reply)
            end = 0
            for found in _REAL_TIME.finditer(seen):
                end = found.end()
                if not alone:
                    self._buffer += seen[at:end]
                at = end
                self._obey_now(found[0], line)
            if not alone:
                self._buffer += seen[at:]
            self._lock.notify_all()
        return seen[max(end, len(seen) - _LONGEST_REAL_TIME + 1) :]

    def _appetite(self, line: _HostLine) -> int:
        """How many bytes to read now; waits while the buffer is full."""
        with self._lock:
            while len(self._buffer) >= self._buffer_size:
                if line.gone or self._ending.is_set():
                    raise _Stopped
                self._lock.wait(_TICK_S)
            room = max(1, self._buffer_size - len(self._buffer))
            limits = [n for n in (self._reset_after, self._deaf_after, self._mute_after) if n]
        return min([room, 4096, *limits, *([64] if self._bytes_per_s else [])])

    def _account(self, count: int, line: _HostLine) -> None:
        """Count received bytes: for ``look``, for faults that count bytes, and for a slow line."""
        with self._lock:
            self._received += count
            if self._mute_after:
                self._mute_after = max(0, self._mute_after - count)
            if self._deaf_after:
                self._deaf_after = max(0, self._deaf_after - count)
            if self._reset_after is not None:
                self._reset_after = max(0, self._reset_after - count)
                if self._reset_after == 0:
                    self._reset_after = None
                    line.reset()
                    raise _Stopped
            if not self._bytes_per_s:
                return
            # Sleep until a moment on the clock: many short pauses would each last a little longer.
            now = time.monotonic()
            self._free_at = max(self._free_at, now - _TICK_S) + count / self._bytes_per_s
        self._ending.wait(self._free_at - now)

    def _say(self, line: _HostLine, data: bytes) -> None:
        if self._mute_after == 0:
            return
        if self.garbage:
            data = b"\xff" * len(data)
        with self._lock:
            if self._answer_s or self._late:  # in the order of the answers, also when none is slow
                self._late.append((time.monotonic() + self._answer_s, line, data))
                if len(self._late) == 1:
                    self._spawn(self._say_late)
                return
        self._write(line, data)

    def _say_late(self) -> None:
        """Give the answers that are late, each when it is due, until none is left."""
        with self._lock:
            while self._late and not self._ending.is_set():
                due, line, data = self._late[0]
                wait = due - time.monotonic()
                if wait > 0:
                    self._lock.wait(min(wait, _TICK_S))
                    continue
                if not line.gone:
                    self._write(line, data)
                self._late.popleft()

    def _write(self, line: _HostLine, data: bytes) -> None:
        with contextlib.suppress(OSError):  # the host has hung up
            line.write(data)

    def _obey_now(self, command: bytes, line: _HostLine) -> None:
        if command[1] == 0x04:
            self._say(line, bytes((self._status(command[2]),)))
        elif command[1] == 0x14:
            if not self.ignores_clear:
                self._clear()
                self._say(line, _CLEARED)
        elif not self.jam_cause and (self.mechanical_error or self.cutter_error):
            self.mechanical_error = self.cutter_error = False
            if command[2] == 2:
                self._clear()

    def _clear(self) -> None:
        self._buffer.clear()
        self._cleared += 1

    def _status(self, n: int) -> int:
        error = self.mechanical_error or self.cutter_error
        offline = error or self.cover_open or self.paper_end or self.hot
        return (
            0x12
            | {
                1: self.drawer_high << 2 | offline << 3,
                2: self.cover_open << 2 | self.paper_end << 5 | (error or self.hot) << 6,
                3: self.mechanical_error << 2 | self.cutter_error << 3 | self.hot << 6,
                4: 0x0C * (self.near_end or self.paper_end) | 0x60 * self.paper_end,
            }[n]
        )

    def _paper_byte(self) -> int:
        return 0x03 * (self.near_end or self.paper_end) | 0x0C * self.paper_end

    def _automatic_status(self) -> bytes:
        error = self.mechanical_error or self.cutter_error
        offline = error or self.cover_open or self.paper_end
        return bytes(
            (
                0x10 | self.drawer_high << 2 | offline << 3 | self.cover_open << 5,
                self.mechanical_error << 2 | self.cutter_error << 3,
                self._paper_byte(),
                0,
            )
        )

    # -- what comes out -------------------------------------------------------------------------

    @property
    def _can_print(self) -> bool:
        error = self.mechanical_error or self.cutter_error
        return not (error or self.cover_open or self.paper_end or self.hot)

    def _take(self, count: int = 1) -> bytes:
        """The next ``count`` bytes of the buffer, as soon as the mechanism can go on."""
        taken = bytearray()
        with self._lock:
            cleared = self._cleared
            while len(taken) < count:
                if self._ending.is_set():
                    raise _Stopped
                if self._cleared != cleared:
                    raise _BufferCleared
                if self._buffer and (self._can_print or self.goes_on):
                    part = self._buffer[: count - len(taken)]
                    del self._buffer[: len(part)]
                    taken += part
                    self._lock.notify_all()
                else:
                    self._lock.wait(_TICK_S)
        return bytes(taken)

    def _print(self) -> None:
        while True:
            try:
                first = self._take()[0]
                self._head = self._paper if self._can_print else _Head(self._width)
                self._command(first)
            except _BufferCleared:
                self._head.drop_line()
            except _Stopped:
                return

    def _pass_paper(self, dots: int) -> None:
        """Move the paper by ``dots``; begin faults that are due after so much paper."""
        with self._lock:
            for fault in list(self._stop_after):
                self._stop_after[fault] -= dots
                if self._stop_after[fault] <= 0:
                    del self._stop_after[fault]
                    if fault == "jam":
                        self.jam_cause = self.mechanical_error = True
                    else:
                        self.near_end = self.paper_end = True
        if self._dots_per_s and dots:
            self._ending.wait(dots / self._dots_per_s)

    def _feed(self, dots: int) -> None:
        self._head.feed(dots)
        self._pass_paper(dots)

    def _command(self, first: int) -> None:
        head = self._head
        match first:
            case 0x00:
                pass
            case 0x0A:
                self._pass_paper(head.line_feed())
            case 0x10:
                self._skip_real_time()
            case 0x1B:
                self._escape(self._take()[0])
            case 0x1C:
                self._chinese(self._take()[0])
            case 0x1D:
                self._group(self._take()[0])
            case _ if first >= 0x81 and head.chinese:
                head.put(_character(bytes((first,)) + self._take()))
            case _ if 0x20 <= first < 0x7F:
                head.put(chr(first))
            case _ if first >= 0x80:
                head.put("?")  # a letter of a code page: the driver selects none
            case _:
                self._unknown.append(f"{first:02x}")

    def _skip_real_time(self) -> None:
        """Skip a real-time command in the buffer: the reading thread has obeyed it."""
        second = self._take()[0]
        self._take(8 if second == 0x14 else 1)

    def _escape(self, name: int) -> None:
        head = self._head
        match chr(name):
            case "@":
                head.initialize()
            case "3":
                head.pitch = self._take()[0]
            case "$":
                head.x = int.from_bytes(self._take(2), "little")
            case "a":
                head.align = self._take()[0]
            case "E":
                head.bold = bool(self._take()[0] & 1)
            case "J":
                self._feed(self._take()[0])
            case "R":
                head.country = self._take()[0]
            case _:
                self._unknown.append(f"1b {name:02x}")

    def _chinese(self, name: int) -> None:
        head = self._head
        match chr(name):
            case "&":
                head.chinese = True
            case ".":
                head.chinese = False
            case "!":
                head.size = 2 if self._take()[0] & 0x0C == 0x0C else 1
            case "S":
                self._take(2)
            case _:
                self._unknown.append(f"1c {name:02x}")

    def _group(self, name: int) -> None:
        match chr(name):
            case "!":
                self._head.size = 1 + (self._take()[0] & 0x07)
            case "P":
                self._take(2)
            case "V":
                feed = self._take()[0]
                self._cut(self._take()[0] if feed >= 65 else 0)
            case "a":
                self._asb = self._take()[0]
                if self._asb:
                    self._answer(self._automatic_status())
            case "r":
                self._take()
                if not self.ignores_gs_r:
                    self._answer(bytes((self._paper_byte(),)))
            case "I":
                text = _MODEL.get(self._take()[0], "")
                self._answer(b"\x5f" + text.encode() + b"\0")
            case "v":
                self._raster()
            case "(":
                self._extended()
            case _:
                self._unknown.append(f"1d {name:02x}")

    def _raster(self) -> None:
        _, mode, columns, columns_high, rows, rows_high = self._take(6)
        size = (1 + (mode & 1), 1 + (mode >> 1 & 1))  # width and height of a dot
        columns += columns_high << 8
        rows += rows_high << 8
        # Row by row, so that paper can run out in the middle of a picture.
        for start in range(0, rows, LINE):
            count = min(LINE, rows - start)
            self._head.raster(columns * 8, count, self._take(columns * count), size)
            self._pass_paper(count * size[1])

    def _extended(self) -> None:
        name, low, high = self._take(3)
        data = self._take(low + (high << 8))
        if name == ord("H") and data[:2] == b"\x30\x30":
            self._answer(b"\x37\x22" + data[2:] + b"\0")
        else:
            self._unknown.append(f"1d 28 {name:02x}")

    def _cut(self, extra: int) -> None:
        self._feed(HEAD_TO_KNIFE + extra)
        with self._lock:
            # A cut waits like any other command when the printer stops before the knife moves.
            cleared = self._cleared
            if not self._can_print and self.goes_on:
                return
            while not self._can_print and self._cleared == cleared and not self._ending.is_set():
                self._lock.wait(_TICK_S)
            if self._cleared != cleared:
                raise _BufferCleared
            if self._ending.is_set():
                return
            picture, texts = self._head.cut()
        # Without the lock: a status request needs it, and drawing takes time.
        slip = _png(picture), texts
        with self._lock:
            self._slips.append(slip)


class _Drawer(ReceiptPrinter):
    """A printer without wires: prints given bytes and returns."""

    def draw(self, data: bytes) -> list[bytes]:
        self._buffer += data
        self._print()
        return [picture for picture, _ in self._slips]

    def _take(self, count: int = 1) -> bytes:
        if len(self._buffer) < count:
            raise _Stopped
        taken = bytes(self._buffer[:count])
        del self._buffer[:count]
        return taken


def drawn(data: bytes, *, width: int = 576) -> list[bytes]:
    """The slips (PNG) that a printer with a head of ``width`` dots would print from ``data``. Paper
    that is not cut off makes no slip."""
    return _Drawer(width=width).draw(data)


class _Head:
    """Print head, line buffer, and the paper that was printed since the last cut."""

    def __init__(self, width: int) -> None:
        self._width = width
        self.initialize()
        self._new_paper()

    def initialize(self) -> None:
        self.pitch, self.x, self.align, self.size = 30, 0, 0, 1
        self.bold = self.chinese = False
        self.country = 0
        self.drop_line()

    def drop_line(self) -> None:
        self._line: list[tuple[int, str, int, bool]] = []
        self.x = 0

    def put(self, char: str) -> None:
        if self.country == 15 and char == "$":
            char = "￥"
        width = glyphs.cells(char) * glyphs.CELL * self.size
        if self.x + width > self._width:
            self.line_feed()
        self._line.append((self.x, char, self.size, self.bold))
        self.x += width

    def line_feed(self) -> int:
        """Print the line buffer; returns by how many dots the paper moves."""
        height = max([self.pitch, *(24 * size for _, _, size, _ in self._line)])
        band = Image.new("L", (self._width, height), 255)
        text, end = "", 0
        for x, char, size, bold in self._line:
            # 8 dots higher than a cell, for brackets that reach below it.
            cell = Image.new("L", (2 * glyphs.CELL, 2 * glyphs.CELL + 8), 255)
            glyphs.draw(cell, 0, 0, char, bold=bold)
            cell = glyphs.ink(cell).convert("L").resize((cell.width * size, cell.height * size), 0)
            # Glyphs may reach beyond their cells: where two meet, the darker dot stays.
            band.paste(0, (x, 0), cell.point(lambda level: 255 - level))
            text += " " * (x > end) + char
            end = x + glyphs.cells(char) * glyphs.CELL * size
        if text:
            self._texts.append(text.strip())
        self.drop_line()
        self._bands.append(band)
        return height

    def feed(self, dots: int) -> None:
        self._bands.append(Image.new("L", (self._width, dots), 255))

    def raster(self, width: int, rows: int, data: bytes, size: tuple[int, int]) -> None:
        picture = Image.frombytes("1", (width, rows), bytes(byte ^ 0xFF for byte in data))
        picture = picture.resize((width * size[0], rows * size[1]), Image.Resampling.NEAREST)
        band = Image.new("L", (self._width, picture.height), 255)
        spare = self._width - picture.width
        x = {0: 0, 1: spare // 2, 2: spare}[self.align]
        band.paste(picture, (x, 0))
        self._bands.append(band)

    @property
    def inked(self) -> int:
        """Dots of paper since the last cut; 0 when nothing is printed on them."""
        if all(band.getextrema() == (255, 255) for band in self._bands):
            return 0
        return sum(band.height for band in self._bands)

    def cut(self) -> tuple[Image.Image, list[str]]:
        """The slip from the last cut to this one, with the rims of the paper and the cut drawn as
        dashes, and its lines of text."""
        height = sum(band.height for band in self._bands)
        slip = Image.new("L", (self._width, height), 255)
        y = 0
        for band in self._bands:
            slip.paste(band, (0, y))
            y += band.height
        # The paper between head and knife stays in the printer: it is the top of the next slip.
        height -= HEAD_TO_KNIFE
        slip = slip.crop((0, 0, self._width, height))
        rim = (PAPER_DOTS.get(self._width, self._width) - self._width) // 2
        slip = ImageOps.expand(slip, (rim, 0), 255)
        canvas = ImageDraw.Draw(slip)
        for x in range(0, slip.width, 12):
            canvas.line((x, height - 1, x + 5, height - 1), fill=128)
        texts = self._texts
        self._new_paper()
        return slip, texts

    def _new_paper(self) -> None:
        self._bands = [Image.new("L", (self._width, HEAD_TO_KNIFE), 255)]
        self._texts: list[str] = []


class _HostLine(ABC):
    """One connection to a host."""

    gone = False

    @abstractmethod
    def read(self, limit: int) -> bytes | None:
        """Up to ``limit`` bytes; ``b""`` when none came for :data:`_TICK_S`, ``None`` when the host
        has hung up."""

    @abstractmethod
    def write(self, data: bytes) -> None: ...

    def hang_up(self) -> None:
        """End the connection; the reading thread closes it."""
        self.gone = True

    def reset(self) -> None:
        self.gone = True

    @abstractmethod
    def close(self) -> None: ...


class _Tcp(_HostLine):
    def __init__(self, connection: socket.socket) -> None:
        self._connection = connection
        connection.settimeout(1.0)
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def read(self, limit: int) -> bytes | None:
        if self.gone:
            return None
        if not select.select([self._connection], [], [], _TICK_S)[0]:
            return b""
        return self._connection.recv(limit) or None

    def write(self, data: bytes) -> None:
        self._connection.sendall(data)

    def reset(self) -> None:
        self._connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))

    def close(self) -> None:
        self._connection.close()


class _Pty(_HostLine):
    def __init__(self, link: Path) -> None:
        self._master, self._slave = os.openpty()
        # Keep the slave open, so that hosts may connect and disconnect.
        tty.setraw(self._slave)
        self._link = link
        link.unlink(missing_ok=True)
        link.symlink_to(os.ttyname(self._slave))

    def read(self, limit: int) -> bytes | None:
        if self.gone:
            return None
        if not select.select([self._master], [], [], _TICK_S)[0]:
            return b""
        return os.read(self._master, limit) or None

    def write(self, data: bytes) -> None:
        os.write(self._master, data)

    def close(self) -> None:
        self._link.unlink(missing_ok=True)
        os.close(self._slave)
        os.close(self._master)


class _Pipe(_HostLine):
    def __init__(self, path: Path) -> None:
        self._path = path
        path.unlink(missing_ok=True)
        os.mkfifo(path)
        # Open for writing too: a pipe without a writer always reads as ended.
        self._fd = os.open(path, os.O_RDWR | os.O_NONBLOCK)

    def read(self, limit: int) -> bytes | None:
        if self.gone:
            return None
        if not select.select([self._fd], [], [], _TICK_S)[0]:
            return b""
        return os.read(self._fd, limit) or None

    def write(self, data: bytes) -> None:
        """Does nothing: a pipe carries no answers."""

    def close(self) -> None:
        self._path.unlink(missing_ok=True)
        os.close(self._fd)


def _character(code: bytes) -> str:
    """The character of two bytes in the printer's Chinese font; □ when it has none."""
    try:
        return code.decode("gbk")
    except UnicodeDecodeError:
        return "□"


def _png(picture: Image.Image) -> bytes:
    file = io.BytesIO()
    picture.convert("1", dither=Image.Dither.FLOYDSTEINBERG).save(file, "PNG", optimize=True)
    return file.getvalue()
