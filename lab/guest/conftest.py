"""The device at hand, started and stopped around each test."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from lab.guest.stand import KINDS
from tests.contract import test_contract as contract

contract.SOON_S = 60.0  # an emulated processor


@pytest.fixture(params=KINDS)
def stand(
    request: pytest.FixtureRequest,
    tmp_path: Path,
    where: str | None,
    record_property: Callable[[str, object], None],
) -> Iterator[contract.Stand]:
    """A host with a device, on the real kernel; ``where`` None is the driver's usual host."""
    kind = KINDS[request.param]
    device = kind.emulator(tmp_path)
    device.start()
    record_property("device", kind.kind)
    record_property("node", device.address)
    table = {"driver": kind.driver, **kind.options(device.address)}
    if where:
        table["host"] = where
    one = contract.Stand(kind, device, table)
    yield one
    one.host.stop()
    device.stop()
    assert contract.childless()
