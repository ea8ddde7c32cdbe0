"""Consents of spouses: a code that serves once, and who answers it on a phone with a password."""

from __future__ import annotations

import hashlib
import secrets
from dataclasses import dataclass
from typing import Literal

from kiosk.centre.operations import ConsentCode
from kiosk.privacy import Sensitive
from kiosk.workshop.sandbox.pins import right_password
from kiosk.workshop.sandbox.store import Store
from kiosk.workshop.sandbox.tries import Tries

VALID_S = 600
WRONG_PASSWORDS = 3
ConsentAnswer = Literal["agreed", "declined", "wrong", "over"]


@dataclass(frozen=True, slots=True)
class Consenting:
    """What a code of the phone is about: the operation that waits, and whose consent it needs."""

    code: str
    operation: str
    consenter: str


def open_code(store: Store, operation: str, base: str, now: float) -> ConsentCode:
    """A new code for ``operation``; every older one is over. ``base``: where phones reach the
    centre."""
    store.run("UPDATE consent SET state = 'over' WHERE operation = ?", operation)
    code = secrets.token_urlsafe(16)
    row = {"code": _digest(code), "operation": operation, "state": "open", "wrong": 0}
    store.insert("consent", row | {"opened": now})
    return ConsentCode(content=Sensitive(f"{base}/consent/{code}"), valid_s=VALID_S)


def find(store: Store, code: str, now: float) -> Consenting | None:
    """What ``code`` is about; None when it serves no more."""
    row = store.one(
        "SELECT consent.code, operation, consenter FROM consent JOIN operation ON id = operation "
        "WHERE consent.code = ? AND consent.state = 'open' AND consent.opened > ? "
        "AND operation.state = 'awaiting-consent'",
        _digest(code),
        now - VALID_S,
    )
    return Consenting(row["code"], row["operation"], row["consenter"]) if row else None


def proved(store: Store, tries: Tries, about: Consenting, person: str, password: str) -> bool:
    """Whether the person at the phone is the spouse: their own query password says so. The third
    wrong one ends the code, and counts as any other wrong secret of the person: who has the
    terminal's code made anew has no more tries. Refuses try-later."""
    right = tries.weigh(person, lambda: right_password(store, person, password))
    if right and person == about.consenter:
        store.run("UPDATE consent SET state = 'over' WHERE code = ?", about.code)
        return True
    store.run(
        "UPDATE consent SET wrong = wrong + 1, "
        "state = CASE WHEN wrong + 1 >= ? THEN 'over' ELSE state END WHERE code = ?",
        WRONG_PASSWORDS,
        about.code,
    )
    return False


def _digest(code: str) -> str:
    return hashlib.sha256(code.encode("utf-8", "surrogatepass")).hexdigest()
