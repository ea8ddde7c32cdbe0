"""What the changes 变更 share: whether one is possible, and a new value that the centre takes."""

from __future__ import annotations

from collections.abc import Callable, Collection

from kiosk.centre.errors import Refusal
from kiosk.centre.operations import Eligibility, Group, Operation, Order
from kiosk.operation import Business
from kiosk.services.reasons import given
from kiosk.visit.undertaking import StartAnew, greet
from kiosk.visit.visit import Visit
from kiosk.words import Sayable, _


def must_be_possible(
    visit: Visit, business: Business, group: Group = "change", unit: str | None = None
) -> Eligibility:
    """The centre's word on a 变更, or on a business of ``unit``. An operation that stands in the
    way is shown first. Raises :class:`Refusal` with every other reason against the business."""
    calls = visit.centre.operations
    found = visit.look_up(lambda: calls.eligibility(group))
    about = (each for each in found if each.business is business and each.unit in (None, unit))
    one = given(next(about, None))
    no = one.refusal
    if no is None:
        return one
    if no.operation is not None:
        greet(visit, calls.operation(no.operation))
        raise StartAnew
    raise Refusal(no.code, no.reason, no.next_step, no.reference)


def draft_once_taken(
    visit: Visit, ask: Callable[[Sayable | None], Order], again: Collection[str]
) -> Operation:
    """The centre's quote for the order that ``ask`` gives. A refusal whose code is in ``again`` is
    told to ``ask``, which asks the citizen once more; raises every other."""
    wrong: Sayable | None = None
    while True:
        order = ask(wrong)
        try:
            return visit.draft(order)
        except Refusal as refusal:
            if refusal.code not in again:
                raise
            wrong = _("{reason}{next_step}", reason=refusal.reason, next_step=refusal.next_step)
