"""What an earlier citizen left is reset until that has come about, and before any new paper."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from typing import Any

import pytest

from drivers.device import Check, DeviceError, Driver, Info, Kind, Reason, State, Status
from drivers.hosting.host import HostPace
from drivers.hosting.thread_host import ThreadHost
from kiosk.terminal import leftovers
from kiosk.terminal.leftovers import SLIPS, Leftovers
from tests.waiting import PATIENCE_S as SOON_S
from tests.waiting import until

PACE = HostPace(poll_s=0.01, back_off_s=(0.01,))


class Printer(Driver):
    """A device without a wire: who resets it, and when, is what is tested here."""

    info = Info(SLIPS, "test", "nowhere")
    requests = ()

    def __init__(self) -> None:
        super().__init__()
        self.now = Status(State.ONLINE)
        self.answers: list[DeviceError] = []  # to the next resets; then all is well
        self.freed = threading.Event()
        self.freed.set()
        self.resets = 0

    def open(self) -> None: ...
    def close(self) -> None: ...

    def status(self) -> Status:
        return self.now

    def reset(self) -> None:
        assert self.freed.wait(SOON_S)
        self.resets += 1
        if self.answers:
            raise self.answers.pop(0)

    def self_test(self) -> tuple[Check, ...]:
        return ()

    def execute(self, *_: Any) -> None: ...


@pytest.fixture
def printer(monkeypatch: pytest.MonkeyPatch) -> Printer:
    monkeypatch.setattr(leftovers, "AGAIN_S", 0.01)
    return Printer()


@pytest.fixture
def done() -> threading.Event:
    return threading.Event()


@pytest.fixture
def sweep(printer: Printer, done: threading.Event) -> Iterator[Leftovers]:
    hosts = {
        kind: ThreadHost(printer, pace=PACE) for kind in (SLIPS, Kind.SENSORS, Kind.VENDOR_MODE)
    }
    hosts[SLIPS].start()
    one = Leftovers(hosts, done.set)
    yield one
    one.end()
    printer.freed.set()
    hosts[SLIPS].stop()


def test_paper_waits_until_what_was_left_is_gone(
    sweep: Leftovers, printer: Printer, done: threading.Event
) -> None:
    printer.freed.clear()
    sweep.begin()
    came: list[int] = []

    def print_slip() -> None:
        sweep.await_device(SLIPS)
        came.append(1)

    paper = threading.Thread(target=print_slip)
    paper.start()
    time.sleep(0.05)
    assert (came, done.is_set()) == ([], False)
    printer.freed.set()
    paper.join(SOON_S)
    assert (came, done.is_set(), printer.resets) == ([1], True, 1)


def test_it_waits_no_longer_than_a_citizen_does(
    sweep: Leftovers, printer: Printer, done: threading.Event, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(leftovers, "PATIENCE_S", 0.05)
    printer.now = Status(State.USER_ERROR, problem=Reason.COVER_OPEN, detail="open", mend="close")
    printer.answers = [DeviceError(Reason.COVER_OPEN)]
    until(lambda: sweep._hosts[SLIPS].status == printer.now)
    sweep.begin()
    with pytest.raises(DeviceError) as caught:
        sweep.await_device(SLIPS)
    error = caught.value
    assert (error.reason, error.mend, error.pages) == (Reason.COVER_OPEN, "close", 0)
    assert printer.resets == 1  # the rest when the cover is closed
    printer.now = Status(State.ONLINE)
    assert done.wait(SOON_S)
    sweep.await_device(SLIPS)
    assert printer.resets == 2


def test_a_device_that_refuses_though_it_is_usable_is_taken_as_it_is(
    sweep: Leftovers, printer: Printer, done: threading.Event
) -> None:
    printer.answers = [DeviceError(Reason.UNSUPPORTED)] * 9
    sweep.begin()
    sweep.await_device(SLIPS)
    assert printer.resets == leftovers.REFUSALS
    assert not done.is_set()  # the next visit tries again


def test_what_was_never_begun_holds_nothing_up(sweep: Leftovers, printer: Printer) -> None:
    sweep.await_device(SLIPS)
    sweep.begin()
    for kind in (Kind.SENSORS, Kind.VENDOR_MODE, Kind.SPEAKER):
        sweep.await_device(kind)  # they hold nothing, or are not there


def test_without_a_printer_of_slips_nothing_is_left(done: threading.Event) -> None:
    Leftovers({}, done.set).begin()
    assert done.is_set()
