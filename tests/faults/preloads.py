"""What the fork server imports in the keeper's tests: nothing, or what spoils it."""

import errno
import os
import secrets
import socket
import ssl
import sys
import threading
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from types import ModuleType
from typing import NoReturn

from tests.waiting import HANGS_S

KEPT: list[object] = []


def nothing(settings: Path) -> None:
    """Be loaded at once."""
    random_numbers()  # what they leave behind, every visit inherits


def a_program_that_reads_ahead(settings: Path) -> None:
    """The program of a package that reads its arguments before it is forked, and that cannot be
    executed a second time."""
    module = sys.modules["tests.faults.__main__"] = ModuleType("tests.faults.__main__")
    reader = os.getpid()

    def prepared(arguments: Sequence[str]) -> Callable[[int], None]:
        assert os.getpid() == reader
        last = len(arguments)  # the folder of the test is the only one
        return lambda channel: os._exit(6 if last == 1 and os.fstat(channel) else 1)

    vars(module)["prepared"] = prepared


def random_numbers() -> str:
    """Some of each kind that a visit may draw."""
    import random
    import uuid

    drawn = (random.random(), secrets.token_hex(), ssl.RAND_bytes(8).hex(), uuid.uuid4())
    return " ".join(map(str, drawn))


# -- unfit ----------------------------------------------------------------------------------------


def a_thread(settings: Path) -> None:
    threading.Thread(target=threading.Event().wait, daemon=True).start()


def a_connection(settings: Path) -> None:
    KEPT.append(socket.socketpair())


def a_qt_application(settings: Path) -> None:
    from PySide6.QtCore import QCoreApplication

    KEPT.append(QCoreApplication([]))


# -- ill ------------------------------------------------------------------------------------------


def a_mistake(settings: Path) -> None:
    raise ValueError("a library that cannot be imported")


def no_end(settings: Path) -> None:
    time.sleep(HANGS_S)


def no_word(settings: Path) -> None:
    os.write(_control(), b"\xff{")


def a_visit_that_nobody_asked_for(settings: Path) -> None:
    os.write(_control(), b'{"type":"forked","pid":1}')


def _control() -> int:
    """The descriptor of the keeper's channel, the last word of the command line."""
    return int(sys.argv[-1])


def no_process_for_the_first_fork(settings: Path) -> None:
    _first_forks_fail(1)


def no_descriptor_for_the_first_death(settings: Path) -> None:
    watch = os.pidfd_open

    def refuse(pid: int, flags: int = 0) -> NoReturn:
        os.pidfd_open = watch
        raise OSError(errno.EMFILE, "no descriptor")

    os.pidfd_open = refuse


def no_process_for_the_second_fork(settings: Path) -> None:
    _first_forks_fail(2)


def _first_forks_fail(which: int) -> None:
    """Let the fork number ``which`` of the first visit fail; the next visits are forked."""
    fork, refuse = os.fork, [which]

    def counted() -> int:
        if refuse and refuse[0] == 1:
            refuse.clear()
            raise OSError(errno.EAGAIN, "no process")
        pid = fork()
        if refuse:
            refuse[0] -= 1
            if which > 1 and pid:
                refuse.clear()
        return pid

    os.fork = counted


def no_process_for_the_second_request(settings: Path) -> None:
    """Let the fork for the second request fail, which is the first one for a committer."""
    fork, asked = os.fork, []

    def counted() -> int:
        asked.append(os.getpid())
        if len(asked) == 2 and asked[1] == asked[0]:  # not in the process between
            raise OSError(errno.EAGAIN, "no process")
        return fork()

    os.fork = counted


def death_before_the_keeper_knows(settings: Path) -> None:
    def die(pid: int, options: int) -> NoReturn:
        time.sleep(0.1)  # the visit waits to be told that the keeper knows
        os._exit(9)

    os.waitpid = die
