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
            raise stuck(self._path) from error
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
_DIALOUT = en("add the user to the group dialout and log in again")


def open_port(
    path: str,
    baud: int,
    *,
    parity: str = "N",
    rtscts: bool = False,
    xonxoff: bool = False,
    timeout: float = 0.0,
    write_timeout: float = WRITE_S,
) -> serial.Serial:
    """Open the port and lock it for this process. ``timeout`` and ``write_timeout``: longest waits
    of its ``read`` and ``write``, in seconds.

    Raises as :func:`cannot_open` says, and ``ValueError`` for a speed that no port has.
    """
    try:
        return serial.Serial(
            path,
            baud,
            parity=parity,
            rtscts=rtscts,
            xonxoff=xonxoff,
            timeout=timeout,
            write_timeout=write_timeout,
            exclusive=True,
        )
    except PORT_ERRORS as error:
        raise cannot_open(path, error) from error


def gone(path: str) -> DeviceError:
    """The error for a port that vanished while it was open."""
    return DeviceError(Reason.NO_DEVICE, en("{path} is gone", path=path), mend=_CABLE)


def not_open(path: str) -> DeviceError:
    """The error for a command to a port that is not open."""
    return DeviceError(Reason.NO_DEVICE, en("{path} is not open", path=path))


def stuck(path: str) -> DeviceError:
    """The error for a port whose line takes no bytes."""
    return DeviceError(Reason.OFFLINE, en("{path} takes no bytes", path=path), mend=_CABLE)


def cannot_open(
    path: str, error: BaseException, *, name: str = "", access: str = _DIALOUT
) -> DeviceError:
    """The error for the port ``path``, which the settings call ``name``, that did not open.

    ``NO_DEVICE`` when the port does not exist or is no port, ``OFFLINE`` when the user may not open
    the port (``access`` mends that) or another program holds the port.
    """
    name = name or path
    match getattr(error, "errno", None):
        case errno.ENOENT | errno.ENXIO | errno.ENODEV | errno.EIO:
            return DeviceError(
                Reason.NO_DEVICE,
                en("{path} does not exist", path=name),
                mend=en("check the cable and the power of the device, and port in the settings"),
            )
        case errno.EACCES | errno.EPERM:
            detail = en("{path} may not be opened", path=name)
            return DeviceError(Reason.OFFLINE, detail, mend=access)
        case errno.EAGAIN | errno.EBUSY:
            return DeviceError(
                Reason.OFFLINE,
                en("{path} is held by another program", path=name),
                mend=en("find it with fuser -v {path} and stop it", path=path),
            )
    return DeviceError(
        Reason.NO_DEVICE,
        en("{path} is no port of such a device", path=name),
        mend=en("correct port in the settings"),
    )
