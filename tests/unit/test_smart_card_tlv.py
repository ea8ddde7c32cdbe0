"""BER-TLV: published answers of cards, what is cut off or never ends, and any bytes at all."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivers.device import DeviceError, Reason
from drivers.smart_card.tlv import MAX_DEPTH, encode, pick, read_dol, walk

# What a card says to SELECT 2PAY.SYS.DDF01, as in many a tutorial.
PPSE = bytes.fromhex("6F23840E325041592E5359532E4444463031A511BF0C0E610C4F07A0000000031010870101")


def whole(data: bytes) -> list[tuple[int, bytes]]:
    return [(tag, bytes(value)) for tag, value in walk(data)]


def test_a_published_answer() -> None:
    assert [tag for tag, _ in walk(PPSE)] == [0x6F, 0x84, 0xA5, 0xBF0C, 0x61, 0x4F, 0x87]
    assert pick(PPSE, 0x84, 0x4F, 0x87, 0x50) == {
        0x84: b"2PAY.SYS.DDF01",
        0x4F: bytes.fromhex("A0000000031010"),
        0x87: b"\x01",
    }


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        ("", []),
        ("0000", []),
        ("5A00", [(0x5A, b"")]),
        ("005F340101 0000", [(0x5F34, b"\x01")]),
        ("5A8101AA", [(0x5A, b"\xaa")]),
        ("5A820001AA", [(0x5A, b"\xaa")]),
        ("5A83000001AA", [(0x5A, b"\xaa")]),
        ("DF818001 01AA", [(0xDF818001, b"\xaa")]),
        ("5A01AA5A01BB", [(0x5A, b"\xaa"), (0x5A, b"\xbb")]),
        ("E0035A01AA", [(0xE0, bytes.fromhex("5A01AA")), (0x5A, b"\xaa")]),
    ],
)
def test_forms_of_a_data_object(data: str, expected: list[tuple[int, bytes]]) -> None:
    assert whole(bytes.fromhex(data)) == expected


def test_the_first_of_several_is_picked() -> None:
    assert pick(bytes.fromhex("5A01AA5A01BB"), 0x5A) == {0x5A: b"\xaa"}


@pytest.mark.parametrize(
    "data",
    [
        "5A",  # no length
        "5F",  # half a tag
        "5F8080808001AA",  # a tag without end
        "5A02AA",  # a value cut off
        "5A80AA0000",  # indefinite
        "5A8400000001AA",  # a length of four bytes
        "5A81",
        "5A8200",
        "E0025A05",  # longer than what it is in
        "61" + "FF",
    ],
)
def test_what_is_malformed(data: str) -> None:
    with pytest.raises(DeviceError) as caught:
        whole(bytes.fromhex(data))
    assert caught.value.reason is Reason.CARD_UNREADABLE


def test_depth_has_an_end() -> None:
    data = b""
    for _ in range(MAX_DEPTH):
        data = encode(0xE0, data)
    assert len(whole(data)) == MAX_DEPTH
    with pytest.raises(DeviceError):
        whole(encode(0xE0, data))


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        ("", []),
        ("9F66049F02069A03", [(0x9F66, 4), (0x9F02, 6), (0x9A, 3)]),
        ("95FF9A03", [(0x95, 255), (0x9A, 3)]),
        ("9F66819A03", [(0x9F66, 0x81), (0x9A, 3)]),  # one byte, whatever it looks like
    ],
)
def test_a_list_of_what_the_card_wants(data: str, expected: list[tuple[int, int]]) -> None:
    assert read_dol(bytes.fromhex(data)) == expected


@pytest.mark.parametrize("data", ["9F", "9F66", "9A809A", "9F02069F"])
def test_a_list_that_is_cut_off(data: str) -> None:
    with pytest.raises(DeviceError):
        read_dol(bytes.fromhex(data))


@pytest.mark.parametrize("length", [0, 1, 127, 128, 255, 256, 65535, 65536])
def test_lengths_are_the_shortest(length: int) -> None:
    data = encode(0x5F20, bytes(length))
    heads = {127: 3, 255: 4, 65535: 5, 65536: 6}
    assert len(data) - length == next(size for top, size in heads.items() if length <= top)
    assert whole(data) == [(0x5F20, bytes(length))]


PRIMITIVE = st.sampled_from([0x4F, 0x50, 0x57, 0x5A, 0x84, 0x5F24, 0x5F34, 0x9F38, 0xDF8001])
TREES = st.recursive(
    st.tuples(PRIMITIVE, st.binary(max_size=200)),
    lambda inner: st.tuples(
        st.sampled_from([0x61, 0x6F, 0xA5, 0xBF0C]), st.lists(inner, max_size=4)
    ),
    max_leaves=12,
)


def flat(tree: Any) -> tuple[bytes, list[tuple[int, bytes]], int]:
    tag, inner = tree
    if isinstance(inner, bytes):
        return encode(tag, inner), [(tag, inner)], 0
    parts = [flat(one) for one in inner]
    value = b"".join(part[0] for part in parts)
    items = [item for part in parts for item in part[1]]
    depth = max((part[2] for part in parts), default=-1) + 1
    return encode(tag, value), [(tag, value), *items], depth


@given(TREES)
def test_walking_undoes_encoding(tree: Any) -> None:
    data, items, depth = flat(tree)
    if depth <= MAX_DEPTH:
        assert whole(data) == items


@given(st.binary(max_size=300))
def test_any_bytes_are_objects_or_a_device_error(data: bytes) -> None:
    for read in (whole, read_dol, lambda some: pick(some, 0x5A, 0x4F)):
        reason = None
        try:
            read(data)
        except DeviceError as error:
            reason = error.reason
        assert reason in (None, Reason.CARD_UNREADABLE)
