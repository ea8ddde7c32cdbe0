"""Plays visits for the crash harness: real channel, real centre, the real visit's half, no screen.

``python -m tests.crashes.visitor STAGE --channel N``. ``STAGE/harness.json`` says where the centre
is. What the citizen would see is appended to ``STAGE/shown`` and synced, as the eye would keep it.
"""

from __future__ import annotations

import json
import os
import random
import secrets
import select
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from kiosk.centre.client import CentreClient
from kiosk.centre.errors import CentreUnavailable, Refusal
from kiosk.centre.evidence import CardEvidence
from kiosk.centre.operations import (
    AuthorisationAnswer,
    Confirmation,
    DraftRequest,
    Eligibility,
    Evidence,
    Operation,
    OperationStatus,
    WithdrawalOrder,
    digest_of,
)
from kiosk.keeper import nursery
from kiosk.keeper.channel import (
    Alive,
    Alone,
    Begun,
    Broken,
    Commit,
    Ended,
    Live,
    Money,
    Outcome,
    Quit,
    Ready,
    Shown,
    Taken,
    VisitEnd,
)
from kiosk.operation import OperationState
from kiosk.privacy import Sensitive
from kiosk.visit.money import (
    Act,
    CentreSaid,
    CommitReport,
    Decision,
    Listen,
    RequestCommit,
    Send,
    ShowWaiting,
    _Deciding,
)
from kiosk.workshop.sandbox import personas
from tests.crashes.printing import print_receipt

PEOPLE = ("P01", "P02", "P03", "P04", "P07")
MONEY_S = 10.0
"""How long a citizen waits for a committer that starts again: a visit in which no money moves is of
no use here."""

WANTED = "paper wanted"
"""In the stage while the harness waits for a paper on its way: a citizen comes who has one 补打."""
PAPERLESS = "paperless"
"""In the stage of a life in which nobody wants a paper."""
CANCELS = 0.7
"""How often a citizen who hears of a confirmed operation cancels it; else it waits to expire."""


class SignedIn:
    """A citizen at the centre, with a code by SMS."""

    def __init__(self, facts: dict[str, str], persona: str) -> None:
        person = personas.load()[persona]
        self.ask = CentreClient(
            facts["url"],
            facts["terminal"],
            ca=Path(facts["ca"]),
            certificate=Path(facts["certificate"]),
        )
        self.persona = persona
        self.code = Sensitive(facts["code"])
        card = {"kind": person.kind, "name": person.name, "number": person.number}
        self.ask.sign_in(CardEvidence.model_validate(card))
        self.ask.send_sms()
        self.ask.check_sms(self.code)
        self.money = self.ask.operations

    def can_have(self) -> list[Eligibility]:
        """The withdrawals that can be had now."""
        agreed = AuthorisationAnswer(version=self.money.authorisation().version, agreed=True)
        self.money.authorise(agreed)
        return [terms for terms in self.money.eligibility("withdrawal") if terms.can]

    def draft(self, terms: Eligibility) -> Operation:
        """A draft of the whole of what can be had."""
        order = WithdrawalOrder.model_validate(
            {
                "business": terms.business,
                "account": terms.account,
                "loan": terms.loan,
                "amount": terms.most if terms.least is not None else None,
            }
        )
        return self.money.draft(DraftRequest(key=secrets.token_hex(16), order=order))


class CrashVisit:
    """One visit: a citizen comes, hears what is open, perhaps withdraws, and leaves."""

    def __init__(self, stage: Path, channel: VisitEnd) -> None:
        self._stage = stage
        self._channel = channel
        self._facts = json.loads((stage / "harness.json").read_text())
        self._reports: list[CommitReport] = []
        self._live = self._alone = False
        self._money = False

    def run(self) -> None:
        self._channel.send(Ready())
        threading.Thread(target=self._stay_alive, daemon=True).start()
        while not self._live:
            self._hear(1.0)
        self._channel.send(Shown())
        if (self._stage / "closed").exists():
            while True:
                self._hear(1.0)
        while not self._alone:
            self._hear(1.0)
        self._channel.send(Begun())
        try:
            self._serve()
        except (CentreUnavailable, Refusal) as error:
            self._note("trouble", type(error).__name__, getattr(error, "code", ""))
        self._channel.send(Ended("left"))
        while True:
            self._hear(1.0)

    def _stay_alive(self) -> None:
        while self._channel.send(Alive()):
            time.sleep(0.5)

    def _hear(self, seconds: float) -> None:
        if not select.select([self._channel], [], [], max(0.0, seconds))[0]:
            return
        for word in self._channel.receive():
            match word:
                case Live():
                    self._live = True
                case Alone():
                    self._alone = True
                case Money(open):
                    self._money = open
                case Taken(operation):
                    self._note("taken", operation)
                    self._reports.append(CommitReport(operation))
                case Outcome(operation, state, reference):
                    self._reports.append(CommitReport(operation, state, reference))
                case Quit() | Broken():
                    os._exit(0)

    def _note(self, *words: object) -> None:
        with (self._stage / "shown").open("a") as file:
            file.write(" ".join(map(str, words)) + "\n")
            file.flush()
            os.fsync(file.fileno())

    # -- the citizen --------------------------------------------------------------------------

    def _serve(self) -> None:
        if (self._stage / "resting").exists():
            # Nobody begins anything new; everybody comes to hear what is open.
            self._note("rests")
            for person in PEOPLE:
                self._greet(person)
            return
        if (self._stage / WANTED).exists() and (done := self._done()):
            operation = random.choice(list(done))
            self._print(SignedIn(self._facts, done[operation]), operation)
            return
        visit = self._greet(random.choice(PEOPLE))
        can = visit.can_have()
        until = time.monotonic() + MONEY_S
        while not self._money and time.monotonic() < until:
            self._hear(until - time.monotonic())
        if not can or not self._money:
            return
        draft = visit.draft(random.choice(can))
        if draft.state is not OperationState.DRAFTED:
            return
        self._decide(visit, draft)

    def _done(self) -> dict[str, str]:
        """Whose operation is done, as far as that was shown: the citizen by the operation's id."""
        path = self._stage / "shown"
        lines = [line.split() for line in path.read_text().splitlines()] if path.exists() else []
        of = {line[1]: line[2] for line in lines if line[0] == "pressed"}
        return {line[1]: of[line[1]] for line in lines if line[0] == "shown" and line[2] == "done"}

    def _print(self, visit: SignedIn, operation: str) -> None:
        print_receipt(self._stage, visit.ask, operation, self._note)

    def _greet(self, person: str) -> SignedIn:
        """``person`` signs in, is shown what is open, and mostly cancels what nobody commits."""
        visit = SignedIn(self._facts, person)
        for open_one in visit.money.open_operations():
            self._show(visit, open_one.id, open_one.state)
            if open_one.state is OperationState.CONFIRMED and random.random() < CANCELS:
                self._show(visit, open_one.id, visit.money.cancel(open_one.id).state)
        return visit

    def _show(self, visit: SignedIn, operation: str, state: OperationState) -> None:
        self._note("shown", operation, state.value)
        if state.final:
            visit.money.told(operation)
        if state is OperationState.DONE and not (self._stage / PAPERLESS).exists():
            self._print(visit, operation)

    def _decide(self, visit: SignedIn, draft: Operation) -> None:
        visit.money.send_code(draft.id)
        self._note("pressed", draft.id, visit.persona)
        acts = self._deciding()(draft.id, time.monotonic).run()
        reply: Any = None
        while True:
            try:
                act = acts.send(reply)
            except StopIteration as stop:
                decision: Decision = stop.value
                break
            reply = self._reply(visit, draft, act)
            if isinstance(act, ShowWaiting) and act.free and random.random() < 0.2:
                return
        if decision.state is not None:
            self._show(visit, draft.id, decision.state)

    def _deciding(self) -> Callable[[str, Callable[[], float]], _Deciding]:
        if bug := (self._stage / "bug").read_text():
            from tests.simulation.bugs import BUGS  # the bugs of a whole simulated world

            deciding: Callable[[str, Callable[[], float]], _Deciding] = BUGS[bug]().deciding
            return deciding
        return _Deciding

    def _reply(self, visit: SignedIn, draft: Operation, act: Act) -> Any:
        match act:
            case Send("confirmation"):
                evidence = (Evidence(kind="sms", value=visit.code),)
                confirmation = Confirmation(evidence=evidence, digest=digest_of(draft))
                return self._said(lambda: visit.money.confirm(draft.id, confirmation))
            case Send("cancellation"):
                return self._said(lambda: visit.money.cancel(draft.id))
            case Send():
                return self._said(lambda: visit.money.operation(draft.id))
            case RequestCommit():
                self._channel.send(Commit(draft.id, draft.business))
            case Listen(seconds):
                until = time.monotonic() + seconds
                while not self._reports and time.monotonic() < until:
                    self._hear(until - time.monotonic())
                return self._reports.pop(0) if self._reports else None
        return None

    def _said(self, ask: Any) -> CentreSaid | None:
        try:
            answer: Operation | OperationStatus = ask()
        except Refusal as refusal:
            return CentreSaid(retyped=refusal.code == "code-wrong")
        except CentreUnavailable:
            return None
        return CentreSaid(answer.id, answer.state, answer.reference)


def main() -> None:
    random.seed()  # a forked process has inherited the state of its parent
    channel = int(sys.argv[3])
    _nursery = nursery.begin(channel)  # forks the printer's driver; it lives as long as its name
    CrashVisit(Path(sys.argv[1]), VisitEnd(channel)).run()


if __name__ == "__main__":
    main()
