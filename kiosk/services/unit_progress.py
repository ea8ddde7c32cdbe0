"""单位办理进度: the operations that the agent has confirmed for units, and how far each is."""

from __future__ import annotations

from kiosk.services.catalogue import Needs, service
from kiosk.services.progress import of_units, progress_table
from kiosk.visit.visit import Visit


@service("unit-progress", icon="clock", needs=Needs(unit=True))
def show_unit_progress(visit: Visit) -> None:
    found = visit.look_up(visit.centre.operations.all_operations)
    visit.ask(progress_table([each for each in found if of_units(each.business)]))
