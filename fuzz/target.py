"""A target of the fuzzing: a function that feeds a parser, and examples of good input."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

Read = Callable[[bytes], object]


@dataclass(frozen=True)
class Target:
    """One parser to fuzz."""

    read: Read
    """Takes any bytes; any error that it raises is a finding."""
    seeds: Sequence[bytes]
    """Good inputs, made by the program's own encoders."""
    longest: int = 1024
    """Bytes of an input at most."""
    words: Sequence[bytes] = ()
    """For parsers of text: replacements for a word, a number or a quoted text."""


def pieces(data: bytes) -> Iterator[bytes]:
    """``data`` in pieces, as a wire may bring it; its first byte chooses the size of the pieces."""
    if data:
        step = (1, 3, 16, 4096)[data[0] % 4]
        # At most about 64 pieces: each costs as much time as a short input.
        step = max(step, len(data) // 64)
        for at in range(1, len(data), step):
            yield data[at : at + step]
