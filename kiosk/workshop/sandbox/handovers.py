"""Hand-overs to a phone: a code that serves once, who may use it, and the phone's own session."""

from __future__ import annotations

import hashlib
import json
import secrets
from dataclasses import asdict, dataclass
from typing import Literal

from kiosk.centre.handovers import (
    AccountHandover,
    ComplaintHandover,
    FormHandover,
    Handover,
    HandoverRequest,
    HandoverState,
    LoanHandover,
    WithdrawalsHandover,
)
from kiosk.operation import Business
from kiosk.privacy import Sensitive
from kiosk.workshop.sandbox.accounts import Accounts
from kiosk.workshop.sandbox.alarms import Alarms
from kiosk.workshop.sandbox.bugs import CentreBug
from kiosk.workshop.sandbox.businesses import RULES
from kiosk.workshop.sandbox.clock import Clock
from kiosk.workshop.sandbox.complaints import ComplaintDesk
from kiosk.workshop.sandbox.offers import Offers
from kiosk.workshop.sandbox.pins import right_password
from kiosk.workshop.sandbox.refusals import Refused
from kiosk.workshop.sandbox.sessions import Sessions, TokenHolder
from kiosk.workshop.sandbox.store import Row, Store
from kiosk.workshop.sandbox.tries import Tries

VALID_S = 300
WRONG_PASSWORDS = 3
PhoneTopic = Literal["account", "withdrawals", "loan", "requests", "form", "complaint"]


@dataclass(frozen=True, slots=True)
class PhoneWork:
    """What a phone goes on with, under the centre's own numbers."""

    topic: PhoneTopic
    account: str | None = None
    loan: str | None = None
    business: Business | None = None
    field: str | None = None
    complaint: int | None = None


class Handovers:
    """Opens codes for terminals, and lets each serve once, for the phone of the session's citizen.
    Every method may be called from any thread."""

    def __init__(
        self,
        store: Store,
        clock: Clock,
        *,
        sessions: Sessions,
        accounts: Accounts,
        offers: Offers,
        complaints: ComplaintDesk,
        tries: Tries,
        alarms: Alarms,
        bugs: frozenset[CentreBug] = frozenset(),
    ) -> None:
        self._for_all = CentreBug.HANDOVER_FOR_ALL in bugs
        self._of_any = CentreBug.HANDOVER_OF_ANY_ACCOUNT in bugs
        self._store = store
        self._clock = clock
        self._sessions = sessions
        self._accounts = accounts
        self._offers = offers
        self._complaints = complaints
        self._tries = tries
        self._alarms = alarms

    # -- for the terminal ---------------------------------------------------------------------

    def open(
        self, visitor: TokenHolder | None, terminal: str, request: HandoverRequest, base: str
    ) -> Handover:
        """A new code. ``base``: where phones reach the centre. Refuses handover-closed,
        proof-needed, unit-only, not-found, service-closed."""
        if not self._offers.handover:
            raise Refused("handover-closed")
        work = self._work(visitor, terminal, request)
        code, id_ = secrets.token_urlsafe(16), secrets.token_hex(16)
        row = {
            "id": id_,
            "code": _digest(code),
            "terminal": terminal,
            "session": visitor.session if visitor else "",
            "person": visitor.person["id"] if visitor and work.topic != "complaint" else None,
            "about": json.dumps(asdict(work)),
            "state": "waiting",
            "wrong": 0,
            "opened": self._clock.ticks(),
            "phone": "",
        }
        with self._store.transaction():
            self._store.run(
                "UPDATE handover SET state = 'over' WHERE terminal = ? AND state = 'waiting'",
                terminal,
            )
            self._store.insert("handover", row)
        return Handover(id=id_, content=Sensitive(f"{base}/handover/{code}"), valid_s=VALID_S)

    def _work(
        self, visitor: TokenHolder | None, terminal: str, request: HandoverRequest
    ) -> PhoneWork:
        about = request.about
        if isinstance(about, ComplaintHandover):
            complaint = self._complaints.find(terminal, about.complaint)
            return PhoneWork("complaint", complaint=complaint)
        if visitor is None:
            raise Refused("proof-needed")
        if visitor.unit:
            raise Refused("unit-only")
        if isinstance(about, FormHandover):
            self._offers.must_be_open(RULES[about.business].service)
            return PhoneWork(
                "form",
                self._account(visitor, about.account),
                self._loan(visitor, about.loan),
                about.business,
                about.field,
            )
        if isinstance(about, AccountHandover):
            return PhoneWork("account", account=self._account(visitor, about.account))
        if isinstance(about, WithdrawalsHandover):
            self._offers.must_be_open("withdrawals")
            if self._of_any:
                return PhoneWork("withdrawals", account=about.account)
            return PhoneWork("withdrawals", account=self._account(visitor, about.account))
        if isinstance(about, LoanHandover):
            return PhoneWork("loan", loan=self._loan(visitor, about.loan))
        return PhoneWork("requests")

    def _account(self, visitor: TokenHolder, handle: str | None) -> str | None:
        return str(self._accounts.find(visitor, handle)["number"]) if handle else None

    def _loan(self, visitor: TokenHolder, handle: str | None) -> str | None:
        return str(self._accounts.find_loan(visitor, handle)["number"]) if handle else None

    def state(self, id: str, terminal: str) -> HandoverState:
        """How far the phone is. Refuses not-found for a hand-over of another terminal."""
        return HandoverState.model_validate({"state": self._now(self._row(id, terminal))})

    def void(self, id: str, terminal: str) -> None:
        """The page of the code was left. Refuses not-found."""
        self._row(id, terminal)
        self._store.run("UPDATE handover SET state = 'over' WHERE id = ? AND state = 'waiting'", id)

    # -- for the phone ------------------------------------------------------------------------

    def waiting(self, code: str) -> tuple[str, PhoneWork] | None:
        """The terminal and the work of a code that nobody has used; None: it serves no more."""
        row = self._by_code(code)
        if row is None or self._now(row) != "waiting":
            return None
        return row["terminal"], _work_of(row)

    def take(self, code: str, person: str, password: str) -> TokenHolder | None:
        """The phone's own session, for the citizen of the code, who proves it with their query
        password. None: they do not, or the code serves no more. The third wrong answer ends the
        code; a code that was used before, and the code of somebody else, are alarming. Refuses
        try-later."""
        with self._store.transaction():
            row = self._by_code(code)
            if row is None or row["person"] is None:
                return None
            if row["state"] == "taken":
                self._alarms.sound("code-replayed", row["terminal"], row["session"])
            if self._now(row) != "waiting":
                return None
            right = self._tries.weigh(person, lambda: right_password(self._store, person, password))
            if right and person == row["person"]:
                visitor = self._sessions.open_on_phone(row["session"], person)
                self._store.run(
                    "UPDATE handover SET state = 'taken', phone = ? WHERE id = ?",
                    visitor.session,
                    row["id"],
                )
                return visitor
            self._store.run(
                "UPDATE handover SET wrong = wrong + 1, "
                "state = CASE WHEN wrong + 1 >= ? THEN 'over' ELSE state END WHERE id = ?",
                WRONG_PASSWORDS,
                row["id"],
            )
            if right:  # a person of the centre, at the code of somebody else
                self._alarms.sound("other-person", row["terminal"], row["session"])
        return None

    def goes_on(self, code: str, token: str) -> tuple[TokenHolder, PhoneWork] | None:
        """Who goes on with what, on the phone that has taken ``code`` and holds ``token``."""
        row = self._by_code(code)
        if row is None or row["state"] != "taken":
            return None
        try:
            visitor = self._sessions.visitor_on_phone(token, row["phone"])
        except Refused:
            return None
        return visitor, _work_of(row)

    def told(self, code: str, words: str) -> bool:
        """Keep what somebody has written about their complaint, once; False: too late."""
        with self._store.transaction():
            row = self._by_code(code)
            work = _work_of(row) if row else None
            if row is None or work is None or work.complaint is None:
                return False
            if self._now(row) != "waiting":
                return False
            self._store.run("UPDATE handover SET state = 'taken' WHERE id = ?", row["id"])
            self._complaints.add_words(work.complaint, words)
        return True

    # -- inside -------------------------------------------------------------------------------

    def _now(self, row: Row) -> str:
        late = self._clock.ticks() - row["opened"] > VALID_S
        return "over" if late and row["state"] == "waiting" else str(row["state"])

    def _row(self, id: str, terminal: str) -> Row:
        row = self._store.one("SELECT * FROM handover WHERE id = ?", id)
        if not row or (row["terminal"] != terminal and not self._for_all):
            raise Refused("not-found")
        return row

    def _by_code(self, code: str) -> Row | None:
        return self._store.one("SELECT * FROM handover WHERE code = ?", _digest(code))


def _work_of(row: Row) -> PhoneWork:
    about = json.loads(row["about"])
    business = about.pop("business")
    return PhoneWork(business=Business(business) if business else None, **about)


def _digest(code: str) -> str:
    return hashlib.sha256(code.encode("utf-8", "surrogatepass")).hexdigest()
