"""Reads the data of a social security card (LD/T 32) that need no PIN: the files EF05 and EF06.

A record is an identifier, a length and a value. Some cards read a record by its identifier, others
by its place in the file; the identifier in the answer shows whether it is the right record.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from enum import IntEnum
from typing import NamedTuple

from drivers.device import DeviceError, Reason
from drivers.gb18030 import assigned
from drivers.smart_card.apdu import Card, StatusWord, meaning
from drivers.smart_card.types import SocialSecurityCard

NAME = b"sx1.sh." + "社会保障".encode("gbk")
"""The name of the card's social security application, SSSE."""
EF05 = bytes.fromhex("EF05")
EF06 = bytes.fromhex("EF06")

_BY_FILE_NUMBER = 0x02
_BY_IDENTIFIER = 0x00
_BY_PLACE = 0x04


class Record(IntEnum):
    """Identifiers of the records read here."""

    CARD_ID = 0x01
    ISSUED = 0x05
    EXPIRES = 0x06
    CARD_NUMBER = 0x07
    NUMBER = 0x08
    NAME = 0x09
    SEX = 0x0A
    NATION = 0x0B
    BIRTHPLACE = 0x0C
    BIRTH = 0x0D


class RecordField(NamedTuple):
    """Where a record stands: its file, its place in the file, and the length of its value."""

    file: bytes
    place: int
    length: int


FIELDS: Mapping[Record, RecordField] = {
    Record.CARD_ID: RecordField(EF05, 1, 16),
    Record.ISSUED: RecordField(EF05, 5, 4),
    Record.EXPIRES: RecordField(EF05, 6, 4),
    Record.CARD_NUMBER: RecordField(EF05, 7, 9),
    Record.NUMBER: RecordField(EF06, 1, 18),
    Record.NAME: RecordField(EF06, 2, 30),
    Record.SEX: RecordField(EF06, 4, 1),  # place 3 continues the name; rarely filled
    Record.NATION: RecordField(EF06, 5, 1),
    Record.BIRTHPLACE: RecordField(EF06, 6, 3),
    Record.BIRTH: RecordField(EF06, 7, 4),
}


def is_social_security_card(card: Card) -> bool:
    """Select the social security application; returns whether the card has it."""
    return card.select(NAME).ok


def read_social_security_card(card: Card) -> SocialSecurityCard:
    """Read the card. Raises :class:`DeviceError`: ``CARD_UNKNOWN`` when it is no social security
    card, or wants a PIN first; ``CARD_UNREADABLE`` when it gives no number; and whatever ``card``
    raises.
    """
    if not is_social_security_card(card):
        raise DeviceError(Reason.CARD_UNKNOWN, "the card is no social security card")
    values = _read_file(card, EF05) | _read_file(card, EF06)
    number = _ascii(values[Record.NUMBER])
    if len(number) not in (15, 18) or not number.isalnum():
        raise _unreadable("the card gives no social security number")
    name, cut = _name(values[Record.NAME])
    card_id = values[Record.CARD_ID]
    return SocialSecurityCard(
        card_id=card_id.hex().upper() if len(card_id) == 16 else "",
        card_number=_ascii(values[Record.CARD_NUMBER]),
        number=number,
        name=name,
        sex=_ascii(values[Record.SEX][:1]),
        nation=_code(values, Record.NATION),
        birth=_date(values[Record.BIRTH]),
        birthplace=_code(values, Record.BIRTHPLACE),
        issued=_date(values[Record.ISSUED]),
        expires=_date(values[Record.EXPIRES]),
        name_cut=cut,
    )


def _read_file(card: Card, file: bytes) -> dict[Record, bytes]:
    selected = card.select(file, p1=_BY_FILE_NUMBER)
    if not selected.ok:
        raise _unreadable(f"a file of the card is not there: {meaning(selected.status)}")
    return {record: _read(card, record) for record, field in FIELDS.items() if field.file == file}


def _read(card: Card, record: Record) -> bytes:
    """The value of a record; b"" when the card has no such record."""
    field = FIELDS[record]
    for asked, p2 in ((record.value, _BY_IDENTIFIER), (field.place, _BY_PLACE)):
        answer = card.read_record(asked, p2, le=2 + field.length)
        if answer.status == StatusWord.SECURITY_NOT_SATISFIED:
            raise DeviceError(Reason.CARD_UNKNOWN, "the card says nothing without a PIN or a key")
        data = answer.data
        if answer.ok and len(data) >= 2 and data[0] == record and data[1] <= len(data) - 2:
            return data[2 : 2 + data[1]]
    return b""


def _name(raw: bytes) -> tuple[str, bool]:
    """The name in ``raw`` (GBK, padded with zeros or spaces), and whether it fills its field."""
    text = raw.rstrip(b"\0 ")
    name = assigned(text.decode("gb18030", "replace"))
    cut = len(text) >= FIELDS[Record.NAME].length - 1
    if cut and name.endswith("\ufffd"):  # half of a cut character
        name = name[:-1]
    name = name.strip(" \u3000")
    return (name, cut) if _clean(name) else ("", False)


def _ascii(raw: bytes) -> str:
    text = raw.strip(b"\0 \xff").decode("ascii", "replace")
    return text if _clean(text) else ""


def _clean(text: str) -> bool:
    return text.isprintable() and "\ufffd" not in text


def _digits(packed: bytes) -> str:
    digits = packed.hex()
    return digits if digits.isdigit() else ""


def _code(values: Mapping[Record, bytes], record: Record) -> str:
    """The digits of a code; "" when it is blank or has another length."""
    packed = values[record]
    return _digits(packed) if len(packed) == FIELDS[record].length else ""


def _date(packed: bytes) -> date | None:
    """The date of YYYYMMDD in BCD; ``None`` when it is blank or no date."""
    digits = _digits(packed)
    if len(digits) != 8:
        return None
    try:
        return date(int(digits[:4]), int(digits[4:6]), int(digits[6:]))
    except ValueError:
        return None


def _unreadable(detail: str) -> DeviceError:
    return DeviceError(Reason.CARD_UNREADABLE, detail)
