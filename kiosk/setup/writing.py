"""Writes a file whole or not at all, and keeps the one before."""

from __future__ import annotations

import difflib
import grp
import os
import tempfile
from pathlib import Path

GROUP = "kiosk"
BACKUP = ".before"


def difference(path: Path, old: str, new: str) -> str:
    """The change of ``path`` as a unified diff; "" for none."""
    lines = difflib.unified_diff(
        old.splitlines(), new.splitlines(), str(path), f"{path} (new)", lineterm="", n=2
    )
    return "\n".join(lines)


def obstacle(path: Path) -> str:
    """Why ``path`` cannot be written: the system's words; "" when it can. Nothing is left."""
    folder = next(one for one in (path.parent, *path.parents) if one.exists())
    try:
        with tempfile.TemporaryFile(dir=folder):
            return ""
    except OSError as error:
        return f"{folder}: {error.strerror or type(error).__name__}"


def replace(path: Path, text: str, mode: int = 0o644) -> Path | None:
    """Write ``text`` to ``path``; a power cut or Ctrl-C leaves the file as it was, or the new one.

    The file before is kept beside it, and its path returned. Owner, group and mode are those of
    the file before; a new file has ``mode``, and where the terminal's group is there, that group.
    Raises ``OSError``.
    """
    path = path.resolve()  # a link stays a link
    path.parent.mkdir(parents=True, exist_ok=True)
    kept: Path | None = None
    if path.exists():
        kept = path.with_name(path.name + BACKUP)
        _write_whole(kept, path.read_bytes(), path, mode)
    _write_whole(path, text.encode(), path if kept else None, mode)
    folder = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
    return kept


def _write_whole(path: Path, content: bytes, model: Path | None, mode: int) -> None:
    """Put ``content`` at ``path``: all of it, or nothing where the disk is full. Owner, group and
    mode are those of ``model``; without one it has ``mode``, and the terminal's group."""
    number, name = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
    half = Path(name)
    try:
        with os.fdopen(number, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        if model:
            half.chmod(model.stat().st_mode & 0o7777)
            _own_as(model, half)
        else:
            half.chmod(mode)
            _give_to_terminal(half)
        half.replace(path)
    finally:
        half.unlink(missing_ok=True)


def _own_as(model: Path, path: Path) -> None:
    facts = model.stat()
    if os.geteuid() == 0:
        os.chown(path, facts.st_uid, facts.st_gid)


def _give_to_terminal(path: Path) -> None:
    """The terminal's user may read the new file, by its group."""
    if os.geteuid() == 0:
        try:
            os.chown(path, 0, grp.getgrnam(GROUP).gr_gid)
        except KeyError:
            return  # a machine without the package: root's own group
