"""What receipt and document printers over XFS4IoT share: paper that is presented, taken, retracted.

A service says by events what becomes of paper in the slot. What an earlier citizen left there is
drawn back before anything new is printed, where the machine can.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import Annotated

import msgspec

from drivers.device import (
    CancelToken,
    Deadline,
    DeviceError,
    Media,
    Reason,
    State,
    Status,
    Supply,
)
from drivers.xfs4iot.client import Running, Service
from drivers.xfs4iot.driver import RESET_S, STATUS_S, ServiceSettings, XfsDriver, online
from drivers.xfs4iot.failures import REFUSALS, FailedError
from drivers.xfs4iot.messages import Command, Completion, ErrorCode, Message
from drivers.xfs4iot.payloads import (
    BinState,
    Capabilities,
    GetStatus,
    GetStorage,
    MediaState,
    PrinterEvent,
    PrinterStatus,
    ResetPrinter,
    RetractMedia,
    StatusFacts,
    Storage,
    SupplyState,
)

RETRACT_S = 10.0
"""How long drawing back may take."""

_WHOLE_NOT_OUT = frozenset(
    {
        ErrorCode.MEDIA_JAMMED,
        ErrorCode.PAPER_JAMMED,
        ErrorCode.PAPER_OUT,
        ErrorCode.TONER_OUT,
        ErrorCode.MEDIA_RETAINED,
        ErrorCode.MEDIA_RETRACTED,
        ErrorCode.MEDIA_REJECTED,
        ErrorCode.NO_MEDIA_PRESENT,
        ErrorCode.MEDIA_OVERFLOW,
        ErrorCode.BLACK_MARK,
        ErrorCode.SOURCE_INVALID,
        ErrorCode.SEQUENCE_INVALID,
    }
)
"""With these a single sheet or slip is not in anybody's hands."""
_NOTHING_PRINTED = frozenset({ErrorCode.BLACK_MARK, ErrorCode.SOURCE_INVALID})
_MEDIA = {
    MediaState.PRESENT: Media.PRESENT,
    MediaState.ENTERING: Media.PRESENT,
    MediaState.LATCHED: Media.PRESENT,
    MediaState.NOT_PRESENT: Media.NOT_PRESENT,
    MediaState.RETRACTED: Media.NOT_PRESENT,
    MediaState.JAMMED: Media.JAMMED,
}
_SUPPLY = {
    SupplyState.FULL: Supply.FULL,
    SupplyState.LOW: Supply.LOW,
    SupplyState.OUT: Supply.OUT,
}
_BINS = {
    BinState.FULL: ("the retract bin is full", "empty the retract bin"),
    BinState.HIGH: ("the retract bin is nearly full", "empty the retract bin"),
    BinState.MISSING: ("the retract bin is missing", "put in the retract bin"),
}


class PrinterSettings(ServiceSettings, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What holds for both kinds of printer."""

    retract_to: Annotated[str, msgspec.Meta(pattern="^(transport|unit[0-9A-Za-z]+)$")] = "unit1"
    """Where paper goes that nobody took: a bin, or back into the ``transport``."""
    retract_after_s: Annotated[float, msgspec.Meta(ge=0)] = 0.0
    """Seconds until presented paper is drawn back. 0: the machine sees to it, by its own period;
    before the next print it is drawn back all the same."""


class XfsPrinter(XfsDriver):
    """A printer service."""

    INTERFACES = ("Printer",)
    TYPE: str
    """Its kind in ``Common.Capabilities``: "receipt", "document"."""

    def __init__(self, settings: PrinterSettings) -> None:
        super().__init__(settings)
        self._paper = settings
        self._presented: Deadline | None = None  # paper lies in the slot; until when it may
        self._retracting: Running | None = None

    def status(self) -> Status:
        """As the service says; also starts to draw back paper that lies too long."""
        limit = Deadline(STATUS_S)
        service = self._connected(STATUS_S / 3)
        facts = service.ask(GetStatus(), limit.remaining())
        status = self._status(facts)
        if online(status) and not status.detail and service.offers(GetStorage):
            status = _with_bins(status, service.ask(GetStorage(), limit.remaining()))
        self._draw_back_late(service)
        return status

    def reset(self) -> None:
        """Eject or draw back what is in the transport."""
        goal = "eject" if self._paper.retract_to == "transport" else self._paper.retract_to
        self._connected().call(ResetPrinter(media_control=goal), Deadline(RESET_S), CancelToken())
        self._presented = None

    def close(self) -> None:
        super().close()
        self._presented = self._retracting = None

    # -- printing -----------------------------------------------------------------------------

    def _print(
        self,
        commands: Iterable[Command[Completion]],
        pieces: int,
        deadline: Deadline,
        cancel: CancelToken,
    ) -> None:
        """Have the commands done one after another. The first one is what prints.

        ``pages`` of an error: 0 when surely nothing is in anybody's hands, None when it cannot be
        known; a machine of this kind does not count. ``pieces``: sheets or slips.
        """
        service = self._usable()
        self._clear_slot(service, deadline, cancel)
        self.report(Status(State.BUSY))
        printed = False
        try:
            for command in commands:
                service.call(command, deadline, cancel, self._on_event)
                printed = True
        except DeviceError as error:
            error.pages = None if printed else _pages(error, pieces)
            self.report(_failed(error))
            raise
        lies = Media.PRESENT if self._presented else Media.UNKNOWN
        self.report(Status(State.ONLINE, media=lies))

    def _clear_slot(self, service: Service, deadline: Deadline, cancel: CancelToken) -> None:
        """Draw back what an earlier citizen left, if the machine can and has not yet."""
        service.pump()
        if self._presented is None or not service.offers(RetractMedia):
            return
        retract = RetractMedia(media_control=self._paper.retract_to)
        try:
            running = service.start(retract, RETRACT_S)
            service.await_end(retract, running, deadline, cancel)
        except FailedError as error:
            if error.error is not ErrorCode.NO_MEDIA_PRESENT:  # then somebody has just taken it
                raise DeviceError(
                    error.reason, f"paper lies in the slot: {error.detail}", mend=error.mend
                ) from error
        self._presented = None

    def _draw_back_late(self, service: Service) -> None:
        """Begin to draw back what lies too long; its end is seen at a later look."""
        if self._retracting is not None:
            if self._retracting.end is not None:
                self._retracting = None
                self._presented = None
        elif (
            self._presented is not None
            and self._paper.retract_after_s
            and self._presented.passed()
            and service.offers(RetractMedia)
        ):
            retract = RetractMedia(media_control=self._paper.retract_to)
            self._retracting = service.start(retract, RETRACT_S)

    # -- events and status --------------------------------------------------------------------

    def _on_event(self, message: Message) -> None:
        if PrinterEvent(message.header.name) is PrinterEvent.MEDIA_PRESENTED:
            self._present()
            self.report(Status(State.BUSY, media=Media.PRESENT))

    def _hear(self, message: Message) -> None:
        match PrinterEvent(message.header.name):
            case PrinterEvent.MEDIA_PRESENTED | PrinterEvent.MEDIA_PRESENTED_UNSOLICITED:
                self._present()
            case PrinterEvent.MEDIA_TAKEN | PrinterEvent.MEDIA_AUTO_RETRACTED:
                self._presented = None

    def _present(self) -> None:
        told = self._service.capabilities.printer if self._service else None
        if told is not None and told.media_taken:  # else nobody would say when it is gone
            self._presented = Deadline(self._paper.retract_after_s)

    def _suits(self, capabilities: Capabilities) -> bool:
        """Its type, where it tells one."""
        types = (capabilities.printer.type if capabilities.printer else None) or {}
        return bool(types.get(self.TYPE)) or not any(types.values())

    def _status(self, facts: StatusFacts) -> Status:
        status = super()._status(facts)
        if not online(status) or facts.printer is None:
            return status
        status = read_printer(facts.printer, status)
        if self._presented is not None and status.media is not Media.JAMMED:
            status = replace(status, media=Media.PRESENT)
        return status


def read_printer(facts: PrinterStatus, status: Status) -> Status:
    """Media and supplies of a printer that is on-line."""
    supplies = [one for one in (facts.paper or {}).values() if one is not None]
    known = [_SUPPLY[one] for one in supplies if one in _SUPPLY]
    # Several trays: the printer goes on as long as one has paper.
    paper = next((one for one in (Supply.FULL, Supply.LOW, Supply.OUT) if one in known), None)
    media = _MEDIA.get(facts.media or MediaState.UNKNOWN, Media.UNKNOWN)
    status = replace(status, media=media, paper=paper or Supply.UNKNOWN)
    if media is Media.JAMMED or SupplyState.JAMMED in supplies:
        return _ill(
            replace(status, media=Media.JAMMED),
            State.HARDWARE_ERROR,
            Reason.JAM,
            "paper is jammed",
            "open the machine, take out what is jammed, close it",
        )
    if paper is Supply.OUT:
        return _ill(status, State.USER_ERROR, Reason.PAPER_OUT, "no paper", "put in paper")
    if facts.toner is SupplyState.OUT:
        said = "toner, ink or ribbon is at its end"
        return _ill(status, State.USER_ERROR, Reason.TONER_OUT, said, "put in a new one")
    if paper is Supply.LOW:
        return replace(status, detail="paper is low", mend="bring paper")
    if facts.toner is SupplyState.LOW:
        return replace(status, detail="toner, ink or ribbon is low", mend="bring a new one")
    return _bins(status, [one.state for one in facts.retract_bins or ()])


def _with_bins(status: Status, storage: Storage) -> Status:
    fills = [
        unit.printer.status for unit in (storage.storage or {}).values() if unit and unit.printer
    ]
    return _bins(status, [fill.replenishment_status for fill in fills if fill])


def _bins(status: Status, states: Iterable[BinState | None]) -> Status:
    for state in (BinState.FULL, BinState.MISSING, BinState.HIGH):
        if state in states:
            detail, mend = _BINS[state]
            return replace(status, detail=detail, mend=mend)
    return status


def _ill(status: Status, state: State, problem: Reason, detail: str, mend: str) -> Status:
    return replace(status, state=state, problem=problem, detail=detail, mend=mend)


def _pages(error: DeviceError, pieces: int) -> int | None:
    if not isinstance(error, FailedError):
        return error.pages
    if error.code in REFUSALS or error.error in _NOTHING_PRINTED:
        return 0
    return 0 if pieces == 1 and error.error in _WHOLE_NOT_OUT else None


def _failed(error: DeviceError) -> Status:
    """How the printer is right after a failure; the next look may find it better."""
    states = {Reason.JAM: State.HARDWARE_ERROR, Reason.HARDWARE: State.HARDWARE_ERROR}
    states |= {Reason.PAPER_OUT: State.USER_ERROR, Reason.TONER_OUT: State.USER_ERROR}
    states |= {Reason.OFFLINE: State.OFFLINE}
    if error.reason not in states:
        return Status(State.UNKNOWN, detail=error.detail)
    return Status(
        states[error.reason],
        Media.JAMMED if error.reason is Reason.JAM else Media.UNKNOWN,
        Supply.OUT if error.reason is Reason.PAPER_OUT else Supply.UNKNOWN,
        error.reason,
        error.detail,
        error.mend,
    )
