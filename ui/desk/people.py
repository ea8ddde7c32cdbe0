"""The personas as the desk shows them: who they are, and their cards with the middle hidden."""

from __future__ import annotations

from kiosk.privacy import mask_id_number, mask_name, mask_phone
from kiosk.sandbox.personas import Persona, load
from kiosk.words import Language
from ui.desk.words import KINDS, PURPOSES, Words

_SEX = {"1": Words("男", "M"), "2": Words("女", "F")}


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


def card(id: str, language: Language) -> dict[str, str]:
    """What one may see of the card of persona ``id``: ``kind``, ``name``, ``sex``, ``birth`` (the
    year), ``number``, ``valid``, and ``purpose``."""
    persona = load()[id]
    until = persona.valid_to.isoformat() if persona.valid_to else "长期"
    return {
        "id": persona.id,
        "kind": KINDS[_kind(persona)].say(language),
        "name": mask_name(persona.full_name),
        "sex": _SEX[persona.sex].say(language),
        "birth": f"{persona.birth.year}",
        "number": mask_id_number(persona.number),
        "valid": f"{persona.valid_from.isoformat()} – {until}".replace("-", "."),
        "purpose": _purpose(persona, language),
    }


def owner(phone: str) -> str:
    """Whose phone this is: id, masked name and masked number; the number alone for nobody's."""
    for persona in load().values():
        if persona.phone == phone:
            return f"{persona.id} {mask_name(persona.full_name)} · {mask_phone(phone)}"
    return mask_phone(phone)


def _purpose(persona: Persona, language: Language) -> str:
    return Words(persona.purpose, PURPOSES.get(persona.id, persona.purpose)).say(language)


def _kind(persona: Persona) -> str:
    if persona.kind == "hmt-resident":  # GB 11643: 81 and 82 Hong Kong and Macao, 83 Taiwan
        return "taiwan" if persona.number.startswith("83") else "hk-macao"
    return persona.kind.partition("-")[0]
