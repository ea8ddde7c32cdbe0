"""A serial port, locked for this process, whose failures are typed device errors."""

from __future__ import annotations

import errno
import os
import select
import termios
from contextlib import suppress

import serial

from drivers.device import DeviceError, Reason
from drivers.sentence import en

WRITE_S = 0.5
"""Longest wait until the line takes bytes, in seconds; then the line is stuck."""
PORT_ERRORS = (serial.SerialException, OSError, termios.error)


class SerialLine:
    """An open port, 8 data bits, 1 stop bit. Its methods raise ``NO_DEVICE`` when the port
    vanishes."""

    def __init__(self, path: str, baud: int) -> None:
        """Open the port; bytes that came in before are dropped. Raises as :func:`open_port`."""
        self._path = path
        self._port = open_port(path, baud)

    def receive(self, seconds: float) -> bytes:
        """The bytes that have come in; waits up to ``seconds`` for the first. ``b""``: none
        came."""
        poll = select.poll()
        try:
            poll.register(self._port.fileno(), select.POLLIN)
            if not poll.poll(seconds * 1000):
                return b""
            data = os.read(self._port.fileno(), 4096)
        except BlockingIOError:
            return b""
        except PORT_ERRORS as error:
            raise gone(self._path) from error
        if not data:  # readable without data: the other end hung up
            raise gone(self._path)
        return data

    def send(self, data: bytes) -> None:
        """Send ``data``. Raises ``OFFLINE`` when the line takes no bytes for :data:`WRITE_S`."""
        try:
            self._port.write(data)
        except serial.SerialTimeoutException as error:
            raise DeviceError(
                Reason.OFFLINE, en("{path} takes no bytes", path=self._path), mend=_CABLE
            ) from error
        except PORT_ERRORS as error:
            raise gone(self._path) from error

    def drop(self) -> None:
        """Drop all bytes that have come in so far."""
        while self.receive(0.0):
            pass

    def close(self) -> None:
        """Close the port. Never raises."""
        with suppress(OSError):
            self._port.close()


_CABLE = en("check the cable and the power of the device")


def open_port(path: str, baud: int, *, parity: str = "N", timeout: float = 0.0) -> serial.Serial:
    """Open the port and lock it for this process; ``timeout``: longest wait of its ``read``, in
    seconds.

    Raises ``NO_DEVICE`` when the port does not exist, ``OFFLINE`` when the user may not open it or
    another program holds it.
    """
    try:
        return serial.Serial(
            path, baud, parity=parity, timeout=timeout, write_timeout=WRITE_S, exclusive=True
        )
    except PORT_ERRORS as error:
        raise _cannot_open(path, getattr(error, "errno", None)) from error


def gone(path: str) -> DeviceError:
    """The error for a port that vanished while it was open."""
    return DeviceError(Reason.NO_DEVICE, en("{path} is gone", path=path), mend=_CABLE)


def not_open(path: str) -> DeviceError:
    """The error for a command to a port that is not open."""
    return DeviceError(Reason.NO_DEVICE, en("{path} is not open", path=path))


def _cannot_open(path: str, code: int | None) -> DeviceError:
    match code:
        case errno.ENOENT | errno.ENXIO | errno.ENODEV | errno.EIO:
            return DeviceError(
                Reason.NO_DEVICE,
                en("{path} does not exist", path=path),
                mend=en("check the cable and the power of the device, and port in the settings"),
            )
        case errno.EACCES | errno.EPERM:
            return DeviceError(
                Reason.OFFLINE,
                en("{path} may not be opened", path=path),
                mend=en("add the user to the group dialout and log in again"),
            )
        case errno.EAGAIN | errno.EBUSY:
            return DeviceError(
                Reason.OFFLINE,
                en("{path} is held by another program", path=path),
                mend=en("find it with: fuser -v {path}", path=path),
            )
    return DeviceError(
        Reason.NO_DEVICE,
        en("{path} is no serial port", path=path),
        mend=en("correct port in the settings"),
    )
