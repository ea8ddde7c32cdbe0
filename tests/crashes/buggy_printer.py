"""Seeded bugs of the A4 printer's driver, for the crash harness."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec

from drivers.device import CancelToken, Deadline, Driver
from drivers.document_printer.ipp import IppPrinter
from drivers.document_printer.types import PagesPrinted, PrintDocument


class SendsAgain(IppPrinter):
    """What cannot be followed to its end has not been printed: it is sent once more."""

    def _give_up(self, request: PrintDocument, *_: Any) -> PagesPrinted:
        self._leftovers = False  # the job before is nobody's any more
        deadline, cancel = Deadline(self._settings.send_s), CancelToken()
        return self._follow(request, self._submit(request, deadline, cancel), deadline, cancel)


DRIVER_BUGS: Mapping[str, type[IppPrinter]] = {"document sent again": SendsAgain}


def buggy(bug: str, options: Mapping[str, Any]) -> Driver:
    """The driver with ``bug``; as :func:`drivers.catalogue.create`."""
    made = DRIVER_BUGS[bug]
    return made(msgspec.convert(options, made.Settings))
