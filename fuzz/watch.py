"""Feeds a parser: counts and times the inputs, keeps the present one, ends a hang."""

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
"""Processor time that one input may take; other load on the machine does not count."""
_LENGTH = struct.Struct("<Q")  # bytes of the present input
_FIGURES = struct.Struct("<QQQ")  # inputs in the first and in the second stage, ns of the longest
_DATA = _LENGTH.size + _FIGURES.size
_ROOM = 1 << 20


@dataclass(frozen=True, slots=True)
class Progress:
    """The progress of a fuzzing process; readable while it runs and after it has died."""

    hypothesis: int = 0
    guided: int = 0
    longest_ns: int = 0
    data: bytes = b""
    """The last input that was begun."""

    @classmethod
    def of(cls, path: Path) -> Progress:
        """Read from ``path``, where an :class:`InputWatch` writes; zeros before its first input."""
        raw = path.read_bytes() if path.exists() else b""
        if len(raw) < _DATA:
            return cls()
        (length,) = _LENGTH.unpack_from(raw)
        hypothesis, guided, longest_ns = _FIGURES.unpack_from(raw, _LENGTH.size)
        return cls(hypothesis, guided, longest_ns, raw[_DATA : _DATA + length])


class InputWatch:
    """Feeds ``read``, input by input; passes on every error.

    An input that takes more than ``LIMIT_S`` ends the process by SIGPROF, with the stack on stderr.
    The signal works also where a parser catches every exception, and inside a C library that never
    returns to Python.
    """

    def __init__(self, read: Read, path: Path) -> None:
        """``path`` becomes the file of the :class:`Progress`, mapped into memory."""
        path.write_bytes(bytes(_DATA + _ROOM))
        with path.open("r+b") as file:
            self._memory = mmap.mmap(file.fileno(), 0)
        self._read = read
        self._counts = [0, 0]
        self._longest = 0
        self.stage = 0
        """0: inputs from hypothesis; 1: inputs from atheris, or from unguided mutation."""
        faulthandler.register(signal.SIGPROF, all_threads=False, chain=True)

    def __call__(self, data: bytes) -> None:
        self._memory[_DATA : _DATA + len(data)] = data
        _LENGTH.pack_into(self._memory, 0, len(data))
        gc.disable()  # a collection of hypothesis' heap would count as this input's time
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
