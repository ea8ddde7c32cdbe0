"""Shows a poster, or a visit's attract page: ``poster_program.py WHICH SETTINGS DIRECTORY``.

For each line of standard input it presses the button of that name, or the brand, or of no name the
middle of the window, and writes the picture that follows as ``DIRECTORY/WHICH-n.bmp``, from 0,
before any press. At the end it prints what the poster told and what it waits for, and all modules,
as JSON.
"""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path

from PySide6.QtCore import QPointF
from PySide6.QtGui import QGuiApplication

from kiosk import settings as settings_file
from ui.poster import Poster

told: list[str] = []


def main(which: str, settings_path: Path, directory: Path) -> None:
    app = QGuiApplication(["kiosk"])
    settings = settings_file.load(settings_path)
    waiting, modules = "", list[str]()
    if which == "poster":
        poster = Poster(app, settings, told.append, motion=False)
        framed: list[bool] = []
        poster.show(lambda: framed.append(True))
        while not framed:
            app.processEvents()
        modules = sorted(sys.modules)  # all that the first frame has waited for
        window = poster.window
    else:
        from kiosk.terminal.terminal import Terminal
        from kiosk.visit.steps import Attract
        from ui.stage import Stage

        stage = Stage(app, settings, motion=False)
        stage.page.recall(*Terminal(settings, lambda how: None).recall())
        stage.page.show(Attract(), ticket=1, back=False)
        stage.show()
        window = stage.window
    from ui.robots import finger

    buttons = sys.stdin.read().splitlines()
    for number in range(len(buttons) + 1):
        if number and buttons[number - 1] == "brand":
            finger.click(window, QPointF(88, 60) * (window.width() / 1080))
        elif number and (button := buttons[number - 1]):
            finger.press(window, button)
        elif number:
            finger.click(window, QPointF(window.width() / 2, window.height() / 2))
        app.processEvents()
        window.grabWindow().save(str(directory / f"{which}-{number}.bmp"))
    if which == "poster":
        waiting = poster.page.waiting
    print(json.dumps({"told": told, "modules": modules, "waiting": waiting}), flush=True)
    os._exit(0)  # as a poster and a visit end: no page outlives what it reads from


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]), Path(sys.argv[3]))
