"""One visit process as the keeper sees it: its start, its stage, its time limits, its end."""

from __future__ import annotations

import socket
import time
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from kiosk.endings import How
from kiosk.keeper.channel import KeeperEnd
from kiosk.keeper.kept_process import KeptProcess

ENVIRONMENT = {"OPENBLAS_NUM_THREADS": "1"}
"""OpenBLAS would start its threads when numpy is imported, and none of them survives a fork."""


@dataclass(frozen=True, slots=True)
class KeeperPace:
    """How patient the keeper is. Seconds."""

    ready_s: float = 30.0  # from the start of a process to Ready
    shown_s: float = 5.0  # from Live to Shown
    silent_s: float = 5.0  # without a word from the visit: frozen
    grace_s: float = 330.0  # from the limit, when a visit ends itself, to the kill: paper comes out
    rest_s: float = 0.5  # from Shown to the start of the next standby: devices are being opened
    quit_s: float = 3.0  # from Quit to the kill: time for the visit to cancel its print job
    healthy_s: float = 10.0  # a visit that dies younger counts as a failure
    back_off_s: tuple[float, ...] = (0.0, 0.5, 1.0, 2.0, 4.0, 8.0, 16.0, 30.0)
    """Pauses before a start after 1, 2, 3 … failures in a row; the last one repeats."""
    load_s: float = 60.0  # from the start of the fork server to Loaded
    fork_s: float = 5.0  # from the request for a visit to its process
    committer_s: float = 30.0  # without a word from the committer: frozen, perhaps in a bad disk
    taken_s: float = 15.0  # beyond the limit, for a visit that has asked for a commit
    hold_s: float = 1200.0  # how long a commit is kept for the committer: the centre keeps it less
    close_s: float = 1.0  # from Quit to the kill of the committer, which closes its journal
    poster_rises_s: float = 3.0  # from the start of the poster: nothing else needs the CPU more
    poster_holds_s: float = 20.0  # from there to a visit that starts without the fork server
    poster_goes_s: float = 1.0  # from Shown of the visit to the kill of the poster: a finger is up
    linger_s: float = 8.0  # from the end of a visit to its kill, while no standby is warm


class VisitStage(StrEnum):
    """How far a visit has come."""

    WARMING = "warming"
    READY = "ready"
    LIVE = "live"  # the keeper has told the visit to take the screen
    SHOWN = "shown"
    BEGUN = "begun"
    LEAVING = "leaving"  # killed, not yet reaped


class VisitProcess:
    """One visit process as the keeper sees it."""

    def __init__(self, number: int, process: KeptProcess, channel: KeeperEnd) -> None:
        self.number = number
        self.process = process
        self.channel = channel
        self.stage = VisitStage.WARMING
        self.begun = False  # a citizen has been here
        self.shown = False  # somebody could be here
        self.alone = False  # it was told that no other visit holds a device
        self.since = self.heard = time.monotonic()
        self.how: How | None = None  # how the visit has ended itself
        self.ended = 0.0

    @classmethod
    def start(cls, number: int, command: Sequence[str]) -> VisitProcess:
        """Start a visit in a fresh interpreter, without the fork server. Raises ``OSError``."""
        here, there = socket.socketpair()
        with here, there:
            process = KeptProcess.start(command, there, ENVIRONMENT)
            return cls(number, process, KeeperEnd(here.detach()))

    @property
    def pid(self) -> int:
        return self.process.pid

    @property
    def death(self) -> int:
        """Readable when the process dies, before it is reaped."""
        return self.process.death

    def go(self, stage: VisitStage) -> None:
        self.stage = stage
        self.begun |= stage is VisitStage.BEGUN
        self.shown |= stage is VisitStage.SHOWN
        self.since = self.heard = time.monotonic()

    def end(self, how: How) -> None:
        """Note that the visit has ended itself, and keeps the screen until the next is warm."""
        self.how = how
        self.ended = time.monotonic()

    def _limits(self, pace: KeeperPace, limit_s: float) -> list[tuple[float, str]]:
        """When the visit is overdue (monotonic s) and what it has then failed to do."""
        begins = {
            VisitStage.WARMING: (self.since + pace.ready_s, "not ready"),
            VisitStage.LIVE: (self.since + pace.shown_s, "not shown"),
            VisitStage.BEGUN: (self.since + limit_s + pace.grace_s, "hung"),
        }
        silent = (self.heard + pace.silent_s, "frozen")
        if self.stage is VisitStage.LEAVING:
            return []
        if self.how:
            return [(self.ended + pace.linger_s, self.how), silent]
        if self.stage is VisitStage.WARMING:
            return [begins[self.stage]]
        return [*([begins[self.stage]] if self.stage in begins else []), silent]

    def due(self, pace: KeeperPace, limit_s: float) -> float:
        """When :meth:`overdue` has something to say (monotonic s), unless the visit speaks."""
        return min((at for at, _ in self._limits(pace, limit_s)), default=float("inf"))

    def overdue(self, pace: KeeperPace, limit_s: float, now: float) -> str:
        """What the visit has failed to do in time; empty: nothing."""
        return next((fault for at, fault in self._limits(pace, limit_s) if now > at), "")

    def kill(self) -> None:
        """Kill everything in the group: the visit, and the drivers it runs in processes."""
        self.process.kill()

    def reap(self) -> None:
        """Collect the dead process and the orphans of its group; give the descriptors back."""
        self.process.reap()
        self.channel.close()
