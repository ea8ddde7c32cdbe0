"""Writes a file whole or not at all, and keeps the one before."""

from __future__ import annotations

import difflib
import grp
import os
import stat
import tempfile
from functools import partial
from pathlib import Path

from kiosk.whole_file import write_whole

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
    settle = partial(_give_to_terminal, mode)
    if path.exists():
        kept, settle = path.with_name(path.name + BACKUP), partial(_own_as, path.stat())
        write_whole(kept, path.read_bytes(), settle)
    write_whole(path, text.encode(), settle)
    return kept


def _own_as(model: os.stat_result, made: int) -> None:
    os.fchmod(made, stat.S_IMODE(model.st_mode))
    if os.geteuid() == 0:
        os.fchown(made, model.st_uid, model.st_gid)


def _give_to_terminal(mode: int, made: int) -> None:
    """The terminal's user may read the new file, by its group."""
    os.fchmod(made, mode)
    if os.geteuid() == 0:
        try:
            os.fchown(made, 0, grp.getgrnam(GROUP).gr_gid)
        except KeyError:
            return  # a machine without the package: root's own group
