"""A driver that does on request what no driver may: for the tests of the host that must bear it."""

from __future__ import annotations

import ctypes
import os
import resource
import signal
import time
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

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
from drivers.hosting.apart import is_dumpable
from drivers.hosting.channel import SharedMemory

HOURS = 9999


@dataclass(frozen=True, slots=True)
class Do(Request[Any]):
    what: str
    facts: Any = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class DoOnce(Do):
    job: str = "job"


class NaughtyDriver(Driver):
    """``marks`` is a directory: a file ``hang-open``, ``crash-status``, … there is obeyed."""

    requests = (Do, DoOnce)

    def __init__(self, marks: Path) -> None:
        super().__init__()
        self._marks = marks
        self._opened = 0
        self._obey_marks("make")

    @property
    def info(self) -> Info:
        return Info(Kind.SPEAKER, "test", "nowhere", serial=str(self._opened))

    def open(self) -> None:
        self._obey_marks("open")
        self._opened += 1

    def close(self) -> None:
        self._obey_marks("close")

    def status(self) -> Status:
        self._obey_marks("status")
        return Status(State.ONLINE)

    def reset(self) -> None:
        self._obey_marks("reset")

    def self_test(self) -> tuple[Check, ...]:
        return (Check("process", True, str(os.getpid())),)

    def _obey_marks(self, where: str) -> None:
        for mark in self._marks.glob(f"*-{where}"):
            self._act(mark.name.removesuffix(f"-{where}"), None)

    def execute(self, request: Request[Any], deadline: Deadline, cancel: CancelToken) -> Any:
        assert isinstance(request, Do)
        match request.what:
            case "obey cancel":
                self.report(Status(State.BUSY, detail="waiting"))
                if cancel.wait(deadline.remaining()):
                    raise DeviceError(Reason.CANCELLED, "obeyed")
                raise DeviceError(Reason.TIMEOUT, "obeyed", pages=2, mend="do nothing")
            case "remaining":
                return deadline.remaining()
            case _:
                return self._act(request.what, request.facts)

    def _act(self, what: str, facts: Any) -> Any:
        match what:
            case "echo":
                return facts
            case "pid":
                return os.getpid()
            case "descriptors":
                return _own_descriptors()
            case "privacy":
                return is_dumpable(), resource.getrlimit(resource.RLIMIT_CORE)
            case "report":
                for number in range(facts):
                    self.report(Status(State.BUSY, detail=str(number)))
            case "babble":
                while True:
                    self.report(Status(State.BUSY, detail="still waiting"))
            case "hang":  # as a library does that waits and lets nobody else run
                ctypes.PyDLL(None).sleep(HOURS)
            case "sleep":
                time.sleep(HOURS)
            case "crash":
                os.kill(os.getpid(), signal.SIGSEGV)
            case "exit":
                os._exit(3)
            case "raise":
                raise ValueError("张三")
            case "refuse":
                raise DeviceError(Reason.UNSUPPORTED, "no such library", mend="install it")
            case "unpicklable":
                return lambda: None
            case "memory":
                memory = SharedMemory(len(facts))
                memory.view[:] = facts
                return memory, memory
            case "share":
                facts.view[:4] = b"seen"
        return None


def _own_descriptors() -> dict[str, str]:
    own = {}
    for fd in os.listdir("/proc/self/fd"):
        with suppress(FileNotFoundError):  # the one that listed them
            own[fd] = os.readlink(f"/proc/self/fd/{fd}")
    return own
