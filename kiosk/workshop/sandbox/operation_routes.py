"""The stand-in's endpoints of operations: what can be had, trial, draft, confirmation, commit."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Query, Response

from kiosk.centre.evidence import PhoneLogin
from kiosk.centre.face import FaceChallenge, FacePicture
from kiosk.centre.models import SmsSent
from kiosk.centre.operations import (
    Authorisation,
    AuthorisationAnswer,
    Confirmation,
    ConsentCode,
    DraftRequest,
    Eligibilities,
    Group,
    Operation,
    Operations,
    OperationStatus,
    Trial,
    TrialRequest,
)
from kiosk.workshop.sandbox.asking import (
    REFUSED,
    ActingVisitor,
    AtCentre,
    OperationPath,
    PagesForPhones,
    ProvedVisitor,
    Terminal,
    named_terminal,
)
from kiosk.workshop.sandbox.operations import AUTHORISATION

router = APIRouter(prefix="/v1", responses=REFUSED, dependencies=[Depends(named_terminal)])


@router.get("/authorisation")
def authorisation(visitor: ProvedVisitor) -> Authorisation:
    """The text of 信息协查授权."""
    return AUTHORISATION


@router.post("/authorisation", status_code=204)
def authorise(centre: AtCentre, visitor: ProvedVisitor, body: AuthorisationAnswer) -> None:
    """The citizen agrees or declines, for this session. Refuses text-outdated."""
    centre.operations.authorise(visitor, body)


@router.get("/eligibility")
def eligibility(
    centre: AtCentre, visitor: ActingVisitor, group: Annotated[Group, Query()]
) -> Eligibilities:
    """Each business of the group: can or cannot, why, how much at most."""
    return tuple(centre.operations.eligibility(visitor, group))


@router.post("/trials")
def trial(centre: AtCentre, visitor: ActingVisitor, body: TrialRequest) -> Trial:
    """Compute what would come of an order; create nothing.

    Refuses what a draft refuses, and trial-not-offered.
    """
    return centre.operations.trial(visitor, body.order)


@router.post(
    "/operations",
    status_code=201,
    responses={200: {"model": Operation, "description": "The same key again: its operation"}},
)
def draft(
    centre: AtCentre,
    visitor: ActingVisitor,
    body: DraftRequest,
    pages: PagesForPhones,
    response: Response,
) -> Operation:
    """Draft an operation; a known key gives its operation in its present state.

    For one person and kind: an operation confirmed or in progress refuses in-flight, one that was
    confirmed, has ended and was not told refuses untold; a drafted one becomes superseded. Refuses
    key-reused, service-closed, the reasons of the business, amount-missing, amount-above,
    amount-below, amount-not-asked.
    """
    operation, new = centre.operations.draft(visitor, body, pages)
    response.status_code = 201 if new else 200
    return operation


@router.get("/operations")
def list_operations(
    centre: AtCentre, visitor: ActingVisitor, open: Annotated[bool, Query()] = False
) -> Operations:
    """What was confirmed or has waited for a consent, newest first; with ``open``, what was
    confirmed and is in flight or has ended untold."""
    return tuple(centre.operations.operations(visitor, only_open=open))


@router.get("/operations/{id}")
def operation(centre: AtCentre, visitor: ActingVisitor, id: OperationPath) -> Operation:
    """The whole operation, from the primary and never from a copy. Refuses not-found."""
    return centre.operations.operation(visitor, id)


@router.post("/operations/{id}/sms")
def send_code(centre: AtCentre, visitor: ActingVisitor, id: OperationPath) -> SmsSent:
    """Send the operation's own code; the SMS names business and amount.

    Refuses not-drafted, sms-too-soon, sms-daily-limit.
    """
    return centre.operations.send_code(visitor, id)


@router.post("/operations/{id}/consent", status_code=201)
def open_consent(
    centre: AtCentre, visitor: ActingVisitor, id: OperationPath, pages: PagesForPhones
) -> ConsentCode:
    """A code with which the spouse agrees to the operation, once, on their own phone; the page is
    the centre's, and the spouse proves there who they are.

    Refuses not-awaiting-consent.
    """
    return centre.operations.open_consent(visitor, id, pages)


@router.post("/operations/{id}/login", status_code=201)
def open_operation_login(
    centre: AtCentre, visitor: ActingVisitor, id: OperationPath, pages: PagesForPhones
) -> PhoneLogin:
    """Open a login with which the citizen's phone agrees to this operation and to nothing else.

    Refuses way-closed, not-drafted.
    """
    centre.ways.must_be_open("phone")
    return centre.operations.open_login(visitor, id, pages)


@router.post("/operations/{id}/face", status_code=201)
def open_operation_face(
    centre: AtCentre, visitor: ActingVisitor, id: OperationPath
) -> FaceChallenge:
    """What a capture is bound to that shows the face of the operation's citizen.

    Refuses face-closed, face-locked, name-not-confirmed, not-drafted.
    """
    centre.sessions.must_be_open_to_faces(visitor)
    centre.operations.must_be_drafted(visitor, id)
    return centre.faces.challenge(visitor.session, id)


@router.post("/operations/{id}/face/check", status_code=204)
def check_operation_face(
    centre: AtCentre, visitor: ActingVisitor, id: OperationPath, body: FacePicture
) -> None:
    """Check the sealed picture, for this operation and for nothing else.

    Refuses face-closed, face-expired, face-unreadable, face-foreign, face-not-live, face-locked,
    name-not-confirmed, not-drafted.
    """
    centre.sessions.must_be_open_to_faces(visitor)
    centre.operations.must_be_drafted(visitor, id)
    centre.faces.check(visitor.session, visitor.terminal, body, id)


@router.post("/operations/{id}/confirmation")
def confirm(
    centre: AtCentre, visitor: ActingVisitor, id: OperationPath, body: Confirmation
) -> OperationStatus:
    """drafted becomes confirmed, in one transaction with the check that no other of the person and
    kind is confirmed or in progress. Every other state is answered as it is.

    Refuses quote-differs, in-flight, clerk-needed, clerk-unknown, clerk-own, evidence-missing,
    evidence-refused, code-expired, code-wrong, risk-person, risk-terminal, risk-often, risk-card,
    risk-payee; the third wrong code cancels the operation: operation-locked.
    """
    return centre.operations.confirm(visitor, id, body)


@router.post("/operations/{id}/cancellation")
def cancel(centre: AtCentre, visitor: ActingVisitor, id: OperationPath) -> OperationStatus:
    """drafted and confirmed become cancelled; every other state is answered as it is."""
    return centre.operations.cancel(visitor, id)


@router.post("/operations/{id}/referral/withdrawal")
def withdraw_application(centre: AtCentre, visitor: ActingVisitor, id: OperationPath) -> Operation:
    """An application on which another centre has not decided is taken back, where that centre still
    gives it back; every other operation is answered as it is. Refuses not-found."""
    return centre.operations.withdraw_application(visitor, id)


@router.post("/operations/{id}/told", status_code=204)
def told(centre: AtCentre, visitor: ActingVisitor, id: OperationPath) -> None:
    """The page of the end was on the screen; may be said again. Refuses not-ended."""
    centre.operations.told(visitor, id)


@router.post("/operations/{id}/commit")
def commit(centre: AtCentre, terminal: Terminal, id: OperationPath) -> OperationStatus:
    """Carry out what was confirmed, with the terminal's TLS certificate and without a session.

    Only confirmed acts, in one transaction with the money. In progress and final states are
    answered and nothing moves. Refuses not-confirmed, other-terminal.
    """
    return centre.operations.commit(terminal, id)


@router.get("/operations/{id}/status")
def operation_status(centre: AtCentre, terminal: Terminal, id: OperationPath) -> OperationStatus:
    """How far the operation is, for its terminal and without a session; from the primary, never
    from a copy. Refuses other-terminal."""
    return centre.operations.status(terminal, id)
