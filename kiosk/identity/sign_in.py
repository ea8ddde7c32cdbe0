"""Signing in: the ID card, the whole name if the chip holds only part of it, then a proof."""

from __future__ import annotations

from functools import partial

from drivers.id_card.types import IdCard
from kiosk.centre.errors import Refusal
from kiosk.centre.models import CardEvidence, Session, SmsSent
from kiosk.privacy import Sensitive, mask_name
from kiosk.visit.steps import RESEND, ChooseProof, ConfirmName, EnterSmsCode, PresentIdCard
from kiosk.visit.visit import Visit
from kiosk.words import Sayable, _

_TRY_AGAIN = ("code-wrong", "code-expired", "sms-too-soon", "sms-daily-limit")
"""Codes of refusals after which the page for the SMS code stays: the citizen may type a code again
or, after a refused resend, the code that the phone already has."""
_RESEND_S = 60
"""Seconds until the citizen may ask for another code, where the centre has not said."""


def identify(visit: Visit) -> None:
    """Sign the citizen in, from the card to the greeting. The centre makes every decision."""
    card = visit.ask(PresentIdCard())
    session = visit.look_up(partial(visit.centre.sign_in, evidence(card)))
    if session.name_to_confirm is not None:
        confirmed = visit.ask(ConfirmName(session.name_to_confirm))
        session = visit.look_up(partial(visit.centre.confirm_name, confirmed))
    _prove(visit, session)
    person = visit.look_up(visit.centre.person)
    visit.welcome(person, mask_name(person.full_name.reveal()))


def evidence(card: IdCard) -> CardEvidence:
    """The facts of the card that the terminal sends to the centre, unchanged, as read."""
    return CardEvidence(
        kind=card.kind.value,
        name=Sensitive(card.name),
        name_latin=Sensitive(card.name_latin),
        name_cut=card.name_cut,
        number=Sensitive(card.number),
        valid_to=card.valid_to,
    )


def _prove(visit: Visit, session: Session) -> None:
    """Run one of the proofs that the centre offers; the citizen chooses where there are several."""
    ways = [proof.method for proof in session.proofs if proof.available]
    method = visit.ask(ChooseProof(session.proofs)) if len(ways) > 1 else "sms"
    if method == "sms":
        phone = next((proof.hint for proof in session.proofs if proof.method == "sms"), "")
        _prove_by_sms(visit, phone)


def _prove_by_sms(visit: Visit, phone: str) -> None:
    """Have the centre send a code to the phone on file and ask for it: again after a wrong code,
    and with a new code when the citizen asks for one."""
    sent = _send_first(visit, phone)
    wrong: Sayable | None = None
    while True:
        code = visit.ask(EnterSmsCode(sent.phone, sent.resend_after_s, wrong))
        try:
            if code == RESEND:
                sent, wrong = visit.look_up(visit.centre.send_sms), None
                continue
            visit.look_up(partial(visit.centre.check_sms, Sensitive(code)))
        except Refusal as refusal:
            if refusal.code not in _TRY_AGAIN:
                raise
            wrong = _("{reason}{next_step}", reason=refusal.reason, next_step=refusal.next_step)
        else:
            return


def _send_first(visit: Visit, phone: str) -> SmsSent:
    """Have the centre send the first code. When the centre refuses with ``sms-too-soon``, it has
    already sent a code, and only its answer was lost: the citizen types that code."""
    try:
        return visit.look_up(visit.centre.send_sms)
    except Refusal as refusal:
        if refusal.code != "sms-too-soon":
            raise
        return SmsSent(phone=phone, resend_after_s=_RESEND_S, valid_s=0)
