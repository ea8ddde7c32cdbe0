"""Reads a document the centre has sealed, and refuses one that is not ours to hand over."""

from __future__ import annotations

import hashlib
import unicodedata


def holder_mark(session: str, name: str, number: str) -> str:
    """What stands in a sealed document for the person it was made for: hexadecimal SHA-256.

    The centre writes it into the signed file, the terminal computes it from the session and the
    person it serves. It proves that a sheet belongs to this visit, and tells nobody who it is.
    """
    text = "\n".join((session, normal_name(name), number.upper()))
    return hashlib.sha256(text.encode()).hexdigest()


def normal_name(name: str) -> str:
    """A name for comparing: NFC, all middle dots as U+00B7, no space around."""
    for dot in "\u2022\u30fb\u2027\u00b7":
        name = name.replace(dot, "\u00b7")
    return unicodedata.normalize("NFC", name).strip()
