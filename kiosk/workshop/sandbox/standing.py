"""约定提取: a part of the rent paid out of the account each month, without coming again."""

from __future__ import annotations

from kiosk import calculations as rules
from kiosk.centre.models import CentreWords
from kiosk.centre.operations import AgreedText
from kiosk.operation import Business
from kiosk.workshop.sandbox.cases import (
    BusinessRule,
    Movement,
    OrderTarget,
    PersonCase,
    Terms,
    words,
)
from kiosk.workshop.sandbox.store import Row, yuan
from kiosk.workshop.sandbox.withdrawals import (
    LEAST,
    NO_HOME,
    RENT_A_YEAR,
    for_accounts,
    must_rent,
    standing_order,
)

MOST = RENT_A_YEAR // 12
"""What can be agreed on a month, in fen: a twelfth of what can be had for rent in a year."""
PAY_DAY = 20
SET, CHANGE, CANCEL = "set", "change", "cancel"


_AGREEMENT = AgreedText(
    id="standing-withdrawal",
    version="2026-01",
    title=words("约定提取协议", "Agreement on monthly payments"),
    short=words(
        "每月自动转到本人银行卡，情况变了就来变更或取消。",
        "Paid to your own card each month; change or end it when things change.",
    ),
    text="一、委托人委托中心每月从本人住房公积金账户提取约定的金额，转入本人的收款银行卡。\n"
    "二、每月20日转账；余额不足的，当月不转，下月继续。\n"
    "三、每次转账前中心重新核查住房和缴存情况，不符合租房提取条件的，当月起停止。\n"
    "四、约定期间不再单独办理租房提取。\n五、账户被冻结、封存或销户的，协议自动终止。\n"
    "六、委托人可以随时变更金额或取消，次月起生效。\n七、每次转账以短信告知。",
)


def _standing(case: PersonCase, account: Row) -> Terms:
    agreed = standing_order(case, account)
    if agreed is None:
        must_rent(case, account)
    return Terms(
        Business.STANDING_WITHDRAWAL,
        account=account,
        least=LEAST,
        most=MOST,
        ways=(SET,) if agreed is None else (CHANGE, CANCEL),
        ends=(CANCEL,),
        monthly=agreed["amount"] if agreed else None,
        texts=(_AGREEMENT,),
        checked=(NO_HOME,) if agreed is None else (),
    )


def _effects(case: PersonCase, target: OrderTarget, terms: Terms) -> tuple[CentreWords, ...]:
    first = rules.add_months(case.today.replace(day=PAY_DAY), int(case.today.day >= PAY_DAY))
    if target.way == CANCEL:
        return (
            words("取消约定提取，次月起不再转账。", "Ended; nothing is paid from next month on."),
        )
    assert target.amount
    now, before = yuan(target.amount), ("", "")
    if terms.monthly is not None:
        held = yuan(terms.monthly)
        before = (f"（原来{held:,.2f}元）", f" (until now {held:,.2f})")
    return (
        words(
            f"从{first.year}年{first.month}月起，每月{PAY_DAY}日转{now:,.2f}元{before[0]}。",
            f"From {first:%Y-%m}, {now:,.2f} yuan on the {PAY_DAY}th{before[1]}.",
        ),
        words("约定期间不能单独办理租房提取。", "Meanwhile nothing else can be had for rent."),
    )


def _agree(case: PersonCase, target: OrderTarget, terms: Terms, serial: str) -> list[Movement]:
    assert terms.account
    number = terms.account["number"]
    case.store.run("DELETE FROM standing_order WHERE account = ?", number)
    if target.way != CANCEL:
        row = {"account": number, "serial": serial, "amount": target.amount}
        case.store.insert("standing_order", row | {"since": case.today.isoformat()})
    return []


RULES = (
    BusinessRule(
        business=Business.STANDING_WITHDRAWAL,
        group="standing",
        kind="standing-withdrawal",
        service="standing-withdrawal",
        judge=for_accounts(Business.STANDING_WITHDRAWAL, _standing),
        carry_out=_agree,
        needs_authorisation=True,
        effects=_effects,
        titles={
            CHANGE: words("变更约定提取", "Change of the monthly withdrawal"),
            CANCEL: words("取消约定提取", "End of the monthly withdrawal"),
        },
    ),
)
