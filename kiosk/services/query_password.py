"""查询密码变更: six new digits, entered twice."""

from __future__ import annotations

from kiosk.centre.operations import PasswordOrder
from kiosk.operation import Business
from kiosk.services.catalogue import Needs, service
from kiosk.services.changing import draft_once_taken, must_be_possible
from kiosk.visit.steps import EnterNewPassword
from kiosk.visit.visit import Visit
from kiosk.words import Sayable, _

_TRY_AGAIN = ("password-weak", "password-same")


@service("query-password", icon="keypad", needs=Needs(committer=True))
def change_query_password(visit: Visit) -> None:
    must_be_possible(visit, Business.PASSWORD_CHANGE)
    quote = draft_once_taken(visit, lambda wrong: _new_password(visit, wrong), _TRY_AGAIN)
    visit.confirm_and_commit(quote)


def _new_password(visit: Visit, wrong: Sayable | None) -> PasswordOrder:
    """The new password, once the citizen has entered the same twice."""
    while True:
        first = visit.ask(EnterNewPassword(wrong=wrong))
        if visit.ask(EnterNewPassword(again=True)) == first:
            return PasswordOrder(business=Business.PASSWORD_CHANGE, value=first)
        wrong = _("两次输入的不一样，请重新输入")
