"""The stand-in's endpoints of outlets: queues, tickets and appointments."""

from __future__ import annotations

from fastapi import APIRouter, Depends

from kiosk.centre.outlets import (
    Appointment,
    AppointmentRequest,
    Appointments,
    Outlets,
    Slots,
    Ticket,
    TicketRequest,
)
from kiosk.workshop.sandbox.asking import (
    REFUSED,
    AtCentre,
    Id,
    ProvedVisitor,
    Terminal,
    VisitorIfAny,
    named_terminal,
)

router = APIRouter(prefix="/v1", responses=REFUSED, dependencies=[Depends(named_terminal)])


@router.get("/outlets")
def outlets(centre: AtCentre) -> Outlets:
    """Where else the citizen can go now, the quickest first. Needs no session."""
    return centre.outlets.outlets()


@router.get("/outlets/{id}/slots")
def slots(centre: AtCentre, visitor: ProvedVisitor, id: Id) -> Slots:
    """The free times of the coming days, the earliest first. Refuses not-found."""
    return centre.outlets.slots(id)


@router.post("/tickets", openapi_extra={"security": [{}]})
def take_ticket(
    centre: AtCentre, visitor: VisitorIfAny, terminal: Terminal, body: TicketRequest
) -> Ticket:
    """A place in today's queue; the same one again while it holds. A session is used where there
    is one.

    Refuses not-found, outlet-closed, tickets-gone.
    """
    taker = visitor.person["id"] if visitor else f"{terminal} {body.key}"
    return centre.outlets.take_ticket(taker, body.outlet)


@router.get("/appointments")
def appointments(centre: AtCentre, visitor: ProvedVisitor) -> Appointments:
    """The person's own appointments to come."""
    return centre.outlets.appointments(visitor)


@router.post("/appointments")
def make_appointment(
    centre: AtCentre, visitor: ProvedVisitor, body: AppointmentRequest
) -> Appointment:
    """Keep a counter; an earlier appointment is given up, and the same request again gives the same
    appointment. Refuses not-found, slot-gone."""
    return centre.outlets.make_appointment(visitor, body)


@router.delete("/appointments/{id}", status_code=204)
def cancel_appointment(centre: AtCentre, visitor: ProvedVisitor, id: Id) -> None:
    """Give an own appointment up; one that is given up already is 204 as well."""
    centre.outlets.cancel_appointment(visitor, id)
