"""The stand-in's endpoints of units: what an agent may see of the units they act for."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Query

from kiosk.centre.models import YearMonth
from kiosk.centre.units import Employees, MonthList, Remittances, Units
from kiosk.workshop.sandbox.asking import REFUSED, ActingVisitor, AtCentre, Id, named_terminal

router = APIRouter(prefix="/v1", responses=REFUSED, dependencies=[Depends(named_terminal)])


@router.get("/units")
def list_units(centre: AtCentre, visitor: ActingVisitor) -> Units:
    """The units that the visitor may act for; possibly none."""
    return tuple(centre.units.units(visitor))


@router.get("/units/{id}/remittances")
def remittances(
    centre: AtCentre,
    visitor: ActingVisitor,
    id: Id,
    year: Annotated[int | None, Query(ge=1990, le=2100)] = None,
) -> Remittances:
    """The months of a year, paid and owed; without ``year``, of the newest that has any."""
    return centre.units.remittances(visitor, id, year)


@router.get("/units/{id}/month")
def month_list(
    centre: AtCentre, visitor: ActingVisitor, id: Id, month: Annotated[YearMonth, Query()]
) -> MonthList:
    """Who has how much of one month; names and numbers masked."""
    return centre.units.month(visitor, id, month)


@router.get("/units/{id}/employees")
def employees(centre: AtCentre, visitor: ActingVisitor, id: Id) -> Employees:
    """Everybody with an account under the unit; names and numbers masked."""
    return tuple(centre.units.employees(visitor, id))
