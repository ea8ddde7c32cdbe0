"""Every kind of question and announcement: one frozen dataclass, one page on the screen.

``Visit.ask(step)`` is typed by its step: a ``Step[T]`` is answered by a ``T``. The step checks the
answer itself, so the screen, a scripted visit and a test obey the same rule.
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from math import ceil
from typing import ClassVar, Generic, Literal, Protocol, TypeVar

from drivers.code_scanner.types import Code, ReadCode
from drivers.device import Kind, Request
from drivers.document_printer.types import PagesPrinted, PrintDocument
from drivers.id_card.types import IdCard, ReadCard
from drivers.receipt_printer.types import Printed, PrintSlip
from drivers.smart_card.types import (
    BankCard,
    ReadBankCard,
    ReadSocialSecurityCard,
    SocialSecurityCard,
)
from kiosk.centre.evidence import PhoneLoginState
from kiosk.centre.models import Agreement, Document
from kiosk.privacy import Sensitive
from kiosk.visit.waits import ASKING, PROVING, SENDING, TO_PRINTER
from kiosk.words import Sayable, Text, _

T = TypeVar("T")


CANNOT_DRAW = "cannot-draw"
"""The screen's own answer to a preview."""
PRINT_S, PAGE_S = 120.0, 4.0
"""Seconds for the first page of a document, from a printer that sleeps, and for each further."""


class NotAnAnswer(ValueError):
    """The given value is no answer to the step. ``hint`` tells the citizen what the step takes."""

    def __init__(self, hint: Text) -> None:
        super().__init__(hint.message)
        self.hint = hint


@dataclass(frozen=True, slots=True)
class Step(Generic[T]):
    """One page. A subclass says what its page shows and which values answer the step."""

    idles: ClassVar[bool] = True
    """Whether the idle clock runs: not while a device works and the citizen only waits."""
    awaits_phone: ClassVar[bool] = False
    """Whether the citizen needs their telephone here, and so more time before the page asks."""
    waits: Sayable = field(default=ASKING, kw_only=True)
    """The usual words of :meth:`wait_after`."""

    def wait_after(self, answer: object) -> Sayable:
        """What the citizen reads when ``answer`` takes the terminal or the centre long; None: a
        device, the camera or a phone has answered."""
        return self.waits

    turns: ClassVar[bool] = False
    """Whether the answers to this step only turn the page: 返回 skips all such answers."""

    def check(self, answer: object) -> T:
        """``answer`` as a ``T``, or :class:`NotAnAnswer`."""
        raise NotAnAnswer(_("此页面没有可选项"))

    def only_turns(self, answer: T) -> bool:
        """Whether ``answer`` only turns the page."""
        return self.turns


class AskStep(Protocol):
    """Shows a step and returns its answer."""

    def __call__(self, step: Step[T], /) -> T: ...


@dataclass(frozen=True, slots=True)
class PollStep(Step[T]):
    """A page that waits for something outside of the terminal: ``poll`` asks for it every
    ``every_s`` seconds and gives the answer to the step, or None while there is none."""

    idles: ClassVar[bool] = False
    yields: ClassVar[bool] = False
    """Whether what the citizen pressed counts before an answer that came later. False where the
    answer cannot be taken back."""
    poll: Callable[[], T | None]
    every_s: float = field(default=1.0, kw_only=True)
    goes_on: bool = field(default=False, kw_only=True)
    """Whether the page follows a page of its kind by itself, whose code was over: the time for
    which nobody has touched the screen runs on."""


@dataclass(frozen=True, slots=True)
class DeviceStep(Step[T]):
    """A page during which a device works; the device gives the answer.

    ``request`` goes to the device of the class ``device``, which must finish within ``seconds``.
    A page that idles gives it the request again then: the citizen may still come.
    """

    request: Request[T]
    device: Kind = field(init=False)
    seconds: float = field(init=False)


@dataclass(frozen=True, slots=True)
class HeldUp:
    """What the printer has told of its trouble while it prints: ``title``, and whom the print waits
    for. ``since`` when, on the monotonic clock."""

    title: Sayable
    waits_for: Sayable
    since: float = field(default_factory=time.monotonic, compare=False)

    @property
    def waited_s(self) -> int:
        """Whole seconds that the print has waited so far."""
        return int(max(0.0, time.monotonic() - self.since))


@dataclass(frozen=True, slots=True)
class PrintStep(DeviceStep[T]):
    """A page during which a printer works: 退出 and the idle clock take effect only afterwards;
    while a trouble holds the print up, 退出 cancels the print."""

    idles: ClassVar[bool] = False
    held_up: HeldUp | None = field(default=None, kw_only=True)


WITHOUT_SIGN_IN = "public"
"""The answer of the button 不登录也能办."""
STAFF = "staff"
"""The answer of the button 店员请看."""
MAINTENANCE = "maintenance"
"""The answer of the attract page when a technician has pressed its brand five times."""
SIGN_IN = "sign-in"
"""The answer of the button that leads from the public menu to signing in."""
OTHER = "other"
"""The answer of the button 换其他方式."""


class OtherWay(Exception):
    """The citizen wants to prove who they are in another way than the one on the page."""


class RemedyAsked(Exception):
    """Nobody's visit: who looks after the place wants to see, at the attract page, what can be done
    against a device's fault."""


class MaintenanceAsked(Exception):
    """Nobody's visit: a technician wants to open the terminal, at the attract page."""


def _unless_other(answer: object, others: bool) -> None:
    """Raises :class:`OtherWay` when the citizen pressed 换其他方式 on a page that has it."""
    if others and answer == OTHER:
        raise OtherWay


def one_of(answer: object, allowed: tuple[str, ...]) -> str:
    """``answer``, which must be one of ``allowed``; else :class:`NotAnAnswer`."""
    if isinstance(answer, str) and answer in allowed:
        return answer
    raise NotAnAnswer(_("请从页面上的选项中选择"))


class Tone(StrEnum):
    """What a colour says beside words. ``ATTENTION`` never blames the citizen; ``BAD`` stands for a
    refusal or a frozen account."""

    PLAIN = ""
    GOOD = "good"
    ATTENTION = "attention"
    BAD = "bad"


# -- coming and going -----------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class OpenKind:
    """What can be done now of one kind of business; ``group`` as a ``Tile`` has it."""

    group: str
    titles: tuple[Sayable, ...]


@dataclass(frozen=True, slots=True)
class Attract(Step[bool]):
    """The first page, before a visit: any touch begins the visit. Answered by whether the citizen
    pressed ``WITHOUT_SIGN_IN``. ``fault``: why the only way in does not work now. ``possible``:
    what can be done here now; ``hours``: when the centre serves at terminals, a line each.
    ``helps``: somebody without a key can do something against a device's fault; ``STAFF`` raises
    :class:`RemedyAsked`, ``MAINTENANCE`` :class:`MaintenanceAsked`: no later page leads there."""

    idles: ClassVar[bool] = False
    fault: Sayable | None = None
    possible: tuple[OpenKind, ...] = ()
    hours: tuple[Sayable, ...] = ()
    helps: bool = False

    def check(self, answer: object) -> bool:
        if self.helps and answer == STAFF:
            raise RemedyAsked
        if answer == MAINTENANCE:
            raise MaintenanceAsked
        return answer == WITHOUT_SIGN_IN


@dataclass(frozen=True, slots=True)
class OutOfService(Step[None]):
    """设备维护中: a technician works at the machine, usually not after ``until``. Nothing answers
    this step."""

    idles: ClassVar[bool] = False
    until: datetime | None = None


AGREE = "agree"
WHOLE_TEXT = "text"


@dataclass(frozen=True, slots=True)
class AgreeToTerms(Step[str]):
    """The centre's agreement and privacy notice, before anything is asked of the citizen. Answered
    by ``AGREE``, which the page has only once its box is ticked, or by ``WHOLE_TEXT``."""

    waits: Sayable = field(default=PROVING, kw_only=True)
    agreement: Agreement

    def check(self, answer: object) -> str:
        return one_of(answer, (AGREE, WHOLE_TEXT))


@dataclass(frozen=True, slots=True)
class PresentIdCard(DeviceStep[IdCard]):
    """请把身份证放在感应区. The ID-card reader answers."""

    waits: Sayable = field(default=PROVING, kw_only=True)
    request: Request[IdCard] = field(default_factory=ReadCard)
    device: Kind = field(default=Kind.ID_CARD, init=False)
    seconds: float = field(default=90.0, init=False)
    others: bool = False
    lies: bool = False
    """Whether a card lies there that was read before: it must be lifted first."""

    def check(self, answer: object) -> IdCard:
        _unless_other(answer, self.others)
        raise NotAnAnswer(_("请把身份证放在感应区"))


@dataclass(frozen=True, slots=True)
class ConfirmName(Step[bool]):
    """The chip of the card holds only the first part of a long name. The centre knows the whole
    ``name``: is this the citizen's?"""

    waits: Sayable = field(default=PROVING, kw_only=True)
    name: Sensitive[str]

    def check(self, answer: object) -> bool:
        return one_of(answer, ("yes", "no")) == "yes"


@dataclass(frozen=True, slots=True)
class WayTile:
    """One way in. ``closed`` says why the citizen cannot choose it now; ``seconds``: how long it
    usually takes, 0 where nobody can say."""

    way: str
    title: Sayable
    hint: Sayable
    icon: str
    closed: Sayable | None = None
    seconds: int = 0


@dataclass(frozen=True, slots=True)
class ChooseWay(Step[str]):
    """How the citizen wants to prove who they are; ``lead`` says why, where a service needs more
    than was shown so far. The page shows every way that the centre offers; the face is never the
    only way. ``so_far`` as in :class:`Choose`."""

    title: Sayable
    ways: tuple[WayTile, ...]
    lead: Sayable = ""
    so_far: tuple[Fact, ...] = ()

    def check(self, answer: object) -> str:
        return one_of(answer, tuple(tile.way for tile in self.ways if tile.closed is None))


def rest_s(seconds: float, since: float) -> int:
    """What is left now of the ``seconds`` that began at ``since``, on the monotonic clock."""
    return max(0, ceil(seconds - max(0.0, time.monotonic() - since)))


RESEND = "resend"
SLIP = "slip"
"""The key of the button that prints a slip."""


@dataclass(frozen=True, slots=True)
class EnterSmsCode(Step[str]):
    """The centre has sent six digits to the phone on file. Answered by the six digits, or by
    ``RESEND`` for a new code."""

    waits: Sayable = field(default=PROVING, kw_only=True)
    awaits_phone: ClassVar[bool] = True
    phone: str  # masked
    resend_after_s: int  # counted from ``sent_at``
    wrong: Sayable | None = None  # why the centre refused the last code
    sent_at: float = field(default_factory=time.monotonic, compare=False)
    """When the code was sent, on the monotonic clock: a wrong code sends nothing, so that the page
    after a wrong code counts on from here."""
    business: Sayable = ""
    """Set: the code confirms this operation; it is never the code of signing in."""
    others: bool = False  # whether other ways are open

    @property
    def resend_in_s(self) -> int:
        """Seconds until the citizen may ask for another code."""
        return rest_s(self.resend_after_s, self.sent_at)

    def wait_after(self, answer: object) -> Sayable:
        return SENDING if answer == RESEND else self.waits

    def check(self, answer: object) -> str:
        _unless_other(answer, self.others)
        if answer == RESEND:
            return RESEND
        if isinstance(answer, str) and len(answer) == 6 and answer.isascii() and answer.isdecimal():
            return answer
        raise NotAnAnswer(_("请输入短信里的 6 位数字"))


@dataclass(frozen=True, slots=True)
class ShowPhoneCode(PollStep[PhoneLoginState]):
    """The QR code that the citizen scans with their phone, and the two digits that the phone asks
    for. Answered when the phone has agreed or declined, or the code is over."""

    waits: Sayable = field(default=PROVING, kw_only=True)
    idles: ClassVar[bool] = True
    awaits_phone: ClassVar[bool] = True
    yields: ClassVar[bool] = True
    content: Sensitive[str]
    digits: str
    valid_s: int  # counted from ``opened_at``
    opened_at: float = field(default_factory=time.monotonic, compare=False)
    """When the centre opened the login, on the monotonic clock: the page in another language, and
    the page to which the citizen went back, count on from here."""
    others: bool = False
    business: Sayable = ""
    """Set: the phone agrees to this operation, and signs nobody in."""

    @property
    def valid_for_s(self) -> int:
        """Seconds until the code is over."""
        return rest_s(self.valid_s, self.opened_at)

    def check(self, answer: object) -> PhoneLoginState:
        _unless_other(answer, self.others)
        raise NotAnAnswer(_("请用手机扫码"))


@dataclass(frozen=True, slots=True)
class IsItYou(Step[bool]):
    """张*，是您吗？ Somebody agreed on a phone: the citizen says whether that was them."""

    waits: Sayable = field(default=PROVING, kw_only=True)
    name: Sensitive[str]  # masked

    def check(self, answer: object) -> bool:
        return one_of(answer, ("yes", "no")) == "yes"


@dataclass(frozen=True, slots=True)
class ShowFundCode(DeviceStep[Code]):
    """亮码可办: the citizen holds the code on their phone before the scanner."""

    waits: Sayable = field(default=PROVING, kw_only=True)
    awaits_phone: ClassVar[bool] = True
    request: Request[Code] = field(default_factory=ReadCode)
    device: Kind = field(default=Kind.CODE_SCANNER, init=False)
    seconds: float = field(default=90.0, init=False)
    others: bool = False

    def check(self, answer: object) -> Code:
        _unless_other(answer, self.others)
        raise NotAnAnswer(_("请把手机上的码对准扫码窗"))


@dataclass(frozen=True, slots=True)
class PresentSocialSecurityCard(DeviceStep[SocialSecurityCard]):
    """请插入社保卡. The chip card reader answers."""

    waits: Sayable = field(default=PROVING, kw_only=True)
    request: Request[SocialSecurityCard] = field(default_factory=ReadSocialSecurityCard)
    device: Kind = field(default=Kind.SMART_CARD, init=False)
    seconds: float = field(default=90.0, init=False)
    others: bool = False

    def check(self, answer: object) -> SocialSecurityCard:
        _unless_other(answer, self.others)
        raise NotAnAnswer(_("请插入社保卡"))


@dataclass(frozen=True, slots=True)
class PresentNewBankCard(DeviceStep[BankCard]):
    """请插入新的银行卡. The chip card reader answers. Raises :class:`OtherWay` where the citizen
    types the number instead."""

    request: Request[BankCard] = field(default_factory=ReadBankCard)
    device: Kind = field(default=Kind.SMART_CARD, init=False)
    seconds: float = field(default=90.0, init=False)

    def check(self, answer: object) -> BankCard:
        _unless_other(answer, True)
        raise NotAnAnswer(_("请插入银行卡"))


@dataclass(frozen=True, slots=True)
class EnterPassword(Step[Sensitive[str]]):
    """The six digits of the query password 查询密码; with ``unit``, of the password of a unit."""

    waits: Sayable = field(default=PROVING, kw_only=True)
    wrong: Sayable | None = None  # why the centre refused the last one
    others: bool = False
    unit: bool = False

    def check(self, answer: object) -> Sensitive[str]:
        _unless_other(answer, self.others)
        if isinstance(answer, str) and len(answer) == 6 and answer.isascii() and answer.isdecimal():
            return Sensitive(answer)
        raise NotAnAnswer(_("请输入 6 位单位密码") if self.unit else _("请输入 6 位查询密码"))


@dataclass(frozen=True, slots=True)
class EnterNewPassword(Step[Sensitive[str]]):
    """A new query password: six digits that the citizen chooses. ``again``: the same once more."""

    again: bool = False
    wrong: Sayable | None = None  # why the last one does not do

    def check(self, answer: object) -> Sensitive[str]:
        if isinstance(answer, str) and len(answer) == 6 and answer.isascii() and answer.isdecimal():
            return Sensitive(answer)
        raise NotAnAnswer(_("请输入 6 位数字"))


@dataclass(frozen=True, slots=True)
class Tile:
    """One service on the menu. ``closed`` says why the citizen cannot choose the service now;
    ``group`` is the kind of business, as the centre's catalogue names it."""

    service: str
    title: Sayable
    hint: Sayable
    icon: str
    closed: Sayable | None = None
    group: str = ""


@dataclass(frozen=True, slots=True)
class Menu(Step[str]):
    """想办什么？ Answered by a service. ``public``: the menu of what needs no sign-in, which
    ``SIGN_IN`` answers too."""

    tiles: tuple[Tile, ...]
    public: bool = False

    def check(self, answer: object) -> str:
        services = tuple(t.service for t in self.tiles if t.closed is None)
        return one_of(answer, (*services, SIGN_IN) if self.public else services)


@dataclass(frozen=True, slots=True)
class Rate(Step[int | None]):
    """好差评: five levels, none of them chosen beforehand; ``None`` when the citizen skips."""

    title: Sayable

    def check(self, answer: object) -> int | None:
        if answer == "skip":
            return None
        return int(one_of(answer, ("1", "2", "3", "4", "5")))


@dataclass(frozen=True, slots=True)
class Farewell(Step[None]):
    """The last page: take your card and your paper. The page closes by itself."""

    idles: ClassVar[bool] = False
    papers: bool = False
    card: Kind | None = None
    """The reader of the citizen's card; None: they have shown none."""
    lies: bool = False
    """Whether a device still holds a card: then only its removal closes the page."""
    why: Sayable = ""
    """Why the visit has ended, where it was not the citizen who ended it."""

    @property
    def words(self) -> Sayable:
        """What to take along, on the screen and by voice; "": nothing."""
        return TAKE_CARD if self.lies else TAKE_ALONG[self.card, self.papers]

    def check(self, answer: object) -> None:
        return None


TAKE_CARD = _("请拿走您的证件")
TAKE_ALONG: Mapping[tuple[Kind | None, bool], Sayable] = {
    (Kind.ID_CARD, True): _("请带好身份证和打印的纸张"),
    (Kind.ID_CARD, False): _("请带好身份证"),
    (Kind.SMART_CARD, True): _("请带好您的卡和打印的纸张"),
    (Kind.SMART_CARD, False): _("请带好您的卡"),
    (None, True): _("请带好打印的纸张"),
    (None, False): "",
}
"""What not to leave behind, by the reader of the citizen's card and whether paper has come out."""


# -- choosing -------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Option:
    """One thing to choose."""

    key: str
    title: Sayable
    hint: Sayable = ""
    icon: str = ""
    tone: Tone = Tone.PLAIN  # the colour of ``hint``


@dataclass(frozen=True, slots=True)
class Choose(Step[str]):
    """One question with a few answers; answered by an option's key. ``so_far``: what is known or
    done already, above the answers where there is room. ``leave``: whether 退出 is there."""

    title: Sayable
    options: tuple[Option, ...]
    lead: Sayable = ""
    so_far: tuple[Fact, ...] = ()
    leave: bool = field(default=True, kw_only=True)

    def check(self, answer: object) -> str:
        return one_of(answer, tuple(option.key for option in self.options))


# -- looking --------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Action:
    """A button that leads on from a page. ``closed`` says why the button does not work now."""

    key: str
    title: Sayable
    icon: str
    closed: Sayable | None = None


@dataclass(frozen=True, slots=True)
class _WithActions(Step[str]):
    """A page with buttons that lead on; answered by the key of an action."""

    actions: tuple[Action, ...] = field(default=(), kw_only=True)

    def wait_after(self, answer: object) -> Sayable:
        return TO_PRINTER if answer == SLIP else self.waits

    def check(self, answer: object) -> str:
        return one_of(answer, tuple(a.key for a in self.actions if a.closed is None))


@dataclass(frozen=True, slots=True)
class Headline:
    """The most important number of a statement, in large digits. ``amount`` is hidden until the
    citizen presses the eye, unless it is ``plain``: about nobody. ``under`` says the day and the
    account of the amount."""

    label: Sayable
    amount: Sensitive[Decimal]
    under: Sayable = ""
    plain: bool = False


@dataclass(frozen=True, slots=True)
class Fact:
    """A label with a value. With a ``tone``, the value is a state and stands on a badge.

    ``hidden``: every ``Decimal`` of the value is hidden until the citizen presses the eye.
    """

    label: Sayable
    value: Sayable
    tone: Tone = Tone.PLAIN
    hidden: bool = False


@dataclass(frozen=True, slots=True)
class ShowStatement(_WithActions):
    """A statement of facts, in order. ``headline`` stands above the facts.

    ``note`` tells the citizen more about the statement, on a ground in the colour of
    ``note_tone``; the amounts in the note are hidden like the headline's.
    """

    title: Sayable
    facts: tuple[Fact, ...]
    headline: Headline | None = None
    lead: Sayable = ""
    note: Sayable = ""
    note_tone: Tone = Tone.ATTENTION


@dataclass(frozen=True, slots=True)
class Column:
    """A column of a table, and how each of its cells is shown.

    ``hidden``: every ``Decimal`` of the column is hidden until the citizen presses the eye.
    ``wide``: a screen too narrow for all columns leaves this column out. ``signed``: amounts carry
    + or -.
    """

    title: Sayable
    weight: Literal["plain", "strong", "quiet"] = "plain"
    right: bool = False
    wide: bool = False
    hidden: bool = False
    signed: bool = False


def amounts(
    title: Sayable,
    weight: Literal["plain", "strong", "quiet"] = "plain",
    *,
    wide: bool = False,
    signed: bool = False,
) -> Column:
    """A column of money: right-aligned, hidden until the citizen presses the eye."""
    return Column(title, weight, right=True, wide=wide, hidden=True, signed=signed)


@dataclass(frozen=True, slots=True)
class Cell:
    """A value in a table, in the colour of ``tone``."""

    value: Sayable
    tone: Tone


@dataclass(frozen=True, slots=True)
class Tab:
    """A tab of a table page: the citizen presses it for another table, such as another year's."""

    key: str
    title: Sayable


@dataclass(frozen=True, slots=True)
class ShowTable(Step[str]):
    """A table, turned sheet by sheet; answered by the key of the tab that the citizen presses, or
    of ``action``, the button that leads on, or of ``phone``, which stands beside it; a closed
    ``action`` is told beside the lead.

    Every row has a value for every column. Days are written 2026-01-15, months 2026-01; the
    amounts in ``lead`` are hidden like those of a hidden column.
    """

    title: Sayable
    columns: tuple[Column, ...]
    rows: tuple[tuple[Sayable | Cell, ...], ...]
    empty: Sayable
    """The sentence that a table without rows shows."""
    lead: Sayable = ""
    tabs: tuple[Tab, ...] = ()
    tab: str = ""
    """The key of the tab that is shown."""
    sums: tuple[Fact, ...] = ()
    """What the rows come to, above the table; at most three."""
    action: Action | None = None
    phone: Action | None = None

    def check(self, answer: object) -> str:
        ways = (each for each in (self.action, self.phone) if each and each.closed is None)
        return one_of(answer, (*(tab.key for tab in self.tabs), *(each.key for each in ways)))

    def only_turns(self, answer: str) -> bool:
        return all(each is None or answer != each.key for each in (self.action, self.phone))


# -- entering and confirming ----------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Rest:
    """The rest that remains: ``of`` minus the entered number."""

    label: Sayable
    of: Decimal


@dataclass(frozen=True, slots=True)
class EnterNumber(Step[Decimal]):
    """A number from ``least`` to ``most``: an amount to the fen, or a whole number.

    The citizen sees ``rest`` change as they type. Answered by digits with at most ``places``
    places after the point.
    """

    title: Sayable
    label: Sayable
    unit: Sayable
    least: Decimal
    most: Decimal
    lead: Sayable = ""
    places: Literal[0, 2] = 2
    rest: Rest | None = None
    whole: bool = True
    """Whether 全部, which enters ``most``, makes sense here."""
    grouped: bool = True
    """Whether the digits stand in groups of three: not those of a year."""
    phone: bool = False
    """Whether the citizen may go on on a phone instead: ``OTHER`` then raises `OtherWay`."""

    def check(self, answer: object) -> Decimal:
        _unless_other(answer, self.phone)
        digits = rf"[0-9]{{1,12}}(\.[0-9]{{1,{self.places}}})?" if self.places else "[0-9]{1,12}"
        if not isinstance(answer, str) or not re.fullmatch(digits, answer):
            raise NotAnAnswer(_("请输入数字"))
        number = Decimal(answer)
        if number < self.least:
            raise NotAnAnswer(self.too_small)
        if number > self.most:
            raise NotAnAnswer(self.too_large)
        return number

    @property
    def too_small(self) -> Text:
        """The hint for a number below ``least``."""
        return _("最少 {number} {unit}", number=self.written(self.least), unit=self.unit)

    @property
    def too_large(self) -> Text:
        """The hint for a number above ``most``."""
        return _("最多 {number} {unit}", number=self.written(self.most), unit=self.unit)

    def written(self, number: Decimal) -> str:
        """``number`` as the page writes it."""
        return f"{number:,.{self.places}f}" if self.grouped else f"{number:.{self.places}f}"


@dataclass(frozen=True, slots=True)
class EnterDigits(Step[Sensitive[str]]):
    """A number that is a name and no amount, such as that of a card: from ``least`` to ``most``
    digits. On the page, ``first`` digits stand together, and then always four."""

    title: Sayable
    lead: Sayable
    label: Sayable
    least: int
    most: int
    first: int = 4
    wrong: Sayable | None = None  # why the last one does not do
    others: bool = False

    def check(self, answer: object) -> Sensitive[str]:
        _unless_other(answer, self.others)
        digits = isinstance(answer, str) and answer.isascii() and answer.isdecimal()
        if not digits or not self.least <= len(str(answer)) <= self.most:
            raise NotAnAnswer(_("请输入完整的号码"))
        return Sensitive(str(answer))


@dataclass(frozen=True, slots=True)
class Confirm(Step[bool]):
    """An order before it is sent: all its facts, and two equal buttons; answered yes or no.

    The page hides no amount: the citizen sees every fact that they confirm. ``note`` says what
    ``yes`` means.
    """

    title: Sayable
    facts: tuple[Fact, ...]
    yes: Sayable
    no: Sayable
    headline: Headline | None = None
    lead: Sayable = ""
    note: Sayable = ""

    def check(self, answer: object) -> bool:
        return one_of(answer, ("yes", "no")) == "yes"


# -- paper ----------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Preview(_WithActions):
    """The sealed document as it will be printed. The screen answers ``CANNOT_DRAW`` for a document
    that nobody can see."""

    waits: Sayable = field(default=TO_PRINTER, kw_only=True)
    document: Document
    pdf: Sensitive[bytes]

    def check(self, answer: object) -> str:
        keys = tuple(action.key for action in self.actions if action.closed is None)
        return one_of(answer, (*keys, CANNOT_DRAW))


@dataclass(frozen=True, slots=True)
class PrintingDocument(PrintStep[PagesPrinted]):
    """正在打印证明, or how else the document is called. The A4 printer answers."""

    request: PrintDocument
    paper: Text
    device: Kind = field(default=Kind.DOCUMENT_PRINTER, init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "seconds", PRINT_S + PAGE_S * (self.request.pages - 1))


@dataclass(frozen=True, slots=True)
class PrintingSlip(PrintStep[Printed]):
    """正在打印凭条. The receipt printer answers."""

    request: PrintSlip
    device: Kind = field(default=Kind.RECEIPT_PRINTER, init=False)
    seconds: float = field(default=45.0, init=False)


@dataclass(frozen=True, slots=True)
class PaperReady(_WithActions):
    """The paper has come out: the citizen should take the paper. ``sheets`` lie in the opening of
    ``printer``."""

    title: Sayable
    lead: Sayable
    printer: Kind = Kind.RECEIPT_PRINTER
    sheets: int = 1


# -- trouble --------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Problem(_WithActions):
    """A trouble: what happened, that nothing is lost, what to do next, whom to ask, and the number
    to quote."""

    title: Sayable
    lead: Sayable
    reference: str
    advice: tuple[tuple[Sayable, Sayable], ...] = ()  # heading and sentence, in order
    tone: Tone = Tone.ATTENTION
