"""Way in: a bank card in the slot. Proves that the citizen holds the card; a PIN may follow."""

from __future__ import annotations

from drivers.device import Kind
from drivers.smart_card.types import BankCard
from kiosk.centre.evidence import BankCardEvidence
from kiosk.identity.way import Present, Proves, Way
from kiosk.privacy import Sensitive
from kiosk.visit.pin_steps import PresentBankCard
from kiosk.visit.visit import Visit
from kiosk.words import _


def present_bank_card(visit: Visit, present: Present, others: bool) -> None:
    """Read the number of the card. Its PIN, an SMS code or a face must follow."""
    card = visit.ask(PresentBankCard(others=others))
    visit.look_up(lambda: present(evidence(card)))
    visit.card_number = Sensitive(card.number)


def evidence(card: BankCard) -> BankCardEvidence:
    """The facts that identify the card: of the chip's other data the centre needs nothing."""
    return BankCardEvidence(number=Sensitive(card.number), sequence=card.sequence)


WAY = Way(
    "bank-card",
    Proves.HELD,
    _("银行卡"),
    _("插入卡槽，再输密码或验证短信"),
    "slot",
    present_bank_card,
    devices=(Kind.SMART_CARD,),
    begins=True,
    seconds=40,
)
