"""What every device does alike holds for devices behind XFS4IoT services too."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from drivers.emulators.xfs4iot import XfsMachine
from drivers.receipt_printer.types import PrintSlip, Slip, Text
from drivers.smart_card.types import AwaitRemoval, ReadBankCard
from tests.contract import test_contract as every
from tests.contract.test_contract import (  # noqa: F401  each is a test of this file
    Kind,
    Stand,
    test_a_change_is_told_once,
    test_a_device_that_is_not_there_yet,
    test_a_job_that_succeeded_is_not_done_again,
    test_a_second_start_does_nothing,
    test_cancelled_before_it_begins,
    test_cancelled_while_it_runs,
    test_it_does_what_it_is_asked,
    test_it_opens_and_tells_what_it_is_and_can,
    test_its_deadline_passes,
    test_its_deadline_passes_while_others_are_served,
    test_requests_travel,
    test_self_test_and_reset,
    test_stop_ends_what_runs,
    test_stop_gives_the_device_back,
    test_unplugged_it_is_gone_and_plugged_it_is_found_again,
    test_what_it_cannot_do_is_unsupported,
)

SLOW = (("slow", {"seconds": every.SOON_S}),)


class OneService:
    """A machine, seen as one of its services."""

    def __init__(self, service: str) -> None:
        self._machine = XfsMachine()
        self._service = service
        self.start, self.stop = self._machine.start, self._machine.stop
        self.obey, self.look = self._machine.obey, self._machine.look

    @property
    def address(self) -> str:
        return self._machine.uri(self._service)


def kind(name: str, service: str, **facts: Any) -> Kind:
    broken = {"service": service, "state": "hardwareError"}
    defaults: dict[str, Any] = {
        "slow": SLOW,
        "trouble": ("device", broken),
        "mend": ("device", {**broken, "state": "online"}),
    }
    return Kind(
        name,
        "xfs4iot",
        lambda folder: OneService(service),
        lambda address: {"service": address},
        **(defaults | facts),
    )


KINDS = (
    kind(
        "receipt_printer",
        "ReceiptPrinter",
        good=PrintSlip("good", Slip((Text("凭条"),))),
        wait=PrintSlip("wait", Slip((Text("凭条"),))),
        trouble=("paper out", {}),
        mend=("refill", {}),
        done=lambda seen: len(seen["slips"]),
    ),
    kind("smart_card", "CardReader", good=AwaitRemoval(), wait=ReadBankCard()),
)


def our_children() -> list[int]:
    """As in the file of all devices; threads of a machine come and go meanwhile."""
    found: list[int] = []
    for task in Path("/proc/self/task").iterdir():
        with suppress(FileNotFoundError, ProcessLookupError):
            found += [int(pid) for pid in (task / "children").read_text().split()]
    return found


@pytest.fixture(params=["thread"])
def where(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(params=KINDS, ids=lambda one: one.kind)
def stand(
    request: pytest.FixtureRequest,
    tmp_path: Path,
    where: str,
    monkeypatch: pytest.MonkeyPatch,
) -> Iterator[Stand]:
    monkeypatch.setattr(every, "children", our_children)
    one: Kind = request.param
    emulator = one.emulator(tmp_path)
    emulator.start()
    table = {"driver": one.driver, "host": where, **one.options(emulator.address)}
    built = Stand(one, emulator, table)
    yield built
    built.host.stop()
    emulator.stop()
    assert not our_children()
