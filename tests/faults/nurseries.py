"""A nursery whose visit is the process of the tests."""

import ctypes
import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

from drivers.hosting.apart import fork_by
from kiosk.keeper.nursery import Nursery
from tests.waiting import PATIENCE_S

_PROGRAM = """
import os, socket, sys
import drivers.hosting.child
from kiosk.keeper import nursery
nursery.tend(socket.socket(fileno=int(sys.argv[1])), os.getppid())
"""
CHECKERS = """
import os, socket, sys
from kiosk.keeper import nursery
from kiosk.papers import checker
checker._load()
nursery.tend(socket.socket(fileno=int(sys.argv[1])), os.getppid())
"""
"""The program of a nursery whose checking processes have the signature library when they begin."""


@contextmanager
def adopting() -> Iterator[None]:
    """This process adopts the orphans below it, as a keeper and a visit do."""
    set_child_subreaper = 36
    libc = ctypes.CDLL(None)
    libc.prctl(set_child_subreaper, 1, 0, 0, 0)
    yield
    libc.prctl(set_child_subreaper, 0, 0, 0, 0)


@contextmanager
def tended(program: str = _PROGRAM) -> Iterator[tuple[Nursery, subprocess.Popen[bytes]]]:
    """A nursery and its process, which must end of itself when nobody asks any more."""
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    with ours, adopting():
        with theirs:
            process = subprocess.Popen(
                [sys.executable, "-c", program, str(theirs.fileno())],
                env=os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)},
                pass_fds=[theirs.fileno()],
            )
        nursery = Nursery(ours, process.pid)
        try:
            fork_by(nursery.fork)
            yield nursery, process
        finally:
            fork_by(None)
            ours.close()
            process.wait(PATIENCE_S)
