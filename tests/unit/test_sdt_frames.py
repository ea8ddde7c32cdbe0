"""SDT frames against published ones, and against any bytes at all."""

from __future__ import annotations

import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivers.device import DeviceError, Reason
from drivers.id_card.sdt_frames import (
    PREAMBLE,
    FrameError,
    SamAnswer,
    SamCommand,
    SdtDecoder,
    SdtStatus,
    decode_answer,
    encode_answer,
    encode_frame,
    sam_number,
    split_sections,
)

PUBLISHED_COMMANDS = {
    SamCommand.RESET_SAM: "000310FFEC",
    SamCommand.SAM_STATUS: "000311FFED",
    SamCommand.SAM_NUMBER: "000312FFEE",
    SamCommand.FIND: "0003200122",
    SamCommand.SELECT: "0003200221",
    SamCommand.READ: "0003300132",
    SamCommand.READ_ADDRESS: "0003300330",
    SamCommand.READ_FINGERPRINTS: "0003301023",
}
PUBLISHED_ANSWERS = [
    (SamCommand.FIND, SdtStatus.CARD_FOUND, bytes(4), "000800009F0000000097"),
    (SamCommand.FIND, SdtStatus.NO_CARD, b"", "000400008084"),
    (SamCommand.SELECT, SdtStatus.OK, bytes(8), "000C00009000000000000000009C"),
    (SamCommand.SELECT, SdtStatus.SELECT_FAILED, b"", "000400008185"),
    (SamCommand.READ, SdtStatus.READ_FAILED, b"", "000400004145"),
    (SamCommand.READ_ADDRESS, SdtStatus.NO_CONTENT, b"", "000400009195"),
    (SamCommand.SAM_STATUS, SdtStatus.OK, b"", "000400009094"),
    (SamCommand.FIND, SdtStatus.CHECKSUM_ERROR, b"", "000400001014"),
    (SamCommand.FIND, SdtStatus.UNKNOWN_COMMAND, b"", "000400002420"),
    (SamCommand.FIND, SdtStatus.NOT_AUTHORISED, b"", "000400006662"),
]
STATUS_TABLE = {
    0x90: None,
    0x9F: None,
    0x91: None,
    0x10: Reason.GARBLED,
    0x11: Reason.GARBLED,
    0x21: Reason.UNSUPPORTED,
    0x24: Reason.UNSUPPORTED,
    0x31: Reason.CARD_UNREADABLE,
    0x32: Reason.CARD_UNREADABLE,
    0x33: Reason.CARD_UNREADABLE,
    0x40: Reason.CARD_UNKNOWN,
    0x41: Reason.CARD_UNREADABLE,
    0x47: Reason.CARD_UNREADABLE,
    0x60: Reason.HARDWARE,
    0x66: Reason.NOT_AUTHORISED,
    0x80: Reason.CARD_REMOVED,
    0x81: Reason.CARD_UNREADABLE,
}


def decode_all(decoder: SdtDecoder, data: bytes) -> list[bytes]:
    """All payloads in ``data``; frames that are broken are passed over."""
    decoder.feed(data)
    payloads: list[bytes] = []
    while True:
        try:
            payload = decoder.take()
        except FrameError:
            continue
        if payload is None:
            return payloads
        payloads.append(payload)


@pytest.mark.parametrize("command", SamCommand, ids=lambda c: c.name)
def test_commands_are_the_published_frames(command: SamCommand) -> None:
    frame = encode_frame(command.value)
    assert frame == PREAMBLE + bytes.fromhex(PUBLISHED_COMMANDS[command])
    assert decode_all(SdtDecoder.for_commands(), frame) == [command.value]


@pytest.mark.parametrize(("command", "status", "data", "published"), PUBLISHED_ANSWERS)
def test_answers_are_the_published_frames(
    command: SamCommand, status: SdtStatus, data: bytes, published: str
) -> None:
    frame = encode_answer(status, data)
    assert frame == PREAMBLE + bytes.fromhex(published)
    [payload] = decode_all(SdtDecoder(), frame)
    assert decode_answer(command, payload) == SamAnswer(status, data)


def test_every_status_has_its_meaning_and_its_reason() -> None:
    assert {int(status): status.reason for status in SdtStatus} == STATUS_TABLE
    meanings = [status.meaning for status in SdtStatus]
    assert all(meanings)
    assert len(set(meanings)) == len(meanings)


@pytest.mark.parametrize(("fingers", "total"), [(0, 1297), (512, 1809), (1024, 2321)])
def test_read_answers_have_the_published_sizes(fingers: int, total: int) -> None:
    text, photo, finger = b"T" * 256, b"P" * 1024, b"F" * fingers
    two = encode_answer(0x90, struct.pack(">HH", 256, 1024) + text + photo)
    assert len(two) == 1295
    assert two[5:7] == bytes.fromhex("0508")
    assert split_sections(decode_all(SdtDecoder(), two)[0][3:], 2) == (text, photo)
    three = encode_answer(0x90, struct.pack(">HHH", 256, 1024, fingers) + text + photo + finger)
    assert len(three) == total
    assert split_sections(decode_all(SdtDecoder(), three)[0][3:], 3) == (text, photo, finger)


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\x01\x00\x04",
        struct.pack(">HH", 256, 1024) + bytes(1279),
        struct.pack(">HH", 256, 1024) + bytes(1281),
        struct.pack(">HH", 257, 1023) + bytes(1280),
        struct.pack(">HH", 0, 0),
        struct.pack(">HH", 0xFFFF, 0xFFFF) + bytes(1280),
    ],
)
def test_sections_that_do_not_add_up_are_garbled(data: bytes) -> None:
    with pytest.raises(DeviceError) as caught:
        split_sections(data, 2)
    assert caught.value.reason is Reason.GARBLED
    with pytest.raises(DeviceError):
        decode_answer(SamCommand.READ, b"\x00\x00\x90" + data)


@pytest.mark.parametrize("payload", [b"", b"\x00\x00", b"\x00\x01\x90", b"\x01\x00\x90"])
def test_an_answer_begins_with_two_zeros_and_a_status(payload: bytes) -> None:
    with pytest.raises(DeviceError) as caught:
        decode_answer(SamCommand.FIND, payload)
    assert caught.value.reason is Reason.GARBLED


@given(st.integers(0, 255))
def test_every_status_byte_is_known_or_garbled(code: int) -> None:
    payload = bytes([0, 0, code])
    if code in STATUS_TABLE:
        assert decode_answer(SamCommand.FIND, payload).status == code
    else:
        with pytest.raises(DeviceError) as caught:
            decode_answer(SamCommand.FIND, payload)
        assert caught.value.reason is Reason.GARBLED
        assert f"{code:02X}" in caught.value.detail


def test_sam_number_as_it_is_printed() -> None:
    data = struct.pack("<HHIII", 5, 3, 20230101, 1234567, 987654)
    assert sam_number(data) == "05.03-20230101-0001234567-0000987654"
    for wrong in (b"", data[:-1], data + b"\0"):
        with pytest.raises(DeviceError) as caught:
            sam_number(wrong)
        assert caught.value.reason is Reason.GARBLED


@pytest.mark.parametrize(
    "noise", [b"\x00", PREAMBLE[:4], b"\xaa", b"\xaa" * 7, b"\x96\x69", b"x" * 99]
)
def test_noise_before_a_frame_is_passed_over(noise: bytes) -> None:
    frame = encode_answer(SdtStatus.NO_CARD)
    assert decode_all(SdtDecoder(), noise + frame + noise + frame) == [b"\x00\x00\x80"] * 2


def test_a_preamble_inside_the_data_is_data() -> None:
    data = PREAMBLE + encode_answer(SdtStatus.NO_CARD) + PREAMBLE
    assert decode_all(SdtDecoder(), encode_answer(0x90, data)) == [b"\x00\x00\x90" + data]


@pytest.mark.parametrize("length", [0, 3, 2315, 0xFFFF])
def test_a_length_out_of_bounds_is_an_error_at_once(length: int) -> None:
    decoder = SdtDecoder()
    decoder.feed(PREAMBLE + struct.pack(">H", length))
    with pytest.raises(FrameError) as caught:
        decoder.take()
    assert caught.value.status is SdtStatus.LENGTH_ERROR
    assert decode_all(decoder, encode_answer(0x80)) == [b"\x00\x00\x80"]


@given(st.data())
def test_one_changed_byte_never_gives_another_payload(data: st.DataObject) -> None:
    frame = bytearray(encode_answer(0x90, data.draw(st.binary(max_size=40))))
    # Not the length: with another length the checksum is looked for in another place.
    at = data.draw(st.integers(0, len(frame) - 1).filter(lambda n: n not in (5, 6)))
    frame[at] ^= data.draw(st.integers(1, 255))
    intact = encode_answer(SdtStatus.NO_CARD)
    assert decode_all(SdtDecoder(), bytes(frame) + intact * 2) == [b"\x00\x00\x80"] * 2


@given(st.lists(st.binary(max_size=60), min_size=1, max_size=4), st.data())
def test_frames_come_out_however_they_are_split(datas: list[bytes], data: st.DataObject) -> None:
    wire = b"".join(encode_answer(0x90, each) for each in datas)
    decoder = SdtDecoder()
    payloads = []
    while wire:
        size = data.draw(st.integers(1, len(wire)))
        payloads += decode_all(decoder, wire[:size])
        wire = wire[size:]
    assert payloads == [b"\x00\x00\x90" + each for each in datas]


@given(st.lists(st.one_of(st.binary(max_size=30), st.just(PREAMBLE), st.just(b"\x00\x04"))))
def test_any_bytes_give_payloads_or_a_frame_error(pieces: list[bytes]) -> None:
    decoder = SdtDecoder()
    for piece in pieces:
        for payload in decode_all(decoder, piece):
            assert len(payload) >= 3
        assert decoder.missing >= 1


@given(st.sampled_from(SamCommand), st.binary(max_size=80))
def test_any_payload_gives_an_answer_or_garbled(command: SamCommand, payload: bytes) -> None:
    refusal = None
    try:
        decode_answer(command, payload)
    except DeviceError as error:
        refusal = error.reason
    assert refusal in (None, Reason.GARBLED)


@given(st.binary(max_size=60))
def test_missing_bytes_are_what_is_missing(data: bytes) -> None:
    """Fed exactly what it says is missing, the decoder ends with the frame's last byte."""
    frame = encode_answer(0x90, data)
    decoder = SdtDecoder()
    at = 0
    while (payload := decoder.take()) is None:
        chunk = frame[at : at + decoder.missing]
        assert len(chunk) == decoder.missing
        decoder.feed(chunk)
        at += len(chunk)
    assert at == len(frame)
    assert payload == b"\x00\x00\x90" + data


def test_an_answer_does_not_show_its_data() -> None:
    assert "secret" not in repr(SamAnswer(SdtStatus.OK, b"secret"))
