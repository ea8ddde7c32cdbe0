"""Where a driver runs: one thread for one device, so that no wire ever holds up the screen."""

from __future__ import annotations

import logging
import queue
import threading
from collections import OrderedDict
from collections.abc import Callable
from concurrent.futures import Future
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
class Pace:
    """How patient a host is with its device."""

    poll_s: float = 2.0
    """How often an idle device is asked how it is."""
    back_off_s: tuple[float, ...] = (2.0, 4.0, 8.0, 16.0, 20.0)
    """Pauses between attempts to find a device again; the last one repeats."""
    misses: int = 3
    """A device that does not answer this often in a row is gone; before that it only blinked."""


PACE = Pace()


class LostError(DeviceError):
    """What the driver ran in is gone, whatever the device does: open it anew, it may be well."""


@dataclass(frozen=True, slots=True)
class _Reset(Request[None]):
    pass


@dataclass(frozen=True, slots=True)
class _SelfTest(Request[tuple[Check, ...]]):
    pass


@dataclass(slots=True)
class _Job(Generic[T]):
    request: Request[T]
    deadline: Deadline
    cancel: CancelToken
    future: Future[T]


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
        pace: Pace = PACE,
    ) -> None:
        self.driver = driver
        self._pace = pace
        self._on_status = on_status or (lambda status: None)
        self._status = Status(State.STARTING)
        self._jobs: queue.Queue[_Job[Any] | None] = queue.Queue()
        self._job: _Job[Any] | None = None  # the one that runs
        self._stopping = threading.Event()
        self._open = False
        self._misses = 0
        self._attempts = 0
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
        """End the thread and give the device back; what runs or is still queued is cancelled."""
        self._stopping.set()
        self._jobs.put(None)
        if job := self._job:
            job.cancel.cancel()
        if self._thread.ident is not None:
            self._thread.join(timeout)
        if not self._thread.is_alive():
            self._refuse_waiting()

    def submit(
        self, request: Request[T], seconds: float, cancel: CancelToken | None = None
    ) -> Future[T]:
        """Queue a command. The future carries its result or a :class:`DeviceError`.

        ``TIMEOUT`` also when ``seconds`` passed before its turn; ``CANCELLED`` after :meth:`stop`.
        """
        job = _Job(request, Deadline(seconds), cancel or CancelToken(), Future[T]())
        self._jobs.put(job)
        if self._stopping.is_set() and not self._thread.is_alive():
            self._refuse_waiting()
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
        pause = 0.0
        while True:
            try:
                job = self._jobs.get(timeout=pause)
            except queue.Empty:
                pause = self._watch()
                continue
            if job is None:
                break
            self._job = job
            if self._stopping.is_set():  # also when stop() came too early to see the job
                job.cancel.cancel()
            pause = self._serve(job)
            self._job = None
        self._refuse_waiting()
        self.driver.close()

    def _serve(self, job: _Job[Any]) -> float:
        """Do one command; returns the pause until the device is looked after."""
        if not job.future.set_running_or_notify_cancel():
            return self._pace.poll_s
        try:
            job.future.set_result(self._answer(job))
        except LostError as error:
            self._open = False
            job.future.set_exception(error)
            return 0.0
        except DeviceError as error:
            if error.reason in (Reason.NO_DEVICE, Reason.OFFLINE):
                self._drop(error)
            job.future.set_exception(error)
        except Exception as error:  # a bug in the driver must not end its thread
            log.exception("driver failed", extra={"device": self.driver.info.kind})
            self._drop(DeviceError(Reason.HARDWARE, type(error).__name__))
            job.future.set_exception(DeviceError(Reason.HARDWARE, type(error).__name__))
        return self._pace.poll_s

    def _answer(self, job: _Job[Any]) -> Any:
        name = type(job.request), getattr(job.request, "job", "")
        if name in self._done:
            return self._done[name]
        if job.cancel.cancelled:
            raise DeviceError(Reason.CANCELLED)
        if not self._open:
            self._find()
        if job.deadline.passed():
            raise DeviceError(Reason.TIMEOUT)  # nobody waits for it any more
        match job.request:
            case _Reset():
                return self.driver.reset()
            case _SelfTest():
                return self.driver.self_test()
        result = self.driver.execute(job.request, job.deadline, job.cancel)
        if name[1]:
            self._done[name] = result
            while len(self._done) > REMEMBERED:
                self._done.popitem(last=False)
        return result

    def _watch(self) -> float:
        """Look after the device once; returns the pause until the next look."""
        try:
            if not self._open:
                self._find()
            self._note(self.driver.status())
        except DeviceError as error:
            self._misses += 1
            blinked = self._open and self._misses < self._pace.misses
            if blinked and not isinstance(error, LostError):
                return self._pace.poll_s
            self._drop(error)
        except Exception as error:
            log.exception("driver failed", extra={"device": self.driver.info.kind})
            self._drop(DeviceError(Reason.HARDWARE, type(error).__name__))
        else:
            self._misses = 0
            return self._pace.poll_s
        pauses = self._pace.back_off_s
        pause = pauses[min(self._attempts, len(pauses) - 1)]
        self._attempts += 1
        return pause

    def _find(self) -> None:
        self.driver.open()
        self._open = True
        self._misses = self._attempts = 0

    def _drop(self, error: DeviceError) -> None:
        self.driver.close()
        self._open = False
        states = {Reason.NO_DEVICE: State.NO_DEVICE, Reason.HARDWARE: State.HARDWARE_ERROR}
        state = states.get(error.reason, State.OFFLINE)
        self._note(Status(state, problem=error.reason, detail=error.detail, mend=error.mend))

    def _note(self, status: Status) -> None:
        if status != self._status:
            self._status = status
            self._on_status(status)

    def _refuse_waiting(self) -> None:
        while True:
            try:
                job = self._jobs.get_nowait()
            except queue.Empty:
                return
            if job is not None and job.future.set_running_or_notify_cancel():
                job.future.set_exception(DeviceError(Reason.CANCELLED))
