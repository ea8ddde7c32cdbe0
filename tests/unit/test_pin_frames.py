"""Frames of the PIN pad and what stands in them: tables, and any bytes at all."""

from __future__ import annotations

from binascii import crc_hqx
from collections.abc import Callable

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivers.device import DeviceError, Reason
from drivers.pin_pad.frames import (
    LONGEST,
    Flag,
    KeyEntry,
    Keys,
    PadCommand,
    PadDecoder,
    PadFrame,
    PadResult,
    PadStatus,
    encode_answer,
    encode_keys,
    encode_pin_block,
    encode_session_key,
    encode_status,
    is_answer,
    pan_field,
    parse_identity,
    parse_keys,
    parse_pin_block,
    parse_session_key,
    parse_status,
    result_of,
)
from drivers.pin_pad.types import Algorithm, Key, KeyPress, MakePinBlock, PinBlock, SessionKey
from drivers.xfs4iot.pin_pad import XfsPinPad


def decoded(*pieces: bytes) -> list[PadFrame]:
    decoder = PadDecoder()
    frames = []
    for piece in pieces:
        decoder.feed(piece)
        while frame := decoder.take():
            frames.append(frame)
    return frames


@pytest.mark.parametrize(
    ("frame", "wire"),
    [
        (PadFrame(0, PadCommand.IDENTIFY), "02 00 01 0000 3730"),
        (PadFrame(7, PadCommand.KEYS, b"\x00\x03"), "02 07 21 0002 0003 34A7"),
        (PadFrame(7, 0xA1, b"\x00"), "02 07 A1 0001 00 C827"),
    ],
)
def test_frames_as_documented(frame: PadFrame, wire: str) -> None:
    assert frame.encode() == bytes.fromhex(wire)
    assert decoded(bytes.fromhex(wire)) == [frame]


def test_the_checksum_is_crc_16_xmodem() -> None:
    assert crc_hqx(b"123456789", 0) == 0x31C3  # the published check value
    wire = PadFrame(1, 2, b"abc").encode()
    assert int.from_bytes(wire[-2:], "big") == crc_hqx(wire[1:-2], 0)


ASKED = PadFrame(9, PadCommand.STATUS)
ANSWER = encode_answer(ASKED, PadResult.OK, b"data").encode()


@pytest.mark.parametrize(
    "pieces",
    [
        [ANSWER],
        [bytes([byte]) for byte in ANSWER],
        [b"\x00\x02\xff", ANSWER, ANSWER[:4]],
        [b"\x02" + ANSWER, bytes(300)],
        [ANSWER[:-1] + b"\x00", ANSWER],
        [ANSWER[: len(ANSWER) // 2], ANSWER],
    ],
)
def test_a_frame_is_found(pieces: list[bytes]) -> None:
    [frame] = decoded(*pieces)
    assert is_answer(ASKED, frame)
    assert result_of(frame) == (PadResult.OK, b"data")


@pytest.mark.parametrize("other", [PadFrame(8, 0x82), PadFrame(9, 0x81), PadFrame(9, 0x02)])
def test_what_answers_something_else(other: PadFrame) -> None:
    assert not is_answer(ASKED, other)


@pytest.mark.parametrize("data", [b"", b"\x08", b"\xff"])
def test_an_answer_without_a_result(data: bytes) -> None:
    with pytest.raises(DeviceError) as caught:
        result_of(PadFrame(0, 0x81, data))
    assert caught.value.reason is Reason.GARBLED


def test_every_result_has_its_meaning_and_its_reason() -> None:
    assert [result for result in PadResult if result.reason is None] == [PadResult.OK]
    assert len({result.meaning for result in PadResult}) == len(PadResult)


SESSION_KEY = SessionKey(Algorithm.SM4, "K1", bytes(16), b"\x86\x1e\x83")
BLOCK = PinBlock(Algorithm.TDEA, "K1", b"12345678")
PRESSES = (KeyPress(Key.DIGIT, 1), KeyPress(Key.CLEAR, 0), KeyPress(Key.CANCEL, 0))


def test_what_is_written_is_read_again() -> None:
    assert parse_session_key(encode_session_key(SESSION_KEY)) == SESSION_KEY
    assert parse_pin_block(encode_pin_block(BLOCK)) == BLOCK
    for facts in (PadStatus(Flag.TAMPERED, None, ""), PadStatus(Flag(12), Algorithm.TDEA, "K1")):
        assert parse_status(encode_status(facts)) == facts
    for keys in (Keys(KeyEntry.NONE, 0, ()), Keys(KeyEntry.CANCELLED, 5, PRESSES)):
        assert parse_keys(encode_keys(keys)) == keys
    assert parse_identity(b"DEMO;1;2.0") == ("DEMO", "1", "2.0")


@pytest.mark.parametrize(
    "key",
    [
        SessionKey(Algorithm.SM4, "K1", bytes(24), b"abc"),
        SessionKey(Algorithm.TDEA, "K1", bytes(8), b"abc"),
        SessionKey(Algorithm.TDEA, "", bytes(16), b"abc"),
        SessionKey(Algorithm.TDEA, "K" * 17, bytes(16), b"abc"),
        SessionKey(Algorithm.TDEA, "钥", bytes(16), b"abc"),
        SessionKey(Algorithm.TDEA, "K1", bytes(16), b"ab"),
    ],
)
def test_what_is_no_session_key(key: SessionKey) -> None:
    with pytest.raises(DeviceError) as caught:
        encode_session_key(key)
    assert caught.value.reason is Reason.UNSUPPORTED


@pytest.mark.parametrize(
    ("parse", "data"),
    [
        (parse_identity, b"one;two"),
        (parse_identity, b"one;two;\xff"),
        (parse_status, b"\x00"),
        (parse_status, b"\x00\x03"),
        (parse_keys, b""),
        (parse_keys, b"\x01\x00\x01\x01"),
        (parse_keys, b"\x01\x00\x01\x06\x01"),  # no such key
        (parse_keys, b"\x09\x00\x00"),  # no such state
        (parse_keys, b"\x01\x00\x01\x01\x0d"),  # thirteen digits
        (parse_keys, b"\x01\x00\x00\x01\x01"),  # more keys than were pressed
        (parse_pin_block, b""),
        (parse_pin_block, b"\x03\x01K" + bytes(8)),
        (parse_pin_block, b"\x01\x01K" + bytes(16)),
        (parse_pin_block, b"\x02\x01K" + bytes(8)),
        (parse_pin_block, b"\x01\x00" + bytes(8)),  # nobody could tell which key decrypts it
        (parse_pin_block, b"\x01\x11" + b"K" * 17 + bytes(8)),
        (parse_session_key, b"\x00"),
        (parse_session_key, b"\x01\x05K"),
    ],
)
def test_data_that_make_no_sense(parse: Callable[[bytes], object], data: bytes) -> None:
    with pytest.raises(DeviceError) as caught:
        parse(data)
    assert caught.value.reason is Reason.GARBLED


@pytest.mark.parametrize(
    ("pan", "digits"),
    [
        ("9999990000000000014", "000000000001"),
        ("123456789012345678", "678901234567"),
        ("1234567890123456", "456789012345"),
        ("6230606601007726888", "660100772688"),
        ("1234567890123", "123456789012"),
    ],
)
def test_the_part_of_a_pan(pan: str, digits: str) -> None:
    assert pan_field(pan).hex() == digits


@pytest.mark.parametrize("pan", ["", "123456789012", "1" * 20, "12345678901234x", "１" * 16])
def test_what_is_no_pan(pan: str) -> None:
    with pytest.raises(DeviceError) as caught:
        pan_field(pan)
    assert caught.value.reason is Reason.UNSUPPORTED
    assert not pan or pan not in str(caught.value)


def test_nothing_secret_is_shown() -> None:
    shown = repr(
        [MakePinBlock("9999990000000000014"), BLOCK, SESSION_KEY, PadFrame(0, 1, b"12345678")]
    )
    assert "999999" not in shown
    assert "12345678" not in shown
    assert repr(bytes(16)) not in shown


@given(st.lists(st.binary(max_size=300)))
def test_any_bytes_are_frames_or_noise(pieces: list[bytes]) -> None:
    for frame in decoded(*pieces):
        assert len(frame.data) <= LONGEST


@given(st.binary(max_size=40), st.integers(0, 255), st.integers(0, 255), st.binary(max_size=256))
def test_a_frame_survives_noise_before_it(
    noise: bytes, number: int, code: int, data: bytes
) -> None:
    frame = PadFrame(number, code, data)
    # Behind enough zeros no beginning in the noise can still be waiting for more.
    assert frame in decoded(noise, frame.encode(), bytes(LONGEST + 7))


@given(
    st.sampled_from([parse_identity, parse_status, parse_keys, parse_pin_block, parse_session_key]),
    st.binary(max_size=64),
)
def test_any_data_have_a_meaning_or_are_garbled(
    parse: Callable[[bytes], object], data: bytes
) -> None:
    try:
        parse(data)
    except DeviceError as error:
        reason = error.reason
    else:
        return
    assert reason is Reason.GARBLED


@given(st.binary(max_size=64))
def test_any_answer_has_a_result_or_is_garbled(data: bytes) -> None:
    try:
        result, rest = result_of(PadFrame(0, 0x81, data))
    except DeviceError:
        return
    assert bytes([result]) + rest == data


@pytest.mark.parametrize("serial", ["K" * 17, "键", "K 1", "K\n"])
def test_a_serial_that_no_receiver_takes_is_refused_in_the_settings(serial: str) -> None:
    facts = {"key_serial": serial}
    with pytest.raises(msgspec.ValidationError, match="key_serial"):
        msgspec.convert(facts, XfsPinPad.Settings)
