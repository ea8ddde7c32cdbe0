"""Tells the last words of a program that did not start, for the error that says so."""

from __future__ import annotations

from pathlib import Path

_CHARACTERS = 1500


def last_words(log: Path) -> str:
    """The end of what a program wrote to the file ``log``, which may not be there."""
    try:
        said = log.read_text(encoding="utf-8", errors="replace").strip()
    except FileNotFoundError:
        said = ""
    return said[-_CHARACTERS:] or "it said nothing"
