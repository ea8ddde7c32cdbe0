"""汇缴: pay the present month for everybody, after a trial of the amounts."""

from __future__ import annotations

from kiosk.centre.unit_orders import UnitRemittanceOrder
from kiosk.operation import Business
from kiosk.services.acting import acted_for
from kiosk.services.catalogue import Needs, service
from kiosk.services.changing import must_be_possible
from kiosk.services.unit_trials import undertake_after_trial
from kiosk.visit.visit import Visit
from kiosk.words import _

PAYMENT_TRIAL = _("汇缴试算")


@service("unit-payment", icon="withdrawals", needs=Needs(committer=True, unit=True))
def pay_month(visit: Visit) -> None:
    unit = acted_for(visit)
    must_be_possible(visit, Business.UNIT_REMITTANCE, "unit", unit.id)
    order = UnitRemittanceOrder(business=Business.UNIT_REMITTANCE, unit=unit.id, month=unit.month)
    undertake_after_trial(visit, PAYMENT_TRIAL, unit, order)
