"""Hosts of drivers over XFS4IoT, and a look at every frame between them and the machine."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import msgspec
import pytest

from drivers.device import DeviceError, Request, State, Status
from drivers.emulators.xfs4iot import XfsMachine
from drivers.hosting.host import HostPace
from drivers.hosting.thread_host import ThreadHost
from drivers.xfs4iot.driver import XfsDriver
from tests.contract.xfs4iot_forms import check
from tests.waiting import PATIENCE_S as SOON_S
from tests.waiting import until

QUICK = HostPace(poll_s=0.1, back_off_s=(0.1,))


def made(machine: XfsMachine, driver: type[XfsDriver], service: str, **options: Any) -> XfsDriver:
    settings = {"service": machine.uri(service), **options}
    return driver(msgspec.convert(settings, driver.Settings))  # type: ignore[attr-defined]


@contextmanager
def host_of(
    machine: XfsMachine,
    driver: type[XfsDriver],
    service: str,
    *,
    on_status: Callable[[Status], None] | None = None,
    **options: Any,
) -> Iterator[ThreadHost]:
    host = ThreadHost(made(machine, driver, service, **options), on_status, pace=QUICK)
    host.start()
    try:
        until(lambda: host.status.state is not State.STARTING)
        yield host
    finally:
        host.stop()


def fails(host: ThreadHost, request: Request[Any], seconds: float = SOON_S) -> DeviceError:
    with pytest.raises(DeviceError) as caught:
        host.execute(request, seconds)
    return caught.value


def check_frames(machine: XfsMachine) -> None:
    """Every message of either side keeps to the published forms."""
    frames = machine.look()["frames"]
    assert frames
    for _, _, text in frames:
        check(text)
