"""Which services of the catalogue can be had here, where an operation needs a clerk's approval."""

from __future__ import annotations

from collections.abc import Mapping

from drivers.device import Kind, Status
from kiosk.centre.models import Catalogue, CentreWords
from kiosk.staff.roster_file import RosterOfNow
from kiosk.visit.clerk_approval import why_no_clerk
from kiosk.words import Language, say


def with_clerks(
    offered: Catalogue, found: RosterOfNow, statuses: Mapping[Kind, Status]
) -> Catalogue:
    """``offered`` with the services closed that need a clerk, each with the reason, while none can
    approve anything at this terminal, by the roster that was ``found``."""
    if not any(offer.clerk for offer in offered.offers):
        return offered
    why = why_no_clerk(found, statuses)
    if why is None:
        return offered
    because = CentreWords(zh=say(why, Language.ZH), en=say(why, Language.EN))
    closed = {"open": False, "closed_because": because}
    offers = tuple(
        offer.model_copy(update=closed) if offer.clerk and offer.open else offer
        for offer in offered.offers
    )
    return offered.model_copy(update={"offers": offers})
