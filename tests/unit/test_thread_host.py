"""The thread host: order, status past the queue, patience with a device, and its end."""

import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import CancelledError
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, Never

import pytest

from drivers.device import (
    CancelToken,
    Check,
    Deadline,
    DeviceError,
    Driver,
    Info,
    Kind,
    Reason,
    Request,
    State,
    Status,
    Supply,
)
from drivers.hosting import host as hosting
from drivers.hosting.host import PACE as SHIPPED
from drivers.hosting.host import REMEMBERED, REST, HostPace, LostError
from drivers.hosting.thread_host import ThreadHost
from tests.failed import error_of
from tests.logged import logged, messages
from tests.waiting import PATIENCE_S as SOON_S
from tests.waiting import until

ONLINE = Status(State.ONLINE)
PACE = HostPace(poll_s=0.01, back_off_s=(0.01, 0.02, 0.04))


Doing = Callable[["BareDriver", CancelToken], object]
"""What a command does in the driver's thread."""


@dataclass(frozen=True, slots=True)
class Utter(Request[str]):
    """Answered by its word; does ``first`` in the driver's thread before."""

    word: str
    first: Doing = lambda driver, cancel: None


@dataclass(frozen=True, slots=True)
class UtterOnce(Utter):
    """The same as a named job."""

    job: str = "job"


class BareDriver(Driver):
    """A device without a wire: the host is what is tested here."""

    def __init__(self) -> None:
        super().__init__()
        self.said: list[str] = []
        self.calls: list[tuple[str, float]] = []
        self.now: Status | Exception = ONLINE
        self.found: Exception | None = None

    @property
    def info(self) -> Info:
        return Info(Kind.SPEAKER, "test", "nowhere")

    requests = (Utter, UtterOnce)

    def _note(self, call: str) -> None:
        self.calls.append((call, time.monotonic()))

    def times(self, call: str) -> list[float]:
        return [at for name, at in self.calls if name == call]

    def open(self) -> None:
        self._note("open")
        if self.found:
            raise self.found

    def close(self) -> None:
        self._note("close")

    def status(self) -> Status:
        self._note("status")
        if isinstance(self.now, Exception):
            raise self.now
        return self.now

    def reset(self) -> None:
        self._note("reset")

    def self_test(self) -> tuple[Check, ...]:
        self._note("self_test")
        return (Check("voice", True, "loud"),)

    def execute(self, request: Request[Any], deadline: Deadline, cancel: CancelToken) -> str:
        assert isinstance(request, Utter)
        request.first(self, cancel)
        self.said.append(request.word)
        return request.word


@pytest.fixture
def driver() -> BareDriver:
    return BareDriver()


@pytest.fixture
def seen() -> list[Status]:
    return []


@pytest.fixture
def host(driver: BareDriver, seen: list[Status]) -> Iterator[ThreadHost]:
    host = ThreadHost(driver, seen.append, pace=PACE)
    yield host
    host.stop()


def fails(error: Exception) -> Doing:
    def first(driver: BareDriver, cancel: CancelToken) -> Never:
        raise error

    return first


class Gate:
    """A command that stands at it until it is opened."""

    def __init__(self) -> None:
        self.reached, self.opened = threading.Event(), threading.Event()

    def __call__(self, *_: object) -> None:
        self.reached.set()
        assert self.opened.wait(SOON_S)


@contextmanager
def kept_busy(host: ThreadHost) -> Iterator[None]:
    """The next command waits before the last one is told done."""
    enough = threading.Event()

    def go_on(done: object) -> None:
        if not enough.is_set():
            host.submit(Utter("x", lambda *_: time.sleep(0.01)), SOON_S).add_done_callback(go_on)

    go_on(None)
    try:
        yield
    finally:
        enough.set()


def test_commands_run_one_after_another_in_order(host: ThreadHost, driver: BareDriver) -> None:
    futures = [host.submit(Utter(str(n)), SOON_S) for n in range(50)]
    host.start()
    assert [future.result(SOON_S) for future in futures] == [str(n) for n in range(50)]
    assert driver.said == [str(n) for n in range(50)]
    assert len(driver.times("open")) == 1


def test_status_goes_past_the_queue(host: ThreadHost, driver: BareDriver) -> None:
    gate = Gate()
    busy = Status(State.BUSY, paper=Supply.LOW)

    def first(speaker: BareDriver, cancel: CancelToken) -> None:
        speaker.report(busy)
        gate()

    host.start()
    running = host.submit(Utter("long", first), SOON_S)
    waiting = host.submit(Utter("next"), SOON_S)
    assert gate.reached.wait(SOON_S)
    assert host.status == busy
    assert not running.done()
    assert not waiting.done()
    gate.opened.set()
    assert waiting.result(SOON_S) == "next"


def test_only_changes_are_told(host: ThreadHost, driver: BareDriver, seen: list[Status]) -> None:
    assert host.status.state is State.STARTING
    host.start()
    until(lambda: len(driver.times("status")) > 5)
    assert seen == [ONLINE]
    driver.now = Status(State.ONLINE, paper=Supply.LOW)
    until(lambda: len(seen) == 2)
    reached = len(driver.times("status"))
    until(lambda: len(driver.times("status")) > reached + 3)
    assert seen == [ONLINE, driver.now]


def test_a_device_that_is_not_there_is_looked_for_ever_more_rarely(
    host: ThreadHost, driver: BareDriver, seen: list[Status]
) -> None:
    driver.found = DeviceError(Reason.NO_DEVICE, "no cable")
    host.start()
    until(lambda: len(driver.times("open")) == 7)
    pauses = [after - before for before, after in pairwise(driver.times("open"))]
    for pause, least in zip(pauses, (0.01, 0.02, 0.04, 0.04, 0.04, 0.04), strict=True):
        assert pause >= least * 0.95
    assert seen == [Status(State.NO_DEVICE, problem=Reason.NO_DEVICE, detail="no cable")]
    driver.found = None
    until(lambda: host.status == ONLINE)


def test_a_host_that_rests_looks_more_rarely_until_it_attends(driver: BareDriver) -> None:
    host = ThreadHost(driver, pace=HostPace(poll_s=0.3))
    host.rest()
    host.start()
    until(lambda: len(driver.times("status")) == 3)
    rested = [after - before for before, after in pairwise(driver.times("status"))]
    assert min(rested) >= 0.3 * REST * 0.95
    host.attend()
    attended = time.monotonic()
    host.attend()
    until(lambda: len(driver.times("status")) == 5)
    host.stop()
    assert driver.times("status")[-1] - attended < 0.3 * REST, "two looks in the time of one"


def test_the_shipped_pace() -> None:
    """The figures of the manual: a look every two seconds, looked for within 2 to 20."""
    assert (SHIPPED.poll_s, SHIPPED.misses) == (2.0, 3)
    assert SHIPPED.back_off_s == (2.0, 4.0, 8.0, 16.0, 20.0)


def test_a_device_that_opens_and_says_nothing_is_looked_for_ever_more_rarely(
    host: ThreadHost, driver: BareDriver, seen: list[Status]
) -> None:
    driver.now = DeviceError(Reason.TIMEOUT)
    host.start()
    until(lambda: len(driver.times("open")) == 6)
    pauses = [after - before for before, after in pairwise(driver.times("open"))]
    for pause, least in zip(pauses, (0.01, 0.02, 0.04, 0.04, 0.04), strict=True):
        assert pause >= least * 0.95
    assert len(seen) == 1
    driver.now = ONLINE
    until(lambda: host.status == ONLINE)


@pytest.mark.parametrize("deaths", [1, 2, 3])
def test_what_a_driver_runs_in_may_die_twice_and_the_device_is_well(
    host: ThreadHost,
    driver: BareDriver,
    seen: list[Status],
    deaths: int,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    host.start()
    until(lambda: seen == [ONLINE])
    left = [LostError(Reason.HARDWARE, "died")] * deaths

    def status() -> Status:
        if left:
            raise left.pop()
        return ONLINE

    monkeypatch.setattr(driver, "status", status)
    until(lambda: len(driver.times("open")) == deaths + 1)
    until(lambda: host.status == ONLINE)
    gone = Status(State.HARDWARE_ERROR, problem=Reason.HARDWARE, detail="died")
    assert seen == [ONLINE, *([gone, ONLINE] if deaths == 3 else [])]


@pytest.mark.parametrize("misses", [1, 2])
def test_a_device_that_blinks_is_not_gone(
    host: ThreadHost,
    driver: BareDriver,
    seen: list[Status],
    misses: int,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    answers: list[Status | DeviceError] = [ONLINE, *[DeviceError(Reason.TIMEOUT)] * misses]

    def status() -> Status:
        answer = answers.pop(0) if answers else ONLINE
        driver.calls.append(("status", time.monotonic()))
        if isinstance(answer, Exception):
            raise answer
        return answer

    monkeypatch.setattr(driver, "status", status)
    host.start()
    until(lambda: len(driver.times("status")) > misses + 3)
    assert seen == [ONLINE]
    assert not driver.times("close")


def test_three_misses_and_it_is_gone(
    host: ThreadHost, driver: BareDriver, seen: list[Status]
) -> None:
    host.start()
    until(lambda: seen == [ONLINE])
    asked = len(driver.times("status"))
    driver.found = driver.now = DeviceError(Reason.OFFLINE, "no answer")
    until(lambda: len(seen) == 2)
    assert seen[1] == Status(State.OFFLINE, problem=Reason.OFFLINE, detail="no answer")
    assert 3 <= len(driver.times("status")) - asked <= 4
    driver.found, driver.now = None, ONLINE
    until(lambda: host.status == ONLINE)


@pytest.mark.parametrize("reason", [Reason.JAM, Reason.TIMEOUT, Reason.CARD_REMOVED])
def test_a_command_that_fails_leaves_the_device_open(
    host: ThreadHost, driver: BareDriver, reason: Reason
) -> None:
    host.start()
    with pytest.raises(DeviceError) as failed:
        host.execute(Utter("x", fails(DeviceError(reason))), SOON_S)
    assert failed.value.reason is reason
    assert host.execute(Utter("y"), SOON_S) == "y"
    assert len(driver.times("open")) == 1


@pytest.mark.parametrize("reason", [Reason.NO_DEVICE, Reason.OFFLINE])
def test_a_command_that_finds_nobody_opens_the_device_anew(
    host: ThreadHost, driver: BareDriver, seen: list[Status], reason: Reason
) -> None:
    host.start()
    until(lambda: seen == [ONLINE])
    with pytest.raises(DeviceError):
        host.execute(Utter("x", fails(DeviceError(reason))), SOON_S)
    assert driver.times("close")
    assert seen[1].problem is reason
    assert host.execute(Utter("y"), SOON_S) == "y"
    assert len(driver.times("open")) == 2


def test_a_bug_in_a_command_is_a_hardware_error_without_its_words(
    host: ThreadHost, driver: BareDriver, seen: list[Status], caplog: pytest.LogCaptureFixture
) -> None:
    host.start()
    until(lambda: seen == [ONLINE])
    with pytest.raises(DeviceError) as failed:
        host.execute(Utter("x", fails(ValueError("a name"))), SOON_S)
    assert (failed.value.reason, failed.value.detail) == (Reason.HARDWARE, "ValueError")
    assert failed.value.pages is None  # it was begun: who knows what came out
    assert seen[1].state is State.HARDWARE_ERROR
    assert messages(caplog, "drivers.hosting.host") == ["driver failed"]
    assert host.execute(Utter("y"), SOON_S) == "y"


def test_whoever_is_told_of_the_status_does_not_end_the_thread(
    driver: BareDriver, caplog: pytest.LogCaptureFixture
) -> None:
    def told(status: Status) -> Never:
        raise ValueError("a name")

    host = ThreadHost(driver, told, pace=PACE)
    host.start()
    with pytest.raises(DeviceError):
        host.execute(Utter("x", fails(DeviceError(Reason.OFFLINE))), SOON_S)
    assert host.execute(Utter("y"), SOON_S) == "y"
    assert host.status == ONLINE
    host.stop()
    records = logged(caplog, "drivers.hosting.host")
    assert {record.message for record in records} == {"status not told"}
    assert {vars(record)["device"] for record in records} == {Kind.SPEAKER}


def test_who_failed_to_take_a_status_gets_it_again_and_the_log_says_so_once(
    driver: BareDriver, caplog: pytest.LogCaptureFixture
) -> None:
    tries: list[Status] = []

    def told(status: Status) -> None:
        tries.append(status)
        if len(tries) < 4:
            raise ValueError("a name")

    host = ThreadHost(driver, told, pace=PACE)
    host.start()
    until(lambda: len(tries) == 4)
    looks = len(driver.times("status"))
    until(lambda: len(driver.times("status")) > looks + 3)
    host.stop()
    assert tries == [ONLINE] * 4
    assert messages(caplog, "drivers.hosting.host") == ["status not told"]


def test_what_the_driver_has_done_is_told_once(host: ThreadHost, driver: BareDriver) -> None:
    told: list[tuple[Request[Any], object]] = []
    host.on_done = lambda request, outcome: told.append((request, outcome))
    host.start()
    once, refused = UtterOnce("x", job="1"), DeviceError(Reason.JAM)
    host.execute(once, SOON_S)
    host.execute(once, SOON_S)  # remembered: the driver does nothing
    fails_once = Utter("y", fails(refused))
    with pytest.raises(DeviceError):
        host.execute(fails_once, SOON_S)
    until(lambda: len(told) == 2)
    assert told[0] == (once, "x")
    assert told[1][0] is fails_once
    assert isinstance(told[1][1], DeviceError)
    assert told[1][1].reason is Reason.JAM


def test_whoever_is_told_of_a_result_does_not_end_the_thread(
    host: ThreadHost, caplog: pytest.LogCaptureFixture
) -> None:
    def told(request: Request[Any], outcome: object) -> Never:
        raise ValueError("a name")

    host.on_done = told
    host.start()
    assert host.execute(Utter("x"), SOON_S) == "x"
    assert host.execute(Utter("y"), SOON_S) == "y"
    assert set(messages(caplog, "drivers.hosting.host")) == {"result not told"}


def test_a_close_that_fails_or_takes_long_holds_nobody_up(
    host: ThreadHost,
    driver: BareDriver,
    caplog: pytest.LogCaptureFixture,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    gate = threading.Event()

    def close() -> Never:
        assert gate.wait(SOON_S)
        raise ValueError("a name")

    monkeypatch.setattr(driver, "close", close)
    host.start()
    failed = host.submit(Utter("x", fails(DeviceError(Reason.OFFLINE))), SOON_S)
    assert error_of(failed).reason is Reason.OFFLINE
    assert not gate.is_set()
    gate.set()
    assert host.execute(Utter("y"), SOON_S) == "y"
    assert "driver failed" in messages(caplog, "drivers.hosting.host")


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
def test_when_the_thread_ends_in_whatever_way_nobody_waits(
    host: ThreadHost, monkeypatch: pytest.MonkeyPatch
) -> None:
    def watch() -> Never:
        raise SystemExit

    monkeypatch.setattr(host, "_watch", watch)
    host._open = True  # no command opens the device before the first look
    waiting = [host.submit(Utter("x"), SOON_S) for _ in range(2)]
    host.start()
    assert [error_of(each).reason for each in waiting] == [Reason.CANCELLED] * 2
    assert error_of(host.submit(Utter("y"), SOON_S)).reason is Reason.CANCELLED


class Panic(BaseException):
    """As a library written in Rust raises it."""


@pytest.mark.parametrize("method", ["open", "status", "execute", "close"])
@pytest.mark.parametrize("ends", [SystemExit, Panic])
def test_a_library_that_ends_the_program_ends_no_thread(
    host: ThreadHost,
    driver: BareDriver,
    seen: list[Status],
    method: str,
    ends: type[BaseException],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    called = threading.Event()

    def end(*_: object) -> Never:
        called.set()
        raise ends("a name")

    host.start()
    until(lambda: host.status == ONLINE)
    with monkeypatch.context() as broken:
        broken.setattr(driver, method, end)
        if method in ("open", "close"):  # which a device that is gone for a moment brings about
            lost = host.submit(Utter("x", fails(DeviceError(Reason.OFFLINE))), SOON_S)
            assert error_of(lost).reason is Reason.OFFLINE
        if method == "execute":
            assert error_of(host.submit(Utter("x"), SOON_S)).reason is Reason.HARDWARE
        assert called.wait(SOON_S)
        until(lambda: any(status.state is not State.ONLINE for status in seen))
    until(lambda: host.status == ONLINE)
    assert host.execute(Utter("y"), SOON_S) == "y"
    assert "a name" not in repr(seen)


def test_a_listener_that_ends_the_program_ends_no_thread(driver: BareDriver) -> None:
    told: list[Status] = []

    def listen(status: Status) -> None:
        told.append(status)
        if len(told) == 1:
            raise SystemExit

    host = ThreadHost(driver, listen, pace=PACE)
    host.start()
    try:
        until(lambda: told.count(ONLINE) == 2)
        assert host.execute(Utter("y"), SOON_S) == "y"
    finally:
        host.stop()


@pytest.mark.parametrize("where", ["found", "now"])
def test_a_bug_in_open_or_status_does_not_end_the_thread(
    host: ThreadHost,
    driver: BareDriver,
    seen: list[Status],
    where: str,
    caplog: pytest.LogCaptureFixture,
) -> None:
    setattr(driver, where, ZeroDivisionError("oops"))
    host.start()
    until(lambda: seen and seen[-1].state is State.HARDWARE_ERROR)
    assert "oops" not in repr(seen)
    setattr(driver, where, None if where == "found" else ONLINE)
    until(lambda: host.status == ONLINE)


def test_a_command_to_a_device_that_cannot_be_opened_says_so(
    host: ThreadHost, driver: BareDriver
) -> None:
    driver.found = DeviceError(Reason.NO_DEVICE)
    host.start()
    with pytest.raises(DeviceError) as failed:
        host.execute(Utter("x"), SOON_S)
    assert failed.value.reason is Reason.NO_DEVICE
    assert not driver.said


def test_a_token_cancelled_before_its_turn(host: ThreadHost, driver: BareDriver) -> None:
    cancel = CancelToken()
    future = host.submit(Utter("x"), SOON_S, cancel)
    cancel.cancel()
    host.start()
    with pytest.raises(DeviceError) as failed:
        future.result(SOON_S)
    assert failed.value.reason is Reason.CANCELLED
    assert not driver.said


def test_a_future_cancelled_before_its_turn(host: ThreadHost, driver: BareDriver) -> None:
    future = host.submit(Utter("x"), SOON_S)
    assert future.cancel()
    host.start()
    assert host.execute(Utter("y"), SOON_S) == "y"
    with pytest.raises(CancelledError):
        future.result()
    assert driver.said == ["y"]


def test_a_command_whose_time_is_over_is_not_begun(host: ThreadHost, driver: BareDriver) -> None:
    gate = Gate()
    host.start()
    host.submit(Utter("long", gate), SOON_S)
    late = host.submit(Utter("late"), 0.01)
    assert gate.reached.wait(SOON_S)
    time.sleep(0.02)
    gate.opened.set()
    with pytest.raises(DeviceError) as failed:
        late.result(SOON_S)
    assert failed.value.reason is Reason.TIMEOUT
    assert driver.said == ["long"]


def test_a_command_whose_time_is_over_does_not_open_the_device(
    driver: BareDriver, seen: list[Status], monkeypatch: pytest.MonkeyPatch
) -> None:
    driver.found = DeviceError(Reason.NO_DEVICE)
    host = ThreadHost(driver, seen.append, pace=HostPace(poll_s=99, back_off_s=(99,)))
    host.start()
    until(lambda: seen)
    gate = Gate()

    def open_late() -> None:
        gate()
        BareDriver.open(driver)

    monkeypatch.setattr(driver, "open", open_late)
    futures = [host.submit(Utter("x"), SOON_S), *(host.submit(Utter("x"), 0.01) for _ in "abc")]
    assert gate.reached.wait(SOON_S)
    time.sleep(0.02)
    gate.opened.set()
    reasons = [error_of(future).reason for future in futures]
    host.stop()
    assert reasons == [Reason.NO_DEVICE, *[Reason.TIMEOUT] * 3]
    assert len(driver.times("open")) == 2  # by the host, and for the first


@pytest.mark.parametrize("where", ["found", "now"])
def test_of_a_command_for_which_the_device_is_not_found_nothing_was_begun(
    driver: BareDriver, where: str
) -> None:
    host = ThreadHost(driver, pace=HostPace(poll_s=99, back_off_s=(99,)))
    setattr(driver, where, DeviceError(Reason.OFFLINE, pages=None))
    future = host.submit(Utter("x"), SOON_S)
    host.start()
    error = error_of(future)
    host.stop()
    assert (error.reason, error.pages) == (Reason.OFFLINE, 0)


def test_whoever_waits_has_the_device_opened_within_their_own_time(driver: BareDriver) -> None:
    given: list[tuple[Deadline | None, CancelToken | None]] = []

    class Noting(ThreadHost):
        def _open_driver(self, deadline: Deadline | None, cancel: CancelToken | None) -> None:
            given.append((deadline, cancel))
            super()._open_driver(deadline, cancel)

    host, cancel = Noting(driver, pace=PACE), CancelToken()
    future = host.submit(Utter("x"), SOON_S, cancel)
    host.start()
    assert future.result(SOON_S) == "x"
    host.stop()
    ((deadline, token),) = given
    assert deadline
    assert deadline.remaining() <= SOON_S
    assert token is cancel


def test_a_command_that_is_cancelled_while_the_device_is_opened_is_not_begun(
    host: ThreadHost, driver: BareDriver, monkeypatch: pytest.MonkeyPatch
) -> None:
    gate = Gate()
    cancel = CancelToken()
    host.start()
    with pytest.raises(DeviceError):
        host.execute(Utter("x", fails(DeviceError(Reason.OFFLINE))), SOON_S)
    monkeypatch.setattr(driver, "open", gate)
    future = host.submit(Utter("y"), SOON_S, cancel)
    assert gate.reached.wait(SOON_S)
    cancel.cancel()
    gate.opened.set()
    assert error_of(future).reason is Reason.CANCELLED
    assert not driver.said


def test_between_commands_without_a_pause_the_device_is_looked_at(
    host: ThreadHost, driver: BareDriver, seen: list[Status]
) -> None:
    host.start()
    until(lambda: seen == [ONLINE])
    with kept_busy(host):
        driver.now = Status(State.ONLINE, paper=Supply.LOW)
        until(lambda: host.status == driver.now)


def test_commands_that_succeed_do_not_hide_a_device_that_says_nothing(
    host: ThreadHost, driver: BareDriver, seen: list[Status]
) -> None:
    """Some do not need the wire."""
    host.start()
    until(lambda: seen == [ONLINE])
    with kept_busy(host):
        driver.now = DeviceError(Reason.OFFLINE)
        until(lambda: len(seen) > 1)
    assert seen[1].state is State.OFFLINE


def test_a_device_that_a_command_has_found_again_is_told_well_at_once(
    driver: BareDriver, seen: list[Status]
) -> None:
    host = ThreadHost(driver, seen.append, pace=HostPace(poll_s=99, back_off_s=(99,)))
    host.start()
    until(lambda: seen == [ONLINE])
    with pytest.raises(DeviceError):
        host.execute(Utter("x", fails(DeviceError(Reason.OFFLINE))), SOON_S)
    assert host.status.state is State.OFFLINE
    working = Status(State.BUSY, detail="in the command")
    assert host.execute(Utter("y", lambda *_: seen.append(working)), SOON_S) == "y"
    host.stop()
    assert seen[2:] == [ONLINE, working]


def test_a_driver_that_does_not_come_back_holds_nobody_else_up(
    host: ThreadHost, driver: BareDriver
) -> None:
    gate = Gate()
    host.start()
    hung, waiting = host.submit(Utter("long", gate), SOON_S), host.submit(Utter("x"), SOON_S)
    assert gate.reached.wait(SOON_S)
    host.stop(0.01)
    late = host.submit(Utter("y"), SOON_S)
    assert error_of(waiting, 0).reason is Reason.CANCELLED
    assert error_of(late, 0).reason is Reason.CANCELLED
    assert not hung.done()
    gate.opened.set()
    assert hung.result(SOON_S) == "long"
    until(lambda: driver.calls[-1][0] == "close")


def test_who_waits_for_a_driver_that_does_not_come_back_is_told(
    host: ThreadHost, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(hosting, "HUNG_S", 0.05)
    gate = Gate()
    host.start()
    token = CancelToken()
    with pytest.raises(DeviceError, match="does not come back") as hung:
        host.execute(Utter("long", gate), 0.05, token)
    assert token.cancelled, "a driver that comes back works for nobody"
    assert (hung.value.reason, hung.value.device) == (Reason.OFFLINE, Kind.SPEAKER)
    assert hung.value.pages is None, "perhaps it has printed"
    for ask in (host.reset, host.self_test):
        with pytest.raises(DeviceError, match="does not come back"):
            ask(0.05)
    gate.opened.set()
    assert host.execute(Utter("x"), SOON_S) == "x"


def test_stop_cancels_what_runs_and_what_waits(host: ThreadHost, driver: BareDriver) -> None:
    started = threading.Event()

    def waits(speaker: BareDriver, cancel: CancelToken) -> Never:
        started.set()
        assert cancel.wait(SOON_S)
        raise DeviceError(Reason.CANCELLED)

    host.start()
    futures = [
        host.submit(Utter("long", waits), SOON_S),
        *(host.submit(Utter("x"), 9) for _ in "ab"),
    ]
    assert started.wait(SOON_S)
    host.stop()
    for future in futures:
        assert error_of(future, 0).reason is Reason.CANCELLED
    assert not driver.said
    assert driver.calls[-1][0] == "close"


@pytest.mark.parametrize("started", [False, True])
def test_nothing_waits_for_a_stopped_host(
    host: ThreadHost, driver: BareDriver, started: bool
) -> None:
    before = host.submit(Utter("x", lambda driver, cancel: cancel.wait(SOON_S)), SOON_S)
    if started:
        host.start()
    host.stop()
    after = host.submit(Utter("y"), SOON_S)
    assert error_of(after, 0).reason is Reason.CANCELLED
    assert before.done()
    assert "y" not in driver.said


# -- what every device can do --------------------------------------------------------------------


def test_a_host_says_what_it_has(host: ThreadHost) -> None:
    assert host.info == Info(Kind.SPEAKER, "test", "nowhere")
    assert host.requests == (Utter, UtterOnce)


def test_reset_and_self_test_take_their_turn(host: ThreadHost, driver: BareDriver) -> None:
    gate = Gate()
    host.start()
    host.submit(Utter("long", gate), SOON_S)
    assert gate.reached.wait(SOON_S)
    tested = threading.Thread(target=host.self_test)
    tested.start()
    assert not driver.times("self_test")
    gate.opened.set()
    tested.join(SOON_S)
    assert driver.times("self_test")
    assert host.self_test() == (Check("voice", True, "loud"),)
    host.reset()
    assert len(driver.times("reset")) == 1


def test_a_job_that_succeeded_is_not_done_again(host: ThreadHost, driver: BareDriver) -> None:
    host.start()
    for word in ("first", "second"):
        assert host.execute(UtterOnce(word), SOON_S) == "first"
    assert host.execute(UtterOnce("third", job="other"), SOON_S) == "third"
    driver.found = DeviceError(Reason.NO_DEVICE)
    with pytest.raises(DeviceError):
        host.execute(Utter("x", fails(DeviceError(Reason.OFFLINE))), SOON_S)
    assert host.execute(UtterOnce("fourth"), SOON_S) == "first"  # also of a device that has gone
    assert driver.said == ["first", "third"]


def test_a_job_that_failed_is_done_again(host: ThreadHost, driver: BareDriver) -> None:
    host.start()
    with pytest.raises(DeviceError):
        host.execute(UtterOnce("x", fails(DeviceError(Reason.JAM))), SOON_S)
    assert host.execute(UtterOnce("y"), SOON_S) == "y"


def test_jobs_are_forgotten_in_the_end(host: ThreadHost, driver: BareDriver) -> None:
    host.start()
    for number in range(REMEMBERED + 1):
        host.execute(UtterOnce(str(number), job=str(number)), SOON_S)
    assert host.execute(UtterOnce("again", job="1"), SOON_S) == "1"
    assert host.execute(UtterOnce("again", job="0"), SOON_S) == "again"


@pytest.mark.parametrize(
    "error",
    [
        DeviceError(Reason.JAM, pages=2),
        DeviceError(Reason.OFFLINE, "silent"),
        LostError(Reason.HARDWARE, "died", pages=None),
        ValueError("a bug"),
    ],
)
def test_every_error_of_a_command_names_the_device(
    host: ThreadHost, driver: BareDriver, error: Exception
) -> None:
    host.start()
    told = error_of(host.submit(Utter("x", fails(error)), SOON_S))
    assert told.device is Kind.SPEAKER
    if isinstance(error, DeviceError):
        assert (told.reason, told.detail, told.pages) == (error.reason, error.detail, error.pages)
        assert error.device is None, "the driver's own error was changed"


def test_every_error_of_a_command_that_never_begins_names_the_device(
    host: ThreadHost, driver: BareDriver
) -> None:
    cancelled = CancelToken()
    cancelled.cancel()
    futures = [host.submit(Utter("x"), SOON_S, cancelled), host.submit(Utter("x"), 0.0)]
    driver.found = DeviceError(Reason.NO_DEVICE, pages=None)
    host.start()
    errors = [error_of(future) for future in futures]
    errors.append(error_of(host.submit(Utter("x"), SOON_S)))
    host.stop()
    errors.append(error_of(host.submit(Utter("x"), SOON_S)))
    reasons = [Reason.CANCELLED, Reason.TIMEOUT, Reason.NO_DEVICE, Reason.CANCELLED]
    assert [error.reason for error in errors] == reasons
    assert {error.device for error in errors} == {Kind.SPEAKER}
    assert driver.found.device is None
    assert driver.found.pages is None, "the driver's own error was changed"


def test_a_second_start_does_nothing(host: ThreadHost, driver: BareDriver) -> None:
    host.start()
    host.start()
    assert host.execute(Utter("x"), SOON_S) == "x"
    assert len(driver.times("open")) == 1
    host.stop()
    host.start()
    assert error_of(host.submit(Utter("y"), SOON_S)).reason is Reason.CANCELLED
