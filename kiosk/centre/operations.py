"""The contract of operations: orders, drafts, confirmations, and how far an operation has come.

``Order`` is what the citizen wants, one model for each business. ``Eligibility`` says what can be
had and why not, ``Trial`` computes and creates nothing, ``Operation`` is a draft and all that comes
of the draft. Names follow ``kiosk.centre.models``.
"""

from __future__ import annotations

import hashlib
from datetime import date
from decimal import Decimal
from typing import Annotated, Literal

from pydantic import ConfigDict, Field, StringConstraints, model_validator

from kiosk.centre.models import (
    CentreWords,
    Day,
    Line,
    Moment,
    Money,
    Named,
    Ratio,
    RefusalBody,
    Wait,
    WireModel,
    line,
)
from kiosk.centre.roster import StaffNumber
from kiosk.centre.transfer_orders import AccountMergeOrder, CrossProvinceOrder, TransferInOrder
from kiosk.centre.unit_orders import (
    UnitBackPaymentOrder,
    UnitBaseOrder,
    UnitDataOrder,
    UnitEnrolmentOrder,
    UnitOpeningOrder,
    UnitPeopleOrder,
    UnitRatioOrder,
    UnitRemittanceOrder,
)
from kiosk.operation import OPERATION_ID, Business, OperationState, PayoutState, ReferralState
from kiosk.privacy import Sensitive

OperationId = Annotated[str, StringConstraints(pattern=OPERATION_ID)]
Key = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{32}$")]
"""128 random bits that the terminal makes when an order is complete: a retry carries the same key,
and the centre answers a known key with its operation in its present state."""
Version = Annotated[str, line(32, least=1)]
"""Which edition of a text the citizen has seen."""
Code = Annotated[str, line(16)]
"""What the citizen reads to 12329."""
Reference = Annotated[str, line(40)]
"""业务流水号."""
EvidenceKind = Literal["sms", "face", "pin", "qr"]
EvidenceSet = Annotated[tuple[EvidenceKind, ...], Field(min_length=1, max_length=4)]
"""Kinds of evidence that are enough together."""
Way = Annotated[str, line(32, least=1)]
"""One of the things that can be done about what an order is about: sign, change, cancel, …"""
Group = Literal["withdrawal", "standing", "loan", "signing", "change", "transfer", "unit"]
"""What is chosen from one page: reasons for a withdrawal, things to do with a loan, …"""


# -- orders ---------------------------------------------------------------------------------------


class WithdrawalOrder(WireModel):
    """A withdrawal 提取. A closing withdrawal (离退休, 离职) carries no ``amount``: the centre pays
    out balance and interest."""

    business: Literal[
        Business.RETIREMENT_WITHDRAWAL,
        Business.REPAY_LOAN_WITHDRAWAL,
        Business.REPAY_MORTGAGE_WITHDRAWAL,
        Business.RENT_WITHDRAWAL,
        Business.LEAVING_WITHDRAWAL,
    ]
    account: Named
    amount: Annotated[Money, Field(gt=Decimal(0))] | None = None
    loan: Named | None = None  # for 偿还公积金贷款 and 偿还商业贷款


class StandingWithdrawalOrder(WireModel):
    """约定提取: have a part of the rent paid out each month, change how much, or end that.
    ``amount``: a month; None to end it."""

    business: Literal[Business.STANDING_WITHDRAWAL]
    account: Named
    way: Literal["set", "change", "cancel"]
    amount: Annotated[Money, Field(gt=Decimal(0))] | None = None


class PrepaymentOrder(WireModel):
    """提前部分还款: pay ``amount`` of the principal before its time."""

    business: Literal[Business.PREPAYMENT]
    loan: Named
    amount: Annotated[Money, Field(gt=Decimal(0))]
    way: Literal["shorter-term", "lower-payment"]  # 缩短年限, 降低月供


class SettlementOrder(WireModel):
    """提前结清: pay back the whole loan."""

    business: Literal[Business.SETTLEMENT]
    loan: Named


class MonthlyOffsetOrder(WireModel):
    """委托按月还贷: sign the agreement, or end it."""

    business: Literal[Business.MONTHLY_OFFSET]
    loan: Named
    way: Literal["sign", "cancel"]
    spouse: bool = False  # also from the spouse's account: the draft waits until the spouse agrees


class SigningOrder(WireModel):
    """短信签约, 银行卡签约: with the phone and the card on file."""

    business: Literal[Business.SMS_SIGNING, Business.CARD_SIGNING]


class PersonalDataOrder(WireModel):
    """个人信息变更: ``value`` is the code of a choice that the centre offers for ``field``."""

    business: Literal[Business.PERSONAL_DATA_CHANGE]
    field: Named
    value: Sensitive[Named]


class PasswordOrder(WireModel):
    """查询密码变更: ``value`` is the new password."""

    business: Literal[Business.PASSWORD_CHANGE]
    value: Sensitive[Annotated[str, StringConstraints(pattern=r"^[0-9]{6}$")]]


class PayeeCardOrder(WireModel):
    """收款银行卡变更: ``value`` is the number of the new card, ``read`` from its chip or typed."""

    business: Literal[Business.PAYEE_CARD_CHANGE]
    value: Sensitive[Annotated[str, StringConstraints(pattern=r"^[0-9]{12,19}$")]]
    read: bool


class PhoneOrder(WireModel):
    """手机号变更: ``value`` is the new mobile number."""

    business: Literal[Business.PHONE_CHANGE]
    value: Sensitive[Annotated[str, StringConstraints(pattern=r"^[0-9]{11}$")]]


Order = Annotated[
    WithdrawalOrder
    | StandingWithdrawalOrder
    | PrepaymentOrder
    | SettlementOrder
    | MonthlyOffsetOrder
    | SigningOrder
    | PersonalDataOrder
    | PasswordOrder
    | PayeeCardOrder
    | PhoneOrder
    | AccountMergeOrder
    | TransferInOrder
    | CrossProvinceOrder
    | UnitBackPaymentOrder
    | UnitRemittanceOrder
    | UnitPeopleOrder
    | UnitBaseOrder
    | UnitRatioOrder
    | UnitDataOrder
    | UnitEnrolmentOrder
    | UnitOpeningOrder,
    Field(discriminator="business"),
]
"""What the citizen wants 申请: one model for each business."""


# -- what can be had ------------------------------------------------------------------------------


class CheckedFact(WireModel):
    """One fact that the centre has looked up instead of a paper 零材料: what, where, on whose
    consent."""

    fact: CentreWords
    source: CentreWords  # the agency
    outcome: CentreWords
    good: bool


class Payee(WireModel):
    """The bank card that receives the money 收款银行卡."""

    id: Named
    bank: Line
    tail: str = Field(pattern=r"^[0-9]{4}$")  # the last four digits


class FieldChoice(WireModel):
    """A value that one of the citizen's data can be changed to: the code, and what it says."""

    code: Named
    words: Sensitive[CentreWords]
    source: CentreWords  # where the centre has it from


class PersonalField(WireModel):
    """One of the data that the centre holds of the citizen 个人信息, and what it can be changed to.
    Without choices it cannot be changed here; ``refusal`` says why."""

    field: Named
    label: CentreWords
    held: Sensitive[CentreWords]  # on file now
    choices: tuple[FieldChoice, ...] = Field(default=(), max_length=8)
    refusal: RefusalBody | None = None


class UnitLimits(WireModel):
    """Between what the centre takes bases and ratios of a unit, as the city has set them."""

    least_base: Money
    most_base: Money
    least_ratio: Ratio
    most_ratio: Ratio


class Eligibility(WireModel):
    """Whether one business can be had now: can or cannot, why, and how much at most."""

    business: Business
    can: bool
    account: Named | None = None  # the account or the loan that the answer speaks of
    loan: Named | None = None
    unit: Named | None = None
    least: Money | None = None
    most: Money | None = None  # None: no amount is asked for
    ways: tuple[Way, ...] = Field(default=(), max_length=4)  # what can be done; empty: one thing
    monthly: Money | None = None  # what is agreed on a month now 约定提取
    # masked: who can take part, and has to agree on a phone then
    spouse: Annotated[str, line(40)] = ""
    balance: Money | None = None  # of the account, before
    payee: Payee | None = None
    checked: tuple[CheckedFact, ...] = Field(default=(), max_length=12)
    # for 个人信息变更 and 单位基本信息变更
    fields: tuple[PersonalField, ...] = Field(default=(), max_length=8)
    limits: UnitLimits | None = None  # for bases and ratios of a unit
    refusal: RefusalBody | None = None  # why not; None where ``can``


Eligibilities = Annotated[tuple[Eligibility, ...], Field(max_length=50)]


class Authorisation(WireModel):
    """信息协查授权: which agencies the centre asks for which facts, what for. The reasons for a
    withdrawal are judged only with the consent."""

    version: Version
    agencies: tuple[CentreWords, ...] = Field(max_length=12)
    facts: tuple[CentreWords, ...] = Field(max_length=12)
    purpose: CentreWords
    text: CentreWords  # the full text


class AuthorisationAnswer(WireModel):
    """The citizen agrees to the look-ups, or does not."""

    version: Version
    agreed: bool


class TrialLine(WireModel):
    """One line of a trial, the same in every column of a comparison: exactly one of ``money``,
    ``count`` and ``day``."""

    label: CentreWords
    money: Money | None = None
    count: Annotated[int, Field(ge=0, le=1_000_000)] | None = None
    day: Day | None = None
    unit: CentreWords | None = None

    @model_validator(mode="after")
    def _is_one(self) -> TrialLine:
        if [self.money, self.count, self.day].count(None) != 2:
            raise ValueError("one value is needed")
        return self

    @property
    def value(self) -> Decimal | int | date:
        """The one value."""
        return next(v for v in (self.money, self.count, self.day) if v is not None)


class TrialChoice(WireModel):
    """One way to do it, computed by the centre: 缩短年限 or 降低月供."""

    way: Annotated[str, line(32)]
    title: CentreWords
    lines: tuple[TrialLine, ...] = Field(max_length=12)
    # the debt at the end of each year, for a chart
    balances: tuple[Money, ...] = Field(default=(), max_length=60)


class Trial(WireModel):
    """试算: what would come of an order. Creates nothing."""

    choices: tuple[TrialChoice, ...] = Field(max_length=4)
    saved: Money | None = None
    note: CentreWords | None = None


class TrialRequest(WireModel):
    order: Order


# -- drafts and what comes of them ----------------------------------------------------------------


class DraftRequest(WireModel):
    """Draft an operation. The same ``key`` gives the same operation, in its present state."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "key": "5f0c9f4d2f8b4a7a9c3e1d6b8a7f0e21",
                    "order": {
                        "business": "repay-loan-withdrawal",
                        "account": "a1f2",
                        "loan": "b3c4",
                        "amount": "14412.24",
                    },
                },
                {
                    "key": "3c9d1f0e8a7b4c5d9e6f2a1b0c8d7e4f",
                    "order": {
                        "business": "personal-data-change",
                        "field": "address",
                        "value": "c5d6",
                    },
                },
                {
                    "key": "0b6e2a9c7d5f4e3a8b1c2d3e4f5a6b7c",
                    "order": {
                        "business": "prepayment",
                        "loan": "b3c4",
                        "amount": "100000.00",
                        "way": "shorter-term",
                    },
                },
                {
                    "key": "4d5f7a9c1e3b5d7f9a1c3e5b7d9f1a3c",
                    "order": {"business": "account-merge", "account": "a1f2"},
                },
                {
                    "key": "5e6a8b0d2f4c6e8a0b2d4f6c8e0a2b4d",
                    "order": {"business": "transfer-in", "account": "a1f2", "centre": "C02"},
                },
                {
                    "key": "6f7b9c1e3a5d7f9b1c3e5a7d9f1b3c5e",
                    "order": {"business": "cross-province", "centre": "X01", "item": "rent"},
                },
                {
                    "key": "9a1c3e5f7b2d4c6e8f0a1b3c5d7e9f21",
                    "order": {"business": "unit-back-payment", "unit": "d7e8"},
                },
                {
                    "key": "1b2d4f6a8c0e1a3c5e7f9b0d2f4a6c8e",
                    "order": {
                        "business": "unit-sealing",
                        "unit": "d7e8",
                        "employees": ["e9f0", "f1a2"],
                    },
                },
                {
                    "key": "2c3e5a7b9d1f2b4d6f8a0c1e3a5b7d9f",
                    "order": {
                        "business": "unit-ratio-change",
                        "unit": "d7e8",
                        "dwjcbl": "0.10",
                        "grjcbl": "0.10",
                    },
                },
            ]
        }
    )
    key: Key
    order: Order


class AgreedText(WireModel):
    """A text that the citizen agrees to with the confirmation, kept by the centre 电子档案."""

    id: Annotated[str, line(32, least=1)]
    version: Version
    title: CentreWords
    short: CentreWords  # what was agreed, in one plain sentence
    text: str = Field(max_length=20_000)


class Change(WireModel):
    """What an operation changes of the citizen's data: before and after, as the citizen confirms
    it. Numbers are masked by the centre."""

    field: Named
    label: CentreWords
    before: Sensitive[CentreWords]
    after: Sensitive[CentreWords]


class Payout(WireModel):
    """How far the money has come after the operation is done. ``day``: by when it is paid while it
    is due, else when it was paid or sent back. ``why``: why the bank has sent it back."""

    state: PayoutState
    day: Day
    why: CentreWords | None = None


class Referral(WireModel):
    """转办: the operation is an application, on which ``centre`` decides after ``done``; a refusal
    there changes no state of the operation. ``day``: by when it is decided while it waits, else
    when it was. ``stage``: of 异地转入, the code of the national platform; empty before the commit.
    ``amount``: what has come over. ``why``: why the other centre has refused. ``withdrawable``: the
    other centre would give the application back now; only its answer decides."""

    centre: CentreWords
    about: CentreWords  # what is applied for there
    state: ReferralState
    day: Day
    stage: Annotated[str, line(8)] = ""
    amount: Money | None = None
    why: CentreWords | None = None
    withdrawable: bool = False


class Operation(WireModel):
    """An operation 业务, as far as it has come. As a draft, the quote that the citizen confirms.

    Seconds are seconds left on the centre's clock, which alone decides. ``reference`` is the
    business serial 业务流水号 of an operation that was committed. ``code`` is what the citizen
    reads to 12329. ``confirmed_by`` lists sets of evidence of which one is enough. ``payout`` tells
    what becomes of the money after ``done``; a bank that sends it back changes no state.
    ``referral``, in the draft already: the other centre that decides on it after ``done``.
    ``cancellable``: a cancellation would take the operation back now; only its answer decides.
    ``status_url`` is opaque, and its page shows nothing personal.
    ``consent_of`` is the masked name of the spouse without whose consent the draft waits; who
    declines cancels it, and ``refusal`` says so.
    ``clerk``: why a clerk of the branch has to approve the draft 柜员授权 before the citizen
    confirms it; None: nobody has to.
    """

    id: OperationId
    business: Business
    state: OperationState
    version: int = Field(ge=1, le=1_000_000)
    title: CentreWords
    amount: Money | None = None  # what moves
    interest: Money | None = None  # the part of ``amount`` that is interest
    balance_before: Money | None = None
    balance_after: Money | None = None
    payee: Payee | None = None
    arrives: CentreWords | None = None  # when the money is there
    next_possible: Day | None = None  # 下次提取日期
    # plain words, e.g. 账户将销户
    effects: tuple[CentreWords, ...] = Field(default=(), max_length=8)
    texts: tuple[AgreedText, ...] = Field(default=(), max_length=4)
    changes: tuple[Change, ...] = Field(default=(), max_length=4)
    confirmed_by: tuple[EvidenceSet, ...] = Field(default=(), max_length=6)
    phone: Annotated[str, line(20)] = ""  # masked: where the code of the operation goes
    # while it waits for a consent, or is drafted: how long it can still be agreed to, or confirmed
    draft_ttl_s: Wait | None = None
    commit_ttl_s: Wait | None = None  # while confirmed: how long it can still be committed
    reference: Reference = ""
    code: Code = ""
    refusal: RefusalBody | None = None  # why, in the state ``refused``
    told: bool = False
    begun: Day | None = None  # when it was drafted
    payout: Payout | None = None
    referral: Referral | None = None
    cancellable: bool = False
    status_url: Annotated[str, line(200)] = ""  # shows business, state and time to who scans it
    consent_of: Annotated[str, line(40)] = ""
    clerk: CentreWords | None = None

    @model_validator(mode="after")
    def _pays_what_is_done(self) -> Operation:
        if self.payout is not None and self.state is not OperationState.DONE:
            raise ValueError("only what is done is paid")
        return self


Operations = Annotated[tuple[Operation, ...], Field(max_length=200)]


class Evidence(WireModel):
    """One proof that the citizen confirms: the operation's own code; a PIN block; the challenge of
    a face, or the login of a phone, that the centre has opened for this operation."""

    kind: EvidenceKind
    value: Sensitive[Annotated[str, line(4096)]]


class ClerkApproval(WireModel):
    """A clerk's approval of one operation 柜员授权: the staff number, and when. The terminal has
    compared card and PIN with the roster; neither travels."""

    number: StaffNumber
    at: Moment


class Confirmation(WireModel):
    """The citizen's confirmation: evidence, the digest of what stood on the page, and the clerk's
    approval of just that, where the operation needs one."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [{"evidence": [{"kind": "sms", "value": "123456"}], "digest": "0" * 64}]
        }
    )
    evidence: tuple[Evidence, ...] = Field(min_length=1, max_length=4)
    digest: str = Field(pattern=r"^[0-9a-f]{64}$")
    # left out where there is none: a centre that asks for none need not know of it
    clerk: ClerkApproval | None = Field(default=None, exclude_if=lambda value: value is None)


class ConsentCode(WireModel):
    """A code with which the spouse agrees to one operation, once, on their own phone. ``content``
    stands in the QR code, and says nothing to anybody else."""

    content: Sensitive[Annotated[str, line(500, least=1)]]
    valid_s: Wait


class OperationStatus(WireModel):
    """How far an operation has come: the answer to commit, query and cancellation. Nothing
    personal, so that the committer may hear it."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "id": "7c1e5b9a3f2d4c6e8a0b1d2f3e4c5a69",
                    "state": "done",
                    "reference": "012601150123456",
                }
            ]
        }
    )
    id: OperationId
    state: OperationState
    reference: Reference = ""


def digest_of(operation: Operation) -> str:
    """The digest of the quote that the citizen sees: SHA-256, in hexadecimal, over id, version,
    amount, payee's tail, the versions of the texts agreed to, each field that changes with its
    new value in Chinese, and the other centre that decides with what is applied for there, both in
    Chinese. The centre compares it with its own, so that nothing else than what was seen can be
    confirmed."""
    amount = "" if operation.amount is None else f"{operation.amount:.2f}"
    tail = operation.payee.tail if operation.payee else ""
    texts = [f"{text.id}={text.version}" for text in operation.texts]
    changes = [f"{change.field}={change.after.reveal().zh}" for change in operation.changes]
    referred = operation.referral
    elsewhere = [f"{referred.centre.zh}={referred.about.zh}"] if referred else []
    seen = "\n".join(
        [operation.id, str(operation.version), amount, tail, *texts, *changes, *elsewhere]
    )
    return hashlib.sha256(seen.encode()).hexdigest()
