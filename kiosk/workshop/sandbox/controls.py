"""The levers of the stand-in centre, for the desk, tests and training; a real centre has none."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request
from pydantic import BaseModel

from kiosk.centre.models import CentreWords, Offer
from kiosk.workshop.sandbox.agreement import agreement
from kiosk.workshop.sandbox.centre import StandInCentre
from kiosk.workshop.sandbox.faults import CentreFault
from kiosk.workshop.sandbox.risk import RiskLimits
from kiosk.workshop.sandbox.sessions import IDLE_S, NO_FACES, ON_PHONE
from kiosk.workshop.sandbox.staff import StaffMember

router = APIRouter(prefix="/sandbox", include_in_schema=False)


def _centre(request: Request) -> StandInCentre:
    centre: StandInCentre = request.app.state.centre
    return centre


AtCentre = Annotated[StandInCentre, Depends(_centre)]


class Switch(BaseModel):
    """Opens or closes a service; ``because``: the reason that citizens read."""

    open: bool
    because: CentreWords | None = None


class AskedAgreement(BaseModel):
    """Whether citizens agree before they sign in; ``bank``: whose machine the terminal is."""

    wanted: bool
    bank: CentreWords | None = None


@router.post("/faults", status_code=204)
def add_fault(centre: AtCentre, fault: CentreFault) -> None:
    centre.faults.add(fault)


@router.delete("/faults", status_code=204)
def clear_faults(centre: AtCentre) -> None:
    centre.faults.clear()


@router.post("/faces", status_code=204)
def switch_faces(centre: AtCentre, switch: Switch) -> None:
    """Check faces, or close that way with a reason."""
    centre.sessions.faces_closed = None if switch.open else switch.because or NO_FACES


@router.get("/faces")
def faces(centre: AtCentre) -> list[dict[str, Any]]:
    """The challenges, oldest first, with consent and outcome. No picture is kept."""
    return _rows(centre, "SELECT session, consent, used, outcome, at FROM face ORDER BY rowid")


@router.get("/messages")
def messages(centre: AtCentre) -> list[dict[str, Any]]:
    """The SMS that were sent, newest first. They stand here in place of the citizens' phones."""
    return _rows(
        centre,
        "SELECT phone, code, text, at FROM (SELECT phone, code, text, at, sent FROM message "
        "UNION ALL SELECT phone, code, text, at, sent FROM notice ORDER BY sent DESC)",
    )


@router.get("/prints")
def prints(centre: AtCentre) -> list[dict[str, Any]]:
    """The reported print jobs, oldest first; ``complete`` is 0 or 1."""
    return _rows(
        centre,
        "SELECT document, document.number AS number, job, print.terminal AS terminal, "
        "print.pages AS pages, complete, at FROM print "
        "JOIN document ON document.id = print.document ORDER BY print.rowid",
    )


@router.get("/documents")
def documents(centre: AtCentre) -> list[dict[str, Any]]:
    """The documents that were made, oldest first; ``subject``: the account, or the reference of the
    operation, that a document is about."""
    sql = "SELECT id, number, kind, subject, sha256, pages FROM document ORDER BY rowid"
    return _rows(centre, sql)


@router.delete("/documents/{code}", status_code=204)
def void_document(centre: AtCentre, code: str) -> None:
    """Let the document with this verification code count no longer, as if its time had passed."""
    centre.documents.void(code)


@router.get("/complaints")
def complaints(centre: AtCentre) -> list[dict[str, Any]]:
    """What was complained of, oldest first; the numbers to call back are masked."""
    return centre.complaints.listed()


@router.put("/handover", status_code=204)
def switch_handover(centre: AtCentre, switch: Switch) -> None:
    """Whether a phone can go on where a terminal stops, until the next reset."""
    centre.offers.handover = switch.open


@router.get("/ratings")
def ratings(centre: AtCentre) -> list[dict[str, Any]]:
    return _rows(centre, "SELECT service, level FROM rating ORDER BY id")


@router.get("/sessions")
def sessions(centre: AtCentre) -> list[dict[str, Any]]:
    """The open sessions of terminals, without their tokens and persons."""
    now = centre.clock.ticks()
    return _rows(
        centre,
        "SELECT id, terminal, level, ? - used AS idle_s FROM session "
        "WHERE closed = 0 AND way != ? AND ? - used <= ? ORDER BY rowid",
        now,
        ON_PHONE,
        now,
        IDLE_S,
    )


@router.put("/offers/{service}")
def switch_offer(centre: AtCentre, service: str, switch: Switch) -> Offer:
    return centre.offers.switch(service, is_open=switch.open, because=switch.because)


@router.put("/offers/{service}/clerk", status_code=204)
def ask_for_clerk(centre: AtCentre, service: str, switch: Switch) -> None:
    """Have a clerk approve each operation of a service (``open``), until the next reset."""
    centre.offers.ask_for_clerk(service, wanted=switch.open)


@router.get("/approvals")
def approvals(centre: AtCentre) -> list[dict[str, Any]]:
    """What clerks have approved, by operation."""
    return _rows(centre, "SELECT operation, number, at FROM approval ORDER BY rowid")


@router.post("/offers", status_code=204)
def add_offer(centre: AtCentre, offer: Offer) -> None:
    """Offer one more service, of another maker, until the next reset."""
    centre.offers.add(offer)


@router.put("/risk", status_code=204)
def limit_risk(centre: AtCentre, limits: RiskLimits) -> None:
    """Have 稽核 stop what goes beyond ``limits``, until the next reset."""
    centre.risk.limits = limits


@router.get("/alarms")
def alarms(centre: AtCentre) -> list[dict[str, Any]]:
    """What looked like abuse, oldest first."""
    return _rows(centre, "SELECT kind, terminal, session FROM alarm ORDER BY id")


@router.put("/agreement", status_code=204)
def ask_for_agreement(centre: AtCentre, asked: AskedAgreement) -> None:
    """Have every visit begin with the agreement, or with none; a reset keeps that."""
    centre.offers.agreement = agreement(asked.bank) if asked.wanted else None


@router.get("/agreements")
def agreements(centre: AtCentre) -> list[dict[str, Any]]:
    """The version of the agreement of every session, newest first."""
    return _rows(centre, "SELECT id, agreement, way FROM session ORDER BY rowid DESC")


@router.put("/ways/{way}", status_code=204)
def switch_way(centre: AtCentre, way: str, switch: Switch) -> None:
    centre.ways.switch(way, is_open=switch.open, because=switch.because)


@router.post("/fund-codes/{person}", status_code=201)
def show_fund_code(centre: AtCentre, person: str) -> str:
    """The code that this person's phone shows now."""
    return centre.logins.show_fund_code(person)


@router.get("/logins")
def logins(centre: AtCentre) -> list[dict[str, str]]:
    """The login whose code a terminal shows now, for whoever plays the citizen's phone."""
    return centre.logins.shown()


class StaffOrder(BaseModel):
    """Somebody of the staff, and until when their card counts."""

    name: str
    role: str
    card: str
    pin: str
    until: datetime | None = None


@router.put("/staff/{number}", status_code=204)
def put_on_roster(centre: AtCentre, number: str, order: StaffOrder) -> None:
    """Put somebody on the roster of all terminals, until the next reset."""
    facts = (order.name, order.role, order.card, order.pin, order.until)
    centre.staff.put(StaffMember(number, *facts))


@router.delete("/staff/{number}", status_code=204)
def take_off_roster(centre: AtCentre, number: str) -> None:
    centre.staff.take_off(number)


@router.post("/reset", status_code=204)
def reset(centre: AtCentre) -> None:
    centre.reset()


def _rows(centre: StandInCentre, sql: str, *values: object) -> list[dict[str, Any]]:
    return [dict(row) for row in centre.store.all(sql, *values)]
