"""The nursery of a visit: a process that forks the processes of drivers, checks and captures.

A visit forks its nursery first of all: everything is imported by then, and nobody has come yet. For
each request of the visit the nursery forks a process twice (:mod:`kiosk.keeper.twice`). The visit
is a subreaper, so it is the parent of each of these processes: it notices their deaths and reaps
them, and the death of the nursery harms none of them. A request is one packet with one descriptor
and the name of a module; nothing of a citizen passes through the nursery.

Without a nursery, processes start in fresh interpreters, which takes longer.
"""

from __future__ import annotations

import ctypes
import faulthandler
import gc
import importlib
import logging
import os
import select
import signal
import socket
import subprocess
import sys
import threading
import weakref
from typing import NoReturn

import msgspec

from drivers.hosting.apart import end_with, fork_by
from kiosk import events
from kiosk.keeper.forking import Forked, NotForked
from kiosk.keeper.twice import PACKET, exit_at_once, fork_twice, name_process, reseed, unfit

ANSWER_S = 5.0
"""How long the nursery may take to fork a process."""
_SET_CHILD_SUBREAPER = 36
_LAST_DESCRIPTOR = 1 << 20
log = logging.getLogger(__name__)


class _Wish(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """From the visit: fork a process that runs ``main`` of ``module``, see
    :func:`drivers.hosting.apart.start_apart`."""

    module: str
    dumpable: bool


_WISHES = msgspec.json.Decoder(_Wish)
_ANSWERS: msgspec.json.Decoder[Forked | NotForked] = msgspec.json.Decoder(Forked | NotForked)


# -- in the visit ---------------------------------------------------------------------------------


def begin(*own: int) -> Nursery | None:
    """Fork the nursery of this visit, and start processes apart by it from now on.

    To be called in the main thread, before this process makes a thread or a connection; ``own``:
    the descriptors of its sockets. Where there can be no nursery, a line of the log says why.
    """
    if why := unfit(*own):
        events.NURSERY_FAILED.log(log, cause=why)
        return None
    visit = os.getpid()
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    with theirs:
        try:
            pid = os.fork()
        except OSError:  # the machine has no process to spare
            ours.close()
            events.NURSERY_FAILED.log(log, cause="not forked")
            return None
        if not pid:
            tend(theirs, visit)
    try:
        one = Nursery(ours, pid)
    except OSError:  # no descriptor to spare: nobody would notice its death
        os.kill(pid, signal.SIGKILL)
        os.waitpid(pid, 0)
        ours.close()
        events.NURSERY_FAILED.log(log, cause="not forked")
        return None
    ctypes.CDLL(None).prctl(_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
    fork_by(one.fork)
    return one


class Nursery:
    """The nursery ``pid``, a child of this process, as the visit sees it, at the other end of
    ``control``. ``death`` becomes readable when the nursery dies."""

    def __init__(self, control: socket.socket, pid: int) -> None:
        self._pid = pid
        self.death = os.pidfd_open(pid)
        weakref.finalize(self, os.close, self.death)
        self._control = control
        self._control.settimeout(ANSWER_S)
        self._asking = threading.Lock()
        self._gone = False

    def fork(self, module: str, end: socket.socket, dumpable: bool) -> AdoptedProcess | None:
        """A process that runs ``main`` of ``module``; None when the nursery is gone. Raises
        ``OSError`` when the nursery is lost over this request, or refuses a process."""
        wish = msgspec.json.encode(_Wish(module, dumpable))
        with self._asking:
            if self._gone:
                return None
            try:
                socket.send_fds(self._control, [wish], [end.fileno()])
            except OSError:
                self._lose("died")
                return None
            try:
                answer = _ANSWERS.decode(self._control.recv(PACKET))
            except (OSError, msgspec.MsgspecError) as error:
                # `end` may be in a process that nobody knows: no other process may get it as well.
                self._lose("frozen" if isinstance(error, TimeoutError) else "died")
                raise OSError("the nursery is lost") from error
        if isinstance(answer, NotForked):
            raise OSError(answer.code, os.strerror(answer.code))
        return AdoptedProcess(answer.pid)

    def lose(self) -> None:
        """The nursery has died: from now on, processes start in fresh interpreters."""
        with self._asking:
            if not self._gone:
                self._lose("died")

    def _lose(self, cause: str) -> None:
        """Give the nursery up, and with it what it has forked and not yet told of."""
        self._gone = True
        fork_by(None)
        self._control.close()
        os.kill(self._pid, signal.SIGKILL)  # a child that nobody reaps: no other has its id
        events.NURSERY_FAILED.log(log, cause=cause)


class AdoptedProcess:
    """A child of this process that another process has forked; used like
    :class:`subprocess.Popen`. Raises ``OSError``, and kills the child, when its death could not be
    noticed."""

    def __init__(self, pid: int) -> None:
        self.pid = pid
        self.returncode: int | None = None
        self._reaping = threading.Lock()
        try:
            self._death = os.pidfd_open(pid)
        except OSError:
            os.kill(pid, signal.SIGKILL)
            os.waitpid(pid, 0)
            raise
        weakref.finalize(self, os.close, self._death)

    def poll(self) -> int | None:
        """The exit status; negative: the signal that killed the process; None: it runs."""
        with self._reaping:
            if self.returncode is None:
                pid, status = os.waitpid(self.pid, os.WNOHANG)
                if pid:
                    self.returncode = os.waitstatus_to_exitcode(status)
            return self.returncode

    def wait(self, timeout: float | None = None) -> int:
        """Wait for the end. Raises :class:`subprocess.TimeoutExpired`."""
        poll = select.poll()  # select() refuses descriptors above 1023
        poll.register(self._death, select.POLLIN)
        poll.poll(None if timeout is None else max(0.0, timeout) * 1000)
        code = self.poll()
        if code is None:
            raise subprocess.TimeoutExpired(str(self.pid), timeout or 0.0)
        return code

    def kill(self) -> None:
        with self._reaping:
            if self.returncode is None:
                signal.pidfd_send_signal(self._death, signal.SIGKILL)


# -- the nursery, and what it forks ---------------------------------------------------------------


def tend(control: socket.socket, visit: int) -> NoReturn:
    """The life of a nursery: answer the requests of ``visit``, this process's parent, until it
    hangs up."""
    try:
        end_with(visit)
        faulthandler.disable()  # its signal handlers would write where the log is written
        gc.disable()  # a collection would write to every page that is shared with the visit
        gc.freeze()
        _keep_only(control.fileno())
        name_process([sys.executable, "-m", __name__])
        _serve(control, visit)
    finally:
        exit_at_once(1)


def _keep_only(descriptor: int) -> None:
    """Close every other descriptor; standard input, output and error lead nowhere: libraries write
    there, perhaps a citizen's data."""
    os.closerange(3, descriptor)
    os.closerange(descriptor + 1, _LAST_DESCRIPTOR)
    null = os.open(os.devnull, os.O_RDWR)
    for standard in (0, 1, 2):
        os.dup2(null, standard)
    os.close(null)


def _serve(control: socket.socket, visit: int) -> None:
    while True:
        request, descriptors, _, _ = socket.recv_fds(control, PACKET, 1, socket.MSG_CMSG_CLOEXEC)
        if not request:
            exit_at_once(0)
        wish = _WISHES.decode(request)
        (end,) = descriptors
        if _fork(control):
            control.close()
            _run(wish, end, visit)
        os.close(end)


def _fork(control: socket.socket) -> bool:
    """Fork one process and tell the visit; True in that process."""
    try:
        return fork_twice(lambda pid: _send(control, Forked(pid)))
    except OSError as error:
        _send(control, NotForked(error.errno or 0))
        return False


def _send(control: socket.socket, word: Forked | NotForked) -> None:
    control.send(msgspec.json.encode(word))


def _run(wish: _Wish, end: int, visit: int) -> NoReturn:
    """Do what a fresh interpreter would do for :func:`drivers.hosting.apart.start_apart`."""
    code = 1
    try:
        name_process([sys.executable, "-m", wish.module])
        gc.enable()
        reseed()
        importlib.import_module(wish.module).main(end, visit, dumpable=wish.dumpable)
        code = 0
    finally:
        exit_at_once(code)
