"""Lets another process see and press a visit's pages, and tells it when the screen stalls.

Every visit connects to the watching process's Unix socket as soon as the visit has a window; both
speak JSON lines. Times are seconds of the machine's monotonic clock. The visit tells unasked:

* ``{"what": "live", "at": …}``: the first frame is on the screen
* ``{"what": "page", "at": …, "page": "MenuPage", "view": {…}}``: the first frame of a new step
* ``{"what": "stall", "from": …, "at": …, "ms": …}``: the screen's thread handled no event for
  ``ms`` longer than :data:`BEAT_MS`. The time in which the thread waited for a free core
  (schedstat) is taken off: a busy machine makes no stall

The watching process asks, and the visit answers:

* ``{"press": "start"}``: ``{"what": "pressed", "at": …}``, or ``{"what": "no button"}``; ``""``
  presses the middle of the screen
* ``{"look": true}``: ``{"what": "seen", "pid": …, "page": …, "view": …, "notices": …, "devices":
  {"camera": "jam"}}``, each device that cannot be used and why
"""

from __future__ import annotations

import json
import os
import socket
import time
from dataclasses import asdict
from pathlib import Path
from typing import Any

from PySide6.QtCore import QObject, QPointF, QSocketNotifier, Qt, QTimer

from ui.current_page import WARMING
from ui.robots import finger
from ui.visit_app import VisitApp

BEAT_MS = 10
SHORTEST_MS = 20.0
"""Shorter stalls are not told: they last no longer than a frame."""


class Watch(QObject):
    """Watches one visit from its start to its end; see the module."""

    def __init__(self, visit_app: VisitApp, path: Path) -> None:
        super().__init__()
        self._visit_app = visit_app
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self._socket.connect(str(path))
        self._rest = b""
        self._notifier = QSocketNotifier(self._socket.fileno(), QSocketNotifier.Type.Read, self)
        self._notifier.activated.connect(self._hear)
        self._new_page = ""
        visit_app.page.pageShown.connect(self._await_frame)
        visit_app.stage.window.frameSwapped.connect(self._note_frame)
        visit_app.live.connect(self._begin)
        self._schedstat = os.open("/proc/thread-self/schedstat", os.O_RDONLY | os.O_CLOEXEC)
        self._beat = QTimer(self, interval=BEAT_MS, timerType=Qt.TimerType.PreciseTimer)
        self._beat.timeout.connect(self._turn)
        self._turned, self._waited = time.monotonic(), self._waited_s()

    def _tell(self, what: str, **facts: Any) -> None:
        self._socket.sendall(json.dumps({"what": what, **facts}).encode() + b"\n")

    # -- unasked ------------------------------------------------------------------------------

    def _begin(self) -> None:
        self._tell("live", at=time.monotonic())
        self._turned, self._waited = time.monotonic(), self._waited_s()
        self._beat.start()

    def _await_frame(self, ticket: int, page: str) -> None:
        if ticket != WARMING:
            self._new_page = page
            self._visit_app.stage.window.update()  # a frame even for a step that looks the same

    def _note_frame(self) -> None:
        if self._new_page:
            view = asdict(self._visit_app.page.shows)
            self._tell("page", at=time.monotonic(), page=self._new_page, view=view)
            self._new_page = ""

    def _turn(self) -> None:
        before, waited_before = self._turned, self._waited
        self._turned, self._waited = time.monotonic(), self._waited_s()
        late = self._turned - before - BEAT_MS / 1000 - (self._waited - waited_before)
        if late * 1000 > SHORTEST_MS:
            self._tell("stall", **{"from": before}, at=self._turned, ms=late * 1000)

    def _waited_s(self) -> float:
        """Seconds for which this thread waited for a free core, of /proc/thread-self/schedstat."""
        return int(os.pread(self._schedstat, 96, 0).split()[1]) / 1e9

    # -- asked --------------------------------------------------------------------------------

    def _hear(self) -> None:
        data = self._socket.recv(4096)
        if not data:
            self._notifier.setEnabled(False)  # the watching process is gone
            return
        *lines, self._rest = (self._rest + data).split(b"\n")
        for line in lines:
            asked = json.loads(line)
            if "press" in asked:
                self._press(asked["press"])
            else:
                self._show()

    def _press(self, name: str) -> None:
        window = self._visit_app.stage.window
        at = time.monotonic()
        try:
            if name:
                at = finger.press(window, name)
            else:
                finger.click(window, QPointF(window.width() / 2, window.height() / 2))
        except LookupError:
            self._tell("no button")
        else:
            self._tell("pressed", at=at)

    def _show(self) -> None:
        page, terminal = self._visit_app.page, self._visit_app.terminal
        statuses = terminal.statuses() if terminal else {}
        closed = {
            kind: str(status.problem or status.state)
            for kind, status in statuses.items()
            if not status.usable
        }
        seen = {"page": page.page, "view": asdict(page.shows), "notices": page.notices}
        self._tell("seen", pid=os.getpid(), devices=closed, **seen)


def attach(visit_app: VisitApp, path: str) -> None:
    """Let the process that listens at the Unix socket ``path`` see and press the visit."""
    visit_app.keep(Watch(visit_app, Path(path)))
