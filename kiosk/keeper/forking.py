"""The fork server's process: imports once what every visit needs, and forks visits.

``python -m kiosk.keeper.forking MODULE:FUNCTION SETTINGS VISIT… -- COMMITTER… --channel N`` calls
the function, which imports everything, with the path of the settings; then it forks a visit or a
committer for each request of the keeper. The request is one packet, which names one of the two,
with one descriptor, the process's end of its channel, and no word of anybody. The process runs
``VISIT… --channel M`` or ``COMMITTER… --channel M``, a command line of Python, as a fresh
interpreter would.

A process is forked twice (:mod:`kiosk.keeper.twice`): its parent is then the keeper, which is the
subreaper, so the fork server may die at any time. Until the keeper has been told of the process, it
waits, in the fork server's process group, and dies with the fork server.
"""

from __future__ import annotations

import ctypes
import faulthandler
import gc
import importlib
import os
import runpy
import signal
import socket
import sys
from collections.abc import Callable, Sequence
from enum import StrEnum
from functools import partial
from pathlib import Path

import msgspec

from kiosk import log as logs
from kiosk import settings as settings_file
from kiosk.keeper.lean import grow_lean
from kiosk.keeper.twice import PACKET, exit_at_once, fork_twice, name_process, reseed, unfit

BETWEEN = "--"
"""Stands between the command line of a visit and that of the committer."""
_PR_SET_PDEATHSIG = 1


class ForkRequest(StrEnum):
    """What the keeper asks the fork server for; the packet holds the word."""

    VISIT = "visit"
    COMMITTER = "committer"


class _ForkWord(msgspec.Struct, frozen=True, tag=str.lower, forbid_unknown_fields=True):
    pass


class Loaded(_ForkWord, frozen=True):
    """From the fork server: everything is imported; ask."""


class Forked(_ForkWord, frozen=True):
    """From a process that forks: what was asked for is the process ``pid``."""

    pid: int


class NotForked(_ForkWord, frozen=True):
    """From a process that forks: the system refused a process; ``code`` is its errno."""

    code: int


class Unfit(_ForkWord, frozen=True):
    """From the fork server: it holds what no process may inherit. The keeper replaces it."""

    why: str


FromForkServer = Loaded | Forked | NotForked | Unfit


def main() -> None:
    """Import, serve the keeper, and run the visit or the committer in each forked process."""
    name, settings, *rest, _channel, end = sys.argv[1:]
    between = rest.index(BETWEEN)
    commands = {ForkRequest.VISIT: rest[:between], ForkRequest.COMMITTER: rest[between + 1 :]}
    keeper = os.getppid()
    control = socket.socket(fileno=int(end))
    control.set_inheritable(False)
    logs.set_up(production=settings_file.in_service(Path(settings))[0].production)
    gc.disable()  # a collection would write to every page that the forked processes share
    module, _, function = name.partition(":")
    getattr(importlib.import_module(module), function)(Path(settings))
    programs = {asked: _program(command) for asked, command in commands.items()}
    gc.collect()
    gc.freeze()
    grow_lean()
    asked, channel = _serve(control)
    # From here on this process is a visit, or the committer.
    control.close()
    _lead_on_a_leash(keeper)
    gc.enable()
    faulthandler.disable()  # a visit sets up signal handlers of its own
    reseed()
    name_process([*commands[asked], "--channel", str(channel)])
    programs[asked](channel)


def _serve(control: socket.socket) -> tuple[ForkRequest, int]:
    """Answer the keeper's requests. Returns in the forked processes only, with what was asked for
    and the descriptor of its channel; ends the fork server when the keeper hangs up."""
    _send(control, Loaded())
    while True:
        request, descriptors, _, _ = socket.recv_fds(control, PACKET, 1, socket.MSG_CMSG_CLOEXEC)
        if not request:
            exit_at_once(0)
        (channel,) = descriptors
        asked = ForkRequest(request.decode())
        if why := unfit(control.fileno(), channel):
            _send(control, Unfit(why))
        elif _fork(control):
            return asked, channel
        os.close(channel)


def _fork(control: socket.socket) -> bool:
    """Fork one process and tell the keeper; True in that process."""
    try:
        return fork_twice(lambda pid: _send(control, Forked(pid)))
    except OSError as error:
        _send(control, NotForked(error.errno or 0))
        return False


def _send(control: socket.socket, word: FromForkServer) -> None:
    control.send(msgspec.json.encode(word))


# -- what was forked -------------------------------------------------------------------------------


def _lead_on_a_leash(keeper: int) -> None:
    """Lead a process group, and have the kernel kill this process when the keeper dies."""
    os.setsid()
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
    if os.getppid() != keeper:
        exit_at_once(1)  # the keeper died before the prctl


def _program(command: Sequence[str]) -> Callable[[int], object]:
    """What ``command``, a command line of Python, does once its channel is known.

    A module that was imported ahead is not executed again, which would write to its functions'
    pages: its function ``prepared`` reads the arguments ahead, too, and the forked processes share
    what that takes.
    """
    module = command[2] if list(command[1:2]) == ["-m"] else ""
    imported = sys.modules.get(f"{module}.__main__")
    return imported.prepared(command[3:]) if imported else partial(_run, command)


def _run(command: Sequence[str], channel: int) -> None:
    """Do what ``command`` would do in a fresh interpreter."""
    arguments = [*command[1:], "--channel", str(channel)]
    if arguments[0] == "-m":
        sys.argv = arguments[1:]
        runpy.run_module(arguments[1], run_name="__main__", alter_sys=True)
    else:
        sys.argv = arguments
        sys.path[0] = os.path.dirname(arguments[0])
        runpy.run_path(arguments[0], run_name="__main__")


if __name__ == "__main__":
    main()
