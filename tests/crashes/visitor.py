"""Plays visits for the crash harness: real channel, real centre, the real visit's half, no screen.

``python -m tests.crashes.visitor STAGE --channel N``. ``STAGE/harness.json`` says where the centre
is. What the citizen would see is appended to ``STAGE/shown`` and synced, as the eye would keep it.
"""

from __future__ import annotations

import json
import os
import random
import select
import sys
import threading
import time
from pathlib import Path
from typing import Any

from kiosk.centre.errors import CentreUnavailable, Refusal
from kiosk.centre.operations import Confirmation, Evidence, Operation, OperationStatus, digest_of
from kiosk.keeper.channel import (
    Alive,
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
from kiosk.workshop.sandbox.tls import SandboxCa
from tests.contract.test_operations import CODE, OperationVisit, ServedCentre
from tests.simulation.bugs import BUGS

PEOPLE = ("P01", "P02", "P03", "P04", "P07")


class CrashVisit:
    """One visit: a citizen comes, hears what is open, perhaps withdraws, and leaves."""

    def __init__(self, stage: Path, channel: VisitEnd) -> None:
        self._stage = stage
        self._channel = channel
        facts = json.loads((stage / "harness.json").read_text())
        self._centre = ServedCentre(facts["url"], SandboxCa(Path(facts["directory"])))
        self._terminal = facts["terminal"]
        self._reports: list[CommitReport] = []
        self._live = False
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
        visit = OperationVisit(self._centre, random.choice(PEOPLE), self._terminal)
        for open_one in visit.money.open_operations():
            self._show(visit, open_one.id, open_one.state)
        if (self._stage / "resting").exists():
            return
        visit.authorise()
        can = [business for business, terms in visit.reasons().items() if terms.can]
        if not can or not self._money:
            return
        draft = visit.draft(random.choice(can))
        if draft.state is not OperationState.DRAFTED:
            return
        self._decide(visit, draft)

    def _show(self, visit: OperationVisit, operation: str, state: OperationState) -> None:
        self._note("shown", operation, state.value)
        if state.final:
            visit.money.told(operation)

    def _decide(self, visit: OperationVisit, draft: Operation) -> None:
        visit.money.send_code(draft.id)
        self._note("pressed", draft.id)
        bug = (self._stage / "bug").read_text()
        decide = BUGS[bug]().deciding if bug else _Deciding
        acts = decide(draft.id, time.monotonic).run()
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

    def _reply(self, visit: OperationVisit, draft: Operation, act: Act) -> Any:
        match act:
            case Send("confirmation"):
                evidence = (Evidence(kind="sms", value=Sensitive(CODE)),)
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
    CrashVisit(Path(sys.argv[1]), VisitEnd(int(sys.argv[3]))).run()


if __name__ == "__main__":
    main()
