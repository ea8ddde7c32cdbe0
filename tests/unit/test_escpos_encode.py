"""What goes to the printer, byte by byte."""

from __future__ import annotations

import re

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image, ImageOps

from drivers.device import DeviceError, Reason
from drivers.receipt_printer import commands, glyphs
from drivers.receipt_printer.encode import TextMode, encode, legible, qr_image
from drivers.receipt_printer.types import Element, Pair, Paragraph, Qr, Rule, Slip


@pytest.mark.parametrize(
    ("made", "published"),
    [
        (commands.ask_status(4), "10 04 04"),
        (commands.ask_process_id("AB01"), "1d 28 48 06 00 30 30 41 42 30 31"),
        (commands.ask_info(67), "1d 49 43"),
        (commands.line_pitch(32), "1b 33 20"),
        (commands.feed(300), "1b 4a ff 1b 4a 2d"),
        (commands.feed(0), ""),
        (commands.position(528), "1b 24 10 02"),
        (commands.style(1, False), "1d 21 00 1c 21 00 1b 45 00"),
        (commands.style(2, True), "1d 21 11 1c 21 0c 1b 45 01"),
        (b"".join(commands.raster(1, b"\x80\x01")), "1d 76 30 00 01 00 02 00 80 01"),
        (commands.CLEAR_BUFFERS, "10 14 08 01 03 14 01 06 02 08"),
    ],
)
def test_commands(made: bytes, published: str) -> None:
    assert made == bytes.fromhex(published)


def test_a_high_picture_goes_in_bands() -> None:
    rows = bytes(range(32, 32 + 200)) + bytes(100)
    bands = list(commands.raster(1, rows))
    assert [int.from_bytes(band[6:8], "little") for band in bands] == [128, 128, 44]
    assert b"".join(band[8:] for band in bands) == rows


def test_a_dot_may_be_two_wide_and_two_high() -> None:
    rows = bytes(range(32, 32 + 100))
    bands = list(commands.raster(1, rows, double=True))
    assert [band[:8].hex(" ") for band in bands] == [
        "1d 76 30 03 01 00 40 00",
        "1d 76 30 03 01 00 24 00",
    ]
    assert b"".join(band[8:] for band in bands) == rows


@pytest.mark.parametrize(
    ("element", "longest"),
    [
        (Rule(), 200),  # two rows of dots
        (Qr("https://verify.example/v/7Q4M-2K9D"), 2000),  # 29 × 29 modules of 8 dots
        (Paragraph("欧阳𬭎㛃"), 600),  # four characters of 24 × 24 dots on the left of a line
    ],
)
def test_white_is_not_sent(element: Element, longest: int) -> None:
    assert len(encode(Slip((element,)))) - len(encode(Slip(()))) < longest


def test_chinese_text_is_two_byte_gb18030() -> None:
    made = encode(Slip((Paragraph("住房公积金A1$"),)))
    assert made.startswith(b"\x1b@")
    assert made.index(b"\x1c&") < made.index(bytes.fromhex("d7a1b7bfb9abbbfdbdf0") + b"A1$\n")
    assert made.endswith(b"\x1dV\x42\x20")
    assert b"\x1dv0" not in made


@pytest.mark.parametrize("char", "𬭎㛃𠅤䶮¥€ö")
def test_a_line_that_the_printer_cannot_show_is_drawn(char: str) -> None:
    made = encode(Slip((Paragraph("前"), Paragraph(f"欧阳{char}"), Paragraph("后"))))
    assert made.count(b"\x1dv0") == 1
    before, after = (word.encode("gb18030") + b"\n" for word in "前后")
    assert made.index(before) < made.index(b"\x1dv0") < made.index(after)
    assert "欧阳".encode("gb18030") not in made


def test_raster_mode_sends_no_characters() -> None:
    made = encode(Slip((Paragraph("住房"), Rule(), Pair("A", "B"))), text=TextMode.RASTER)
    assert "住房".encode("gb18030") not in made
    assert made.count(b"\x1dv0") == 3


def test_what_has_a_gbk_code_has_the_same_in_gb18030() -> None:
    for point in range(0x80, 0x10000):
        char = chr(point)
        if glyphs.in_gbk(char):
            assert len(char.encode("gb18030")) == 2, f"U+{point:04X}"
            assert char.encode("gb18030") == char.encode("gbk"), f"U+{point:04X}"


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("欧阳𬭎㛃", "欧阳𬭎㛃"),
        ("张\U000323af", "张[U+323AF]"),
        ("\ue000", "[U+E000]"),
        ("王\ue863", "王䶮"),  # private in GBK
        ("\ud842", "[U+D842]"),
        ("葛\U000e0100", "葛"),
        ("a\u200db\ufe0f", "ab"),
        ("a\x1b@\x10\x04", "a[U+001B]@[U+0010][U+0004]"),
        ("a\tb\nc", "a b\nc"),
        ("一\u3000二", "一\u3000二"),
    ],
)
def test_nothing_is_shown_as_an_empty_box(text: str, shown: str) -> None:
    assert legible(text) == shown
    assert legible(text, TextMode.RASTER) == shown


@given(
    st.text(max_size=30),
    st.text(max_size=30),
    st.sampled_from(TextMode),
    st.integers(1, 2),
)
def test_no_text_can_give_the_printer_an_order(
    one: str, two: str, mode: TextMode, scale: int
) -> None:
    made = encode(Slip((Paragraph(one), Pair(one, two)), scale), width=384, text=mode)
    # Obeyed at once wherever they stand: status, recover, clear, pulse, power off.
    assert not re.search(rb"\x10[\x04\x05\x14]", made)
    assert made.count(commands.CUT) == 1


def test_a_picture_holds_no_real_time_command() -> None:
    (made,) = commands.raster(3, b"\x10\x04\x01" + b"\x10\x10\x14" + b"\x10\x11\x05")
    assert made[8:] == b"\x18\x04\x01" + b"\x10\x18\x14" + b"\x10\x11\x05"


@pytest.mark.parametrize("width", [384, 576])
@pytest.mark.parametrize(
    "data",
    [
        "https://verify.example/v/7Q4M-2K9D",
        "https://verify.example/v/" + "aB3_-" * 8,
        "99010119900307101812329",
        "https://verify.example/?" + "x" * 170,
    ],
)
def test_a_printed_qr_code_is_read_back(data: str, width: int) -> None:
    square, quiet = qr_image(data, width)
    assert square.width <= width
    paper = ImageOps.expand(square.convert("L"), quiet, fill=255)
    assert cv2.QRCodeDetector().detectAndDecode(np.asarray(paper))[0] == data


def test_a_qr_code_can_be_too_long() -> None:
    with pytest.raises(DeviceError) as caught:
        encode(Slip((Qr("x" * 4000),)))
    assert caught.value.reason is Reason.UNSUPPORTED


def test_pack_cuts_the_white_at_the_right() -> None:
    image = Image.new("1", (32, 2), 255)
    image.putpixel((9, 1), 0)
    assert glyphs.pack(image) == (2, b"\x00\x00\x00\x40")
    assert glyphs.pack(Image.new("1", (32, 2), 255)) == (1, b"\x00\x00")


def test_a_slip_never_shows_itself_in_repr() -> None:
    assert "张三" not in repr(Slip((Paragraph("张三"),)))
