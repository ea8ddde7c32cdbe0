"""The personas as the desk shows them: their purposes, and their cards with the middle hidden."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from drivers.device import Kind
from kiosk.privacy import mask_bank_card, mask_id_number, mask_name, mask_phone
from kiosk.words import Sayable, Text, _
from kiosk.workshop.sandbox.personas import Persona, load
from ui.desk import seen

CARDS: Mapping[str, Text] = {
    Kind.ID_CARD: _("身份证"),
    "social-security": seen.CARDS["social-security"],
    "bank": seen.CARDS["bank"],
    "bank-tap": _("闪付卡"),
    "fund-code": _("手机亮码"),
}
"""What a person carries: the ID card, two kinds of chip cards, the bank card held to the reader, a
phone with the code 亮码可办."""
ID_CARD = Kind.ID_CARD
FUND_CODE = "fund-code"
TAP = "bank-tap"
BANK_CARDS = ("bank", TAP)

PURPOSES: Mapping[str, Text] = {
    "P01": _("查询账户、打印缴存证明的一般情形"),
    "P02": _("账户已封存（2024年9月离职）"),
    "P03": _("有正在还款的公积金贷款"),
    "P04": _("已退休，单位已办理封存"),
    "P05": _("未到退休年龄，号码末位为 X"),
    "P06": _("贷款已于2025年6月结清"),
    "P07": _("名下有两个账户（正常、封存）"),
    "P08": _("账户被司法冻结"),
    "P09": _("持港澳居民居住证"),
    "P10": _("持外国人永久居留身份证，卡上没有中文姓名"),
    "P11": _("姓名比卡内所存的长，需要本人确认"),
    "P12": _("姓名中有生僻字"),
    "P13": _("身份证已过有效期"),
    "P14": _("没有公积金账户"),
    "P15": _("贷款逾期两期"),
    "P16": _("持台湾居民居住证，灵活就业"),
    "P17": _("身份证已挂失"),
    "P18": _("单位欠缴，缴至2025年8月"),
    "S1": _("王强的配偶、共同借款人，没有公积金账户"),
    "S2": _("买买提明的配偶，没有公积金账户"),
    "A1": _("两个单位的经办人，其中一个欠缴"),
}
"""What each persona is for in a demo or a training, by id."""

_SEX = {"1": _("男"), "2": _("女")}
_KINDS = {
    "resident": _("居民身份证"),
    "hk-macao": _("港澳居民居住证"),
    "taiwan": _("台湾居民居住证"),
    "foreigner": _("外国人永久居留身份证"),
}


class CardFace(NamedTuple):
    """The printed side of a card. ``facts`` are pairs of a label and its value, the personal ones
    masked: four for an ID card, one for a chip card."""

    kind: Sayable
    name: str
    facts: tuple[tuple[Sayable, Sayable], ...]


def name(id: str) -> str:
    """The masked name of persona ``id``."""
    return mask_name(load()[id].full_name)


def has(id: str, card: str) -> bool:
    """Whether persona ``id`` carries such a card."""
    return card not in BANK_CARDS or bool(load()[id].bank_card)


def place_of(card: str) -> str:
    """The part that takes ``card``."""
    return {ID_CARD: ID_CARD, FUND_CODE: Kind.CODE_SCANNER}.get(card, Kind.SMART_CARD)


def chip(id: str, card: str) -> dict[str, str]:
    """The content of the chip card of persona ``id``, as the emulated reader takes it. A bank card
    that is held to the reader answers as in PBOC's fast mode: no AFL, the number in tag 57 only."""
    persona = load()[id]
    if card in BANK_CARDS:
        bank = {"kind": "bank", "number": persona.bank_card, "holder": persona.name_latin}
        return bank | ({"directory": "contactless", "options": "fast"} if card == TAP else {})
    return {"kind": card, "number": persona.number, "name": persona.full_name}


def face(id: str, card: str) -> CardFace:
    """The printed side of a card of persona ``id``, or their phone."""
    persona = load()[id]
    if card == FUND_CODE:
        return CardFace(CARDS[card], name(id), ((_("号码"), mask_phone(persona.phone)),))
    if card != ID_CARD:
        number = mask_bank_card(persona.bank_card) if card in BANK_CARDS else None
        number = number or mask_id_number(persona.number)
        return CardFace(CARDS[card], name(id), ((_("号码"), number),))
    begins = persona.valid_from.isoformat().replace("-", ".")
    ends = persona.valid_to.isoformat().replace("-", ".") if persona.valid_to else _("长期")
    return CardFace(
        _KINDS[_kind(persona)],
        name(id),
        (
            (_("号码"), mask_id_number(persona.number)),
            (_("性别"), _SEX[persona.sex]),
            (_("有效期"), _("{begins} – {ends}", begins=begins, ends=ends)),
            (_("出生"), f"{persona.birth.year}"),
        ),
    )


def owner(phone: str) -> str:
    """The owner of a phone: id, masked name, masked number; the number alone if nobody owns it."""
    for persona in load().values():
        if persona.phone == phone:
            return f"{persona.id} {mask_name(persona.full_name)} · {mask_phone(phone)}"
    return mask_phone(phone)


def _kind(persona: Persona) -> str:
    if persona.kind == "hmt-resident":  # GB 11643: 81 and 82 Hong Kong and Macao, 83 Taiwan
        return "taiwan" if persona.number.startswith("83") else "hk-macao"
    return persona.kind.partition("-")[0]
