"""Searches bytes for thousands of patterns at once, at some hundred megabytes a second."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray

from tests.privacy.spellings import ENCODINGS, LEAST, spellings

_BITS = 20
_FACTOR = np.uint64(0x9E3779B97F4A7C15)
_SHIFT = np.uint64(64 - _BITS)


@dataclass(frozen=True, slots=True)
class Leak:
    """A value that was found: what, in which form, and where. Never the value itself."""

    what: str  # whose value of which kind
    form: str
    place: str

    def __str__(self) -> str:
        return f"{self.place}: {self.what} as {self.form}"


def long_enough(value: str) -> bool:
    """Whether ``value`` is not written anywhere by chance."""
    return min(len(value.encode(encoding)) for encoding in ENCODINGS) >= LEAST


class Needles:
    """Values in all their spellings.

    Of each pattern, the eight bytes with the most different values are its anchor. A table tells of
    any eight bytes whether they may be an anchor; only there are the patterns compared.
    """

    def __init__(
        self, values: Mapping[str, str], raw: Mapping[str, bytes] = MappingProxyType({})
    ) -> None:
        """``values``: texts by what they are; ``raw``: bytes that have no other form. Raises
        ``ValueError`` for what is too short, and where there is no text."""
        self._by_anchor: dict[int, list[tuple[int, bytes, str, str]]] = {}
        self.overlap = LEAST - 1
        """Bytes by which pieces of a longer text must overlap, so that no pattern is cut."""
        for what, value in values.items():
            if not long_enough(value):
                raise ValueError(f"{what} is too short: it would be found by chance")
            for pattern, form in spellings(value).items():
                self._look_for(pattern, what, form)
        for what, pattern in raw.items():
            if len(pattern) < LEAST:
                raise ValueError(f"{what} is too short: it would be found by chance")
            self._look_for(pattern, what, "bytes")
        if not values:
            raise ValueError("nothing to look for")
        self._keys = np.array(sorted(self._by_anchor), dtype=np.uint64)
        self._table = np.zeros(1 << _BITS, dtype=np.bool_)
        self._table[_hashes(self._keys)] = True

    def _look_for(self, pattern: bytes, what: str, form: str) -> None:
        at = _anchor(pattern)
        (key,) = _words(pattern[at : at + 8])
        self._by_anchor.setdefault(int(key), []).append((at, pattern, what, form))
        self.overlap = max(self.overlap, len(pattern) - 1)

    def found_in(self, data: bytes, place: str = "") -> set[Leak]:
        """All values that stand in ``data``."""
        found = set()
        for shift in range(8):
            words = _words(data[shift:])
            likely = self._table[_hashes(words)].nonzero()[0]
            met = words[likely]
            nearest = self._keys[self._keys.searchsorted(met).clip(max=len(self._keys) - 1)]
            for index in likely[nearest == met].tolist():
                at = shift + index * 8
                for anchor, pattern, what, form in self._by_anchor[int(words[index])]:
                    first = at - anchor
                    if first >= 0 and data.startswith(pattern, first):
                        found.add(Leak(what, form, place))
        return found

    def found_in_pieces(self, pieces: Iterable[bytes], place: str = "") -> tuple[int, set[Leak]]:
        """Search a text that comes in pieces, also across their borders. Returns how many bytes
        were searched, and what stands in them."""
        searched, rest, found = 0, b"", set[Leak]()
        for piece in pieces:
            searched += len(piece)
            whole = rest + piece
            found |= self.found_in(whole, place)
            rest = whole[-self.overlap :]
        return searched, found


def _anchor(pattern: bytes) -> int:
    """Where the eight bytes with the most different values begin, the first of such places."""
    return max(range(len(pattern) - 7), key=lambda at: len(set(pattern[at : at + 8])))


def _words(data: bytes) -> NDArray[np.uint64]:
    """``data`` as words of eight bytes; what is left at the end belongs to no word."""
    return np.frombuffer(data, dtype="<u8", count=len(data) // 8)


def _hashes(words: NDArray[np.uint64]) -> NDArray[np.intp]:
    return ((words * _FACTOR) >> _SHIFT).view(np.intp)
