"""Starts a process that holds a citizen's data: silent, private, and gone with its parent."""

from __future__ import annotations

import ctypes
import os
import resource
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Callable
from typing import Protocol

_PR_SET_PDEATHSIG = 1
_PR_GET_DUMPABLE = 3
_PR_SET_DUMPABLE = 4
_ENVIRONMENT = {"OPENBLAS_NUM_THREADS": "1"}  # OpenBLAS's threads and their memory are never used
DYING_S = 0.5
"""So long is waited for a process that is about to end, in seconds."""
_PROGRAM = "from {module} import main; main({end}, {parent}, dumpable={dumpable})"


class ApartProcess(Protocol):
    """A process that was started apart, as :class:`subprocess.Popen` knows it."""

    @property
    def pid(self) -> int: ...
    @property
    def returncode(self) -> int | None: ...
    def poll(self) -> int | None: ...
    def wait(self, timeout: float | None = None) -> int: ...
    def kill(self) -> None: ...


Forker = Callable[[str, socket.socket, bool], ApartProcess | None]
"""Forks a process for :func:`start_apart`, which tells whether this process is dumpable; None:
cannot fork any more. Raises ``OSError``."""
_forker: Forker | None = None


def fork_by(forker: Forker | None) -> None:
    """Let ``forker`` make the processes of :func:`start_apart`, which starts fresh interpreters
    otherwise."""
    global _forker  # noqa: PLW0603 - a process has one way to start others
    _forker = forker


def forks() -> bool:
    """Whether :func:`start_apart` forks its processes: then one is there in a moment."""
    return _forker is not None


def start_apart(module: str, end: socket.socket) -> ApartProcess:
    """Run ``main`` of ``module`` in a process of its own, with ``end`` of a socket pair.

    ``main(end, parent, *, dumpable)`` gets the descriptor of ``end``, the id of this process, and
    this process's :func:`is_dumpable`, which the kernel does not pass on to a new program. First of
    all, ``main`` calls :func:`end_with` and :func:`keep_memory_private`. Standard input, output and
    error lead nowhere: libraries write there, perhaps a citizen's data. To be called in a thread
    that lives as long as the process: the kernel kills the process of a fresh interpreter when the
    thread that started it ends. Raises ``OSError``.
    """
    forker = _forker  # another thread gives a nursery up that has died
    forked = forker(module, end, is_dumpable()) if forker else None
    return forked or _start_fresh(module, end)


def _start_fresh(module: str, end: socket.socket) -> ApartProcess:
    program = _PROGRAM.format(
        module=module, end=end.fileno(), parent=os.getpid(), dumpable=is_dumpable()
    )
    return subprocess.Popen(
        [sys.executable, "-P", "-c", program],
        env=os.environ | _ENVIRONMENT | {"PYTHONPATH": os.pathsep.join(sys.path)},
        pass_fds=(end.fileno(),),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )


def end_apart(process: ApartProcess) -> None:
    """Kill ``process`` and collect it. Returns within :data:`DYING_S`: on a busy machine, or in a
    call into the kernel, a process may outlast its kill, and a thread collects it then."""
    process.kill()
    try:
        process.wait(DYING_S)
    except subprocess.TimeoutExpired:
        threading.Thread(target=process.wait, name="collector", daemon=True).start()


def is_dumpable() -> bool:
    """Whether other processes may read this process's memory, and the kernel dump it: prctl(2)."""
    return bool(ctypes.CDLL(None).prctl(_PR_GET_DUMPABLE, 0, 0, 0, 0) == 1)


def end_with(parent: int) -> None:
    """Have the kernel kill this process when the parent dies, even while a library hangs."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # after Ctrl-C, the parent ends this process
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:  # the parent died before the prctl
        sys.exit()


def keep_memory_private(*, dumpable: bool) -> None:
    """Allow no core dump, and let no process read this process's memory that may not read the
    parent's: citizens' data passes through here."""
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    if not dumpable:
        libc = ctypes.CDLL(None, use_errno=True)
        if libc.prctl(_PR_SET_DUMPABLE, 0, 0, 0, 0):
            raise OSError(ctypes.get_errno(), "this process's memory cannot be made private")
