"""The pages of an operation with the demo's figures: P03 withdraws to repay the loan."""

from __future__ import annotations

from datetime import date
from decimal import Decimal as D

from drivers.device import Kind, State, Status
from kiosk.centre.models import CentreWords, RefusalBody
from kiosk.centre.operations import (
    AgreedText,
    Authorisation,
    Operation,
    Payee,
    Trial,
    TrialChoice,
    TrialLine,
)
from kiosk.operation import Business, OperationState
from kiosk.services.reasons import why_not
from kiosk.services.withdraw import authorisation_page
from kiosk.visit.clerk_approval import clerk_page
from kiosk.visit.operation_steps import (
    AwaitResult,
    ChooseReason,
    CompareTrial,
    ConfirmOperation,
    Deciding,
    ReadText,
)
from kiosk.visit.operation_words import (
    COPY,
    COPY_NAME,
    HOME,
    RECEIPT,
    in_flight,
    not_done,
    outcome,
)
from kiosk.visit.steps import SLIP, Action, EnterNumber, EnterSmsCode, Option, Rest, Step
from kiosk.words import _

NEVER = 1e12
"""See :mod:`tests.ui.samples`."""

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
    status_url="https://centre.example/state/" + "7f" * 16,
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
SIGNED = DONE.model_copy(
    update={
        "business": Business.MONTHLY_OFFSET,
        "title": CentreWords(zh="委托按月还贷", en="Monthly repayment agreement"),
        "amount": None,
        "payee": None,
        "balance_after": None,
        "next_possible": None,
    }
)
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
_NOT_RETIRED = RefusalBody(
    code="not-retired",
    reason=CentreWords(
        zh="社保部门还没有您的退休信息；2026年5月起达到退休年龄。",
        en="No pension record yet; you reach retirement age in May 2026.",
    ),
    next_step=CentreWords(
        zh="5月以后带身份证再来；已提前退休的，带退休证到柜台。",
        en="Come back after May, or go to the counter with your retirement card.",
    ),
    reference="K7Q2-9XMD",
)
REASONS = ChooseReason(
    _("请选择提取原因"),
    _("能不能办，中心已替您核对，不用带材料"),
    (
        Option(
            "0",
            _("偿还公积金贷款"),
            _(
                "{most}，到本人银行卡（尾号 {tail}）",
                most=_("最多 {amount} 元", amount=D("14412.24")),
                tail="0030",
            ),
            "loan",
        ),
    ),
    (
        Option(
            "1",
            _("租房"),
            CentreWords(
                zh="您名下有公积金贷款，不能同时办理租房提取", en="You have a fund loan, so no rent"
            ),
            "home",
        ),
        Option(
            "2",
            _("偿还商业贷款"),
            CentreWords(zh="没有查到您的商业住房贷款", en="No bank mortgage was found"),
            "card",
        ),
        Option("3", _("离休、退休"), _NOT_RETIRED.reason, "calendar"),
        Option(
            "4",
            _("离职"),
            CentreWords(
                zh="账户正常缴存；离职封存满 6 个月后可以办", en="Possible six months after leaving"
            ),
            "leave",
        ),
    ),
    _("情况和这里写的不一样？请带身份证到柜台，或拨 {hotline}", hotline="12329"),
)


def _way(way: str, zh: str, en: str, pay: str, terms: int, until: date, saved: str) -> TrialChoice:
    yuan, periods = CentreWords(zh="元", en="yuan"), CentreWords(zh="期", en="periods")
    left = [D("493351.84") * (terms // 12 - year) / (terms // 12) for year in range(terms // 12)]
    return TrialChoice(
        way=way,
        title=CentreWords(zh=zh, en=en),
        lines=(
            TrialLine(label=CentreWords(zh="月供", en="Monthly"), money=D(pay), unit=yuan),
            TrialLine(label=CentreWords(zh="剩余期数", en="Left"), count=terms, unit=periods),
            TrialLine(label=CentreWords(zh="还清年月", en="Paid off in"), day=until),
            TrialLine(label=CentreWords(zh="节约利息", en="Saved"), money=D(saved), unit=yuan),
        ),
        balances=tuple(round(debt, 2) for debt in left),
    )


COMPARE = CompareTrial(
    _("提前还 {amount} 元，怎么还？", amount=D("100000.00")),
    _("贷款余额 {debt} 元，还后 {left} 元", debt=D("593351.84"), left=D("493351.84")),
    Trial(
        choices=(
            _way(
                "shorter-term",
                "缩短年限",
                "Shorter term",
                "2402.04",
                273,
                date(2048, 9, 20),
                "96847.06",
            ),
            _way(
                "lower-payment",
                "减少月供",
                "Lower payment",
                "1997.21",
                354,
                date(2055, 6, 20),
                "43307.33",
            ),
        ),
        note=CentreWords(
            zh="试算，按今天的利率；以扣款当日为准", en="A trial at today's rate; the debit decides"
        ),
    ),
)
AUTHORISE = authorisation_page(
    Authorisation(
        version="2026-01",
        agencies=tuple(
            CentreWords(zh=zh, en=en)
            for zh, en in (
                ("公安", "Police"),
                ("民政", "Civil affairs"),
                ("不动产登记", "Real-estate register"),
                ("社会保险", "Social insurance"),
                ("商业银行", "Commercial banks"),
            )
        ),
        facts=tuple(
            CentreWords(zh=zh, en=en)
            for zh, en in (
                ("婚姻、户籍", "Marriage and household"),
                ("名下住房", "Homes in your name"),
                ("参保、退休", "Employment and retirement"),
                ("住房贷款", "Home loans"),
            )
        ),
        purpose=CentreWords(
            zh="只用于判断您这次能不能提取、能提取多少", en="Only to tell whether you can withdraw"
        ),
        text=CentreWords(
            zh="授权在本次办理结束时失效。不同意的，可以带材料到任一管理部窗口办理。",
            en="It ends with this visit. Without it, bring your papers to any branch counter.",
        ),
    )
)

AMOUNT_STEP = EnterNumber(
    _("提取多少？"),
    _("提取金额"),
    _("元"),
    least=D("0.01"),
    most=D("14412.24"),
    lead=_("{business} · 最多可提 {most} 元", business=QUOTE.title, most=D("14412.24")),
    rest=Rest(_("提取后账户余额"), D("61248.93")),
    phone=True,
)

CLERK_STEP = clerk_page(
    QUOTE.model_copy(
        update={
            "clerk": CentreWords(
                zh="这项业务要网点工作人员当面核对",
                en="Staff of the branch check this one in person",
            )
        }
    ),
    {Kind.ID_CARD: Status(State.ONLINE), Kind.SMART_CARD: Status(State.ONLINE)},
)

SLIP_ACTION = Action(SLIP, _("打印凭条"), "receipt")
RECEIPT_ACTION = Action(RECEIPT, _("打印{paper}", paper=_("回单")), "printer")
COPY_ACTION = Action(COPY, _("打印{paper}", paper=COPY_NAME), "printer")
QUERY_SLIP = Action(SLIP, _("打印查询凭条"), "receipt")


def operation_samples() -> dict[str, Step[object]]:
    """Every page of an operation by the name of its picture."""
    steps: dict[str, object] = {
        "60-clerk": CLERK_STEP,
        "60-confirm": ConfirmOperation(QUOTE, "王*"),
        "61-confirm-closing": ConfirmOperation(CLOSING, "赵**"),
        "62-read-text": ReadText(TRUE),
        "73-authorise": AUTHORISE,
        "74-reasons": REASONS,
        "75-why-not": why_not(Business.RETIREMENT_WITHDRAWAL, _NOT_RETIRED),
        "76-amount": AMOUNT_STEP,
        "77-compare": COMPARE,
        "63-operation-code": EnterSmsCode("123****0003", 0, business=QUOTE.title),
        "64-deciding": Deciding(QUOTE, AwaitResult(QUOTE, free=False), 5.0),
        "65-unknown": AwaitResult(QUOTE, next_s=12.0, since=NEVER, actions=(QUERY_SLIP, HOME)),
        "66-unknown-before-taken": AwaitResult(QUOTE, free=False),
        "67-in-progress": AwaitResult(
            QUOTE, accepted=True, resumed=True, next_s=8.0, since=NEVER, actions=(QUERY_SLIP, HOME)
        ),
        "68-done": outcome(DONE, QUOTE, (SLIP_ACTION, RECEIPT_ACTION, HOME)),
        "69-done-another-amount": outcome(
            DONE.model_copy(update={"amount": D("14000.00")}),
            QUOTE,
            (SLIP_ACTION, RECEIPT_ACTION, HOME),
        ),
        "70-refused": not_done(REFUSED, again=True),
        "71-expired": not_done(EXPIRED, again=True),
        "72-in-flight": in_flight(CONFIRMED),
    }
    return steps  # type: ignore[return-value]
