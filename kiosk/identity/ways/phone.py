"""Way in: a QR code on the screen, agreed to on the citizen's phone. Proves the phone."""

from __future__ import annotations

import time
from functools import partial

from kiosk.centre.errors import Refusal, reference_number
from kiosk.centre.evidence import PhoneEvidence, PhoneLogin, PhoneLoginState
from kiosk.identity.way import Present, Proves, Way
from kiosk.visit.phone_codes import void_quietly
from kiosk.visit.steps import IsItYou, ShowPhoneCode
from kiosk.visit.visit import Visit
from kiosk.words import _

OTHER_PHONE = "other-phone"
"""What the audit log is told where the citizen says that they are not who agreed on the phone."""


def sign_in_by_phone(visit: Visit, present: Present, others: bool) -> None:
    """The centre opens a login; the terminal shows its code and asks how far the phone is. A code
    serves once, and is void when its page is left; one that is over is followed by a new one."""
    goes_on = False
    while True:
        login = visit.once(visit.centre.logins.open_phone)
        opened_at = visit.once(time.monotonic)
        state = _await_phone(visit, login, opened_at, others, goes_on=goes_on)
        goes_on = state.state == "over"
        if state.state == "agreed" and _is_them(visit, login, state):
            visit.look_up(lambda login=login: present(PhoneEvidence(login=login.id)))  # type: ignore[misc]
            return
        if state.state == "agreed":
            visit.once(partial(_void, visit, login))
            visit.once(partial(visit.centre.tell_refused, OTHER_PHONE))
            raise _not_theirs()
        if state.state == "declined":
            raise _not_signed_in()


def _await_phone(
    visit: Visit, login: PhoneLogin, opened_at: float, others: bool, *, goes_on: bool
) -> PhoneLoginState:
    """How the phone ended the login."""
    shown = ShowPhoneCode(
        partial(_ended, visit, login.id),
        login.content,
        login.digits,
        login.valid_s,
        opened_at,
        others,
        goes_on=goes_on,
    )
    try:
        return visit.ask(shown)
    except BaseException:
        _void(visit, login)
        raise


def _is_them(visit: Visit, login: PhoneLogin, state: PhoneLoginState) -> bool:
    """Whether the citizen is the one who agreed. Voids the code when the page is left."""
    try:
        return visit.ask(IsItYou(state.name))
    except BaseException:
        _void(visit, login)
        raise


def _ended(visit: Visit, login: str) -> PhoneLoginState | None:
    state = visit.centre.logins.phone_state(login)
    return None if state.state in ("waiting", "opened") else state


def _void(visit: Visit, login: PhoneLogin) -> None:
    void_quietly(visit.centre.logins.void_phone, login.id)


def _not_signed_in() -> Refusal:
    return Refusal(
        "phone-declined",
        _("手机上没有同意登录"),
        _("可以重新扫码，或换一种方式"),
        reference_number(),
    )


def _not_theirs() -> Refusal:
    return Refusal(
        OTHER_PHONE,
        _("在手机上同意的不是您"),
        _("这个二维码已经作废。可以重新扫码，或换一种方式"),
        reference_number(),
    )


WAY = Way(
    "phone",
    Proves.PHONE,
    _("手机扫码"),
    _("用手机扫，在手机上确认"),
    "phone",
    sign_in_by_phone,
    begins=True,
    seconds=20,
)
