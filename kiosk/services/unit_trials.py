"""试算 of an agent's order: what the centre has computed, then the quote and the commit."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from kiosk.centre.errors import Refusal, reference_number
from kiosk.centre.models import CentreWords
from kiosk.centre.operations import Order, Trial
from kiosk.centre.unit_orders import MOST_AT_ONCE
from kiosk.centre.units import Employee, Unit
from kiosk.services.acting import undertake
from kiosk.visit.steps import Action, Fact, ShowStatement
from kiosk.visit.unit_steps import ChooseEmployees, Pick
from kiosk.visit.visit import Visit
from kiosk.words import Sayable, Text, _


def undertake_after_trial(visit: Visit, title: Text, unit: Unit, order: Order) -> None:
    """Show what would come of ``order``, then draft, confirm and commit it."""
    trial = visit.look_up(lambda: visit.centre.operations.trial(order))
    visit.ask(trial_statement(title, unit.name, trial))
    undertake(visit, order)


def trial_statement(title: Text, unit: Sayable, trial: Trial) -> ShowStatement:
    """What the centre has computed, before anything is drafted."""
    return ShowStatement(
        title,
        tuple(Fact(line.label, _worded(line.value, line.unit)) for line in trial.choices[0].lines),
        lead=_("{unit} · {months}", unit=unit, months=trial.choices[0].title),
        note=trial.note or "",
        actions=(Action("go-on", _("下一步：核对"), "forward"),),
    )


def _worded(value: Sayable, unit: Sayable | None) -> Sayable:
    return value if unit is None else _("{value} {unit}", value=value, unit=unit)


def choose_employees(
    visit: Visit,
    title: Text,
    employees: Sequence[Employee],
    closed: Callable[[Employee], CentreWords | None],
) -> tuple[Employee, ...]:
    """Those whom the agent chooses; whom the centre has ``closed`` stands below with the reason.
    Refusal: nobody-to-choose."""
    can = [each for each in employees if closed(each) is None]
    if not can:
        why = closed(employees[0]) if employees else None
        raise Refusal(
            "nobody-to-choose",
            _("现在没有可以选的职工"),
            why or _("单位名下没有这样的账户"),
            reference_number(),
        )
    page = employees_page(title, employees, closed)
    chosen = visit.ask(page)
    return tuple(each for each in can if each.id in chosen)


def employees_page(
    title: Text,
    employees: Sequence[Employee],
    closed: Callable[[Employee], CentreWords | None],
) -> ChooseEmployees:
    """Who can be chosen stands above who cannot, each in the centre's order."""
    ordered = sorted(employees, key=lambda each: closed(each) is not None)
    return ChooseEmployees(
        title,
        _("可以选几个人，一次最多 {most} 人", most=MOST_AT_ONCE),
        tuple(_pick(each, closed(each)) for each in ordered),
        MOST_AT_ONCE,
    )


def _pick(each: Employee, closed: CentreWords | None) -> Pick:
    hint = _("{account} · 每月 {amount} 元", account=each.account, amount=each.amount)
    return Pick(each.id, each.name, hint, closed)
