"""What an earlier citizen left in a device is gone before anything of this one comes out of it."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Mapping

from drivers.device import DeviceError, Reason
from drivers.hosting.thread_host import ThreadHost

SLIPS = "receipt_printer"
"""What is left in it stays until it is cut off; all others drop it when the next visit opens them,
at the latest."""
AGAIN_S = 2.0
"""How often a device that could not be reset is tried again, once it is usable."""
REFUSALS = 3
"""After so many from a device that is usable it is taken as it is, until the next visit."""
PATIENCE_S = 10.0
"""How long this citizen's paper waits for what was left."""
_HOLD_NOTHING = ("sensors", "vendor_mode")  # and are listened to all the time
log = logging.getLogger(__name__)


class Tidying:
    """Resets the devices until that has come about, each in a thread of its own: one that hangs
    keeps no other untidied. ``done`` is called once nothing is left in the printer of slips."""

    def __init__(self, hosts: Mapping[str, ThreadHost], done: Callable[[], None]) -> None:
        self._hosts = hosts
        self._done = done
        self._over = threading.Event()
        self._tidied: dict[str, threading.Event] = {}

    def begin(self) -> None:
        """Something of an earlier citizen may be there. Returns at once."""
        kinds = (kind for kind in self._hosts if kind not in _HOLD_NOTHING)
        self._tidied = {kind: threading.Event() for kind in kinds}
        for kind in self._tidied:
            threading.Thread(target=self._tidy, args=(kind,), name="tidy", daemon=True).start()
        if SLIPS not in self._hosts:
            self._done()

    def await_device(self, kind: str) -> None:
        """Before this citizen's paper: what was left comes out alone, and nothing is reset later.

        Raises :class:`DeviceError` with what the device says, when it cannot be tidied for now.
        """
        tidied = self._tidied.get(kind)
        if tidied is not None and not tidied.wait(PATIENCE_S):
            status = self._hosts[kind].status
            raise DeviceError(status.problem or Reason.TIMEOUT, status.detail, mend=status.mend)

    def end(self) -> None:
        """This visit is over; what is still left is for the next."""
        self._over.set()

    def _tidy(self, kind: str) -> None:
        host, said, refusals = self._hosts[kind], "", 0
        while refusals < REFUSALS and not self._over.is_set():
            try:
                host.reset()
            except DeviceError as error:
                if said != (said := str(error)):
                    log.warning("device not reset", extra={"device": kind, "reason": said})
                refusals += host.status.usable
                while not self._over.wait(AGAIN_S) and not host.status.usable:
                    pass
            else:
                if kind == SLIPS:
                    self._done()
                break
        self._tidied[kind].set()
