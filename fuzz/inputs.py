"""Bytes that are nearly right: seeds, mutated as wires and enemies do it."""

from __future__ import annotations

import random
from collections.abc import Sequence

from hypothesis import strategies as st

LONGEST = 8192
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


def mutated(seeds: Sequence[bytes], chance: random.Random) -> bytes:
    """One of ``seeds``, changed up to eight times; at most ``LONGEST`` bytes."""
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


def like(seeds: Sequence[bytes]) -> st.SearchStrategy[bytes]:
    """The same for hypothesis: any bytes, or a seed that was mutated."""
    chances = st.randoms(use_true_random=True)
    return st.binary(max_size=256) | chances.map(lambda chance: mutated(seeds, chance))
