"""Plays a visit for the keeper's tests: a process that speaks the channel, without a screen.

``visit_player.py DIRECTORY --channel N``. The n-th process that is started there acts the n-th part
of ``DIRECTORY/plan`` (the last part repeats). It writes ``n.pid`` and ``n.argv``, when it is warm
``n.warm``, when it has said so ``n.ready``, and ``n.leftovers`` when the keeper tells it that the
visit before left leftovers; then it reports that it has reset the devices, unless its part is
"covered" or "no-reset". What was pressed on the poster stands in ``n.touched``. A visit that
commits writes ``n.taken`` and ``n.outcome`` when it hears of its operation, and ``money`` for every
such word.
"""

import gc
import os
import select
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

from kiosk.keeper.channel import (
    Alive,
    Alone,
    Begun,
    Broken,
    Commit,
    Ended,
    HasLeftovers,
    Live,
    Login,
    Money,
    Outcome,
    Quit,
    Ready,
    Shown,
    Taken,
    Touched,
    VisitEnd,
)
from kiosk.login import LoginEvent
from kiosk.operation import Business
from tests.faults.preloads import random_numbers
from tests.waiting import HANGS_S


def main() -> None:
    stage, fd = Path(sys.argv[1]), int(sys.argv[3])
    number = 1
    while True:
        try:
            with (stage / f"{number}.pid").open("x") as file:
                file.write(str(os.getpid()))
            break
        except FileExistsError:
            number += 1
    (stage / f"{number}.argv").write_text("\0".join(sys.argv))
    if "NOTIFY_SOCKET" in os.environ:
        raise SystemExit("systemd's socket is the keeper's only")
    plan = (stage / "plan").read_text().split()
    PlayedVisit(stage, number, VisitEnd(fd)).act(plan[min(number, len(plan)) - 1])


class PlayedVisit:
    def __init__(self, stage: Path, number: int, channel: VisitEnd) -> None:
        self.stage, self.number, self.channel = stage, number, channel

    def wait(self, until: Callable[[], object], seconds: float = HANGS_S) -> None:
        """Stay alive until something is so; leave when told to, or when the keeper is gone."""
        end = time.monotonic() + seconds
        while not until() and time.monotonic() < end:
            self.channel.send(Alive())
            if select.select([self.channel], [], [], 0.02)[0]:
                self.hear()

    def hear(self) -> None:
        for word in self.channel.receive():
            if isinstance(word, Quit | Broken):
                os._exit(0)
            self.live |= isinstance(word, Live)
            match word:
                case Taken(operation) | Outcome(operation):
                    assert operation == self.operation
                    (self.stage / f"{self.number}.{type(word).__name__.lower()}").touch()
                case Money(open):
                    with (self.stage / "money").open("a") as file:
                        file.write(f"{self.number} {open}\n")
                case Alone():
                    others = [self.stage / f"{other}.pid" for other in range(1, self.number)]
                    there = [one.stem for one in others if Path("/proc", one.read_text()).exists()]
                    with (self.stage / f"{self.number}.alone").open("a") as file:
                        file.write(f"alone but for {there}\n")
                case Touched(what):
                    with (self.stage / f"{self.number}.touched").open("a") as file:
                        file.write(f"{what}\n")
            if isinstance(word, Live) and word.leftovers:
                (self.stage / f"{self.number}.leftovers").touch()
            if isinstance(word, Live) and word.after:
                (self.stage / f"{self.number}.after").write_text(word.after)

    live = False

    @property
    def operation(self) -> str:
        return f"{self.number:032x}"

    def commit(self) -> None:
        self.channel.send(Commit(self.operation, Business.PREPAYMENT))

    def tell(self, event: LoginEvent, detail: str) -> None:
        self.channel.send(Login(event, self.operation, detail))

    def act(self, part: str) -> None:
        if part == "crash":
            os._exit(3)
        if part == "returns":
            return
        if part == "frozen":
            os._exit(7 if gc.get_freeze_count() and gc.isenabled() else 1)
        if part == "random":
            (self.stage / f"{self.number}.random").write_text(random_numbers())
        if part == "never-ready":
            time.sleep(HANGS_S)
        if part == "shown-too-soon":
            self.channel.send(Shown())
        if part == "deaf":
            socket.socket(fileno=os.dup(self.channel.fileno())).shutdown(socket.SHUT_RD)
        (self.stage / f"{self.number}.warm").touch()
        self.channel.send(Ready())
        (self.stage / f"{self.number}.ready").touch()
        if part == "deaf":
            time.sleep(HANGS_S)
        if part == "standby-freezes":
            os.kill(os.getpid(), signal.SIGSTOP)
        self.wait(lambda: self.live)
        if part == "crash-live":
            os._exit(3)
        if part != "never-shown":
            self.channel.send(Shown())
            if not part.startswith("short"):
                self.wait((self.stage / f"{self.number + 1}.ready").exists)
            if (self.stage / f"{self.number}.leftovers").exists() and part not in (
                "covered",
                "no-reset",
            ):
                self.channel.send(HasLeftovers(False))
            self.on_screen(part)
        self.wait(lambda: False)

    def on_screen(self, part: str) -> None:
        fd = self.channel.fileno()
        if part not in ("good", "no-reset", "random", "commits-too-soon", "restarts"):
            self.channel.send(Begun())
        match part:
            case "crash-begun":
                os.abort()
            case "half-ended":
                os.write(fd, b'{"type":"ended","ho')
                os._exit(0)
            case "freezes":
                os.kill(os.getpid(), signal.SIGSTOP)
            case "floods":
                while True:
                    self.flood(fd, b"\xff{[\n" * 1000)
            case "endless-line":
                while True:
                    self.flood(fd, b'"' * 1000)
            case "hangs-up":
                self.channel.close()
                time.sleep(HANGS_S)
            case "family":
                self.start_child()
                self.channel.send(Ended("left"))
            case "child-holds-the-channel":
                self.start_child(fd)
                os._exit(3)
            case "short-crash":
                self.channel.send(Ended("left"))
                os._exit(3)
            case "short-talk":
                self.channel.send(Ended("left"))
                self.channel.send(Begun())
            case "short-reset":
                self.channel.send(HasLeftovers(True))
                self.channel.send(Ended("left"))
                self.channel.send(HasLeftovers(False))
            case "idle":
                self.channel.send(Ended("idle"))
            case "visitor" | "covered" | "short":
                self.channel.send(Ended("left"))
            case "stays":
                (self.stage / "stays").touch()
                self.wait((self.stage / "go").exists)
                self.channel.send(Ended("left"))
            case "leftovers":
                self.channel.send(HasLeftovers(True))
                self.channel.send(Ended("left"))
            case "commits-too-soon":
                self.commit()
            case "commits":
                while not (self.stage / f"{self.number}.outcome").exists():
                    self.commit()
                    self.wait(lambda: False, 0.1)
                self.channel.send(Ended("left"))
            case "commits-once":
                self.commit()
                self.wait((self.stage / f"{self.number}.outcome").exists)
                self.channel.send(Ended("left"))
            case "commits-dies":
                self.commit()
                os._exit(3)
            case "commits-freezes":
                while self.channel.send(Alive()):
                    # The keeper reads so slowly only where it stands still itself.
                    if (self.stage / "keeper-stands").exists():
                        break
                    time.sleep(0.01)
                self.commit()
                os.kill(os.getpid(), signal.SIGKILL)
            case "signs-in":
                self.tell(LoginEvent.BEGUN, "id-card:2026-01")
                self.tell(LoginEvent.PROVED, "proved:sms")
                self.tell(LoginEvent.ENDED, "left")
                self.channel.send(Ended("left"))
            case "signs-in-dies":
                self.tell(LoginEvent.BEGUN, "id-card:2026-01")
                os._exit(3)
            case "restarts":
                self.channel.send(Ended("restart"))
            case "trouble":
                self.channel.send(Ended("trouble"))

    def start_child(self, *descriptors: int) -> None:
        program = [sys.executable, "-S", "-c", f"import time; time.sleep({HANGS_S})"]
        child = subprocess.Popen(program, pass_fds=descriptors)
        (self.stage / f"{self.number}.child.pid").write_text(str(child.pid))

    def flood(self, fd: int, data: bytes) -> None:
        try:
            os.write(fd, data)
        except BlockingIOError:
            time.sleep(0.001)


if __name__ == "__main__":
    main()
