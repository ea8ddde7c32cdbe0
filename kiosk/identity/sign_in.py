"""Signing in: a way in, the whole name if the chip holds only part of it, then a proof."""

from __future__ import annotations

from functools import partial

from kiosk.centre.level import Level
from kiosk.identity.proving import prove_further
from kiosk.identity.ways import id_card
from kiosk.privacy import mask_name
from kiosk.visit.steps import ConfirmName
from kiosk.visit.visit import Visit


def identify(visit: Visit) -> None:
    """Sign the citizen in, from the card to the greeting. The centre makes every decision."""
    id_card.WAY.run(visit, visit.centre.sign_in, False)
    session = visit.once(lambda: visit.centre.session)
    if session is not None and session.name_to_confirm is not None:
        confirmed = visit.ask(ConfirmName(session.name_to_confirm))
        visit.look_up(partial(visit.centre.confirm_name, confirmed))
    while not prove_further(visit, Level.PROVED):
        pass
    person = visit.look_up(visit.centre.person)
    visit.welcome(person, mask_name(person.full_name.reveal()))
