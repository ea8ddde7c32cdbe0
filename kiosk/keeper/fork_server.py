"""The fork server as the keeper sees it: its start, its requests, its time limits, its end."""

from __future__ import annotations

import socket
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

import msgspec

from kiosk.keeper.channel import KeeperEnd
from kiosk.keeper.forking import REQUEST, Forked, FromForkServer, Loaded, NotForked, Unfit
from kiosk.keeper.kept_process import KeptProcess
from kiosk.keeper.twice import PACKET
from kiosk.keeper.visit_process import ENVIRONMENT, KeeperPace, VisitProcess

_DECODER: msgspec.json.Decoder[FromForkServer] = msgspec.json.Decoder(FromForkServer)


@dataclass(frozen=True, slots=True)
class Preload:
    """What the fork server imports: ``module:function``, called with the path of the settings."""

    function: str
    settings: Path


class ForkStage(StrEnum):
    """How far a fork server has come."""

    LOADING = "loading"  # it imports
    LOADED = "loaded"
    LEAVING = "leaving"  # killed, not yet reaped


class ForkServer:
    """One process of the fork server. Raises ``OSError`` when the machine has none to spare.

    At most one visit is asked for at a time: ``asked`` is its number, 0: none.
    """

    def __init__(self, preload: Preload, command: Sequence[str]) -> None:
        self.stage = ForkStage.LOADING
        self.asked = 0
        self.since = time.monotonic()
        self._visit: KeeperEnd | None = None
        here, there = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        with here, there:
            self._process = KeptProcess.start(
                (
                    *(sys.executable, "-m", "kiosk.keeper.forking"),
                    *(preload.function, str(preload.settings), *command),
                ),
                there,
                ENVIRONMENT,
            )
            self._socket = here.dup()
        self._socket.setblocking(False)

    @property
    def pid(self) -> int:
        return self._process.pid

    @property
    def death(self) -> int:
        """Readable when the process dies, before it is reaped."""
        return self._process.death

    def fileno(self) -> int:
        """For a selector: readable when :meth:`hear` has something to return."""
        return self._socket.fileno()

    def ask(self, number: int) -> None:
        """Ask for a visit; :meth:`hear` returns it. Raises ``OSError``."""
        here, there = socket.socketpair()
        with here, there:
            socket.send_fds(self._socket, [REQUEST], [there.fileno()])
            self._visit = KeeperEnd(here.detach())
        self.asked = number
        self.since = time.monotonic()

    def hear(self) -> VisitProcess | NotForked | str:
        """Read one packet: the visit that was asked for, its refusal by the system, or what is
        wrong with the fork server; an empty string: nothing."""
        try:
            packet = self._socket.recv(PACKET)
        except BlockingIOError:
            return ""
        except OSError:
            packet = b""
        if not packet:
            return "died"
        try:
            word = _DECODER.decode(packet)
        except (msgspec.MsgspecError, UnicodeDecodeError):
            return "garbage"
        match word:
            case Loaded() if self.stage is ForkStage.LOADING:
                self.stage = ForkStage.LOADED
                return ""
            case Unfit(why):
                return why
            case Forked(pid) if self._visit is not None:
                return self._forked(pid, self._visit)
            case NotForked() if self._visit is not None:
                self._forget()
                return word
        return "out of turn"

    def _forked(self, pid: int, channel: KeeperEnd) -> VisitProcess | NotForked:
        number = self.asked
        try:
            process = KeptProcess(pid)
        except OSError as error:  # no descriptor to spare
            self._forget()
            return NotForked(error.errno or 0)
        self._visit, self.asked = None, 0
        return VisitProcess(number, process, channel)

    def due(self, pace: KeeperPace) -> float:
        """When :meth:`overdue` has something to say (monotonic s)."""
        if self.stage is ForkStage.LOADING:
            return self.since + pace.load_s
        return self.since + pace.fork_s if self.asked else float("inf")

    def overdue(self, pace: KeeperPace, now: float) -> str:
        """What the fork server has failed to do in time; empty: nothing."""
        if now <= self.due(pace):
            return ""
        return "not ready" if self.stage is ForkStage.LOADING else "frozen"

    def dismiss(self) -> None:
        """Kill the fork server, and with it what it has forked and not yet told of."""
        self.stage = ForkStage.LEAVING
        self._process.kill()
        self._forget()

    def reap(self) -> None:
        """Kill and collect the fork server; give the descriptors back."""
        self.dismiss()
        self._process.reap()
        self._socket.close()

    def _forget(self) -> None:
        if self._visit is not None:
            self._visit.close()
        self._visit, self.asked = None, 0
