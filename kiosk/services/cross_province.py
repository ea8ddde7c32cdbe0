"""跨省通办: what a centre in another province does for the citizen, applied for here."""

from __future__ import annotations

from collections.abc import Sequence

from kiosk.centre.models import Purpose
from kiosk.centre.transfer_orders import CrossProvinceOrder
from kiosk.operation import Business
from kiosk.services.catalogue import Needs, service
from kiosk.services.changing import draft_once_taken, must_be_possible
from kiosk.services.choosing import centre_options
from kiosk.visit.steps import Choose, Option
from kiosk.visit.visit import Visit
from kiosk.words import Sayable, _

SERVICE = "cross-province"
_CHOOSE_AGAIN = ("cross-none-there", "cross-frozen-there", "cross-no-loan-there", "cross-under-way")
"""Refusals after which the citizen may choose another centre or another item."""


@service(SERVICE, icon="globe", needs=Needs(committer=True))
def apply_elsewhere(visit: Visit) -> None:
    must_be_possible(visit, Business.CROSS_PROVINCE, "transfer")
    offer = visit.offer(SERVICE)

    def order(wrong: Sayable | None) -> CrossProvinceOrder:
        centre = visit.ask(where_page(offer.addressees, wrong))
        item = visit.ask(item_page(offer.purposes))
        return CrossProvinceOrder(business=Business.CROSS_PROVINCE, centre=centre, item=item)

    visit.confirm_and_commit(draft_once_taken(visit, order, _CHOOSE_AGAIN))


def where_page(centres: Sequence[Purpose], wrong: Sayable | None) -> Choose:
    """The centre that has the account or the loan; ``wrong``: why the last one does not do."""
    lead = wrong or _("选账户或贷款所在的中心，由它审核办理")
    return Choose(_("在哪个中心办？"), centre_options(centres), lead)


def item_page(items: Sequence[Purpose]) -> Choose:
    """What is to be done there; what needs original papers is not among it."""
    options = tuple(Option(each.code, each.name) for each in items)
    return Choose(_("办什么业务？"), options, _("要交原件的业务请到柜台办"))
