"""Way in: a code sent by SMS to the phone on record. Proves a secret, beside a held card."""

from __future__ import annotations

import time
from functools import partial

from kiosk.centre.errors import Refusal
from kiosk.centre.models import SmsSent
from kiosk.identity.way import Present, Proves, Way
from kiosk.privacy import Sensitive
from kiosk.visit.steps import RESEND, EnterSmsCode
from kiosk.visit.visit import Visit
from kiosk.words import Sayable, _

_TRY_AGAIN = ("code-wrong", "code-expired", "sms-too-soon", "sms-daily-limit", "try-later")
"""Codes of refusals after which the page for the SMS code stays: the citizen may type a code again
or, after a refused resend, the code that the phone already has."""
_RESEND_S = 60
"""Seconds until the citizen may ask for another code, where the centre has not said."""


def prove_by_sms(visit: Visit, _present: Present, others: bool) -> None:
    """Have the centre send a code to the phone on file and ask for it: again after a wrong code,
    and with a new code when the citizen asks for one."""
    sent, sent_at = _send_first(visit), visit.once(time.monotonic)
    wrong: Sayable | None = None
    while True:
        code = visit.ask(
            EnterSmsCode(sent.phone, sent.resend_after_s, wrong, sent_at, others=others)
        )
        try:
            if code == RESEND:
                sent, wrong = visit.look_up(visit.centre.send_sms), None
                sent_at = visit.once(time.monotonic)
                continue
            visit.look_up(partial(visit.centre.check_sms, Sensitive(code)))
        except Refusal as refusal:
            if refusal.code not in _TRY_AGAIN:
                raise
            wrong = _("{reason}{next_step}", reason=refusal.reason, next_step=refusal.next_step)
        else:
            return


def _send_first(visit: Visit) -> SmsSent:
    """Have the centre send the first code. When the centre refuses with ``sms-too-soon``, it has
    already sent a code, and only its answer was lost: the citizen types that code."""
    try:
        return visit.look_up(visit.centre.send_sms)
    except Refusal as refusal:
        if refusal.code != "sms-too-soon":
            raise
        return SmsSent(phone=_phone(visit), resend_after_s=_RESEND_S, valid_s=0)


def _phone(visit: Visit) -> str:
    """The masked number of the phone on file, as the centre's offer of this way has it."""
    session = visit.centre.session
    proofs = session.proofs if session else ()
    return next((proof.hint for proof in proofs if proof.way == WAY.id), "")


WAY = Way(
    "sms",
    Proves.KNOWN,
    _("短信验证码"),
    _("发到您登记的手机"),
    "message",
    prove_by_sms,
    seconds=30,
)
