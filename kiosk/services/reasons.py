"""What can be had and why not: one page of choices, and the ways on from what cannot be had."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import TypeVar

from kiosk.centre.errors import CentreUnavailable, Refusal, Trouble, reference_number
from kiosk.centre.models import RefusalBody
from kiosk.centre.operations import Eligibility, SigningOrder
from kiosk.operation import Business, OperationState
from kiosk.visit.operation_steps import ChooseReason
from kiosk.visit.steps import Action, Option, Problem, Tone
from kiosk.visit.undertaking import StartAnew
from kiosk.visit.visit import Visit
from kiosk.words import Sayable, Text, _

T = TypeVar("T")

WORDS: dict[Business, tuple[Text, str]] = {
    Business.REPAY_LOAN_WITHDRAWAL: (_("偿还公积金贷款"), "loan"),
    Business.REPAY_MORTGAGE_WITHDRAWAL: (_("偿还商业贷款"), "card"),
    Business.RENT_WITHDRAWAL: (_("租房"), "home"),
    Business.RETIREMENT_WITHDRAWAL: (_("离休、退休"), "calendar"),
    Business.LEAVING_WITHDRAWAL: (_("离职"), "leave"),
    Business.STANDING_WITHDRAWAL: (_("约定提取"), "calendar"),
    Business.PREPAYMENT: (_("还一部分"), "withdrawals"),
    Business.SETTLEMENT: (_("全部还清"), "check"),
    Business.MONTHLY_OFFSET: (_("委托按月还贷"), "calendar"),
    Business.SMS_SIGNING: (_("短信签约"), "message"),
    Business.CARD_SIGNING: (_("银行卡签约"), "card"),
}
"""The name and the icon of each business on a page of choices."""
_SIGN = {
    "sms-signing-needed": Business.SMS_SIGNING,
    "card-signing-needed": Business.CARD_SIGNING,
}
"""Refusals that lead straight into signing up."""
_OTHERS = Action("others", _("看其他选项"), "back")
_SIGN_NOW = Action("sign", _("现在签约"), "message")


def choose(
    visit: Visit,
    title: Sayable,
    lead: Sayable,
    answered: Sequence[Eligibility],
    businesses: Collection[Business],
) -> Eligibility:
    """What the citizen wants, which can be had. What cannot be had leads to its reason and its ways
    on, and back here. Of what the centre has ``answered``, only ``businesses`` count, those that
    the service can draft: a centre may offer more than this terminal knows."""
    found = [each for each in answered if each.business in businesses]
    if not found:
        raise Refusal(
            "nothing-here",
            _("本机现在没有您可以办的这类业务"),
            _("请带身份证到柜台办理，或用手机办理"),
            reference_number(),
        )
    page = ChooseReason(
        title,
        lead,
        tuple(_option(key, each) for key, each in enumerate(found) if each.can),
        tuple(_option(key, each) for key, each in enumerate(found) if not each.can),
        _(
            "情况和这里写的不一样？请带身份证到柜台，或拨 {hotline}",
            hotline=visit.catalogue.hotline,
        ),
    )
    while True:
        chosen = found[int(visit.ask(page))]
        if chosen.refusal is None:
            return chosen
        pressed = visit.ask(why_not(chosen.business, chosen.refusal))
        if pressed == _SIGN_NOW.key:
            sign_up(visit, _SIGN[chosen.refusal.code])
            raise StartAnew


def given(value: T | None) -> T:
    """``value``, without which nothing can be ordered. Raises :class:`CentreUnavailable` where the
    centre has left it out."""
    if value is None:
        raise CentreUnavailable(Trouble.NONSENSE, "a business, its account or its loan is left out")
    return value


def why_not(business: Business, refusal: RefusalBody) -> Problem:
    """现在还不能办: the reason, what to do next, and whom to ask."""
    others = (_OTHERS, _SIGN_NOW) if refusal.code in _SIGN else (_OTHERS,)
    return cannot_be_had(WORDS[business][0], refusal, others)


def cannot_be_had(
    what: Sayable, refusal: RefusalBody, actions: tuple[Action, ...] = (_OTHERS,)
) -> Problem:
    """现在还不能办: ``what`` cannot be had, for the centre's reason."""
    return Problem(
        title=_("现在还不能办：{business}", business=what),
        lead=refusal.reason,
        reference=refusal.reference,
        advice=(
            (_("接下来怎么办"), refusal.next_step),
            (_("电话咨询"), _("拨打 12329，报下面的编号")),
        ),
        tone=Tone.ATTENTION,
        actions=actions,
    )


def sign_up(visit: Visit, business: Business) -> OperationState:
    """短信签约 or 银行卡签约, with the phone and the card on file."""
    return visit.confirm_and_commit(visit.draft(SigningOrder(business=business)))  # type: ignore[arg-type]  # one of two, see SigningOrder


def _option(key: int, each: Eligibility) -> Option:
    title, icon = WORDS[each.business]
    if each.refusal is not None:
        return Option(str(key), title, each.refusal.reason, icon, Tone.ATTENTION)
    hint: Sayable = ""
    if each.most is not None:
        hint = _("最多 {amount} 元", amount=each.most)
        if each.payee:
            hint = _("{most}，到本人银行卡（尾号 {tail}）", most=hint, tail=each.payee.tail)
    return Option(str(key), title, hint, icon)
