"""What is asked of the speaker."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from drivers.device import Request


class Sound(StrEnum):
    """The sounds there are; each is a file of this name, ``.wav``."""

    READ = "read"  # 滴: a card or a code was read
    DONE = "done"  # it is done; take your paper
    ERROR = "error"  # that did not work; look at the screen


@dataclass(frozen=True, slots=True)
class Play(Request[None]):
    """Play one sound to its end. Every sound goes with something on the screen."""

    sound: Sound
    volume: int = 100  # percent, 0 to 100
