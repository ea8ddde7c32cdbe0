"""The page with the code that the citizen scans, to go on with their work on a phone."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from typing import ClassVar, Literal

from kiosk.privacy import Sensitive
from kiosk.visit.steps import NotAnAnswer, PollStep, rest_s
from kiosk.words import Sayable, _

HandoverEnd = Literal["taken", "over"]


@dataclass(frozen=True, slots=True)
class ShowHandover(PollStep[HandoverEnd]):
    """手机上继续: the code, and what the phone goes on with. Answered once the phone has taken
    over, or the code is over; 返回 leads back to where the work stands."""

    idles: ClassVar[bool] = True
    awaits_phone: ClassVar[bool] = True
    content: Sensitive[str]
    valid_s: int  # counted from ``opened_at``
    what: Sayable
    proves: bool = True  # whether the phone has to prove whose it is
    opened_at: float = field(default_factory=time.monotonic, compare=False)
    """When the centre gave the code, on the monotonic clock."""

    @property
    def valid_for_s(self) -> int:
        """Seconds until the code is over."""
        return rest_s(self.valid_s, self.opened_at)

    def check(self, answer: object) -> HandoverEnd:
        raise NotAnAnswer(_("请用手机扫码"))
