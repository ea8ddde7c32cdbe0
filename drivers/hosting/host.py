"""What every host does: runs one driver for one device, command after command."""

from __future__ import annotations

import logging
import queue
import threading
from abc import ABC, abstractmethod
from collections import OrderedDict
from collections.abc import Callable
from concurrent.futures import Future, wait
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from drivers.device import (
    CancelToken,
    Check,
    Deadline,
    DeviceError,
    Driver,
    Info,
    Kind,
    Reason,
    Request,
    State,
    Status,
)
from drivers.sentence import en

T = TypeVar("T")
log = logging.getLogger(__name__)

HUNG_S = 10.0
"""Seconds past the time of a command that its caller waits. A driver that works ends sooner but for
a printer that is still ending its job; only one that hangs lets these seconds pass."""
REMEMBERED = 256
"""Finished jobs whose results a host remembers; a visit prints a handful."""


@dataclass(frozen=True, slots=True)
class HostPace:
    """How patient a host is with its device."""

    poll_s: float = 2.0
    """Seconds between two status requests to an idle device."""
    back_off_s: tuple[float, ...] = (2.0, 4.0, 8.0, 16.0, 20.0)
    """Pauses between attempts to find a lost device again; the last pause repeats."""
    misses: int = 3
    """Status requests in a row that must fail before the host gives the device up."""


PACE = HostPace()
REST = 3
"""A host that rests looks at its idle device so many times more rarely."""


class LostError(DeviceError):
    """The process of the driver is gone. The device may be well: the host opens it in another."""


@dataclass(frozen=True, slots=True)
class _Reset(Request[None]):
    pass


@dataclass(frozen=True, slots=True)
class _SelfTest(Request[tuple[Check, ...]]):
    pass


@dataclass(slots=True)
class _QueuedCommand(Generic[T]):
    request: Request[T]
    deadline: Deadline
    cancel: CancelToken
    future: Future[T]

    @property
    def job(self) -> tuple[type, str] | None:
        """The name under which the host remembers the result; ``None``: the host does not."""
        name = getattr(self.request, "job", "")
        return (type(self.request), name) if name else None

    def check_wanted(self) -> None:
        """Raises :class:`DeviceError` ``CANCELLED`` or ``TIMEOUT`` when nobody waits any more."""
        if self.cancel.cancelled:
            raise DeviceError(Reason.CANCELLED)
        if self.deadline.passed():
            raise DeviceError(Reason.TIMEOUT)


class Host(ABC):
    """Runs one driver: commands one after another, status past the queue.

    The host's thread finds the device, asks for its status while it is idle, and finds it again
    after it was gone. The thread calls ``on_status`` when the status has changed, and with the same
    status at each look until ``on_status`` has taken it without an exception.

    The host does a request with a field ``job`` once: the same type of request with the same
    ``job`` gets the remembered result. The host does not remember a job that failed. It remembers
    jobs also when the driver's process dies and another one takes over.

    Every :class:`DeviceError` that the host hands out names its ``device``.
    """

    def __init__(
        self,
        kind: Kind,
        driver: Driver,
        on_status: Callable[[Status], None] | None,
        pace: HostPace,
    ) -> None:
        self.kind = kind
        self.driver = driver
        self._pace = pace
        self._on_status = on_status or (lambda status: None)
        self._status = Status(State.STARTING)
        self._untold = False  # on_status has raised when it was last called
        self._commands: queue.Queue[_QueuedCommand[Any] | None] = queue.Queue()
        self._running: _QueuedCommand[Any] | None = None
        self._stopping = threading.Event()
        self._entrance = threading.Lock()  # held to queue a command, and to set `_stopping`
        self._open = False
        self._misses = 0
        self._attempts = 0
        self._rarer = 1
        self._next_look = Deadline(0)
        self._done: OrderedDict[tuple[type, str], Any] = OrderedDict()
        self._thread = threading.Thread(target=self._run, name="device", daemon=True)
        driver.report = self._note
        self.on_done: Callable[[Request[Any], object], None] = lambda request, outcome: None
        """Called with each request that the driver has carried out, and its answer or its
        :class:`DeviceError`, after who waits for the answer has it. Not for a remembered job."""

    @property
    def status(self) -> Status:
        """The newest status; never waits."""
        return self._status

    @property
    def stopped(self) -> bool:
        """Whether :meth:`stop` was called: every further command is refused."""
        return self._stopping.is_set()

    @property
    def info(self) -> Info:
        """What the driver knows of the device so far; more once the device was opened. Never waits,
        and raises nothing: who looks after a device that has failed reads it."""
        return self.driver.info

    @property
    def requests(self) -> tuple[type[Request[Any]], ...]:
        """The commands that the driver understands: its capabilities."""
        try:
            return self.driver.requests
        except DeviceError as error:
            raise error.of(self.kind) from error

    def start(self) -> None:
        """Begin to look for the device. Does nothing the second time, also after :meth:`stop`."""
        if self._thread.ident is None:
            self._thread.start()

    def rest(self) -> None:
        """Look at the idle device more rarely: nobody is served, and each look costs power."""
        self._rarer = REST

    def attend(self) -> None:
        """Look at the idle device at the usual pace again, from within one usual pause on."""
        if self._rarer == REST:
            self._rarer = 1
            self._next_look = Deadline(self._next_look.remaining() / REST)
            self._commands.put(None)  # wakes the thread

    def stop(self, timeout: float = 5.0) -> None:
        """Cancel the running and all queued commands, close the device and end the thread.

        Returns after ``timeout`` seconds at the latest: a driver that hangs keeps its thread.
        """
        self._refuse_all()
        if running := self._running:
            running.cancel.cancel()
        if self._thread.ident is not None:
            self._thread.join(timeout)

    def submit(
        self, request: Request[T], seconds: float, cancel: CancelToken | None = None
    ) -> Future[T]:
        """Queue a command. The future carries its result or a :class:`DeviceError`.

        ``TIMEOUT`` also when ``seconds`` passed before its turn; ``CANCELLED`` after :meth:`stop`.
        """
        command = _QueuedCommand(request, Deadline(seconds), cancel or CancelToken(), Future[T]())
        with self._entrance:
            stopping = self._stopping.is_set()
            if not stopping:
                self._commands.put(command)
        if stopping:
            self._refuse(command)
        return command.future

    def execute(self, request: Request[T], seconds: float, cancel: CancelToken | None = None) -> T:
        """Queue a command and wait for its result. Raises as :meth:`submit` says, and ``OFFLINE``
        when the driver does not come back; how many pages it printed is unknown then."""
        token = cancel or CancelToken()
        future = self.submit(request, seconds, token)
        if wait((future,), seconds + HUNG_S).not_done:
            token.cancel()  # a driver that comes back later reads nobody's card for nobody
            said = en("the driver does not come back")
            raise DeviceError(Reason.OFFLINE, said, pages=None, device=self.kind)
        return future.result()

    def reset(self, seconds: float = 15.0) -> None:
        """Bring the device to its state after power-on, when its turn comes within ``seconds``."""
        self.execute(_Reset(), seconds)

    def self_test(self, seconds: float = 30.0) -> tuple[Check, ...]:
        """Try what needs no citizen and no paper, when its turn comes within ``seconds``."""
        return self.execute(_SelfTest(), seconds)

    # -- the thread ---------------------------------------------------------------------------

    @abstractmethod
    def _open_driver(self, deadline: Deadline | None, cancel: CancelToken | None) -> None:
        """Open the device. ``deadline`` and ``cancel`` are those of the command that waits for the
        device, ``None`` when no command waits."""

    def _run(self) -> None:
        try:
            while not self._stopping.is_set():
                if self._next_look.passed() and not self._open:
                    self._serve_next(0.0)  # a waiting job opens the device within its own deadline
                if self._next_look.passed():
                    self._next_look = Deadline(self._watch())
                self._serve_next(self._next_look.remaining())
        finally:
            self._refuse_all()
            self._close()

    def _serve_next(self, seconds: float) -> None:
        """Do the next command, if one comes within ``seconds``."""
        with suppress(queue.Empty):
            command = self._commands.get(timeout=seconds)
            if command is not None and command.future.set_running_or_notify_cancel():
                self._running = command
                if self._stopping.is_set():  # `stop` has not seen this command in `_running`
                    command.cancel.cancel()
                known = command.job in self._done
                self._serve(command)
                self._running = None
                if not known:
                    self._tell_done(command)

    def _serve(self, command: _QueuedCommand[Any]) -> None:
        """Do ``command`` and settle its future."""
        try:
            result = self._answer(command)
        except LostError as error:
            if self._open:
                self._open = False
                self._next_look = Deadline(0)
            command.future.set_exception(error.of(self.kind))
        except DeviceError as error:
            self._fail(command, error, gone=error.reason in (Reason.NO_DEVICE, Reason.OFFLINE))
        except BaseException as error:  # a library may call sys.exit, or panic in Rust
            log.exception("driver failed", extra={"device": self.kind})
            failure = DeviceError(Reason.HARDWARE, type(error).__name__, pages=None)
            self._fail(command, failure, gone=True)
        else:
            command.future.set_result(result)

    def _tell_done(self, command: _QueuedCommand[Any]) -> None:
        future = command.future
        try:
            self.on_done(command.request, future.exception() or future.result())
        except BaseException:
            log.exception("result not told", extra={"device": self.kind})

    def _fail(self, command: _QueuedCommand[Any], error: DeviceError, *, gone: bool) -> None:
        """Hand out ``error``; ``gone``: the host gives the device up and looks for it again."""
        if gone:
            self._note_gone(error)
        command.future.set_exception(error.of(self.kind))
        if gone:
            self._close()  # after the future is settled, since a close may take long
            self._next_look = Deadline(self._pace.poll_s)

    def _answer(self, command: _QueuedCommand[Any]) -> Any:
        """The result of ``command``, remembered or new."""
        job = command.job
        if job is not None and job in self._done:
            return self._done[job]
        command.check_wanted()
        if not self._open:
            self._find_for(command)
            command.check_wanted()
        result: Any = None
        match command.request:
            case _Reset():
                self.driver.reset()
            case _SelfTest():
                result = self.driver.self_test()
            case request:
                result = self.driver.execute(request, command.deadline, command.cancel)
        if job is not None:
            self._done[job] = result
            while len(self._done) > REMEMBERED:
                self._done.popitem(last=False)
        return result

    def _find_for(self, command: _QueuedCommand[Any]) -> None:
        """Open the device for ``command``. On failure sets ``pages`` to 0: the command never
        started."""
        try:
            self._find(command.deadline, command.cancel)
        except DeviceError as error:
            raise error.with_pages(0) from error

    def _watch(self) -> float:
        """Ask for the status, or look for the device; returns the pause until the next look."""
        try:
            if self._open:
                self._look()
            else:
                self._find()
            return self._pace.poll_s * self._rarer
        except DeviceError as error:
            self._misses += 1
            if self._open and self._misses < self._pace.misses:
                self._open = not isinstance(error, LostError)
                return self._pace.poll_s if self._open else 0.0
            self._note_gone(error)
        except BaseException as error:  # else the thread would end, and the last status stand
            log.exception("driver failed", extra={"device": self.kind})
            self._note_gone(DeviceError(Reason.HARDWARE, type(error).__name__))
        self._close()
        pauses = self._pace.back_off_s
        pause = pauses[min(self._attempts, len(pauses) - 1)]
        self._attempts += 1
        return pause

    def _find(self, deadline: Deadline | None = None, cancel: CancelToken | None = None) -> None:
        """Open the device and ask for its status."""
        self._open_driver(deadline, cancel)
        self._open = True
        self._look()

    def _look(self) -> None:
        self._note(self.driver.status())
        self._misses = self._attempts = 0

    def _close(self) -> None:
        self._open = False
        try:
            self.driver.close()
        except BaseException:
            log.exception("driver failed", extra={"device": self.kind})

    def _note_gone(self, error: DeviceError) -> None:
        states = {Reason.NO_DEVICE: State.NO_DEVICE, Reason.HARDWARE: State.HARDWARE_ERROR}
        state = states.get(error.reason, State.OFFLINE)
        self._note(Status(state, problem=error.reason, detail=error.detail, mend=error.mend))

    def _note(self, status: Status) -> None:
        known = status == self._status
        if known and not self._untold:
            return
        self._status = status
        try:
            self._on_status(status)
        except BaseException:
            if not known:  # else the log has said so
                log.exception("status not told", extra={"device": self.kind})
            self._untold = True
        else:
            self._untold = False

    def _refuse_all(self) -> None:
        """Let no further command in, refuse all queued commands, and wake the thread."""
        with self._entrance:
            self._stopping.set()
        with suppress(queue.Empty):
            while True:
                if command := self._commands.get_nowait():
                    self._refuse(command)
        self._commands.put(None)

    def _refuse(self, command: _QueuedCommand[Any]) -> None:
        """Settle the future of a command that will never begin."""
        if command.future.set_running_or_notify_cancel():
            command.future.set_exception(DeviceError(Reason.CANCELLED, device=self.kind))
