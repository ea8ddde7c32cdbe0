"""Watches a parser that is fed: counts inputs, times them, keeps the one in hand, ends a hang."""

from __future__ import annotations

import faulthandler
import gc
import mmap
import signal
import struct
import time
from dataclasses import dataclass
from pathlib import Path

from fuzz.target import Read

LIMIT_S = 1.0
"""Processor time that one input may take; a machine that is busy elsewhere does not use it up."""
_LENGTH = struct.Struct("<Q")  # bytes of the input in hand
_FIGURES = struct.Struct("<QQQ")  # inputs in the first and in the second stage, ns of the longest
_DATA = _LENGTH.size + _FIGURES.size
_ROOM = 1 << 20


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a process has come; it can be read while it runs and after it has died."""

    hypothesis: int = 0
    guided: int = 0
    longest_ns: int = 0
    data: bytes = b""
    """The last input that was begun."""

    @classmethod
    def of(cls, path: Path) -> Progress:
        """What a :class:`InputWatch` has written to ``path``; nothing when it has not begun."""
        raw = path.read_bytes() if path.exists() else b""
        if len(raw) < _DATA:
            return cls()
        (length,) = _LENGTH.unpack_from(raw)
        return cls(*_FIGURES.unpack_from(raw, _LENGTH.size), raw[_DATA : _DATA + length])


class InputWatch:
    """Feeds ``read``, input by input, and lets through what it raises.

    An input that takes more than ``LIMIT_S`` ends the process by SIGPROF, with the stack on stderr:
    no handler of a parser can hold that up, nor can a library that never comes back to Python.
    """

    def __init__(self, read: Read, path: Path) -> None:
        """What is seen is written to ``path``, in memory shared with whoever reads it."""
        path.write_bytes(bytes(_DATA + _ROOM))
        with path.open("r+b") as file:
            self._memory = mmap.mmap(file.fileno(), 0)
        self._read = read
        self._counts = [0, 0]
        self._longest = 0
        self.stage = 0
        """0: hypothesis gives the inputs, 1: what follows it."""
        faulthandler.register(signal.SIGPROF, all_threads=False, chain=True)

    def __call__(self, data: bytes) -> None:
        self._memory[_DATA : _DATA + len(data)] = data
        _LENGTH.pack_into(self._memory, 0, len(data))
        gc.disable()  # it would look through all of hypothesis' heap on this input's time
        signal.setitimer(signal.ITIMER_PROF, LIMIT_S)
        begun = time.thread_time_ns()
        try:
            self._read(data)
        finally:
            took = time.thread_time_ns() - begun
            signal.setitimer(signal.ITIMER_PROF, 0)
            gc.enable()
            self._counts[self.stage] += 1
            self._longest = max(self._longest, took)
            _FIGURES.pack_into(self._memory, _LENGTH.size, *self._counts, self._longest)
