"""The A4 printer's driver against CUPS' own printer, and against a CUPS queue in front of it."""

from __future__ import annotations

import io
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

import pypdfium2
import pytest

from drivers.catalogue import create
from drivers.device import CancelToken, DeviceError, Kind, Reason, Status
from drivers.document_printer.types import PagesPrinted, PrintDocument
from drivers.emulators.cups import PrintServer
from drivers.emulators.ports import reserved
from drivers.hosting.thread_host import ThreadHost
from tests.contract import ipp_peers
from tests.contract.ipp_peers import EvePrinter
from tests.waiting import PATIENCE_S, until

MISSING = ipp_peers.missing()
pytestmark = pytest.mark.skipif(bool(MISSING), reason=f"CUPS as a peer: {MISSING}")

REASONS = [
    ("media-empty", Reason.PAPER_OUT),
    ("media-jam", Reason.JAM),
    ("cover-open", Reason.COVER_OPEN),
]


@pytest.fixture(scope="module")
def printer() -> Iterator[EvePrinter]:
    with ipp_peers.eve_printer() as one:
        yield one


@pytest.fixture(scope="module")
def cups() -> Iterator[PrintServer]:
    with ipp_peers.cups() as one:
        yield one


@pytest.fixture(scope="module")
def queue(cups: PrintServer, printer: EvePrinter) -> str:
    return cups.queue("A4", printer.uri, "everywhere")


def three_pages() -> bytes:
    document = pypdfium2.PdfDocument.new()
    for _ in range(3):
        document.new_page(595, 842).close()
    file = io.BytesIO()
    document.save(file)
    document.close()
    return file.getvalue()


JOB = PrintDocument("job", three_pages(), 3, title="certificate")


@contextmanager
def hosted(uri: str, **settings: Any) -> Iterator[tuple[ThreadHost, list[Status]]]:
    told: list[Status] = []
    options = {"uri": uri, "poll_s": 0.05, "stall_s": 8.0, **settings}
    host = ThreadHost(create(Kind.DOCUMENT_PRINTER, "ipp", options), told.append)
    host.start()
    try:
        yield host, told
    finally:
        host.stop()


def problems(told: list[Status]) -> list[Reason | None]:
    return [status.problem for status in told]


# -- the printer itself ----------------------------------------------------------------------------


def test_prints_and_counts(printer: EvePrinter) -> None:
    with hosted(printer.uri) as (host, _):
        before = printer.out()
        assert host.execute(JOB, 20) == PagesPrinted("job", 3)
        assert host.execute(JOB, 20) == PagesPrinted("job", 3)  # not a second time
        assert printer.out() - before == 3
        assert printer.arrived() == JOB.pdf
        assert all(check.passed for check in host.driver.self_test())
        assert host.driver.info.model == "Example Printer"


@pytest.mark.parametrize(("word", "reason"), REASONS)
def test_goes_on_when_mended(printer: EvePrinter, word: str, reason: Reason) -> None:
    with hosted(printer.uri) as (host, told):
        printer.fault(word)
        future = host.submit(JOB, 20)
        until(lambda: reason in problems(told))
        printer.fault("")
        assert future.result(PATIENCE_S).pages == 3


def test_gives_up_and_counts(printer: EvePrinter, monkeypatch: pytest.MonkeyPatch) -> None:
    given_up = threading.Event()
    with hosted(printer.uri, patience_s=0.2) as (host, told):
        cancel = host.driver._cancel  # type: ignore[attr-defined]

        def give_up(*args: Any, **more: Any) -> None:
            cancel(*args, **more)
            given_up.set()

        monkeypatch.setattr(host.driver, "_cancel", give_up)
        printer.fault("media-empty")
        future = host.submit(JOB, 20)
        until(lambda: Reason.PAPER_OUT in problems(told))
        assert given_up.wait(PATIENCE_S)
        printer.drop()
        with pytest.raises(DeviceError) as caught:
            future.result(PATIENCE_S)
        assert (caught.value.reason, caught.value.pages) == (Reason.PAPER_OUT, 1)


def test_cancelled(printer: EvePrinter) -> None:
    with hosted(printer.uri) as (host, told):
        printer.fault("media-jam")
        cancel = CancelToken()
        future = host.submit(JOB, 20, cancel)
        until(lambda: Reason.JAM in problems(told))
        cancel.cancel()
        time.sleep(0.2)
        printer.drop()
        with pytest.raises(DeviceError) as caught:
            future.result(PATIENCE_S)
        assert (caught.value.reason, caught.value.pages) == (Reason.CANCELLED, 1)


def test_waits_for_another_job_to_end(printer: EvePrinter) -> None:
    with hosted(printer.uri) as (host, _), hosted(printer.uri, user="other") as (other, told):
        printer.fault("media-jam")
        first = other.submit(JOB, 20)
        until(lambda: Reason.JAM in problems(told))
        printer.fault("")
        assert host.execute(JOB, 20).pages == 3
        assert first.result(PATIENCE_S).pages == 3


# -- a queue in front of it ------------------------------------------------------------------------


def test_a_stopped_queue_and_its_error_policy(cups: PrintServer) -> None:
    """A queue that CUPS has stopped starts again by a command, not by a key at the printer."""
    uri = cups.queue("Stops", "file:///dev/null", "raw")
    driver = create(Kind.DOCUMENT_PRINTER, "ipp", {"uri": uri})
    cups._tool("lpadmin", "-p", "Stops", "-o", "printer-error-policy=stop-printer")
    cups._tool("cupsdisable", "Stops")
    assert driver.status().mend == "start the queue again: cupsenable Stops"
    policy = next(one for one in driver.self_test() if one.name == "goes on after an error")
    assert (policy.passed, policy.seen) == (False, "stop-printer")
    assert policy.mend == "lpadmin -p Stops -o printer-error-policy=retry-current-job"
    cups._tool(*policy.mend.split())
    cups._tool("cupsenable", "Stops")
    assert driver.status().usable
    assert next(c for c in driver.self_test() if c.name == policy.name).passed


def test_a_queue_prints(printer: EvePrinter, queue: str) -> None:
    with hosted(queue) as (host, _):
        before = printer.out()
        assert host.execute(JOB, 20) == PagesPrinted("job", 3)
        assert printer.out() - before == 3
        assert "CUPS" in host.driver.info.firmware


def test_a_queue_keeps_nothing_of_what_it_printed(cups: PrintServer, queue: str) -> None:
    """Document and job would lie in its spool for a day (PreserveJobFiles, cupsd.conf)."""

    def kept() -> list[str]:
        return [file.name for file in (cups._folder / "spool").iterdir() if file.is_file()]

    with hosted(queue) as (host, _):
        host.execute(JOB, 20)
        until(lambda: not kept())
        host.execute(replace(JOB, job="of a visit that is killed"), 20)
    assert any(name.startswith("d") for name in kept())
    with hosted(queue):
        until(lambda: not kept())


def test_a_queue_goes_on_when_mended(printer: EvePrinter, queue: str) -> None:
    with hosted(queue) as (host, told):
        printer.fault("media-empty")
        future = host.submit(JOB, 20)
        until(lambda: Reason.PAPER_OUT in problems(told))
        printer.fault("")
        assert future.result(PATIENCE_S).pages == 3


def test_a_queue_is_given_up_without_a_guess_at_pages(printer: EvePrinter, queue: str) -> None:
    with hosted(queue, patience_s=0.2) as (host, _):
        printer.fault("media-jam")
        with pytest.raises(DeviceError) as caught:
            host.execute(JOB, 20)
        printer.drop()
        assert (caught.value.reason, caught.value.pages) == (Reason.JAM, None)


def test_a_queue_whose_printer_is_dead(cups: PrintServer) -> None:
    uri = cups.queue("DEAD", f"ipp://127.0.0.1:{reserved(cups)}/ipp/print", "raw")
    with hosted(uri, stall_s=0.6) as (host, _):
        with pytest.raises(DeviceError) as caught:
            host.execute(JOB, 20)
        assert (caught.value.reason, caught.value.pages) == (Reason.TIMEOUT, None)
        with pytest.raises(DeviceError) as caught:
            host.execute(JOB, 0.3)
        assert caught.value.reason is Reason.TIMEOUT


def test_no_such_queue(cups: PrintServer) -> None:
    with hosted(f"ipp://localhost:{cups.port}/printers/none") as (host, _):
        with pytest.raises(DeviceError) as caught:
            host.execute(JOB, 5)
        assert (caught.value.reason, caught.value.pages) == (Reason.UNSUPPORTED, 0)
