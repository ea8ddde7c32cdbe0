"""Way in: a social security card in the slot. Proves that the citizen holds the card."""

from __future__ import annotations

from drivers.device import Kind
from drivers.smart_card.types import SocialSecurityCard
from kiosk.centre.evidence import SocialSecurityEvidence
from kiosk.identity.way import Present, Proves, Way
from kiosk.privacy import Sensitive
from kiosk.visit.steps import PresentSocialSecurityCard
from kiosk.visit.visit import Visit
from kiosk.words import _


def present_social_security_card(visit: Visit, present: Present, others: bool) -> None:
    """Read what the card shows without its PIN; an SMS code or a face must follow."""
    card = visit.ask(PresentSocialSecurityCard(others=others))
    visit.look_up(lambda: present(evidence(card)))


def evidence(card: SocialSecurityCard) -> SocialSecurityEvidence:
    """The facts that identify the card and its holder, as read."""
    return SocialSecurityEvidence(
        card_id=Sensitive(card.card_id),
        card_number=Sensitive(card.card_number),
        number=Sensitive(card.number),
        expires=f"{card.expires:%Y%m%d}" if card.expires else None,
    )


WAY = Way(
    "social-security-card",
    Proves.HELD,
    _("社保卡"),
    _("插入卡槽，再验证短信或刷脸"),
    "slot",
    present_social_security_card,
    devices=(Kind.SMART_CARD,),
    begins=True,
    seconds=40,
)
