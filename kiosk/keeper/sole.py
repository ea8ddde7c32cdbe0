"""One keeper a machine: a lock that ends with the keeper, and words for the second one."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

FILE = "keeper.lock"


class NotSole(Exception):
    """Another keeper runs, or nobody can tell. ``str`` is one sentence for the technician."""


@contextmanager
def sole(directory: Path) -> Iterator[None]:
    """Be the only keeper that has ``directory`` for its run directory; make the directory if it is
    not there. The kernel gives the lock back when the keeper ends, however that happens, and no
    process that the keeper starts inherits the lock. Raises :class:`NotSole`."""
    try:
        directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        file = (directory / FILE).open("a+", encoding="ascii")
    except OSError as error:
        raise NotSole(
            f"{error.filename}: {error.strerror}; the run directory must be the keeper's own: "
            "`kiosk doctor` says what mends it"
        ) from None
    with file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            file.seek(0)
            raise NotSole(
                f"this terminal runs already, as process {file.read(20).strip() or 'unknown'}; two "
                "would fight for its screen and devices: stop the other one first "
                "(`systemctl stop kiosk`)"
            ) from None
        file.truncate(0)
        file.write(f"{os.getpid()}\n")
        file.flush()
        yield
