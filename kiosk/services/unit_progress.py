"""单位办理进度: what the agent has confirmed for units, and the papers of the unit of the visit."""

from __future__ import annotations

from kiosk.services.catalogue import Needs, service
from kiosk.services.progress import (
    of_units,
    paper_statement,
    progress_table,
    requests_page,
    show_operation,
)
from kiosk.visit.visit import Visit
from kiosk.words import _


@service("unit-progress", icon="clock", needs=Needs(unit=True))
def show_unit_progress(visit: Visit) -> None:
    found = visit.look_up(visit.centre.operations.all_operations)
    operations = [each for each in found if of_units(each.business)]
    unit = visit.unit.id if visit.unit else ""
    papers = [each for each in visit.look_up(visit.centre.documents) if unit and each.unit == unit]
    if not (operations or papers):
        visit.ask(progress_table(()))
        return
    page = requests_page(operations, (), (), papers, _("办理进度"))
    what, _colon, at = visit.ask(page).partition(":")
    if what == "operation":
        show_operation(visit, operations[int(at)])
    else:
        visit.ask(paper_statement(papers[int(at)]))
