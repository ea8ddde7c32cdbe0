"""单位信息变更、单位开户: what the market register 市场监管登记 says may be taken over."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable

from kiosk.centre.models import CentreWords
from kiosk.centre.operations import Change, FieldChoice, PersonalField
from kiosk.operation import Business
from kiosk.privacy import Sensitive, mask_name
from kiosk.workshop.sandbox.cases import (
    BusinessRule,
    Movement,
    OrderTarget,
    PersonCase,
    Terms,
    words,
)
from kiosk.workshop.sandbox.refusals import Refused
from kiosk.workshop.sandbox.store import Row
from kiosk.workshop.sandbox.unit_plans import (
    judge_units,
    limits,
    must_be_lawful,
    unit_of,
)

_REGISTER = words("市场监管部门登记", "From the market register")
_CENTRE = words("中心可选的日期", "As the centre offers")
_PAY_DAYS = (5, 10, 15, 20, 25)


# -- 基本信息变更 ---------------------------------------------------------------------------------


def _verbatim(text: str) -> CentreWords:
    return CentreWords(zh=text, en=text)


def _registered(case: PersonCase, unit: Row) -> Row:
    row = case.store.one("SELECT * FROM register WHERE organisation = ?", unit["organisation"])
    assert row  # every unit of the table stands in the register
    return row


def _taken_over(
    field: str, label: CentreWords, unit: Row, known: Row, shown: Callable[[str], str] = str
) -> PersonalField:
    """A field that can become what the register says, and nothing else; ``shown`` words a value
    for pages."""
    held, new = unit[field], known[field]
    words_of_new = Sensitive(_verbatim(shown(new)))
    choice = FieldChoice(code=_code(new), words=words_of_new, source=_REGISTER)
    return PersonalField(
        field=field,
        label=label,
        held=Sensitive(_verbatim(shown(held))),
        choices=() if held == new else (choice,),
        refusal=Refused("as-in-register").body if held == new else None,
    )


def _code(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def _day(day: int) -> CentreWords:
    return words(f"每月{day}日", f"Day {day} of the month")


def _fields(case: PersonCase, unit: Row) -> tuple[PersonalField, ...]:
    known = _registered(case, unit)
    days = tuple(
        FieldChoice(code=str(day), words=Sensitive(_day(day)), source=_CENTRE)
        for day in _PAY_DAYS
        if day != unit["pay_day"]
    )
    return (
        _taken_over("address", words("单位地址", "Address"), unit, known),
        _taken_over(
            "representative",
            words("法定代表人", "Legal representative"),
            unit,
            known,
            mask_name,
        ),
        PersonalField(
            field="pay_day",
            label=words("发薪日", "Pay day"),
            held=Sensitive(_day(unit["pay_day"])),
            choices=days,
        ),
    )


def _judge_data(case: PersonCase) -> list[Terms]:
    effect = words(
        "今后的通知和核查以新的信息为准。", "From now on notices and checks go by the new data."
    )
    return judge_units(
        case,
        Business.UNIT_DATA_CHANGE,
        lambda unit: Terms(
            Business.UNIT_DATA_CHANGE,
            unit=unit,
            effects=(effect,),
            fields=_fields(case, unit),
            payee=False,
        ),
    )


def _chosen(case: PersonCase, target: OrderTarget) -> tuple[PersonalField, FieldChoice]:
    """Refuses not-agent, not-offered-here."""
    for field in _fields(case, unit_of(case, target)):
        for choice in field.choices:
            if (field.field, choice.code) == (target.field, target.value):
                return field, choice
    raise Refused("not-offered-here")


def _data(case: PersonCase, target: OrderTarget) -> tuple[Change, ...]:
    field, choice = _chosen(case, target)
    change = Change(field=field.field, label=field.label, before=field.held, after=choice.words)
    return (change,)


def _file_data(case: PersonCase, target: OrderTarget, terms: Terms, serial: str) -> list[Movement]:
    field, choice = _chosen(case, target)
    known = _registered(case, unit_of(case, target))
    value = int(choice.code) if field.field == "pay_day" else known[field.field]
    case.store.run(
        f"UPDATE unit SET {field.field} = ? WHERE number = ?",  # noqa: S608 - a field of ours
        value,
        target.unit,
    )
    return []


# -- 单位开户 -------------------------------------------------------------------------------------


def _companies(case: PersonCase) -> list[Row]:
    """The companies whose registered agent the person is, those with an account too."""
    return case.store.all(
        "SELECT register.*, organisation AS number FROM register WHERE agent = ? "
        "ORDER BY organisation",
        case.person["id"],
    )


def _judge_opening(case: PersonCase) -> list[Terms]:
    found = [_opening(case, company) for company in _companies(case)]
    no = Terms(Business.UNIT_OPENING, refusal=Refused("no-company"), payee=False)
    return found or [no]


def _opening(case: PersonCase, company: Row) -> Terms:
    organisation = company["organisation"]
    refusal = None
    if case.store.one("SELECT 1 FROM unit WHERE organisation = ?", organisation):
        refusal = Refused("company-has-account")
    elif company["revoked"]:
        refusal = Refused("company-revoked")
    effects = (
        words(
            f"为{company['name']}开立单位账户，您登记为经办人。",
            f"An account for {company['name']}; you become its agent.",
        ),
        words(
            "银行账户要到受托银行签约以后才能扣款。",
            "The bank account has to be signed up at the bank before anything is paid.",
        ),
    )
    return Terms(
        Business.UNIT_OPENING,
        unit=company,
        refusal=refusal,
        effects=effects,
        payee=False,
        limits=limits(),
        fields=(
            PersonalField(
                field="company",
                label=words("单位名称", "Company"),
                held=Sensitive(_verbatim(company["name"])),
            ),
        ),
    )


def _ratios(case: PersonCase, target: OrderTarget) -> tuple[Change, ...]:
    """Refuses ratio-outside."""
    employer, personal = json.loads(target.value or "[0, 0]")
    must_be_lawful((employer, personal))
    none = words("未设", "None")
    return (
        Change(
            field="employer-ratio",
            label=words("单位比例", "employer's ratio"),
            before=Sensitive(none),
            after=Sensitive(_verbatim(f"{employer}%")),
        ),
        Change(
            field="personal-ratio",
            label=words("个人比例", "personal ratio"),
            before=Sensitive(none),
            after=Sensitive(_verbatim(f"{personal}%")),
        ),
    )


def _open(case: PersonCase, target: OrderTarget, terms: Terms, serial: str) -> list[Movement]:
    company = terms.unit
    assert company
    employer, personal = json.loads(target.value or "[0, 0]")
    known = case.store.count("SELECT count(*) FROM employer")
    number = f"98{case.today:%y%m%d}{known + 1:05}"
    case.store.insert("employer", {"number": number, "name": company["name"], "status": "02"})
    case.store.insert(
        "unit",
        {
            "number": number,
            "organisation": company["organisation"],
            "address": company["address"],
            "representative": company["representative"],
            "agent": case.person["id"],
            "opened": case.today.isoformat(),
            "employer_ratio": employer,
            "personal_ratio": personal,
            "bank": "—",
            "bank_account": "—",
            "pay_day": 15,
            "ratio_since": case.today.isoformat(),
            "password": "",
        },
    )
    return []


RULES = (
    BusinessRule(
        business=Business.UNIT_DATA_CHANGE,
        group="unit",
        kind="unit-data",
        service="unit-data",
        judge=_judge_data,
        carry_out=_file_data,
        changes=_data,
    ),
    BusinessRule(
        business=Business.UNIT_OPENING,
        group="unit",
        kind="unit-opening",
        service="unit-opening",
        judge=_judge_opening,
        carry_out=_open,
        changes=_ratios,
    ),
)
