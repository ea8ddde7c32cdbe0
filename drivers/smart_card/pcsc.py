"""The chip card reader: one reader of the PC/SC service, and the card in it."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from typing import Any

from drivers.device import (
    CancelToken,
    Check,
    Deadline,
    DeviceError,
    Driver,
    Info,
    Media,
    Reason,
    Request,
    State,
    Status,
)
from drivers.smart_card.apdu import Card
from drivers.smart_card.emv import read_bank_card
from drivers.smart_card.ssc import is_social_security_card, read_social_security_card
from drivers.smart_card.types import (
    AwaitRemoval,
    BankCard,
    ReadAnyCard,
    ReadBankCard,
    ReadSocialSecurityCard,
    SocialSecurityCard,
)
from drivers.smart_card.winscard import (
    CARD_GONE,
    CARD_SILENT,
    EMPTY,
    EXCLUSIVE,
    HELD,
    IN_USE,
    MUTE,
    NO_READER,
    PRESENT,
    READER_GONE,
    SERVICE_GONE,
    UNAWARE,
    CardSession,
    Context,
    PcscError,
)

RECOVER_S = 3.0
"""How long the service or the reader may be gone while a card is awaited: a restart, a plug that
was touched."""
FINISH_S = 2.5
"""How long a read may go on past its deadline: a host that can kill waits three seconds."""
HELD_S = 2.0
"""How long another program may hold the card before that is a fault."""
CONNECT_S = 5.0
"""How long a card may take to be powered up (some readers try three voltages, a second each); what
takes longer waits for another program's transaction."""
SETTLE_S = 0.5
"""How long after a card was pulled the service may still call it present (pcscd looks at some
readers every 0.4 s)."""
_SLICE_S = 0.05  # how soon a cancel is seen
_AGAIN_S = 0.1  # between two attempts to get what is not there
_SILENT_TRIES = 3  # a card that is still being pushed in has no contact yet
_SOCKET_VARIABLE = "PCSCLITE_CSOCK_NAME"

_MEND = {
    Reason.NO_DEVICE: "check the reader's cable, and reader in the settings",
    Reason.OFFLINE: "systemctl start pcscd",
}
_HELD_DETAIL = "another program or a read that was cut off holds the card"
_HELD_MEND = (
    "lift the card; if it stays so find the program that uses the reader (ss -xp | grep pcscd) "
    "and stop it"
)
_HELD = Status(
    State.USER_ERROR,
    media=Media.PRESENT,
    problem=Reason.CARD_UNREADABLE,
    detail=_HELD_DETAIL,
    mend=_HELD_MEND,
)
# After these the reader itself is as well as before.
_READER_FINE = (
    Reason.CARD_REMOVED,
    Reason.CARD_UNREADABLE,
    Reason.CARD_UNKNOWN,
    Reason.GARBLED,
    Reason.TIMEOUT,
    Reason.CANCELLED,
)

_Request = ReadBankCard | ReadSocialSecurityCard | ReadAnyCard


class PcscReader(Driver):
    """A chip card reader behind the PC/SC service (pcscd). T=0 and T=1, contact or contactless.

    A card is held from power-up to the end of its read and never longer; the first error of a
    transmission ends the read. A card that never answers blocks for ever: run this driver in a
    process host. The service keeps such a card for the process that was killed until it is lifted.

    A card that was exchanged for another between two looks is told as gone once, then as present.
    """

    @dataclass(frozen=True, slots=True)
    class Settings:
        """Which reader it is, and how it is shared."""

        reader: str = ""
        """The reader's name or a part of it; "" is the only one there is. ``pcsc_scan -r`` lists
        the names."""
        exclusive: bool = True
        """False: other programs of this machine may be connected to the card too; they wait while
        it is read."""
        service: str = ""
        """The socket of the PC/SC service; "" is the system's. The same for a whole process."""

    def __init__(self, settings: Settings) -> None:
        super().__init__()
        self._settings = settings
        self._context: Context | None = None
        self._reader = ""
        self._open = False
        self._card: int | None = None  # which card was last told: the service counts them
        self._held: Deadline | None = None  # until then it is no fault that another has it
        self._settled = Deadline(0)
        self._closed = Status(State.NO_DEVICE, problem=Reason.NO_DEVICE, detail="not opened yet")

    @property
    def info(self) -> Info:
        """``model`` is the reader's name once it was found; that may hold its serial number."""
        return Info("smart_card", "pcsc", self._settings.reader or "PC/SC", self._reader)

    @property
    def requests(self) -> tuple[type[Request[Any]], ...]:
        return (ReadBankCard, ReadSocialSecurityCard, ReadAnyCard, AwaitRemoval)

    def open(self) -> None:
        """Find the service and the reader in it.

        Raises :class:`DeviceError`: ``OFFLINE`` when there is no service, ``NO_DEVICE`` when there
        is no such reader, or more than one that it could be.
        """
        self.close()
        try:
            self._look()
        except DeviceError as error:
            state = State.NO_DEVICE if error.reason is Reason.NO_DEVICE else State.OFFLINE
            self._closed = Status(state, problem=error.reason, detail=error.detail, mend=error.mend)
            raise
        self._open = True

    def close(self) -> None:
        self._open = False
        self._drop()

    def status(self) -> Status:
        """Whether the reader is there, and a card in it; found anew if the service was restarted.

        Of a closed reader: why it could not be opened, and what mends it.
        """
        if not self._open:
            return self._closed
        state = self._see()
        if not state & PRESENT:
            return Status(State.ONLINE, media=Media.NOT_PRESENT)
        if self._held is not None:
            return _HELD if self._held.passed() else replace(_HELD, state=State.BUSY, problem=None)
        detail = "the card gives no sign: is it the right way round?" if state & MUTE else ""
        return Status(State.ONLINE, media=Media.PRESENT, detail=detail)

    def reset(self) -> None:
        """Begin a new conversation with the service. Every read starts a card afresh anyway."""
        self._drop()
        self._look()

    def self_test(self) -> tuple[Check, ...]:
        """Service, reader, slot; whatever fails, the others are tried."""
        checks = []
        for name, see in (
            ("PC/SC service", self._see_service),
            ("reader", self._see_reader),
            ("slot", self._see_slot),
        ):
            try:
                checks.append(Check(name, True, see()))
            except DeviceError as error:
                checks.append(Check(name, False, str(error)))
        return tuple(checks)

    def neighbours(self) -> tuple[Info, ...]:
        """Every reader of the service; ``model`` is its name. Raises ``OFFLINE`` without one."""
        with self._reader_errors(Reason.OFFLINE):
            names = self._connected().readers()
        return tuple(Info("smart_card", "pcsc", "PC/SC", name) for name in names)

    def execute(self, request: Request[Any], deadline: Deadline, cancel: CancelToken) -> Any:
        """Do ``request``; a cancel is obeyed within 50 ms, or with the next answer of the card.

        Reading: the deadline is for putting the card; a read that has begun is finished, if it
        takes no more than ``FINISH_S`` past it. Raises ``TIMEOUT`` (no card was put, or it is too
        slow), ``CANCELLED``, ``CARD_REMOVED`` (pulled or swapped in the middle),
        ``CARD_UNREADABLE`` (no contact, what it says makes no sense, or another program holds it),
        ``CARD_UNKNOWN`` (another kind of card), ``GARBLED`` (an answer without a status).
        ``AwaitRemoval``: ``TIMEOUT`` when the card is still there.
        Both: ``OFFLINE`` when the service is gone, ``NO_DEVICE`` when the reader is gone.
        """
        match request:
            case ReadBankCard() | ReadSocialSecurityCard() | ReadAnyCard():
                return self._read(request, deadline, cancel)
            case AwaitRemoval():
                return self._await_removal(deadline, cancel)
        raise DeviceError(
            Reason.UNSUPPORTED, f"a chip card reader knows no {type(request).__name__}"
        )

    # -- what a citizen does ------------------------------------------------------------------

    def _read(
        self, request: _Request, deadline: Deadline, cancel: CancelToken
    ) -> BankCard | SocialSecurityCard:
        media = Media.UNKNOWN
        limit = Deadline(deadline.remaining() + FINISH_S)
        try:
            session = self._await_card(deadline, limit, cancel)
            media = Media.PRESENT
            try:
                self.report(Status(State.BUSY, media=media))
                found = self._read_card(request, session, limit, cancel)
            finally:
                session.end()
        except DeviceError as error:
            if error.reason in _READER_FINE:
                gone = error.reason is Reason.CARD_REMOVED
                if gone:
                    self._settled = Deadline(SETTLE_S)
                fine = Status(State.ONLINE, media=Media.UNKNOWN if gone else media)
                self.report(_HELD if self._is_kept() else fine)
            raise
        self.report(Status(State.ONLINE, media=media))
        return found

    def _read_card(
        self, request: _Request, session: CardSession, limit: Deadline, cancel: CancelToken
    ) -> BankCard | SocialSecurityCard:
        def transmit(apdu: bytes) -> bytes:
            _check_cancel(cancel)
            if limit.passed():
                raise DeviceError(Reason.TIMEOUT, "the card is too slow")
            with self._reader_errors(Reason.CARD_REMOVED):
                answer = session.transmit(apdu)
            if not answer:  # pulled in the middle of a command
                raise DeviceError(Reason.CARD_REMOVED, "the card was pulled while it was read")
            return answer

        card = Card(transmit, t0=session.t0)
        match request:
            case ReadBankCard():
                return read_bank_card(card)
            case ReadSocialSecurityCard():
                return read_social_security_card(card)
            case ReadAnyCard():
                known = is_social_security_card(card)
                return read_social_security_card(card) if known else read_bank_card(card)

    def _await_card(self, deadline: Deadline, limit: Deadline, cancel: CancelToken) -> CardSession:
        """Wait until a card is in, and take hold of it before ``limit``."""
        silent = 0
        for state in self._watch(deadline, cancel, "no card was put in time"):
            if not state & PRESENT:
                silent = 0
                continue
            if not self._settled.passed():
                continue
            if self._is_kept():
                raise _kept()
            try:
                return self._take_hold(limit, cancel)
            except PcscError as error:
                if error.code in CARD_SILENT:
                    silent += 1
                    if silent == _SILENT_TRIES:
                        raise _silent(error) from error
                elif error.code in SERVICE_GONE | READER_GONE:
                    self._drop()  # found again by the watch
                elif error.code not in CARD_GONE | HELD:
                    raise DeviceError(Reason.HARDWARE, str(error)) from error
            cancel.wait(_AGAIN_S)
        raise AssertionError("a watch ends by an error only")

    def _take_hold(self, limit: Deadline, cancel: CancelToken) -> CardSession:
        """Raises :class:`PcscError`; ``CANCELLED``, ``TIMEOUT`` for a card that is put too late,
        ``CARD_UNREADABLE`` for what never answers."""
        context, patience = self._connected(), Deadline(CONNECT_S)
        session = context.connect(self._reader, exclusive=self._settings.exclusive)
        while True:
            with suppress(TimeoutError):
                return session.result(_SLICE_S)
            over = cancel.cancelled or limit.passed() or patience.passed()
            if over and session.cancel():
                self._context = None  # it ends with the attempt
                _check_cancel(cancel)
                if not patience.passed():
                    raise DeviceError(Reason.TIMEOUT, "the card is too slow")
                self._held = Deadline(0)
                raise _kept()

    def _is_kept(self) -> bool:
        """Whether another program has held the card too long."""
        return self._held is not None and self._held.passed()

    def _await_removal(self, deadline: Deadline, cancel: CancelToken) -> None:
        for state in self._watch(deadline, cancel, "the card is still in the reader"):
            if not state & PRESENT:
                self.report(Status(State.ONLINE, media=Media.NOT_PRESENT))
                return

    def _watch(self, deadline: Deadline, cancel: CancelToken, late: str) -> Iterator[int]:
        """The reader's state: at once, when it changes, and again and again while a card is in;
        through a restart of the service and a plug that was pulled for less than ``RECOVER_S``.
        """
        known = UNAWARE
        recover: Deadline | None = None
        while True:
            _check_cancel(cancel)
            if deadline.passed():
                raise DeviceError(Reason.TIMEOUT, late)
            try:
                state = self._see(known, min(_SLICE_S, deadline.remaining()))
            except DeviceError as error:
                recover = recover or Deadline(RECOVER_S)
                if recover.passed() or error.reason not in (Reason.OFFLINE, Reason.NO_DEVICE):
                    raise
                known = UNAWARE
                cancel.wait(_AGAIN_S)
                continue
            recover = None
            if state != known:
                self.report(Status(State.BUSY, media=_media(state)))
            if state != known or state & PRESENT:
                known = state
                yield state

    def _see_service(self) -> str:
        with self._reader_errors(Reason.OFFLINE):
            return f"{len(self._connected().readers())} readers"

    def _see_reader(self) -> str:
        self._look()
        return self._reader

    def _see_slot(self) -> str:
        return "card" if self._look() & PRESENT else "empty"

    # -- the service --------------------------------------------------------------------------

    def _see(self, known: int = UNAWARE, seconds: float = 0.0) -> int:
        """The reader's state, as :meth:`_look` has it, and once without a card when another is in
        than before: nobody takes it for the same."""
        state = self._look(known, seconds)
        before, self._card = self._card, state >> 16 if state & PRESENT else None
        by_others = EXCLUSIVE | IN_USE if self._settings.exclusive else EXCLUSIVE
        if not state & by_others:
            self._held = None
        elif self._held is None:
            self._held = Deadline(HELD_S)
        exchanged = None not in (before, self._card) and before != self._card
        return state & ~PRESENT | EMPTY if exchanged else state

    def _look(self, known: int = UNAWARE, seconds: float = 0.0) -> int:
        """The reader's state; see :meth:`Context.look`. After an error all is begun anew."""
        with self._reader_errors(Reason.OFFLINE):
            context = self._connected()
            if not self._reader:
                self._reader = choose_reader(context.readers(), self._settings.reader)
            state = context.look(self._reader, known, seconds)
            if state & NO_READER:
                raise _gone(f"the reader {self._reader} is gone")
            return state

    def _connected(self) -> Context:
        if self._context is None:
            if self._settings.service:  # read by the library when it is first used
                os.environ[_SOCKET_VARIABLE] = self._settings.service
            self._context = Context()
        return self._context

    def _drop(self) -> None:
        context, self._context = self._context, None
        self._reader = ""
        self._card = None  # a service that was started anew counts anew
        if context is not None:
            context.release()

    @contextmanager
    def _reader_errors(self, otherwise: Reason) -> Iterator[None]:
        """Say a PC/SC error as one of the device; begin anew when service or reader are gone."""
        try:
            yield
        except PcscError as error:
            if error.code in SERVICE_GONE:
                self._drop()
                raise DeviceError(
                    Reason.OFFLINE,
                    f"the PC/SC service does not answer: {error}",
                    mend=_MEND[Reason.OFFLINE],
                ) from error
            if error.code in READER_GONE:
                self._drop()
                raise _gone(f"the reader is gone: {error}") from error
            if otherwise is Reason.OFFLINE:
                self._drop()
            raise DeviceError(otherwise, str(error)) from error
        except DeviceError as error:
            if error.reason is Reason.NO_DEVICE:
                self._drop()
            raise


def choose_reader(names: Sequence[str], wanted: str) -> str:
    """The one of ``names`` that is called ``wanted``, or whose name holds it; "": the only one.

    Capitals do not matter. Raises :class:`DeviceError` ``NO_DEVICE`` when there is none, or when
    there are several and it could be any.
    """
    if wanted in names:
        return wanted
    fitting = [name for name in names if wanted.casefold() in name.casefold()]
    if len(fitting) == 1:
        return fitting[0]
    listed = ", ".join(names) or "none"
    if fitting:
        raise _gone(f"several readers could be meant; there are: {listed}", "set reader to one")
    what = f"no reader is called {wanted}" if wanted else "no reader is there"
    raise _gone(f"{what}; there are: {listed}")


def _media(state: int) -> Media:
    return Media.PRESENT if state & PRESENT else Media.NOT_PRESENT


def _check_cancel(cancel: CancelToken) -> None:
    if cancel.cancelled:
        raise DeviceError(Reason.CANCELLED)


def _gone(detail: str, mend: str = _MEND[Reason.NO_DEVICE]) -> DeviceError:
    return DeviceError(Reason.NO_DEVICE, detail, mend=mend)


def _kept() -> DeviceError:
    return DeviceError(Reason.CARD_UNREADABLE, _HELD_DETAIL, mend=_HELD_MEND)


def _silent(error: PcscError) -> DeviceError:
    return DeviceError(
        Reason.CARD_UNREADABLE,
        f"the card gives no sign: {error}",
        mend="turn the card round, or wipe its contacts",
    )
