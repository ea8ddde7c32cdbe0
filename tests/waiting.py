"""How tests wait: for what is to hold, never for a time."""

from __future__ import annotations

import time
from collections.abc import Callable

PATIENCE_S = 60.0
"""Longer than anything takes on a busy machine. It costs nothing while all is well."""
HANGS_S = 5 * PATIENCE_S
"""How long a thing hangs that is to hang for ever: longer than any test waits, and in the end it
goes away by itself."""
PROMPT_S = 10.0
"""More than the busiest machine needs for what waits for nothing. What waits in vain takes
:data:`PATIENCE_S` or :data:`HANGS_S`."""


def until(holds: Callable[[], object], seconds: float | None = None) -> None:
    """Wait until ``holds`` says something true; a test fails after ``seconds``, or
    :data:`PATIENCE_S`."""
    patience = PATIENCE_S if seconds is None else seconds
    end = time.monotonic() + patience
    while not holds():
        assert time.monotonic() < end, f"it did not happen within {patience} s"
        time.sleep(0.005)


def quickest(act: Callable[[], object], enough: float, tries: int = 9) -> float:
    """How long ``act`` takes (s), the best of some: a busy machine holds up any of them. Tries no
    more once it took less than ``enough``."""
    took: list[float] = []
    while len(took) < tries and min(took, default=enough) >= enough:
        begun = time.monotonic()
        act()
        took.append(time.monotonic() - begun)
    return min(took)
