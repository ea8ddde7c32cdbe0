"""The cabinet around a visit: lights where something is to be done, sounds, power."""

import shutil
import wave
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import msgspec
import pytest
from services.hall import Citizen, Hall, hall

from drivers.device import Deadline, Reason
from drivers.emulators.io_board import IoBoard
from kiosk.sandbox import personas
from kiosk.steps import Attract, EnterSmsCode, Menu, PresentIdCard, Problem
from kiosk.words import Language, say

PATIENCE_S = 15.0


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
        devices = {**settings.devices, "lights": cabinet, "sensors": cabinet}
        if shutil.which("aplay"):
            sink = f"tee:null,{self.heard},wav"
            devices["speaker"] = {"driver": "aplay", "device": sink}
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


@pytest.fixture(scope="module")
def _hall(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Hall]:
    with hall(tmp_path_factory.mktemp("hall")) as here:
        yield here


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
