"""Which services of the catalogue can be had here, where an operation needs a clerk's approval."""

from __future__ import annotations

from collections.abc import Mapping

from drivers.device import Kind, Status
from kiosk.centre.models import Catalogue, CentreWords
from kiosk.settings import Settings
from kiosk.visit.clerk_approval import why_no_clerk
from kiosk.words import Language, say


def with_clerks(
    offered: Catalogue, settings: Settings, statuses: Mapping[Kind, Status]
) -> Catalogue:
    """``offered`` with the services closed that need a clerk, each with the reason, while none can
    approve anything at this terminal."""
    if not any(offer.clerk for offer in offered.offers):
        return offered
    why = why_no_clerk(settings, statuses)
    if why is None:
        return offered
    because = CentreWords(zh=say(why, Language.ZH), en=say(why, Language.EN))
    closed = {"open": False, "closed_because": because}
    offers = tuple(
        offer.model_copy(update=closed) if offer.clerk and offer.open else offer
        for offer in offered.offers
    )
    return offered.model_copy(update={"offers": offers})
