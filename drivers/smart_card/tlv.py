"""BER-TLV as chip cards use it (ISO/IEC 7816-4, EMV Book 3 annex B)."""

from __future__ import annotations

from collections.abc import Iterator

from drivers.device import DeviceError, Reason

MAX_DEPTH = 6
"""Templates within templates; real cards need four."""
_MAX_TAG_BYTES = 4
_MAX_LENGTH_BYTES = 3
_CONSTRUCTED = 0x20
_LONG_TAG = 0x1F


def walk(data: bytes | memoryview, depth: int = 0) -> Iterator[tuple[int, memoryview]]:
    """Every data object as (tag, value), a template before the objects in it.

    Tags are numbers as written in the standards: 0x5F24. Values are views, so that personal data
    are copied only when a caller copies them. Zero bytes between objects are padding. Raises
    :class:`DeviceError` ``CARD_UNREADABLE`` for an object that is cut off, nested deeper than
    ``MAX_DEPTH`` or of indefinite length, after yielding the objects before it.
    """
    if depth > MAX_DEPTH:
        raise _malformed("templates are nested too deeply")
    view = memoryview(data)
    at = 0
    while at < len(view):
        if view[at] == 0:
            at += 1
            continue
        constructed = bool(view[at] & _CONSTRUCTED)
        tag, at = _tag(view, at)
        length, at = _length(view, at)
        if length > len(view) - at:
            raise _malformed("a value is cut off")
        value = view[at : at + length]
        at += length
        yield tag, value
        if constructed:
            yield from walk(value, depth + 1)


def pick(data: bytes | memoryview, *tags: int) -> dict[int, bytes]:
    """The first value of each of ``tags``, wherever it is nested. Raises as :func:`walk` does."""
    found: dict[int, bytes] = {}
    for tag, value in walk(data):
        if tag in tags and tag not in found:
            found[tag] = bytes(value)
    return found


def read_dol(data: bytes) -> list[tuple[int, int]]:
    """A data object list (EMV Book 3, 5.4): the objects that the card wants, as (tag, length in
    bytes, 0 to 255).

    Raises :class:`DeviceError` ``CARD_UNREADABLE`` for a list that is cut off.
    """
    view = memoryview(data)
    wanted = []
    at = 0
    while at < len(view):
        tag, at = _tag(view, at)
        if at == len(view):
            raise _malformed("a length is missing")
        wanted.append((tag, view[at]))
        at += 1
    return wanted


def encode(tag: int, value: bytes) -> bytes:
    """One data object with the shortest form of its length; ``tag`` as in :func:`walk`."""
    length = len(value)
    head = tag.to_bytes((tag.bit_length() + 7) // 8 or 1, "big")
    if length < 0x80:
        return head + bytes([length]) + value
    size = (length.bit_length() + 7) // 8
    return head + bytes([0x80 | size]) + length.to_bytes(size, "big") + value


def _tag(view: memoryview, at: int) -> tuple[int, int]:
    start = at
    more = view[at] & _LONG_TAG == _LONG_TAG
    at += 1
    while more:
        if at == len(view) or at - start == _MAX_TAG_BYTES:
            raise _malformed("a tag is cut off or too long")
        more = bool(view[at] & 0x80)
        at += 1
    return int.from_bytes(view[start:at], "big"), at


def _length(view: memoryview, at: int) -> tuple[int, int]:
    if at == len(view):
        raise _malformed("a length is missing")
    first = view[at]
    at += 1
    if first < 0x80:
        return first, at
    size = first & 0x7F
    if not 1 <= size <= _MAX_LENGTH_BYTES or size > len(view) - at:
        raise _malformed("a length is indefinite, too long or cut off")
    return int.from_bytes(view[at : at + size], "big"), at + size


def _malformed(what: str) -> DeviceError:
    return DeviceError(Reason.CARD_UNREADABLE, f"malformed data on the card: {what}")
