"""Base of the receipt and document printers over XFS4IoT: paper is presented, taken or retracted.

Where the machine can retract, the driver retracts an earlier citizen's paper before it prints. It
tries that also when the machine does not tell where paper lies: paper under the head, on the
transport or in the slot may look the same to the machine. The citizen's own paper is not retracted:
the driver waits until it is taken before it prints the next.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from contextlib import suppress
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
from drivers.sentence import en
from drivers.xfs4iot.client import TICK_S, Running, XfsService
from drivers.xfs4iot.driver import RESET_S, STATUS_S, ServiceSettings, XfsDriver, online
from drivers.xfs4iot.failures import REFUSALS, FailedError, status_after
from drivers.xfs4iot.messages import Command, Completion, ErrorCode, XfsMessage
from drivers.xfs4iot.payloads import (
    AutoRetracted,
    BinState,
    Capabilities,
    GetStorage,
    MediaState,
    PrinterEvent,
    PrinterStatus,
    ResetPrinter,
    RetractMedia,
    RetractPlace,
    StatusFacts,
    Storage,
    SupplyState,
)

RETRACT_S = 10.0
"""The time limit of RetractMedia at the service, in seconds."""
ENDLESS_S = 2.0
"""Seconds past :data:`RETRACT_S` after which the driver takes a RetractMedia for endless."""
TAKE_S = 20.0
"""Longest wait, in seconds, until the citizen takes their earlier paper; then the print fails."""
LOOK_S = 0.5
"""Seconds between two status requests during that wait; a service may send no event."""

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
"""Error codes after which a job of one sheet or slip has surely not come out whole."""
_NOTHING_PRINTED = frozenset({ErrorCode.BLACK_MARK, ErrorCode.SOURCE_INVALID})
# Without "present": the paper of a roll always lies under the print head.
_MEDIA = {
    MediaState.ENTERING: Media.PRESENT,
    MediaState.NOT_PRESENT: Media.NOT_PRESENT,
    MediaState.RETRACTED: Media.NOT_PRESENT,
    MediaState.JAMMED: Media.JAMMED,
}
_SUPPLY = {
    SupplyState.FULL: Supply.FULL,
    SupplyState.LOW: Supply.LOW,
    SupplyState.OUT: Supply.OUT,
}
_BINS: Mapping[BinState, tuple[str, str]] = {
    BinState.MISSING: (en("the retract bin is missing"), en("put in the retract bin")),
    BinState.INOPERATIVE: (en("the retract bin is out of order"), en("call the machine's service")),
    BinState.NOT_CONFIGURED: (en("the retract bin is not set up"), en("set it up at the machine")),
    BinState.MANIPULATED: (
        en("somebody was at the retract bin"),
        en("look after it and reset it at the machine"),
    ),
    BinState.FULL: (en("the retract bin is full"), en("empty the retract bin")),
    BinState.HIGH: (en("the retract bin is nearly full"), en("empty the retract bin")),
}
"""Detail and mend for each state of a retract bin, worst first."""


class PrinterSettings(ServiceSettings, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The settings of both kinds of printer."""

    retract_to: Annotated[str, msgspec.Meta(pattern=r"^unit[0-9A-Za-z]+\Z")] = "unit1"
    """The bin for retracted paper."""
    retract_after_s: Annotated[float, msgspec.Meta(ge=0)] = 0.0
    """Seconds until the driver retracts presented paper. 0: the machine does, after its own period.
    An earlier citizen's paper is retracted before the next print in any case."""


class XfsPrinter(XfsDriver):
    """A printer service."""

    INTERFACES = ("Printer",)
    TYPE: str
    """The printer's type in ``Common.Capabilities``: "receipt", "document"."""
    LEFT: tuple[MediaState, ...] = (MediaState.ENTERING,)
    """Media states that prove an earlier citizen's paper: in the slot, or coming out with the
    next."""

    def __init__(self, settings: PrinterSettings) -> None:
        super().__init__(settings)
        self._paper = settings
        self._presented: Deadline | None = None  # paper lies in the slot, and may until then
        self._ours = False  # this driver has printed the paper in the slot
        self._empty = False  # the service reports an empty slot
        self._told = False  # an event about the slot came after the last status request
        self._retracting: Running | None = None
        self._retract_by = Deadline(0.0)  # by then RetractMedia has ended, or it never will
        self._stuck: DeviceError | None = None  # why the last RetractMedia failed

    def status(self) -> Status:
        """The service's status; also begins to retract paper that has lain too long."""
        limit = Deadline(STATUS_S)
        service = self._connected(STATUS_S / 3)
        status = self._status(self._look(service, limit.remaining()))
        if online(status) and not status.detail and service.offers(GetStorage):
            status = _with_bins(status, service.ask(GetStorage(), limit.remaining()))
        self._draw_back_late(service)
        if online(status) and self._stuck is not None and self._presented is not None:
            detail = en("paper lies in the slot: {detail}", detail=self._stuck.detail)
            status = replace(status, detail=detail, mend=self._stuck.mend or status.mend)
        return status

    def reset(self) -> None:
        """Retract the paper in the transport."""
        command = ResetPrinter(media_control=self._paper.retract_to)
        self._connected().call(command, Deadline(RESET_S), CancelToken())
        self._gone()
        self._retracting = None

    # -- printing -----------------------------------------------------------------------------

    def _print(
        self,
        commands: Iterable[Command[Completion]],
        pieces: int,
        deadline: Deadline,
        cancel: CancelToken,
    ) -> None:
        """Send ``commands`` one after another. The first command prints, later ones move the paper.

        ``pages`` of an error: 0 when surely no paper came out whole, ``None`` when that is unknown,
        since the machine does not count pages. ``pieces``: the number of sheets or slips.
        """
        service = self._usable()
        try:
            self._clear_slot(service, deadline, cancel)
        except DeviceError as error:
            raise error.with_pages(0) from error
        if cancel.cancelled:  # once sent, the first command may print before it can be cancelled
            raise DeviceError(Reason.CANCELLED, en("before anything was sent"))
        before, self._ours = self._ours, True
        self.report(Status(State.BUSY))
        printed = False
        try:
            for command in commands:
                service.call(command, deadline, cancel, self._on_event)
                printed = True
        except DeviceError as error:
            pages = None if printed else _pages(error, pieces)
            if pages == 0:
                self._ours &= before
            self.report(status_after(error))
            raise error.with_pages(pages) from error
        lies = Media.PRESENT if self._presented else Media.UNKNOWN
        self.report(Status(State.ONLINE, media=lies))

    def _clear_slot(self, service: XfsService, deadline: Deadline, cancel: CancelToken) -> None:
        """Empty the slot, if the machine can, so that new paper does not come out with old
        paper."""
        service.pump()
        if not service.offers(RetractMedia):
            return  # a plain slot: new paper pushes the old paper out
        if self._retracting is None and self._presented is not None and self._ours:
            self._await_taken(service, deadline, cancel)
        if self._retracting is None and self._presented is None and (self._ours or self._empty):
            return
        try:
            self._draw_back(service, deadline, cancel)
        except DeviceError as error:
            if self._presented is None:  # it is unknown whether paper lies in the slot
                raise
            detail = en("paper lies in the slot: {detail}", detail=error.detail or error.reason)
            raise DeviceError(error.reason, detail, mend=error.mend) from error

    def _await_taken(self, service: XfsService, deadline: Deadline, cancel: CancelToken) -> None:
        """Wait until the citizen has taken their own paper, or its time to lie there is over.

        Retracted at once, the paper would be lost to the citizen in front of the terminal. Raises
        ``NOT_TAKEN`` after :data:`TAKE_S`; the citizen reads that, and may try again.
        """
        self.report(Status(State.BUSY, media=Media.PRESENT))
        limit = Deadline(min(TAKE_S, deadline.remaining()))
        look = Deadline(LOOK_S)
        while self._presented is not None and not self._overdue():
            if cancel.cancelled:
                raise DeviceError(Reason.CANCELLED)
            if limit.passed():
                raise DeviceError(
                    Reason.NOT_TAKEN,
                    en("the paper before it still lies in the slot"),
                    mend=en("take the paper out of the slot"),
                )
            service.pump(TICK_S)
            if look.passed():
                self._status(self._look(service, STATUS_S))
                look = Deadline(LOOK_S)

    def _draw_back(self, service: XfsService, deadline: Deadline, cancel: CancelToken) -> None:
        """Retract the paper in the slot and wait for the end, also of a running RetractMedia."""
        retract, running = self._retract(), self._retracting
        if running is None:
            running = self._begin_retract(service)
        limit = Deadline(min(deadline.remaining(), self._retract_by.remaining()))
        try:
            service.await_end(retract, running, limit, cancel)
        except DeviceError:
            if running.end is None:  # RetractMedia still runs
                self._give_up_endless(service)
                raise
        self._drawn_back(service)

    def _draw_back_late(self, service: XfsService) -> None:
        """Begin to retract paper that has lain too long; a later status sees the end."""
        if self._retracting is not None:
            if self._retracting.end is not None:
                with suppress(DeviceError):  # `status` reports `_stuck`
                    self._drawn_back(service)
            else:
                self._give_up_endless(service)
        elif self._overdue() and service.offers(RetractMedia):
            self._begin_retract(service)

    def _begin_retract(self, service: XfsService) -> Running:
        running = self._retracting = service.start(self._retract(), RETRACT_S)
        self._retract_by = Deadline(RETRACT_S + ENDLESS_S)
        return running

    def _give_up_endless(self, service: XfsService) -> None:
        """Close the connection to a service whose RetractMedia exceeds its own time limit."""
        if self._retract_by.passed():
            service.close()

    def _overdue(self) -> bool:
        """Whether paper has lain in the slot for longer than the settings allow."""
        lies = self._presented
        return lies is not None and self._paper.retract_after_s > 0 and lies.passed()

    def _drawn_back(self, service: XfsService) -> None:
        """Note the end of a RetractMedia. Raises its error when the paper still lies in the slot.

        Raise only when paper is known to lie there: services also refuse RetractMedia for a missing
        or full bin, before checking for paper.
        """
        running, self._retracting = self._retracting, None
        assert running is not None
        try:
            service.result(self._retract(), running)
        except DeviceError as error:
            taken = isinstance(error, FailedError) and error.error is ErrorCode.NO_MEDIA_PRESENT
            if self._presented is not None and not taken:
                self._stuck = error
                self._presented = Deadline(self._paper.retract_after_s)  # until the next try
                raise
        self._gone()

    def _gone(self) -> None:
        """Note that the slot is empty."""
        self._presented = self._stuck = None

    def _retract(self) -> RetractMedia:
        return RetractMedia(media_control=self._paper.retract_to)

    # -- events and status --------------------------------------------------------------------

    def _on_event(self, message: XfsMessage) -> None:
        if PrinterEvent(message.header.name) is PrinterEvent.MEDIA_PRESENTED:
            self._present()
            self.report(Status(State.BUSY, media=Media.PRESENT))

    def _hear(self, message: XfsMessage) -> None:
        match PrinterEvent(message.header.name):
            case PrinterEvent.MEDIA_PRESENTED | PrinterEvent.MEDIA_PRESENTED_UNSOLICITED:
                self._present()
            case PrinterEvent.MEDIA_TAKEN:
                self._gone()
            case PrinterEvent.MEDIA_AUTO_RETRACTED:
                self._gone()
                if message.read(AutoRetracted).result is RetractPlace.TRANSPORT:
                    # That paper would come out with the next: retract it into the bin before.
                    self._presented, self._ours = Deadline(math.inf), False
            case _:
                return
        self._told, self._empty = True, False

    def _present(self) -> None:
        if self._tells_taken():  # else no event would tell that the paper was taken
            self._presented = Deadline(self._paper.retract_after_s)

    def _tells_taken(self) -> bool:
        told = self._service.capabilities.printer if self._service else None
        return told is not None and bool(told.media_taken)

    def _begin(self, service: XfsService) -> None:
        """Forget what an earlier connection reported: the status tells what lies in the slot."""
        self._gone()
        self._retracting = None
        self._empty = False

    def _suits(self, capabilities: Capabilities) -> bool:
        """Whether the service reports this driver's type of printer, or no type at all."""
        told = (capabilities.printer.type if capabilities.printer else None) or {}
        types = {name.casefold() for name, one in told.items() if one}
        return not types or self.TYPE in types

    def _look(self, service: XfsService, seconds: float) -> StatusFacts:
        service.pump()
        self._told = False
        return super()._look(service, seconds)

    def _status(self, facts: StatusFacts) -> Status:
        status = super()._status(facts)
        if not online(status) or facts.printer is None:
            return status
        if not self._told:  # else this answer may be older than the last event
            self._note(facts.printer.media)
        status = read_printer(facts.printer, status)
        if self._presented is not None and status.media is not Media.JAMMED:
            status = replace(status, media=Media.PRESENT)
        return status

    def _note(self, media: MediaState | None) -> None:
        """Note the media state that the service reports. Only the service knows what lay in the
        slot before this driver began."""
        self._empty = media is MediaState.NOT_PRESENT
        if self._empty:
            self._gone()
        elif self._presented is None:
            if self._ours:
                lies = media is MediaState.ENTERING and self._tells_taken()
            else:
                lies = media in self.LEFT
            if lies:
                self._presented = Deadline(self._paper.retract_after_s)


def read_printer(facts: PrinterStatus, status: Status) -> Status:
    """``status`` of an on-line printer, completed with its media and supplies."""
    supplies = [one for one in (facts.paper or {}).values() if one is not None]
    known = [_SUPPLY[one] for one in supplies if one in _SUPPLY]
    # With several trays, the printer goes on as long as one tray has paper.
    paper = next((one for one in (Supply.FULL, Supply.LOW, Supply.OUT) if one in known), None)
    media = _MEDIA.get(facts.media or MediaState.UNKNOWN, Media.UNKNOWN)
    status = replace(status, media=media, paper=paper or Supply.UNKNOWN)
    if media is Media.JAMMED or SupplyState.JAMMED in supplies:
        return _ill(
            replace(status, media=Media.JAMMED),
            State.HARDWARE_ERROR,
            Reason.JAM,
            en("paper is jammed"),
            en("open the machine, take out what is jammed, close it"),
        )
    if paper is Supply.OUT:
        return _ill(status, State.USER_ERROR, Reason.PAPER_OUT, en("no paper"), en("put in paper"))
    if facts.toner is SupplyState.OUT:
        said = en("toner, ink or ribbon is at its end")
        return _ill(status, State.USER_ERROR, Reason.TONER_OUT, said, en("put in a new one"))
    if paper is Supply.LOW:
        return replace(status, detail=en("paper is low"), mend=en("bring paper"))
    if facts.toner is SupplyState.LOW:
        return replace(status, detail=en("toner, ink or ribbon is low"), mend=en("bring a new one"))
    return _bins(status, [one.state for one in facts.retract_bins or ()])


def _with_bins(status: Status, storage: Storage) -> Status:
    units = [unit for unit in (storage.storage or {}).values() if unit and unit.printer]
    fills = [unit.printer.status for unit in units if unit.printer]
    states = [unit.status for unit in units]
    return _bins(status, states + [fill.replenishment_status for fill in fills if fill])


def _bins(status: Status, states: Iterable[BinState | None]) -> Status:
    told = set(states)
    for state, (detail, mend) in _BINS.items():
        if state in told:
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
