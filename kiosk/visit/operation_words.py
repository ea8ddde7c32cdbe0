"""The words of an operation: how it ended, what is still open, and why it was not done."""

from __future__ import annotations

from kiosk.centre.errors import Refusal, reference_number
from kiosk.centre.operations import Operation
from kiosk.operation import Business, OperationState, PayoutState, ReferralState
from kiosk.papers.receipt import PAYOUT, REFERRAL, REFERRAL_DAY, number_label, stage_of
from kiosk.visit.operation_steps import ShowOutcome
from kiosk.visit.steps import Action, Fact, Problem, ShowStatement, Tone
from kiosk.visit.troubles import MENU
from kiosk.words import Sayable, Text, _

RECEIPT = "receipt"
COPY = "copy"
CANCEL = "cancel"
AGAIN = "again"

HOME = Action(MENU, _("办其他业务"), "home")
_AGAIN = Action(AGAIN, _("重新办"), "again")
_CALL: tuple[Sayable, Sayable] = (_("电话咨询"), _("拨打 12329，报下面的编号"))
_START_ANEW: tuple[Sayable, Sayable] = (_("重新办"), _("按“重新办”，从头再来一次，不会重复"))

PAYS_OUT = frozenset(
    {
        Business.RETIREMENT_WITHDRAWAL,
        Business.REPAY_LOAN_WITHDRAWAL,
        Business.REPAY_MORTGAGE_WITHDRAWAL,
        Business.RENT_WITHDRAWAL,
        Business.LEAVING_WITHDRAWAL,
    }
)
"""Businesses that pay money to the citizen's card."""
AGREEMENTS = frozenset({Business.MONTHLY_OFFSET, Business.STANDING_WITHDRAWAL})
"""Businesses whose texts are an agreement that goes on, of which the citizen can have a copy."""
RECEIPT_NAME = _("回单")
COPY_NAME = _("协议")


def has_agreement(operation: Operation) -> bool:
    """Whether the citizen has signed an agreement with the operation, and can have a copy."""
    return operation.business in AGREEMENTS and bool(operation.texts)


def amount_label(business: Business) -> Text:
    """What the amount of an operation is."""
    if business in PAYS_OUT:
        return _("提取金额")
    if business in (Business.PREPAYMENT, Business.SETTLEMENT):
        return _("还款金额")
    if business is Business.STANDING_WITHDRAWAL:
        return _("每月提取")
    if business is Business.ACCOUNT_MERGE:
        return _("并入金额")
    return _("金额")


def outcome(
    operation: Operation, quoted: Operation | None, actions: tuple[Action, ...]
) -> ShowOutcome:
    """The page of an operation that is done. ``operation`` is what the centre reports, never the
    quote; ``quoted`` is the quote, which the page compares with the report."""
    facts = changed(operation, before=False) + referred(operation)
    if operation.payee:
        facts.append(Fact(_("收款银行卡"), card(operation)))
    if operation.balance_after is not None:
        facts.append(Fact(_("办理后余额"), _("{amount} 元", amount=operation.balance_after)))
    if operation.next_possible:
        facts.append(Fact(_("下次可办"), operation.next_possible))
    if operation.reference:
        facts.append(Fact(number_label(operation), operation.reference))
    differs = quoted is not None and operation.amount not in (None, quoted.amount)
    return ShowOutcome(
        _("{business}已办成", business=operation.title)
        if operation.referral is None
        else _("{business}已受理", business=operation.title),
        _arrives(operation),
        operation.amount,
        amount_label(operation.business),
        tuple(facts),
        _("办理金额和您确认的不一样，请拨打 12329 核对。") if differs else sent_back(operation),
        actions=actions,
    )


def _arrives(operation: Operation) -> Sayable:
    """When the money comes; who is told later, what has become of it. Of an application: who
    decides."""
    if operation.referral is not None:
        if operation.referral.state is ReferralState.WAITING:
            return _("由对方中心办理，结果会发短信告诉您")
        return REFERRAL[operation.referral.state]
    paid = operation.payout
    if paid is not None and paid.state is not PayoutState.DUE:
        return PAYOUT[paid.state]
    return operation.arrives or _("结果会发短信告诉您")


def sent_back(operation: Operation) -> Sayable:
    """Why the bank has sent the money back, and what to do then; empty where it has not."""
    paid = operation.payout
    if paid is None or paid.state is not PayoutState.RETURNED or paid.why is None:
        return ""
    return _("{why}钱在公积金中心，换一张卡就重新付款。", why=paid.why)


def changed(operation: Operation, *, before: bool) -> list[Fact]:
    """What the operation changes of the citizen's data: the new values, with ``before`` each after
    the old one."""
    facts = []
    for change in operation.changes:
        if before:
            facts.append(Fact(_("原{what}", what=change.label), change.before.reveal()))
        facts.append(Fact(_("新{what}", what=change.label), change.after.reveal()))
    return facts


def referred(operation: Operation) -> list[Fact]:
    """Who decides on an application, what is applied for there, how far it has come."""
    referral = operation.referral
    if referral is None:
        return []
    facts = [Fact(_("对方中心"), referral.centre), Fact(_("申请内容"), referral.about)]
    stage = stage_of(operation)
    if stage is not None:
        facts.append(Fact(_("办到哪一步"), stage))
    if referral.amount is not None:
        facts.append(Fact(_("转入金额"), _("{amount} 元", amount=referral.amount)))
    if operation.state.final and operation.state is not OperationState.DONE:
        return facts  # no centre decides on what was refused, cancelled or has expired
    return [*facts, Fact(REFERRAL_DAY[referral.state], referral.day)]


def card(operation: Operation) -> Sayable:
    """The payee's card as every page and slip names it."""
    payee = operation.payee
    return _("{bank} 尾号 {tail}", bank=payee.bank, tail=payee.tail) if payee else ""


def not_done(operation: Operation, stopped: Refusal | None = None, *, again: bool) -> Problem:
    """The page of an operation that has ended without being done: 没有办成，钱没有动. ``stopped``:
    why the centre has not taken the confirmation. ``again``: whether 重新办 leads back to the start
    of the service, where the centre has not refused."""
    refusal = operation.refusal
    money = operation.business.moves_money
    quote = operation.code or operation.reference or reference_number()
    if operation.state is OperationState.REFUSED:
        reason: Sayable = refusal.reason if refusal else _("中心没有通过这笔业务。")
        advice = ((_("接下来怎么办"), refusal.next_step),) if refusal else ()
        return Problem(
            title=_("{business}没有通过", business=operation.title),
            lead=_("{reason} 钱没有动。", reason=reason)
            if money
            else _("{reason} 什么都没有变。", reason=reason),
            reference=quote,
            advice=(*advice, _CALL),
            tone=Tone.BAD,
            actions=(HOME,),
        )
    nothing = _("没有办成，钱没有动") if money else _("没有办成，什么都没有变")
    if stopped is not None:
        return Problem(
            title=stopped.reason,
            lead=nothing,
            reference=stopped.reference,
            advice=((_("接下来怎么办"), stopped.next_step), _CALL),
            tone=Tone.BAD,
            actions=(HOME, _AGAIN) if again else (HOME,),
        )
    why = {
        OperationState.EXPIRED: _("确认的时间已过，这笔业务已经作废。"),
        OperationState.CANCELLED: _("这笔业务已经取消。"),
    }
    replaced = _("这笔业务已被后来的一笔代替。")
    reason = refusal.reason if refusal else why.get(operation.state, replaced)
    return Problem(
        title=nothing,
        lead=_("{business}：{why}", business=operation.title, why=reason),
        reference=quote,
        advice=(_START_ANEW, _CALL) if again else (_CALL,),
        actions=(HOME, _AGAIN) if again else (HOME,),
    )


def in_flight(operation: Operation) -> ShowStatement:
    """您有一笔在途业务，还没有提交: take it back, or wait until it expires."""
    left = operation.commit_ttl_s
    facts = [Fact(_("业务"), operation.title)]
    if operation.amount is not None:
        facts.append(
            Fact(amount_label(operation.business), _("{amount} 元", amount=operation.amount))
        )
    if operation.payee:
        facts.append(Fact(_("收款银行卡"), card(operation)))
    if left is not None:
        facts.append(Fact(_("自动作废还有"), _("约 {minutes} 分钟", minutes=-(-left // 60))))
    return ShowStatement(
        _("您有一笔在途业务"),
        tuple(facts),
        lead=_("您上次确认了，但还没有提交，钱没有动")
        if operation.business.moves_money
        else _("您上次确认了，但还没有提交，什么都没有变"),
        note=_("办完或作废以前，同一种业务不能再办一笔。"),
        actions=(
            Action("wait", _("等它到期"), "clock"),
            Action(CANCEL, _("取消这一笔"), "refused"),
        ),
    )
