"""Way in: the PIN of the bank card that began the visit. Proves a secret, beside the held card."""

from __future__ import annotations

from functools import partial

from drivers.device import Kind
from drivers.pin_pad.types import PinBlock
from kiosk.centre.errors import Refusal
from kiosk.centre.evidence import PinEvidence
from kiosk.centre.models import Session
from kiosk.identity.way import Present, Proves, Way
from kiosk.privacy import Sensitive
from kiosk.visit.pin_steps import EnterPin, PinTaken
from kiosk.visit.steps import OTHER, Choose, Option, OtherWay
from kiosk.visit.visit import Visit
from kiosk.words import Sayable, _

_TRY_AGAIN = ("pin-wrong", "try-later")
_AGAIN = "again"


def prove_by_pin(visit: Visit, present: Present, others: bool) -> None:
    """Have the PIN entered at the pad, and again after a wrong one; the centre, or the bank behind
    it, decrypts, counts and delays. Raises :class:`OtherWay`, which the pad's page and 取消 offer,
    and a pad that cannot encrypt leads to."""
    wrong: Sayable | None = None
    while True:
        try:
            came = visit.look_up(partial(_one_entry, visit, present, wrong, others))
        except Refusal as refusal:
            if refusal.code not in _TRY_AGAIN:
                raise
            wrong = _("{reason}{next_step}", reason=refusal.reason, next_step=refusal.next_step)
            continue
        if isinstance(came, Session):
            return
        if came is None:
            raise OtherWay
        wrong = None
        if not came.again:
            visit.pin_closed = came.why_not
        if visit.ask(_failed(came)) == OTHER:
            raise OtherWay


def _one_entry(
    visit: Visit, present: Present, wrong: Sayable | None, others: bool
) -> Session | PinTaken | None:
    """One PIN, from its key to the centre's word: the session, why the pad gave none, or None for
    another way. A key of the centre serves for one entry, and a block that came twice would count
    as a wrong PIN: where no answer came, the PIN is entered anew. No replay keeps a block."""
    key = visit.centre.logins.pin_key()
    page = EnterPin(key, _number(visit), wrong, others)
    taken = visit.present(page, back=visit.person is not None)
    if taken is None or taken.block is None:
        return taken
    return present(evidence(taken.block))


def _failed(taken: PinTaken) -> Choose:
    """Another way, or once more where that can help."""
    other = Option(OTHER, _("换其他方式"), _("一样能办"), "message")
    again = Option(_AGAIN, _("再输一次"), _("在密码键盘上输入"), "keypad")
    return Choose(
        taken.why_not or "",
        (other, again) if taken.again else (other,),
        _("没关系，您的账户没有任何变动"),
    )


def _number(visit: Visit) -> Sensitive[str]:
    if visit.card_number is None:
        raise RuntimeError("a PIN is asked for before a bank card was read")
    return visit.card_number


def evidence(block: PinBlock) -> PinEvidence:
    """The block as the pad made it; ``key_serial`` tells the centre who can decrypt the block."""
    return PinEvidence(
        algorithm=block.algorithm.value,
        key_serial=block.key_serial,
        block=Sensitive(block.block.hex()),
    )


WAY = Way(
    "pin",
    Proves.KNOWN,
    _("银行卡密码"),
    _("在密码键盘上输入，屏幕看不到"),
    "keypad",
    prove_by_pin,
    devices=(Kind.PIN_PAD,),
    closed=lambda visit: visit.pin_closed,
    seconds=15,
)
