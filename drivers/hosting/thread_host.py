"""A host that calls its driver in its own thread, so that no wire holds up the screen."""

from __future__ import annotations

from collections.abc import Callable

from drivers.device import CancelToken, Deadline, Driver, Status
from drivers.hosting.host import PACE, Host, HostPace


class ThreadHost(Host):
    """Calls ``driver`` in the host's thread. A call that never returns keeps the thread."""

    def __init__(
        self,
        driver: Driver,
        on_status: Callable[[Status], None] | None = None,
        *,
        pace: HostPace = PACE,
    ) -> None:
        super().__init__(driver.info.kind, driver, on_status, pace)

    def _open_driver(self, deadline: Deadline | None, cancel: CancelToken | None) -> None:
        """Takes as long as the driver takes: a thread cannot be interrupted."""
        self.driver.open()
