"""Draws the test page of the screen into a file, for the acceptance report.

``python -m ui.trial_page SETTINGS FILE`` draws with the terminal's own pages, fonts and settings,
without a display; nothing of a citizen is ever on the page.
"""

from __future__ import annotations

import os
import sys
import time
from decimal import Decimal
from pathlib import Path

os.environ["QT_QPA_PLATFORM"] = "offscreen"

from PySide6.QtCore import QEventLoop
from PySide6.QtGui import QGuiApplication

from kiosk import settings as settings_file
from kiosk.doctor.trial_prints import NAMES, RARE
from kiosk.settings import Settings
from kiosk.visit.steps import Fact, ShowStatement
from kiosk.words import _
from ui.stage import Stage

FRAMES = 2
"""A page's items are laid out with its first frame, and drawn as they lie with the second."""
PATIENCE_S = 20.0


def page(settings: Settings) -> ShowStatement:
    """The test page of the terminal with ``settings``."""
    return ShowStatement(
        _("屏幕试看页"),
        (
            Fact(_("终端编号"), settings.terminal),
            Fact(_("生僻字"), RARE),
            Fact(_("人名用字"), NAMES),
            Fact(_("金额"), Decimal("148066.23")),
        ),
        lead=_("字应当完整，没有方框"),
    )


def draw(settings: Settings, file: Path) -> None:
    """Write the picture of the test page to ``file``, as PNG. Raises ``RuntimeError``."""
    app = QGuiApplication(["kiosk"])
    stage = Stage(app, settings, motion=False)
    drawn: list[None] = []
    stage.window.frameSwapped.connect(lambda: drawn.append(None))
    stage.appearance.toggleNumbers()
    stage.page.show(page(settings), ticket=1, back=False)
    app.processEvents()
    stage.window.show()
    until = time.monotonic() + PATIENCE_S
    while len(drawn) < FRAMES:
        if time.monotonic() > until:
            raise RuntimeError("no frame is drawn")
        stage.window.update()
        app.processEvents(QEventLoop.ProcessEventsFlag.AllEvents, 50)
    if not stage.window.grabWindow().save(str(file)):
        raise RuntimeError(f"{file} cannot be written")


def main() -> None:
    chosen, file = map(Path, sys.argv[1:])
    draw(settings_file.load(chosen), file)


if __name__ == "__main__":
    main()
