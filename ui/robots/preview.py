"""Times the screen while a face is captured: how late its thread is for every sixtieth of a second.

``python -m ui.robots.preview MODELS SECONDS`` shows the page of a capture in a window of the
terminal, with the preview of a real capture process at a camera's full rate, and prints one line of
JSON: ``late``, by tick the milliseconds that the screen's thread came too late, because it drew or
waited for a core, and ``frames``, the number of frames drawn meanwhile.
"""

from __future__ import annotations

import json
import sys
import time
from datetime import date
from pathlib import Path

from PySide6.QtCore import Qt, QTimer
from PySide6.QtGui import QGuiApplication

from drivers.camera.types import Stream
from drivers.emulators.face_scene import FaceScene
from kiosk.centre.face import FaceChallenge, FaceNotice
from kiosk.centre.models import CentreWords, NoticePoint
from kiosk.identity.face.models import PORTRAIT
from kiosk.visit.face_steps import CaptureFace
from kiosk.workshop.bench.face import capturing
from ui.robots.tables import SETTINGS
from ui.stage import Stage

TICK_MS = 16
REST_S = 1.0
"""From the first picture to the first tick: the page is drawn, the capture runs."""
_WORDS = CentreWords(zh="告知书", en="Notice")
_NOTICE = FaceNotice(
    title=_WORDS,
    version="1",
    effective=date(2026, 1, 1),
    points=(NoticePoint(about="what", title=_WORDS, text=_WORDS),),
    full=(_WORDS,),
)
_STEP = CaptureFace(FaceChallenge(challenge="c", valid_s=300, certificate="", notice=_NOTICE), "s")


class PreviewMeter:
    """Shows the page with ``preview``, and ticks for ``seconds``."""

    def __init__(self, app: QGuiApplication, preview: Stream, seconds: float) -> None:
        self._app = app
        self._late: list[float] = []
        self._frames = 0
        self._stage = Stage(app, SETTINGS, motion=False)
        self._stage.page.show(_STEP, ticket=1, back=False)
        self._stage.show()
        self._stage.page.coach(_STEP, ticket=1, preview=preview)
        self._stage.window.frameSwapped.connect(self._count)
        self._before = 0.0
        self._beat = QTimer(interval=TICK_MS, timerType=Qt.TimerType.PreciseTimer)
        self._beat.timeout.connect(self._tick)
        QTimer.singleShot(round(REST_S * 1000), self._begin)
        QTimer.singleShot(round((REST_S + seconds) * 1000), self._end)

    def _begin(self) -> None:
        self._before, self._frames = time.monotonic(), 0
        self._beat.start()

    def _tick(self) -> None:
        before, self._before = self._before, time.monotonic()
        self._late.append(max(0.0, (self._before - before) * 1000 - TICK_MS))

    def _count(self) -> None:
        self._frames += 1

    def _end(self) -> None:
        print(json.dumps({"late": self._late, "frames": self._frames}), flush=True)
        self._app.exit()  # quit() asks the window, which refuses to close


def main(models: Path, seconds: float) -> int:
    """The program; returns its exit code."""
    app = QGuiApplication(["preview"])
    with capturing(models, FaceScene(models / PORTRAIT)) as (_, preview):
        meter = PreviewMeter(app, preview, seconds)
        code = app.exec()
        del meter
    return code


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]), float(sys.argv[2])))
