"""The spouse agrees to an operation on their own phone, before the citizen can confirm it."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from drivers.device import Deadline
from kiosk.centre.operations import Operation
from kiosk.operation import OperationState
from kiosk.visit.operation_steps import CODE_OVER, LATER, MOVED_ON, AwaitConsent

if TYPE_CHECKING:
    from kiosk.visit.visit import Visit


def await_consent(visit: Visit, operation: Operation) -> Operation | None:
    """``operation`` once it waits no more for its consent: drafted, or at its end; None when the
    citizen leaves it waiting. A code whose time has passed is followed by a new one."""
    calls = visit.centre.operations
    goes_on = False
    while True:
        code = calls.open_consent(operation.id)
        poll = partial(_moved_on, visit, operation.id, Deadline(code.valid_s))
        page = AwaitConsent(poll, operation, code.content, code.valid_s, goes_on=goes_on)
        answer = visit.present(page, back=True)
        goes_on = True
        if answer == LATER:
            return None
        if answer == MOVED_ON:
            return calls.operation(operation.id)


def _moved_on(visit: Visit, operation: str, until: Deadline) -> str | None:
    state = visit.centre.operations.operation(operation).state
    if state is not OperationState.AWAITING_CONSENT:
        return MOVED_ON
    return CODE_OVER if until.passed() else None
