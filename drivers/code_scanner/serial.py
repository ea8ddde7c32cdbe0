"""The driver of serial code scanners: reads codes that come by themselves, or on command.

The scanner must not act as a keyboard: it would type a code's text into the window with the focus.
"""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import Annotated, Any, Literal

import msgspec

from drivers.code_scanner.framing import (
    LONGEST,
    CodeFramer,
    Item,
    Scanned,
    ScannerReply,
    TooLong,
    decode_code,
)
from drivers.code_scanner.types import Code, ReadCode
from drivers.device import (
    CancelToken,
    Check,
    Deadline,
    DeviceError,
    Driver,
    Info,
    Kind,
    Reason,
    Request,
    State,
    Status,
)
from drivers.sentence import en, words_of
from drivers.serial_line import SerialLine, not_open

NEWLAND_START = "7E01303030302353434E545247313B03"
"""``#SCNTRG1``: start a scan, which ends after a code, or after the scanner's own time-out."""
NEWLAND_STOP = "7E01303030302353434E545247303B03"
"""``#SCNTRG0``: stop scanning."""
NEWLAND_ASK = "7E0130303030235152595359533B03"
"""``#QRYSYS``: asks the scanner for its model."""
_SLICE_S = 0.03  # between two looks at the cancel token
_CALM_S = 0.2  # the time of a status besides answer_timeout
_REST_S = 0.05  # bytes of one code come closer together than this
_AGAIN_S = 5.0  # between two start commands: a scan without a code ends by itself
_Hex = Annotated[str, msgspec.Meta(pattern=r"^([0-9A-Fa-f]{2})*\Z", max_length=256)]


class SerialScanner(Driver):
    """A scanner on a serial port (8N1). Drops codes that were shown before a request."""

    @dataclass(frozen=True, slots=True)
    class Settings:
        """The scanner's port, when it scans, and its commands (bytes in hexadecimal).

        The default commands are those of 新大陆 (Newland) scanners of the FM series.
        """

        port: str
        """The serial port; best a stable name under ``/dev/serial/by-id/``."""
        baud: Literal[9600, 19200, 38400, 57600, 115200] = 9600
        """The speed to which the scanner was set; has no effect on a USB port."""
        trigger: Literal["continuous", "host", "presence"] = "host"
        """When the scanner scans: always, on command, or when its own sensor sees something."""
        pause: Annotated[float, msgspec.Meta(ge=0.02, le=1)] = 0.15
        """Seconds of quiet that end a code without CR or LF, or without its suffix."""
        prefix: _Hex = ""
        """What the scanner puts before every code; dropped. STX, and an identifier of
        ``identifiers``, need no setting."""
        suffix: _Hex = ""
        """What ends a code; ``""``: CR, LF or CR LF. ETX, EOT and TAB need no setting."""
        identifiers: bool = True
        """Whether an AIM identifier (``]Q1``) before a code and ECIs (``\\000026``) in it are the
        scanner's, not the code's."""
        start: _Hex = NEWLAND_START
        """The command to scan; sent in trigger mode ``host`` only."""
        stop: _Hex = NEWLAND_STOP
        """The command to stop scanning; sent in trigger mode ``host`` only."""
        ask: _Hex = NEWLAND_ASK
        """A query that shows whether the scanner is there; ``""``: the scanner knows no query."""
        answer_timeout: Annotated[float, msgspec.Meta(gt=0, le=0.8)] = 0.5
        """Seconds until a scanner that does not answer counts as silent; it is asked twice, each
        time for half of this."""

    def __init__(self, settings: Settings) -> None:
        super().__init__()
        self._settings = settings
        self._start = bytes.fromhex(settings.start)
        self._stop = bytes.fromhex(settings.stop)
        self._question = bytes.fromhex(settings.ask)
        self._line: SerialLine | None = None
        self._prefix = bytes.fromhex(settings.prefix)
        self._suffix = bytes.fromhex(settings.suffix)
        self._framer = CodeFramer(self._suffix)
        self._items: deque[Item] = deque()
        self._heard_at = 0.0
        self._model = ""

    @property
    def info(self) -> Info:
        """``model`` is the scanner's answer to the query ``ask``; "" before ``open``."""
        return Info(Kind.CODE_SCANNER, "serial", self._settings.port, self._model)

    @property
    def requests(self) -> tuple[type[Request[Any]], ...]:
        return (ReadCode,)

    def open(self) -> None:
        """Open the port, lock it for this process, and check that a scanner answers.

        Raises :class:`DeviceError`: ``NO_DEVICE`` when the port does not exist or nothing answers,
        ``OFFLINE`` when we may not use the port.
        """
        self.close()
        self._line = SerialLine(self._settings.port, self._settings.baud)
        try:
            answer = self._ask()
        except DeviceError as error:
            self.close()
            if error.reason is not Reason.OFFLINE:
                raise
            raise DeviceError(
                Reason.NO_DEVICE,
                en("nothing answers on {port}", port=self._settings.port),
                mend=en("check the scanner's cable and power, baud and ask in the settings"),
            ) from error
        self._model = answer.text.lstrip("#@").removeprefix("QRYSYS")[:60] if answer else ""

    def close(self) -> None:
        line, self._line = self._line, None
        self._framer = CodeFramer(self._suffix)
        self._items.clear()
        if line is not None:
            line.close()

    def status(self) -> Status:
        """Whether the scanner answers. Drops codes that came without a request.

        For a scanner without a query, only whether its port is there. Raises ``OFFLINE`` when the
        scanner is silent, ``NO_DEVICE`` when its port is gone.
        """
        if self._line is None:
            return Status(State.NO_DEVICE, problem=Reason.NO_DEVICE, detail=en("not opened yet"))
        self._ask()
        return self._well

    def reset(self) -> None:
        """Stop scanning, drop all that came in."""
        line = self._open_line()
        if self._settings.trigger == "host":
            self._order(line, self._stop)
        self._ask()

    def self_test(self) -> tuple[Check, ...]:
        """Whether the scanner answers the query and, in mode ``host``, the command to scan."""
        checks = [self._check("answer", self._ask)]
        if self._settings.trigger == "host" and self._start and self._stop:
            checks.append(self._check("trigger", self._try_trigger))
        return tuple(checks)

    def execute(self, request: Request[Any], deadline: Deadline, cancel: CancelToken) -> Any:
        """Wait for a code; obeys a cancel within 50 ms if the scanner answers.

        Raises ``TIMEOUT`` (no code was shown), ``CANCELLED``, ``GARBLED`` (a code longer than 4096
        bytes, without text, with control characters, or of several lines: two codes at once look
        the same), ``UNSUPPORTED`` when the scanner refuses
        to scan, ``OFFLINE`` when the scanner is silent, ``NO_DEVICE`` when its port is gone.
        """
        if not isinstance(request, ReadCode):
            raise DeviceError(
                Reason.UNSUPPORTED,
                en(
                    "{device} knows no {request}",
                    device="a code scanner",
                    request=type(request).__name__,
                ),
            )
        self._ask()
        self.report(Status(State.BUSY))
        try:
            code = self._scan(self._open_line(), deadline, cancel)
        except DeviceError as error:
            if error.reason not in (Reason.NO_DEVICE, Reason.OFFLINE):
                self.report(self._well)
            raise
        self.report(self._well)
        return code

    # -- the wire -----------------------------------------------------------------------------

    def _scan(self, line: SerialLine, deadline: Deadline, cancel: CancelToken) -> Code:
        if self._settings.trigger != "host":
            return self._read(line, deadline, cancel)
        try:
            return self._read(line, deadline, cancel, self._start)
        finally:
            with suppress(DeviceError):  # the result of `_read` counts, not that of the stop
                self._order(line, self._stop)

    def _read(
        self, line: SerialLine, deadline: Deadline, cancel: CancelToken, start: bytes = b""
    ) -> Code:
        """Wait for a code; sends the command ``start``, if any, every :data:`_AGAIN_S`."""
        again = Deadline(0.0)
        while True:
            if cancel.cancelled:
                raise DeviceError(Reason.CANCELLED)
            if deadline.passed():
                raise DeviceError(Reason.TIMEOUT, en("no code was shown in time"))
            if start and again.passed() and not self._framer.begun:
                line.send(start)
                again = Deadline(_AGAIN_S)
            match self._next(line, min(_SLICE_S, deadline.remaining())):
                case Scanned(data):
                    if self._goes_on(line):
                        raise DeviceError(
                            Reason.GARBLED,
                            en("a code of several lines, or several codes at once"),
                            mend=en("set suffix to what ends a code, or show one code at a time"),
                        )
                    return Code(
                        decode_code(data, self._prefix, identifiers=self._settings.identifiers)
                    )
                case ScannerReply(accepted=False) as answer if answer.to(start):
                    raise _refused()
                case TooLong():
                    raise DeviceError(
                        Reason.GARBLED,
                        en("a code is longer than {longest} bytes", longest=LONGEST),
                        mend=en("show another code"),
                    )

    def _next(self, line: SerialLine, seconds: float) -> Item | None:
        """The next code or answer; ``None`` when none was complete within ``seconds``."""
        until = time.monotonic() + seconds
        while not self._items:
            begun = self._framer.begun
            quiet_at = self._heard_at + self._settings.pause if begun else until
            data = line.receive(max(0.0, min(until, quiet_at) - time.monotonic()))
            now = time.monotonic()
            over = begun and now >= quiet_at
            if over and not data:
                data = line.receive(0.0)  # bytes here mean that this thread was slow, not the line
            if data:
                self._heard_at = now
                self._items += self._framer.feed(data)
            elif over:
                self._items += self._framer.pause()
            if now >= until:
                break
        return self._items.popleft() if self._items else None

    def _goes_on(self, line: SerialLine) -> bool:
        """Whether more comes right behind a code: then the code was only the first line of it."""
        until = Deadline(_REST_S)
        while not until.passed():
            item = self._next(line, until.remaining())
            if isinstance(item, Scanned | TooLong):
                return True
        return self._framer.begun and not self._framer.answering

    def _calm(self, line: SerialLine, seconds: float) -> None:
        """Drop all that came in; waits for the rest of a code that has begun, up to ``seconds``."""
        coming = self._framer.begun
        self._items.clear()
        self._framer = CodeFramer(self._suffix)
        due = Deadline(seconds)
        while line.receive(min(self._settings.pause, due.remaining()) if coming else 0.0):
            coming = True
            if due.passed():
                break

    def _ask(self) -> ScannerReply | None:
        """Send the query ``ask``, and drop all that came before; returns the answer, or ``None``
        for a scanner without a query.

        Raises ``OFFLINE`` for silence, ``GARBLED`` when only bytes come that are no answer.
        """
        line = self._open_line()
        if not self._question:
            self._calm(line, self._settings.answer_timeout)
            return None
        self._calm(line, _CALM_S)
        heard = False
        for _ in range(2):
            line.send(self._question)
            due = Deadline(self._settings.answer_timeout / 2)
            while not due.passed():
                item = self._next(line, due.remaining())
                if isinstance(item, ScannerReply) and not item.to(self._stop):
                    return item
                heard = heard or item is not None or self._framer.begun
        port = self._settings.port
        if heard:
            raise DeviceError(
                Reason.GARBLED,
                en("no answer on {port}, but noise", port=port),
                mend=en("check baud in the settings"),
            )
        raise DeviceError(
            Reason.OFFLINE,
            en("the scanner on {port} is silent", port=port),
            mend=en("check the scanner's cable and power"),
        )

    def _order(self, line: SerialLine, command: bytes) -> ScannerReply | None:
        """Send ``command`` and wait for its answer, so that the answer is not taken for the next
        one; drops codes that come meanwhile. ``None``: no answer in time.
        """
        line.send(command)
        due = Deadline(self._settings.answer_timeout / 2 if self._question else 0.0)
        while not due.passed():
            item = self._next(line, due.remaining())
            if isinstance(item, ScannerReply) and item.to(command):
                return item
        return None

    def _try_trigger(self) -> ScannerReply | None:
        line = self._open_line()
        self._ask()
        answer = self._order(line, self._start)
        self._order(line, self._stop)
        self._ask()
        if answer and not answer.accepted:
            raise _refused()
        return answer

    def _check(self, name: str, act: Callable[[], ScannerReply | None]) -> Check:
        try:
            answer = act()
        except DeviceError as error:
            return Check(name, False, words_of(error))
        return Check(name, True, "answered" if answer else "cannot be asked")

    @property
    def _well(self) -> Status:
        if self._question:
            return Status(State.ONLINE)
        return Status(State.ONLINE, detail=en("this scanner cannot be asked; its port is there"))

    def _open_line(self) -> SerialLine:
        if self._line is None:
            raise not_open(self._settings.port)
        return self._line


def _refused() -> DeviceError:
    return DeviceError(
        Reason.UNSUPPORTED,
        en("the scanner refuses the command to scan"),
        mend=en("check start in the settings against the scanner's manual"),
    )
