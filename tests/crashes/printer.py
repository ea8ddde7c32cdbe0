"""The A4 printer of the crash harness: it outlives every kill, and records what it prints whole."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Any

from drivers.device import Kind
from drivers.document_printer.names import JobState
from drivers.emulators.document_printer import DocumentPrinter
from tests.crashes.printing import TRAY, WORKS, digest

DEVICE = """
[devices.{kind}]
driver = "ipp"
host = "process"
uri = "{uri}"
answer_s = 1.0
send_s = 1.5
poll_s = 0.1
patience_s = 2.0
stall_s = 5.0
settle_s = 3.0
"""
"""The printer's table in the settings: less patient than in the field."""


class TrayPrinter(DocumentPrinter):
    """A printer with its tray in ``stage``."""

    def __init__(self, stage: Path) -> None:
        # A page takes long enough to be met by a kill. Nobody reads it: few dots.
        super().__init__(seconds_per_page=0.4, dpi=9)
        self._tray = stage / TRAY
        self._works = stage / WORKS

    @property
    def url(self) -> str:
        return self.address.replace("ipp://", "http://", 1)

    def printed(self) -> Counter[str]:
        """How often each document was printed whole, by its SHA-256."""
        return Counter(self._tray.read_text().split() if self._tray.exists() else ())

    def respond(self, body: bytes) -> tuple[int, bytes] | bytes | None:
        answer = super().respond(body)
        with self._changed:
            self._be_heard()
        return answer

    def _print(self, job: Any, sheets: list[bytes] | None) -> None:
        super()._print(job, sheets)
        if 0 < job.pages == job.out:
            with self._tray.open("a") as tray:
                tray.write(f"{digest(job.document)}\n")
        self._be_heard()

    def _be_heard(self) -> None:
        if any(job.ready and job.state < JobState.CANCELED for job in self._jobs.values()):
            self._works.touch()
        else:
            self._works.unlink(missing_ok=True)


def device(line: str) -> str:
    """The settings of a printer at the end of ``line``, an ``http://`` address."""
    uri = line.replace("http://", "ipp://", 1) + "/ipp/print"
    return DEVICE.format(kind=Kind.DOCUMENT_PRINTER, uri=uri)
