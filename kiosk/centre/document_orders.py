"""What a terminal asks the centre to make and seal: the kind, whom it is about, what it is for.

The content is the centre's. One model for each kind of document; names follow
``kiosk.centre.models``.
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from kiosk.centre.models import Id, WireModel, Year, line
from kiosk.centre.operations import OperationId

MOST_YEARS = 20
"""Most years of one statement."""


class _DocumentOrder(WireModel):
    """The same ``key`` in the same session gives the same document."""

    key: Annotated[str, line(64, least=16)]


class DepositCertificateOrder(_DocumentOrder):
    """个人住房公积金缴存证明."""

    kind: Literal["deposit-certificate"]
    account: Id  # the account's id in this session
    purpose: Annotated[str, line(16)]


class OutOfTownCertificateOrder(_DocumentOrder):
    """异地贷款职工住房公积金缴存使用证明, addressed to the centre that gives the loan."""

    kind: Literal["out-of-town-certificate"]
    account: Id
    purpose: Annotated[str, line(16)]
    addressee: Annotated[str, line(16)]  # code of the other centre


class StatementOrder(_DocumentOrder):
    """个人账户明细对账单 of whole calendar years."""

    kind: Literal["account-statement"]
    account: Id
    years: Annotated[tuple[Year, ...], Field(min_length=1, max_length=MOST_YEARS)]


class LoanPaperOrder(_DocumentOrder):
    """还款明细, 还款计划, 贷款结清证明."""

    kind: Literal["repayment-record", "repayment-plan", "settlement-certificate"]
    loan: Id


class UnitCertificateOrder(_DocumentOrder):
    """单位缴存证明, 单位无欠缴证明: for an agent of the unit."""

    kind: Literal["unit-deposit-certificate", "unit-clear-certificate"]
    unit: Id  # the unit's id in this session


class OperationReceiptOrder(_DocumentOrder):
    """业务回单 of a withdrawal, 业务回执 of any other operation that is done."""

    kind: Literal["operation-receipt"]
    operation: OperationId


class AgreementCopyOrder(_DocumentOrder):
    """协议副本: the whole text that the citizen agreed to with an operation that is done, as the
    centre keeps it 电子档案."""

    kind: Literal["agreement-copy"]
    operation: OperationId


DocumentOrder = Annotated[
    DepositCertificateOrder
    | OutOfTownCertificateOrder
    | StatementOrder
    | LoanPaperOrder
    | UnitCertificateOrder
    | OperationReceiptOrder
    | AgreementCopyOrder,
    Field(discriminator="kind"),
]
"""Ask the centre to make and seal a document: one model for each kind."""
