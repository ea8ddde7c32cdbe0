"""A PIN pad over XFS4IoT: ``Keyboard.PinEntry`` and ``PinPad.GetPinBlock``.

Digits stay in the pad: its events tell that a digit was pressed, and the driver does not read
which.
"""

from __future__ import annotations

from collections import deque
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Annotated, Any

import msgspec

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
from drivers.pin_pad.frames import pan_field
from drivers.pin_pad.types import (
    Algorithm,
    AwaitKey,
    EndPinEntry,
    Key,
    KeyPress,
    LoadSessionKey,
    MakePinBlock,
    PinBlock,
    SessionKey,
    StartPinEntry,
)
from drivers.sentence import en
from drivers.xfs4iot.client import TICK_S, Running, XfsService
from drivers.xfs4iot.driver import RESET_S, ServiceSettings, XfsDriver, online
from drivers.xfs4iot.messages import XfsMessage
from drivers.xfs4iot.payloads import (
    EntryCompletion,
    GetPinBlock,
    ImportKey,
    KeyPressed,
    PinEntered,
    PinEntry,
    ResetPinPad,
    StatusFacts,
)

END_S = 2.5
"""Longest wait after ENTER, in seconds, until the service ends the entry."""
_BLOCK_BYTES = {Algorithm.TDEA: 8, Algorithm.SM4: 16}


@dataclass(slots=True)
class _XfsPinEntry:
    """A running PIN entry, and the connection on which it began."""

    service: XfsService
    command: PinEntry
    running: Running | None = None
    entered: int = 0
    presses: deque[KeyPress] = field(default_factory=deque)
    ended: bool = False
    """Whether ENTER or CANCEL has ended the entry."""


class XfsPinPad(XfsDriver):
    """The pad of a bank's machine. If the bank loads the keys, the settings must name them."""

    KIND = Kind.PIN_PAD
    INTERFACES = ("Keyboard", "PinPad")
    NEEDS = (PinEntry, GetPinBlock)
    REQUESTS = (LoadSessionKey, StartPinEntry, AwaitKey, MakePinBlock, EndPinEntry)

    class Settings(ServiceSettings, frozen=True, kw_only=True, forbid_unknown_fields=True):
        """``[devices.pin_pad]``."""

        key: str = "TPK"
        """The name of the PIN key in the pad."""
        master_key: str = "TMK"
        """The name of the key under which session keys are encrypted."""
        key_serial: Annotated[str, msgspec.Meta(pattern=r"^[!-~]{0,16}\Z")] = ""
        """The serial of a PIN key that the bank keeps loaded; empty: the terminal loads one."""
        algorithm: Algorithm = Algorithm.TDEA
        """The algorithm of the bank's PIN key."""
        sm4: Annotated[str, msgspec.Meta(pattern=r"^[0-9]?\Z")] = ""
        """The vendor's digit for SM4, for which the standard has no letter."""
        patience: Annotated[int, msgspec.Meta(ge=5, le=300)] = 60
        """Seconds after which the pad ends an entry by itself."""

    def __init__(self, settings: Settings) -> None:
        super().__init__(settings)
        self._settings = settings
        self._entry: _XfsPinEntry | None = None
        self._pin_waits = False  # for `MakePinBlock`
        # Until an entry that was cancelled or timed out, a block or a reset proves the pad empty: a
        # page that was left and a lost connection prove nothing.
        self._may_hold_pin = False
        self._algorithm: Algorithm | None = settings.algorithm if settings.key_serial else None
        self._serial = settings.key_serial

    @property
    def requests(self) -> tuple[type[Request[Any]], ...]:
        """Without :class:`LoadSessionKey` where the bank keeps its own key in the pad."""
        ours = not self._settings.key_serial
        return tuple(one for one in self.REQUESTS if ours or one is not LoadSessionKey)

    def close(self) -> None:
        self._forget()
        super().close()

    def reset(self) -> None:
        """Drop the entry and its digits; keys stay."""
        self._forget()
        self._reset_pad(self._connected())

    def _do(self, request: Request[Any], deadline: Deadline, cancel: CancelToken) -> Any:
        match request:
            case LoadSessionKey(key):
                return self._load(key, deadline, cancel)
            case StartPinEntry():
                return self._start(request)
            case AwaitKey():
                return self._await_key(deadline, cancel)
            case MakePinBlock(pan):
                return self._make_block(pan, deadline, cancel)
        return self._end()

    def _status(self, facts: StatusFacts) -> Status:
        status = super()._status(facts)
        if not online(status):
            return status
        if self._algorithm is None:
            return Status(status.state, detail=en("no session key is loaded"))
        return Status(State.BUSY) if self._entry or self._pin_waits else status

    # -- keys ---------------------------------------------------------------------------------

    def _load(self, key: SessionKey, deadline: Deadline, cancel: CancelToken) -> None:
        letter = "T" if key.algorithm is Algorithm.TDEA else self._settings.sm4
        if not letter:
            raise DeviceError(
                Reason.UNSUPPORTED,
                en("this pad knows no SM4"),
                mend=en("name its digit for SM4 in sm4"),
            )
        service = self._usable()
        service.require(ImportKey)
        self._drop_entry()
        self._algorithm = None
        command = ImportKey(
            key=self._settings.key,
            algorithm=letter,
            value=key.encrypted,
            decrypt_key=self._settings.master_key,
        )
        told = service.call(command, deadline, cancel).verification_data or b""
        length = min(len(told), len(key.check_value))
        if length < 3 or told[:length] != key.check_value[:length]:
            raise DeviceError(
                Reason.NOT_AUTHORISED, en("the check value does not fit: another master key")
            )
        self._algorithm, self._serial = key.algorithm, key.serial

    # -- an entry -----------------------------------------------------------------------------

    def _start(self, request: StartPinEntry) -> None:
        if not 4 <= request.shortest <= request.longest <= 12:
            raise DeviceError(Reason.UNSUPPORTED, en("a PIN has 4 to 12 digits"))
        if self._algorithm is None:
            raise DeviceError(Reason.NOT_AUTHORISED, en("no session key is loaded"))
        service = self._usable()
        self._drop_entry()
        command = PinEntry(
            shortest=request.shortest, longest=request.longest, auto_end=request.auto_enter
        )
        entry = _XfsPinEntry(service, command)
        self._may_hold_pin = True
        entry.running = service.start(
            command, self._settings.patience, lambda message: _press(entry, message)
        )
        self._entry = entry
        self.report(Status(State.BUSY))

    def _await_key(self, deadline: Deadline, cancel: CancelToken) -> KeyPress:
        entry = self._entry
        while entry is not None and not entry.presses:
            if cancel.cancelled:
                raise DeviceError(Reason.CANCELLED)
            if deadline.passed():
                raise DeviceError(Reason.TIMEOUT, en("no key was pressed in time"))
            try:
                entry.service.pump(TICK_S)
                if entry.running is not None and entry.running.end is not None:
                    self._close_entry(entry)
            except DeviceError:
                self._forget()
                raise
            if entry.ended and not entry.presses:
                break
        if entry is None or not entry.presses:
            raise DeviceError(Reason.CANCELLED, en("no PIN is being entered"))
        press = entry.presses.popleft()
        if press.key is Key.ENTER:
            self._await_end(entry)
            self._entry, self._pin_waits = None, True
        elif press.key is Key.CANCEL:
            self._forget()
            self._may_hold_pin = False  # the end of the command may still be on its way
            self.report(Status(State.ONLINE))
        return press

    def _await_end(self, entry: _XfsPinEntry) -> None:
        """Wait for the end of the command, which comes after the event of ENTER: only then does the
        PIN wait in the pad."""
        due = Deadline(END_S)
        while not entry.ended:
            if due.passed():
                raise DeviceError(Reason.OFFLINE, en("the pad does not end the entry"))
            entry.service.pump(TICK_S)
            if entry.running is not None and entry.running.end is not None:
                self._close_entry(entry)

    def _close_entry(self, entry: _XfsPinEntry) -> None:
        """Note the end of the command; adds its ENTER or CANCEL unless an event has told the
        key."""
        try:
            result = self._result(entry)
        except DeviceError as error:
            self._forget()
            if error.reason in (Reason.TIMEOUT, Reason.CANCELLED):
                self.report(Status(State.ONLINE))
                raise DeviceError(Reason.CANCELLED, en("the pad has given the entry up")) from error
            raise
        entry.running = None
        entry.ended = True
        if result.digits is not None:
            entry.entered = result.digits
        told = entry.presses[-1].key if entry.presses else None
        if result.completion is EntryCompletion.CANCEL:
            if told is not Key.CANCEL:
                entry.presses.append(KeyPress(Key.CANCEL, 0))
        elif told is not Key.ENTER:
            entry.presses.append(KeyPress(Key.ENTER, entry.entered))

    def _result(self, entry: _XfsPinEntry) -> PinEntered:
        """The completion of the entry; notes whether the pad may hold a PIN after it. Raises the
        error with which the entry has ended."""
        assert entry.running is not None
        try:
            result = entry.service.result(entry.command, entry.running)
        except DeviceError as error:
            if error.reason in (Reason.TIMEOUT, Reason.CANCELLED):
                self._may_hold_pin = False
            raise
        if result.completion is EntryCompletion.CANCEL:
            self._may_hold_pin = False
        return result

    def _make_block(self, pan: str, deadline: Deadline, cancel: CancelToken) -> PinBlock:
        pan_field(pan)  # raises for an invalid PAN
        if not self._pin_waits or self._algorithm is None:
            raise DeviceError(Reason.CANCELLED, en("no entered PIN waits"))
        service = self._connected()
        command = GetPinBlock(customer_data=pan[:-1], key=self._settings.key)
        try:
            block = service.call(command, deadline, cancel).pin_block or b""
        finally:
            self._pin_waits = False
        self._may_hold_pin = False
        self.report(Status(State.ONLINE))
        if len(block) != _BLOCK_BYTES[self._algorithm]:
            raise DeviceError(Reason.GARBLED, en("a PIN block of {count} bytes", count=len(block)))
        return PinBlock(self._algorithm, self._serial, block)

    def _end(self) -> None:
        with suppress(DeviceError):  # a service ends what runs on the connection that is lost
            self._drop_entry()
        if self._may_hold_pin:  # after ENTER the command has ended: only a reset drops the PIN
            service, _ = self._ready()
            if service.offers(ResetPinPad):
                self._reset_pad(service)
        self.report(Status(State.ONLINE))

    def _reset_pad(self, service: XfsService) -> None:
        service.call(ResetPinPad(), Deadline(RESET_S), CancelToken())
        self._may_hold_pin = False

    def _drop_entry(self) -> None:
        entry = self._entry
        self._forget()
        if entry is not None and entry.running is not None and not entry.service.closed:
            entry.service.cancel(entry.running)
            with suppress(DeviceError):  # an entry that has failed is dropped as well
                self._result(entry)  # ENTER may have come before the cancel

    def _forget(self) -> None:
        self._entry = None
        self._pin_waits = False


def _press(entry: _XfsPinEntry, message: XfsMessage) -> None:
    """Add one key to the entry; ignores function keys without a meaning here."""
    if not message.is_named(KeyPressed.EVENT):
        return
    match message.read(KeyPressed).completion:
        case EntryCompletion.CONTINUE:
            key, entry.entered = Key.DIGIT, min(entry.entered + 1, entry.command.longest)
        case EntryCompletion.AUTO:  # ENTER follows with the end of the command
            key, entry.entered = Key.DIGIT, min(entry.entered + 1, entry.command.longest)
        case EntryCompletion.BACKSPACE:
            key, entry.entered = Key.BACKSPACE, max(entry.entered - 1, 0)
        case EntryCompletion.CLEAR:
            key, entry.entered = Key.CLEAR, 0
        case EntryCompletion.ENTER:
            key = Key.ENTER
        case EntryCompletion.CANCEL:
            key, entry.entered = Key.CANCEL, 0
        case _:
            return
    entry.presses.append(KeyPress(key, entry.entered))
