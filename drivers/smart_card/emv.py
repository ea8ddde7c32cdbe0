"""Reads a bank card: PBOC (JR/T 0025) and EMV applications, number and expiry."""

from __future__ import annotations

import calendar
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime

from drivers.device import DeviceError, Reason
from drivers.gb18030 import assigned
from drivers.smart_card import bins
from drivers.smart_card.apdu import Card, CommandApdu, Ins, meaning
from drivers.smart_card.tlv import encode, pick, read_dol, walk
from drivers.smart_card.types import BankCard, BankCardKind

PSE = b"1PAY.SYS.DDF01"
PPSE = b"2PAY.SYS.DDF01"
UNIONPAY = bytes.fromhex("A000000333")
"""The registered provider UnionPay; its applications are tried before others on the same card."""
_KINDS: Mapping[bytes, BankCardKind] = {
    UNIONPAY + bytes.fromhex("010101"): BankCardKind.DEBIT,
    UNIONPAY + bytes.fromhex("010102"): BankCardKind.CREDIT,
    # 准贷记: treated as credit, so that no payout goes there
    UNIONPAY + bytes.fromhex("010103"): BankCardKind.CREDIT,
    UNIONPAY + bytes.fromhex("010106"): BankCardKind.UNKNOWN,  # electronic cash
}

_FCI_NAME = 0x84
_DIRECTORY_FILE = 0x88
_ENTRY = 0x61
_AID = 0x4F
_LABEL = 0x50
_PRIORITY = 0x87
_PDOL = 0x9F38
_AFL = 0x94
_FORMAT_1 = 0x80
_COMMAND_TEMPLATE = 0x83
_TRACK_2 = 0x57
_NUMBER = 0x5A
_HOLDER = 0x5F20
_EXPIRY = 0x5F24
_SEQUENCE = 0x5F34
_WANTED = (_NUMBER, _HOLDER, _EXPIRY, _SEQUENCE)

_UNIONPAY_DIGITS = range(13, 20)
_MAX_ENTRIES = 10
_MAX_RECORDS = 40
_MAX_COMMAND_DATA = 255

# The terminal's data for a card that asks for them before it opens its files. Nothing is bought, so
# amounts are zero, as are all objects that this table does not list.
_TERMINAL: Mapping[int, bytes] = {
    # a contactless card needs to know that the terminal reads chips
    0x9F66: bytes.fromhex("36000000"),
    0x9F1A: bytes.fromhex("0156"),  # China
    0x5F2A: bytes.fromhex("0156"),  # yuan
}


@dataclass(frozen=True, slots=True)
class _EmvApplication:
    aid: bytes
    label: bytes = b""
    priority: int = 16  # the card's order, 1 is the first; 16: not on the card


def read_bank_card(card: Card, today: date | None = None) -> BankCard:
    """The data of the card's first readable payment application.

    Raises :class:`DeviceError`: ``CARD_UNKNOWN`` when there is no payment application,
    ``CARD_UNREADABLE`` when no application gives a valid card number; and whatever ``card`` raises.
    """
    refusal: DeviceError | None = None
    for application in _applications(card):
        selected = card.select(application.aid)
        if not selected.ok:
            continue
        try:
            return _read(card, application, selected.data, today or _today())
        except DeviceError as error:
            if error.reason is not Reason.CARD_UNREADABLE:
                raise
            refusal = refusal or error
    raise refusal or DeviceError(Reason.CARD_UNKNOWN, "the card has no payment application")


def _number_ok(number: str, aid: bytes) -> bool:
    """Whether a card may have ``number``. UnionPay has issued numbers without a check digit, and
    the chip's own transmission is protected: nobody has mistyped them."""
    return luhn_ok(number) or (aid.startswith(UNIONPAY) and len(number) in _UNIONPAY_DIGITS)


def luhn_ok(number: str) -> bool:
    """Whether ``number`` has 8 to 19 digits and the last is the right check digit (ISO/IEC 7812-1,
    annex B)."""
    if not (number.isascii() and number.isdigit() and 8 <= len(number) <= 19):
        return False
    doubled = (sum(divmod(2 * int(digit), 10)) for digit in number[-2::-2])
    return (sum(doubled) + sum(int(digit) for digit in number[-1::-2])) % 10 == 0


def _applications(card: Card) -> list[_EmvApplication]:
    """The applications to try: from the contact directory, else from the contactless directory,
    else all known names. UnionPay first, then by the card's priority."""
    named = _from_directory(card) or _from_entries(_selected(card, PPSE))
    named.sort(key=lambda one: (not one.aid.startswith(UNIONPAY), one.priority))
    return named or [_EmvApplication(aid) for aid in _KINDS]


def _from_directory(card: Card) -> list[_EmvApplication]:
    fci = _selected(card, PSE)
    file = pick(fci, _DIRECTORY_FILE).get(_DIRECTORY_FILE, b"")
    if len(file) != 1 or not 1 <= file[0] <= 10:
        return []
    found: list[_EmvApplication] = []
    for number in range(1, _MAX_ENTRIES + 1):
        record = card.read_record(number, file[0] << 3 | 4)
        if not record.ok:
            break
        found += _from_entries(record.data)
    return found[:_MAX_ENTRIES]


def _selected(card: Card, name: bytes) -> bytes:
    response = card.select(name)
    return response.data if response.ok else b""


def _from_entries(data: bytes) -> list[_EmvApplication]:
    found = []
    for tag, value in walk(data):
        if tag != _ENTRY:
            continue
        entry = pick(value, _AID, _LABEL, _PRIORITY)
        aid = entry.get(_AID, b"")
        if 5 <= len(aid) <= 16:
            priority = (entry.get(_PRIORITY) or b"\0")[0] & 0x0F
            found.append(_EmvApplication(aid, entry.get(_LABEL, b""), priority or 16))
    return found[:_MAX_ENTRIES]


def _read(card: Card, application: _EmvApplication, fci: bytes, today: date) -> BankCard:
    said = pick(fci, _FCI_NAME, _LABEL, _PDOL)
    aid = said.get(_FCI_NAME, b"")
    if not aid.startswith(application.aid):
        aid = application.aid
    options = _options(card, said.get(_PDOL, b""), today)
    values = _wanted(options)
    if locator := _locator(options):
        values = _records(card, locator) | values
    elif not values:  # a contactless card in its fast mode gives all here, and has no records
        raise _unreadable("the card does not say where its records are")
    number = _digits(values.get(_NUMBER, b""))
    if not _number_ok(number, aid):
        raise _unreadable("the card gives no number, or one whose check digit is wrong")
    known = bins.lookup(number)
    return BankCard(
        number=number,
        holder=_text(values.get(_HOLDER, b"")).strip(" /"),
        expires=_expiry(values.get(_EXPIRY, b"")),
        sequence=_sequence(values.get(_SEQUENCE, b"")),
        aid=aid.hex().upper(),
        label=_text(said.get(_LABEL) or application.label),
        kind=_kind(aid, known.kind if known else BankCardKind.UNKNOWN),
        bank=known.bank if known else "",
        bank_en=known.bank_en if known else "",
    )


def _options(card: Card, pdol: bytes, today: date) -> bytes:
    """The answer to GET PROCESSING OPTIONS, in either of its formats."""
    command = encode(_COMMAND_TEMPLATE, _terminal_data(pdol, today))
    if len(command) > _MAX_COMMAND_DATA:
        raise _unreadable("the card asks for more than a command can carry")
    answer = card.send(CommandApdu(0x80, Ins.GET_PROCESSING_OPTIONS, 0, 0, command, 256))
    if not answer.ok:
        raise _unreadable(f"the card does not open its files: {meaning(answer.status)}")
    return answer.data


def _locator(options: bytes) -> bytes:
    """The application file locator; b"" when the card has no records."""
    found = pick(options, _FORMAT_1, _AFL)
    return found.get(_AFL) or found.get(_FORMAT_1, b"")[2:]


def _wanted(data: bytes) -> dict[int, bytes]:
    """The wanted objects in ``data``. Where number and expiry stand in track 2 only, they are taken
    out of it, and the rest is dropped: its discretionary data allow a magnetic stripe."""
    found = pick(data, *_WANTED, _TRACK_2)
    number, separator, rest = found.pop(_TRACK_2, b"").hex().partition("d")
    if separator and _NUMBER not in found:
        found[_NUMBER] = bytes.fromhex(number + "f" * (len(number) % 2))
        if _EXPIRY not in found and len(rest) >= 4:
            found[_EXPIRY] = bytes.fromhex(rest[:4] + "00")  # YYMM: to the end of the month
    return found


def _terminal_data(pdol: bytes, today: date) -> bytes:
    values = {**_TERMINAL, 0x9A: bytes.fromhex(today.strftime("%y%m%d"))}
    data = b""
    for tag, length in read_dol(pdol):
        if len(data) + length > _MAX_COMMAND_DATA:
            raise _unreadable("the card asks for more than a command can carry")
        value = values.get(tag, b"")
        data += value if len(value) == length else bytes(length)
    return data


def _records(card: Card, locator: bytes) -> dict[int, bytes]:
    """The wanted objects in the records; reads no more records than needed."""
    values: dict[int, bytes] = {}
    for file, number in _places(locator):
        record = card.read_record(number, file << 3 | 4)
        if not record.ok:
            raise _unreadable(f"a record cannot be read: {meaning(record.status)}")
        values = _wanted(record.data) | values
        if len(values) == len(_WANTED):
            break
    return values


def _places(locator: bytes) -> Iterator[tuple[int, int]]:
    """(file, record) of every record in the locator, whose entries have four bytes."""
    if len(locator) % 4:
        raise _unreadable("the card does not say where its records are")
    count = 0
    for at in range(0, len(locator), 4):
        file, first, last = locator[at] >> 3, locator[at + 1], locator[at + 2]
        if not 1 <= file <= 30 or not 1 <= first <= last:
            raise _unreadable("the card names records that cannot be")
        for number in range(first, last + 1):
            count += 1
            if count > _MAX_RECORDS:
                raise _unreadable("the card names too many records")
            yield file, number


def _today() -> date:
    return datetime.now(UTC).astimezone().date()


def _kind(aid: bytes, by_bin: BankCardKind) -> BankCardKind:
    """The kind by chip and table of BINs: ``UNKNOWN`` when the two contradict each other."""
    by_chip = _KINDS.get(aid[:8], BankCardKind.UNKNOWN)
    if BankCardKind.UNKNOWN in (by_chip, by_bin):
        return by_bin if by_chip is BankCardKind.UNKNOWN else by_chip
    return by_chip if by_chip is by_bin else BankCardKind.UNKNOWN


def _digits(packed: bytes) -> str:
    """The digits of format cn: two digits a byte, padded with F. "" when they are no number."""
    digits = packed.hex().rstrip("f")
    return digits if digits.isdigit() else ""


def _expiry(packed: bytes) -> date | None:
    """The date of YYMMDD. Some cards hold a day that the month does not have: then its last day."""
    digits = packed.hex()
    if len(digits) != 6 or not digits.isdigit():
        return None
    year, month, day = 2000 + int(digits[:2]), int(digits[2:4]), int(digits[4:])
    if not 1 <= month <= 12:
        return None
    last = calendar.monthrange(year, month)[1]
    return date(year, month, day if 1 <= day <= last else last)


def _sequence(packed: bytes) -> int | None:
    digits = packed.hex()
    return int(digits) if len(digits) == 2 and digits.isdigit() else None


def _text(raw: bytes) -> str:
    """A name or label: Latin, or GBK on some Chinese cards; "" when the bytes are neither."""
    text = assigned(raw.decode("gb18030", "replace")).strip(" \0")
    return text if text.isprintable() and "\ufffd" not in text else ""


def _unreadable(detail: str) -> DeviceError:
    return DeviceError(Reason.CARD_UNREADABLE, detail)
