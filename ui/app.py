"""The visit process: its memory kept private, its window, and who plays or measures it."""

from __future__ import annotations

import ctypes
import resource
import sys
from pathlib import Path

from PySide6.QtCore import QTimer
from PySide6.QtGui import QGuiApplication

from kiosk import log as logs
from kiosk import settings as settings_file
from kiosk.keeper.channel import VisitEnd
from ui.visitor import VisitApp

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
    settings_path: Path,
    channel_fd: int,
    *,
    play: Path | None = None,
    measure: Path | None = None,
    desk: Path | None = None,
    trace: Path | None = None,
    watch: Path | None = None,
) -> int:
    """The visit process; ends by being killed, or by the keeper's ``Quit``.

    With the hardware of the control socket ``desk``, and never in production: ``play`` the demo,
    its pictures go there; or ``measure``, see :mod:`ui.robots.meter`. Never in production either:
    append to ``trace`` where to press, see :mod:`ui.robots.trace`; be seen and pressed by who
    listens at ``watch``, see :mod:`ui.robots.watch`.
    """
    _spare_memory()
    sys.setswitchinterval(SWITCH_INTERVAL_S)
    settings = settings_file.load(settings_path)
    keep_memory_private(production=settings.production)
    logs.set_up(production=settings.production)
    app = QGuiApplication(["kiosk"])
    visitor = VisitApp(app, settings, VisitEnd(channel_fd))
    if play and desk and not settings.production:
        from ui.robots.player import Player

        visitor.live.connect(lambda: visitor.keep(Player(visitor, play, desk, settings.centre.url)))
    if measure and desk and not settings.production:
        from ui.robots.meter import Meter

        visitor.keep(Meter(visitor, measure, desk, settings.centre.url))
    if trace and not settings.production:
        from ui.robots.trace import Trace

        visitor.keep(Trace(visitor, trace))
    if watch and not settings.production:
        from ui.robots.watch import Watch

        visitor.keep(Watch(visitor, watch))
    QTimer.singleShot(0, visitor.warm_up)
    return app.exec()
