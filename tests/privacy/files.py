"""Searches directories: the names, the links and the contents of files, also packed ones."""

from __future__ import annotations

import zlib
from collections.abc import Collection, Iterator
from pathlib import Path

from tests.privacy.needles import Leak, Needles

_PIECE = 1 << 22


def search_tree(
    needles: Needles, root: Path, *, but: Collection[Path] = ()
) -> tuple[int, set[Leak]]:
    """What stands in names and files under ``root``, except in the directories and files ``but``.
    Returns also how many bytes were searched.

    A file that vanishes meanwhile is left out; sockets, pipes and devices have a name only.
    """
    searched, found = 0, set[Leak]()
    for path in [root, *_below(root, but)]:
        found |= needles.found_in(str(path).encode("utf-8", "surrogateescape"), f"name of {path}")
        try:
            if path.is_symlink():
                found |= needles.found_in(str(path.readlink()).encode(), f"link {path}")
            elif path.is_file():
                for pieces in (_pieces(path), _unpacked(path)):
                    many, there = needles.found_in_pieces(pieces, str(path))
                    searched += many
                    found |= there
        except FileNotFoundError:
            continue
    return searched, found


def _below(root: Path, but: Collection[Path]) -> Iterator[Path]:
    try:
        inside = sorted(root.iterdir())
    except (FileNotFoundError, NotADirectoryError):
        return
    for path in inside:
        if path in but:
            continue
        yield path
        if path.is_dir() and not path.is_symlink():
            yield from _below(path, but)


def _pieces(path: Path) -> Iterator[bytes]:
    with path.open("rb") as file:
        while piece := file.read(_PIECE):
            yield piece


def _unpacked(path: Path) -> Iterator[bytes]:
    """What is packed in ``path``, where it is gzip (of one member or more) or zlib; up to where the
    file is spoilt."""
    unpacking = None
    for piece in _pieces(path):
        if unpacking is None:
            if not (
                piece.startswith(b"\x1f\x8b") or (piece[:1] == b"\x78" and _is_zlib(piece[:2]))
            ):
                return
            unpacking = _unpacker()
        rest = piece
        while rest:
            try:
                yield unpacking.decompress(rest)
            except zlib.error:
                return
            rest = unpacking.unused_data
            if unpacking.eof:
                unpacking = _unpacker()


def _unpacker() -> zlib._Decompress:
    return zlib.decompressobj(wbits=zlib.MAX_WBITS | 32)


def _is_zlib(start: bytes) -> bool:
    """RFC 1950: the first two bytes, as a number, are a multiple of 31."""
    return len(start) == 2 and int.from_bytes(start, "big") % 31 == 0
