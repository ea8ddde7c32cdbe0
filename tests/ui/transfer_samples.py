"""The pages of 转移 with the demo's figures: accounts merged here, accounts brought here."""

from __future__ import annotations

from datetime import date
from decimal import Decimal as D

from kiosk.centre.operations import Change, Operation, Referral
from kiosk.operation import Business, OperationState, ReferralState
from kiosk.privacy import Sensitive
from kiosk.services.cross_province import item_page, where_page
from kiosk.services.progress import operation_statement, withdrawn_statement
from kiosk.services.transfer_in import centre_page
from kiosk.visit.operation_steps import ConfirmOperation
from kiosk.visit.operation_words import HOME, outcome
from kiosk.visit.steps import Action, Step
from kiosk.words import _
from kiosk.workshop.sandbox.cases import words
from kiosk.workshop.sandbox.cross_province import ITEMS
from kiosk.workshop.sandbox.other_centres import CENTRES, OTHER_PROVINCES
from tests.ui.operation_samples import QUOTE, RECEIPT_ACTION, SLIP_ACTION

_ACTIONS = (SLIP_ACTION, RECEIPT_ACTION, HOME)
_NOTHING_PAID = {
    "balance_before": None,
    "balance_after": None,
    "payee": None,
    "arrives": None,
    "next_possible": None,
    "texts": (),
}
_MERGE = QUOTE.model_copy(
    update={
        **_NOTHING_PAID,
        "business": Business.ACCOUNT_MERGE,
        "title": words("账户合并", "Merging of accounts"),
        "amount": D("4401.41"),
        "interest": D("36.19"),
        "effects": (
            words(
                "尾号0008的账户销户，4,401.41元并入尾号0007的账户。",
                "The account ending 0008 is closed; its 4,401.41 yuan go to the one ending 0007.",
            ),
            words("合并后不能再分开。", "This cannot be undone."),
        ),
        "changes": (
            Change(
                field="balance",
                label=words("账户余额", "Balance"),
                before=Sensitive(words("12,331.39元", "12,331.39 yuan")),
                after=Sensitive(words("16,732.80元", "16,732.80 yuan")),
            ),
            Change(
                field="accounts",
                label=words("账户数", "Number of accounts"),
                before=Sensitive(words("2个", "2")),
                after=Sensitive(words("1个", "1")),
            ),
        ),
    }
)
_MERGED = _MERGE.model_copy(update={"state": OperationState.DONE, "reference": "012601150000042"})

_LINJIANG = Referral(
    centre=words("临江市住房公积金管理中心(演示)", "Linjiang centre (demo)"),
    about=words("尾号7704的账户，8,640.50元", "Account ending 7704, 8,640.50 yuan"),
    state=ReferralState.WAITING,
    day=date(2026, 1, 29),
)
_TRANSFER = QUOTE.model_copy(
    update={
        **_NOTHING_PAID,
        "business": Business.TRANSFER_IN,
        "title": words("异地转入", "Transfer from another centre"),
        "amount": None,
        "effects": (
            words(
                "对方中心同意后销户，本金和利息转到您这里的账户。",
                "If the other centre agrees, it closes your account there and pays it over here.",
            ),
        ),
        "referral": _LINJIANG,
    }
)


def _transferred(**referral: object) -> Operation:
    """The application, as far as the other centre has come with it."""
    return _TRANSFER.model_copy(
        update={
            "state": OperationState.DONE,
            "reference": "012601150000043",
            "begun": date(2026, 1, 15),
            "referral": _LINJIANG.model_copy(update=referral),
        }
    )


_ACCEPTED = _transferred(stage="01")
_CHECKED = _transferred(stage="02")
_COMPLETED = _transferred(
    stage="00", state=ReferralState.GRANTED, amount=D("8640.50"), day=date(2026, 1, 18)
)
_TURNED_DOWN = _transferred(
    stage="13",
    state=ReferralState.REFUSED,
    day=date(2026, 1, 18),
    why=words("您在那边的账户处于冻结状态，不能转出。", "Your account there is frozen."),
)
_WITHDRAWN = _transferred(stage="05", state=ReferralState.WITHDRAWN, day=date(2026, 1, 16))
_AGREED = _transferred(stage="08")
_NOT_THERE = words(
    "海湾市住房公积金管理中心(演示)没有查到您的账户。请选原来缴存的中心。",
    "Haiwan centre (demo) has found no account of yours. Please choose the centre where you had "
    "it.",
)
_PROVINCE = _TRANSFER.model_copy(
    update={
        "business": Business.CROSS_PROVINCE,
        "title": words("跨省通办", "Service in another province"),
        "effects": (
            words(
                "对方中心审核；缺材料会打电话给您。",
                "That centre decides, and calls if papers lack.",
            ),
            words(
                "钱付到您在对方中心登记的银行卡。", "Money goes to the card on file at that centre."
            ),
        ),
        "referral": Referral(
            centre=OTHER_PROVINCES[0].name,
            about=ITEMS[0].name,
            state=ReferralState.WAITING,
            day=date(2026, 1, 29),
        ),
    }
)
_HOME = Action("menu", _("返回首页"), "home")
_TAKE_BACK = Action("withdraw-application", _("撤销申请"), "refused")
_COMPLAIN = Action("complain", _("反映问题"), "message")


def transfer_samples() -> dict[str, Step[object]]:
    """Every page of 转移 by the name of its picture."""
    steps: dict[str, object] = {
        "94a-merge-confirm": ConfirmOperation(_MERGE, "吴*"),
        "94b-merge-done": outcome(_MERGED, _MERGE, _ACTIONS),
        "94c-transfer-from": centre_page(CENTRES, None),
        "94d-transfer-not-there": centre_page(CENTRES, _NOT_THERE),
        "94e-transfer-confirm": ConfirmOperation(_TRANSFER, "张*"),
        "94f-transfer-accepted": outcome(_ACCEPTED, _TRANSFER, _ACTIONS),
        "94g-transfer-checked": operation_statement(_CHECKED, (_TAKE_BACK, _COMPLAIN, _HOME)),
        "94h-transfer-completed": operation_statement(_COMPLETED, (_HOME,)),
        "94i-transfer-refused": operation_statement(_TURNED_DOWN, (_HOME,)),
        "94n-transfer-withdrawn": withdrawn_statement(_WITHDRAWN, (_HOME,)),
        "94o-transfer-too-late": withdrawn_statement(_AGREED, (_HOME,)),
        "94j-province-where": where_page(OTHER_PROVINCES, None),
        "94k-province-item": item_page(ITEMS),
        "94l-province-confirm": ConfirmOperation(_PROVINCE, "张*"),
        "94m-province-accepted": outcome(
            _PROVINCE.model_copy(
                update={"state": OperationState.DONE, "reference": "012601150000044"}
            ),
            _PROVINCE,
            _ACTIONS,
        ),
    }
    return steps  # type: ignore[return-value]
