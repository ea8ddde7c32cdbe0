"""A host that runs its driver in a process, which can be killed when it hangs or crashes."""

from __future__ import annotations

import logging
import math
import pickle
import signal
import socket
import subprocess
import threading
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from itertools import count
from typing import Any

from drivers.device import (
    CancelToken,
    Check,
    Deadline,
    DeviceError,
    Driver,
    Info,
    Kind,
    Neighbour,
    Reason,
    Request,
    Status,
)
from drivers.hosting.apart import DYING_S, end_apart, forks, start_apart
from drivers.hosting.channel import Channel
from drivers.hosting.child import Broke, CancelCall, DriverCall, Failed, Reported
from drivers.hosting.host import PACE, Host, HostPace, LostError
from drivers.sentence import en

log = logging.getLogger(__name__)

GRACE_S = 3.0
"""Seconds that a command may go on past its deadline, or after its cancel."""
LEAVE_S = 1.0
"""Seconds that a command may go on after its host was told to stop."""
START_S = 10.0
OPEN_S = 15.0
STATUS_S = 2.0
RESET_S = 15.0
SELF_TEST_S = 30.0
NEIGHBOURS_S = 5.0
CLOSE_S = 1.0
_SLICE_S = 0.02  # longest time until the host passes a cancel on to the child
_LAST_WORDS = 20
"""Words that the host still reads when the limit is over: an answer, and what was reported before
it. A driver that reports without end is killed all the same."""


class ProcessHost(Host):
    """Runs its driver in a child process, which the host can kill when a command hangs.

    ``kind`` is the device's class. ``make`` makes the driver: the host pickles ``make`` (a
    :func:`functools.partial` of a constructor will do), and only the child calls it. A
    :class:`DeviceError` of ``make`` becomes the device's status. When a command goes on ``grace``
    seconds past its deadline or after its cancel, the host kills the child, and the command fails
    with ``TIMEOUT`` or ``CANCELLED`` and unknown ``pages``. When a child dies, its command fails
    with ``HARDWARE``. Where a child starts in a fresh interpreter, a spare child, with the driver's
    libraries loaded, waits to take over; a forked one takes 20 to 80 ms, and needs none.

    A result may hold a :class:`drivers.hosting.channel.SharedMemory`.
    """

    def __init__(
        self,
        kind: Kind,
        make: Callable[[], Driver],
        on_status: Callable[[Status], None] | None = None,
        *,
        pace: HostPace = PACE,
        grace: float = GRACE_S,
    ) -> None:
        pickle.dumps(make)  # fail in the caller if `make` cannot be pickled
        self._stub = ProcessDriver(kind, make, grace)
        super().__init__(kind, self._stub, on_status, pace)

    def stop(self, timeout: float = 5.0) -> None:
        """See :meth:`Host.stop`; kills a driver that does not end its command."""
        self._stub.leaving.set()
        super().stop(timeout)
        self._stub.end()

    def _open_driver(self, deadline: Deadline | None, cancel: CancelToken | None) -> None:
        self._stub.open(deadline, cancel)


class ProcessDriver(Driver):
    """Passes every call to the driver in a child process; each call has a time limit.

    :meth:`end` ends all its processes. With ``spare``, every open starts the child of the next
    open, unless that would be forked.
    """

    def __init__(
        self,
        kind: Kind,
        make: Callable[[], Driver],
        grace: float = GRACE_S,
        *,
        spare: bool = True,
    ) -> None:
        super().__init__()
        self._make = make
        self._grace = grace
        self._keeps_spare = spare
        self._child: _ChildProcess | None = None
        self._spare: _ChildProcess | None = None
        self._ready = threading.Event()
        self._info = Info(kind, "", "")
        self._requests: tuple[type[Request[Any]], ...] = ()
        self._numbers = count(1)
        self.leaving = threading.Event()

    @property
    def info(self) -> Info:
        """What the newest child has told; only the kind while no child has made the driver."""
        return self._info

    @property
    def requests(self) -> tuple[type[Request[Any]], ...]:
        """Waits for the first child. Raises ``OFFLINE`` when none is ready in time."""
        if not self._ready.wait(START_S):
            raise DeviceError(Reason.OFFLINE, en("the driver's process is not ready"))
        return self._requests

    def open(self, deadline: Deadline | None = None, cancel: CancelToken | None = None) -> None:
        """Open the device in a new child, which nothing of an earlier child can disturb.

        ``deadline`` and ``cancel`` limit the open as they would limit a command.
        """
        self.close()
        self._begin(deadline, cancel)
        try:
            self._call("open", seconds=OPEN_S, deadline=deadline, cancel=cancel)
        finally:
            if self._keeps_spare and not forks() and not self.leaving.is_set():
                with suppress(DeviceError):  # the next open starts a child, or reports the error
                    self._spare = self._new_child()

    def close(self) -> None:
        if self._child is not None:
            with suppress(DeviceError):  # the child is ended in any case
                self._call("close", seconds=CLOSE_S)
            self._end_child()

    def end(self) -> None:
        """End the child and the spare child, even in the middle of a call."""
        self._end_child()
        if self._spare is not None:
            self._spare.end()
            self._spare = None

    def status(self) -> Status:
        return self._call("status", seconds=STATUS_S)  # type: ignore[no-any-return]

    def reset(self) -> None:
        self._call("reset", seconds=RESET_S)

    def self_test(self) -> tuple[Check, ...]:
        return self._call("self_test", seconds=SELF_TEST_S)  # type: ignore[no-any-return]

    def neighbours(self) -> tuple[Neighbour, ...]:
        if self._child is None:
            self._begin()
        return self._call("neighbours", seconds=NEIGHBOURS_S)  # type: ignore[no-any-return]

    def execute(self, request: Request[Any], deadline: Deadline, cancel: CancelToken) -> Any:
        return self._call("execute", request, deadline, deadline=deadline, cancel=cancel)

    # -- one call -----------------------------------------------------------------------------

    def _begin(self, deadline: Deadline | None = None, cancel: CancelToken | None = None) -> None:
        """Take the spare child, or start one, and wait until the child has made the driver."""
        self._child, self._spare = self._spare, None
        if self._child is None or not self._child.alive():
            self._end_child()
            self._child = self._new_child()
        ready = self._hear(self._child, self._patience("start", START_S, deadline, cancel))
        self._info, self._requests = ready.info, ready.requests
        self._ready.set()

    def _call(
        self,
        name: str,
        *args: Any,
        seconds: float = math.inf,
        deadline: Deadline | None = None,
        cancel: CancelToken | None = None,
    ) -> Any:
        """Call the driver's method ``name`` in the child; returns and raises what the method does.

        Raises :class:`LostError` when the child dies or is killed for the time limit.
        """
        if self._child is None:
            raise LostError(Reason.HARDWARE, en("the driver's process is gone"))
        patience = self._patience(name, seconds, deadline, cancel)
        call = DriverCall(next(self._numbers), name, args)
        self._send(self._child, call, patience)
        returned = self._hear(self._child, patience, call)
        self._info = returned.info
        return returned.value

    def _patience(
        self, name: str, seconds: float, deadline: Deadline | None, cancel: CancelToken | None
    ) -> _CallLimit:
        if deadline is not None:
            seconds = min(seconds, deadline.remaining() + self._grace)
        return _CallLimit(name, Deadline(seconds), deadline, cancel, self.leaving, self._grace)

    def _send(self, child: _ChildProcess, call: DriverCall, patience: _CallLimit) -> None:
        try:
            child.channel.send(call, partial(self._check, patience))
        except OSError as error:
            raise self._died(child, patience) from error

    def _hear(
        self, child: _ChildProcess, patience: _CallLimit, call: DriverCall | None = None
    ) -> Any:
        """The child's answer: ``DriverReady`` to its start, ``Returned`` to a call. Raises the
        error of ``Failed``."""
        told = False
        while not patience.over():
            if call and patience.cancelled and not told:
                told = True
                with suppress(OSError):  # the child is dead, perhaps after its answer
                    child.channel.send(CancelCall(call.number), partial(self._check, patience))
            if answer := self._receive(child, patience, _SLICE_S):
                return answer
        # This process may have stood still, and the answer may have come in time.
        for _ in range(_LAST_WORDS):
            if answer := self._receive(child, patience, 0):
                return answer
        raise self._lost(patience, *patience.reason())

    def _receive(self, child: _ChildProcess, patience: _CallLimit, seconds: float) -> Any:
        """The answer, or None when another word or nothing has come in so many seconds."""
        try:
            message = child.channel.receive(seconds)
        except (TimeoutError, BlockingIOError):
            return None
        except (EOFError, OSError) as error:
            raise self._died(child, patience) from error
        match message:
            case Reported(status):
                self.report(status)
                return None
            case Failed(refusal):
                raise refusal
            case Broke(kind, where):
                log.error("driver failed", extra={"device": self._info.kind, "detail": where})
                raise self._lost(patience, Reason.HARDWARE, kind)
        return message

    def _check(self, patience: _CallLimit) -> None:
        """When ``patience`` is over, kill the child and raise :class:`LostError`."""
        if patience.over():
            raise self._lost(patience, *patience.reason())

    def _died(self, child: _ChildProcess, patience: _CallLimit) -> LostError:
        return self._lost(
            patience, Reason.HARDWARE, en("the driver's process {end}", end=child.bury())
        )

    def _lost(self, patience: _CallLimit, reason: Reason, detail: str) -> LostError:
        self._end_child()
        return LostError(reason, detail, pages=None if patience.call == "execute" else 0)

    def _new_child(self) -> _ChildProcess:
        try:
            return _ChildProcess(self._make)
        except OSError as error:
            detail = en(
                "no process for the driver: {why}", why=error.strerror or type(error).__name__
            )
            raise DeviceError(Reason.HARDWARE, detail) from error

    def _end_child(self) -> None:
        if self._child is not None:
            self._child.end()
            self._child = None


@dataclass(slots=True)
class _CallLimit:
    """Deadline of one call to the child; shortened to ``grace`` after a cancel, to ``LEAVE_S`` when
    the host stops."""

    call: str
    until: Deadline
    deadline: Deadline | None
    cancel: CancelToken | None
    leaving: threading.Event
    grace: float
    cancelled: bool = False
    hurried: bool = False

    def over(self) -> bool:
        if self.cancel and self.cancel.cancelled and not self.cancelled:
            self.cancelled = True
            self._shorten(self.grace)
        if self.leaving.is_set() and not self.hurried:
            self.hurried = True
            self._shorten(LEAVE_S)
        return self.until.passed()

    def reason(self) -> tuple[Reason, str]:
        """Why the child is killed, as a reason and in a sentence."""
        if self.cancelled:
            return Reason.CANCELLED, en("killed: it did not obey the cancel")
        if self.deadline and self.deadline.passed():
            return Reason.TIMEOUT, en("killed: it went on past its deadline")
        return Reason.HARDWARE, en("killed: it hung in {call}", call=self.call)

    def _shorten(self, seconds: float) -> None:
        self.until = Deadline(min(self.until.remaining(), seconds))


class _ChildProcess:
    """The process that runs the driver, from its start to its end."""

    def __init__(self, make: Callable[[], Driver]) -> None:
        ours, theirs = socket.socketpair()
        self.channel = Channel(ours)
        try:
            with theirs:
                self.channel.send(make)
                self._process = start_apart("drivers.hosting.child", theirs)
        except OSError:
            self.channel.close()
            raise

    def alive(self) -> bool:
        return self._process.poll() is None

    def bury(self) -> str:
        """End the process; returns how it has died, by itself if it was about to."""
        with suppress(subprocess.TimeoutExpired):
            self._process.wait(DYING_S)
        self.end()
        code = self._process.returncode
        return (
            en("died of {signal}", signal=signal.Signals(-code).name)
            if code is not None and code < 0
            else en("ended with {code}", code=code)
        )

    def end(self) -> None:
        self.channel.close()
        end_apart(self._process)
