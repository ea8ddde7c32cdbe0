"""Reads an identity card, once an older one is lifted, for what goes to the centre."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from drivers.device import Deadline, DeviceError, Reason
from drivers.id_card.types import IdCard
from drivers.sentence import en
from kiosk.centre.evidence import CardEvidence
from kiosk.privacy import Sensitive
from kiosk.visit.steps import AskStep, PresentIdCard

if TYPE_CHECKING:
    from kiosk.visit.visit import Visit


def read_card(visit: Visit, page: PresentIdCard) -> IdCard:
    """As :func:`read_asked`; a replay returns the kept card."""
    return read_asked(visit.ask, page)


def read_asked(ask: AskStep, page: PresentIdCard) -> IdCard:
    """The card that is put. A card that was read before and still lies there is told on the same
    page, which goes on once the card is lifted; ``TIMEOUT`` when nobody lifts it."""
    until = Deadline(page.seconds)
    while True:
        try:
            return ask(page)
        except DeviceError as error:
            if error.reason is not Reason.NOT_TAKEN:
                raise
            if until.passed():
                said = en("the card that was read before still lies there")
                raise DeviceError(Reason.TIMEOUT, said, device=error.device) from error
            page = replace(page, lies=True)


def card_evidence(card: IdCard) -> CardEvidence:
    """The facts of the card that the terminal sends to the centre, unchanged, as read."""
    return CardEvidence(
        kind=card.kind.value,
        name=Sensitive(card.name),
        name_latin=Sensitive(card.name_latin),
        name_cut=card.name_cut,
        number=Sensitive(card.number),
        valid_to=card.valid_to,
    )
