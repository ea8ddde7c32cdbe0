"""The levers of operations: the clock, what becomes of a commit, what money has moved."""

from __future__ import annotations

from typing import Any, Literal

from fastapi import APIRouter
from pydantic import BaseModel, Field, field_validator

from kiosk.operation import OperationState
from kiosk.workshop.sandbox.asking import AtCentre
from kiosk.workshop.sandbox.operations import Course
from kiosk.workshop.sandbox.refusals import known_codes

router = APIRouter(prefix="/sandbox", include_in_schema=False)


class Advance(BaseModel):
    """Seconds that pass at once on the centre's clock."""

    seconds: float = Field(ge=0, le=10**7)


class CourseOrder(BaseModel):
    """What becomes of the next ``times`` commits (None: of all): ``ends_as``, at once or after
    ``after_s`` seconds in progress (None: until ``/sandbox/operations/settled``)."""

    ends_as: Literal["done", "refused"] = "done"
    after_s: float | None = Field(default=0.0, ge=0, le=10**7)
    code: str = "account-not-eligible"  # of a refusal
    times: int | None = Field(default=1, ge=1, le=10**6)

    @field_validator("code")
    @classmethod
    def _is_known(cls, code: str) -> str:
        if code not in known_codes():
            raise ValueError("no such refusal")
        return code


class FactChange(BaseModel):
    """What another agency knows of a person from now on; None leaves it as it is."""

    marital: str | None = None
    retired_on: str | None = None
    owns_home: int | None = None
    pays_elsewhere: int | None = None
    sms_signed: int | None = None
    card_signed: int | None = None
    card_closed: int | None = None


@router.post("/clock", status_code=204)
def advance(centre: AtCentre, by: Advance) -> None:
    centre.clock.advance(by.seconds)


@router.post("/operations/course", status_code=204)
def steer(centre: AtCentre, order: CourseOrder) -> None:
    centre.operations.steer(
        Course(OperationState(order.ends_as), order.after_s, order.code, order.times)
    )


@router.delete("/operations/course", status_code=204)
def straight_on(centre: AtCentre) -> None:
    centre.operations.steer(None)


@router.post("/operations/settled", status_code=204)
def settle(centre: AtCentre) -> None:
    """End everything that is in progress, as its course says."""
    centre.operations.settle()


@router.get("/operations")
def operations(centre: AtCentre) -> list[dict[str, Any]]:
    """All operations, oldest first, without their keys and quotes."""
    rows = centre.store.all(
        "SELECT id, person, kind, business, terminal, state, was_confirmed, told, reference, "
        "drafted_at, ended_at FROM operation ORDER BY rowid"
    )
    return [dict(row) for row in rows]


@router.get("/movements")
def movements(centre: AtCentre) -> list[dict[str, Any]]:
    """Every movement of money, oldest first, in fen: more than one of an operation and account is
    a fault of the centre."""
    return [dict(row) for row in centre.store.all("SELECT * FROM movement ORDER BY id")]


@router.put("/elsewhere/{person}/{code}", status_code=204)
def change_elsewhere(centre: AtCentre, person: str, code: str, status: str) -> None:
    """What another centre says of the person's account there, a state of table A.6."""
    centre.store.run(
        "UPDATE elsewhere SET status = ? WHERE person = ? AND centre = ?", status, person, code
    )


@router.put("/accounts/{number}", status_code=204)
def change_account(centre: AtCentre, number: str, status: str) -> None:
    """What an account is from now on, a state of table A.6; nothing is booked."""
    centre.store.run("UPDATE account SET status = ? WHERE number = ?", status, number)


@router.patch("/facts/{person}", status_code=204)
def change_facts(centre: AtCentre, person: str, change: FactChange) -> None:
    for column, value in change.model_dump(exclude_none=True).items():
        # The columns are the fields of FactChange.
        centre.store.run(f"UPDATE fact SET {column} = ? WHERE person = ?", value, person)  # noqa: S608
