"""What a code scanner sends, cut into codes and read as text: tables, and any bytes at all."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivers.code_scanner.framing import (
    LONGEST,
    CodeFramer,
    Item,
    Scanned,
    ScannerReply,
    TooLong,
    decode_code,
)
from drivers.code_scanner.types import Code
from drivers.device import DeviceError, Reason

# Newland FM530 user manual: ~<SOH>0000#SCNTRG1;<ETX> is answered with the command and <ACK>.
ACCEPTED = bytes.fromhex("020130303030 23 53434E54524731 06 3B03")
REFUSED = bytes.fromhex("020130303030 23 53434E54524731 15 3B03")


def framed(*pieces: bytes, pause: bool = False) -> list[Item]:
    framer = CodeFramer()
    items = [item for piece in pieces for item in framer.feed(piece)]
    return items + framer.pause() if pause else items


@pytest.mark.parametrize(
    ("pieces", "pause", "codes"),
    [
        ([b"abc\r"], False, [b"abc"]),
        ([b"abc\n"], False, [b"abc"]),
        ([b"abc\r\n"], False, [b"abc"]),
        ([b"abc\r", b"\n"], False, [b"abc"]),
        ([b"a", b"b", b"c", b"\r\n"], False, [b"abc"]),
        ([b"abc"], False, []),
        ([b"abc"], True, [b"abc"]),
        ([b""], True, []),
        ([b"\r\n\r\n\n"], True, []),
        ([b"abc\r\ndef\r\n"], False, [b"abc", b"def"]),
        ([b"abc\rdef"], True, [b"abc", b"def"]),
        ([b"x" * LONGEST + b"\r"], False, [b"x" * LONGEST]),
        ([b"a\x02b\x01\r"], False, [b"a\x02b\x01"]),
        ([b"\x02abc\x03\r"], False, [b"\x02abc\x03"]),
    ],
)
def test_where_a_code_ends(pieces: list[bytes], pause: bool, codes: list[bytes]) -> None:
    assert framed(*pieces, pause=pause) == [Scanned(code) for code in codes]


@pytest.mark.parametrize(
    ("suffix", "sent", "codes"),
    [
        (b"\x03", b"a\r\nb\x03c\x03", [b"a\r\nb", b"c"]),
        (b"\r\n", b"a\rb\r\n", [b"a\rb"]),
        (b"##", b"a#b##", [b"a#b"]),
    ],
)
def test_a_suffix_ends_a_code_and_nothing_else_does(
    suffix: bytes, sent: bytes, codes: list[bytes]
) -> None:
    framer = CodeFramer(suffix)
    items = [item for byte in sent for item in framer.feed(bytes([byte]))]
    assert items == [Scanned(code) for code in codes]
    assert framer.feed(b"x" + ACCEPTED)[1] == ScannerReply("#SCNTRG1", accepted=True)


@pytest.mark.parametrize("pause", [True, False])
def test_a_code_that_is_too_long_is_told_once_when_it_is_over(pause: bool) -> None:
    framer = CodeFramer()
    assert framer.feed(b"x" * (LONGEST + 1)) == []
    assert framer.begun
    assert framer.feed(b"x" * LONGEST * 3) == []
    told = framer.pause() if pause else framer.feed(b"\r\n")
    assert (told, framer.begun) == ([TooLong()], False)
    assert framer.feed(b"next\n") == [Scanned(b"next")]


def test_answers_are_no_codes() -> None:
    assert framed(ACCEPTED) == [ScannerReply("#SCNTRG1", accepted=True)]
    assert framed(REFUSED) == [ScannerReply("#SCNTRG1", accepted=False)]
    assert framed(b"one\r\n" + ACCEPTED + b"two\r\n") == [
        Scanned(b"one"),
        ScannerReply("#SCNTRG1", accepted=True),
        Scanned(b"two"),
    ]
    lines = b"\x02\x010000#QRYSYSName\r\nVersion\x06;\x03"
    assert framed(lines) == [ScannerReply("#QRYSYSNameVersion", accepted=True)]
    assert framed(b"\x02\x01;\x03") == [ScannerReply("", accepted=False)]


@pytest.mark.parametrize("before", [ACCEPTED[7:], ACCEPTED[:9], b"a code without an end"])
def test_an_answer_is_found_behind_anything(before: bytes) -> None:
    accepted = ScannerReply("#SCNTRG1", accepted=True)
    assert framed(before + ACCEPTED) == [Scanned(before), accepted]
    assert framed(b"9" * 5000 + ACCEPTED) == [TooLong(), accepted]


@pytest.mark.parametrize(
    ("text", "command", "fits"),
    [
        ("#SCNTRG1", b"~\x010000#SCNTRG1;\x03", True),
        ("#SCNTRG1", b"~\x010000#SCNTRG0;\x03", False),
        ("#QRYSYSName 1.0", b"~\x010000#QRYSYS;\x03", True),
        ("#SCNTRG1;ILLSCN1", b"~\x010000#SCNTRG1;ILLSCN1;\x03", True),
        ("", b"~\x010000#SCNTRG1;\x03", False),
        ("#SCNTRG1", b"", False),
    ],
)
def test_whose_answer_it_is(text: str, command: bytes, fits: bool) -> None:
    assert ScannerReply(text, accepted=True).to(command) is fits


def test_an_answer_that_was_cut_off_is_over_with_the_pause() -> None:
    framer = CodeFramer()
    framer.feed(ACCEPTED[:-1])
    assert framer.pause() == [Scanned(ACCEPTED[:-1])]
    assert framer.feed(b"abc\r") == [Scanned(b"abc")]


@pytest.mark.parametrize(
    ("data", "text"),
    [
        (b"6222020000000000012", "6222020000000000012"),
        ("https://例.中国/?a=1".encode(), "https://例.中国/?a=1"),
        ("住房公积金".encode("gbk"), "住房公积金"),
        ("住房公积金".encode(), "住房公积金"),
        ("欧阳𬭎㛃".encode("gb18030"), "欧阳𬭎㛃"),
        ("\ufeffabc".encode(), "abc"),
        (b" ~", " ~"),
        (b"\\000026https://example.gov.cn/q?c=1", "https://example.gov.cn/q?c=1"),
        (b"\\000029" + "公积金".encode("gb18030"), "公积金"),
        (b"\\000026a\\\\b\\000029" + "公".encode("gbk"), "a\\b公"),
        (b"\\000026a\\\\000029b", "a\\000029b"),  # a backslash and digits, no ECI
        (b"\\000026\\\\\\000029" + "公".encode("gbk"), "\\公"),
        (b"\\000029" + "俓".encode("gbk") + b"\\000026", "俓000026"),  # whose second byte is 5C
        (b"\\000899abc", "abc"),  # an ECI that nobody here knows
        (b"C:\\000026", "C:\\000026"),  # no ECI stands before it
        (b"]C0ABC-1234", "ABC-1234"),
        (b"]Q ABC", "]Q ABC"),
        (b"\x02ABC\x03", "ABC"),
        ("\ufeff公积金".encode("gb18030"), "公积金"),
    ],
)
def test_text(data: bytes, text: str) -> None:
    assert decode_code(data) == text


@pytest.mark.parametrize(
    ("text", "encoding"),
    [
        ("毛拢", "gbk"),  # ë£
        ("GJJ|990101|毛拢", "gbk"),
        ("路", "gbk"),  # a middle dot
        ("José", "utf-8"),
        ("Müller-Lüdenscheidt", "utf-8"),
        ("lǚ", "utf-8"),
        ("25°C", "utf-8"),
        ("阿卜杜·拉", "utf-8"),
        ("阿卜杜·拉", "gbk"),
        ("café 咖啡", "utf-8"),
    ],
)
def test_what_could_be_read_in_two_ways(text: str, encoding: str) -> None:
    assert decode_code(text.encode(encoding)) == text


@pytest.mark.parametrize(
    "data",
    [
        b"\xff\xfe",
        b"\x80",
        b"ab\x00c",
        b"abc\x1b[2J",
        b"a\tb",
        b"\x7f",
        "a\u0085b".encode(),
        "a\u2028b".encode(),
        "\ufeff".encode(),
        "\ue000".encode(),
        b"",
    ],
)
def test_what_is_no_text(data: bytes) -> None:
    with pytest.raises(DeviceError) as caught:
        decode_code(data)
    assert caught.value.reason is Reason.GARBLED


def test_a_code_shows_nobody() -> None:
    code = Code("990101199003071018", "qrCode")
    assert "99" not in repr(code)
    assert "99" not in repr(Scanned(b"990101199003071018"))


@given(st.lists(st.binary(max_size=200)), st.booleans())
def test_any_bytes_are_codes_or_answers(pieces: list[bytes], pause: bool) -> None:
    for item in framed(*pieces, pause=pause):
        if isinstance(item, Scanned):
            assert 1 <= len(item.data) <= LONGEST


@given(st.binary(max_size=400), st.integers(1, 50))
def test_pieces_make_no_difference(data: bytes, size: int) -> None:
    pieces = [data[at : at + size] for at in range(0, len(data), size)]
    assert framed(*pieces) == framed(data)


@given(st.binary(max_size=LONGEST))
def test_any_code_is_text_or_garbled(data: bytes) -> None:
    try:
        text = decode_code(data)
    except DeviceError:
        return
    assert text
    assert all(not c.isascii() or c.isprintable() for c in text)


@given(st.text(st.characters(exclude_categories=["C", "Z"]), min_size=1))
def test_text_comes_back(text: str) -> None:
    text = f"例{text}"  # without, a short one may mean the Chinese that has the same bytes
    [item] = framed(text.encode() + b"\r\n")
    assert isinstance(item, Scanned)
    assert decode_code(item.data) == text
