"""The chip's text record: published bytes, four layouts, and anything else."""

from __future__ import annotations

import dataclasses
import hashlib
import pickle
import string
import traceback
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivers.device import DeviceError, Reason
from drivers.id_card.record import RECORD_BYTES, check_digit_ok, decode_record, encode_record
from drivers.id_card.types import CardKind, IdCard

P12_SHA256 = "0c57611ffeec11ea6547939c69d6609642fa85f71aa2e08b38847427d35bc9a9"
P12_BYTES = {
    0: "276B339672D84EDFC336" + "2000" * 10,
    30: "3200300031003100390039003600300037003200380014",
    52: "146F3A790177914EAD5C025E3A7903833A534B6DD58BEF8D3100F753",
    80: "2000" * 21,
    122: "390039003000310030003100310039003900360030003700320038003100310032003000",
    158: "914EAD5C025E6C51895B405C3A7903830652405C" + "2000" * 5,
    220: "2000" * 18,
}
PERSONAS = [
    "990101199003071018", "990101198809151020", "990101198506211030", "990101196508201048",
    "99010119660102105X", "990101198205301067", "990101199202111078", "990101197911041085",
    "819900198704181095", "999840198309261101", "990101199406131118", "990101199607281120",
    "990101197301191131", "990101200109051141", "990101198904301154", "839900199102141166",
    "990101197707171173", "990101199505251182", "99010119860714202X", "990101198403013023",
]  # fmt: skip


def card(**changes: object) -> IdCard:
    p12 = IdCard(
        kind=CardKind.RESIDENT,
        name="欧阳𬭎㛃",
        name_latin="",
        sex="2",
        nation="01",
        birth=date(1996, 7, 28),
        address="演示省云岭市示范区测试路1号",
        number="990101199607281120",
        issuer="云岭市公安局示范分局",
        valid_from=date(2020, 1, 1),
        valid_to="20400101",
    )
    return dataclasses.replace(p12, **changes)  # type: ignore[arg-type]


def patched(record: bytes, offset: int, text: str) -> bytes:
    raw = text.encode("utf-16-le", "surrogatepass")
    return record[:offset] + raw + record[offset + len(raw) :]


def test_the_published_record() -> None:
    record = encode_record(card())
    assert hashlib.sha256(record).hexdigest() == P12_SHA256
    for offset, published in P12_BYTES.items():
        expected = bytes.fromhex(published)
        assert record[offset : offset + len(expected)] == expected
    assert decode_record(record) == card()
    assert len(decode_record(record).name) == 4


FOREIGNER_2023 = card(
    kind=CardKind.FOREIGNER_2023,
    name="简·多伊",
    name_latin="JANE SARAH DOE",
    nation="",
    address="",
    issuer="",
    number="999840198309261101",
    birth=date(1983, 9, 26),
    issues="01",
    nationality="USA",
)
FOREIGNER_2017 = card(
    kind=CardKind.FOREIGNER_2017,
    name="测试",
    name_latin="TEST, PERSON",
    nation="",
    address="",
    issuer="1101",
    number="USA110101900101",
    nationality="USA",
)
HMT = card(
    kind=CardKind.HMT_RESIDENT,
    name="陈大文",
    nation="",
    number="819900198704181095",
    birth=date(1987, 4, 18),
    pass_number="H99000001",
    issues="01",
)


@pytest.mark.parametrize(
    ("one", "places"),
    [
        (HMT, {0: "陈大文", 220: "H99000001", 238: "01", 248: "J"}),
        (FOREIGNER_2023, {0: "简·多伊", 32: "01", 52: "JANE SARAH DOE", 242: "USA", 248: "Y"}),
        (
            FOREIGNER_2017,
            {
                0: "TEST, PERSON",
                120: "2",
                122: "USA110101900101",
                152: "USA",
                158: "测试",
                188: "20200101",
                204: "20400101",
                220: "19960728",
                240: "1101",
                248: "I",
            },
        ),
    ],
    ids=lambda v: v.kind.value if isinstance(v, IdCard) else "",
)
def test_the_other_layouts(one: IdCard, places: dict[int, str]) -> None:
    record = encode_record(one)
    assert len(record) == RECORD_BYTES
    for offset, text in places.items():
        assert record[offset : offset + 2 * len(text)].decode("utf-16-le") == text
    assert decode_record(record) == one


@pytest.mark.parametrize(
    ("name", "on_chip", "cut"),
    [
        ("张三", "张三", False),
        ("阿" * 14, "阿" * 14, False),
        ("阿" * 15, "阿" * 15, True),
        ("阿不都热依木·阿不都克里木·买买提明", "阿不都热依木·阿不都克里木·买", True),
        ("阿" * 13 + "𬭎", "阿" * 13 + "𬭎", True),
        ("阿" * 14 + "𬭎", "阿" * 14, True),  # cut through the pair
    ],
)
def test_a_name_is_cut_where_the_chip_cuts_it(name: str, on_chip: str, cut: bool) -> None:
    read = decode_record(encode_record(card(name=name)))
    assert (read.name, read.name_cut) == (on_chip, cut)


def test_a_latin_name_that_fills_its_field_may_be_cut() -> None:
    for one, units in ((FOREIGNER_2023, 46), (FOREIGNER_2017, 60)):
        long = dataclasses.replace(one, name_latin="A" * (units + 5))
        read = decode_record(encode_record(long))
        assert (read.name_latin, read.name_cut) == ("A" * units, True)


def test_no_expiry() -> None:
    assert decode_record(encode_record(card(valid_to=None))).valid_to is None


@pytest.mark.parametrize("padding", ["\0", " ", "\u3000", " \0"])
def test_padding_of_any_kind_goes(padding: str) -> None:
    record = patched(encode_record(card(name="张三")), 4, (padding * 13)[:13])
    assert decode_record(record).name == "张三"


@pytest.mark.parametrize(
    ("offset", "text", "reason"),
    [
        (248, "Z", Reason.CARD_UNKNOWN),
        (248, "\0", Reason.CARD_UNKNOWN),
        (248, "\ud800", Reason.CARD_UNKNOWN),
        (0, " " * 15, Reason.CARD_UNREADABLE),
        (0, "\udc00", Reason.CARD_UNREADABLE),
        (0, "\ud800 ", Reason.CARD_UNREADABLE),
        (0, "\x07", Reason.CARD_UNREADABLE),
        (122, " " * 18, Reason.CARD_UNREADABLE),
        (122, "九", Reason.CARD_UNREADABLE),
        (122, "99 ", Reason.CARD_UNREADABLE),
        (204, " " * 8, Reason.CARD_UNREADABLE),
        (204, "长长      ", Reason.CARD_UNREADABLE),
        (204, "２０４００１０１", Reason.CARD_UNREADABLE),
    ],
)
def test_what_no_card_says(offset: int, text: str, reason: Reason) -> None:
    with pytest.raises(DeviceError) as caught:
        decode_record(patched(encode_record(card()), offset, text))
    assert caught.value.reason is reason


@pytest.mark.parametrize(
    ("offset", "text"),
    [
        (36, "19620230"),  # 30 February: a birthday of the lunar calendar
        (36, "19650000"),
        (36, "1996073"),
        (36, "１９９６０７２８"),
        (36, "00000101"),
        (188, "20201301"),
        (188, "2O200101"),
    ],
)
def test_a_day_that_decides_nothing_and_is_none_becomes_unknown(offset: int, text: str) -> None:
    read = decode_record(patched(encode_record(card()), offset, text))
    assert read == card(**{"birth" if offset == 36 else "valid_from": None})


@pytest.mark.parametrize("day", ["20260229", "20301301", "00000000"])
def test_an_end_that_no_calendar_has_stays_as_it_stands(day: str) -> None:
    assert decode_record(patched(encode_record(card()), 204, day)) == card(valid_to=day)


def test_private_code_points_of_old_chips_become_characters() -> None:
    record = encode_record(card(name="王\ue863", address="\ue816路1号"))
    assert decode_record(record) == card(name="王䶮", address="\U00020087路1号")


LATIN_35 = "ABCDEFGHIJ, KLMNOPQRST UVWXYZABCDEF"


@pytest.mark.parametrize(
    ("name", "read", "cut"),
    [
        (LATIN_35 + "GHIJKL MNO", LATIN_35 + "GHIJKL MNO", False),
        (LATIN_35[:34] + " GHI", LATIN_35[:34] + " GHI", False),  # the first field ends in a space
        (LATIN_35 + "GHIJKLMNOPQ", LATIN_35 + "GHIJKLMNOPQ", True),
        (LATIN_35 + "GHIJKLMNOPQRST", LATIN_35 + "GHIJKLMNOPQ", True),
        (LATIN_35, LATIN_35, True),
        (LATIN_35 + "H99000001", LATIN_35, True),  # a pass number, as older sources have it
    ],
)
def test_a_long_latin_name_of_2023_goes_on_in_a_second_field(
    name: str, read: str, cut: bool
) -> None:
    one = decode_record(encode_record(dataclasses.replace(FOREIGNER_2023, name_latin=name)))
    assert (one.name_latin, one.name_cut) == (read, cut)


def test_what_stands_behind_a_short_latin_name_is_not_its_end() -> None:
    record = patched(encode_record(FOREIGNER_2023), 220, "SMITH")
    assert decode_record(record) == FOREIGNER_2023


@pytest.mark.parametrize("length", [0, 255, 257, 1024])
def test_a_record_has_256_bytes(length: int) -> None:
    with pytest.raises(DeviceError) as caught:
        decode_record(bytes(length))
    assert caught.value.reason is Reason.CARD_UNREADABLE


def test_blank_dates_of_birth_and_begin_are_none() -> None:
    record = encode_record(card(birth=None, valid_from=None))
    read = decode_record(record)
    assert (read.birth, read.valid_from) == (None, None)


@pytest.mark.parametrize(
    "changes",
    [
        {"address": "路" * 36},
        {"number": "1" * 19},
        {"nationality": "CHN"},
        {"kind": CardKind.FOREIGNER_2023, "issuer": "", "nation": ""},
    ],
)
def test_a_card_that_cannot_be_made(changes: dict[str, object]) -> None:
    with pytest.raises(ValueError, match="field"):
        encode_record(card(**changes))


def words(units: int) -> st.SearchStrategy[str]:
    letters = st.characters(
        codec="utf-8",
        exclude_categories=("Cs", "Cc", "Co", "Zs", "Zl", "Zp"),
        exclude_characters="\0",
    )
    text = st.text(letters, min_size=1, max_size=units)
    return text.filter(lambda t: len(t.encode("utf-16-le")) <= 2 * units)


DATES = st.dates(min_value=date(1, 1, 1), max_value=date(9999, 12, 31))
NUMBERS = st.text(string.ascii_uppercase + string.digits, min_size=1, max_size=15)
OWN_FIELDS: dict[CardKind, dict[str, st.SearchStrategy[str]]] = {
    CardKind.RESIDENT: {"nation": words(2), "address": words(35), "issuer": words(15)},
    CardKind.HMT_RESIDENT: {
        "address": words(35),
        "issuer": words(15),
        "pass_number": words(9),
        "issues": words(2),
    },
    CardKind.FOREIGNER_2017: {
        "name_latin": words(60),
        "issuer": words(4),
        "nationality": words(3),
    },
    CardKind.FOREIGNER_2023: {
        "name_latin": words(35),
        "issues": words(2),
        "nationality": words(3),
    },
}


@st.composite
def cards(draw: st.DrawFn) -> IdCard:
    kind = draw(st.sampled_from(CardKind))
    fields = {name: draw(values) for name, values in OWN_FIELDS[kind].items()}
    one = IdCard(
        kind=kind,
        name=draw(words(15)),
        sex=draw(st.sampled_from("0129")),
        birth=draw(st.none() | DATES),
        number=draw(NUMBERS),
        valid_from=draw(st.none() | DATES),
        valid_to=draw(st.none() | st.text(string.digits, min_size=8, max_size=8)),
        photo=draw(st.binary(max_size=8)),
        **({"name_latin": "", "nation": "", "address": "", "issuer": ""} | fields),  # type: ignore[arg-type]
    )
    latin_units = 60 if kind is CardKind.FOREIGNER_2017 else 35
    full = len(one.name.encode("utf-16-le")) == 30
    full = full or len(one.name_latin.encode("utf-16-le")) == 2 * latin_units
    return dataclasses.replace(one, name_cut=full)


REFUSALS = (None, Reason.CARD_UNKNOWN, Reason.CARD_UNREADABLE)


def refusal(record: bytes) -> Reason | None:
    """Why ``record`` is no card; ``None`` when it is one."""
    try:
        decode_record(record)
    except DeviceError as error:
        return error.reason
    return None


@given(cards())
def test_decoding_undoes_encoding(one: IdCard) -> None:
    assert decode_record(encode_record(one), one.photo) == one


@given(st.binary(min_size=256, max_size=256), st.sampled_from(["", " ", "J", "I", "Y"]))
def test_any_256_bytes_are_a_card_or_a_device_error(record: bytes, letter: str) -> None:
    assert refusal(patched(record, 248, letter)) in REFUSALS


@given(cards(), st.integers(0, 127), st.characters())
def test_one_changed_unit_is_a_card_or_a_device_error(one: IdCard, at: int, unit: str) -> None:
    assert refusal(patched(encode_record(one), 2 * at, unit)[:RECORD_BYTES]) in REFUSALS


@pytest.mark.parametrize(("offset", "text"), [(0, "张\udc00"), (204, "1996133x"), (122, "九九")])
def test_an_error_tells_nothing_about_the_citizen(offset: int, text: str) -> None:
    with pytest.raises(DeviceError) as caught:
        decode_record(patched(encode_record(card()), offset, text))
    told = "".join(traceback.format_exception(caught.value)) + repr(caught.value)
    assert caught.value.__context__ is None
    for secret in ("欧阳", "张", "990101", "九九", "19961332", "测试路"):
        assert secret not in told
    assert "欧阳" not in repr(card())
    assert pickle.loads(pickle.dumps(caught.value)).reason is Reason.CARD_UNREADABLE


@pytest.mark.parametrize(
    "number",
    [*PERSONAS, "11010519491231002X", "932682198501010017", "911124198108030024"],
)
def test_check_digits_hold(number: str) -> None:
    assert check_digit_ok(number)
    wrong = "0123456789X".replace(number[17], "")
    assert not any(check_digit_ok(number[:17] + digit) for digit in wrong)


@pytest.mark.parametrize(
    ("number", "good"),
    [
        ("110105491231002", True),
        ("USA110101900101", True),
        ("usa110101900101", False),
        ("US1110101900101", False),
        ("11010519491231002x", False),
        ("X10105194912310021", False),
        ("１１０１０５１９４９１２３１００２Ｘ", False),
        ("11010519491231002", False),
        ("", False),
        ("110105 94912310 2X", False),
    ],
)
def test_numbers_of_other_shapes(number: str, good: bool) -> None:
    assert check_digit_ok(number) is good


@given(st.text(max_size=20))
def test_any_text_has_a_check_digit_or_not(text: str) -> None:
    assert check_digit_ok(text) in (True, False)
