"""Times a statement of twenty years on the real page: until it is there, and each turn of a sheet.

``python -m ui.robots.tables ROWS TURNS`` shows a table of ROWS rows in a window of the terminal,
presses 下一页 TURNS times, and prints one line of JSON: ``opened``, the milliseconds from the step
to the first frame of its page, and ``turned``, by press the milliseconds to the frame of the sheet.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path

from PySide6.QtCore import QTimer
from PySide6.QtGui import QGuiApplication

from kiosk.settings import CentreSettings, Settings
from kiosk.visit.steps import Attract, Column, ShowTable, amounts
from kiosk.words import Month, _
from ui.robots import finger
from ui.stage import Stage

REST_MS = 20
"""Between two presses: the page before is drawn, nothing is under way."""
SETTINGS = Settings(
    terminal="T0001",
    centre=CentreSettings(url="http://127.0.0.1:1", seal_roots=Path("/dev/null")),
)


def statement(rows: int) -> ShowTable:
    """A statement of ``rows`` bookings, ten a month."""
    first = date(2006, 1, 1)
    columns = (
        Column(_("日期")),
        Column(_("业务"), "strong"),
        Column(_("月份"), "quiet", wide=True),
        amounts(_("金额（元）"), "strong"),
        amounts(_("余额（元）"), "quiet"),
    )
    booked = (
        (day, "汇缴", Month(day), Decimal("3200.00"), Decimal(3200) * number)
        for number in range(1, rows + 1)
        for day in [first + timedelta(days=3 * number)]
    )
    return ShowTable(_("缴存明细"), columns, tuple(booked), empty=_("这一年没有记录"))


class TableMeter:
    """Shows the statement once the window is there, then turns its sheets."""

    def __init__(self, app: QGuiApplication, rows: int, turns: int) -> None:
        self._app = app
        self._step = statement(rows)
        self._turns = turns
        self._opened = 0.0
        self._turned: list[float] = []
        self._stage = Stage(app, SETTINGS, motion=False)
        for _page in self._stage.compile_pages():
            pass
        for step in (statement(12), Attract()):  # as the rehearsal of a visit has drawn each page
            self._stage.page.show(step, ticket=1, back=False)
            self._stage.window.grabWindow()
        self._at_next_frame(self._open)
        self._stage.show()

    def _at_next_frame(self, then: Callable[[], None]) -> None:
        """Call ``then`` once, when the next frame is on the screen and the window rests."""

        def swapped() -> None:
            self._framed_at = time.monotonic()
            self._stage.window.frameSwapped.disconnect(swapped)
            QTimer.singleShot(REST_MS, then)

        self._stage.window.frameSwapped.connect(swapped)
        self._stage.window.update()

    def _open(self) -> None:
        since = time.monotonic()
        self._stage.page.show(self._step, ticket=2, back=True)
        self._at_next_frame(lambda: self._note_opened(since))

    def _note_opened(self, since: float) -> None:
        self._opened = (self._framed_at - since) * 1000
        self._turn()

    def _turn(self) -> None:
        if len(self._turned) == self._turns:
            print(json.dumps({"opened": self._opened, "turned": self._turned}), flush=True)
            self._app.exit()  # quit() asks the window, which refuses to close
            return
        since = finger.press(self._stage.window, "next")
        self._at_next_frame(lambda: self._note_turned(since))

    def _note_turned(self, since: float) -> None:
        self._turned.append((self._framed_at - since) * 1000)
        self._turn()


def main(rows: int, turns: int) -> int:
    """The program; returns its exit code."""
    app = QGuiApplication(["tables"])
    meter = TableMeter(app, rows, turns)
    code = app.exec()
    del meter
    return code


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1]), int(sys.argv[2])))
