"""查询密码变更: six new digits, entered twice."""

from __future__ import annotations

from kiosk.centre.errors import Refusal
from kiosk.centre.operations import PasswordOrder
from kiosk.operation import Business
from kiosk.privacy import Sensitive
from kiosk.services.catalogue import Needs, service
from kiosk.services.reasons import must_be_possible
from kiosk.visit.steps import EnterNewPassword
from kiosk.visit.visit import Visit
from kiosk.words import Sayable, _

_TRY_AGAIN = ("password-weak", "password-same")


@service("query-password", icon="keypad", needs=Needs(committer=True))
def change_query_password(visit: Visit) -> None:
    must_be_possible(visit, Business.PASSWORD_CHANGE)
    wrong: Sayable | None = None
    while True:
        password = _enter_twice(visit, wrong)
        try:
            quote = visit.draft(PasswordOrder(business=Business.PASSWORD_CHANGE, value=password))
        except Refusal as refusal:
            if refusal.code not in _TRY_AGAIN:
                raise
            wrong = _("{reason}{next_step}", reason=refusal.reason, next_step=refusal.next_step)
        else:
            break
    visit.confirm_and_commit(quote)


def _enter_twice(visit: Visit, wrong: Sayable | None) -> Sensitive[str]:
    """The new password, once the citizen has entered the same twice."""
    while True:
        first = visit.ask(EnterNewPassword(wrong=wrong))
        if visit.ask(EnterNewPassword(again=True)) == first:
            return first
        wrong = _("两次输入的不一样，请重新输入")
