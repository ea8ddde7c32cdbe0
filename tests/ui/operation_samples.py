"""The pages of an operation with the demo's figures: P03 withdraws to repay the loan."""

from __future__ import annotations

from datetime import date
from decimal import Decimal as D

from kiosk.centre.models import CentreWords, RefusalBody
from kiosk.centre.operations import AgreedText, Operation, Payee
from kiosk.operation import Business, OperationState
from kiosk.visit.operation_steps import AwaitResult, ConfirmOperation, Deciding, ReadText
from kiosk.visit.operation_words import HOME, SLIP, in_flight, not_done, outcome
from kiosk.visit.steps import Action, EnterNumber, EnterSmsCode, Rest, Step
from kiosk.words import _

TRUE = AgreedText(
    id="truth",
    version="2026-01",
    title=CentreWords(zh="提取承诺书", en="Declaration"),
    short=CentreWords(
        zh="以上情况属实，同意中心核验。", en="All this is true, and the centre may check it."
    ),
    text="一、申请人提供的情况属实。\n二、同意中心向有关部门核验。\n三、情况不实的，退回已提取的金额。",
)
QUOTE = Operation(
    id="7f" * 16,
    business=Business.REPAY_LOAN_WITHDRAWAL,
    state=OperationState.DRAFTED,
    version=1,
    title=CentreWords(zh="偿还公积金贷款提取", en="Withdrawal to repay the loan"),
    amount=D("14412.24"),
    balance_before=D("61248.93"),
    balance_after=D("46836.69"),
    payee=Payee(id="c1", bank="演示银行", tail="0030"),
    arrives=CentreWords(zh="1月20日前，短信通知", en="By 20 January; an SMS will tell"),
    next_possible=date(2027, 1, 15),
    texts=(TRUE,),
    confirmed_by=(("sms",),),
    phone="123****0003",
    draft_ttl_s=600,
    code="Q7M2-4KXD",
)
CLOSING = QUOTE.model_copy(
    update={
        "business": Business.RETIREMENT_WITHDRAWAL,
        "title": CentreWords(zh="离退休提取", en="Retirement withdrawal"),
        "amount": D("149292.60"),
        "interest": D("1226.37"),
        "balance_after": D("0.00"),
        "next_possible": None,
        "effects": (CentreWords(zh="账户将销户。", en="The account will be closed."),),
    }
)
DONE = QUOTE.model_copy(update={"state": OperationState.DONE, "reference": "T0001-260115-0042"})
REFUSED = QUOTE.model_copy(
    update={
        "state": OperationState.REFUSED,
        "refusal": RefusalBody(
            code="card-name",
            reason=CentreWords(
                zh="收款银行户名与您的姓名不符。", en="The bank card is not in your name."
            ),
            next_step=CentreWords(
                zh="请先变更收款银行卡，再来提取。", en="Change the payee card first."
            ),
            reference="K7Q2-9XMD",
        ),
    }
)
EXPIRED = QUOTE.model_copy(update={"state": OperationState.EXPIRED})
CONFIRMED = QUOTE.model_copy(update={"state": OperationState.CONFIRMED, "commit_ttl_s": 432})

AMOUNT_STEP = EnterNumber(
    _("提取多少？"),
    _("提取金额"),
    _("元"),
    least=D("0.01"),
    most=D("14412.24"),
    lead=_("{business} · 最多可提 {most} 元", business=QUOTE.title, most=D("14412.24")),
    rest=Rest(_("提取后账户余额"), D("61248.93")),
)

SLIP_ACTION = Action(SLIP, _("打印凭条"), "receipt")
QUERY_SLIP = Action(SLIP, _("打印查询凭条"), "receipt")


def operation_samples() -> dict[str, Step[object]]:
    """Every page of an operation by the name of its picture."""
    steps: dict[str, object] = {
        "60-confirm": ConfirmOperation(QUOTE, "王*"),
        "61-confirm-closing": ConfirmOperation(CLOSING, "赵**"),
        "62-read-text": ReadText(TRUE),
        "63-operation-code": EnterSmsCode("123****0003", 0, business=QUOTE.title),
        "64-deciding": Deciding(QUOTE, AwaitResult(QUOTE, free=False), 5.0),
        "65-unknown": AwaitResult(QUOTE, next_s=12.0, actions=(QUERY_SLIP, HOME)),
        "66-unknown-before-taken": AwaitResult(QUOTE, free=False),
        "67-in-progress": AwaitResult(
            QUOTE, accepted=True, resumed=True, next_s=8.0, actions=(QUERY_SLIP, HOME)
        ),
        "68-done": outcome(DONE, QUOTE, (SLIP_ACTION, HOME)),
        "69-done-another-amount": outcome(
            DONE.model_copy(update={"amount": D("14000.00")}), QUOTE, (SLIP_ACTION, HOME)
        ),
        "70-refused": not_done(REFUSED, again=True),
        "71-expired": not_done(EXPIRED, again=True),
        "72-in-flight": in_flight(CONFIRMED),
    }
    return steps  # type: ignore[return-value]
