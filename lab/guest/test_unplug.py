"""Pulls cables in the middle of a job; each driver runs in the host that a terminal uses."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest

from drivers.camera.types import StartStream
from drivers.catalogue import create_host
from drivers.device import DeviceError, Reason, Request, State
from drivers.id_card.types import ReadCard
from drivers.receipt_printer.types import Paragraph, PrintSlip, Slip
from drivers.smart_card.types import ReadBankCard
from lab.guest.stand import STAND
from tests.contract.test_contract import PACE, DeviceCase, DeviceStand, Order, children
from tests.waiting import until

SOON_S = 60.0
SLIP = Slip(tuple(Paragraph(f"第 {line} 行") for line in range(1, 121)))
HOLDER: Order = ("put", {"name": "张三", "number": "990101199003071018"})
BANK_CARD: Order = ("put", {"kind": "bank", "number": "6212260000000000000"})
GONE = (Reason.NO_DEVICE, Reason.OFFLINE)


@dataclass(frozen=True)
class RunningJob:
    """The job during which the cable is pulled; ``begun`` tells from a look that it has begun."""

    device: str
    request: Request[Any]
    before: tuple[Order, ...]
    begun: Callable[[dict[str, Any]], object]
    reasons: tuple[Reason, ...] = GONE
    again: tuple[Order, ...] = ()  # orders before the job is asked again, after "well"


JOBS = {
    "slip while it is sent": RunningJob(
        "usblp",
        PrintSlip("sent", SLIP),
        (("slow", {"bytes_per_s": 1000}),),
        lambda seen: seen["hanging"],
    ),
    "slip while it is printed": RunningJob(
        "usblp",
        PrintSlip("printed", SLIP),
        (("slow", {"dots_per_s": 500}),),
        lambda seen: seen["hanging"],
    ),
    "ID card, serial": RunningJob(
        "ftdi",
        ReadCard(),
        (HOLDER, ("slow", {"seconds": 2.5, "command": "read"})),
        lambda seen: "read" in seen["commands"],
        again=(HOLDER,),
    ),
    "ID card, HID": RunningJob(
        "hidraw",
        ReadCard(),
        (HOLDER, ("slow", {"seconds": 2.5, "command": "read"})),
        lambda seen: "read" in seen["commands"],
        again=(HOLDER,),
    ),
    "code": RunningJob(
        "cdc-acm",
        STAND["cdc-acm"].good,
        (("blind", {}),),
        lambda seen: seen["scanning"],
    ),
    "bank card": RunningJob(
        "ccid",
        ReadBankCard(),
        (("slow", {"seconds": 2.5, "at": 3}), BANK_CARD),
        lambda seen: len(seen["commands"]) >= 3,
        reasons=(*GONE, Reason.CARD_REMOVED),
        again=(("lift", {}), BANK_CARD),  # the card lost its power with the reader
    ),
}


@pytest.fixture
def stand(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[DeviceStand]:
    kind: DeviceCase = STAND[request.param]
    device = kind.emulator(tmp_path)
    device.start()
    one = DeviceStand(kind, "thread", device)
    del one.table["host"]  # so that the driver's usual host is made
    one.host = create_host(kind.kind, one.table, one.told.append, pace=PACE)
    yield one.started()
    one.stop()
    device.stop()
    until(lambda: not children())


def cases(*names: str) -> pytest.MarkDecorator:
    chosen = {name: job for name, job in JOBS.items() if not names or job.device in names}
    return pytest.mark.parametrize(
        ("stand", "job"),
        [(job.device, job) for job in chosen.values()],
        ids=[f"{job.device}: {name}" for name, job in chosen.items()],
        indirect=["stand"],
    )


def pulled(stand: DeviceStand, job: RunningJob) -> DeviceError:
    """Begin ``job``, pull the cable on the way; returns the job's error."""
    stand.obey(*job.before)
    future: Future[Any] = stand.host.submit(job.request, SOON_S)
    until(lambda: job.begun(stand.emulator.look()) or future.done())
    assert not future.done()
    stand.obey(("unplug", {}))
    error = future.exception(SOON_S)
    assert isinstance(error, DeviceError), error
    return error


@cases()
def test_it_ends_with_a_reason_and_is_well_again_after(stand: DeviceStand, job: RunningJob) -> None:
    error = pulled(stand, job)
    assert error.reason in job.reasons
    until(lambda: stand.host.status.state in (State.NO_DEVICE, State.OFFLINE))
    assert stand.error(job.request).reason in GONE
    until(lambda: stand.host.status.state is State.NO_DEVICE)
    stand.obey(("plug", {}), ("well", {}), *job.again)
    until(stand.is_well)
    stand.do(job.request)
    until(stand.is_well)


@cases("usblp")
def test_no_slip_comes_out_twice(stand: DeviceStand, job: RunningJob) -> None:
    error = pulled(stand, job)
    stand.obey(("well", {}))
    time.sleep(1.0)  # the printer has its own power and prints what it has received
    stand.obey(("plug", {}))
    until(stand.is_well)
    time.sleep(1.0)  # until the rest of the slip is cut off
    out = whole(stand)
    assert out in ((0, 1) if error.pages is None else (0,))  # pages=0 only if no slip came out
    again = replace(job.request, job="again")  # type: ignore[type-var]  # a dataclass
    for _ in range(2):
        stand.do(again)
        assert whole(stand) == out + 1


def whole(stand: DeviceStand) -> int:
    """The number of whole slips in the slot: a slip that was cut off lacks its last line."""
    return sum("第 120 行" in lines for lines in stand.emulator.look()["texts"])


@pytest.mark.parametrize("stand", ["v4l2"], indirect=True)
def test_a_camera_that_loses_its_driver_while_it_films(stand: DeviceStand) -> None:
    stand.do(StartStream())
    stand.obey(("unplug", {}))
    until(lambda: not stand.is_well())
    assert stand.host.status.problem in GONE
    assert stand.error(StartStream()).reason in GONE
    until(lambda: stand.host.status.state is State.NO_DEVICE)
    stand.obey(("plug", {}))
    until(stand.is_well)
    stand.do(StartStream())
