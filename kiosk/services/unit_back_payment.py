"""补缴: pay the months that the unit owes, after a trial of the amounts."""

from __future__ import annotations

from kiosk.centre.operations import Trial
from kiosk.centre.unit_orders import UnitBackPaymentOrder
from kiosk.operation import Business
from kiosk.services.acting import acted_for, undertake
from kiosk.services.catalogue import Needs, service
from kiosk.services.changing import must_be_possible
from kiosk.visit.steps import Action, Fact, ShowStatement
from kiosk.visit.visit import Visit
from kiosk.words import Sayable, _


@service("unit-back-payment", icon="again", needs=Needs(committer=True, unit=True))
def pay_back(visit: Visit) -> None:
    unit = acted_for(visit)
    must_be_possible(visit, Business.UNIT_BACK_PAYMENT, "unit", unit.id)
    order = UnitBackPaymentOrder(business=Business.UNIT_BACK_PAYMENT, unit=unit.id)
    trial = visit.look_up(lambda: visit.centre.operations.trial(order))
    visit.ask(trial_statement(unit.name, trial))
    undertake(visit, order)


def trial_statement(unit: Sayable, trial: Trial) -> ShowStatement:
    """What the centre has computed, before anything is drafted."""
    return ShowStatement(
        _("补缴试算"),
        tuple(Fact(line.label, _worded(line.value, line.unit)) for line in trial.choices[0].lines),
        lead=_("{unit} · {months}", unit=unit, months=trial.choices[0].title),
        note=trial.note or "",
        actions=(Action("go-on", _("下一步：核对"), "forward"),),
    )


def _worded(value: Sayable, unit: Sayable | None) -> Sayable:
    return value if unit is None else _("{value} {unit}", value=value, unit=unit)
