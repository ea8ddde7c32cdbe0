"""What each page shows: from a step to plain words and numbers, without Qt.

A pure function from frozen snapshots to a frozen snapshot. Pages bind to it and know nothing else.
Numbers are hidden here, not on the page: what is not asked for never reaches the screen.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any
from unicodedata import category

from kiosk.centre.models import Catalogue
from kiosk.visit.steps import (
    Action,
    Attract,
    Cell,
    Choose,
    ChooseProof,
    Column,
    ConfirmName,
    EnterSmsCode,
    Fact,
    Farewell,
    Menu,
    OutOfService,
    PaperReady,
    PresentIdCard,
    Preview,
    PrintingDocument,
    PrintingSlip,
    Problem,
    Rate,
    ShowStatement,
    ShowTable,
    Step,
    Tone,
)
from kiosk.words import HIDDEN, Language, Month, Sayable, _, say

Data = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Look:
    """What a view depends on besides its step."""

    language: Language = Language.ZH
    revealed: bool = False  # the citizen has asked to see the numbers
    catalogue: Catalogue | None = None

    def word(self, value: Sayable, *, hidden: bool = False) -> str:
        """``value`` in the citizen's language; amounts ``hidden`` until they ask for them."""
        return say(value, self.language, hidden=hidden and not self.revealed)

    @property
    def hotline(self) -> str:
        return self.catalogue.hotline if self.catalogue else "12329"


@dataclass(frozen=True, slots=True)
class View:
    """A page and what it shows."""

    page: str
    data: Data


def derive(step: Step[Any], look: Look) -> View:
    """The view of ``step``."""
    for kind, page, data_of in _VIEWS:
        if type(step) is kind:
            return View(page, data_of(step, look))
    raise LookupError(f"no page for {type(step).__name__}")


def legible(value: Any, drawable: Callable[[str], bool]) -> Any:
    """``value``, a text or what is made of texts, with every character that no font has written
    as its code point, ``[U+323AF]``: a name with a box in it is nobody's name."""
    match value:
        case str():
            if not any(_rare(character) for character in value):
                return value
            return "".join(
                f"[U+{ord(character):04X}]"
                if _rare(character) and not drawable(character)
                else character
                for character in value
            )
        case Mapping():
            return {key: legible(item, drawable) for key, item in value.items()}
        case list():
            return [legible(item, drawable) for item in value]
        case _:
            return value


def _rare(character: str) -> bool:
    """Whether a font may lack it: neither Latin nor one of the 20,902 ideographs of GBK, nor a
    mark that only changes the character before it."""
    code = ord(character)
    common = code < 0x0250 or 0x2000 <= code < 0x2070 or 0x3000 <= code < 0x3040
    common = common or 0x4E00 <= code < 0x9FA6 or 0xFF00 <= code < 0xFFF0
    return not common and category(character) not in ("Mn", "Cf")


# -- coming and going -----------------------------------------------------------------------------


def _attract(_step: Attract, look: Look) -> Data:
    return {
        "lines": [look.word(line) for line in (_("查公积金"), _("看贷款还款"), _("打缴存证明"))],
        "lead": look.word(_("带上本人身份证，一般两分钟办完")),
        "start": look.word(_("触摸屏幕开始")),
    }


def _out_of_service(_step: OutOfService, look: Look) -> Data:
    return {
        "title": look.word(_("设备维护中")),
        "lead": look.word(_("请到旁边的机器或柜台办理")),
    }


def _present_card(_step: PresentIdCard, look: Look) -> Data:
    return {
        "title": look.word(_("请把身份证放在感应区")),
        "lead": look.word(_("平放，屏幕变化前不要移开")),
        "help": look.word(
            _("没带身份证？电子身份证和代办请到柜台，电话 {hotline}", hotline=look.hotline)
        ),
    }


def _confirm_name(step: ConfirmName, look: Look) -> Data:
    return {
        "title": look.word(_("这是您的全名吗？")),
        "lead": look.word(_("证件芯片放不下很长的姓名，请核对")),
        "name": step.name.reveal(),
        "yes": look.word(_("是，这是我的姓名")),
        "no": look.word(_("不是")),
    }


def _choose_proof(step: ChooseProof, look: Look) -> Data:
    words = {
        "sms": (_("短信验证码"), "message"),
        "face": (_("刷脸"), "face"),
        "qr": (_("手机扫码"), "phone"),
    }
    return {
        "title": look.word(_("怎样确认是您本人？")),
        "lead": look.word(_("每种方式都一样有效")),
        "options": [
            {
                "key": proof.method,
                "title": look.word(words[proof.method][0]),
                "hint": look.word(proof.reason) if proof.reason else proof.hint,
                "icon": words[proof.method][1],
                "enabled": proof.available,
                "tone": "",
            }
            for proof in step.proofs
        ],
    }


def _enter_code(step: EnterSmsCode, look: Look) -> Data:
    return {
        "title": look.word(_("请输入短信验证码")),
        "lead": look.word(_("已发到您登记的手机 {phone}", phone=step.phone)),
        "wrong": look.word(step.wrong) if step.wrong else "",
        "length": 6,
        "resendAfter": step.resend_after_s,
        "resend": look.word(_("重新发送")),
        "resendIn": look.word(_("{seconds} 秒后可重新发送", seconds="%1")),
        "confirm": look.word(_("确认")),
        "help": look.word(_("换了手机号？请带身份证到柜台更新")),
    }


def _menu(step: Menu, look: Look) -> Data:
    return {
        "title": look.word(_("您好，想办什么？")),
        "hotline": look.word(_("有疑问请拨 {hotline}", hotline=look.hotline)),
        "tiles": [
            {
                "key": tile.service,
                "title": look.word(tile.title),
                "hint": look.word(tile.closed or tile.hint),
                "icon": tile.icon,
                "enabled": tile.closed is None,
            }
            for tile in step.tiles
        ],
    }


def _choose(step: Choose, look: Look) -> Data:
    return {
        "title": look.word(step.title),
        "lead": look.word(step.lead),
        "options": [
            {
                "key": option.key,
                "title": look.word(option.title),
                "hint": look.word(option.hint),
                "icon": option.icon,
                "enabled": True,
                "tone": option.tone,
            }
            for option in step.options
        ],
    }


def _rate(step: Rate, look: Look) -> Data:
    levels = (
        ("5", _("非常满意")),
        ("4", _("满意")),
        ("3", _("基本满意")),
        ("2", _("不满意")),
        ("1", _("非常不满意")),
    )
    return {
        "title": look.word(_("您对这次服务满意吗？")),
        "lead": look.word(_("{service} · 不记名，可以跳过", service=step.title)),
        "levels": [{"key": key, "title": look.word(text)} for key, text in levels],
        "skip": look.word(_("跳过")),
    }


def _farewell(step: Farewell, look: Look) -> Data:
    lead = _("请带好身份证和打印的纸张") if step.papers else _("请带好身份证")
    return {
        "title": look.word(_("再见")),
        "lead": look.word(lead),
        "note": look.word(_("本机不保留您的任何信息")),
    }


# -- looking --------------------------------------------------------------------------------------


def _show_statement(step: ShowStatement, look: Look) -> Data:
    headline = step.headline
    states = [fact for fact in step.facts if fact.tone is not Tone.PLAIN]
    state = states[0] if states else Fact("", "")
    return {
        "title": look.word(step.title),
        "lead": look.word(step.lead),
        "label": look.word(headline.label) if headline else "",
        "number": look.word(headline.amount.reveal(), hidden=True) if headline else "",
        "under": look.word(headline.under) if headline else "",
        "stateLabel": look.word(state.label),
        "state": look.word(state.value),
        "tone": state.tone.value,
        "note": look.word(step.note, hidden=True),
        "rows": [
            {"label": look.word(fact.label), "value": look.word(fact.value, hidden=fact.hidden)}
            for fact in step.facts
            if fact is not state
        ],
        "actions": _actions(step.actions, look),
        **_eye(look),
    }


def _show_table(step: ShowTable, look: Look) -> Data:
    return {
        "title": look.word(step.title),
        "lead": look.word(step.lead, hidden=True),
        "tabs": [
            {"key": tab.key, "title": look.word(tab.title), "current": tab.key == step.tab}
            for tab in step.tabs
        ],
        "columns": [
            {"title": look.word(column.title), "right": column.right, "wide": column.wide}
            for column in step.columns
        ],
        "rows": [
            [_cell(cell, column, look) for cell, column in zip(row, step.columns, strict=True)]
            for row in step.rows
        ],
        "empty": look.word(step.empty),
        **_eye(look),
    }


def _cell(cell: Sayable | Cell, column: Column, look: Look) -> Data:
    value = cell.value if isinstance(cell, Cell) else cell
    text = _short(value, column, look)
    hidden = text == HIDDEN  # quieter than what is shown
    return {
        "text": text,
        "tone": cell.tone.value if isinstance(cell, Cell) else "",
        "bold": column.weight == "strong" and not hidden,
        "soft": column.weight == "quiet" or hidden,
    }


def _short(value: Sayable, column: Column, look: Look) -> str:
    """``value`` as a table has it: days and months in figures only."""
    match value:
        case Month():
            return value.of.strftime("%Y-%m")
        case date():
            return value.isoformat()
        case Decimal() if column.signed and look.revealed:
            return f"{value:+,.2f}"
        case _:
            return look.word(value, hidden=column.hidden)


# -- paper and trouble ----------------------------------------------------------------------------


def _preview(step: Preview, look: Look) -> Data:
    return {
        "title": look.word(_("请核对，然后打印")),
        "lead": look.word(_("中心电子签章已核验 · 共 {pages} 页 A4", pages=step.document.pages)),
        "pages": step.document.pages,
        "actions": _actions(step.actions, look),
    }


def _printing_document(step: PrintingDocument, look: Look) -> Data:
    return {
        "title": look.word(_("正在打印证明")),
        "lead": look.word(_("共 {pages} 页，请不要离开", pages=step.request.pages)),
        "paper": "a4",
    }


def _printing_slip(_step: PrintingSlip, look: Look) -> Data:
    return {
        "title": look.word(_("正在打印凭条")),
        "lead": look.word(_("几秒钟就好")),
        "paper": "slip",
    }


def _paper_ready(step: PaperReady, look: Look) -> Data:
    return {
        "title": look.word(step.title),
        "lead": look.word(step.lead),
        "actions": _actions(step.actions, look),
    }


def _problem(step: Problem, look: Look) -> Data:
    return {
        "title": look.word(step.title),
        "lead": look.word(step.lead),
        "tone": step.tone.value,
        "advice": [
            {"title": look.word(title), "text": look.word(text)} for title, text in step.advice
        ],
        "referenceLabel": look.word(_("需要人工帮助请拨 {hotline}，报编号", hotline=look.hotline)),
        "reference": step.reference,
        "actions": _actions(step.actions, look),
    }


# -- parts ----------------------------------------------------------------------------------------


def _actions(actions: Sequence[Action], look: Look) -> list[Data]:
    return [
        {
            "key": action.key,
            "title": look.word(action.title),
            "icon": action.icon,
            "enabled": action.closed is None,
            "closed": look.word(action.closed) if action.closed else "",
        }
        for action in actions
    ]


def _eye(look: Look) -> Mapping[str, Any]:
    return {
        "revealed": look.revealed,
        "eye": look.word(_("隐藏金额") if look.revealed else _("显示金额")),
    }


_VIEWS: tuple[tuple[type[Step[Any]], str, Any], ...] = (
    (Attract, "AttractPage", _attract),
    (OutOfService, "OutOfServicePage", _out_of_service),
    (PresentIdCard, "PresentCardPage", _present_card),
    (ConfirmName, "ConfirmNamePage", _confirm_name),
    (ChooseProof, "ChoosePage", _choose_proof),
    (EnterSmsCode, "EnterCodePage", _enter_code),
    (Menu, "MenuPage", _menu),
    (Choose, "ChoosePage", _choose),
    (Rate, "RatePage", _rate),
    (Farewell, "FarewellPage", _farewell),
    (ShowStatement, "StatementPage", _show_statement),
    (ShowTable, "TablePage", _show_table),
    (Preview, "PreviewPage", _preview),
    (PrintingDocument, "PrintingPage", _printing_document),
    (PrintingSlip, "PrintingPage", _printing_slip),
    (PaperReady, "PaperReadyPage", _paper_ready),
    (Problem, "ProblemPage", _problem),
)
"""One page per kind of step; alike steps share a page."""
