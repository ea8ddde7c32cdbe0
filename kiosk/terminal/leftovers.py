"""Resets each device that may hold an earlier citizen's card or paper, before a visit prints."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Mapping

from drivers.device import DeviceError, Kind, Reason
from drivers.hosting.host import Host
from kiosk import events

SLIPS = Kind.RECEIPT_PRINTER
"""Only the receipt printer keeps left-over output across a re-open: half a slip stays until it is
cut."""
AGAIN_S = 2.0
"""Pause before the reset of a usable device is tried again, in seconds."""
REFUSALS = 3
"""Failed resets of a usable device before this visit stops trying."""
PATIENCE_S = 10.0
"""Longest wait of this citizen's print job for the reset of its printer, in seconds."""
_HOLD_NOTHING = (Kind.SENSORS, Kind.VENDOR_MODE)  # their hosts always have a request running
log = logging.getLogger(__name__)


class Leftovers:
    """Resets the devices until each reset has succeeded, one thread a device: a driver that hangs
    delays no other device. ``done`` is called once the receipt printer holds nothing."""

    def __init__(self, hosts: Mapping[Kind, Host], done: Callable[[], None]) -> None:
        self._hosts = hosts
        self._done = done
        self._over = threading.Event()
        self._reset: dict[Kind, threading.Event] = {}

    def begin(self) -> None:
        """Start the resets: a device may hold something of an earlier citizen. Returns at once."""
        kinds = (kind for kind in self._hosts if kind not in _HOLD_NOTHING)
        self._reset = {kind: threading.Event() for kind in kinds}
        for kind in self._reset:
            threading.Thread(
                target=self._sweep, args=(kind,), name="leftovers", daemon=True
            ).start()
        if SLIPS not in self._hosts:
            self._done()

    def await_device(self, kind: Kind) -> None:
        """Wait until ``kind`` has been reset, so that leftovers come out on paper of their own and
        no reset cuts this citizen's paper.

        Raises :class:`DeviceError` with the problem of the device's status, when its reset has not
        succeeded in :data:`PATIENCE_S`.
        """
        reset = self._reset.get(kind)
        if reset is not None and not reset.wait(PATIENCE_S):
            status = self._hosts[kind].status
            problem = status.problem or Reason.TIMEOUT
            raise DeviceError(problem, status.detail, mend=status.mend, device=kind)

    def end(self) -> None:
        """Stop trying: this visit is over, and the next visit resets what is left."""
        self._over.set()

    def _sweep(self, kind: Kind) -> None:
        host, said, refusals = self._hosts[kind], "", 0
        while refusals < REFUSALS and not self._over.is_set():
            try:
                host.reset()
            except DeviceError as error:
                if said != (said := str(error)):
                    events.DEVICE_NOT_RESET.log(log, device=kind, reason=said)
                refusals += host.status.usable
                while not self._over.wait(AGAIN_S) and not host.status.usable:
                    pass
            else:
                if kind == SLIPS:
                    self._done()
                break
        self._reset[kind].set()
