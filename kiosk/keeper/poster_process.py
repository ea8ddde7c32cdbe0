"""The poster as the keeper sees it: the first page after a cold start, until a visit shows.

The poster (:mod:`ui.poster`) is on the screen in a third of the time that a visit takes. While it
comes up, the keeper starts nothing else, so that the CPU is the poster's. What a citizen presses on
it, the keeper passes on to the visit that takes the screen. No citizen is served by a poster, and a
terminal does without it when it cannot be had.
"""

from __future__ import annotations

import logging
import selectors
import time
from collections.abc import Callable, Sequence

from kiosk import events
from kiosk.keeper.channel import Broken, KeeperToPoster, Live, Shown, Touched
from kiosk.keeper.kept_process import KeptProcess
from kiosk.keeper.rising import RisingPoster
from kiosk.keeper.visit_process import KeeperPace

log = logging.getLogger(__name__)


class PosterWatch:
    """Shows one poster, once: ``poster``, which was started ahead, or the command that starts it;
    None: there is none. ``tell`` gets each touch, for the visit that is on the screen already.
    ``touches``: what was pressed and no visit has begun with."""

    def __init__(
        self,
        poster: RisingPoster | Sequence[str] | None,
        selector: selectors.BaseSelector,
        pace: KeeperPace,
        tell: Callable[[Touched], None],
    ) -> None:
        self.touches: list[Touched] = []
        self._poster = poster
        self._selector = selector
        self._pace = pace
        self._tell = tell
        self._process: KeptProcess | None = None
        self._channel: KeeperToPoster | None = None  # None: the poster was killed, or never started
        self._since = 0.0
        self._shown = False
        self._goes_at = float("inf")

    def start(self) -> None:
        """Start the poster, if there is to be one and it has not been started, and let it show
        itself."""
        poster = self._poster
        if poster is None:
            return
        try:
            rising = poster if isinstance(poster, RisingPoster) else RisingPoster(poster)
        except OSError:  # the machine has no process or descriptor to spare
            events.POSTER_FAILED.log(log, cause="not started")
            return
        self._since = rising.since
        self._process = rising.process
        self._channel = KeeperToPoster(rising.end.detach())
        self._channel.send(Live())
        self._selector.register(self._channel, selectors.EVENT_READ, self._hear)
        self._selector.register(self._process.death, selectors.EVENT_READ, self._bury)

    def rises(self, now: float) -> bool:
        """Whether the poster is about to show itself, and needs the CPU for that."""
        return (
            self._channel is not None
            and not self._shown
            and now < self._since + self._pace.poster_rises_s
        )

    def holds(self, now: float) -> bool:
        """Whether the screen has a poster, and can wait for the fork server."""
        return self._channel is not None and now < self._since + self._pace.poster_holds_s

    def due(self, now: float) -> float:
        """When something of this changes by itself (monotonic s)."""
        if self._channel is None:
            return float("inf")
        pace = self._pace
        limits = (self._since + pace.poster_rises_s, self._since + pace.poster_holds_s)
        return min((self._goes_at, *(at for at in limits if at > now)))

    def give_way(self, now: float) -> None:
        """A visit is on the screen. The poster goes a moment later, because a finger that went down
        on it may not be up yet; one that comes too late would cover the visit, and goes now."""
        self._goes_at = min(self._goes_at, now + (self._pace.poster_goes_s if self._shown else 0))

    def stay(self) -> None:
        """The visit that has shown itself is gone: the poster, if it is still there, stays."""
        self._goes_at = float("inf")

    def tend(self, now: float) -> None:
        """Take the poster away when its time is over."""
        if now >= self._goes_at:
            self._goes_at = float("inf")
            self.touches.clear()
            self._dismiss("")

    def end(self) -> None:
        """Kill and collect the poster; give the descriptors back."""
        self._dismiss("")
        if self._process:
            self._bury()

    def _hear(self) -> None:
        if self._channel is None:  # its death was reported in the same turn, and first
            return
        for word in self._channel.receive():
            match word:
                case Shown() if not self._shown:
                    self._shown = True
                    ms = round((time.monotonic() - self._since) * 1000, 1)
                    events.POSTER_SHOWN.log(log, ms=ms)
                case Touched() if self._shown:
                    self.touches.append(word)
                    self._tell(word)
                case Broken(why):
                    self._dismiss("died" if why == "closed" else why)
                case _:
                    self._dismiss("out of turn")
                    return

    def _dismiss(self, fault: str) -> None:
        if self._channel is None or self._process is None:
            return
        if fault:
            events.POSTER_FAILED.log(log, cause=fault)
        self._selector.unregister(self._channel)
        self._channel.close()
        self._channel = None
        self._process.kill()

    def _bury(self) -> None:
        assert self._process
        self._hear()  # at last, that it has hung up
        self._dismiss("died")
        self._selector.unregister(self._process.death)
        self._process.reap()
        self._process = None
