"""Way in: a unit's account 单位账号 and its password. Proves a secret of the unit.

The session that comes of it serves this unit and nothing else; the centre asks for a further proof
of the agent 经办人, first of all a code to their phone on file.
"""

from __future__ import annotations

from functools import partial

from kiosk.centre.errors import Refusal
from kiosk.centre.evidence import UnitAccountEvidence
from kiosk.identity.way import Present, Proves, Way
from kiosk.visit.steps import EnterDigits, EnterPassword
from kiosk.visit.visit import Visit
from kiosk.words import Sayable, _

_TRY_AGAIN = ("unit-wrong", "try-later")
LEAST, MOST = 10, 20
"""Digits of a unit's account, JGJ/T 320 5.0.2."""


def sign_in_by_unit_account(visit: Visit, present: Present, others: bool) -> None:
    """Ask for account and password, both again after either was wrong: the centre does not say
    which. It counts and delays."""
    wrong: Sayable | None = None
    while True:
        number = visit.ask(account_page(wrong, others=others))
        password = visit.ask(EnterPassword(others=others, unit=True))
        try:
            visit.look_up(partial(present, UnitAccountEvidence(number=number, password=password)))
        except Refusal as refusal:
            if refusal.code not in _TRY_AGAIN:
                raise
            wrong = _("{reason}{next_step}", reason=refusal.reason, next_step=refusal.next_step)
        else:
            return


def account_page(wrong: Sayable | None = None, *, others: bool = False) -> EnterDigits:
    """单位账号 of ``LEAST`` to ``MOST`` digits."""
    return EnterDigits(
        _("请输入单位账号"),
        _("中心给单位的号码，缴存通知单上有"),
        _("单位账号"),
        LEAST,
        MOST,
        wrong=wrong,
        others=others,
    )


WAY = Way(
    "unit-account",
    Proves.UNIT,
    _("单位账号"),
    _("单位账号、密码，再发短信给经办人"),
    "organisation",
    sign_in_by_unit_account,
    begins=True,
    seconds=60,
)
