"""The unit that the visit acts for: newly asked about, and after an operation renewed."""

from __future__ import annotations

import logging

from kiosk import events
from kiosk.centre.errors import CentreUnavailable, Refusal
from kiosk.centre.operations import Order
from kiosk.centre.units import Unit
from kiosk.visit.unit_steps import no_agent
from kiosk.visit.visit import Visit

log = logging.getLogger(__name__)


def acted_for(visit: Visit) -> Unit:
    """The unit of the visit as the centre has it now. Refusal: not-agent, where the person may not
    act for the unit any more."""
    unit = visit.look_up(lambda: _renewed(visit))
    visit.unit = unit
    return unit


def undertake(visit: Visit, order: Order) -> None:
    """Draft, confirm and commit an operation of the unit. The menu shows then what the unit has to
    pay afterwards."""
    visit.confirm_and_commit(visit.draft(order))
    try:
        visit.unit = _renewed(visit)
    except (CentreUnavailable, Refusal) as error:
        # The operation has ended: the menu keeps the figures of before.
        events.NO_UNIT.log(log, reason=str(error))


def _renewed(visit: Visit) -> Unit:
    before = visit.unit
    for unit in visit.centre.units.units():
        if before is not None and unit.id == before.id:
            return unit
    raise no_agent()
