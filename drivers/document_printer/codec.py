"""Encodes and decodes IPP messages (RFC 8010), for the printer's side and for ours.

Written here because pyipp's parser loops for ever on a negative length and drops values that it
does not know. This decoder reads only the bytes it is given: any input gives a message or
``GARBLED``.
"""

from __future__ import annotations

import struct
from collections.abc import Iterable
from dataclasses import dataclass
from enum import IntEnum

from drivers.device import DeviceError, Reason
from drivers.sentence import en

Value = int | bool | str | bytes | None


class Tag(IntEnum):
    """Delimiter and value tags (RFC 8010, 3.5)."""

    OPERATION_GROUP = 0x01
    JOB_GROUP = 0x02
    END = 0x03
    PRINTER_GROUP = 0x04
    UNSUPPORTED_GROUP = 0x05
    UNSUPPORTED = 0x10
    UNKNOWN = 0x12
    NO_VALUE = 0x13
    INTEGER = 0x21
    BOOLEAN = 0x22
    ENUM = 0x23
    OCTETS = 0x30
    DATE_TIME = 0x31
    RESOLUTION = 0x32
    RANGE = 0x33
    BEGIN_COLLECTION = 0x34
    TEXT_WITH_LANGUAGE = 0x35
    NAME_WITH_LANGUAGE = 0x36
    END_COLLECTION = 0x37
    TEXT = 0x41
    NAME = 0x42
    KEYWORD = 0x44
    URI = 0x45
    URI_SCHEME = 0x46
    CHARSET = 0x47
    LANGUAGE = 0x48
    MIME_TYPE = 0x49
    MEMBER_NAME = 0x4A


_LAST_DELIMITER = 0x0F
_OUT_OF_BAND = range(0x10, 0x20)
_INTEGERS = (Tag.INTEGER, Tag.ENUM)
_WITH_LANGUAGE = (Tag.TEXT_WITH_LANGUAGE, Tag.NAME_WITH_LANGUAGE)
_STRINGS = range(0x40, 0x60)
_HEADER = struct.Struct(">BBHI")
_NOT_FIRST = b"\x00\x00"  # an empty name: a further value of the last attribute


@dataclass(frozen=True, slots=True)
class Attribute:
    """One attribute with its values, in order.

    By tag: integers and enums are ``int``, booleans ``bool``, all kinds of text ``str``, and
    out-of-band values such as "unknown" ``None``. All other values stay ``bytes`` as on the wire, a
    collection as the bytes between its begin and its end. Where the values of an attribute have
    several tags, ``tag`` is that of the first.
    """

    name: str
    tag: int
    values: tuple[Value, ...]


def attribute(name: str, tag: Tag, *values: Value) -> Attribute:
    """Makes an :class:`Attribute` from single values."""
    return Attribute(name, tag, values)


@dataclass(frozen=True, slots=True)
class Group:
    """Attributes about one thing: the operation, a job, the printer."""

    tag: int
    attributes: tuple[Attribute, ...]

    def values(self, name: str) -> tuple[Value, ...]:
        """All values of the attribute ``name`` except ``None``; empty without the attribute."""
        for one in self.attributes:
            if one.name == name:
                return tuple(value for value in one.values if value is not None)
        return ()

    def has(self, name: str) -> bool:
        """Whether the attribute ``name`` was sent, also with "no value"."""
        return any(one.name == name for one in self.attributes)

    def number(self, name: str) -> int | None:
        """The first value of ``name`` when it is a number."""
        value = next(iter(self.values(name)), None)
        return value if isinstance(value, int) and not isinstance(value, bool) else None

    def flag(self, name: str) -> bool | None:
        value = next(iter(self.values(name)), None)
        return value if isinstance(value, bool) else None

    def text(self, name: str) -> str:
        """The first value of ``name`` when it is text, else ""."""
        return next(iter(self.texts(name)), "")

    def texts(self, name: str) -> tuple[str, ...]:
        return tuple(value for value in self.values(name) if isinstance(value, str))


@dataclass(frozen=True, slots=True)
class IppMessage:
    """A request or a response. ``code`` is the operation (request) or the status (response)."""

    code: int
    request_id: int
    groups: tuple[Group, ...]
    data: bytes = b""
    version: tuple[int, int] = (2, 0)

    def __repr__(self) -> str:  # the data is a citizen's document
        return f"IppMessage(code={self.code:#06x}, request_id={self.request_id})"

    def group(self, tag: Tag) -> Group:
        """The first group of this kind; an empty one when there is none."""
        return next((group for group in self.groups if group.tag == tag), Group(tag, ()))

    def all(self, tag: Tag) -> tuple[Group, ...]:
        return tuple(group for group in self.groups if group.tag == tag)


def encode(message: IppMessage) -> bytes:
    """The bytes of ``message``, its data included. Raises ``ValueError`` for a message that IPP
    cannot carry: a name or value above 32,767 bytes, a number above 32 bits, an attribute without
    values.
    """
    out = bytearray(_HEADER.pack(*message.version, message.code, message.request_id))
    for group in message.groups:
        out.append(group.tag)
        for one in group.attributes:
            if not one.values:
                raise ValueError(en("attribute {name} has no value", name=one.name))
            name = _counted(one.name.encode())
            for value in one.values:
                out += bytes((one.tag,)) + name + _encoded(one.tag, value)
                name = _NOT_FIRST
    out.append(Tag.END)
    return bytes(out) + message.data


def _counted(content: bytes) -> bytes:
    if len(content) > 0x7FFF:
        raise ValueError(en("longer than IPP allows"))
    return struct.pack(">H", len(content)) + content


def _encoded(tag: int, value: Value) -> bytes:
    try:
        if tag in _INTEGERS:
            return struct.pack(">Hi", 4, value)
        if tag == Tag.BOOLEAN:
            return struct.pack(">H?", 1, value)
    except struct.error as error:
        raise ValueError(en("not a number for IPP: {error}", error=error)) from None
    if value is None:
        return _NOT_FIRST
    content = value.encode() if isinstance(value, str) else value
    if not isinstance(content, bytes):
        raise ValueError(en("tag {tag:#x} takes no {kind}", tag=tag, kind=type(value).__name__))
    if tag == Tag.BEGIN_COLLECTION:
        return b"\x00\x00" + content + bytes((Tag.END_COLLECTION, 0, 0, 0, 0))
    if tag in _WITH_LANGUAGE:
        return _counted(_counted(b"en") + _counted(content))
    return _counted(content)


def decode(raw: bytes) -> IppMessage:
    """The message in ``raw``; the bytes after its end tag are ``data``.

    Raises :class:`DeviceError` ``GARBLED`` for bytes that are no IPP message. Text that is not
    UTF-8 gets replacement characters, since some firmware sends its own code page. A value that
    its tag does not allow is ``None``, a further value of nothing is dropped, and a collection
    without end is over where something else begins: printers send such in attributes that nobody
    asked for.
    """
    reader = _ByteReader(raw)
    major, minor, code, request_id = _HEADER.unpack(reader.take(_HEADER.size))
    groups = tuple(_groups(reader))
    return IppMessage(code, request_id, groups, raw[reader.at :], (major, minor))


def _garbled(why: str) -> DeviceError:
    return DeviceError(Reason.GARBLED, en("not an IPP message: {why}", why=why))


class _ByteReader:
    """Reads bytes in order; raises ``GARBLED`` instead of reading past their end."""

    __slots__ = ("at", "raw")

    def __init__(self, raw: bytes) -> None:
        self.raw = raw
        self.at = 0

    def take(self, count: int) -> bytes:
        piece = self.raw[self.at : self.at + count]
        if len(piece) != count:
            raise _garbled(en("cut off at byte {count}", count=len(self.raw)))
        self.at += count
        return piece

    def byte(self) -> int:
        return self.take(1)[0]

    def counted(self) -> bytes:
        length = int.from_bytes(self.take(2), signed=True)
        if length < 0:
            raise _garbled(en("a negative length at byte {at}", at=self.at - 2))
        return self.take(length)


def _groups(reader: _ByteReader) -> Iterable[Group]:
    tag = reader.byte()
    while tag != Tag.END:
        if not 0 < tag <= _LAST_DELIMITER:
            raise _garbled(en("attribute outside of a group at byte {at}", at=reader.at - 1))
        names: list[tuple[str, int, list[Value]]] = []
        group = tag
        while (tag := reader.byte()) > _LAST_DELIMITER:
            name = reader.counted()
            content = reader.counted()
            value = _collection(reader) if tag == Tag.BEGIN_COLLECTION else _decoded(tag, content)
            if name:
                names.append((name.decode(errors="replace"), tag, [value]))
            elif names:
                names[-1][2].append(value)
        yield Group(group, tuple(Attribute(n, t, tuple(values)) for n, t, values in names))


def _collection(reader: _ByteReader) -> bytes:
    """Skip to the end of a collection, nested collections included; returns the skipped bytes."""
    start, depth = reader.at, 1
    while depth:
        end = reader.at
        tag = reader.byte()
        # A collection without end is over where a group begins, or an attribute with a name:
        # nothing in a collection has one.
        if tag <= _LAST_DELIMITER or reader.counted():
            reader.at = end
            return reader.raw[start:end]
        reader.counted()
        depth += (tag == Tag.BEGIN_COLLECTION) - (tag == Tag.END_COLLECTION)
    return reader.raw[start:end]


def _decoded(tag: int, content: bytes) -> Value:
    if tag in _OUT_OF_BAND:
        return None
    if tag in _INTEGERS:
        return int.from_bytes(content, signed=True) if len(content) == 4 else None
    if tag == Tag.BOOLEAN:
        return bool(content[0]) if len(content) == 1 else None
    if tag in _WITH_LANGUAGE:
        inner = _ByteReader(content)
        try:
            inner.counted()
            return inner.counted().decode(errors="replace")
        except DeviceError:
            return None
    if tag in _STRINGS:
        return content.decode(errors="replace")
    return content
