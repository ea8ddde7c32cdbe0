"""Forks a process that becomes a child of the subreaper above, and makes the process its own.

The process is forked twice, and the process between exits: then the kernel gives the process to the
nearest subreaper, which alone notices its death and reaps it. The process that has forked it may
die at any time.
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import socket
import sys
import threading
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NoReturn

PACKET = 4096
"""The longest packet between a process that forks and the one that asks, in bytes."""
_GO = b"go"
_ARGUMENTS = slice(45, 47)
"""``arg_start`` and ``arg_end`` behind the name in /proc/PID/stat, see proc_pid_stat(5)."""


def fork_twice(tell: Callable[[int], None]) -> bool:
    """True in the forked process, False in this one.

    Here, ``tell`` is called with the id of the forked process, once that is the subreaper's child.
    Until then the forked process waits, and it ends when this process dies meanwhile. Raises
    ``OSError`` when the system refuses a process.
    """
    ours, theirs = socket.socketpair()
    with ours, theirs:
        between = os.fork()
        if not between:
            try:
                child = os.fork()
            except OSError as error:
                exit_at_once(error.errno or 1)
            if child:
                exit_at_once(0)
            ours.close()
            if not _known(theirs):
                exit_at_once(1)
            return True
        theirs.close()
        if code := os.waitstatus_to_exitcode(os.waitpid(between, 0)[1]):
            raise OSError(code, os.strerror(code))
        tell(int(ours.recv(PACKET)))
        with contextlib.suppress(OSError):  # the forked process has been killed already
            ours.send(_GO)
        return False


def _known(forker: socket.socket) -> bool:
    """Tell the process that has forked this one which process this is, and wait until the
    subreaper's side knows."""
    try:
        forker.send(str(os.getpid()).encode())
        return forker.recv(len(_GO)) == _GO
    except OSError:
        return False


def unfit(*own: int) -> str:
    """What this process holds that no forked process may inherit; empty: nothing. ``own``: the
    descriptors of sockets that are known."""
    if threading.active_count() > 1 or len(os.listdir("/proc/self/task")) > 1:
        return "a thread"  # a fork copies its locks, locked, and not the thread
    known = {0, 1, 2, *own}
    for name in os.listdir("/proc/self/fd"):
        if int(name) not in known and _target(name).startswith("socket:"):
            return "a connection"
    qt = sys.modules.get("PySide6.QtCore")
    if qt is not None and qt.QCoreApplication.instance() is not None:
        return "a Qt application"
    return ""


def _target(descriptor: str) -> str:
    try:
        return os.readlink(f"/proc/self/fd/{descriptor}")
    except FileNotFoundError:  # the descriptor of the directory that was being listed
        return ""


def exit_at_once(code: int) -> NoReturn:
    """End: nothing of the process that was forked is this one's to clean up."""
    os._exit(code)


def reseed() -> None:
    """Give this process random numbers of its own.

    ``random`` and OpenSSL do so themselves when a process is forked, ``secrets`` and ``uuid`` keep
    no state; OpenSSL gets bytes of this process besides. The secret of ``hash`` stays the same for
    all processes of one fork server.
    """
    import ssl

    ssl.RAND_add(os.urandom(32), 32.0)


def name_process(command: Sequence[str]) -> None:
    """Let /proc/PID/cmdline, and with it ``ps`` and the doctor, say what this process is.

    ``command`` is written over the command line of the process that was started, and cut where that
    ends.
    """
    status = Path("/proc/self/stat").read_bytes()
    first, last = map(int, status.rpartition(b")")[2].split()[_ARGUMENTS])
    line = b"".join(os.fsencode(word) + b"\0" for word in command)[: last - first - 1]
    ctypes.memmove(first, line.ljust(last - first, b"\0"), last - first)
