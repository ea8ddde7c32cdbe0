"""Gives memory back that a process has needed for its imports and needs no longer."""

from __future__ import annotations

import ctypes
import re
from collections.abc import Iterable
from pathlib import Path

_MADV_DONTNEED = 4
_MAPPING = re.compile(r"([0-9a-f]+)-([0-9a-f]+) r-[-x]p \S+ \S+ \d+ +(/.+)\n")


def grow_lean() -> None:
    """Give back free blocks of the heap, and the pages of libraries that nothing has written to.

    Linking and initialising a library reads pages of its file that nothing reads again: 30 MB of
    Qt's and others' stay mapped, and count as this process's memory. A page that is wanted again is
    in the kernel's page cache. Only mappings without a page of this process's own are given back:
    the kernel would forget what the linker has written to the others (madvise(2), MADV_DONTNEED).

    To be called before there is a second thread: while the linker loads a library, its data lies in
    a mapping that looks untouched, and would be lost.
    """
    libc = ctypes.CDLL(None)
    libc.malloc_trim(0)
    with Path("/proc/self/smaps").open(errors="surrogateescape") as lines:
        # Line by line: the whole text is 4 MB of a process's own, in pages that it shared before.
        for first, last in _untouched(lines):
            libc.madvise(ctypes.c_void_p(first), ctypes.c_size_t(last - first), _MADV_DONTNEED)


def _untouched(lines: Iterable[str]) -> list[tuple[int, int]]:
    """Where files are mapped, unwritable, and without any page that is this process's own;
    ``lines`` are those of /proc/self/smaps, see proc_pid_smaps(5)."""
    found: list[tuple[int, int]] = []
    mapping: re.Match[str] | None = None
    for line in lines:
        if not line[0].isupper():  # the head of a mapping; its figures follow
            mapping = _MAPPING.fullmatch(line)
        elif line.startswith(("Anonymous:", "Swap:")) and line.split()[1] != "0":
            mapping = None  # a page of this process's own, perhaps swapped out
        elif mapping and line.startswith("VmFlags:"):  # the last line
            found.append((int(mapping[1], 16), int(mapping[2], 16)))
    return found
