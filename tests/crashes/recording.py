"""A file system of SQLite that records every write and sync, and fails one of them when told to."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import Any, Literal

import apsw

SECTOR = 512
_names = itertools.count(1)


@dataclass(frozen=True, slots=True)
class DiskCall:
    """One change of one file. A write has ``data`` at ``offset``; a cut leaves ``offset`` bytes."""

    kind: Literal["open", "write", "cut", "sync", "delete", "mark"]
    file: str
    offset: int = 0
    data: bytes = b""


class RecordingFs(apsw.VFS):
    """Passes everything on to the real file system, keeps ``calls``, and asks ``fails`` before each
    change whether to raise instead. ``name`` is the name of this file system for SQLite."""

    def __init__(self, fails: Callable[[DiskCall], apsw.Error | None] = lambda call: None) -> None:
        self.name = f"recording-{next(_names)}"
        self.calls: list[DiskCall] = []
        self.fails = fails
        super().__init__(self.name, base="")

    def mark(self, number: int) -> None:
        """Note that the ``number``-th row was acknowledged at this point."""
        self.calls.append(DiskCall("mark", "", number))

    def change(self, call: DiskCall) -> None:
        if error := self.fails(call):
            raise error
        self.calls.append(call)

    def xOpen(self, name: Any, flags: list[int]) -> Any:  # noqa: N802 - SQLite's names
        return RecordingFile(self, name, flags)

    def xDelete(self, filename: str, syncdir: bool) -> None:  # noqa: N802
        self.change(DiskCall("delete", Path(filename).name))
        super().xDelete(filename, syncdir)


class RecordingFile(apsw.VFSFile):
    """One open file."""

    def __init__(self, fs: RecordingFs, name: Any, flags: list[int]) -> None:
        self._fs = fs
        self._name = Path(name.filename() if isinstance(name, apsw.URIFilename) else name).name
        fs.change(DiskCall("open", self._name))
        super().__init__("", name, flags)

    def xWrite(self, data: Any, offset: int) -> None:  # noqa: N802
        self._fs.change(DiskCall("write", self._name, offset, bytes(data)))
        super().xWrite(data, offset)

    def xTruncate(self, newsize: int) -> None:  # noqa: N802
        self._fs.change(DiskCall("cut", self._name, newsize))
        super().xTruncate(newsize)

    def xSync(self, flags: int) -> None:  # noqa: N802
        self._fs.change(DiskCall("sync", self._name))
        super().xSync(flags)


def image(calls: list[DiskCall], cut: int, random: Random) -> tuple[dict[str, bytes], int]:
    """What a disk may hold after a power cut before the ``cut``-th call, and how many rows had been
    acknowledged by then.

    What was synced is there. Every later write is there, or is not, or is there in some of its
    sectors; in any order.
    """
    synced: dict[str, bytearray] = {}
    pending: dict[str, list[DiskCall]] = {}
    acknowledged = 0
    for call in calls[:cut]:
        match call.kind:
            case "mark":
                acknowledged = call.offset
            case "sync":
                content = synced.setdefault(call.file, bytearray())
                for waiting in pending.pop(call.file, []):
                    _apply(content, waiting)
            case "delete":
                synced.pop(call.file, None)
                pending.pop(call.file, None)
            case "open":
                pass
            case _:
                pending.setdefault(call.file, []).append(call)
    keeps = random.choice((0.0, 0.5, 1.0))
    for file, unsynced in pending.items():
        content = synced.setdefault(file, bytearray())
        for call in unsynced:
            if random.random() >= keeps:
                continue
            _apply(content, _torn(call, random) if random.random() < 0.3 else call)
    return {file: bytes(content) for file, content in synced.items()}, acknowledged


def _torn(call: DiskCall, random: Random) -> DiskCall:
    """The first sectors of a write."""
    sectors = len(call.data) // SECTOR
    kept = random.randrange(sectors + 1) * SECTOR if sectors else len(call.data)
    return DiskCall(call.kind, call.file, call.offset, call.data[:kept])


def _apply(content: bytearray, call: DiskCall) -> None:
    if call.kind == "cut":
        del content[call.offset :]
        return
    end = call.offset + len(call.data)
    if len(content) < end:
        content.extend(bytes(end - len(content)))
    content[call.offset : end] = call.data
