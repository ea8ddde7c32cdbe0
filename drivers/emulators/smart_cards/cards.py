"""Emulated chip cards: files and records behind APDUs, made from plain facts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any, Literal

import msgspec

from drivers.smart_card.apdu import Ins, StatusWord
from drivers.smart_card.emv import PPSE, PSE, UNIONPAY
from drivers.smart_card.ssc import EF05, EF06, FIELDS, NAME, Record
from drivers.smart_card.tlv import encode, read_dol

_PDOL = bytes.fromhex("9F66049F02069F03069F1A0295055F2A029A039C019F3704")
_DIRECTORY_FILE = 1
_HISTORY = bytes.fromhex("73C8401100900000")
_T0_ATR = bytes([0x3B, 0x60 | len(_HISTORY), 0, 0]) + _HISTORY
_NAME_MORE = 0x49  # 姓名扩展, the third record of EF06


@dataclass(slots=True)
class _CardApplication:
    """An application that a SELECT by name selects."""

    fci: bytes
    # (file, place) to the record that READ RECORD returns; file: the SFI, or a file number as
    # bytes.
    records: dict[tuple[int | bytes, int], bytes] = field(default_factory=dict)
    options: bytes | None = None  # the answer to GET PROCESSING OPTIONS
    pdol: bytes = b""
    by_identifier: bool = True  # READ RECORD by identifier works too
    pin_first: bool = False


class ChipCard:
    """A card with applications: SELECT, READ RECORD, GET PROCESSING OPTIONS, GET RESPONSE.

    With T=0 the card answers 61xx and 6Cxx as real cards do; with T=1 it returns the data at once.
    """

    def __init__(
        self, kind: str, applications: Mapping[bytes, _CardApplication], facts: _CardFacts
    ) -> None:
        self.kind = kind
        self.protocol = facts.protocol
        self._t0 = facts.protocol == "T0"
        self.atr = bytes.fromhex(facts.atr) or (_T0_ATR if self._t0 else _t1_atr())
        self._applications = dict(applications)
        self.reset()

    def reset(self) -> None:
        self._application: _CardApplication | None = None
        self._file: bytes | None = None
        self._waiting = b""

    def answer(self, apdu: bytes) -> bytes:
        """The response to a short command APDU; any bytes get a response."""
        if len(apdu) < 4:
            return _status(StatusWord.WRONG_LENGTH)
        data, le = b"", None
        if len(apdu) == 5:
            le = apdu[4] or 256
        elif len(apdu) > 5:
            data, rest = apdu[5 : 5 + apdu[4]], apdu[5 + apdu[4] :]
            if len(data) != apdu[4] or len(rest) > 1:
                return _status(StatusWord.WRONG_LENGTH)
            le = (rest[0] or 256) if rest else None
        if self._t0 and apdu[1] == Ins.GET_RESPONSE:
            result, self._waiting = self._waiting, b""
            status = StatusWord.OK if result else StatusWord.CONDITIONS_NOT_SATISFIED
        else:
            result, status = self._do(apdu[0], apdu[1], apdu[2], apdu[3], data)
        if status != StatusWord.OK or not result:
            return _status(status)
        if data and self._t0:  # T=0: a command has data or an answer, never both
            self._waiting = result
            return bytes([0x61, len(result) & 0xFF])
        if le is None:
            return _status(StatusWord.OK)
        if le < len(result) or (self._t0 and le not in (256, len(result))):
            if apdu[1] == Ins.GET_RESPONSE:
                self._waiting = result
            return bytes([0x6C, len(result) & 0xFF])
        return result + _status(StatusWord.OK)

    def _do(self, cla: int, ins: int, p1: int, p2: int, data: bytes) -> tuple[bytes, StatusWord]:
        match cla, ins, p1:
            case 0x00, Ins.SELECT, 0x04:
                return self._select(data)
            case 0x00, Ins.SELECT, 0x00 | 0x02:
                return self._select_file(data)
            case 0x00, Ins.READ_RECORD, _:
                return self._read_record(p1, p2)
            case 0x80, Ins.GET_PROCESSING_OPTIONS, _:
                return self._options(data)
            case 0x00 | 0x80, _, _:
                return b"", StatusWord.INSTRUCTION_NOT_SUPPORTED
        return b"", StatusWord.CLASS_NOT_SUPPORTED

    def _select(self, name: bytes) -> tuple[bytes, StatusWord]:
        for known, application in self._applications.items():
            if len(name) >= 5 and known.startswith(name):
                self._application, self._file = application, None
                return application.fci, StatusWord.OK
        return b"", StatusWord.FILE_NOT_FOUND

    def _select_file(self, number: bytes) -> tuple[bytes, StatusWord]:
        if self._application and any(file == number for file, _ in self._application.records):
            self._file = number
            return b"", StatusWord.OK
        return b"", StatusWord.FILE_NOT_FOUND

    def _read_record(self, asked: int, p2: int) -> tuple[bytes, StatusWord]:
        if self._application is None:
            return b"", StatusWord.CONDITIONS_NOT_SATISFIED
        if self._application.pin_first:
            return b"", StatusWord.SECURITY_NOT_SATISFIED
        records = self._application.records
        file = p2 >> 3 or self._file
        if file is None:
            return b"", StatusWord.CONDITIONS_NOT_SATISFIED
        record: bytes | None = None
        match p2 & 0x07:
            case 0x04:
                record = records.get((file, asked))
            case 0x00 if self._application.by_identifier:  # the first byte is the identifier
                inside = [value for (name, _), value in records.items() if name == file]
                record = next((value for value in inside if value[0] == asked), None)
        return (record, StatusWord.OK) if record else (b"", StatusWord.RECORD_NOT_FOUND)

    def _options(self, data: bytes) -> tuple[bytes, StatusWord]:
        if self._application is None or self._application.options is None:
            return b"", StatusWord.CONDITIONS_NOT_SATISFIED
        told = bytes(sum(length for _, length in read_dol(self._application.pdol)))
        if len(data) != len(encode(0x83, told)) or data[0] != 0x83:
            return b"", StatusWord.WRONG_DATA
        return self._application.options, StatusWord.OK


class _CardFacts(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    protocol: Literal["T0", "T1"] = "T0"
    # hexadecimal; "": one that fits the protocol. Nonsense plays a card put in the wrong way round
    atr: str = ""


class BankFacts(_CardFacts, frozen=True, kw_only=True):
    """A bank card: its number is needed, all other fields have defaults. ``options``: how the card
    answers GET PROCESSING OPTIONS; "track 2": its records have the number in track 2 only; "fast":
    no records, the answer itself has track 2, as a contactless card in its fast mode answers."""

    number: str
    holder: str = ""
    expires: date = date(2035, 12, 31)
    sequence: int = 1
    label: str = "PBOC DEBIT"
    aid: str = (UNIONPAY + bytes.fromhex("010101")).hex()
    directory: Literal["contact", "contactless", "none"] = "contact"
    options: Literal["format 1", "format 2", "track 2", "fast"] = "format 1"


class SocialSecurityFacts(_CardFacts, frozen=True, kw_only=True):
    """A social security card: number and name are needed. ``bank``: the number of the bank account
    on the card, "" for none."""

    number: str
    name: str
    card_number: str = "A00000001"
    card_id: str = "990101D156000005000000000000FFFF"
    issued: date | None = date(2020, 1, 1)
    expires: date | None = date(2040, 1, 1)
    sex: str = ""
    nation: str = "01"
    birth: date | None = None
    birthplace: str = "990101"
    records: Literal["both", "by place"] = "both"
    pin_first: bool = False
    bank: str = ""


class UnknownFacts(_CardFacts, frozen=True, kw_only=True):
    """A card with no application that the drivers know."""


_KINDS: Mapping[str, type[_CardFacts]] = {
    "bank": BankFacts,
    "social-security": SocialSecurityFacts,
    "unknown": UnknownFacts,
}


def make_card(facts: Mapping[str, Any]) -> ChipCard:
    """A card from plain facts: ``kind`` and the fields of its class, dates as ISO strings.

    Raises ``ValueError`` for another kind, an unknown field or a value that no card can hold.
    """
    rest = dict(facts)
    kind = rest.pop("kind", None)
    if kind not in _KINDS:
        raise ValueError(f"no kind of card {kind!r}; there are {', '.join(_KINDS)}")
    try:
        told = msgspec.convert(rest, _KINDS[kind])
        applications: dict[bytes, _CardApplication] = {}
        match told:
            case BankFacts():
                applications = bank_applications(told)
            case SocialSecurityFacts():
                applications = {NAME: _environment(told)}
                if told.bank:
                    applications |= bank_applications(BankFacts(number=told.bank))
        return ChipCard(kind, applications, told)
    except (msgspec.ValidationError, UnicodeEncodeError, OverflowError) as error:
        raise ValueError(f"no such card: {error}") from None


def bank_applications(facts: BankFacts) -> dict[bytes, _CardApplication]:
    """The payment application, and the directory that names it unless ``facts.directory`` is
    "none"; by name."""
    aid = bytes.fromhex(facts.aid)
    label = facts.label.encode("ascii")
    number = facts.number + "F" * (len(facts.number) % 2)
    month = facts.expires.strftime("%y%m")
    track_2 = f"{facts.number}D{month}2200000000000"
    track_2 += "F" * (len(track_2) % 2)
    track = encode(0x57, bytes.fromhex(track_2))
    first = track + encode(0x5F20, facts.holder.encode("gb18030"))
    plain = b"" if facts.options == "track 2" else encode(0x5A, bytes.fromhex(number))
    second = (
        plain
        + encode(0x5F24, bytes.fromhex(facts.expires.strftime("%y%m%d")))
        + encode(0x5F34, bytes.fromhex(f"{facts.sequence:02d}"))
        + encode(0x5F28, bytes.fromhex("0156"))
    )
    profile, locator = bytes.fromhex("7C00"), bytes.fromhex("0801010010010100")
    if facts.options == "format 1":
        options = encode(0x80, profile + locator)
    elif facts.options == "fast":
        options = encode(0x77, encode(0x82, profile) + track)
    else:
        options = encode(0x77, encode(0x82, profile) + encode(0x94, locator))
    records: dict[tuple[int | bytes, int], bytes] = {}
    if facts.options != "fast":
        records = {(1, 1): encode(0x70, first), (2, 1): encode(0x70, second)}
    said = encode(0x50, label) + encode(0x87, b"\x01") + encode(0x9F38, _PDOL)
    payment = _CardApplication(
        fci=encode(0x6F, encode(0x84, aid) + encode(0xA5, said)),
        records=records,
        options=options,
        pdol=_PDOL,
    )
    entry = encode(0x61, encode(0x4F, aid) + encode(0x50, label) + encode(0x87, b"\x01"))
    match facts.directory:
        case "contact":
            file = encode(0x88, bytes([_DIRECTORY_FILE])) + encode(0x5F2D, b"zh")
            directory = _CardApplication(
                fci=encode(0x6F, encode(0x84, PSE) + encode(0xA5, file)),
                records={(_DIRECTORY_FILE, 1): encode(0x70, entry)},
            )
            return {PSE: directory, aid: payment}
        case "contactless":
            inside = encode(0x84, PPSE) + encode(0xA5, encode(0xBF0C, entry))
            return {PPSE: _CardApplication(fci=encode(0x6F, inside)), aid: payment}
        case "none":
            return {aid: payment}


def _environment(facts: SocialSecurityFacts) -> _CardApplication:
    """The application 社会保障, with the records that need no PIN."""
    told = len(facts.number) == 18
    sex = facts.sex or (("1" if int(facts.number[16]) % 2 else "2") if told else "")
    birth = facts.number[6:14] if facts.birth is None and told else _bcd_date(facts.birth)
    # A character that GBK does not have is a question mark on the card, as on real cards.
    name = facts.name.encode("gbk", "replace")[: FIELDS[Record.NAME].length]
    values = {
        Record.CARD_ID: bytes.fromhex(facts.card_id),
        Record.ISSUED: bytes.fromhex(_bcd_date(facts.issued)),
        Record.EXPIRES: bytes.fromhex(_bcd_date(facts.expires)),
        Record.CARD_NUMBER: facts.card_number.encode("ascii"),
        Record.NUMBER: facts.number.encode("ascii"),
        Record.NAME: name,
        Record.SEX: sex.encode("ascii"),
        Record.NATION: bytes.fromhex(facts.nation),
        Record.BIRTHPLACE: bytes.fromhex(facts.birthplace),
        Record.BIRTH: bytes.fromhex(birth),
    }
    records: dict[tuple[int | bytes, int], bytes] = {
        (EF05, 2): bytes([2, 1]) + b"3",
        (EF05, 3): bytes([3, 4]) + b"3.00",
        (EF06, 3): bytes([_NAME_MORE, 20]) + bytes(20),
    }
    for record, (file, place, length) in FIELDS.items():
        value = values[record]
        if len(value) > length:
            raise ValueError(f"{record.name.lower()} has at most {length} bytes")
        records[file, place] = bytes([record, length]) + value.ljust(length, b"\0")
    return _CardApplication(
        fci=encode(0x6F, encode(0x84, NAME)),
        records=records,
        by_identifier=facts.records == "both",
        pin_first=facts.pin_first,
    )


def _bcd_date(day: date | None) -> str:
    return f"{day.year:04d}{day.month:02d}{day.day:02d}" if day else "00000000"


def _t1_atr() -> bytes:
    body = bytes([0x80 | len(_HISTORY), 0x01]) + _HISTORY
    check = 0
    for byte in body:
        check ^= byte
    return b"\x3b" + body + bytes([check])


def _status(status: int) -> bytes:
    return status.to_bytes(2, "big")
