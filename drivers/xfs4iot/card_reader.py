"""A chip card reader over XFS4IoT: the card's APDUs travel in ``CardReader.ChipIO``.

The driver never asks for magnetic tracks. A motor reader that has drawn the card in gives it back
after every read, also a failed one. A card that was in the reader before this connection belongs to
somebody else: the driver reads nothing until that card is gone. It gives the card back, but not
while another program may be reading it.
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
from drivers.sentence import en
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
    ReaderType,
    ReadRawData,
    ResetCardReader,
    StatusFacts,
)

FINISH_S = 2.5
"""Seconds that a read may go on past its deadline; less than the three seconds after which a
process host kills its driver."""
EJECT_S = 2.5
"""Longest wait, in seconds, for a card to come out; a slower card still comes out later."""
LOOK_S = 0.5
"""Seconds between two status requests while waiting; a service may send no event."""
LET_GO_S = 10.0
"""Seconds in which an earlier card may be in another program's read, so that the driver does not
eject it. The doctor connects for a shorter time, and so never ejects a card."""
_MOVE_S = 30.0
_CONTACTLESS = (ReaderType.CONTACTLESS, ReaderType.INTELLIGENT_CONTACTLESS)
_IN_THE_WAY = (Reason.CARD_UNKNOWN, Reason.CARD_UNREADABLE)
_NOBODY_PUT_ONE = (Reason.TIMEOUT, Reason.CANCELLED, Reason.CARD_REMOVED)
_LYING = (MediaState.PRESENT, MediaState.ENTERING, MediaState.LATCHED)
_HELD = {ReaderType.MOTOR: (MediaState.PRESENT,), ReaderType.LATCHED_DIP: (MediaState.LATCHED,)}
"""By type of reader, the media states in which the machine holds the card until it ejects it."""
_MEDIA = {
    MediaState.PRESENT: Media.PRESENT,
    MediaState.ENTERING: Media.PRESENT,
    MediaState.LATCHED: Media.PRESENT,
    MediaState.NOT_PRESENT: Media.NOT_PRESENT,
    MediaState.JAMMED: Media.JAMMED,
}
_GIVE_BACK = MoveCard(origin="transport", goal="exit")
_LEFT = en("an earlier card is still in the reader")


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
        self._inserted = False  # a card of this driver's own read may be inside
        self._left = False  # a card from before this connection may still be in the reader
        self._spared = Deadline(0.0)  # until then, that card may be in another program's read

    def status(self) -> Status:
        """The service's status; also gives back an earlier card, e.g. of a visit that was killed
        during its read."""
        limit = Deadline(STATUS_S)
        service = self._connected(STATUS_S / 3)
        facts = self._look(service, limit.remaining())
        if self._left and self._spared.passed() and self._holds(service, self._media(facts)):
            service.start(_GIVE_BACK, _MOVE_S)
            self._spared = Deadline(_MOVE_S)
        return self._status(facts)

    def reset(self) -> None:
        """Give back a card that is inside."""
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
        """Wait until the earlier card is taken. Raises ``TIMEOUT``."""
        self.report(Status(State.BUSY, media=Media.PRESENT, detail=_LEFT))
        asked = False
        look = Deadline(0.0)
        while self._left:
            if cancel.cancelled:
                raise DeviceError(Reason.CANCELLED)
            if deadline.passed():
                raise DeviceError(Reason.TIMEOUT, _LEFT, mend=en("take the card out of the reader"))
            if look.passed():
                media = self._media(self._look(service, STATUS_S))
                if self._holds(service, media) and not asked:
                    asked = True
                    self._eject(service)
                look = Deadline(LOOK_S)
            service.pump(TICK_S)

    def _await_card(self, service: XfsService, deadline: Deadline, cancel: CancelToken) -> bytes:
        """Wait for a card; returns its ATR. Raises ``CARD_UNKNOWN`` for a card without a chip."""
        read = service.call(ReadRawData(), deadline, cancel, self._on_event)
        self._inserted = True
        self.report(Status(State.BUSY, media=Media.PRESENT))
        for chip in read.chip or ():
            if chip.data:
                return chip.data
        raise DeviceError(
            Reason.CARD_UNKNOWN, en("the card has no chip, or lies the wrong way round")
        )

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
        """Move the card to the slot. A failure is only reported as status: the read itself was
        successful."""
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
                        detail=en("the card is not given back: {detail}", detail=error.detail),
                        mend=error.mend,
                    )
                )
                return
        self._inserted = False
        self.report(Status(State.ONLINE, media=media))

    def _eject(self, service: XfsService) -> Media:
        """Eject the card; returns where the card is then. Never cancelled, since the card belongs
        to the citizen."""
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
                # None: a reader that never holds a card, such as a contactless one.
                if media is None or media is MediaState.NOT_PRESENT:
                    break
                look = Deadline(LOOK_S)
            if cancel.cancelled:
                raise DeviceError(Reason.CANCELLED)
            if deadline.passed():
                raise DeviceError(Reason.TIMEOUT, en("the card is still in the reader"))
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
                detail = en("this is no card, or it lies the wrong way round")
                self.report(Status(State.BUSY, media=Media.NOT_PRESENT, detail=detail))

    def _hear(self, message: XfsMessage) -> None:
        if CardReaderEvent(message.header.name) is CardReaderEvent.MEDIA_REMOVED:
            self._removed = True
            self._left = False

    def _begin(self, service: XfsService) -> None:
        """Note an earlier card, which must not be read. Eject a card of this driver's own read at
        once: it was inside when the connection was lost."""
        media = self._media(self._look(service, STATUS_S))
        self._left = media in _LYING
        self._spared = Deadline(LET_GO_S)
        if self._inserted and self._holds(service, media):
            service.start(_GIVE_BACK, _MOVE_S)

    @staticmethod
    def _type(service: XfsService) -> ReaderType:
        told = service.capabilities.card_reader
        return (told.type if told else None) or ReaderType.UNKNOWN

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
                detail=en("a card is jammed"),
                mend=en("open the machine and take the card out"),
            )
        return status


def speaks_t0(atr: bytes) -> bool:
    """Whether the first protocol that a card offers is T=0 (ISO/IEC 7816-3, 8.2): by TD1, or
    because the ATR has no TD1.

    An ATR that is cut off counts as one without TD1.
    """
    if len(atr) < 2:
        return True
    before = sum(1 for bit in (0x10, 0x20, 0x40) if atr[1] & bit)  # TA1, TB1, TC1
    if not atr[1] & 0x80 or len(atr) <= 2 + before:
        return True
    return atr[2 + before] & 0x0F == 0
