"""A visit's questions about outlets: where, how long the queue; a ticket, an appointment.

Part of :class:`kiosk.centre.client.CentreClient`, whose session and connection every call uses and
whose errors every call raises.
"""

from __future__ import annotations

from typing import Protocol, TypeVar

from pydantic import TypeAdapter

from kiosk.centre.outlets import (
    Appointment,
    AppointmentRequest,
    Appointments,
    Outlet,
    Outlets,
    Slot,
    Slots,
    Ticket,
    TicketRequest,
)
from kiosk.centre.transport import Call

T = TypeVar("T")


class _AskOutlets(Protocol):
    def __call__(self, call: Call, answer: TypeAdapter[T], whole_s: float | None = None) -> T: ...


class _SendToOutlets(Protocol):
    def __call__(
        self, call: Call, good: tuple[int, ...], whole_s: float | None = None
    ) -> bytes: ...


class OutletsClient:
    """The calls of ``/v1/outlets`` and around them, in the session of one visit.

    Outlets and tickets need no session, appointments need one. The centre answers the same request
    again with the same ticket or appointment, so every call may be repeated.
    """

    def __init__(self, ask: _AskOutlets, send: _SendToOutlets) -> None:
        self._ask = ask
        self._send = send

    def outlets(self) -> tuple[Outlet, ...]:
        """Where else the citizen can go, the quickest first."""
        return self._ask(Call("GET", "/v1/outlets"), _OUTLETS)

    def take_ticket(self, request: TicketRequest) -> Ticket:
        """A place in the queue of an outlet. Refusals: tickets-gone, outlet-closed."""
        return self._ask(Call("POST", "/v1/tickets", body=request, keyed=True), _TICKET)

    def slots(self, outlet: str) -> tuple[Slot, ...]:
        """The free times of the coming days at ``outlet``, the earliest first."""
        return self._ask(Call("GET", "/v1/outlets/{id}/slots", id=outlet), _SLOTS)

    def appointments(self) -> tuple[Appointment, ...]:
        """The citizen's own appointments to come."""
        return self._ask(Call("GET", "/v1/appointments"), _APPOINTMENTS)

    def make_appointment(self, request: AppointmentRequest) -> Appointment:
        """Keep a counter; an earlier appointment is given up. Refusal: slot-gone."""
        return self._ask(Call("POST", "/v1/appointments", body=request, keyed=True), _APPOINTMENT)

    def cancel_appointment(self, number: str) -> None:
        """Give an appointment up; one that is given up already is no refusal."""
        self._send(Call("DELETE", "/v1/appointments/{id}", id=number), (204,))


_OUTLETS: TypeAdapter[tuple[Outlet, ...]] = TypeAdapter(Outlets)
_TICKET: TypeAdapter[Ticket] = TypeAdapter(Ticket)
_SLOTS: TypeAdapter[tuple[Slot, ...]] = TypeAdapter(Slots)
_APPOINTMENTS: TypeAdapter[tuple[Appointment, ...]] = TypeAdapter(Appointments)
_APPOINTMENT: TypeAdapter[Appointment] = TypeAdapter(Appointment)
