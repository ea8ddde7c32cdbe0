"""Reads the memory of a running process, without the pages that only show an unchanged file."""

from __future__ import annotations

import contextlib
import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from io import BufferedReader
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from drivers.camera.slots import slots_of
from drivers.device import DeviceError
from drivers.hosting.channel import SharedMemory

_HEAD = re.compile(r"([0-9a-f]+)-([0-9a-f]+) (\S{4}) \S+ \S+ \S+ *(.*)")
_PIECE = 1 << 22
_STREAM = "/memfd:frames (deleted)"
_PAGE = os.sysconf("SC_PAGE_SIZE")


@dataclass(frozen=True, slots=True)
class Region:
    """A mapping of a process: addresses, rights as in maps(5), and what is mapped there."""

    first: int
    last: int
    rights: str
    name: str
    own_kb: int
    """Memory that is no file's: written by the process, or swapped out."""

    @property
    def holds_data(self) -> bool:
        """Whether something may stand there that stands in no file. The kernel's pages
        (``[vvar]``, ``[vdso]``, ``[vsyscall]``) cannot be written."""
        if "r" not in self.rights or self.name.startswith("[v"):
            return False
        return self.own_kb > 0 or "s" in self.rights or not self.name.startswith("/")


def regions(smaps: str) -> list[Region]:
    """The mappings that ``/proc/PID/smaps`` lists, proc(5)."""
    found: list[Region] = []
    head, own = None, 0
    for line in [*smaps.splitlines(), "0-0 ---- 0 0 0"]:
        if match := _HEAD.fullmatch(line):
            if head:
                first, last, rights, name = head.groups()
                found.append(Region(int(first, 16), int(last, 16), rights, name, own))
            head, own = match, 0
        elif line.startswith(("Anonymous:", "Swap:")):
            own += int(line.split()[1])
    return found


def memory_of(pid: int) -> Iterator[bytes]:
    """All that the process can read and no file holds, piece by piece. Mappings that vanish
    meanwhile are left out; raises ``FileNotFoundError``
    when the process is gone."""
    process = Path(f"/proc/{pid}")
    with (
        (process / "mem").open("rb", buffering=0) as memory,
        (process / "pagemap").open("rb") as pages,
    ):
        for region in regions((process / "smaps").read_text()):
            if not region.holds_data:
                continue
            for first, end in _filled(pages, region):
                at = first
                while at < end:
                    try:
                        memory.seek(at)
                        piece = memory.read(min(end - at, _PIECE))
                    except (OSError, OverflowError):
                        break  # behind the end of a mapped file, or given back meanwhile
                    yield piece
                    at += len(piece)


def _filled(pages: BufferedReader, region: Region) -> Iterator[tuple[int, int]]:
    """The stretches of ``region`` that are in memory or swapped out: the process has written no
    other page. pagemap(5) has eight bytes for each page. Into shared memory others may write."""
    if "s" in region.rights:
        yield region.first, region.last
        return
    pages.seek(region.first // _PAGE * 8)
    states = np.frombuffer(pages.read((region.last - region.first) // _PAGE * 8), dtype="<u8")
    there = np.concatenate(([False], (states >> np.uint64(62)) != 0, [False]))
    for first, last in np.flatnonzero(np.diff(there)).reshape(-1, 2).tolist():
        yield region.first + first * _PAGE, region.first + last * _PAGE


def plant(pid: int, data: bytes) -> int:
    """Write ``data`` where no code of the process looks: at the bottom of its stack, far below what
    is in use now. Returns the address, for :func:`weed`. So a test seeds a leak. Raises
    ``ValueError`` when the stack is in use down to there."""
    process = Path(f"/proc/{pid}")
    (stack,) = (each for each in regions((process / "smaps").read_text()) if each.name == "[stack]")
    # proc(5): of a process that waits, the stack pointer stands before the last word.
    told = (process / "syscall").read_text().split()
    if len(told) > 1 and int(told[-2], 16) < stack.first + 2 * len(data):
        raise ValueError("the bottom of the stack is in use")
    with (process / "mem").open("r+b", buffering=0) as memory:
        memory.seek(stack.first)
        memory.write(data)
    return stack.first


def weed(pid: int, at: int, length: int) -> None:
    """Make the bytes of :func:`plant` zero again."""
    with Path(f"/proc/{pid}/mem").open("r+b", buffering=0) as memory:
        memory.seek(at)
        memory.write(bytes(length))


def traces_of(pid: int) -> Iterator[tuple[str, bytes]]:
    """What the kernel shows of a process beside its memory: command line, environment, names of
    threads, names of open files, and the contents of open files that have no name any more."""
    process = Path(f"/proc/{pid}")
    for name in ("cmdline", "environ"):
        yield name, (process / name).read_bytes()
    for thread in (process / "task").iterdir():
        with contextlib.suppress(OSError):  # the thread has ended
            yield "name of a thread", (thread / "comm").read_bytes()
    for descriptor in (process / "fd").iterdir():
        with contextlib.suppress(OSError):  # closed meanwhile
            target = str(descriptor.readlink())
            yield "name of an open file", target.encode()
            if target.endswith("(deleted)") and descriptor.is_file():
                yield "content of an open file", descriptor.read_bytes()


def frames_of(pid: int) -> Iterator[NDArray[np.uint8]]:
    """The newest picture of each camera's stream that the process holds: rows, columns, and the
    bytes of each pixel."""
    for descriptor in Path(f"/proc/{pid}/fd").iterdir():
        # Closed meanwhile; not a picture yet, or none any more.
        with contextlib.suppress(OSError, DeviceError):
            if str(descriptor.readlink()) == _STREAM and descriptor.stat().st_size:
                memory = SharedMemory.of(os.open(descriptor, os.O_RDWR))
                yield slots_of(memory).latest().image
