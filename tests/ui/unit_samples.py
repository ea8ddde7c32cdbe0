"""The pages of an agent 经办人 with the demo's figures."""

from __future__ import annotations

from datetime import date
from decimal import Decimal as D

from kiosk.centre.models import CentreWords
from kiosk.centre.operations import Trial, TrialChoice, TrialLine
from kiosk.centre.units import Employee, MonthList, MonthShare, RemittanceMonth, Remittances, Unit
from kiosk.identity.acting import whom_page
from kiosk.operation import Business, OperationState
from kiosk.privacy import Sensitive
from kiosk.services.catalogue import SERVICES
from kiosk.services.unit_account import unit_statement
from kiosk.services.unit_back_payment import trial_statement
from kiosk.services.unit_certificate import CERTIFICATES_PAGE
from kiosk.services.unit_employees import employees_table
from kiosk.services.unit_remittances import (
    arrears_table,
    month_page,
    month_table,
    remittances_table,
)
from kiosk.visit.operation_steps import ConfirmOperation
from kiosk.visit.operation_words import HOME, outcome
from kiosk.visit.steps import Step, Tile
from kiosk.visit.unit_steps import UnitMenu
from kiosk.workshop.sandbox.offers import FOR_UNITS
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
            title=CentreWords(zh="2025-09 至 2025-12", en="2025-09 to 2025-12"),
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
                zh="从单位在演示银行云岭支行的账户（尾号 6688）扣款",
                en="Paid from the employer's account at the bank (ends in 6688)",
            ),
            CentreWords(
                zh="补缴2025-09至2025-12，记入职工个人账户",
                en="For 2025-09 to 2025-12, booked to the employees' accounts",
            ),
        ),
    }
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
                closed=offer.closed_because,
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
        "a6-trial": trial_statement(TRADE.name, TRIAL),
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
    }
    return steps  # type: ignore[return-value]
