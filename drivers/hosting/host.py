"""Where a driver runs: one thread for one device, so that no wire ever holds up the screen."""

from __future__ import annotations

import logging
import queue
import threading
from collections import OrderedDict
from collections.abc import Callable
from concurrent.futures import Future
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
    Reason,
    Request,
    State,
    Status,
)

T = TypeVar("T")
log = logging.getLogger(__name__)

REMEMBERED = 256
"""Jobs that succeeded and are known by name; a visit prints a handful."""


@dataclass(frozen=True, slots=True)
class HostPace:
    """How patient a host is with its device."""

    poll_s: float = 2.0
    """How often an idle device is asked how it is."""
    back_off_s: tuple[float, ...] = (2.0, 4.0, 8.0, 16.0, 20.0)
    """Pauses between attempts to find a device again; the last one repeats."""
    misses: int = 3
    """A device that does not answer this often in a row is gone; before that it only blinked."""


PACE = HostPace()


class LostError(DeviceError):
    """What the driver ran in is gone, whatever the device does: open it anew, it may be well."""


@dataclass(frozen=True, slots=True)
class _Reset(Request[None]):
    pass


@dataclass(frozen=True, slots=True)
class _SelfTest(Request[tuple[Check, ...]]):
    pass


@dataclass(slots=True)
class _HostJob(Generic[T]):
    request: Request[T]
    deadline: Deadline
    cancel: CancelToken
    future: Future[T]

    def check_wanted(self) -> None:
        """Raises :class:`DeviceError` ``CANCELLED`` or ``TIMEOUT`` when nobody waits for it."""
        if self.cancel.cancelled:
            raise DeviceError(Reason.CANCELLED)
        if self.deadline.passed():
            raise DeviceError(Reason.TIMEOUT)

    def refuse(self) -> None:
        """Say that it will never be begun."""
        if self.future.set_running_or_notify_cancel():
            self.future.set_exception(DeviceError(Reason.CANCELLED))


class ThreadHost:
    """Runs one driver in a thread of its own: commands one after another, status past the queue.

    Finds the device, watches it while idle, finds it again after it was gone. ``on_status`` is
    called from that thread, only when something changed.

    A request with a field ``job`` is done once: when the same kind of request comes again under
    the same name, the remembered result is its answer. A job that failed is not remembered.
    """

    def __init__(
        self,
        driver: Driver,
        on_status: Callable[[Status], None] | None = None,
        *,
        pace: HostPace = PACE,
    ) -> None:
        self.driver = driver
        self._pace = pace
        self._on_status = on_status or (lambda status: None)
        self._status = Status(State.STARTING)
        self._jobs: queue.Queue[_HostJob[Any] | None] = queue.Queue()
        self._job: _HostJob[Any] | None = None  # the one that runs
        self._stopping = threading.Event()
        self._entrance = threading.Lock()  # after the stop nobody is let in
        self._kind = type(driver).__name__  # for the log, until the driver was open
        self._open = False
        self._misses = 0
        self._attempts = 0
        self._next_look = Deadline(0)
        self._done: OrderedDict[tuple[type, str], Any] = OrderedDict()
        self._thread = threading.Thread(target=self._run, name="device", daemon=True)
        driver.report = self._note

    @property
    def status(self) -> Status:
        """The newest that is known; never waits."""
        return self._status

    @property
    def info(self) -> Info:
        """What is known of the device so far; more once it was opened."""
        return self.driver.info

    @property
    def requests(self) -> tuple[type[Request[Any]], ...]:
        """The commands it understands: its capabilities."""
        return self.driver.requests

    def start(self) -> None:
        """Begin to look for the device. Does nothing the second time, also after :meth:`stop`."""
        if self._thread.ident is None:
            self._thread.start()

    def stop(self, timeout: float = 5.0) -> None:
        """End the thread and give the device back; what runs or is still queued is cancelled.

        A driver that hangs keeps its thread and its command, and nobody else waits for it.
        """
        self._refuse_all()
        if job := self._job:
            job.cancel.cancel()
        if self._thread.ident is not None:
            self._thread.join(timeout)

    def submit(
        self, request: Request[T], seconds: float, cancel: CancelToken | None = None
    ) -> Future[T]:
        """Queue a command. The future carries its result or a :class:`DeviceError`.

        ``TIMEOUT`` also when ``seconds`` passed before its turn; ``CANCELLED`` after :meth:`stop`.
        """
        job = _HostJob(request, Deadline(seconds), cancel or CancelToken(), Future[T]())
        with self._entrance:
            stopping = self._stopping.is_set()
            if not stopping:
                self._jobs.put(job)
        if stopping:
            job.refuse()
        return job.future

    def execute(self, request: Request[T], seconds: float, cancel: CancelToken | None = None) -> T:
        """Queue a command and wait for it."""
        return self.submit(request, seconds, cancel).result()

    def reset(self, seconds: float = 15.0) -> None:
        """Bring the device to its state after power-on, when its turn comes within ``seconds``."""
        self.execute(_Reset(), seconds)

    def self_test(self, seconds: float = 30.0) -> tuple[Check, ...]:
        """Try what needs no citizen and no paper, when its turn comes within ``seconds``."""
        return self.execute(_SelfTest(), seconds)

    # -- the thread ---------------------------------------------------------------------------

    def _run(self) -> None:
        try:
            while not self._stopping.is_set():
                if self._next_look.passed() and not self._open:
                    self._serve_next(0.0)  # whoever waits has it found within their own time
                if self._next_look.passed():
                    self._next_look = Deadline(self._watch())
                self._serve_next(self._next_look.remaining())
        finally:
            self._refuse_all()
            self._close()

    def _serve_next(self, seconds: float) -> None:
        """Do the next command, if one comes within ``seconds``."""
        with suppress(queue.Empty):
            job = self._jobs.get(timeout=seconds)
            if job is not None and job.future.set_running_or_notify_cancel():
                self._job = job
                if self._stopping.is_set():  # stop() came too early to see the job
                    job.cancel.cancel()
                self._serve(job)
                self._job = None

    def _serve(self, job: _HostJob[Any]) -> None:
        """Do one command."""
        try:
            result = self._answer(job)
        except LostError as error:
            if self._open:
                self._open = False
                self._next_look = Deadline(0)
            job.future.set_exception(error)
        except DeviceError as error:
            self._fail(job, error, gone=error.reason in (Reason.NO_DEVICE, Reason.OFFLINE))
        except Exception as error:  # a bug in the driver must not end its thread
            log.exception("driver failed", extra={"device": self._kind})
            failure = DeviceError(Reason.HARDWARE, type(error).__name__, pages=None)
            self._fail(job, failure, gone=True)
        except BaseException:  # the thread ends, and nobody waits for ever
            job.future.set_exception(DeviceError(Reason.HARDWARE, "its thread ended", pages=None))
            raise
        else:
            job.future.set_result(result)

    def _fail(self, job: _HostJob[Any], error: DeviceError, *, gone: bool) -> None:
        if gone:
            self._note_gone(error)
        job.future.set_exception(error)
        if gone:
            self._close()  # which may take its time
            self._next_look = Deadline(self._pace.poll_s)

    def _answer(self, job: _HostJob[Any]) -> Any:
        name = type(job.request), getattr(job.request, "job", "")
        if name in self._done:
            return self._done[name]
        job.check_wanted()
        if not self._open:
            self._find_for(job)
            job.check_wanted()
        result: Any = None
        match job.request:
            case _Reset():
                self.driver.reset()
            case _SelfTest():
                result = self.driver.self_test()
            case request:
                result = self.driver.execute(request, job.deadline, job.cancel)
        if name[1]:
            self._done[name] = result
            while len(self._done) > REMEMBERED:
                self._done.popitem(last=False)
        return result

    def _find_for(self, job: _HostJob[Any]) -> None:
        """Within its own time, and whatever goes wrong, nothing of it was begun."""
        try:
            self._find(job.deadline, job.cancel)
        except DeviceError as error:
            error.pages = 0
            raise

    def _watch(self) -> float:
        """Look after the device once; returns the pause until the next look."""
        try:
            if self._open:
                self._look()
            else:
                self._find()
            return self._pace.poll_s
        except DeviceError as error:
            self._misses += 1
            if self._open and self._misses < self._pace.misses:  # it only blinked
                self._open = not isinstance(error, LostError)
                return self._pace.poll_s if self._open else 0.0
            self._note_gone(error)
        except Exception as error:
            log.exception("driver failed", extra={"device": self._kind})
            self._note_gone(DeviceError(Reason.HARDWARE, type(error).__name__))
        self._close()
        pauses = self._pace.back_off_s
        pause = pauses[min(self._attempts, len(pauses) - 1)]
        self._attempts += 1
        return pause

    def _find(self, deadline: Deadline | None = None, cancel: CancelToken | None = None) -> None:
        """Open the device and ask how it is."""
        self._take(deadline, cancel)
        self._open = True
        self._kind = self.driver.info.kind
        self._look()

    def _take(self, deadline: Deadline | None, cancel: CancelToken | None) -> None:
        """Open the device, for a command that waits for it until then; a thread waits longer."""
        self.driver.open()

    def _look(self) -> None:
        self._note(self.driver.status())
        self._misses = self._attempts = 0

    def _close(self) -> None:
        self._open = False
        try:
            self.driver.close()
        except Exception:
            log.exception("driver failed", extra={"device": self._kind})

    def _note_gone(self, error: DeviceError) -> None:
        states = {Reason.NO_DEVICE: State.NO_DEVICE, Reason.HARDWARE: State.HARDWARE_ERROR}
        state = states.get(error.reason, State.OFFLINE)
        self._note(Status(state, problem=error.reason, detail=error.detail, mend=error.mend))

    def _note(self, status: Status) -> None:
        if status == self._status:
            return
        self._status = status
        try:
            self._on_status(status)
        except Exception:
            log.exception("status not told", extra={"device": self._kind})

    def _refuse_all(self) -> None:
        """Stop; whoever waits in the queue waits no longer."""
        with self._entrance:
            self._stopping.set()
        with suppress(queue.Empty):
            while True:
                if job := self._jobs.get_nowait():
                    job.refuse()
        self._jobs.put(None)  # wakes the thread
