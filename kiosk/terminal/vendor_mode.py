"""Hands the machine to the bank's technician who asks for it, and waits until it is given back.

The machine is handed over when no program holds a device any more (XFS4IoT ``VendorMode``). A visit
that goes on is not cut off for it: whoever stands there finishes, and the next visit lets go.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from typing import TypeVar

from drivers.device import DeviceError, Reason, Request
from drivers.hosting.thread_host import ThreadHost
from drivers.vendor_mode.types import Agree, AwaitMode, Mode, ReadMode
from kiosk import events

T = TypeVar("T")
LOOK_S = 30.0
"""How long to wait for a change until the machine's status is looked after again."""
_ANSWER_S = 5.0
_AGAIN_S = 2.0
_OURS = (Mode.INACTIVE, Mode.UNKNOWN)
log = logging.getLogger(__name__)


def await_ours(host: ThreadHost, closed: Callable[[], None]) -> None:
    """Return when devices may be taken; ``closed`` is called once when one has to wait for it.

    A machine that does not answer at all is nobody's: there is nothing to keep from anybody.
    """
    try:
        mode = host.execute(ReadMode(), _ANSWER_S)
    except DeviceError as error:
        events.VENDOR_MODE_NOT_KNOWN.log(log, reason=str(error))
        return
    if mode in _OURS:
        return
    events.VENDOR_MODE_ENTERED.log(log)
    closed()
    while mode not in _OURS:
        if mode in (Mode.ENTER_PENDING, Mode.EXIT_PENDING):
            _try(host, Agree(), _ANSWER_S)
        mode = _next(host, mode)
    events.VENDOR_MODE_LEFT.log(log)


def await_asked(host: ThreadHost) -> None:
    """Return when somebody asks for the machine, or has it already."""
    mode = Mode.INACTIVE
    while mode in _OURS:
        mode = _next(host, mode)


def _next(host: ThreadHost, mode: Mode) -> Mode:
    """The mode after ``mode``, or the same one after a while: also when nobody answers."""
    return _try(host, AwaitMode(mode), LOOK_S) or mode


def _try(host: ThreadHost, request: Request[T], seconds: float) -> T | None:
    try:
        return host.execute(request, seconds)
    except DeviceError as error:
        if error.reason is not Reason.TIMEOUT:
            time.sleep(_AGAIN_S)
        return None
