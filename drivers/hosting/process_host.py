"""A host that runs its driver in a process, which can be killed when it hangs or crashes."""

from __future__ import annotations

import logging
import math
import os
import pickle
import signal
import socket
import subprocess
import sys
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
from drivers.hosting.channel import Channel
from drivers.hosting.child import Broke, CancelCall, DriverCall, Failed, Reported, is_dumpable
from drivers.hosting.thread_host import PACE, HostPace, LostError, ThreadHost

log = logging.getLogger(__name__)

GRACE_S = 3.0
"""How long a command may go on past its deadline, or after it was cancelled."""
LEAVE_S = 1.0
"""The same, once the host is told to stop."""
START_S = 10.0
OPEN_S = 15.0
STATUS_S = 2.0
RESET_S = 15.0
SELF_TEST_S = 30.0
NEIGHBOURS_S = 5.0
CLOSE_S = 1.0
_DYING_S = 0.5
_SLICE_S = 0.02  # how soon a cancel is passed on
_ENVIRONMENT = {"OPENBLAS_NUM_THREADS": "1"}  # no threads, and no memory, that nobody uses

_PROGRAM = "from drivers.hosting.child import main; main({end}, {parent}, dumpable={dumpable})"


class ProcessHost(ThreadHost):
    """Runs a driver in a child process: the same contract as in a thread, and it can be killed.

    ``kind`` is the device's class. ``make`` makes the driver; it is pickled (a
    :func:`functools.partial` of a constructor will do) and called only in the child. What it
    raises there is told as the device's status. A command that goes on ``grace`` seconds past its
    deadline or after it was cancelled is killed with its process: ``TIMEOUT`` or ``CANCELLED``,
    with ``pages`` unknown. A process that dies is ``HARDWARE``. A second process, with its
    libraries loaded, waits to take over.

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
        pickle.dumps(make)  # what cannot travel is said here, not in the thread
        self._stub = ProcessDriver(kind, make, grace)
        super().__init__(self._stub, on_status, pace=pace)

    def stop(self, timeout: float = 5.0) -> None:
        """See :meth:`ThreadHost.stop`; a driver that does not come to its end is killed."""
        self._stub.leaving.set()
        super().stop(timeout)
        self._stub.end()

    def _take(self, deadline: Deadline | None, cancel: CancelToken | None) -> None:
        self._stub.open(deadline, cancel)


class ProcessDriver(Driver):
    """A driver in a child process, as its host sees it: none of its calls lasts for ever.

    After :meth:`end` no process is left; without ``spare`` none is kept ready for the next open.
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
        """Waits for the first child. Raises ``OFFLINE`` when none is ready in time."""
        self._await_ready()
        return self._info

    @property
    def requests(self) -> tuple[type[Request[Any]], ...]:
        """Waits, and raises, as ``info`` does."""
        self._await_ready()
        return self._requests

    def open(self, deadline: Deadline | None = None, cancel: CancelToken | None = None) -> None:
        """Always in a fresh process: nothing hangs on from the last time.

        With ``deadline`` and ``cancel`` it may take no longer than a command that had them.
        """
        self.close()
        self._begin(deadline, cancel)
        try:
            self._call("open", seconds=OPEN_S, deadline=deadline, cancel=cancel)
        finally:
            if self._keeps_spare and not self.leaving.is_set():
                with suppress(DeviceError):  # the next open tries again, and says so
                    self._spare = self._new_child()

    def close(self) -> None:
        if self._child is not None:
            with suppress(DeviceError):  # the process ends in any case
                self._call("close", seconds=CLOSE_S)
            self._end_child()

    def end(self) -> None:
        """End every process, whatever it does."""
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
        """Take the spare process, or a new one, and wait until the driver is made in it."""
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
        """What the driver's method returns, or raises. :class:`LostError`: the child is gone."""
        if self._child is None:
            raise LostError(Reason.HARDWARE, "the driver's process is gone")
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

    def _send(
        self, child: _ChildProcess, message: DriverCall | CancelCall, patience: _CallLimit
    ) -> None:
        try:
            child.channel.send(message, partial(self._check, patience))
        except OSError as error:
            raise self._died(child, patience) from error

    def _hear(
        self, child: _ChildProcess, patience: _CallLimit, call: DriverCall | None = None
    ) -> Any:
        """What the child answers: ``Ready`` to its start, ``Returned`` to a call."""
        told = False
        while True:
            self._check(patience)
            if call and patience.cancelled and not told:
                told = True
                self._send(child, CancelCall(call.number), patience)
            try:
                message = child.channel.receive(_SLICE_S)
            except TimeoutError:
                continue
            except (EOFError, OSError) as error:
                raise self._died(child, patience) from error
            match message:
                case Reported(status):
                    self.report(status)
                case Failed(refusal):
                    raise refusal
                case Broke(kind, where):
                    log.error("driver failed", extra={"device": self._info.kind, "detail": where})
                    raise self._lost(patience, Reason.HARDWARE, kind)
                case _:
                    return message

    def _check(self, patience: _CallLimit) -> None:
        """Raises :class:`LostError` when it is over; the child is killed then."""
        if patience.over():
            raise self._lost(patience, *patience.reason())

    def _died(self, child: _ChildProcess, patience: _CallLimit) -> LostError:
        return self._lost(patience, Reason.HARDWARE, f"the driver's process {child.bury()}")

    def _lost(self, patience: _CallLimit, reason: Reason, detail: str) -> LostError:
        self._end_child()
        return LostError(reason, detail, pages=None if patience.call == "execute" else 0)

    def _new_child(self) -> _ChildProcess:
        try:
            return _ChildProcess(self._make)
        except OSError as error:
            detail = f"no process for the driver: {error.strerror or type(error).__name__}"
            raise DeviceError(Reason.HARDWARE, detail) from error

    def _end_child(self) -> None:
        if self._child is not None:
            self._child.end()
            self._child = None

    def _await_ready(self) -> None:
        if not self._ready.wait(START_S):
            raise DeviceError(Reason.OFFLINE, "the driver's process is not ready")


@dataclass(slots=True)
class _CallLimit:
    """How long a call may take: not for long once nobody wants its answer, or the host ends."""

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
        """Why it is over: what it was killed for, in one sentence too."""
        if self.cancelled:
            return Reason.CANCELLED, "killed: it did not obey the cancel"
        if self.deadline and self.deadline.passed():
            return Reason.TIMEOUT, "killed: it went on past its deadline"
        return Reason.HARDWARE, f"killed: it hung in {self.call}"

    def _shorten(self, seconds: float) -> None:
        self.until = Deadline(min(self.until.remaining(), seconds))


class _ChildProcess:
    """A process with the driver in it, from its start to its end."""

    def __init__(self, make: Callable[[], Driver]) -> None:
        ours, theirs = socket.socketpair()
        self.channel = Channel(ours)
        try:
            with theirs:
                self.channel.send(make)
                self._process = subprocess.Popen(
                    [
                        sys.executable,
                        "-P",
                        "-c",
                        _PROGRAM.format(
                            end=theirs.fileno(), parent=os.getpid(), dumpable=is_dumpable()
                        ),
                    ],
                    env=os.environ | _ENVIRONMENT | {"PYTHONPATH": os.pathsep.join(sys.path)},
                    pass_fds=(theirs.fileno(),),
                    stdin=subprocess.DEVNULL,
                    stdout=subprocess.DEVNULL,
                    stderr=subprocess.DEVNULL,  # libraries write there what nobody has checked
                )
        except OSError:
            self.channel.close()
            raise

    def alive(self) -> bool:
        return self._process.poll() is None

    def bury(self) -> str:
        """End it, and say how it ended by itself."""
        with suppress(subprocess.TimeoutExpired):
            self._process.wait(_DYING_S)
        self.end()
        code = self._process.returncode
        return f"died of {signal.Signals(-code).name}" if code < 0 else f"ended with {code}"

    def end(self) -> None:
        self.channel.close()
        self._process.kill()
        with suppress(subprocess.TimeoutExpired):  # stuck in the kernel: it is gone when that ends
            self._process.wait(_DYING_S)
