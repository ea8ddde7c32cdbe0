"""Imports everything that a visit needs, PySide6 last; the fork server forks visits from that.

Importing is 82 % of a visit's start. No application, thread or connection begins here: a fork would
not carry it along, or would carry it along twice.
"""

from __future__ import annotations

import builtins
import ctypes
import linecache
from contextlib import suppress
from importlib import import_module
from pathlib import Path

from drivers.device import Kind
from kiosk import log as logs
from kiosk import settings as settings_file
from kiosk.settings import Settings

BEFORE_QT = (
    "click",
    "kiosk.keeper.channel",
    "kiosk.keeper.nursery",
    "kiosk.log",
    "kiosk.renminbi",
    "kiosk.terminal.terminal",
    "kiosk.visit.setup_steps",
    "kiosk.visit.steps",
    "kiosk.visit.trial_steps",
)
"""What a visit needs before it is warm, and what needs no Qt."""
LATER = (
    "drivers.camera.types",
    "drivers.smart_card.types",
    "kiosk.__main__",
    "kiosk.operations.process",
    "pypdfium2",
    "ui.rehearsal",
)
"""What a visit would import when it is warm, and what a bare one has executed."""
WITH_QT = ("ui.app", "ui.visit_app")
OPENED_BY_PAGES = (
    "QtQuick/Shapes/libqmlshapesplugin.so",
    "QtQuick/Templates/libqtquicktemplates2plugin.so",
    "QtQuick/Window/libquickwindowplugin.so",
)
"""The libraries of Qt that the first page of every visit opens; they bring those they need."""

_loaded: Settings | None = None
"""The settings for which this process, or the fork server that has forked it, was loaded."""


def load(settings_path: Path, *, later: bool = True) -> None:
    """Import the libraries, the terminal, the drivers and services that the settings name, then Qt.

    As soon as PySide6 is imported, its import hook keeps the source text of every module that comes
    afterwards: 15 MB in each visit, and a fifth of the CPU of its start. The hook serves
    ``from __feature__ import``, which nobody uses here, and is taken off when Qt is imported: it
    reads the source of a module that came before, too, when a function imports it again.
    ``later``: also what a visit needs only after it is warm, and what a driver in a process of its
    own imports, for the fork server, which imports it for all of them.
    Raises :class:`kiosk.settings.SettingsError`.
    """
    global _loaded  # noqa: PLW0603 - a process imports once, and its forks have it
    settings, _ = settings_file.in_service(settings_path)
    if settings == _loaded:
        return
    logs.set_up(production=settings.production)  # what a service of another maker says is a line
    for module in (*BEFORE_QT, *(LATER if later else ())):
        import_module(module)
    from kiosk.services import added
    from kiosk.terminal import terminal

    terminal.load_drivers(settings, apart=later)
    added.add(settings.services)
    linecache.clearcache()  # pydantic reads the models' sources for their docstrings
    without_hook = builtins.__import__
    for module in WITH_QT:
        import_module(module)
    builtins.__import__ = without_hook
    if later:
        _read_words()
        if Kind.CAMERA in settings.devices:
            _look_at_models(settings)
        _load_libraries()
    _loaded = settings


def _read_words() -> None:
    """Read what the first statement of a visit would wait for, and its first page in English: 3 ms
    and 2 ms, and a megabyte that visits share."""
    from kiosk.centre import codes
    from kiosk.words import Language, translate

    codes.known(codes.Table.ACCOUNT_STATUS)
    translate("", Language.EN)


def _look_at_models(settings: Settings) -> None:
    """Read the models of face capture, of which a visit asks at its sign-in whether they are there:
    4 MB and 6 ms."""
    from kiosk.identity.face.booth import missing_models

    missing_models(settings.face.models)


def _load_libraries() -> None:
    """Link what Qt would link in every visit, and read where which font lies: 7 ms of a visit's
    start. A machine where Qt or fontconfig lies elsewhere does without."""
    from PySide6.QtCore import QLibraryInfo

    plugins = Path(QLibraryInfo.path(QLibraryInfo.LibraryPath.QmlImportsPath))
    for name in OPENED_BY_PAGES:
        with suppress(OSError):
            ctypes.CDLL(str(plugins / name))
    with suppress(OSError):
        ctypes.CDLL("libfontconfig.so.1").FcInit()
