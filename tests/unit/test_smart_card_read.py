"""What is read out of a bank card and a social security card, down to cards that say anything."""

from __future__ import annotations

import traceback
from collections.abc import Callable
from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivers.device import DeviceError, Reason
from drivers.emulators.smart_cards.cards import make_card
from drivers.smart_card import bins
from drivers.smart_card.apdu import Card
from drivers.smart_card.emv import luhn_ok, read_bank_card
from drivers.smart_card.pcsc import choose_reader
from drivers.smart_card.ssc import FIELDS, Record, read_social_security_card
from drivers.smart_card.tlv import encode
from drivers.smart_card.types import BankCard, BankCardKind, SocialSecurityCard

NUMBER = "9999990000000000014"
ID_NUMBER = "990101199003071018"
TODAY = date(2026, 1, 15)
AID = bytes.fromhex("A000000333010101")
VISA = bytes.fromhex("A0000000031010")
OK, GONE, NONE = b"\x90\x00", b"\x6a\x82", b"\x6a\x83"
PERSONAS = [
    f"9999990000000000{last}"
    for last in (
        *("014", "022", "030", "048", "055", "063", "071", "089", "097", "105", "113", "121"),
        *("139", "147", "154", "162", "170", "188"),
    )
]

Answer = Callable[[bytes], bytes]


def emulated(**facts: Any) -> tuple[Card, list[bytes]]:
    """A card of the emulator, and the commands it is given."""
    chip = make_card(facts)
    asked: list[bytes] = []

    def transmit(apdu: bytes) -> bytes:
        asked.append(apdu)
        return chip.answer(apdu)

    return Card(transmit, t0=facts.get("protocol", "T0") == "T0"), asked


def payment_card(
    *records: bytes,
    fci: bytes = b"",
    options: bytes | None = None,
    locator: bytes = bytes.fromhex("08010100"),
    aid: bytes = AID,
) -> Card:
    """A card that answers to its AID alone and has ``records`` in its first file."""
    if options is None:
        options = encode(0x80, b"\x7c\x00" + locator)

    def transmit(apdu: bytes) -> bytes:
        match apdu[1]:
            case 0xA4 if apdu[5:-1] == b"2PAY.SYS.DDF01" and aid != AID:
                return encode(0x6F, encode(0x61, encode(0x4F, aid))) + OK
            case 0xA4 if apdu[5:-1] == aid:
                return fci + OK
            case 0xA8:
                return options + OK
            case 0xB2 if 1 <= apdu[2] <= len(records):
                return records[apdu[2] - 1] + OK
            case 0xB2:
                return NONE
        return GONE

    return Card(transmit, t0=False)


def record(number: str = NUMBER, **fields: str) -> bytes:
    packed = number + "F" * (len(number) % 2)
    inside = encode(0x5A, bytes.fromhex(packed))
    tags = {"holder": 0x5F20, "expires": 0x5F24, "sequence": 0x5F34, "track": 0x57}
    for name, value in fields.items():
        inside += encode(tags[name], bytes.fromhex(value))
    return encode(0x70, inside)


def refusal(read: Callable[[Card], object], card: Card) -> DeviceError:
    with pytest.raises(DeviceError) as caught:
        read(card)
    return caught.value


# -- the bank card -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "number",
    [*PERSONAS, "4539578763621486", "79927398713", "4000000000000002"],
)
def test_luhn(number: str) -> None:
    assert luhn_ok(number)
    for digit in "0123456789".replace(number[-1], ""):
        assert not luhn_ok(number[:-1] + digit)


@pytest.mark.parametrize(
    "number", ["", "0", "0000000", "0" * 20, "１２３４５６７８", "4000 0000 0000"]
)
def test_what_is_no_number_has_no_check_digit(number: str) -> None:
    assert not luhn_ok(number)


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({}, {"holder": "", "expires": None, "sequence": None, "label": ""}),
        ({"holder": "202F"}, {"holder": ""}),
        ({"holder": "5A48414E472F53414E20"}, {"holder": "ZHANG/SAN"}),
        ({"holder": "D5C5C8FD"}, {"holder": "张三"}),  # GBK
        ({"holder": "FFFF"}, {"holder": ""}),
        ({"holder": "410A42"}, {"holder": ""}),
        ({"expires": "301231"}, {"expires": date(2030, 12, 31)}),
        ({"expires": "280231"}, {"expires": date(2028, 2, 29)}),  # a day that is not
        ({"expires": "300900"}, {"expires": date(2030, 9, 30)}),
        ({"expires": "301331"}, {"expires": None}),
        ({"expires": "30"}, {"expires": None}),
        ({"expires": "AB0131"}, {"expires": None}),
        ({"sequence": "07"}, {"sequence": 7}),
        ({"sequence": "0007"}, {"sequence": None}),
        ({"sequence": "AA"}, {"sequence": None}),
    ],
)
def test_fields(fields: dict[str, str], expected: dict[str, object]) -> None:
    card = read_bank_card(payment_card(record(**fields)))
    assert {name: getattr(card, name) for name in expected} == expected
    assert (card.number, card.aid, card.kind) == (NUMBER, "A000000333010101", BankCardKind.DEBIT)


@pytest.mark.parametrize(
    ("card", "what"),
    [
        (payment_card(), "record"),
        (payment_card(record(NUMBER[:-1] + "5"), aid=VISA), "check digit"),
        (payment_card(record("620000000000")), "check digit"),  # 12 digits are no card's
        (payment_card(record("")), "no number"),
        (payment_card(record("ABCD")), "no number"),
        (payment_card(encode(0x70, encode(0x57, bytes.fromhex(NUMBER + "F")))), "no number"),
        (payment_card(record(), locator=b""), "where"),
        (payment_card(record(), locator=b"\x08\x01\x01"), "where"),
        (payment_card(record(), locator=b"\x00\x01\x01\x00"), "cannot be"),
        (payment_card(record(), locator=b"\x08\x02\x01\x00"), "cannot be"),
        (payment_card(record(), locator=b"\x08\x00\x01\x00"), "cannot be"),
        (payment_card(*[encode(0x70, b"")] * 60, locator=b"\x08\x01\x3c\x00"), "too many"),
        (payment_card(record()[:-3]), "cut off"),
        (
            payment_card(record(), fci=encode(0x6F, encode(0x9F38, b"\x9f\x02\xff"))),
            "more than",
        ),
        (
            payment_card(record(), fci=encode(0x6F, encode(0x9F38, b"\x9f\x02\xfd"))),
            "more than",
        ),
        (payment_card(record(), fci=encode(0x6F, encode(0x9F38, b"\x9f"))), "cut off"),
        (payment_card(record(), options=b"\x80\x05"), "cut off"),
        (payment_card(record(), options=encode(0x77, encode(0x82, b"\x7c\x00"))), "where"),
    ],
)
def test_cards_that_cannot_be_read(card: Card, what: str) -> None:
    error = refusal(read_bank_card, card)
    assert error.reason is Reason.CARD_UNREADABLE
    assert what in error.detail


def test_what_the_terminal_tells() -> None:
    """Amounts are zero; country, currency and date are true; the rest is nothing."""
    card, asked = emulated(kind="bank", number=NUMBER)
    read_bank_card(card, TODAY)
    told = next(apdu for apdu in asked if apdu[1] == 0xA8)
    assert told.hex().upper() == (
        "80A80000238321"
        "36000000" + "00" * 12 + "0156" + "00" * 5 + "0156" + "260115" + "00" + "00" * 4
    )


def test_the_registered_provider_comes_first_then_the_priority() -> None:
    entries = [("A0000000031010", 1), ("A000000333010102", 3), ("A000000333010101", 2)]
    directory = b"".join(
        encode(0x61, encode(0x4F, bytes.fromhex(aid)) + encode(0x87, bytes([priority])))
        for aid, priority in entries
    )
    asked: list[str] = []

    def transmit(apdu: bytes) -> bytes:
        if apdu[1] == 0xA4:
            asked.append(apdu[5:-1].hex().upper())
            if apdu[5:-1] == b"2PAY.SYS.DDF01":
                return encode(0x6F, encode(0xBF0C, directory)) + OK
        return GONE

    assert refusal(read_bank_card, Card(transmit, t0=False)).reason is Reason.CARD_UNKNOWN
    assert asked[2:] == ["A000000333010101", "A000000333010102", "A0000000031010"]


def test_the_next_application_is_read_when_the_first_cannot_be() -> None:
    selected = b""

    def transmit(apdu: bytes) -> bytes:
        nonlocal selected
        match apdu[1]:
            case 0xA4 if apdu[5:-1].startswith(AID[:-1]):
                selected = apdu[5:-1]
                return OK
            case 0xA8 if selected != AID:
                return encode(0x80, b"\x7c\x00\x08\x01\x01\x00") + OK
            case 0xB2:
                return record() + OK
        return GONE if apdu[1] == 0xA4 else b"\x69\x85"

    card = read_bank_card(Card(transmit, t0=False))
    assert (card.aid, card.kind) == ("A000000333010102", BankCardKind.UNKNOWN)  # the BIN: debit


def test_a_unionpay_number_without_a_check_digit() -> None:
    odd = NUMBER[:-1] + ("5" if NUMBER[-1] != "5" else "6")
    assert read_bank_card(payment_card(record(odd))).number == odd


TRACK_2 = encode(0x57, bytes.fromhex(NUMBER + "D30122201234567890F"))


@pytest.mark.parametrize(
    "card",
    [
        payment_card(encode(0x70, TRACK_2)),
        payment_card(record(track="6217999999999999999D35012200")),  # tag 5A counts
        # In its fast contactless mode a card gives track 2 in place of the locator.
        payment_card(options=encode(0x77, encode(0x82, b"\x7c\x00") + TRACK_2)),
    ],
)
def test_of_track_2_only_number_and_expiry_are_taken(card: Card) -> None:
    read = read_bank_card(card)
    assert read.number == NUMBER
    assert read.expires in (date(2030, 12, 31), date(2035, 1, 31), None)
    assert not any("1234567890" in str(getattr(read, name)) for name in BankCard.__slots__)


# -- the banks -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("number", "bank", "kind"),
    [
        (NUMBER, "演示银行", BankCardKind.DEBIT),
        ("6222020000000000000", "中国工商银行", BankCardKind.DEBIT),
        ("6225750000000006", "招商银行", BankCardKind.CREDIT),
        ("6225880000000000", "招商银行", BankCardKind.DEBIT),
    ],
)
def test_banks(number: str, bank: str, kind: BankCardKind) -> None:
    found = bins.lookup(number)
    assert found is not None
    assert (found.bank, found.kind) == (bank, kind)
    assert found.bank_en.isascii()


@pytest.mark.parametrize("number", ["", "62", "1234567890123456"])
def test_a_number_of_no_known_bank(number: str) -> None:
    assert bins.lookup(number) is None


# -- the social security card --------------------------------------------------------------------


def social(**values: bytes) -> Card:
    """A card with the records that are named, as they are given."""
    records = {Record[name.upper()]: value for name, value in values.items()}

    def transmit(apdu: bytes) -> bytes:
        if apdu[1] == 0xA4:
            return OK
        found = next((value for key, value in records.items() if apdu[2:4] == bytes([key, 0])), b"")
        return found + OK if found else NONE

    return Card(transmit, t0=False)


def field(which: Record, value: bytes) -> bytes:
    return bytes([which, FIELDS[which].length]) + value.ljust(FIELDS[which].length, b"\0")


GOOD = field(Record.NUMBER, ID_NUMBER.encode())


def test_codes_of_another_length_are_none() -> None:
    values = {"nation": "0B020101", "birthplace": "0C04" + "99" * 4, "sex": "0A0A" + "31" * 10}
    card = read_social_security_card(
        social(number=GOOD, **{name: bytes.fromhex(value) for name, value in values.items()})
    )
    assert (card.nation, card.birthplace, card.sex) == ("", "", "1")


def test_a_published_record() -> None:
    record_1 = bytes.fromhex("0110330300D15600000599110145FFFFFFFF")
    card = read_social_security_card(social(card_id=record_1, number=GOOD))
    assert card.card_id == "330300D15600000599110145FFFFFFFF"


def test_a_card_that_says_little() -> None:
    assert read_social_security_card(social(number=GOOD)) == SocialSecurityCard(
        card_id="",
        card_number="",
        number=ID_NUMBER,
        name="",
        sex="",
        nation="",
        birth=None,
        birthplace="",
        issued=None,
        expires=None,
    )


@pytest.mark.parametrize(
    ("name", "expected", "cut"),
    [
        ("张三".encode("gbk"), "张三", False),
        ("张三".encode("gbk").ljust(30), "张三", False),
        ("欧阳𬭎㛃".encode("gb18030"), "欧阳𬭎㛃", False),
        (("买" * 15).encode("gbk"), "买" * 15, True),
        (b"A" + ("买" * 15).encode("gbk")[:29], "A" + "买" * 14, True),
        (b"\xfe\x59", "\u9fb4", False),  # private in the GB 18030 of 2000
        (b"\xff\xff", "", False),
        (b"A\nB", "", False),
        (b"", "", False),
    ],
)
def test_names(name: bytes, expected: str, cut: bool) -> None:
    card = read_social_security_card(social(number=GOOD, name=field(Record.NAME, name)))
    assert (card.name, card.name_cut) == (expected, cut)


@pytest.mark.parametrize(
    ("packed", "expected"),
    [
        ("19900307", date(1990, 3, 7)),
        ("00000000", None),
        ("FFFFFFFF", None),
        ("19901332", None),
        ("1990", None),
    ],
)
def test_dates(packed: str, expected: date | None) -> None:
    value = bytes([Record.BIRTH, len(packed) // 2]) + bytes.fromhex(packed)
    assert read_social_security_card(social(number=GOOD, birth=value)).birth == expected


@pytest.mark.parametrize(
    ("number", "good"),
    [
        (b"990101199003071018", True),
        (b"99010119660102105X", True),
        (b"990101900307101\0\0\0", True),  # 15 characters
        (b"", False),
        (b"99010119900307", False),
        (b"99010119900307101 ", False),
        (b"\xff" * 18, False),
        ("张三张三张三张三张".encode("gbk"), False),
    ],
)
def test_numbers(number: bytes, good: bool) -> None:
    card = social(number=field(Record.NUMBER, number))
    if good:
        assert read_social_security_card(card).number == number.rstrip(b"\0").decode()
    else:
        error = refusal(read_social_security_card, card)
        assert error.reason is Reason.CARD_UNREADABLE
        assert "99010" not in "".join(traceback.format_exception(error))


def test_a_record_that_is_another_one_is_not_taken_for_it() -> None:
    card = social(number=GOOD, name=field(Record.NUMBER, b"990101199003071018"))
    assert read_social_security_card(card).name == ""


# -- whatever a card says ------------------------------------------------------------------------

REASONS = (Reason.CARD_UNREADABLE, Reason.CARD_UNKNOWN, Reason.GARBLED)
ANSWERS = st.lists(
    st.one_of(
        st.binary(max_size=60),
        st.binary(max_size=60).map(lambda data: data + OK),
        st.binary(max_size=60).map(lambda data: encode(0x70, data) + OK),
        st.sampled_from([OK, GONE, NONE, b"\x61\x10", b"\x6c\x10", record() + OK]),
        st.binary(max_size=30).map(lambda data: encode(0x80, b"\x7c\x00" + data) + OK),
    ),
    min_size=1,
    max_size=12,
)


def chatter(answers: list[bytes]) -> Card:
    """Says what it likes, in turn, for ever."""
    count = 0

    def transmit(apdu: bytes) -> bytes:
        nonlocal count
        count += 1
        assert count < 4000
        return answers[count % len(answers)]

    return Card(transmit, t0=True)


def outcome(read: Callable[[Card], Any], card: Card) -> Any:
    """A card, or why there is none."""
    try:
        return read(card)
    except DeviceError as error:
        return error


@given(ANSWERS)
def test_whatever_a_card_says_is_a_card_or_a_device_error(answers: list[bytes]) -> None:
    for read in (read_bank_card, read_social_security_card):
        found = outcome(read, chatter(answers))
        assert not isinstance(found, DeviceError) or found.reason in REASONS


@given(st.integers(0, 25), st.binary(max_size=40), st.booleans())
def test_one_wrong_answer_is_a_card_or_a_device_error(at: int, wrong: bytes, bank: bool) -> None:
    facts = {"kind": "social-security", "number": ID_NUMBER, "name": "张三", "bank": NUMBER}
    chip = make_card(facts)
    count = 0

    def transmit(apdu: bytes) -> bytes:
        nonlocal count
        count += 1
        right = chip.answer(apdu)
        return wrong if count == at else right

    read: Callable[[Card], Any] = read_bank_card if bank else read_social_security_card
    found = outcome(read, Card(transmit, t0=True))
    told = repr(found)
    if isinstance(found, DeviceError):
        assert found.reason in REASONS
        told += "".join(traceback.format_exception(found))
    assert NUMBER not in told
    assert ID_NUMBER not in told


@given(st.lists(st.binary(max_size=30), max_size=8), st.booleans())
def test_the_emulated_card_answers_anything(commands: list[bytes], t0: bool) -> None:
    protocol = "T0" if t0 else "T1"
    chip = make_card(
        {"kind": "social-security", "number": ID_NUMBER, "name": "张三", "protocol": protocol}
    )
    for command in commands:
        assert 2 <= len(chip.answer(command)) <= 258


# -- which reader --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("names", "wanted", "chosen"),
    [
        (["A 00 00"], "", "A 00 00"),
        (["A 00 00", "B 00 00"], "b 00", "B 00 00"),
        (["A 00 00", "A 00 00 X"], "A 00 00", "A 00 00"),  # whole names go first
        (["A 00 00", "A 00 01"], "00 01", "A 00 01"),
        (["ACR39U 01 00"], "ACR39U 00 00", "ACR39U 01 00"),  # pcscd has counted anew
        (["A (5121) 00 00", "A (3021) 02 00"], "A (3021) 01 00", "A (3021) 02 00"),
        (["A 01 00", "A 01 01"], "A 00 01", "A 01 01"),  # the slot stays
    ],
)
def test_the_reader_that_is_meant(names: list[str], wanted: str, chosen: str) -> None:
    assert choose_reader(names, wanted) == chosen


@pytest.mark.parametrize(
    ("names", "wanted", "what"),
    [
        ([], "", "no reader is there; there are: none"),
        ([], "A", "no reader is called A"),
        (["A", "B"], "", "several"),
        (["A 01 00", "A 02 00"], "A 00 00", "several"),
        (["A 01 01"], "A 00 00", "no reader is called A 00 00"),
        (["B 00 00"], "A 00 00", "no reader is called A 00 00"),
        (["A 1", "A 2"], "A", "several readers could be meant; there are: A 1, A 2"),
    ],
)
def test_no_reader_is_guessed(names: list[str], wanted: str, what: str) -> None:
    with pytest.raises(DeviceError) as caught:
        choose_reader(names, wanted)
    assert caught.value.reason is Reason.NO_DEVICE
    assert what in caught.value.detail
    assert caught.value.mend
