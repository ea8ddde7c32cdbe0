"""The contract of units: whom a person may act for, its account, its months, its employees.

Employees travel under masked names and numbers only: a terminal in a public place never holds the
whole ones. Names follow ``kiosk.centre.models``.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Annotated

from pydantic import ConfigDict, Field

from kiosk.centre.models import (
    MOST_ENTRIES,
    MOST_OWNED,
    CentreWords,
    Code,
    Count,
    Day,
    Id,
    Line,
    Money,
    Months,
    Personal,
    Ratio,
    WireModel,
    Year,
    YearMonth,
    line,
)

Masked = Annotated[str, line(40, least=1)]
"""A name or a number of an employee, masked by the centre."""


class Unit(WireModel):
    """A unit 单位 (4.0.2) with its account (5.0.2), as its agent 经办人 sees it.

    ``id`` names the unit in paths and orders of this session. ``due`` is what the unit has to pay
    for ``month``, the month of the centre's business day; ``arrears`` what it has not paid for the
    months before.
    """

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "id": "d7e8",
                    "dwmc": "云岭建设集团(演示)",
                    "dwzh": "9818010100002",
                    "dwzhzt": "01",
                    "zzjgdm": "91990101MA0DEMO02X",
                    "dwdz": "演示省云岭市示范区建设路2号",
                    "dwfrdbxm": "郭伟",
                    "jbrxm": "刘洋",
                    "styhmc": "演示银行云岭支行",
                    "dwkhrq": "20180101",
                    "dwfxr": 15,
                    "dwjcbl": "0.12",
                    "grjcbl": "0.12",
                    "dwjcrs": 3,
                    "dwfcrs": 0,
                    "jzny": "2026-01",
                    "month": "2026-01",
                    "due": "5928.00",
                    "paid": True,
                    "months_in_arrears": 0,
                    "arrears": "0.00",
                    "as_of": "20260115",
                }
            ]
        }
    )
    id: Id
    name: Line = Field(alias="dwmc")
    number: Line = Field(alias="dwzh")
    status: Code = Field(alias="dwzhzt")  # A.4
    organisation: Line = Field(alias="zzjgdm")  # 统一社会信用代码
    address: Line = Field(alias="dwdz")
    representative: Personal = Field(alias="dwfrdbxm")  # 法定代表人
    agent: Personal = Field(alias="jbrxm")  # 经办人
    bank: Line = Field(alias="styhmc")  # 受托银行
    opened: Day = Field(alias="dwkhrq")
    pay_day: int = Field(alias="dwfxr", ge=1, le=31)  # 发薪日
    employer_ratio: Ratio = Field(alias="dwjcbl")
    personal_ratio: Ratio = Field(alias="grjcbl")
    people: Count = Field(alias="dwjcrs")  # 缴存人数
    sealed: Count = Field(alias="dwfcrs")  # 封存人数
    paid_to: YearMonth | None = Field(alias="jzny")
    month: YearMonth
    due: Money
    paid: bool  # whether ``month`` is paid
    months_in_arrears: Months = 0  # 欠缴月数, without ``month``
    arrears: Money = Decimal("0.00")
    as_of: Day


class RemittanceMonth(WireModel):
    """One month of a unit 汇缴: how many people, how much, and when it was paid."""

    month: YearMonth = Field(alias="hbjny")
    kind: Code = Field(alias="gjhtqywlx")  # A.5: 01 汇缴, 02 补缴
    people: Count = Field(alias="fsrs")
    amount: Money = Field(alias="fse")
    paid_on: Day | None = None  # None: still owed


class Remittances(WireModel):
    """The months of a calendar year, newest first, with the sums of what is paid and owed."""

    year: Year
    years: tuple[Year, ...] = Field(max_length=100)  # all years with months, newest first
    months: tuple[RemittanceMonth, ...] = Field(max_length=24)
    paid: Money
    owed: Money


class MonthShare(WireModel):
    """What one employee has of a month."""

    name: Masked
    account: Masked
    employer_amount: Money = Field(alias="dwyjce")
    personal_amount: Money = Field(alias="gryjce")
    amount: Money = Field(alias="fse")  # both together


class MonthList(WireModel):
    """汇缴清册: who has how much of one month; the shares add up to ``amount``."""

    month: YearMonth = Field(alias="hbjny")
    paid_on: Day | None = None  # None: still owed
    shares: tuple[MonthShare, ...] = Field(max_length=MOST_ENTRIES)
    amount: Money = Field(alias="fse")


class Employee(WireModel):
    """An employee 职工 of the unit, as its agent may see one. ``id`` names the employee in orders
    of this session."""

    id: Id
    name: Masked
    account: Masked
    status: Code = Field(alias="grzhzt")  # A.6
    base: Money = Field(alias="grjcjs")
    amount: Money = Field(alias="yjce")  # 月缴存额 of both sides
    paid_to: YearMonth | None = Field(alias="jzny")
    no_sealing: CentreWords | None = None  # why the account cannot be sealed now
    no_unsealing: CentreWords | None = None  # why it cannot be unsealed now


Units = Annotated[tuple[Unit, ...], Field(max_length=MOST_OWNED)]
Employees = Annotated[tuple[Employee, ...], Field(max_length=MOST_ENTRIES)]
