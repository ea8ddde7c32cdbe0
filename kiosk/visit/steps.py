"""Every kind of question and announcement: one frozen dataclass, one page on the screen.

``Visit.ask(step)`` is typed by its step: a ``Step[T]`` is answered by a ``T``. The step checks the
answer itself, so the screen, a scripted visit and a test obey the same rule.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import ClassVar, Generic, TypeVar

from drivers.device import Request
from drivers.document_printer.types import PagesPrinted, PrintDocument
from drivers.id_card.types import IdCard, ReadCard
from drivers.receipt_printer.types import Printed, PrintSlip
from kiosk.centre.models import (
    Account,
    Document,
    Ledger,
    Loan,
    PlanEntry,
    Proof,
    Repayment,
    Withdrawal,
)
from kiosk.privacy import Sensitive
from kiosk.words import Sayable, Text, _

T = TypeVar("T")


class NotAnAnswer(ValueError):
    """What was given does not answer the step. ``hint`` tells the citizen what would."""

    def __init__(self, hint: Text) -> None:
        super().__init__(hint.message)
        self.hint = hint


@dataclass(frozen=True, slots=True)
class Step(Generic[T]):
    """One page. A subclass says what it shows and what answers it."""

    idles: ClassVar[bool] = True
    """Whether the idle clock runs: not while a machine works and the citizen only waits."""
    turns: ClassVar[bool] = False
    """Whether its answers only turn the page: going back skips them all."""

    def check(self, answer: object) -> T:
        """``answer`` as a ``T``, or :class:`NotAnAnswer`."""
        raise NotAnAnswer(_("此页面没有可选项"))


@dataclass(frozen=True, slots=True)
class DeviceStep(Step[T]):
    """A page during which a device works; the device gives the answer.

    ``request`` goes to the device class ``device``; it must be over after ``seconds``.
    """

    request: Request[T]
    device: str = field(init=False)
    seconds: float = field(init=False)


@dataclass(frozen=True, slots=True)
class PrintStep(DeviceStep[T]):
    """A page during which paper comes out of the machine: 退出 and the clock are heard after it."""

    idles: ClassVar[bool] = False


def _one_of(answer: object, allowed: tuple[str, ...]) -> str:
    if isinstance(answer, str) and answer in allowed:
        return answer
    raise NotAnAnswer(_("请从页面上的选项中选择"))


# -- coming and going -----------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Attract(Step[None]):
    """The page that waits for somebody."""

    idles: ClassVar[bool] = False

    def check(self, answer: object) -> None:
        return None


@dataclass(frozen=True, slots=True)
class OutOfService(Step[None]):
    """设备维护中: the machine is its technician's. Nothing answers it."""

    idles: ClassVar[bool] = False


@dataclass(frozen=True, slots=True)
class PresentIdCard(DeviceStep[IdCard]):
    """请把身份证放在感应区. Answered by the reader."""

    request: Request[IdCard] = field(default_factory=ReadCard)
    device: str = field(default="id_card", init=False)
    seconds: float = field(default=90.0, init=False)


@dataclass(frozen=True, slots=True)
class ConfirmName(Step[bool]):
    """The chip had cut the name: is this the whole one?"""

    name: Sensitive[str]

    def check(self, answer: object) -> bool:
        return _one_of(answer, ("yes", "no")) == "yes"


@dataclass(frozen=True, slots=True)
class ChooseProof(Step[str]):
    """How to prove who is there: every way the centre offers, the face only as one of them."""

    proofs: tuple[Proof, ...]

    def check(self, answer: object) -> str:
        return _one_of(answer, tuple(p.method for p in self.proofs if p.available))


RESEND = "resend"


@dataclass(frozen=True, slots=True)
class EnterSmsCode(Step[str]):
    """The six digits that were sent to the phone on file. Answered by them, or by ``RESEND``."""

    phone: str  # masked
    resend_after_s: int
    wrong: Sayable | None = None  # why the last one was not taken

    def check(self, answer: object) -> str:
        if answer == RESEND:
            return RESEND
        if isinstance(answer, str) and len(answer) == 6 and answer.isascii() and answer.isdecimal():
            return answer
        raise NotAnAnswer(_("请输入短信里的 6 位数字"))


@dataclass(frozen=True, slots=True)
class Tile:
    """One service on the menu. ``closed`` says why it cannot be had now."""

    service: str
    title: Sayable
    hint: Sayable
    icon: str
    closed: Sayable | None = None


@dataclass(frozen=True, slots=True)
class Menu(Step[str]):
    """您好，想办什么？"""

    tiles: tuple[Tile, ...]

    def check(self, answer: object) -> str:
        return _one_of(answer, tuple(t.service for t in self.tiles if t.closed is None))


@dataclass(frozen=True, slots=True)
class Rate(Step[int | None]):
    """好差评: five levels, nothing chosen beforehand; ``None`` for who does not want to."""

    title: Sayable

    def check(self, answer: object) -> int | None:
        if answer == "skip":
            return None
        return int(_one_of(answer, ("1", "2", "3", "4", "5")))


@dataclass(frozen=True, slots=True)
class Farewell(Step[None]):
    """The last page: take your card and your paper. Goes by itself."""

    idles: ClassVar[bool] = False
    papers: bool = False

    def check(self, answer: object) -> None:
        return None


# -- choosing -------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Option:
    """One thing to choose. ``amount`` is hidden until asked for, like every balance."""

    key: str
    title: Sayable
    hint: Sayable = ""
    icon: str = ""
    tone: str = ""  # "good", "attention", "bad": the colour of ``hint``


@dataclass(frozen=True, slots=True)
class Choose(Step[str]):
    """One question with a few answers; answered by an option's key."""

    title: Sayable
    options: tuple[Option, ...]
    lead: Sayable = ""

    def check(self, answer: object) -> str:
        return _one_of(answer, tuple(option.key for option in self.options))


# -- looking --------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Action:
    """A way on from a page that shows something; ``closed`` says why not now."""

    key: str
    title: Sayable
    icon: str
    closed: Sayable | None = None


@dataclass(frozen=True, slots=True)
class _WithActions(Step[str]):
    """Something to look at, with ways on."""

    actions: tuple[Action, ...] = field(default=(), kw_only=True)

    def check(self, answer: object) -> str:
        return _one_of(answer, tuple(a.key for a in self.actions if a.closed is None))


@dataclass(frozen=True, slots=True)
class ShowAccount(_WithActions):
    """账户查询: the balance, the state and what belongs to it."""

    account: Account


@dataclass(frozen=True, slots=True)
class ShowLedger(Step[int]):
    """缴存明细 of one year; answered by another year to look at."""

    turns: ClassVar[bool] = True
    ledger: Ledger

    def check(self, answer: object) -> int:
        return int(_one_of(answer, tuple(str(year) for year in self.ledger.years)))


@dataclass(frozen=True, slots=True)
class ShowWithdrawals(Step[None]):
    """提取记录, newest first; possibly none."""

    withdrawals: tuple[Withdrawal, ...]


@dataclass(frozen=True, slots=True)
class ShowLoan(_WithActions):
    """我的贷款: what is owed, what comes next."""

    loan: Loan


@dataclass(frozen=True, slots=True)
class ShowPlan(Step[None]):
    """还款计划: the instalments still to come."""

    loan: Loan
    entries: tuple[PlanEntry, ...]


@dataclass(frozen=True, slots=True)
class ShowRepayments(Step[None]):
    """还款明细: what was paid and what is owed."""

    loan: Loan
    entries: tuple[Repayment, ...]


# -- paper ----------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Preview(_WithActions):
    """The sealed document as it will be printed."""

    document: Document
    pdf: Sensitive[bytes]


@dataclass(frozen=True, slots=True)
class PrintingDocument(PrintStep[PagesPrinted]):
    """正在打印证明. Answered by the A4 printer."""

    request: PrintDocument
    device: str = field(default="document_printer", init=False)
    seconds: float = field(default=120.0, init=False)


@dataclass(frozen=True, slots=True)
class PrintingSlip(PrintStep[Printed]):
    """正在打印凭条. Answered by the receipt printer."""

    request: PrintSlip
    device: str = field(default="receipt_printer", init=False)
    seconds: float = field(default=45.0, init=False)


@dataclass(frozen=True, slots=True)
class PaperReady(_WithActions):
    """The paper is out: take it."""

    title: Sayable
    lead: Sayable


# -- trouble --------------------------------------------------------------------------------------


class Tone(StrEnum):
    """Attention never blames; bad is for what was refused or is frozen."""

    ATTENTION = "attention"
    BAD = "bad"


@dataclass(frozen=True, slots=True)
class Problem(_WithActions):
    """What happened, that nothing is lost, the ways on, whom to ask and the number to quote."""

    title: Sayable
    lead: Sayable
    reference: str
    advice: tuple[tuple[Sayable, Sayable], ...] = ()  # heading and what it means, in order
    tone: Tone = Tone.ATTENTION
