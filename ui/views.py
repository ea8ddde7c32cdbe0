"""What each page shows: from a step to plain words and numbers, without Qt.

A pure function from frozen snapshots to a frozen snapshot. Pages bind to it and know nothing else.
Numbers are hidden here, not on the page: what is not asked for never reaches the screen.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any
from unicodedata import category

from kiosk.centre import codes
from kiosk.centre.models import Account, Catalogue, LedgerEntry, Loan, MaskingRules
from kiosk.privacy import Sensitive, mask
from kiosk.visit.steps import (
    Action,
    Attract,
    Choose,
    ChooseProof,
    ConfirmName,
    EnterSmsCode,
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
    ShowAccount,
    ShowLedger,
    ShowLoan,
    ShowPlan,
    ShowRepayments,
    ShowWithdrawals,
    Step,
)
from kiosk.words import Language, Month, Sayable, _, say

HIDDEN = "******"

Data = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Look:
    """What a view depends on besides its step."""

    language: Language = Language.ZH
    revealed: bool = False  # the citizen has asked to see the numbers
    catalogue: Catalogue | None = None

    def word(self, value: Sayable) -> str:
        return say(value, self.language)

    def money(self, amount: Decimal, *, signed: bool = False) -> str:
        """1,920.00, or dots until it is asked for."""
        if not self.revealed:
            return HIDDEN
        return f"{amount:+,.2f}" if signed else f"{amount:,.2f}"

    def yuan(self, amount: Decimal) -> str:
        return self.word(_("{amount} 元", amount=self.money(amount)))

    def secret(self, amount: Sensitive[Decimal]) -> str:
        return self.money(amount.reveal())

    @property
    def masking(self) -> MaskingRules:
        return self.catalogue.masking if self.catalogue else MaskingRules()

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


def _account_tone(account: Account) -> str:
    if account.status == "06":
        return "bad"
    if account.status == "01" and account.months_in_arrears == 0:
        return "good"
    return "attention"


def _show_account(step: ShowAccount, look: Look) -> Data:
    account = step.account
    number = mask(account.number.reveal(), look.masking.account.first, look.masking.account.last)
    status = look.word(codes.word("A.6", account.status))
    if account.months_in_arrears:
        status = look.word(
            _("{status} · 欠缴 {months} 个月", status=status, months=account.months_in_arrears)
        )
    split = f"{look.money(account.employer_amount)} / {look.yuan(account.personal_amount)}"
    rows = [
        _fact(look, _("缴存单位"), account.employer),
        _fact(look, _("月缴存额"), look.yuan(account.monthly)),
        _fact(look, _("其中单位 / 个人"), split),
        _fact(look, _("缴存基数"), look.yuan(account.base)),
        _fact(look, _("缴至年月"), Month(account.paid_to) if account.paid_to else "—"),
        _fact(look, _("开户日期"), account.opened),
    ]
    return {
        "title": look.word(_("您的公积金账户")),
        "label": look.word(_("账户余额（元）")),
        "number": look.secret(account.balance),
        "under": look.word(_("截至 {day} · 个人账号 {number}", day=account.as_of, number=number)),
        "stateLabel": look.word(_("账户状态")),
        "state": status,
        "tone": _account_tone(account),
        "note": look.word(account.note) if account.note else "",
        "rows": rows,
        "actions": _actions(step.actions, look),
        **_eye(look),
    }


def _show_ledger(step: ShowLedger, look: Look) -> Data:
    ledger = step.ledger
    sums = _(
        "{year} 年缴存 {paid_in}，利息 {interest}",
        year=str(ledger.year),
        paid_in=look.yuan(ledger.paid_in),
        interest=look.yuan(ledger.interest),
    )
    return {
        "title": look.word(_("缴存明细")),
        "lead": look.word(sums),
        "tabs": [
            {
                "key": str(year),
                "title": look.word(_("{year} 年", year=str(year))),
                "current": year == ledger.year,
            }
            for year in ledger.years
        ],
        "columns": [
            _column(look, _("日期"), 0.24),
            _column(look, _("业务"), 0.2),
            _column(look, _("月份"), 0.16, wide=True),
            _column(look, _("金额（元）"), 0.28, right=True),
            _column(look, _("余额（元）"), 0.28, right=True),
        ],
        "rows": [_ledger_row(entry, look) for entry in ledger.entries],
        "empty": look.word(_("这一年没有记录")),
        **_eye(look),
    }


def _ledger_row(entry: LedgerEntry, look: Look) -> list[Data]:
    tone = "good" if entry.kind == "09" else "bad" if entry.amount < 0 else ""
    amount = look.money(entry.amount, signed=True) if entry.amount else "—"
    return [
        _cell(entry.booked.isoformat()),
        _cell(look.word(codes.word("A.5", entry.kind)), tone=tone, bold=True),
        _cell(entry.month.strftime("%Y-%m") if entry.month else "", soft=True),
        _cell(amount, bold=True),
        _cell(look.money(entry.balance), soft=True),
    ]


def _show_withdrawals(step: ShowWithdrawals, look: Look) -> Data:
    return {
        "title": look.word(_("提取记录")),
        "lead": look.word(_("共 {count} 笔", count=len(step.withdrawals))),
        "tabs": [],
        "columns": [
            _column(look, _("日期"), 0.2),
            _column(look, _("提取原因"), 0.34),
            _column(look, _("收款卡"), 0.2, wide=True),
            _column(look, _("金额（元）"), 0.24, right=True),
            _column(look, _("累计（元）"), 0.24, right=True, wide=True),
        ],
        "rows": [
            [
                _cell(record.booked.isoformat()),
                _cell(look.word(codes.word("A.7", record.reason)), bold=True),
                _cell(record.bank_card[-4:], soft=True),
                _cell(look.money(record.amount), bold=True),
                _cell(look.money(record.total), soft=True),
            ]
            for record in step.withdrawals
        ],
        "empty": look.word(_("您还没有提取过公积金")),
        **_eye(look),
    }


def _show_loan(step: ShowLoan, look: Look) -> Data:
    loan = step.loan
    number = mask(loan.number.reveal(), look.masking.account.first, look.masking.account.last)
    rows = [
        *_next_instalment(loan, look),
        _fact(look, _("放款金额"), look.yuan(loan.granted)),
        _fact(look, _("放款日期"), loan.granted_on),
        _fact(look, _("年利率"), f"{loan.rate * 100:.3f}".rstrip("0").rstrip(".") + " %"),
        _fact(look, _("还款方式"), codes.word("A.11", loan.way)),
        _fact(
            look,
            _("已还期数"),
            _("{paid} / {terms} 期", paid=loan.terms_paid, terms=loan.terms),
        ),
    ]
    return {
        "title": look.word(_("我的贷款")),
        "label": look.word(_("贷款余额（元）")),
        "number": look.secret(loan.balance),
        "under": look.word(_("{bank} · 贷款账号 {number}", bank=loan.bank, number=number)),
        "stateLabel": look.word(_("贷款状态")),
        "state": look.word(codes.word("loan", loan.state)),
        "tone": "bad" if loan.terms_overdue else "good",
        "note": _loan_note(loan, look),
        "rows": rows,
        "actions": _actions(step.actions, look),
        **_eye(look),
    }


def _next_instalment(loan: Loan, look: Look) -> list[Data]:
    if loan.settled_on:
        return [_fact(look, _("结清日期"), loan.settled_on)]
    facts = []
    if loan.next_due and loan.next_amount is not None:
        facts = [
            _fact(look, _("下次还款日"), loan.next_due),
            _fact(look, _("下次应还"), look.yuan(loan.next_amount)),
        ]
    return facts


def _loan_note(loan: Loan, look: Look) -> str:
    if not loan.terms_overdue:
        return ""
    return look.word(
        _(
            "有 {terms} 期未还，今天还清需 {due}（含罚息 {penalty}）。"
            "请把钱存入还款卡，或拨 {hotline}。",
            terms=loan.terms_overdue,
            due=look.yuan(loan.due_now),
            penalty=look.yuan(loan.penalty),
            hotline=look.hotline,
        )
    )


def _show_plan(step: ShowPlan, look: Look) -> Data:
    return {
        "title": look.word(_("还款计划")),
        "lead": look.word(_("还有 {count} 期", count=len(step.entries))),
        "tabs": [],
        "columns": [
            _column(look, _("期次"), 0.1),
            _column(look, _("还款日"), 0.22),
            _column(look, _("本金"), 0.2, right=True, wide=True),
            _column(look, _("利息"), 0.2, right=True, wide=True),
            _column(look, _("应还（元）"), 0.24, right=True),
            _column(look, _("余额（元）"), 0.28, right=True),
        ],
        "rows": [
            [
                _cell(str(entry.term)),
                _cell(entry.due.isoformat()),
                _cell(look.money(entry.principal), soft=True),
                _cell(look.money(entry.interest), soft=True),
                _cell(look.money(entry.amount), bold=True),
                _cell(look.money(entry.balance), soft=True),
            ]
            for entry in step.entries
        ],
        "empty": look.word(_("贷款已经结清，没有待还的期次")),
        **_eye(look),
    }


def _show_repayments(step: ShowRepayments, look: Look) -> Data:
    owed = sum(1 for entry in step.entries if entry.paid_on is None)
    lead = _("有 {count} 期未还", count=owed) if owed else _("全部按期还清")
    return {
        "title": look.word(_("还款明细")),
        "lead": look.word(lead if step.entries else ""),
        "tabs": [],
        "columns": [
            _column(look, _("期次"), 0.1),
            _column(look, _("应还日"), 0.22),
            _column(look, _("状态"), 0.24),
            _column(look, _("本金"), 0.2, right=True, wide=True),
            _column(look, _("利息"), 0.2, right=True, wide=True),
            _column(look, _("金额（元）"), 0.28, right=True),
        ],
        "rows": [
            [
                _cell(str(entry.term)),
                _cell(entry.due.isoformat()),
                _cell(
                    look.word(codes.word("A.15", entry.kind) if entry.paid_on else _("未还")),
                    tone="" if entry.paid_on else "bad",
                    bold=True,
                ),
                _cell(look.money(entry.principal), soft=True),
                _cell(look.money(entry.interest), soft=True),
                _cell(look.money(entry.amount), bold=True),
            ]
            for entry in step.entries
        ],
        "empty": look.word(_("还没有还款记录")),
        **_eye(look),
    }


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


def _fact(look: Look, label: Sayable, value: Sayable | Month) -> Data:
    return {"label": look.word(label), "value": look.word(value)}


def _column(look: Look, title: Sayable, share: float, **flags: bool) -> Data:
    return {
        "title": look.word(title),
        "share": share,
        "right": flags.get("right", False),
        "wide": flags.get("wide", False),
    }


def _cell(text: str, *, tone: str = "", bold: bool = False, soft: bool = False) -> Data:
    hidden = text == HIDDEN  # quieter than what is shown
    return {"text": text, "tone": tone, "bold": bold and not hidden, "soft": soft or hidden}


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
    (ShowAccount, "StatementPage", _show_account),
    (ShowLoan, "StatementPage", _show_loan),
    (ShowLedger, "TablePage", _show_ledger),
    (ShowWithdrawals, "TablePage", _show_withdrawals),
    (ShowPlan, "TablePage", _show_plan),
    (ShowRepayments, "TablePage", _show_repayments),
    (Preview, "PreviewPage", _preview),
    (PrintingDocument, "PrintingPage", _printing_document),
    (PrintingSlip, "PrintingPage", _printing_slip),
    (PaperReady, "PaperReadyPage", _paper_ready),
    (Problem, "ProblemPage", _problem),
)
"""One page per kind of step; alike steps share a page."""
