"""A chip card reader over XFS4IoT: the card's APDUs travel in ``CardReader.ChipIO``.

Magnetic tracks are never asked for. A motor that has drawn the card in gives it back after the
read, whatever came of it. A card that was there before this connection is somebody else's: nothing
is read until it is gone, and it is given back, though not out of a read that another program does.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from drivers.device import (
    CancelToken,
    Deadline,
    DeviceError,
    Kind,
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
from drivers.xfs4iot.client import TICK_S, XfsService
from drivers.xfs4iot.driver import RESET_S, STATUS_S, ServiceSettings, XfsDriver, online
from drivers.xfs4iot.failures import status_after
from drivers.xfs4iot.messages import XfsMessage
from drivers.xfs4iot.payloads import (
    CardReaderEvent,
    ChipIO,
    ChipProtocol,
    MediaState,
    MoveCard,
    ReadRawData,
    ResetCardReader,
    StatusFacts,
)

FINISH_S = 2.5
"""How long a read may go on past its deadline: a host that can kill waits three seconds."""
EJECT_S = 2.5
"""How long is waited for a card to come out; one that takes longer still comes."""
LOOK_S = 0.5
"""How often the service is asked whether the card is still there; it may not tell by itself."""
LET_GO_S = 10.0
"""How long a card that was inside before may be in the read of another program, which would lose
it to us; the doctor looks in for a shorter time."""
_MOVE_S = 30.0
_CONTACTLESS = ("contactless", "intelligentContactless")
_IN_THE_WAY = (Reason.CARD_UNKNOWN, Reason.CARD_UNREADABLE)
_NOBODY_PUT_ONE = (Reason.TIMEOUT, Reason.CANCELLED, Reason.CARD_REMOVED)
_LYING = (MediaState.PRESENT, MediaState.ENTERING, MediaState.LATCHED)
_HELD = {"motor": (MediaState.PRESENT,), "latchedDip": (MediaState.LATCHED,)}
"""With these the machine holds the card, and only it can let it go."""
_MEDIA = {
    MediaState.PRESENT: Media.PRESENT,
    MediaState.ENTERING: Media.PRESENT,
    MediaState.LATCHED: Media.PRESENT,
    MediaState.NOT_PRESENT: Media.NOT_PRESENT,
    MediaState.JAMMED: Media.JAMMED,
}
_GIVE_BACK = MoveCard(origin="transport", goal="exit")
_LEFT = "an earlier card is still in the reader"


class XfsCardReader(XfsDriver):
    """Bank and social security cards, read as :mod:`drivers.smart_card` reads them."""

    KIND = Kind.SMART_CARD
    INTERFACES = ("CardReader",)
    NEEDS = (ReadRawData, ChipIO)
    REQUESTS = (ReadBankCard, ReadSocialSecurityCard, ReadAnyCard, AwaitRemoval)

    class Settings(ServiceSettings, frozen=True, kw_only=True, forbid_unknown_fields=True):
        """``[devices.smart_card]``."""

    def __init__(self, settings: Settings) -> None:
        super().__init__(settings)
        self._removed = False
        self._inserted = False  # a card of our own read may be inside
        self._left = False  # a card was there before us, and may be still
        self._spared = Deadline(0.0)  # it may be in another program's read until then

    def status(self) -> Status:
        """As the service says; also gives back a card whose holder's visit ended in its read."""
        limit = Deadline(STATUS_S)
        service = self._connected(STATUS_S / 3)
        facts = self._look(service, limit.remaining())
        if self._left and self._spared.passed() and self._holds(service, self._media(facts)):
            service.start(_GIVE_BACK, _MOVE_S)
            self._spared = Deadline(_MOVE_S)
        return self._status(facts)

    def reset(self) -> None:
        """Give back a card that is still inside."""
        self._connected().call(ResetCardReader(to="exit"), Deadline(RESET_S), CancelToken())

    def _do(self, request: Request[Any], deadline: Deadline, cancel: CancelToken) -> Any:
        service = self._usable()
        if isinstance(request, AwaitRemoval):
            self._await_removal(service, deadline, cancel)
            return None
        if self._left:
            self._await_gone(service, deadline, cancel)
        self._inserted = False
        try:
            atr = self._await_card(service, deadline, cancel)
            found = self._read(request, service, atr, deadline, cancel)
        except DeviceError as error:
            if not service.closed:
                if self._inserted or error.reason in _IN_THE_WAY:
                    self._give_back(service)
                elif error.reason in _NOBODY_PUT_ONE:
                    self.report(Status(State.ONLINE, media=Media.NOT_PRESENT))
                else:
                    self.report(status_after(error))
            raise
        self._give_back(service)
        return found

    def _await_gone(self, service: XfsService, deadline: Deadline, cancel: CancelToken) -> None:
        """Wait until the card that was there before us is taken. Raises ``TIMEOUT``."""
        self.report(Status(State.BUSY, media=Media.PRESENT, detail=_LEFT))
        asked = False
        look = Deadline(0.0)
        while self._left:
            if cancel.cancelled:
                raise DeviceError(Reason.CANCELLED)
            if deadline.passed():
                raise DeviceError(Reason.TIMEOUT, _LEFT, mend="take the card out of the reader")
            if look.passed():
                media = self._media(self._look(service, STATUS_S))
                if self._holds(service, media) and not asked:
                    asked = True
                    self._eject(service)
                look = Deadline(LOOK_S)
            service.pump(TICK_S)

    def _await_card(self, service: XfsService, deadline: Deadline, cancel: CancelToken) -> bytes:
        """The ATR of the card that was put. Raises ``CARD_UNKNOWN`` for one without a chip."""
        read = service.call(ReadRawData(), deadline, cancel, self._on_event)
        self._inserted = True
        self.report(Status(State.BUSY, media=Media.PRESENT))
        for chip in read.chip or ():
            if chip.data:
                return chip.data
        raise DeviceError(Reason.CARD_UNKNOWN, "the card has no chip, or lies the wrong way round")

    def _read(
        self,
        request: Request[Any],
        service: XfsService,
        atr: bytes,
        deadline: Deadline,
        cancel: CancelToken,
    ) -> BankCard | SocialSecurityCard:
        limit = Deadline(deadline.remaining() + FINISH_S)
        t0 = speaks_t0(atr)
        protocol = ChipProtocol.T0 if t0 else ChipProtocol.T1
        if self._type(service) in _CONTACTLESS:
            t0, protocol = False, ChipProtocol.TYPE_A_PART_4

        def transmit(apdu: bytes) -> bytes:
            answer = service.call(
                ChipIO(chip_protocol=protocol, chip_data=apdu), limit, cancel
            ).chip_data
            return answer or b""

        card = Card(transmit, t0=t0)
        match request:
            case ReadBankCard():
                return read_bank_card(card)
            case ReadSocialSecurityCard():
                return read_social_security_card(card)
        known = is_social_security_card(card)
        return read_social_security_card(card) if known else read_bank_card(card)

    def _give_back(self, service: XfsService) -> None:
        """Move the card to the slot. A reader that cannot is told by its status: what was read
        was read."""
        media = Media.UNKNOWN
        if self._type(service) in _HELD and service.offers(MoveCard):
            try:
                media = self._eject(service)
            except DeviceError as error:
                self.report(
                    Status(
                        State.HARDWARE_ERROR,
                        Media.JAMMED if error.reason is Reason.JAM else Media.UNKNOWN,
                        problem=error.reason,
                        detail=f"the card is not given back: {error.detail}",
                        mend=error.mend,
                    )
                )
                return
        self._inserted = False
        self.report(Status(State.ONLINE, media=media))

    def _eject(self, service: XfsService) -> Media:
        """Where the card is then. Never cancelled: a card belongs to its holder."""
        running = service.start(_GIVE_BACK, _MOVE_S)
        try:
            service.await_end(_GIVE_BACK, running, Deadline(EJECT_S), CancelToken())
        except DeviceError as error:
            if running.end is None and error.reason is Reason.TIMEOUT:
                return Media.UNKNOWN
            if error.reason is Reason.CARD_REMOVED:
                return Media.NOT_PRESENT
            raise
        return Media.PRESENT

    def _await_removal(self, service: XfsService, deadline: Deadline, cancel: CancelToken) -> None:
        self._removed = False
        look = Deadline(0.0)
        while not self._removed:
            if look.passed():
                media = self._media(self._look(service, STATUS_S))
                # None: a reader that one only swipes a card through, or holds it to.
                if media is None or media is MediaState.NOT_PRESENT:
                    break
                look = Deadline(LOOK_S)
            if cancel.cancelled:
                raise DeviceError(Reason.CANCELLED)
            if deadline.passed():
                raise DeviceError(Reason.TIMEOUT, "the card is still in the reader")
            service.pump(TICK_S)
        self.report(Status(State.ONLINE, media=Media.NOT_PRESENT))

    def _on_event(self, message: XfsMessage) -> None:
        match CardReaderEvent(message.header.name):
            case CardReaderEvent.INSERT_CARD:
                self.report(Status(State.BUSY, media=Media.NOT_PRESENT))
            case CardReaderEvent.MEDIA_INSERTED:
                self._inserted = True
                self.report(Status(State.BUSY, media=Media.PRESENT))
            case CardReaderEvent.INVALID_MEDIA:
                detail = "this is no card, or it lies the wrong way round"
                self.report(Status(State.BUSY, media=Media.NOT_PRESENT, detail=detail))

    def _hear(self, message: XfsMessage) -> None:
        if CardReaderEvent(message.header.name) is CardReaderEvent.MEDIA_REMOVED:
            self._removed = True
            self._left = False

    def _begin(self, service: XfsService) -> None:
        """A card that is there already is not to be read; one of our own read, inside when the
        connection was lost, is let go at once."""
        media = self._media(self._look(service, STATUS_S))
        self._left = media in _LYING
        self._spared = Deadline(LET_GO_S)
        if self._inserted and self._holds(service, media):
            service.start(_GIVE_BACK, _MOVE_S)

    @staticmethod
    def _type(service: XfsService) -> str:
        told = service.capabilities.card_reader
        return (told.type if told else None) or ""

    def _holds(self, service: XfsService, media: MediaState | None) -> bool:
        return media in _HELD.get(self._type(service), ()) and service.offers(MoveCard)

    def _media(self, facts: StatusFacts) -> MediaState | None:
        media = facts.card_reader.media if facts.card_reader else None
        if media is MediaState.NOT_PRESENT:
            self._left = False
        return media

    def _status(self, facts: StatusFacts) -> Status:
        status = super()._status(facts)
        media = _MEDIA.get(self._media(facts) or MediaState.UNKNOWN, Media.UNKNOWN)
        status = replace(status, media=media)
        if online(status) and media is Media.JAMMED:
            return replace(
                status,
                state=State.HARDWARE_ERROR,
                problem=Reason.JAM,
                detail="a card is jammed",
                mend="open the machine and take the card out",
            )
        return status


def speaks_t0(atr: bytes) -> bool:
    """Whether the first protocol a card offers is T=0 (ISO/IEC 7816-3, 8.2): TD1, or none at all.

    An ATR that is cut off counts as T=0, what cards without TD1 speak.
    """
    if len(atr) < 2:
        return True
    before = sum(1 for bit in (0x10, 0x20, 0x40) if atr[1] & bit)  # TA1, TB1, TC1
    if not atr[1] & 0x80 or len(atr) <= 2 + before:
        return True
    return atr[2 + before] & 0x0F == 0
