"""Counts what devices have done and how often they failed, in a file that outlives restarts."""

from __future__ import annotations

import fcntl
import logging
import os
from collections.abc import Callable, Collection, Mapping
from datetime import date, datetime, timedelta
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import msgspec

from drivers.code_scanner.types import ReadCode
from drivers.device import DeviceError, Kind, Reason, Request, State, Status
from drivers.document_printer.types import PagesPrinted, PrintDocument
from drivers.id_card.types import ReadCard
from drivers.receipt_printer.layout import length_mm
from drivers.receipt_printer.types import Printed, PrintSlip
from drivers.smart_card.types import ReadAnyCard, ReadBankCard, ReadSocialSecurityCard
from kiosk import events

FILE = "counters.json"
"""In the state directory. It holds numbers and times, nothing of a citizen."""
PAPER_DOTS = 576
"""Width of the receipt printer's paper where its settings say none: 80 mm."""
FLICKER_S = 10.0
"""A fault that was shorter is none: a device that the last visit had is found again within that."""
SEEN_S = 300.0
"""How often :meth:`CounterFile.note` is to hear of a fault that goes on."""
LOST_S = 3 * SEEN_S
"""A fault of which nothing was heard for longer was over when it was last heard of: the terminal
was off, its clock was set, or it no longer has that device."""
log = logging.getLogger(__name__)


class Counted(StrEnum):
    """What is counted. The values are the names in the file."""

    VISITS = "visits"
    SHEETS = "sheets"  # A4 pages that came out
    SLIPS = "slips"
    ROLL_MM = "roll-mm"  # paper of the roll that is in the receipt printer, about
    HEAD_MM = "head-mm"  # paper that has passed the receipt printer's head, about
    ID_CARDS = "id-cards"
    ID_CARDS_UNREAD = "id-cards-unread"  # put on the reader, and not read
    CHIP_CARDS = "chip-cards"
    CODES = "codes"
    JAMS = "jams"
    RETRACTED = "retracted"  # papers that nobody took


ROLL_CHANGED = (Counted.ROLL_MM, Counted.SLIPS)
"""What begins anew with a new roll of paper in the receipt printer."""
BIN_EMPTIED = (Counted.RETRACTED,)
"""What begins anew when the retract bin was emptied."""
HEAD_CHANGED = (Counted.HEAD_MM,)
"""What begins anew with a new head of the receipt printer."""

_UNREAD = (Reason.CARD_UNREADABLE, Reason.CARD_REMOVED, Reason.GARBLED, Reason.HARDWARE)
_CHIP = (ReadAnyCard, ReadBankCard, ReadSocialSecurityCard)
_Number = Annotated[int, msgspec.Meta(ge=0)]


class CounterState(msgspec.Struct, frozen=True):
    """One counter: all since the terminal was put into service, and since its last reset."""

    total: _Number = 0
    before: _Number = 0  # the total at the last reset
    reset_at: datetime | None = None

    @property
    def since_reset(self) -> int:
        return max(0, self.total - self.before)


class FaultsOfDay(msgspec.Struct, frozen=True):
    """The faults of one device on one day that are over."""

    count: _Number = 0
    seconds: Annotated[float, msgspec.Meta(ge=0)] = 0.0


class OpenFault(msgspec.Struct, frozen=True):
    """A fault that has not been mended yet."""

    since: datetime
    reason: str = ""  # a `Reason`, or a `State` where the device gives none
    seen: datetime | None = None  # when it was last heard of; None: only at its beginning


class DayTally(msgspec.Struct, frozen=True):
    """What was counted on one day."""

    day: date | None = None
    today: dict[str, _Number] = {}
    faults: dict[str, FaultsOfDay] = {}


class Tally(msgspec.Struct, frozen=True):
    """All that is counted. ``today`` and ``faults`` are of ``day``, a day of this terminal's own
    time; ``faults`` and ``open`` by device class. ``before``: the day that was counted before, to
    which a clock may come back that stood wrong for a while."""

    counts: dict[str, CounterState] = {}
    day: date | None = None
    today: dict[str, _Number] = {}
    faults: dict[str, FaultsOfDay] = {}
    open: dict[str, OpenFault] = {}
    before: DayTally = DayTally()

    def of(self, name: Counted) -> CounterState:
        return self.counts.get(name, CounterState())

    def day_of(self, name: Counted) -> int:
        """How many on the day that the tally is of."""
        return self.today.get(name, 0)

    def faults_of(self, kind: Kind, now: datetime) -> FaultsOfDay:
        """The faults of ``kind`` on the day of ``now``, with the one that goes on."""
        over = self.faults.get(kind, FaultsOfDay())
        fault = self.open.get(kind)
        seconds = _seconds_today(fault, now, now) if fault else 0.0
        if seconds < FLICKER_S:
            return over
        return FaultsOfDay(over.count + 1, over.seconds + seconds)


_TALLIES: msgspec.json.Decoder[Tally] = msgspec.json.Decoder(Tally)
# Made in the one thread that imports this module: msgspec prepares a class when it first meets it,
# and crashes the process when another thread meets the class meanwhile. Devices tell their states
# from many threads at once.


def of_result(
    request: Request[Any], outcome: object, width: int = PAPER_DOTS
) -> Mapping[Counted, int]:
    """What a device has done for ``request``: ``outcome`` is its answer or its
    :class:`DeviceError`. ``width``: of the receipt printer's paper, in dots."""
    match request, outcome:
        case PrintSlip(), Printed():
            long = length_mm(request.slip, width)
            return {Counted.SLIPS: 1, Counted.ROLL_MM: long, Counted.HEAD_MM: long}
        case PrintDocument(), PagesPrinted():
            return {Counted.SHEETS: outcome.pages}
        case PrintSlip() | PrintDocument(), DeviceError():
            sheets = outcome.pages or 0 if isinstance(request, PrintDocument) else 0
            return {
                Counted.SHEETS: sheets,
                Counted.JAMS: int(outcome.reason is Reason.JAM),
                Counted.RETRACTED: int(outcome.reason is Reason.NOT_TAKEN),
            }
        case ReadCard(), DeviceError():
            return {Counted.ID_CARDS_UNREAD: int(outcome.reason in _UNREAD)}
        case _, DeviceError():
            return {}
        case ReadCard(), _:
            return {Counted.ID_CARDS: 1}
        case ReadCode(), _:
            return {Counted.CODES: 1}
    return {Counted.CHIP_CARDS: 1} if isinstance(request, _CHIP) else {}


def _local_now() -> datetime:
    return datetime.now().astimezone()


class CounterFile:
    """The counters of one terminal. Any thread of any process may count: each change takes a lock
    on the directory, and replaces the file whole.

    A counter never stops the terminal: what cannot be kept is an event, and is not counted. Only
    who resets one is told.
    """

    def __init__(self, directory: Path, now: Callable[[], datetime] = _local_now) -> None:
        self._directory = directory
        self._path = directory / FILE
        self._now = now
        self._told = False  # that the disk does not take the file, or give it

    def read(self) -> Tally:
        """What is counted now, with the day that it is now. Never raises."""
        try:
            kept = self._kept()
        except OSError as error:
            self._tell(error)
            kept = Tally()
        return self._of_now(kept)

    def add(self, steps: Mapping[Counted, int]) -> None:
        """Count ``steps``."""
        steps = {name: step for name, step in steps.items() if step > 0}

        def count(tally: Tally) -> None:
            for name, step in steps.items():
                state = tally.of(name)
                tally.counts[name] = msgspec.structs.replace(state, total=state.total + step)
                tally.today[name] = tally.day_of(name) + step

        if steps:
            self._change(count)

    def reset(self, names: Collection[Counted]) -> None:
        """Begin ``names`` anew. Their totals, and what was counted today, stay. Raises ``OSError``:
        a person has said it, and must know that it was not kept."""

        def begin_anew(tally: Tally) -> None:
            for name in names:
                total = tally.of(name).total
                tally.counts[name] = CounterState(total, total, self._now())

        self._keep(begin_anew)

    def note(self, kind: Kind, status: Status) -> None:
        """Hear how the device ``kind`` is now: a fault begins, goes on, or is over. A device that
        is looked for, or does not tell, is as it was. To be called when the state has changed, and
        every ``SEEN_S``."""
        now = self._now()
        fault = self.read().open.get(kind)
        known = fault.reason if fault else ""
        reason = "" if status.usable else str(status.problem or status.state)
        if status.problem is None and status.state in (State.STARTING, State.UNKNOWN):
            reason = known
        if reason == known and not (fault and _unheard(fault, now, SEEN_S)):
            return

        def turn(tally: Tally) -> None:
            fault = tally.open.get(kind)
            if reason:
                tally.open[kind] = OpenFault(fault.since if fault else now, reason, now)
            elif fault:
                _end(tally, kind, now, until=now)

        self._change(turn)

    # -- the file -----------------------------------------------------------------------------

    def _kept(self) -> Tally:
        """What the file holds; nothing, where it is missing or spoilt. Raises ``OSError``: what
        the disk does not give at this moment is not lost."""
        try:
            return _TALLIES.decode(self._path.read_bytes())
        except FileNotFoundError:
            return Tally()
        except (msgspec.MsgspecError, ValueError, RecursionError) as error:
            events.COUNTERS_SPOILT.log(log, reason=type(error).__name__)
            return Tally()

    def _of_now(self, tally: Tally) -> Tally:
        """``tally`` with the counters of the day that it is now, and without the faults of which
        nothing is heard any more."""
        now = self._now()
        if tally.day != now.date():
            counted = DayTally(tally.day, tally.today, tally.faults)
            again = tally.before if tally.before.day == now.date() else DayTally()
            tally = msgspec.structs.replace(
                tally, day=now.date(), today=again.today, faults=again.faults, before=counted
            )
        for kind, fault in list(tally.open.items()):
            if _unheard(fault, now, LOST_S):
                _end(tally, kind, now, until=_seen(fault, now))
        return tally

    def _change(self, edit: Callable[[Tally], None]) -> None:
        """Let ``edit`` change the tables of the tally, and keep it where the disk takes it."""
        try:
            self._keep(edit)
        except OSError as error:
            self._tell(error)

    def _keep(self, edit: Callable[[Tally], None]) -> None:
        """Let ``edit`` change the tables of the tally, and keep it. Raises ``OSError``."""
        fresh = self._path.with_suffix(".new")
        directory = os.open(self._directory, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        try:
            fcntl.flock(directory, fcntl.LOCK_EX)
            tally = self._of_now(self._kept())
            edit(tally)
            with fresh.open("wb") as file:
                file.write(msgspec.json.encode(tally))
                file.flush()
                os.fsync(file.fileno())
            fresh.replace(self._path)
        finally:
            os.close(directory)

    def _tell(self, error: OSError) -> None:
        if not self._told:
            self._told = True
            events.COUNTERS_NOT_KEPT.log(log, reason=error.strerror or type(error).__name__)


def _end(tally: Tally, kind: str, now: datetime, until: datetime) -> None:
    """The open fault of ``kind`` was over at ``until``: add it to the day of ``now``."""
    seconds = _seconds_today(tally.open.pop(kind), now, until)
    if seconds >= FLICKER_S:
        before = tally.faults.get(kind, FaultsOfDay())
        tally.faults[kind] = FaultsOfDay(before.count + 1, before.seconds + seconds)


def _unheard(fault: OpenFault, now: datetime, seconds: float) -> bool:
    """Whether ``fault`` was last heard of more than ``seconds`` before ``now``, or after it."""
    return abs((now - _seen(fault, now)).total_seconds()) >= seconds


def _seen(fault: OpenFault, now: datetime) -> datetime:
    return _aware(fault.seen or fault.since, now)


def _aware(moment: datetime, now: datetime) -> datetime:
    return moment if moment.tzinfo else moment.replace(tzinfo=now.tzinfo)


def _seconds_today(fault: OpenFault, now: datetime, until: datetime) -> float:
    """How long ``fault`` had lasted at ``until``, on the day of ``now``; 0 after a clock was set
    back."""
    midnight = now.replace(hour=0, minute=0, second=0, microsecond=0)
    since = max(_aware(fault.since, now), midnight)
    return max(timedelta(), min(until, now) - since).total_seconds()
