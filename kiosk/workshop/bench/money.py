"""Measures what a citizen waits for who moves money: the end of an operation, long statements.

The withdrawals are real: keeper, visits and committer are processes, the stand-in centre answers
over HTTP. They play the story ``operation`` of :mod:`ui.robots.meter`.
"""

from __future__ import annotations

import json
import os
import secrets
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from drivers import catalogue
from drivers.device import CancelToken, Deadline, Kind
from drivers.document_printer.types import PrintDocument
from drivers.emulators.document_printer import DocumentPrinter
from kiosk.operation import Business
from kiosk.operations.journal import Journal
from kiosk.operations.rows import JournalEntry, JournalEvent
from kiosk.workshop import demo
from kiosk.workshop.bench import visits
from kiosk.workshop.bench.figures import BenchError, Figure, Name, Values

ROWS = 2_400
"""A statement of twenty years, ten bookings a month."""


@dataclass(frozen=True, slots=True)
class MoneyScale:
    """How often each is measured."""

    operations: int
    statements: int
    turns: int  # of one statement
    commits: int
    prints: int  # of each length


FULL = MoneyScale(operations=12, statements=10, turns=60, commits=400, prints=10)
QUICK = MoneyScale(operations=1, statements=2, turns=10, commits=40, prints=2)
PRINTED_PAGES = (1, 10, 50)
PAGE_S = 0.05
"""Seconds that the emulated printer takes for a page; a real one takes 2 to 3."""

NAMES: Mapping[str, Name] = {
    "end_page_own": Name("ms", 100),
    "end_page": Name("ms"),
    "statement_20_years": Name("ms", 200),
    "statement_turn": Name("ms", 40),
    "journal_commit": Name("ms", floor="floor_sync"),
    "floor_sync": Name("ms"),
    **{f"print_{pages}_own": Name("ms") for pages in PRINTED_PAGES},
}
"""All figures of this part, in milliseconds.

* ``end_page``: from the press that sends the confirmation to the first frame of the page of the
  end; ``_own``: without the visit's calls to the centre. The committer's call to the centre is in
  it, so that it says rather too much.
* ``statement_20_years``: from the step with 2,400 bookings to the first frame of its page
* ``statement_turn``: from the press to the frame of the next sheet
* ``journal_commit``: one row of the journal and its audit record, SQLite with ``synchronous=FULL``
* ``floor_sync``: as many bytes at the end of a file, and ``fdatasync``
* ``print_N_own``: from the request to print N pages until the driver knows that they are out,
  without the printer's own time; what grows with N is 20 kB a page that are sent
"""


def run(quick: bool) -> dict[str, Figure]:
    """See :func:`measure`."""
    return measure(QUICK if quick else FULL)


def measure(scale: MoneyScale, here: demo.DemoPlace | None = None) -> dict[str, Figure]:
    """All figures of :data:`NAMES`. Raises :class:`BenchError`. ``here``: see
    :func:`kiosk.workshop.bench.visits.placed`."""
    found: Values = {name: [] for name in NAMES}
    with visits.placed(here) as place:
        _measure_statements(found, scale)
        _measure_operations(found, place, scale)
    with tempfile.TemporaryDirectory(prefix="kiosk-") as scratch:
        _measure_journal(found, Path(scratch), scale)
    _measure_printing(found, scale)
    return {name: Figure(tuple(values)) for name, values in found.items()}


def _measure_statements(found: Values, scale: MoneyScale) -> None:
    for _ in range(scale.statements):
        command = [sys.executable, "-m", "ui.robots.tables", str(ROWS), str(scale.turns)]
        try:
            done = subprocess.run(
                command, capture_output=True, timeout=visits.PATIENCE_S, check=True
            )
        except subprocess.SubprocessError as error:
            raise BenchError(f"the statement does not show: {error}") from None
        seen = json.loads(done.stdout)
        found["statement_20_years"].append(seen["opened"])
        found["statement_turn"] += seen["turned"]


def _measure_operations(found: Values, here: demo.DemoPlace, scale: MoneyScale) -> None:
    trace = visits.TraceReader(here.directory / "trace")
    stories = ["operation"] * scale.operations
    trace.plan({"stories": [*stories, "still"], "rounds": 0, "settle_s": 0.0})
    with visits.keeper_of(here, trace, visits.QUICK):
        for number in range(scale.operations):
            live = trace.wait(partial(_nth_live, trace, number), "a visit to be live")
            trace.wait(partial(trace.ended, live), "a visit to end")
            mine = [event for event in trace.events() if event.pid == live]
            shown = next(
                e.at for e in mine if e.what == "frame" and e.facts["page"] == "OutcomePage"
            )
            pressed = max(e.at for e in mine if e.what == "touch" and e.at < shown)
            calls = (e for e in mine if e.what == "call" and pressed < e.at < shown)
            centre = sum(event.facts["seconds"] for event in calls)
            found["end_page"].append((shown - pressed) * 1000)
            found["end_page_own"].append((shown - pressed - centre) * 1000)


def _nth_live(trace: visits.TraceReader, number: int) -> int | None:
    """The process of the visit ``number``, counted from 0; None before it is on the screen."""
    return dict(enumerate(trace.lives())).get(number)


def _measure_journal(found: Values, directory: Path, scale: MoneyScale) -> None:
    """A row each of as many operations, and as many bare syncs, in turn."""
    journal = Journal(directory / "journal.db")
    descriptor = os.open(directory / "floor", os.O_WRONLY | os.O_CREAT | os.O_CLOEXEC)
    try:
        for _ in range(scale.commits):
            operation = secrets.token_hex(16)
            entry = JournalEntry(operation, Business.RENT_WITHDRAWAL, JournalEvent.INTENT)
            began = time.monotonic()
            journal.append(entry)
            found["journal_commit"].append((time.monotonic() - began) * 1000)
            began = time.monotonic()
            os.write(descriptor, bytes(4096))
            os.fdatasync(descriptor)
            found["floor_sync"].append((time.monotonic() - began) * 1000)
    finally:
        os.close(descriptor)
        journal.close()


def _measure_printing(found: Values, scale: MoneyScale) -> None:
    """Documents of some lengths on an emulated printer, in turn."""
    printer = DocumentPrinter(seconds_per_page=PAGE_S)
    printer.start()
    driver = catalogue.create(Kind.DOCUMENT_PRINTER, "ipp", {"uri": printer.address})
    try:
        driver.open()
        for number in range(scale.prints):
            for pages in PRINTED_PAGES:
                job = PrintDocument(f"{number}-{pages}", visits.document(pages), pages)
                began = time.monotonic()
                driver.execute(job, Deadline(visits.PATIENCE_S), CancelToken())
                own = time.monotonic() - began - pages * PAGE_S
                found[f"print_{pages}_own"].append(own * 1000)
    finally:
        driver.close()
        printer.stop()
