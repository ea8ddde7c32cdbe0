"""The child process of a process host: it runs one driver and ends with its host."""

from __future__ import annotations

import os
import queue
import socket
import threading
import traceback
from collections.abc import Callable
from dataclasses import dataclass
from types import TracebackType
from typing import Any

from drivers.device import CancelToken, DeviceError, Driver, Info, Request, Status
from drivers.hosting.apart import end_with, keep_memory_private
from drivers.hosting.channel import Channel
from drivers.hosting.confine import PASSING, ProcessNeeds, confine

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
    """The host no longer waits for the answer to call ``number``."""

    number: int


# -- from the child ------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class DriverReady:
    """The child has made the driver, which gives ``info`` and ``requests``."""

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
    """The driver's method raised ``error``."""

    error: DeviceError


@dataclass(frozen=True, slots=True)
class Broke:
    """A bug: the driver raised an exception that no driver may raise. ``kind`` is the exception's
    class and ``where`` its traceback; its message, which may hold a citizen's data, is left out."""

    kind: str
    where: str


NEEDS = ProcessNeeds(writes=PASSING, runs=("/usr", "/bin"), connects=True)
"""What a driver may need. Beside its device, it changes nothing that outlives a restart."""


def main(end: int, parent: int, *, dumpable: bool) -> None:
    """Make the driver, whose maker arrives over the socket ``end``, then answer the host's calls
    until the host closes the socket.

    See :func:`drivers.hosting.apart.start_apart`, which starts this process.
    """
    end_with(parent)
    keep_memory_private(dumpable=dumpable)
    confine(NEEDS, wanted=not dumpable)
    channel = Channel(socket.socket(fileno=end))
    try:
        driver: Driver = channel.receive()()
        ready = DriverReady(driver.info, driver.requests)
    except DeviceError as error:
        channel.send(Failed(error))
        return
    except Exception as error:  # noqa: BLE001 - sent to the host, which logs the error
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
        """Call the driver in the main thread, because some vendor libraries work in no other
        thread; a second thread listens to the host."""
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
                    case CancelCall(number):
                        # Look once: the main thread may end the call at any moment.
                        if (token := self._tokens.get(number)) is not None:
                            token.cancel()
        finally:
            os._exit(0)  # the host has closed the channel or died: end the driver's call too

    def _send(self, message: object) -> None:
        with self._sending:
            self._channel.send(message)


def _broke(error: Exception) -> Broke:
    where: TracebackType | None = error.__traceback__
    frames = traceback.extract_tb(where)[-_FRAMES:]
    return Broke(
        type(error).__name__,
        " < ".join(f"{os.path.basename(f.filename)}:{f.lineno} {f.name}" for f in reversed(frames)),
    )
