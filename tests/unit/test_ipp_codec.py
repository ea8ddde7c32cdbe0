"""IPP messages: published bytes, round trips, and any bytes at all."""

from __future__ import annotations

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivers.device import DeviceError, Reason
from drivers.document_printer.codec import (
    Attribute,
    Group,
    IppMessage,
    Tag,
    attribute,
    decode,
    encode,
)
from drivers.document_printer.names import IppOperation, IppStatus

# RFC 8010, A.1: a Print-Job request.
PRINT_JOB = bytes.fromhex(
    "0101 0002 00000001 01"
    "47 0012 617474726962757465732d63686172736574 0005 7574662d38"
    "48 001b 617474726962757465732d6e61747572616c2d6c616e6775616765 0005 656e2d7573"
    "45 000b 7072696e7465722d757269 002c"
    "6970703a2f2f7072696e7465722e6578616d706c652e636f6d2f6970702f7072696e742f70696e6574726565"
    "42 0008 6a6f622d6e616d65 0006 666f6f626172"
    "22 0016 6970702d6174747269627574652d666964656c697479 0001 01"
    "02 21 0006 636f70696573 0004 00000014"
    "44 0005 7369646573 0013 74776f2d73696465642d6c6f6e672d65646765"
    "03"
)
PRINT_JOB_MEANS = IppMessage(
    IppOperation.PRINT_JOB,
    1,
    (
        Group(
            Tag.OPERATION_GROUP,
            (
                attribute("attributes-charset", Tag.CHARSET, "utf-8"),
                attribute("attributes-natural-language", Tag.LANGUAGE, "en-us"),
                attribute("printer-uri", Tag.URI, "ipp://printer.example.com/ipp/print/pinetree"),
                attribute("job-name", Tag.NAME, "foobar"),
                attribute("ipp-attribute-fidelity", Tag.BOOLEAN, True),
            ),
        ),
        Group(
            Tag.JOB_GROUP,
            (
                attribute("copies", Tag.INTEGER, 20),
                attribute("sides", Tag.KEYWORD, "two-sided-long-edge"),
            ),
        ),
    ),
    b"%!PDF...",
    (1, 1),
)

# RFC 8010, A.7: a Get-Jobs response (its second job, with "no-value" in place of a name).
GET_JOBS = bytes.fromhex(
    "0101 0000 0000007b 01"
    "47 0012 617474726962757465732d63686172736574 000a 49534f2d383835392d31"
    "48 001b 617474726962757465732d6e61747572616c2d6c616e6775616765 0005 656e2d7573"
    "41 000e 7374617475732d6d657373616765 000d 7375636365737366756c2d6f6b"
    "02 21 0006 6a6f622d6964 0004 00000093"
    "36 0008 6a6f622d6e616d65 000c 0005 66722d6361 0003 666f75"
    "02"
    "02 21 0006 6a6f622d6964 0004 00000095"
    "13 0008 6a6f622d6e616d65 0000"
    "03"
)

# RFC 8010, 3.1.6 with the example of media-col: a collection within a collection.
MEDIA_SIZE = bytes.fromhex(
    "4a 0000 000b 782d64696d656e73696f6e 21 0000 0004 00005208"
    "4a 0000 000b 792d64696d656e73696f6e 21 0000 0004 00007404"
)
MEDIA_COL = (
    bytes.fromhex("4a 0000 000a 6d656469612d73697a65 34 0000 0000")
    + MEDIA_SIZE
    + bytes.fromhex("37 0000 0000")
)
WITH_COLLECTION = (
    bytes.fromhex("0200 0000 00000007 04 34 0009 6d656469612d636f6c 0000")
    + MEDIA_COL
    + bytes.fromhex("37 0000 0000 23 000d 7072696e7465722d7374617465 0004 00000003 03")
)


def test_a_request_of_the_standard() -> None:
    assert decode(PRINT_JOB + b"%!PDF...") == PRINT_JOB_MEANS
    assert encode(PRINT_JOB_MEANS) == PRINT_JOB + b"%!PDF..."


def test_a_response_of_the_standard() -> None:
    answer = decode(GET_JOBS)
    assert (answer.code, answer.request_id, answer.version) == (IppStatus.OK, 123, (1, 1))
    first, empty, second = answer.all(Tag.JOB_GROUP)
    assert (first.number("job-id"), first.text("job-name")) == (147, "fou")
    assert empty.attributes == ()
    assert (second.number("job-id"), second.text("job-name")) == (149, "")
    assert second.has("job-name")
    assert not second.values("job-name")


def test_a_collection_is_kept_as_it_is() -> None:
    printer = decode(WITH_COLLECTION).group(Tag.PRINTER_GROUP)
    assert printer.values("media-col") == (MEDIA_COL,)
    assert printer.number("printer-state") == 3
    assert encode(decode(WITH_COLLECTION)) == WITH_COLLECTION


def test_what_a_value_is_not() -> None:
    group = Group(1, (attribute("a", Tag.BOOLEAN, True), attribute("b", Tag.KEYWORD, "x", "y")))
    assert group.number("a") is None
    assert group.flag("a") is True
    assert group.flag("b") is None
    assert group.number("b") is None
    assert group.texts("b") == ("x", "y")
    assert group.text("c") == ""
    assert group.number("c") is None


def test_text_of_another_code_page_does_not_stop_the_printer() -> None:
    raw = b"\x02\x00\x00\x00\x00\x00\x00\x01\x04\x41\x00\x01a\x00\x04" + "缺纸".encode("gb18030")
    assert decode(raw + b"\x03").group(Tag.PRINTER_GROUP).text("a")


HEAD = b"\x02\x00\x00\x00\x00\x00\x00\x01"
GARBLED = [
    ("nothing", b""),
    ("cut header", HEAD[:7]),
    ("no end", HEAD),
    ("value outside of a group", HEAD + b"\x21\x00\x01a\x00\x04\x00\x00\x00\x01\x03"),
    ("delimiter zero", HEAD + b"\x00\x03"),
    ("length over the end", HEAD + b"\x04\x44\x00\x01a\xff\xf0abc\x03"),
    ("negative length", HEAD + b"\x04\x44\x00\x01a\x80\x01" + b"x" * 0x8001 + b"\x03"),
    ("a web page", b"<html><body>Printer status</body></html>"),
]


@pytest.mark.parametrize("raw", [raw for _, raw in GARBLED], ids=[name for name, _ in GARBLED])
def test_what_is_no_message(raw: bytes) -> None:
    with pytest.raises(DeviceError) as caught:
        decode(raw)
    assert caught.value.reason is Reason.GARBLED


MEMBER = b"\x4a\x00\x00\x00\x01x\x44\x00\x00\x00\x01y"
MALFORMED = [
    ("further value of nothing", b"\x21\x00\x00\x00\x04\x00\x00\x00\x01"),
    ("integer of no byte", b"\x21\x00\x01a\x00\x00"),
    ("integer of three bytes", b"\x21\x00\x01a\x00\x03\x00\x00\x01"),
    ("boolean of no byte", b"\x22\x00\x01a\x00\x00"),
    ("boolean of two bytes", b"\x22\x00\x01a\x00\x02\x01\x01"),
    ("language cut off", b"\x36\x00\x01a\x00\x03\x00\x05e"),
    ("collection without end", b"\x34\x00\x01a\x00\x00" + MEMBER),
    ("collection in one without end", b"\x34\x00\x01a\x00\x00\x34\x00\x00\x00\x00" + MEMBER),
]


@pytest.mark.parametrize("raw", [raw for _, raw in MALFORMED], ids=[name for name, _ in MALFORMED])
def test_a_malformed_attribute_does_not_discard_the_rest(raw: bytes) -> None:
    """Neither the attributes of its group before and after it, nor the group behind."""
    state = b"\x23\x00\x0dprinter-state\x00\x04\x00\x00\x00\x03"
    before = decode(HEAD + b"\x04" + raw + state + b"\x03").group(Tag.PRINTER_GROUP)
    after = decode(HEAD + b"\x04" + state + raw + b"\x02" + state + b"\x03")
    assert before.number("printer-state") == 3
    assert after.group(Tag.PRINTER_GROUP).values("printer-state")[0] == 3
    assert after.group(Tag.JOB_GROUP).number("printer-state") == 3
    assert before.number("a") is before.flag("a") is None


UNSAYABLE = [
    attribute("a", Tag.INTEGER, 1 << 31),
    attribute("a", Tag.INTEGER, "one"),
    attribute("a", Tag.KEYWORD, 1),
    attribute("a", Tag.KEYWORD, "x" * 0x8000),
    attribute("a" * 0x8000, Tag.KEYWORD, "x"),
    attribute("a", Tag.KEYWORD),
]


@pytest.mark.parametrize("one", UNSAYABLE)
def test_what_ipp_cannot_say(one: Attribute) -> None:
    with pytest.raises(ValueError, match=r"."):
        encode(IppMessage(0, 1, (Group(1, (one,)),)))


def test_a_message_does_not_tell_its_document() -> None:
    assert "secret" not in repr(IppMessage(2, 1, (), b"secret"))


@given(st.binary(max_size=400))
def test_any_bytes_end_in_a_message_or_in_garbled(raw: bytes) -> None:
    for candidate in (raw, HEAD + b"\x04" + raw, WITH_COLLECTION[:20] + raw):
        with suppress(DeviceError):
            decode(candidate)


@given(st.data())
def test_a_message_with_a_few_bytes_changed(data: st.DataObject) -> None:
    raw = bytearray(data.draw(st.sampled_from([PRINT_JOB, GET_JOBS, WITH_COLLECTION])))
    for _ in range(data.draw(st.integers(1, 4))):
        raw[data.draw(st.integers(0, len(raw) - 1))] = data.draw(st.integers(0, 255))
    with suppress(DeviceError):
        decode(bytes(raw[: data.draw(st.integers(0, len(raw)))]))


names = st.text(st.characters(codec="ascii", min_codepoint=33), min_size=1, max_size=20)
VALUES: tuple[tuple[Tag, st.SearchStrategy[object]], ...] = (
    (Tag.INTEGER, st.integers(-(1 << 31), (1 << 31) - 1)),
    (Tag.BOOLEAN, st.booleans()),
    (Tag.TEXT, st.text(max_size=40)),
    (Tag.TEXT_WITH_LANGUAGE, st.text(max_size=40)),
    (Tag.OCTETS, st.binary(max_size=40)),
    (Tag.NO_VALUE, st.none()),
)
attributes = st.one_of(
    [
        st.builds(
            lambda name, tag, values: Attribute(name, tag, tuple(values)),
            names,
            st.just(tag),
            st.lists(values, min_size=1, max_size=3),
        )
        for tag, values in VALUES
    ]
)
groups = st.builds(
    lambda tag, some: Group(tag, tuple(some)),
    st.sampled_from([Tag.OPERATION_GROUP, Tag.JOB_GROUP, Tag.PRINTER_GROUP]),
    st.lists(attributes, max_size=4),
)
messages = st.builds(
    lambda code, number, some, data: IppMessage(code, number, tuple(some), data),
    st.integers(0, 0xFFFF),
    st.integers(0, 0xFFFFFFFF),
    st.lists(groups, max_size=4),
    st.binary(max_size=40),
)


@given(messages)
def test_what_is_encoded_is_decoded(message: IppMessage) -> None:
    assert decode(encode(message)) == message
