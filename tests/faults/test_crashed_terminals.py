"""Whole terminals under kills, against the stand-in centre; ``make faults`` runs many."""

import socket
from collections import Counter
from collections.abc import Iterator
from contextlib import closing, nullcontext, suppress
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from urllib.parse import urlsplit

import pytest

from drivers.device import CancelToken, Deadline, DeviceError, Reason
from drivers.document_printer.codec import decode
from drivers.document_printer.ipp import IppPrinter
from drivers.document_printer.names import IppOperation
from drivers.document_printer.types import PagesPrinted, PrintDocument
from kiosk.centre.commit_client import CommitClient
from kiosk.centre.errors import CentreUnavailable
from kiosk.operation import Business, OperationState
from kiosk.visit.operation_words import RECEIPT_NAME
from kiosk.visit.steps import PrintingDocument, Problem
from kiosk.visit.troubles import MENU, RETRY
from tests.contract.test_document_printer import a_pdf
from tests.contract.test_operations import OperationVisit, ServedCentre, served
from tests.crashes import proxy
from tests.crashes.__main__ import (
    BUGS,
    FaultsDone,
    printed_twice,
    report,
    seeded,
)
from tests.crashes.buggy_printer import DRIVER_BUGS, SendsAgain
from tests.crashes.printer import TrayPrinter
from tests.crashes.printing import TRAY, WORKS, BesideThePrinter, digest
from tests.crashes.proxy import READ, FaultProxy
from tests.crashes.terminals import (
    DIE_WITH_PAPER,
    ON_ITS_WAY,
    TERMINAL,
    BrokenTerminal,
    RoundPlan,
    _compare_papers,
    run_round,
)
from tests.simulation import bugs
from tests.waiting import PATIENCE_S, until


@pytest.fixture(scope="module")
def centre(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServedCentre]:
    with served(tmp_path_factory.mktemp("centre")) as centre:
        yield centre


TWO = (("P03", Business.REPAY_LOAN_WITHDRAWAL), ("P04", Business.RETIREMENT_WITHDRAWAL))
ONE_PAGE = a_pdf(1)
HEARD = {"delivered twice": 2, "delivered late": 0, "another operation's answer": 1}
"""How many of two commits have an answer; of a fate that is not here, none need have."""


@pytest.mark.parametrize("fate", READ)
def test_no_line_has_money_moved_twice_or_another_answer_believed(
    centre: ServedCentre, fate: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(proxy, "HOLE_S", 0.2)
    centre.lever("POST", "/reset")
    certificate = centre.ca.terminal(TERMINAL)
    line = FaultProxy(centre.url, 1, centre.ca, certificate, chance=1.0, fates=(fate,))
    monkeypatch.setattr(line._random, "uniform", lambda *_: 0.0)
    heard = 0
    with closing(line):
        for person, business in TWO:
            visit = OperationVisit(centre, person, TERMINAL)
            visit.authorise()
            draft = visit.confirmed(business)
            certified = CommitClient(line.url, TERMINAL, ca=centre.ca.root, certificate=certificate)
            with certified as committer, suppress(CentreUnavailable):
                said = committer.commit(draft.id)
                assert (said.id, said.state) == (draft.id, OperationState.DONE)
                heard += 1
            visit.ask.close()
        line.calm = True
    assert heard == HEARD.get(fate, heard)
    assert line.fates[fate] == 2
    moved = centre.moved()
    assert len(moved) == len(set(moved))


@pytest.mark.parametrize(
    "half",
    [
        b"POST /v1/operations/1/commit HTTP/1.1\r\nContent-Length:",
        b"POST /v1/operations/1/commit HTTP/1.1\r\nHost: centre\r\n",
        b"POST /v1/operations/1/commit HTTP/1.1\r\nContent-Length: 20\r\n\r\n{",
    ],
)
def test_a_line_passes_on_no_half_request_of_a_terminal_that_was_killed(half: bytes) -> None:
    with socket.create_server(("127.0.0.1", 0)) as centre:
        url = f"http://127.0.0.1:{centre.getsockname()[1]}"
        with closing(FaultProxy(url, 1, chance=1.0, fates=("delivered twice",))) as line:
            address = urlsplit(line.url)
            with socket.create_connection((address.hostname, address.port)) as killed:
                killed.sendall(half)
                killed.shutdown(socket.SHUT_WR)
                assert killed.recv(1) == b""
        centre.setblocking(False)
        with pytest.raises(BlockingIOError):
            centre.accept()


class SilentOnce(TrayPrinter):
    """A printer whose answer to the first document is lost."""

    silent = True

    def respond(self, body: bytes) -> tuple[int, bytes] | bytes | None:
        answer = super().respond(body)
        if decode(body).code != IppOperation.SEND_DOCUMENT or not self.silent:
            return answer
        self.silent = False
        return None


@pytest.mark.parametrize(("driver", "printed"), [(IppPrinter, (0, 1)), (SendsAgain, (2,))])
def test_the_tray_shows_whether_a_document_whose_answer_was_lost_is_sent_again(
    tmp_path: Path, driver: type[IppPrinter], printed: tuple[int, ...]
) -> None:
    printer = SilentOnce(tmp_path)
    printer.start()
    try:
        paper = driver(driver.Settings(uri=printer.address, poll_s=0.05))
        paper.open()
        with suppress(DeviceError):
            job = PrintDocument("job", ONE_PAGE, 1)
            paper.execute(job, Deadline(PATIENCE_S), CancelToken())
        until(lambda: not (tmp_path / WORKS).exists())
    finally:
        printer.stop()
    assert not printer.silent
    assert printer.printed()[digest(ONE_PAGE)] in printed


BOOKS: dict[str, list[dict[str, object]]] = {
    "/documents": [{"id": "d-1", "sha256": "paper", "subject": "reference"}],
    "/prints": [{"document": "d-1", "complete": 1}],
    "/operations": [{"id": "operation", "reference": "reference", "state": "done"}],
}


@pytest.mark.parametrize(
    ("tray", "shown", "broken"),
    [
        (["paper"], "operation", ""),
        (["paper", "paper"], "operation", "1 papers printed twice"),
        ([], "operation", "shown as printed, and not in the tray"),
        (["paper"], "another", "a paper of nobody's"),
        (["paper", "of another terminal"], "operation", "a paper of nobody's"),
    ],
)
def test_whatever_is_wrong_with_the_papers_is_seen(
    tray: list[str], shown: str, broken: str
) -> None:
    noted = [["receipt", shown, "paper"], ["printed", shown, "paper"]]
    terminal: Any = SimpleNamespace(shown=lambda: noted)
    printer: Any = SimpleNamespace(printed=lambda: Counter(tray))
    centre: Any = SimpleNamespace(lever=lambda method, path: BOOKS[path])
    with pytest.raises(BrokenTerminal, match=broken) if broken else nullcontext():
        _compare_papers(terminal, printer, centre)


def test_a_citizen_looks_into_the_tray_before_the_next_try(tmp_path: Path) -> None:
    def ask(request: PrintDocument, seconds: float) -> PagesPrinted:
        raise DeviceError(Reason.OFFLINE, pages=None)

    host: Any = SimpleNamespace(execute=ask)
    citizen = BesideThePrinter(tmp_path, host)
    printing = PrintingDocument(PrintDocument("job", ONE_PAGE, 1), RECEIPT_NAME)
    problem = Problem(RECEIPT_NAME, RECEIPT_NAME, "reference")
    with pytest.raises(DeviceError):
        citizen.ask(printing)
    assert citizen.ask(problem) == RETRY
    (tmp_path / TRAY).write_text(f"{digest(ONE_PAGE)}\n")
    assert citizen.ask(problem) == MENU


def test_a_run_in_which_a_point_or_a_fate_never_comes_is_not_green() -> None:
    def seldom(counted: dict[str, int]) -> list[str]:
        return [each.what for each in report(counted, 1, 50) if each.done < each.least]

    least: list[FaultsDone] = report({}, 1, 50)
    assert seldom({}) == [each.what for each in least]
    whole = {each.what: each.least for each in least} | {"committer at any moment": 40}
    assert seldom(whole) == []
    for missing in ("committer at C12 unknown written", "line: 502 page", "disk fault", "paper"):
        assert seldom(whole | {missing: 0}) == [missing]


def test_the_seeded_bugs_of_the_harness_are_those_of_the_simulation() -> None:
    assert set(BUGS) <= set(bugs.BUGS) | set(DRIVER_BUGS)


def test_the_papers_that_were_printed_twice_are_summed_up() -> None:
    assert printed_twice(()) == 0
    assert printed_twice(("life 3: lost", "terminal 1: 2 papers printed twice: ['a', 'b']")) == 2


@pytest.mark.soak
def test_no_kill_moves_money_twice_or_loses_an_operation(tmp_path: Path) -> None:
    plan = RoundPlan(committers=10, terminals=1, visits=1, freezes=1, papers=3, operations=5)
    counted = run_round(tmp_path, 1, plan)
    assert sum(times for what, times in counted.items() if what.startswith("committer at ")) == 10
    assert (counted["terminal"], counted["visit"], counted["freeze"]) == (1, 1, 1)
    assert counted["operation"] >= 5
    assert [counted[f"{what}{ON_ITS_WAY}"] for what in DIE_WITH_PAPER] == [1, 1, 1]


@pytest.mark.soak
@pytest.mark.parametrize("bug", ["in progress written as DONE", "document sent again"])
def test_a_few_lives_show_a_seeded_bug(bug: str) -> None:
    assert seeded(BUGS.index(bug)).broken == []
