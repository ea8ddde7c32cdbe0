"""What every device does alike: each shipped driver, in each host, against its own emulator."""

from __future__ import annotations

import contextlib
import io
import os
import pickle
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from itertools import pairwise
from pathlib import Path
from typing import Any

import pypdfium2
import pytest

from drivers.camera.types import StartStream
from drivers.catalogue import create, create_host
from drivers.device import CancelToken, Check, DeviceError, Reason, Request, State, Status
from drivers.document_printer.types import PrintDocument
from drivers.emulators.camera import Camera
from drivers.emulators.document_printer import DocumentPrinter
from drivers.emulators.id_card import IdCardReader
from drivers.emulators.receipt_printer import ReceiptPrinter
from drivers.emulators.rig import Emulator
from drivers.hosts import Pace, ThreadHost
from drivers.id_card.types import AwaitRemoval, ReadCard
from drivers.receipt_printer.types import PrintSlip, Slip, Text

SOON_S = 20.0
POLL_S = 0.1
PACE = Pace(poll_s=POLL_S, back_off_s=(0.1, 0.2))
Order = tuple[str, dict[str, Any]]


def a_pdf() -> bytes:
    document = pypdfium2.PdfDocument.new()
    document.new_page(595, 842).close()
    file = io.BytesIO()
    document.save(file)
    document.close()
    return file.getvalue()


@dataclass(frozen=True)
class Kind:
    """A driver with its emulator, and the few things that are its own."""

    kind: str
    driver: str
    emulator: Callable[[Path], Emulator]
    options: Callable[[str], dict[str, Any]]  # its settings, from the emulator's address
    good: Request[Any]  # succeeds at once
    wait: Request[Any]  # goes on for long once ``slow`` was ordered
    slow: tuple[Order, ...] = ()
    trouble: Order = ("open cover", {})  # its status changes, and is back after ``mend``
    mend: Order = ("close cover", {})
    first: Request[Any] | None = None  # without it the trouble does not show
    unplug: str = "unplug"
    plug: str = "plug"
    done: Callable[[dict[str, Any]], int] | None = None  # jobs that came out, from look()


# A new driver: one entry here, and all of the following holds for it too.
KINDS = (
    Kind(
        "id_card",
        "sdt",
        lambda folder: IdCardReader(folder / "reader", pace=False),
        lambda address: {"port": address, "answer_timeout": 0.5},
        good=AwaitRemoval(),
        wait=ReadCard(),
        trouble=("sam failure", {}),
        mend=("well", {}),
    ),
    Kind(
        "receipt_printer",
        "escpos",
        lambda folder: ReceiptPrinter(),
        lambda address: {"address": address},
        good=PrintSlip("good", Slip((Text("凭条"),))),
        wait=PrintSlip("wait", Slip((Text("凭条"),))),
        slow=(("hot head", {}),),
        done=lambda seen: len(seen["slips"]),
    ),
    Kind(
        "document_printer",
        "ipp",
        lambda folder: DocumentPrinter(seconds_per_page=0.02),
        lambda address: {"uri": address, "poll_s": 0.02, "settle_s": 2.0, "answer_s": 1.0},
        good=PrintDocument("good", a_pdf(), 1),
        wait=PrintDocument("wait", a_pdf(), 1),
        slow=(("stall", {}),),
        unplug="die",
        plug="revive",
        done=lambda seen: len(seen["sheets"]),
    ),
    Kind(
        "camera",
        "opencv",
        lambda folder: Camera(),
        lambda address: {"source": address},
        good=StartStream(),
        wait=StartStream(),
        slow=(("mute", {}),),
        trouble=("black", {}),
        mend=("well", {}),
        first=StartStream(),
    ),
)


@dataclass(frozen=True, slots=True)
class Juggle(Request[None]):
    """What no device can do."""

    balls: int = 3


@dataclass
class Stand:
    kind: Kind
    emulator: Emulator
    table: dict[str, Any]
    told: list[Status] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.host = self.new_host()

    def new_host(self) -> ThreadHost:
        return create_host(self.kind.kind, self.table, self.told.append, pace=PACE)

    def obey(self, *orders: Order) -> None:
        for order, facts in orders:
            self.emulator.obey(order, **facts)

    def is_well(self) -> bool:
        return self.host.status.usable

    def started(self) -> Stand:
        self.host.start()
        until(self.is_well)
        return self

    def error(self, request: Request[Any], seconds: float = SOON_S) -> DeviceError:
        with pytest.raises(DeviceError) as caught:
            self.host.execute(request, seconds)
        return caught.value


def until(holds: Callable[[], object], seconds: float = SOON_S) -> None:
    end = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < end
        time.sleep(0.005)


def childless(seconds: float = 3.0) -> bool:
    """No process of ours is left; a killed one may take a moment to be collected."""
    until = time.monotonic() + seconds
    while children() and time.monotonic() < until:
        time.sleep(0.02)
    return not children()


def children() -> list[int]:
    found: list[int] = []
    for task in Path("/proc/self/task").iterdir():
        with contextlib.suppress(FileNotFoundError, ProcessLookupError):  # the thread has ended
            found += [int(pid) for pid in (task / "children").read_text().split()]
    return found


@pytest.fixture(params=["thread", "process"])
def where(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(params=KINDS, ids=lambda kind: kind.kind)
def stand(request: pytest.FixtureRequest, tmp_path: Path, where: str) -> Iterator[Stand]:
    kind: Kind = request.param
    emulator = kind.emulator(tmp_path)
    emulator.start()
    table = {"driver": kind.driver, "host": where, **kind.options(emulator.address)}
    one = Stand(kind, emulator, table)
    yield one
    one.host.stop()
    emulator.stop()
    assert childless()


# -- what it is ----------------------------------------------------------------------------------


def test_it_opens_and_tells_what_it_is_and_can(stand: Stand, where: str) -> None:
    assert stand.host.status == Status(State.STARTING)
    stand.started()
    assert bool(children()) == (where == "process")
    info = stand.host.info
    assert (info.kind, info.driver) == (stand.kind.kind, stand.kind.driver)
    assert info.address in stand.emulator.address
    assert stand.host.requests
    assert all(issubclass(each, Request) for each in stand.host.requests)
    assert type(stand.kind.good) in stand.host.requests
    assert [status.state for status in stand.told] == [State.ONLINE]


def test_it_does_what_it_is_asked(stand: Stand) -> None:
    stand.started()
    result = stand.host.execute(stand.kind.good, SOON_S)
    assert type(result) is type(stand.host.execute(stand.kind.good, SOON_S))
    until(stand.is_well)


def test_requests_travel(stand: Stand) -> None:
    for each in (stand.kind.good, stand.kind.wait):
        assert pickle.loads(pickle.dumps(each)) == each


def test_a_job_that_succeeded_is_not_done_again(stand: Stand) -> None:
    if stand.kind.done is None:
        assert not hasattr(stand.kind.good, "job")
        return
    stand.started()
    first = stand.host.execute(stand.kind.good, SOON_S)
    assert stand.host.execute(stand.kind.good, SOON_S) == first
    assert stand.kind.done(stand.emulator.look()) == 1
    other = replace(stand.kind.good, job="other")  # type: ignore[type-var]
    stand.host.execute(other, SOON_S)
    assert stand.kind.done(stand.emulator.look()) == 2


def test_self_test_and_reset(stand: Stand) -> None:
    stand.started()
    checks = stand.host.self_test()
    assert checks
    assert all(isinstance(check, Check) and check.passed for check in checks), checks
    stand.host.reset()
    stand.host.execute(stand.kind.good, SOON_S)


# -- how it fails --------------------------------------------------------------------------------


def test_what_it_cannot_do_is_unsupported(stand: Stand) -> None:
    stand.started()
    assert stand.error(Juggle()).reason is Reason.UNSUPPORTED
    stand.host.execute(stand.kind.good, SOON_S)
    assert stand.is_well()


def test_cancelled_before_it_begins(stand: Stand) -> None:
    cancel = CancelToken()
    future = stand.host.submit(stand.kind.good, SOON_S, cancel)
    cancel.cancel()
    stand.started()
    error = future.exception(SOON_S)
    assert isinstance(error, DeviceError)
    assert (error.reason, error.pages) == (Reason.CANCELLED, 0)
    if stand.kind.done is not None:
        assert stand.kind.done(stand.emulator.look()) == 0


def test_cancelled_while_it_runs(stand: Stand) -> None:
    stand.started().obey(*stand.kind.slow)
    cancel = CancelToken()
    future = stand.host.submit(stand.kind.wait, SOON_S, cancel)
    until(future.running)
    time.sleep(0.2)
    begun = time.monotonic()
    cancel.cancel()
    error = future.exception(SOON_S)
    assert isinstance(error, DeviceError)
    assert error.reason is Reason.CANCELLED
    assert time.monotonic() - begun < 3.0
    stand.obey(("well", {}))
    stand.host.execute(stand.kind.good, SOON_S)
    until(stand.is_well)


def test_its_deadline_passes(stand: Stand) -> None:
    stand.started().obey(*stand.kind.slow)
    begun = time.monotonic()
    assert stand.error(stand.kind.wait, 0.3).reason is Reason.TIMEOUT
    assert 0.3 <= time.monotonic() - begun < 0.3 + 3.0
    stand.obey(("well", {}))
    stand.host.execute(stand.kind.good, SOON_S)
    until(stand.is_well)


def test_its_deadline_passes_while_others_are_served(stand: Stand) -> None:
    stand.started().obey(*stand.kind.slow)
    cancel = CancelToken()
    long = stand.host.submit(stand.kind.wait, SOON_S, cancel)
    late = stand.host.submit(stand.kind.good, 0.05)
    time.sleep(0.1)
    cancel.cancel()
    assert isinstance(long.exception(SOON_S), DeviceError)
    error = late.exception(SOON_S)
    assert isinstance(error, DeviceError)
    assert error.reason is Reason.TIMEOUT


# -- how it is -----------------------------------------------------------------------------------


def test_a_change_is_told_once(stand: Stand) -> None:
    stand.started()
    if stand.kind.first is not None:
        stand.host.execute(stand.kind.first, SOON_S)
    begun = len(stand.told)
    stand.obey(stand.kind.trouble)
    until(lambda: not stand.is_well())
    time.sleep(5 * POLL_S)
    trouble = stand.host.status
    assert trouble.problem is not None
    assert trouble.detail
    stand.obey(stand.kind.mend)
    until(stand.is_well)
    told = stand.told[begun:]
    assert told.count(trouble) == 1
    assert all(one != next_ for one, next_ in pairwise(told))


def test_unplugged_it_is_gone_and_plugged_it_is_found_again(stand: Stand) -> None:
    stand.started()
    begun = time.monotonic()
    stand.emulator.obey(stand.kind.unplug)
    until(lambda: not stand.is_well())
    assert time.monotonic() - begun >= 2 * POLL_S  # three misses
    assert stand.host.status.state in (State.NO_DEVICE, State.OFFLINE)
    assert stand.error(stand.kind.good).reason in (Reason.NO_DEVICE, Reason.OFFLINE)
    gone = len(stand.told)
    time.sleep(3 * POLL_S)
    assert len(stand.told) <= gone + 1  # not more than once: there is no such device any more
    stand.emulator.obey(stand.kind.plug)
    until(stand.is_well)
    stand.host.execute(stand.kind.good, SOON_S)


def test_a_device_that_is_not_there_yet(stand: Stand) -> None:
    stand.emulator.obey(stand.kind.unplug)
    stand.host.start()
    until(lambda: stand.told)
    assert stand.told[0].state in (State.NO_DEVICE, State.OFFLINE)
    assert stand.told[0].detail
    stand.emulator.obey(stand.kind.plug)
    until(stand.is_well)


# -- its beginning and its end -------------------------------------------------------------------


def test_a_second_start_does_nothing(stand: Stand) -> None:
    stand.started()
    stand.host.start()
    stand.host.execute(stand.kind.good, SOON_S)
    assert stand.is_well()


def test_stop_gives_the_device_back(stand: Stand) -> None:
    stand.started()
    stand.host.execute(stand.kind.good, SOON_S)
    descriptors = len(os.listdir("/proc/self/fd"))
    stand.host.stop()
    assert len(os.listdir("/proc/self/fd")) <= descriptors
    assert childless()
    options = {key: value for key, value in stand.table.items() if key != "driver"}
    driver = create(stand.kind.kind, stand.kind.driver, options)
    driver.open()
    assert driver.status().usable
    driver.close()
    stand.host = stand.new_host()
    stand.started()
    stand.host.execute(stand.kind.good, SOON_S)


def test_stop_ends_what_runs(stand: Stand) -> None:
    stand.started().obey(*stand.kind.slow)
    futures = [stand.host.submit(stand.kind.wait, SOON_S), stand.host.submit(Juggle(), SOON_S)]
    until(futures[0].running)
    begun = time.monotonic()
    stand.host.stop()
    assert time.monotonic() - begun < 5.0
    for future in futures:
        error = future.exception(0)
        assert isinstance(error, DeviceError)
        assert error.reason is Reason.CANCELLED
