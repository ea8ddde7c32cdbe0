"""The fork server as the keeper sees it: its start, its requests, its time limits, its end."""

from __future__ import annotations

import contextlib
import socket
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

import msgspec

from kiosk.keeper.channel import KeeperEnd, KeeperToCommitter
from kiosk.keeper.committer_process import KeptCommitter
from kiosk.keeper.forking import (
    BETWEEN,
    Forked,
    ForkRequest,
    FromForkServer,
    Loaded,
    NotForked,
    Unfit,
)
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


@dataclass(frozen=True, slots=True)
class ForkRefused:
    """The system has refused the process that was ``asked`` for; ``code`` is its errno."""

    asked: ForkRequest
    code: int


class ForkServer:
    """One process of the fork server. Raises ``OSError`` when the machine has none to spare.

    ``command`` starts a visit, ``committer`` the committer. At most one process is ``asked`` for
    at a time; None: none is.
    """

    def __init__(
        self, preload: Preload, command: Sequence[str], committer: Sequence[str] = ()
    ) -> None:
        self.stage = ForkStage.LOADING
        self.asked: ForkRequest | None = None
        self.since = time.monotonic()
        self._number = 0
        self._here: socket.socket | None = None  # the keeper's end of what was asked for
        here, there = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        with here, there:
            self._process = KeptProcess.start(
                (
                    *(sys.executable, "-m", "kiosk.keeper.forking"),
                    *(preload.function, str(preload.settings), *command, BETWEEN, *committer),
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

    def ask_for_visit(self, number: int) -> None:
        """Ask for the visit with this number; :meth:`hear` returns it. Raises ``OSError``."""
        self._ask(ForkRequest.VISIT)
        self._number = number

    def ask_for_committer(self) -> None:
        """Ask for a committer; :meth:`hear` returns it. Raises ``OSError``."""
        self._ask(ForkRequest.COMMITTER)

    def _ask(self, what: ForkRequest) -> None:
        """A fork server that has just died is asked in vain: the keeper hears so next."""
        here, there = socket.socketpair()
        with here, there, contextlib.suppress(BrokenPipeError, ConnectionResetError):
            socket.send_fds(self._socket, [what.encode()], [there.fileno()])
            self._here = socket.socket(fileno=here.detach())
            self.asked = what
            self.since = time.monotonic()

    def hear(self) -> VisitProcess | KeptCommitter | ForkRefused | str:
        """Read one packet: what was asked for, its refusal by the system, or what is wrong with
        the fork server; an empty string: nothing."""
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
            case Forked(pid) if self.asked and self._here:
                return self._forked(pid, self.asked, self._here)
            case NotForked(code) if self.asked:
                return self._refused(self.asked, code)
        return "out of turn"

    def _forked(
        self, pid: int, asked: ForkRequest, here: socket.socket
    ) -> VisitProcess | KeptCommitter | ForkRefused:
        try:
            process = KeptProcess(pid)
        except OSError as error:  # no descriptor to spare
            return self._refused(asked, error.errno or 0)
        self._here = self.asked = None
        if asked is ForkRequest.COMMITTER:
            return KeptCommitter(process, KeeperToCommitter(here.detach()))
        return VisitProcess(self._number, process, KeeperEnd(here.detach()))

    def _refused(self, asked: ForkRequest, code: int) -> ForkRefused:
        self._forget()
        return ForkRefused(asked, code)

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
        if self._here:
            self._here.close()
        self._here = self.asked = None
