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
"""Between two tries: a service may misread the same code many times in a moment."""
LONGEST = 4096
"""Bytes of a code; nothing that is shown to a terminal needs more."""


class XfsCodeScanner(XfsDriver):
    """The scanner is on only while a code is awaited: the service sees to that."""

    KIND = Kind.CODE_SCANNER
    INTERFACES = ("BarcodeReader",)
    NEEDS = (ReadBarcode,)
    REQUESTS = (ReadCode,)

    class Settings(ServiceSettings, frozen=True, kw_only=True, forbid_unknown_fields=True):
        """``[devices.code_scanner]``."""

        symbologies: tuple[str, ...] = ()
        """XFS4IoT names of what may be read, ``qrCode``; empty: all that the scanner knows."""

    def __init__(self, settings: Settings) -> None:
        super().__init__(settings)
        self._settings = settings

    def reset(self) -> None:
        self._connected().call(ResetBarcodeReader(), Deadline(RESET_S), CancelToken())

    def _do(self, request: Request[Any], deadline: Deadline, cancel: CancelToken) -> Code:
        """Also: ``GARBLED`` for a code that is no text or longer than 4096 bytes."""
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
                    # A code held too short or askew: whoever holds it tries again by itself.
                    cancel.wait(min(AGAIN_S, deadline.remaining()))
                    if cancel.cancelled:
                        raise DeviceError(Reason.CANCELLED) from error
                    if deadline.passed():
                        raise DeviceError(Reason.TIMEOUT, "no code was read") from error
                    continue
                for output in read.read_output or ():
                    if output.barcode_data:
                        return _code(output.barcode_data, output.symbology or "")
                raise DeviceError(Reason.GARBLED, "a code was read, and nothing stood in it")
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
                detail="the scanner is out of order",
                mend="call the machine's service",
            )
        return status


def _code(data: bytes, symbology: str) -> Code:
    data = data.rstrip(b"\r\n")
    if len(data) > LONGEST:
        raise DeviceError(
            Reason.GARBLED, f"a code is longer than {LONGEST} bytes", mend="show another code"
        )
    return Code(decode_code(data), "" if symbology == "symbologyUnknown" else symbology)
