"""What every device does alike: each shipped driver, in each host, against its own emulator."""

from __future__ import annotations

import contextlib
import io
import os
import pickle
import select
import signal
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from dataclasses import dataclass, field, replace
from itertools import count, pairwise
from pathlib import Path
from typing import Any, TypeVar

import pypdfium2
import pytest

from drivers.camera.types import StartStream, StopStream
from drivers.catalogue import create, create_host
from drivers.code_scanner.types import ReadCode
from drivers.device import (
    CancelToken,
    Check,
    DeviceError,
    Kind,
    Reason,
    Request,
    State,
    Status,
)
from drivers.document_printer.types import PrintDocument
from drivers.emulators.camera import Camera
from drivers.emulators.code_scanner import CodeScanner
from drivers.emulators.document_printer import DocumentPrinter
from drivers.emulators.id_card import IdCardReader
from drivers.emulators.io_board import IoBoard
from drivers.emulators.pin_pad import MASTER_KEYS, PinPad, encrypt
from drivers.emulators.receipt_printer import ReceiptPrinter
from drivers.emulators.rig import Emulator
from drivers.hosting.host import Host, HostPace
from drivers.hosting.process_host import ProcessHost
from drivers.id_card.types import AwaitLift, ReadCard
from drivers.lights.types import FlashRate, Light, SetLight
from drivers.pin_pad.types import (
    Algorithm,
    AwaitKey,
    EndPinEntry,
    LoadSessionKey,
    SessionKey,
    StartPinEntry,
)
from drivers.receipt_printer.types import Paragraph, PrintSlip, Slip
from drivers.sensors.types import AwaitChange, Power, Readings, ReadSensors
from drivers.smart_card.types import ReadBankCard
from drivers.speaker.types import Play, Sound
from tests.contract.pcsc_peer import CONTACT, ChipCardReader
from tests.contract.pcsc_peer import missing as pcsc_missing
from tests.contract.sound_card import SoundCard
from tests.contract.sound_card import missing as sound_missing
from tests.waiting import PATIENCE_S as SOON_S
from tests.waiting import PROMPT_S, until

POLL_S = 0.05
BACK_S = 0.2
PACE = HostPace(poll_s=POLL_S, back_off_s=(0.05, 0.1))
Order = tuple[str, dict[str, Any]]
Test = TypeVar("Test", bound=Callable[..., None])


def a_pdf() -> bytes:
    document = pypdfium2.PdfDocument.new()
    document.new_page(595, 842).close()
    file = io.BytesIO()
    document.save(file)
    document.close()
    return file.getvalue()


def a_session_key() -> SessionKey:
    """Under the master key of the emulated pads."""
    clear = bytes.fromhex("0123456789ABCDEFFEDCBA9876543210")
    encrypted = encrypt(Algorithm.TDEA, MASTER_KEYS[Algorithm.TDEA], clear)
    return SessionKey(
        Algorithm.TDEA, "TPK-1", encrypted, encrypt(Algorithm.TDEA, clear, bytes(8))[:3]
    )


def a_held_code(folder: Path) -> CodeScanner:
    scanner = CodeScanner(folder / "scanner")
    scanner.obey("present", text="GJJ")
    return scanner


@dataclass(frozen=True)
class DeviceCase:
    """A driver with its emulator, and the few things that are its own."""

    kind: Kind
    driver: str
    emulator: Callable[[Path], Emulator]
    options: Callable[[str], dict[str, Any]]  # its settings, from the emulator's address
    good: Request[Any]  # succeeds at once
    wait: Request[Any] | None  # goes on for long once ``slow`` was ordered; None: nothing does
    before_wait: tuple[Request[Any], ...] = ()
    slow: tuple[Order, ...] = ()
    trouble: Order = ("open cover", {})  # its status changes, and is back after ``mend``
    mend: Order = ("close cover", {})
    first: tuple[Request[Any], ...] = ()  # without it the trouble does not show
    unplug: str = "unplug"
    plug: str = "plug"
    shows_in_use: bool = False  # it cannot be asked how it is: a command must find it gone
    done: Callable[[dict[str, Any]], int] | None = None  # jobs that came out, from look()
    missing: Callable[[], str] = str  # what keeps the emulator from running here


MUTE: dict[str, Any] = {"trouble": ("mute", {}), "mend": ("well", {})}
AT_REST = Readings(False, 0, False, False, 0, Power.MAINS, 100, 50)

# A new driver: one entry here, and all of the following holds for it too.
KINDS = (
    DeviceCase(
        Kind.ID_CARD,
        "sdt",
        lambda folder: IdCardReader(folder / "reader", pace=False),
        lambda address: {"port": address, "answer_timeout": 0.5},
        good=AwaitLift(),
        wait=ReadCard(),
        trouble=("sam failure", {}),
        mend=("well", {}),
    ),
    DeviceCase(
        Kind.SMART_CARD,
        "pcsc",
        lambda folder: ChipCardReader(),
        lambda address: {"reader": CONTACT, "service": address},
        good=ReadBankCard(),
        wait=ReadBankCard(),
        slow=(("lift", {}),),
        trouble=("pull reader", {}),
        mend=("well", {}),
        missing=pcsc_missing,
    ),
    DeviceCase(
        Kind.RECEIPT_PRINTER,
        "escpos",
        lambda folder: ReceiptPrinter(),
        lambda address: {"address": address},
        good=PrintSlip("good", Slip((Paragraph("凭条"),))),
        wait=PrintSlip("wait", Slip((Paragraph("凭条"),))),
        slow=(("hot head", {}),),
        done=lambda seen: len(seen["slips"]),
    ),
    DeviceCase(
        Kind.DOCUMENT_PRINTER,
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
    DeviceCase(
        Kind.CAMERA,
        "opencv",
        lambda folder: Camera(),
        lambda address: {"source": address},
        good=StartStream(),
        wait=StartStream(),
        before_wait=(StopStream(),),
        slow=(("mute", {}),),
        trouble=("black", {}),
        mend=("well", {}),
        first=(StartStream(),),
    ),
    DeviceCase(
        Kind.CODE_SCANNER,
        "serial",
        a_held_code,
        lambda address: {"port": address, "answer_timeout": 0.3},
        good=ReadCode(),
        wait=ReadCode(),
        slow=(("blind", {}),),
        **MUTE,
    ),
    DeviceCase(
        Kind.PIN_PAD,
        "serial",
        lambda folder: PinPad(folder / "pad"),
        lambda address: {"port": address},
        good=EndPinEntry(),
        wait=AwaitKey(),
        before_wait=(LoadSessionKey(a_session_key()), StartPinEntry()),
        trouble=("tamper", {}),
        mend=("well", {}),
    ),
    DeviceCase(
        Kind.LIGHTS,
        "io_board",
        lambda folder: IoBoard(folder / "board"),
        lambda address: {"port": address},
        good=SetLight(Light.CARD_READER, FlashRate.SLOW),
        wait=None,
        **MUTE,
    ),
    DeviceCase(
        Kind.SENSORS,
        "io_board",
        lambda folder: IoBoard(folder / "board"),
        lambda address: {"port": address},
        good=ReadSensors(),
        wait=AwaitChange(AT_REST),
        **MUTE,
    ),
    DeviceCase(
        Kind.SPEAKER,
        "aplay",
        SoundCard,
        lambda address: {"device": address},
        good=Play(Sound.READ),
        wait=Play(Sound.DONE),
        slow=(("hang", {}),),
        trouble=("unplug", {}),
        mend=("plug", {}),
        shows_in_use=True,
        missing=sound_missing,
    ),
)


NOTHING = Request[None]()
"""What no device can do."""


@dataclass
class DeviceStand:
    """A device with its driver in a host. The host is kept from test to test while it is well."""

    kind: DeviceCase
    where: str
    emulator: Emulator
    told: list[Status] = field(default_factory=list)
    stopped: bool = False
    jobs: Iterator[int] = field(default_factory=count)

    def __post_init__(self) -> None:
        self.table = {
            "driver": self.kind.driver,
            "host": self.where,
            **self.kind.options(self.emulator.address),
        }
        self.options = {key: value for key, value in self.table.items() if key != "driver"}
        self.host = self.new_host()

    def new_host(self, pace: HostPace = PACE) -> Host:
        self.told.clear()
        return create_host(self.kind.kind, self.table, self.told.append, pace=pace)

    def fresh(self, pace: HostPace = PACE) -> DeviceStand:
        """With a host that was not started yet."""
        self.stop()
        self.host = self.new_host(pace)
        self.stopped = False
        return self

    def stop(self) -> None:
        self.host.stop()
        self.stopped = True

    def started(self) -> DeviceStand:
        self.host.start()
        until(self.is_well)
        return self

    def obey(self, *orders: Order) -> None:
        for order, facts in orders:
            self.emulator.obey(order, **facts)

    def is_well(self) -> bool:
        return self.host.status.usable

    @property
    def good(self) -> Request[Any]:
        """What succeeds at once; a job is another each time."""
        if self.kind.done is None:
            return self.kind.good
        return replace(self.kind.good, job=f"good {next(self.jobs)}")  # type: ignore[type-var]

    def do(self, *requests: Request[Any]) -> Any:
        return [self.host.execute(request, SOON_S) for request in requests][-1:]

    def error(self, request: Request[Any], seconds: float = SOON_S) -> DeviceError:
        with pytest.raises(DeviceError) as caught:
            self.host.execute(request, seconds)
        assert caught.value.device is self.host.kind is self.kind.kind
        return caught.value

    def waiting(self) -> Request[Any]:
        """What goes on for long from now on."""
        assert self.kind.wait is not None
        self.do(*self.kind.before_wait)
        self.obey(*self.kind.slow)
        return self.kind.wait

    def recovers(self) -> None:
        self.obey(("well", {}))
        self.do(self.kind.good)
        until(self.is_well)


def children() -> list[int]:
    """The processes of drivers that this one has started."""
    found: list[int] = []
    for task in Path("/proc/self/task").iterdir():
        with contextlib.suppress(FileNotFoundError, ProcessLookupError):  # the thread has ended
            for pid in (task / "children").read_text().split():
                if b"drivers.hosting.child" in Path(f"/proc/{pid}/cmdline").read_bytes():
                    found.append(int(pid))
    return found


def only(holds: Callable[[DeviceCase, str], object]) -> Callable[[Test], Test]:
    """The test is for kinds and hosts of which this holds."""

    def mark(test: Test) -> Test:
        test.only = holds  # type: ignore[attr-defined]  # read when tests are made
        return test

    return mark


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Every kind of the module in each host, one after another: each is started once."""
    if "desk" in metafunc.fixturenames:
        holds = getattr(metafunc.function, "only", lambda kind, where: True)
        places = [
            (kind, where) for kind in metafunc.module.KINDS for where in ("thread", "process")
        ]
        places = [place for place in places if holds(*place)]
        names = [f"{kind.kind}-{where}" for kind, where in places]
        metafunc.parametrize("desk", places, ids=names, indirect=True, scope="module")


@pytest.fixture(scope="module")
def desk(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[DeviceStand]:
    kind, where = request.param
    if missing := kind.missing():
        pytest.skip(missing)
    emulator = kind.emulator(tmp_path_factory.mktemp(kind.kind))
    emulator.start()
    one = DeviceStand(kind, where, emulator)
    yield one
    one.stop()
    emulator.stop()
    until(lambda: not children())


@pytest.fixture
def stand(desk: DeviceStand) -> DeviceStand:
    """A device that is well, in a host that runs."""
    desk.emulator.obey(desk.kind.plug)
    desk.obey(("well", {}))
    return (desk.fresh() if desk.stopped else desk).started()


# -- what it is ----------------------------------------------------------------------------------


def test_it_opens_and_tells_what_it_is_and_can(desk: DeviceStand) -> None:
    desk.fresh()
    assert desk.host.status == Status(State.STARTING)
    desk.started()
    assert bool(children()) == (desk.where == "process")
    info = desk.host.info
    assert (info.kind, info.driver) == (desk.kind.kind, desk.kind.driver)
    assert info.address in desk.table.values()
    assert desk.host.requests
    assert all(issubclass(each, Request) for each in desk.host.requests)
    assert {type(desk.good), type(desk.kind.wait or desk.good)} <= set(desk.host.requests)
    assert [status.state for status in desk.told] == [State.ONLINE]
    desk.host.start()  # a second time, which does nothing
    desk.do(desk.good)


@only(lambda kind, where: where == "thread")
def test_requests_travel(stand: DeviceStand) -> None:
    for each in filter(None, (stand.good, stand.kind.wait)):
        assert pickle.loads(pickle.dumps(each)) == each
        assert hasattr(each, "job") == (stand.kind.done is not None)


def test_it_does_what_it_is_asked(stand: DeviceStand) -> None:
    [result] = stand.do(stand.good)
    assert [type(result)] == [type(again) for again in stand.do(stand.good)]
    until(stand.is_well)


@only(lambda kind, where: kind.done)
def test_a_job_that_succeeded_is_not_done_again(stand: DeviceStand) -> None:
    assert stand.kind.done is not None
    before = stand.kind.done(stand.emulator.look())
    one = stand.good
    first = stand.do(one)
    assert stand.do(one) == first
    assert stand.kind.done(stand.emulator.look()) == before + 1
    stand.do(stand.good)
    assert stand.kind.done(stand.emulator.look()) == before + 2


def test_self_test_and_reset(stand: DeviceStand) -> None:
    checks = stand.host.self_test()
    assert checks
    assert all(isinstance(check, Check) and check.passed for check in checks), checks
    stand.host.reset()
    stand.do(stand.good)


# -- how it fails --------------------------------------------------------------------------------


def test_what_it_cannot_do_is_unsupported(stand: DeviceStand) -> None:
    assert stand.error(NOTHING).reason is Reason.UNSUPPORTED
    stand.do(stand.good)
    assert stand.is_well()


def test_cancelled_before_it_begins(stand: DeviceStand) -> None:
    before = stand.kind.done(stand.emulator.look()) if stand.kind.done else 0
    cancel = CancelToken()
    cancel.cancel()
    error = stand.host.submit(stand.good, SOON_S, cancel).exception(SOON_S)
    assert isinstance(error, DeviceError)
    assert (error.reason, error.pages) == (Reason.CANCELLED, 0)
    if stand.kind.done:
        assert stand.kind.done(stand.emulator.look()) == before


@only(lambda kind, where: kind.wait)
def test_cancelled_while_it_runs(stand: DeviceStand) -> None:
    cancel = CancelToken()
    future = stand.host.submit(stand.waiting(), SOON_S, cancel)
    until(future.running)
    time.sleep(0.2)
    begun = time.monotonic()
    cancel.cancel()
    error = future.exception(SOON_S)
    assert isinstance(error, DeviceError)
    assert error.reason is Reason.CANCELLED
    assert time.monotonic() - begun < PROMPT_S
    stand.recovers()


@only(lambda kind, where: kind.wait)
def test_its_deadline_passes_and_that_of_what_waits_behind_it(stand: DeviceStand) -> None:
    request = stand.waiting()
    begun = time.monotonic()
    for future in [stand.host.submit(request, 0.3), stand.host.submit(request, 0.05)]:
        error = future.exception(SOON_S)
        assert isinstance(error, DeviceError)
        assert error.reason is Reason.TIMEOUT
    assert time.monotonic() - begun < PROMPT_S
    stand.recovers()


@only(lambda kind, where: not kind.wait)
def test_what_does_not_wait_is_over_soon_whatever_the_device_does(stand: DeviceStand) -> None:
    stand.obey(stand.kind.trouble)
    begun = time.monotonic()
    assert stand.error(stand.good, 0.3).reason in (Reason.OFFLINE, Reason.NO_DEVICE)
    assert time.monotonic() - begun < PROMPT_S
    stand.recovers()


@only(lambda kind, where: where == "process")
def test_a_process_that_hangs_is_killed_and_another_is_there_in_200_ms(
    stand: DeviceStand, monkeypatch: pytest.MonkeyPatch
) -> None:
    """From the end of the grace; the best of some, because the machine may be busy."""
    stand.fresh(HostPace(poll_s=99.0)).started()
    assert isinstance(stand.host, ProcessHost)
    stub = stand.host._stub
    monkeypatch.setattr(stub, "_grace", 0.05)
    times: list[float] = []
    while len(times) < 9 and min(times, default=BACK_S) >= BACK_S:
        until(lambda: stub._spare is not None)
        assert stub._child is not None
        assert stub._spare is not None
        select.select([stub._spare.channel._end], [], [], SOON_S)  # it has loaded its libraries
        os.kill(stub._child._process.pid, signal.SIGSTOP)
        killed = 0.0
        while not killed:
            due = time.monotonic() + 0.1 + 0.05
            if "killed" in stand.error(NOTHING, 0.1).detail:  # else its turn came too late
                killed = due
        assert stand.error(NOTHING).reason is Reason.UNSUPPORTED  # by a driver that is open
        times.append(time.monotonic() - killed)
    assert min(times) < BACK_S, times
    stand.do(stand.good)
    stand.stop()


# -- how it is -----------------------------------------------------------------------------------


def test_a_change_is_told_once(stand: DeviceStand) -> None:
    stand.do(*stand.kind.first)
    begun = len(stand.told)
    stand.obey(stand.kind.trouble)
    if stand.kind.shows_in_use:
        stand.error(stand.good)
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


def test_unplugged_it_is_gone_and_plugged_it_is_found_again(stand: DeviceStand) -> None:
    begun = time.monotonic()
    stand.emulator.obey(stand.kind.unplug)
    if stand.kind.shows_in_use:
        stand.error(stand.good)
    until(lambda: not stand.is_well())
    assert stand.kind.shows_in_use or time.monotonic() - begun >= 2 * POLL_S  # three misses
    assert stand.host.status.state in (State.NO_DEVICE, State.OFFLINE)
    assert stand.error(stand.good).reason in (Reason.NO_DEVICE, Reason.OFFLINE)
    gone = len(stand.told)
    time.sleep(3 * POLL_S)
    assert len(stand.told) <= gone + 1  # not more than once: there is no such device any more
    stand.emulator.obey(stand.kind.plug)
    until(stand.is_well)
    stand.do(stand.good)


def test_plugged_again_under_commands_without_a_pause_it_is_found(stand: DeviceStand) -> None:
    """The next is there before the host looks for one: it is never idle."""
    enough, last = threading.Event(), threading.Event()

    def go_on(done: Future[Any] | None) -> None:
        if enough.is_set():
            last.set()
        else:
            stand.host.submit(stand.good, SOON_S).add_done_callback(go_on)

    go_on(None)
    try:
        stand.emulator.obey(stand.kind.unplug)
        until(lambda: not stand.is_well())
        stand.emulator.obey(stand.kind.plug)
        until(stand.is_well)
    finally:
        enough.set()
    assert last.wait(SOON_S)
    stand.recovers()


def test_a_device_that_is_not_there_yet(desk: DeviceStand) -> None:
    desk.fresh()
    desk.emulator.obey(desk.kind.unplug)
    desk.host.start()
    until(lambda: desk.told)
    assert desk.told[0].state in (State.NO_DEVICE, State.OFFLINE)
    assert desk.told[0].detail
    desk.emulator.obey(desk.kind.plug)
    until(desk.is_well)


# -- its end -------------------------------------------------------------------------------------


def test_stop_gives_the_device_back(stand: DeviceStand) -> None:
    stand.do(stand.good)
    descriptors = len(os.listdir("/proc/self/fd"))
    stand.stop()
    assert len(os.listdir("/proc/self/fd")) <= descriptors
    until(lambda: not children())
    driver = create(stand.kind.kind, stand.kind.driver, stand.options)
    driver.open()
    assert driver.status().usable
    driver.close()


@only(lambda kind, where: kind.wait)
def test_stop_ends_what_runs(stand: DeviceStand) -> None:
    futures = [stand.host.submit(stand.waiting(), SOON_S), stand.host.submit(NOTHING, SOON_S)]
    until(futures[0].running)
    begun = time.monotonic()
    stand.stop()
    assert time.monotonic() - begun < PROMPT_S
    for future in futures:
        error = future.exception(0)
        assert isinstance(error, DeviceError)
        assert error.reason is Reason.CANCELLED
