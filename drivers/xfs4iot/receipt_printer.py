"""A receipt printer over XFS4IoT: sends ESC/POS bytes by ``Printer.PrintRaw``."""

from __future__ import annotations

from typing import Annotated, Any

import msgspec

from drivers.device import CancelToken, Deadline, Kind, Request
from drivers.receipt_printer.encode import TextMode, encode
from drivers.receipt_printer.types import Printed, PrintSlip
from drivers.xfs4iot.messages import Command, Completion
from drivers.xfs4iot.payloads import ControlMedia, PrintRaw
from drivers.xfs4iot.printing import PrinterSettings, XfsPrinter


class XfsReceiptPrinter(XfsPrinter):
    """A receipt printer. A slip counts as printed when the service completes the command with
    success: the service watches paper and cutter."""

    KIND = Kind.RECEIPT_PRINTER
    TYPE = "receipt"
    NEEDS = (PrintRaw,)
    REQUESTS = (PrintSlip,)

    class Settings(PrinterSettings, frozen=True, kw_only=True, forbid_unknown_fields=True):
        """``[devices.receipt_printer]``."""

        text: TextMode = TextMode.GB18030
        """``raster`` for a printer without a Chinese font."""
        width: Annotated[int, msgspec.Meta(ge=384, le=832, multiple_of=8)] = 576
        """Dots across the paper: 576 on 80 mm, 384 on 58 mm."""
        eject: bool = False
        """True for a machine that needs a separate command to move the cut slip to the slot."""

    def __init__(self, settings: Settings) -> None:
        super().__init__(settings)
        self._settings = settings

    def _do(self, request: Request[Any], deadline: Deadline, cancel: CancelToken) -> Printed:
        assert isinstance(request, PrintSlip)
        data = encode(request.slip, width=self._settings.width, text=self._settings.text)
        commands: list[Command[Completion]] = [PrintRaw(data=data)]
        if self._settings.eject:
            commands.append(ControlMedia(move="eject"))
        self._print(commands, 1, deadline, cancel)
        return Printed(request.job)
