"""异地转入: what another centre holds of the citizen, applied for here; that centre decides."""

from __future__ import annotations

from collections.abc import Sequence

from kiosk.centre.models import Purpose
from kiosk.centre.transfer_orders import TransferInOrder
from kiosk.operation import Business
from kiosk.services.catalogue import Needs, service
from kiosk.services.changing import draft_once_taken, must_be_possible
from kiosk.services.choosing import centre_options
from kiosk.services.reasons import given
from kiosk.visit.steps import Choose
from kiosk.visit.visit import Visit
from kiosk.words import Sayable, _

SERVICE = "transfer-in"
_ANOTHER_CENTRE = (
    "transfer-none-there",
    "transfer-frozen-there",
    "transfer-in-use-there",
    "transfer-loan-there",
)
"""Refusals after which the citizen may choose another centre."""


@service(SERVICE, icon="again", needs=Needs(committer=True))
def transfer_in(visit: Visit) -> None:
    account = given(must_be_possible(visit, Business.TRANSFER_IN, "transfer").account)

    def order(wrong: Sayable | None) -> TransferInOrder:
        centre = visit.ask(centre_page(visit.offer(SERVICE).addressees, wrong))
        return TransferInOrder(business=Business.TRANSFER_IN, account=account, centre=centre)

    visit.confirm_and_commit(draft_once_taken(visit, order, _ANOTHER_CENTRE))


def centre_page(centres: Sequence[Purpose], wrong: Sayable | None) -> Choose:
    """The centre to which the citizen was paid before; ``wrong`` says why the last one chosen does
    not do."""
    lead = wrong or _("选原来缴存的公积金中心，不用知道账号")
    return Choose(_("从哪个中心转来？"), centre_options(centres), lead)
