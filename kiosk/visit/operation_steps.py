"""The steps of an operation: the quote to confirm, the wait for the result, how it ended."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from decimal import Decimal
from math import ceil
from typing import ClassVar

from kiosk.centre.operations import AgreedText, Operation, Trial
from kiosk.privacy import Sensitive
from kiosk.visit.steps import Action, ChooseWay, Fact, Option, PollStep, Step, one_of, rest_s
from kiosk.words import Sayable

CONFIRM = "confirm"
MOVED_ON, CODE_OVER, LATER = "moved-on", "code-over", "later"
ASK = "ask"
"""Answer of the confirmation page when its countdown is over: ask the centre, which alone knows."""


@dataclass(frozen=True, slots=True)
class ConfirmOperation(Step[str]):
    """请核对后确认: the quote. Answered by ``CONFIRM``, by holding the button or in two presses; by
    ``ASK``; or by the id of a text that the citizen wants to read."""

    operation: Operation
    holder: str  # masked
    until: float | None = None
    """When the quote is over, on the monotonic clock: a quote that is shown again counts on. None:
    the centre has not said."""

    @property
    def valid_for_s(self) -> int:
        """Seconds until the terminal asks the centre whether the quote is over, at least one; 0: it
        does not ask."""
        return 0 if self.until is None else max(1, ceil(self.until - time.monotonic()))

    def check(self, answer: object) -> str:
        return one_of(answer, (CONFIRM, ASK, *(text.id for text in self.operation.texts)))


@dataclass(frozen=True, slots=True)
class ChooseReason(Step[str]):
    """What can be had stands above what cannot; what cannot says why. Answered by a key of either:
    what cannot be had leads to its ways on. ``note`` says how to object."""

    title: Sayable
    lead: Sayable
    can: tuple[Option, ...]
    cannot: tuple[Option, ...]
    note: Sayable = ""

    def check(self, answer: object) -> str:
        return one_of(answer, tuple(option.key for option in (*self.can, *self.cannot)))


@dataclass(frozen=True, slots=True)
class CompareTrial(Step[str]):
    """The ways of a trial side by side, the same lines in the same order; answered by a way."""

    title: Sayable
    lead: Sayable
    trial: Trial

    def check(self, answer: object) -> str:
        return one_of(answer, tuple(choice.way for choice in self.trial.choices))


@dataclass(frozen=True, slots=True)
class ReadText(Step[None]):
    """A text that the citizen agrees to with the confirmation, in full; only 返回 leads on."""

    text: AgreedText


@dataclass(frozen=True, slots=True)
class AwaitConsent(PollStep[str]):
    """The code that the spouse scans with their own phone, to agree to the operation. Answered by
    ``MOVED_ON`` once the operation waits no more, by ``CODE_OVER``, or by ``LATER``: the citizen
    leaves it waiting, and goes on at any terminal."""

    idles: ClassVar[bool] = True
    awaits_phone: ClassVar[bool] = True
    operation: Operation
    content: Sensitive[str]
    valid_s: int  # counted from ``opened_at``
    opened_at: float = field(default_factory=time.monotonic, compare=False)
    """When the centre gave the code, on the monotonic clock."""

    @property
    def valid_for_s(self) -> int:
        """Seconds until the code is over."""
        return rest_s(self.valid_s, self.opened_at)

    def check(self, answer: object) -> str:
        return one_of(answer, (LATER,))


@dataclass(frozen=True, slots=True)
class AwaitClerk(ChooseWay):
    """请等候工作人员授权: a clerk of the branch comes, and chooses by which card they approve."""

    awaits_phone: ClassVar[bool] = True  # somebody has to come first, as a phone has to be found


@dataclass(frozen=True, slots=True)
class AwaitResult(Step[str]):
    """结果确认中，请不要再提交. ``accepted``: the centre works on the operation. ``resumed``: an
    earlier visit began it. ``free``: the citizen may leave. ``next_s``: seconds from ``since``
    until the terminal asks the centre again; None: it does not."""

    operation: Operation
    accepted: bool = False
    resumed: bool = False
    free: bool = True
    next_s: float | None = None
    since: float = field(default_factory=time.monotonic, compare=False)
    """On the monotonic clock: the page in another language counts on from here."""
    actions: tuple[Action, ...] = ()

    @property
    def asks_in_s(self) -> int:
        """Seconds until the terminal asks again, at least one; 0: it does not ask."""
        return 0 if self.next_s is None else max(1, rest_s(self.next_s, self.since))

    def check(self, answer: object) -> str:
        return one_of(answer, tuple(each.key for each in self.actions if each.closed is None))


@dataclass(frozen=True, slots=True)
class Deciding(Step[None]):
    """正在提交，请稍候: nothing can be pressed while it is decided. ``after_s`` seconds later the
    screen shows ``becomes`` by itself, even while the visit waits for an answer."""

    idles: ClassVar[bool] = False
    operation: Operation
    becomes: AwaitResult
    after_s: float


@dataclass(frozen=True, slots=True)
class ShowOutcome(Step[str]):
    """The operation is done: what the centre has booked, and the serial to quote."""

    title: Sayable
    lead: Sayable
    amount: Decimal | None
    amount_label: Sayable
    facts: tuple[Fact, ...]
    note: Sayable = ""
    actions: tuple[Action, ...] = field(default=(), kw_only=True)

    def check(self, answer: object) -> str:
        return one_of(answer, tuple(each.key for each in self.actions if each.closed is None))
