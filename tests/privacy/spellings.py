"""How a text may stand in memory, in a file or on a wire: encodings, base64, hex, reversed."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from urllib.parse import quote

ENCODINGS = ("utf-8", "utf-16-le", "utf-16-be", "utf-32-le", "utf-32-be", "gb18030")
"""ASCII is UTF-8 for a text of ASCII characters."""
LEAST = 8
"""Bytes that a text must have in each encoding to be looked for: shorter ones, as the six digits of
a code, stand in a large memory by chance."""


def spellings(text: str) -> dict[bytes, str]:
    """Each form of ``text``, with the name of the form.

    Base64 is found wherever the text begins within a longer one: three forms, each without the
    characters that depend on neighbours. Of two names for the same bytes the first is kept.
    """
    forms: dict[bytes, str] = {}
    for name, form in _all_forms(text):
        forms.setdefault(form, name)
    return forms


def _all_forms(text: str) -> Iterator[tuple[str, bytes]]:
    for encoding in ENCODINGS:
        plain = text.encode(encoding)
        yield encoding, plain
        yield f"{encoding} reversed", text[::-1].encode(encoding)
        yield f"{encoding}, bytes reversed", plain[::-1]
    yield "JSON escapes", json.dumps(text)[1:-1].encode()
    yield "percent-encoding", quote(text).encode()
    for encoding in ENCODINGS:
        plain = text.encode(encoding)
        yield f"hex of {encoding}", plain.hex().encode()
        yield f"hex of {encoding} in capitals", plain.hex().upper().encode()
        for before in range(3):
            form = _base64_within(plain, before)
            yield f"base64 of {encoding}", form
            yield f"base64 of {encoding} for URLs", form.translate(bytes.maketrans(b"+/", b"-_"))


def _base64_within(plain: bytes, before: int) -> bytes:
    """The characters that stand in the base64 of every text that holds ``plain`` behind 3n +
    ``before`` bytes."""
    coded = base64.b64encode(bytes(before) + plain).rstrip(b"=")
    # A character holds six bits: those that hold bits of a neighbour are left out.
    first = -(-before * 8 // 6)
    last = (before + len(plain)) * 8 // 6
    return coded[first:last]
