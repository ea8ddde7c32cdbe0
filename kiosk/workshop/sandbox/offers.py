"""The services that the stand-in centre offers at terminals, and whether each is open now."""

from __future__ import annotations

from datetime import datetime
from threading import Lock

from kiosk.centre.models import (
    Agreement,
    Catalogue,
    CentreWords,
    Hours,
    Limits,
    Offer,
    Place,
    Purpose,
    ShortName,
)
from kiosk.workshop.sandbox import repayments, withdrawals
from kiosk.workshop.sandbox.bugs import CentreBug
from kiosk.workshop.sandbox.cases import words
from kiosk.workshop.sandbox.clock import Clock
from kiosk.workshop.sandbox.cross_province import ITEMS
from kiosk.workshop.sandbox.other_centres import CENTRES, OTHER_PROVINCES
from kiosk.workshop.sandbox.publication import edition
from kiosk.workshop.sandbox.refusals import Refused
from kiosk.workshop.sandbox.store import yuan

CENTRE = "云岭市住房公积金管理中心(演示)"
SHORT_NAME = ShortName(zh="云岭市公积金中心", en="Yunling Housing Fund")
HOTLINE = "12329"
CERTIFICATE, OUT_OF_TOWN, PAPERS = "deposit-certificate", "out-of-town-certificate", "papers"
UNIT_CERTIFICATE, BASES = "unit-certificate", "unit-base"
BASES_MONTH = 7
"""The month in which bases are adjusted, when the year of the provident fund begins."""
PRINTS_PER_DAY = 3
"""So often a day a document of one kind is printed about one account, loan or operation."""


PURPOSES = (
    Purpose(code="01", name=words("购房贷款", "Home loan")),
    Purpose(code="02", name=words("异地贷款", "Home loan in another city")),
    Purpose(code="03", name=words("人才认定、积分落户", "Talent or residence application")),
    Purpose(code="04", name=words("子女入学", "School enrolment")),
    Purpose(code="05", name=words("签证、出国（境）", "Visa or travel abroad")),
    Purpose(code="99", name=words("其他", "Other")),
)
LOAN_PURPOSES = (
    Purpose(code="01", name=words("购买新建商品住房", "Buying a new home")),
    Purpose(code="02", name=words("购买二手住房", "Buying a second-hand home")),
    Purpose(code="03", name=words("建造、翻建、大修自住住房", "Building or renovating a home")),
    Purpose(code="99", name=words("其他住房贷款", "Another home loan")),
)
_ALWAYS = Hours(opens="00:00", closes="23:59")
_BY_DAY = Hours(opens="08:00", closes="20:00")
_NO_LIMITS = Limits()


def _offer(
    service: str,
    group: str,
    title: tuple[str, str],
    hint: tuple[str, str],
    short: tuple[str, str] | None = None,
    *,
    hours: Hours = _ALWAYS,
    limits: Limits = _NO_LIMITS,
    purposes: tuple[Purpose, ...] = (),
    addressees: tuple[Purpose, ...] = (),
) -> Offer:
    return Offer(
        service=service,
        group=group,
        title=words(*title),
        short=words(*(short or title)),
        hint=words(*hint),
        open=True,
        hours=hours,
        limits=limits,
        purposes=purposes,
        addressees=addressees,
    )


_OFFERS = (
    _offer("account", "query", ("账户查询", "My account"),
           ("状态、基数", "Status, base"),
           ("账户余额", "Balance")),
    _offer("ledger", "query", ("缴存明细", "Contributions"),
           ("按年查看", "By year")),
    _offer("progress", "query", ("办理进度", "Progress"),
           ("我的办件", "My requests")),
    _offer(CERTIFICATE, "paper", ("打印缴存证明", "Certificate of contributions"),
           ("带电子印章，当场取走", "Sealed by the centre, printed here"),
           ("缴存证明", "Certificate"), hours=_BY_DAY, purposes=PURPOSES,
           limits=Limits(a_day=PRINTS_PER_DAY)),
    _offer(OUT_OF_TOWN, "paper", ("打印异地贷款证明", "For a loan in another city"),
           ("出具给外地中心", "For another centre"),
           ("异地贷款证明", "Out of town"), hours=_BY_DAY, purposes=LOAN_PURPOSES,
           addressees=CENTRES, limits=Limits(a_day=PRINTS_PER_DAY)),
    _offer(PAPERS, "paper", ("打印对账单等", "Statements and more"),
           ("还款、结清证明", "Loan papers too"),
           ("对账单等", "Statements"), hours=_BY_DAY, limits=Limits(a_day=PRINTS_PER_DAY)),
    _offer("withdraw", "withdrawal", ("提取公积金", "Withdraw"),
           ("还贷、租房、退休、离职", "Loan, rent, retirement, leaving a job"), hours=_BY_DAY,
           limits=Limits(least=yuan(withdrawals.LEAST))),
    _offer("standing-withdrawal", "withdrawal", ("约定提取", "Monthly withdrawal"),
           ("租房，每月到卡", "Rent, paid each month"), ("约定提取", "Each month"), hours=_BY_DAY),
    _offer("withdrawals", "withdrawal", ("提取记录", "Withdrawals"),
           ("每一笔", "Every one")),
    _offer("loan", "loan", ("贷款查询", "My loan"),
           ("余额、计划", "Balance, plan"),
           ("我的贷款", "My loan")),
    _offer("prepay", "loan", ("提前还款", "Repay early"), ("先试算", "With a trial first"),
           hours=_BY_DAY, limits=Limits(least=yuan(repayments.LEAST))),
    _offer("monthly-offset", "loan", ("按月还贷", "Monthly repayment"),
           ("签约、解约", "Sign or end the agreement"),
           ("按月还贷", "Auto-repay"), hours=_BY_DAY),
    _offer("phone", "change", ("手机号变更", "Change of phone"),
           ("需刷脸或扫码", "With your face or phone"), ("手机号", "Phone"), hours=_BY_DAY),
    _offer("payee-card", "change", ("收款银行卡变更", "Change of bank card"),
           ("需刷脸或扫码", "With your face or phone"), ("收款银行卡", "Bank card"),
           hours=_BY_DAY),
    _offer("personal-data", "change", ("个人信息变更", "Change of personal data"),
           ("地址、婚姻", "Address, marriage"), ("个人信息", "My data"), hours=_BY_DAY),
    _offer("query-password", "change", ("查询密码变更", "Change of query password"),
           ("6 位数字", "Six digits"), ("查询密码", "Password"), hours=_BY_DAY),
    _offer("account-merge", "transfer", ("账户合并", "Merge accounts"),
           ("几个账户并成一个", "Make several into one"), ("账户合并", "Merge"),
           hours=_BY_DAY),
    _offer("transfer-in", "transfer", ("异地转入", "Transfer from elsewhere"),
           ("外地的钱转过来", "What another centre holds"), ("异地转入", "Transfer in"),
           hours=_BY_DAY, addressees=CENTRES),
    _offer("cross-province", "transfer", ("跨省通办", "Another province"),
           ("在外省的业务，这里申请", "Apply to a centre elsewhere"),
           ("跨省通办", "Elsewhere"), hours=_BY_DAY,
           purposes=ITEMS, addressees=OTHER_PROVINCES),
    _offer("outlets", "other", ("网点、取号、预约", "Outlets and queues"),
           ("取号、预约", "Tickets, appointments"), ("网点预约", "Outlets")),
    _offer("unit-opening", "other", ("单位开户", "Account for a company"),
           ("登记的联络员来办", "By its registered agent"), hours=_BY_DAY),
    _offer("signing", "change", ("签约", "Sign up"), ("短信、银行卡", "Messages, bank card"),
           hours=_BY_DAY),
)  # fmt: skip
PUBLIC = (
    _offer("repayment-calculator", "calculate", ("还款计算", "Repayments"),
           ("每月还多少", "How much a month")),
    _offer("prepayment-calculator", "calculate", ("提前还款试算", "Early repayment"),
           ("省多少利息", "What it saves"),
           ("提前还款", "Repay early")),
    _offer("loan-calculator", "calculate", ("可贷额度", "Loan limit"),
           ("能贷多少", "How much you may borrow")),
    _offer("contribution-calculator", "calculate", ("缴存额计算", "Contributions"),
           ("每月缴多少", "How much a month"),
           ("缴存额", "Contributions")),
    _offer("retirement-calculator", "calculate", ("退休时间", "Retirement"),
           ("法定退休年月", "The statutory month")),
    _offer("guides", "read", ("去柜台要带什么", "What to bring"),
           ("材料、时限", "Papers, time"),
           ("要带什么", "Checklists")),
    _offer("questions", "read", ("常见问题", "Questions"),
           ("大家常问的", "What people ask")),
    _offer("policies", "read", ("政策法规", "Rules"),
           ("提取、贷款办法", "Withdrawals, loans"),
           ("政策法规", "Rules")),
    _offer("news", "read", ("中心动态", "News"),
           ("通知、公告", "From the centre")),
    _offer("verify-paper", "help", ("证明验真", "Verify a paper"),
           ("扫码或输验证码", "By its code"),
           ("证明验真", "Verify a paper")),
    _offer("complaints", "help", ("投诉建议", "Complaints, ideas"),
           ("不用打字", "No typing"),
           ("投诉建议", "Complaints")),
    _offer("tickets", "read", ("网点、取号", "Outlets and queues"),
           ("排队人数、取号", "Queues, tickets"), ("网点取号", "Outlets")),
    _offer("projects", "read", ("合作楼盘", "Partner housing"),
           ("可办公积金贷款", "With fund loans"), ("合作楼盘", "Housing")),
    _offer("rates", "read", ("利率查询", "Rates"),
           ("存款、贷款", "Deposits, loans"),
           ("利率", "Rates")),
)  # fmt: skip
"""What needs no sign-in."""
FOR_UNITS = (
    _offer("unit-remittances", "unit", ("汇缴核对", "Contributions"),
           ("每人每月缴了多少", "Who has how much of each month")),
    _offer("unit-people", "unit", ("人员增减", "Employees in and out"),
           ("新开、封存、启封", "New, sealed, unsealed"), hours=_BY_DAY),
    _offer(BASES, "unit", ("基数调整", "New bases"),
           ("每年 7 月", "Each July"), hours=_BY_DAY),
    _offer("unit-ratio", "unit", ("比例调整", "New ratios"),
           ("5% 到 12% 之间", "Between 5 % and 12 %"), hours=_BY_DAY),
    _offer("unit-payment", "unit", ("汇缴", "Monthly payment"),
           ("缴当月的", "For this month"), hours=_BY_DAY),
    _offer("unit-back-payment", "unit", ("补缴", "Back payment"),
           ("欠缴的月份", "Months in arrears"), hours=_BY_DAY),
    _offer(UNIT_CERTIFICATE, "unit", ("单位证明", "Certificates"),
           ("缴存、无欠缴", "Paid, nothing owed"), hours=_BY_DAY,
           limits=Limits(a_day=PRINTS_PER_DAY)),
    _offer("unit-employees", "unit", ("职工名单", "Employees"),
           ("状态、基数", "State, base")),
    _offer("unit", "unit", ("单位信息", "The employer"),
           ("账户、比例、欠缴", "Account, ratios, arrears")),
    _offer("unit-data", "unit", ("信息变更", "Change of data"),
           ("地址、发薪日", "Address, pay day"), hours=_BY_DAY),
    _offer("unit-progress", "unit", ("办理进度", "Progress"),
           ("经办的业务", "What you have done here")),
)  # fmt: skip
"""What an agent may do for a unit."""
_ALL = (*_OFFERS, *FOR_UNITS, *PUBLIC)
_NOTICES = (
    words(
        "本机为演示环境，所有人物、账户和金额均为虚构。",
        "This is a demonstration: all people, accounts and amounts are invented.",
    ),
    words(
        "住房公积金业务不收取任何费用，工作人员不会向您索要验证码。",
        "All services are free of charge. Our staff will never ask you for a code.",
    ),
)
PLACES = (
    Place(name=words("云岭管理部示范路服务大厅(演示)", "Shifan Road branch (demo)"),
          distance_m=850, offers=tuple(offer.service for offer in _ALL)),
    Place(name=words("云岭汽车站自助终端(演示)", "Bus station terminal (demo)"), distance_m=1200,
          offers=tuple(offer.service for offer in _ALL)),
    Place(name=words("示范区政务服务中心自助终端(演示)", "Civic centre terminal (demo)"),
          distance_m=2600, offers=("account", "ledger", "withdrawals", "loan")),
)  # fmt: skip
SERVICES = tuple(offer.service for offer in _ALL)
CLERK_WHY = words("这项业务要网点工作人员当面核对", "Staff of the branch check this one in person")


class Offers:
    """The catalogue, without the services that a lever has switched off."""

    def __init__(self, clock: Clock, bugs: frozenset[CentreBug] = frozenset()) -> None:
        self._clock = clock
        self._ahead = int(CentreBug.OTHER_EDITION in bugs)
        self._lock = Lock()
        self._closed = self._out_of_season()
        self._added: dict[str, Offer] = {}
        self._approved: frozenset[str] = frozenset()  # the services that need a clerk
        self._version = 1
        self.agreement: Agreement | None = None
        """What every citizen agrees to first; None: the centre asks for no agreement."""
        self.handover = True
        """Whether a phone can go on where a terminal stops."""

    def catalogue(self) -> Catalogue:
        now = self._clock.now()
        with self._lock:
            return Catalogue(
                version=self._version,
                clock=now,
                centre=words(CENTRE, "Yunling Housing Provident Fund Centre (demo)"),
                short_name=SHORT_NAME,
                hotline=HOTLINE,
                demo=True,
                offers=tuple(self._now(offer, now) for offer in (*_ALL, *self._added.values())),
                notices=_NOTICES,
                places=PLACES,
                publication=edition().version + self._ahead,
                agreement=self.agreement,
                handover=self.handover,
            )

    def switch(self, service: str, *, is_open: bool, because: CentreWords | None) -> Offer:
        """Close a service with a reason, or open it again. Refuses not-found."""
        if service not in SERVICES:
            raise Refused("not-found")
        with self._lock:
            self._version += 1
            if is_open:
                self._closed.pop(service, None)
            else:
                self._closed[service] = because
            return self._now(_ALL[SERVICES.index(service)], self._clock.now())

    def ask_for_clerk(self, service: str, *, wanted: bool) -> None:
        """Have a clerk approve each operation of a service, or have nobody. Refuses not-found."""
        if service not in SERVICES:
            raise Refused("not-found")
        with self._lock:
            self._version += 1
            self._approved = self._approved - {service} | ({service} if wanted else frozenset())

    def clerk_for(self, service: str) -> CentreWords | None:
        """Why a clerk must approve an operation of ``service``; None: nobody must."""
        with self._lock:
            return CLERK_WHY if service in self._approved else None

    def add(self, offer: Offer) -> None:
        """Offer one more service, last in the menu: one of another maker."""
        with self._lock:
            self._version += 1
            self._added[offer.service] = offer

    def reset(self) -> None:
        with self._lock:
            self._version += 1
            self._closed = self._out_of_season()
            self._added.clear()
            self._approved = frozenset()
            self.handover = True

    def _out_of_season(self) -> dict[str, CentreWords | None]:
        """What is closed in this month, until a lever opens it."""
        if self._clock.today().month == BASES_MONTH:
            return {}
        return {BASES: words("每年 7 月办理", "In July only")}

    def must_be_open(self, service: str) -> None:
        """Refuses service-closed, unless ``service`` is open now."""
        with self._lock:
            if not self._now(_ALL[SERVICES.index(service)], self._clock.now()).open:
                raise Refused("service-closed")

    def _now(self, offer: Offer, now: datetime) -> Offer:
        hours = offer.hours
        if offer.service in self._approved:
            offer = offer.model_copy(update={"clerk": True})
        if offer.service in self._closed:
            because = self._closed[offer.service] or words("暂停服务", "Not available now")
            return offer.model_copy(update={"open": False, "closed_because": because})
        if not hours.contain(now.time()):
            because = words(
                f"服务时间 {hours.opens}–{hours.closes}", f"Open {hours.opens} to {hours.closes}"
            )
            return offer.model_copy(update={"open": False, "closed_because": because})
        return offer


def purpose_name(service: str, code: str) -> str:
    """The Chinese words of a purpose of ``service``. Refuses purpose-unknown."""
    for purpose in _OFFERS[SERVICES.index(service)].purposes:
        if purpose.code == code:
            return purpose.name.zh
    raise Refused("purpose-unknown")
