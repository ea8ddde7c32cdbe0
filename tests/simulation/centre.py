"""A model of the centre: the rules of an operation, and nothing of what it is about."""

from __future__ import annotations

from dataclasses import dataclass

from kiosk.operation import Business, OperationState
from tests.simulation.world import SimWorld, Told

DRAFT_TTL_S = 600.0
COMMIT_TTL_S = 600.0
CONSENT_TTL_S = 1800.0
HANDOVER_TTL_S = 300.0
CONSENTS = 0.12
"""How often an operation needs a spouse's consent before it can be confirmed."""

AWAITS = OperationState.AWAITING_CONSENT
DRAFTED, CONFIRMED = OperationState.DRAFTED, OperationState.CONFIRMED
IN_PROGRESS, DONE = OperationState.IN_PROGRESS, OperationState.DONE
REFUSED, EXPIRED = OperationState.REFUSED, OperationState.EXPIRED
CANCELLED, SUPERSEDED = OperationState.CANCELLED, OperationState.SUPERSEDED
KINDS = (Business.REPAY_LOAN_WITHDRAWAL, Business.PREPAYMENT)


@dataclass(slots=True)
class ModelOperation:
    """One operation at the centre."""

    id: str
    person: int
    kind: Business
    place: str
    deadline: float
    state: OperationState = DRAFTED
    confirmed: bool = False
    told: bool = False
    wrong_codes: int = 0


@dataclass(frozen=True, slots=True)
class CentreWord:
    """An answer: the operation, its state, or why the centre refuses."""

    operation: str
    state: OperationState | None
    refused: str = ""


class ModelCentre:
    """The only judge. Time is the world's: the centre has one clock."""

    def __init__(self, world: SimWorld) -> None:
        self.world = world
        self.operations: dict[str, ModelOperation] = {}
        self.keys: dict[str, str] = {}
        self.codes: dict[str, float] = {}  # of hand-overs that nobody has used; when they are over

    # -- what a session asks ------------------------------------------------------------------

    def draft(self, key: str, person: int, kind: Business, place: str) -> CentreWord:
        self.expire()
        if known := self.keys.get(key):
            return self.word(known)
        mine = [o for o in self.operations.values() if (o.person, o.kind) == (person, kind)]
        if found := self.in_flight_at_draft(mine):
            return CentreWord(found.id, found.state, "in-flight")
        if found := self.untold(mine):
            return CentreWord(found.id, found.state, "untold")
        self.supersede(mine)
        new = ModelOperation(
            f"{self.world.random.getrandbits(128):032x}",
            person,
            kind,
            place,
            self.world.now + DRAFT_TTL_S,
        )
        self.operations[new.id] = new
        self.keys[key] = new.id
        told = self.world.operations[new.id] = Told((person, kind.value))
        if self.world.random.random() < CONSENTS:
            new.state, told.agreed = AWAITS, False
            new.deadline = self.world.now + CONSENT_TTL_S
            self.world.after(self.world.random.uniform(0.0, 60.0), lambda: self.consent(new))
        self.world.after(new.deadline - self.world.now, self.expire)
        return self.word(new.id)

    def consent(self, operation: ModelOperation) -> None:
        """The spouse answers on a phone: agrees, declines, or is not heard of."""
        self.expire()
        if operation.state is not AWAITS:
            return
        chance = self.world.random.random()
        if chance < 0.7:
            self.world.told(operation.id).agreed = True
            operation.state = DRAFTED
            operation.deadline = self.world.now + CONSENT_TTL_S
            self.world.after(CONSENT_TTL_S, self.expire)
        elif chance < 0.85:
            operation.state = CANCELLED

    def hand_over(self) -> str:
        """A code with which the citizen's phone goes on with a form. It serves once."""
        code = f"{self.world.random.getrandbits(64):016x}"
        self.codes[code] = self.world.now + HANDOVER_TTL_S
        return code

    def take(self, code: str) -> bool:
        """Whether the phone goes on with the form of ``code``, from now on."""
        return self.codes.pop(code, 0.0) > self.world.now

    def waits(self, code: str) -> bool:
        """Whether ``code`` still waits for a phone."""
        return self.codes.get(code, 0.0) > self.world.now

    def void(self, code: str) -> bool:
        return self.codes.pop(code, None) is not None

    def in_flight_at_draft(self, mine: list[ModelOperation]) -> ModelOperation | None:
        return self.in_flight(mine)

    def in_flight(self, mine: list[ModelOperation]) -> ModelOperation | None:
        return next((o for o in mine if o.state in (CONFIRMED, IN_PROGRESS)), None)

    def untold(self, mine: list[ModelOperation]) -> ModelOperation | None:
        return next((o for o in mine if o.confirmed and o.state.final and not o.told), None)

    def supersede(self, mine: list[ModelOperation]) -> None:
        for operation in mine:
            if operation.state in (AWAITS, DRAFTED):
                operation.state = SUPERSEDED

    def confirm(self, operation: str, *, good: bool) -> CentreWord:
        self.expire()
        found = self.operations.get(operation)
        if found is None:  # only a bug comes here
            return CentreWord(operation, None, "not-found")
        if not self.confirmable(found):
            return self.word(operation)
        if not good:
            found.wrong_codes += 1
            if found.wrong_codes == 3:
                found.state = CANCELLED
                return CentreWord(operation, None, "operation-locked")
            return CentreWord(operation, None, "code-wrong")
        mine = [
            o
            for o in self.operations.values()
            if (o.person, o.kind) == (found.person, found.kind) and o is not found
        ]
        if other := self.in_flight_at_confirmation(mine):
            return CentreWord(other.id, None, "in-flight")
        found.state = CONFIRMED
        found.confirmed = self.world.told(operation).confirmed = True
        found.deadline = self.world.now + COMMIT_TTL_S
        self.world.after(COMMIT_TTL_S, self.expire)
        return self.word(operation)

    def confirmable(self, operation: ModelOperation) -> bool:
        return operation.state is DRAFTED

    def in_flight_at_confirmation(self, mine: list[ModelOperation]) -> ModelOperation | None:
        return self.in_flight(mine)

    def cancel(self, operation: str) -> CentreWord:
        self.expire()
        found = self.operations.get(operation)
        if found is None:  # only a bug comes here
            return CentreWord(operation, None, "not-found")
        if found.state in (AWAITS, DRAFTED, CONFIRMED):
            found.state = CANCELLED
        return self.word(operation)

    def tell(self, operation: str) -> CentreWord:
        found = self.operations.get(operation)
        if found is None:  # only a bug comes here
            return CentreWord(operation, None, "not-found")
        found.told |= found.state.final
        return self.word(operation)

    def open(self, person: int) -> list[CentreWord]:
        self.expire()
        return [
            self.word(o.id)
            for o in self.operations.values()
            if o.person == person and o.confirmed and (not o.state.final or not o.told)
        ]

    def query(self, operation: str) -> CentreWord:
        self.expire()
        if operation not in self.operations:
            return CentreWord(operation, None, "not-found")
        return self.word(operation)

    def stale(self, operation: str) -> CentreWord:
        """A query that an old copy of the data answers. It must not be believed."""
        word = self.query(operation)
        if word.state in (None, AWAITS, DRAFTED):
            return CentreWord(operation, None, "not-found")
        older = [None, DRAFTED]
        if self.operations[operation].confirmed and word.state is not CONFIRMED:
            older.append(CONFIRMED)
        state = self.world.random.choice(older)
        return CentreWord(operation, state, "" if state else "not-found")

    # -- what a terminal asks -----------------------------------------------------------------

    def commit(self, operation: str, place: str) -> CentreWord:
        self.expire()
        found = self.operations.get(operation)
        if found is None or found.place != place:
            return CentreWord(operation, None, "not-found")
        if found.state is CONFIRMED:
            self.carry_out(found)
        return self.word(operation)

    def carry_out(self, operation: ModelOperation) -> None:
        chance = self.world.random.random()
        if chance < 0.55:
            self.world.move(operation.id)
            operation.state = DONE
        elif chance < 0.7:
            operation.state = REFUSED
        else:
            self.accept(operation)

    def accept(self, operation: ModelOperation) -> None:
        operation.state = IN_PROGRESS
        pause = self.world.random.choice((1.0, 20.0, 300.0, 9000.0))
        self.world.after(self.world.random.random() * pause, lambda: self.finish(operation))

    def finish(self, operation: ModelOperation) -> None:
        """The bank is done with what was in progress."""
        if self.world.random.random() < 0.7:
            self.world.move(operation.id)
            operation.state = DONE
        else:
            operation.state = REFUSED

    # -- states -------------------------------------------------------------------------------

    def expire(self) -> None:
        """A stored transition, made before anything else is answered."""
        for operation in self.operations.values():
            live = operation.state in (AWAITS, DRAFTED, CONFIRMED)
            if live and self.world.now >= operation.deadline:
                operation.state = EXPIRED

    def word(self, operation: str) -> CentreWord:
        return CentreWord(operation, self.operations[operation].state)
