"""The poster looks like the attract page of the visit that takes its place, and loses no press."""

from __future__ import annotations

import json
import os
import select
import socket
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import QPointF, Qt
from PySide6.QtGui import QImage
from PySide6.QtTest import QTest

from kiosk.centre.publication import KeptPublication
from kiosk.centre.shelf import Shelf
from kiosk.keeper.channel import (
    Alive,
    Alone,
    Begun,
    Broken,
    FromVisit,
    KeeperToPoster,
    Live,
    Ready,
    Shown,
    Touched,
)
from kiosk.keeper.keeper import visit_command
from kiosk.keeper.rising import RisingPoster, poster_command
from kiosk.keeper.visit_process import VisitProcess
from kiosk.visit.steps import MAINTENANCE, Attract, OutOfService, Step
from kiosk.words import Language
from kiosk.workshop.sandbox.publication import edition
from tests.ui.samples import BULLETINS, CATALOGUE
from tests.ui.theatre import Theatre
from ui.current_page import WARMING
from ui.first_press import FirstPress

PROGRAM = Path(__file__).with_name("poster_program.py")
ROOT = Path(__file__).parents[2]
SETTINGS = """
terminal = "T0001"
run_directory = "{directory}"
[centre]
url = "https://centre.example"
seal_roots = "roots.pem"
sealer = "s"
[screen]
orientation = "{orientation}"
"""
KEPT = KeptPublication(
    catalogue=CATALOGUE.model_copy(update={"demo": False, "notices": BULLETINS}),
    publication=edition(),
)


def play(which: str, directory: Path, orientation: str, *buttons: str) -> dict[str, Any]:
    settings = directory / "terminal.toml"
    settings.write_text(SETTINGS.format(directory=directory, orientation=orientation))
    done = subprocess.run(
        [sys.executable, PROGRAM, which, settings, directory],
        input="".join(f"{button}\n" for button in buttons),
        env={
            **os.environ,
            "QT_QPA_PLATFORM": "offscreen",
            "STATE_DIRECTORY": str(directory),
            "PYTHONPATH": str(ROOT),
        },
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert done.returncode == 0, done.stderr
    assert not done.stderr, "what Qt warns of"
    seen: dict[str, Any] = json.loads(done.stdout)
    return seen


@pytest.mark.parametrize("kept", [KEPT, None], ids=["kept", "never-served"])
def test_it_looks_like_the_page_that_takes_its_place(
    tmp_path: Path, kept: KeptPublication | None
) -> None:
    if kept:
        Shelf(tmp_path).keep(kept)
    orientation = "portrait" if kept else "landscape"
    switches = ("language", "elder", "contrast", "language")
    seen = play("poster", tmp_path, orientation, *switches)
    play("visit", tmp_path, orientation, *switches)
    looks: list[QImage] = []
    for number in range(1 + len(switches)):
        looks.append(QImage(str(tmp_path / f"poster-{number}.bmp")))
        assert looks[-1] == QImage(str(tmp_path / f"visit-{number}.bmp")), number
        assert looks[-1] not in looks[:-1]
        assert not looks[-1].isNull()
    assert seen["told"] == [*switches]
    heavy = ("pydantic", "cv2", "requests", "kiosk.visit.steps", "ui.contents", "ui.stage")
    assert not [name for name in heavy if name in seen["modules"]]


def test_the_first_press_is_told_and_no_second(tmp_path: Path) -> None:
    seen = play("poster", tmp_path, "portrait", "public", "", "")
    assert seen["told"] == ["public"]
    assert seen["waiting"] == "机器正在启动，请稍候"


def test_anywhere_is_the_large_button(tmp_path: Path) -> None:
    assert play("poster", tmp_path, "landscape", "", "")["told"] == ["start"]


def test_five_presses_on_the_brand_begin_nothing_before_there_is_a_visit(tmp_path: Path) -> None:
    """The keeper would take the technician's word for garbage, and end the poster."""
    assert play("poster", tmp_path, "portrait", *["brand"] * 5, "")["told"] == ["start"]


@pytest.fixture
def terminal(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The file of settings of a terminal that draws offscreen."""
    monkeypatch.setenv("QT_QPA_PLATFORM", "offscreen")
    settings = tmp_path / "terminal.toml"
    settings.write_text(SETTINGS.format(directory=tmp_path, orientation="portrait"))
    return settings


def test_it_takes_the_screen_when_the_keeper_says_so(terminal: Path) -> None:
    rising = RisingPoster(poster_command(terminal))
    channel = KeeperToPoster(rising.end.detach())
    try:
        channel.send(Live())
        assert select.select([channel], [], [], 30)[0]
        assert channel.receive() == [Shown()]
    finally:
        rising.process.reap()
        channel.close()


@pytest.mark.parametrize(("more", "code"), [("", 0), ("mistyped = 1", 1)])
def test_without_the_keepers_word_it_shows_nothing_and_ends(
    terminal: Path, more: str, code: int, capfd: pytest.CaptureFixture[str]
) -> None:
    terminal.write_text(terminal.read_text() + more)
    rising = RisingPoster(poster_command(terminal))
    rising.end.shutdown(socket.SHUT_WR)
    rising.process.await_end(30)
    assert rising.end.recv(100) == b""
    rising.give_up()
    assert rising.process.exit == code
    assert capfd.readouterr().err == ""


def test_the_visit_begins_with_what_was_pressed(
    terminal: Path,
) -> None:
    visit = VisitProcess.start(1, visit_command(terminal))
    heard: list[FromVisit] = []

    def hear(wanted: type, times: int = 1) -> None:
        until = time.monotonic() + 30
        while sum(isinstance(word, wanted) for word in heard) < times:
            assert time.monotonic() < until, heard
            select.select([visit.channel], [], [], 1.0)
            for word in visit.channel.receive():
                assert not isinstance(word, Broken)
                heard.append(word)

    try:
        hear(Ready)
        for what in ("elder", "public", "start"):
            visit.channel.send(Touched(what))
        visit.channel.send(Live())
        hear(Shown)
        assert not any(isinstance(word, Begun) for word in heard), "another may hold the devices"
        visit.channel.send(Alone())
        hear(Begun)
        heard_alive = sum(isinstance(word, Alive) for word in heard)
        visit.channel.send(Touched("start"))
        hear(Alive, heard_alive + 2)  # the first may have been under way before the press was heard
        assert [type(word) for word in heard if not isinstance(word, Alive)] == [
            Ready,
            Shown,
            Begun,
        ]
    finally:
        visit.reap()


ONE_WAY = Attract(fault="x")


@pytest.mark.parametrize(
    ("step", "answers"),
    [(Attract(), ["public"]), (ONE_WAY, ["public"]), (OutOfService(), [])],
    ids=["attract", "fault", "out-of-service"],
)
def test_a_press_is_for_the_attract_page_alone(step: Step[Any], answers: list[str]) -> None:
    theatre = Theatre()
    first = FirstPress(theatre.page, theatre.appearance)
    first.take("public")
    first.take("start")
    theatre.show(Attract(), ticket=0)
    first.shown()
    assert theatre.listener.heard == [], "a standby's page takes no answer"
    theatre.show(step, ticket=7)
    theatre.show(Attract() if step == OutOfService() else step, ticket=7)
    assert theatre.listener.heard == [("answer", (7, answer)) for answer in answers]
    theatre.close()


def test_a_press_on_the_first_frame_waits_for_the_first_step() -> None:
    theatre = Theatre()
    first = FirstPress(theatre.page, theatre.appearance)
    theatre.show(Attract(), ticket=WARMING)
    first.shown()
    theatre.page.answer(MAINTENANCE)
    theatre.press(theatre.button("start"))
    assert theatre.listener.heard == []
    theatre.show(Attract(), ticket=1)
    theatre.settle()
    assert theatre.listener.heard == [("answer", (1, "start"))]
    theatre.close()


def test_a_finger_from_the_first_frame_presses_at_the_first_step() -> None:
    theatre = Theatre()
    theatre.show(Attract(), ticket=WARMING)
    start = theatre.button("start")
    middle = start.mapToScene(QPointF(start.width() / 2, start.height() / 2)).toPoint()
    mouse = (theatre.window, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier, middle)
    QTest.mousePress(*mouse)
    theatre.show(Attract(), ticket=1)
    QTest.mouseRelease(*mouse)
    assert theatre.listener.heard == [("answer", (1, "start"))]
    theatre.close()


def test_nothing_is_pressed_for_who_has_gone_on() -> None:
    theatre = Theatre()
    first = FirstPress(theatre.page, theatre.appearance)
    first.take("elder")
    first.take("contrast")
    first.take("language")
    look = theatre.appearance
    assert (look.large, look.highContrast, look.language) == (True, True, Language.EN)
    theatre.show(Attract(), ticket=7)
    first.shown()
    theatre.page.answer("start")
    first.take("public")
    first.take("elder")
    theatre.settle()
    assert theatre.listener.heard == [("answer", (7, "start"))]
    assert look.large
    theatre.close()
