"""变更: what the centre has on file of a citizen, and what it lets a terminal change it to."""

from __future__ import annotations

import hashlib
import re
from itertools import pairwise

from drivers.smart_card import bins
from drivers.smart_card.types import BankCardKind
from kiosk.centre.models import CentreWords
from kiosk.centre.operations import Change, EvidenceKind, FieldChoice, PersonalField
from kiosk.operation import Business
from kiosk.privacy import Sensitive, mask_phone
from kiosk.workshop.sandbox import payouts, personas, withdrawals
from kiosk.workshop.sandbox.cases import (
    BusinessRule,
    Movement,
    OrderTarget,
    PersonCase,
    Terms,
    words,
)
from kiosk.workshop.sandbox.pins import password_digest
from kiosk.workshop.sandbox.refusals import Refused


def _verbatim(text: str) -> CentreWords:
    return CentreWords(zh=text, en=text)


_POLICE = words("公安机关登记的住址", "From the police register")
_OWN_LOAN = words("您的公积金贷款住房", "The home of your fund loan")
_CIVIL_AFFAIRS = words("民政部门登记", "From the civil affairs register")
MARITAL = {
    "10": words("未婚", "Single"),
    "20": words("已婚", "Married"),
    "30": words("丧偶", "Widowed"),
    "40": words("离婚", "Divorced"),
    "90": words("未说明", "Not stated"),
}
"""GB/T 2261.2 婚姻状况."""


# -- 个人信息: what is known elsewhere may be taken over -------------------------------------------


def _address(case: PersonCase) -> PersonalField:
    held = case.on_file["address"]
    known = [(personas.load()[case.person["id"]].address, _POLICE)]
    known += [(loan["house"], _OWN_LOAN) for loan in case.open_loans()]
    choices = {
        address: FieldChoice(
            code=_code(address), words=Sensitive(_verbatim(address)), source=source
        )
        for address, source in known
        if address and address != held
    }
    return PersonalField(
        field="address",
        label=words("联系地址", "Postal address"),
        held=Sensitive(_verbatim(held)),
        choices=tuple(choices.values()),
        refusal=None if choices else Refused("no-other-address").body,
    )


def _marital(case: PersonCase) -> PersonalField:
    held, registered = case.on_file["marital"], case.fact["marital"]
    choice = FieldChoice(
        code=registered, words=Sensitive(MARITAL[registered]), source=_CIVIL_AFFAIRS
    )
    return PersonalField(
        field="marital",
        label=words("婚姻状况", "Marital status"),
        held=Sensitive(MARITAL[held]),
        choices=() if registered == held else (choice,),
        refusal=Refused("as-registered").body if registered == held else None,
    )


def _email(case: PersonCase) -> PersonalField:
    return PersonalField(
        field="email",
        label=words("电子邮箱", "E-mail"),
        held=Sensitive(_verbatim(case.on_file["email"])),
        refusal=Refused("email-by-phone").body,
    )


def _code(text: str) -> str:
    """The code of a choice, so that no address stands in an order."""
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def _fields(case: PersonCase) -> tuple[PersonalField, ...]:
    return _address(case), _marital(case), _email(case)


def _judge_personal_data(case: PersonCase) -> list[Terms]:
    effect = words(
        "今后的信件和核查以新的信息为准", "From now on letters and checks go by the new data"
    )
    return [
        Terms(
            Business.PERSONAL_DATA_CHANGE,
            effects=(effect,),
            fields=_fields(case),
            payee=False,
        )
    ]


def _chosen(case: PersonCase, target: OrderTarget) -> tuple[PersonalField, FieldChoice]:
    """Refuses not-offered-here."""
    for field in _fields(case):
        for choice in field.choices:
            if (field.field, choice.code) == (target.field, target.value):
                return field, choice
    raise Refused("not-offered-here")


def _personal_data(case: PersonCase, target: OrderTarget) -> tuple[Change, ...]:
    field, choice = _chosen(case, target)
    change = Change(field=field.field, label=field.label, before=field.held, after=choice.words)
    return (change,)


def _file_personal_data(
    case: PersonCase, target: OrderTarget, terms: Terms, serial: str
) -> list[Movement]:
    field, choice = _chosen(case, target)
    value = choice.code if field.field == "marital" else choice.words.reveal().zh
    case.store.run(
        f"UPDATE on_file SET {field.field} = ? WHERE person = ?",  # noqa: S608 - a field of ours
        value,
        case.person["id"],
    )
    return []


# -- 查询密码 -------------------------------------------------------------------------------------


def _judge_password(case: PersonCase) -> list[Terms]:
    effect = words(
        "旧密码作废，今后用新密码查询", "The old password ends; from now on use the new one"
    )
    return [Terms(Business.PASSWORD_CHANGE, effects=(effect,), payee=False)]


def _take_password(case: PersonCase, password: str) -> str:
    """Refuses password-weak, password-same."""
    steps = {int(after) - int(before) for before, after in pairwise(password)}
    known = (case.person["number"], case.person["phone"])
    if steps in ({0}, {1}, {-1}) or any(password in number for number in known):
        raise Refused("password-weak")
    digest = password_digest(case.person["id"], password)
    if digest == case.on_file["password"]:
        raise Refused("password-same")
    return digest


def _file_password(
    case: PersonCase, target: OrderTarget, terms: Terms, serial: str
) -> list[Movement]:
    case.store.run(
        "UPDATE on_file SET password = ? WHERE person = ?", target.value, case.person["id"]
    )
    return []


# -- 收款银行卡 -----------------------------------------------------------------------------------

STRONG: tuple[tuple[EvidenceKind, ...], ...] = (("qr", "sms"), ("face", "sms"))
"""Evidence of a change of card or phone: the citizen's phone app or face, and a code."""


def second_card(card: str) -> str:
    """The number of the second card that the demo's bank has issued to the holder of ``card``:
    9999991…, with its own Luhn digit."""
    digits = card[:6] + "1" + card[7:-1]
    return digits + luhn_digit(digits)


def luhn_digit(digits: str) -> str:
    """The digit that makes ``digits`` right (ISO/IEC 7812-1, annex B)."""
    doubled = [int(each) * (2 - at % 2) for at, each in enumerate(reversed(digits))]
    return str(-sum(each - 9 * (each > 9) for each in doubled) % 10)


def _holder(case: PersonCase, card: str) -> str | None:
    """Whose card the bank says that ``card`` is; None: no card, or blocked."""
    return next(
        (
            id_
            for id_, each in personas.load().items()
            if each.bank_card and card in (each.bank_card, second_card(each.bank_card))
        ),
        None,
    )


def _judge_payee_card(case: PersonCase) -> list[Terms]:
    try:
        case.must_have_cooled("phone_changed")
        withdrawals.must_have_none_under_way(case)
    except Refused as refusal:
        return [Terms(Business.PAYEE_CARD_CHANGE, refusal=refusal, payee=False)]
    effects = (
        words(
            "24小时内不能提取到新卡，也不能变更手机号",
            "For 24 hours nothing is paid to the new card, and the phone number stays",
        ),
    )
    return [Terms(Business.PAYEE_CARD_CHANGE, effects=effects, payee=False, confirmed_by=STRONG)]


def _payee_card(case: PersonCase, target: OrderTarget) -> tuple[Change, ...]:
    """Refuses payee-bank-unknown, payee-credit-card, payee-card-abnormal, payee-other-holder,
    payee-same-card."""
    card, old = target.value or "", case.person["bank_card"]
    known = bins.lookup(card)
    if known is None:
        raise Refused("payee-bank-unknown")
    if known.kind is BankCardKind.CREDIT:
        raise Refused("payee-credit-card")
    if card == old:
        raise Refused("payee-same-card")
    holder = _holder(case, card)
    if holder is None:
        raise Refused("payee-card-abnormal")
    if holder != case.person["id"]:
        raise Refused("payee-other-holder")
    change = Change(
        field="payee-card",
        label=words("收款银行卡", "Bank card"),
        before=Sensitive(_card(old)),
        after=Sensitive(_card(card)),
    )
    return (change,)


def _card(number: str) -> CentreWords:
    known = bins.lookup(number)
    zh, en = (known.bank, known.bank_en) if known else ("", "")
    return words(f"{zh} 尾号 {number[-4:]}", f"{en}, ending {number[-4:]}")


def _file_payee_card(
    case: PersonCase, target: OrderTarget, terms: Terms, serial: str
) -> list[Movement]:
    person = case.person["id"]
    case.store.run("UPDATE person SET bank_card = ? WHERE id = ?", target.value, person)
    case.store.run("UPDATE on_file SET card_changed = ? WHERE person = ?", case.ticks, person)
    closed = case.person["bank_card"] if case.fact["card_closed"] else None
    case.store.run("UPDATE fact SET card_closed = 0 WHERE person = ?", person)
    payouts.pay_again(
        case.store, person, str(target.value), case.working_day(3), case.ticks, closed=closed
    )
    return []


# -- 手机号 ---------------------------------------------------------------------------------------

_OTHERS = "129"
"""Numbers of the demo that begin so are registered with the operator in another name."""


def _judge_phone(case: PersonCase) -> list[Terms]:
    try:
        case.must_have_cooled("card_changed")
    except Refused as refusal:
        return [Terms(Business.PHONE_CHANGE, refusal=refusal, payee=False)]
    effects = (
        words(
            "今后的验证码和短信发到新号码，原号码会收到通知。",
            "Codes and messages go to the new number; the old one is told.",
        ),
        words("24小时内不能变更收款银行卡。", "For 24 hours the bank card stays as it is."),
    )
    return [Terms(Business.PHONE_CHANGE, effects=effects, payee=False, confirmed_by=STRONG)]


def _phone(case: PersonCase, target: OrderTarget) -> tuple[Change, ...]:
    """Refuses phone-invalid, phone-same, phone-taken, phone-other-name."""
    new, old = target.value or "", case.person["phone"]
    if not re.fullmatch(r"1[2-9][0-9]{9}", new):
        raise Refused("phone-invalid")
    if new == old:
        raise Refused("phone-same")
    if case.store.one("SELECT 1 FROM person WHERE phone = ?", new):
        raise Refused("phone-taken")
    if new.startswith(_OTHERS):
        raise Refused("phone-other-name")
    change = Change(
        field="phone",
        label=words("手机号", "Phone"),
        before=Sensitive(_verbatim(mask_phone(old))),
        after=Sensitive(_verbatim(mask_phone(new))),
    )
    return (change,)


def _file_phone(case: PersonCase, target: OrderTarget, terms: Terms, serial: str) -> list[Movement]:
    person = case.person["id"]
    case.store.run(
        "UPDATE on_file SET phone_changed = ?, phone_before = ? WHERE person = ?",
        case.ticks,
        case.person["phone"],
        person,
    )
    case.store.run("UPDATE person SET phone = ? WHERE id = ?", target.value, person)
    return []


RULES = (
    BusinessRule(
        business=Business.PHONE_CHANGE,
        group="change",
        kind="phone",
        service="phone",
        judge=_judge_phone,
        carry_out=_file_phone,
        code_to_new=True,
        changes=_phone,
    ),
    BusinessRule(
        business=Business.PAYEE_CARD_CHANGE,
        group="change",
        kind="payee-card",
        service="payee-card",
        judge=_judge_payee_card,
        carry_out=_file_payee_card,
        changes=_payee_card,
    ),
    BusinessRule(
        business=Business.PASSWORD_CHANGE,
        group="change",
        kind="query-password",
        service="query-password",
        judge=_judge_password,
        carry_out=_file_password,
        takes=_take_password,
    ),
    BusinessRule(
        business=Business.PERSONAL_DATA_CHANGE,
        group="change",
        kind="personal-data",
        service="personal-data",
        judge=_judge_personal_data,
        carry_out=_file_personal_data,
        changes=_personal_data,
    ),
)
