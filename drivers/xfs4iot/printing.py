"""What receipt and document printers over XFS4IoT share: paper that is presented, taken, retracted.

What an earlier citizen left is drawn back before anything is printed, where the machine can, also
what it does not tell of: paper under a head, on a transport or in a slot may look the same to it.
The citizen's own paper is theirs: it is waited for, and nothing new comes upon it.
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
    StatusFacts,
    Storage,
    SupplyState,
)

RETRACT_S = 10.0
"""How long drawing back may take."""
ENDLESS_S = 2.0
"""How long after that its end is still awaited."""
TAKE_S = 20.0
"""How long a citizen's own earlier paper is waited for, until the next is not begun."""
LOOK_S = 0.5
"""How often the service is asked meanwhile; it may not tell by itself."""

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
# "present" is not here: with paper from a roll it is under the print head all the time.
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
    BinState.MISSING: ("the retract bin is missing", "put in the retract bin"),
    BinState.INOPERATIVE: ("the retract bin is out of order", "call the machine's service"),
    BinState.NOT_CONFIGURED: ("the retract bin is not set up", "set it up at the machine"),
    BinState.MANIPULATED: (
        "somebody was at the retract bin",
        "look after it and reset it at the machine",
    ),
    BinState.FULL: ("the retract bin is full", "empty the retract bin"),
    BinState.HIGH: ("the retract bin is nearly full", "empty the retract bin"),
}
"""What there is to say of a retract bin, worst first."""


class PrinterSettings(ServiceSettings, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What holds for both kinds of printer."""

    retract_to: Annotated[str, msgspec.Meta(pattern="^unit[0-9A-Za-z]+$")] = "unit1"
    """The bin for paper that nobody took."""
    retract_after_s: Annotated[float, msgspec.Meta(ge=0)] = 0.0
    """Seconds until presented paper is drawn back. 0: the machine sees to it, by its own period.
    What an earlier citizen left is drawn back before the next print all the same."""


class XfsPrinter(XfsDriver):
    """A printer service."""

    INTERFACES = ("Printer",)
    TYPE: str
    """Its kind in ``Common.Capabilities``: "receipt", "document"."""
    LEFT: tuple[MediaState, ...] = (MediaState.ENTERING,)
    """With these an earlier citizen's paper surely lies in the slot, or comes out with the next."""

    def __init__(self, settings: PrinterSettings) -> None:
        super().__init__(settings)
        self._paper = settings
        self._presented: Deadline | None = None  # paper lies in the slot; until when it may
        self._ours = False  # what lies there came out of here
        self._empty = False  # the service says that nothing lies there
        self._told = False  # an event of the slot came since that was last asked
        self._retracting: Running | None = None
        self._retract_by = Deadline(0.0)  # then it has ended, or it never will
        self._stuck: DeviceError | None = None  # why it could not be drawn back

    def status(self) -> Status:
        """As the service says; also starts to draw back paper that lies too long."""
        limit = Deadline(STATUS_S)
        service = self._connected(STATUS_S / 3)
        status = self._status(self._look(service, limit.remaining()))
        if online(status) and not status.detail and service.offers(GetStorage):
            status = _with_bins(status, service.ask(GetStorage(), limit.remaining()))
        self._draw_back_late(service)
        if online(status) and self._stuck is not None and self._presented is not None:
            detail = f"paper lies in the slot: {self._stuck.detail}"
            status = replace(status, detail=detail, mend=self._stuck.mend or status.mend)
        return status

    def reset(self) -> None:
        """Draw back what is in the transport."""
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
        """Have the commands done one after another. The first one is what prints.

        ``pages`` of an error: 0 when surely nothing is in anybody's hands, None when it cannot be
        known; a machine of this kind does not count. ``pieces``: sheets or slips.
        """
        service = self._usable()
        try:
            self._clear_slot(service, deadline, cancel)
        except DeviceError as error:
            error.pages = 0
            raise
        before, self._ours = self._ours, True
        self.report(Status(State.BUSY))
        printed = False
        try:
            for command in commands:
                service.call(command, deadline, cancel, self._on_event)
                printed = True
        except DeviceError as error:
            error.pages = None if printed else _pages(error, pieces)
            if error.pages == 0:
                self._ours &= before
            self.report(status_after(error))
            raise
        lies = Media.PRESENT if self._presented else Media.UNKNOWN
        self.report(Status(State.ONLINE, media=lies))

    def _clear_slot(self, service: XfsService, deadline: Deadline, cancel: CancelToken) -> None:
        """Have nothing in the slot that a new paper would come out with, if the machine can."""
        service.pump()
        if not service.offers(RetractMedia):
            return  # a plain slot: what comes next pushes out what lies there
        if self._retracting is None and self._presented is not None and self._ours:
            self._await_taken(service, deadline, cancel)
        if self._retracting is None and self._presented is None and (self._ours or self._empty):
            return
        try:
            self._draw_back(service, deadline, cancel)
        except DeviceError as error:
            if self._presented is None:  # nobody knows
                raise
            detail = f"paper lies in the slot: {error.detail or error.reason.value}"
            raise DeviceError(error.reason, detail, mend=error.mend) from error

    def _await_taken(self, service: XfsService, deadline: Deadline, cancel: CancelToken) -> None:
        """Wait until the citizen has taken their own paper, or it is time to draw it back.

        Drawn back at once it would be lost to somebody who stands right there; whoever leaves it
        is told, and may try again. Raises ``NOT_TAKEN``.
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
                    "the paper before it still lies in the slot",
                    mend="take the paper out of the slot",
                )
            service.pump(TICK_S)
            if look.passed():
                self._status(self._look(service, STATUS_S))
                look = Deadline(LOOK_S)

    def _draw_back(self, service: XfsService, deadline: Deadline, cancel: CancelToken) -> None:
        """Draw back what lies in the slot; if that goes on already, wait for its end."""
        retract, running = self._retract(), self._retracting
        if running is None:
            running = self._begin_retract(service)
        limit = Deadline(min(deadline.remaining(), self._retract_by.remaining()))
        try:
            service.await_end(retract, running, limit, cancel)
        except DeviceError:
            if running.end is None:  # it goes on
                self._give_up_endless(service)
                raise
        self._drawn_back(service)

    def _draw_back_late(self, service: XfsService) -> None:
        """Begin to draw back what lies too long; its end is seen at a later look."""
        if self._retracting is not None:
            if self._retracting.end is not None:
                with suppress(DeviceError):  # the status tells it
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
        """A service whose retract lasts beyond its own time is spoken to anew."""
        if self._retract_by.passed():
            service.close()

    def _overdue(self) -> bool:
        """Whether paper lies longer than the settings allow."""
        lies = self._presented
        return lies is not None and self._paper.retract_after_s > 0 and lies.passed()

    def _drawn_back(self, service: XfsService) -> None:
        """A retract has ended. Raises why the paper lies there still.

        Only what surely lies there keeps anybody from their paper: services refuse as well because
        they have no bin, or a full one, before they look for paper.
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
        """Nothing lies in the slot."""
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
                if message.read(AutoRetracted).result == "transport":
                    # It would come out with the next paper: that one puts it into the bin first.
                    self._presented, self._ours = Deadline(math.inf), False
            case _:
                return
        self._told, self._empty = True, False

    def _present(self) -> None:
        if self._tells_taken():  # else nobody would say when it is gone
            self._presented = Deadline(self._paper.retract_after_s)

    def _tells_taken(self) -> bool:
        told = self._service.capabilities.printer if self._service else None
        return told is not None and bool(told.media_taken)

    def _begin(self, service: XfsService) -> None:
        """What was told on another connection is over: the status says what lies there."""
        self._gone()
        self._retracting = None
        self._empty = False

    def _suits(self, capabilities: Capabilities) -> bool:
        """Its type, where it tells one."""
        types = (capabilities.printer.type if capabilities.printer else None) or {}
        return bool(types.get(self.TYPE)) or not any(types.values())

    def _look(self, service: XfsService, seconds: float) -> StatusFacts:
        service.pump()
        self._told = False
        return super()._look(service, seconds)

    def _status(self, facts: StatusFacts) -> Status:
        status = super()._status(facts)
        if not online(status) or facts.printer is None:
            return status
        if not self._told:  # else this answer may be older than what an event has said
            self._note(facts.printer.media)
        status = read_printer(facts.printer, status)
        if self._presented is not None and status.media is not Media.JAMMED:
            status = replace(status, media=Media.PRESENT)
        return status

    def _note(self, media: MediaState | None) -> None:
        """What the service itself says of the slot. It is the only one who knows what was left
        there before this driver began."""
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
