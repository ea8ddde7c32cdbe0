"""The A4 printer's contract: the shipped driver against the emulated printer, over TCP."""

from __future__ import annotations

import hashlib
import io
import select
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pypdfium2
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from PIL import Image

from drivers.catalogue import create
from drivers.device import CancelToken, Deadline, DeviceError, Kind, Reason, State, Status, Supply
from drivers.document_printer import transport
from drivers.document_printer.ipp import IppPrinter, _RefusedError
from drivers.document_printer.names import IppOperation, IppStatus
from drivers.document_printer.types import PagesPrinted, PrintDocument, ReadSupplies
from drivers.emulators.document_printer import DocumentPrinter
from drivers.hosting.thread_host import ThreadHost
from tests.waiting import PATIENCE_S

QUICK: dict[str, Any] = {
    "answer_s": 1.0,
    "poll_s": 0.02,
    "patience_s": 0.12,
    "stall_s": 5.0,
    "settle_s": 2.0,
}


def a_pdf(pages: int = 3) -> bytes:
    """A PDF of blank A4 pages, each a little narrower than the one before."""
    document = pypdfium2.PdfDocument.new()
    for number in range(pages):
        document.new_page(595 - number, 842).close()
    file = io.BytesIO()
    document.save(file)
    document.close()
    return file.getvalue()


THREE = a_pdf()
ONLY_PRINT_JOB = (IppOperation.CREATE_JOB, IppOperation.SEND_DOCUMENT, IppOperation.VALIDATE_JOB)


def a_job(name: str = "job-1", pdf: bytes = THREE, pages: int = 3) -> PrintDocument:
    return PrintDocument(name, pdf, pages, title="certificate")


class PrinterStand:
    """A printer, its driver, the host it runs in, and every status it told."""

    def __init__(self, printer: DocumentPrinter, **settings: Any) -> None:
        self.printer = printer
        self.told: list[Status] = []
        settings = {"uri": printer.address, **QUICK, **settings}
        self.driver = create(Kind.DOCUMENT_PRINTER, "ipp", settings)
        self.host = ThreadHost(self.driver, self.told.append)

    def print(self, job: PrintDocument | None = None, seconds: float = PATIENCE_S) -> PagesPrinted:
        return self.host.execute(job or a_job(), seconds)

    def begin(
        self, seconds: float = PATIENCE_S, cancel: CancelToken | None = None
    ) -> Future[PagesPrinted]:
        return self.host.submit(a_job(), seconds, cancel)

    def failure(self, job: PrintDocument | None = None, seconds: float = PATIENCE_S) -> DeviceError:
        with pytest.raises(DeviceError) as caught:
            self.print(job, seconds)
        return caught.value

    def until(self, holds: Callable[[], object], seconds: float = PATIENCE_S) -> None:
        end = time.monotonic() + seconds
        while not holds():
            assert time.monotonic() < end, f"not in time; told {self.told}, {self.sheets()} sheets"
            time.sleep(0.005)

    def sheets(self) -> int:
        return len(self.printer.look()["sheets"])

    def job_states(self) -> list[str]:
        return [job["state"] for job in self.printer.look()["jobs"]]


@contextmanager
def standing(settings: dict[str, Any] | None = None, **printer: Any) -> Iterator[PrinterStand]:
    device = DocumentPrinter(**{"seconds_per_page": 0.02, **printer})
    device.start()
    stand = PrinterStand(device, **(settings or {}))
    stand.host.start()
    try:
        yield stand
    finally:
        stand.host.stop()
        device.stop()


@pytest.fixture
def stand() -> Iterator[PrinterStand]:
    with standing() as one:
        yield one


def failure_of(future: Future[PagesPrinted]) -> DeviceError:
    with pytest.raises(DeviceError) as caught:
        future.result(PATIENCE_S)
    return caught.value


# -- printing --------------------------------------------------------------------------------------


def test_prints_every_page_and_says_so(stand: PrinterStand) -> None:
    assert stand.print() == PagesPrinted("job-1", 3)
    seen = stand.printer.look()
    assert seen["documents"] == [THREE]
    assert [Image.open(io.BytesIO(sheet)).width for sheet in seen["sheets"]] == [595, 594, 593]
    assert seen["jobs"] == [
        {"number": 1, "name": "certificate", "user": "terminal", "state": "COMPLETED", "pages": 3}
    ]


def test_a_job_that_succeeded_is_never_printed_again(stand: PrinterStand) -> None:
    assert stand.print() == stand.print() == PagesPrinted("job-1", 3)
    assert stand.sheets() == 3
    stand.print(a_job("job-2"))
    assert stand.sheets() == 6


def test_a_job_that_failed_may_be_printed_again(stand: PrinterStand) -> None:
    stand.printer.obey("paper out")
    assert stand.failure().reason is Reason.PAPER_OUT
    stand.printer.obey("refill")
    assert stand.print() == PagesPrinted("job-1", 3)
    assert stand.sheets() == 3


def test_prints_on_a_printer_that_knows_only_print_job() -> None:
    without = (IppOperation.CREATE_JOB, IppOperation.SEND_DOCUMENT, IppOperation.VALIDATE_JOB)
    with standing(without=without) as stand:
        assert stand.print() == PagesPrinted("job-1", 3)
        stand.printer.obey("jam", after_pages=1)
        error = stand.failure(a_job("job-2"))
        assert (error.reason, error.pages) == (Reason.JAM, 1)


@pytest.mark.parametrize("versions", [((1, 1),), ((1, 0),), ((1, 0), (1, 1))])
def test_prints_on_a_printer_of_an_older_version(versions: tuple[tuple[int, int], ...]) -> None:
    with standing(versions=versions) as old:
        assert old.print() == PagesPrinted("job-1", 3)


def test_the_number_of_a_request_is_not_compared(monkeypatch: pytest.MonkeyPatch) -> None:
    """A connection carries one request, and the firmware of some printers always answers 1."""
    answer = DocumentPrinter._answer
    with standing() as stand:
        monkeypatch.setattr(
            DocumentPrinter,
            "_answer",
            lambda self, request: replace(answer(self, request), request_id=1),
        )
        assert stand.print() == PagesPrinted("job-1", 3)
        assert stand.print(a_job("job-2")) == PagesPrinted("job-2", 3)


def test_a_printer_of_no_version_at_all_says_so() -> None:
    with standing(versions=((3, 0),)) as strange:
        assert "VERSION_NOT_SUPPORTED (0x0503)" in strange.failure().detail


def test_prints_where_a_made_job_has_no_number() -> None:
    with standing(names_jobs=False) as odd:
        assert odd.print() == PagesPrinted("job-1", 3)
        assert len(odd.printer.look()["documents"]) == 1


def test_prints_where_nobody_tells_the_jobs() -> None:
    with standing(without=(IppOperation.GET_JOBS,)) as stand:
        assert stand.print().pages == 3


def test_tells_how_much_toner_is_left(stand: PrinterStand) -> None:
    toner, waste = stand.host.execute(ReadSupplies(), 5.0)
    assert (toner.name, toner.percent) == ("Black Toner Cartridge", 23)
    assert waste.percent is None


def test_tells_what_it_is(stand: PrinterStand) -> None:
    stand.until(lambda: stand.told)
    info = stand.driver.info
    assert (info.kind, info.driver, info.address) == (
        Kind.DOCUMENT_PRINTER,
        "ipp",
        stand.printer.address,
    )
    assert (info.model, info.serial, info.firmware) == ("Emulated A4 Laser", "EM0001", "1.0")
    checks = stand.driver.self_test()
    assert all(check.passed for check in checks), checks
    assert stand.sheets() == 0


@pytest.mark.parametrize("kind", ["no such", "text/plain"])
def test_refuses_a_printer_that_takes_no_pdf(kind: str) -> None:
    with standing(formats=(kind,)) as stand:
        error = stand.failure()
        assert (error.reason, error.pages) == (Reason.UNSUPPORTED, 0)


def test_says_when_the_document_is_no_pdf(stand: PrinterStand) -> None:
    error = stand.failure(a_job(pdf=b"%PDF-1.7 and then nothing"))
    assert (error.reason, error.pages) == (Reason.UNSUPPORTED, 0)


# -- held up, mended or not ------------------------------------------------------------------------

HINDRANCES = [
    ("paper out", "refill", Reason.PAPER_OUT),
    ("jam", "clear jam", Reason.JAM),
    ("open cover", "close cover", Reason.COVER_OPEN),
    ("toner out", "new toner", Reason.TONER_OUT),
    ("pause", "resume", Reason.OFFLINE),
]


@pytest.mark.parametrize(("fault", "mend", "reason"), HINDRANCES)
def test_is_greyed_while_idle_and_well_when_mended(fault: str, mend: str, reason: Reason) -> None:
    with standing() as stand:
        stand.printer.obey(fault)
        status = IppPrinter(IppPrinter.Settings(uri=stand.printer.address)).status()
        assert status.problem is reason
        assert not status.usable
        assert status.mend
        stand.printer.obey(mend)
        assert stand.driver.status() == Status(State.ONLINE)


@pytest.mark.parametrize(("fault", "mend", "reason"), HINDRANCES)
def test_sends_nothing_to_a_printer_that_cannot_print(
    stand: PrinterStand, fault: str, mend: str, reason: Reason
) -> None:
    stand.printer.obey(fault)
    error = stand.failure()
    assert (error.reason, error.pages) == (reason, 0)
    assert stand.printer.look()["documents"] == []
    assert reason in [status.problem for status in stand.told]


@pytest.mark.parametrize(("fault", "mend", "reason"), HINDRANCES[:2])
def test_gives_up_in_mid_job_and_counts_the_pages_that_came_out(
    stand: PrinterStand, fault: str, mend: str, reason: Reason
) -> None:
    stand.printer.obey(fault, after_pages=2)
    error = stand.failure()
    assert (error.reason, error.pages) == (reason, 2)
    assert stand.job_states() == ["CANCELED"]
    stand.printer.obey(mend)
    time.sleep(0.15)
    assert stand.sheets() == 2  # what was given up does not come out later


@pytest.mark.parametrize(("fault", "mend", "reason"), HINDRANCES[:2])
def test_goes_on_when_mended_in_time(fault: str, mend: str, reason: Reason) -> None:
    with standing({"patience_s": 10.0}) as stand:
        stand.printer.obey(fault, after_pages=1)
        future = stand.begin()
        stand.until(lambda: reason in [status.problem for status in stand.told])
        assert stand.sheets() == 1
        stand.printer.obey(mend)
        assert future.result(PATIENCE_S) == PagesPrinted("job-1", 3)
        assert stand.sheets() == 3


def test_a_cover_opened_in_mid_job(stand: PrinterStand) -> None:
    stand.printer.obey("paper out", after_pages=1)
    future = stand.begin()
    stand.until(lambda: stand.sheets() == 1)
    stand.printer.obey("open cover")
    stand.printer.obey("refill")
    error = failure_of(future)
    assert (error.reason, error.pages) == (Reason.COVER_OPEN, 1)


def test_the_deadline_ends_the_wait_with_what_held_it_up() -> None:
    with standing({"patience_s": 60.0}) as stand:
        stand.printer.obey("jam", after_pages=1)
        error = stand.failure(seconds=2.0)
        assert (error.reason, error.pages) == (Reason.JAM, 1)
        assert stand.job_states() == ["CANCELED"]


def test_paper_low_is_told_and_prints(stand: PrinterStand) -> None:
    stand.printer.obey("paper low")
    assert stand.print().pages == 3
    status = stand.driver.status()
    assert (status.paper, status.usable) == (Supply.LOW, True)


def test_a_reason_that_means_nothing_here_can_be_ignored() -> None:
    with standing({"ignored_reasons": ["media-low", "toner-empty-error"]}) as stand:
        stand.printer.obey("paper low")
        stand.printer.obey("toner out")
        status = stand.driver.status()
        assert status.paper is Supply.UNKNOWN
        assert status.problem is Reason.OFFLINE  # it still says that it is stopped


# -- no progress, cancelled, busy ------------------------------------------------------------------


def test_no_progress_without_a_reason() -> None:
    with standing({"stall_s": 0.2}) as stand:
        stand.printer.obey("stall")
        error = stand.failure()
        assert (error.reason, error.pages) == (Reason.TIMEOUT, 0)
        assert stand.job_states() == ["CANCELED"]


def test_the_deadline_ends_a_slow_job() -> None:
    with standing(seconds_per_page=0.5) as stand:
        error = stand.failure(seconds=0.8)
        assert error.reason is Reason.TIMEOUT
        assert error.pages == stand.sheets() < 3
        assert stand.job_states() == ["CANCELED"]


def test_cancelled_in_mid_job() -> None:
    with standing(seconds_per_page=0.1) as stand:
        cancel = CancelToken()
        future = stand.begin(cancel=cancel)
        stand.until(lambda: stand.sheets() == 1)
        cancel.cancel()
        error = failure_of(future)
        assert (error.reason, error.pages) == (Reason.CANCELLED, stand.sheets())
        assert stand.sheets() < 3
        assert stand.job_states() == ["CANCELED"]


def test_cancelled_before_anything_was_sent(stand: PrinterStand) -> None:
    stand.printer.obey("open cover")
    cancel = CancelToken()
    future = stand.begin(cancel=cancel)
    stand.until(lambda: Reason.COVER_OPEN in [status.problem for status in stand.told])
    cancel.cancel()
    error = failure_of(future)
    assert (error.reason, error.pages) == (Reason.CANCELLED, 0)
    assert stand.printer.look()["jobs"] == []


def test_given_up_as_somebody_fills_the_tray(monkeypatch: pytest.MonkeyPatch) -> None:
    with standing({"patience_s": PATIENCE_S}) as stand:
        stand.until(lambda: stand.told)
        cancel = CancelToken()
        looks: list[Status] = []
        look = IppPrinter._look

        def after_both(driver: IppPrinter, seconds: float) -> Status:
            if looks:
                stand.printer.obey("refill")
                cancel.cancel()
            looks.append(look(driver, seconds))
            return looks[-1]

        monkeypatch.setattr(IppPrinter, "_look", after_both)
        stand.printer.obey("paper out")
        error = failure_of(stand.begin(cancel=cancel))
        assert (error.reason, error.pages) == (Reason.CANCELLED, 0)
        assert [status.problem for status in looks] == [Reason.PAPER_OUT, None]
        assert stand.printer.look()["jobs"] == []


@pytest.mark.parametrize(
    ("last", "order", "without"),
    [
        (IppOperation.VALIDATE_JOB, "well", ()),
        (IppOperation.CREATE_JOB, "well", ()),
        (IppOperation.CREATE_JOB, "busy", (IppOperation.VALIDATE_JOB,)),
        (IppOperation.PRINT_JOB, "busy", ONLY_PRINT_JOB),
    ],
)
def test_given_up_before_the_document_has_left(
    monkeypatch: pytest.MonkeyPatch,
    last: IppOperation,
    order: str,
    without: tuple[IppOperation, ...],
) -> None:
    """The citizen leaves as the printer answers."""
    cancel = CancelToken()
    ask = IppPrinter._ask

    def then_leave(driver: IppPrinter, operation: IppOperation, *rest: Any, **more: Any) -> Any:
        try:
            return ask(driver, operation, *rest, **more)
        finally:
            if operation is last:
                cancel.cancel()

    monkeypatch.setattr(IppPrinter, "_ask", then_leave)
    with standing(without=without) as stand:
        stand.printer.obey(order)
        error = failure_of(stand.begin(cancel=cancel))
        assert (error.reason, error.pages) == (Reason.CANCELLED, 0)
        assert stand.printer.look()["documents"] == []
        assert set(stand.job_states()) <= {"CANCELED"}


def test_a_printer_that_cancels_nothing() -> None:
    with standing({"settle_s": 0.3}, without=(IppOperation.CANCEL_JOB,)) as stand:
        stand.printer.obey("jam", after_pages=1)
        error = stand.failure()
        assert (error.reason, error.pages) == (Reason.JAM, None)
        stand.printer.obey("clear jam")
        stand.until(lambda: stand.job_states() == ["COMPLETED"])


def test_a_job_that_is_done_before_it_can_be_cancelled() -> None:
    with standing({"settle_s": 5.0}, without=(IppOperation.CANCEL_JOB,)) as stand:
        stand.printer.obey("jam", after_pages=1)
        future = stand.begin()
        stand.until(lambda: stand.sheets() == 1)
        time.sleep(0.3)  # beyond its patience
        stand.printer.obey("clear jam")
        assert future.result(PATIENCE_S) == PagesPrinted("job-1", 3)


def test_cancelled_at_the_panel(stand: PrinterStand) -> None:
    stand.printer.obey("paper out", after_pages=1)
    future = stand.begin()
    stand.until(lambda: stand.sheets() == 1)
    stand.printer.obey("cancel at panel")
    error = failure_of(future)
    assert (error.reason, error.pages) == (Reason.CANCELLED, 1)


def test_waits_while_the_printer_is_busy(stand: PrinterStand) -> None:
    stand.printer.obey("busy")
    future = stand.begin()
    time.sleep(0.1)
    assert not future.done()
    stand.printer.obey("well")
    assert future.result(PATIENCE_S).pages == 3


def test_busy_until_the_deadline(stand: PrinterStand) -> None:
    stand.printer.obey("busy")
    error = stand.failure(seconds=0.3)
    assert (error.reason, error.pages) == (Reason.TIMEOUT, 0)
    assert stand.printer.look()["jobs"] == []


# -- the wire --------------------------------------------------------------------------------------


def test_nobody_there() -> None:
    printer = DocumentPrinter()
    printer.start()
    printer.stop()
    stand = PrinterStand(printer)
    stand.host.start()
    error = stand.failure()
    assert (error.reason, error.pages) == (Reason.NO_DEVICE, 0)
    assert stand.host.status.state is State.NO_DEVICE
    stand.host.stop()


WIRE_FAULTS: list[tuple[str, dict[str, Any], Reason]] = [
    ("mute", {}, Reason.OFFLINE),
    ("slow", {"seconds": 2.0}, Reason.OFFLINE),
    ("garbage", {"kind": "bytes"}, Reason.GARBLED),
    ("garbage", {"kind": "html"}, Reason.GARBLED),
    ("garbage", {"kind": "ipp"}, Reason.GARBLED),
    ("refuse", {"code": 503}, Reason.OFFLINE),
    ("refuse", {"code": 401}, Reason.NOT_AUTHORISED),
    ("refuse", {"code": 426}, Reason.NOT_AUTHORISED),
    ("refuse", {"code": 404}, Reason.UNSUPPORTED),
    ("die", {}, Reason.NO_DEVICE),
]
WIRE_IDS = [f"{order} {' '.join(map(str, facts.values()))}" for order, facts, _ in WIRE_FAULTS]


@pytest.mark.parametrize(("order", "facts", "reason"), WIRE_FAULTS, ids=WIRE_IDS)
def test_the_wire_fails_before_anything_was_sent(
    order: str, facts: dict[str, Any], reason: Reason
) -> None:
    with standing({"answer_s": 0.2}) as stand:
        stand.until(lambda: stand.told)
        stand.printer.obey(order, **facts)
        error = stand.failure()
        assert (error.reason, error.pages) == (reason, 0)
        assert stand.printer.look()["documents"] == []


@pytest.mark.parametrize(("order", "facts", "reason"), WIRE_FAULTS, ids=WIRE_IDS)
def test_the_wire_fails_in_mid_job(order: str, facts: dict[str, Any], reason: Reason) -> None:
    with standing({"answer_s": 0.2, "settle_s": 0.3}) as stand:
        stand.printer.obey("jam", after_pages=1)
        future = stand.begin()
        stand.until(lambda: stand.sheets() == 1)
        stand.printer.obey(order, **facts)
        error = failure_of(future)
        assert (error.reason, error.pages) == (reason, None)  # the rest may come out
        assert stand.printer.look()["documents"] == [THREE]


def test_a_blink_in_mid_job_is_forgiven() -> None:
    with standing({"poll_s": 0.3}) as stand:
        stand.printer.obey("jam", after_pages=1)
        future = stand.begin()
        stand.until(lambda: stand.sheets() == 1)
        stand.printer.obey("refuse", code=503)
        time.sleep(0.35)
        stand.printer.obey("well")
        assert future.result(PATIENCE_S).pages == 3


@pytest.mark.parametrize("order", ["refuse", "die"])
def test_what_was_lost_never_comes_out_later(order: str) -> None:
    with standing({"answer_s": 0.3, "settle_s": 0.3}, seconds_per_page=0.1) as stand:
        stand.printer.obey("paper out", after_pages=1)
        future = stand.begin()
        stand.until(lambda: stand.sheets() == 1)
        stand.printer.obey(order)
        assert failure_of(future).pages is None
        stand.printer.obey("revive", forget=False)
        stand.printer.obey("refuse", code=0)
        stand.driver.open()  # what the host does when it finds the printer again
        stand.until(lambda: stand.job_states() == ["CANCELED"])
        stand.printer.obey("refill")
        time.sleep(0.2)
        assert stand.sheets() == 1


def _lost_sight_of(stand: PrinterStand, pages: int) -> None:
    """The printer takes the document, prints ``pages`` of it, and answers nobody meanwhile."""
    future = stand.begin()
    stand.until(lambda: stand.printer.look()["documents"])
    stand.printer.obey("refuse", code=503)
    assert failure_of(future).pages is None
    stand.until(lambda: stand.sheets() == pages)


@pytest.mark.parametrize("printer", [{}, {"cups_version": "2.4.2"}], ids=["printer", "queue"])
def test_what_came_out_unseen_is_not_printed_again(printer: dict[str, Any]) -> None:
    settings = {"answer_s": 0.3, "settle_s": 0.3}
    with standing(settings, seconds_per_page=0.1, **printer) as stand:
        _lost_sight_of(stand, 3)
        again = replace(a_job("again"), again=True)
        assert stand.failure(again).reason is Reason.OFFLINE, "the printer still answers nobody"
        stand.printer.obey("refuse", code=0)
        stand.driver.status()  # as between two jobs, when the driver clears away what was left
        assert stand.print(again) == PagesPrinted("again", 3)
        assert stand.sheets() == 3
        assert stand.print(a_job("copy")).pages == 3, "another document of the same name"
        assert stand.sheets() == 6


@contextmanager
def _another_process(stand: PrinterStand, **settings: Any) -> Iterator[PrinterStand]:
    """The driver as a new process has it, which knows no job."""
    another = PrinterStand(stand.printer, **settings)
    another.host.start()
    try:
        yield another
    finally:
        another.host.stop()


@pytest.mark.parametrize("without", [(), ONLY_PRINT_JOB], ids=["all", "only Print-Job"])
def test_another_process_of_the_driver_prints_nothing_again(
    without: tuple[IppOperation, ...],
) -> None:
    with standing(without=without) as stand:
        stand.print(a_job("first"))
        stand.host.stop()  # a driver that opens the printer cancels what the other one prints
        with _another_process(stand) as another:
            again = replace(a_job("again"), again=True)
            assert another.print(again) == PagesPrinted("again", 3)
            assert stand.sheets() == 3
            assert another.print(replace(again, job="other", title="another")).pages == 3
            assert stand.sheets() == 6


def test_another_process_of_the_driver_waits_for_what_still_ends() -> None:
    """The printer finishes the sheet that is under way when its job is cancelled."""
    with standing({"answer_s": 0.3, "settle_s": 0.3}, seconds_per_page=0.4) as stand:
        _lost_sight_of(stand, 2)
        stand.host.stop()
        stand.printer.obey("refuse", code=0)
        with _another_process(stand) as another:
            again = replace(a_job("again"), again=True)
            assert another.print(again) == PagesPrinted("again", 3)
            assert stand.job_states() == ["CANCELED", "COMPLETED"], "one after the other"


def test_a_queue_that_another_process_has_purged_prints_again() -> None:
    with standing({"answer_s": 0.3, "settle_s": 0.3}, cups_version="2.4.2") as stand:
        _lost_sight_of(stand, 3)
        stand.host.stop()
        stand.printer.obey("refuse", code=0)
        with _another_process(stand) as another:
            assert another.print(replace(a_job("again"), again=True)).pages == 3
            assert stand.sheets() == 6


def test_a_queue_that_forgets_its_jobs_is_asked_once() -> None:
    settings = {"answer_s": 0.3, "settle_s": 0.3}
    with standing(settings, cups_version="2.4.2", history=False) as stand:
        _lost_sight_of(stand, 3)
        stand.printer.obey("refuse", code=0)
        stand.driver.reset()
        assert isinstance(stand.driver, IppPrinter)
        assert not stand.driver._leftovers, "nobody can tell any more"


def test_a_last_page_that_was_counted_and_may_have_jammed_is_printed_again() -> None:
    """Nobody saw whether the jam came before or behind the count: the job was cancelled over it."""
    settings = {"answer_s": 0.3, "settle_s": 0.3, "patience_s": 0.3}
    with standing(settings, seconds_per_page=0.1) as stand:
        stand.printer.obey("stall", after_pages=3)
        stand.printer.obey("jam", after_pages=3)
        _lost_sight_of(stand, 3)
        stand.printer.obey("cancel at panel")
        stand.printer.obey("refuse", code=0)
        again = replace(a_job("again"), again=True)
        error = stand.failure(again)
        assert error.reason is Reason.JAM, "and not that an earlier job has not ended"
        stand.printer.obey("clear jam")
        stand.printer.obey("stall", after_pages=9)
        assert stand.print(again) == PagesPrinted("again", 3)
        assert stand.printer.look()["documents"] == [THREE, THREE]


@pytest.mark.parametrize("code", [IppStatus.SERVICE_UNAVAILABLE, IppStatus.INTERNAL_ERROR])
def test_a_printer_that_cannot_say_it_now_gets_nothing_again(
    code: IppStatus, monkeypatch: pytest.MonkeyPatch
) -> None:
    with standing() as stand:
        stand.print(a_job("first"))
        ask = IppPrinter._ask

        def refuses(driver: IppPrinter, operation: IppOperation, *rest: Any, **more: Any) -> Any:
            if operation is IppOperation.GET_JOBS:
                raise _RefusedError(operation, code)
            return ask(driver, operation, *rest, **more)

        with monkeypatch.context() as wire:
            wire.setattr(IppPrinter, "_ask", refuses)
            again = replace(a_job("again"), again=True)
            with pytest.raises(DeviceError, match="GET_JOBS refused"):
                stand.print(again)
        assert stand.sheets() == 3


@pytest.mark.parametrize("printer", [{}, {"cups_version": "2.4.2"}], ids=["printer", "queue"])
def test_what_did_not_come_out_whole_is_printed_again(printer: dict[str, Any]) -> None:
    settings = {"answer_s": 0.3, "settle_s": 0.3, "patience_s": 9.0}
    with standing(settings, seconds_per_page=0.1, **printer) as stand:
        stand.printer.obey("jam", after_pages=1)
        _lost_sight_of(stand, 1)
        stand.printer.obey("refuse", code=0)
        stand.driver.reset()
        stand.printer.obey("clear jam")
        assert stand.print(replace(a_job("again"), again=True)) == PagesPrinted("again", 3)
        assert stand.sheets() == 4


def test_an_earlier_visit_left_a_job_behind() -> None:
    with standing({"patience_s": 30.0}) as crashed:
        crashed.printer.obey("jam", after_pages=1)
        future = crashed.begin()
        crashed.until(lambda: crashed.sheets() == 1)
        another = IppPrinter(IppPrinter.Settings(uri=crashed.printer.address, user="elsewhere"))
        another.open()
        assert crashed.job_states() != ["CANCELED"]  # another terminal's jobs are its own
        IppPrinter(IppPrinter.Settings(uri=crashed.printer.address)).open()
        assert failure_of(future).reason is Reason.CANCELLED
        crashed.printer.obey("clear jam")
        assert crashed.print(a_job("next")).pages == 3
        assert crashed.sheets() == 4


def test_reset_drops_the_job(stand: PrinterStand) -> None:
    stand.printer.obey("paper out", after_pages=1)
    future = stand.begin()
    stand.until(lambda: stand.sheets() == 1)
    IppPrinter(IppPrinter.Settings(uri=stand.printer.address)).open()
    assert failure_of(future).reason is Reason.CANCELLED
    stand.driver.reset()
    assert stand.job_states() == ["CANCELED"]


def test_switched_off_and_on_in_mid_job_the_printer_forgets() -> None:
    with standing({"poll_s": 0.2}) as stand:
        stand.printer.obey("jam", after_pages=1)
        future = stand.begin()
        stand.until(lambda: stand.sheets() == 1)
        stand.printer.obey("die")
        stand.printer.obey("revive")
        error = failure_of(future)
        assert (error.reason, error.pages) == (Reason.HARDWARE, None)


def test_a_queue_does_not_know_how_many_pages_came_out() -> None:
    with standing(cups_version="2.4.2") as stand:
        assert stand.print().pages == 3
        stand.printer.obey("jam", after_pages=1)
        error = stand.failure(a_job("job-2"))
        assert (error.reason, error.pages) == (Reason.JAM, None)


def test_a_counter_that_is_not_to_be_believed() -> None:
    with standing({"trust_count": False}) as stand:
        assert stand.print(a_job(pages=4)).pages == 4
    with standing() as stand:
        error = stand.failure(a_job(pages=4))
        assert (error.reason, error.pages) == (Reason.HARDWARE, 3)


@pytest.mark.parametrize(
    "counter",
    [lambda out: -1, lambda out: 70_000, lambda out: 2 * out],
    ids=["negative", "of its whole life", "sides"],
)
def test_a_count_that_no_count_of_this_job_can_be_is_none(counter: Callable[[int], int]) -> None:
    with standing(counter=counter) as stand:
        assert stand.print() == PagesPrinted("job-1", 3)
        stand.printer.obey("jam", after_pages=2)
        error = stand.failure(a_job("job-2"))
        assert (error.reason, error.pages) == (Reason.JAM, None)


def test_a_printer_without_a_history_forgets_what_was_cancelled_not_why() -> None:
    with standing(history=False) as stand:
        stand.printer.obey("paper out", after_pages=1)
        error = stand.failure()
        assert (error.reason, error.pages) == (Reason.PAPER_OUT, None)
        assert stand.job_states() == ["CANCELED"]


def test_all_pages_are_out_though_the_printer_never_says_that_the_job_is_done() -> None:
    """Told as a failure, the citizen would print it again and have it twice."""
    with standing({"stall_s": 1.5}) as stand:
        stand.printer.obey("stall", after_pages=3)
        assert stand.print() == PagesPrinted("job-1", 3)
        assert stand.job_states() == ["CANCELED"]


@pytest.mark.parametrize("order", ["open cover", "paper out", "toner out", "cancel at panel"])
def test_all_pages_are_out_and_then_somebody_is_at_the_printer(order: str) -> None:
    with standing(history=order != "paper out") as stand:
        stand.printer.obey("stall", after_pages=3)
        future = stand.begin()
        stand.until(lambda: stand.sheets() == 3)
        stand.printer.obey(order)
        assert future.result(PATIENCE_S) == PagesPrinted("job-1", 3)
        assert stand.job_states() == ["CANCELED"]


def test_all_pages_are_out_when_the_visit_ends() -> None:
    with standing() as stand:
        stand.printer.obey("stall", after_pages=3)
        cancel = CancelToken()
        future = stand.begin(cancel=cancel)
        stand.until(lambda: stand.sheets() == 3)
        cancel.cancel()
        assert future.result(PATIENCE_S) == PagesPrinted("job-1", 3)


@pytest.mark.parametrize("order", ["", "open cover", "cancel at panel"])
def test_the_last_page_is_counted_and_jams(order: str) -> None:
    """Whatever is done about it: nobody saw that page come out."""
    with standing({"patience_s": 0.5}, counter=lambda out: out + 1) as stand:
        stand.printer.obey("jam", after_pages=2)
        future = stand.begin()
        stand.until(lambda: Reason.JAM in [status.problem for status in stand.told])
        if order:
            stand.printer.obey(order)
        error = failure_of(future)
        assert error.pages == 3
        assert stand.sheets() == 2


def test_a_jam_before_the_last_page_is_over_once_that_is_counted() -> None:
    counted: list[int] = []

    def count(out: int) -> int:
        counted.append(out)
        return out

    with standing({"patience_s": 5.0}, counter=count) as stand:
        stand.printer.obey("jam", after_pages=1)
        stand.printer.obey("stall", after_pages=3)
        future = stand.begin()
        stand.until(lambda: Reason.JAM in [status.problem for status in stand.told])
        stand.printer.obey("clear jam")
        stand.until(lambda: stand.sheets() == 3)
        # The driver has taken in an answer before it asks for the next.
        stand.until(lambda: counted.count(3) > 1)
        stand.printer.obey("cancel at panel")
        assert future.result(PATIENCE_S) == PagesPrinted("job-1", 3)


def test_a_job_that_is_done_and_of_which_no_page_was_counted() -> None:
    """Either nothing came out, or the counter stays at zero: it cannot be known."""
    with standing(counter=lambda out: 0) as stand:
        error = stand.failure()
        assert (error.reason, error.pages) == (Reason.HARDWARE, None)
        assert "trust_count" in error.mend
    with standing({"trust_count": False}, counter=lambda out: 0) as stand:
        assert stand.print() == PagesPrinted("job-1", 3)


def test_a_queue_keeps_nothing_of_what_it_printed() -> None:
    """Its jobs are files in a spool, a citizen's document for a day."""
    with standing(cups_version="2.4.2") as stand:
        stand.print()
        stand.until(lambda: not stand.job_states())
        stand.printer.obey("jam", after_pages=1)
        assert stand.failure(a_job("job-2")).reason is Reason.JAM
        stand.until(lambda: not stand.job_states())
        stand.printer.obey("clear jam")
        stand.print(a_job("job-3"))
        IppPrinter(IppPrinter.Settings(uri=stand.printer.address)).open()  # the next visit's
        assert stand.job_states() == []


# -- settings and secrets --------------------------------------------------------------------------


@pytest.mark.parametrize(
    "uri", ["", "http://x/", "ipp://", "ipp:///x", "ipp://x:99999/", "ipp://x/a b", "ipp://x/\r\n"]
)
def test_an_address_that_is_no_printers(uri: str) -> None:
    with pytest.raises(DeviceError) as caught:
        create(Kind.DOCUMENT_PRINTER, "ipp", {"uri": uri})
    assert caught.value.reason is Reason.UNSUPPORTED


def test_nothing_of_the_document_or_its_job_is_told(
    stand: PrinterStand, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("DEBUG")
    secret = THREE + b"\n% 3301021990"
    stand.printer.obey("jam", after_pages=1)
    error = stand.failure(a_job(pdf=secret))
    told = f"{error!r} {error} {stand.told} {stand.driver.info} {caplog.text} {a_job(pdf=secret)}"
    assert "3301021990" not in told
    assert "%PDF" not in told


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> tuple[ssl.SSLContext, str]:
    """A printer's own certificate, and its SHA-256."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "printer")])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .sign(key, hashes.SHA256())
    )
    file: Path = tmp_path_factory.mktemp("tls") / "printer.pem"
    file.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
        + made.public_bytes(serialization.Encoding.PEM)
    )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(file)
    der = made.public_bytes(serialization.Encoding.DER)
    return context, hashlib.sha256(der).hexdigest()


def test_prints_over_tls_to_a_printer_known_by_its_certificate(
    certificate: tuple[ssl.SSLContext, str],
) -> None:
    context, seen = certificate
    with standing({"certificate_sha256": seen.upper()}, tls=context) as stand:
        assert stand.printer.address.startswith("ipps://")
        assert stand.print().pages == 3


@pytest.mark.parametrize("answers", [True, False])
def test_what_lies_in_a_tls_line_is_read_after_the_limit(
    certificate: tuple[ssl.SSLContext, str], monkeypatch: pytest.MonkeyPatch, answers: bool
) -> None:
    """This process stood still between its request and its look for the answer."""
    context, seen = certificate
    printer = DocumentPrinter(tls=context)
    printer.start()
    send = transport._send

    def stand_still(sock: ssl.SSLSocket, head: bytes, body: bytes, limit: Deadline) -> None:
        send(sock, head, body, limit)
        hung_up = select.poll()
        hung_up.register(sock, select.POLLRDHUP)
        assert not answers or hung_up.poll(PATIENCE_S * 1000)
        limit.at = 0.0

    monkeypatch.setattr(transport, "_send", stand_still)
    settings = {**QUICK, "uri": printer.address, "certificate_sha256": seen, "answer_s": PATIENCE_S}
    driver = create(Kind.DOCUMENT_PRINTER, "ipp", settings)
    if answers:
        assert driver.status().state is State.ONLINE
    else:
        printer.obey("mute")
        with pytest.raises(DeviceError, match="the printer fell silent: TimeoutError"):
            driver.status()
    printer.stop()


@pytest.mark.parametrize("pin", ["", "00" * 32])
def test_sends_nothing_to_a_printer_with_another_certificate(
    certificate: tuple[ssl.SSLContext, str], pin: str
) -> None:
    with standing({"certificate_sha256": pin}, tls=certificate[0]) as stand:
        error = stand.failure()
        assert (error.reason, error.pages) == (Reason.NOT_AUTHORISED, 0)
        assert stand.printer.look()["documents"] == []


def test_plain_ipp_against_a_printer_that_wants_tls(
    certificate: tuple[ssl.SSLContext, str],
) -> None:
    with standing(tls=certificate[0]) as stand:
        uri = stand.printer.address.replace("ipps", "ipp")
        driver = create(Kind.DOCUMENT_PRINTER, "ipp", {"uri": uri, **QUICK})
        with pytest.raises(DeviceError) as caught:
            driver.status()
        assert caught.value.reason in (Reason.OFFLINE, Reason.GARBLED)


# -- the emulator ----------------------------------------------------------------------------------


def test_the_emulator_knows_its_orders(stand: PrinterStand) -> None:
    with pytest.raises(ValueError, match="no order 'dance'"):
        stand.printer.obey("dance")
    stand.print()
    stand.printer.obey("take")
    assert stand.sheets() == 0
    assert stand.printer.look()["pages"] == 3


def test_the_emulator_comes_back_at_its_address(stand: PrinterStand) -> None:
    stand.until(lambda: stand.told)
    address = stand.printer.address
    stand.printer.obey("die")
    assert not stand.printer.look()["listening"]
    stand.printer.obey("well")
    assert stand.printer.look()["listening"]
    assert stand.printer.address == address
    assert stand.print().pages == 3


def test_the_emulator_leaves_no_thread_behind() -> None:
    before = threading.active_count()
    with standing() as stand:
        stand.print()
    assert threading.active_count() <= before
