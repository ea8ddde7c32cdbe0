"""An operation's id, business and states: words that centre, visit, keeper and committer share."""

from __future__ import annotations

import re
from enum import StrEnum

OPERATION_ID = r"^[0-9a-f]{32}$"
"""What an operation's id looks like: 128 random bits of the centre, in lower-case hexadecimal."""


def is_operation_id(text: str) -> bool:
    """Whether ``text`` is written as an operation's id. No name and no number of a citizen is."""
    return re.fullmatch(OPERATION_ID, text) is not None


class Business(StrEnum):
    """The kinds of operation 业务种类: a closed list, so that no field of a log, of the journal or
    of a word between processes can hold a name."""

    RETIREMENT_WITHDRAWAL = "retirement-withdrawal"  # 离退休提取, closes the account
    REPAY_LOAN_WITHDRAWAL = "repay-loan-withdrawal"  # 偿还公积金贷款提取
    REPAY_MORTGAGE_WITHDRAWAL = "repay-mortgage-withdrawal"  # 偿还商业贷款提取
    RENT_WITHDRAWAL = "rent-withdrawal"  # 租房提取
    LEAVING_WITHDRAWAL = "leaving-withdrawal"  # 离职提取, closes the account
    STANDING_WITHDRAWAL = "standing-withdrawal"  # 约定提取: set, change, cancel
    PREPAYMENT = "prepayment"  # 提前部分还款
    SETTLEMENT = "settlement"  # 提前结清
    MONTHLY_OFFSET = "monthly-offset"  # 委托按月还贷: sign, change, cancel
    SMS_SIGNING = "sms-signing"  # 短信签约
    CARD_SIGNING = "card-signing"  # 银行卡签约
    PAYEE_CARD_CHANGE = "payee-card-change"  # 收款银行卡变更
    PHONE_CHANGE = "phone-change"  # 手机号变更
    PERSONAL_DATA_CHANGE = "personal-data-change"  # 个人信息变更
    PASSWORD_CHANGE = "password-change"  # noqa: S105 - 查询密码变更, a kind of business
    TRANSFER_IN = "transfer-in"  # 异地转入
    ACCOUNT_MERGE = "account-merge"  # 账户合并
    CROSS_PROVINCE = "cross-province"  # 跨省通办
    UNIT_ENROLMENT = "unit-enrolment"  # 单位为职工开户
    UNIT_SEALING = "unit-sealing"  # 封存
    UNIT_UNSEALING = "unit-unsealing"  # 启封
    UNIT_BASE_CHANGE = "unit-base-change"  # 基数调整
    UNIT_RATIO_CHANGE = "unit-ratio-change"  # 比例调整
    UNIT_BACK_PAYMENT = "unit-back-payment"  # 补缴
    UNIT_REMITTANCE = "unit-remittance"  # 汇缴
    UNIT_DATA_CHANGE = "unit-data-change"  # 单位基本信息变更
    UNIT_OPENING = "unit-opening"  # 单位开户

    @property
    def moves_money(self) -> bool:
        """Whether money moves when the operation is done: not between the citizen's own accounts.
        Where none does, no page says of the end that the money has not moved."""
        return self in _MONEY


_MONEY = frozenset(
    {
        Business.RETIREMENT_WITHDRAWAL,
        Business.REPAY_LOAN_WITHDRAWAL,
        Business.REPAY_MORTGAGE_WITHDRAWAL,
        Business.RENT_WITHDRAWAL,
        Business.LEAVING_WITHDRAWAL,
        Business.PREPAYMENT,
        Business.SETTLEMENT,
        Business.UNIT_BACK_PAYMENT,
        Business.UNIT_REMITTANCE,
    }
)


class OperationState(StrEnum):
    """How far an operation has come at the centre, the only judge. Ranks only rise."""

    AWAITING_CONSENT = "awaiting-consent"  # the spouse has not agreed yet 待同意
    DRAFTED = "drafted"
    CONFIRMED = "confirmed"
    IN_PROGRESS = "in-progress"  # 已受理: the centre works on the operation
    DONE = "done"
    REFUSED = "refused"
    EXPIRED = "expired"
    CANCELLED = "cancelled"
    SUPERSEDED = "superseded"  # a newer draft of the same person and kind has taken the place

    @property
    def rank(self) -> int:
        """0 awaiting consent, 1 drafted, 2 confirmed, 3 in progress, 4 final."""
        return _RANKS.get(self, 4)

    @property
    def final(self) -> bool:
        """Whether the operation has ended. A final state never changes."""
        return self.rank == 4

    @property
    def moved(self) -> bool:
        """Whether the operation was carried out. False also for what has not ended yet."""
        return self is OperationState.DONE


class PayoutState(StrEnum):
    """How far the money of an operation that is done has come on its way to the citizen's card."""

    DUE = "due"  # 已通过待入账
    PAID = "paid"  # 已入账
    RETURNED = "returned"  # 付款失败（换卡重付）: the bank has sent the money back to the centre


class ReferralState(StrEnum):
    """How far an application has come at the other centre that decides on it."""

    WAITING = "waiting"  # 办理中
    GRANTED = "granted"  # 已办结
    REFUSED = "refused"  # 没有通过
    WITHDRAWN = "withdrawn"  # 已撤销: the citizen has taken the application back


_RANKS = {
    OperationState.AWAITING_CONSENT: 0,
    OperationState.DRAFTED: 1,
    OperationState.CONFIRMED: 2,
    OperationState.IN_PROGRESS: 3,
}
