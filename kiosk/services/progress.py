"""办理进度: every operation of the citizen's own, and how far each has come."""

from __future__ import annotations

from collections.abc import Sequence

from kiosk.centre.operations import Operation
from kiosk.operation import Business, OperationState
from kiosk.papers.receipt import STATE_ON_SLIP
from kiosk.services.catalogue import service
from kiosk.visit.steps import Cell, Column, ShowTable, Tone, amounts
from kiosk.visit.visit import Visit
from kiosk.words import Sayable, _


@service("progress", icon="clock")
def show_progress(visit: Visit) -> None:
    found = visit.look_up(visit.centre.operations.all_operations)
    visit.ask(progress_table([each for each in found if not of_units(each.business)]))


def of_units(business: Business) -> bool:
    """Whether an agent 经办人 does this for a unit."""
    return business.value.startswith("unit-")


def progress_table(operations: Sequence[Operation]) -> ShowTable:
    """All operations in the centre's order, the newest first; possibly none."""
    return ShowTable(
        _("办理进度"),
        (
            Column(_("业务")),
            Column(_("状态"), "strong"),
            amounts(_("金额（元）"), "strong"),
            Column(_("业务流水号"), "quiet", wide=True),
        ),
        tuple(_row(operation) for operation in operations),
        empty=_("还没有办过业务"),
        lead=_("共 {count} 笔", count=len(operations)) if operations else "",
    )


def _row(operation: Operation) -> tuple[Sayable | Cell, ...]:
    return (
        operation.title,
        Cell(STATE_ON_SLIP[operation.state], _tone(operation.state)),
        "—" if operation.amount is None else operation.amount,
        operation.reference or "—",
    )


def _tone(state: OperationState) -> Tone:
    if state is OperationState.DONE:
        return Tone.GOOD
    return Tone.BAD if state.final else Tone.ATTENTION
