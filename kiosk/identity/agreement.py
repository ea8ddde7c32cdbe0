"""The way in begins with the centre's agreement: read, ticked, its version kept for the login."""

from __future__ import annotations

import logging

from kiosk import events
from kiosk.visit.face_steps import ReadNotice
from kiosk.visit.steps import WHOLE_TEXT, AgreeToTerms
from kiosk.visit.visit import Visit

log = logging.getLogger(__name__)


def agree(visit: Visit) -> str:
    """Have the citizen agree, once in a visit, and return the version; "" where the centre asks for
    no agreement. Who does not agree leaves: nothing has been asked of them yet."""
    agreement = visit.catalogue.agreement
    if agreement is None:
        return ""
    # Kept for replays, so that a replay takes the path of the first run.
    if visit.once(lambda: visit.agreed) == agreement.version:
        return agreement.version
    while visit.ask(AgreeToTerms(agreement)) == WHOLE_TEXT:
        visit.ask(ReadNotice(agreement))

    def note() -> str:
        events.AGREED.log(log, version=agreement.version)
        visit.agreed = agreement.version
        return agreement.version

    return visit.once(note)
