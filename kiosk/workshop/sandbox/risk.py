"""稽核: what came before stops an operation or a sign-in, and sounds an alarm for the operator."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict

from kiosk.operation import Business, OperationState
from kiosk.workshop.sandbox.alarms import Alarms
from kiosk.workshop.sandbox.clock import Clock
from kiosk.workshop.sandbox.refusals import Refused
from kiosk.workshop.sandbox.sessions import WRONG_CODES, TokenHolder
from kiosk.workshop.sandbox.store import Store

_HOUR_S = 3600
_DAY_S = 24 * _HOUR_S


class RiskLimits(BaseModel):
    """How often is too often. Each centre has its own numbers: these are the demo's."""

    model_config = ConfigDict(frozen=True)

    locked_of_person: int = 3
    """So many operations of a person, locked by wrong codes within an hour, stop the next one."""
    locked_at_terminal: int = 5
    """The same, of all persons at a terminal."""
    of_business: int = 5
    """Operations of one business by one person within 24 hours, without those taken back."""
    card_changes: int = 2
    """Changes of the payee card within ``card_days`` that stop a withdrawal, also after the
    cool-down."""
    card_days: int = 30
    payees: int = 3
    """So many persons' withdrawals go to one bank card within ``card_days``, and no more."""
    sign_ins: int = 12
    """So many persons sign in at one terminal within ``sign_in_s`` seconds, and no more."""
    sign_in_s: int = 300


DEMO_LIMITS = RiskLimits()


class RiskRules:
    """Looks at what is asked beside what was done before. ``limits`` None: nothing is stopped."""

    def __init__(
        self, store: Store, clock: Clock, alarms: Alarms, limits: RiskLimits | None
    ) -> None:
        self._store = store
        self._clock = clock
        self._alarms = alarms
        self.limits = limits

    def must_not_stop(self, visitor: TokenHolder, business: Business, group: str) -> None:
        """Whether an operation may be drafted or confirmed. Refuses risk-person,
        risk-terminal, risk-often, risk-card, risk-payee."""
        if self.limits is None:
            return
        found = self._guesses(visitor, self.limits)
        if group != "unit":  # an agent enrols many employees a day
            found = found or self._too_often(visitor, business, self.limits)
        if group == "withdrawal":
            found = found or self._card_changed(visitor, self.limits)
            found = found or self._shared_card(visitor, self.limits)
        if found:
            kind, refusal = found
            self._alarms.sound(kind, visitor.terminal, visitor.session)
            raise refusal

    def must_not_crowd(self, person: str, terminal: str) -> None:
        """Whether ``person`` may sign in at ``terminal``. Refuses risk-sign-ins."""
        if self.limits is None:
            return
        others = self._store.count(
            "SELECT count(DISTINCT person) FROM session "
            "WHERE terminal = ? AND opened > ? AND person != ?",
            terminal,
            self._clock.ticks() - self.limits.sign_in_s,
            person,
        )
        if others >= self.limits.sign_ins:
            self._alarms.sound("many-sign-ins", terminal)
            raise Refused("risk-sign-ins", retry_after_s=self.limits.sign_in_s)

    def _guesses(self, visitor: TokenHolder, limits: RiskLimits) -> tuple[str, Refused] | None:
        """Operations that wrong codes have locked within the hour."""
        locked = "SELECT count(*) FROM operation WHERE wrong_codes >= ? AND ended > ? AND {} = ?"
        since, person = self._clock.ticks() - _HOUR_S, visitor.person["id"]
        of_person = self._store.count(locked.format("person"), WRONG_CODES, since, person)
        if of_person >= limits.locked_of_person:
            return "codes-guessed", Refused("risk-person", retry_after_s=_HOUR_S)
        here = self._store.count(locked.format("terminal"), WRONG_CODES, since, visitor.terminal)
        if here >= limits.locked_at_terminal:
            return "codes-guessed-here", Refused("risk-terminal", retry_after_s=_HOUR_S)
        return None

    def _too_often(
        self, visitor: TokenHolder, business: Business, limits: RiskLimits
    ) -> tuple[str, Refused] | None:
        """Operations of the business that the person has confirmed within a day, and not taken
        back."""
        many = self._store.count(
            "SELECT count(*) FROM operation WHERE person = ? AND business = ? "
            "AND state IN (?, ?, ?) AND (ended IS NULL OR ended > ?)",
            visitor.person["id"],
            business,
            OperationState.CONFIRMED,
            OperationState.IN_PROGRESS,
            OperationState.DONE,
            self._clock.ticks() - _DAY_S,
        )
        if many < limits.of_business:
            return None
        return "many-operations", Refused("risk-often", limit=limits.of_business)

    def _card_changed(self, visitor: TokenHolder, limits: RiskLimits) -> tuple[str, Refused] | None:
        """Changes of the person's card. The cool-down of the last one is a rule of its own."""
        many = self._store.count(
            "SELECT count(*) FROM operation WHERE person = ? AND business = ? AND state = ? "
            "AND ended > ?",
            visitor.person["id"],
            Business.PAYEE_CARD_CHANGE,
            OperationState.DONE,
            self._clock.ticks() - limits.card_days * _DAY_S,
        )
        if many < limits.card_changes:
            return None
        return "cards-changed", Refused("risk-card", days=limits.card_days, limit=many)

    def _shared_card(self, visitor: TokenHolder, limits: RiskLimits) -> tuple[str, Refused] | None:
        """Other persons' withdrawals to the card that is the visitor's now."""
        others = self._store.count(
            "SELECT count(DISTINCT person) FROM payout "
            "JOIN operation ON operation.id = payout.operation "
            "WHERE card = ? AND person != ? AND ended > ?",
            visitor.person["bank_card"],
            visitor.person["id"],
            self._clock.ticks() - limits.card_days * _DAY_S,
        )
        if others < limits.payees:
            return None
        return "shared-payee", Refused("risk-payee")
