"""Prints receipts in a crash visit: the real visit's print, host and driver; no screen.

What the centre has sealed is neither checked nor drawn here: no kill of a print depends on that,
and the harness compares what was printed with what the centre has made.
"""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any

from drivers.catalogue import create_host
from drivers.device import Kind
from drivers.hosting.host import Host
from drivers.hosting.process_host import ProcessHost
from kiosk.centre.client import CentreClient
from kiosk.centre.document_orders import OperationReceiptOrder
from kiosk.privacy import Sensitive
from kiosk.settings import load
from kiosk.visit.operation_words import RECEIPT_NAME
from kiosk.visit.printing import document_key
from kiosk.visit.steps import PrintingDocument, Problem
from kiosk.visit.troubles import MENU, RETRY
from kiosk.visit.visit import Visit
from tests.crashes.buggy_printer import buggy
from tests.crashes.committing import say

TRAY = "tray"
"""In the stage: the SHA-256 of each document that was printed whole, one a line."""
WORKS = "printer works"
"""In the stage while the printer has a document that it has not done with: a noise."""
PRINTING = "printing"
"""In the stage: the id of the visit whose paper is on its way."""
DRIVER_BUG = "driver bug"
"""In the stage: the name of a bug of :mod:`tests.crashes.buggy_printer`, or nothing."""
TRIES = 3
"""How often a citizen has one document printed that does not come out."""
RESTS_S = 10.0
"""How long a citizen waits for a printer that works, before a look into the tray."""


@contextmanager
def printer_host(stage: Path) -> Iterator[Host]:
    """The host of the terminal's A4 printer, whose driver has a process of its own."""
    table = load(stage / "terminal.toml").devices[Kind.DOCUMENT_PRINTER]
    if bug := (stage / DRIVER_BUG).read_text():
        options = {key: table[key] for key in table if key not in ("driver", "host")}
        host: Host = ProcessHost(Kind.DOCUMENT_PRINTER, partial(buggy, bug, options))
    else:
        host = create_host(Kind.DOCUMENT_PRINTER, table)
    host.start()
    try:
        yield host
    finally:
        host.stop(1.0)


class BesideThePrinter:
    """The citizen of a print, in place of a dialogue. Who is told that the paper has not come out
    waits until the printer rests, looks into its tray, as the page says, and tries again if the
    paper is not there."""

    language, large = "zh_CN", False

    def __init__(self, stage: Path, host: Host) -> None:
        self._stage = stage
        self._host = host
        self._tried = 0
        self._pdf = b""

    def ask(self, step: Any, **_: Any) -> Any:
        """The answer to a step of a print. Raises ``DeviceError``."""
        if isinstance(step, Problem):
            return MENU if self._tried == TRIES or self._lies_there() else RETRY
        assert isinstance(step, PrintingDocument)
        self._pdf = step.request.pdf
        self._tried += 1
        say(self._stage / PRINTING)
        try:
            return self._host.execute(step.request, step.seconds)
        finally:
            (self._stage / PRINTING).unlink(missing_ok=True)

    def statuses(self) -> Mapping[Kind, Any]:
        return {Kind.DOCUMENT_PRINTER: self._host.status}

    def _lies_there(self) -> bool:
        """Whether the paper lies in the tray, or may still come there."""
        until = time.monotonic() + RESTS_S
        while (self._stage / WORKS).exists():
            if time.monotonic() > until:
                return True
            time.sleep(0.05)
        tray = self._stage / TRAY
        return tray.exists() and digest(self._pdf) in tray.read_text().split()


def digest(pdf: bytes) -> str:
    return hashlib.sha256(pdf).hexdigest()


def print_receipt(
    stage: Path, ask: CentreClient, operation: str, note: Callable[..., None]
) -> None:
    """Have the centre make the receipt of ``operation``, and print it, which ``note`` hears of:
    a later print is a new order with a new file 补打."""
    order = OperationReceiptOrder(kind="operation-receipt", operation=operation, key=document_key())
    with printer_host(stage) as host:
        document = ask.make_document(order)
        pdf = ask.document_file(document)
        note("receipt", operation, digest(pdf))
        citizen: Any = BesideThePrinter(stage, host)
        visit = Visit(citizen, ask, citizen, load(stage / "terminal.toml"))
        if visit.print_document(document, Sensitive(pdf), RECEIPT_NAME):
            note("printed", operation, digest(pdf))
