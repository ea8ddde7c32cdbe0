"""What a target of the fuzzing is: how a parser is fed, and what good input looks like."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

Read = Callable[[bytes], object]


@dataclass(frozen=True)
class Target:
    """``read`` takes any bytes and returns, or raises what nobody expects; ``seeds`` are good ones,
    made by the program's own encoders; ``longest`` bytes are given at most; ``words`` are for
    parsers of text: what may stand in the place of a word, a number or a quoted text."""

    read: Read
    seeds: Sequence[bytes]
    longest: int = 1024
    words: Sequence[bytes] = ()


def pieces(data: bytes) -> Iterator[bytes]:
    """``data`` as a wire may bring it; its first byte says in which pieces."""
    if data:
        step = (1, 3, 16, 4096)[data[0] % 4]
        # Of a long one no more than about 64: each costs as much as a short input.
        step = max(step, len(data) // 64)
        for at in range(1, len(data), step):
            yield data[at : at + step]
