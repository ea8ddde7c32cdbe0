"""The contract with the centre: what travels, under which names, in which form.

Wire names are the field identifiers of JGJ/T 320-2014 (住房公积金基础数据标准) in lower case;
where the standard has no field, English words. Money is a decimal string with two places, days are
``YYYYMMDD``, months ``YYYY-MM``. Client and stand-in centre share these models; the OpenAPI
document is made from them. Unknown fields are ignored, unknown codes are kept as they are.
"""

from __future__ import annotations

from datetime import date, datetime, time
from decimal import Decimal
from typing import Annotated, Literal

from pydantic import (
    AfterValidator,
    AwareDatetime,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    PlainSerializer,
    StringConstraints,
    WithJsonSchema,
)

from drivers.gb18030 import assigned
from kiosk.centre.level import Level
from kiosk.login import AUDIT_WORD
from kiosk.operation import OPERATION_ID, OperationState
from kiosk.privacy import Sensitive, mask
from kiosk.words import Language

# -- how values are written on the wire -----------------------------------------------------------

_MONEY = r"^-?[0-9]{1,16}\.[0-9]{2}$"
_TOO_MUCH = Decimal(10) ** 16


def _decimal(places: int) -> BeforeValidator:
    def read(value: object) -> Decimal:
        if isinstance(value, Decimal):
            # Refuse a value with more places, never round: the sender did not compute to the fen.
            if value.is_finite() and abs(value) < _TOO_MUCH and value == round(value, places):
                return round(value, places)
        elif isinstance(value, str):
            whole, point, fraction = value.removeprefix("-").partition(".")
            digits = whole + fraction
            plain = digits.isascii() and digits.isdecimal() and 1 <= len(whole) <= 16
            if point and len(fraction) == places and plain:
                return Decimal(value)
        raise ValueError(f"a decimal string with {places} places is needed")

    return BeforeValidator(read)


def _day(value: object) -> date:
    if isinstance(value, date):
        return value
    if isinstance(value, str) and len(value) == 8 and value.isascii() and value.isdecimal():
        return date(int(value[:4]), int(value[4:6]), int(value[6:]))
    raise ValueError("a day is written YYYYMMDD")


def _month(value: object) -> date:
    if isinstance(value, date):
        return value.replace(day=1)
    if isinstance(value, str) and len(value) == 7 and value[4] == "-":
        digits = value[:4] + value[5:]
        if digits.isascii() and digits.isdecimal():
            return date(int(value[:4]), int(value[5:]), 1)
    raise ValueError("a month is written YYYY-MM")


Money = Annotated[
    Decimal,
    _decimal(2),
    PlainSerializer(lambda value: f"{value:.2f}", return_type=str, when_used="json"),
    WithJsonSchema({"type": "string", "pattern": _MONEY, "examples": ["56958.05"]}),
]
"""Yuan, exactly two places, as a string on the wire: never a float."""

Rate = Annotated[
    Decimal,
    _decimal(7),
    PlainSerializer(lambda value: f"{value:.7f}", return_type=str, when_used="json"),
    WithJsonSchema(
        {"type": "string", "pattern": r"^[0-9]{1,3}\.[0-9]{7}$", "examples": ["0.0260000"]}
    ),
]
"""A yearly rate as a fraction, seven places (JGJ/T 320: decimal(8,7))."""

Ratio = Annotated[
    Decimal,
    _decimal(2),
    PlainSerializer(lambda value: f"{value:.2f}", return_type=str, when_used="json"),
    WithJsonSchema({"type": "string", "pattern": r"^[0-9]{1,2}\.[0-9]{2}$", "examples": ["0.12"]}),
]
"""A contribution ratio as a fraction (0.12 is 12 %), two places (JGJ/T 320: decimal(4,2))."""

Day = Annotated[
    date,
    BeforeValidator(_day),
    PlainSerializer(
        lambda value: f"{value:%Y%m%d}".rjust(8, "0"), return_type=str, when_used="json"
    ),
    WithJsonSchema({"type": "string", "pattern": r"^[0-9]{8}$", "examples": ["20260115"]}),
]

CardDay = Annotated[str, StringConstraints(pattern=r"^[0-9]{8}$")]
"""A day as it stands on a card: some cards hold one that no calendar has, such as 20260229."""

YearMonth = Annotated[
    date,
    BeforeValidator(_month),
    PlainSerializer(
        lambda value: f"{value:%Y-%m}".rjust(7, "0"), return_type=str, when_used="json"
    ),
    WithJsonSchema({"type": "string", "pattern": r"^[0-9]{4}-[0-9]{2}$", "examples": ["2026-01"]}),
]
"""A month; in Python the first day of it."""

_ONE_LINE = r"^[^\u0000-\u001f\u007f-\u009f\u2028\u2029]*$"
"""No control character and no line break: 200 line breaks made a slip of two metres."""


def line(most: int, least: int = 0) -> StringConstraints:
    """What every word of the centre keeps: one line, ``least`` to ``most`` characters."""
    return StringConstraints(min_length=least or None, max_length=most, pattern=_ONE_LINE)


Code = Annotated[str, line(8, least=1)]
"""A code of the standard's appendix A; see ``kiosk.centre.codes`` for its words."""

Line = Annotated[str, line(255), AfterValidator(assigned)]
"""One line of text. Old registers hold private code points of GBK: they become characters."""

Id = Annotated[str, line(64)]
"""The centre's name for a session, an account, a loan, a document or a job."""

LoginId = Annotated[str, StringConstraints(pattern=OPERATION_ID)]
"""The id of a session: 128 random bits, so that an audit log may hold it and names nobody by it."""


def audit_word(most: int) -> StringConstraints:
    """What an audit log may hold of the centre's words: a version, a reason's code."""
    return StringConstraints(min_length=1, max_length=most, pattern=f"^{AUDIT_WORD}$")


Named = Annotated[str, line(64, least=1)]
"""The id of an account, a loan, a card, a unit or an employee in this session, in an order."""

Personal = Sensitive[Annotated[str, line(120), AfterValidator(assigned)]]
"""A citizen's name, number or address, on one line."""

AsRead = Sensitive[Annotated[str, StringConstraints(max_length=120)]]
"""What a chip holds, whatever the characters are: a card is never refused before the centre."""

Count = Annotated[int, Field(ge=0, le=1_000_000)]
"""How many, how often, how many metres."""

Months = Annotated[int, Field(ge=0, le=1_200)]
"""Months or instalments: a hundred years of them."""

Term = Annotated[int, Field(ge=1, le=1_200)]
"""The number of an instalment, from 1."""

Year = Annotated[int, Field(ge=1, le=9_999)]

Wait = Annotated[int, Field(ge=0, le=86_400)]
"""Seconds: a day at most."""


def _in_this_age(value: datetime) -> datetime:
    if not 2000 <= value.year < 2200:
        raise ValueError("a moment of this age is needed")
    return value


Moment = Annotated[AwareDatetime, AfterValidator(_in_this_age)]
"""A moment with its offset, in the years 2000 to 2199: every time zone can write it."""

MOST_OWNED = 50
"""Most accounts, loans or offers of one answer."""
MOST_ENTRIES = 1_200
"""Most lines of a ledger's year, a plan, or a list of withdrawals or repayments."""


class WireModel(BaseModel):
    """Base of everything that travels: frozen, names of the standard, unknown fields ignored."""

    model_config = ConfigDict(
        frozen=True,
        populate_by_name=True,
        serialize_by_alias=True,
        extra="ignore",
        hide_input_in_errors=True,  # an error text must not carry a citizen's data
    )


class CentreWords(WireModel):
    """A text for the citizen in both languages of the screen."""

    zh: Annotated[str, line(500)]
    en: Annotated[str, line(500)]

    def say(self, language: Language) -> str:
        return self.zh if language is Language.ZH else self.en


class ShortName(CentreWords):
    """The centre's name in the head of every page: one line of large letters, such as
    云岭市公积金中心."""

    zh: Annotated[str, line(12)]
    en: Annotated[str, line(22)]


class RefusalBody(WireModel):
    """Why the centre does not do it: every 4xx answer has this body. ``operation`` and ``state``:
    the operation that stands in the way, where one does."""

    code: Annotated[str, audit_word(64)] = Field(examples=["card-lost"])
    reason: CentreWords
    next_step: CentreWords
    reference: Annotated[str, line(32)] = Field(examples=["K7Q2-9XMD"])
    operation: Annotated[str, StringConstraints(pattern=OPERATION_ID)] | None = None
    state: OperationState | None = None


# -- what a terminal may offer --------------------------------------------------------------------


class Hours(WireModel):
    """Service hours 服务时间 in local time, ``HH:MM``."""

    opens: str = Field(pattern=r"^([01][0-9]|2[0-3]):[0-5][0-9]$")
    closes: str = Field(pattern=r"^([01][0-9]|2[0-3]):[0-5][0-9]$")

    def contain(self, clock: time) -> bool:
        """Whether ``clock`` lies in the hours, counted in whole minutes: 20:00:59 is still 20:00,
        and hours that close at 23:59 close never."""
        return self.opens <= f"{clock:%H:%M}" <= self.closes


class Purpose(WireModel):
    """What a document is for 用途; the citizen chooses one."""

    code: Annotated[str, line(16)]
    name: CentreWords


class Limits(WireModel):
    """限额控制 of one service on this channel, shown before an amount is entered."""

    least: Money | None = None  # of one operation
    most: Money | None = None
    a_day: Count | None = None  # operations of one person


class Offer(WireModel):
    """One service as the centre's catalogue offers it on this channel (50 自助终端). ``group`` is
    the row of the menu: query, paper, withdrawal, loan, change, transfer, other; for an agent unit;
    without signing in calculate, read, help. The offers stand in the order of the menu."""

    service: Annotated[str, line(32)] = Field(examples=["account"])
    title: CentreWords
    hint: CentreWords
    open: bool
    hours: Hours
    closed_because: CentreWords | None = None  # shown on the greyed tile
    # for documents, the most used first; of 跨省通办, what can be applied for
    purposes: tuple[Purpose, ...] = Field(default=(), max_length=30)
    # the centres to which a document can be addressed 出具给哪个中心, or an application is made
    addressees: tuple[Purpose, ...] = Field(default=(), max_length=MOST_OWNED)
    group: Annotated[str, line(16)] = ""
    short: CentreWords | None = None  # of few characters, for a small tile; None: the title
    limits: Limits = Limits()
    clerk: bool = False  # each operation of it needs a clerk's approval 柜员授权


class WayOffer(WireModel):
    """One way in as the centre's catalogue offers it at this terminal."""

    way: Annotated[str, line(32)] = Field(examples=["id-card", "phone"])
    open: bool
    because: CentreWords | None = None  # why it is not open


class Place(WireModel):
    """Another place that can help: a branch or a terminal 网点."""

    name: CentreWords
    distance_m: Count
    # service names it can do now
    offers: tuple[Annotated[str, line(32)], ...] = Field(default=(), max_length=MOST_OWNED)


class Masking(WireModel):
    """How many characters of a number stay legible (取脱敏规则)."""

    first: int = Field(ge=0, le=20)
    last: int = Field(ge=0, le=20)

    def mask(self, number: Sensitive[str]) -> str:
        return mask(number.reveal(), self.first, self.last)


class MaskingRules(WireModel):
    """Central masking rules; the defaults follow JR/T 0171-2020 appendix A style."""

    id_number: Masking = Masking(first=3, last=4)
    phone: Masking = Masking(first=3, last=4)
    account: Masking = Masking(first=2, last=3)


Subject = Literal["what", "why", "kept", "who"]


class NoticePoint(WireModel):
    """One thing that a notice answers: what is taken, what for, how long it is kept, by whom."""

    about: Subject
    title: CentreWords
    text: CentreWords


class Notice(WireModel):
    """A text that the citizen agrees to, and which version of it."""

    title: CentreWords
    version: Annotated[str, audit_word(32)] = Field(examples=["2026-01"])
    effective: Day
    points: tuple[NoticePoint, ...] = Field(min_length=1, max_length=4)
    full: tuple[CentreWords, ...] = Field(min_length=1, max_length=60)
    """The whole text, one paragraph each."""


class Agreement(Notice):
    """The user agreement with the privacy notice, with which the way in begins. ``bank``: the bank
    whose machine the terminal is, and which handles the citizen's data as well."""

    bank: CentreWords | None = None


class Catalogue(WireModel):
    """What this terminal may offer now, and the words around it."""

    version: int = Field(ge=0, le=2**53)
    clock: Moment  # the centre's business time, with offset
    centre: CentreWords
    short_name: ShortName = Field(
        examples=[{"zh": "云岭市公积金中心", "en": "Yunling Housing Fund"}]
    )
    hotline: Annotated[str, line(20)] = Field(examples=["12329"])
    demo: bool  # True: 演示数据 on every page and sheet
    offers: tuple[Offer, ...] = Field(max_length=MOST_OWNED)
    notices: tuple[CentreWords, ...] = Field(default=(), max_length=20)
    places: tuple[Place, ...] = Field(default=(), max_length=MOST_OWNED)
    masking: MaskingRules = MaskingRules()
    ways: tuple[WayOffer, ...] = Field(default=(), max_length=20)
    publication: int = Field(default=0, ge=0, le=2**53)  # its edition; 0: there is none
    staff: int = Field(default=0, ge=0, le=2**53)  # the edition of the roster; 0: there is none
    agreement: Agreement | None = None  # what a citizen agrees to before signing in
    handover: bool = False  # whether a phone can go on where a terminal stops 手机上继续


# -- who is there ---------------------------------------------------------------------------------


class Proof(WireModel):
    """One way in that would raise the level of the session now."""

    way: Annotated[str, line(32)] = Field(examples=["sms", "face"])
    level: Level  # the level of the session after this proof
    available: bool
    hint: Annotated[str, line(40)] = ""  # the masked phone number for "sms"
    reason: CentreWords | None = None  # why it is not available


class Session(WireModel):
    """The centre's side of a visit. ``token`` goes into ``Authorization: Bearer``."""

    id: LoginId
    token: Sensitive[Annotated[str, line(4096)]]
    expires: Moment
    level: Level
    name_to_confirm: Personal | None = None  # the whole name, where the chip holds a part
    proofs: tuple[Proof, ...] = Field(default=(), max_length=10)
    units: Count = 0  # how many units the person may act for; told from the level proved on
    unit: Annotated[str, line(64)] = ""
    """Id of the one unit that the session serves, and nothing else: its agent has signed in with
    the unit's account; told from the level proved on."""


class NameConfirmation(WireModel):
    """The citizen says whether the full name is theirs."""

    confirmed: bool


class SmsSent(WireModel):
    """A code is on its way to the phone on file."""

    phone: Annotated[str, line(20)]  # masked
    resend_after_s: Wait
    valid_s: Wait


class SmsCheck(WireModel):
    code: Sensitive[Annotated[str, StringConstraints(pattern=r"^[0-9]{6}$")]]


class Person(WireModel):
    """The account holder 个人信息 (JGJ/T 320 table 4.0.3), as much as a terminal needs."""

    name: Personal = Field(alias="xingming")
    name_latin: Personal = Field(default=Sensitive(""), alias="xmqp")
    sex: Code = Field(alias="xingbie")
    document_kind: Code = Field(alias="zjlx")
    document_number: Personal = Field(alias="zjhm")
    phone: Personal = Field(alias="sjhm")

    @property
    def full_name(self) -> Sensitive[str]:
        """The Chinese name, or the Latin name of a person without a Chinese one."""
        return self.name or self.name_latin


# -- the account ----------------------------------------------------------------------------------


class Account(WireModel):
    """A personal account 个人账户 (5.0.4) with its employer's part (4.0.2, 5.0.2).

    ``id`` names it in paths and requests of this session, so that no number stands in a log.
    """

    id: Id
    number: Personal = Field(alias="grzh")
    status: Code = Field(alias="grzhzt")  # A.6
    opened: Day = Field(alias="khrq")
    balance: Sensitive[Money] = Field(alias="grzhye")
    base: Money = Field(alias="grjcjs")
    personal_amount: Money = Field(alias="gryjce")
    employer_amount: Money = Field(alias="dwyjce")
    personal_ratio: Ratio = Field(alias="grjcbl")
    employer_ratio: Ratio = Field(alias="dwjcbl")
    employer: Line = Field(alias="dwmc")
    employer_number: Line = Field(alias="dwzh")
    employer_status: Code = Field(alias="dwzhzt")  # A.4
    paid_to: YearMonth | None = Field(alias="jzny")
    months_in_arrears: Months = 0  # 欠缴月数, local
    continuous_months: Months = 0  # 连续缴存月数, local
    sealed_on: Day | None = None  # 封存日期, local
    frozen_on: Day | None = None  # 冻结日期, local
    note: CentreWords | None = None  # what the state means for the holder, and whom to ask
    no_certificate: CentreWords | None = None  # why no 缴存证明 can be had of the account
    has_loan: bool = False
    as_of: Day

    @property
    def monthly(self) -> Decimal:
        """Both sides together 月缴存额."""
        return self.personal_amount + self.employer_amount


class LedgerEntry(WireModel):
    """One booking 个人业务明细 (5.0.5). Amounts are signed: money out is negative."""

    booked: Day = Field(alias="jzrq")
    kind: Code = Field(alias="gjhtqywlx")  # A.5
    month: YearMonth | None = Field(default=None, alias="hbjny")
    amount: Money = Field(alias="fse")
    balance: Money = Field(alias="ye")
    serial: Line = Field(alias="ywlsh")


class Ledger(WireModel):
    """The bookings of one calendar year, newest first, with the year's sums."""

    year: Year
    years: tuple[Year, ...] = Field(max_length=100)  # all years with bookings, newest first
    entries: tuple[LedgerEntry, ...] = Field(max_length=MOST_ENTRIES)
    paid_in: Money  # contributions 01 and 02 of the year
    interest: Money  # 09
    withdrawn: Money  # 11 and 12, as a positive amount


class Withdrawal(WireModel):
    """One withdrawal 提取记录."""

    booked: Day = Field(alias="jzrq")
    reason: Code = Field(alias="tqyy")  # A.7
    way: Code = Field(alias="tqfs")  # A.8
    amount: Money = Field(alias="fse")  # positive
    total: Money  # 累计提取金额 up to and with this one
    bank: Line = ""
    bank_card: Line = ""  # masked
    serial: Line = Field(alias="ywlsh")


# -- the loan -------------------------------------------------------------------------------------


class Loan(WireModel):
    """A loan account 贷款账户 (6.0.5) with what its contract (6.0.2) says."""

    id: Id
    number: Personal = Field(alias="dkzh")
    contract: Personal = Field(alias="jkhtbh")
    state: Code  # local: 2 正常, 3 已结清, 5 逾期 …
    granted: Money = Field(alias="dkffe")
    granted_on: Day = Field(alias="dkffrq")
    balance: Sensitive[Money] = Field(alias="dkye")
    rate: Rate = Field(alias="dkll")
    way: Code = Field(alias="dkhkfs")  # A.11
    terms: Term = Field(alias="dkqs")
    terms_paid: Months
    repay_day: int = Field(alias="ydhkr", ge=1, le=31)
    next_due: Day | None = None
    next_amount: Money | None = Field(default=None, alias="dqjhhkje")
    next_principal: Money | None = Field(default=None, alias="dqjhghbj")
    next_interest: Money | None = Field(default=None, alias="dqjhghlx")
    principal_paid: Money = Field(alias="hsbjze")
    interest_paid: Money = Field(alias="hslxze")
    overdue_principal: Money = Field(alias="yqbjze")
    overdue_interest: Money = Field(alias="yqlxze")
    penalty: Money = Field(alias="fxze")
    terms_overdue: Months = Field(alias="ljyqqs")
    due_now: Money = Field(alias="dqyhje")  # 当期应还金额
    risk: Code = Field(alias="dkfxdj")  # A.14
    security: Code = Field(alias="dkdblx")  # A.10
    bank: Line = Field(alias="swtyhmc")
    house: Sensitive[Line] = Field(alias="fwzl")
    co_borrower: Personal | None = Field(default=None, alias="gtjkrxm")
    settled_on: Day | None = Field(default=None, alias="dkjqrq")


class PlanEntry(WireModel):
    """One instalment to come 还款计划."""

    term: Term = Field(alias="qc")
    due: Day
    amount: Money
    principal: Money = Field(alias="bjje")
    interest: Money = Field(alias="lxje")
    balance: Money = Field(alias="dkye")


class Repayment(WireModel):
    """One instalment that was paid or should have been 还款明细 (6.0.6)."""

    term: Term = Field(alias="qc")
    due: Day
    paid_on: Day | None = None  # None: still owed
    kind: Code = Field(alias="dkywmxlx")  # A.15
    amount: Money = Field(alias="fse")
    principal: Money = Field(alias="bjje")
    interest: Money = Field(alias="lxje")
    penalty: Money = Field(alias="fxje")
    balance: Money = Field(alias="dkye")


Accounts = Annotated[tuple[Account, ...], Field(max_length=MOST_OWNED)]
Withdrawals = Annotated[tuple[Withdrawal, ...], Field(max_length=MOST_ENTRIES)]
Loans = Annotated[tuple[Loan, ...], Field(max_length=MOST_OWNED)]
Plan = Annotated[tuple[PlanEntry, ...], Field(max_length=MOST_ENTRIES)]
Repayments = Annotated[tuple[Repayment, ...], Field(max_length=MOST_ENTRIES)]


# -- documents, rating ----------------------------------------------------------------------------


class Document(WireModel):
    """A document the centre has made: a signed PDF behind ``/documents/{id}/file``."""

    id: Id
    number: Id = Field(alias="bh")  # 编号
    title: CentreWords
    pages: int = Field(ge=1, le=50)
    sha256: str = Field(pattern=r"^[0-9a-f]{64}$")  # of the whole signed file
    verification_code: Annotated[str, line(32)] = Field(alias="yzm")
    verify_url: Annotated[str, line(200)]
    valid_until: Day | None = None  # None: without an end
    print_number: int = Field(default=1, ge=1, le=1_000_000)  # above 1: a later print 补打
    prints_left_today: Count


class DocumentRecord(WireModel):
    """A document that the centre has made for the person, in this visit or in an earlier one.
    ``unit``: the id in this session of the unit that it is about; empty for the person's own."""

    number: Id = Field(alias="bh")  # 编号
    title: CentreWords
    made: Day
    pages: int = Field(ge=1, le=50)
    verification_code: Annotated[str, line(32)] = Field(alias="yzm")
    valid_until: Day | None = None  # None: without an end
    prints: Count  # how often it was printed whole
    unit: Annotated[str, line(64)] = ""


DocumentRecords = Annotated[tuple[DocumentRecord, ...], Field(max_length=200)]


class PrintReport(WireModel):
    """What really came out. The same ``job`` is counted once."""

    job: Annotated[str, line(64, least=1)]
    pages: int | None = Field(ge=0, le=50)  # None: the printer did not say
    complete: bool


class PrintCount(WireModel):
    """How often this document was printed whole 打印次数."""

    prints: Count
    prints_left_today: Count


class Rating(WireModel):
    """好差评 (GB/T 39735): anonymous, one per handled item."""

    service: Annotated[str, line(32)]
    level: int = Field(ge=1, le=5)  # 5 非常满意 … 1 非常不满意
