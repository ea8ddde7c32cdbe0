"""What anybody may do against a device's fault, step by step with pictures, or whom to call."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from drivers.device import Kind, Reason, Status
from kiosk.visit.steps import STAFF, Action, Step, one_of
from kiosk.visit.troubles import NOUNS
from kiosk.words import Text, _

DONE = "done"
FOR_STAFF = Action(STAFF, _("店员请看"), "info")
"""The button for those who look after the place, and have no card and no ticket."""


@dataclass(frozen=True, slots=True)
class RemedyStep:
    """One thing to do; ``picture`` is the icon ``remedy-…`` that shows it."""

    picture: str
    text: Text


@dataclass(frozen=True, slots=True)
class Remedy:
    """What to do, in order. ``by_hand``: the first steps need no technician and no key."""

    title: Text
    steps: tuple[RemedyStep, ...]
    by_hand: bool = True


_PRIVATE = _("取出来的纸可能有市民的信息：请撕碎，不要看、不要留。")
_CALL = RemedyStep("call", _("不行就不要再试：请打机身标签上的维护电话，报终端编号。"))
_CALL_AT_ONCE = RemedyStep(
    "call", _("这个故障不用您动手：请打机身标签上的维护电话，报终端编号。不要拔电源。")
)
_OPEN_LID = RemedyStep("slip-open", _("打开凭条打印机的盖子。"))
_SHUT_LID = RemedyStep("slip-shut", _("让纸头露在外面，盖好盖子，撕掉露出的纸。"))
_OPEN_DOOR = RemedyStep("door-open", _("打开 A4 打印机的前门。里面可能很烫，不要碰滚筒。"))
_SHUT_DOOR = RemedyStep("door-shut", _("关好前门，听到“咔”的一声。等一分钟，机器会自己检查。"))
_RECEIPT: Mapping[Reason, Remedy] = {
    Reason.PAPER_OUT: Remedy(
        _("给凭条打印机换纸卷"),
        (
            _OPEN_LID,
            RemedyStep("slip-core", _("取出用完的纸芯。")),
            RemedyStep("slip-roll", _("放进新纸卷，纸从下面出来，拉出一小段。")),
            _SHUT_LID,
        ),
    ),
    Reason.JAM: Remedy(
        _("取出凭条打印机里卡住的纸"),
        (
            _OPEN_LID,
            RemedyStep("slip-jam", _("慢慢拉出皱了的纸。{private}", private=_PRIVATE)),
            _SHUT_LID,
            _CALL,
        ),
    ),
    Reason.COVER_OPEN: Remedy(_("关好凭条打印机的盖子"), (_SHUT_LID, _CALL)),
}
_DOCUMENT: Mapping[Reason, Remedy] = {
    Reason.PAPER_OUT: Remedy(
        _("给 A4 打印机加纸"),
        (
            RemedyStep("tray-open", _("拉出纸盒。")),
            RemedyStep("tray-fill", _("放平 A4 白纸，不要超过红线。")),
            RemedyStep("tray-shut", _("把纸盒推到底。")),
        ),
    ),
    Reason.JAM: Remedy(
        _("取出 A4 打印机里卡住的纸"),
        (
            _OPEN_DOOR,
            RemedyStep("sheet-pull", _("双手慢慢拉出纸，不要撕断。{private}", private=_PRIVATE)),
            _SHUT_DOOR,
            _CALL,
        ),
    ),
    Reason.COVER_OPEN: Remedy(_("关好 A4 打印机的门"), (_SHUT_DOOR, _CALL)),
    Reason.TONER_OUT: Remedy(
        _("给 A4 打印机换墨粉盒"),
        (
            _OPEN_DOOR,
            RemedyStep("toner", _("取出旧墨粉盒；新的轻轻摇几下，撕掉封条，推到底。")),
            _SHUT_DOOR,
            _CALL,
        ),
    ),
}
_BY_HAND: Mapping[Kind, Mapping[Reason, Remedy]] = {
    Kind.RECEIPT_PRINTER: _RECEIPT,
    Kind.DOCUMENT_PRINTER: _DOCUMENT,
}


def remedy_for(kind: Kind, problem: Reason | None) -> Remedy:
    """What can be done against ``problem`` of a device of ``kind``; for most: whom to call."""
    found = _BY_HAND.get(kind, {}).get(problem) if problem else None
    if found:
        return found
    title = _("{device}有故障", device=NOUNS[kind])
    return Remedy(title, (_CALL_AT_ONCE,), by_hand=False)


def by_hand(statuses: Mapping[Kind, Status]) -> Remedy | None:
    """What those who look after the place can do now themselves; None: nothing."""
    for kind, reasons in _BY_HAND.items():
        status = statuses.get(kind)
        found = reasons.get(status.problem) if status and status.problem else None
        if found:
            return found
    return None


@dataclass(frozen=True, slots=True)
class ShowRemedy(Step[str]):
    """The steps of ``remedy``, with their pictures. Answered by ``DONE``."""

    remedy: Remedy
    terminal: str
    """The terminal's number, for the telephone."""

    def check(self, answer: object) -> str:
        return one_of(answer, (DONE,))
