"""Checks a centre against the contract of operations, call by call: ``kiosk centre check URL``.

A test person of that centre is signed in; every check drafts operations for this person, and says
in one sentence what the centre does otherwise than the contract. Most checks take back what they
confirm. The checks that let money move, or time pass, need the levers of a stand-in centre.
"""

from __future__ import annotations

import secrets
import tomllib
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

import requests
from pydantic import BaseModel, ConfigDict

from kiosk.centre.client import CentreClient
from kiosk.centre.commit_client import CommitClient
from kiosk.centre.errors import CentreUnavailable, Refusal
from kiosk.centre.evidence import CardEvidence, PinEvidence
from kiosk.centre.operations import (
    AuthorisationAnswer,
    Confirmation,
    DraftRequest,
    Evidence,
    Operation,
    OperationStatus,
    WithdrawalOrder,
    digest_of,
)
from kiosk.centre.verification import VerificationRequest
from kiosk.operation import OperationState
from kiosk.privacy import Sensitive

DRAFTED, CONFIRMED, DONE = OperationState.DRAFTED, OperationState.CONFIRMED, OperationState.DONE
IN_PROGRESS, CANCELLED = OperationState.IN_PROGRESS, OperationState.CANCELLED
EXPIRED, SUPERSEDED = OperationState.EXPIRED, OperationState.SUPERSEDED


class CheckedTerminal(BaseModel):
    """One terminal that the centre knows. ``certificate``: PEM, with its key unless ``key``."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    id: str
    certificate: Path | None = None
    key: Path | None = None


class CheckPlan(BaseModel):
    """What a check needs to know of the centre; read from a TOML file."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    terminals: tuple[CheckedTerminal, ...]
    """Two, of which the second must not commit what the first has drafted."""
    card: CardEvidence
    """The test person: somebody who can withdraw."""
    code: str | None = None
    """Every code that the centre sends to this person; None: the levers tell the codes."""
    ca: Path | None = None
    levers: bool = False
    """Whether the centre has the stand-in's levers under ``/sandbox``."""


def read_plan(path: Path) -> CheckPlan:
    """The plan in a TOML file. Raises ``ValueError`` or ``OSError`` with the reason."""
    return CheckPlan.model_validate(tomllib.loads(path.read_text(encoding="utf-8")))


class OtherwiseThanAgreed(Exception):
    """What the centre does otherwise, in one sentence."""


@dataclass(frozen=True, slots=True)
class ContractCheck:
    """One check: what the contract says, and the calls that show it."""

    sentence: str
    run: Callable[[CheckStand], None]
    levers: bool


@dataclass(frozen=True, slots=True)
class CheckResult:
    """``why`` None: the centre keeps the contract; ``left_out``: the levers are missing."""

    check: ContractCheck
    why: str | None = None
    left_out: bool = False


CHECKS: list[ContractCheck] = []


def _check(
    sentence: str, *, levers: bool = False
) -> Callable[[Callable[[CheckStand], None]], Callable[[CheckStand], None]]:
    def enter(run: Callable[[CheckStand], None]) -> Callable[[CheckStand], None]:
        CHECKS.append(ContractCheck(sentence, run, levers))
        return run

    return enter


class CheckStand:
    """The test person's visit at the first terminal, and the committers of both."""

    def __init__(self, url: str, plan: CheckPlan, stack: ExitStack) -> None:
        self._url = url
        self._plan = plan
        self._stack = stack
        self.sign_in()
        self.committer, self.stranger = (
            stack.enter_context(
                CommitClient(url, one.id, ca=plan.ca, certificate=one.certificate, key=one.key)
            )
            for one in plan.terminals
        )

    def sign_in(self) -> None:
        """A new session of the test person, with the consent to the look-ups."""
        first = self._plan.terminals[0]
        self.visit = self._stack.enter_context(
            CentreClient(
                self._url,
                first.id,
                ca=self._plan.ca,
                certificate=first.certificate,
                key=first.key,
            )
        )
        self.visit.sign_in(self._plan.card)
        self.visit.send_sms()
        self.visit.check_sms(Sensitive(self._code()))
        self.money = self.visit.operations
        version = self.money.authorisation().version
        self.money.authorise(AuthorisationAnswer(version=version, agreed=True))

    def lever(self, method: str, path: str, body: Any = None) -> Any:
        first = self._plan.terminals[0]
        certificate = (str(first.certificate), str(first.key or first.certificate))
        answer = requests.request(
            method,
            f"{self._url}/sandbox{path}",
            json=body,
            timeout=10,
            verify=str(self._plan.ca) if self._plan.ca else True,
            cert=certificate if first.certificate else None,
        )
        answer.raise_for_status()
        return answer.json() if answer.content else None

    def _code(self) -> str:
        return self._plan.code or str(self.lever("GET", "/messages")[0]["code"])

    def order(self) -> WithdrawalOrder:
        """The smallest withdrawal that the test person can have now."""
        for one in self.money.eligibility("withdrawal"):
            if one.can and one.least is not None:
                return WithdrawalOrder.model_validate(
                    {
                        "business": one.business,
                        "account": one.account,
                        "loan": one.loan,
                        "amount": one.least,
                    }
                )
        raise OtherwiseThanAgreed("the test person can withdraw nothing: see GET /v1/eligibility")

    def draft(self, order: WithdrawalOrder | None = None) -> Operation:
        key = secrets.token_hex(16)
        return self.money.draft(DraftRequest(key=key, order=order or self.order()))

    def confirm(self, draft: Operation, code: str | None = None) -> OperationStatus:
        """Confirm with the operation's own code, or with ``code``."""
        if code is None:
            self.money.send_code(draft.id)
            code = self._code()
        evidence = (Evidence(kind="sms", value=Sensitive(code)),)
        return self.money.confirm(
            draft.id, Confirmation(evidence=evidence, digest=digest_of(draft))
        )

    def confirmed(self) -> Operation:
        draft = self.draft()
        must(self.confirm(draft).state, CONFIRMED, "a confirmation with the right code")
        return draft

    def take_back(self, operation: Operation) -> None:
        self.money.cancel(operation.id)
        self.money.told(operation.id)

    def balance(self) -> Decimal:
        return sum((one.balance.reveal() for one in self.visit.accounts()), Decimal(0))


def must(found: object, wanted: object, what: str) -> None:
    """Raises unless ``found`` is ``wanted``."""
    if found != wanted:
        raise OtherwiseThanAgreed(f"{what}: {found}, and not {wanted}")


@contextmanager
def refused(what: str, *codes: str, operation: str | None = None) -> Iterator[None]:
    """The block must be refused, with one of ``codes`` and about ``operation``."""
    try:
        yield
    except Refusal as refusal:
        if refusal.code not in codes:
            raise OtherwiseThanAgreed(
                f"{what} is refused as {refusal.code}, and not as {' or '.join(codes)}"
            ) from None
        if operation is not None:
            must(refusal.operation, operation, f"{what}: the operation that the refusal names")
        return
    raise OtherwiseThanAgreed(f"{what} is not refused")


# -- what leaves nothing behind -------------------------------------------------------------------


@_check("The same key gives the same operation, as far as it has come.")
def _same_key(stand: CheckStand) -> None:
    request = DraftRequest(key=secrets.token_hex(16), order=stand.order())
    draft = stand.money.draft(request)
    must(stand.money.draft(request).id, draft.id, "the same key again")
    stand.confirm(draft)
    must(stand.money.draft(request).state, CONFIRMED, "the same key after the confirmation")
    assert isinstance(request.order, WithdrawalOrder)
    other = request.order.model_copy(update={"amount": (request.order.amount or 0) + 1})
    with refused("a known key with another order", "key-reused"):
        stand.money.draft(DraftRequest(key=request.key, order=other))
    stand.take_back(draft)


@_check("A code that stands on no paper is unknown, and a scanned address is no error.")
def _unknown_paper(stand: CheckStand) -> None:
    for code in ("000000000000", "https://example.org/v/none"):
        found = stand.visit.public.verify(VerificationRequest(code=code))
        must(found.verdict, "unknown", "the verdict on a paper that nobody has made")


@_check("A newer draft of the person and kind takes the place of a drafted one.")
def _superseded(stand: CheckStand) -> None:
    order = stand.order()
    old, new = stand.draft(order), stand.draft(order)
    must(stand.money.operation(old.id).state, SUPERSEDED, "the older draft")
    must(stand.confirm(new).state, CONFIRMED, "the newer draft's confirmation")
    must(stand.confirm(old, "000000").state, SUPERSEDED, "a confirmation of the older draft")
    stand.take_back(new)


@_check("A commit of what is only drafted is refused, and changes nothing.")
def _not_confirmed(stand: CheckStand) -> None:
    before, draft = stand.balance(), stand.draft()
    with refused("a commit of a draft", "not-confirmed"):
        stand.committer.commit(draft.id)
    must(stand.committer.query(draft.id).state, DRAFTED, "a draft after its commit was refused")
    must(stand.balance(), before, "the balance")
    stand.money.cancel(draft.id)


@_check("A confirmation is bound to the amount that was seen.")
def _digest(stand: CheckStand) -> None:
    draft = stand.draft()
    seen = draft.model_copy(update={"amount": (draft.amount or 0) + 1})
    with refused("a confirmation of another amount", "quote-differs"):
        stand.confirm(seen)
    must(stand.money.operation(draft.id).state, DRAFTED, "the draft afterwards")
    stand.money.cancel(draft.id)


@_check("Three wrong codes cancel the operation.")
def _three_codes(stand: CheckStand) -> None:
    draft = stand.draft()
    stand.money.send_code(draft.id)
    for _ in range(2):
        with refused("a wrong code", "code-wrong"):
            stand.confirm(draft, "000000")
    with refused("a third wrong code", "operation-locked"):
        stand.confirm(draft, "000000")
    must(stand.money.operation(draft.id).state, CANCELLED, "the operation afterwards")


@_check("While one of a person and kind is confirmed, no other can be drafted.")
def _in_flight(stand: CheckStand) -> None:
    order, first = stand.order(), stand.confirmed()
    with refused("a second draft", "in-flight", operation=first.id):
        stand.draft(order)
    must(stand.confirm(first, "000000").state, CONFIRMED, "a second confirmation")
    stand.take_back(first)


@_check("The end of a confirmed operation is told before another begins.")
def _untold(stand: CheckStand) -> None:
    order, first = stand.order(), stand.confirmed()
    with refused("told before the end", "not-ended"):
        stand.money.told(first.id)
    stand.money.cancel(first.id)
    with refused("a draft before the end is told", "untold", operation=first.id):
        stand.draft(order)
    must([one.id for one in stand.money.open_operations()], [first.id], "what is open")
    for _ in range(2):
        stand.money.told(first.id)
    must(stand.money.open_operations(), (), "what is open once it is told")
    stand.money.cancel(stand.draft(order).id)


@_check("What is cancelled is not carried out, however late the commit comes.")
def _cancelled(stand: CheckStand) -> None:
    before, draft = stand.balance(), stand.confirmed()
    must(stand.money.cancel(draft.id).state, CANCELLED, "a cancellation")
    must(stand.committer.commit(draft.id).state, CANCELLED, "a commit after the cancellation")
    must(stand.money.cancel(draft.id).state, CANCELLED, "a second cancellation")
    must(stand.balance(), before, "the balance")
    stand.money.told(draft.id)


@_check("Only the terminal of the operation commits it and asks about it.")
def _other_terminal(stand: CheckStand) -> None:
    draft = stand.confirmed()
    with refused("a commit of another terminal", "other-terminal"):
        stand.stranger.commit(draft.id)
    with refused("a query of another terminal", "other-terminal"):
        stand.stranger.query(draft.id)
    must(stand.committer.query(draft.id).state, CONFIRMED, "the operation afterwards")
    with refused("a query of an id that never was", "not-found"):
        stand.committer.query("0" * 32)
    stand.take_back(draft)


@_check("A PIN counts only beside the bank card to which it belongs.")
def _pin_alone(stand: CheckStand) -> None:
    """The test person has come with an identity card."""
    with refused("a key for a PIN without a bank card", "way-closed"):
        stand.visit.logins.pin_key()
    block = PinEvidence(algorithm="sm4", key_serial="0", block=Sensitive("0" * 32))
    with refused("a PIN without a bank card", "pin-wrong", "request-invalid"):
        stand.visit.prove(block)


# -- what needs the levers ------------------------------------------------------------------------


@_check("A commit moves the money once; further commits are answered.", levers=True)
def _done_once(stand: CheckStand) -> None:
    before, draft = stand.balance(), stand.confirmed()
    done = stand.committer.commit(draft.id)
    must(done.state, DONE, "a commit")
    for answer in (stand.committer.commit(draft.id), stand.committer.query(draft.id)):
        must(answer, done, "the same operation later")
    must(stand.money.operation(draft.id).reference, done.reference, "its reference")
    must(before - stand.balance(), draft.amount, "what has left the account")


@_check("What is in progress moves once, and cannot be taken back.", levers=True)
def _in_progress(stand: CheckStand) -> None:
    before, draft = stand.balance(), stand.confirmed()
    stand.lever("POST", "/operations/course", {"after_s": None})
    for _ in range(2):
        must(stand.committer.commit(draft.id).state, IN_PROGRESS, "a commit")
    must(stand.money.cancel(draft.id).state, IN_PROGRESS, "a cancellation of what is in progress")
    stand.lever("POST", "/operations/settled")
    must(stand.committer.query(draft.id).state, DONE, "the operation in the end")
    must(before - stand.balance(), draft.amount, "what has left the account")


@_check("Once a query says expired, no commit works.", levers=True)
def _expired_for_good(stand: CheckStand) -> None:
    _expired(stand, asked=True)


@_check("A commit that comes after the time is over moves nothing.", levers=True)
def _commit_too_late(stand: CheckStand) -> None:
    _expired(stand, asked=False)


def _expired(stand: CheckStand, *, asked: bool) -> None:
    before, draft = stand.balance(), stand.confirmed()
    left = stand.money.operation(draft.id).commit_ttl_s
    if left is None:
        raise OtherwiseThanAgreed("a confirmed operation does not say how long it can wait")
    stand.lever("POST", "/clock", {"seconds": left + 2})
    if asked:
        must(stand.committer.query(draft.id).state, EXPIRED, "a query after the time")
    must(stand.committer.commit(draft.id).state, EXPIRED, "a commit after the time")
    stand.sign_in()
    must(stand.balance(), before, "the balance")
    must(stand.money.operation(draft.id).state, EXPIRED, "the operation in the next visit")


# -- running them ---------------------------------------------------------------------------------


def results(
    url: str, plan: CheckPlan, checks: Sequence[ContractCheck] = CHECKS
) -> Iterator[CheckResult]:
    """Run the checks, one after another. With levers, each begins with a centre reset."""
    for check in checks:
        if check.levers and not plan.levers:
            yield CheckResult(check, left_out=True)
            continue
        try:
            with ExitStack() as stack:
                if plan.levers:
                    _reset(url, plan)
                check.run(CheckStand(url, plan, stack))
        except OtherwiseThanAgreed as error:
            yield CheckResult(check, str(error))
        except (Refusal, CentreUnavailable, requests.RequestException) as error:
            yield CheckResult(check, f"{type(error).__name__}: {error}")
        else:
            yield CheckResult(check)


def _reset(url: str, plan: CheckPlan) -> None:
    first = plan.terminals[0]
    requests.post(
        f"{url}/sandbox/reset",
        timeout=30,
        verify=str(plan.ca) if plan.ca else True,
        cert=(str(first.certificate), str(first.key or first.certificate))
        if first.certificate
        else None,
    ).raise_for_status()


def run(url: str, plan: CheckPlan, say: Callable[[str], None]) -> int:
    """Run every check and say each result in a line; 0 when the centre keeps the contract."""
    wrong = 0
    for result in results(url, plan):
        if result.left_out:
            say(f"-      {result.check.sentence} Left out: needs a stand-in's levers.")
        elif result.why is None:
            say(f"ok     {result.check.sentence}")
        else:
            wrong += 1
            say(f"WRONG  {result.check.sentence} {result.why}.")
    say("The centre keeps the contract." if not wrong else f"{wrong} of {len(CHECKS)} are wrong.")
    return int(bool(wrong))
