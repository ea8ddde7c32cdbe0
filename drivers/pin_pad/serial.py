"""The driver of serial PIN pads: reports keys without digits, and the PIN as an encrypted block."""

from __future__ import annotations

import secrets
from collections import deque
from dataclasses import dataclass
from typing import Annotated, Any, Literal

import msgspec

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
from drivers.pin_pad.frames import (
    Flag,
    KeyEntry,
    PadCommand,
    PadDecoder,
    PadFrame,
    PadResult,
    encode_session_key,
    is_answer,
    pan_field,
    parse_identity,
    parse_keys,
    parse_pin_block,
    parse_status,
    result_of,
)
from drivers.pin_pad.types import (
    AwaitKey,
    EndPinEntry,
    Key,
    KeyPress,
    LoadSessionKey,
    MakePinBlock,
    PinBlock,
    StartPinEntry,
)
from drivers.sentence import en, words_of
from drivers.serial_line import SerialLine, not_open

POLL_S = 0.04
"""Seconds between two requests for keys, so that a dot is on the screen within about 50 ms."""
_MEND = {
    PadResult.NO_KEY: en("load a session key"),
    PadResult.WRONG_CHECK_VALUE: en("fetch a new session key; have the pad's master key checked"),
    PadResult.TAMPERED: en("have the pad replaced; its keys are gone"),
    PadResult.BROKEN: en("switch the pad off and on; if that does not help, replace it"),
}


class SerialPinPad(Driver):
    """A PIN pad on a serial port (8N1); :mod:`drivers.pin_pad.frames` describes its protocol.

    ``AwaitKey`` reports that a digit was pressed, never which; the digits do not leave the pad.
    """

    @dataclass(frozen=True, slots=True)
    class Settings:
        """The pad's port and time limits."""

        port: str
        """The serial port; best a stable name under ``/dev/serial/by-id/``."""
        baud: Literal[9600, 19200, 38400, 57600, 115200] = 9600
        """The speed to which the pad was set."""
        answer_timeout: Annotated[float, msgspec.Meta(gt=0, le=0.4)] = 0.3
        """Seconds to wait for an answer. A pad that does not answer is asked once more, then counts
        as silent.

        At most 0.4, since a status must be known within a second.
        """
        patience: Annotated[int, msgspec.Meta(ge=5, le=120)] = 30
        """Seconds without a key after which the pad ends the entry by itself."""

    def __init__(self, settings: Settings) -> None:
        super().__init__()
        self._settings = settings
        self._line: SerialLine | None = None
        self._number = secrets.randbelow(256)
        self._heard = 0  # the number of the last key of this entry
        self._presses: deque[KeyPress] = deque()
        self._entry = KeyEntry.NONE
        self._identity = ("", "", "")

    @property
    def info(self) -> Info:
        """Model, serial number and firmware as the pad reports them."""
        return Info(Kind.PIN_PAD, "serial", self._settings.port, *self._identity)

    @property
    def requests(self) -> tuple[type[Request[Any]], ...]:
        return (LoadSessionKey, StartPinEntry, AwaitKey, MakePinBlock, EndPinEntry)

    def open(self) -> None:
        """Open the port, lock it for this process, reset the pad and read its identity.

        Raises :class:`DeviceError`: ``NO_DEVICE`` when the port does not exist or nothing answers,
        ``OFFLINE`` when we may not use the port, ``GARBLED`` when another device answers. A pad
        that was tampered with opens; the status reports that.
        """
        self.close()
        self._line = SerialLine(self._settings.port, self._settings.baud)
        try:
            self._ask(
                PadCommand.RESET, allowed=(PadResult.OK, PadResult.TAMPERED, PadResult.BROKEN)
            )
            self._identity = parse_identity(self._ask(PadCommand.IDENTIFY))
        except DeviceError as error:
            self.close()
            if error.reason is not Reason.OFFLINE:
                raise
            raise DeviceError(
                Reason.NO_DEVICE,
                en("nothing answers on {port}", port=self._settings.port),
                mend=en("check the pad's cable and power, and port and baud in the settings"),
            ) from error

    def close(self) -> None:
        line, self._line = self._line, None
        self._forget()
        if line is not None:
            line.close()

    def status(self) -> Status:
        """``TAMPER`` when the pad was opened, ``HARDWARE_ERROR`` when its self-test failed.

        A pad without a session key is usable; ``detail`` tells it. Raises ``OFFLINE`` for silence.
        """
        if self._line is None:
            return Status(State.NO_DEVICE, problem=Reason.NO_DEVICE, detail=en("not opened yet"))
        facts = parse_status(self._ask(PadCommand.STATUS))
        if facts.flags & Flag.TAMPERED:
            return _ill(State.TAMPER, PadResult.TAMPERED)
        if facts.flags & Flag.BROKEN:
            return _ill(State.HARDWARE_ERROR, PadResult.BROKEN)
        if facts.algorithm is None:
            return Status(State.ONLINE, detail=PadResult.NO_KEY.meaning)
        busy = facts.flags & (Flag.ENTERING | Flag.PIN_WAITS)
        return Status(State.BUSY if busy else State.ONLINE)

    def reset(self) -> None:
        """Drop the entry and its digits; the session key stays."""
        self._ask(PadCommand.RESET)
        self._forget()

    def self_test(self) -> tuple[Check, ...]:
        """The pad's own state, and the serial of its session key. A missing key is no failure: a
        service that needs a PIN loads the key first."""
        try:
            status = self.status()
            facts = parse_status(self._ask(PadCommand.STATUS))
        except DeviceError as error:
            return (Check("state", False, words_of(error)),)
        key = f"{facts.algorithm.value} {facts.key_serial}" if facts.algorithm else "none"
        return (
            Check("state", status.usable, status.detail or status.state.value),
            Check("session key", status.usable, key),
        )

    def execute(self, request: Request[Any], deadline: Deadline, cancel: CancelToken) -> Any:
        """Carry out ``request``; obeys a cancel within 50 ms if the pad answers.

        Raises the errors of each request, and ``OFFLINE`` when the pad falls silent, ``NO_DEVICE``
        when its port is gone, ``GARBLED`` after a second nonsensical answer, ``HARDWARE`` when the
        pad was tampered with or is broken.
        """
        if cancel.cancelled:
            raise DeviceError(Reason.CANCELLED)
        match request:
            case LoadSessionKey(key):
                return self._do(PadCommand.LOAD_KEY, encode_session_key(key))
            case StartPinEntry():
                return self._start(request)
            case AwaitKey():
                return self._await_key(deadline, cancel)
            case MakePinBlock(pan):
                return self._make_block(pan)
            case EndPinEntry():
                self._forget()
                return self._do(PadCommand.END)
        raise DeviceError(
            Reason.UNSUPPORTED,
            en("{device} knows no {request}", device="a PIN pad", request=type(request).__name__),
        )

    # -- an entry -----------------------------------------------------------------------------

    def _start(self, request: StartPinEntry) -> None:
        if not 4 <= request.shortest <= request.longest <= 12:
            raise DeviceError(Reason.UNSUPPORTED, en("a PIN has 4 to 12 digits"))
        self._forget()
        lengths = (request.shortest, request.longest, int(request.auto_enter))
        self._do(PadCommand.START, bytes([*lengths, self._settings.patience]))
        self._entry = KeyEntry.ENTERING
        self.report(Status(State.BUSY))

    def _await_key(self, deadline: Deadline, cancel: CancelToken) -> KeyPress:
        while not self._presses:
            if cancel.cancelled:
                raise DeviceError(Reason.CANCELLED)
            if self._entry is not KeyEntry.ENTERING:
                raise DeviceError(Reason.CANCELLED, en("no PIN is being entered"))
            if deadline.passed():
                raise DeviceError(Reason.TIMEOUT, en("no key was pressed in time"))
            pause = Deadline(POLL_S)
            self._fetch_keys()
            if not self._presses and self._entry is KeyEntry.ENTERING:
                cancel.wait(min(pause.remaining(), deadline.remaining()))
        press = self._presses.popleft()
        if press.key is Key.CANCEL:
            self._over()
        return press

    def _fetch_keys(self) -> None:
        keys = parse_keys(self._do(PadCommand.KEYS, self._heard.to_bytes(2, "big")))
        if keys.entry in (KeyEntry.NONE, KeyEntry.TIMED_OUT):
            self._over()
            raise DeviceError(Reason.CANCELLED, en("the pad has given the entry up"))
        if keys.last < self._heard or len(keys.presses) != keys.last - self._heard:
            raise DeviceError(Reason.GARBLED, en("the pad's keys are numbered wrongly"))
        self._heard, self._entry = keys.last, keys.entry
        self._presses += keys.presses

    def _make_block(self, pan: str) -> PinBlock:
        digits = pan_field(pan)
        try:
            block = parse_pin_block(self._do(PadCommand.PIN_BLOCK, digits))
        finally:
            self._forget()
        self.report(Status(State.ONLINE))
        return block

    def _forget(self) -> None:
        self._heard = 0
        self._presses.clear()
        self._entry = KeyEntry.NONE

    def _over(self) -> None:
        self._forget()
        self.report(Status(State.ONLINE))

    # -- the wire -----------------------------------------------------------------------------

    def _do(self, command: PadCommand, data: bytes = b"") -> bytes:
        """As :meth:`_ask`; after ``HARDWARE``, drops the entry and reports the status at once."""
        try:
            return self._ask(command, data)
        except DeviceError as error:
            if error.reason is Reason.HARDWARE:
                self._forget()
                self.report(self.status())
            raise

    def _ask(
        self,
        command: PadCommand,
        data: bytes = b"",
        allowed: tuple[PadResult, ...] = (PadResult.OK,),
    ) -> bytes:
        """Send a command; returns the data of its answer. When frame or answer is lost, sends the
        same frame once more."""
        if self._line is None:
            raise not_open(self._settings.port)
        self._number = (self._number + 1) % 256
        frame = PadFrame(self._number, command, data)
        self._line.drop()
        result, rest = result_of(self._exchange(self._line, frame))
        if result not in allowed:
            raise DeviceError(
                result.reason or Reason.GARBLED, result.meaning, mend=_MEND.get(result, "")
            )
        return rest

    def _exchange(self, line: SerialLine, frame: PadFrame) -> PadFrame:
        heard = False
        for _ in range(2):
            line.send(frame.encode())
            decoder = PadDecoder()
            due = Deadline(self._settings.answer_timeout)
            while not due.passed():
                data = line.receive(due.remaining())
                heard = heard or bool(data)
                decoder.feed(data)
                while answer := decoder.take():
                    if is_answer(frame, answer):
                        return answer
        port = self._settings.port
        if heard:
            raise DeviceError(
                Reason.GARBLED,
                en("no answer on {port}, but noise", port=port),
                mend=en("check baud in the settings"),
            )
        raise DeviceError(
            Reason.OFFLINE,
            en("the pad on {port} is silent", port=port),
            mend=en("check the pad's cable and power"),
        )


def _ill(state: State, result: PadResult) -> Status:
    reason = result.reason
    return Status(state, problem=reason, detail=result.meaning, mend=_MEND[result])
