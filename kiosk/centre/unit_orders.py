"""The orders of an agent for a unit: people, bases, ratios, payments, data, a new account.

One model for each business, part of ``kiosk.centre.operations.Order``. Employees are named by the
ids of this session; names and numbers of people leave the terminal only as read from their cards.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Annotated, Literal

from pydantic import Field, field_validator

from kiosk.centre.evidence import CardEvidence
from kiosk.centre.models import Money, Named, Ratio, WireModel, YearMonth
from kiosk.operation import Business
from kiosk.privacy import Sensitive

MOST_AT_ONCE = 20
"""Most employees of one application."""
_Base = Annotated[Money, Field(gt=Decimal(0))]
_OneRatio = Annotated[Ratio, Field(gt=Decimal(0), le=Decimal(1))]


class UnitBackPaymentOrder(WireModel):
    """补缴: pay all months that a unit owes before this one. The centre computes the amount."""

    business: Literal[Business.UNIT_BACK_PAYMENT]
    unit: Named


class UnitRemittanceOrder(WireModel):
    """汇缴: pay ``month`` for everybody. The centre computes the amount."""

    business: Literal[Business.UNIT_REMITTANCE]
    unit: Named
    month: YearMonth = Field(alias="hbjny")


class UnitPeopleOrder(WireModel):
    """封存, 启封: stop paying for employees, or pay for them again."""

    business: Literal[Business.UNIT_SEALING, Business.UNIT_UNSEALING]
    unit: Named
    employees: Annotated[tuple[Named, ...], Field(min_length=1, max_length=MOST_AT_ONCE)]

    @field_validator("employees")
    @classmethod
    def _once(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        return _each_once(value)


class NewBase(WireModel):
    """The new contribution base of one employee."""

    employee: Named
    base: _Base = Field(alias="grjcjs")


class UnitBaseOrder(WireModel):
    """缴存基数调整, each July."""

    business: Literal[Business.UNIT_BASE_CHANGE]
    unit: Named
    bases: Annotated[tuple[NewBase, ...], Field(min_length=1, max_length=MOST_AT_ONCE)]

    @field_validator("bases")
    @classmethod
    def _once(cls, value: tuple[NewBase, ...]) -> tuple[NewBase, ...]:
        _each_once(tuple(each.employee for each in value))
        return value


class UnitRatioOrder(WireModel):
    """缴存比例调整, of everybody under the unit."""

    business: Literal[Business.UNIT_RATIO_CHANGE]
    unit: Named
    employer_ratio: _OneRatio = Field(alias="dwjcbl")
    personal_ratio: _OneRatio = Field(alias="grjcbl")


class UnitDataOrder(WireModel):
    """单位基本信息变更: ``value`` is the code of a choice that the centre offers for ``field``."""

    business: Literal[Business.UNIT_DATA_CHANGE]
    unit: Named
    field: Named
    value: Sensitive[Named]


class UnitEnrolmentOrder(WireModel):
    """职工开户: an account for a new employee, whose ``card`` lies on the terminal's reader."""

    business: Literal[Business.UNIT_ENROLMENT]
    unit: Named
    card: CardEvidence
    base: _Base = Field(alias="grjcjs")


class UnitOpeningOrder(WireModel):
    """单位开户: an account for a company of the market register, whose agent there signs in.
    ``unit`` names the company in this session."""

    business: Literal[Business.UNIT_OPENING]
    unit: Named
    employer_ratio: _OneRatio = Field(alias="dwjcbl")
    personal_ratio: _OneRatio = Field(alias="grjcbl")


def _each_once(employees: tuple[str, ...]) -> tuple[str, ...]:
    if len(set(employees)) != len(employees):
        raise ValueError("an employee stands there twice")
    return employees
