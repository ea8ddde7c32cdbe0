"""Checks a centre against its contract, call by call: ``kiosk centre check URL``.

A test person of that centre is signed in; every check drafts operations for this person, and says
in one sentence what the centre does otherwise than the contract. Most checks take back what they
confirm. The checks that let money move, or time pass, need the levers of a stand-in centre.
"""

from __future__ import annotations

import re
import secrets
import tomllib
import unicodedata
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, closing, contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from itertools import product
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pypdfium2
import requests
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding
from pydantic import BaseModel, ConfigDict

from kiosk.centre.client import CentreClient
from kiosk.centre.commit_client import CommitClient
from kiosk.centre.document_orders import AgreementCopyOrder
from kiosk.centre.enrolment import (
    EnrolledTerminal,
    Enrolment,
    EnrolmentRequest,
    RenewalRequest,
)
from kiosk.centre.enrolment_client import EnrolmentClient
from kiosk.centre.errors import CentreUnavailable, Refusal
from kiosk.centre.evidence import CardEvidence, PinEvidence
from kiosk.centre.handovers import HandoverRequest, RequestsHandover, WithdrawalsHandover
from kiosk.centre.models import Document
from kiosk.centre.operations import (
    AuthorisationAnswer,
    ClerkApproval,
    Confirmation,
    DraftRequest,
    Evidence,
    MonthlyOffsetOrder,
    Operation,
    OperationStatus,
    Referral,
    StandingWithdrawalOrder,
    WithdrawalOrder,
    digest_of,
)
from kiosk.centre.operations_client import OperationsClient
from kiosk.centre.transfer_orders import CrossProvinceOrder
from kiosk.centre.unit_orders import UnitRatioOrder
from kiosk.centre.verification import VerificationRequest
from kiosk.enrolment import key as keys
from kiosk.enrolment import ticket as tickets
from kiosk.enrolment.identity import NotEnrolled, own_certificate
from kiosk.enrolment.key import TerminalKey
from kiosk.enrolment.signed import TicketRefused
from kiosk.operation import Business, OperationState, PayoutState, ReferralState
from kiosk.papers.sealed import NotOurs, SealRules, check_sealed, holder_mark
from kiosk.privacy import Sensitive

DRAFTED, CONFIRMED, DONE = OperationState.DRAFTED, OperationState.CONFIRMED, OperationState.DONE
AWAITING = OperationState.AWAITING_CONSENT
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
    enrolment: str = ""
    """The address at which a terminal without a certificate asks for one; empty: what needs it is
    left out."""
    agent: CardEvidence | None = None
    """Somebody else, who acts for a unit; None: what needs them is left out."""
    seal_roots: Path | None = None
    """What the centre's seals come from; None: what needs a seal is left out."""
    sealer: str = ""
    """Who seals, as in ``[centre] sealer`` of a terminal; empty: anybody under the roots."""
    levers: bool = False
    """Whether the centre has the stand-in's levers under ``/sandbox``."""


def read_plan(path: Path) -> CheckPlan:
    """The plan in a TOML file. Raises ``ValueError`` or ``OSError`` with the reason."""
    return CheckPlan.model_validate(tomllib.loads(path.read_text(encoding="utf-8")))


class OtherwiseThanAgreed(Exception):
    """What the centre does otherwise, in one sentence."""


class NotForThisPlan(Exception):
    """What the plan lacks, so that a check cannot be made."""


@dataclass(frozen=True, slots=True)
class ContractCheck:
    """One check: what the contract says, and the calls that show it."""

    sentence: str
    run: Callable[[CheckStand], None]
    levers: bool


@dataclass(frozen=True, slots=True)
class CheckResult:
    """``why`` None: the centre keeps the contract; ``left_out``: why the check was not made."""

    check: ContractCheck
    why: str | None = None
    left_out: str = ""


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
        self.elsewhere = self._client(1)
        self.committer, self.stranger = (
            stack.enter_context(
                CommitClient(url, one.id, ca=plan.ca, certificate=one.certificate, key=one.key)
            )
            for one in plan.terminals
        )

    def sign_in(self) -> None:
        """A new session of the test person, with the consent to the look-ups."""
        self.visit = self._client(0)
        self._prove(self.visit, self._plan.card)
        self.money = self.visit.operations
        version = self.money.authorisation().version
        self.money.authorise(AuthorisationAnswer(version=version, agreed=True))

    @property
    def own_card(self) -> str:
        """The number of the test person's card."""
        return self._plan.card.number.reveal()

    def agent(self) -> CentreClient:
        """Somebody else, who acts for a unit, at the second terminal."""
        if self._plan.agent is None:
            raise NotForThisPlan("the plan names no agent of a unit")
        self._prove(self.elsewhere, self._plan.agent)
        return self.elsewhere

    def _client(self, terminal: int) -> CentreClient:
        one = self._plan.terminals[terminal]
        return self._stack.enter_context(
            CentreClient(
                self._url,
                one.id,
                ca=self._plan.ca,
                certificate=one.certificate,
                key=one.key,
            )
        )

    def _prove(self, visit: CentreClient, card: CardEvidence) -> None:
        visit.sign_in(card)
        visit.send_sms()
        visit.check_sms(Sensitive(self.code()))

    def lever(self, method: str, path: str, body: Any = None) -> Any:
        answer = self._beside(method, f"/sandbox{path}", json=body)
        return answer.json() if answer.content else None

    def desk(self, act: str, **form: str) -> str:
        """What the stand-in's page for technicians says to a form."""
        return self._beside("POST", f"/terminals/{act}", data=form).text

    def _beside(self, method: str, path: str, **body: Any) -> requests.Response:
        first = self._plan.terminals[0]
        certificate = (str(first.certificate), str(first.key or first.certificate))
        answer = requests.request(
            method,
            self._url + path,
            timeout=10,
            verify=str(self._plan.ca) if self._plan.ca else True,
            cert=certificate if first.certificate else None,
            **body,
        )
        answer.raise_for_status()
        return answer

    def machine(self) -> NewMachine:
        """A machine out of its box."""
        url = self._plan.enrolment
        if not url:
            raise NotForThisPlan("the plan names no address for terminals without a certificate")
        folder = Path(self._stack.enter_context(TemporaryDirectory()))
        calls = self._stack.enter_context(EnrolmentClient(url, ca=self._plan.ca))
        return NewMachine(keys.make(folder / "key.pem", tpm=False), calls)

    def allowed(self, machine: NewMachine, number: str, **more: str) -> EnrolledTerminal:
        """What the centre gives to ``machine``, once its code was allowed under ``number``."""
        opened = machine.ask()
        self.desk("allow", code=opened.code, number=number, answer="yes", **more)
        granted = machine.calls.state(opened.id).terminal
        if granted is None:
            raise OtherwiseThanAgreed("an enrolment whose code was allowed brings nothing")
        must(granted.terminal, number, "the number of what was allowed")
        machine.take(granted.certificate, number)
        return granted

    def enrolled(self, machine: NewMachine, number: str) -> EnrolmentClient:
        """The machine's calls with the certificate that it has taken."""
        return self._stack.enter_context(
            EnrolmentClient(
                self._url,
                number,
                ca=self._plan.ca,
                certificate=machine.certificate,
                key=machine.key.path,
            )
        )

    def code(self) -> str:
        """The newest code that the centre has sent to the test person."""
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

    def application(self) -> Operation:
        """The draft of an application 跨省通办 that some other centre takes of the person.
        Refusals: in-flight, untold."""
        offers = {each.service: each for each in self.visit.catalogue().offers}
        offer = offers.get(Business.CROSS_PROVINCE)
        choices = product(offer.addressees, offer.purposes) if offer else ()
        for centre, item in choices:
            order = CrossProvinceOrder(
                business=Business.CROSS_PROVINCE, centre=centre.code, item=item.code
            )
            try:
                return self.money.draft(DraftRequest(key=secrets.token_hex(16), order=order))
            except Refusal as refusal:
                if refusal.code in ("in-flight", "untold"):  # says nothing of the other centre
                    raise
        raise NotForThisPlan("no other centre takes an application of the test person")

    def confirm(
        self,
        draft: Operation,
        code: str | None = None,
        calls: OperationsClient | None = None,
        clerk: ClerkApproval | None = None,
    ) -> OperationStatus:
        """Confirm with the operation's own code, or with ``code``; in the test person's visit, or
        with ``calls`` in another; approved by ``clerk``."""
        money = calls or self.money
        if code is None:
            money.send_code(draft.id)
            code = self.code()
        evidence = (Evidence(kind="sms", value=Sensitive(code)),)
        given = Confirmation(evidence=evidence, digest=digest_of(draft), clerk=clerk)
        return money.confirm(draft.id, given)

    def confirmed(self) -> Operation:
        draft = self.draft()
        must(self.confirm(draft).state, CONFIRMED, "a confirmation with the right code")
        return draft

    def take_back(self, operation: Operation) -> None:
        self.money.cancel(operation.id)
        self.money.told(operation.id)

    def agreement(self) -> Operation:
        """The draft of 委托按月还贷 that the test person can sign alone."""
        for one in self.money.eligibility("loan"):
            if one.business is Business.MONTHLY_OFFSET and one.can and "cancel" not in one.ways:
                order = MonthlyOffsetOrder(
                    business=Business.MONTHLY_OFFSET, loan=one.loan or "", way="sign"
                )
                return self.money.draft(DraftRequest(key=secrets.token_hex(16), order=order))
        raise NotForThisPlan("the test person can sign no 委托按月还贷")

    def seal_rules(self) -> SealRules:
        """What a seal of the centre is held against."""
        if self._plan.seal_roots is None:
            raise NotForThisPlan("the plan names no roots of the seal")
        return SealRules(self._plan.seal_roots, self._plan.sealer)

    def sealed_file(self, document: Document, rules: SealRules) -> bytes:
        """The file of ``document``, with the centre's seal, made for this visit."""
        pdf, person = self.visit.document_file(document), self.visit.person()
        session = self.visit.session
        assert session  # the stand has signed in
        name, number = person.full_name.reveal(), person.document_number.reveal()
        try:
            check_sealed(
                pdf,
                document=document,
                holder=holder_mark(session.id, name, number),
                now=self.visit.catalogue().clock,
                rules=rules,
            )
        except NotOurs as flaw:
            raise OtherwiseThanAgreed(f"a terminal does not print it: {flaw}") from None
        return pdf

    def balance(self) -> Decimal:
        return sum((one.balance.reveal() for one in self.visit.accounts()), Decimal(0))


class NewMachine:
    """A machine out of its box: a key of its own, and its calls without a certificate."""

    def __init__(self, key: TerminalKey, calls: EnrolmentClient) -> None:
        self.key = key
        self.calls = calls
        self.request = key.request()
        self.certificate = key.path.with_name("certificate.pem")

    def ask(self) -> Enrolment:
        """Ask for a certificate."""
        return self.calls.open(EnrolmentRequest(request=self.request, key_place="file"))

    def take(self, pem: str, number: str) -> datetime:
        """Use the certificate ``pem`` from now on; when it ends."""
        try:
            own = own_certificate(pem, self.key, number)
        except NotEnrolled as flaw:
            raise OtherwiseThanAgreed(f"a terminal does not take what it gets: {flaw}") from None
        self.certificate.write_text(pem)
        return own.not_valid_after_utc


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


@_check("The catalogue names the edition of the roster of the staff, in which nobody stands twice.")
def _roster(stand: CheckStand) -> None:
    named = stand.visit.catalogue().staff
    if not named:
        raise NotForThisPlan("the centre has no roster of the staff for this terminal")
    must(stand.visit.staff_roster().edition, named, "the edition of the roster")


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


@_check("What can be taken back says so, and what has ended does not.")
def _cancellable(stand: CheckStand) -> None:
    draft = stand.draft()
    must(stand.money.operation(draft.id).cancellable, True, "a draft, whether it can be cancelled")
    stand.confirm(draft)
    must(stand.money.operation(draft.id).cancellable, True, "the same once it is confirmed")
    stand.money.cancel(draft.id)
    must(stand.money.operation(draft.id).cancellable, False, "the same once it is cancelled")
    stand.money.told(draft.id)


@_check("A trial creates nothing, and takes the place of nothing.")
def _trial(stand: CheckStand) -> None:
    order = stand.order()
    draft = stand.draft(order)
    with suppress(Refusal):  # not every business has a trial
        stand.money.trial(order)
    must(stand.money.operation(draft.id).state, DRAFTED, "a draft after a trial")
    stand.money.cancel(draft.id)


@_check("An operation is nobody's but the citizen's own.")
def _own(stand: CheckStand) -> None:
    other, draft = stand.agent().operations, stand.draft()
    for what, call in (("a query", other.operation), ("a cancellation", other.cancel)):
        with refused(f"{what} of somebody else", "not-found"):
            call(draft.id)
    must(stand.money.operation(draft.id).state, DRAFTED, "the draft afterwards")
    stand.money.cancel(draft.id)


@_check("An application for a unit has a trial, is drafted, and can be taken back.")
def _unit(stand: CheckStand) -> None:
    agent = stand.agent()
    unit = next(iter(agent.units.units()), None)
    can = {one.business for one in agent.operations.eligibility("unit") if one.can}
    if unit is None or not can & {Business.UNIT_RATIO_CHANGE}:
        raise NotForThisPlan("the agent of the plan can change no ratio")
    up = Decimal("0.01") if unit.employer_ratio < Decimal("0.12") else Decimal("-0.01")
    order = UnitRatioOrder(
        business=Business.UNIT_RATIO_CHANGE,
        unit=unit.id,
        employer_ratio=unit.employer_ratio + up,
        personal_ratio=unit.personal_ratio + up,
    )
    calls = agent.operations
    must(bool(calls.trial(order).choices), True, "a trial, whether it has a line")
    draft = calls.draft(DraftRequest(key=secrets.token_hex(16), order=order))
    must(draft.state, DRAFTED, "the application")
    must(calls.cancel(draft.id).state, CANCELLED, "the application, taken back")
    must(next(iter(agent.units.units())), unit, "the unit afterwards")


@_check("What waits for a spouse's consent can neither be confirmed nor committed.")
def _consent(stand: CheckStand) -> None:
    found = stand.money.eligibility("loan")
    one = next((each for each in found if each.can and each.spouse and each.loan), None)
    if one is None or one.loan is None:
        raise NotForThisPlan("the test person has no spouse who could agree to 委托按月还贷")
    order = MonthlyOffsetOrder(
        business=Business.MONTHLY_OFFSET, loan=one.loan, way="sign", spouse=True
    )
    draft = stand.money.draft(DraftRequest(key=secrets.token_hex(16), order=order))
    must(draft.state, AWAITING, "a draft that needs a consent")
    must("*" in draft.consent_of, True, "the spouse's name, whether it is masked")
    codes = [stand.money.open_consent(draft.id).content.reveal() for _ in range(2)]
    must(len(set(codes)), 2, "how many codes two requests give")
    with suppress(Refusal):
        must(stand.confirm(draft, "000000").state, AWAITING, "a confirmation before the consent")
    with refused("a commit before the consent", "not-confirmed"):
        stand.committer.commit(draft.id)
    must(stand.money.operation(draft.id).state, AWAITING, "the draft afterwards")
    must(stand.money.cancel(draft.id).state, CANCELLED, "the draft, taken back")
    with refused("a code for what has ended", "not-awaiting-consent"):
        stand.money.open_consent(draft.id)


@_check("The catalogue names the edition of what is published, for everybody.")
def _publication(stand: CheckStand) -> None:
    named = stand.elsewhere.catalogue().publication
    must(stand.elsewhere.publication().version, named, "the edition that is published")


@_check("A code for a phone is over once its page was left, and no other terminal's.")
def _phone_login(stand: CheckStand) -> None:
    login = stand.visit.logins.open_phone()
    must(stand.visit.logins.phone_state(login.id).state, "waiting", "a new code")
    with refused("a query of another terminal", "not-found"):
        stand.elsewhere.logins.phone_state(login.id)
    stand.visit.logins.void_phone(login.id)
    must(stand.visit.logins.phone_state(login.id).state, "over", "a code whose page was left")


@_check("A hand-over is over once its page was left, and no other terminal's.")
def _handover(stand: CheckStand) -> None:
    if not stand.visit.catalogue().handover:
        raise NotForThisPlan("the catalogue has no phone go on")
    request = HandoverRequest(about=RequestsHandover(topic="requests"))
    with refused("a hand-over without a session", "proof-needed"):
        stand.elsewhere.handovers.open(request)
    old, new = (stand.visit.handovers.open(request) for _ in range(2))
    states = [stand.visit.handovers.state(each.id).state for each in (old, new)]
    must(states, ["over", "waiting"], "an older code and a newer one")
    with refused("a query of another terminal", "not-found"):
        stand.elsewhere.handovers.state(new.id)
    stand.visit.handovers.void(new.id)
    must(stand.visit.handovers.state(new.id).state, "over", "a code whose page was left")


@_check("A phone goes on with 提取记录 of the citizen's own account only.")
def _withdrawals_handover(stand: CheckStand) -> None:
    catalogue = stand.visit.catalogue()
    offered = {each.service for each in catalogue.offers if each.open}
    if not catalogue.handover or "withdrawals" not in offered:
        raise NotForThisPlan("the catalogue has no phone go on with 提取记录")

    def of(account: str) -> HandoverRequest:
        return HandoverRequest(about=WithdrawalsHandover(topic="withdrawals", account=account))

    own, calls = of(stand.visit.accounts()[0].id), stand.visit.handovers
    with refused("a hand-over without a session", "proof-needed"):
        stand.elsewhere.handovers.open(own)
    code = calls.open(own)
    must(calls.state(code.id).state, "waiting", "a new code")
    calls.void(code.id)
    with refused("a hand-over of an account of nobody", "not-found"):
        calls.open(of("0" * 32))
    for account in stand.agent().accounts():
        with refused("a hand-over of somebody else's account", "not-found"):
            calls.open(of(account.id))


@_check("An application to another centre names it in the draft, and can be taken back.")
def _application(stand: CheckStand) -> None:
    draft = stand.application()
    referral = draft.referral
    if referral is None:
        raise OtherwiseThanAgreed("an application does not say which centre decides")
    must(referral.state, ReferralState.WAITING, "the application before the commit")
    must(referral.withdrawable, False, "whether the other centre could give it back already")
    must(bool(referral.stage or referral.amount), False, "whether the other centre has begun")
    must(stand.confirm(draft).state, CONFIRMED, "a confirmation with the right code")
    must(stand.money.cancel(draft.id).state, CANCELLED, "the application, taken back")
    stand.money.told(draft.id)


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


@_check("Money is under way to the card until the bank has paid it.", levers=True)
def _payout(stand: CheckStand) -> None:
    draft = stand.confirmed()
    must(stand.money.operation(draft.id).payout, None, "a payment before the commit")
    stand.committer.commit(draft.id)
    due = stand.money.operation(draft.id).payout
    must(due and due.state, PayoutState.DUE, "the payment after the commit")
    stand.lever("POST", "/clock", {"seconds": 24 * 3600})
    stand.sign_in()
    paid = stand.money.operation(draft.id)
    must(paid.payout and paid.payout.state, PayoutState.PAID, "the payment after a day")
    must(paid.state, DONE, "the operation")


@_check("An application is done here before the other centre decides on it.", levers=True)
def _application_waits(stand: CheckStand) -> None:
    before = stand.balance()
    sent = _sent(stand)
    must(sent.state, ReferralState.WAITING, "the application after the commit")
    must(stand.balance(), before, "the balance")


@_check("What was taken back from another centre is decided by nobody.", levers=True)
def _application_withdrawn(stand: CheckStand) -> None:
    draft = stand.application()
    asked = stand.money.withdraw_application(draft.id)
    must(asked.state, DRAFTED, "what is not at the other centre yet, taken back from there")
    stand.money.cancel(draft.id)
    sent = _sent(stand)
    must(sent.withdrawable, True, "whether the other centre would give the application back")
    operation = stand.money.all_operations()[0].id
    for _ in range(2):
        back = stand.money.withdraw_application(operation)
        must(back.state, DONE, "the operation of an application that was taken back")
        must(back.referral and back.referral.state, ReferralState.WITHDRAWN, "the application")
    stand.lever("POST", "/clock", {"seconds": 10 * 24 * 3600})
    stand.sign_in()
    later = stand.money.operation(operation).referral
    must(later and later.state, ReferralState.WITHDRAWN, "the application ten days later")
    must(later and later.withdrawable, False, "whether it could be taken back once more")


def _sent(stand: CheckStand) -> Referral:
    """An application that is at the other centre."""
    draft = stand.application()
    stand.confirm(draft)
    must(stand.committer.commit(draft.id).state, DONE, "the commit of an application")
    referral = stand.money.operation(draft.id).referral
    stand.money.told(draft.id)
    if referral is None:
        raise OtherwiseThanAgreed("an application does not say how far the other centre is")
    return referral


@_check("What is agreed on a month is told, and moves nothing by itself.", levers=True)
def _standing(stand: CheckStand) -> None:
    agent = stand.agent()
    calls, before = agent.operations, agent.accounts()
    version = calls.authorisation().version
    calls.authorise(AuthorisationAnswer(version=version, agreed=True))
    found = calls.eligibility("standing")
    one = next((each for each in found if each.can and "set" in each.ways), None)
    if one is None or one.account is None or one.least is None:
        raise NotForThisPlan("the agent of the plan can agree on no 约定提取")
    order = StandingWithdrawalOrder(
        business=Business.STANDING_WITHDRAWAL, account=one.account, way="set", amount=one.least
    )
    draft = calls.draft(DraftRequest(key=secrets.token_hex(16), order=order))
    stand.confirm(draft, calls=calls)
    must(stand.stranger.commit(draft.id).state, DONE, "the commit")
    calls.told(draft.id)
    now = next(each for each in calls.eligibility("standing") if each.account == one.account)
    must(now.monthly, one.least, "what is agreed on")
    must("set" in now.ways, False, "whether it can be agreed on once more")
    must(agent.accounts(), before, "the account")


@_check("The copy of an agreement is sealed, and holds all that was agreed to.", levers=True)
def _agreement_copy(stand: CheckStand) -> None:
    rules = stand.seal_rules()
    draft = stand.agreement()
    must(bool(draft.texts), True, "whether 委托按月还贷 has a text to be agreed to")
    order = AgreementCopyOrder(kind="agreement-copy", operation=draft.id, key=secrets.token_hex(16))
    with refused("a copy of what is not agreed on yet", "operation-not-done"):
        stand.visit.make_document(order)
    stand.confirm(draft)
    must(stand.committer.commit(draft.id).state, DONE, "the commit")
    stand.money.told(draft.id)
    copy = stand.visit.make_document(order)
    must(stand.visit.make_document(order).id, copy.id, "the same key again")
    read = _words_of(stand.sealed_file(copy, rules))
    for text in draft.texts:
        clauses = [_plain(each) for each in re.split(r"[，。；：、\n]", text.text)]
        lacks = [each for each in clauses if each not in read]
        if len(lacks) >= copy.pages:  # the end of a page may stand within a clause
            raise OtherwiseThanAgreed(f"the copy of {text.title.zh} lacks “{lacks[0]}”")


def _words_of(pdf: bytes) -> str:
    with closing(pypdfium2.PdfDocument(pdf)) as document:
        return "".join(_plain(page.get_textpage().get_text_range()) for page in document)


def _plain(text: str) -> str:
    """``text`` without spaces and line breaks, each letter in its usual form: fonts name others."""
    return "".join(unicodedata.normalize("NFKC", text).split())


@_check("Who was taken off the roster of the staff is in no further edition.", levers=True)
def _taken_off(stand: CheckStand) -> None:
    card = {"name": "白工", "role": "technician", "card": "990101199001019996", "pin": "908070"}
    stand.lever("PUT", "/staff/6099", card)
    before = stand.visit.staff_roster()
    must("6099" in {one.number for one in before.staff}, True, "whether the roster has 6099")
    stand.lever("DELETE", "/staff/6099")
    after = stand.visit.staff_roster()
    must("6099" in {one.number for one in after.staff}, False, "whether the roster still has 6099")
    must(after.edition != before.edition, True, "whether the edition is another one")
    must(stand.visit.catalogue().staff, after.edition, "the edition that the catalogue names")


@_check(
    "What a clerk must approve is confirmed with a clerk, who is not the applicant.",
    levers=True,
)
def _clerk(stand: CheckStand) -> None:
    clerk = {"name": "白柜员", "role": "clerk", "card": "990101199001019996", "pin": "908070"}
    stand.lever("PUT", "/staff/6098", {**clerk, "role": "attendant", "card": "990101199001019988"})
    stand.lever("PUT", "/staff/6099", clerk)
    stand.lever("PUT", "/staff/6097", {**clerk, "card": stand.own_card})
    stand.lever("PUT", "/offers/withdraw/clerk", {"open": True})
    named = [each.service for each in stand.visit.catalogue().offers if each.clerk]
    must(named, ["withdraw"], "the services that need a clerk, in the catalogue")
    draft = stand.draft()
    must(draft.clerk is not None, True, "whether the draft says why a clerk must approve it")
    stand.money.send_code(draft.id)
    code = stand.code()
    with refused("a confirmation without a clerk", "clerk-needed", operation=draft.id):
        stand.confirm(draft, code)
    now = stand.visit.catalogue().clock
    with refused("the approval of somebody who is no clerk", "clerk-unknown", operation=draft.id):
        stand.confirm(draft, code, clerk=ClerkApproval(number="6098", at=now))
    with refused("the approval of the applicant", "clerk-own", operation=draft.id):
        stand.confirm(draft, code, clerk=ClerkApproval(number="6097", at=now))
    must(stand.money.operation(draft.id).state, DRAFTED, "the draft afterwards")
    approved = stand.confirm(draft, code, clerk=ClerkApproval(number="6099", at=now))
    must(approved.state, CONFIRMED, "a confirmation that a clerk has approved")
    stand.take_back(draft)


@_check("A way in that the catalogue says is closed is refused.", levers=True)
def _closed_way(stand: CheckStand) -> None:
    stand.lever("PUT", "/ways/phone", {"open": False})
    closed = [each.way for each in stand.visit.catalogue().ways if not each.open]
    must(closed, ["phone"], "the ways in that are closed")
    with refused("a login on a phone", "way-closed"):
        stand.elsewhere.logins.open_phone()


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


# -- enrolment ------------------------------------------------------------------------------------


@_check("A request for a certificate gets a code, and an id that nobody can guess.")
def _enrolment_waits(stand: CheckStand) -> None:
    machine = stand.machine()
    one, two = machine.ask(), machine.ask()
    must(one.code == two.code or one.id == two.id, False, "whether two requests have one code")
    for each in (one, two):
        must(machine.calls.state(each.id).state, "waiting", "a code that nobody has allowed")
        secret = len(each.id) >= _SECRET_CHARACTERS and each.code not in each.id
        must(secret, True, "whether the id is long, and does not tell the code")
    with refused("an id of nobody", "not-found"):
        machine.calls.state(secrets.token_urlsafe(24))


_SECRET_CHARACTERS = 22
"""128 random bits in base64url (RFC 4648 5)."""


@_check("A request that its key has not signed gets no code.")
def _enrolment_unsigned(stand: CheckStand) -> None:
    machine = stand.machine()
    der = bytearray(x509.load_pem_x509_csr(machine.request.encode()).public_bytes(Encoding.DER))
    der[-1] ^= 1  # in the signature
    machine.request = x509.load_der_x509_csr(bytes(der)).public_bytes(Encoding.PEM).decode()
    with refused("a request that its key has not signed", "request-invalid"):
        machine.ask()


@_check("What was allowed gets a certificate for its own key, and is served.", levers=True)
def _enrolment_allowed(stand: CheckStand) -> None:
    machine, other = stand.machine(), stand.machine()
    opened = machine.ask()
    waits = other.ask()
    stand.desk("allow", code=opened.code, number=_NUMBER, answer="yes")
    granted = machine.calls.state(opened.id).terminal
    if granted is None:
        raise OtherwiseThanAgreed("an enrolment whose code was allowed brings nothing")
    machine.take(granted.certificate, _NUMBER)
    must(other.calls.state(waits.id).state, "waiting", "the code of another terminal")
    stand.enrolled(machine, _NUMBER).renew(RenewalRequest(request=machine.request))


_NUMBER = "CHECK-1"


@_check("What was refused, or has waited for too long, gets nothing.", levers=True)
def _enrolment_refused(stand: CheckStand) -> None:
    machine = stand.machine()
    no, late = machine.ask(), machine.ask()
    stand.desk("allow", code=no.code, answer="no")
    must(machine.calls.state(no.id).state, "refused", "a terminal that was refused")
    stand.lever("POST", "/clock", {"seconds": late.valid_s + 1})
    stand.desk("allow", code=late.code, number=_NUMBER, answer="yes")
    with suppress(Refusal):  # "not-found" says the same
        must(machine.calls.state(late.id).state, "over", "a code whose time has passed")


@_check("A renewal is for the terminal's own key, and ends no sooner.", levers=True)
def _renewal(stand: CheckStand) -> None:
    machine, other = stand.machine(), stand.machine()
    granted = stand.allowed(machine, _NUMBER)
    ends, calls = machine.take(granted.certificate, _NUMBER), stand.enrolled(machine, _NUMBER)
    renewed = calls.renew(RenewalRequest(request=machine.request)).certificate
    must(machine.take(renewed, _NUMBER) >= ends, True, "whether the next one ends no sooner")
    with refused("a renewal for another key", "request-invalid"):
        calls.renew(RenewalRequest(request=other.request))


@_check("A terminal out of use is refused everything, until it is served again.", levers=True)
def _stopped(stand: CheckStand) -> None:
    machine = stand.machine()
    stand.allowed(machine, _NUMBER)
    calls, asked = stand.enrolled(machine, _NUMBER), RenewalRequest(request=machine.request)
    stand.desk("stop", number=_NUMBER, because="check", answer="stop")
    with refused("a terminal out of use", "terminal-stopped"):
        calls.renew(asked)
    stand.desk("stop", number=_NUMBER, answer="resume")
    calls.renew(asked)


@_check("One number is one key's; a new board takes it over from the old one.", levers=True)
def _one_number(stand: CheckStand) -> None:
    old, board = stand.machine(), stand.machine()
    stand.allowed(old, _NUMBER)
    before, asked = stand.enrolled(old, _NUMBER), RenewalRequest(request=old.request)
    opened = board.ask()
    stand.desk("allow", code=opened.code, number=_NUMBER, answer="yes")
    must(board.calls.state(opened.id).state, "waiting", "a second terminal with the number")
    before.renew(asked)
    stand.allowed(board, _NUMBER, exchange="yes")
    with refused("the board that was exchanged", "terminal-stopped"):
        before.renew(asked)
    stand.enrolled(board, _NUMBER).renew(RenewalRequest(request=board.request))


@_check("A ticket enrols the one terminal whose request it was signed for.", levers=True)
def _ticket(stand: CheckStand) -> None:
    known, machine, other = stand.machine(), stand.machine(), stand.machine()
    signers = stand.allowed(known, _NUMBER).ticket_signers
    if signers is None:
        raise NotForThisPlan("an enrolment does not bring who signs tickets")
    trusted = known.key.path.with_name("signers.pem")
    trusted.write_text(signers)
    form = {"request": machine.request, "number": "CHECK-2", "hours": "1"}
    texts = [stand.desk("ticket", **form) for _ in range(2)]
    try:
        found = [tickets.check(text, trusted, machine.key.hash) for text in texts]
    except TicketRefused as flaw:
        raise OtherwiseThanAgreed(f"a terminal does not take its ticket: {flaw}") from None
    machine.take(found[0].terminal.certificate, "CHECK-2")
    must(len({each.id for each in found}), 2, "how many ids two tickets have")
    with suppress(TicketRefused):
        tickets.check(texts[0], trusted, other.key.hash)
        raise OtherwiseThanAgreed("another terminal takes the ticket, too")


# -- running them ---------------------------------------------------------------------------------


def results(
    url: str, plan: CheckPlan, checks: Sequence[ContractCheck] = CHECKS
) -> Iterator[CheckResult]:
    """Run the checks, one after another. With levers, each begins with a centre reset."""
    for check in checks:
        if check.levers and not plan.levers:
            yield CheckResult(check, left_out="needs a stand-in's levers")
            continue
        try:
            with ExitStack() as stack:
                if plan.levers:
                    _reset(url, plan)
                check.run(CheckStand(url, plan, stack))
        except NotForThisPlan as error:
            yield CheckResult(check, left_out=str(error))
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
            say(f"-      {result.check.sentence} Left out: {result.left_out}.")
        elif result.why is None:
            say(f"ok     {result.check.sentence}")
        else:
            wrong += 1
            say(f"WRONG  {result.check.sentence} {result.why}.")
    say("The centre keeps the contract." if not wrong else f"{wrong} of {len(CHECKS)} are wrong.")
    return int(bool(wrong))
