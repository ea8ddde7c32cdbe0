"""The fork server's process: imports once what every visit needs, and forks visits.

``python -m kiosk.keeper.forking MODULE:FUNCTION SETTINGS COMMAND… --channel N`` calls the function,
which imports everything, with the path of the settings; then it forks a visit for each request of
the keeper. The request is one packet with one descriptor, the visit's end of its channel, and no
word of anybody. The visit runs ``COMMAND… --channel M``, a command line of Python, as a fresh
interpreter would.

A visit is forked twice, and the process between exits: the visit's parent is then the keeper, which
is the subreaper, so the fork server may die at any time. Until the keeper has been told of a visit,
the visit waits, in the fork server's process group, and dies with the fork server.
"""

from __future__ import annotations

import contextlib
import ctypes
import faulthandler
import gc
import importlib
import os
import runpy
import signal
import socket
import sys
import threading
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import NoReturn

import msgspec

from kiosk import log as logs
from kiosk import settings as settings_file

PACKET = 4096
"""The longest packet, in bytes."""
REQUEST = b"fork"
_GO = b"go"
_PR_SET_PDEATHSIG = 1
_ARGUMENTS = slice(45, 47)
"""``arg_start`` and ``arg_end`` behind the name in /proc/PID/stat, see proc_pid_stat(5)."""


class _ForkWord(msgspec.Struct, frozen=True, tag=str.lower, forbid_unknown_fields=True):
    pass


class Loaded(_ForkWord, frozen=True):
    """From the fork server: everything is imported; ask."""


class Forked(_ForkWord, frozen=True):
    """From the fork server: the visit that was asked for is the process ``pid``."""

    pid: int


class NotForked(_ForkWord, frozen=True):
    """From the fork server: the system refused a process; ``code`` is its errno."""

    code: int


class Unfit(_ForkWord, frozen=True):
    """From the fork server: it holds what no visit may inherit. The keeper replaces it."""

    why: str


FromForkServer = Loaded | Forked | NotForked | Unfit


def main() -> None:
    """Import, serve the keeper, and run the visit in each forked process."""
    name, settings, *command, _channel, end = sys.argv[1:]
    keeper = os.getppid()
    control = socket.socket(fileno=int(end))
    control.set_inheritable(False)
    logs.set_up(production=settings_file.in_service(Path(settings))[0].production)
    gc.disable()  # a collection would write to every page that visits share
    module, _, function = name.partition(":")
    getattr(importlib.import_module(module), function)(Path(settings))
    gc.collect()
    gc.freeze()
    channel = _serve(control)
    # From here on this process is a visit.
    control.close()
    _lead_on_a_leash(keeper)
    gc.enable()
    faulthandler.disable()  # its signal handlers are not the visit's; the visit sets up its own
    _reseed()
    _run([*command, "--channel", str(channel)])


def _serve(control: socket.socket) -> int:
    """Answer the keeper's requests. Returns in the forked visits only, with the descriptor of the
    visit's channel; ends the fork server when the keeper hangs up."""
    _send(control, Loaded())
    while True:
        request, descriptors, _, _ = socket.recv_fds(control, PACKET, 1, socket.MSG_CMSG_CLOEXEC)
        if not request:
            _exit(0)
        (channel,) = descriptors
        if why := unfit(control.fileno(), channel):
            _send(control, Unfit(why))
        elif _fork(control):
            return channel
        os.close(channel)


def _fork(control: socket.socket) -> bool:
    """Fork one visit and tell the keeper; True in the visit."""
    ours, theirs = socket.socketpair()
    with ours, theirs:
        try:
            between = os.fork()
        except OSError as error:
            _send(control, NotForked(error.errno or 0))
            return False
        if not between:
            try:
                child = os.fork()
            except OSError as error:
                _exit(error.errno or 1)
            if child:
                _exit(0)
            ours.close()
            if not _known(theirs):
                _exit(1)  # the fork server died before the keeper knew of this visit
            return True
        theirs.close()
        if code := os.waitstatus_to_exitcode(os.waitpid(between, 0)[1]):
            _send(control, NotForked(code))
            return False
        # The process between is gone, so the keeper is the visit's parent now.
        _send(control, Forked(int(ours.recv(PACKET))))
        with contextlib.suppress(OSError):  # the keeper has killed the visit already
            ours.send(_GO)
        return False


def _known(server: socket.socket) -> bool:
    """Tell the fork server which process this is, and wait until the keeper knows."""
    try:
        server.send(str(os.getpid()).encode())
        return server.recv(len(_GO)) == _GO
    except OSError:
        return False


def unfit(*own: int) -> str:
    """What this process holds that no visit may inherit; empty: nothing. ``own``: the descriptors
    of sockets that are known."""
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


def _send(control: socket.socket, word: FromForkServer) -> None:
    control.send(msgspec.json.encode(word))


def _exit(code: int) -> NoReturn:
    """End at once: nothing of the process that was forked is this one's to clean up."""
    os._exit(code)


# -- the visit ------------------------------------------------------------------------------------


def _lead_on_a_leash(keeper: int) -> None:
    """Lead a process group, and have the kernel kill this process when the keeper dies."""
    os.setsid()
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
    if os.getppid() != keeper:
        _exit(1)  # the keeper died before the prctl


def _reseed() -> None:
    """Give this visit random numbers of its own.

    ``random`` and OpenSSL do so themselves when a process is forked, ``secrets`` and ``uuid`` keep
    no state; OpenSSL gets bytes of this process besides. The secret of ``hash`` stays the same for
    all visits of one fork server.
    """
    import ssl

    ssl.RAND_add(os.urandom(32), 32.0)


def _run(command: Sequence[str]) -> None:
    """Do what ``command``, a command line of Python, would do in a fresh interpreter."""
    _name(command)
    arguments = list(command[1:])
    if arguments[0] == "-m":
        sys.argv = arguments[1:]
        run = partial(runpy.run_module, arguments[1], alter_sys=True)
    else:
        sys.argv = arguments
        sys.path[0] = os.path.dirname(arguments[0])
        run = partial(runpy.run_path, arguments[0])
    run(run_name="__main__")


def _name(command: Sequence[str]) -> None:
    """Let /proc/PID/cmdline, and with it ``ps`` and the doctor, say what this process is.

    ``command`` fits where the fork server's own command line stands, which contains it.
    """
    status = Path("/proc/self/stat").read_text(encoding="ascii", errors="replace")
    first, last = map(int, status.rpartition(")")[2].split()[_ARGUMENTS])
    line = b"".join(os.fsencode(word) + b"\0" for word in command)[: last - first - 1]
    ctypes.memmove(first, line.ljust(last - first, b"\0"), last - first)


if __name__ == "__main__":
    main()
