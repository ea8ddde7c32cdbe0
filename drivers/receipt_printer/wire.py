"""The line to a receipt printer: sends by python-escpos, receives bytes as they come.

This module uses only the transports of python-escpos and opens their ports itself: the library's
own ``open`` leaks the socket of a refused connection, knows no IPv6 and opens device files for
writing only.
"""

from __future__ import annotations

import json
import os
import select
import socket
import stat
import struct
import tempfile
import termios
from collections.abc import Callable
from importlib import resources
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import parse_qsl, urlsplit

import serial

from drivers.device import DeviceError, Reason
from drivers.sentence import en, joined
from drivers.serial_line import open_port

if TYPE_CHECKING:
    from escpos.escpos import Escpos


def _transports() -> tuple[type[Escpos], type[Escpos], type[Escpos]]:
    """The classes Network, Serial and File of python-escpos.

    On import the library reads its table of all printers with a slow parser (0.15 s) and writes it
    into a new directory, which it never removes. The transports need only one printer of that
    table, so the library is imported with a table of one printer, in a directory that is removed.
    """
    table = json.loads((resources.files("escpos") / "capabilities.json").read_bytes())
    usual = tempfile.tempdir
    known = os.environ.get(_TABLE)
    with tempfile.TemporaryDirectory() as scratch:
        tempfile.tempdir = scratch  # the library makes its directory even when it is told another
        one = Path(scratch) / "capabilities.json"
        one.write_text(json.dumps({**table, "profiles": {"default": table["profiles"]["default"]}}))
        os.environ[_TABLE] = str(one)
        try:
            from escpos.printer import File, Network, Serial
        finally:
            tempfile.tempdir = usual
            del os.environ[_TABLE]
            if known is not None:
                os.environ[_TABLE] = known
    return Network, Serial, File


_TABLE = "ESCPOS_CAPABILITIES_FILE"
# Import now: when the port is opened, a citizen may be waiting.
_Network, _Serial, _File = _transports()

PORT = 9100
CONNECT_S = 2.0
CHUNK = 512
"""Bytes sent at once; between two chunks the caller may give up."""
TICK_S = 0.05
_FLOW = {"none", "rtscts", "xonxoff"}


class PrinterWire:
    """An open line to a printer. Every method raises ``OFFLINE`` when the line breaks."""

    def __init__(self, printer: Escpos, fd: int, *, answers: bool = True) -> None:
        self._printer = printer
        self._fd = fd
        self.answers = answers
        """False for a file that can only be written: no answer ever comes from it."""

    def send(self, data: bytes, check: Callable[[], None]) -> None:
        """Send ``data`` as fast as the printer takes it. All data sent does not mean printed.

        Calls ``check`` between chunks and while the printer takes nothing; an exception of
        ``check`` ends the sending.
        """
        while data:
            check()
            while not self._ready(select.POLLOUT, TICK_S):
                check()
            try:
                data = data[self._hand_over(data[:CHUNK]) :]
            except OSError as error:  # the errors of serial ports and sockets are OSErrors too
                raise _broken(error) from error

    def receive(self, seconds: float) -> bytes:
        """The bytes that have come in; waits up to ``seconds`` for the first. ``b""``: none
        came."""
        if not self.answers or not self._ready(select.POLLIN, seconds):
            return b""
        try:
            data = os.read(self._fd, 4096)
        except BlockingIOError:
            return b""
        except OSError as error:
            raise _broken(error) from error
        if not data:
            raise DeviceError(Reason.OFFLINE, en("the printer closed the line"), pages=None)
        return data

    def close(self) -> None:
        """Close the port at once; drops bytes that the printer has not taken yet."""
        device = self._printer.device
        try:
            if isinstance(device, serial.Serial):
                device.reset_output_buffer()
        except (OSError, termios.error):
            pass  # the line is broken and holds no bytes to drop
        try:
            self._printer.close()
        except (OSError, termios.error):
            device.close()

    def _hand_over(self, chunk: bytes) -> int:
        """Send ``chunk``; returns how many bytes of it were taken."""
        device = self._printer.device
        if isinstance(device, serial.Serial):
            # A port may have room for fewer bytes, or for none for seconds: never wait for room.
            return device.write(chunk) or 0
        self._printer._raw(chunk)
        return len(chunk)

    def _ready(self, event: int, seconds: float) -> bool:
        poll = select.poll()
        poll.register(self._fd, event)
        return bool(poll.poll(seconds * 1000))


def connect(address: str) -> PrinterWire:
    """Open ``tcp://host:9100``, ``serial:///dev/ttyS0?baud=115200&flow=rtscts`` or
    ``file:///dev/usb/lp0``.

    ``flow``: ``rtscts`` (default), ``xonxoff`` or ``none``. A character device behind ``file:`` can
    answer; any other file cannot. Raises ``NO_DEVICE`` when the port cannot be opened,
    ``UNSUPPORTED`` for another kind of address.
    """
    try:
        parts = urlsplit(address)
        options = dict(parse_qsl(parts.query, strict_parsing=bool(parts.query)))
        port = parts.port or PORT
    except ValueError:
        raise _unsupported(address) from None
    try:
        if parts.scheme == "tcp" and parts.hostname and not options:
            return _tcp(parts.hostname, port)
        if parts.scheme == "serial" and parts.path and not parts.netloc:
            return _serial(address, parts.path, options)
        if parts.scheme == "file" and parts.path and not parts.netloc and not options:
            return _file(parts.path)
    except OSError as error:
        reason = error.strerror or type(error).__name__
        raise DeviceError(Reason.NO_DEVICE, joined(": ", address, reason), pages=0) from error
    raise _unsupported(address)


def _unsupported(address: str) -> DeviceError:
    return DeviceError(
        Reason.UNSUPPORTED, en("{address} is no address of a receipt printer", address=address)
    )


def _broken(error: OSError) -> DeviceError:
    reason = error.strerror or type(error).__name__
    return DeviceError(Reason.OFFLINE, en("the line broke: {reason}", reason=reason), pages=None)


def _tcp(host: str, port: int) -> PrinterWire:
    connection = socket.create_connection((host, port), timeout=CONNECT_S)
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    # A printer that loses its power closes no connection: let the kernel find out.
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    # Closing drops the bytes that the printer has not taken, also when this process is killed.
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    printer = _Network(host, port, timeout=CONNECT_S)
    printer.device = connection
    return PrinterWire(printer, connection.fileno())


def _serial(address: str, path: str, options: dict[str, str]) -> PrinterWire:
    flow = options.pop("flow", "rtscts")
    baud = options.pop("baud", "115200")
    if options or flow not in _FLOW or not baud.isdecimal():
        raise _unsupported(address)
    try:
        port = open_port(
            path,
            int(baud),
            rtscts=flow == "rtscts",
            xonxoff=flow == "xonxoff",
            write_timeout=0.0,
        )
    except ValueError:
        raise _unsupported(address) from None
    printer = _Serial(path, int(baud), timeout=0, dsrdtr=False)
    printer.device = port
    return PrinterWire(printer, port.fileno())


def _file(path: str) -> PrinterWire:
    answers = stat.S_ISCHR(os.stat(path).st_mode)
    # Open non-blocking, so that a pipe without a reader raises instead of waiting for ever.
    access = os.O_RDWR if answers else os.O_WRONLY | os.O_APPEND
    fd = os.open(path, access | os.O_NONBLOCK | os.O_NOCTTY | os.O_CLOEXEC)
    os.set_blocking(fd, True)
    printer = _File(path, auto_flush=False)
    printer.device = os.fdopen(fd, "r+b" if answers else "wb", buffering=0)
    return PrinterWire(printer, fd, answers=answers)
