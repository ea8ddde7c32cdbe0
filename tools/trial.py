"""What the trials of a whole system share: the wait for what is to hold, and how exposed it is."""

from __future__ import annotations

import time
from collections.abc import Callable

PATIENCE_S = 120.0
EXPOSURE = 1.8
"""At most, of ten, by ``systemd-analyze security``."""
OF_EXPOSURE = ("systemd-analyze", "security", "--no-pager", "kiosk.service")
"""The command for :func:`exposed`."""


class WrongError(Exception):
    """What does not hold; the message is one sentence."""


def until(holds: Callable[[], bool], why: str, seconds: float = PATIENCE_S) -> None:
    """Wait for what is to hold. Raises :class:`WrongError` with ``why``."""
    end = time.monotonic() + seconds
    while not holds():
        if time.monotonic() > end:
            raise WrongError(f"{why} ({seconds:.0f} s)")
        time.sleep(0.1)


def wants(holds: object, why: str) -> None:
    """Raises :class:`WrongError` with ``why`` when it does not hold."""
    if not holds:
        raise WrongError(why)


def exposed(said: str) -> float:
    """How exposed the unit is, of ten, by what :data:`OF_EXPOSURE` has said. Raises
    :class:`WrongError` when it is more than :data:`EXPOSURE`."""
    line = said.splitlines()[-1]
    found = float(next(word for word in line.split() if word.replace(".", "").isdigit()))
    wants(found <= EXPOSURE, f"exposed {found} of 10, more than {EXPOSURE}")
    return found
