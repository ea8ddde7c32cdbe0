"""The robots that play or measure a visit, and the options of ``kiosk visit`` that choose them."""

from __future__ import annotations

from pathlib import Path

METER = "ui.robots.meter:attach"
PLAYER = "ui.robots.player:attach"
TRACE = "ui.robots.trace:attach"
WATCH = "ui.robots.watch:attach"
STORY_FILE = ".story"
"""In the directory of the demo's pictures: how many of its visits have begun."""
FAILED_FILE = "failed.txt"
"""There, if a visit did not go as its story says: why."""


def options(robot: str, *told: str | Path) -> list[str]:
    """The options with which a visit starts ``robot``, whose function ``attach`` is called with the
    visit's :class:`ui.visit_app.VisitApp` and each of ``told``."""
    return ["--robot", robot, *(word for one in told for word in ("--told", str(one)))]
