"""The stand-in centre's HTTP side: the contract's endpoints, each a call to the rules behind it."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Annotated, Any

from fastapi import APIRouter, Depends, FastAPI, Query, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from fastapi.routing import APIRoute
from starlette.exceptions import HTTPException
from starlette.types import Receive, Scope, Send

from kiosk.centre.document_orders import DocumentOrder
from kiosk.centre.evidence import SignIn
from kiosk.centre.face import FaceChallenge, FacePicture
from kiosk.centre.models import (
    Accounts,
    Catalogue,
    Document,
    DocumentRecords,
    Ledger,
    Loans,
    NameConfirmation,
    Person,
    Plan,
    PrintCount,
    PrintReport,
    Rating,
    Repayments,
    Session,
    SmsCheck,
    SmsSent,
    Withdrawals,
)
from kiosk.workshop.sandbox import (
    accounts,
    audit_routes,
    consent_page,
    controls,
    enrolment_page,
    enrolment_routes,
    handover_page,
    handover_routes,
    login_api,
    operation_controls,
    operation_routes,
    outlet_routes,
    phone_page,
    public_routes,
    state_page,
    unit_routes,
)
from kiosk.workshop.sandbox.asking import (
    CERTIFIED,
    REFUSED,
    SERIAL,
    ActingVisitor,
    AnyVisitor,
    AtCentre,
    Id,
    ProvedVisitor,
    Terminal,
    Token,
    named_terminal,
)
from kiosk.workshop.sandbox.bugs import CentreBug
from kiosk.workshop.sandbox.centre import StandInCentre
from kiosk.workshop.sandbox.offers import SERVICES
from kiosk.workshop.sandbox.refusals import Refused
from kiosk.workshop.sandbox.risk import DEMO_LIMITS, RiskLimits
from kiosk.workshop.sandbox.sessions import CODES_PER_DAY
from kiosk.workshop.sandbox.tls import certified_name, certified_serial

# -- the contract ---------------------------------------------------------------------------------

v1 = APIRouter(prefix="/v1", responses=REFUSED, dependencies=[Depends(named_terminal)])


@v1.get("/catalogue")
def catalogue(centre: AtCentre) -> Catalogue:
    """What this terminal may offer now, and the words around it."""
    own = {"ways": centre.ways.offers(), "staff": centre.staff.edition}
    return centre.offers.catalogue().model_copy(update=own)


@v1.post("/sessions", status_code=201)
def sign_in(centre: AtCentre, terminal: Terminal, body: SignIn) -> Session:
    """Open a session with the evidence of a way in.

    Refuses way-closed, card-expired, card-lost, no-account, card-name-differs, card-not-on-file,
    card-is-credit, login-over, fund-code-over, unit-wrong, try-later, risk-sign-ins.
    """
    if body.terminal != terminal:
        raise Refused("request-invalid")
    return centre.sessions.open(body)


@v1.delete("/sessions/current", status_code=204)
def sign_out(centre: AtCentre, token: Token) -> None:
    """End the session; one that has ended already is 204 as well."""
    centre.sessions.close(token)


@v1.post("/sessions/current/name")
def confirm_name(centre: AtCentre, visitor: AnyVisitor, body: NameConfirmation) -> Session:
    """The citizen says whether the full name is theirs. Refuses name-not-confirmed."""
    return centre.sessions.confirm_name(visitor, body.confirmed)


@v1.post("/sessions/current/sms")
def send_sms(centre: AtCentre, visitor: AnyVisitor) -> SmsSent:
    """Send a code to the phone on file.

    Refuses name-not-confirmed, code-locked, sms-too-soon, sms-daily-limit.
    """
    return centre.sessions.send_code(visitor)


@v1.post("/sessions/current/sms/check")
def check_sms(centre: AtCentre, visitor: AnyVisitor, body: SmsCheck) -> Session:
    """Prove who is there with the code. Refuses code-wrong, code-expired, code-locked."""
    return centre.sessions.check_code(visitor, body.code.reveal())


@v1.post("/sessions/current/face")
def face_challenge(centre: AtCentre, visitor: AnyVisitor) -> FaceChallenge:
    """What a capture of a face is bound to, and the notice before it.

    Refuses face-closed, face-locked, name-not-confirmed.
    """
    centre.sessions.must_be_open_to_faces(visitor)
    return centre.faces.challenge(visitor.session)


@v1.post("/sessions/current/face/check")
def check_face(centre: AtCentre, visitor: AnyVisitor, body: FacePicture) -> Session:
    """Prove who is there by a live face. Refuses face-closed, face-expired, face-unreadable,
    face-foreign, face-not-live, face-locked, name-not-confirmed."""
    centre.sessions.must_be_open_to_faces(visitor)
    centre.faces.check(visitor.session, visitor.terminal, body)
    return centre.sessions.face_checked(visitor)


@v1.get("/person")
def person(visitor: ActingVisitor) -> Person:
    """The account holder; in a session that serves a unit, its agent."""
    return accounts.person(visitor)


@v1.get("/accounts")
def list_accounts(centre: AtCentre, visitor: ProvedVisitor) -> Accounts:
    """All accounts, those in use first."""
    return tuple(centre.accounts.accounts(visitor))


@v1.get("/accounts/{id}/ledger")
def ledger(
    centre: AtCentre,
    visitor: ProvedVisitor,
    id: Id,
    year: Annotated[int | None, Query(ge=1990, le=2100)] = None,
) -> Ledger:
    """The bookings of a year; without ``year``, of the newest that has any."""
    centre.offers.must_be_open("ledger")
    return centre.accounts.ledger(visitor, id, year)


@v1.get("/accounts/{id}/withdrawals")
def withdrawals(centre: AtCentre, visitor: ProvedVisitor, id: Id) -> Withdrawals:
    """Newest first, with cumulative totals."""
    centre.offers.must_be_open("withdrawals")
    return tuple(centre.accounts.withdrawals(visitor, id))


@v1.get("/loans")
def list_loans(centre: AtCentre, visitor: ProvedVisitor) -> Loans:
    """All loans, the newest first."""
    centre.offers.must_be_open("loan")
    return tuple(centre.accounts.loans(visitor))


@v1.get("/loans/{id}/plan")
def plan(centre: AtCentre, visitor: ProvedVisitor, id: Id) -> Plan:
    """The instalments still to come."""
    return tuple(centre.accounts.plan(visitor, id))


@v1.get("/loans/{id}/repayments")
def repayments(centre: AtCentre, visitor: ProvedVisitor, id: Id) -> Repayments:
    """What was paid or is overdue, newest first."""
    return tuple(centre.accounts.repayments(visitor, id))


@v1.post(
    "/documents",
    status_code=201,
    responses={200: {"model": Document, "description": "The same key again: the same document"}},
)
def make_document(
    centre: AtCentre, visitor: ActingVisitor, body: DocumentOrder, response: Response
) -> Document:
    """Make and seal a document.

    Refuses account-closed, account-frozen, addressee-unknown, key-reused, loan-not-settled,
    no-bookings, no-plan, nothing-agreed, operation-not-done, print-limit, purpose-unknown,
    seal-unavailable, service-closed, unit-only.
    """
    document, new = centre.documents.make(visitor, body)
    response.status_code = 201 if new else 200
    return document


@v1.get("/documents")
def list_documents(centre: AtCentre, visitor: ActingVisitor) -> DocumentRecords:
    """Every document that was made for the person or their units, the newest first."""
    return tuple(centre.documents.records(visitor))


@v1.get(
    "/documents/{id}/file",
    response_class=Response,
    responses={
        200: {
            "description": "The signed PDF",
            "content": {"application/pdf": {"schema": {"type": "string", "format": "binary"}}},
        }
    },
)
def document_file(centre: AtCentre, visitor: ActingVisitor, id: Id) -> Response:
    """The signed file of a document of this session."""
    return Response(centre.documents.file(visitor, id), media_type="application/pdf")


@v1.get(
    "/revocations",
    response_class=Response,
    responses={
        200: {
            "description": "Lists of RFC 5280 5 in DER (RFC 2585 4.2), one after another",
            "content": {"application/pkix-crl": {"schema": {"type": "string", "format": "binary"}}},
        }
    },
)
def revocations(centre: AtCentre, terminal: Terminal) -> Response:
    """The revocation lists of those who issue the centre's seals, renewed every day."""
    return Response(centre.documents.revocations(), media_type="application/pkix-crl")


@v1.post("/documents/{id}/prints")
def report_print(
    centre: AtCentre,
    terminal: Terminal,
    id: Id,
    body: PrintReport,
) -> PrintCount:
    """Report what really came out; told by the terminal, also after the session has ended."""
    return centre.documents.report_print(terminal, id, body)


@v1.post("/ratings", status_code=204)
def rate(centre: AtCentre, body: Rating) -> None:
    """好差评, anonymous: nothing of the session is kept with it."""
    if body.service not in SERVICES:
        raise Refused("not-found")
    centre.store.insert("rating", {"service": body.service, "level": body.level})


# -- the application ------------------------------------------------------------------------------


class _FaultyApi(FastAPI):
    """The API inside the faults: a fault runs outside the application, so that it can cut the
    connection."""

    def openapi(self) -> dict[str, Any]:
        """The document; an operation that needs no session says so with an empty list."""
        document = super().openapi()
        for operations in document["paths"].values():
            for operation in operations.values():
                operation.setdefault("security", [])
        return document

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        scope[CERTIFIED] = certified_name(send)
        scope[SERIAL] = certified_serial(send)
        await self.state.centre.faults.apply(super().__call__, scope, receive, send)


def create_app(
    directory: Path,
    *,
    delay: tuple[float, float] = (0.0, 0.0),
    fixed_code: str | None = None,
    codes_per_day: int = CODES_PER_DAY,
    fresh: bool = True,
    ticks: Callable[[], float] = time.monotonic,
    risk: RiskLimits | None = DEMO_LIMITS,
    bugs: frozenset[CentreBug] = frozenset(),
) -> FastAPI:
    """The centre on the files in ``directory``: ``centre.db``, the seal's key, ``root.pem``.

    Every answer takes between ``delay[0]`` and ``delay[1]`` seconds more. ``fixed_code`` (6 digits)
    replaces the random SMS codes, which ``/sandbox/messages`` lists. ``codes_per_day`` is per
    phone. With ``fresh`` False the database of the last run is kept. ``ticks`` gives the seconds by
    which sessions and codes expire. ``risk``: what 稽核 stops; None: nothing. ``bugs`` are for
    tests that look for them. The end of the application's lifespan closes the database.
    """
    centre = StandInCentre(
        directory,
        delay=delay,
        fixed_code=fixed_code,
        codes_per_day=codes_per_day,
        fresh=fresh,
        ticks=ticks,
        risk=risk,
        bugs=bugs,
    )
    app = _bare_app()
    app.state.centre = centre
    app.state.api = ""  # the contract's address over TLS
    app.state.beside = ""  # the address for phones, where the server has one of its own
    return app


def openapi() -> dict[str, Any]:
    """The contract as an OpenAPI document, without a database behind it."""
    return _bare_app().openapi()


def _bare_app() -> FastAPI:
    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        yield
        app.state.centre.close()

    app = _FaultyApi(
        title="住房公积金自助终端 · 中心接口",
        summary="What a self-service terminal asks of a housing provident fund centre",
        description=(
            "Field names follow JGJ/T 320-2014. Money is a decimal string with two places, days "
            "are YYYYMMDD, months YYYY-MM. Every 4xx answer carries a RefusalBody. "
            "From /v1/person on, a session of the level “proved” is needed. Every request names "
            "its terminal in the header X-Terminal. Where a body has a field “terminal” too, both "
            "are equal, and a session serves only the terminal that has opened it; a centre "
            "refuses anything else. An operation with an empty list of security needs no session, "
            "only the terminal's own certificate (mutual TLS)."
        ),
        servers=[
            {
                "url": "https://centre.example",
                "description": "The centre's address: [centre] url of the terminal's settings",
            }
        ],
        version="1",
        lifespan=lifespan,
        docs_url=None,
        redoc_url=None,
        separate_input_output_schemas=False,
        generate_unique_id_function=_operation_id,
    )
    app.include_router(v1)
    app.include_router(operation_routes.router)
    app.include_router(outlet_routes.router)
    app.include_router(audit_routes.router)
    app.include_router(enrolment_routes.router)
    app.include_router(enrolment_routes.certified)
    app.include_router(public_routes.router)
    app.include_router(unit_routes.router)
    app.include_router(login_api.v1)
    app.include_router(handover_routes.router)
    app.include_router(phone_page.router)
    app.include_router(state_page.router)
    app.include_router(consent_page.router)
    app.include_router(handover_page.router)
    app.include_router(enrolment_page.router)
    app.include_router(controls.router)
    app.include_router(operation_controls.router)
    app.add_exception_handler(Refused, _refused)
    app.add_exception_handler(RequestValidationError, _not_understood)
    # JSON accepts half of a surrogate pair, which UTF-8 cannot encode: a request may carry one.
    app.add_exception_handler(UnicodeEncodeError, _not_understood)
    app.add_exception_handler(HTTPException, _not_served)
    return app


def _operation_id(route: APIRoute) -> str:
    return route.name


def _refused(_: Request, error: Exception) -> Response:
    assert isinstance(error, Refused)
    headers = {"WWW-Authenticate": "Bearer"} if error.status == 401 else {}
    if error.retry_after_s is not None:
        headers["Retry-After"] = str(error.retry_after_s)
    return JSONResponse(error.body.model_dump(mode="json"), error.status, headers)


def _not_understood(_: Request, __: Exception) -> Response:
    """Answers a request that does not fit the contract; the answer repeats nothing of it."""
    return JSONResponse(Refused("request-invalid").body.model_dump(mode="json"), 422)


def _not_served(_: Request, error: Exception) -> Response:
    """Answers unknown paths and methods, and bodies that are not JSON."""
    assert isinstance(error, HTTPException)
    code = "request-not-served" if error.status_code in (404, 405) else "request-invalid"
    body = Refused(code).body.model_dump(mode="json")
    return JSONResponse(body, error.status_code, error.headers)
