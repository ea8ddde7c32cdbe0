"""A file is written whole or not at all, and what went wrong names it."""

from __future__ import annotations

import errno
import os
import stat
from pathlib import Path

import pytest

from kiosk.whole_file import put, write_whole


def full(_descriptor: int) -> None:
    """What the kernel says when the disk has no room for the file."""
    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


def test_a_file_is_replaced_with_its_mode(tmp_path: Path) -> None:
    file = tmp_path / "folder" / "file"
    put(file, b"old", 0o600)
    put(file, b"new", 0o644)
    assert file.read_bytes() == b"new"
    assert stat.S_IMODE(file.stat().st_mode) == 0o644
    assert list(file.parent.iterdir()) == [file]


def test_a_full_disk_leaves_the_file_as_it_was_and_is_told_with_its_name(tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.write_bytes(b"old")
    with pytest.raises(OSError, match="No space left") as failed:
        write_whole(file, b"new", full)
    assert failed.value.filename == str(file)
    assert file.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [file]
