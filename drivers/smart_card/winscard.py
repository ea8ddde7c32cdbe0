"""PC/SC calls that raise: every return code is checked, and no handle is used after an error."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from concurrent.futures import Future
from contextlib import suppress
from typing import Any

from smartcard import scard

from drivers.sentence import en

_MASK = 0xFFFFFFFF  # pyscard returns codes signed or unsigned
_NAMES = {
    getattr(scard, name) & _MASK: name
    for name in dir(scard)
    if name.startswith(("SCARD_E_", "SCARD_F_", "SCARD_W_"))
}


def _codes(*names: str) -> frozenset[int]:
    return frozenset(getattr(scard, f"SCARD_{name}") & _MASK for name in names)


SERVICE_GONE = _codes(
    *("E_NO_SERVICE", "E_SERVICE_STOPPED", "E_INVALID_HANDLE", "E_SYSTEM_CANCELLED"),
    *("F_COMM_ERROR", "F_INTERNAL_ERROR"),
)
"""The service does not run, or was restarted and does not know our context."""
READER_GONE = _codes("E_UNKNOWN_READER", "E_READER_UNAVAILABLE", "E_NO_READERS_AVAILABLE")
CARD_GONE = _codes("E_NO_SMARTCARD", "W_REMOVED_CARD")
CARD_SILENT = _codes(
    *("W_UNRESPONSIVE_CARD", "W_UNPOWERED_CARD", "W_UNSUPPORTED_CARD", "W_RESET_CARD"),
    *("E_PROTO_MISMATCH", "E_NOT_TRANSACTED", "E_CARD_UNSUPPORTED", "E_NOT_READY"),
)
"""The reader holds a card that does not answer."""
HELD = _codes("E_SHARING_VIOLATION")

UNAWARE: int = scard.SCARD_STATE_UNAWARE
EMPTY: int = scard.SCARD_STATE_EMPTY
PRESENT: int = scard.SCARD_STATE_PRESENT
EXCLUSIVE: int = scard.SCARD_STATE_EXCLUSIVE
IN_USE: int = scard.SCARD_STATE_INUSE
MUTE: int = scard.SCARD_STATE_MUTE
NO_READER: int = (
    scard.SCARD_STATE_UNKNOWN | scard.SCARD_STATE_UNAVAILABLE | scard.SCARD_STATE_IGNORE
)
_CHANGED: int = scard.SCARD_STATE_CHANGED


class PcscError(Exception):
    """A PC/SC call failed with ``code``; ``str`` gives the code's name and digits."""

    def __init__(self, code: int) -> None:
        self.code = code & _MASK
        super().__init__(f"{_NAMES.get(self.code, en('PC/SC error'))} {self.code:08X}")


class Context:
    """A context of the PC/SC service. After an error, make a new :class:`Context`."""

    def __init__(self) -> None:
        """Raises :class:`PcscError` in ``SERVICE_GONE`` when there is no service."""
        self._context = _ask(scard.SCardEstablishContext(scard.SCARD_SCOPE_SYSTEM))

    def readers(self) -> list[str]:
        """The names of the readers that are plugged in."""
        try:
            return list(_ask(scard.SCardListReaders(self._context, [])))
        except PcscError as error:
            if error.code in READER_GONE:
                return []
            raise

    def look(self, reader: str, known: int, seconds: float) -> int:
        """Wait until the reader's state differs from ``known``, at most ``seconds``; returns the
        state: the bits above, and a count of events in the upper half. Returns at once when
        ``known`` is ``UNAWARE``."""
        asked = [(reader, known & ~_CHANGED)]
        code, states = scard.SCardGetStatusChange(self._context, int(seconds * 1000), asked)
        if code & _MASK == scard.SCARD_E_TIMEOUT & _MASK:
            return known
        return int(_ask((code, states))[0][1])

    def connect(self, reader: str, *, exclusive: bool) -> Future[CardSession]:
        """Power the card up and hold it. The future gives the session, or raises
        :class:`PcscError`.

        Runs in its own thread, because the service does not answer while another program is in a
        transaction. After the future is cancelled, do not use this context any more: the thread
        releases the card and the context as soon as the service answers.
        """
        future: Future[CardSession] = Future()
        threading.Thread(
            target=self._connect, args=(future, reader, exclusive), name="card", daemon=True
        ).start()
        return future

    def _connect(self, future: Future[CardSession], reader: str, exclusive: bool) -> None:
        try:
            session = self._session(reader, exclusive)
        except (PcscError, SystemError) as error:  # pyscard raises SystemError for a lost handle
            if future.set_running_or_notify_cancel():
                future.set_exception(error)
            else:
                self.release()
            return
        if future.set_running_or_notify_cancel():
            future.set_result(session)
        else:
            session.end(power_down=False)
            self.release()

    def _session(self, reader: str, exclusive: bool) -> CardSession:
        mode = scard.SCARD_SHARE_EXCLUSIVE if exclusive else scard.SCARD_SHARE_SHARED
        protocols = scard.SCARD_PROTOCOL_T0 | scard.SCARD_PROTOCOL_T1
        code, handle, protocol = scard.SCardConnect(self._context, reader, mode, protocols)
        _ask((code, None))
        session = CardSession(handle, protocol)
        if not exclusive:
            session.begin()
        return session

    def release(self) -> None:
        """End the context. Never raises: a service that is gone has ended it already."""
        scard.SCardReleaseContext(self._context)


class CardSession:
    """One card, held from power-up to power-down. The first error ends the session for good,
    because the handle would go on to work with another card that is put in quickly."""

    def __init__(self, handle: Any, protocol: int) -> None:
        self._handle = handle
        self._over = False
        self.t0 = protocol == scard.SCARD_PROTOCOL_T0
        self._pci = scard.SCARD_PCI_T0 if self.t0 else scard.SCARD_PCI_T1

    def begin(self) -> None:
        """Begin a transaction, which keeps other programs from the card. On :class:`PcscError` the
        card is released."""
        try:
            self._checked(scard.SCardBeginTransaction(self._handle), None)
        except PcscError:
            self.end()
            raise

    def transmit(self, apdu: bytes) -> bytes:
        """Send an APDU; returns the card's answer. Blocks until the card answers, maybe for ever.

        Returns b"" when the card was pulled during the command: pcscd gives no error code for that.
        Raises :class:`PcscError`.
        """
        if self._over:
            raise PcscError(scard.SCARD_W_REMOVED_CARD)
        code, answer = scard.SCardTransmit(self._handle, self._pci, list(apdu))
        answer = bytes(self._checked(code, answer))
        self._over = not answer
        return answer

    def end(self, *, power_down: bool = True) -> None:
        """Power the card down and release it. Call it also after an error, or no other program gets
        the card.

        After an error the card is not powered down: when that fails, pcscd (1.9.9) takes the slot
        for empty, also after another card has been put in quickly.
        """
        handle, self._handle = self._handle, None
        if handle is not None:
            down = power_down and not self._over
            then = scard.SCARD_UNPOWER_CARD if down else scard.SCARD_LEAVE_CARD
            with suppress(SystemError):  # pyscard raises it for a lost handle
                scard.SCardDisconnect(handle, then)
        self._over = True

    def _checked(self, code: int, value: Any) -> Any:
        if code & _MASK:
            self._over = True
        return _ask((code, value))


def _ask(answer: Sequence[Any] | int) -> Any:
    """The value of an answer (code, value). Raises :class:`PcscError` for an error code."""
    code, value = (answer, None) if isinstance(answer, int) else answer
    if code & _MASK != scard.SCARD_S_SUCCESS:
        raise PcscError(code)
    return value
