"""补缴: pay the months that the unit owes, after a trial of the amounts."""

from __future__ import annotations

from kiosk.centre.unit_orders import UnitBackPaymentOrder
from kiosk.operation import Business
from kiosk.services.acting import acted_for
from kiosk.services.catalogue import Needs, service
from kiosk.services.changing import must_be_possible
from kiosk.services.unit_trials import undertake_after_trial
from kiosk.visit.visit import Visit
from kiosk.words import _

BACK_PAYMENT_TRIAL = _("补缴试算")


@service("unit-back-payment", icon="again", needs=Needs(committer=True, unit=True))
def pay_back(visit: Visit) -> None:
    unit = acted_for(visit)
    must_be_possible(visit, Business.UNIT_BACK_PAYMENT, "unit", unit.id)
    order = UnitBackPaymentOrder(business=Business.UNIT_BACK_PAYMENT, unit=unit.id)
    undertake_after_trial(visit, BACK_PAYMENT_TRIAL, unit, order)
