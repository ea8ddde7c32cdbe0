"""Vendor mode: lets the bank's technician have the machine, and waits until they give it back.

XFS4IoT hands the machine over when no program holds a device any more. A running visit is not cut
off: its citizen finishes, and the next visit releases the machine.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from typing import TypeVar

from drivers.device import DeviceError, Reason, Request
from drivers.hosting.host import Host
from drivers.vendor_mode.types import Agree, AwaitMode, Mode, ReadMode
from kiosk import events

T = TypeVar("T")
LOOK_S = 30.0
"""Longest wait for a change of the mode, in seconds; then wait again."""
_ANSWER_S = 5.0
_AGAIN_S = 2.0
_OURS = (Mode.INACTIVE, Mode.UNKNOWN)
log = logging.getLogger(__name__)


def await_ours(host: Host, closed: Callable[[], None]) -> None:
    """Return when the terminal may take the devices. Calls ``closed`` once if it has to wait.

    Returns at once when the machine does not answer: then no technician can have asked for it.
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


def await_asked(host: Host) -> None:
    """Return when a technician asks for the machine, has it already, or ``host`` was stopped."""
    mode = Mode.INACTIVE
    while mode in _OURS and not host.stopped:
        mode = _next(host, mode)


def _next(host: Host, mode: Mode) -> Mode:
    """Wait for another mode than ``mode`` and return it. Returns ``mode`` itself after
    :data:`LOOK_S`, or when the machine does not answer."""
    return _try(host, AwaitMode(mode), LOOK_S) or mode


def _try(host: Host, request: Request[T], seconds: float) -> T | None:
    try:
        return host.execute(request, seconds)
    except DeviceError as error:
        if error.reason is not Reason.TIMEOUT:
            time.sleep(_AGAIN_S)
        return None
