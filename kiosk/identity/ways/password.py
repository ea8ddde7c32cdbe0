"""Way in: the query password 查询密码. Proves a secret, beside a held card."""

from __future__ import annotations

from functools import partial

from kiosk.centre.errors import Refusal
from kiosk.centre.evidence import PasswordEvidence
from kiosk.identity.way import Present, Proves, Way
from kiosk.visit.steps import EnterPassword
from kiosk.visit.visit import Visit
from kiosk.words import Sayable, _

_TRY_AGAIN = ("password-wrong", "try-later")


def prove_by_password(visit: Visit, present: Present, others: bool) -> None:
    """Ask for the six digits, again after wrong ones; the centre counts and delays."""
    wrong: Sayable | None = None
    while True:
        password = visit.ask(EnterPassword(wrong, others))
        try:
            visit.look_up(partial(present, PasswordEvidence(password=password)))
        except Refusal as refusal:
            if refusal.code not in _TRY_AGAIN:
                raise
            wrong = _("{reason}{next_step}", reason=refusal.reason, next_step=refusal.next_step)
        else:
            return


WAY = Way(
    "password",
    Proves.KNOWN,
    _("查询密码"),
    _("在中心设置的 6 位数字"),
    "keypad",
    prove_by_password,
    seconds=15,
)
