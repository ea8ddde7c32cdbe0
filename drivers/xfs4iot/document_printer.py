"""An A4 printer over XFS4IoT: a PDF, handed to ``Printer.PrintNative``."""

from __future__ import annotations

from typing import Annotated, Any, Literal

import msgspec

from drivers.device import CancelToken, Deadline, Kind, Request
from drivers.document_printer.types import PagesPrinted, PrintDocument
from drivers.xfs4iot.payloads import MediaState, PrintNative
from drivers.xfs4iot.printing import PrinterSettings, XfsPrinter


class XfsDocumentPrinter(XfsPrinter):
    """Pages count as printed when the service says so; it never says how many of them, so after a
    failure in the middle of several their number is not known.

    "Native" is what the service's own printer takes; ask the machine's vendor whether it is PDF.
    """

    KIND = Kind.DOCUMENT_PRINTER
    TYPE = "document"
    NEEDS = (PrintNative,)
    REQUESTS = (PrintDocument,)
    LEFT = (MediaState.ENTERING, MediaState.PRESENT)  # a sheet of its own, on the transport

    class Settings(PrinterSettings, frozen=True, kw_only=True, forbid_unknown_fields=True):
        """``[devices.document_printer]``."""

        move: Literal["eject", "expel", "stack", ""] = "eject"
        """What becomes of each sheet; empty: the printer sees to it by itself."""
        paper_source: Annotated[str, msgspec.Meta(pattern="^([a-zA-Z][a-zA-Z0-9]*)?$")] = ""
        """``upper``, ``lower``, … or a name of the vendor's; empty: the service chooses."""

    def __init__(self, settings: Settings) -> None:
        super().__init__(settings)
        self._settings = settings

    def _do(self, request: Request[Any], deadline: Deadline, cancel: CancelToken) -> PagesPrinted:
        assert isinstance(request, PrintDocument)
        native = PrintNative(
            data=request.pdf,
            move=self._settings.move,
            paper_source=self._settings.paper_source,
        )
        self._print((native,), request.pages, deadline, cancel)
        return PagesPrinted(request.job, request.pages)
