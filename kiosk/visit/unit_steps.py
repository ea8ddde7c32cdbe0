"""The steps of an agent 经办人: the menu of a unit, its employees to choose, a newcomer's card."""

from __future__ import annotations

from dataclasses import dataclass, field

from kiosk.centre.errors import Refusal, reference_number
from kiosk.centre.units import Unit
from kiosk.visit.steps import Menu, NotAnAnswer, PresentIdCard, Step
from kiosk.words import Sayable, _


def no_agent() -> Refusal:
    """The centre does not have the person as the unit's agent any more."""
    return Refusal(
        "not-agent",
        _("您现在不是这个单位的经办人"),
        _("请单位到柜台办理经办人变更"),
        reference_number(),
    )


@dataclass(frozen=True, slots=True)
class UnitMenu(Menu):
    """The menu of a unit: what it has to pay for this month, and the services for units."""

    unit: Unit = field(kw_only=True)


@dataclass(frozen=True, slots=True)
class PresentEmployeeCard(PresentIdCard):
    """请放新职工的身份证: the card of somebody else than the agent, read for their new account."""


@dataclass(frozen=True, slots=True)
class Pick:
    """An employee to choose. ``closed`` says why this one cannot be chosen now."""

    key: str
    title: Sayable
    hint: Sayable = ""
    closed: Sayable | None = None


@dataclass(frozen=True, slots=True)
class ChooseEmployees(Step[tuple[str, ...]]):
    """Employees of the unit, from one to ``most``; answered by their keys, joined by commas, in the
    order of the page."""

    title: Sayable
    lead: Sayable
    picks: tuple[Pick, ...]
    most: int

    def check(self, answer: object) -> tuple[str, ...]:
        chosen = answer.split(",") if isinstance(answer, str) else []
        open_ = [pick.key for pick in self.picks if pick.closed is None]
        if not chosen or len(set(chosen)) != len(chosen) or not set(chosen) <= set(open_):
            raise NotAnAnswer(_("请选择职工"))
        if len(chosen) > self.most:
            raise NotAnAnswer(_("一次最多 {most} 人", most=self.most))
        return tuple(key for key in open_ if key in chosen)
