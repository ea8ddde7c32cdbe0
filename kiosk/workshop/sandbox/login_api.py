"""The stand-in centre's endpoints for ways in: proofs, codes for the phone, keys for pads."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends

from kiosk.centre.evidence import FurtherProof, PhoneLogin, PhoneLoginState, PinKey
from kiosk.centre.models import Session
from kiosk.workshop.sandbox.asking import (
    REFUSED,
    AnyVisitor,
    AtCentre,
    Id,
    PagesForPhones,
    Terminal,
    Token,
    named_terminal,
)
from kiosk.workshop.sandbox.sessions import TokenHolder

v1 = APIRouter(prefix="/v1", responses=REFUSED, dependencies=[Depends(named_terminal)])


def _perhaps(centre: AtCentre, token: Token, terminal: Terminal) -> TokenHolder | None:
    return centre.sessions.visitor(token, terminal) if token else None


@v1.post("/sessions/current/proofs")
def prove(centre: AtCentre, visitor: AnyVisitor, body: FurtherProof) -> Session:
    """Raise the level of the session with further evidence.

    Refuses name-not-confirmed, other-person, pin-wrong, password-wrong, try-later, way-closed,
    login-over, fund-code-over, and what signing in refuses.
    """
    return centre.sessions.prove(visitor, body.evidence)


@v1.get("/sessions/current/pin-key")
def pin_key(centre: AtCentre, visitor: AnyVisitor) -> PinKey:
    """A key for the PIN of the bank card that opened the session. Refuses way-closed."""
    return centre.sessions.pin_key(visitor)


@v1.post("/logins", status_code=201)
def open_login(
    centre: AtCentre,
    terminal: Terminal,
    visitor: Annotated[TokenHolder | None, Depends(_perhaps)],
    pages: PagesForPhones,
) -> PhoneLogin:
    """Open a login for the citizen's phone. Refuses way-closed."""
    centre.ways.must_be_open("phone")
    return centre.logins.open(terminal, visitor.session if visitor else "", pages)


@v1.get("/logins/{id}")
def login_state(centre: AtCentre, terminal: Terminal, id: Id) -> PhoneLoginState:
    """How far the phone is."""
    return centre.logins.state(id, terminal)


@v1.delete("/logins/{id}", status_code=204)
def void_login(centre: AtCentre, terminal: Terminal, id: Id) -> None:
    """The page of the code was left: the code is worthless."""
    centre.logins.void(id, terminal)
