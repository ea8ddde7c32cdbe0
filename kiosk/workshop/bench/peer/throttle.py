"""Gives processes a part of one CPU: by a control group where that is allowed, else by signals."""

from __future__ import annotations

import os
import signal
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from kiosk.workshop.bench.figures import BenchError

GROUPS = Path("/sys/fs/cgroup")
PERIOD_S = 0.1


def by_group() -> bool:
    """Whether this user may make a control group of version 2 with a limit of the CPU."""
    try:
        controllers = (GROUPS / "cgroup.subtree_control").read_text().split()
    except OSError:
        return False
    return "cpu" in controllers and os.access(GROUPS, os.W_OK)


def way() -> str:
    """How :func:`throttled` does it, in words."""
    return "a control group" if by_group() else "signals that freeze"


@contextmanager
def throttled(share: float, family: Callable[[], Iterable[int]]) -> Iterator[None]:
    """For the length of the block, give the processes of ``family`` together ``share`` of one CPU
    in each tenth of a second; 1 and more: all they want. By signals, each process has that share
    of the time, whatever the others do. Raises :class:`BenchError` where the system refuses the
    control group."""
    if share >= 1:
        yield
    elif by_group():
        with _in_group(share, family):
            yield
    else:
        with _by_signals(share, family):
            yield


@contextmanager
def _in_group(share: float, family: Callable[[], Iterable[int]]) -> Iterator[None]:
    group = GROUPS / f"kiosk-bench-{os.getpid()}"
    period = round(PERIOD_S * 1e6)
    try:
        try:
            group.mkdir(exist_ok=True)
            (group / "cpu.max").write_text(f"{round(period * share)} {period}")
            for pid in family():
                with suppress(ProcessLookupError):  # it has ended meanwhile
                    (group / "cgroup.procs").write_text(str(pid))
        except OSError as error:
            raise BenchError(f"no control group for a part of one CPU: {error}") from None
        yield
    finally:
        # A process that the system lets not go back stays in the group, with all it wants; the
        # next block uses the group again.
        with suppress(OSError):
            (group / "cpu.max").write_text(f"max {period}")
            for left in (group / "cgroup.procs").read_text().split():
                with suppress(ProcessLookupError):
                    (_own_group() / "cgroup.procs").write_text(left)
            group.rmdir()


def _own_group() -> Path:
    """The group of this process, from which those that it starts come: the topmost group takes no
    process where it hands its controllers down, unless it is the machine's."""
    for line in Path("/proc/self/cgroup").read_text().splitlines():
        if line.startswith("0::"):
            return GROUPS / line.removeprefix("0::").lstrip("/")
    return GROUPS


@contextmanager
def _by_signals(share: float, family: Callable[[], Iterable[int]]) -> Iterator[None]:
    over = threading.Event()

    def freeze() -> None:
        while not over.is_set():
            frozen = list(family())
            _tell(frozen, signal.SIGSTOP)
            time.sleep(PERIOD_S * (1 - share))
            _tell(frozen, signal.SIGCONT)
            time.sleep(PERIOD_S * share)

    thread = threading.Thread(target=freeze, name="throttle", daemon=True)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()


def _tell(pids: Iterable[int], number: signal.Signals) -> None:
    for pid in pids:
        with suppress(ProcessLookupError):
            os.kill(pid, number)
