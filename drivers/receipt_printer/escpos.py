"""The driver of ESC/POS receipt printers; proves each slip by an answer that follows its data.

Bytes that were sent prove no paper: socket buffers take a whole slip even when the printer is
switched off. A slip counts as printed when the printer has answered a request that was sent after
the cut, and then still reports paper, cover and cutter as good.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from enum import StrEnum
from itertools import chain, cycle
from typing import Annotated, Any, TypeVar

import msgspec

from drivers.device import (
    CancelToken,
    Check,
    Deadline,
    DeviceError,
    Driver,
    Info,
    Kind,
    Media,
    Reason,
    Request,
    State,
    Status,
    Supply,
)
from drivers.receipt_printer import commands, glyphs
from drivers.receipt_printer.encode import TextMode, encode
from drivers.receipt_printer.status import (
    ERROR_CAUSE,
    NO_REPLY,
    OFFLINE_CAUSE,
    PAPER_SENSOR,
    PRINTER,
    ErrorCause,
    EscPosState,
    InfoAnswer,
    OfflineCause,
    OtherBlock,
    PaperAnswer,
    PaperSensor,
    ProcessId,
    RealTime,
    RealTimeAnswer,
    RealTimeStatus,
    Replies,
    Reply,
    parse_real_time,
)
from drivers.receipt_printer.types import Printed, PrintSlip
from drivers.receipt_printer.wire import TICK_S, PrinterWire, connect
from drivers.sentence import en, words_of

F = TypeVar("F", EscPosState, OfflineCause, ErrorCause, PaperSensor)

ANSWER_S = 0.9
"""Longest time for the answers to all four status requests, in seconds; then the printer counts as
silent."""
INFO_S = 0.3
LOOK_S = 0.1
"""Seconds between two looks, during a print, whether something has stopped the printer."""
GIVE_UP_S = 0.9
"""Longest wait, in seconds, for a printer to confirm that it dropped the rest of a slip."""
RESET_S = 10.0
"""Longest wait of a reset, in seconds, until data that the printer did not drop is printed and
cut."""
RECOVERY_S = 10.0
"""Seconds between two orders to a jammed printer to recover; each order may move its cutter."""
_NARROW = 432
"""Dots of the widest head on 58 mm paper."""
RARE = "𬭎㛃𠅤"
"""Characters of names that no printer's own font has, so that the terminal must draw them."""

_SILENT = en("the printer does not answer")
_LEFTOVERS = en("what is left of a slip has not come out and been cut off yet")


class CompletionQuery(StrEnum):
    """The request after the data whose answer proves that the slip is out."""

    GS_R = "gs-r"  # GS r 1: every printer knows it
    PROCESS_ID = "process-id"  # GS ( H: Epson and compatible; cannot be mistaken for another answer


class EscPosPrinter(Driver):
    """A receipt printer that speaks ESC/POS, over the network, a serial line or a device file."""

    class Settings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
        """``[devices.receipt_printer]``."""

        address: str
        """``tcp://host:9100``, ``serial:///dev/ttyS0?baud=115200&flow=rtscts`` (``flow`` may be
        ``rtscts``, ``xonxoff`` or ``none``) or ``file:///dev/usb/lp0``."""
        text: TextMode = TextMode.GB18030
        """``raster`` for a printer without a Chinese font."""
        width: Annotated[int, msgspec.Meta(ge=384, le=832, multiple_of=8)] = 576
        """Dots across the paper: 576 on 80 mm, 384 on 58 mm."""
        proof: CompletionQuery = CompletionQuery.GS_R
        """``process-id`` where the printer knows it (most Epson)."""
        trust_file: bool = False
        """True: count a slip as printed when a device file that cannot be read has taken its bytes.
        False: refuse such a file, since no slip could be proved."""

    def __init__(self, settings: Settings) -> None:
        super().__init__()
        self._settings = settings
        self._info = Info(Kind.RECEIPT_PRINTER, "escpos", settings.address)
        self._wire: PrinterWire | None = None
        self._replies = Replies()
        # True: an interrupted slip may hang out. None: unknown, a previous process may have left
        # one.
        self._leftovers: bool | None = None
        self._kept = False  # True: the printer has not confirmed that it dropped the slip's rest
        self._cutting = False  # True: a cut was sent, and no answer after the cut has come yet
        self._unclear = True  # True: answers to earlier requests may still come
        self._noise = False  # True: something has come on this line
        self._fresh = True  # True: nothing but noise has come on this line yet
        self._count = 0
        self._next_recovery = 0.0

    @property
    def info(self) -> Info:
        return self._info

    @property
    def requests(self) -> tuple[type[Request[Any]], ...]:
        return (PrintSlip,)

    def open(self) -> None:
        """Connect, clear the printer's buffer, make sure that the printer answers."""
        if self._settings.text == TextMode.RASTER and not glyphs.available():
            raise DeviceError(
                Reason.UNSUPPORTED,
                en("no Chinese font to draw with: apt-get install fonts-noto-cjk"),
            )
        self.close()
        wire = self._connected()
        if wire.answers and _problem(self._ask_facts(Deadline(ANSWER_S))) is None:
            self._learn_info()

    def close(self) -> None:
        if self._wire is not None:
            self._wire.close()
            self._wire = None

    def status(self) -> Status:
        if not self._connected().answers:
            return Status(State.ONLINE, detail=en("the device file cannot be read, and is trusted"))
        deadline = Deadline(ANSWER_S)
        facts = self._ask_facts(deadline)
        problem = _problem(facts)
        if problem is Reason.JAM and time.monotonic() >= self._next_recovery:
            # After somebody has cleared a jam, the error stays until this command.
            self._next_recovery = time.monotonic() + RECOVERY_S
            self._cutting = False  # the command also drops a cut that waits in the buffer
            self._send(commands.RECOVER_AND_CLEAR)
        if problem is None and self._leftovers:
            return self._cut_off_soon(deadline, self._told(facts))
        return self._told(facts)

    def reset(self) -> None:
        """Clear the printer's buffer, and cut off an interrupted slip, so that the next citizen
        does not find it on their slip. Returns when the printer has answered a request after the
        cut. Costs 16 mm of paper when nothing hangs out; the same driver does not repeat that."""
        self._leftovers = self._leftovers is not False
        if not self._connected().answers:
            drop = commands.RECOVER_AND_CLEAR + commands.CLEAR_BUFFERS
            self._send(drop + commands.START + commands.CUT)
            self._leftovers = False
            return
        self._drop()
        problem = _problem(self._ask_facts(Deadline(ANSWER_S)))
        if problem is not None:
            raise DeviceError(problem, _WORDS[problem][0])
        deadline = Deadline(RESET_S)
        if self._leftovers:
            self._cut_off(lambda: _in_time(deadline))
        else:
            self._settle(lambda: _in_time(deadline))

    def self_test(self) -> tuple[Check, ...]:
        if not self._connected().answers:
            return (Check("answers", False, en("the device file cannot be read")), _font_check())
        facts = self._ask_facts(Deadline(ANSWER_S))
        status = self._told(facts)
        return (
            Check("answers", True, status.state.value),
            Check(
                "ready", status.problem is None, status.detail or en("nothing stands against it")
            ),
            Check("paper", not facts.paper.end, status.paper.value),
            self._proof_check(status.problem is None),
            self._drop_check(),
            _font_check(),
        )

    def execute(self, request: Request[Any], deadline: Deadline, cancel: CancelToken) -> Printed:
        """Print a slip. ``pages`` of an error is 0 when the slip surely did not come out
        whole, ``None`` when that is unknown."""
        if not isinstance(request, PrintSlip):
            raise DeviceError(Reason.UNSUPPORTED, type(request).__name__)
        self._print(request, deadline, cancel)
        return Printed(request.job)

    # -- printing -----------------------------------------------------------------------------

    def _print(self, request: PrintSlip, deadline: Deadline, cancel: CancelToken) -> None:
        data = encode(request.slip, width=self._settings.width, text=self._settings.text)

        def check(pages: int | None = None) -> None:
            if cancel.cancelled:
                raise DeviceError(Reason.CANCELLED, pages=pages)
            _in_time(deadline, pages)

        wire = self._ready_wire(lambda: check(0))
        if not wire.answers:
            wire.send(data, check)
            return
        self.report(Status(State.BUSY))
        self._leftovers = self._unclear = True
        try:
            question, is_answer = self._question()
            wire.send(data + question, check)
            self._await(is_answer, check)
            self._leftovers = self._unclear = False
            self._confirm()
        except DeviceError as error:
            self.report(_failed(error, self._settings.width))
            dropped = self._drop()
            self.close()
            if error.pages == 0 and not dropped:
                # When somebody has cleared the fault, the rest of the slip may still come out.
                raise error.with_pages(None) from error
            raise

    def _ready_wire(self, check: Callable[[], None]) -> PrinterWire:
        try:
            return self._make_ready(check)
        except DeviceError as error:
            if error.reason not in (Reason.OFFLINE, Reason.GARBLED):
                raise
        # The line may have failed for a moment. Nothing of the slip was sent: a second try on a new
        # line is safe.
        self.close()
        return self._make_ready(check)

    def _make_ready(self, check: Callable[[], None]) -> PrinterWire:
        """Make sure that the printer can print, that no leftover hangs out, and that no answer to
        an earlier request is due."""
        try:
            check()
            wire = self._connected()
            if not wire.answers:
                return wire
            problem = _problem(self._ask_facts(Deadline(ANSWER_S)))
            if problem is not None:
                raise DeviceError(problem, _WORDS[problem][0])
            if self._leftovers:
                self._cut_off(check)
            elif self._unclear:
                self._settle(check)
        except DeviceError as error:
            # Nothing of this slip was sent.
            raise error.with_pages(0) from error
        return wire

    def _question(self) -> tuple[bytes, Callable[[Reply], bool]]:
        """The request to send after the data, and a test for its answer."""
        if self._settings.proof == CompletionQuery.GS_R:
            return commands.ASK_PAPER, lambda reply: isinstance(reply, PaperAnswer)
        self._count += 1
        process = f"{self._count % 10_000:04d}"
        return commands.ask_process_id(process), lambda reply: reply == ProcessId(process)

    def _await(self, is_answer: Callable[[Reply], bool], check: Callable[[], None]) -> None:
        """Wait for the answer to the request after the data; raise when something stops the printer
        first."""
        questions = cycle((OFFLINE_CAUSE, ERROR_CAUSE))
        asked: int | None = None
        doubted: int | None = None  # the last answer told a trouble: that question is asked again
        next_look = time.monotonic() + LOOK_S
        while True:
            over: DeviceError | None = None
            try:
                check()
                if asked is None and (doubted or time.monotonic() >= next_look):
                    asked = doubted or next(questions)
                    # A slow line may still be sending the slip: wait by `check`, not by ANSWER_S.
                    self._send(commands.ask_status(asked), check)
            except DeviceError as error:
                over = error  # this process may have stood still: what has come counts before
            replies = iter(self._hear(0 if over else TICK_S))
            for reply in replies:
                if is_answer(reply):
                    if asked is not None:
                        self._hear_out(replies)
                    return
                if isinstance(reply, RealTimeAnswer) and asked is not None:
                    problem = _stopped_by(parse_real_time(asked, reply.byte))
                    if problem is not None and doubted:
                        raise DeviceError(problem, en("stopped in the middle of a slip"), pages=0)
                    doubted = asked if problem is not None else None
                    asked, next_look = None, time.monotonic() + LOOK_S
            if over is not None:
                raise over

    def _hear_out(self, replies: Iterator[Reply]) -> None:
        """Wait for the answer to a status request that was on its way when the printer had already
        answered the request after the data; ``replies`` came behind that answer. Later, the driver
        would take every answer for that to another question."""
        for reply in chain(replies, self._replies_until(Deadline(ANSWER_S))):
            if isinstance(reply, RealTimeAnswer):
                return

    def _confirm(self) -> None:
        """Look once more after the answer, since some printers give it although they stopped."""
        try:
            problem = _problem(self._ask_facts(Deadline(ANSWER_S)))
        except DeviceError as error:
            raise error.with_pages(None) from error
        if problem is not None:
            raise DeviceError(problem, en("stopped at the end of a slip"), pages=None)

    # -- after a slip that was stopped ----------------------------------------------------------

    def _drop(self) -> bool:
        """Make the printer drop the rest of a slip, so that it does not come out before the next
        citizen. Returns whether the printer has confirmed. Some models never confirm; others ignore
        DLE DC4 inside a raster image or with a full buffer."""
        deadline = Deadline(GIVE_UP_S)
        self._kept, self._cutting = True, False
        try:
            clear = commands.RECOVER_AND_CLEAR + commands.CLEAR_BUFFERS
            self._send(clear, lambda: _in_time(deadline))
            replies = self._replies_until(deadline)
            self._kept = not any(isinstance(said, OtherBlock) for said in replies)
        except DeviceError:
            pass  # `_connected` sends the same commands on the next line
        return not self._kept

    def _cut_off(self, check: Callable[[], None]) -> None:
        """Cut off the leftover slip after all data before the cut is printed; returns when it is
        cut."""
        if not self._cutting:
            # Send no cut before the printer answers: repeated cuts would cut up the whole roll of a
            # printer that never answers.
            self._settle(check)
            self._send(commands.CUT)
            self._cutting = True
        self._settle(check)
        self._leftovers = self._cutting = False

    def _cut_off_soon(self, deadline: Deadline, status: Status) -> Status:
        """Like `_cut_off` up to `deadline`; the rest is done by the next status poll or before the
        next slip."""
        try:
            self._cut_off(lambda: _in_time(deadline))
        except DeviceError as error:
            if error.reason in (Reason.OFFLINE, Reason.GARBLED):
                self.close()
                raise
            return replace(status, state=State.BUSY, detail=_LEFTOVERS)
        return status

    def _settle(self, check: Callable[[], None]) -> None:
        """Wait until the printer has processed all data, and no earlier answer is due."""
        self._unclear = True
        if self._kept:
            # The printer may wait for the rest of a picture and would take later commands for its
            # dots. So send zeros for a whole picture: white dots inside one, ignored elsewhere.
            self._send(bytes(self._settings.width // 8 * commands.BAND), check)
            self._kept = False
        question, is_answer = self._question()
        self._send(commands.START + question, check)
        self._await(is_answer, check)
        self._drain()
        self._unclear = False

    # -- talking ------------------------------------------------------------------------------

    def _connected(self) -> PrinterWire:
        if self._wire is None:
            wire = connect(self._settings.address)
            if not wire.answers and not self._settings.trust_file:
                wire.close()
                raise DeviceError(
                    Reason.UNSUPPORTED,
                    en(
                        "{address} cannot be read, so no slip could be known to be printed; "
                        "trust_file = true believes it",
                        address=self._settings.address,
                    ),
                )
            self._wire = wire
            self._replies = Replies()
            self._unclear = self._fresh = True
            self._noise = False
            self._cutting = False
            if wire.answers:
                # A previous process, e.g. a killed visit, may have left a slip in the buffer.
                self._send(commands.RECOVER_AND_CLEAR + commands.CLEAR_BUFFERS)
        return self._wire

    def _send(self, data: bytes, check: Callable[[], None] | None = None) -> None:
        deadline = Deadline(ANSWER_S)
        if self._wire is None:
            raise DeviceError(Reason.OFFLINE, _SILENT, pages=None)
        self._wire.send(data, check or (lambda: _in_time(deadline, None)))

    def _hear(self, seconds: float) -> list[Reply]:
        if self._wire is None:
            raise DeviceError(Reason.OFFLINE, _SILENT, pages=None)
        data = self._wire.receive(seconds)
        if self._fresh:  # USB-serial adapters send FFh when they wake up
            self._noise = self._noise or bool(data)
            data = data.lstrip(NO_REPLY)
            self._fresh = not data
        return self._replies.feed(data) if data else []

    def _replies_until(self, deadline: Deadline) -> Iterator[Reply]:
        """The replies that come until ``deadline``, and for `TICK_S` after it: this process may
        have stood still meanwhile."""
        late = False
        while not late:
            late = deadline.passed()
            yield from self._hear(TICK_S)

    def _told(self, facts: RealTimeStatus) -> Status:
        return _status(facts, self._settings.width)

    def _drain(self) -> None:
        """Drop all bytes that still come."""
        deadline = Deadline(ANSWER_S)
        while self._hear(TICK_S):
            _ends(deadline)

    def _ask_facts(self, deadline: Deadline) -> RealTimeStatus:
        try:
            while self._hear(0):  # drop late and unasked answers
                _ends(deadline)
            return RealTimeStatus(
                self._ask(PRINTER, EscPosState, deadline),
                self._ask(OFFLINE_CAUSE, OfflineCause, deadline),
                self._ask(ERROR_CAUSE, ErrorCause, deadline),
                self._ask(PAPER_SENSOR, PaperSensor, deadline),
            )
        except DeviceError:
            # A late answer would be taken for the answer to another request: use a new line.
            self.close()
            raise

    def _ask(self, n: int, kind: type[F], deadline: Deadline) -> F:
        """The answer to ``DLE EOT n``. One that tells a trouble is asked for twice: behind some USB
        adapters every answer is that to the question before, and no bit tells the two apart."""
        fact = self._ask_once(n, kind, deadline)
        if _troubled(fact):
            fact = self._ask_once(n, kind, deadline)
            if not _troubled(fact):
                raise DeviceError(
                    Reason.OFFLINE,
                    en("the printer's answers do not fit the questions"),
                    pages=0,
                    mend=en("replace the printer's cable or adapter"),
                )
        return fact

    def _ask_once(self, n: int, kind: type[F], deadline: Deadline) -> F:
        self._send(commands.ask_status(n))
        for reply in self._replies_until(deadline):
            if isinstance(reply, RealTimeAnswer):
                fact = parse_real_time(n, reply.byte)
                assert isinstance(fact, kind)
                return fact
        if self._fresh and self._noise:
            raise DeviceError(Reason.GARBLED, en("no answer, but noise"), pages=0)
        raise DeviceError(Reason.OFFLINE, _SILENT, pages=0)

    def _learn_info(self) -> None:
        """Ask for model, serial number and firmware; many printers answer none of these."""
        known: dict[str, Any] = {}
        for name, n in (("model", 67), ("serial", 68), ("firmware", 65)):
            self._send(commands.ask_info(n))
            deadline = Deadline(INFO_S)
            while name not in known:
                if deadline.passed():
                    return
                for reply in self._hear(TICK_S):
                    if isinstance(reply, InfoAnswer):
                        known[name] = reply.text
            self._info = replace(self._info, **known)

    def _proof_check(self, ready: bool) -> Check:
        name = en("answers behind the data ({proof})", proof=self._settings.proof.value)
        if not ready:
            return Check(name, False, en("not tried: the printer is not ready"))
        question, is_answer = self._question()
        deadline = Deadline(ANSWER_S)
        self._send(question)
        try:
            self._await(is_answer, lambda: _in_time(deadline))
        except DeviceError as error:
            self._unclear = True
            return Check(name, False, words_of(error))
        return Check(name, True, "yes")

    def _drop_check(self) -> Check:
        dropped = self._drop()
        no = en("no: a slip that was stopped may come out whole later, and is cut off then")
        return Check(en("drops what it has not printed"), dropped, "yes" if dropped else no)


_WORDS: dict[Reason, tuple[str, str]] = {  # detail and mend; see _words
    Reason.HARDWARE: (
        en("the printer reports an error that does not clear"),
        en("Switch the printer off and on; if it stays, replace it."),
    ),
    Reason.JAM: (
        en("paper is jammed, or the cutter is blocked"),
        en("Open the cover, take the jammed paper out, free the cutter, close the cover."),
    ),
    Reason.COVER_OPEN: (en("the cover is open"), en("Close the cover until it clicks.")),
    Reason.PAPER_OUT: (en("no paper"), ""),
    Reason.OFFLINE: (
        en("the printer is off-line"),
        en("Release the feed button, and press the on-line button if there is one."),
    ),
}
_STATES = {
    Reason.HARDWARE: State.HARDWARE_ERROR,
    Reason.JAM: State.HARDWARE_ERROR,
    Reason.OFFLINE: State.OFFLINE,
    Reason.NO_DEVICE: State.NO_DEVICE,
    Reason.COVER_OPEN: State.USER_ERROR,
    Reason.PAPER_OUT: State.USER_ERROR,
}


def _problem(facts: RealTimeStatus) -> Reason | None:
    """The worst problem that keeps the printer from printing; ``None`` when there is none."""
    stopped = _stopped_by(facts.error) or _stopped_by(facts.offline)
    if stopped is not None:
        return stopped
    if facts.paper.end:
        return Reason.PAPER_OUT
    if facts.printer.offline and not facts.error.auto_recoverable:
        return Reason.OFFLINE
    return None


def _stopped_by(fact: RealTime) -> Reason | None:
    """The problem that a single answer reports; ``None`` when it reports none."""
    match fact:
        case ErrorCause(unrecoverable=True):
            return Reason.HARDWARE
        case ErrorCause(recoverable=True) | ErrorCause(cutter=True):
            return Reason.JAM
        case OfflineCause(cover_open=True):
            return Reason.COVER_OPEN
        case OfflineCause(paper_end_stop=True):
            return Reason.PAPER_OUT
    return None


def _troubled(fact: RealTime) -> bool:
    match fact:
        case EscPosState(offline=True) | PaperSensor(end=True):
            return True
    return _stopped_by(fact) is not None


def _paper_mm(width: int) -> int:
    """The width of the paper under a head of ``width`` dots (203 dots an inch)."""
    return 58 if width <= _NARROW else 80


def _words(problem: Reason, width: int) -> tuple[str, str]:
    detail, mend = _WORDS[problem]
    if problem is Reason.PAPER_OUT:
        mend = en("Put in a new roll of {mm} mm thermal paper.", mm=_paper_mm(width))
    return detail, mend


def _status(facts: RealTimeStatus, width: int) -> Status:
    paper = Supply.OUT if facts.paper.end else Supply.LOW if facts.paper.near_end else Supply.FULL
    problem = _problem(facts)
    if problem is not None:
        detail, mend = _words(problem, width)
        jammed = Media.JAMMED if problem is Reason.JAM else Media.UNKNOWN
        return Status(_STATES[problem], jammed, paper, problem, detail, mend)
    if facts.error.auto_recoverable:
        return Status(State.BUSY, paper=paper, detail=en("the print head is cooling down"))
    if paper is Supply.LOW:
        return Status(
            State.ONLINE,
            paper=paper,
            detail=en("the roll is nearly at its end"),
            mend=en("Bring a new roll of {mm} mm thermal paper.", mm=_paper_mm(width)),
        )
    return Status(State.ONLINE, paper=paper)


def _failed(error: DeviceError, width: int) -> Status:
    """The printer's status right after ``error``, until the next look at the printer."""
    detail, mend = _words(error.reason, width) if error.reason in _WORDS else (error.detail, "")
    if error.reason not in _STATES:
        return Status(State.UNKNOWN, detail=detail)
    paper = Supply.OUT if error.reason is Reason.PAPER_OUT else Supply.UNKNOWN
    jammed = Media.JAMMED if error.reason is Reason.JAM else Media.UNKNOWN
    return Status(_STATES[error.reason], jammed, paper, error.reason, detail, mend)


def _ends(deadline: Deadline) -> None:
    if deadline.passed():
        raise DeviceError(Reason.GARBLED, en("the printer does not stop talking"), pages=None)


def _in_time(deadline: Deadline, pages: int | None = 0) -> None:
    if deadline.passed():
        raise DeviceError(Reason.TIMEOUT, _SILENT, pages=pages)


def _font_check() -> Check:
    missing = [f"U+{ord(char):04X}" for char in RARE if not glyphs.drawable(char)]
    seen = en(
        "missing {missing}: apt-get install fonts-noto-cjk fonts-hanazono",
        missing=", ".join(missing),
    )
    return Check("fonts for rare names", not missing, seen if missing else en("all there"))
