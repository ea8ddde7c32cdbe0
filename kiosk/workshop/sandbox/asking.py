"""What an endpoint of the stand-in centre needs: the centre, the terminal, whose session it is."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import Depends, Header, Request
from fastapi import Path as InPath
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer

from kiosk.centre.level import Level
from kiosk.centre.models import RefusalBody
from kiosk.operation import OPERATION_ID
from kiosk.workshop.sandbox.centre import StandInCentre
from kiosk.workshop.sandbox.refusals import Refused
from kiosk.workshop.sandbox.sessions import TokenHolder

REFUSED: dict[int | str, dict[str, Any]] = {
    "4XX": {"model": RefusalBody, "description": "Refused: why, what next, the number to quote"}
}
"""The answer that every endpoint may give instead."""

CERTIFIED = "kiosk.terminal"
"""Where the scope of a request holds the name in the client's certificate; None without TLS."""
SERIAL = "kiosk.serial"
"""Where the scope of a request holds the serial number of that certificate."""
_bearer = HTTPBearer(auto_error=False, description="The session's token")


def _centre(request: Request) -> StandInCentre:
    centre: StandInCentre = request.app.state.centre
    return centre


def _token(
    credentials: Annotated[HTTPAuthorizationCredentials | None, Depends(_bearer)],
) -> str | None:
    return credentials.credentials if credentials else None


AtCentre = Annotated[StandInCentre, Depends(_centre)]
Token = Annotated[str | None, Depends(_token)]
Terminal = Annotated[
    str,
    Header(alias="X-Terminal", pattern=r"^[A-Za-z0-9._-]{1,32}$", description="The terminal's id"),
]
OperationPath = Annotated[str, InPath(pattern=OPERATION_ID, description="The operation's id")]
Id = Annotated[str, InPath(min_length=1, max_length=64)]


def _pages(request: Request) -> str:
    beside: str = request.app.state.beside
    return beside or str(request.base_url).rstrip("/")


PagesForPhones = Annotated[str, Depends(_pages)]
"""The address before the pages that a phone opens: where a phone needs no certificate."""


def named_terminal(request: Request, centre: AtCentre, terminal: Terminal) -> str:
    """Every request names its terminal in the header ``X-Terminal``. Over TLS, the certificate of
    the connection names the terminal, and the header must agree. Refuses terminal-unknown,
    terminal-stopped."""
    certified = request.scope.get(CERTIFIED)
    if certified is not None and certified != terminal:
        raise Refused("terminal-unknown")
    centre.enrolments.must_serve(terminal, request.scope.get(SERIAL, ""))
    return terminal


def _contract(request: Request) -> str:
    api: str = request.app.state.api
    return api or str(request.base_url).rstrip("/")


ContractAddress = Annotated[str, Depends(_contract)]
"""The address before ``/v1`` of the whole contract."""


def _visitor(centre: AtCentre, token: Token, terminal: Terminal) -> TokenHolder:
    return centre.sessions.visitor(token, terminal)


def _proved(visitor: Annotated[TokenHolder, Depends(_visitor)]) -> TokenHolder:
    if visitor.level < Level.PROVED:
        raise Refused("proof-needed")
    return visitor


def _own(visitor: Annotated[TokenHolder, Depends(_proved)]) -> TokenHolder:
    if visitor.unit:
        raise Refused("unit-only")
    return visitor


def _visitor_if_any(centre: AtCentre, token: Token, terminal: Terminal) -> TokenHolder | None:
    return None if token is None else _own(_proved(_visitor(centre, token, terminal)))


def _acting_if_any(centre: AtCentre, token: Token, terminal: Terminal) -> TokenHolder | None:
    return None if token is None else _proved(_visitor(centre, token, terminal))


AnyVisitor = Annotated[TokenHolder, Depends(_visitor)]
ProvedVisitor = Annotated[TokenHolder, Depends(_own)]
"""Who has proved who they are, in a session of their own: one that was opened with a unit's account
is refused with unit-only."""
ActingVisitor = Annotated[TokenHolder, Depends(_proved)]
"""As ``ProvedVisitor``, or the agent in a session that serves one unit only."""
VisitorIfAny = Annotated[TokenHolder | None, Depends(_visitor_if_any)]
"""None: nobody has signed in. A token that is sent must be good."""
ActingIfAny = Annotated[TokenHolder | None, Depends(_acting_if_any)]
"""As ``VisitorIfAny``, or the agent in a session that serves one unit only."""
