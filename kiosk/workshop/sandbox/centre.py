"""Puts the parts of the stand-in centre together: database, seal and rules, in one directory."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

from kiosk.centre.operations import EvidenceKind
from kiosk.workshop.sandbox import seed
from kiosk.workshop.sandbox.accounts import Accounts
from kiosk.workshop.sandbox.alarms import Alarms
from kiosk.workshop.sandbox.bugs import CentreBug
from kiosk.workshop.sandbox.clock import Clock
from kiosk.workshop.sandbox.complaints import ComplaintDesk
from kiosk.workshop.sandbox.documents import Documents
from kiosk.workshop.sandbox.enrolment import EnrolmentDesk
from kiosk.workshop.sandbox.faces import Faces
from kiosk.workshop.sandbox.faults import Faults
from kiosk.workshop.sandbox.handovers import Handovers
from kiosk.workshop.sandbox.logins import PhoneLogins
from kiosk.workshop.sandbox.offers import CENTRE, Offers
from kiosk.workshop.sandbox.operations import OperationDesk
from kiosk.workshop.sandbox.outlets import OutletDesk
from kiosk.workshop.sandbox.pins import Bank
from kiosk.workshop.sandbox.recognition import Recogniser
from kiosk.workshop.sandbox.risk import DEMO_LIMITS, RiskLimits, RiskRules
from kiosk.workshop.sandbox.seal import Seal
from kiosk.workshop.sandbox.sessions import CODES_PER_DAY, NO_FACES, Sessions
from kiosk.workshop.sandbox.staff import StaffDesk
from kiosk.workshop.sandbox.store import Row, Store
from kiosk.workshop.sandbox.tries import Tries
from kiosk.workshop.sandbox.units import UnitBook
from kiosk.workshop.sandbox.way_offers import WayOffers


class StandInCentre:
    """Database, seal and rules. Every start fills the database anew, unless ``fresh`` is False; the
    seal's key and root certificate stay."""

    def __init__(
        self,
        directory: Path,
        *,
        delay: tuple[float, float] = (0.0, 0.0),
        fixed_code: str | None = None,
        codes_per_day: int = CODES_PER_DAY,
        fresh: bool = True,
        ticks: Callable[[], float] = time.monotonic,
        risk: RiskLimits | None = DEMO_LIMITS,
        bugs: frozenset[CentreBug] = frozenset(),
    ) -> None:
        directory.mkdir(parents=True, exist_ok=True)
        self.seal = Seal(directory, CENTRE)
        self.store = Store(directory / "centre.db")
        self.clock = Clock(ticks)
        self.faults = Faults(delay)
        self.enrolments = EnrolmentDesk(self.store, self.clock, self.seal, directory, bugs)
        self.offers = Offers(self.clock, bugs)
        self.ways = WayOffers(bugs)
        self.staff = StaffDesk(bugs)
        self.alarms = Alarms(self.store, self.clock)
        self._limits = risk
        self.risk = RiskRules(self.store, self.clock, self.alarms, risk)
        self.logins = PhoneLogins(self.store, self.clock, self.alarms, bugs)
        self.bank = Bank(self.store)
        self.tries = Tries(self.store, self.clock)
        self.sessions = Sessions(
            self.store,
            self.clock,
            Recogniser(self.store, self.clock, self.logins, self.ways),
            self.tries,
            self.bank,
            self.alarms,
            must_not_crowd=self.risk.must_not_crowd,
            fixed_code=fixed_code,
            codes_per_day=codes_per_day,
        )
        self.faces = Faces(self.store, self.clock, self.alarms)
        self.accounts = Accounts(self.store, self.clock.today())
        self.units = UnitBook(self.store, self.clock.today())
        self.outlets = OutletDesk(self.store, self.clock)
        self.complaints = ComplaintDesk(self.store, self.clock)
        self.handovers = Handovers(
            self.store,
            self.clock,
            sessions=self.sessions,
            accounts=self.accounts,
            offers=self.offers,
            complaints=self.complaints,
            tries=self.tries,
            alarms=self.alarms,
            bugs=bugs,
        )
        self.operations = OperationDesk(
            self.store,
            self.clock,
            self.accounts,
            self.offers,
            logins=self.logins,
            faces=self.faces,
            can_give=self._can_give,
            staff=self.staff,
            fixed_code=fixed_code,
            codes_per_day=codes_per_day,
            tries=self.tries,
            alarms=self.alarms,
            risk=self.risk,
            bugs=bugs,
        )
        self.documents = Documents(
            self.store, self.clock, self.seal, self.accounts, self.offers, self.operations, bugs
        )
        if fresh or not self.store.is_filled():
            seed.fill(self.store)

    def reset(self) -> None:
        """Back to the state after a start: no session, no print, no fault, all services open."""
        seed.fill(self.store)
        self.faults.clear()
        self.offers.reset()
        self.operations.steer(None)
        self.risk.limits = self._limits
        self.sessions.faces_closed = NO_FACES
        self.ways.reset()
        self.staff.reset()

    def _can_give(self, person: Row, kind: EvidenceKind) -> bool:
        """Whether the centre takes this kind of evidence of ``person`` for an operation now."""
        match kind:
            case "face":
                return self.sessions.closed_to_face_of(person) is None
            case "qr":
                return self.ways.closed("phone") is None
        return True

    def close(self) -> None:
        self.store.close()
