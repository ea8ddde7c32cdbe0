"""Payments to the citizen's card after an operation is done: due, paid, or sent back by the bank.

The bank pays ``PAID_AFTER_S`` after the commit, on the centre's clock, and sends the money back
when it has closed the card by then. A new card on file has what was sent back paid once more, after
its cool-down; and so has what was still on its way to a card that the bank has closed. What is on
its way to a card that is open stays so.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from kiosk.centre.models import CentreWords
from kiosk.centre.operations import Payout
from kiosk.operation import PayoutState
from kiosk.workshop.sandbox.store import Row, Store

PAID_AFTER_S = 24 * 3600.0
"""Also the cool-down of a new card, so that a payment to it is due when the cool-down is over."""
_CLOSED = CentreWords(
    zh="银行退回：收款银行卡已经注销。",
    en="Sent back by the bank: the card is closed.",
)


@dataclass(frozen=True, slots=True)
class PayoutEnd:
    """What has become of the payment of an operation, of which its citizen hears by SMS."""

    operation: str
    state: PayoutState


def begin(store: Store, operation: str, card: str, by: date, now: float) -> None:
    """The money of ``operation`` is on its way to ``card``, and there ``by`` that day."""
    row = {
        "operation": operation,
        "card": card,
        "state": PayoutState.DUE,
        "day": by.isoformat(),
        "due": now + PAID_AFTER_S,
    }
    store.insert("payout", row)


def pay_again(
    store: Store, person: str, card: str, by: date, now: float, *, closed: str | None
) -> None:
    """Have paid to ``card`` what the bank has sent back of ``person``, or will send back because it
    has ``closed`` the card before: 换卡重付."""
    store.run(
        "UPDATE payout SET state = ?, card = ?, day = ?, due = ? "
        "WHERE (state = ? OR (state = ? AND card = ?)) "
        "AND operation IN (SELECT id FROM operation WHERE person = ?)",
        PayoutState.DUE,
        card,
        by.isoformat(),
        now + PAID_AFTER_S,
        PayoutState.RETURNED,
        PayoutState.DUE,
        closed,
        person,
    )


def settle(store: Store, today: date, now: float) -> list[PayoutEnd]:
    """Pay what is due now, or have it sent back."""
    ends = []
    for row in store.all(
        "SELECT payout.operation, fact.card_closed FROM payout JOIN operation ON id = operation "
        "JOIN fact ON fact.person = operation.person WHERE payout.state = ? AND due <= ?",
        PayoutState.DUE,
        now,
    ):
        state = PayoutState.RETURNED if row["card_closed"] else PayoutState.PAID
        store.run(
            "UPDATE payout SET state = ?, day = ? WHERE operation = ?",
            state,
            today.isoformat(),
            row["operation"],
        )
        ends.append(PayoutEnd(row["operation"], state))
    return ends


def of(store: Store, operation: str) -> Row | None:
    """The payment of ``operation``, if it is done and pays anybody."""
    return store.one("SELECT * FROM payout WHERE operation = ?", operation)


def told(row: Row) -> Payout:
    """The payment as the citizen's terminal hears of it."""
    state = PayoutState(row["state"])
    why = _CLOSED if state is PayoutState.RETURNED else None
    return Payout(state=state, day=date.fromisoformat(row["day"]), why=why)
