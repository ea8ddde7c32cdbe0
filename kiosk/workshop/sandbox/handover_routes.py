"""The stand-in's endpoints of hand-overs to a phone."""

from __future__ import annotations

from fastapi import APIRouter, Depends

from kiosk.centre.handovers import Handover, HandoverRequest, HandoverState
from kiosk.workshop.sandbox.asking import (
    REFUSED,
    ActingIfAny,
    AtCentre,
    Id,
    PagesForPhones,
    Terminal,
    named_terminal,
)

router = APIRouter(prefix="/v1", responses=REFUSED, dependencies=[Depends(named_terminal)])


@router.post("/handovers", status_code=201, openapi_extra={"security": [{}]})
def open_handover(
    centre: AtCentre,
    visitor: ActingIfAny,
    terminal: Terminal,
    body: HandoverRequest,
    pages: PagesForPhones,
) -> Handover:
    """A code with which the citizen's phone goes on, once; the page is the centre's, and the
    citizen proves there who they are. Every older code of the terminal that nobody has used is over
    then. A complaint needs no session.

    Refuses handover-closed, proof-needed, unit-only, not-found, service-closed.
    """
    return centre.handovers.open(visitor, terminal, body, pages)


@router.get("/handovers/{id}")
def handover_state(centre: AtCentre, terminal: Terminal, id: Id) -> HandoverState:
    """How far the phone is. Refuses not-found for a hand-over of another terminal."""
    return centre.handovers.state(id, terminal)


@router.delete("/handovers/{id}", status_code=204)
def void_handover(centre: AtCentre, terminal: Terminal, id: Id) -> None:
    """The page of the code was left; what a phone has taken over stays. Refuses not-found."""
    centre.handovers.void(id, terminal)
