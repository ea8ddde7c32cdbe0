"""One step of every kind with the demo's figures: for goldens, layout, accessibility."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime, timedelta, timezone
from decimal import Decimal as D

from drivers.device import DeviceError, Kind, Reason, State, Status
from drivers.document_printer.types import PrintDocument
from drivers.receipt_printer.types import PrintSlip, Slip
from kiosk.calculations import add_months, equal_instalments
from kiosk.centre.errors import CentreUnavailable, Refusal, Trouble
from kiosk.centre.evidence import PinKey
from kiosk.centre.models import (
    Account,
    Catalogue,
    CentreWords,
    Document,
    Ledger,
    LedgerEntry,
    Loan,
    PlanEntry,
    Repayment,
    Withdrawal,
)
from kiosk.identity.face.hints import HELP, HINTS, Hint
from kiosk.identity.proving import WHY
from kiosk.privacy import Sensitive
from kiosk.services.account import account_statement
from kiosk.services.certificate import CERTIFICATE
from kiosk.services.ledger import ledger_table
from kiosk.services.loan import loan_statement, plan_table, repayments_table, years_chart
from kiosk.services.withdrawals import withdrawals_table
from kiosk.visit.face_steps import CaptureFace, ConsentToFace, FaceCoaching, ReadNotice
from kiosk.visit.handover import ON_PHONE
from kiosk.visit.pin_steps import EnterPin, PresentBankCard
from kiosk.visit.remedies import FOR_STAFF, ShowRemedy, remedy_for
from kiosk.visit.steps import (
    Action,
    AgreeToTerms,
    Attract,
    Choose,
    ChooseWay,
    Confirm,
    ConfirmName,
    EnterNumber,
    EnterPassword,
    EnterSmsCode,
    Fact,
    Farewell,
    Headline,
    HeldUp,
    IsItYou,
    Menu,
    OpenKind,
    Option,
    OutOfService,
    PaperReady,
    PresentIdCard,
    PresentSocialSecurityCard,
    Preview,
    PrintingDocument,
    PrintingSlip,
    Problem,
    Rate,
    Rest,
    ShowFundCode,
    ShowPhoneCode,
    ShowStatement,
    Step,
    Tile,
    Tone,
    WayTile,
)
from kiosk.visit.troubles import NOUNS, device_words, document_not_printed, problem_of
from kiosk.visit.visit import OTHER_CARD
from kiosk.words import _
from kiosk.workshop.sandbox.agreement import agreement
from kiosk.workshop.sandbox.offers import CENTRE, PLACES, SHORT_NAME
from tests.ui.change_samples import change_samples
from tests.ui.face_samples import CHALLENGE, NOTICE
from tests.ui.maintenance_samples import maintenance_samples
from tests.ui.operation_samples import operation_samples
from tests.ui.outlet_samples import outlet_samples
from tests.ui.paper_samples import paper_samples
from tests.ui.public_samples import public_samples
from tests.ui.request_samples import request_samples
from tests.ui.setup_samples import setup_samples
from tests.ui.transfer_samples import transfer_samples
from tests.ui.unit_samples import unit_samples

PIN_KEY = PinKey(algorithm="sm4", serial="k", encrypted="00" * 16, check_value="000000")
CARD_NUMBER = Sensitive("9999990000000000014")
NEVER = 1e12
"""A time of the monotonic clock that does not come: the page's seconds do not run before it is
shown."""

CATALOGUE = Catalogue(
    version=1,
    clock=datetime(2026, 1, 15, 10, 0, tzinfo=timezone(timedelta(hours=8))),
    centre=CentreWords(zh=CENTRE, en="Yunling Housing Provident Fund Centre (demo)"),
    short_name=SHORT_NAME,
    hotline="12329",
    demo=True,
    offers=(),
    places=PLACES,
)

BULLETINS = (
    CentreWords(
        zh="住房公积金业务不收取任何费用，工作人员不会向您索要验证码。",
        en="All services are free of charge. Our staff will never ask you for a code.",
    ),
    CentreWords(zh="存量贷款利率 1 月 1 日起调整", en="Rates of older loans changed on 1 January"),
)
MASKING = CATALOGUE.masking

ACCOUNT = Account(
    id="a1",
    number=Sensitive("9919070100001"),
    status="01",
    opened=date(2019, 7, 1),
    balance=Sensitive(D("56958.05")),
    base=D("8000.00"),
    personal_amount=D("960.00"),
    employer_amount=D("960.00"),
    personal_ratio=D("0.12"),
    employer_ratio=D("0.12"),
    employer="云岭市第一中学（演示）",
    employer_number="9818010100001",
    employer_status="01",
    paid_to=date(2026, 1, 1),
    continuous_months=79,
    as_of=date(2026, 1, 15),
)
FROZEN = ACCOUNT.model_copy(
    update={
        "status": "06",
        "balance": Sensitive(D("73182.60")),
        "employer": "云岭医院（演示）",
        "frozen_on": date(2025, 9, 1),
        "note": CentreWords(
            zh="账户于 2025年9月1日 被司法冻结，暂不能提取和开证明。请联系冻结机关，或拨打 12329。",
            en="Frozen by court order since 1 Sep 2025: no withdrawals and no certificates. "
            "Ask the court that ordered it, or call 12329.",
        ),
        "no_certificate": CentreWords(zh="冻结期间不能开具", en="Not while frozen"),
    }
)
ARREARS = ACCOUNT.model_copy(
    update={
        "months_in_arrears": 5,
        "balance": Sensitive(D("17363.80")),
        "paid_to": date(2025, 8, 1),
        "employer": "云岭商贸（演示）",
        "note": CentreWords(
            zh="单位从 2025年9月 起没有缴存。请向单位询问，或拨打 12329 投诉。",
            en="Your employer has not paid since September 2025. Ask them, or call 12329.",
        ),
    }
)


def _entry(day: date, kind: str, amount: str, balance: str) -> LedgerEntry:
    month = day.replace(day=1) if kind == "01" else None
    return LedgerEntry(
        booked=day, kind=kind, month=month, amount=D(amount), balance=D(balance), serial="01"
    )


LEDGER = Ledger(
    year=2025,
    years=(2026, 2025, 2024),
    entries=tuple(
        [
            _entry(date(2025, m, 15), "01", "1920.00", f"{43518.05 + (m - 6) * 1920:.2f}")
            for m in range(12, 6, -1)
        ]
        + [_entry(date(2025, 7, 1), "10", "0.00", "43518.05")]
        + [_entry(date(2025, 6, 30), "09", "478.05", "43518.05")]
        + [
            _entry(date(2025, m, 15), "01", "1920.00", f"{43040 + (m - 6) * 1920:.2f}")
            for m in range(6, 0, -1)
        ]
    ),
    paid_in=D("23040.00"),
    interest=D("478.05"),
    withdrawn=D("0.00"),
)

LOAN = Loan(
    id="l1",
    number=Sensitive("8025061000003"),
    contract=Sensitive("9025061000003"),
    state="2",
    granted=D("600000.00"),
    granted_on=date(2025, 6, 10),
    balance=Sensitive(D("593351.84")),
    rate=D("0.0260000"),
    way="01",
    terms=360,
    terms_paid=6,
    repay_day=20,
    next_due=date(2026, 1, 20),
    next_amount=D("2402.04"),
    next_principal=D("1116.44"),
    next_interest=D("1285.60"),
    principal_paid=D("6648.16"),
    interest_paid=D("7764.08"),
    overdue_principal=D("0.00"),
    overdue_interest=D("0.00"),
    penalty=D("0.00"),
    terms_overdue=0,
    due_now=D("2402.04"),
    risk="01",
    security="01",
    bank="演示银行云岭支行",
    house=Sensitive("演示省云岭市示范区测试小区3栋2单元501"),
)
OVERDUE = LOAN.model_copy(
    update={
        "state": "5",
        "balance": Sensitive(D("445720.07")),
        "terms_overdue": 2,
        "overdue_principal": D("2153.89"),
        "overdue_interest": D("1929.13"),
        "penalty": D("17.69"),
        "due_now": D("4100.71"),
    }
)
PLAN = tuple(
    PlanEntry(
        term=7 + i,
        due=date(2026 + i // 12, 1 + i % 12, 20),
        amount=D("2402.04"),
        principal=D("1116.44"),
        interest=D("1285.60"),
        balance=D("592235.40") - i * 1100,
    )
    for i in range(354)
)
REPAYMENTS = tuple(
    Repayment(
        term=6 - i,
        due=date(2025, 12 - i, 20),
        paid_on=None if i < 2 else date(2025, 12 - i, 20),
        kind="04" if i < 2 else "02",
        amount=D("2041.51"),
        principal=D("1066.51"),
        interest=D("975.00"),
        penalty=D("0.00"),
        balance=D("445720.07"),
    )
    for i in range(6)
)
_INSTALMENTS = tuple(equal_instalments(LOAN.granted, LOAN.rate, LOAN.terms))
SIX_PAID = tuple(
    REPAYMENTS[0].model_copy(
        update={
            "due": add_months(date(2025, 7, 20), n),
            "principal": each.principal,
            "interest": each.interest,
            "balance": each.balance,
        }
    )
    for n, each in enumerate(_INSTALMENTS[:6])
)
TO_COME = tuple(
    PLAN[0].model_copy(
        update={
            "due": add_months(date(2026, 1, 20), n),
            "principal": each.principal,
            "interest": each.interest,
            "balance": each.balance,
        }
    )
    for n, each in enumerate(_INSTALMENTS[6:])
)
DOCUMENT = Document(
    id="d1",
    number="云岭公积金证字〔2026〕第000001号",
    title=CentreWords(zh="个人住房公积金缴存证明", en="Certificate of contributions"),
    pages=1,
    sha256="0" * 64,
    verification_code="K7Q2-9XMD",
    verify_url="https://verify.example/v/0",
    valid_until=date(2026, 3, 15),
    prints_left_today=3,
)

_NO_PAPER = Status(State.USER_ERROR, problem=Reason.PAPER_OUT)
AMOUNT = EnterNumber(
    CentreWords(zh="提取多少？", en="How much?"),
    CentreWords(zh="提取金额", en="Amount"),
    CentreWords(zh="元", en="CNY"),
    least=D("100.00"),
    most=D("14412.24"),
    lead=CentreWords(
        zh="偿还公积金贷款 · 最多可提 14,412.24 元", en="To repay the loan, CNY 14,412.24 at most"
    ),
    rest=Rest(CentreWords(zh="提取后账户余额", en="Balance afterwards"), D("61248.93")),
)
MONTHS = EnterNumber(
    CentreWords(zh="缩短到多少期？", en="How many terms?"),
    CentreWords(zh="剩余期数", en="Terms left"),
    CentreWords(zh="期", en="terms"),
    least=D(12),
    most=D(354),
    places=0,
)
CONFIRM = Confirm(
    CentreWords(zh="请核对后确认", en="Check, then confirm"),
    (
        Fact(
            CentreWords(zh="提取原因", en="Reason"),
            CentreWords(zh="偿还公积金贷款", en="Repaying the housing fund loan"),
        ),
        Fact(
            CentreWords(zh="收款银行卡", en="To card"),
            CentreWords(zh="演示银行 尾号 0030", en="Demo Bank, ending 0030"),
        ),
        Fact(CentreWords(zh="预计到账", en="Expected on"), date(2026, 1, 20)),
        Fact(CentreWords(zh="提取后余额（元）", en="Balance afterwards (CNY)"), D("46836.69")),
    ),
    yes=CentreWords(zh="确认提取", en="Withdraw"),
    no=CentreWords(zh="不提取", en="Do not withdraw"),
    headline=Headline(
        CentreWords(zh="到账金额（元）", en="You receive (CNY)"), Sensitive(D("14412.24"))
    ),
    lead=CentreWords(
        zh="确认后提交中心，不能在本机撤回", en="Once confirmed it cannot be taken back here"
    ),
    note=CentreWords(zh="确认即表示：以上情况属实", en="By confirming you state that this is true"),
)
STATEMENT = ShowStatement(
    CentreWords(zh="合同信息", en="Your contract"),
    (
        Fact(
            CentreWords(zh="合同状态", en="Status"), CentreWords(zh="有效", en="Valid"), Tone.GOOD
        ),
        Fact(CentreWords(zh="合同金额（元）", en="Amount (CNY)"), D("600000.00"), hidden=True),
        Fact(CentreWords(zh="签订日期", en="Signed on"), date(2025, 6, 10)),
    ),
    lead=CentreWords(zh="没有大数字的一页", en="A page without a large number"),
)

_TILES = (
    Tile(
        "account",
        CentreWords(zh="账户余额", en="Balance"),
        CentreWords(zh="状态、基数", en="Status, base"),
        "account",
        group="query",
    ),
    Tile(
        "ledger",
        CentreWords(zh="缴存明细", en="Contributions"),
        CentreWords(zh="按年查看", en="By year"),
        "ledger",
        group="query",
    ),
    Tile(
        "progress",
        CentreWords(zh="办理进度", en="Progress"),
        CentreWords(zh="我的办件", en="My requests"),
        "clock",
        group="query",
    ),
    Tile(
        "deposit-certificate",
        CentreWords(zh="缴存证明", en="Certificate"),
        CentreWords(zh="中心签章，A4 打印", en="Sealed, printed on A4"),
        "certificate",
        closed=device_words(Kind.DOCUMENT_PRINTER, _NO_PAPER),
        group="paper",
    ),
    Tile(
        "out-of-town-certificate",
        CentreWords(zh="异地贷款证明", en="Out of town"),
        CentreWords(zh="出具给外地中心", en="For another centre"),
        "place",
        closed=device_words(Kind.DOCUMENT_PRINTER, _NO_PAPER),
        group="paper",
    ),
    Tile(
        "papers",
        CentreWords(zh="对账单等", en="Statements"),
        CentreWords(zh="还款、结清证明", en="Loan papers too"),
        "ledger",
        closed=device_words(Kind.DOCUMENT_PRINTER, _NO_PAPER),
        group="paper",
    ),
    Tile(
        "withdraw",
        CentreWords(zh="提取公积金", en="Withdraw"),
        CentreWords(zh="还贷、租房、退休、离职", en="Loan, rent, retirement, leaving a job"),
        "withdrawals",
        group="withdrawal",
    ),
    Tile(
        "withdrawals",
        CentreWords(zh="提取记录", en="Withdrawals"),
        CentreWords(zh="每一笔", en="Every one"),
        "ledger",
        group="withdrawal",
    ),
    Tile(
        "loan",
        CentreWords(zh="我的贷款", en="My loan"),
        CentreWords(zh="余额、计划", en="Balance, plan"),
        "loan",
        group="loan",
    ),
    Tile(
        "prepay",
        CentreWords(zh="提前还款", en="Repay early"),
        CentreWords(zh="先试算", en="With a trial first"),
        "loan",
        group="loan",
    ),
    Tile(
        "monthly-offset",
        CentreWords(zh="按月还贷", en="Auto-repay"),
        CentreWords(zh="签约、解约", en="Sign or end it"),
        "calendar",
        group="loan",
    ),
    Tile(
        "phone",
        CentreWords(zh="手机号", en="Phone"),
        CentreWords(zh="需刷脸或扫码", en="With your face or phone"),
        "phone",
        group="change",
    ),
    Tile(
        "payee-card",
        CentreWords(zh="收款银行卡", en="Bank card"),
        CentreWords(zh="需刷脸或扫码", en="With your face or phone"),
        "card",
        group="change",
    ),
    Tile(
        "signing",
        CentreWords(zh="签约", en="Sign up"),
        CentreWords(zh="短信、银行卡", en="Messages, bank card"),
        "card",
        group="change",
    ),
)
_MENU = Menu(_TILES)


def prints(title: str) -> Action:
    return Action("print", _(title), "printer")


_PRINTS_NOT = replace(
    prints("打印明细"),
    closed=device_words(Kind.DOCUMENT_PRINTER, Status(State.USER_ERROR, problem=Reason.PAPER_OUT)),
)
_POSSIBLE = tuple(
    OpenKind(group, tuple(tile.title for tile in _TILES if tile.group == group))
    for group in ("query", "paper", "withdrawal", "loan", "change")
)
_HOURS = (_("查询 {hours}", hours=_("24 小时")), _("办理 {hours}", hours="08:00–20:00"))
_PRINT = Action("print", _("打印{paper}", paper=CERTIFICATE), "printer")
_HOME = Action("menu", _("返回首页"), "home")
_SLIP = Action("slip", _("打印凭条"), "receipt")
_WAYS = (
    Action("ledger", _("看缴存明细"), "ledger"),
    Action("print", _("打印证明"), "printer"),
)
_WAYS_FROZEN = (_WAYS[0], replace(_WAYS[1], closed=FROZEN.no_certificate))
_LOST = Refusal(
    "card-lost",
    CentreWords(zh="这张身份证已经挂失", en="This ID card was reported lost"),
    CentreWords(
        zh="请带新领的身份证再来，或到柜台办理。找回的旧证不能再用。",
        en="Come back with your new card, or go to the counter. A card that was found again "
        "can no longer be used.",
    ),
    "K7Q2-9XMD",
)


_HELD_UP = HeldUp(
    _("{device}缺纸", device=NOUNS[Kind.DOCUMENT_PRINTER]), _("正在等工作人员加纸"), NEVER
)


def _down() -> CentreUnavailable:
    error = CentreUnavailable(Trouble.DOWN)
    error.reference = "K7Q2-9XMD"
    return error


REMEDIES = (
    (Kind.RECEIPT_PRINTER, Reason.PAPER_OUT),
    (Kind.RECEIPT_PRINTER, Reason.JAM),
    (Kind.DOCUMENT_PRINTER, Reason.JAM),
    (Kind.DOCUMENT_PRINTER, Reason.TONER_OUT),
    (Kind.ID_CARD, Reason.HARDWARE),
)
"""Faults whose remedies are drawn; the others have the same pictures."""


def _for_staff(problem: Problem) -> Problem:
    return replace(problem, actions=(FOR_STAFF, *problem.actions))


def _fixed(problem: object) -> Step[object]:
    object.__setattr__(problem, "reference", "K7Q2-9XMD")
    return problem  # type: ignore[return-value]


ATTRACT = Attract(possible=_POSSIBLE, hours=_HOURS)


def samples(pdf: bytes = b"") -> dict[str, Step[object]]:
    """Every page by the name of its picture."""
    steps: dict[str, object] = {
        "01-attract": ATTRACT,
        "01-attract-reader-lost": Attract(
            device_words(Kind.ID_CARD, Status(State.NO_DEVICE, problem=Reason.NO_DEVICE)),
            hours=_HOURS,
        ),
        "01-out-of-service": OutOfService(
            datetime(2026, 1, 15, 14, 35, tzinfo=timezone(timedelta(hours=8)))
        ),
        "02-agreement": AgreeToTerms(agreement(None)),
        "02-agreement-bank": AgreeToTerms(
            agreement(CentreWords(zh="云岭银行示范路支行", en="Yunling Bank, Shifan Road"))
        ),
        "02-card": PresentIdCard(),
        "02-card-others": PresentIdCard(others=True),
        "02-card-lies": PresentIdCard(others=True, lies=True),
        "03-confirm-name": ConfirmName(Sensitive("阿不都热依木·阿不都克里木·买买提明")),
        "04-choose-way": ChooseWay(
            _("再证明一次是您本人"),
            (
                WayTile("sms", _("短信验证码"), "123****0001", "message", seconds=30),
                WayTile(
                    "face",
                    "刷脸",
                    "",
                    "face",
                    CentreWords(zh="本机没有摄像头", en="No camera on this machine"),
                ),
                WayTile("phone", _("手机扫码"), _("用手机扫，在手机上确认"), "phone", seconds=20),
            ),
            WHY,
            (
                Fact(_("第一步"), _("已完成"), Tone.GOOD),
                Fact(_("第二步"), _("再证明一次是您本人")),
            ),
        ),
        "04-phone-code": ShowPhoneCode(
            lambda: None,
            Sensitive("https://gjj.example/phone/4d9x2mQ7aLr0TzKpV1bYcA"),
            "47",
            300,
            opened_at=NEVER,
            others=True,
        ),
        "04-is-it-you": IsItYou(Sensitive("张*")),
        "04-fund-code": ShowFundCode(others=True),
        "04-social-security-card": PresentSocialSecurityCard(others=True),
        "04-bank-card": PresentBankCard(others=True),
        "04-pin": EnterPin(PIN_KEY, CARD_NUMBER, others=True, entered=4),
        "04-pin-wrong": EnterPin(
            PIN_KEY,
            CARD_NUMBER,
            CentreWords(
                zh="银行卡密码不对。请再输入一次。",
                en="That is not the PIN of the card. Please enter it again.",
            ),
            others=True,
        ),
        "04-pin-checking": EnterPin(PIN_KEY, CARD_NUMBER, entered=6, checking=True),
        "04-password": EnterPassword(
            CentreWords(
                zh="查询密码不对。请再输入一次；忘记了可以换一种方式。",
                en="That is not your query password. Please enter it again.",
            ),
            others=True,
        ),
        "05-code-others": EnterSmsCode("123****0001", 60, others=True, sent_at=NEVER),
        "05-code": EnterSmsCode("123****0001", 60, sent_at=NEVER),
        "06-code-wrong": EnterSmsCode(
            "123****0001",
            0,
            CentreWords(
                zh="验证码不对，还可以试 2 次", en="That is not the code; two more tries are left"
            ),
        ),
        "07-menu": _MENU,
        "08-choose-account": Choose(
            _("请选择一个账户"),
            (
                Option("a", "云岭软件有限公司（演示）", "正常 · 个人账号 99********007", "account"),
                Option("b", "云岭商贸（演示）", "封存 · 个人账号 99********008", "account"),
            ),
            _("您有 {count} 个账户；封存的可以办理合并", count=2),
        ),
        "09-account": account_statement(ACCOUNT, MASKING, (*_WAYS, ON_PHONE)),
        "10-account-frozen": account_statement(FROZEN, MASKING, _WAYS_FROZEN),
        "11-account-arrears": account_statement(ARREARS, MASKING, _WAYS),
        "12-ledger": ledger_table(LEDGER, prints("打印本年"), ON_PHONE),
        "13-withdrawals": withdrawals_table(
            (
                Withdrawal(
                    booked=date(2025, 1, 10),
                    reason="06",
                    way="02",
                    amount=D("18000.00"),
                    total=D("18000.00"),
                    bank="演示银行",
                    bank_card="**** **** **** 0113",
                    serial="01",
                ),
            ),
            prints("打印对账单"),
        ),
        "14-withdrawals-none": withdrawals_table(()),
        "15-loan": loan_statement(LOAN, CATALOGUE),
        "15-loan-years": years_chart(LOAN, TO_COME, SIX_PAID, (ON_PHONE,)),
        "16-loan-overdue": loan_statement(OVERDUE, CATALOGUE),
        "17-plan": plan_table(PLAN, action=prints("打印计划"), phone=ON_PHONE),
        "18-repayments": repayments_table(REPAYMENTS, _PRINTS_NOT, ON_PHONE),
        "19-purpose": Choose(
            _("证明用来做什么？"),
            tuple(
                Option(key, CentreWords(zh=zh, en=en))
                for key, zh, en in (
                    ("01", "购房贷款", "Home loan"),
                    ("02", "异地贷款", "Home loan in another city"),
                    ("03", "人才认定、积分落户", "Talent or residence application"),
                    ("04", "子女入学", "School enrolment"),
                    ("05", "签证、出国（境）", "Visa or travel abroad"),
                    ("99", "其他", "Other"),
                )
            ),
            _("会写在证明上"),
            (
                Fact(
                    _("要打的证明"), CentreWords(zh="缴存证明", en="Certificate of contributions")
                ),
                Fact(_("缴存单位"), ACCOUNT.employer),
            ),
        ),
        "20-preview": Preview(DOCUMENT, Sensitive(pdf), actions=(_PRINT,)),
        "21-printing": PrintingDocument(PrintDocument("j", pdf, 1), CERTIFICATE),
        "21-printing-held-up": PrintingDocument(
            PrintDocument("j", pdf, 1), CERTIFICATE, held_up=_HELD_UP
        ),
        "22-printed": PaperReady(
            _("{paper}打好了，请取走", paper=CERTIFICATE),
            _("如需凭条请按“打印凭条”，凭条上有编号和验证二维码。"),
            Kind.DOCUMENT_PRINTER,
            actions=(_SLIP, _HOME),
        ),
        "22-printed-slip": PaperReady(
            _("凭条打好了，请取走"), _("凭条不作为证明。"), actions=(_HOME,)
        ),
        "23-printing-slip": PrintingSlip(PrintSlip("j", Slip(()))),
        "24-paper-out": document_not_printed(DeviceError(Reason.PAPER_OUT), DOCUMENT, CERTIFICATE),
        "24-paper-out-staff": _for_staff(
            document_not_printed(DeviceError(Reason.PAPER_OUT), DOCUMENT, CERTIFICATE)
        ),
        **{
            f"24-remedy-{kind.replace('_', '-')}-{problem}": ShowRemedy(
                remedy_for(kind, problem), "T0001"
            )
            for kind, problem in REMEDIES
        },
        "25-card-lost": problem_of(_LOST, signed_in=False),
        "26-centre-down": problem_of(_down(), signed_in=True),
        "27-card-moved": problem_of(
            DeviceError(Reason.CARD_REMOVED, device=Kind.ID_CARD), signed_in=False
        ),
        "28-rate": Rate(_("缴存证明")),
        "29-farewell": Farewell(papers=True, card=Kind.ID_CARD),
        "29-farewell-chip-card": Farewell(papers=True, card=Kind.SMART_CARD),
        "29-farewell-papers": Farewell(papers=True),
        "29-farewell-card": Farewell(papers=True, card=Kind.ID_CARD, lies=True),
        "29-farewell-other-card": Farewell(papers=True, lies=True, why=OTHER_CARD),
        "30-amount": AMOUNT,
        "31-months": MONTHS,
        "32-confirm": CONFIRM,
        "33-statement": STATEMENT,
        **operation_samples(),
        **change_samples(),
        **request_samples(),
        **public_samples(),
        **transfer_samples(),
        **unit_samples(),
        **outlet_samples(),
        **maintenance_samples(),
        **setup_samples(),
        **paper_samples(DOCUMENT, pdf),
        "34-face-consent": ConsentToFace(NOTICE),
        "35-face-notice": ReadNotice(NOTICE),
        "36-face-capture": CaptureFace(
            CHALLENGE,
            "s",
            FaceCoaching(HINTS[Hint.BACKLIGHT], HELP[Hint.BACKLIGHT], 2, 3, 0.4),
        ),
    }
    return {
        name: _fixed(step) if isinstance(step, Problem) else step  # type: ignore[misc]
        for name, step in steps.items()
    }
