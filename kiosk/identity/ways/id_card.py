"""Way in: an identity card on the reader. Proves that the citizen holds the card."""

from __future__ import annotations

from drivers.device import Deadline, DeviceError, Kind, Reason
from drivers.id_card.types import IdCard
from drivers.sentence import en
from kiosk.centre.evidence import CardEvidence
from kiosk.identity.way import Present, Proves, Way
from kiosk.privacy import Sensitive
from kiosk.visit.steps import PresentIdCard
from kiosk.visit.visit import Visit
from kiosk.words import _


def present_card(visit: Visit, present: Present, others: bool) -> None:
    """Read the resident card, the residence permit of Hong Kong, Macau and Taiwan residents, or
    the foreigner's permit in either layout."""
    card = _read(visit, others)
    visit.look_up(lambda: present(evidence(card)))
    visit.chip_photo = Sensitive(card.photo)


def _read(visit: Visit, others: bool) -> IdCard:
    """The card that the citizen puts. A card that was read before and still lies there is told on
    the same page, which goes on once the card is lifted; ``TIMEOUT`` when nobody lifts it."""
    page = PresentIdCard(others=others)
    until = Deadline(page.seconds)
    while True:
        try:
            return visit.ask(page)
        except DeviceError as error:
            if error.reason is not Reason.NOT_TAKEN:
                raise
            if until.passed():
                said = en("the card that was read before still lies there")
                raise DeviceError(Reason.TIMEOUT, said, device=error.device) from error
            page = PresentIdCard(others=others, lies=True)


def evidence(card: IdCard) -> CardEvidence:
    """The facts of the card that the terminal sends to the centre, unchanged, as read."""
    return CardEvidence(
        kind=card.kind.value,
        name=Sensitive(card.name),
        name_latin=Sensitive(card.name_latin),
        name_cut=card.name_cut,
        number=Sensitive(card.number),
        valid_to=card.valid_to,
    )


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
