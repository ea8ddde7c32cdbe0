"""Words for what goes wrong: what happened, what is not lost, what to do next, whom to ask."""

from __future__ import annotations

from collections.abc import Mapping

from drivers.device import DeviceError, Kind, Reason, Status
from kiosk.centre.errors import CentreUnavailable, Refusal, Trouble, reference_number
from kiosk.centre.models import Document
from kiosk.papers.sealed import NotOurs
from kiosk.visit.steps import Action, Problem, Tone
from kiosk.words import Sayable, Text, _

RETRY = "retry"
MENU = "menu"
LEAVE = "leave"

PASSING = frozenset({"service-busy", "seal-unavailable"})
"""Refusals that pass by themselves: the same may be asked again in a moment."""
SESSION_OVER = "session-over"
"""The centre has ended this visit: nothing more can be had in it."""

_TRY_AGAIN = Action(RETRY, _("再试一次"), "again")
_TO_MENU = Action(MENU, _("返回首页"), "home")
_TO_BEGIN = Action(LEAVE, _("返回首页"), "home")
_OTHER_CARD = Action(RETRY, _("换一张证件"), "card")

_CALL: tuple[Sayable, Sayable] = (_("电话咨询"), _("拨打 12329，报下面的编号"))
_COUNTER: tuple[Sayable, Sayable] = (_("到柜台办理"), _("带上本人身份证，到任一网点都可以办理"))


def problem_of(
    error: Refusal | CentreUnavailable | DeviceError | NotOurs, *, signed_in: bool
) -> Problem:
    """The page for ``error``. Its actions: ``RETRY`` where that can help, ``MENU`` once the
    citizen is signed in, ``LEAVE`` where the visit is over; 退出 is always there."""
    way_on = (_TO_MENU,) if signed_in else ()
    match error:
        case Refusal():
            passes = error.code in PASSING
            return Problem(
                title=error.reason,
                lead=_("您的账户没有任何变动。") if signed_in else _("本机不保留您的任何信息"),
                advice=((_("接下来怎么办"), error.next_step), _CALL),
                reference=error.reference,
                tone=Tone.ATTENTION if passes or error.code == SESSION_OVER else Tone.BAD,
                actions=_ways_on_from(error, way_on, signed_in=signed_in),
            )
        case CentreUnavailable():
            title, lead = _CENTRE[error.trouble]
            return Problem(
                title=title,
                lead=lead,
                advice=(
                    (_("稍等再试"), _("通常几分钟内就会恢复")),
                    _COUNTER,
                    _CALL,
                ),
                reference=error.reference,
                actions=(*way_on, _TRY_AGAIN),
            )
        case NotOurs():
            return Problem(
                title=_("证明没有通过核验，不能打印"),
                lead=_("这份文件的电子签章核验没有通过，已经停止。没有计入打印次数。"),
                advice=((_("再开一次"), _("返回首页，重新选择缴存证明")), _COUNTER, _CALL),
                reference=reference_number(),
                tone=Tone.BAD,
                actions=way_on,
            )
        case DeviceError():
            title, lead = _READER.get(error.reason, _READER_DOWN)
            return Problem(
                title=title,
                lead=lead,
                advice=(_COUNTER, _CALL),
                reference=reference_number(),
                actions=(*way_on, _TRY_AGAIN),
            )


def _ways_on_from(
    refusal: Refusal, way_on: tuple[Action, ...], *, signed_in: bool
) -> tuple[Action, ...]:
    if refusal.code == SESSION_OVER:
        return (_TO_BEGIN,)
    if refusal.code in PASSING:
        return (*way_on, _TRY_AGAIN)
    return way_on if signed_in else (_OTHER_CARD,)


def card_went() -> Problem:
    """The page for a chip card that was pulled or exchanged in the middle: the visit is over."""
    return Problem(
        title=_("卡片在读取时移开或更换了"),
        lead=_("为了您的账户安全，请从头开始办理。"),
        advice=((_("重新开始"), _("把卡放好，读完再取出")), _COUNTER, _CALL),
        reference=reference_number(),
        actions=(_TO_BEGIN,),
    )


def not_printed(error: DeviceError, document: Document | None = None) -> Problem:
    """The page for paper that did not come out: the document itself is never lost."""
    what = _PRINTER.get(error.reason, _("打印机没有响应"))
    if document is None:
        title, lead = _slip_words(what, error.pages)
    else:
        title, lead = _document_words(what, error.pages, document.pages)
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


def _document_words(what: Text, pages: int | None, of: int) -> tuple[Text, Text]:
    if pages is None:
        return (
            _("{what}，证明可能没有打全", what=what),
            _("证明已经开好，不会丢失。打印机没有说出了几页，请查看出纸口。"),
        )
    if pages == of:
        return (
            _("{what}，证明可能没有打全", what=what),
            _("证明已经开好，不会丢失。最后一页可能没有出来，请先查看出纸口。"),
        )
    if pages == 0:
        lead = _("证明已经开好，不会丢失，也没有计入打印次数。")
    else:
        lead = _(
            "证明已经开好，不会丢失。共 {of} 页，已出 {pages} 页，没有计入打印次数。",
            of=of,
            pages=pages,
        )
    return _("{what}，证明还没有打完", what=what), lead


def closed_by(statuses: Mapping[Kind, Status], needs: tuple[Kind, ...]) -> Text | None:
    """Why a service that needs these devices cannot be had now, in a few words; or None."""
    for device in needs:
        status = statuses.get(device)
        if status is None:
            return _("本机没有此设备")
        if not status.usable:
            return device_words(device, status)
    return None


def device_words(device: Kind, status: Status) -> Text:
    """What a citizen reads of a device that cannot be used: 打印机缺纸."""
    if device == Kind.ID_CARD:
        return _("读卡器暂时不可用")
    name = _("打印机") if device == Kind.DOCUMENT_PRINTER else _("凭条打印机")
    state = _SHORT.get(status.problem, _("暂时不可用")) if status.problem else _("正在启动")
    return _("{device}{state}", device=name, state=state)


_SHORT: Mapping[Reason, Text] = {
    Reason.PAPER_OUT: _("缺纸"),
    Reason.TONER_OUT: _("缺墨粉"),
    Reason.JAM: _("卡纸"),
    Reason.COVER_OPEN: _("盖子没有关好"),
    Reason.NO_DEVICE: _("没有响应"),
    Reason.OFFLINE: _("没有响应"),
    Reason.TIMEOUT: _("没有响应"),
    Reason.GARBLED: _("出了故障"),
    Reason.HARDWARE: _("出了故障"),
}

_PRINTER: Mapping[Reason, Text] = {
    Reason.PAPER_OUT: _("打印机缺纸"),
    Reason.TONER_OUT: _("打印机缺墨粉"),
    Reason.JAM: _("打印机卡纸"),
    Reason.COVER_OPEN: _("打印机盖子没有关好"),
    Reason.NOT_TAKEN: _("纸没有及时取走"),
    Reason.CANCELLED: _("打印已取消"),
    Reason.UNSUPPORTED: _("打印机不能打印这份内容"),
    Reason.NOT_AUTHORISED: _("打印机不允许本机打印"),
    Reason.GARBLED: _("打印机出了故障"),
    Reason.HARDWARE: _("打印机出了故障"),
}

_READER_DOWN = (_("读卡器暂时不可用"), _("您的证件没有问题。"))

_READER: Mapping[Reason, tuple[Text, Text]] = {
    Reason.CARD_REMOVED: (
        _("证件移开得早了一点"),
        _("请平放在感应区，听到“滴”声后再拿开。"),
    ),
    Reason.CARD_UNREADABLE: (
        _("没有读出证件内容"),
        _("请拿起证件，擦一擦再平放，“滴”声后再拿开；卡套里的证件请取出来。"),
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
}

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
