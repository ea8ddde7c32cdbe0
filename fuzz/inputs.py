"""Bytes that are nearly right: seeds, mutated as bad wires and attackers would."""

from __future__ import annotations

import random
import re
from collections.abc import Iterable, Sequence

from hypothesis import strategies as st

LONGEST = 8192
REWORDED = 0.7
"""Share of a text parser's inputs that are reworded; the others are changed byte by byte."""
_EDGES = (
    b"\0",
    b"\xff",
    b"\x7f",
    b"\x80",
    b"\xff\xff\xff\xff",
    b"\x7f\xff",
    b"\0\0\0\0",
    b"\n",
    b'"',
)


_ODD = (
    *(b"null", b"true", b"none", b"0", b"-1", b"1e999", b"9" * 40, b"2026-02-30"),
    *(b'""', b'"\\ud800"', b"[]", b"{}", b"[" * 99, b'{"":' * 99),
)
_WORD = re.compile(rb'(?<![\w.+"-])(?:"[^"\n]*"|[\w.+-]+)')


def words_of(texts: Iterable[bytes]) -> list[bytes]:
    """The words, numbers and quoted texts of JSON, TOML and the like, and some odd values."""
    return sorted({word for text in texts for word in _WORD.findall(text)}.union(_ODD))


def reworded(data: bytes, words: Sequence[bytes], chance: random.Random) -> bytes:
    """``data`` with one word, number or quoted text replaced by another.

    Most results still follow the grammar, so they pass a parser that stops at the first wrong byte.
    """
    place = _WORD.search(data, chance.randint(0, len(data))) or _WORD.search(data)
    if not place:
        return data
    return (data[: place.start()] + chance.choice(words) + data[place.end() :])[:LONGEST]


def mutated(seeds: Sequence[bytes], chance: random.Random, words: Sequence[bytes] = ()) -> bytes:
    """One of ``seeds``, changed up to eight times; at most ``LONGEST`` bytes. With ``words``, a
    share of ``REWORDED`` is only reworded."""
    if words and chance.random() < REWORDED:
        text = chance.choice(seeds)
        for _ in range(chance.randint(1, 4)):
            text = reworded(text, words, chance)
        return text
    data = bytearray(chance.choice(seeds))
    for _ in range(chance.randint(1, 8)):
        at = chance.randint(0, len(data))
        end = min(len(data), at + chance.choice((1, 1, 2, 4, 16, 64)))
        match chance.randrange(8):
            case 0 if at < len(data):
                data[at] ^= 1 << chance.randrange(8)
            case 1 if at < len(data):
                data[at] = chance.randrange(256)
            case 2:
                data[at:end] = b""
            case 3:
                data[at:at] = data[at:end] * chance.choice((1, 2, 8))
            case 4:
                data[at:at] = chance.randbytes(chance.randint(1, 8))
            case 5:
                edge = chance.choice(_EDGES)
                data[at : at + len(edge)] = edge
            case 6:
                del data[at:]
            case 7:
                other = chance.choice(seeds)
                data[at:] = other[chance.randint(0, len(other)) :]
    return bytes(data[:LONGEST])


def like(seeds: Sequence[bytes], words: Sequence[bytes] = ()) -> st.SearchStrategy[bytes]:
    """A strategy for hypothesis: any bytes, or a mutated seed."""
    chances = st.randoms(use_true_random=True)
    return st.binary(max_size=256) | chances.map(lambda chance: mutated(seeds, chance, words))
