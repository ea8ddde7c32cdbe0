"""缴存基数调整: new bases of employees, one after the other, in the month that the centre opens."""

from __future__ import annotations

from kiosk.centre.unit_orders import NewBase, UnitBaseOrder
from kiosk.operation import Business
from kiosk.services.acting import acted_for
from kiosk.services.catalogue import Needs, service
from kiosk.services.changing import must_be_possible
from kiosk.services.reasons import given
from kiosk.services.unit_people import base_page
from kiosk.services.unit_trials import choose_employees, undertake_after_trial
from kiosk.visit.visit import Visit
from kiosk.words import _

_SEALED = "02"
BASES_TRIAL = _("基数调整试算")
WHOSE_BASE = _("调整哪几位职工的基数？")


@service("unit-base", icon="ledger", needs=Needs(committer=True, unit=True))
def change_bases(visit: Visit) -> None:
    unit = acted_for(visit)
    terms = must_be_possible(visit, Business.UNIT_BASE_CHANGE, "unit", unit.id)
    limits = given(terms.limits)
    found = visit.look_up(lambda: visit.centre.units.employees(unit.id))
    staff = [each for each in found if each.status != _SEALED]
    chosen = choose_employees(visit, WHOSE_BASE, staff, lambda each: None)
    bases = tuple(
        NewBase(employee=each.id, base=visit.ask(base_page(each.name, limits))) for each in chosen
    )
    order = UnitBaseOrder(business=Business.UNIT_BASE_CHANGE, unit=unit.id, bases=bases)
    undertake_after_trial(visit, BASES_TRIAL, unit, order)
