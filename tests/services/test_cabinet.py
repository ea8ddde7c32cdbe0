"""The cabinet around a visit: lights where something is to be done, sounds, power."""

import logging
import shutil
import threading
import time
import wave
from collections.abc import Iterator, Sized
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec
import pytest

from drivers.device import Deadline, Kind, Reason
from drivers.emulators.io_board import IoBoard
from drivers.hosting.host import HostPace
from drivers.hosting.thread_host import ThreadHost
from drivers.sensors.io_board import BoardSensors
from kiosk.terminal import cabinet
from kiosk.terminal.cabinet import Cabinet
from kiosk.visit.steps import Attract, EnterSmsCode, Menu, PresentIdCard, Problem
from kiosk.words import Language, Text, say
from kiosk.workshop.sandbox import personas
from tests.logged import messages
from tests.services.hall import Citizen, Hall
from tests.waiting import PATIENCE_S, until


@dataclass
class Shop:
    """A terminal in a cabinet with lights and sensors on one board, and a loudspeaker."""

    hall: Hall
    board: IoBoard
    heard: Path

    @contextmanager
    def visit(self) -> Iterator[Citizen]:
        settings = self.hall.settings(5.0)
        cabinet = {"driver": "io_board", "port": self.board.address}
        devices = {**settings.devices, Kind.LIGHTS: cabinet, Kind.SENSORS: cabinet}
        if shutil.which("aplay"):
            sink = f"tee:null,{self.heard},wav"
            devices[Kind.SPEAKER] = {"driver": "aplay", "device": sink}
        citizen = Citizen(self.hall, msgspec.structs.replace(settings, devices=devices))
        try:
            yield citizen
        finally:
            citizen.go_away()

    def shines(self, *lights: str) -> None:
        """Wait until these lights shine, and no other."""
        deadline = Deadline(PATIENCE_S)
        while (shining := sorted(self.board.look()["lights"])) != sorted(lights):
            assert not deadline.passed(), f"{shining} shine, not {lights}"

    def hears(self) -> None:
        """Wait until some sound has been played to its end."""
        deadline = Deadline(PATIENCE_S)
        while not self._played():
            assert not deadline.passed(), "nothing is heard"

    def _played(self) -> int:
        try:
            with wave.open(str(self.heard), "rb") as file:
                return file.getnframes()
        except (OSError, EOFError, wave.Error):
            return 0


@pytest.fixture
def shop(_hall: Hall, tmp_path: Path) -> Iterator[Shop]:
    _hall.well()
    board = IoBoard(tmp_path / "io_board")
    board.start()
    yield Shop(_hall, board, tmp_path / "heard.wav")
    board.stop()


def test_the_light_goes_where_the_hand_should(shop: Shop) -> None:
    with shop.visit() as citizen:
        citizen.chooses(Attract, "start")
        citizen.sees(PresentIdCard)
        shop.shines("contactless")
        shop.hall.reader.obey("put", **personas.load()["P01"].card())
        citizen.sees(EnterSmsCode)
        shop.shines()
        if shutil.which("aplay"):
            shop.hears()


def test_what_a_visit_left_lit_goes_dark(shop: Shop) -> None:
    with shop.visit() as citizen:
        citizen.chooses(Attract, "start")
        citizen.sees(PresentIdCard)
        shop.shines("contactless")  # and there the visit is killed: nobody puts the light out
    with shop.visit() as citizen:
        citizen.sees(Attract)
        shop.shines()


def test_a_dark_cabinet_stops_nobody(shop: Shop) -> None:
    shop.board.obey("unplug")
    with shop.visit() as citizen:
        assert isinstance(citizen.signs_in(), Menu)


@pytest.mark.parametrize(
    ("power", "said"),
    [
        ("battery", "停电了，正在用备用电源，请尽快办完"),
        ("batteryLow", "备用电源快用完了，请到柜台办理"),
    ],
)
def test_the_citizen_hears_of_the_power(shop: Shop, power: str, said: str) -> None:
    with shop.visit() as citizen:
        citizen.sees(Attract)
        shop.board.obey("power", state=power, percent=5)
        deadline = Deadline(PATIENCE_S)
        while said not in [say(notice, Language.ZH) for notice in citizen.glass.notices]:
            assert not deadline.passed(), "nobody says it"
        shop.board.obey("power", state="mains")
        while said in [say(notice, Language.ZH) for notice in citizen.glass.notices]:
            assert not deadline.passed(), "it is still said"


def test_the_screen_hears_who_comes_and_goes(shop: Shop) -> None:
    """Not of a sensor that has never seen anybody."""

    with shop.visit() as citizen:
        citizen.sees(Attract)
        until(lambda: citizen.terminal.dialogue.cabinet._near is False)
        assert citizen.glass.stood == []
        shop.board.obey("come")
        until(lambda: citizen.glass.stood == [True])
        shop.board.obey("go")
        until(lambda: citizen.glass.stood == [True, False])


class Watched(ThreadHost):
    """The sensors of a board, as a cabinet watches them."""

    def __init__(self, board: IoBoard) -> None:
        settings = BoardSensors.Settings(board.address, poll=0.05)
        super().__init__(BoardSensors(settings), pace=HostPace(poll_s=0.2, back_off_s=(0.2,)))
        self.asked = 0

    def execute(self, *words: Any, **more: Any) -> Any:
        self.asked += 1
        return super().execute(*words, **more)


@contextmanager
def watched(board: IoBoard) -> Iterator[tuple[Cabinet, Watched, list[Text | None]]]:
    """What the cabinet said of the power, every time that it may be another."""
    host = Watched(board)
    cabinet = Cabinet({Kind.SENSORS: host})
    said: list[Text | None] = []
    board.start()
    host.start()
    watching = threading.Thread(
        target=cabinet.watch, args=(lambda: said.append(cabinet.power), lambda near: None)
    )
    watching.start()
    try:
        yield cabinet, host, said
    finally:
        host.stop()
        watching.join(PATIENCE_S)
        board.stop()


@pytest.mark.parametrize("wrong", ["no sensors", "exception", "garbled", "silence"])
def test_a_line_is_not_asked_without_a_pause(tmp_path: Path, wrong: str) -> None:
    sensors = ("call_button", "door", "proximity", "power", "volume")
    board = IoBoard(tmp_path / "board", without=sensors if wrong == "no sensors" else ())
    with watched(board) as (_, host, _):
        match wrong:
            case "exception":
                board.obey("exception", code=6)
            case "garbled":
                board.obey("bad crc")
            case "silence":
                board.obey("unplug")
        deadline, begun = Deadline(2.0), host.asked
        while not deadline.passed():
            time.sleep(0.05)
        assert host.asked - begun < 5


def test_what_a_lost_board_said_is_not_said_any_more(tmp_path: Path) -> None:
    board = IoBoard(tmp_path / "board")
    board.obey("power", state="battery")
    with watched(board) as (_, _, said):
        for order, count in (("unplug", 2), ("plug", 3)):
            await_words(said, count - 1)
            board.obey(order)
            await_words(said, count)
        assert [text is not None for text in said] == [True, False, True]


def test_the_log_tells_each_change_once_though_the_board_is_lost_meanwhile(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    caplog.set_level(logging.INFO)
    monkeypatch.setattr(cabinet, "_AGAIN_S", 0.1)
    board = IoBoard(tmp_path / "board")
    board.obey("open door")
    told = ["cabinet door open", "power"]
    with watched(board) as (watching, _, _):
        for orders, news in (
            ((), []),  # nothing but the loss
            (("close door", "tap", "tap"), ["call button pressed", "cabinet door closed"]),
            (("restart", "tap"), ["call button pressed"]),
            (("restart",), []),
            (("open door",), ["cabinet door open"]),
        ):
            until(lambda: watching._readings is not None)
            board.obey("unplug")
            until(lambda: watching._readings is None)
            for order in orders:
                board.obey(order)
            board.obey("plug")
            until(lambda: watching._readings is not None)
            told += news
        until(lambda: messages(caplog, "kiosk.terminal.cabinet") == told)


def await_words(said: Sized, count: int) -> None:
    until(lambda: len(said) == count)


def test_a_reader_that_fails_leaves_no_light(shop: Shop) -> None:
    with shop.visit() as citizen:
        citizen.chooses(Attract, "start")
        citizen.sees(PresentIdCard)
        shop.shines("contactless")
        shop.hall.reader.obey("unplug")
        problem = citizen.sees(Problem)
        assert problem.reference
        shop.shines()
        assert Reason.NO_DEVICE in {s.problem for s in citizen.terminal.statuses().values()}
