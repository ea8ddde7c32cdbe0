"""The text record of an ID card's chip: 256 bytes of UTF-16LE, in one of four layouts.

The UTF-16 unit at byte 248 tells the layout; the ID number never does. Fields have fixed places and
are padded with spaces. A name that is too long for its field was cut when the card was made, also
in the middle of a surrogate pair.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import NamedTuple

from drivers.device import DeviceError, Reason
from drivers.gb18030 import assigned
from drivers.id_card.types import CardKind, IdCard

RECORD_BYTES = 256
_PADDING = " \0\u3000"
_NO_EXPIRY = "长期"
_CUT_FIELDS = ("name", "name_latin")  # personalisation cuts only these fields


class _Field(NamedTuple):
    offset: int  # bytes
    length: int  # bytes


_KIND = _Field(248, 2)
_KIND_LETTERS = {
    " ": CardKind.RESIDENT,
    "J": CardKind.HMT_RESIDENT,
    "I": CardKind.FOREIGNER_2017,
    "Y": CardKind.FOREIGNER_2023,
}
_COMMON = {
    "name": _Field(0, 30),
    "sex": _Field(30, 2),
    "birth": _Field(36, 16),
    "number": _Field(122, 36),
    "valid_from": _Field(188, 16),
    "valid_to": _Field(204, 16),
}
_LAYOUTS: Mapping[CardKind, Mapping[str, _Field]] = {
    CardKind.RESIDENT: _COMMON
    | {"nation": _Field(32, 4), "address": _Field(52, 70), "issuer": _Field(158, 30)},
    CardKind.HMT_RESIDENT: _COMMON
    | {
        "address": _Field(52, 70),
        "issuer": _Field(158, 30),
        "pass_number": _Field(220, 18),
        "issues": _Field(238, 4),
    },
    # The driver does not read the link to the old number at byte 250.
    CardKind.FOREIGNER_2023: _COMMON
    | {"issues": _Field(32, 4), "name_latin": _Field(52, 70), "nationality": _Field(242, 6)},
    CardKind.FOREIGNER_2017: {
        "name_latin": _Field(0, 120),
        "sex": _Field(120, 2),
        "number": _Field(122, 30),
        "nationality": _Field(152, 6),
        "name": _Field(158, 30),
        "valid_from": _Field(188, 16),
        "valid_to": _Field(204, 16),
        "birth": _Field(220, 16),
        "issuer": _Field(240, 8),  # a code, not a name
    },
}
_LATIN_REST = _Field(220, 22)
"""The end of a Latin name that fills its field on the permit of 2023. Older sources have a pass
number there, so only a text without digits continues the name."""
_DATES = ("birth", "valid_from")


def decode_record(record: bytes, photo: bytes = b"") -> IdCard:
    """The card that a text record of 256 bytes describes; ``photo`` (WLT) is taken over unchanged.

    Raises :class:`DeviceError`: ``CARD_UNKNOWN`` for a layout letter other than the four,
    ``CARD_UNREADABLE`` for a record that no card holds: another length, broken UTF-16, control
    characters, no name, no number, no end of validity.

    Cards are issued with days that no calendar has: an end on 29 February of a year without one, a
    birthday of the lunar calendar. ``valid_to`` decides, so it stays as it stands, for the centre;
    ``birth`` and ``valid_from`` decide nothing and become ``None``.
    """
    if len(record) != RECORD_BYTES:
        raise _unreadable(f"the text record has {len(record)} bytes instead of {RECORD_BYTES}")
    kind = _kind(record)
    texts = {"name_latin": "", "nation": "", "address": "", "issuer": ""}
    cut = False
    for name, field in _LAYOUTS[kind].items():
        raw = record[field.offset : field.offset + field.length]
        if name == "name_latin" and kind is CardKind.FOREIGNER_2023:
            raw += _latin_rest(record, raw)
        text, halved = _text(raw, name)
        texts[name] = assigned(text)
        if name in _CUT_FIELDS:
            cut = cut or halved or len(_units(text)) == len(raw)
    dates = {name: texts.pop(name) for name in _DATES}
    valid_to = texts.pop("valid_to")
    if not texts["name"] and not texts["name_latin"]:
        raise _unreadable("the field name is empty")
    if not (texts["number"].isascii() and texts["number"].isalnum()):
        raise _unreadable("the field number is empty or holds something else than a number")
    if valid_to != _NO_EXPIRY and not _eight_digits(valid_to):  # a blank does not mean 长期
        raise _unreadable("the field valid_to is empty or holds something else than a day")
    return IdCard(
        kind=kind,
        birth=_date(dates["birth"]),
        valid_from=_date(dates["valid_from"]),
        valid_to=None if valid_to == _NO_EXPIRY else valid_to,
        photo=photo,
        name_cut=cut,
        **texts,
    )


def encode_record(card: IdCard) -> bytes:
    """The text record of ``card``, as personalisation writes it into the chip.

    Names that are too long are cut at the last unit of their field, as on real cards. Raises
    ``ValueError`` when another field is too long, or ``card`` fills a field that its layout does
    not have.
    """
    layout = _LAYOUTS[card.kind]
    record = bytearray(" ".encode("utf-16-le") * (RECORD_BYTES // 2))
    for name in _ALL_FIELDS:
        text = _written(card, name)
        if name not in layout:
            if text:
                raise ValueError(f"a card of kind {card.kind.value} has no field {name}")
            continue
        field = layout[name]
        units = _units(text)
        if name in _CUT_FIELDS:
            units, rest = units[: field.length], units[field.length :]
            if name == "name_latin" and card.kind is CardKind.FOREIGNER_2023:
                rest = rest[: _LATIN_REST.length]
                record[_LATIN_REST.offset : _LATIN_REST.offset + len(rest)] = rest
        elif len(units) > field.length:
            raise ValueError(f"the field {name} is longer than {field.length // 2} units")
        record[field.offset : field.offset + len(units)] = units
    letter = next(letter for letter, kind in _KIND_LETTERS.items() if kind is card.kind)
    record[_KIND.offset : _KIND.offset + _KIND.length] = _units(letter)
    return bytes(record)


_ALL_FIELDS = tuple(dict.fromkeys(name for layout in _LAYOUTS.values() for name in layout))
_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
_CHECK_DIGITS = "10X98765432"


def check_digit_ok(number: str) -> bool:
    """Whether ``number`` can be an ID number, judged by its own digits.

    18 characters: the check digit of GB 11643-1999 (ISO 7064 MOD 11-2) must hold, with a capital X;
    the same rule serves the permits of Hong Kong, Macau, Taiwan and, since 2023, foreigners. 15
    characters, the old ID numbers (digits) and the 2017 permits (3 letters, 12 digits), have no
    check digit and are accepted. Region and date are not checked.
    """
    if not number.isascii():
        return False
    if len(number) == 15:
        return number[3:].isdigit() and (
            number[:3].isdigit() or (number[:3].isalpha() and number[:3].isupper())
        )
    if len(number) != 18 or not number[:17].isdigit():
        return False
    total = sum(int(digit) * weight for digit, weight in zip(number[:17], _WEIGHTS, strict=True))
    return number[17] == _CHECK_DIGITS[total % 11]


def _kind(record: bytes) -> CardKind:
    unit = record[_KIND.offset : _KIND.offset + _KIND.length]
    kind = _KIND_LETTERS.get(unit.decode("utf-16-le", "replace"))
    if kind is None:
        raise DeviceError(
            Reason.CARD_UNKNOWN, f"the record has an unknown layout letter {unit[::-1].hex()}"
        )
    return kind


def _text(raw: bytes, name: str) -> tuple[str, bool]:
    """The text of one field, and whether its last character was cut in half.

    Errors name the field and never its content. "surrogatepass" decodes broken UTF-16 too, so that
    no ``UnicodeDecodeError`` arises, which would carry the bytes.
    """
    text = raw.decode("utf-16-le", "surrogatepass")
    halved = "\ud800" <= text[-1] <= "\udbff"
    text = (text[:-1] if halved else text).rstrip(_PADDING)
    if any("\ud800" <= c <= "\udfff" for c in text):
        raise _unreadable(f"the field {name} holds half a character")
    if any(c < " " or "\x7f" <= c < "\xa0" for c in text):
        raise _unreadable(f"the field {name} holds a control character")
    return text, halved


def _latin_rest(record: bytes, begun: bytes) -> bytes:
    """The field that continues the Latin name ``begun``; b"" when it holds no further letters."""
    raw = record[_LATIN_REST.offset : _LATIN_REST.offset + _LATIN_REST.length]
    text = raw.decode("utf-16-le", "replace").rstrip(_PADDING)
    fills = len(begun.decode("utf-16-le", "replace").rstrip(_PADDING)) >= len(begun) // 2 - 1
    continues = any(c.isalpha() for c in text) and not any(c.isdigit() for c in text)
    return raw if fills and continues else b""


def _units(text: str) -> bytes:
    return text.encode("utf-16-le", "surrogatepass")


def _eight_digits(text: str) -> bool:
    return len(text) == 8 and text.isascii() and text.isdigit()


def _date(text: str) -> date | None:
    """The day of YYYYMMDD; ``None`` when the field is blank or holds no day of the calendar."""
    if not _eight_digits(text):
        return None
    try:
        return date(int(text[:4]), int(text[4:6]), int(text[6:]))
    except ValueError:
        return None


def _written(card: IdCard, name: str) -> str:
    if name == "valid_to":
        return _NO_EXPIRY if card.valid_to is None else card.valid_to
    if name not in _DATES:
        text: str = getattr(card, name)
        return text
    day: date | None = getattr(card, name)
    return "" if day is None else f"{day.year:04d}{day.month:02d}{day.day:02d}"


def _unreadable(detail: str) -> DeviceError:
    return DeviceError(Reason.CARD_UNREADABLE, detail)
