"""The visit process: its memory kept private, its window, and who plays or measures it."""

from __future__ import annotations

import ctypes
import importlib
import resource
import sys
from collections.abc import Sequence
from pathlib import Path

from PySide6.QtCore import QTimer
from PySide6.QtGui import QGuiApplication

from kiosk import log as logs
from kiosk import settings as settings_file
from kiosk.keeper.channel import VisitEnd
from ui.visit_app import VisitApp

SWITCH_INTERVAL_S = 0.0005
"""At Python's default, one busy thread takes the screen from 64 to 2 frames a second."""


def keep_memory_private(*, production: bool) -> None:
    """No core dump ever holds a visit's memory; in production nobody of our own user reads it.

    A limit of 0 does not keep the kernel from piping a core to a handler (core(5)), and a process
    that is not dumpable cannot be measured or debugged: so both, and the second in production.
    """
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    if production:
        set_dumpable = 4  # PR_SET_DUMPABLE, prctl(2)
        if ctypes.CDLL(None, use_errno=True).prctl(set_dumpable, 0, 0, 0, 0):
            raise OSError(ctypes.get_errno(), "the visit's memory cannot be made private")


def _spare_memory() -> None:
    """Have glibc give back what a large picture took, and share one arena among the threads.

    Left alone, it keeps 8 to 15 MB after a certificate was drawn: its threshold for memory of
    its own grows with the first large piece that is freed (mallopt(3), M_MMAP_THRESHOLD).
    """
    libc = ctypes.CDLL(None)
    if hasattr(libc, "mallopt"):
        libc.mallopt(_M_MMAP_THRESHOLD, 1 << 20)
        libc.mallopt(_M_TRIM_THRESHOLD, 4 << 20)  # else 128 kB once the other is set: too eager
        libc.mallopt(_M_ARENA_MAX, 1)


_M_TRIM_THRESHOLD = -1
_M_MMAP_THRESHOLD = -3
_M_ARENA_MAX = -8


def run(
    settings_path: Path, channel_fd: int, *, robot: str | None = None, told: Sequence[str] = ()
) -> int:
    """The visit process; ends by being killed, or by the keeper's ``Quit``.

    ``robot``, never in production: ``module:function`` of who plays or measures this visit, called
    with its :class:`VisitApp` and each of ``told``. The module is none of a terminal's own.
    """
    _spare_memory()
    sys.setswitchinterval(SWITCH_INTERVAL_S)
    settings = settings_file.load(settings_path)
    keep_memory_private(production=settings.production)
    logs.set_up(production=settings.production)
    app = QGuiApplication(["kiosk"])
    visit_app = VisitApp(app, settings, VisitEnd(channel_fd))
    if robot and not settings.production:
        module, _, function = robot.partition(":")
        getattr(importlib.import_module(module), function)(visit_app, *told)
    QTimer.singleShot(0, visit_app.warm_up)
    return app.exec()
