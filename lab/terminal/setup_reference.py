"""Draws the first page of setup on this machine: its picture, and where its buttons are."""

from __future__ import annotations

import os
import sys
from pathlib import Path

from PySide6.QtCore import QTimer
from PySide6.QtGui import QGuiApplication

from kiosk.settings import CentreSettings, Settings
from lab.terminal.reference import note_buttons
from ui.setup_app import SetupApp
from ui.stage import Stage

SHOT = "setup"
SETTLED_MS = 1000
"""After that long nothing on the page moves any more."""


def main(out: str) -> None:
    """The picture and its buttons go to ``out``, beside those of the main job. Ends the process."""
    app = QGuiApplication(["kiosk"])
    stage = Stage(app, Settings(terminal="", centre=CentreSettings(url="", seal_roots=Path())))

    def take() -> None:
        stage.window.grabWindow().save(str(Path(out) / f"1-0-{SHOT}.png"))
        note_buttons(stage.window.contentItem(), SHOT, Path(out))
        app.exit()  # not quit: a window of the terminal refuses to close

    setup = SetupApp(stage, lambda _technician: 0)
    stage.page.pageShown.connect(lambda: QTimer.singleShot(SETTLED_MS, take))
    stage.show()
    setup.start()
    os._exit(app.exec())  # the thread of setup waits for an answer


if __name__ == "__main__":
    main(sys.argv[1])
