"""The steps of a bank card with its PIN: the card in the slot, the PIN on the pad."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import ClassVar

from drivers.device import Kind, Request
from drivers.pin_pad.types import PinBlock
from drivers.smart_card.types import BankCard, ReadBankCard
from kiosk.centre.evidence import PinKey
from kiosk.privacy import Sensitive
from kiosk.visit.steps import OTHER, DeviceStep, NotAnAnswer, OtherWay, Step
from kiosk.visit.waits import PROVING
from kiosk.words import Sayable, Text, _

PIN_DIGITS = 6
"""Digits of a PIN: Chinese banks issue no other length."""


@dataclass(frozen=True, slots=True)
class PresentBankCard(DeviceStep[BankCard]):
    """请插入银行卡, to sign in. The chip card reader answers."""

    waits: Sayable = field(default=PROVING, kw_only=True)
    request: Request[BankCard] = field(default_factory=ReadBankCard)
    device: Kind = field(default=Kind.SMART_CARD, init=False)
    seconds: float = field(default=90.0, init=False)
    others: bool = False

    def check(self, answer: object) -> BankCard:
        if self.others and answer == OTHER:
            raise OtherWay
        raise NotAnAnswer(_("请插入银行卡"))


@dataclass(frozen=True, slots=True)
class PinTaken:
    """What the pad gave: the encrypted PIN, or why there is none. ``again``: whether the same pad
    may do better at another try."""

    block: PinBlock | None = None
    why_not: Text | None = None
    again: bool = False


@dataclass(frozen=True, slots=True)
class EnterPin(Step[PinTaken | None]):
    """请在密码键盘输入密码. The pad answers with a :class:`PinTaken`; None when the citizen wants
    another way, by the page's button or by 取消 on the pad.

    ``key``: the centre's key for the pad, which a pad with the bank's own key does not load.
    ``number``: the PAN, to which the pad binds the PIN.
    """

    waits: Sayable = field(default=PROVING, kw_only=True)
    idles: ClassVar[bool] = False
    key: PinKey
    number: Sensitive[str]
    wrong: Sayable | None = None  # why the centre refused the last PIN
    others: bool = False
    entered: int = 0
    """Digits that the pad holds now."""
    checking: bool = False
    """Whether the citizen has pressed 确认 on the pad."""

    def check(self, answer: object) -> PinTaken | None:
        if self.others and answer == OTHER:
            return None
        raise NotAnAnswer(_("请在密码键盘输入密码"))


ShowPin = Callable[[EnterPin], None]
"""Shows what the page of a PIN entry says now."""
