"""The signed ticket that enrols one terminal without a network.

Signed as :mod:`kiosk.enrolment.signed` says, ``typ`` enrolment+jwt. Claims: ``jti``, ``iat``,
``nbf``, ``exp``, ``sub`` the key's hash, ``terminal`` what an
:class:`~kiosk.centre.enrolment.EnrolledTerminal` holds. As QR codes a ticket is cut into parts,
``KT1/3:…``, because one code of its size is too fine for many scanners.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from pydantic import ValidationError

from drivers.sentence import en
from kiosk.centre.enrolment import EnrolledTerminal
from kiosk.enrolment.signed import TicketRefused, checked_claims

TYPE = "enrolment+jwt"
PART_CHARACTERS = 700
"""Characters of a ticket in one QR code: version 17 at level L, 85 modules a side."""
MOST_PARTS = 60
_PART = re.compile(r"KT([1-9][0-9]?)/([1-9][0-9]?):([A-Za-z0-9_.-]+)")


@dataclass(frozen=True, slots=True)
class EnrolmentTicket:
    """A ticket whose signature, time and terminal have been checked."""

    id: str
    terminal: EnrolledTerminal


class TicketIncomplete(TicketRefused):
    """So far ``found`` parts of ``many`` were read."""

    def __init__(self, found: int, many: int) -> None:
        seen = en("{found} of {many} parts of the ticket", found=found, many=many)
        super().__init__(seen, "parts")
        self.found, self.many = found, many


def check(text: str, trusted: Path, key_hash: str, now: datetime | None = None) -> EnrolmentTicket:
    """What the ticket ``text`` grants to the key with ``key_hash``. ``trusted``: PEM file with the
    certificates of those who may sign tickets. Raises :class:`TicketRefused`."""
    none = en("this is no enrolment ticket")
    now = now or datetime.now(UTC)
    claims = checked_claims(text, TYPE, ("sub", "terminal"), trusted, now, none)
    if claims["sub"] != key_hash:
        raise TicketRefused(en("the ticket is for the key of another terminal"))
    try:
        terminal = EnrolledTerminal.model_validate(claims["terminal"])
    except ValidationError as error:
        raise TicketRefused(en("the ticket lacks what a terminal needs")) from error
    return EnrolmentTicket(str(claims["jti"])[:64], terminal)


def parts(text: str) -> list[str]:
    """The ticket as texts of QR codes, in order."""
    pieces = [text[at : at + PART_CHARACTERS] for at in range(0, len(text), PART_CHARACTERS)]
    return [f"KT{n}/{len(pieces)}:{piece}" for n, piece in enumerate(pieces, 1)]


def assembled(lines: Iterable[str]) -> str:
    """The ticket in ``lines``: whole, or in parts as they are scanned, in any order and repeated.
    Reads on only until the ticket is whole. Raises :class:`TicketRefused`."""
    found: dict[int, str] = {}
    of = 0
    for each in lines:
        line = each.strip()
        part = _PART.fullmatch(line)
        if part is None:
            if line:
                return line
            continue
        number, many = int(part[1]), int(part[2])
        if (of and many != of) or many > MOST_PARTS or number > many:
            raise TicketRefused(en("the parts are of more than one ticket"), "parts")
        of = many
        found[number] = part[3]
        if len(found) == of:
            return "".join(found[n] for n in range(1, of + 1))
    raise TicketIncomplete(len(found), of)
