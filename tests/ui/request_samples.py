"""The pages of 我的办件 and 约定提取 with the demo's figures."""

from __future__ import annotations

from datetime import date, datetime, timedelta, timezone
from decimal import Decimal as D

from kiosk.centre.models import DocumentRecord, RefusalBody
from kiosk.centre.operations import Eligibility, Payout
from kiosk.centre.outlets import Appointment
from kiosk.operation import Business, OperationState, PayoutState
from kiosk.privacy import Sensitive
from kiosk.services.monthly_offset import accounts_page, not_finished_page
from kiosk.services.progress import operation_statement, paper_statement, requests_page
from kiosk.services.standing_withdrawal import amount_page, way_page
from kiosk.visit.handover import moved_on
from kiosk.visit.handover_steps import ShowHandover
from kiosk.visit.operation_steps import AwaitConsent, ConfirmOperation
from kiosk.visit.operation_words import HOME, not_done, outcome
from kiosk.visit.steps import Action, Step
from kiosk.words import _
from kiosk.workshop.sandbox.cases import words
from tests.ui.operation_samples import DONE, NEVER, QUOTE, REFUSED, SLIP_ACTION

_CHINA = timezone(timedelta(hours=8))
_HOME = Action("menu", _("返回首页"), "home")
_COMPLAIN = Action("complain", _("反映问题"), "message")
_CANCEL = Action("cancel", _("撤销申请"), "refused")
_ASK = Action("go-on", _("请配偶同意"), "phone")
_CARD = Action("payee-card", _("换卡重付"), "card")


_STANDING = Eligibility(
    business=Business.STANDING_WITHDRAWAL,
    can=True,
    account="a1",
    least=D("100.00"),
    most=D("1500.00"),
    ways=("change", "cancel"),
    monthly=D("1200.00"),
)
_MONTHLY = QUOTE.model_copy(
    update={
        "business": Business.STANDING_WITHDRAWAL,
        "title": words("约定提取", "Monthly withdrawal"),
        "amount": D("1500.00"),
        "balance_before": None,
        "balance_after": None,
        "arrives": None,
        "next_possible": None,
        "effects": (
            words(
                "从2026年1月起，每月20日转1,500.00元（原来1,200.00元）。",
                "From 2026-01, 1,500.00 yuan on the 20th (until now 1,200.00).",
            ),
            words("约定期间不能单独办理租房提取。", "Meanwhile nothing else can be had for rent."),
        ),
    }
)
_BEGUN = {"begun": date(2026, 1, 15)}
_DUE = DONE.model_copy(
    update={"payout": Payout(state=PayoutState.DUE, day=date(2026, 1, 20)), **_BEGUN}
)
_PAID = DONE.model_copy(
    update={"payout": Payout(state=PayoutState.PAID, day=date(2026, 1, 16)), **_BEGUN}
)
_RETURNED = DONE.model_copy(
    update={
        "payout": Payout(
            state=PayoutState.RETURNED,
            day=date(2026, 1, 16),
            why=words(
                "银行退回：收款银行卡已经注销。", "Sent back by the bank: the card is closed."
            ),
        ),
        **_BEGUN,
    }
)
_CONFIRMED = QUOTE.model_copy(update={"state": OperationState.CONFIRMED, **_BEGUN})
_REVIEWED = QUOTE.model_copy(update={"state": OperationState.IN_PROGRESS, **_BEGUN})
_REFUSED = REFUSED.model_copy(update=_BEGUN)
_AGREED_LATER = QUOTE.model_copy(
    update={
        "state": OperationState.AWAITING_CONSENT,
        "business": Business.MONTHLY_OFFSET,
        "title": words("委托按月还贷", "Monthly repayment"),
        "amount": None,
        "payee": None,
        "consent_of": "何*",
        **_BEGUN,
    }
)
_DECLINED = _AGREED_LATER.model_copy(
    update={
        "state": OperationState.CANCELLED,
        "refusal": RefusalBody(
            code="consent-declined",
            reason=words("您的配偶没有同意。", "Your spouse has not agreed."),
            next_step=words("商量好了可以重新办。", "Start again once you agree."),
            reference="K7Q2-9XMD",
        ),
    }
)
_OFFSET = Eligibility(
    business=Business.MONTHLY_OFFSET, can=True, loan="l1", ways=("sign",), spouse="何*"
)
_CANCELLED = QUOTE.model_copy(update={"state": OperationState.CANCELLED, **_BEGUN})
_APPOINTMENT = Appointment(
    number="Y00000012",
    outlet=words("示范路服务大厅(演示)", "Shifan Road branch (demo)"),
    address=words("示范路1号", "1 Shifan Road"),
    at=datetime(2026, 1, 20, 9, 30, tzinfo=_CHINA),
)
_PAPER = DocumentRecord(
    number="云岭缴字〔2026〕第00000001号",
    title=words("住房公积金缴存证明", "Certificate of contributions"),
    made=date(2026, 1, 15),
    pages=1,
    verification_code="K7QM-2XDA",
    valid_until=date(2026, 3, 15),
    prints=1,
)


def request_samples() -> dict[str, Step[object]]:
    """Every page of 我的办件 by the name of its picture."""
    listed = (
        _AGREED_LATER,
        _REVIEWED,
        _DUE,
        _PAID,
        _RETURNED,
        _REFUSED,
        _CANCELLED,
    )
    steps: dict[str, object] = {
        "79f-accounts": accounts_page(_OFFSET),
        "79f-not-finished": not_finished_page(_AGREED_LATER),
        "79g-consent-code": AwaitConsent(
            lambda: None,
            _AGREED_LATER,
            Sensitive("https://centre.example/consent/4fTq2Zx8Kd0bVn7cXq1"),
            600,
            opened_at=NEVER,
        ),
        "79j-handover": ShowHandover(
            lambda: None,
            Sensitive("https://centre.example/handover/4fTq2Zx8Kd0bVn7cXq1"),
            300,
            _("个人信息变更"),
            opened_at=NEVER,
        ),
        "79k-on-phone": moved_on(_("个人信息变更"), form=True),
        "79l-handover-words": ShowHandover(
            lambda: None,
            Sensitive("https://centre.example/handover/4fTq2Zx8Kd0bVn7cXq1"),
            300,
            _("补充说明"),
            proves=False,
            opened_at=NEVER,
        ),
        "79h-awaiting-consent": operation_statement(_AGREED_LATER, (_ASK, _CANCEL)),
        "79i-consent-declined": not_done(_DECLINED, again=False),
        "76a-standing-way": way_page(_STANDING),
        "76b-standing-amount": amount_page(_STANDING),
        "76c-standing-confirm": ConfirmOperation(_MONTHLY, "张*"),
        "76d-standing-done": outcome(
            _MONTHLY.model_copy(
                update={"state": OperationState.DONE, "reference": "012601150000042"}
            ),
            _MONTHLY,
            (SLIP_ACTION, HOME),
        ),
        "79-requests": requests_page(listed, (_APPOINTMENT,), (), (_PAPER,), phone=True),
        "79a-request-confirmed": operation_statement(_CONFIRMED, (_CANCEL, _HOME)),
        "79b-request-due": operation_statement(_DUE, (_COMPLAIN, _HOME)),
        "79c-request-returned": operation_statement(_RETURNED, (_CARD, _COMPLAIN, _HOME)),
        "79d-request-refused": operation_statement(_REFUSED, (_COMPLAIN, _HOME)),
        "79e-paper": paper_statement(_PAPER),
    }
    return steps  # type: ignore[return-value]
