"""The process that a driver runs in under a process host; it ends with its host."""

from __future__ import annotations

import ctypes
import os
import queue
import resource
import signal
import socket
import sys
import threading
import traceback
from collections.abc import Callable
from dataclasses import dataclass
from types import TracebackType
from typing import Any

from drivers.device import CancelToken, DeviceError, Driver, Info, Request, Status
from drivers.hosting.channel import Channel

_PR_SET_PDEATHSIG = 1
_PR_GET_DUMPABLE = 3
_PR_SET_DUMPABLE = 4
_FRAMES = 3


# -- to the child --------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class DriverCall:
    """Call the driver's method ``name`` with ``args``; ``execute`` gets a cancel token besides."""

    number: int
    name: str
    args: tuple[Any, ...] = ()


@dataclass(frozen=True, slots=True)
class CancelCall:
    """Nobody wants the answer to call ``number`` any more."""

    number: int


# -- from the child ------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class DriverReady:
    """The driver is made, and what it says of itself."""

    info: Info
    requests: tuple[type[Request[Any]], ...]


@dataclass(frozen=True, slots=True)
class Reported:
    status: Status


@dataclass(frozen=True, slots=True)
class Returned:
    value: Any
    info: Info


@dataclass(frozen=True, slots=True)
class Failed:
    """The driver said why not."""

    error: DeviceError


@dataclass(frozen=True, slots=True)
class Broke:
    """A bug: an exception that no driver may raise, without its words, and where it was raised."""

    kind: str
    where: str


def is_dumpable() -> bool:
    """Whether this process's memory may be read from outside, and dumped: prctl(2)."""
    return bool(ctypes.CDLL(None).prctl(_PR_GET_DUMPABLE, 0, 0, 0, 0) == 1)


def main(end: int, parent: int, *, dumpable: bool) -> None:
    """Make the driver that comes over socket ``end``, then do what is asked until it is closed.

    ``dumpable`` is what the parent is: a new program is so again until it says otherwise.
    """
    _end_with(parent)
    _keep_memory_private(dumpable=dumpable)
    channel = Channel(socket.socket(fileno=end))
    try:
        driver: Driver = channel.receive()()
        ready = DriverReady(driver.info, driver.requests)
    except DeviceError as error:
        channel.send(Failed(error))
        return
    except Exception as error:  # noqa: BLE001 - told to the host, which has a log
        channel.send(_broke(error))
        return
    _ServedDriver(channel, driver).run(ready)


class _ServedDriver:
    def __init__(self, channel: Channel, driver: Driver) -> None:
        self._channel = channel
        self._driver = driver
        self._sending = threading.Lock()
        self._calls: queue.SimpleQueue[tuple[DriverCall, CancelToken]] = queue.SimpleQueue()
        self._tokens: dict[int, CancelToken] = {}
        driver.report = lambda status: self._send(Reported(status))

    def run(self, ready: DriverReady) -> None:
        """Vendor libraries like the main thread best, so that one calls the driver."""
        self._send(ready)
        threading.Thread(target=self._listen, name="host", daemon=True).start()
        while True:
            call, cancel = self._calls.get()
            answer = self._do(call, cancel)
            self._tokens.pop(call.number, None)
            try:
                self._send(answer)
            except OSError:
                return  # the host is gone
            except Exception as error:  # noqa: BLE001 - an answer that cannot be pickled
                self._send(_broke(error))

    def _do(self, call: DriverCall, cancel: CancelToken) -> Returned | Failed | Broke:
        method: Callable[..., Any] = getattr(self._driver, call.name)
        args = (*call.args, cancel) if call.name == "execute" else call.args
        try:
            return Returned(method(*args), self._driver.info)
        except DeviceError as error:
            return Failed(error)
        except Exception as error:  # noqa: BLE001 - a bug, told to the host
            return _broke(error)

    def _listen(self) -> None:
        try:
            while True:
                match self._channel.receive():
                    case DriverCall() as call:
                        self._tokens[call.number] = cancel = CancelToken()
                        self._calls.put((call, cancel))
                    case CancelCall(number) if number in self._tokens:
                        self._tokens[number].cancel()
        finally:
            os._exit(0)  # the host closed the channel, or is gone: whatever runs here, end it

    def _send(self, message: object) -> None:
        with self._sending:
            self._channel.send(message)


def _end_with(parent: int) -> None:
    """Be killed when the parent dies, even when a library holds everything up in here."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the parent, which then ends us
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:  # it died before the line above
        sys.exit()


def _keep_memory_private(*, dumpable: bool) -> None:
    """What a citizen's card says goes through here too: no core dump ever holds it, and nobody
    reads it who may not read the parent."""
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    if not dumpable:
        libc = ctypes.CDLL(None, use_errno=True)
        if libc.prctl(_PR_SET_DUMPABLE, 0, 0, 0, 0):
            raise OSError(ctypes.get_errno(), "the driver's memory cannot be made private")


def _broke(error: Exception) -> Broke:
    where: TracebackType | None = error.__traceback__
    frames = traceback.extract_tb(where)[-_FRAMES:]
    return Broke(
        type(error).__name__,
        " < ".join(f"{os.path.basename(f.filename)}:{f.lineno} {f.name}" for f in reversed(frames)),
    )
