"""What one citizen leaves in the devices is not for the next: half a slip, above all."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

import pytest

from drivers.device import Check, Driver, Info, Kind, State, Status
from drivers.hosting.thread_host import ThreadHost
from kiosk.terminal.leftovers import Leftovers
from kiosk.terminal.terminal import Terminal
from kiosk.visit.steps import Menu, PaperReady, Problem
from kiosk.visit.troubles import MENU
from tests.services.hall import Citizen, Hall

PATIENCE_S = 15.0


@pytest.fixture
def here(_hall: Hall) -> Hall:
    _hall.well()
    _hall.slips.obey("tear")
    return _hall


def until(holds: Callable[[], bool]) -> None:
    end = time.monotonic() + PATIENCE_S
    while not holds():
        assert time.monotonic() < end, "it did not happen"
        time.sleep(0.01)


def stops_a_slip(here: Hall, citizen: Citizen, persona: str) -> None:
    here.slips.obey("slow", dots_per_s=150)
    citizen.orders_a_slip(persona)
    until(lambda: here.slips.look()["hanging"] > 200)
    here.slips.obey("open cover")
    citizen.chooses(Problem, MENU)
    citizen.sees(Menu)
    here.slips.obey("well", fault="slow")


def test_half_a_slip_of_one_citizen_is_not_on_the_slip_of_the_next(
    here: Hall, caplog: pytest.LogCaptureFixture
) -> None:
    with here.visit() as first:
        stops_a_slip(here, first, "P06")
        assert first.leaves() == "left"
        assert first.leftovers == [True]
    with here.visit(leftovers=True) as second:
        until(lambda: "device not reset" in caplog.messages)  # the cover is still open
        assert second.leftovers == []
        assert here.slips.look()["slips"] == []
        here.slips.obey("close cover")
        until(lambda: second.leftovers == [False])
        assert here.slips.look()["hanging"] == 0
        second.orders_a_slip("P03")
        second.sees(PaperReady)
        assert second.leaves() == "left"
        assert second.leftovers == [False]
    half, slip = here.slips.look()["texts"]
    assert half
    assert half == slip[: len(half)], "the same beginning, once on each paper"
    assert slip.count(half[0]) == 1
    assert "王*" in "".join(slip)


def test_a_visit_with_whole_slips_wastes_no_paper_on_the_next(here: Hall) -> None:
    with here.visit() as citizen:
        citizen.orders_a_slip("P03")
        citizen.sees(PaperReady)
        assert citizen.leaves() == "left"
        assert citizen.leftovers == []
    assert len(here.slips.look()["slips"]) == 1


class Hangs(Driver):
    """Its library does not come back from a reset."""

    info = Info(Kind.CAMERA, "hangs", "nowhere")
    requests = ()

    def __init__(self, freed: threading.Event) -> None:
        super().__init__()
        self._freed = freed
        self.came_back = False

    def open(self) -> None: ...
    def close(self) -> None: ...

    def status(self) -> Status:
        return Status(State.ONLINE)

    def reset(self) -> None:
        self._freed.wait(PATIENCE_S)
        self.came_back = True

    def self_test(self) -> tuple[Check, ...]:
        return ()

    def execute(self, *_: object) -> None: ...


def test_a_device_that_hangs_keeps_no_other_unreset(here: Hall) -> None:
    freed = threading.Event()
    done = threading.Event()
    hangs = Hangs(freed)
    terminal = Terminal(here.settings(5.0), lambda how: None)
    hosts = {Kind.CAMERA: ThreadHost(hangs), **terminal._hosts}
    for host in hosts.values():
        host.start()
    leftovers = Leftovers(hosts, done.set)
    try:
        leftovers.begin()
        assert done.wait(PATIENCE_S)
        leftovers.await_device(Kind.RECEIPT_PRINTER)
        assert not hangs.came_back
    finally:
        freed.set()
        leftovers.end()
        for host in hosts.values():
            host.stop()


def test_quitting_ends_what_the_printers_do_and_waits_for_no_driver_for_ever(here: Hall) -> None:
    freed = threading.Event()
    with here.visit() as citizen:
        here.slips.obey("slow", dots_per_s=150)
        citizen.orders_a_slip("P06")
        until(lambda: here.slips.look()["hanging"] > 200)
        hangs = Hangs(freed)
        hung = ThreadHost(hangs)
        hung.start()
        threading.Thread(target=hung.reset, daemon=True).start()
        citizen.terminal._hosts = {Kind.CAMERA: hung, **citizen.terminal._hosts}
        until(lambda: hung._running is not None)
        citizen.terminal.quit(2.5)
        assert here.slips.look()["waiting"] == 0, "the rest of the slip still comes out"
        assert not hangs.came_back
        freed.set()
        citizen.chooses(Problem, MENU)
