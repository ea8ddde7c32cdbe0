"""The pages of changes 变更 with the demo's figures."""

from __future__ import annotations

from kiosk.centre.models import CentreWords, RefusalBody
from kiosk.centre.operations import Change, FieldChoice, PersonalField
from kiosk.operation import Business, OperationState
from kiosk.privacy import Sensitive
from kiosk.services.payee_card import number_page, way_page
from kiosk.services.personal_data import field_page, value_page
from kiosk.services.phone import phone_page
from kiosk.visit.evidence_ways import TILES, evidence_page
from kiosk.visit.operation_steps import AwaitResult, ConfirmOperation
from kiosk.visit.operation_words import HOME, in_flight, not_done, outcome
from kiosk.visit.steps import EnterNewPassword, PresentNewBankCard, ShowPhoneCode, Step
from tests.ui.operation_samples import (
    NEVER,
    QUERY_SLIP,
    QUOTE,
    RECEIPT_ACTION,
    REFUSED,
    SLIP_ACTION,
)


def _words(zh: str, en: str) -> CentreWords:
    return CentreWords(zh=zh, en=en)


def _as_is(text: str) -> Sensitive[CentreWords]:
    return Sensitive(_words(text, text))


def _no(zh: str, en: str) -> RefusalBody:
    next_step = _words("请用手机或到柜台改。", "Please use your phone or a counter.")
    return RefusalBody(code="no", reason=_words(zh, en), next_step=next_step, reference="K7Q2-9XMD")


_OLD, _NEW = _as_is("演示省云岭市示范区旧街1号"), _as_is("演示省云岭市示范区测试小区3栋2单元501")
_ADDRESS = PersonalField(
    field="address",
    label=_words("联系地址", "Postal address"),
    held=_OLD,
    choices=(
        FieldChoice(
            code="a1",
            words=_NEW,
            source=_words("公安机关登记的住址", "From the police register"),
        ),
        FieldChoice(
            code="a2",
            words=_as_is("演示省云岭市示范区测试小区9栋1单元1203"),
            source=_words("您的公积金贷款住房", "The home of your fund loan"),
        ),
    ),
)
_MARITAL = PersonalField(
    field="marital",
    label=_words("婚姻状况", "Marital status"),
    held=Sensitive(_words("已婚", "Married")),
    refusal=_no("与民政部门登记的一致，不用改。", "It is as in the civil affairs register."),
)
_EMAIL = PersonalField(
    field="email",
    label=_words("电子邮箱", "E-mail"),
    held=_as_is("p03@example.com"),
    refusal=_no("电子邮箱在本机不能改。", "The e-mail address cannot be changed here."),
)
_CHANGE = QUOTE.model_copy(
    update={
        "business": Business.PERSONAL_DATA_CHANGE,
        "title": _words("个人信息变更", "Change of personal data"),
        "amount": None,
        "balance_before": None,
        "balance_after": None,
        "payee": None,
        "arrives": None,
        "next_possible": None,
        "texts": (),
        "effects": (
            _words(
                "今后的信件和核查以新的信息为准",
                "From now on letters and checks go by the new data",
            ),
        ),
        "changes": (
            Change(field="address", label=_ADDRESS.label, before=_OLD, after=_NEW),
        ),
    }
)  # fmt: skip


_CARD = _CHANGE.model_copy(
    update={
        "business": Business.PAYEE_CARD_CHANGE,
        "title": _words("收款银行卡变更", "Change of bank card"),
        "effects": (
            _words(
                "24小时内不能提取到新卡，也不能变更手机号",
                "For 24 hours nothing is paid to the new card, and the phone number stays",
            ),
        ),
        "changes": (
            Change(
                field="payee-card",
                label=_words("收款银行卡", "Bank card"),
                before=Sensitive(_words("演示银行 尾号 0030", "Demo Bank, ending 0030")),
                after=Sensitive(_words("演示银行 尾号 0048", "Demo Bank, ending 0048")),
            ),
        ),
    }
)
_OTHER_HOLDER = _words(
    "这张卡的户名不是您本人。请换一张本人的借记卡。",
    "This card is not in your name. Please take a debit card of your own.",
)
_PHONE = _CHANGE.model_copy(
    update={
        "confirmed_by": (("qr", "sms"), ("face", "sms")),
        "business": Business.PHONE_CHANGE,
        "title": _words("手机号变更", "Change of phone number"),
        "effects": (
            _words(
                "今后的验证码和短信发到新号码，原号码会收到通知。",
                "Codes and messages go to the new number; the old one is told.",
            ),
            _words("24小时内不能变更收款银行卡。", "For 24 hours the bank card stays as it is."),
        ),
        "changes": (
            Change(
                field="phone",
                label=_words("手机号", "Phone"),
                before=_as_is("123****0003"),
                after=_as_is("127****0301"),
            ),
        ),
    }
)
_TAKEN = _words(
    "这个号码已被别人登记。请核对号码；确实是您的，请带身份证到管理部窗口。",
    "This number is on file for somebody else. Please check it; if it is yours, bring your ID "
    "card to a branch counter.",
)
_WEAK = _words(
    "这个密码太容易猜到。请不要用生日、证件号、手机号里的数字，也不要用连续或相同的数字。",
    "This password is too easy to guess. Take no digits of your birthday, ID or phone number, "
    "and none in a row.",
)


def change_samples() -> dict[str, Step[object]]:
    """Every page of a change by the name of its picture."""
    done = _CHANGE.model_copy(
        update={"state": OperationState.DONE, "reference": "T0001-260115-0043"}
    )
    steps: dict[str, object] = {
        "84-personal-field": field_page((_ADDRESS, _MARITAL, _EMAIL)),
        "85-personal-value": value_page(_ADDRESS, phone=True),
        "86-confirm-change": ConfirmOperation(_CHANGE, "王*"),
        "88-new-password": EnterNewPassword(),
        "89-new-password-again": EnterNewPassword(again=True),
        "8a-new-password-weak": EnterNewPassword(wrong=_WEAK),
        "8b-card-way": way_page(None),
        "8c-new-bank-card": PresentNewBankCard(),
        "8d-card-number": number_page(None),
        "8e-card-refused": number_page(_OTHER_HOLDER),
        "8f-confirm-card": ConfirmOperation(_CARD, "王*"),
        "8g-phone-agrees": ShowPhoneCode(
            lambda: None,
            Sensitive("https://centre.example/phone/4fTq2Zx8Kd0bVn7c"),
            "47",
            300,
            business=_CARD.title,
        ),
        "8ga-face-or-phone": evidence_page((TILES["qr"], TILES["face"]), _PHONE),
        "8h-phone-number": phone_page(),
        "8i-phone-again": phone_page(again=True),
        "8j-phone-taken": phone_page(_TAKEN),
        "8k-confirm-phone": ConfirmOperation(_PHONE, "王*"),
        "87-changed": outcome(done, _CHANGE, (SLIP_ACTION, RECEIPT_ACTION, HOME)),
        "87a-change-unknown": AwaitResult(
            _CHANGE, next_s=12.0, since=NEVER, actions=(QUERY_SLIP, HOME)
        ),
        "87b-change-refused": not_done(
            _CHANGE.model_copy(
                update={"state": OperationState.REFUSED, "refusal": REFUSED.refusal}
            ),
            again=True,
        ),
        "87c-change-expired": not_done(
            _CHANGE.model_copy(update={"state": OperationState.EXPIRED}), again=True
        ),
        "87d-change-in-flight": in_flight(
            _CHANGE.model_copy(update={"state": OperationState.CONFIRMED, "commit_ttl_s": 432})
        ),
    }
    return steps  # type: ignore[return-value]
