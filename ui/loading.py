"""Imports everything that a visit needs, PySide6 last; the fork server forks visits from that.

Importing is 82 % of a visit's start. No application, thread or connection begins here: a fork would
not carry it along, or would carry it along twice.
"""

from __future__ import annotations

from importlib import import_module
from pathlib import Path

from kiosk import settings as settings_file

BEFORE_QT = (
    "click",
    "kiosk.terminal.terminal",
    "kiosk.visit.steps",
    "pypdfium2",
    "ui.rehearsal",
)
"""What a visit would import by and by, and what no device and no Qt is needed for."""
WITH_QT = ("ui.app", "ui.visit_app")


def load(settings_path: Path) -> None:
    """Import the libraries, the terminal and the drivers that the settings name, then Qt.

    As soon as PySide6 is imported, its import hook keeps the source text of every module that comes
    later: 15 MB in each visit. Raises :class:`kiosk.settings.SettingsError`.
    """
    settings = settings_file.load(settings_path)
    for module in BEFORE_QT:
        import_module(module)
    from kiosk.terminal import terminal

    terminal.load_drivers(settings)
    for module in WITH_QT:
        import_module(module)
