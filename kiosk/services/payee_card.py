"""收款银行卡变更: the new card, read or typed; confirmed on the phone and by a code."""

from __future__ import annotations

from drivers.device import Kind
from kiosk.centre.operations import PayeeCardOrder
from kiosk.operation import Business
from kiosk.privacy import Sensitive
from kiosk.services.catalogue import Needs, service
from kiosk.services.changing import draft_once_taken, must_be_possible
from kiosk.visit.steps import Choose, EnterDigits, Option, OtherWay, PresentNewBankCard
from kiosk.visit.troubles import closed_by
from kiosk.visit.visit import Visit
from kiosk.words import Sayable, _

_TRY_AGAIN = (
    "payee-bank-unknown",
    "payee-credit-card",
    "payee-card-abnormal",
    "payee-other-holder",
    "payee-same-card",
)
_READ, _TYPE = "read", "type"


@service("payee-card", icon="card", needs=Needs(committer=True))
def change_payee_card(visit: Visit) -> None:
    must_be_possible(visit, Business.PAYEE_CARD_CHANGE)
    quote = draft_once_taken(visit, lambda wrong: _new_card(visit, wrong), _TRY_AGAIN)
    visit.confirm_and_commit(quote)


def _new_card(visit: Visit, wrong: Sayable | None) -> PayeeCardOrder:
    """The new card: read, where the terminal can read chip cards now, or typed."""
    if _reads(visit) and visit.ask(way_page(wrong)) == _READ:
        try:
            return _order(Sensitive(visit.ask(PresentNewBankCard()).number), read=True)
        except OtherWay:
            wrong = None
    return _order(visit.ask(number_page(wrong)), read=False)


def _order(number: Sensitive[str], *, read: bool) -> PayeeCardOrder:
    return PayeeCardOrder(business=Business.PAYEE_CARD_CHANGE, value=number, read=read)


def _reads(visit: Visit) -> bool:
    """Whether a chip card can be read here; a replay goes the way of the first time."""
    statuses = visit.statuses()
    return visit.once(
        lambda: Kind.SMART_CARD in statuses and closed_by(statuses, (Kind.SMART_CARD,)) is None
    )


def way_page(wrong: Sayable | None) -> Choose:
    """Read the card or type its number; ``wrong`` says why the last card does not do."""
    return Choose(
        _("新的收款银行卡怎么录入？"),
        (
            Option(_READ, _("插卡读取"), _("把新卡插进卡槽，不用输密码"), "slot"),
            Option(_TYPE, _("输入卡号"), _("卡不在身边，或读不出来"), "keypad"),
        ),
        wrong or _("要用本人的借记卡，信用卡不行"),
    )


def number_page(wrong: Sayable | None) -> EnterDigits:
    """The number of the new card, typed."""
    return EnterDigits(
        _("请输入新的银行卡号"),
        _("要用本人的借记卡，信用卡不行"),
        _("银行卡号"),
        least=12,
        most=19,
        wrong=wrong,
    )
