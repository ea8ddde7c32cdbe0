"""What one citizen leaves in the devices is not for the next: half a slip, above all."""

from __future__ import annotations

import threading
import time

import msgspec
import pytest

from drivers.device import Check, Driver, Info, Kind, Media, State, Status
from drivers.hosting.thread_host import ThreadHost
from kiosk.endings import How
from kiosk.terminal.leftovers import Leftovers
from kiosk.terminal.terminal import Terminal
from kiosk.visit.steps import (
    Attract,
    Choose,
    EnterSmsCode,
    Farewell,
    Menu,
    PaperReady,
    PresentIdCard,
    Preview,
    PrintingDocument,
    Problem,
)
from kiosk.visit.troubles import MENU, RETRY
from kiosk.words import Language, say
from kiosk.workshop.sandbox import personas
from tests.services.hall import Citizen, Hall
from tests.waiting import PATIENCE_S, PROMPT_S, until

pytestmark = pytest.mark.usefixtures("checkers")


@pytest.fixture
def here(_hall: Hall) -> Hall:
    _hall.well()
    _hall.slips.obey("tear")
    return _hall


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


@pytest.mark.parametrize("end", ["left", "idle"])
def test_a_card_that_is_forgotten_is_told_until_it_is_taken(here: Hall, end: How) -> None:
    with here.visit() as citizen:
        citizen.chooses(Attract, "start")
        citizen.puts("P01")
        citizen.sees(EnterSmsCode)
        if end == "left":
            citizen.terminal.dialogue.leave(citizen.ticket)
        else:
            citizen.terminal.dialogue.time_out(end)
        for _ in range(2):
            assert citizen.sees(Farewell).lies
            citizen.press("bye")
        assert citizen.sees(Farewell).lies
        here.reader.obey("lift")
        until(lambda: citizen.terminal.statuses()[Kind.ID_CARD].media is not Media.PRESENT)
        citizen.press("bye")
        if end == "left":
            assert not citizen.sees(Farewell).lies
            citizen.press("bye")
        assert citizen.ended() == end


def test_a_card_of_the_citizen_before_is_lifted_and_the_page_goes_on(
    here: Hall, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("drivers.id_card.sdt.LIFT_S", 0.3)
    with here.visit() as citizen:
        citizen.chooses(Attract, "start")
        citizen.puts("P13")  # whom the centre does not take
        citizen.chooses(Problem, RETRY)
        assert not citizen.sees(PresentIdCard).lies
        ticket = citizen.ticket
        while not getattr(citizen.glass.amended.get(timeout=PATIENCE_S), "lies", False):
            pass
        here.reader.obey("lift")
        here.reader.obey("put", **personas.load()["P01"].card())
        citizen.sees(EnterSmsCode)
        assert citizen.ticket == ticket + 1, "the time that nobody has touched it ran on"


def prints(citizen: Citizen, fault: str) -> None:
    """Press 打印; the printer has the fault only since the preview is shown."""
    citizen.signs_in()
    citizen.press("deposit-certificate")
    citizen.press(citizen.sees(Choose).options[0].key)
    citizen.sees(Preview)
    citizen.hall.sheets.obey(fault)
    citizen.press("print")
    citizen.sees(PrintingDocument)


def told_meanwhile(citizen: Citizen) -> str | None:
    """What the page of the print tells next of its trouble, in a citizen's words."""
    while isinstance(step := citizen.glass.amended.get(timeout=PATIENCE_S), Attract):
        pass
    assert isinstance(step, PrintingDocument)
    return say(step.held_up.title, Language.ZH) if step.held_up else None


def patient(here: Hall) -> Citizen:
    settings = here.settings(5.0)
    printer = {**settings.devices[Kind.DOCUMENT_PRINTER], "patience_s": 20.0}
    devices = {**settings.devices, Kind.DOCUMENT_PRINTER: printer}
    return Citizen(here, msgspec.structs.replace(settings, devices=devices))


def test_a_trouble_of_the_printer_is_told_while_it_prints_and_until_it_is_over(here: Hall) -> None:
    citizen = patient(here)
    try:
        prints(citizen, "paper out")
        assert told_meanwhile(citizen) == "A4 打印机缺纸"
        here.sheets.obey("refill")
        assert told_meanwhile(citizen) is None
        citizen.sees(PaperReady)
    finally:
        citizen.go_away()


def test_who_leaves_a_print_that_is_held_up_cancels_it(here: Hall) -> None:
    citizen = patient(here)
    try:
        prints(citizen, "jam")
        assert told_meanwhile(citizen) == "A4 打印机卡纸"
        printed = here.sheets.look()["sheets"]
        assert citizen.leaves() == "left"  # long before the driver's own patience is over
        assert here.sheets.look()["sheets"] == printed
    finally:
        citizen.go_away()


def test_who_leaves_waits_for_no_answer_of_the_centre(here: Hall) -> None:
    with here.visit(read_s=30.0) as citizen:
        citizen.signs_in("P03")
        here.here.fault("/v1/loans", "latency", seconds=20.0)
        citizen.press("loan")
        time.sleep(0.2)  # the call is under way
        began = time.monotonic()
        assert citizen.leaves() == "left"
        here.here.ask("DELETE", "/faults")
        assert time.monotonic() - began < PROMPT_S


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
        until(lambda: citizen.terminal.statuses()[Kind.ID_CARD].media is not Media.PRESENT)
        citizen.terminal.quit(2.5)
        assert here.slips.look()["waiting"] == 0, "the rest of the slip still comes out"
        assert not hangs.came_back
        freed.set()
        citizen.chooses(Problem, MENU)
