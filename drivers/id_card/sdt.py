"""The driver of ID card readers: a SAM behind a serial port or a HID device."""

from __future__ import annotations

import time
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import Annotated, Any, Literal, Protocol

import msgspec
import serial

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
)
from drivers.id_card.hid import HidPort
from drivers.id_card.record import decode_record
from drivers.id_card.sdt_frames import (
    SamAnswer,
    SamCommand,
    SdtDecoder,
    SdtStatus,
    decode_answer,
    encode_frame,
    sam_number,
    split_sections,
)
from drivers.id_card.types import AwaitLift, IdCard, LookForCard, ReadCard
from drivers.sentence import en, words_of
from drivers.serial_line import PORT_ERRORS, cannot_open, gone, not_open, open_port, stuck

FIND_EVERY: Mapping[str, float] = {"any": 0.3, "emulated": 0.05}
"""Seconds from one look for a card to the next, the look included, by the reader's model: for any,
what the protocol asks of every SDT reader; for one that is named, what it was seen to bear."""
GONE_AGAIN_S = 0.1
"""Seconds until the second look after a look that found no card. A card that is moved may be missed
once: it counts as gone after two misses."""
LIFT_S = 5.0
"""Seconds until a card that must be lifted raises an error."""
STATUS_S = 0.9
"""Longest time of one status, in seconds, the look for the card included."""
_SLICE_S = 0.03  # between two looks at the cancel token while waiting for an answer
_GAP_S = 0.25  # a longer pause inside a frame means that the frame was cut off
_HUSH_S = 0.03  # the line is quiet after so long without a byte
_LONG_COMMANDS = (SamCommand.READ, SamCommand.READ_ADDRESS)
_READ_ANSWER_BYTES = 1295

_HID = "hid:"
_CARD_REASONS = (Reason.CARD_UNREADABLE, Reason.CARD_REMOVED, Reason.CARD_UNKNOWN)
# These reasons say nothing against the reader itself.
_READER_FINE = (*_CARD_REASONS, Reason.NOT_TAKEN, Reason.TIMEOUT, Reason.CANCELLED)

_MEND = {
    Reason.NO_DEVICE: en("check the reader's cable and power, and port and baud in the settings"),
    Reason.OFFLINE: en("check the reader's cable and power"),
    Reason.GARBLED: en("check baud in the settings, and the reader's cable"),
    Reason.HARDWARE: en("switch the reader off and on; if that does not help, replace it"),
    Reason.NOT_AUTHORISED: en("have the supplier license the reader's SAM"),
}


class _Stop(Protocol):
    """Tells when to stop waiting for an answer: a :class:`CancelToken` or a :class:`_Limit`."""

    @property
    def cancelled(self) -> bool: ...


class _SdtPort(Protocol):
    """A line to a reader, with the methods of pyserial's port that this driver uses.

    Every method may raise one of :data:`drivers.serial_line.PORT_ERRORS`.
    """

    def read(self, size: int, /) -> bytes: ...
    def write(self, data: bytes, /) -> int | None: ...
    def reset_input_buffer(self) -> None: ...
    def close(self) -> None: ...


class _Limit(Deadline):
    __slots__ = ()

    @property
    def cancelled(self) -> bool:
        return self.passed()


class SdtReader(Driver):
    """A resident ID card reader on a serial port (8N1) or a HID device; it speaks SDT frames.

    The SAM finds a card that was read again only after it was lifted. Some SAMs do the same after a
    failed read: then nothing tells whether a card lies there. ``Status.media`` is the result of the
    last look: ``UNKNOWN`` before the first.
    """

    @dataclass(frozen=True, slots=True)
    class Settings:
        """The reader's port and time limits."""

        port: str
        """The serial port; best a stable name under ``/dev/serial/by-id/``. For a HID reader
        ``hid:`` and its node: ``hid:/dev/hidraw0``, best ``hid:/dev/kiosk/…``."""
        baud: Literal[115200, 57600, 38400, 19200, 9600] = 115200
        """The speed to which the reader was set; 115200 from the factory. HID has no speed."""
        answer_timeout: Annotated[float, msgspec.Meta(gt=0, le=0.8)] = 0.8
        """Seconds until a reader that does not answer counts as silent (readers need 0.1 to 0.3).

        At most 0.8, since a status must be known within a second.
        """
        read_timeout: Annotated[float, msgspec.Meta(gt=0)] = 3.0
        """Seconds until the answer to a read of a card must begin (readers need 0.6 to 2); the time
        of the answer on the wire is added."""
        model: Literal["any", "emulated"] = "any"
        """The reader's model, a name in :data:`FIND_EVERY`."""
        find_every: Annotated[float, msgspec.Meta(ge=0.02, le=1)] | None = None
        """Seconds from one look for a card to the next, the look included: on average, a citizen
        waits for half of it. Unset: what :data:`FIND_EVERY` says of the model. Less than 0.3 only
        for a reader that was seen to bear it."""

    def __init__(self, settings: Settings) -> None:
        super().__init__()
        self._settings = settings
        self._find_every = settings.find_every or FIND_EVERY[settings.model]
        self._port: _SdtPort | None = None
        self._serial = ""
        self._media = Media.UNKNOWN
        self._unread = False  # a read failed, and no card has been found since
        self._seen: IdCard | None = None  # the card that `LookForCard` has read, while it lies
        # Until when the answer to a cancelled command may still arrive; None: no answer is due.
        self._owed: Deadline | None = None
        self._closed = Status(
            State.NO_DEVICE, problem=Reason.NO_DEVICE, detail=en("not opened yet")
        )

    @property
    def info(self) -> Info:
        """``serial`` is the SAM's number; "" before the first ``open``."""
        return Info(Kind.ID_CARD, "sdt", self._settings.port, "SDT/SAM", self._serial)

    @property
    def requests(self) -> tuple[type[Request[Any]], ...]:
        return (ReadCard, LookForCard, AwaitLift)

    def open(self) -> None:
        """Open the port, lock it for this process, and ask the SAM for its number.

        Raises :class:`DeviceError`: ``NO_DEVICE`` when the port does not exist or nothing answers,
        ``OFFLINE`` when we may not use the port, ``GARBLED`` when another device answers. A SAM
        that answers but is broken or unlicensed opens; the status reports its problem.
        """
        self.close()
        self._serial = ""
        try:
            self._port = self._take_port()
            try:
                if self.status().problem is None:
                    self._ask_number()
            except DeviceError as error:
                if error.reason is Reason.OFFLINE:  # the reader has never answered on this port
                    raise _error(
                        Reason.NO_DEVICE, en("nothing answers on {name}", name=self._name)
                    ) from error
                raise
        except DeviceError as error:
            self.close()
            gone = error.reason is Reason.NO_DEVICE
            self._closed = _problem(State.NO_DEVICE if gone else State.OFFLINE, error)
            raise

    def close(self) -> None:
        port, self._port = self._port, None
        self._media = Media.UNKNOWN
        self._unread = False
        self._seen = None
        self._owed = None
        if port is not None:
            with suppress(OSError):
                port.close()

    def status(self) -> Status:
        """The state of the SAM, and whether a card that was read still lies there.

        For a closed reader: why it could not be opened, and what mends that.
        """
        if self._port is None:
            return self._closed
        limit = _Limit(STATUS_S)
        try:
            self._ask(SamCommand.SAM_STATUS, stop=limit)
            if self._media is Media.PRESENT:
                self._media = self._look(limit)
        except DeviceError as error:
            if error.reason in (Reason.HARDWARE, Reason.NOT_AUTHORISED):
                return _problem(State.HARDWARE_ERROR, error)
            if error.reason is not Reason.CANCELLED:
                raise
            self._media = Media.UNKNOWN
            return Status(State.BUSY, detail=en("the reader is still at its last command"))
        return Status(State.ONLINE, media=self._media)

    def reset(self) -> None:
        """Reset the SAM; after that it finds a card that still lies there again."""
        self._ask(SamCommand.RESET_SAM)
        self._media = Media.UNKNOWN
        self._unread = False
        self._seen = None

    def self_test(self) -> tuple[Check, ...]:
        """SAM status, SAM number, one look for a card; a failure does not stop the next check."""
        return (
            self._check("SAM status", SamCommand.SAM_STATUS, (SdtStatus.OK,)),
            self._check("SAM number", SamCommand.SAM_NUMBER, (SdtStatus.OK,)),
            self._check("antenna", SamCommand.FIND, (SdtStatus.NO_CARD, SdtStatus.CARD_FOUND)),
        )

    def execute(self, request: Request[Any], deadline: Deadline, cancel: CancelToken) -> Any:
        """Carry out ``request``; obeys a cancel within 50 ms.

        ``ReadCard``: the deadline is for putting the card; a read that has begun is finished.
        Raises ``TIMEOUT`` (no card was put), ``CANCELLED``, ``CARD_REMOVED`` (lifted too early),
        ``CARD_UNREADABLE`` (failed twice, or not found again, or its text makes no sense),
        ``CARD_UNKNOWN`` (wrong kind), ``NOT_TAKEN`` (a card that was read before is not lifted).
        ``LookForCard``: ``CARD_REMOVED``, ``CARD_UNREADABLE`` and ``CARD_UNKNOWN`` as ``ReadCard``;
        a reader that does not answer has no card: its next status tells why.
        ``AwaitLift``: ``TIMEOUT`` when the card still lies there.
        All: ``OFFLINE`` when the reader falls silent, ``NO_DEVICE`` when its port is gone,
        ``GARBLED`` after a second nonsensical answer, ``HARDWARE`` and ``NOT_AUTHORISED`` when the
        SAM reports them.
        """
        match request:
            case ReadCard():
                return self._card_seen(cancel) or self._read_card(deadline, cancel)
            case LookForCard():
                return self._look_for_card(cancel)
            case AwaitLift():
                return self._await_removal(deadline, cancel)
        raise DeviceError(
            Reason.UNSUPPORTED,
            en(
                "{device} knows no {request}",
                device="an ID card reader",
                request=type(request).__name__,
            ),
        )

    # -- what a citizen does ------------------------------------------------------------------

    def _read_card(self, deadline: Deadline, cancel: CancelToken) -> IdCard:
        try:
            self._await_card(deadline, cancel)
            self._note(State.BUSY, Media.PRESENT)
            text, photo = self._read_chip(cancel)
            card = decode_record(text, photo)
        except DeviceError as error:
            if error.reason is Reason.CARD_REMOVED:
                self._media = Media.NOT_PRESENT
            if error.reason in _READER_FINE:
                self._note(State.ONLINE, self._media)
            raise
        self._note(State.ONLINE, Media.PRESENT)
        return card

    def _look_for_card(self, cancel: CancelToken) -> IdCard | None:
        try:
            if not self._find(cancel):
                return None
        except DeviceError as error:
            if error.reason in (Reason.OFFLINE, Reason.GARBLED):
                return None  # a single miss of the reader is no loss: the next statuses count them
            raise
        self._unread = False
        self._seen = None
        text, photo = self._read_chip(cancel)
        self._seen = decode_record(text, photo)
        self._note(State.ONLINE, Media.PRESENT)
        return self._seen

    def _card_seen(self, cancel: CancelToken) -> IdCard | None:
        """The card that :meth:`_look_for_card` has read, if it still lies there: the SAM would find
        it only after it was lifted."""
        card, self._seen = self._seen, None
        if card is None or self._look(cancel) is not Media.PRESENT:
            return None
        self._note(State.ONLINE, Media.PRESENT)
        return card

    def _await_card(self, deadline: Deadline, cancel: CancelToken) -> None:
        patience = Deadline(LIFT_S)
        while True:
            _check_cancel(cancel)
            if deadline.passed():
                raise DeviceError(Reason.TIMEOUT, en("no card was put on the reader in time"))
            pause = Deadline(self._find_every)
            if self._find(cancel):
                self._unread = False
                return
            # The SAM also answers "not found" for a card that was read and still lies there.
            if self._media is not Media.NOT_PRESENT and not self._unread:
                self._media = self._look(cancel)
            if self._media is Media.PRESENT:
                self._note(State.BUSY, Media.PRESENT, en("the card must be lifted and put again"))
            else:
                self._note(State.BUSY, self._media)
            if patience.passed():
                self._say_what_lies_there()
            cancel.wait(min(pause.remaining(), deadline.remaining()))

    def _say_what_lies_there(self) -> None:
        """Raise an error when the card on the reader can never be found: the citizen would wait in
        vain."""
        if self._media is Media.PRESENT:
            raise DeviceError(
                Reason.NOT_TAKEN, en("the card that was read before still lies there")
            )
        if self._unread:
            raise DeviceError(
                Reason.CARD_UNREADABLE, en("after a read that failed, no card was found again")
            )

    def _read_chip(self, cancel: CancelToken) -> tuple[bytes, bytes]:
        """Text and photo. Tries a failed read once more, if the SAM still finds the card."""
        last_try = False
        while True:
            try:
                self._ask(SamCommand.SELECT, stop=cancel)
                text, photo = split_sections(self._ask(SamCommand.READ, stop=cancel).data, 2)
                return text, photo
            except DeviceError as error:
                if error.reason is not Reason.CARD_UNREADABLE:
                    raise
                if not self._find(cancel):  # the card was lifted, or must be: the SAM tells no more
                    self._unread, self._media = True, Media.UNKNOWN
                    raise DeviceError(
                        error.reason, en("{detail}, then found no card", detail=error.detail)
                    ) from error
                if last_try:
                    raise
                last_try = True

    def _await_removal(self, deadline: Deadline, cancel: CancelToken) -> None:
        misses = 0
        while misses < 2:
            _check_cancel(cancel)
            if deadline.passed():
                raise DeviceError(Reason.TIMEOUT, en("the card still lies on the reader"))
            pause = Deadline(self._find_every)
            there = self._look(cancel)
            if there is Media.UNKNOWN:
                raise DeviceError(
                    Reason.UNSUPPORTED, en("this reader cannot tell whether a card lies")
                )
            # A card that was never selected answers no look, but the SAM finds it.
            if there is Media.PRESENT or self._find(cancel):
                misses = 0
            else:
                misses += 1
                pause = Deadline(GONE_AGAIN_S)
            if misses < 2:
                cancel.wait(min(pause.remaining(), deadline.remaining()))
        self._note(State.ONLINE, Media.NOT_PRESENT)

    def _find(self, stop: _Stop) -> bool:
        found = (SdtStatus.CARD_FOUND, SdtStatus.NO_CARD)
        return self._ask(SamCommand.FIND, found, stop).status is SdtStatus.CARD_FOUND

    def _look(self, stop: _Stop) -> Media:
        """Whether the card that was read last still lies there; ``UNKNOWN`` for a reader that
        cannot tell."""
        try:
            self._ask(SamCommand.READ_ADDRESS, (SdtStatus.OK, SdtStatus.NO_CONTENT), stop)
        except DeviceError as error:
            if error.reason in _CARD_REASONS:
                return Media.NOT_PRESENT
            if error.reason is Reason.UNSUPPORTED:
                return Media.UNKNOWN
            raise
        return Media.PRESENT

    def _note(self, state: State, media: Media, detail: str = "") -> None:
        self._media = media
        self.report(Status(state, media=media, detail=detail))

    def _ask_number(self) -> None:
        self._serial = sam_number(self._ask(SamCommand.SAM_NUMBER).data)

    def _check(self, name: str, command: SamCommand, good: Collection[SdtStatus]) -> Check:
        try:
            answer = self._ask(command, good)
        except DeviceError as error:
            return Check(name, False, words_of(error))
        seen = (
            sam_number(answer.data) if command is SamCommand.SAM_NUMBER else answer.status.meaning
        )
        return Check(name, True, seen)

    # -- the wire -----------------------------------------------------------------------------

    @property
    def _name(self) -> str:
        return self._settings.port

    def _take_port(self) -> _SdtPort:
        if not self._name.startswith(_HID):
            return open_port(
                self._name,
                self._settings.baud,
                timeout=_SLICE_S,
                write_timeout=self._settings.answer_timeout,
            )
        path = self._name.removeprefix(_HID)
        try:
            return HidPort(path, _SLICE_S)
        except OSError as error:
            access = en("give its node to the terminal's user by a udev rule")
            raise cannot_open(path, error, name=self._name, access=access) from error

    def _ask(
        self,
        command: SamCommand,
        good: Collection[SdtStatus] = (SdtStatus.OK,),
        stop: _Stop | None = None,
    ) -> SamAnswer:
        """The answer to ``command``, if its status is in ``good``. After nonsense, asks once more.

        Raises :class:`DeviceError`: the reason of the status, ``OFFLINE`` for silence, ``GARBLED``
        for nonsense, ``NO_DEVICE`` when the port is gone, ``CANCELLED``.
        """
        stop = stop or CancelToken()
        with self._wire() as port:
            try:
                return self._exchange(port, command, good, stop)
            except DeviceError as error:
                if error.reason is not Reason.GARBLED:
                    raise
            _hush(port)
            return self._exchange(port, command, good, stop)

    def _exchange(
        self,
        port: _SdtPort,
        command: SamCommand,
        good: Collection[SdtStatus],
        stop: _Stop,
    ) -> SamAnswer:
        self._collect_owed(port, stop)
        port.reset_input_buffer()
        port.write(encode_frame(command.value))
        answer = decode_answer(command, self._receive(port, self._patience(command), stop))
        if answer.status not in good:
            raise _error(
                answer.status.reason or Reason.GARBLED,
                en(
                    "the SAM answered {status:02X} to {command}: {meaning}",
                    status=answer.status,
                    command=command.name,
                    meaning=answer.status.meaning,
                ),
            )
        return answer

    def _receive(self, port: _SdtPort, due: Deadline, stop: _Stop) -> bytes:
        """The payload of the next frame; when cancelled, notes that an answer is still due."""
        decoder = SdtDecoder()
        heard_at: float | None = None
        while True:
            # Ask for no more bytes than the frame needs, so that `read` returns with its last byte.
            chunk = port.read(decoder.missing)
            decoder.feed(chunk)
            payload = decoder.take()
            if payload is not None:
                return payload
            if stop.cancelled:
                self._owed = due
                raise DeviceError(Reason.CANCELLED)
            if chunk:
                heard_at = time.monotonic()
            elif heard_at is not None and decoder.begun and time.monotonic() - heard_at > _GAP_S:
                raise _error(Reason.GARBLED, en("an answer on {name} was cut off", name=self._name))
            if due.passed():
                if heard_at is not None:
                    raise _error(
                        Reason.GARBLED, en("only noise came in on {name}", name=self._name)
                    )
                raise _error(Reason.OFFLINE, en("the reader on {name} is silent", name=self._name))

    def _collect_owed(self, port: _SdtPort, stop: _Stop) -> None:
        """Drop the answer to a cancelled command, so that it is not taken for the next answer."""
        if self._owed is None:
            return
        due, self._owed = self._owed, None
        try:
            self._receive(port, due, stop)
        except DeviceError as error:
            if error.reason is Reason.CANCELLED:
                raise

    def _patience(self, command: SamCommand) -> Deadline:
        if command not in _LONG_COMMANDS:
            return Deadline(self._settings.answer_timeout)
        on_wire = _READ_ANSWER_BYTES * 10 / self._settings.baud
        return Deadline(self._settings.read_timeout + on_wire)

    @contextmanager
    def _wire(self) -> Iterator[_SdtPort]:
        if self._port is None:
            raise not_open(self._name)
        try:
            yield self._port
        except serial.SerialTimeoutException as error:
            raise stuck(self._name) from error
        except PORT_ERRORS as error:
            raise gone(self._name) from error


def _check_cancel(cancel: CancelToken) -> None:
    if cancel.cancelled:
        raise DeviceError(Reason.CANCELLED)


def _hush(port: _SdtPort) -> None:
    """Drop bytes until the line is quiet, at most for :data:`_GAP_S`: the rest of a broken
    answer."""
    until = Deadline(_GAP_S)
    quiet_since = time.monotonic()
    while not until.passed() and time.monotonic() - quiet_since < _HUSH_S:
        if port.read(64):
            quiet_since = time.monotonic()


def _problem(state: State, error: DeviceError) -> Status:
    return Status(state, problem=error.reason, detail=error.detail, mend=error.mend)


def _error(reason: Reason, what: str) -> DeviceError:
    """An error, with the usual act that mends its reason."""
    return DeviceError(reason, what, mend=_MEND.get(reason, ""))
