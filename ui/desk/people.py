"""The personas as the desk shows them: who they are, their cards with the middle hidden."""

from __future__ import annotations

from typing import Any

from kiosk.privacy import mask_bank_card, mask_id_number, mask_name, mask_phone
from kiosk.words import Language
from kiosk.workshop.sandbox.personas import Persona, load
from ui.desk import seen
from ui.desk.words import FACTS, KINDS, PURPOSES, DeskWords

_SEX = {"1": DeskWords("男", "M"), "2": DeskWords("女", "F")}


def listed(language: Language) -> list[dict[str, str]]:
    """One row a persona: ``id``, ``name`` masked, ``purpose`` in one sentence."""
    return [
        {
            "id": persona.id,
            "name": mask_name(persona.full_name),
            "purpose": _purpose(persona, language),
        }
        for persona in load().values()
    ]


CARDS = ("id_card", "social-security", "bank")
"""What a person has in the hand: the ID card, and two kinds of chip cards."""


def has(id: str, card: str) -> bool:
    """Whether persona ``id`` has such a card."""
    return card != "bank" or bool(load()[id].bank_card)


def chip(id: str, card: str) -> dict[str, str]:
    """What the chip card of persona ``id`` says, as its emulator takes it."""
    persona = load()[id]
    if card == "bank":
        return {"kind": card, "number": persona.bank_card, "holder": persona.name_latin}
    return {"kind": card, "number": persona.number, "name": persona.full_name}


def face(id: str, card: str, language: Language) -> dict[str, Any]:
    """What one may see of a card of persona ``id``: ``kind``, ``name``, and ``facts``, pairs of
    what it is and what it says; for an ID card four, else two."""
    persona = load()[id]
    if card != "id_card":
        number = mask_bank_card(persona.bank_card) if card == "bank" else None
        return {
            "kind": seen.CARDS[card].say(language),
            "name": mask_name(persona.full_name),
            "facts": _pairs(language, number=number or mask_id_number(persona.number)),
        }
    until = persona.valid_to.isoformat() if persona.valid_to else "长期"
    return {
        "kind": KINDS[_kind(persona)].say(language),
        "name": mask_name(persona.full_name),
        "facts": _pairs(
            language,
            number=mask_id_number(persona.number),
            sex=_SEX[persona.sex].say(language),
            valid=f"{persona.valid_from.isoformat()} – {until}".replace("-", "."),
            birth=f"{persona.birth.year}",
        ),
    }


def _pairs(language: Language, **facts: str) -> list[dict[str, str]]:
    return [{"what": FACTS[name].say(language), "says": told} for name, told in facts.items()]


def owner(phone: str) -> str:
    """Whose phone this is: id, masked name and masked number; the number alone for nobody's."""
    for persona in load().values():
        if persona.phone == phone:
            return f"{persona.id} {mask_name(persona.full_name)} · {mask_phone(phone)}"
    return mask_phone(phone)


def _purpose(persona: Persona, language: Language) -> str:
    return DeskWords(persona.purpose, PURPOSES.get(persona.id, persona.purpose)).say(language)


def _kind(persona: Persona) -> str:
    if persona.kind == "hmt-resident":  # GB 11643: 81 and 82 Hong Kong and Macao, 83 Taiwan
        return "taiwan" if persona.number.startswith("83") else "hk-macao"
    return persona.kind.partition("-")[0]
