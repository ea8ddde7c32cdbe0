"""手机号变更: the new number, entered twice; confirmed on the phone and by a code to it."""

from __future__ import annotations

from kiosk.centre.operations import PhoneOrder
from kiosk.operation import Business
from kiosk.services.catalogue import Needs, service
from kiosk.services.changing import draft_once_taken, must_be_possible
from kiosk.visit.steps import EnterDigits
from kiosk.visit.visit import Visit
from kiosk.words import Sayable, _

_TRY_AGAIN = ("phone-invalid", "phone-same", "phone-taken", "phone-other-name")


@service("phone", icon="phone", needs=Needs(committer=True))
def change_phone(visit: Visit) -> None:
    must_be_possible(visit, Business.PHONE_CHANGE)
    quote = draft_once_taken(visit, lambda wrong: _new_number(visit, wrong), _TRY_AGAIN)
    visit.confirm_and_commit(quote)


def _new_number(visit: Visit, wrong: Sayable | None) -> PhoneOrder:
    """The new number, once the citizen has entered the same twice."""
    while True:
        first = visit.ask(phone_page(wrong))
        if visit.ask(phone_page(again=True)) == first:
            return PhoneOrder(business=Business.PHONE_CHANGE, value=first)
        wrong = _("两次输入的不一样，请重新输入")


def phone_page(wrong: Sayable | None = None, *, again: bool = False) -> EnterDigits:
    """The new number; with ``again`` the same once more."""
    return EnterDigits(
        _("请再输入一次新手机号") if again else _("请输入新的手机号"),
        _("和刚才输入的一样") if again else _("要用本人实名的号码，验证码会发到这个号码"),
        _("手机号"),
        least=11,
        most=11,
        first=3,
        wrong=wrong,
    )
