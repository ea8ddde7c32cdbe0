"""What stands where on a slip."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivers.receipt_printer.layout import (
    PITCH,
    Feed,
    GlyphRun,
    QrLine,
    RuleLine,
    TextLine,
    columns,
    lay_out,
    wrap,
)
from drivers.receipt_printer.types import Align, Pair, Paragraph, Qr, Rule, Slip, Space


@pytest.mark.parametrize(
    ("text", "width"),
    [
        ("", 0),
        ("ABC 123.45", 10),
        ("公积金", 6),
        ("￥1,234.56元", 12),
        ("·—①℃", 8),  # narrow or ambiguous in Unicode, full-width in GBK
        ("𬭎㛃𠅤", 6),
        ("¥", 1),
        ("e\u0301", 1),
    ],
)
def test_columns(text: str, width: int) -> None:
    assert columns(text) == width


@pytest.mark.parametrize(
    ("text", "limit", "lines"),
    [
        ("", 10, ("",)),
        ("住房公积金", 10, ("住房公积金",)),
        ("住房公积金", 9, ("住房公积", "金")),
        ("余额为￥12,345.67元整", 16, ("余额为", "￥12,345.67元整")),
        ("卡号6217************1234尾", 22, ("卡号", "6217************1234尾")),
        ("ABC DEF GHI", 7, ("ABC DEF", "GHI")),
        ("住房公积，金", 8, ("住房公", "积，金")),
        ("住房公（积金）", 8, ("住房公", "（积金）")),
        ("123456789012", 5, ("12345", "67890", "12")),
        ("中", 1, ("中",)),
        ("   ", 2, ("",)),
    ],
)
def test_wrap(text: str, limit: int, lines: tuple[str, ...]) -> None:
    assert wrap(text, limit) == lines


ANY_TEXT = st.text(st.characters(exclude_characters="\n"), max_size=60)


@given(ANY_TEXT, st.integers(2, 48))
def test_wrapped_lines_fit_and_lose_nothing_but_spaces(text: str, limit: int) -> None:
    lines = wrap(text, limit)
    assert all(columns(line) <= limit for line in lines)
    assert "".join("".join(lines).split()) == "".join(text.split())


@given(
    st.decimals(0, 10**9, places=2).map(lambda amount: f"￥{amount:,}元"),
    st.text("公积金余额", max_size=30),
)
def test_an_amount_is_never_broken(amount: str, before: str) -> None:
    assert any(amount in line for line in wrap(before + amount, 24))


def test_a_pair_stands_at_both_sides() -> None:
    assert lay_out(Slip((Pair("姓名", "张三"),))) == (
        TextLine((GlyphRun(0, "姓名"), GlyphRun(576 - 48, "张三"))),
    )


def test_a_long_value_falls_to_the_next_line() -> None:
    value = "X" * 45
    assert lay_out(Slip((Pair("姓名", value, bold=True),))) == (
        TextLine((GlyphRun(0, "姓名"),), bold=True),
        TextLine((GlyphRun(576 - 45 * 12, value),), bold=True),
    )


def test_a_value_longer_than_a_line_begins_at_the_left() -> None:
    lines = lay_out(Slip((Pair("单位", "公" * 30),)))
    assert lines[1:] == (TextLine((GlyphRun(0, "公" * 24),)), TextLine((GlyphRun(0, "公" * 6),)))


@pytest.mark.parametrize(("align", "x"), [(Align.LEFT, 0), (Align.CENTRE, 264), (Align.RIGHT, 528)])
def test_alignment(align: Align, x: int) -> None:
    assert lay_out(Slip((Paragraph("凭条", align),))) == (TextLine((GlyphRun(x, "凭条"),)),)


def test_other_elements() -> None:
    slip = Slip((Rule(), Qr("https://example.org/v/1"), Space(2), Paragraph("一\n\n二")))
    assert lay_out(slip) == (
        RuleLine(),
        QrLine("https://example.org/v/1"),
        Feed(2 * PITCH),
        TextLine((GlyphRun(0, "一"),)),
        TextLine(()),
        TextLine((GlyphRun(0, "二"),)),
    )


def test_scale_two_doubles_everything_and_nothing_twice() -> None:
    slip = Slip((Paragraph("大", size=2), Paragraph("小"), Pair("姓名", "张三")), scale=2)
    assert [line.size for line in lay_out(slip) if isinstance(line, TextLine)] == [2, 2, 2]
    assert lay_out(slip)[2] == TextLine((GlyphRun(0, "姓名"), GlyphRun(576 - 96, "张三")), size=2)


@given(
    st.lists(st.one_of(ANY_TEXT.map(Paragraph), st.builds(Pair, ANY_TEXT, ANY_TEXT)), max_size=4)
)
def test_nothing_reaches_beyond_the_paper(elements: list[Paragraph | Pair]) -> None:
    for scale in (1, 2):
        for line in lay_out(Slip(tuple(elements), scale), 384):
            assert isinstance(line, TextLine)
            for run in line.runs:
                assert run.x >= 0
                assert run.x + columns(run.text) * 12 * line.size <= 384
