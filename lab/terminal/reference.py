"""Plays the main job on this machine: its pictures, and where the buttons of its pages are."""

from __future__ import annotations

import json
import sys
from pathlib import Path

from PySide6.QtCore import QPointF
from PySide6.QtQuick import QQuickItem

from kiosk.keeper import keeper
from kiosk.workshop import robots
from ui.robots.finger import walk
from ui.robots.player import Player
from ui.visit_app import VisitApp

BUTTONS = "buttons.jsonl"


def note_buttons(page: QQuickItem, shot: str, out: Path) -> None:
    """Note in ``out`` the middle of each button of ``page``, in pixels of the picture ``shot``, by
    its key or its digit."""
    found: dict[str, list[int]] = {}
    for item in walk(page):
        if item.isVisible() and item.metaObject().indexOfSignal("clicked()") >= 0:
            label = str(item.property("text") or "")
            middle = item.mapToScene(QPointF(item.width() / 2, item.height() / 2))
            if key := item.objectName() or (label if len(label) == 1 else ""):
                found.setdefault(key, [round(middle.x()), round(middle.y())])
    with (out / BUTTONS).open("a", encoding="utf-8") as file:
        file.write(json.dumps({"shot": shot, "buttons": found}) + "\n")


class Recorder(Player):
    """Notes its buttons with every picture."""

    def shot(self, name: str) -> None:
        super().shot(name)
        note_buttons(self._visit_app.stage.window.contentItem(), name, self._out)


def attach(visit_app: VisitApp, out: str, desk: str, centre: str) -> None:
    """As :func:`ui.robots.player.attach`."""
    visit_app.live.connect(
        lambda: visit_app.keep(Recorder(visit_app, Path(out), Path(desk), centre))
    )


def main(settings: str, out: str, desk: str, centre: str) -> int:
    """Play it once; pictures and :data:`BUTTONS` go to ``out``."""
    path = Path(settings)
    told = robots.options("lab.terminal.reference:attach", out, desk, centre)
    return keeper.run(
        path,
        keeper.visit_command(path, *told),
        preload=keeper.PRELOAD,
        committer=keeper.committer_command(path),
        visits=1,
    )


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
