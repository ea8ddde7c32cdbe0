"""Finds the line of a mistake in a file of settings (TOML), and says what was probably meant."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable, Mapping, Sequence

_PLACE = re.compile(r"at `\$\.?([^`]*)`")
_INDEX = re.compile(r"\[[^\]]*\]")
_UNKNOWN = re.compile(r"unknown field `([^`]+)`")
_VALUE = re.compile(r"[Ii]nvalid enum value '([^']*)'|no (?:device class|profile) '([^']*)'")
_HEADER = re.compile(r"\s*\[\s*([^\[\]]+?)\s*\]\s*(#.*)?$")
_KEY = re.compile(r"\s*([\w.\"'-]+(?:\s*\.\s*[\w\"'-]+)*)\s*=")


def told(text: str, error: str, known: Mapping[str, Iterable[str]]) -> str:
    """``error``, as msgspec or the settings word it, with the line of ``text`` that it means and
    the likely spelling. ``known``: the names that may stand at a place: the keys of a table
    (``"screen"``; ``""``: the file), the values of a key (``"screen.orientation"``)."""
    found = _PLACE.search(error)
    dotted = _INDEX.sub("", found[1]) if found else ""
    place = tuple(part for part in dotted.split(".") if part)
    unknown, value = _UNKNOWN.search(error), _VALUE.search(error)
    wrong = unknown[1] if unknown else (value[1] or value[2]) if value else ""
    sought = (*place, wrong) if unknown or "device class" in error else place
    line = line_of(text, sought)
    likely = difflib.get_close_matches(wrong, list(known.get(".".join(place), ())), 1, 0.6)
    more = [f"line {line}" if line else "", f"`{likely[0]}` is meant?" if likely and wrong else ""]
    said = "; ".join(filter(None, more))
    return f"{error} ({said})" if said else error


def line_of(text: str, place: Sequence[str]) -> int:
    """The number of the line that sets the key ``place`` (``("screen", "lowered")``) or begins its
    table; 0 where none does."""
    table: tuple[str, ...] = ()
    for number, line in enumerate(text.splitlines() if place else (), 1):
        if opened := _HEADER.match(line):
            table = full = _parts(opened[1])
        elif key := _KEY.match(line):
            full = (*table, *_parts(key[1]))
        else:
            continue
        if full[: len(place)] == tuple(place):
            return number
    return 0


def _parts(dotted: str) -> tuple[str, ...]:
    return tuple(part.strip().strip("\"'") for part in dotted.split("."))
