"""The steps of an agent 经办人: the menu of the unit that the visit acts for."""

from __future__ import annotations

from dataclasses import dataclass, field

from kiosk.centre.units import Unit
from kiosk.visit.steps import Menu


@dataclass(frozen=True, slots=True)
class UnitMenu(Menu):
    """The menu of a unit: what it has to pay for this month, and the services for units."""

    unit: Unit = field(kw_only=True)
