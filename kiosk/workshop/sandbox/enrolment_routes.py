"""The stand-in's endpoints of enrolment and of the renewal of certificates."""

from __future__ import annotations

from fastapi import APIRouter, Depends

from kiosk.centre.enrolment import (
    Enrolment,
    EnrolmentRequest,
    EnrolmentState,
    Renewal,
    RenewalRequest,
)
from kiosk.workshop.sandbox.asking import (
    REFUSED,
    AtCentre,
    ContractAddress,
    Id,
    Terminal,
    named_terminal,
)


def unnamed_terminal(terminal: Terminal) -> None:
    """A terminal that has no number yet names itself ``new``; nobody reads it."""


router = APIRouter(prefix="/v1", responses=REFUSED, dependencies=[Depends(unnamed_terminal)])
certified = APIRouter(prefix="/v1", responses=REFUSED, dependencies=[Depends(named_terminal)])


@router.post("/enrolments", status_code=201)
def open_enrolment(centre: AtCentre, body: EnrolmentRequest) -> Enrolment:
    """A new terminal, which has no certificate yet, asks for one: it is served at an address that
    asks for none. The code stands on its screen until a technician has allowed it here.

    Refuses request-invalid, try-later.
    """
    return centre.enrolments.open(body)


@router.get("/enrolments/{id}")
def enrolment_state(centre: AtCentre, url: ContractAddress, id: Id) -> EnrolmentState:
    """How far the enrolment is; once it is allowed, number, certificate and settings. Refuses
    not-found."""
    return centre.enrolments.state(id, url)


@certified.post("/certificates", status_code=201)
def renew_certificate(centre: AtCentre, terminal: Terminal, body: RenewalRequest) -> Renewal:
    """The terminal's next certificate, for the key of its present one. Refuses request-invalid."""
    enrolments = centre.enrolments
    certificate = enrolments.renew(terminal, body.request)
    return Renewal(certificate=certificate, ticket_signers=enrolments.signers())
