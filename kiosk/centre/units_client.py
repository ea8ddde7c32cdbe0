"""An agent's questions about units: which they may act for, months, lists, employees.

Part of :class:`kiosk.centre.client.CentreClient`, whose session and connection every call uses and
whose errors every call raises.
"""

from __future__ import annotations

from datetime import date
from typing import Protocol, TypeVar

from pydantic import ConfigDict, TypeAdapter

from drivers.sentence import en
from kiosk.centre.answers import nonsense
from kiosk.centre.transport import Call
from kiosk.centre.units import Employees, MonthList, Remittances, Units

T = TypeVar("T")


class _AskUnits(Protocol):
    def __call__(self, call: Call, answer: TypeAdapter[T]) -> T: ...


class UnitsClient:
    """The calls of ``/v1/units``, in the session of one visit."""

    def __init__(self, ask: _AskUnits) -> None:
        self._ask = ask

    def units(self) -> Units:
        """The units that the person may act for, in the centre's order; possibly none."""
        return self._ask(Call("GET", "/v1/units"), _UNITS)

    def remittances(self, unit: str, year: int | None = None) -> Remittances:
        """The months of a calendar year; without ``year``, of the newest. Refusal: not-found."""
        query = "" if year is None else f"?year={year:d}"
        call = Call("GET", "/v1/units/{id}/remittances", id=unit, query=query)
        found = self._ask(call, _REMITTANCES)
        if year is not None and found.year != year:
            raise nonsense(call, en("the months of another year"))
        return found

    def month(self, unit: str, month: date) -> MonthList:
        """Who has how much of ``month``. Refusal: not-found."""
        call = Call("GET", "/v1/units/{id}/month", id=unit, query=f"?month={month:%Y-%m}")
        found = self._ask(call, _MONTH)
        if found.month != month:
            raise nonsense(call, en("the list of another month"))
        return found

    def employees(self, unit: str) -> Employees:
        """Everybody with an account under the unit, those in use first. Refusal: not-found."""
        return self._ask(Call("GET", "/v1/units/{id}/employees", id=unit), _EMPLOYEES)


_QUIET = ConfigDict(hide_input_in_errors=True)
_UNITS: TypeAdapter[Units] = TypeAdapter(Units, config=_QUIET)
_REMITTANCES: TypeAdapter[Remittances] = TypeAdapter(Remittances)
_MONTH: TypeAdapter[MonthList] = TypeAdapter(MonthList)
_EMPLOYEES: TypeAdapter[Employees] = TypeAdapter(Employees, config=_QUIET)
