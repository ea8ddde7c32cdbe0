"""The requests to the speaker, and its sounds."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from drivers.device import Request


class Sound(StrEnum):
    """All sounds; each is a file with this name and ``.wav``."""

    READ = "read"  # 滴: a card or a code was read
    DONE = "done"  # a step is done: take your paper
    ERROR = "error"  # a step failed: look at the screen


@dataclass(frozen=True, slots=True)
class Play(Request[None]):
    """Play one sound to its end. The screen always shows the same as the sound."""

    sound: Sound
    volume: int = 100  # percent, 0 to 100


@dataclass(frozen=True, slots=True)
class Say(Request[None]):
    """Say one sentence after the other, to the end of the last. The screen always shows the same.

    ``clips`` names the sentences: each is a file of ``assets/speech`` with this name and ``.ogg``.
    """

    clips: tuple[str, ...]
    volume: int = 100  # percent, 0 to 100
