"""Plays a committer for the keeper's tests: a process that speaks the channel, without a journal.

``committer_player.py DIRECTORY --channel N``. The n-th process acts the n-th part of
``DIRECTORY/committer-plan`` (the last part repeats). It writes ``committer-n.pid`` and appends each
operation that it is asked to commit to ``committed``, once; the part "no-journal" appends the first
operation also when it does not take it. It appends what it hears of logins to ``logins``.
``committer-n.forked`` is there when the fork server has made it.
"""

import os
import select
import socket
import subprocess
import sys
import time
from pathlib import Path

from kiosk.keeper.channel import (
    Alive,
    Broken,
    Commit,
    CommitterEnd,
    Login,
    LoginNoted,
    Money,
    Outcome,
    Quit,
    Taken,
)
from kiosk.operation import OperationState
from tests.waiting import HANGS_S


def main() -> None:
    stage, fd = Path(sys.argv[1]), int(sys.argv[3])
    plan = (stage / "committer-plan").read_text().split()
    number = 1
    while (stage / f"committer-{number}.pid").exists():
        number += 1
    if "tests.faults.preloads" in sys.modules:
        (stage / f"committer-{number}.forked").touch()
    (stage / f"committer-{number}.pid").write_text(str(os.getpid()))
    part = plan[min(number, len(plan)) - 1]
    if part == "crash":
        os._exit(3)
    if part == "child":  # which holds the channel after its parent's death
        sleeps = f"import time; time.sleep({HANGS_S})"
        subprocess.Popen([sys.executable, "-S", "-c", sleeps], pass_fds=[fd])
        os._exit(3)
    if part == "garbage":
        os.write(fd, b"garbage\n")
    if part == "deaf":
        socket.socket(fileno=os.dup(fd)).shutdown(socket.SHUT_RD)
    channel = CommitterEnd(fd)
    channel.send(Money(True))
    taken: set[str] = set()
    while part != "silent":
        channel.send(Alive())
        if part != "deaf" and select.select([channel], [], [], 0.05)[0]:
            for word in channel.receive():
                match word:
                    case Commit(operation):
                        if operation not in taken:
                            with (stage / "committed").open("a") as file:
                                file.write(f"{number} {operation}\n")
                        if part == "dies":
                            os._exit(3)
                        if part == "slow":
                            time.sleep(1.0)
                        if part == "no-journal":  # it has one from now on
                            part = "good"
                            channel.send(Money(True))
                            continue
                        taken.add(operation)
                        channel.send(Money(True))  # nothing new
                        channel.send(Taken(operation))
                        channel.send(Outcome(operation, OperationState.DONE, "R-1"))
                        channel.send(Outcome("f" * 32, OperationState.DONE))  # nobody asked
                    case Login(event, id, detail):
                        with (stage / "logins").open("a") as file:
                            file.write(f"{number} {event} {id} {detail}\n")
                        if part == "dies":
                            os._exit(3)
                        channel.send(LoginNoted())
                        channel.send(LoginNoted())  # one too many
                    case Quit():
                        (stage / "committer-quit").touch()
                        os._exit(0)
                    case Broken():
                        os._exit(0)
    time.sleep(HANGS_S)


if __name__ == "__main__":
    main()
