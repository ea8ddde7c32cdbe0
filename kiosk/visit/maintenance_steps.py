"""The technician's pages: ways to open the terminal, what is to be done, devices, acts."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import ClassVar

from drivers.code_scanner.types import Code, ReadCode
from drivers.device import Kind, Request
from drivers.smart_card.types import BankCard, ReadAnyCard, SocialSecurityCard
from kiosk.privacy import Sensitive
from kiosk.visit.steps import (
    Action,
    DeviceStep,
    Fact,
    NotAnAnswer,
    PollStep,
    PresentIdCard,
    Step,
    Tone,
    one_of,
    rest_s,
)
from kiosk.words import Sayable, _

STAFF_PIN_DIGITS = 6
END = "end"
"""The answer of the button that ends the maintenance."""
OVER = "over"
"""The answer in place of a technician's: the time of the ticket has passed."""


@dataclass(frozen=True, slots=True)
class ScanTicket(DeviceStep[Code]):
    """请把维护工单上的二维码对准扫码窗. The scanner answers."""

    request: Request[Code] = field(default_factory=ReadCode)
    device: Kind = field(default=Kind.CODE_SCANNER, init=False)
    seconds: float = field(default=90.0, init=False)

    def check(self, answer: object) -> Code:
        raise NotAnAnswer(_("请把工单上的二维码对准扫码窗"))


@dataclass(frozen=True, slots=True)
class PresentStaffCard(DeviceStep[BankCard | SocialSecurityCard]):
    """请插入工作卡. The chip card reader answers."""

    request: Request[BankCard | SocialSecurityCard] = field(default_factory=ReadAnyCard)
    device: Kind = field(default=Kind.SMART_CARD, init=False)
    seconds: float = field(default=90.0, init=False)

    def check(self, answer: object) -> BankCard | SocialSecurityCard:
        raise NotAnAnswer(_("请插入工作卡"))


@dataclass(frozen=True, slots=True)
class PresentStaffIdCard(PresentIdCard):
    """请放工作人员的身份证: of somebody on the roster, never the citizen's."""


@dataclass(frozen=True, slots=True)
class EnterStaffPin(Step[Sensitive[str]]):
    """The PIN of the staff member whose card was read."""

    wrong: Sayable | None = None

    def check(self, answer: object) -> Sensitive[str]:
        if (
            isinstance(answer, str)
            and len(answer) == STAFF_PIN_DIGITS
            and answer.isascii()
            and answer.isdecimal()
        ):
            return Sensitive(answer)
        raise NotAnAnswer(_("请输入 6 位工作密码"))


@dataclass(frozen=True, slots=True)
class Todo:
    """One thing to be done: what is wrong, what mends it, and the ``device`` that it is about."""

    title: Sayable
    mend: Sayable = ""
    tone: Tone = Tone.ATTENTION
    device: Kind | None = None


@dataclass(frozen=True, slots=True)
class DeviceCard:
    """A device on the maintenance page: its state as a word, and a line of what else is known."""

    device: Kind
    title: Sayable
    icon: str
    state: Sayable
    tone: Tone
    line: Sayable = ""


@dataclass(frozen=True, slots=True)
class MaintenanceHome(PollStep[str]):
    """What is to be done, the devices, the counters, and the acts. Answered by a device's kind, by
    the key of an act, by ``END``, or by ``OVER``."""

    idles: ClassVar[bool] = True
    renew: Callable[[], MaintenanceHome] = field(compare=False)
    """Makes the page as the devices are now."""
    heading: Sayable
    """The terminal, and the work order where there is one."""
    who: Sayable
    todo: tuple[Todo, ...]
    """The worst first."""
    devices: tuple[DeviceCard, ...]
    counters: tuple[Fact, ...]
    acts: tuple[Action, ...]
    said: Sayable = ""
    """What the last act came to."""
    lasts_s: float = 0.0
    """The time of the ticket from ``since`` on; 0: there is no end."""
    since: float = field(default_factory=time.monotonic, compare=False)

    @property
    def left_s(self) -> int:
        """Whole seconds until the time of the ticket is over; 0: there is no end."""
        return max(1, rest_s(self.lasts_s, self.since)) if self.lasts_s else 0

    def check(self, answer: object) -> str:
        acts = (act.key for act in self.acts if act.closed is None)
        return one_of(answer, (*(card.device for card in self.devices), *acts, END))
