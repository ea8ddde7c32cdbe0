"""How an operation comes to its end at the stand-in centre: the only judge, at most once.

drafted -> confirmed -> in progress -> done or refused; drafted and confirmed -> expired or
cancelled; drafted -> superseded. Ranks only rise, a final state never changes, no id is forgotten.
Expiry is a stored transition, made before anything else is answered.
"""

from __future__ import annotations

import json
import secrets
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from datetime import date, datetime
from decimal import Decimal
from functools import partial
from threading import Lock
from typing import Any

from kiosk.centre.errors import reference_number
from kiosk.centre.evidence import PhoneLogin
from kiosk.centre.models import CentreWords, RefusalBody, SmsSent
from kiosk.centre.operations import (
    Authorisation,
    AuthorisationAnswer,
    Change,
    ClerkApproval,
    Confirmation,
    ConsentCode,
    DraftRequest,
    Eligibility,
    Evidence,
    EvidenceKind,
    Group,
    Operation,
    OperationStatus,
    Order,
    Referral,
    Trial,
    digest_of,
)
from kiosk.operation import Business, OperationState, PayoutState
from kiosk.privacy import mask_name, mask_phone
from kiosk.workshop.sandbox import consents, payouts, referrals
from kiosk.workshop.sandbox.accounts import Accounts
from kiosk.workshop.sandbox.alarms import Alarms
from kiosk.workshop.sandbox.bugs import CentreBug
from kiosk.workshop.sandbox.business_words import TITLES
from kiosk.workshop.sandbox.businesses import RULES
from kiosk.workshop.sandbox.cases import BusinessRule, OrderTarget, PersonCase, Terms
from kiosk.workshop.sandbox.clock import Clock
from kiosk.workshop.sandbox.consents import ConsentAnswer
from kiosk.workshop.sandbox.faces import Faces
from kiosk.workshop.sandbox.logins import PhoneLogins
from kiosk.workshop.sandbox.offers import Offers
from kiosk.workshop.sandbox.refusals import Refused
from kiosk.workshop.sandbox.risk import RiskRules
from kiosk.workshop.sandbox.sessions import CODE_VALID_S, RESEND_S, WRONG_CODES, TokenHolder
from kiosk.workshop.sandbox.staff import StaffDesk
from kiosk.workshop.sandbox.store import Row, Store, yuan
from kiosk.workshop.sandbox.tries import Tries
from kiosk.workshop.sandbox.unit_plans import detail
from kiosk.workshop.sandbox.units import UnitBook

DRAFT_TTL_S = 600
CONSENT_TTL_S = 24 * 3600
"""How long a draft waits for the consent of a spouse, and then for the applicant's confirmation: it
may be at another terminal on another day."""
COMMIT_TTL_S = 600
_LIVE = (OperationState.AWAITING_CONSENT, OperationState.DRAFTED)
_IN_FLIGHT = (OperationState.CONFIRMED, OperationState.IN_PROGRESS)
_MOST_LISTED = 200
_TOKEN_BYTES = 16
"""Random bytes in the address of an operation's state."""

AUTHORISATION = Authorisation(
    version="2026-01",
    agencies=(
        CentreWords(zh="公安", en="Police"),
        CentreWords(zh="民政", en="Civil affairs"),
        CentreWords(zh="不动产登记", en="Real-estate register"),
        CentreWords(zh="社会保险", en="Social insurance"),
        CentreWords(zh="商业银行", en="Commercial banks"),
    ),
    facts=(
        CentreWords(zh="婚姻、户籍", en="Marriage and household"),
        CentreWords(zh="名下住房", en="Homes in your name"),
        CentreWords(zh="参保、退休", en="Employment and retirement"),
        CentreWords(zh="住房贷款", en="Home loans"),
    ),
    purpose=CentreWords(
        zh="只用于判断您这次能不能提取、能提取多少",
        en="Only to tell whether and how much you can withdraw this time",
    ),
    text=CentreWords(
        zh="本人授权云岭市住房公积金管理中心(演示)，为办理本次提取，向公安、民政、不动产登记、社会保险"
        "和商业银行核查本人的婚姻户籍、名下住房、参保退休和住房贷款信息。授权在本次办理结束时失效。"
        "不同意的，可以带材料到任一管理部窗口办理。",
        en="I allow the demo centre to ask the police, civil affairs, the real-estate register, "
        "social insurance and commercial banks about my marriage and household, homes, "
        "employment, retirement and home loans, for this withdrawal only. It ends with this "
        "visit. If I do not agree, I can bring my papers to a branch counter.",
    ),
)


@dataclass(frozen=True, slots=True)
class Course:
    """What becomes of the next commits, for a lever: at once or after ``after_s`` on the centre's
    clock (None: when the lever says so) they are ``ends_as``; a refusal has the code ``code``."""

    ends_as: OperationState = OperationState.DONE
    after_s: float | None = 0.0
    code: str = "account-not-eligible"
    times: int | None = None


@dataclass(frozen=True, slots=True)
class DeskRecord:
    """What the centre has on file of an operation, under its own numbers."""

    operation: Operation
    group: Group
    terminal: str
    ended_at: str  # ISO 8601; empty before the end
    account: str | None
    loan: str | None
    unit: str | None


class OperationDesk:
    """Drafts, confirms, commits and ends operations. Every method may be called from any thread."""

    def __init__(
        self,
        store: Store,
        clock: Clock,
        accounts: Accounts,
        offers: Offers,
        *,
        logins: PhoneLogins,
        faces: Faces,
        can_give: Callable[[Row, EvidenceKind], bool],
        staff: StaffDesk,
        fixed_code: str | None,
        codes_per_day: int,
        tries: Tries,
        alarms: Alarms,
        risk: RiskRules,
        bugs: frozenset[CentreBug] = frozenset(),
    ) -> None:
        """``can_give``: whether the centre takes this kind of evidence of a person now."""
        self._store = store
        self._clock = clock
        self._accounts = accounts
        self._offers = offers
        self._units = UnitBook(store, clock.today())
        self._logins = logins
        self._faces = faces
        self._can_give = can_give
        self._staff = staff
        self._fixed_code = fixed_code
        self._codes_per_day = codes_per_day
        self._tries = tries
        self._alarms = alarms
        self._risk = risk
        self._bugs = bugs
        self._lock = Lock()
        self._course: Course | None = None

    def steer(self, course: Course | None) -> None:
        """Decide what becomes of the next commits; None: they are done at once."""
        with self._lock:
            self._course = course

    # -- what can be had ----------------------------------------------------------------------

    def authorise(self, visitor: TokenHolder, answer: AuthorisationAnswer) -> None:
        """Keep whether the citizen agrees to the look-ups. Refuses text-outdated."""
        if answer.version != AUTHORISATION.version:
            raise Refused("text-outdated")
        self._store.run(
            "INSERT OR REPLACE INTO authorisation VALUES (?, ?, ?, ?)",
            visitor.session,
            answer.version,
            int(answer.agreed),
            self._clock.now().isoformat(),
        )

    def eligibility(self, visitor: TokenHolder, group: Group) -> list[Eligibility]:
        """Every business of ``group``: can or cannot, why, how much. What can be had is first."""
        with self._at_once():
            case = self._case(visitor)
            found = [
                self._eligible(visitor, rule, terms)
                for rule in RULES.values()
                if rule.group == group
                for terms in self._judge(visitor, case, rule)
            ]
        return sorted(found, key=lambda one: not one.can)

    def trial(self, visitor: TokenHolder, order: Order) -> Trial:
        """What would come of ``order``. Refuses what a draft refuses, and trial-not-offered."""
        if CentreBug.TRIAL_SUPERSEDES in self._bugs:
            unit = self._target(visitor, order).unit
            self._supersede(visitor.person["id"], _kind(_rule_of(order.business), unit))
        with self._at_once():
            rule, target = _rule_of(order.business), self._target(visitor, order)
            if rule.trial is None:
                raise Refused("trial-not-offered")
            case = self._case(visitor)
            return rule.trial(case, target, self._terms(visitor, case, rule, target))

    def _judge(self, visitor: TokenHolder, case: PersonCase, rule: BusinessRule) -> list[Terms]:
        """The terms of ``rule``; what stands against all of them comes before its own reasons."""
        if rule.needs_authorisation and not self._agreed(visitor):
            return [Terms(rule.business, refusal=Refused("authorisation-needed"))]
        person = visitor.person["id"]
        if rule.group != "unit" and (busy := self._in_the_way(person, rule.kind)):
            return [Terms(rule.business, refusal=busy)]
        found = self._provable(visitor, self._served(visitor, rule, case))
        if rule.group != "unit":
            return found
        busy_units = (self._in_the_way(person, _kind(rule, terms.number[2])) for terms in found)
        return [
            replace(terms, refusal=busy) if busy else terms
            for terms, busy in zip(found, busy_units, strict=True)
        ]

    def _served(self, visitor: TokenHolder, rule: BusinessRule, case: PersonCase) -> list[Terms]:
        """The rule's terms, without those of units that the session does not serve."""
        found = rule.judge(case)
        if not visitor.unit:
            return found
        only = Terms(rule.business, refusal=Refused("unit-only"), payee=False)
        return [terms for terms in found if terms.number[2] == visitor.unit] or [only]

    def _provable(self, visitor: TokenHolder, found: list[Terms]) -> list[Terms]:
        """``found``, with the evidence that can be given now; without any, it cannot be had."""
        closed, can_give = Refused("evidence-closed"), partial(self._can_give, visitor.person)
        provable = []
        for terms in found:
            sets = tuple(each for each in terms.confirmed_by if all(map(can_give, each)))
            refusal = terms.refusal or (None if sets else closed)
            provable.append(replace(terms, confirmed_by=sets, refusal=refusal))
        return provable

    def _agreed(self, visitor: TokenHolder) -> bool:
        return bool(
            self._store.one(
                "SELECT 1 FROM authorisation WHERE session = ? AND agreed = 1", visitor.session
            )
        )

    def _eligible(self, visitor: TokenHolder, rule: BusinessRule, terms: Terms) -> Eligibility:
        account, loan, unit = terms.number
        most = terms.most if terms.amount is None else terms.amount
        return Eligibility(
            business=rule.business,
            can=terms.refusal is None,
            account=visitor.handle(account) if account else None,
            loan=visitor.handle(loan) if loan else None,
            unit=visitor.handle(unit) if unit else None,
            least=None if terms.least is None else yuan(terms.least),
            most=None if most is None else yuan(most),
            ways=terms.ways,
            monthly=self._monthly(terms),
            spouse=mask_name(terms.spouse["name"]) if terms.spouse else "",
            balance=yuan(terms.account["balance"]) if terms.account else None,
            payee=self._case(visitor).payee(visitor.handle)
            if terms.payee and not terms.refusal
            else None,
            checked=terms.checked,
            fields=terms.fields,
            limits=terms.limits,
            refusal=terms.refusal.body if terms.refusal else None,
        )

    def _monthly(self, terms: Terms) -> Decimal | None:
        forgets = CentreBug.FORGETS_AGREED_SUM in self._bugs
        return None if terms.monthly is None or forgets else yuan(terms.monthly)

    # -- draft --------------------------------------------------------------------------------

    def draft(
        self, visitor: TokenHolder, request: DraftRequest, base: str = ""
    ) -> tuple[Operation, bool]:
        """The operation of ``request.key``, and whether it is new. A known key gives its operation
        in its present state. ``base``: the address before the page of its state.

        Refuses what :class:`RiskRules` stops, key-reused, in-flight, untold, service-closed, the
        reasons of the business, amount-missing, amount-not-asked, amount-above, amount-below.
        """
        order = request.order
        if not self._store.one("SELECT 1 FROM operation WHERE key = ?", request.key):
            # Outside of the transaction, which a refusal takes back: the alarm must stay.
            self._risk.must_not_stop(visitor, order.business, _rule_of(order.business).group)
        with self._at_once():
            rule, target = _rule_of(order.business), self._target(visitor, order)
            known = self._store.one("SELECT * FROM operation WHERE key = ?", request.key)
            if known:
                same = known["business"] == order.business and known["target"] == _json(target)
                if known["person"] != visitor.person["id"] or not same:
                    raise Refused("key-reused")
                return self._operation(known), False
            kind = _kind(rule, target.unit)
            busy = self._in_the_way(visitor.person["id"], kind)
            if busy and CentreBug.FLIGHT_ONLY_AT_CONFIRMATION not in self._bugs:
                raise busy
            self._offers.must_be_open(rule.service)
            case = self._case(visitor)
            terms = self._terms(visitor, case, rule, target)
            if CentreBug.TWO_LIVE_DRAFTS not in self._bugs:
                self._supersede(visitor.person["id"], kind)
            return self._new(visitor, request.key, rule, target, case, terms, base), True

    def _target(self, visitor: TokenHolder, order: Order) -> OrderTarget:
        """The order under the centre's own numbers. Refuses not-found, and a new value that the
        centre does not take."""
        account = getattr(order, "account", None)
        loan = getattr(order, "loan", None)
        unit = getattr(order, "unit", None)
        amount = getattr(order, "amount", None)
        value = getattr(order, "value", None)
        new = None if value is None else str(value.reveal())
        if new is None:
            new = detail(order, lambda one: self._units.find_employee(visitor, one))
        takes = _rule_of(order.business).takes
        if new is not None and takes:
            new = takes(self._case(visitor), new)
        return OrderTarget(
            account=self._accounts.find(visitor, account)["number"] if account else None,
            loan=self._accounts.find_loan(visitor, loan)["number"] if loan else None,
            amount=None if amount is None else int(amount * 100),
            way=getattr(order, "way", None),
            field=getattr(order, "field", getattr(order, "item", None)),
            value=new,
            unit=self._unit(visitor, order.business, unit) if unit else None,
            spouse=getattr(order, "spouse", False),
            centre=getattr(order, "centre", None),
        )

    def _unit(self, visitor: TokenHolder, business: Business, handle: str) -> str:
        """The number of a unit, or of a company that has no account yet. Refuses not-found."""
        if business is not Business.UNIT_OPENING:
            return str(self._units.find(visitor, handle)["number"])
        for terms in RULES[business].judge(self._case(visitor)):
            _, _, number = terms.number
            if number and visitor.handle(number) == handle:
                return number
        raise Refused("not-found")

    def _terms(
        self, visitor: TokenHolder, case: PersonCase, rule: BusinessRule, target: OrderTarget
    ) -> Terms:
        """The terms on which ``target`` can be had. Refuses everything else."""
        if rule.needs_authorisation and not self._agreed(visitor):
            raise Refused("authorisation-needed")
        return fitting(self._provable(visitor, self._served(visitor, rule, case)), target)

    def _supersede(self, person: str, kind: str) -> None:
        for row in self._store.all(
            "SELECT * FROM operation WHERE person = ? AND kind = ? AND state IN (?, ?)",
            person,
            kind,
            *_LIVE,
        ):
            self._end(row, OperationState.SUPERSEDED)

    def _new(
        self,
        visitor: TokenHolder,
        key: str,
        rule: BusinessRule,
        target: OrderTarget,
        case: PersonCase,
        terms: Terms,
        base: str,
    ) -> Operation:
        if target.spouse and terms.spouse is None:
            raise Refused("no-spouse")
        consenter = terms.spouse if target.spouse else None
        amount = target.amount if terms.amount is None else terms.amount
        money = rule.business.moves_money
        before = terms.account["balance"] if money and terms.account else terms.debt
        arrives = case.working_day(3)
        quote = Operation(
            id=secrets.token_hex(16),
            business=rule.business,
            state=OperationState.AWAITING_CONSENT if consenter else OperationState.DRAFTED,
            version=1,
            title=rule.titles.get(target.way or "", TITLES[rule.business]),
            amount=None if amount is None else yuan(amount),
            interest=yuan(terms.interest) if terms.interest else None,
            balance_before=None if before is None else yuan(before),
            balance_after=None
            if before is None or amount is None
            else yuan(before + terms.interest - amount),
            payee=case.payee(visitor.handle) if terms.payee else None,
            arrives=CentreWords(
                zh=f"{arrives.month}月{arrives.day}日前，短信通知",
                en=f"By {arrives.isoformat()}; you will get a message",
            )
            if terms.payee and money
            else None,
            next_possible=terms.next_possible,
            effects=rule.effects(case, target, terms) if rule.effects else terms.effects,
            texts=() if target.way in terms.ends else terms.texts,
            changes=rule.changes(case, target) if rule.changes else (),
            referral=self._referral(case, target, rule),
            confirmed_by=terms.confirmed_by,
            phone=mask_phone(_code_goes_to(rule, target, case.person)),
            code=reference_number(),
            status_url=f"{base}/state/{secrets.token_hex(_TOKEN_BYTES)}",
            consent_of=mask_name(consenter["name"]) if consenter else "",
            clerk=self._offers.clerk_for(rule.service),
        )
        self._store.insert(
            "operation",
            {
                "id": quote.id,
                "key": key,
                "person": visitor.person["id"],
                "kind": _kind(rule, target.unit),
                "business": rule.business,
                "target": _json(target),
                "terminal": visitor.terminal,
                "quote": quote.model_dump_json(),
                "state": quote.state,
                "until": self._clock.ticks() + (CONSENT_TTL_S if consenter else DRAFT_TTL_S),
                "consenter": consenter["id"] if consenter else None,
                "drafted_at": self._clock.now().isoformat(),
            },
        )
        return self._operation(self._row(quote.id))

    def _referral(
        self, case: PersonCase, target: OrderTarget, rule: BusinessRule
    ) -> Referral | None:
        found = rule.refers(case, target) if rule.refers else None
        return None if CentreBug.FORGETS_WHO_DECIDES in self._bugs else found

    # -- the spouse's consent -----------------------------------------------------------------

    def open_consent(self, visitor: TokenHolder, id: str, base: str) -> ConsentCode:
        """A code with which the spouse agrees. Refuses not-found, not-awaiting-consent."""
        with self._at_once() as now:
            row = self._of(visitor, id)
            if row["state"] != OperationState.AWAITING_CONSENT:
                raise Refused("not-awaiting-consent", operation=_named(row))
            return consents.open_code(self._store, id, base, now)

    def asked_to_consent(self, code: str) -> Operation | None:
        """What a spouse who has scanned ``code`` is asked to agree to; None: the code is over."""
        with self._at_once() as now:
            about = consents.find(self._store, code, now)
            return self._operation(self._row(about.operation)) if about else None

    def consent(self, code: str, person: str, password: str, *, agrees: bool) -> ConsentAnswer:
        """awaiting consent -> drafted, or cancelled by who declines; ``person`` proves with their
        query password that they are the spouse. Refuses try-later."""
        with self._at_once() as now:
            about = consents.find(self._store, code, now)
            if about is None:
                return "over"
            row = self._row(about.operation)
            if not consents.proved(self._store, self._tries, about, person, password):
                if person != about.consenter:
                    self._alarms.sound("other-person", row["terminal"], "")
                return "wrong" if consents.find(self._store, code, now) else "over"
            if not agrees:
                refusal = Refused("consent-declined")
                self._end(row, OperationState.CANCELLED, refusal=refusal)
                return "declined"
            self._store.run(
                "UPDATE operation SET state = ?, until = ? WHERE id = ?",
                OperationState.DRAFTED,
                now + CONSENT_TTL_S,
                row["id"],
            )
            text = f"您的配偶已同意{self._summary(row)}，请在任一终端“我的办件”里确认。"
            self._notify(row, text, self._case_of(row).person["phone"])
            return "agreed"

    # -- confirmation -------------------------------------------------------------------------

    def send_code(self, visitor: TokenHolder, id: str) -> SmsSent:
        """Send the operation's own code. Refuses not-found, not-drafted, sms-too-soon,
        sms-daily-limit."""
        with self._at_once() as now:
            row = self._drafted(visitor, id)
            last = self._last_code(id)
            if last and now - last["sent"] < RESEND_S:
                wait = max(1, RESEND_S - int(now - last["sent"]))
                raise Refused("sms-too-soon", retry_after_s=wait, seconds=wait)
            rule = RULES[Business(row["business"])]
            target = OrderTarget(**json.loads(row["target"]))
            phone = _code_goes_to(rule, target, visitor.person)
            sent = self._store.count(
                "SELECT count(*) FROM notice WHERE phone = ? AND day = ? AND code != ''",
                phone,
                self._clock.today().isoformat(),
            )
            if sent >= self._codes_per_day:
                raise Refused("sms-daily-limit")
            code = self._fixed_code or f"{secrets.randbelow(10**6):06}"
            self._notify(
                row,
                f"您正在自助终端办理{self._summary(row)}，验证码{code}，5分钟内有效。"
                "不是您本人在办，请不要告诉任何人。",
                phone,
                code,
            )
            return SmsSent(phone=mask_phone(phone), resend_after_s=RESEND_S, valid_s=CODE_VALID_S)

    def open_login(self, visitor: TokenHolder, id: str, base: str) -> PhoneLogin:
        """A login for the phone of the operation's citizen, bound to the operation. Refuses
        not-found, not-drafted."""
        with self._at_once():
            self._drafted(visitor, id)
            return self._logins.open(visitor.terminal, visitor.session, base, operation=id)

    def must_be_drafted(self, visitor: TokenHolder, id: str) -> None:
        """Refuses not-found, not-drafted."""
        with self._at_once():
            self._drafted(visitor, id)

    def summary(self, id: str) -> str:
        """Business and amount in Chinese, as the citizen's phone shows them."""
        return self._summary(self._row(id))

    def public_state(self, token: str) -> tuple[Operation, datetime] | None:
        """The operation whose address ends with ``token``, and the time of its state; None where
        there is none."""
        with self._at_once():
            row = self._store.one(
                "SELECT * FROM operation WHERE length(?) = ? "
                "AND substr(json_extract(quote, '$.status_url'), -?) = ?",
                token,
                2 * _TOKEN_BYTES,
                2 * _TOKEN_BYTES,
                token,
            )
            if row is None:
                return None
            at = datetime.fromisoformat(row["ended_at"] or row["drafted_at"])
            return self._operation(row), at

    def confirm(self, visitor: TokenHolder, id: str, given: Confirmation) -> OperationStatus:
        """drafted -> confirmed; every other state is answered as it is, without a look at the
        evidence. Refuses not-found, quote-differs, in-flight, what :class:`RiskRules` stops, and
        what is wrong with the evidence; the third wrong code cancels the operation."""
        with self._at_once():
            row = self._of(visitor, id)
        if row["state"] == OperationState.DRAFTED:
            # What happened since the draft counts too, and the alarm of a refusal must stay.
            business = Business(row["business"])
            self._risk.must_not_stop(visitor, business, RULES[business].group)
        with self._at_once() as now:
            row = self._of(visitor, id)
            wrong: Refused | None = None
            unasked = CentreBug.CONFIRMS_WITHOUT_CONSENT in self._bugs
            if row["state"] == OperationState.DRAFTED or (unasked and row["state"] in _LIVE):
                if given.digest != digest_of(self._operation(row)):
                    raise Refused("quote-differs", operation=_named(row))
                if CentreBug.TWO_LIVE_DRAFTS not in self._bugs:
                    busy = self._in_flight(row["person"], row["kind"])
                    if busy:
                        raise busy
                wrong = None if unasked else self._weigh(visitor, row, given, now)
                if wrong is None and given.clerk is not None:
                    approval = {"number": given.clerk.number, "at": given.clerk.at.isoformat()}
                    self._store.insert("approval", {"operation": id, **approval})
                if wrong is None:
                    # The terminal at which the citizen confirms is the one that may commit.
                    self._store.run(
                        "UPDATE operation SET state = ?, was_confirmed = 1, until = ?, "
                        "terminal = ? WHERE id = ?",
                        OperationState.CONFIRMED,
                        now + COMMIT_TTL_S,
                        visitor.terminal,
                        id,
                    )
        if wrong:  # outside: the count of wrong codes must stay
            raise wrong
        return self._status(self._row(id))

    def _weigh(
        self, visitor: TokenHolder, row: Row, given: Confirmation, now: float
    ) -> Refused | None:
        """None when the evidence is enough, and the clerk has approved where one must."""
        if refused := self._not_approved(visitor, row, given.clerk):
            return refused
        kinds = {evidence.kind for evidence in given.evidence}
        sets = Operation.model_validate_json(row["quote"]).confirmed_by
        if not any(kinds >= set(enough) for enough in sets):
            return Refused("evidence-missing", operation=_named(row))
        for evidence in given.evidence:
            if evidence.kind != "sms":
                if not self._proves(visitor, row, evidence):
                    return Refused("evidence-refused", operation=_named(row))
                continue
            last = self._last_code(row["id"])
            if not last or now - last["sent"] > CODE_VALID_S:
                return Refused("code-expired", operation=_named(row))
            if not secrets.compare_digest(last["code"].encode(), evidence.value.reveal().encode()):
                return self._wrong_code(row)
        return None

    def _not_approved(
        self, visitor: TokenHolder, row: Row, approval: ClerkApproval | None
    ) -> Refused | None:
        """Why no clerk has approved the operation, or only the applicant; None: one has, or nobody
        must."""
        asked = Operation.model_validate_json(row["quote"]).clerk is not None
        if not asked or CentreBug.CONFIRMS_WITHOUT_CLERK in self._bugs:
            return None
        if approval is None:
            return Refused("clerk-needed", operation=_named(row))
        number = approval.number
        if not self._staff.is_clerk(number) and CentreBug.ANYBODY_APPROVES not in self._bugs:
            return Refused("clerk-unknown", operation=_named(row))
        applicant = visitor.person
        own = self._staff.is_one_of(number, {applicant["number"], applicant["bank_card"]})
        if own and CentreBug.APPROVES_OWN not in self._bugs:
            return Refused("clerk-own", operation=_named(row))
        return None

    def _proves(self, visitor: TokenHolder, row: Row, evidence: Evidence) -> bool:
        """Whether evidence that is no code is the citizen's, for this operation."""
        if evidence.kind == "face":
            return self._faces.showed(evidence.value.reveal(), visitor.session, row["id"])
        return evidence.kind == "qr" and self._agreed_on_phone(visitor, row, evidence)

    def _agreed_on_phone(self, visitor: TokenHolder, row: Row, evidence: Evidence) -> bool:
        """Whether the operation's own citizen has agreed to it on a phone, for this terminal."""
        agreed = self._logins.who_agreed(evidence.value.reveal(), visitor.terminal, row["id"])
        if agreed not in (None, row["person"]):
            self._alarms.sound("other-person", visitor.terminal, visitor.session)
        return agreed == str(row["person"])

    def _wrong_code(self, row: Row) -> Refused:
        wrong = row["wrong_codes"] + 1
        self._store.run("UPDATE operation SET wrong_codes = ? WHERE id = ?", wrong, row["id"])
        if wrong < WRONG_CODES:
            return Refused("code-wrong", left=WRONG_CODES - wrong, operation=_named(row))
        self._end(row, OperationState.CANCELLED)
        return Refused("operation-locked", operation=(row["id"], OperationState.CANCELLED))

    # -- commit -------------------------------------------------------------------------------

    def commit(self, terminal: str, id: str) -> OperationStatus:
        """confirmed -> in progress, done or refused; in progress and final: the state, nothing
        moves. State and money change in one transaction.

        Refuses not-found, other-terminal, not-confirmed.
        """
        with self._at_once() as now:
            row = self._at_terminal(terminal, id)
            if row["state"] in _LIVE and CentreBug.COMMITS_DRAFTED not in self._bugs:
                raise Refused("not-confirmed", operation=_named(row))
            if self._commits(row):
                course = self._next_course()
                if row["state"] == OperationState.IN_PROGRESS:  # only a bug comes here
                    self._move(row)
                elif course.after_s == 0:
                    self._finish(row, course)
                else:
                    self._store.run(
                        "UPDATE operation SET state = ?, until = ?, ends_as = ? WHERE id = ?",
                        OperationState.IN_PROGRESS,
                        None if course.after_s is None else now + course.after_s,
                        json.dumps([course.ends_as, course.code]),
                        id,
                    )
            return self._status(self._row(id))

    def _commits(self, row: Row) -> bool:
        """Whether a commit carries the operation out now. The bugs answer wrongly."""
        wrongly = {
            OperationState.DRAFTED: CentreBug.COMMITS_DRAFTED,
            OperationState.DONE: CentreBug.COMMITS_DONE_AGAIN,
            OperationState.IN_PROGRESS: CentreBug.COMMITS_PROGRESS_AGAIN,
            OperationState.EXPIRED: CentreBug.COMMITS_EXPIRED,
            OperationState.CANCELLED: CentreBug.COMMITS_CANCELLED,
        }
        state = OperationState(row["state"])
        return state is OperationState.CONFIRMED or wrongly.get(state) in self._bugs

    def _next_course(self) -> Course:
        with self._lock:
            course = self._course
            if course is None:
                return Course()
            if course.times is not None:
                left = course.times - 1
                self._course = None if left == 0 else Course(
                    course.ends_as, course.after_s, course.code, left
                )  # fmt: skip
            return course

    def _finish(self, row: Row, course: Course) -> None:
        """Carry the operation out as ``course`` says, unless the rules refuse it now."""
        if course.ends_as is OperationState.REFUSED:
            self._end(row, OperationState.REFUSED, refusal=Refused(course.code, **_EXAMPLE))
            return
        try:
            serial = self._move(row)
        except Refused as refusal:
            self._end(row, OperationState.REFUSED, refusal=refusal)
        else:
            self._end(row, OperationState.DONE, reference=serial)
            self._begin_payout(row)
            self._begin_referral(row)

    def _begin_payout(self, row: Row) -> None:
        """The bank has the order to pay, where the operation pays the citizen."""
        quote = Operation.model_validate_json(row["quote"])
        pays = quote.payee is not None and quote.business.moves_money
        if not pays or payouts.of(self._store, row["id"]):
            return
        case = self._case_of(row)
        card, by = case.person["bank_card"], case.working_day(3)
        payouts.begin(self._store, row["id"], card, by, self._clock.ticks())

    def _begin_referral(self, row: Row) -> None:
        """The other centre has the application, where one decides."""
        rule, target = RULES[Business(row["business"])], OrderTarget(**json.loads(row["target"]))
        quoted = Operation.model_validate_json(row["quote"]).referral
        if quoted is None or referrals.of(self._store, row["id"]):
            return
        stages = rule.stages(self._case_of(row), target) if rule.stages else ()
        referrals.begin(
            self._store, row["id"], target.centre or "", stages, quoted.day, self._clock.ticks()
        )
        if CentreBug.GRANTED_AT_ONCE in self._bugs:
            self._settle_referral(referrals.must_be(self._store, row["id"]), at_once=True)

    def _settle_referral(self, at: Row, *, at_once: bool = False) -> None:
        """The other centre takes its next step, the last of which is its decision."""
        row = self._row(at["operation"])
        rule, target = RULES[Business(row["business"])], OrderTarget(**json.loads(row["target"]))
        if at["ahead"] and not at_once:
            referrals.go_on(self._store, at)
            return
        assert rule.decide  # whoever refers says what is decided
        ruling = rule.decide(self._case_of(row), target, row["reference"])
        referrals.decide(self._store, at, ruling, self._clock.today())
        if ruling.paid:
            moved = {"operation": row["id"], "at": self._clock.now().isoformat()}
            self._store.insert("movement", moved | asdict(ruling.paid))
        phone = self._case_of(row).person["phone"]
        ended = "对方中心没有通过" if ruling.refusal else "已办结"
        self._notify(row, f"您的{self._summary(row)}，{ended}。详询12329。", phone)

    def _move(self, row: Row) -> str:
        """Judge once more, book and move: the business serial. Refuses what the rules refuse."""
        at = self._clock.now().isoformat()
        if self._store.one("SELECT 1 FROM movement WHERE operation = ?", row["id"]):
            # Only a bug comes here: the money moves once more.
            self._store.run(
                "INSERT INTO movement (operation, account, loan, amount, at) "
                "SELECT operation, account, loan, amount, ? FROM movement WHERE operation = ?",
                at,
                row["id"],
            )
            self._store.run(
                "UPDATE account SET balance = balance + m.amount FROM movement AS m "
                "WHERE m.operation = ? AND number = m.account",
                row["id"],
            )
            return str(row["reference"])
        rule, target = RULES[Business(row["business"])], OrderTarget(**json.loads(row["target"]))
        case = self._case_of(row)
        self._offers.must_be_open(rule.service)
        terms = fitting(rule.judge(case), target)
        changes = rule.changes(case, target) if rule.changes else ()
        _must_be_as_quoted(row, terms, changes, self._referral(case, target, rule))
        serial = f"01{self._clock.today():%y%m%d}{secrets.randbelow(10**7):07}"
        moved = rule.carry_out(case, target, terms, serial)
        self._store.insert_all(
            "movement", ({"operation": row["id"], "at": at} | asdict(part) for part in moved)
        )
        return serial

    def settle(self, id: str | None = None) -> None:
        """End what is in progress (or only ``id``) as its course says, for a lever."""
        with self._store.transaction():
            for row in self._store.all(
                "SELECT * FROM operation WHERE state = ? AND ? IN (id, '')",
                OperationState.IN_PROGRESS,
                id or "",
            ):
                self._settle(row)

    def _settle(self, row: Row) -> None:
        ends_as, code = json.loads(row["ends_as"])
        self._finish(row, Course(ends_as=OperationState(ends_as), code=code))

    # -- asking, cancelling, telling ----------------------------------------------------------

    def status(self, terminal: str, id: str) -> OperationStatus:
        """How far the operation is. Refuses not-found, other-terminal."""
        with self._at_once():
            return self._status(self._at_terminal(terminal, id))

    def operation(self, visitor: TokenHolder, id: str) -> Operation:
        """The whole operation. Refuses not-found."""
        with self._at_once():
            return self._operation(self._of(visitor, id))

    def record(self, visitor: TokenHolder, id: str) -> DeskRecord:
        """What is on file of the operation, for its receipt. Refuses not-found."""
        with self._at_once():
            row = self._of(visitor, id)
            target = OrderTarget(**json.loads(row["target"]))
            return DeskRecord(
                self._operation(row),
                RULES[Business(row["business"])].group,
                row["terminal"],
                row["ended_at"] or "",
                target.account,
                target.loan,
                target.unit,
            )

    def operations(self, visitor: TokenHolder, *, only_open: bool) -> list[Operation]:
        """The person's operations that were confirmed or have waited for a consent, newest first;
        ``only_open``: confirmed, and in flight, or ended and not told."""
        with self._at_once():
            rows = self._store.all(
                "SELECT * FROM operation WHERE person = ? AND told <= ? "
                "AND (was_confirmed = 1 OR (? AND consenter IS NOT NULL)) "
                "AND ? IN ('', json_extract(target, '$.unit')) ORDER BY rowid DESC LIMIT ?",
                visitor.person["id"],
                int(not only_open),
                int(not only_open),
                visitor.unit,
                _MOST_LISTED,
            )
            return [self._operation(row) for row in rows]

    def cancel(self, visitor: TokenHolder, id: str) -> OperationStatus:
        """drafted, confirmed -> cancelled; else the state as it is. Refuses not-found."""
        with self._at_once():
            row = self._of(visitor, id)
            state = OperationState(row["state"])
            if state in (*_LIVE, OperationState.CONFIRMED):
                self._end(row, OperationState.CANCELLED)
            status = self._status(self._row(id))
            if state is OperationState.IN_PROGRESS and CentreBug.CANCELS_PROGRESS in self._bugs:
                return status.model_copy(update={"state": OperationState.CANCELLED})
            return status

    def told(self, visitor: TokenHolder, id: str) -> None:
        """The end was on the screen. Refuses not-found, not-ended."""
        with self._at_once():
            row = self._of(visitor, id)
            if not self._state(row).final:
                raise Refused("not-ended", operation=_named(row))
            self._store.run("UPDATE operation SET told = 1 WHERE id = ?", id)

    def withdraw_application(self, visitor: TokenHolder, id: str) -> Operation:
        """The application goes back to the citizen, where the other centre has not come too far;
        else the operation as it is. Refuses not-found."""
        with self._at_once():
            row = self._of(visitor, id)
            rule, at = RULES[Business(row["business"])], referrals.of(self._store, id)
            if at and referrals.withdrawable(at, rule.too_late):
                referrals.withdraw(self._store, at, rule.stage_withdrawn, self._clock.today())
                phone = self._case_of(row).person["phone"]
                self._notify(row, f"您的{self._summary(row)}，已撤销。详询12329。", phone)
            return self._operation(self._row(id))

    # -- inside -------------------------------------------------------------------------------

    @contextmanager
    def _at_once(self) -> Iterator[float]:
        """One transaction on the centre's clock, after every expiry and settlement that is due has
        been stored in one of its own: a refusal takes back the second, never the first."""
        now = self._clock.ticks()
        with self._store.transaction():
            for row in self._store.all(
                "SELECT * FROM operation WHERE until <= ? AND state IN (?, ?, ?, ?)",
                now,
                *_LIVE,
                *_IN_FLIGHT,
            ):
                if row["state"] == OperationState.IN_PROGRESS:
                    self._settle(row)
                elif CentreBug.EXPIRY_NOT_STORED not in self._bugs:
                    self._end(row, OperationState.EXPIRED)
            for end in payouts.settle(self._store, self._clock.today(), now):
                self._tell_payout(self._row(end.operation), end.state)
            decides_all = CentreBug.DECIDES_WITHDRAWN in self._bugs
            while due := referrals.due(self._store, now, also_withdrawn=decides_all):
                for at in due:
                    self._settle_referral(at)
        with self._store.transaction():
            yield now

    def _case(self, visitor: TokenHolder) -> PersonCase:
        return PersonCase(self._store, self._clock.today(), visitor.person, self._clock.ticks())

    def _case_of(self, row: Row) -> PersonCase:
        """The case of the operation's citizen, without a session."""
        person = self._store.one("SELECT * FROM person WHERE id = ?", row["person"])
        assert person  # a foreign key
        return PersonCase(self._store, self._clock.today(), person, self._clock.ticks())

    def _drafted(self, visitor: TokenHolder, id: str) -> Row:
        """The draft. Refuses not-found, not-drafted."""
        row = self._of(visitor, id)
        if row["state"] != OperationState.DRAFTED:
            raise Refused("not-drafted", operation=_named(row))
        return row

    def _row(self, id: str) -> Row:
        row = self._store.one("SELECT * FROM operation WHERE id = ?", id)
        if not row:
            raise Refused("not-found")
        return row

    def _known(self, id: str) -> Row:
        row = self._row(id)
        if CentreBug.FORGETS_ID in self._bugs and OperationState(row["state"]).final:
            raise Refused("not-found")
        return row

    def _of(self, visitor: TokenHolder, id: str) -> Row:
        """An operation of the visitor's, and of the unit that the session serves. Refuses
        not-found, also for one of anybody else."""
        row = self._known(id)
        theirs = row["person"] == visitor.person["id"]
        ours = theirs and visitor.unit in ("", json.loads(row["target"])["unit"])
        if not ours and CentreBug.ANYBODYS_OPERATION not in self._bugs:
            raise Refused("not-found")
        return row

    def _at_terminal(self, terminal: str, id: str) -> Row:
        row = self._known(id)
        if row["terminal"] != terminal:
            raise Refused("other-terminal")
        return row

    def _in_the_way(self, person: str, kind: str) -> Refused | None:
        """Why no other operation of the kind may begin: one is in flight, or its end is untold."""
        busy = self._in_flight(person, kind)
        if busy or CentreBug.NEXT_BEFORE_TOLD in self._bugs:
            return busy
        row = self._store.one(
            "SELECT * FROM operation WHERE person = ? AND kind = ? AND was_confirmed = 1 "
            "AND told = 0 ORDER BY rowid LIMIT 1",
            person,
            kind,
        )
        return Refused("untold", operation=_named(row)) if row else None

    def _in_flight(self, person: str, kind: str) -> Refused | None:
        row = self._store.one(
            "SELECT * FROM operation WHERE person = ? AND kind = ? AND state IN (?, ?)",
            person,
            kind,
            *_IN_FLIGHT,
        )
        if row is None or CentreBug.MANY_IN_FLIGHT in self._bugs:
            return None
        return Refused("in-flight", operation=_named(row))

    def _state(self, row: Row) -> OperationState:
        state = OperationState(row["state"])
        if (
            CentreBug.EXPIRY_NOT_STORED in self._bugs
            and state in (*_LIVE, OperationState.CONFIRMED)
            and row["until"] <= self._clock.ticks()
        ):
            return OperationState.EXPIRED
        return state

    def _status(self, row: Row) -> OperationStatus:
        return OperationStatus(id=row["id"], state=self._state(row), reference=row["reference"])

    def _operation(self, row: Row) -> Operation:
        state = self._state(row)
        left = None if row["until"] is None else max(0, int(row["until"] - self._clock.ticks()))
        quote = Operation.model_validate_json(row["quote"])
        paid = payouts.of(self._store, row["id"])
        if paid and quote.payee:
            payee = quote.payee.model_copy(update={"tail": paid["card"][-4:]})
            payout = payouts.told(paid)
            if CentreBug.PAID_AT_ONCE in self._bugs:
                payout = payout.model_copy(update={"state": PayoutState.PAID})
            quote = quote.model_copy(update={"payee": payee, "payout": payout})
        referred = referrals.of(self._store, row["id"])
        if referred and quote.referral:
            too_late = RULES[Business(row["business"])].too_late
            told = referrals.told(quote.referral, referred, too_late)
            quote = quote.model_copy(update={"referral": told})
        return quote.model_copy(
            update={
                "begun": date.fromisoformat(row["drafted_at"][:10]),
                "cancellable": state in (*_LIVE, OperationState.CONFIRMED)
                or CentreBug.CANCELLABLE_AFTER_END in self._bugs,
                "state": state,
                "draft_ttl_s": left if state in _LIVE else None,
                "commit_ttl_s": left if state is OperationState.CONFIRMED else None,
                "reference": row["reference"],
                "refusal": RefusalBody.model_validate_json(row["refusal"])
                if row["refusal"]
                else None,
                "told": bool(row["told"]),
            }
        )

    def _end(
        self,
        row: Row,
        state: OperationState,
        *,
        reference: str = "",
        refusal: Refused | None = None,
    ) -> None:
        """Store a final state; the citizen hears every end of a confirmed operation by SMS."""
        self._store.run(
            "UPDATE operation SET state = ?, until = NULL, reference = ?, refusal = ?, "
            "ended_at = ?, ended = ? WHERE id = ?",
            state,
            reference,
            refusal.body.model_dump_json() if refusal else None,
            self._clock.now().isoformat(),
            self._clock.ticks(),
            row["id"],
        )
        if row["was_confirmed"]:
            for phone in self._who_hears_the_end(row, state):
                self._notify(
                    row, f"您的{self._summary(row)}{_ended(row, state)}。详询12329。", phone
                )

    def _tell_payout(self, row: Row, state: PayoutState) -> None:
        """The citizen hears by SMS that the money is there, or has come back."""
        phone = self._case_of(row).person["phone"]
        self._notify(row, f"您的{self._summary(row)}{_PAYOUT_ENDS[state]}。详询12329。", phone)

    def _who_hears_the_end(self, row: Row, state: OperationState) -> list[str]:
        """The phone on file; after its change, also the one before."""
        known = self._store.one(
            "SELECT phone, phone_before FROM person JOIN on_file ON person = person.id "
            "WHERE person.id = ?",
            row["person"],
        )
        assert known  # every persona has both
        changed = state is OperationState.DONE and row["business"] == Business.PHONE_CHANGE
        return [known["phone"], known["phone_before"]] if changed else [known["phone"]]

    def _summary(self, row: Row) -> str:
        quote = self._operation(row)
        amount = f"，金额{quote.amount:,.2f}元" if quote.amount is not None else ""
        payee = f"，到尾号{quote.payee.tail}的银行卡" if quote.payee else ""
        return f"{quote.title.zh}{amount}{payee}"

    def _last_code(self, id: str) -> Row | None:
        return self._store.one(
            "SELECT * FROM notice WHERE operation = ? AND code != '' ORDER BY id DESC LIMIT 1", id
        )

    def _notify(self, row: Row, text: str, phone: str, code: str = "") -> None:
        self._store.insert(
            "notice",
            {
                "operation": row["id"],
                "phone": phone,
                "code": code,
                "text": f"【云岭公积金·演示】{text}",
                "day": self._clock.today().isoformat(),
                "at": self._clock.now().isoformat(),
                "sent": self._clock.ticks(),
            },
        )


_ENDS = {
    OperationState.DONE: "已办成",
    OperationState.REFUSED: "没有办成",
    OperationState.EXPIRED: "已超时失效，没有办成",
    OperationState.CANCELLED: "已取消，没有办成",
}
_PAYOUT_ENDS = {
    PayoutState.PAID: "已入账",
    PayoutState.RETURNED: "付款失败，钱已退回中心。请在任一终端变更收款银行卡，中心会重新付款",
}
_EXAMPLE: dict[str, Any] = {
    "amount": "0.00",
    "year": 2025,
    "balance": "0.00",
    "since": "2026-01-15",
    "day": "2027-01-15",
    "month": "2027-01",
    "most": "0.00",
    "least": "0.00",
    "due": "0.00",
    "needed": 3,
    "months": 0,
    "left": 1,
    "limit": 3,
    "seconds": 60,
}
"""What a refusal that a lever asks for puts into its words."""


def fitting(all_terms: list[Terms], target: OrderTarget) -> Terms:
    """The terms that ``target`` meets. Refuses every other target with its reason."""
    about = (target.account, target.loan, target.unit)
    terms = next((terms for terms in all_terms if terms.number == about), None)
    if terms is None:
        refusal = next((terms.refusal for terms in all_terms if terms.refusal), None)
        raise refusal or Refused("not-found")
    if terms.refusal:
        raise terms.refusal
    if terms.ways and target.way not in terms.ways:
        raise Refused("way-not-offered")
    if terms.most is None or target.way in terms.ends:
        if target.amount is not None:
            raise Refused("amount-not-asked")
        return terms
    if target.amount is None:
        raise Refused("amount-missing")
    if target.amount > terms.most:
        raise Refused("amount-above", most=f"{yuan(terms.most):,.2f}")
    if terms.least is not None and target.amount < terms.least:
        raise Refused("amount-below", least=f"{yuan(terms.least):,.2f}")
    return terms


def _must_be_as_quoted(
    row: Row, terms: Terms, changes: tuple[Change, ...], referral: Referral | None
) -> None:
    """Refuses quote-outdated where the centre would move or change something else now than what the
    citizen has confirmed."""
    quote = Operation.model_validate_json(row["quote"])
    moves = quote.amount if terms.amount is None else yuan(terms.amount)
    if (moves, changes) != (quote.amount, quote.changes) or _asks(referral) != _asks(
        quote.referral
    ):
        raise Refused("quote-outdated")


def _asks(referral: Referral | None) -> tuple[CentreWords, CentreWords] | None:
    """Which other centre is asked, and for what."""
    return (referral.centre, referral.about) if referral else None


def _rule_of(business: Business) -> BusinessRule:
    """Refuses business-not-offered."""
    if business not in RULES:
        raise Refused("business-not-offered")
    return RULES[business]


def _kind(rule: BusinessRule, unit: str | None) -> str:
    """Of which one operation of a person is in flight at a time; each unit has its own."""
    return f"{rule.kind}:{unit}" if unit else rule.kind


def _code_goes_to(rule: BusinessRule, target: OrderTarget, person: Row) -> str:
    """The telephone number to which the operation's own code is sent."""
    return str(target.value if rule.code_to_new else person["phone"])


def _ended(row: Row, state: OperationState) -> str:
    """How an operation has ended, as the SMS says it."""
    untouched = state is not OperationState.DONE and Business(row["business"]).moves_money
    if state is OperationState.DONE and RULES[Business(row["business"])].refers:
        return "已受理"
    return _ENDS[state] + ("，钱没有动" if untouched else "")


def _named(row: Row) -> tuple[str, OperationState]:
    return row["id"], OperationState(row["state"])


def _json(target: OrderTarget) -> str:
    return json.dumps(asdict(target), sort_keys=True)
