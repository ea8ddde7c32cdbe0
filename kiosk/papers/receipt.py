"""The contents of a slip 凭条, with personal data masked; a slip is no proof of anything."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from drivers.receipt_printer.types import Align, Pair, Paragraph, Qr, Rule, Slip, Space
from kiosk.centre import codes
from kiosk.centre.models import CentreWords, Document
from kiosk.centre.operations import Operation
from kiosk.centre.outlets import Appointment, Ticket
from kiosk.centre.publication import Guide
from kiosk.operation import OperationState, PayoutState, ReferralState
from kiosk.words import Language, Sayable, Text, _, say, say_date


@dataclass(frozen=True, slots=True)
class SlipTerms:
    """The facts and the language that all slips of a visit share. ``holder`` is already masked."""

    language: Language
    centre: Sayable
    hotline: str
    terminal: str
    holder: str
    now: datetime
    demo: bool
    large: bool = False


class Labelled(Protocol):
    """A label with its value, as a page shows them."""

    @property
    def label(self) -> Sayable: ...

    @property
    def value(self) -> Sayable: ...


def operation_slip(terms: SlipTerms, operation: Operation, *, reprint: bool = False) -> Slip:
    """The slip of an operation: what, how much, how far, and the code for the hotline. ``reprint``
    marks a slip that is printed in a later visit 补打. Who scans its QR code sees how far it is."""
    language = terms.language

    def word(text: Sayable) -> str:
        return say(text, language)

    lines: list[Pair | Paragraph | Rule | Space | Qr] = [
        Pair(word(_("姓名")), terms.holder),
        Pair(word(_("状态")), word(state_on_slip(operation))),
    ]
    if operation.amount is not None:
        amount = _("{amount} 元", amount=operation.amount)
        lines.append(Pair(word(_("金额")), word(amount)))
    if operation.payee:
        tail = _("尾号 {tail}", tail=operation.payee.tail)
        lines.append(Pair(word(_("收款卡")), word(tail)))
    if operation.referral is not None:
        referral = operation.referral
        lines.append(Pair(word(_("对方中心")), word(referral.centre)))
        lines.append(Pair(word(REFERRAL_DAY[referral.state]), say_date(referral.day, language)))
    if operation.reference:
        lines.append(Pair(word(number_label(operation)), operation.reference))
    if operation.code:
        lines.append(Pair(word(_("查询编号")), operation.code))
    progress: tuple[Paragraph | Qr, ...] = ()
    if operation.status_url:
        scan = Paragraph(word(_("扫码看进度")), Align.CENTRE)
        progress = (Qr(operation.status_url), scan)
    title = _("{business}（补打）", business=operation.title) if reprint else operation.title
    return Slip(
        (
            *_head(terms),
            Paragraph(word(title), Align.CENTRE, size=2, bold=True),
            Space(),
            *lines,
            Pair(word(_("打印时间")), f"{terms.now:%Y-%m-%d %H:%M}"),
            Pair(word(_("终端编号")), terms.terminal),
            Space(),
            *progress,
            *_foot(terms),
        ),
        scale=2 if terms.large else 1,
    )


def _head(terms: SlipTerms) -> tuple[Paragraph | Rule, ...]:
    name = say(terms.centre, terms.language)
    head = [Paragraph(line, Align.CENTRE, bold=True) for line in _name_lines(name, terms.large)]
    if terms.demo:
        demo = say(_("演示数据 · 不作任何证明"), terms.language)
        head.append(Paragraph(demo, Align.CENTRE))
    return (*head, Rule())


_HAN_A_LINE = 16
"""Han characters on a line of the narrowest paper, 58 mm; half as many in large letters."""


def _name_lines(name: str, large: bool) -> list[str]:
    """A centre's name in lines that break between its words: no line ends inside 公积金."""
    columns = sum(1 if character.isascii() else 2 for character in name)
    if columns <= 2 * _HAN_A_LINE // (2 if large else 1):
        return [name]
    words = ("住房公积金", "管理中心") if large else ("住房公积金",)
    for word in words:
        name = name.replace(word, "\n" + word)
    return name.strip().split("\n")


def _foot(terms: SlipTerms) -> tuple[Paragraph | Rule, ...]:
    call = say(_("如有疑问请拨打 {hotline}", hotline=terms.hotline), terms.language)
    proof = say(_("本凭条不作为证明"), terms.language)
    return (Rule(), Paragraph(proof, Align.CENTRE, bold=True), Paragraph(call, Align.CENTRE))


def ticket_slip(terms: SlipTerms, ticket: Ticket) -> Slip:
    """A ticket for the queue of an outlet: its number in large, where, and until when it holds."""

    def word(text: Sayable) -> str:
        return say(text, terms.language)

    return Slip(
        (
            *_head(terms),
            Paragraph(word(_("排队号")), Align.CENTRE),
            Paragraph(ticket.number, Align.CENTRE, size=2, bold=True),
            Space(),
            Pair(word(_("网点")), word(ticket.outlet)),
            Pair(word(_("地址")), word(ticket.address)),
            Pair(word(_("前面")), word(_("{count} 人", count=ticket.ahead))),
            Pair(word(_("请在此前到达")), f"{ticket.until:%H:%M}"),
            Pair(word(_("打印时间")), f"{terms.now:%Y-%m-%d %H:%M}"),
            Pair(word(_("终端编号")), terms.terminal),
            Space(),
            *_foot(terms),
        ),
        scale=2 if terms.large else 1,
    )


def appointment_slip(terms: SlipTerms, appointment: Appointment) -> Slip:
    """An appointment at an outlet: when, where, its number."""

    def word(text: Sayable) -> str:
        return say(text, terms.language)

    return Slip(
        (
            *_head(terms),
            Paragraph(word(_("预约单")), Align.CENTRE, size=2, bold=True),
            Space(),
            Pair(word(_("姓名")), terms.holder),
            Pair(word(_("日期")), say_date(appointment.at, terms.language)),
            Pair(word(_("时间")), f"{appointment.at:%H:%M}"),
            Pair(word(_("网点")), word(appointment.outlet)),
            Pair(word(_("地址")), word(appointment.address)),
            Pair(word(_("预约编号")), appointment.number),
            Pair(word(_("打印时间")), f"{terms.now:%Y-%m-%d %H:%M}"),
            Pair(word(_("终端编号")), terms.terminal),
            Space(),
            *_foot(terms),
        ),
        scale=2 if terms.large else 1,
    )


def guide_slip(terms: SlipTerms, guide: Guide, facts: Sequence[Labelled]) -> Slip:
    """What to bring to the counter, as a list to tick off at home."""

    def word(text: Sayable) -> str:
        return say(text, terms.language)

    return Slip(
        (
            *_head(terms),
            Paragraph(word(guide.title), Align.CENTRE, size=2, bold=True),
            Paragraph(word(_("去柜台要带")), Align.CENTRE),
            Space(),
            *(Paragraph(f"□ {word(thing)}") for thing in guide.bring),
            Space(),
            *(Pair(word(fact.label), word(fact.value)) for fact in facts),
            Pair(word(_("版本")), guide.version),
            Pair(word(_("打印时间")), f"{terms.now:%Y-%m-%d %H:%M}"),
            Space(),
            *_foot(terms),
        ),
        scale=2 if terms.large else 1,
    )


STATE_ON_SLIP: Mapping[OperationState, Text] = {
    OperationState.AWAITING_CONSENT: _("待同意"),
    OperationState.DRAFTED: _("结果确认中"),
    OperationState.CONFIRMED: _("结果确认中"),
    OperationState.IN_PROGRESS: _("已受理"),
    OperationState.DONE: _("已办成"),
    OperationState.REFUSED: _("没有通过"),
    OperationState.EXPIRED: _("已作废"),
    OperationState.CANCELLED: _("已撤销"),
    OperationState.SUPERSEDED: _("已被代替"),
}
"""How far an operation has come, as a slip says it: a draft that was confirmed is never 未确认."""
PAYOUT: Mapping[PayoutState, Text] = {
    PayoutState.DUE: _("已通过待入账"),
    PayoutState.PAID: _("已入账"),
    PayoutState.RETURNED: _("付款失败（换卡重付）"),
}
"""How far the money of an operation has come that is done."""


REFERRAL: Mapping[ReferralState, Text] = {
    ReferralState.WAITING: _("已受理，对方中心办理中"),
    ReferralState.GRANTED: _("已办结"),
    ReferralState.REFUSED: _("对方中心没有通过"),
    ReferralState.WITHDRAWN: _("已撤销"),
}
"""How far an application has come that was accepted here."""


REFERRAL_DAY: Mapping[ReferralState, Text] = {
    ReferralState.WAITING: _("最迟办结"),
    ReferralState.GRANTED: _("办结日期"),
    ReferralState.REFUSED: _("答复日期"),
    ReferralState.WITHDRAWN: _("撤销日期"),
}
"""What the day of an application is."""


def state_on_slip(operation: Operation) -> Text:
    """How far ``operation`` has come; where it pays the citizen, how far the money has; where
    another centre decides, how far that centre is."""
    if operation.payout is not None:
        return PAYOUT[operation.payout.state]
    if operation.referral is not None and operation.state is OperationState.DONE:
        return REFERRAL[operation.referral.state]
    return STATE_ON_SLIP[operation.state]


def number_label(operation: Operation) -> Text:
    """What the serial of ``operation`` is called."""
    return _("业务流水号") if operation.referral is None else _("受理编号")


def stage_of(operation: Operation) -> CentreWords | None:
    """The stage that the other centre has come to, in plain words; None where there is none."""
    referral = operation.referral
    if referral is None or not referral.stage:
        return None
    word = codes.word(codes.Table.TRANSFER_STAGE, referral.stage)
    return CentreWords(zh=word.explain(Language.ZH), en=word.explain(Language.EN))


def document_slip(terms: SlipTerms, document: Document) -> Slip:
    """The slip for a sealed document: the document's number and how to verify the document. The QR
    code holds the centre's address for verifying and no personal data."""
    language = terms.language

    def word(text: Sayable) -> str:
        return say(text, language)

    valid = (
        (Pair(word(_("有效期至")), say_date(document.valid_until, language)),)
        if document.valid_until
        else ()
    )
    return Slip(
        (
            *_head(terms),
            Paragraph(word(document.title), Align.CENTRE, size=2, bold=True),
            Space(),
            Pair(word(_("姓名")), terms.holder),
            Pair(word(_("编号")), document.number),
            Pair(word(_("验证码")), document.verification_code),
            *valid,
            Pair(word(_("打印时间")), f"{terms.now:%Y-%m-%d %H:%M}"),
            Pair(word(_("终端编号")), terms.terminal),
            Space(),
            Qr(document.verify_url),
            Paragraph(word(_("扫码或凭验证码查验真伪")), Align.CENTRE),
            *_foot(terms),
        ),
        scale=2 if terms.large else 1,
    )
