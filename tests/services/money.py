"""A centre's operations and a committer in one object, whose every answer a test can spoil.

The rules are those of the contract of operations; :class:`tests.services.script.World` has the real
stand-in centre for everything else.
"""

from __future__ import annotations

import secrets
import time
from collections import deque
from typing import Any

from kiosk.centre.commit_client import CommitClient
from kiosk.centre.errors import CentreUnavailable, Refusal, Trouble
from kiosk.centre.models import CentreWords, SmsSent
from kiosk.centre.operations import (
    Confirmation,
    DraftRequest,
    Operation,
    OperationStatus,
    digest_of,
)
from kiosk.operation import Business, OperationState
from kiosk.visit.money import CommitReport
from tests.services.script import World
from tests.ui.operation_samples import QUOTE

CODE = "123456"
S = OperationState


def silence() -> CentreUnavailable:
    return CentreUnavailable(Trouble.SLOW)


def no(code: str, operation: str | None = None) -> Refusal:
    words = CentreWords(zh=f"不行{code}。", en=f"no {code}.")
    return Refusal(code, words, words, "K7Q2-9XMD", operation)


class MoneyModel:
    """The centre's side of operations of one person, and the committer. ``spoil`` puts an answer in
    place of the next one to a call: an error that is raised, before or after it is carried out."""

    def __init__(self, quote: Operation = QUOTE) -> None:
        self.quote = quote
        self.operations: dict[str, Operation] = {}
        self.keys: dict[str, str] = {}
        self.calls: list[str] = []
        self.moved: list[str] = []
        self.told_of: list[str] = []
        self.open = True
        self.takes = True  # the committer writes down what it is asked to commit
        self.says_outcome = True
        self.books: dict[str, Any] = {"state": S.DONE, "reference": "T0001-260115-0042"}
        self._spoilt: dict[str, deque[tuple[Exception, bool]]] = {}
        self._reports: deque[CommitReport] = deque()

    def spoil(
        self, call: str, error: Exception, *, times: int = 1, carried_out: bool = False
    ) -> None:
        self._spoilt.setdefault(call, deque()).extend([(error, carried_out)] * times)

    def put(self, **changes: Any) -> Operation:
        """An operation of an earlier visit."""
        operation = self.quote.model_copy(update={"id": secrets.token_hex(16), **changes})
        self.operations[operation.id] = operation
        return operation

    def _change(self, id: str, **changes: Any) -> Operation:
        self.operations[id] = self.operations[id].model_copy(update=changes)
        return self.operations[id]

    def _called(self, call: str) -> Exception | None:
        """Count the call; raises what spoils it before, returns what spoils its answer."""
        self.calls.append(call)
        if waiting := self._spoilt.get(call):
            error, carried_out = waiting.popleft()
            if not carried_out:
                raise error
            return error
        return None

    # -- kiosk.centre.operations_client -------------------------------------------------------

    def draft(self, request: DraftRequest) -> Operation:
        after = self._called("draft")
        if request.key not in self.keys:
            for other in self.operations.values():
                if other.state in (S.CONFIRMED, S.IN_PROGRESS):
                    raise no("in-flight", other.id)
                if other.state.final and other.reference and not other.told:
                    raise no("untold", other.id)
                if other.state is S.DRAFTED:
                    self._change(other.id, state=S.SUPERSEDED)
            amount = getattr(request.order, "amount", None) or self.quote.amount
            self.keys[request.key] = self.put(amount=amount).id
        if after:
            raise after
        return self.operations[self.keys[request.key]]

    def send_code(self, id: str) -> SmsSent:
        self._called("send_code")
        return SmsSent(phone="123****0003", resend_after_s=60, valid_s=300)

    def confirm(self, id: str, confirmation: Confirmation) -> OperationStatus:
        after = self._called("confirm")
        operation = self.operations[id]
        if operation.state is S.DRAFTED:
            assert confirmation.digest == digest_of(operation)
            if confirmation.evidence[0].value.reveal() != CODE:
                raise no("code-wrong")
            operation = self._change(id, state=S.CONFIRMED, commit_ttl_s=600)
        if after:
            raise after
        return self._status(operation)

    def cancel(self, id: str) -> OperationStatus:
        after = self._called("cancel")
        if self.operations[id].state in (S.DRAFTED, S.CONFIRMED):
            self._change(id, state=S.CANCELLED)
        if after:
            raise after
        return self._status(self.operations[id])

    def operation(self, id: str) -> Operation:
        self._called("operation")
        return self.operations[id]

    def told(self, id: str) -> None:
        self._called("told")
        self._change(id, told=True)
        self.told_of.append(id)

    def open_operations(self) -> tuple[Operation, ...]:
        self._called("open")
        untold = [each for each in self.operations.values() if each.reference and not each.told]
        flying = (S.CONFIRMED, S.IN_PROGRESS)
        return (
            *(each for each in self.operations.values() if each.state in flying),
            *(each for each in untold if each.state.final),
        )

    def _status(self, operation: Operation) -> OperationStatus:
        return OperationStatus(
            id=operation.id, state=operation.state, reference=operation.reference
        )

    # -- kiosk.visit.money.CommitLine ---------------------------------------------------------

    def commit(self, operation: str, business: Business) -> None:
        self.calls.append("commit")
        assert business is self.operations[operation].business
        if not self.takes:
            return
        self._reports.append(CommitReport(operation))
        if self.operations[operation].state is S.CONFIRMED:
            self.end(operation)
        if self.says_outcome:
            now = self.operations[operation]
            self._reports.append(CommitReport(operation, now.state, now.reference))

    def end(self, operation: str) -> None:
        """The centre carries out what ``books`` says."""
        ended = self._change(operation, **self.books)
        if ended.state is S.DONE:
            self.moved.append(operation)

    def hear(self, seconds: float) -> CommitReport | None:
        if not self._reports:
            time.sleep(seconds)
            return None
        return self._reports.popleft()


class DirectCommitLine:
    """A committer without a journal: it commits at the stand-in centre as soon as it is asked, and
    reports. For tests of services, whose subject is not the committer."""

    open = True

    def __init__(self, here: World, terminal: str = "T0001") -> None:
        self._client = CommitClient(here.url, terminal, **here.known(terminal))
        self._reports: deque[CommitReport] = deque()

    def commit(self, operation: str, business: Business) -> None:
        self._reports.append(CommitReport(operation))
        ended = self._client.commit(operation)
        self._reports.append(CommitReport(operation, ended.state, ended.reference))

    def hear(self, seconds: float) -> CommitReport | None:
        if not self._reports:
            time.sleep(seconds)
            return None
        return self._reports.popleft()
