"""What a target of the fuzzing is: how a parser is fed, good input, and a time limit."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

LIMIT_S = 1.0
"""Processor time that one input may take."""

Read = Callable[[bytes], object]


@dataclass(frozen=True)
class Target:
    """``read`` takes any bytes and returns, or raises what nobody expects; ``seeds`` are good ones,
    made by the program's own encoders; ``longest`` bytes are given at most."""

    read: Read
    seeds: Sequence[bytes]
    longest: int = 1024


class TooSlowError(Exception):
    """An input took longer than it may."""


def guarded(read: Read, limit_s: float = LIMIT_S) -> Callable[[bytes], None]:
    """``read`` with its time limit; what it raises goes through."""

    def watched(data: bytes) -> None:
        begun = time.thread_time()
        read(data)
        took = time.thread_time() - begun
        if took > limit_s:
            raise TooSlowError(f"{took:.1f} s for {len(data)} bytes")

    return watched


def pieces(data: bytes) -> Iterator[bytes]:
    """``data`` as a wire may bring it; its first byte says in which pieces."""
    if data:
        step = (1, 3, 16, 4096)[data[0] % 4]
        step = max(
            step, len(data) // 256
        )  # of a long one no more: each costs as much as a short one
        for at in range(1, len(data), step):
            yield data[at : at + step]
