"""The visit process: keeps its memory private, opens the window, starts its robot if it has one."""

from __future__ import annotations

import ctypes
import importlib
import logging
import resource
import sys
from collections.abc import Sequence
from pathlib import Path

from PySide6.QtCore import QTimer
from PySide6.QtGui import QGuiApplication

from drivers.hosting.confine import PASSING, ProcessNeeds, confine
from kiosk import events
from kiosk import log as logs
from kiosk import settings as settings_file
from kiosk.keeper import nursery
from kiosk.keeper.channel import VisitEnd
from kiosk.settings import Settings
from ui import window
from ui.visit_app import VisitApp

log = logging.getLogger(__name__)

SWITCH_INTERVAL_S = 0.0005
"""At Python's default, one busy thread takes the screen from 64 to 2 frames a second."""


def keep_memory_private(*, production: bool) -> None:
    """Allow no core dump of a visit; in production, let no process of the same user read its
    memory.

    The core limit of 0 alone would still let the kernel pipe a core to a handler (core(5)), so in
    production the process is not dumpable either. Elsewhere it stays dumpable, because otherwise
    nobody could measure or debug it.
    """
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    if production:
        set_dumpable = 4  # PR_SET_DUMPABLE, prctl(2)
        if ctypes.CDLL(None, use_errno=True).prctl(set_dumpable, 0, 0, 0, 0):
            raise OSError(ctypes.get_errno(), "the visit's memory cannot be made private")


def _spare_memory() -> None:
    """Have glibc give back the memory of a large picture, and share one arena among the threads.

    Without these settings glibc keeps 8 to 15 MB after the visit has drawn a certificate: when the
    first large block is freed, glibc raises its threshold for giving blocks back (mallopt(3),
    M_MMAP_THRESHOLD).
    """
    libc = ctypes.CDLL(None)
    if hasattr(libc, "mallopt"):
        libc.mallopt(_M_MMAP_THRESHOLD, 1 << 20)
        libc.mallopt(_M_TRIM_THRESHOLD, 4 << 20)  # the call above sets it to 128 kB: too eager
        libc.mallopt(_M_ARENA_MAX, 1)


_M_TRIM_THRESHOLD = -1
_M_MMAP_THRESHOLD = -3
_M_ARENA_MAX = -8


def needs_of_visit(settings: Settings) -> ProcessNeeds:
    """What a visit and its drivers need: beside devices, they write only where the terminal keeps
    its state, and start only programs that are installed."""
    ours = (str(settings.run_directory), str(settings_file.state_directory(settings)))
    return ProcessNeeds(
        writes=(*ours, *PASSING),
        runs=("/usr", "/bin", sys.prefix, sys.base_prefix),
        connects=True,
    )


def run(
    settings_path: Path, channel_fd: int, *, robot: str | None = None, told: Sequence[str] = ()
) -> int:
    """The visit process; it ends when the keeper kills it or sends ``Quit``.

    ``robot``, never used in production: ``module:function`` of the robot that plays or measures
    this visit. The function is called with the :class:`VisitApp` and each of ``told``.
    """
    _spare_memory()
    settings, spoilt = settings_file.in_service(settings_path)
    keep_memory_private(production=settings.production)
    logs.set_up(production=settings.production)
    if spoilt:
        events.SETTINGS_SPOILT.log(log, detail=spoilt)
    if why := confine(needs_of_visit(settings), wanted=settings.production):
        events.NOT_CONFINED.log(log, cause=why)
    forker = nursery.begin(channel_fd)
    sys.setswitchinterval(SWITCH_INTERVAL_S)
    window.keep_compiled(settings)
    app = QGuiApplication(["kiosk"])
    visit_app = VisitApp(app, settings, VisitEnd(channel_fd), forker)
    if robot and not settings.production:
        module, _, function = robot.partition(":")
        getattr(importlib.import_module(module), function)(visit_app, *told)
    QTimer.singleShot(0, visit_app.warm_up)
    return app.exec()
