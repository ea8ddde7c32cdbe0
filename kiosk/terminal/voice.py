"""Says aloud what a page asks for now, calmly: the newest sentence, and not too often.

A sentence that the page shows only for a moment is never said. A newer sentence cuts an older one
off. A sentence that stays is said again after a while, for who has not heard it.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

from drivers.device import CancelToken
from drivers.hosting.host import Host
from drivers.speaker.types import Say
from kiosk.terminal.spoken import clip_of
from kiosk.words import Language, Sayable

SETTLED_S = 0.4
"""A page must show sentences for so long before they are said."""
AGAIN_S = 10.0
"""Seconds from the beginning of sentences until the same ones may be said again."""
_LOOK_S = 1.0  # between two looks at the language
_SAY_S = 20.0

Clips = tuple[str, ...]


class Pace:
    """When to say what; times are seconds of one monotonic clock."""

    def __init__(self) -> None:
        self._shown: Clips = ()
        self._since = 0.0
        self._said: dict[Clips, float] = {}

    def show(self, clips: Clips, now: float) -> None:
        """The page shows the sentences of ``clips`` from ``now`` on; none: nothing to be said."""
        if clips != self._shown:
            self._shown = clips
            self._since = now

    def wait(self, now: float) -> float | None:
        """Seconds until what is shown is to be said; ``None`` when there is nothing to say."""
        if not self._shown:
            return None
        again = self._said.get(self._shown, float("-inf")) + AGAIN_S
        return max(0.0, self._since + SETTLED_S - now, again - now)

    def say(self, now: float) -> Clips:
        """What is shown, which is said from ``now`` on."""
        self._said[self._shown] = now
        return self._shown


class Voice:
    """The voice of one visit, on ``speaker``. ``language`` and ``volume`` (percent) are asked
    before each sentence."""

    def __init__(
        self, speaker: Host, language: Callable[[], Language], volume: Callable[[], int]
    ) -> None:
        self._speaker = speaker
        self._language = language
        self._volume = volume
        self._pace = Pace()
        self._sentences: tuple[Sayable, ...] = ()
        self._saying = CancelToken()
        self._changed = threading.Condition()
        self._thread: threading.Thread | None = None

    def show(self, *sentences: Sayable) -> None:
        """The page asks ``sentences`` of the citizen now; those without a clip are only shown.
        Returns at once."""
        with self._changed:
            if sentences == self._sentences:
                return
            self._sentences = sentences
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, name="voice", daemon=True)
                self._thread.start()
            self._changed.notify()

    def fall_silent(self) -> None:
        """The page is gone: nothing of it is said any more."""
        with self._changed:
            self._sentences = ()
            self._saying.cancel()
            self._changed.notify()

    def _run(self) -> None:
        with self._changed:
            while self._sentences:
                self._pace.show(self._clips(), time.monotonic())
                wait = self._pace.wait(time.monotonic())
                if wait == 0.0:
                    self._say()
                else:
                    self._changed.wait(None if wait is None else min(wait, _LOOK_S))
            self._pace.show((), time.monotonic())
            self._thread = None

    def _clips(self) -> Clips:
        language = self._language()
        found = (clip_of(sentence, language) for sentence in self._sentences)
        return tuple(name for name in found if name)

    def _say(self) -> None:
        self._saying.cancel()
        self._saying = CancelToken()
        clips = self._pace.say(time.monotonic())
        self._speaker.submit(Say(clips, self._volume()), _SAY_S, self._saying)
