"""The driver of chip card readers: one reader of the PC/SC service, and the card in it."""

from __future__ import annotations

import os
import re
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
    Kind,
    Media,
    Neighbour,
    Reason,
    Request,
    State,
    Status,
)
from drivers.sentence import en, words_of
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
"""Seconds that the service or the reader may be gone while the driver waits for a card: a restart
of the service, a plug that was touched."""
FINISH_S = 2.5
"""Seconds that a read may go on past its deadline; less than the three seconds after which a
process host kills its driver."""
HELD_S = 2.0
"""Seconds that another program may hold the card; longer is a fault."""
CONNECT_S = 5.0
"""Seconds that a card may take to power up (some readers try three voltages, a second each). A
longer wait is for another program's transaction."""
SETTLE_S = 0.5
"""Seconds after a card was pulled in which the service may still report it as present (pcscd polls
some readers every 0.4 s)."""
_SLICE_S = 0.05  # between two looks at the cancel token
_AGAIN_S = 0.1  # between two attempts after a failure
_SILENT_TRIES = 3  # a card that is still being pushed in has no contact yet
_SOCKET_VARIABLE = "PCSCLITE_CSOCK_NAME"

_MEND = {
    Reason.NO_DEVICE: en("check the reader's cable, and reader in the settings"),
    Reason.OFFLINE: "systemctl start pcscd",
}
_HELD_DETAIL = en("another program or a read that was cut off holds the card")
_HELD_MEND = en(
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
# These reasons say nothing against the reader itself.
_READER_FINE = (
    Reason.CARD_REMOVED,
    Reason.CARD_UNREADABLE,
    Reason.CARD_UNKNOWN,
    Reason.GARBLED,
    Reason.TIMEOUT,
    Reason.CANCELLED,
)

_Request = ReadBankCard | ReadSocialSecurityCard | ReadAnyCard


_INDEXED = re.compile(r"(?P<name>.+)\s[0-9a-f]{2}\s(?P<slot>[0-9a-f]{2})")


class PcscReader(Driver):
    """A chip card reader behind the PC/SC service (pcscd). T=0 and T=1, contact or contactless.

    The driver holds a card from power-up to the end of its read and never longer; the first error
    of a transmission ends the read. A card that never answers blocks the driver for ever, so run it
    in a process host. After the host has killed it, the service keeps the card locked until the
    card is lifted.

    When a card was exchanged for another between two looks, the driver reports the reader as empty
    once, then the new card as present.
    """

    @dataclass(frozen=True, slots=True)
    class Settings:
        """Which reader to use, and whether other programs may share its cards."""

        reader: str = ""
        """The reader's name or a part of it; "" for the only reader. ``pcsc_scan -r`` lists the
        names."""
        exclusive: bool = True
        """False: other programs of this machine may connect to the card too; they wait while the
        driver reads it."""
        service: str = ""
        """The socket of the PC/SC service; "" for the system's. The same for a whole process."""

    def __init__(self, settings: Settings) -> None:
        super().__init__()
        self._settings = settings
        self._context: Context | None = None
        self._reader = ""
        self._open = False
        self._card: int | None = None  # the service's count of cards when one was last reported
        self._held: Deadline | None = None  # until then, another program may hold the card
        self._settled = Deadline(0)
        self._closed = Status(
            State.NO_DEVICE, problem=Reason.NO_DEVICE, detail=en("not opened yet")
        )

    @property
    def info(self) -> Info:
        """``model`` is the reader's name, once found; the name may hold its serial number."""
        return Info(Kind.SMART_CARD, "pcsc", self._settings.reader or "PC/SC", self._reader)

    @property
    def requests(self) -> tuple[type[Request[Any]], ...]:
        return (ReadBankCard, ReadSocialSecurityCard, ReadAnyCard, AwaitRemoval)

    def open(self) -> None:
        """Find the service and the reader in it.

        Raises :class:`DeviceError`: ``OFFLINE`` when the service does not run, ``NO_DEVICE`` when
        no reader, or more than one, fits the settings.
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
        """Whether the reader is there and holds a card; looks for the reader again when the service
        was restarted.

        For a closed reader: why it could not be opened, and what mends that.
        """
        if not self._open:
            return self._closed
        state = self._see()
        if not state & PRESENT:
            return Status(State.ONLINE, media=Media.NOT_PRESENT)
        if self._held is not None:
            return _HELD if self._held.passed() else replace(_HELD, state=State.BUSY, problem=None)
        detail = en("the card gives no sign: is it the right way round?") if state & MUTE else ""
        return Status(State.ONLINE, media=Media.PRESENT, detail=detail)

    def reset(self) -> None:
        """Begin with a new context of the service. A card needs no reset: every read powers it
        up."""
        self._drop()
        self._look()

    def self_test(self) -> tuple[Check, ...]:
        """Service, reader, slot; a failure does not stop the next check."""
        checks = []
        for name, see in (
            ("PC/SC service", self._see_service),
            ("reader", self._see_reader),
            ("slot", self._see_slot),
        ):
            try:
                checks.append(Check(name, True, see()))
            except DeviceError as error:
                checks.append(Check(name, False, words_of(error)))
        return tuple(checks)

    def neighbours(self) -> tuple[Neighbour, ...]:
        """Every reader of the service. Raises ``OFFLINE`` without a service."""
        with self._reader_errors(Reason.OFFLINE):
            names = self._connected().readers()
        return tuple(Neighbour(name, "cards") for name in names)

    def execute(self, request: Request[Any], deadline: Deadline, cancel: CancelToken) -> Any:
        """Carry out ``request``; obeys a cancel within 50 ms, or with the card's next answer.

        Reading: the deadline is for putting the card; a read that has begun may go on for
        ``FINISH_S`` more. Raises ``TIMEOUT`` (no card was put, or the card is too slow),
        ``CANCELLED``, ``CARD_REMOVED`` (pulled or swapped during the read), ``CARD_UNREADABLE`` (no
        contact, nonsensical data, or another program holds the card), ``CARD_UNKNOWN`` (another
        kind of card), ``GARBLED`` (an answer without a status).
        ``AwaitRemoval``: ``TIMEOUT`` when the card is still there.
        Both: ``OFFLINE`` when the service is gone, ``NO_DEVICE`` when the reader is gone.
        """
        match request:
            case ReadBankCard() | ReadSocialSecurityCard() | ReadAnyCard():
                return self._read(request, deadline, cancel)
            case AwaitRemoval():
                return self._await_removal(deadline, cancel)
        raise DeviceError(
            Reason.UNSUPPORTED,
            en(
                "{device} knows no {request}",
                device="a chip card reader",
                request=type(request).__name__,
            ),
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
                raise DeviceError(Reason.TIMEOUT, en("the card is too slow"))
            with self._reader_errors(Reason.CARD_REMOVED):
                answer = session.transmit(apdu)
            if not answer:  # pulled during a command
                raise DeviceError(Reason.CARD_REMOVED, en("the card was pulled while it was read"))
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
        """Wait until a card is in the reader, and connect to it before ``limit``."""
        silent = 0
        for state in self._watch(deadline, cancel, en("no card was put in time")):
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
                    self._drop()  # `_watch` finds both again
                elif error.code not in CARD_GONE | HELD:
                    raise DeviceError(Reason.HARDWARE, words_of(error)) from error
            cancel.wait(_AGAIN_S)
        raise AssertionError("a watch ends by an error only")

    def _take_hold(self, limit: Deadline, cancel: CancelToken) -> CardSession:
        """Connect to the card. Raises :class:`PcscError`; ``CANCELLED``; ``TIMEOUT`` after
        ``limit``; ``CARD_UNREADABLE`` when the service does not answer within :data:`CONNECT_S`."""
        context, patience = self._connected(), Deadline(CONNECT_S)
        session = context.connect(self._reader, exclusive=self._settings.exclusive)
        while True:
            with suppress(TimeoutError):
                return session.result(_SLICE_S)
            over = cancel.cancelled or limit.passed() or patience.passed()
            if over and session.cancel():
                self._context = None  # the cancelled attempt releases its context
                _check_cancel(cancel)
                if not patience.passed():
                    raise DeviceError(Reason.TIMEOUT, en("the card is too slow"))
                self._held = Deadline(0)
                raise _kept()

    def _is_kept(self) -> bool:
        """Whether another program has held the card for longer than :data:`HELD_S`."""
        return self._held is not None and self._held.passed()

    def _await_removal(self, deadline: Deadline, cancel: CancelToken) -> None:
        for state in self._watch(deadline, cancel, en("the card is still in the reader")):
            if not state & PRESENT:
                self.report(Status(State.ONLINE, media=Media.NOT_PRESENT))
                return

    def _watch(self, deadline: Deadline, cancel: CancelToken, late: str) -> Iterator[int]:
        """Yields the reader's state: at once, at every change, and repeatedly while a card is in.
        Goes on through a restart of the service, or a pulled plug, of less than ``RECOVER_S``.
        Raises ``TIMEOUT`` with the detail ``late``.
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
            return en("{count} readers", count=len(self._connected().readers()))

    def _see_reader(self) -> str:
        self._look()
        return self._reader

    def _see_slot(self) -> str:
        return "card" if self._look() & PRESENT else "empty"

    # -- the service --------------------------------------------------------------------------

    def _see(self, known: int = UNAWARE, seconds: float = 0.0) -> int:
        """The reader's state as in :meth:`_look`; when the card was exchanged for another, once as
        empty, so that the new card is not taken for the old one."""
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
        """The reader's state; see :meth:`Context.look`. After an error, the next call begins with a
        new context."""
        with self._reader_errors(Reason.OFFLINE):
            context = self._connected()
            if not self._reader:
                self._reader = choose_reader(context.readers(), self._settings.reader)
            state = context.look(self._reader, known, seconds)
            if state & NO_READER:
                raise _gone(en("the reader {reader} is gone", reader=self._reader))
            return state

    def _connected(self) -> Context:
        if self._context is None:
            if self._settings.service:  # the library reads the variable at its first use
                os.environ[_SOCKET_VARIABLE] = self._settings.service
            self._context = Context()
        return self._context

    def _drop(self) -> None:
        context, self._context = self._context, None
        self._reader = ""
        self._card = None  # a restarted service counts cards from zero
        if context is not None:
            context.release()

    @contextmanager
    def _reader_errors(self, otherwise: Reason) -> Iterator[None]:
        """Turn a :class:`PcscError` into a :class:`DeviceError`; drop the context when service or
        reader are gone."""
        try:
            yield
        except PcscError as error:
            if error.code in SERVICE_GONE:
                self._drop()
                raise DeviceError(
                    Reason.OFFLINE,
                    en("the PC/SC service does not answer: {error}", error=error),
                    mend=_MEND[Reason.OFFLINE],
                ) from error
            if error.code in READER_GONE:
                self._drop()
                raise _gone(en("the reader is gone: {error}", error=error)) from error
            if otherwise is Reason.OFFLINE:
                self._drop()
            raise DeviceError(otherwise, words_of(error)) from error
        except DeviceError as error:
            if error.reason is Reason.NO_DEVICE:
                self._drop()
            raise


def choose_reader(names: Sequence[str], wanted: str) -> str:
    """The name in ``names`` that equals ``wanted``, or the only name that contains it; for "", the
    only name.

    Ignores capitals, and the index in ``wanted`` when only one name has the rest: pcscd counts the
    readers anew when a plug is moved. Raises :class:`DeviceError` ``NO_DEVICE`` when no name, or
    more than one, fits.
    """
    if wanted in names:
        return wanted
    fitting = [name for name in names if wanted.casefold() in name.casefold()]
    fitting = fitting or [name for name in names if _same_reader(name, wanted)]
    if len(fitting) == 1:
        return fitting[0]
    listed = ", ".join(names) or "none"
    if fitting:
        raise _gone(
            en("several readers could be meant; there are: {listed}", listed=listed),
            en("set reader to one"),
        )
    if wanted:
        found = en("no reader is called {name}; there are: {listed}", name=wanted, listed=listed)
    else:
        found = en("no reader is there; there are: {listed}", listed=listed)
    raise _gone(found)


def _same_reader(one: str, other: str) -> bool:
    """Whether both are the name of a reader and the same slot of it, with any index (pcsclite's
    names end in index and slot, two hexadecimal digits each)."""
    found = [_INDEXED.fullmatch(name.casefold()) for name in (one, other)]
    return all(found) and len({match.group("name", "slot") for match in found if match}) == 1


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
        en("the card gives no sign: {error}", error=error),
        mend=en("turn the card round, or wipe its contacts"),
    )
