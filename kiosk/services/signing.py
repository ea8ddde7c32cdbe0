"""签约: sign up for messages to the phone on file, or for payments to the card on file."""

from __future__ import annotations

from kiosk.operation import Business
from kiosk.services.catalogue import Needs, service
from kiosk.services.reasons import choose, sign_up
from kiosk.visit.visit import Visit
from kiosk.words import _


@service("signing", icon="message", needs=Needs(committer=True))
def sign(visit: Visit) -> None:
    found = visit.look_up(lambda: visit.centre.operations.eligibility("signing"))
    lead = _("用登记的手机和银行卡，马上就能办")
    kinds = (Business.SMS_SIGNING, Business.CARD_SIGNING)
    chosen = choose(visit, _("签约什么？"), lead, found, kinds)
    sign_up(visit, chosen.business)
