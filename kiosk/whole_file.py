"""Writes a file whole or not at all, also where the power is cut."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable
from pathlib import Path


def write_whole(path: Path, content: bytes, settle: Callable[[int], None]) -> None:
    """Write or replace ``path``; on the disk when this returns. What breaks off leaves the file as
    it was, or the new one. ``settle`` gives the descriptor of the new file its owner and mode;
    until then only who writes may read it. Raises ``OSError``, which names ``path``."""
    number, name = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)  # mode 0600
    half = Path(name)
    try:
        with os.fdopen(number, "wb") as file:
            file.write(content)
            file.flush()
            settle(file.fileno())
            os.fsync(file.fileno())
        half.replace(path)
    except OSError as error:  # a full disk names no file
        raise OSError(error.errno, error.strerror, str(path)) from None
    finally:
        half.unlink(missing_ok=True)
    sync_folder(path.parent)


def put(path: Path, content: bytes, mode: int) -> None:
    """Write or replace ``path``, with ``mode``, as :func:`write_whole` does; its folder is made
    where there is none. Raises ``OSError``."""
    path.parent.mkdir(parents=True, exist_ok=True)
    write_whole(path, content, lambda made: os.fchmod(made, mode))


def sync_folder(folder: Path) -> None:
    """Have what was made in ``folder``, or replaced, on the disk. Raises ``OSError``."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
