"""Way in: an identity card on the reader. Proves that the citizen holds the card."""

from __future__ import annotations

from drivers.device import Kind
from kiosk.identity.way import Present, Proves, Way
from kiosk.privacy import Sensitive
from kiosk.visit.card_reading import card_evidence
from kiosk.visit.steps import PresentIdCard
from kiosk.visit.visit import Visit
from kiosk.words import _


def present_card(visit: Visit, present: Present, others: bool) -> None:
    """Read the resident card, the residence permit of Hong Kong, Macau and Taiwan residents, or
    the foreigner's permit in either layout."""
    card = visit.ask(PresentIdCard(others=others))
    visit.look_up(lambda: present(card_evidence(card)))
    visit.chip_photo = Sensitive(card.photo)


WAY = Way(
    "id-card",
    Proves.HELD,
    _("身份证"),
    _("放在感应区，再验证短信或刷脸"),
    "card",
    present_card,
    devices=(Kind.ID_CARD,),
    begins=True,
    seconds=40,
)
