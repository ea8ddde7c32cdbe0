"""The samples and, beside them, the longest values that real life brings."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal as D
from functools import cache

from drivers.device import Kind, Reason, State, Status
from kiosk.centre.errors import Refusal
from kiosk.centre.models import CentreWords, Withdrawal
from kiosk.privacy import Sensitive
from kiosk.services.account import account_statement
from kiosk.services.ledger import ledger_table
from kiosk.services.loan import loan_statement, plan_table, repayments_table
from kiosk.services.withdrawals import withdrawals_table
from kiosk.visit.handover import ON_PHONE
from kiosk.visit.operation_words import HOME, outcome
from kiosk.visit.pin_steps import EnterPin
from kiosk.visit.steps import (
    Action,
    Choose,
    ConfirmName,
    EnterSmsCode,
    Menu,
    Option,
    PaperReady,
    Rest,
    Step,
)
from kiosk.visit.troubles import device_words, problem_of
from kiosk.words import _
from tests.ui.operation_samples import COPY_ACTION, RECEIPT_ACTION, SIGNED, SLIP_ACTION
from tests.ui.samples import (
    AMOUNT,
    ARREARS,
    ATTRACT,
    CARD_NUMBER,
    CATALOGUE,
    LEDGER,
    MASKING,
    OVERDUE,
    PIN_KEY,
    PLAN,
    REPAYMENTS,
    prints,
    samples,
)

EMPLOYER = "云岭市示范区第一人民医院附属妇女儿童医疗保健与社区卫生服务管理中心有限责任公司分部"
MOST = D("9999999.99")

REFUSAL_ZH = (
    "这笔业务现在不能办理：您名下的住房公积金账户在另一座城市还有一笔没有结清的个人住房贷款，"
    "按照规定，在那笔贷款全部还清并办完解除抵押手续以前，不能在本市再次申请提取、变更还款方式或者"
    "开具缴存使用证明，请先与原贷款中心联系办理，谢谢您。"
)
REFUSAL_EN = (
    "This cannot be done yet: a housing fund loan in your name in another city has not been "
    "paid off, so please clear it there first."
)
REFUSAL = Refusal(
    "loan-elsewhere",
    CentreWords(zh=REFUSAL_ZH[:120], en=REFUSAL_EN[:120]),
    CentreWords(zh=REFUSAL_ZH[:120], en=REFUSAL_EN[:120]),
    "K7Q2-9XMD",
)

NOTICES = (
    CentreWords(
        zh="A4 打印机正在更换纸张，证明打印暂停；查询和凭条正常。"
        "最近可打印网点：人民路支行，650 米",
        en="The A4 printer is out of paper: no certificates for now. Nearest printer: Renmin Road",
    ),
    CentreWords(
        zh="1月18日 20:00 至 24:00 系统维护，期间暂停全部业务，请您提前安排办理时间",
        en="18 Jan, 20:00 to 24:00: maintenance, no service during these hours",
    ),
    CentreWords(
        zh="2025 年度结息已经完成，可以在缴存明细里查看利息",
        en="Interest for 2025 has been credited: see your contributions",
    ),
)

_OPEN_COVER = Status(State.USER_ERROR, problem=Reason.COVER_OPEN)
_WAYS = (
    Action("ledger", _("看缴存明细"), "ledger"),
    Action(
        "deposit-certificate",
        _("打印{paper}", paper=_("缴存证明")),
        "printer",
        closed=device_words(Kind.DOCUMENT_PRINTER, _OPEN_COVER),
    ),
)
_RICH = ARREARS.model_copy(
    update={
        "employer": EMPLOYER,
        "balance": Sensitive(MOST),
        "personal_amount": D("99999.99"),
        "employer_amount": D("99999.99"),
        "base": MOST,
        "months_in_arrears": 18,
    }
)
_LARGE_LEDGER = LEDGER.model_copy(
    update={
        "years": tuple(range(2026, 2006, -1)),
        "entries": tuple(
            entry.model_copy(update={"amount": MOST, "balance": MOST}) for entry in LEDGER.entries
        ),
        "paid_in": MOST,
        "interest": MOST,
    }
)
_LARGE_LOAN = OVERDUE.model_copy(
    update={
        "balance": Sensitive(MOST),
        "granted": MOST,
        "due_now": MOST,
        "penalty": MOST,
        "terms_overdue": 36,
        "bank": "演示农村商业银行股份有限公司云岭支行",
    }
)


@cache
def pdf() -> bytes:
    """One A4 page, the same on every machine: lines and boxes, no font."""
    import io

    from PIL import Image, ImageDraw

    sheet = Image.new("L", (1240, 1754), 255)
    draw = ImageDraw.Draw(sheet)
    draw.rectangle((60, 60, 1180, 1694), outline=0, width=6)
    for i in range(24):
        draw.rectangle((140, 200 + 56 * i, 700 + 16 * (i % 24), 216 + 56 * i), fill=120)
    out = io.BytesIO()
    sheet.save(out, "PDF", resolution=150)
    return out.getvalue()


def cases() -> dict[str, Step[object]]:
    """Every page of the samples, and the hard ones."""
    hard: dict[str, object] = {
        "40-name-jane": ConfirmName(Sensitive("JANE SARAH DOE")),
        "41-name-rare": ConfirmName(Sensitive("欧阳𬭎㛃")),
        "42-code-refused": EnterSmsCode("123****0001", 60, REFUSAL.reason),
        "42-pin-refused": EnterPin(PIN_KEY, CARD_NUMBER, REFUSAL.reason, others=True),
        "43-employers": Choose(
            _("请选择一个账户"),
            tuple(
                Option(str(i), EMPLOYER, "封存 · 个人账号 99********007", "account")
                for i in range(3)
            ),
            _("您有 {count} 个账户；封存的可以办理合并", count=3),
        ),
        "44-purposes": Choose(
            _("证明用来做什么？"),
            tuple(
                Option(key, CentreWords(zh=zh, en=en), icon="certificate")
                for key, zh, en in (
                    ("1", "申请住房贷款", "Apply for a home loan"),
                    ("2", "异地购房或者异地贷款", "Buy or borrow in another city"),
                    ("3", "个人留存", "For my own records"),
                    ("4", "办理落户", "Register a residence"),
                    ("5", "求职、投标", "Apply for a job or a tender"),
                    ("6", "其他", "Something else"),
                )
            ),
            _("会写在证明上"),
        ),
        "45-account-long": account_statement(_RICH, MASKING, _WAYS),
        "46-ledger-long": ledger_table(_LARGE_LEDGER, prints("打印本年"), ON_PHONE),
        "47-withdrawals-long": withdrawals_table(
            tuple(
                Withdrawal(
                    booked=date(2025, 1, 10),
                    reason=reason,
                    way="02",
                    amount=MOST,
                    total=MOST,
                    bank="演示银行",
                    bank_card="**** **** **** 0113",
                    serial="01",
                )
                for reason in ("01", "02", "03", "04", "05", "06", "07", "08", "77") * 2
            ),
            prints("打印对账单"),
            ON_PHONE,
        ),
        "48-loan-long": loan_statement(_LARGE_LOAN, CATALOGUE),
        "49-plan-long": plan_table(
            tuple(
                entry.model_copy(
                    update={"amount": MOST, "principal": MOST, "interest": MOST, "balance": MOST}
                )
                for entry in PLAN[-30:]
            ),
            action=prints("打印计划"),
            phone=ON_PHONE,
        ),
        "50-repayments-long": repayments_table(
            tuple(
                entry.model_copy(update={"amount": MOST, "principal": MOST, "interest": MOST})
                for entry in REPAYMENTS * 3
            ),
            prints("打印明细"),
            ON_PHONE,
        ),
        "55-amount-long": replace(AMOUNT, most=MOST, rest=Rest("提取后账户余额", MOST), phone=True),
        "68-signed": outcome(SIGNED, None, (SLIP_ACTION, RECEIPT_ACTION, COPY_ACTION, HOME)),
        "51-refusal-long": problem_of(REFUSAL, signed_in=True),
        "52-slip-closed": PaperReady(
            _("{paper}打好了，请取走", paper=_("缴存证明")),
            _("如需凭条请按“打印凭条”，凭条上有编号和验证二维码。"),
            Kind.DOCUMENT_PRINTER,
            sheets=12,
            actions=(
                Action(
                    "slip",
                    _("打印凭条"),
                    "receipt",
                    closed=device_words(Kind.RECEIPT_PRINTER, _OPEN_COVER),
                ),
                Action("menu", _("返回首页"), "home"),
            ),
        ),
        "53-attract-notices": samples()["01-attract"],
        "53-attract-staff": replace(ATTRACT, helps=True),
    }
    menu = samples()["07-menu"]
    assert isinstance(menu, Menu)
    hard["54-menu-more"] = Menu(
        tuple(
            replace(tile, service=f"{tile.service}{i}", group=tile.group if i else "other")
            for i in range(2)
            for tile in menu.tiles
        )
    )
    night = CentreWords(zh="服务时间 08:00–20:00", en="Open 08:00 to 20:00")
    hard["54-menu-night"] = Menu(tuple(replace(tile, closed=night) for tile in menu.tiles))
    upgrade = CentreWords(
        zh="系统升级，1月18日 20:00 至 24:00 暂停办理",
        en="System upgrade: closed from 20:00 to 24:00 on 18 January",
    )
    hard["54-menu-long"] = Menu(
        tuple(
            replace(tile, closed=upgrade) if tile.service in ("ledger", "signing") else tile
            for tile in menu.tiles
        )
    )
    return {**samples(pdf()), **hard}  # type: ignore[dict-item]
