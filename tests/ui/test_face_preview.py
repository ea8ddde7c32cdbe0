"""The preview of a face capture: the newest picture in an oval, and no memory that grows."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtGui import QColor, QImage

from drivers.camera.slots import Slots
from kiosk.identity.face.hints import ACTIONS, HeadAction
from kiosk.visit.face_steps import CaptureFace, FaceCoaching
from kiosk.visit.trial_steps import AimCamera
from kiosk.words import Language, say
from tests.ui.face_samples import CHALLENGE
from tests.ui.theatre import Setting, Theatre
from ui.face_preview import CameraView, FacePreview

STEP = CaptureFace(CHALLENGE, "s")
SIZE = (480, 360, 3)


@pytest.fixture
def theatre() -> Iterator[Theatre]:
    one = Theatre(Setting("portrait", "zh_CN"))
    one.show(STEP)
    yield one
    one.close()


def preview_item(theatre: Theatre) -> FacePreview:
    return next(item for item in theatre.items() if isinstance(item, FacePreview))


def coach(theatre: Theatre, coaching: FaceCoaching, preview: Slots | None) -> None:
    step = replace(STEP, coaching=coaching)
    theatre.page.coach(step, ticket=theatre.ticket, preview=preview)
    theatre.settle()


def middle(theatre: Theatre) -> QColor:
    item = preview_item(theatre)
    place = item.mapToScene(item.boundingRect().center()).toPoint()
    return QColor(theatre.window.grabWindow().pixel(place))


def test_the_newest_picture_stands_in_the_oval(theatre: Theatre) -> None:
    slots = Slots(480 * 360 * 3)
    coach(theatre, FaceCoaching(), slots)
    for blue, green, red in ((200, 40, 40), (30, 180, 60)):
        slots.put(np.full(SIZE, (blue, green, red), np.uint8), time.monotonic())
        wanted = QColor(red, green, blue)
        assert theatre.until(lambda wanted=wanted: middle(theatre) == wanted)  # type: ignore[misc]
    oval: QImage = preview_item(theatre).picture()
    assert oval.pixelColor(1, 1).alpha() == 0
    assert oval.pixelColor(oval.width() // 2, 3).alpha() == 255


def test_a_technician_sees_the_whole_picture_mirrored_and_the_oval(theatre: Theatre) -> None:
    slots = Slots(480 * 640 * 3)
    theatre.show(AimCamera())
    view = preview_item(theatre)
    assert isinstance(view, CameraView)
    image = np.full((480, 640, 3), 255, np.uint8)
    image[:, :20] = (0, 0, 255)  # red, at the left edge of the camera's picture
    slots.put(image, time.monotonic())
    theatre.page.coach(AimCamera(), ticket=theatre.ticket, preview=slots)

    def shown() -> bool:
        return view.picture().pixelColor(view.picture().rect().center()) == QColor("white")

    assert theatre.until(shown)
    drawn = view.picture()
    middle = drawn.height() // 2
    right, left = (drawn.pixelColor(x, middle) for x in (drawn.width() - 5, 5))
    assert right.red() > right.blue()  # a mirror
    assert QColor("white") != left == QColor(left.red(), left.green(), left.blue())  # in the shade
    theatre.show(STEP)
    assert theatre.page.preview is None


def test_the_words_change_on_the_same_page(theatre: Theatre) -> None:
    said = [item for item in theatre.items() if item.objectName() == "say"]
    text = ACTIONS[HeadAction.TURN_LEFT]
    coach(theatre, FaceCoaching(text, "", 2, 3, 0.5), None)
    assert said[0].property("text") == say(text, Language.ZH)
    assert theatre.page.shows.ticks == 30  # type: ignore[attr-defined]
    theatre.page.coach(replace(STEP), ticket=theatre.ticket - 1, preview=None)  # of an older page
    theatre.settle()
    assert said[0].property("text") == say(text, Language.ZH)


def test_the_end_of_a_capture_takes_the_picture_away(theatre: Theatre) -> None:
    slots = Slots(480 * 360 * 3)
    slots.put(np.full(SIZE, 250, np.uint8), time.monotonic())
    coach(theatre, FaceCoaching(), slots)
    assert theatre.until(lambda: middle(theatre).red() == 250)
    theatre.page.coach(STEP, ticket=theatre.ticket, preview=None)
    assert theatre.until(lambda: middle(theatre).red() < 250)


def test_a_preview_takes_no_memory_that_grows(theatre: Theatre) -> None:
    slots = Slots(480 * 360 * 3)
    coach(theatre, FaceCoaching(), slots)

    def show(count: int) -> None:
        item = preview_item(theatre)
        for number in range(count):
            slots.put(np.full(SIZE, number % 250, np.uint8), time.monotonic())
            item._look()
            theatre.app.processEvents()
            theatre.window.grabWindow()

    show(10)
    before = _resident_mb()
    show(60)
    assert _resident_mb() - before < 15  # 60 pictures of the oval are 60 MB and more


def _resident_mb() -> float:
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * 4096 / 1e6
