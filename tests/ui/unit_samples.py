"""The pages of an agent 经办人 with the demo's figures."""

from __future__ import annotations

from datetime import date
from decimal import Decimal as D

from kiosk.centre.models import CentreWords, RefusalBody, WayOffer
from kiosk.centre.operations import (
    Change,
    Eligibility,
    FieldChoice,
    Operation,
    PersonalField,
    Trial,
    TrialChoice,
    TrialLine,
    UnitLimits,
)
from kiosk.centre.units import Employee, MonthList, MonthShare, RemittanceMonth, Remittances, Unit
from kiosk.identity.acting import whom_page
from kiosk.identity.sign_in import U_KEY, u_key_tile
from kiosk.identity.ways import WAYS
from kiosk.identity.ways.unit_account import account_page
from kiosk.operation import Business, OperationState
from kiosk.privacy import Sensitive
from kiosk.services.catalogue import SERVICES
from kiosk.services.unit_account import unit_statement
from kiosk.services.unit_back_payment import BACK_PAYMENT_TRIAL
from kiosk.services.unit_certificate import CERTIFICATES_PAGE
from kiosk.services.unit_data import unit_field_page
from kiosk.services.unit_employees import employees_table
from kiosk.services.unit_opening import companies_page
from kiosk.services.unit_people import PEOPLE_PAGE, SEALING_TRIAL, WHO_LEAVES, base_page
from kiosk.services.unit_ratio import ratio_page
from kiosk.services.unit_remittances import (
    arrears_table,
    month_page,
    month_table,
    remittances_table,
)
from kiosk.services.unit_trials import employees_page, trial_statement
from kiosk.visit.operation_steps import ConfirmOperation
from kiosk.visit.operation_words import HOME, outcome
from kiosk.visit.steps import ChooseWay, EnterPassword, Step, Tile, WayTile
from kiosk.visit.unit_steps import PresentEmployeeCard, UnitMenu
from kiosk.words import _
from kiosk.workshop.sandbox.offers import BASES, FOR_UNITS
from kiosk.workshop.sandbox.unit_people import RESOLUTION
from tests.ui.operation_samples import QUOTE, RECEIPT_ACTION, SLIP_ACTION

BUILDERS = Unit(
    id="u-2",
    name="云岭建设集团(演示)",
    number="9818010100002",
    status="01",
    organisation="91990101MA0DEMO02X",
    address="演示省云岭市示范区建设路2号",
    representative=Sensitive("郭伟"),
    agent=Sensitive("刘洋"),
    bank="演示银行云岭支行",
    opened=date(2018, 1, 1),
    pay_day=15,
    employer_ratio=D("0.12"),
    personal_ratio=D("0.12"),
    people=3,
    sealed=0,
    paid_to=date(2026, 1, 1),
    month=date(2026, 1, 1),
    due=D("5928.00"),
    paid=True,
    as_of=date(2026, 1, 15),
)
TRADE = BUILDERS.model_copy(
    update={
        "id": "u-4",
        "name": "云岭商贸(演示)",
        "number": "9818010100004",
        "status": "03",
        "employer_ratio": D("0.08"),
        "personal_ratio": D("0.08"),
        "people": 1,
        "sealed": 2,
        "paid_to": date(2025, 8, 1),
        "due": D("800.00"),
        "paid": False,
        "months_in_arrears": 4,
        "arrears": D("3200.00"),
    }
)
_OWED = tuple(
    RemittanceMonth(month=date(2025, month, 1), kind="02", people=1, amount=D("800.00"))
    for month in (12, 11, 10, 9)
)
_PAID = tuple(
    RemittanceMonth(
        month=date(2025, month, 1),
        kind="01",
        people=1,
        amount=D("800.00"),
        paid_on=date(2025, month, 15),
    )
    for month in (8, 7, 6, 5, 4, 3, 2, 1)
)
YEAR = Remittances(
    year=2025,
    years=(2026, 2025, 2024),
    months=(*_OWED, *_PAID),
    paid=D("6400.00"),
    owed=D("3200.00"),
)


def _share(name: str, account: str, amount: str) -> MonthShare:
    half = D(amount) / 2
    return MonthShare(
        name=name, account=account, employer_amount=half, personal_amount=half, amount=D(amount)
    )


LIST = MonthList(
    month=date(2026, 1, 1),
    paid_on=date(2026, 1, 15),
    shares=(
        _share("孙*", "99********005", "1800.00"),
        _share("冯*", "99********014", "1728.00"),
        _share("王*", "99********003", "2400.00"),
    ),
    amount=D("5928.00"),
)


def _employee(name: str, account: str, status: str, base: str, amount: str) -> Employee:
    return Employee(
        id=account,
        name=name,
        account=account,
        status=status,
        base=D(base),
        amount=D(amount),
        paid_to=date(2025, 8, 1),
    )


STAFF = (
    _employee("杨*", "99********018", "01", "5000.00", "800.00"),
    _employee("李*", "99********002", "02", "7000.00", "1400.00"),
    _employee("吴*", "99********008", "02", "0.00", "0.00"),
)


TRIAL = Trial(
    choices=(
        TrialChoice(
            way="all",
            title=CentreWords(zh="2025年9月至2025年12月", en="2025-09 to 2025-12"),
            lines=(
                TrialLine(label=CentreWords(zh="缴存月数", en="Months"), count=4),
                TrialLine(label=CentreWords(zh="人次", en="Payments"), count=4),
                TrialLine(
                    label=CentreWords(zh="单位部分", en="Employer's part"),
                    money=D("1600.00"),
                    unit=CentreWords(zh="元", en="yuan"),
                ),
                TrialLine(
                    label=CentreWords(zh="合计", en="Together"),
                    money=D("3200.00"),
                    unit=CentreWords(zh="元", en="yuan"),
                ),
            ),
        ),
    ),
    note=CentreWords(
        zh="按现在的缴存基数和比例计算，以核对页为准。",
        en="Computed with today's bases and ratios; the next page counts.",
    ),
)
BACK_PAYMENT = QUOTE.model_copy(
    update={
        "business": Business.UNIT_BACK_PAYMENT,
        "title": CentreWords(zh="单位补缴", en="Back payment of an employer"),
        "amount": D("3200.00"),
        "balance_before": None,
        "balance_after": None,
        "payee": None,
        "arrives": None,
        "next_possible": None,
        "texts": (),
        "effects": (
            CentreWords(
                zh="从单位在演示银行云岭支行的账户（尾号 6688）扣款。",
                en="Paid from the employer's account at the bank (ends in 6688).",
            ),
            CentreWords(
                zh="缴存2025年9月至2025年12月，记入职工个人账户。",
                en="For 2025-09 to 2025-12, booked to the employees' accounts.",
            ),
        ),
    }
)


_NOT_NOW = CentreWords(zh="每年 7 月办理", en="In July only")
_UNPAID = CentreWords(zh="要先缴到2026年1月才能封存。", en="It has to be paid up to 2026-01 first.")
MANY = tuple(
    _employee(name, f"99********{at:03}", "01", base, amount).model_copy(
        update={"no_sealing": None if at % 4 else _UNPAID}
    )
    for at, (name, base, amount) in enumerate(
        (
            ("王*", "10000.00", "2400.00"),
            ("孙*", "7500.00", "1800.00"),
            ("冯*", "7200.00", "1728.00"),
            ("欧阳*", "8000.00", "1920.00"),
            ("阿***·阿***", "6500.00", "1560.00"),
            ("杨*", "5000.00", "1200.00"),
            ("李*", "28000.00", "6720.00"),
            ("吴*", "2200.00", "528.00"),
        ),
        1,
    )
)
LIMITS = UnitLimits(
    least_base=D("2200.00"),
    most_base=D("28000.00"),
    least_ratio=D("0.05"),
    most_ratio=D("0.12"),
)


def _words(zh: str, en: str) -> CentreWords:
    return CentreWords(zh=zh, en=en)


def _money(label: CentreWords, amount: str) -> TrialLine:
    return TrialLine(label=label, money=D(amount), unit=_words("元", "yuan"))


SEALING = Trial(
    choices=(
        TrialChoice(
            way="all",
            title=_words("封存2人", "Seal 2 accounts"),
            lines=(
                _money(_words("孙*", "孙*"), "1800.00"),
                _money(_words("冯*", "冯*"), "1728.00"),
                TrialLine(
                    label=_words("办理后人数", "People paid for, after"),
                    count=1,
                    unit=_words("人", "people"),
                ),
                _money(_words("现在月缴存额", "A month, now"), "5928.00"),
                _money(_words("办理后月缴存额", "A month, after"), "2400.00"),
                TrialLine(label=_words("起始日期", "From"), day=date(2026, 2, 1)),
            ),
        ),
    ),
    note=TRIAL.note,
)


def _change(field: str, zh: str, en: str, before: str, after: str) -> Change:
    return Change(
        field=field,
        label=_words(zh, en),
        before=Sensitive(_words(before, before)),
        after=Sensitive(_words(after, after)),
    )


def _application(business: Business, title: CentreWords, **changes: object) -> Operation:
    return BACK_PAYMENT.model_copy(
        update={"business": business, "title": title, "amount": None} | changes
    )


SEALED = _application(
    Business.UNIT_SEALING,
    _words("职工封存", "Sealing of employees' accounts"),
    changes=(
        _change("people", "缴存人数", "people paid for", "3人", "1人"),
        _change("monthly", "月缴存额", "monthly payment", "5,928.00元", "2,400.00元"),
    ),
    effects=(
        _words(
            "封存孙*、冯*，2026年2月起不再缴存。",
            "Sealed: 孙*、冯*; nothing is paid from 2026-02 on.",
        ),
    ),
)
RATIO = _application(
    Business.UNIT_RATIO_CHANGE,
    _words("缴存比例调整", "New contribution ratios"),
    changes=(
        _change("ratio", "缴存比例", "ratios", "单位12%、个人12%", "单位10%、个人10%"),
        _change("monthly", "月缴存额", "monthly payment", "5,928.00元", "4,940.00元"),
    ),
    effects=(
        _words(
            "缴存比例由单位12%、个人12%调整为单位10%、个人10%，2026年2月起执行，12个月内不再调整。",
            "Ratios from 12 % and 12 % to 10 % and 10 % from 2026-02 on, for 12 months at least.",
        ),
    ),
    texts=(RESOLUTION,),
)


def _field(
    name: str, zh: str, en: str, held: str, choice: str, refusal: CentreWords | None = None
) -> PersonalField:
    label = _words(zh, en)
    new = FieldChoice(
        code="c",
        words=Sensitive(_words(choice, choice)),
        source=_words("市场监管部门登记", "From the market register"),
    )
    why = refusal or label
    no = RefusalBody(code="as-in-register", reason=why, next_step=why, reference="K7Q2")
    return PersonalField(
        field=name,
        label=label,
        held=Sensitive(_words(held, held)),
        choices=() if refusal else (new,),
        refusal=no if refusal else None,
    )


_AS_REGISTERED = _words("与市场监管部门登记的一致，不用改。", "It is as in the market register.")
FIELDS = (
    _field("address", "单位地址", "Address", BUILDERS.address, "演示省云岭市示范区建设路18号"),
    _field("pay_day", "发薪日", "Pay day", "每月15日", "每月5日"),
    _field("representative", "法定代表人", "Legal representative", "郭*", "", _AS_REGISTERED),
)


def _company(name: str, refusal: CentreWords | None = None) -> Eligibility:
    field = _field("company", "单位名称", "Company", name, "", refusal)
    return Eligibility(
        business=Business.UNIT_OPENING,
        can=refusal is None,
        unit=name,
        fields=(field.model_copy(update={"choices": (), "refusal": None}),),
        limits=LIMITS,
        refusal=field.refusal,
    )


COMPANIES = (
    _company("云岭餐饮(演示)"),
    _company("云岭建设集团(演示)", _words("这个单位已经开户。", "It has an account already.")),
)


def unit_menu(unit: Unit) -> UnitMenu:
    """The menu with every service that the stand-in offers for units."""
    return UnitMenu(
        tuple(
            Tile(
                offer.service,
                offer.short or offer.title,
                offer.hint,
                SERVICES[offer.service].icon,
                closed=_NOT_NOW if offer.service == BASES else offer.closed_because,
                group=offer.group,
            )
            for offer in FOR_UNITS
        ),
        unit=unit,
    )


def unit_samples() -> dict[str, Step[object]]:
    """Every page by the name of its picture."""
    done = BACK_PAYMENT.model_copy(
        update={"state": OperationState.DONE, "reference": "012601150000001"}
    )
    steps: dict[str, object] = {
        "a6-trial": trial_statement(BACK_PAYMENT_TRIAL, TRADE.name, TRIAL),
        "a6-confirm": ConfirmOperation(BACK_PAYMENT, "刘*"),
        "a6-paid": outcome(done, BACK_PAYMENT, (SLIP_ACTION, RECEIPT_ACTION, HOME)),
        "07a-whom": whom_page((BUILDERS, TRADE)),
        "07b-unit-menu": unit_menu(BUILDERS),
        "07b-unit-menu-owing": unit_menu(TRADE),
        "a2-unit": unit_statement(BUILDERS),
        "a2-unit-owing": unit_statement(TRADE),
        "a3-employees": employees_table(STAFF),
        "a4-months": remittances_table(YEAR),
        "a4-which-month": month_page(YEAR.months),
        "a4-month-list": month_table(LIST),
        "a5-arrears": arrears_table(_OWED),
        "a7-unit-certificates": CERTIFICATES_PAGE,
        "a8-people": PEOPLE_PAGE,
        "a8-who-leaves": employees_page(WHO_LEAVES, MANY, lambda each: each.no_sealing),
        "a8-new-card": PresentEmployeeCard(),
        "a8-base": base_page("褚*", LIMITS),
        "a8-sealing-trial": trial_statement(SEALING_TRIAL, BUILDERS.name, SEALING),
        "a8-sealing-confirm": ConfirmOperation(SEALED, "刘*"),
        "a8-ratio": ratio_page(_("单位缴多少？"), _("单位比例"), LIMITS),
        "a8-ratio-confirm": ConfirmOperation(RATIO, "刘*"),
        "a8-unit-data": unit_field_page(FIELDS),
        "a8-companies": companies_page(COMPANIES),
        "04-unit-account": account_page(others=True),
        "04-unit-account-wrong": account_page(
            CentreWords(
                zh="单位账号或密码不对。请再输入一次；忘记密码请到管理部窗口重设。",
                en="The account or the password of the employer is wrong. Please enter both again; "
                "a forgotten password is set anew at a branch.",
            ),
            others=True,
        ),
        "04-unit-password": EnterPassword(others=True, unit=True),
        "04-first-ways": ChooseWay(
            _("怎样确认是您本人？"),
            (
                *(
                    WayTile(way.id, way.title, way.hint, way.icon, seconds=way.seconds)
                    for way in WAYS.values()
                    if way.begins
                ),
                u_key_tile(WayOffer(way=U_KEY, open=True)),
            ),
            _("每种方式都一样有效"),
        ),
    }
    return steps  # type: ignore[return-value]
