"""我的办件: the citizen's operations, appointment, loans and papers, and how far each has come."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from drivers.device import Kind
from kiosk.centre import codes
from kiosk.centre.document_orders import AgreementCopyOrder
from kiosk.centre.handovers import RequestsHandover
from kiosk.centre.models import DocumentRecord, Loan
from kiosk.centre.operations import Operation
from kiosk.centre.outlets import Appointment
from kiosk.operation import Business, OperationState, PayoutState, ReferralState
from kiosk.papers.receipt import PAYOUT, REFERRAL, STATE_ON_SLIP, number_label
from kiosk.services.catalogue import SERVICES, closed_because, service
from kiosk.services.complaints import complain_of
from kiosk.services.loan import loan_statement
from kiosk.services.outlets import show_appointment
from kiosk.services.payee_card import change_payee_card
from kiosk.visit.handover import HANDOVER, ON_PHONE, hand_over
from kiosk.visit.operation_words import (
    COPY,
    COPY_NAME,
    amount_label,
    card,
    changed,
    has_agreement,
    referred,
    sent_back,
)
from kiosk.visit.printing import document_key, make_and_print
from kiosk.visit.steps import (
    Action,
    Cell,
    Choose,
    Column,
    Fact,
    Option,
    ShowStatement,
    ShowTable,
    Tone,
    amounts,
)
from kiosk.visit.troubles import MENU, closed_by
from kiosk.visit.undertaking import greet, withdraw_request
from kiosk.visit.visit import Visit
from kiosk.words import Sayable, Text, _

_HOME = Action(MENU, _("返回首页"), "home")
_MOST = 2
"""Buttons beside each other that have room for their words in every language."""
_COMPLAIN = Action("complain", _("反映问题"), "message")
_CANCEL, _WITHDRAW = "cancel", "withdraw-application"
_GO_ON, _OTHER_CARD = "go-on", "payee-card"
_WAITS = {
    OperationState.AWAITING_CONSENT: Action(_GO_ON, _("请配偶同意"), "phone"),
    OperationState.DRAFTED: Action(_GO_ON, _("继续确认"), "forward"),
}
"""What leads on from an operation that waits for a consent, or for its confirmation after one."""
_FAR: dict[OperationState, Text] = {
    **STATE_ON_SLIP,
    OperationState.DRAFTED: _("配偶已同意，等您确认"),
    OperationState.CONFIRMED: _("已确认，还没有提交"),
    OperationState.IN_PROGRESS: _("已受理待审核"),
    OperationState.REFUSED: _("审核不通过"),
}
"""How far an operation has come, as 我的办件 says it."""


@service("progress", icon="clock")
def show_progress(visit: Visit) -> None:
    calls = visit.centre.operations
    operations = [
        each for each in visit.look_up(calls.all_operations) if not of_units(each.business)
    ]
    kept = visit.look_up(visit.centre.outlets.appointments) if _offered(visit, "outlets") else ()
    loans = visit.look_up(visit.centre.loans) if _offered(visit, "loan") else ()
    papers = [each for each in visit.look_up(visit.centre.documents) if not each.unit]
    if not (operations or kept or loans or papers):
        visit.ask(progress_table(()))
        return
    phone = visit.catalogue.handover
    page = requests_page(operations, kept, loans, papers, phone=phone)
    what, _colon, at = visit.ask(page).partition(":")
    match what:
        case "handover":
            hand_over(visit, RequestsHandover(topic="requests"), _("我的办件"))
        case "operation":
            show_operation(visit, operations[int(at)])
        case "appointment":
            show_appointment(visit, kept[int(at)])
        case "loan":
            visit.ask(loan_statement(loans[int(at)], visit.catalogue, ways_on=False))
        case _:
            visit.ask(paper_statement(papers[int(at)]))


def _offered(visit: Visit, service_: str) -> bool:
    return any(each.service == service_ and each.open for each in visit.catalogue.offers)


def requests_page(
    operations: Sequence[Operation],
    appointments: Sequence[Appointment],
    loans: Sequence[Loan],
    papers: Sequence[DocumentRecord],
    title: Sayable = "",
    *,
    phone: bool = False,
) -> Choose:
    """One line each: what it is, how far it has come, since when; no amount. ``phone``: the citizen
    may look on on a phone."""
    count = len(operations) + len(appointments) + len(loans) + len(papers)
    scan = Option(HANDOVER, ON_PHONE.title, _("扫码，在自己手机上看"), ON_PHONE.icon)
    options = (
        *(_of_operation(f"operation:{at}", each) for at, each in enumerate(operations)),
        *(_of_appointment(f"appointment:{at}", each) for at, each in enumerate(appointments)),
        *(_of_loan(f"loan:{at}", each) for at, each in enumerate(loans)),
        *(_of_paper(f"paper:{at}", each) for at, each in enumerate(papers)),
        *((scan,) if phone else ()),
    )
    return Choose(title or _("我的办件"), options, _("共 {count} 件，点一件看详情", count=count))


def _of_operation(key: str, operation: Operation) -> Option:
    far: Sayable = how_far(operation)
    if operation.begun is not None:
        far = _("{state} · {day}", state=far, day=operation.begun)
    return Option(key, operation.title, far, "clock", tone_of(operation))


def _of_appointment(key: str, appointment: Appointment) -> Option:
    hint = _(
        "{day} {time} · {outlet}",
        day=appointment.at.date(),
        time=f"{appointment.at:%H:%M}",
        outlet=appointment.outlet,
    )
    return Option(key, _("我的预约"), hint, "calendar")


def _of_loan(key: str, loan: Loan) -> Option:
    state = codes.word("loan", loan.state)
    tone = Tone.BAD if loan.terms_overdue else Tone.PLAIN
    return Option(
        key, _("公积金贷款"), _("{state} · {day}", state=state, day=loan.granted_on), "loan", tone
    )


def _of_paper(key: str, paper: DocumentRecord) -> Option:
    printed = _("已打印 {count} 次", count=paper.prints) if paper.prints else _("没有打印")
    return Option(
        key, paper.title, _("{state} · {day}", state=printed, day=paper.made), "certificate"
    )


# -- one operation --------------------------------------------------------------------------------


def show_operation(visit: Visit, listed: Operation) -> None:
    """How far the operation is now, and what can be done about it."""
    operation = visit.look_up(lambda: visit.centre.operations.operation(listed.id))
    if operation.state.final and not operation.told:
        greet(visit, operation)
        return
    ways = _ways_on(visit, operation)
    if any(way.key == COPY and not way.closed for way in ways):
        visit.checkers.prepare()
    pressed = visit.ask(operation_statement(operation, ways))
    if pressed == _CANCEL:
        withdraw_request(visit, operation)
    elif pressed == _WITHDRAW:
        _withdraw_application(visit, operation)
    elif pressed == _GO_ON:
        visit.confirm_and_commit(operation)
    elif pressed == _COMPLAIN.key:
        complain_of(visit, operation)
    elif pressed == COPY:
        order = visit.once(
            lambda: AgreementCopyOrder(
                kind="agreement-copy", operation=operation.id, key=document_key()
            )
        )
        make_and_print(visit, "progress", order, COPY_NAME)
    elif pressed == _OTHER_CARD:
        change_payee_card(visit)


def _withdraw_application(visit: Visit, operation: Operation) -> None:
    """Take back what another centre decides on, if that centre still gives it back, and show what
    has become of it."""
    calls = visit.centre.operations
    now = visit.look_up(lambda: calls.withdraw_application(operation.id))
    # Without a way back: the page before would still say that the application is under way.
    visit.present(withdrawn_statement(now, (_HOME,)))


def withdrawn_statement(operation: Operation, actions: tuple[Action, ...]) -> ShowStatement:
    """The page after 撤销申请 of an application to another centre: given back, or too late."""
    referral = operation.referral
    page = operation_statement(operation, actions)
    if referral is not None and referral.state is ReferralState.WITHDRAWN:
        return replace(page, title=_("申请已撤销"), lead=_("可以重新申请，什么都没有变"))
    return replace(page, title=_("没有撤销"), lead=_("对方中心已经办理，不能再撤销"))


def _ways_on(visit: Visit, operation: Operation) -> tuple[Action, ...]:
    """撤销申请 where the centre takes it back, 换卡重付 where the bank has sent the money back,
    打印协议 where something was signed, 投诉建议 about it where there is room."""
    actions = []
    if operation.state in _WAITS:
        closed = None if visit.committer.open else _("正在核对上一笔业务")
        actions.append(replace(_WAITS[operation.state], closed=closed))
    if operation.cancellable:
        actions.append(Action(_CANCEL, _("撤销申请"), "refused"))
    if operation.referral is not None and operation.referral.withdrawable:
        actions.append(Action(_WITHDRAW, _("撤销申请"), "refused"))
    if operation.payout is not None and operation.payout.state is PayoutState.RETURNED:
        actions.append(Action(_OTHER_CARD, _("换卡重付"), "card", closed=_no_change(visit)))
    if operation.state is OperationState.DONE and has_agreement(operation):
        closed = closed_by(visit.statuses(), (Kind.DOCUMENT_PRINTER,))
        actions.append(Action(COPY, _("打印{paper}", paper=COPY_NAME), "printer", closed=closed))
    if len(actions) == _MOST:
        return tuple(actions)
    complain = (_COMPLAIN,) if _offered(visit, "complaints") else ()
    return (*actions, *complain, _HOME)


def _no_change(visit: Visit) -> Sayable | None:
    """Why the card cannot be changed here now."""
    offers = {each.service: each for each in visit.catalogue.offers}
    if _OTHER_CARD not in offers or _OTHER_CARD not in SERVICES:
        return _("请到柜台变更")
    return closed_because(
        offers[_OTHER_CARD],
        visit.catalogue.clock,
        visit.statuses(),
        money=visit.committer.open,
    )


def operation_statement(operation: Operation, actions: tuple[Action, ...]) -> ShowStatement:
    """The page of one operation: how far it is, what it changed or paid, and the numbers to quote.
    What the bank or the centre has against it stands in the note."""
    facts = [Fact(_("状态"), how_far(operation), tone_of(operation))]
    if operation.amount is not None:
        amount = _("{amount} 元", amount=operation.amount)
        facts.append(Fact(amount_label(operation.business), amount))
    facts += changed(operation, before=False) + referred(operation)
    if operation.payee:
        facts.append(Fact(_("收款银行卡"), card(operation)))
    if operation.consent_of:
        facts.append(Fact(_("要谁同意"), operation.consent_of))
    if operation.begun:
        facts.append(Fact(_("办理日期"), operation.begun))
    note: Sayable = operation.refusal.reason if operation.refusal else ""
    if operation.payout is not None:
        facts.append(Fact(_PAYOUT_DAY[operation.payout.state], operation.payout.day))
        note = sent_back(operation)
    if operation.referral is not None and operation.referral.why is not None:
        note = operation.referral.why
    if operation.reference:
        facts.append(Fact(number_label(operation), operation.reference))
    if operation.code:
        facts.append(Fact(_("查询编号"), operation.code))
    return ShowStatement(operation.title, tuple(facts), note=note, actions=actions)


_PAYOUT_DAY: dict[PayoutState, Text] = {
    PayoutState.DUE: _("最迟到账"),
    PayoutState.PAID: _("入账日期"),
    PayoutState.RETURNED: _("退回日期"),
}


def paper_statement(paper: DocumentRecord) -> ShowStatement:
    """The page of one paper of the centre: its number, and how to verify it."""
    facts = [
        Fact(_("编号"), paper.number),
        Fact(_("开具日期"), paper.made),
        Fact(_("打印"), _("{count} 次", count=paper.prints)),
        Fact(_("验证码"), paper.verification_code),
    ]
    if paper.valid_until:
        facts.append(Fact(_("有效期至"), paper.valid_until))
    note = _("要再打印，请回首页选这种证明。")
    return ShowStatement(paper.title, tuple(facts), note=note, actions=(_HOME,))


_REFERRAL_TONES = {
    ReferralState.WAITING: Tone.ATTENTION,
    ReferralState.GRANTED: Tone.GOOD,
    ReferralState.REFUSED: Tone.BAD,
    ReferralState.WITHDRAWN: Tone.BAD,
}


# -- words ----------------------------------------------------------------------------------------


def of_units(business: Business) -> bool:
    """Whether an agent 经办人 does this for a unit."""
    return business.value.startswith("unit-")


def how_far(operation: Operation) -> Text:
    """How far ``operation`` has come; where it pays the citizen, how far the money has; where
    another centre decides, how far that centre is."""
    if operation.payout is not None:
        return PAYOUT[operation.payout.state]
    if operation.referral is not None and operation.state is OperationState.DONE:
        return REFERRAL[operation.referral.state]
    return _FAR[operation.state]


def tone_of(operation: Operation) -> Tone:
    """Green for what has come to its good end, red for what has failed."""
    if operation.payout is not None and operation.payout.state is not PayoutState.PAID:
        returned = operation.payout.state is PayoutState.RETURNED
        return Tone.BAD if returned else Tone.ATTENTION
    if operation.referral is not None and operation.state is OperationState.DONE:
        return _REFERRAL_TONES[operation.referral.state]
    if operation.state is OperationState.DONE:
        return Tone.GOOD
    return Tone.BAD if operation.state.final else Tone.ATTENTION


def progress_table(operations: Sequence[Operation]) -> ShowTable:
    """All operations in the centre's order, the newest first; possibly none."""
    return ShowTable(
        _("办理进度"),
        (
            Column(_("业务")),
            Column(_("状态"), "strong"),
            amounts(_("金额（元）"), "strong"),
            Column(_("业务流水号"), "quiet", wide=True),
        ),
        tuple(_row(operation) for operation in operations),
        empty=_("还没有办过业务"),
        lead=_("共 {count} 笔", count=len(operations)) if operations else "",
    )


def _row(operation: Operation) -> tuple[Sayable | Cell, ...]:
    return (
        operation.title,
        Cell(how_far(operation), tone_of(operation)),
        "—" if operation.amount is None else operation.amount,
        operation.reference or "—",
    )
