"""Logins on the citizen's phone: a code on the terminal's screen, agreed to on the phone, once."""

from __future__ import annotations

import hashlib
import secrets
from dataclasses import dataclass

from kiosk.centre.evidence import PhoneLogin, PhoneLoginState
from kiosk.privacy import Sensitive, mask_name
from kiosk.workshop.sandbox.alarms import Alarms
from kiosk.workshop.sandbox.bugs import CentreBug
from kiosk.workshop.sandbox.clock import Clock
from kiosk.workshop.sandbox.refusals import Refused
from kiosk.workshop.sandbox.store import Row, Store

VALID_S = 300
FUND_CODE_S = 60
WRONG_DIGITS = 3
_ALIVE = ("waiting", "opened", "agreed")


@dataclass(frozen=True, slots=True)
class PhoneView:
    """What the phone's page shows of a login."""

    terminal: str
    state: str
    operation: str  # the id of what the phone shall agree to; empty: to signing in


class PhoneLogins:
    """Opens logins, hears the phones, and lets each login serve once, at its own terminal."""

    def __init__(
        self,
        store: Store,
        clock: Clock,
        alarms: Alarms,
        bugs: frozenset[CentreBug] = frozenset(),
    ) -> None:
        self._for_all = CentreBug.LOGIN_FOR_ALL in bugs
        self._store = store
        self._clock = clock
        self._alarms = alarms
        self._pages: dict[str, str] = {}  # by login, the path of the phone's page

    # -- for the terminal ---------------------------------------------------------------------

    def open(self, terminal: str, session: str, base: str, operation: str = "") -> PhoneLogin:
        """A new login; every older one of ``terminal`` is over. ``base``: where phones reach the
        centre. ``session``: the session whose level it shall raise, or empty. ``operation``: what
        it shall confirm; it raises no level then."""
        self._store.run(
            "UPDATE login SET state = 'over' WHERE terminal = ? AND state IN (?, ?, ?)",
            terminal,
            *_ALIVE,
        )
        code, digits = secrets.token_urlsafe(16), f"{secrets.randbelow(100):02}"
        id_ = secrets.token_hex(16)
        row = {
            "id": id_,
            "code": _digest(code),
            "digits": digits,
            "terminal": terminal,
            "session": session,
            "state": "waiting",
            "wrong": 0,
            "used": 0,
            "opened": self._clock.ticks(),
            "operation": operation,
        }
        self._store.insert("login", row)
        self._pages = {id_: f"/phone/{code}"}  # whoever plays a phone answers the newest
        return PhoneLogin(
            id=id_,
            content=Sensitive(f"{base}/phone/{code}"),
            digits=digits,
            valid_s=VALID_S,
        )

    def state(self, login: str, terminal: str) -> PhoneLoginState:
        """How far the phone is. Refuses not-found for a login of another terminal."""
        row = self._row(login, terminal)
        if row["state"] != "agreed":
            return PhoneLoginState.model_validate({"state": row["state"]})
        person = self._person(row["person"])
        name = mask_name(person["name"] or person["name_latin"])
        return PhoneLoginState(state="agreed", name=Sensitive(name))

    def void(self, login: str, terminal: str) -> None:
        """The page of the code was left. Refuses not-found."""
        self._row(login, terminal)
        self._store.run("UPDATE login SET state = 'over' WHERE id = ?", login)

    def claim(self, login: str, terminal: str, session: str) -> Row:
        """Whoever agreed to ``login``; it is over then. Refuses login-over, with an alarm when it
        was used before or belongs to another terminal or session; without one when it is only late
        or void."""
        with self._store.transaction():
            row = self._store.one("SELECT * FROM login WHERE id = ?", login)
            elsewhere = row and (
                row["terminal"] != terminal or row["session"] != session or row["operation"]
            )
            if row and not elsewhere and self._now(row) == "agreed":
                self._store.run("UPDATE login SET state = 'over', used = 1 WHERE id = ?", login)
                return self._person(row["person"])
        if elsewhere or (row and row["used"]):
            self._alarms.sound("code-replayed", terminal, session)
        raise Refused("login-over")

    def who_agreed(self, login: str, terminal: str, operation: str) -> str | None:
        """Who has agreed to ``operation`` on a phone; None where nobody has with this login. The
        answer stands as long as the draft."""
        row = self._store.one(
            "SELECT person FROM login WHERE id = ? AND terminal = ? AND operation = ? "
            "AND state = 'agreed'",
            login,
            terminal,
            operation,
        )
        return str(row["person"]) if row else None

    def shown(self) -> list[dict[str, str]]:
        """The newest login, while its code is on the screen of a terminal: ``terminal``,
        ``operation`` (empty: to sign in), ``page`` (the path of the phone's page). For the desk,
        which cannot scan a screen; the store keeps no code."""
        rows = [
            (self._store.one("SELECT * FROM login WHERE id = ?", id_), page)
            for id_, page in self._pages.items()
        ]
        return [
            {"terminal": row["terminal"], "operation": row["operation"], "page": page}
            for row, page in rows
            if row and self._now(row) in ("waiting", "opened")
        ]

    # -- for the phone ------------------------------------------------------------------------

    def view(self, code: str) -> PhoneView | None:
        """The login of a scanned code, ``opened`` from now on; None for no code of ours."""
        with self._store.transaction():
            row = self._by_code(code)
            if not row:
                return None
            state = self._now(row)
            if state == "waiting":
                self._store.run("UPDATE login SET state = 'opened' WHERE id = ?", row["id"])
        return PhoneView(row["terminal"], state, row["operation"])

    def agree(self, code: str, digits: str, person: str) -> str:
        """The citizen's answer on the phone, with the digits that the screen shows: ``agreed``,
        ``wrong`` or ``over``."""
        with self._store.transaction():
            row = self._by_code(code)
            if not row or self._now(row) not in ("waiting", "opened"):
                return "over"
            if not secrets.compare_digest(row["digits"].encode(), digits.encode()):
                over = row["wrong"] + 1 >= WRONG_DIGITS
                self._store.run(
                    "UPDATE login SET wrong = wrong + 1, state = ? WHERE id = ?",
                    "over" if over else "opened",
                    row["id"],
                )
                return "over" if over else "wrong"
            self._store.run(
                "UPDATE login SET state = 'agreed', person = ? WHERE id = ?", person, row["id"]
            )
        return "agreed"

    def decline(self, code: str) -> None:
        """The citizen does not agree."""
        with self._store.transaction():
            row = self._by_code(code)
            if row and self._now(row) in ("waiting", "opened"):
                self._store.run("UPDATE login SET state = 'declined' WHERE id = ?", row["id"])

    # -- 亮码可办 -------------------------------------------------------------------------------

    def show_fund_code(self, person: str) -> str:
        """The code that the phone of ``person`` shows now; good once, for a minute."""
        code = "YL" + secrets.token_urlsafe(24)
        row = {"code": _digest(code), "person": person, "made": self._clock.ticks(), "used": 0}
        self._store.insert("fund_code", row)
        return code

    def claim_fund_code(self, code: str, terminal: str, session: str) -> Row:
        """Whoever showed ``code``. Refuses fund-code-over, with an alarm for a code shown again."""
        with self._store.transaction():
            row = self._store.one("SELECT * FROM fund_code WHERE code = ?", _digest(code))
            if row and not row["used"] and self._clock.ticks() - row["made"] <= FUND_CODE_S:
                self._store.run("UPDATE fund_code SET used = 1 WHERE code = ?", row["code"])
                return self._person(row["person"])
        if row and row["used"]:
            self._alarms.sound("code-replayed", terminal, session)
        raise Refused("fund-code-over")

    # -- inside -------------------------------------------------------------------------------

    def _now(self, row: Row) -> str:
        late = self._clock.ticks() - row["opened"] > VALID_S
        return "over" if late and row["state"] in _ALIVE else str(row["state"])

    def _row(self, login: str, terminal: str) -> dict[str, str]:
        row = self._store.one("SELECT * FROM login WHERE id = ?", login)
        if not row or (row["terminal"] != terminal and not self._for_all):
            raise Refused("not-found")
        return {**dict(row), "state": self._now(row)}

    def _by_code(self, code: str) -> Row | None:
        return self._store.one("SELECT * FROM login WHERE code = ?", _digest(code))

    def _person(self, id_: str) -> Row:
        person = self._store.one("SELECT * FROM person WHERE id = ?", id_)
        assert person  # a foreign key
        return person


def _digest(code: str) -> str:
    return hashlib.sha256(code.encode("utf-8", "surrogatepass")).hexdigest()
