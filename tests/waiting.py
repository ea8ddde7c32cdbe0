"""How tests wait: for what is to hold, never for a time."""

from __future__ import annotations

import time
from collections.abc import Callable

PATIENCE_S = 20.0
"""Longer than anything takes on a busy machine; an emulated machine sets more."""


def until(holds: Callable[[], object], seconds: float | None = None) -> None:
    """Wait until ``holds`` says something true; a test fails after ``seconds``, or
    :data:`PATIENCE_S`."""
    patience = PATIENCE_S if seconds is None else seconds
    end = time.monotonic() + patience
    while not holds():
        assert time.monotonic() < end, f"it did not happen within {patience} s"
        time.sleep(0.005)
