"""An A4 printer over XFS4IoT: sends a PDF by ``Printer.PrintNative``."""

from __future__ import annotations

from typing import Annotated, Any, Literal

import msgspec

from drivers.device import CancelToken, Deadline, Kind, Request
from drivers.document_printer.types import PagesPrinted, PrintDocument
from drivers.xfs4iot.payloads import MediaState, PrintNative
from drivers.xfs4iot.printing import PrinterSettings, XfsPrinter


class XfsDocumentPrinter(XfsPrinter):
    """An A4 printer. Pages count as printed when the service completes the command with success.
    The service never reports their number, so it is unknown after a failure of several pages.

    "Native" is the format of the service's own printer; ask the machine's vendor whether it is PDF.
    """

    KIND = Kind.DOCUMENT_PRINTER
    TYPE = "document"
    NEEDS = (PrintNative,)
    REQUESTS = (PrintDocument,)
    # PRESENT: a sheet on the transport, since there is no roll
    LEFT = (MediaState.ENTERING, MediaState.PRESENT)

    class Settings(PrinterSettings, frozen=True, kw_only=True, forbid_unknown_fields=True):
        """``[devices.document_printer]``."""

        move: Literal["eject", "expel", "stack", ""] = "eject"
        """Where each sheet goes; empty: the printer decides."""
        paper_source: Annotated[str, msgspec.Meta(pattern=r"^([a-zA-Z][a-zA-Z0-9]*)?\Z")] = ""
        """``upper``, ``lower``, … or a vendor's name; empty: the service chooses."""

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
