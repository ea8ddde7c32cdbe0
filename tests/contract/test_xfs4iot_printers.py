"""Receipt and document printers over XFS4IoT against a machine on the wire, well and failing."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from drivers.device import (
    CancelToken,
    Deadline,
    DeviceError,
    Media,
    Reason,
    State,
    Status,
    Supply,
)
from drivers.document_printer.types import PagesPrinted, PrintDocument
from drivers.emulators.receipt_printer import drawn
from drivers.emulators.xfs4iot import XfsMachine
from drivers.hosting.thread_host import ThreadHost
from drivers.receipt_printer.encode import TextMode, encode
from drivers.receipt_printer.types import Align, Pair, Paragraph, Printed, PrintSlip, Rule, Slip
from drivers.xfs4iot import client, driver, printing
from drivers.xfs4iot.document_printer import XfsDocumentPrinter
from drivers.xfs4iot.receipt_printer import XfsReceiptPrinter
from tests.contract.xfs4iot_machines import check_frames, fails, host_of, made
from tests.waiting import PATIENCE_S as SOON_S
from tests.waiting import PROMPT_S, until

PRINT, RETRACT = "Printer.PrintRaw", "Printer.RetractMedia"
RECEIPT, DOCUMENT = "ReceiptPrinter", "DocumentPrinter"
SLIP = Slip(
    (
        Paragraph("住房公积金中心", Align.CENTRE, size=2, bold=True),
        Rule(),
        Pair("姓名", "欧阳𬭎㛃"),
        Pair("提取金额", "￥12,345.67", bold=True),
    )
)
OTHER = Slip((Paragraph("另一位办事人的凭条"),))
ONE_PAGE = b"%PDF-1.7\n1 0 obj <</Type /Pages>> 2 0 obj <</Type /Page>>\n%%EOF"
THREE_PAGES = b"%PDF-1.7\n<</Type /Pages>> " + b"<</Type /Page >> " * 3 + b"%%EOF"


@pytest.fixture
def machine() -> Iterator[XfsMachine]:
    emulator = XfsMachine()
    emulator.start()
    yield emulator
    emulator.stop()


@pytest.fixture
def host(machine: XfsMachine) -> Iterator[ThreadHost]:
    with host_of(machine, XfsReceiptPrinter, RECEIPT) as started:
        yield started


@pytest.fixture
def silent() -> Iterator[XfsMachine]:
    """A machine whose status does not tell what lies in the slot."""
    emulator = XfsMachine(tells_media=False)
    emulator.start()
    yield emulator
    emulator.stop()


def print_slip(host: ThreadHost, job: str = "a") -> Printed:
    return host.execute(PrintSlip(job, SLIP), SOON_S)


def failing(host: ThreadHost, seconds: float = SOON_S) -> DeviceError:
    return fails(host, PrintSlip("failing", SLIP), seconds)


def sent(machine: XfsMachine, name: str) -> list[Any]:
    """The payloads of all commands of that name, oldest first."""
    messages = [json.loads(text) for way, _, text in machine.look()["frames"] if way == "in"]
    return [one.get("payload") for one in messages if one["header"]["name"] == name]


# -- printing -------------------------------------------------------------------------------------


def test_a_slip(machine: XfsMachine, host: ThreadHost) -> None:
    assert print_slip(host) == Printed("a")
    assert machine.look()["slips"] == [encode(SLIP)]
    check_frames(machine)


@pytest.mark.parametrize(("text", "width"), [("gb18030", 384), ("raster", 576)])
def test_the_same_bytes_as_to_a_printer_of_our_own(
    machine: XfsMachine, text: str, width: int
) -> None:
    with host_of(machine, XfsReceiptPrinter, RECEIPT, text=text, width=width) as host:
        print_slip(host)
    assert machine.look()["slips"] == [encode(SLIP, width=width, text=TextMode(text))]


def test_a_slip_that_is_ejected_by_a_command(machine: XfsMachine) -> None:
    with host_of(machine, XfsReceiptPrinter, RECEIPT, eject=True) as host:
        print_slip(host)
        assert sent(machine, "Printer.ControlMedia") == [{"mediaControl": {"move": "eject"}}]
        machine.obey("take paper")
        machine.obey("fail", error="mediaJammed", command="Printer.ControlMedia")
        error = failing(host)
        assert (error.reason, error.pages) == (Reason.JAM, None)  # it is printed, and inside
    check_frames(machine)


def test_a_document(machine: XfsMachine) -> None:
    with host_of(machine, XfsDocumentPrinter, DOCUMENT) as host:
        result = host.execute(PrintDocument("a", THREE_PAGES, 3), SOON_S)
        assert result == PagesPrinted("a", 3)
        seen = machine.look()
        assert (seen["documents"], seen["pages"], seen["slips"]) == ([THREE_PAGES], 3, [])
        assert sent(machine, "Printer.PrintNative")[0]["mediaControl"] == {"move": "eject"}
    check_frames(machine)


def test_a_document_from_a_tray_without_a_movement(machine: XfsMachine) -> None:
    options: dict[str, Any] = {"move": "", "paper_source": "lower"}
    with host_of(machine, XfsDocumentPrinter, DOCUMENT, **options) as host:
        host.execute(PrintDocument("a", ONE_PAGE, 1), SOON_S)
    payload = sent(machine, "Printer.PrintNative")[0]
    assert {key for key, value in payload.items() if value} == {"data", "paperSource"}
    check_frames(machine)


def test_it_tells_that_it_prints(machine: XfsMachine) -> None:
    seen: list[Status] = []
    with host_of(machine, XfsReceiptPrinter, RECEIPT, on_status=seen.append) as host:
        seen.clear()
        print_slip(host)
        assert [(one.state, one.media) for one in seen] == [
            (State.BUSY, Media.UNKNOWN),
            (State.BUSY, Media.PRESENT),
            (State.ONLINE, Media.PRESENT),
        ]


# -- before a slip --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("order", "facts", "reason"),
    [
        ("paper out", {}, Reason.PAPER_OUT),
        ("jam", {}, Reason.JAM),
        ("toner out", {}, Reason.TONER_OUT),
        ("device", {"state": "offline"}, Reason.OFFLINE),
        ("device", {"state": "powerOff"}, Reason.OFFLINE),
        ("device", {"state": "noDevice"}, Reason.NO_DEVICE),
        ("device", {"state": "hardwareError"}, Reason.HARDWARE),
        ("device", {"state": "userError"}, Reason.OFFLINE),
        ("device", {"state": "fraudAttempt"}, Reason.HARDWARE),
        ("device", {"state": "potentialFraud"}, Reason.HARDWARE),
        ("device", {"state": "starting"}, Reason.OFFLINE),
        ("device", {"state": "brandNew"}, Reason.OFFLINE),
        ("mute", {}, Reason.OFFLINE),
        ("unplug", {}, Reason.NO_DEVICE),
    ],
)
def test_a_printer_that_cannot_print_gets_nothing(
    machine: XfsMachine,
    host: ThreadHost,
    monkeypatch: pytest.MonkeyPatch,
    order: str,
    facts: dict[str, Any],
    reason: Reason,
) -> None:
    if order == "mute":
        monkeypatch.setattr(driver, "STATUS_S", 0.3)
    machine.obey(order, **facts)
    error = failing(host)
    assert (error.reason, error.pages) == (reason, 0)
    assert machine.look()["slips"] == []
    machine.obey("well")
    machine.obey("plug")
    assert print_slip(host) == Printed("a")
    assert machine.look()["slips"] == [encode(SLIP)]


def test_a_connection_that_broke_while_idle_is_opened_again(
    machine: XfsMachine, host: ThreadHost
) -> None:
    machine.obey("unplug")
    machine.obey("plug")
    assert print_slip(host) == Printed("a")


# -- how a slip ends ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("error", "reason", "pages"),
    [
        ("paperOut", Reason.PAPER_OUT, 0),
        ("paperJammed", Reason.JAM, 0),
        ("mediaJammed", Reason.JAM, 0),
        ("tonerOut", Reason.TONER_OUT, 0),
        ("mediaRetracted", Reason.NOT_TAKEN, 0),
        ("mediaRetained", Reason.HARDWARE, 0),
        ("blackMark", Reason.HARDWARE, 0),
        ("shutterFail", Reason.HARDWARE, None),
        ("brandNew", Reason.HARDWARE, None),
    ],
)
def test_errors_of_the_printer(
    machine: XfsMachine, host: ThreadHost, error: str, reason: Reason, pages: int | None
) -> None:
    machine.obey("fail", error=error, command=PRINT, once=True)
    failed = failing(host)
    assert (failed.reason, failed.pages) == (reason, pages)
    assert print_slip(host) == Printed("a")


@pytest.mark.parametrize(
    ("code", "reason", "pages"),
    [
        ("canceled", Reason.CANCELLED, None),
        ("timeOut", Reason.TIMEOUT, None),
        ("hardwareError", Reason.HARDWARE, None),
        ("internalError", Reason.HARDWARE, None),
        ("userError", Reason.OFFLINE, None),
        ("fraudAttempt", Reason.HARDWARE, None),
        ("notEnoughSpace", Reason.HARDWARE, None),
        ("brandNew", Reason.HARDWARE, None),
        ("deviceNotReady", Reason.OFFLINE, 0),
        ("sequenceError", Reason.OFFLINE, 0),
        ("unsupportedCommand", Reason.UNSUPPORTED, 0),
        ("unsupportedData", Reason.UNSUPPORTED, 0),
        ("invalidCommand", Reason.UNSUPPORTED, 0),
        ("invalidData", Reason.UNSUPPORTED, 0),
        ("authorisationRequired", Reason.NOT_AUTHORISED, 0),
        ("authorizationRequired", Reason.NOT_AUTHORISED, 0),
    ],
)
def test_ends_of_the_command(
    machine: XfsMachine, host: ThreadHost, code: str, reason: Reason, pages: int | None
) -> None:
    machine.obey("refuse", code=code, command=PRINT, once=True)
    error = failing(host)
    assert (error.reason, error.pages) == (reason, pages)
    assert print_slip(host) == Printed("a")


def test_what_stops_a_slip_shows_in_the_status(machine: XfsMachine, host: ThreadHost) -> None:
    machine.obey("fail", error="paperOut", command=PRINT, once=True)
    failing(host)
    status = host.status
    assert (status.state, status.paper, status.problem) == (
        State.USER_ERROR,
        Supply.OUT,
        Reason.PAPER_OUT,
    )
    assert status.mend


@pytest.mark.parametrize("form", ["bytes", "text", "json", "deep"])
def test_garbage_in_place_of_an_answer(machine: XfsMachine, host: ThreadHost, form: str) -> None:
    machine.obey("garbage", form=form, command=PRINT, once=True)
    error = failing(host)
    assert (error.reason, error.pages) == (Reason.GARBLED, None)
    assert print_slip(host) == Printed("a")


def test_a_service_that_hangs_up_in_the_middle(machine: XfsMachine, host: ThreadHost) -> None:
    machine.obey("hang up", command=PRINT, once=True)
    error = failing(host)
    assert (error.reason, error.pages) == (Reason.OFFLINE, None)
    assert print_slip(host) == Printed("a")


def test_a_service_that_never_ends_a_command(
    machine: XfsMachine, host: ThreadHost, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(client, "CANCEL_S", 0.3)
    machine.obey("silence", command=PRINT, once=True)
    begun = time.monotonic()
    error = failing(host, seconds=0.5)
    assert (error.reason, error.pages) == (Reason.TIMEOUT, None)
    assert time.monotonic() - begun < PROMPT_S
    assert machine.look()["commands"].count("Printer.PrintRaw") == 0
    assert print_slip(host) == Printed("a")


def test_a_service_that_falls_silent(
    machine: XfsMachine, host: ThreadHost, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(client, "ACKNOWLEDGE_S", 0.3)
    machine.obey("mute", command="Printer.PrintRaw")
    machine.obey("no acknowledge", command="Printer.PrintRaw")
    machine.obey("silence", command="Printer.PrintRaw")
    error = failing(host)
    assert (error.reason, error.pages) == (Reason.OFFLINE, None)


def test_a_service_that_is_asked_too_much(machine: XfsMachine, host: ThreadHost) -> None:
    machine.obey("queue full", command=PRINT, once=True)
    error = failing(host)
    assert (error.reason, error.pages) == (Reason.OFFLINE, 0)
    check_frames(machine)
    assert print_slip(host) == Printed("a")


@pytest.mark.parametrize(
    "order", ["no acknowledge", "no code", "old code", "unknown fields", "unknown events"]
)
def test_services_that_are_a_little_different(
    machine: XfsMachine, host: ThreadHost, order: str
) -> None:
    machine.obey(order)
    assert print_slip(host) == Printed("a")
    machine.obey("take paper")
    machine.obey("fail", error="paperOut")
    if order != "no code":
        assert failing(host).reason is Reason.PAPER_OUT


def test_a_slow_service(machine: XfsMachine, host: ThreadHost) -> None:
    machine.obey("slow", seconds=0.5)
    begun = time.monotonic()
    assert print_slip(host) == Printed("a")
    assert time.monotonic() - begun >= 0.5


def test_a_slip_that_is_cancelled(machine: XfsMachine, host: ThreadHost) -> None:
    machine.obey("slow", seconds=SOON_S, command=PRINT)
    cancel = CancelToken()
    future = host.submit(PrintSlip("a", SLIP), SOON_S, cancel)
    until(lambda: bool(sent(machine, PRINT)))
    begun = time.monotonic()
    cancel.cancel()
    with pytest.raises(DeviceError) as caught:
        future.result()
    assert (caught.value.reason, caught.value.pages) == (Reason.CANCELLED, None)
    assert time.monotonic() - begun < PROMPT_S
    assert len(sent(machine, "Common.Cancel")) == 1
    assert machine.look()["slips"] == []
    check_frames(machine)


def test_a_slip_that_is_given_up_before_it_is_sent(
    machine: XfsMachine, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The citizen leaves as the service tells that the printer is well."""
    cancel = CancelToken()
    look = XfsReceiptPrinter._look

    def then_leave(*asked: Any) -> Any:
        facts = look(*asked)
        cancel.cancel()
        return facts

    one = made(machine, XfsReceiptPrinter, RECEIPT)
    one.open()
    one.execute(PrintSlip("a", SLIP), Deadline(SOON_S), CancelToken())
    machine.obey("take paper")
    monkeypatch.setattr(XfsReceiptPrinter, "_look", then_leave)
    with pytest.raises(DeviceError) as caught:
        one.execute(PrintSlip("b", SLIP), Deadline(SOON_S), cancel)
    one.close()
    assert (caught.value.reason, caught.value.pages) == (Reason.CANCELLED, 0)
    assert len(sent(machine, PRINT)) == 1
    check_frames(machine)


def test_a_slip_whose_time_is_over(machine: XfsMachine, host: ThreadHost) -> None:
    machine.obey("slow", seconds=SOON_S, command=PRINT)
    begun = time.monotonic()
    error = failing(host, seconds=0.5)
    assert (error.reason, error.pages) == (Reason.TIMEOUT, None)
    assert time.monotonic() - begun < PROMPT_S
    check_frames(machine)


# -- paper that is not taken ----------------------------------------------------------------------


def test_what_was_presented_is_there_until_it_is_taken(
    machine: XfsMachine, host: ThreadHost
) -> None:
    print_slip(host)
    until(lambda: host.status == Status(State.ONLINE, Media.PRESENT, Supply.FULL))
    machine.obey("take paper")
    until(lambda: host.status.media is not Media.PRESENT)
    print_slip(host, "b")
    assert machine.look()["bins"][RECEIPT] == 0
    assert len(sent(machine, RETRACT)) == 1  # before the first one, whatever lay there
    check_frames(machine)


def test_an_earlier_citizens_slip_is_drawn_back_first(machine: XfsMachine) -> None:
    with host_of(machine, XfsReceiptPrinter, RECEIPT) as host:
        print_slip(host, "a")
    with host_of(machine, XfsReceiptPrinter, RECEIPT) as host:  # the next visit's process
        until(lambda: host.status.media is Media.PRESENT)
        host.execute(PrintSlip("b", OTHER), SOON_S)
    assert sent(machine, RETRACT) == [{"mediaControl": "unit1"}] * 2
    moves = [name for name in machine.look()["commands"] if name.startswith("Printer.")]
    assert moves == [RETRACT, PRINT] * 2
    assert machine.look()["bins"][RECEIPT] == 1
    assert machine.look()["tray"][RECEIPT] == drawn(encode(OTHER))
    check_frames(machine)


def test_an_earlier_citizens_slip_of_which_the_status_says_nothing(silent: XfsMachine) -> None:
    with host_of(silent, XfsReceiptPrinter, RECEIPT) as host:
        print_slip(host, "a")
    with host_of(silent, XfsReceiptPrinter, RECEIPT) as host:
        assert host.status.media is Media.UNKNOWN
        host.execute(PrintSlip("b", OTHER), SOON_S)
    assert silent.look()["lying"][RECEIPT] == [encode(OTHER)]
    check_frames(silent)


def test_an_earlier_citizens_slip_that_looks_like_the_roll(machine: XfsMachine) -> None:
    machine.obey("auto retract", seconds=0.0, to="transport")
    with host_of(machine, XfsReceiptPrinter, RECEIPT) as host:
        print_slip(host, "a")
        until(lambda: not machine.look()["slots"][RECEIPT])
    machine.obey("auto retract", seconds=None)
    with host_of(machine, XfsReceiptPrinter, RECEIPT) as host:
        host.execute(PrintSlip("b", OTHER), SOON_S)
    assert machine.look()["lying"][RECEIPT] == [encode(OTHER)]
    check_frames(machine)


def test_a_slip_that_was_refused_was_not_the_first(machine: XfsMachine) -> None:
    with host_of(machine, XfsReceiptPrinter, RECEIPT) as host:
        print_slip(host, "a")
    machine.obey("auto retract", seconds=0.0, to="transport")
    with host_of(machine, XfsReceiptPrinter, RECEIPT) as host:
        print_slip(host, "a")
        until(lambda: not machine.look()["slots"][RECEIPT])
    machine.obey("auto retract", seconds=None)
    machine.obey("refuse", code="deviceNotReady", command=RETRACT, once=True)
    machine.obey("refuse", code="deviceNotReady", command=PRINT, once=True)
    with host_of(machine, XfsReceiptPrinter, RECEIPT) as host:
        assert failing(host).reason is Reason.OFFLINE
        host.execute(PrintSlip("b", OTHER), SOON_S)
    assert machine.look()["lying"][RECEIPT] == [encode(OTHER)]


@pytest.mark.parametrize(
    ("order", "facts"),
    [
        ("refuse", {"code": "invalidData"}),  # there is no bin
        ("refuse", {"code": "unsupportedCommand"}),
        ("refuse", {"code": "sequenceError"}),
        ("refuse", {"code": "timeOut"}),
        ("fail", {"error": "retractBinFull"}),  # told before it looks for paper
        ("queue full", {}),
    ],
)
def test_a_machine_that_draws_nothing_back_keeps_nobody_from_their_slip(
    machine: XfsMachine, host: ThreadHost, order: str, facts: dict[str, Any]
) -> None:
    machine.obey(order, command=RETRACT, **facts)
    assert print_slip(host) == Printed("a")
    assert len(sent(machine, RETRACT)) == 1


def test_a_document_printer_that_says_that_nothing_lies_there_moves_nothing(
    machine: XfsMachine,
) -> None:
    with host_of(machine, XfsDocumentPrinter, DOCUMENT) as host:
        host.execute(PrintDocument("a", ONE_PAGE, 1), SOON_S)
    assert sent(machine, RETRACT) == []


def test_an_earlier_citizens_sheet_that_cannot_be_drawn_back(machine: XfsMachine) -> None:
    machine.obey("auto retract", seconds=0.0, to="transport")
    with host_of(machine, XfsDocumentPrinter, DOCUMENT) as host:
        host.execute(PrintDocument("a", ONE_PAGE, 1), SOON_S)
        until(lambda: not machine.look()["slots"][DOCUMENT])
    machine.obey("bin", state="full", service=DOCUMENT)
    with host_of(machine, XfsDocumentPrinter, DOCUMENT) as host:
        error = fails(host, PrintDocument("b", THREE_PAGES, 3))
        assert (error.reason, error.pages) == (Reason.HARDWARE, 0)
    assert machine.look()["documents"] == [ONE_PAGE]


def test_an_earlier_citizens_sheet_on_the_transport_goes_into_the_bin(machine: XfsMachine) -> None:
    machine.obey("auto retract", seconds=0.0, to="transport")
    with host_of(machine, XfsDocumentPrinter, DOCUMENT) as host:
        host.execute(PrintDocument("a", ONE_PAGE, 1), SOON_S)
        until(lambda: not machine.look()["slots"][DOCUMENT])
    machine.obey("auto retract", seconds=None)
    with host_of(machine, XfsDocumentPrinter, DOCUMENT) as host:
        host.execute(PrintDocument("b", THREE_PAGES, 3), SOON_S)
    assert machine.look()["lying"][DOCUMENT] == [THREE_PAGES]
    check_frames(machine)


def test_the_machine_draws_a_slip_back_to_where_the_next_would_push_it_out(
    machine: XfsMachine, host: ThreadHost
) -> None:
    machine.obey("auto retract", seconds=0.0, to="transport")
    print_slip(host, "a")
    until(lambda: not machine.look()["slots"][RECEIPT])
    machine.obey("auto retract", seconds=None)
    host.execute(PrintSlip("b", OTHER), SOON_S)
    assert machine.look()["lying"][RECEIPT] == [encode(OTHER)]
    check_frames(machine)


def test_a_roll_under_the_print_head_is_no_paper_in_the_slot(
    machine: XfsMachine, host: ThreadHost
) -> None:
    until(lambda: host.status == Status(State.ONLINE, Media.UNKNOWN, Supply.FULL))
    print_slip(host)
    assert machine.look()["bins"][RECEIPT] == 0


def test_nothing_is_printed_upon_an_earlier_citizens_slip(machine: XfsMachine) -> None:
    with host_of(machine, XfsReceiptPrinter, RECEIPT) as host:
        print_slip(host, "a")
    machine.obey("bin", state="full")
    with host_of(machine, XfsReceiptPrinter, RECEIPT) as host:
        error = failing(host)
        assert (error.reason, error.pages) == (Reason.HARDWARE, 0)
        assert "lies in the slot" in error.detail
        machine.obey("take paper")
        assert print_slip(host, "b") == Printed("b")
    assert machine.look()["slips"] == [encode(SLIP)] * 2


def test_a_slip_that_is_taken_while_it_is_drawn_back(machine: XfsMachine) -> None:
    with host_of(machine, XfsReceiptPrinter, RECEIPT) as host:
        print_slip(host, "a")
    machine.obey("fail", error="noMediaPresent", command=RETRACT)
    with host_of(machine, XfsReceiptPrinter, RECEIPT) as host:
        assert print_slip(host, "b") == Printed("b")


def test_a_citizens_own_slip_is_waited_for(machine: XfsMachine, host: ThreadHost) -> None:
    print_slip(host, "a")
    future = host.submit(PrintSlip("b", OTHER), SOON_S)
    until(lambda: host.status == Status(State.BUSY, Media.PRESENT))
    assert machine.look()["slips"] == [encode(SLIP)]
    machine.obey("take paper")
    assert future.result() == Printed("b")
    assert machine.look()["lying"][RECEIPT] == [encode(OTHER)]
    assert machine.look()["bins"][RECEIPT] == 0
    check_frames(machine)


def test_a_citizen_who_leaves_their_own_slip_is_told_and_tries_again(
    machine: XfsMachine, host: ThreadHost, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(printing, "TAKE_S", 0.2)
    print_slip(host, "a")
    error = failing(host)
    assert (error.reason, error.pages) == (Reason.NOT_TAKEN, 0)
    assert error.mend
    seen = machine.look()
    assert (seen["lying"][RECEIPT], seen["bins"][RECEIPT]) == ([encode(SLIP)], 0)
    machine.obey("take paper")
    until(lambda: host.status.media is not Media.PRESENT)
    assert print_slip(host, "b") == Printed("b")


def test_an_answer_that_is_older_than_the_event_before_it(monkeypatch: pytest.MonkeyPatch) -> None:
    """The paper is taken between the service's look at its slot and its answer."""

    class Racing(XfsMachine):
        taken = True

        def _printer_status(self, printer: Any, service: str) -> Any:
            seen = super()._printer_status(printer, service)
            if not self.taken:
                self.taken = True
                self.obey("take paper")
            return seen

    racing = Racing()
    racing.start()
    with host_of(racing, XfsReceiptPrinter, RECEIPT) as host:
        print_slip(host, "a")
        until(lambda: host.status.media is Media.PRESENT)
        racing.taken = False
        until(lambda: host.status.media is not Media.PRESENT)
        assert print_slip(host, "b") == Printed("b")
    racing.stop()


def test_a_slip_cancelled_while_the_citizens_own_is_waited_for(
    machine: XfsMachine, host: ThreadHost
) -> None:
    print_slip(host, "a")
    cancel = CancelToken()
    future = host.submit(PrintSlip("b", SLIP), SOON_S, cancel)
    until(lambda: host.status.state is State.BUSY)
    cancel.cancel()
    with pytest.raises(DeviceError) as caught:
        future.result()
    assert (caught.value.reason, caught.value.pages) == (Reason.CANCELLED, 0)


def test_a_line_that_breaks_while_the_citizens_own_is_waited_for(
    machine: XfsMachine, host: ThreadHost
) -> None:
    print_slip(host, "a")
    future = host.submit(PrintSlip("b", SLIP), SOON_S)
    until(lambda: host.status.state is State.BUSY)
    machine.obey("unplug")
    with pytest.raises(DeviceError) as caught:
        future.result()
    assert (caught.value.reason, caught.value.pages) == (Reason.OFFLINE, 0)  # nothing was begun


def test_a_line_that_breaks_while_an_earlier_slip_is_drawn_back(machine: XfsMachine) -> None:
    with host_of(machine, XfsReceiptPrinter, RECEIPT) as host:
        print_slip(host, "a")
    machine.obey("hang up", command=RETRACT, once=True)
    with host_of(machine, XfsReceiptPrinter, RECEIPT) as host:
        error = failing(host)
        assert (error.reason, error.pages) == (Reason.OFFLINE, 0)  # nothing was begun
        assert host.execute(PrintSlip("b", OTHER), SOON_S) == Printed("b")
    assert machine.look()["lying"][RECEIPT] == [encode(OTHER)]


def test_drawing_back_that_never_ends_holds_up_one_slip_only(
    machine: XfsMachine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(printing, "RETRACT_S", 0.2)
    monkeypatch.setattr(printing, "ENDLESS_S", 0.1)
    with host_of(machine, XfsReceiptPrinter, RECEIPT) as host:
        print_slip(host, "a")
    machine.obey("silence", command=RETRACT, once=True)
    with host_of(machine, XfsReceiptPrinter, RECEIPT) as host:
        error = failing(host)
        assert (error.reason, error.pages) == (Reason.TIMEOUT, 0)
        assert host.execute(PrintSlip("b", OTHER), SOON_S) == Printed("b")
    assert machine.look()["lying"][RECEIPT] == [encode(OTHER)]


def test_a_slip_that_is_taken_while_nobody_listens(machine: XfsMachine, host: ThreadHost) -> None:
    print_slip(host, "a")
    until(lambda: host.status.media is Media.PRESENT)
    machine.obey("unplug")
    machine.obey("take paper")
    machine.obey("plug")
    until(lambda: host.status == Status(State.ONLINE, Media.UNKNOWN, Supply.FULL))
    assert print_slip(host, "b") == Printed("b")


def test_a_slip_that_lies_there_still_after_the_line_broke(
    machine: XfsMachine, host: ThreadHost, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(printing, "TAKE_S", 0.2)
    print_slip(host, "a")
    machine.obey("unplug")
    machine.obey("plug")
    until(lambda: host.status.media is Media.PRESENT)
    assert failing(host).reason is Reason.NOT_TAKEN
    assert machine.look()["bins"][RECEIPT] == 0  # their own: it is not drawn back


def test_a_slip_that_comes_to_the_slot_later(silent: XfsMachine) -> None:
    silent.obey("present late", seconds=0.1)
    with host_of(silent, XfsReceiptPrinter, RECEIPT) as host:
        print_slip(host)
        assert host.status.media is Media.UNKNOWN
        until(lambda: host.status.media is Media.PRESENT)
        silent.obey("take paper")
        until(lambda: host.status.media is Media.UNKNOWN)
    check_frames(silent)


def test_only_events_tell_of_the_slot(silent: XfsMachine) -> None:
    with host_of(silent, XfsReceiptPrinter, RECEIPT) as host:
        print_slip(host, "a")
        future = host.submit(PrintSlip("b", OTHER), SOON_S)
        until(lambda: host.status.state is State.BUSY)
        assert silent.look()["slips"] == [encode(SLIP)]
        silent.obey("take paper")
        assert future.result() == Printed("b")
    check_frames(silent)


def test_a_machine_that_draws_back_by_itself(machine: XfsMachine, host: ThreadHost) -> None:
    machine.obey("auto retract", seconds=0.1)
    print_slip(host)
    until(lambda: machine.look()["bins"][RECEIPT] == 1)
    until(lambda: host.status.media is not Media.PRESENT)
    machine.obey("auto retract", seconds=None)
    print_slip(host, "b")
    assert machine.look()["bins"][RECEIPT] == 1
    assert machine.look()["lying"][RECEIPT] == [encode(SLIP)]
    check_frames(machine)


def test_a_slip_cancelled_while_an_earlier_one_is_drawn_back(machine: XfsMachine) -> None:
    with host_of(machine, XfsReceiptPrinter, RECEIPT) as host:
        print_slip(host, "a")
    machine.obey("slow", seconds=0.5, command=RETRACT, once=True)
    with host_of(machine, XfsReceiptPrinter, RECEIPT) as host:
        cancel = CancelToken()
        future = host.submit(PrintSlip("b", SLIP), SOON_S, cancel)
        until(lambda: len(sent(machine, RETRACT)) == 2)
        cancel.cancel()
        with pytest.raises(DeviceError) as caught:
            future.result()
        assert (caught.value.reason, caught.value.pages) == (Reason.CANCELLED, 0)
        until(lambda: machine.look()["bins"][RECEIPT] == 1)  # what moves is not stopped in its way
        assert sent(machine, "Common.Cancel") == []
        assert print_slip(host, "c") == Printed("c")
        assert machine.look()["bins"][RECEIPT] == 1


def test_what_lies_too_long_is_drawn_back(machine: XfsMachine) -> None:
    with host_of(machine, XfsReceiptPrinter, RECEIPT, retract_after_s=0.1) as host:
        print_slip(host)
        until(lambda: machine.look()["bins"][RECEIPT] == 1)
        until(lambda: host.status.media is not Media.PRESENT)
        assert len(sent(machine, RETRACT)) == 2
    check_frames(machine)


def test_what_lies_too_long_and_cannot_be_drawn_back_is_told(
    machine: XfsMachine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(printing, "TAKE_S", 0.2)
    machine.obey("fail", error="retractBinFull", command=RETRACT)
    with host_of(machine, XfsReceiptPrinter, RECEIPT, retract_after_s=0.05) as host:
        print_slip(host)
        until(
            lambda: "lies in the slot: Printer.RetractMedia: retractBinFull" in host.status.detail
        )
        assert host.status.media is Media.PRESENT
        error = failing(host)
        assert error.pages == 0
        assert "lies in the slot" in error.detail
        assert machine.look()["slips"] == [encode(SLIP)]
        machine.obey("take paper")
        until(lambda: not host.status.detail)
        assert print_slip(host, "b") == Printed("b")


def test_what_is_just_drawn_back_is_waited_for(machine: XfsMachine) -> None:
    with host_of(machine, XfsReceiptPrinter, RECEIPT, retract_after_s=0.1) as host:
        machine.obey("slow", seconds=0.5, command=RETRACT)
        print_slip(host, "a")
        until(lambda: len(sent(machine, RETRACT)) == 2)
        host.execute(PrintSlip("b", OTHER), SOON_S)
    headers = [(way, json.loads(text)["header"]) for way, _, text in machine.look()["frames"]]
    order = [(way, one["type"], one["name"]) for way, one in headers]
    ended = [place for place, one in enumerate(order) if one == ("out", "completion", RETRACT)]
    begun = [place for place, one in enumerate(order) if one == ("in", "command", PRINT)]
    assert ended[1] < begun[1]


def test_a_line_that_breaks_while_what_lies_too_long_is_drawn_back(machine: XfsMachine) -> None:
    with host_of(machine, XfsReceiptPrinter, RECEIPT, retract_after_s=0.5) as host:
        print_slip(host, "a")
        machine.obey("hang up", command=RETRACT, once=True)
        until(lambda: machine.look()["bins"][RECEIPT] == 1)  # it is tried again
        assert print_slip(host, "b") == Printed("b")


# -- status ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("major", "state", "words"),
    [
        *((2, "full", "full"), (2, "high", "nearly full"), (2, "missing", "missing")),
        *((3, "full", "full"), (3, "high", "nearly full"), (3, "missing", "missing")),
        *((3, "inoperative", "out of order"), (3, "manipulated", "somebody was at")),
        (3, "notConfigured", "not set up"),
    ],
)
def test_the_retract_bin(machine: XfsMachine, major: int, state: str, words: str) -> None:
    machine.obey("version", major=major)
    machine.obey("bin", state=state)
    with host_of(machine, XfsReceiptPrinter, RECEIPT) as host:
        until(lambda: words in host.status.detail)
        assert host.status.usable
        assert host.status.mend
    check_frames(machine)


def test_little_paper(machine: XfsMachine, host: ThreadHost) -> None:
    machine.obey("paper low")
    until(lambda: host.status.paper is Supply.LOW)
    assert host.status.usable
    assert host.status.mend
    assert print_slip(host) == Printed("a")


def test_self_test(machine: XfsMachine, host: ThreadHost) -> None:
    assert all(check.passed for check in host.driver.self_test())
    machine.obey("paper out")
    failed = {check.name for check in host.driver.self_test() if not check.passed}
    assert failed == {"ready"}
    machine.obey("unplug")
    failed = {check.name for check in host.driver.self_test() if not check.passed}
    assert failed == {"service"}


def test_what_was_being_drawn_back_is_forgotten_by_a_reset(machine: XfsMachine) -> None:
    printer = made(machine, XfsReceiptPrinter, RECEIPT, retract_after_s=0.05)
    printer.open()
    try:
        printer.execute(PrintSlip("a", SLIP), Deadline(SOON_S), CancelToken())
        machine.obey("slow", seconds=0.3, command=RETRACT)
        machine.obey("refuse", code="canceled", command=RETRACT)
        until(lambda: printer.status() is not None and len(sent(machine, RETRACT)) == 2)
        printer.reset()
        assert printer.status() == Status(State.ONLINE, Media.UNKNOWN, Supply.FULL)
    finally:
        printer.close()


def test_an_answer_on_a_new_line_counts_whatever_was_told_on_the_old_one(
    machine: XfsMachine, monkeypatch: pytest.MonkeyPatch
) -> None:
    printer = made(machine, XfsReceiptPrinter, RECEIPT)
    printer.open()
    try:
        printer.execute(PrintSlip("a", SLIP), Deadline(SOON_S), CancelToken())
        machine.obey("slow", seconds=0.2, command=PRINT, once=True)
        with ThreadPoolExecutor(1) as pool:
            request = PrintSlip("b", OTHER)
            printing_b = pool.submit(printer.execute, request, Deadline(SOON_S), CancelToken())
            machine.obey("take paper")
            assert printing_b.result() == Printed("b")
        machine.obey("unplug")
        machine.obey("plug")
        monkeypatch.setattr(printing, "TAKE_S", 0.2)
        with pytest.raises(DeviceError) as caught:
            printer.execute(PrintSlip("c", SLIP), Deadline(SOON_S), CancelToken())
        assert caught.value.reason is Reason.NOT_TAKEN
    finally:
        printer.close()


def test_reset(machine: XfsMachine) -> None:
    printer = made(machine, XfsReceiptPrinter, RECEIPT)
    printer.open()
    try:
        printer.reset()
        assert sent(machine, "Printer.Reset") == [{"mediaControl": "unit1"}]
        machine.obey("jam")
        with pytest.raises(DeviceError) as caught:
            printer.reset()
        assert caught.value.reason is Reason.JAM
    finally:
        printer.close()
    check_frames(machine)


# -- documents ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("order", "facts", "reason", "one", "three"),
    [
        ("paper out", {"after_pages": 1}, Reason.PAPER_OUT, None, None),
        ("jam", {"after_pages": 0}, Reason.JAM, 0, None),
        ("fail", {"error": "blackMark"}, Reason.HARDWARE, 0, 0),
        ("fail", {"error": "sourceInvalid"}, Reason.UNSUPPORTED, 0, 0),
        ("fail", {"error": "mediaOverflow"}, Reason.UNSUPPORTED, 0, None),
        ("fail", {"error": "retractBinFull"}, Reason.HARDWARE, None, None),
        ("fail", {"error": "stackerFull"}, Reason.HARDWARE, None, None),
    ],
)
def test_pages_of_a_document_that_failed(
    machine: XfsMachine,
    order: str,
    facts: dict[str, Any],
    reason: Reason,
    one: int | None,
    three: int | None,
) -> None:
    with host_of(machine, XfsDocumentPrinter, DOCUMENT) as host:
        for pdf, pages, known in ((ONE_PAGE, 1, one), (THREE_PAGES, 3, three)):
            if order == "paper out" and pages == 1:
                continue  # one page still comes out
            machine.obey(order, service=DOCUMENT, **facts)
            error = fails(host, PrintDocument(f"{pages}", pdf, pages))
            assert (error.reason, error.pages) == (reason, known)
            machine.obey("well")
    check_frames(machine)


def test_a_document_that_is_none(machine: XfsMachine) -> None:
    with host_of(machine, XfsDocumentPrinter, DOCUMENT) as host:
        error = fails(host, PrintDocument("a", b"PK\x03\x04", 1))
        assert (error.reason, error.pages) == (Reason.UNSUPPORTED, 0)


def test_a_document_that_is_cancelled_between_its_pages() -> None:
    machine = XfsMachine(seconds_per_page=0.3)
    machine.start()
    try:
        with host_of(machine, XfsDocumentPrinter, DOCUMENT) as host:
            cancel = CancelToken()
            job = PrintDocument("a", THREE_PAGES, 3)
            future = host.submit(job, SOON_S, cancel)
            until(lambda: machine.look()["pages"] == 1)
            cancel.cancel()
            with pytest.raises(DeviceError) as caught:
                future.result()
            assert (caught.value.reason, caught.value.pages) == (Reason.CANCELLED, None)
            assert machine.look()["pages"] < 3
    finally:
        machine.stop()


# -- versions -------------------------------------------------------------------------------------


def test_a_machine_of_version_2(machine: XfsMachine) -> None:
    machine.obey("version", major=2)
    with host_of(machine, XfsReceiptPrinter, RECEIPT, eject=True) as host:
        assert print_slip(host) == Printed("a")
    with host_of(machine, XfsDocumentPrinter, DOCUMENT) as host:
        host.execute(PrintDocument("a", ONE_PAGE, 1), SOON_S)
    assert sent(machine, "Printer.ControlMedia") == [{"mediaControl": {"eject": True}}]
    assert sent(machine, "Printer.PrintNative")[0]["mediaControl"] == {"eject": True}
    assert sent(machine, "Common.SetVersions") == []  # there is nothing to choose
    check_frames(machine)


def test_a_machine_of_version_3_is_told_what_we_speak(
    machine: XfsMachine, host: ThreadHost
) -> None:
    (chosen,) = sent(machine, "Common.SetVersions")
    assert chosen["commands"]["Printer.PrintRaw"] == 3
    assert chosen["commands"]["Common.Status"] == 2
    assert chosen["events"]["Common.StatusChangedEvent"] == 3
    assert "Printer.PaperThresholdEvent" not in chosen["events"]  # nobody listens to it


@pytest.mark.parametrize(
    ("order", "facts"),
    [("refuse", {"code": "unsupportedData"}), ("queue full", {})],
)
def test_a_machine_that_does_not_want_to_be_told(
    machine: XfsMachine, order: str, facts: dict[str, Any]
) -> None:
    machine.obey(order, command="Common.SetVersions", **facts)
    with host_of(machine, XfsReceiptPrinter, RECEIPT) as host:
        assert print_slip(host) == Printed("a")
        until(lambda: host.status.media is Media.PRESENT)
    check_frames(machine)


def test_a_machine_is_spoken_to_in_the_versions_that_it_offers() -> None:
    machine = XfsMachine(minor=2)
    machine.start()
    try:
        with host_of(machine, XfsReceiptPrinter, RECEIPT, eject=True) as host:
            assert print_slip(host) == Printed("a")
        frames = [json.loads(text) for way, _, text in machine.look()["frames"] if way == "in"]
        spoken = {one["header"]["name"]: one["header"]["version"] for one in frames}
        assert spoken["Printer.PrintRaw"] == "3.2"
        assert spoken["Common.Status"] == spoken["Common.SetVersions"] == "2.2"
    finally:
        machine.stop()
    check_frames(machine)


def test_a_machine_that_is_too_old(machine: XfsMachine) -> None:
    machine.obey("version", major=1)
    printer = made(machine, XfsReceiptPrinter, RECEIPT)
    with pytest.raises(DeviceError) as caught:
        printer.open()
    printer.close()
    assert caught.value.reason is Reason.UNSUPPORTED
    assert "Printer.PrintRaw 1.0" in caught.value.detail
    assert caught.value.mend
