"""Applications 转办 on which another centre decides after an operation here is done.

The other centre takes a step each ``STEP_S`` on the centre's clock, and decides with the last one.
"""

from __future__ import annotations

from datetime import date

from kiosk.centre.models import RefusalBody
from kiosk.centre.operations import Referral
from kiosk.operation import ReferralState
from kiosk.workshop.sandbox.cases import Movement, OrderTarget, PersonCase, Ruling, Terms
from kiosk.workshop.sandbox.store import Row, Store, yuan

STEP_S = 24 * 3600.0


def apply(case: PersonCase, target: OrderTarget, terms: Terms, serial: str) -> list[Movement]:
    """Nothing moves here: the other centre has the application, and decides."""
    return []


def begin(
    store: Store, operation: str, centre: str, stages: tuple[str, ...], by: date, now: float
) -> None:
    """The application of ``operation`` is on its way to ``centre``, which decides ``by`` then, once
    it has gone through ``stages``."""
    store.insert(
        "referral",
        {
            "operation": operation,
            "centre": centre,
            "state": ReferralState.WAITING,
            "stage": stages[0] if stages else "",
            "ahead": " ".join(stages[1:]),
            "day": by.isoformat(),
            "next": now + STEP_S,
        },
    )


def due(store: Store, now: float, *, also_withdrawn: bool = False) -> list[Row]:
    """The applications of which the other centre takes its next step now; ``also_withdrawn``: a bug
    has those among them that were taken back."""
    return store.all(
        "SELECT * FROM referral WHERE state IN (?, ?) AND next <= ?",
        ReferralState.WAITING,
        ReferralState.WITHDRAWN if also_withdrawn else ReferralState.WAITING,
        now,
    )


def go_on(store: Store, row: Row) -> None:
    """The other centre has come to its next stage."""
    stage, _space, ahead = row["ahead"].partition(" ")
    store.run(
        "UPDATE referral SET stage = ?, ahead = ?, next = next + ? WHERE operation = ?",
        stage,
        ahead,
        STEP_S,
        row["operation"],
    )


def decide(store: Store, row: Row, ruling: Ruling, today: date) -> None:
    """The other centre has decided."""
    refusal, paid = ruling.refusal, ruling.paid
    store.run(
        "UPDATE referral SET state = ?, stage = ?, day = ?, amount = ?, refusal = ? "
        "WHERE operation = ?",
        ReferralState.REFUSED if refusal else ReferralState.GRANTED,
        ruling.stage,
        today.isoformat(),
        paid.amount if paid else None,
        refusal.body.model_dump_json() if refusal else None,
        row["operation"],
    )


def withdrawable(row: Row, too_late: tuple[str, ...]) -> bool:
    """Whether the other centre still gives the application back."""
    return row["state"] == ReferralState.WAITING and row["stage"] not in too_late


def withdraw(store: Store, row: Row, stage: str, today: date) -> None:
    """The application is the citizen's again, and nobody decides on it."""
    store.run(
        "UPDATE referral SET state = ?, stage = ?, ahead = '', day = ? WHERE operation = ?",
        ReferralState.WITHDRAWN,
        stage,
        today.isoformat(),
        row["operation"],
    )


def waiting(
    store: Store, person: str, business: str, centre: str | None = None, item: str | None = None
) -> Row | None:
    """The operation of ``business``, for ``centre`` and ``item`` where they are given, on which
    another centre has not decided yet."""
    return store.one(
        "SELECT operation.* FROM referral JOIN operation ON id = operation "
        "WHERE referral.state = ? AND person = ? AND business = ? "
        "AND coalesce(? = centre, 1) AND coalesce(? = json_extract(target, '$.field'), 1)",
        ReferralState.WAITING,
        person,
        business,
        centre,
        item,
    )


def of(store: Store, operation: str) -> Row | None:
    """The application of ``operation``, if it is done and another centre decides on it."""
    return store.one("SELECT * FROM referral WHERE operation = ?", operation)


def must_be(store: Store, operation: str) -> Row:
    """The application of ``operation``, which has one."""
    row = of(store, operation)
    assert row
    return row


def told(quoted: Referral, row: Row, too_late: tuple[str, ...]) -> Referral:
    """The application as the citizen's terminal hears of it."""
    why = RefusalBody.model_validate_json(row["refusal"]).reason if row["refusal"] else None
    return quoted.model_copy(
        update={
            "state": ReferralState(row["state"]),
            "stage": row["stage"],
            "day": date.fromisoformat(row["day"]),
            "amount": None if row["amount"] is None else yuan(row["amount"]),
            "why": why,
            "withdrawable": withdrawable(row, too_late),
        }
    )
