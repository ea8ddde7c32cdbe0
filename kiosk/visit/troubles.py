"""The words of a trouble: what happened, that nothing is lost, what to do next, whom to ask."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import Enum

from drivers.device import DeviceError, Kind, Reason, State, Status
from kiosk.centre.errors import AnotherPerson, CentreUnavailable, Refusal, Trouble, reference_number
from kiosk.centre.models import Document
from kiosk.papers.checker import NotChecked
from kiosk.papers.day_report import DEVICES
from kiosk.papers.pictures import CannotDraw
from kiosk.papers.sealed import Flaw, NotOurs
from kiosk.visit.steps import Action, HeldUp, Problem, Tone
from kiosk.words import Sayable, Text, _

PAPER_TROUBLES = (NotOurs, NotChecked, CannotDraw)
"""Why a document that the centre has made is neither shown nor printed."""
RETRY = "retry"
MENU = "menu"
LEAVE = "leave"

PASSING = frozenset({"service-busy", "seal-unavailable"})
"""Codes of refusals after which the citizen may ask the same again in a moment."""
_OF_THE_PERSON = ("no-account", "name-not-confirmed")
"""Codes of refusals, beside those of cards, after which another person's card can help."""
SESSION_OVER = "session-over"
"""Code of the refusal that says: the centre has ended the session of this visit."""
RISK_CODES = "risk-"
"""How the codes of refusals begin that come from the centre's risk rules 稽核."""

_MADE_ANEW = frozenset(
    (
        *(Flaw.NOT_A_PDF, Flaw.OTHER_FILE, Flaw.OTHER_DOCUMENT, Flaw.OTHER_HOLDER),
        *(Flaw.PAGE_COUNT, Flaw.OTHER_TIME),
    )
)
"""What a document that the centre makes anew may not have; of all other flaws the centre would only
make the same document again."""

_TRY_AGAIN = Action(RETRY, _("再试一次"), "again")
_TO_MENU = Action(MENU, _("返回首页"), "home")
_TO_BEGIN = Action(LEAVE, _("返回首页"), "home")
_OTHER_CARD = Action(RETRY, _("换一张证件"), "card")
_BEGIN_ANEW = Action(RETRY, _("重新开始"), "again")

_CALL: tuple[Sayable, Sayable] = (_("电话咨询"), _("拨打 12329，报下面的编号"))
_COUNTER: tuple[Sayable, Sayable] = (_("到柜台办理"), _("带上本人身份证，到任一网点都可以办理"))


class Standing(Enum):
    """What a page may say of the citizen's account: what this visit knows of its operations."""

    UNCHANGED = "unchanged"  # nothing was confirmed
    ENDED = "ended"  # all that was confirmed has ended, and each end was shown
    UNDECIDED = "undecided"  # something was confirmed, here or in an earlier visit: its end is open


STANDING_WORDS: Mapping[Standing, Text] = {
    Standing.UNCHANGED: _("您的账户没有任何变动。"),
    Standing.ENDED: _("已经办理的业务不受影响。"),
    Standing.UNDECIDED: _("您确认的业务最多只办一次，请不要再提交；结果会发短信告诉您。"),
}


def problem_of(
    error: Refusal | CentreUnavailable | DeviceError | NotOurs | NotChecked | CannotDraw,
    *,
    signed_in: bool,
    public: bool = False,
    standing: Standing = Standing.UNCHANGED,
    certified: bool = True,
) -> Problem:
    """The page for ``error``; what it says of the account is the ``standing``. ``certified``: the
    terminal's certificate for the centre has not ended.

    Its actions: ``RETRY`` where a second try can help, ``MENU`` once the citizen is signed in or at
    the ``public`` menu, ``LEAVE`` when the visit is over. Every page has 退出 besides.
    """
    way_on = (_TO_MENU,) if signed_in or public else ()
    match error:
        case Refusal():
            passes = error.code in PASSING
            return Problem(
                title=error.reason,
                lead=_of_the_account(standing, signed_in=signed_in),
                advice=((_("接下来怎么办"), error.next_step), _CALL),
                reference=error.reference,
                tone=Tone.ATTENTION if passes or error.code == SESSION_OVER else Tone.BAD,
                actions=_ways_on_from(error, way_on),
            )
        case CentreUnavailable() if not certified and not isinstance(error, AnotherPerson):
            return Problem(
                title=_("本终端的证书已到期，暂停服务"),
                lead=_of_the_account(standing, signed_in=signed_in),
                advice=((_("换一台终端"), _("到其他自助终端，重新选择这项服务")), _COUNTER, _CALL),
                reference=error.reference,
                actions=way_on or (_TO_BEGIN,),
            )
        case CentreUnavailable():
            title, lead = _CENTRE[error.trouble]
            if standing is not Standing.UNCHANGED:
                lead = STANDING_WORDS[standing]
            over = isinstance(error, AnotherPerson)
            return Problem(
                title=title,
                lead=lead,
                advice=(
                    (_("稍等再试"), _("通常几分钟内就会恢复")),
                    _COUNTER,
                    _CALL,
                ),
                reference=error.reference,
                actions=(_TO_BEGIN,) if over else (*way_on, _TRY_AGAIN),
            )
        case NotOurs():
            again = ((_("再开一次"), _("返回首页，重新选择这项服务")),)
            return Problem(
                title=_("文件没有通过核验，不能打印"),
                lead=_("这份文件的电子签章核验没有通过，已经停止。没有计入打印次数。"),
                advice=(*(again if error.flaw in _MADE_ANEW else ()), _COUNTER, _CALL),
                reference=reference_number(),
                tone=Tone.BAD,
                actions=way_on,
            )
        case NotChecked() | CannotDraw():
            checked = isinstance(error, CannotDraw)
            return Problem(
                title=_("文件显示不出来，不能打印") if checked else _("这台机器没能核验文件"),
                lead=_("文件已经开好，不会丢失，也没有计入打印次数。"),
                advice=(
                    (_("换一台终端打印"), _("到其他自助终端，重新选择这项服务")),
                    _COUNTER,
                    _CALL,
                ),
                reference=reference_number(),
                actions=way_on if checked else (*way_on, _TRY_AGAIN),
            )
        case DeviceError():
            account = _of_the_account(standing, signed_in=signed_in)
            title, lead = _device_trouble(error, account)
            return Problem(
                title=title,
                lead=lead,
                advice=(_COUNTER, _CALL),
                reference=reference_number(),
                actions=(*way_on, _TRY_AGAIN),
            )


def without_retry(problem: Problem) -> Problem:
    """``problem`` without 再试一次: after an operation has ended, the way on is the menu."""
    ways = tuple(action for action in problem.actions if action.key != RETRY)
    return replace(problem, actions=ways or (_TO_MENU,))


def _of_the_account(standing: Standing, *, signed_in: bool) -> Text:
    return STANDING_WORDS[standing] if signed_in else _("本机不保留您的任何信息")


def _device_trouble(error: DeviceError, account: Text) -> tuple[Text, Text]:
    """Title and lead. They name the card when a reader works but cannot read the card, otherwise
    the device."""
    cards = _CARDS.get(error.device, {}) if error.device else {}
    if error.reason in cards:
        return cards[error.reason]
    if error.device in _READS:
        return _state(error.device, error.reason), _READS[error.device]
    return _state(error.device, error.reason), account


def _ways_on_from(refusal: Refusal, way_on: tuple[Action, ...]) -> tuple[Action, ...]:
    if refusal.code == SESSION_OVER:
        return (_TO_BEGIN,)
    if refusal.code in PASSING:
        return (*way_on, _TRY_AGAIN)
    of_the_card = refusal.code.startswith("card-") or refusal.code in _OF_THE_PERSON
    return way_on or ((_OTHER_CARD if of_the_card else _BEGIN_ANEW),)


def card_went() -> Problem:
    """The page after the citizen has pulled or exchanged the chip card: the visit is over."""
    return Problem(
        title=_("卡片在读取时移开或更换了"),
        lead=_("为了您的账户安全，请从头开始办理。"),
        advice=((_("重新开始"), _("把卡放好，读完再取出")), _COUNTER, _CALL),
        reference=reference_number(),
        actions=(_TO_BEGIN,),
    )


def slip_not_printed(error: DeviceError) -> Problem:
    """The page for a slip that did not come out."""
    title, lead = _slip_words(_at_printer(error, Kind.RECEIPT_PRINTER), error.pages)
    return _not_printed(title, lead)


def document_not_printed(error: DeviceError, document: Document, paper: Text) -> Problem:
    """The page for ``document``, which the page calls ``paper``, that did not come out. It is never
    lost: the centre keeps it."""
    what = _at_printer(error, Kind.DOCUMENT_PRINTER)
    return _not_printed(*_document_words(what, paper, error.pages, document.pages))


def _at_printer(error: DeviceError, usual: Kind) -> Text:
    """What is wrong at the printer, or why the print has ended."""
    device = error.device or usual
    ended = _ENDED.get(error.reason)
    return _of(device, ended) if ended else _state(device, error.reason)


def _not_printed(title: Text, lead: Text) -> Problem:
    return Problem(
        title=title,
        lead=lead,
        advice=(
            (_("在这里再试一次"), _("工作人员处理好后，按“再试一次”")),
            (_("换一台终端打印"), _("到其他自助终端，重新选择这项服务")),
            _CALL,
        ),
        reference=reference_number(),
        actions=(_TO_MENU, _TRY_AGAIN),
    )


def _slip_words(what: Text, pages: int | None) -> tuple[Text, Text]:
    if pages is None:
        return (
            _("{what}，凭条可能没有打全", what=what),
            _("您的业务不受影响，凭条可以不要。打印机没有说打好了没有，请查看出纸口。"),
        )
    return _("{what}，凭条没有打出来", what=what), _("您的业务不受影响，凭条可以不要。")


def _document_words(what: Text, paper: Text, pages: int | None, of: int) -> tuple[Text, Text]:
    half = _("{what}，{paper}可能没有打全", what=what, paper=paper)
    if pages is None:
        lead = _("{paper}已经开好，不会丢失。打印机没有说出了几页，请查看出纸口。", paper=paper)
        return half, lead
    if pages == of:
        lead = _("{paper}已经开好，不会丢失。最后一页可能没有出来，请先查看出纸口。", paper=paper)
        return half, lead
    if pages == 0:
        lead = _("{paper}已经开好，不会丢失，也没有计入打印次数。", paper=paper)
    else:
        lead = _(
            "{paper}已经开好，不会丢失。共 {of} 页，已出 {pages} 页，没有计入打印次数。",
            paper=paper,
            of=of,
            pages=pages,
        )
    return _("{what}，{paper}还没有打完", what=what, paper=paper), lead


def held_up_by(printer: Kind, status: Status) -> HeldUp | None:
    """What holds up a print that goes on at ``printer``; None: nothing."""
    if status.problem is None:
        return None
    empty = status.problem is Reason.PAPER_OUT
    waits_for = _("正在等工作人员加纸") if empty else _("正在等工作人员处理")
    return HeldUp(device_words(printer, status), waits_for)


def closed_by(statuses: Mapping[Kind, Status], needs: tuple[Kind, ...]) -> Text | None:
    """Why a service that needs these devices is closed now, in a few words; ``None``: open."""
    for device in needs:
        status = statuses.get(device)
        if status is None:
            return _("本机没有此设备")
        if not status.usable:
            return device_words(device, status)
    return None


@dataclass(frozen=True, slots=True)
class TakenOut(Status):
    """The status of a device that a technician has taken out of service; ``why``, as citizens read
    it."""

    why: Sayable = ""


def device_words(device: Kind, status: Status) -> Text:
    """The words for a citizen about a device that cannot be used: A4 打印机缺纸."""
    if isinstance(status, TakenOut):
        return _("{device}停用：{why}", device=NOUNS[device], why=status.why)
    if status.problem is None and status.state is State.STARTING:
        return _of(device, _("{device}正在启动"))
    return _state(device, status.problem)


def _state(device: Kind | None, reason: Reason | None) -> Text:
    """What is wrong with ``device``, in a few words."""
    states = {**_STATES, **_PRINTER_STATES} if device in _PRINTERS else _STATES
    return _of(device, states.get(reason, _NOT_NOW) if reason else _NOT_NOW)


def _of(device: Kind | None, state: Text) -> Text:
    noun = NOUNS[device] if device else _("设备")
    return replace(state, arguments=(("device", noun),))


NOUNS: Mapping[Kind, Text] = {**DEVICES, Kind.SMART_CARD: _("银行卡和社保卡读卡器")}
"""The name of each device in a citizen's words."""

_PRINTERS = (Kind.RECEIPT_PRINTER, Kind.DOCUMENT_PRINTER)
_NOT_NOW = _("{device}暂时不可用")
_STATES: Mapping[Reason, Text] = {
    Reason.COVER_OPEN: _("{device}盖子没有关好"),
    Reason.NO_DEVICE: _("{device}没有响应"),
    Reason.OFFLINE: _("{device}没有响应"),
    Reason.TIMEOUT: _("{device}没有响应"),
    Reason.GARBLED: _("{device}出了故障"),
    Reason.HARDWARE: _("{device}出了故障"),
}
"""The words for a reason, for every device; the other reasons have :data:`_NOT_NOW`."""
_PRINTER_STATES: Mapping[Reason, Text] = {
    Reason.PAPER_OUT: _("{device}缺纸"),
    Reason.TONER_OUT: _("{device}缺墨粉"),
    Reason.JAM: _("{device}卡纸"),
}
_ENDED: Mapping[Reason, Text] = {
    Reason.NOT_TAKEN: _("纸没有及时取走"),
    Reason.CANCELLED: _("打印已取消"),
    Reason.UNSUPPORTED: _("{device}不能打印这份内容"),
    Reason.NOT_AUTHORISED: _("{device}不允许本机打印"),
}
"""Why a print has ended although the printer is well."""

_READS: Mapping[Kind | None, Text] = {
    Kind.ID_CARD: _("您的证件没有问题。"),
    Kind.SMART_CARD: _("您的卡没有问题。"),
}
"""What a citizen should know when a reader fails."""
_CARDS: Mapping[Kind, Mapping[Reason, tuple[Text, Text]]] = {
    Kind.ID_CARD: {
        Reason.CARD_REMOVED: (
            _("证件移开得早了一点"),
            _("请平放在感应区，屏幕变化前不要移开。"),
        ),
        Reason.CARD_UNREADABLE: (
            _("没有读出证件内容"),
            _("请拿起证件，擦一擦再平放，屏幕变化前不要移开；卡套里的证件请取出来。"),
        ),
        Reason.NOT_TAKEN: (
            _("感应区上还有一张证件"),
            _("请拿起证件，再平放您本人的证件。"),
        ),
        Reason.GARBLED: (
            _("没有读出证件内容"),
            _("请拿起证件，再平放一次。"),
        ),
        Reason.CARD_UNKNOWN: (
            _("这不是本机能读的证件"),
            _("请使用居民身份证、港澳台居民居住证或外国人永久居留身份证。"),
        ),
    },
    Kind.SMART_CARD: {
        Reason.CARD_REMOVED: (
            _("卡片取出得早了一点"),
            _("请把卡放好，读完再取出。"),
        ),
        Reason.CARD_UNREADABLE: (
            _("没有读出卡片内容"),
            _("请取出卡片，擦一擦芯片，再放好。"),
        ),
        Reason.NOT_TAKEN: (
            _("里面还有一张卡片"),
            _("请取出卡片，再放入您本人的卡。"),
        ),
        Reason.GARBLED: (
            _("没有读出卡片内容"),
            _("请取出卡片，再放一次。"),
        ),
        Reason.CARD_UNKNOWN: (
            _("这不是本机能读的卡片"),
            _("请使用银行卡或社会保障卡。"),
        ),
        Reason.JAM: (
            _("卡片卡在里面了"),
            _("请不要用力拉，请找工作人员取出。"),
        ),
    },
    Kind.CODE_SCANNER: {
        Reason.GARBLED: (
            _("这不是本机能读的码"),
            _("请在手机上刷新亮码，调亮屏幕，再对准扫码窗。"),
        ),
    },
}
"""Title and lead where the reader works, and the card, its place on the reader, or the code is the
cause."""

_CENTRE: Mapping[Trouble, tuple[Text, Text]] = {
    Trouble.DOWN: (
        _("暂时连不上公积金中心"),
        _("您的账户没有任何变动，请稍后再试。"),
    ),
    Trouble.SLOW: (
        _("公积金中心回应得太慢"),
        _("您的账户没有任何变动，请稍后再试。"),
    ),
    Trouble.NONSENSE: (
        _("公积金中心的回应不完整"),
        _("没有显示不完整的数据。您的账户没有任何变动。"),
    ),
    Trouble.BUSY: (
        _("现在办理的人较多"),
        _("您的账户没有任何变动，请过一会儿再试。"),
    ),
}
