"""The citizen agrees to an operation on their own phone: evidence that the terminal cannot make."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from kiosk.centre.errors import Refusal, reference_number
from kiosk.centre.evidence import PhoneLoginState
from kiosk.centre.operations import Evidence, Operation
from kiosk.privacy import Sensitive
from kiosk.visit.phone_codes import void_quietly
from kiosk.visit.steps import ShowPhoneCode
from kiosk.words import _

if TYPE_CHECKING:
    from kiosk.visit.visit import Visit


def agree_on_phone(visit: Visit, operation: Operation) -> Evidence | None:
    """The evidence ``qr`` for ``operation``; None when the citizen goes back. A code whose time has
    passed is followed by a new one. Refusal: phone-declined."""
    goes_on = False
    while True:
        login = visit.centre.operations.open_phone(operation.id)
        page = ShowPhoneCode(
            partial(_ended, visit, login.id),
            login.content,
            login.digits,
            login.valid_s,
            business=operation.title,
            goes_on=goes_on,
        )
        goes_on = True
        state = None
        try:
            state = visit.present_or_back(page)
        finally:
            if state is None or state.state != "agreed":
                void_quietly(visit.centre.logins.void_phone, login.id)
        if state is None:
            return None
        if state.state == "agreed":
            return Evidence(kind="qr", value=Sensitive(login.id))
        if state.state == "declined":
            raise Refusal(
                "phone-declined",
                _("手机上没有同意这笔业务"),
                _("没有办理，什么都没有改。可以重新办，或到柜台办理"),
                reference_number(),
            )


def _ended(visit: Visit, login: str) -> PhoneLoginState | None:
    state = visit.centre.logins.phone_state(login)
    return None if state.state in ("waiting", "opened") else state
