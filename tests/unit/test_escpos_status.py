"""Answers of receipt printers: every bit by its name, and no bytes that break the parser."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivers.device import DeviceError, Reason
from drivers.receipt_printer import status
from drivers.receipt_printer.status import (
    AutomaticStatus,
    ErrorCause,
    EscPosState,
    InfoAnswer,
    OfflineCause,
    OtherBlock,
    PaperAnswer,
    PaperSensor,
    ProcessId,
    RealTimeAnswer,
    Replies,
    parse_asb,
    parse_paper,
    parse_real_time,
)


@pytest.mark.parametrize(
    ("n", "byte", "fact"),
    [
        (1, 0x12, EscPosState(False, False, False, False)),
        (1, 0x16, EscPosState(True, False, False, False)),
        (1, 0x1A, EscPosState(False, True, False, False)),
        (1, 0x32, EscPosState(False, False, True, False)),
        (1, 0x52, EscPosState(False, False, False, True)),
        (2, 0x12, OfflineCause(False, False, False, False)),
        (2, 0x16, OfflineCause(True, False, False, False)),
        (2, 0x1A, OfflineCause(False, True, False, False)),
        (2, 0x32, OfflineCause(False, False, True, False)),
        (2, 0x52, OfflineCause(False, False, False, True)),
        (3, 0x16, ErrorCause(True, False, False, False)),
        (3, 0x1A, ErrorCause(False, True, False, False)),
        (3, 0x32, ErrorCause(False, False, True, False)),
        (3, 0x52, ErrorCause(False, False, False, True)),
        (4, 0x12, PaperSensor(False, False)),
        (4, 0x1E, PaperSensor(True, False)),
        (4, 0x72, PaperSensor(False, True)),
        (4, 0x7E, PaperSensor(True, True)),
    ],
)
def test_real_time_bits(n: int, byte: int, fact: status.RealTime) -> None:
    assert parse_real_time(n, byte) == fact


@pytest.mark.parametrize("byte", [0x00, 0x10, 0x13, 0x02, 0x92, 0xFF, 0x11, -1, 0x112])
@pytest.mark.parametrize("n", [1, 2, 3, 4])
def test_real_time_with_wrong_fixed_bits_is_an_error(n: int, byte: int) -> None:
    with pytest.raises(DeviceError) as caught:
        parse_real_time(n, byte)
    assert caught.value.reason is Reason.GARBLED


def test_there_are_four_real_time_questions() -> None:
    with pytest.raises(ValueError, match="DLE EOT 5"):
        parse_real_time(5, 0x12)


@pytest.mark.parametrize(
    ("byte", "sensor"),
    [
        (0x00, PaperSensor(False, False)),
        (0x03, PaperSensor(True, False)),
        (0x0C, PaperSensor(False, True)),
        (0x0F, PaperSensor(True, True)),
        (0x60, PaperSensor(False, False)),
    ],
)
def test_paper_bits(byte: int, sensor: PaperSensor) -> None:
    assert parse_paper(byte) == sensor


@pytest.mark.parametrize("byte", [0x10, 0x80, 0xFF, 0x1F])
def test_paper_with_wrong_fixed_bits_is_an_error(byte: int) -> None:
    with pytest.raises(DeviceError):
        parse_paper(byte)


@pytest.mark.parametrize(
    ("data", "name"),
    [
        ("14 00 00 00", "printer.drawer_high"),
        ("18 00 00 00", "printer.offline"),
        ("30 00 00 00", "offline.cover_open"),
        ("50 00 00 00", "offline.feeding"),
        ("10 01 00 00", "printer.waiting_for_recovery"),
        ("10 02 00 00", "printer.feed_button"),
        ("10 04 00 00", "error.recoverable"),
        ("10 08 00 00", "error.cutter"),
        ("10 20 00 00", "error.unrecoverable"),
        ("10 40 00 00", "error.auto_recoverable"),
        ("10 00 03 00", "paper.near_end"),
        ("10 00 0c 00", "paper.end"),
    ],
)
def test_automatic_status_bits(data: str, name: str) -> None:
    well, facts = parse_asb(bytes.fromhex("10 00 00 00")), parse_asb(bytes.fromhex(data))
    part, _, bit = name.partition(".")
    assert getattr(getattr(facts, part), bit) is True
    assert getattr(getattr(well, part), bit) is False


@pytest.mark.parametrize("data", ["", "10 00 00", "12 00 00 00", "10 10 00 00", "10 00 80 00"])
def test_automatic_status_with_wrong_fixed_bits_is_an_error(data: str) -> None:
    with pytest.raises(DeviceError):
        parse_asb(bytes.fromhex(data))


STREAM = bytes.fromhex("12 03 10 00 03 00 11 13 37 22 30 30 30 37 00 5f 52 50 00 37 25 00 00")
REPLIES = [
    RealTimeAnswer(0x12),
    PaperAnswer(PaperSensor(True, False)),
    AutomaticStatus(parse_asb(bytes.fromhex("10 00 03 00"))),
    ProcessId("0007"),
    InfoAnswer("RP"),
    OtherBlock(0x25),
    PaperAnswer(PaperSensor(False, False)),
]


@given(st.lists(st.integers(0, len(STREAM))))
def test_replies_are_the_same_however_the_stream_is_cut(cuts: list[int]) -> None:
    replies, ends = Replies(), [0, *sorted(cuts), len(STREAM)]
    heard = [replies.feed(STREAM[a:b]) for a, b in pairwise(ends)]
    assert [reply for part in heard for reply in part] == REPLIES


@given(st.lists(st.binary(max_size=200), max_size=8))
def test_any_bytes_are_replies_or_garbled(parts: list[bytes]) -> None:
    replies = Replies()
    for part in parts:
        try:
            replies.feed(part)
        except DeviceError as error:
            assert error.reason is Reason.GARBLED  # noqa: PT017  (both outcomes are right)
            assert replies.feed(b"\x12") == [RealTimeAnswer(0x12)]


def test_what_a_printer_says_of_itself_has_no_control_characters() -> None:
    assert Replies().feed(b"\x5fRP\x1b[2J\n80\xff\0") == [InfoAnswer("RP[2J80")]


def test_a_block_without_end_is_noise() -> None:
    with pytest.raises(DeviceError) as caught:
        Replies().feed(b"\x5f" + b"A" * 200)
    assert caught.value.reason is Reason.GARBLED
