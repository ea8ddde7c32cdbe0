"""The stand-in's endpoints that need no session: what everybody may read, ask and complain of."""

from __future__ import annotations

from fastapi import APIRouter, Depends

from kiosk.centre.complaints import Complaint, ComplaintReceipt
from kiosk.centre.publication import Publication
from kiosk.centre.roster import StaffRoster
from kiosk.centre.verification import Verification, VerificationRequest
from kiosk.workshop.sandbox.asking import (
    REFUSED,
    ActingIfAny,
    AtCentre,
    Terminal,
    named_terminal,
)
from kiosk.workshop.sandbox.publication import edition
from kiosk.workshop.sandbox.refusals import Refused

router = APIRouter(prefix="/v1", responses=REFUSED, dependencies=[Depends(named_terminal)])


@router.get("/publication")
def publication() -> Publication:
    """Rates, policy parameters, news, questions and guides, in one edition; the catalogue names the
    edition of now."""
    return edition()


@router.get("/staff")
def staff(centre: AtCentre) -> StaffRoster:
    """The roster of this terminal's staff, in one edition; the catalogue names the edition of
    now."""
    return centre.staff.roster()


@router.post("/verifications")
def verify(centre: AtCentre, body: VerificationRequest) -> Verification:
    """Whether a paper is the centre's, by its code or what its QR code holds. Needs no session."""
    return centre.documents.verify(body.code)


@router.post("/complaints", openapi_extra={"security": [{}]})
def complain(
    centre: AtCentre, visitor: ActingIfAny, terminal: Terminal, body: Complaint
) -> ComplaintReceipt:
    """Take a complaint or an idea; the same key gives the same receipt. Needs no session, but for
    one about an operation, which must be the session's own.

    Refuses proof-needed, not-found.
    """
    if body.operation is not None:
        if visitor is None:
            raise Refused("proof-needed")
        centre.operations.operation(visitor, body.operation)
    return centre.complaints.take(terminal, body)
