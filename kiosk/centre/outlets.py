"""网点 outlets on the wire: how far, how long the queue; tickets 取号 and appointments 预约."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from kiosk.centre.models import MOST_OWNED, CentreWords, Count, Hours, Moment, WireModel, line

OutletId = Annotated[str, line(32, least=1)]


class OutletQueue(WireModel):
    """Who waits at the counters now."""

    ahead: Count  # people
    minutes: Count  # the centre's estimate of the wait


class Outlet(WireModel):
    """A place with counters, or another terminal, as it is now."""

    id: OutletId = Field(examples=["shifan-road"])
    name: CentreWords
    address: CentreWords
    distance_m: Count
    reach: CentreWords = Field(examples=[{"zh": "步行 12 分钟", "en": "12 min on foot"}])
    hours: Hours | None = None  # of today; None: closed today
    open: bool = True  # now
    queue: OutletQueue | None = None  # None: nobody has to wait there
    tickets: bool = False  # a ticket of today can be had from here
    appointments: bool = False


Outlets = Annotated[tuple[Outlet, ...], Field(max_length=MOST_OWNED)]
"""Those that can be reached soonest and serve soonest come first."""


class TicketRequest(WireModel):
    """A ticket for the queue of an outlet. The same ``key`` gives the same ticket; in a session,
    every request of the same person gives it, while the ticket holds."""

    key: Annotated[str, line(64, least=16)]
    outlet: OutletId


class Ticket(WireModel):
    """A place in the queue of today; called out by its number."""

    number: Annotated[str, line(8, least=1)] = Field(examples=["A012"])
    outlet: CentreWords
    address: CentreWords
    ahead: Count
    minutes: Count
    until: Moment  # whoever comes later has lost the place


class Slot(WireModel):
    """A time at which an outlet still has a counter free."""

    at: Moment
    left: Count


Slots = Annotated[tuple[Slot, ...], Field(max_length=200)]


class AppointmentRequest(WireModel):
    """An appointment at an outlet, at the time of one of its slots."""

    outlet: OutletId
    at: Moment


class Appointment(WireModel):
    """A counter kept for one person at a time."""

    number: Annotated[str, line(16, least=1)] = Field(examples=["Y00000012"])
    outlet: CentreWords
    address: CentreWords
    at: Moment


Appointments = Annotated[tuple[Appointment, ...], Field(max_length=MOST_OWNED)]
