"""What of an identity card goes to the centre."""

from __future__ import annotations

from drivers.id_card.types import IdCard
from kiosk.centre.evidence import CardEvidence
from kiosk.privacy import Sensitive


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
