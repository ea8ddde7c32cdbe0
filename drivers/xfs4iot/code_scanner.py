"""A code scanner over XFS4IoT: ``BarcodeReader.Read``."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from drivers.code_scanner.framing import decode_code
from drivers.code_scanner.types import Code, ReadCode
from drivers.device import (
    CancelToken,
    Deadline,
    DeviceError,
    Kind,
    Reason,
    Request,
    State,
    Status,
)
from drivers.sentence import en
from drivers.xfs4iot.driver import RESET_S, ServiceSettings, XfsDriver, online
from drivers.xfs4iot.failures import FailedError
from drivers.xfs4iot.messages import ErrorCode
from drivers.xfs4iot.payloads import (
    ReadBarcode,
    ResetBarcodeReader,
    ScannerState,
    StatusFacts,
)

AGAIN_S = 0.1
"""Seconds between two tries: a service may misread the same code many times in a moment."""
LONGEST = 4096
"""Most bytes of a code; no code for a terminal is longer."""


class XfsCodeScanner(XfsDriver):
    """A code scanner. The service switches it on only during a read."""

    KIND = Kind.CODE_SCANNER
    INTERFACES = ("BarcodeReader",)
    NEEDS = (ReadBarcode,)
    REQUESTS = (ReadCode,)

    class Settings(ServiceSettings, frozen=True, kw_only=True, forbid_unknown_fields=True):
        """``[devices.code_scanner]``."""

        symbologies: tuple[str, ...] = ()
        """XFS4IoT names of the symbologies to read, ``qrCode``; empty: all of the scanner."""

    def __init__(self, settings: Settings) -> None:
        super().__init__(settings)
        self._settings = settings

    def reset(self) -> None:
        self._connected().call(ResetBarcodeReader(), Deadline(RESET_S), CancelToken())

    def _do(self, request: Request[Any], deadline: Deadline, cancel: CancelToken) -> Code:
        """As the base class; raises ``GARBLED`` for a code without text or longer than 4096
        bytes."""
        service = self._usable()
        wanted = dict.fromkeys(self._settings.symbologies, True)
        command = ReadBarcode(symbologies=wanted or None)
        self.report(Status(State.BUSY))
        try:
            while True:
                try:
                    read = service.call(command, deadline, cancel)
                except FailedError as error:
                    if error.error is not ErrorCode.BARCODE_INVALID:
                        raise
                    # The code was held too briefly or askew. The citizen goes on holding it, so the
                    # driver tries again without an error.
                    cancel.wait(min(AGAIN_S, deadline.remaining()))
                    if cancel.cancelled:
                        raise DeviceError(Reason.CANCELLED) from error
                    if deadline.passed():
                        raise DeviceError(Reason.TIMEOUT, en("no code was read")) from error
                    continue
                for output in read.read_output or ():
                    if output.barcode_data:
                        return _code(output.barcode_data, output.symbology or "")
                raise DeviceError(Reason.GARBLED, en("a code was read, and nothing stood in it"))
        finally:
            if not service.closed:
                self.report(Status(State.ONLINE))

    def _status(self, facts: StatusFacts) -> Status:
        status = super()._status(facts)
        scanner = facts.barcode_reader.scanner if facts.barcode_reader else None
        if online(status) and scanner is ScannerState.INOPERATIVE:
            return replace(
                status,
                state=State.HARDWARE_ERROR,
                problem=Reason.HARDWARE,
                detail=en("the scanner is out of order"),
                mend=en("call the machine's service"),
            )
        return status


def _code(data: bytes, symbology: str) -> Code:
    data = data.rstrip(b"\r\n")
    if len(data) > LONGEST:
        raise DeviceError(
            Reason.GARBLED,
            en("a code is longer than {longest} bytes", longest=LONGEST),
            mend=en("show another code"),
        )
    return Code(decode_code(data), "" if symbology == "symbologyUnknown" else symbology)
