"""What `kiosk setup` finds out of the panel: output, how it hangs, the touch layer, USB devices."""

from __future__ import annotations

import os
import struct
import threading
import time
import tomllib
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import click
import pytest
from click.testing import CliRunner

from drivers.device import Kind
from kiosk import settings as settings_file
from kiosk.display import outputs
from kiosk.display.outputs import DisplayOutput
from kiosk.display.touch_panels import Panel
from kiosk.doctor.panels import ScreenFacts
from kiosk.doctor.plugged import DeviceNode, Usb
from kiosk.setup import proposal, screen_questions, touch
from kiosk.setup.at_console import AtConsole
from kiosk.setup.discovery import Discovery, FoundDevice
from kiosk.setup.proposal import PanelFacts, PresentSettings, SiteFacts
from kiosk.setup.questions import GivenAnswers

SITE = SiteFacts("T0007", "https://gjj.example", "演示中心", "supermarket")
WIDE = (1920, 1080)
PANEL = Panel("Touch", "222a:0001", "event5")


def output(name: str, *, there: bool = True, size: tuple[int, int] = WIDE) -> DisplayOutput:
    return DisplayOutput(name, Path(name), "connected" if there else "disconnected", size)


def present(text: str = "") -> PresentSettings:
    own = tomllib.loads(text)
    return PresentSettings(own, settings_file.over(own, settings_file.profile_table(SITE.place)))


def asked(
    found: Discovery,
    typed: str = "",
    before: PresentSettings | None = None,
    given: GivenAnswers | None = None,
    *,
    quiet: bool = False,
) -> tuple[PanelFacts, str]:
    """What comes of the questions, and what stood on the console."""
    answers: list[PanelFacts] = []

    @click.command()
    def command() -> None:
        options = given or GivenAnswers(), found, before or present()
        console = AtConsole(str)
        name = screen_questions.output(*options, console, quiet=quiet)
        answers.append(screen_questions.ask(*options, name, console, {}, quiet=quiet))

    result = CliRunner().invoke(command, input=typed, standalone_mode=False)
    if result.exception:
        raise result.exception
    return answers[0], result.output


# -- output and rotation --------------------------------------------------------------------------


def test_the_only_output_needs_no_name_and_one_of_several_does() -> None:
    one = Discovery(outputs=(output("eDP-1", size=(1080, 1920)),))
    assert asked(one) == (PanelFacts(), "")
    several = replace(one, outputs=(*one.outputs, output("HDMI-A-1", there=False)))
    assert asked(several)[0] == PanelFacts("eDP-1")


def test_of_several_screens_the_technician_chooses() -> None:
    tall = [output(name, size=(1080, 1920)) for name in ("DP-1", "HDMI-A-1")]
    found = Discovery(outputs=tuple(tall))
    facts, told = asked(found, "2\n")
    assert facts.output == "HDMI-A-1"
    assert "  1  DP-1\n  2  HDMI-A-1\n" in told
    assert asked(found, quiet=True)[0].output == "DP-1"
    kept = present('[screen]\noutput = "HDMI-A-1"\n')
    assert asked(found, before=kept) == (PanelFacts("HDMI-A-1"), "")
    dark = present('[screen]\noutput = "VGA-1"\n')  # not switched on today
    assert asked(found, quiet=True, before=dark)[0].output == "VGA-1"
    assert asked(found, "2\n", dark)[0].output == "HDMI-A-1"
    with pytest.raises(click.ClickException, match="one of DP-1, HDMI-A-1"):
        asked(found, given=GivenAnswers(output="VGA-1"))


@pytest.mark.parametrize(
    ("typed", "before", "rotation"),
    [
        ("\n", "", "auto"),  # right: what `auto` takes it for
        ("left\n", "", 270),
        ("\n", "[screen]\nrotation = 270\n", 270),
        ("right\n", "[screen]\nrotation = 270\n", 90),
    ],
)
def test_how_a_wide_panel_hangs_upright_is_asked(typed: str, before: str, rotation: object) -> None:
    facts, told = asked(Discovery(outputs=(output("DP-1"),)), typed, present(before))
    assert "where does the top of its own picture point" in told
    assert facts.rotation == rotation


def test_how_a_panel_hangs_is_not_asked_where_it_is_known() -> None:
    tall = Discovery(
        outputs=(output("DP-1", size=(1080, 1920)),), screen=ScreenFacts("DP-1", (1080, 1920))
    )
    assert asked(tall, before=present('[screen]\norientation = "landscape"\n'))[1] == ""
    turned = Discovery(outputs=(output("DP-1"),), screen=ScreenFacts("X", WIDE, turned=True))
    assert asked(turned)[1] == ""
    wide = Discovery(outputs=(output("DP-1"),))
    assert asked(wide, given=GivenAnswers(rotation="180"))[0].rotation == 180
    assert asked(wide, given=GivenAnswers(rotation="auto"))[0].rotation == "auto"


@pytest.mark.parametrize("rotation", [0, 180])
def test_a_rotation_that_no_question_offers_is_left_as_it_is(rotation: int) -> None:
    wide = Discovery(outputs=(output("DP-1"),))
    facts, told = asked(wide, before=present(f"[screen]\nrotation = {rotation}\n"))
    assert (facts.rotation, told) == (rotation, "")


# -- the touch layer ------------------------------------------------------------------------------


@pytest.mark.parametrize("quarters", range(4))
@pytest.mark.parametrize("built", [0, 90, 180, 270])
def test_a_press_of_the_corner_tells_how_the_layer_is_built_in(quarters: int, built: int) -> None:
    """The layer's own coordinates of the corner, found without the matrices: the layer and the
    panel are turned as solid things."""
    corner = (0, 0)  # where the finger is, as people see the panel
    for _ in range((4 - quarters + 4 - built // 90) % 4):
        corner = (1 - corner[1], corner[0])  # a quarter clockwise
    x, y = (0.02 + 0.96 * part for part in corner)
    assert touch.turned((x, y), quarters) == built


def test_the_middle_of_the_panel_is_no_corner() -> None:
    assert touch.turned((0.5, 0.1), 0) is None


class TouchLayer:
    """A device file of a touch layer, as a pipe."""

    def __init__(self, path: Path) -> None:
        os.mkfifo(path)
        self.path = path
        self._end = os.open(path, os.O_RDWR)

    def report(self, x: int, y: int) -> None:
        words = ((3, 0x35, x), (3, 0x36, y), (1, 0x14A, 1), (0, 0, 0))
        os.write(self._end, b"".join(struct.pack("@llHHi", 0, 0, *word) for word in words))

    def close(self) -> None:
        os.close(self._end)


@pytest.fixture
def layer(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[TouchLayer]:
    monkeypatch.setattr(touch, "axis", lambda _file, code: (0, 4095) if code == 0x35 else (0, 1023))
    one = TouchLayer(tmp_path / "event5")
    yield one
    one.close()


def test_a_press_is_read_from_the_device_file(layer: TouchLayer, tmp_path: Path) -> None:
    threading.Thread(target=layer.report, args=(4095, 0)).start()
    assert touch.press((tmp_path / "not there", layer.path), 20) == (1.0, 0.0)
    assert touch.press((layer.path,), 0.01) is None
    assert touch.press((tmp_path / "not there",)) is None


def test_a_layer_that_cannot_be_asked_tells_nothing(tmp_path: Path) -> None:
    """As one that is unplugged before it is pressed."""
    one = TouchLayer(tmp_path / "event6")
    one.report(1, 1)
    assert touch.press((one.path,), 20) is None
    one.close()


def test_who_goes_back_to_another_question_presses_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """The second time nobody presses: what was found before is not lost."""
    places: list[tuple[float, float] | None] = [(0.98, 0.03)]
    monkeypatch.setattr(touch, "press", lambda _devices: places.pop() if places else None)
    found = Discovery(panels=(PANEL,), outputs=(output("DP-1", size=(1080, 1920)),))
    pressed: dict[int, int] = {}
    for _ in range(2):
        facts = screen_questions.ask(
            *(GivenAnswers(), found, present(), "DP-1", AtConsole(str), pressed), quiet=False
        )
        assert facts.touch_turned == 270


def test_the_console_asks_for_a_press_of_a_new_panel(monkeypatch: pytest.MonkeyPatch) -> None:
    places = [(0.5, 0.5), (0.98, 0.03)]
    asked_of: list[Any] = []
    finger = ["lifted"]

    def press(devices: list[Path]) -> tuple[float, float]:
        """As of a finger that rests on the panel until the console waits."""
        assert finger == ["lifted"]
        finger.clear()
        asked_of.append(devices)
        return places.pop(0)

    monkeypatch.setattr(touch, "press", press)
    monkeypatch.setattr(time, "sleep", lambda seconds: finger.extend(["lifted"] * (seconds == 1)))
    found = Discovery(panels=(PANEL,), outputs=(output("DP-1", size=(1080, 1920)),))
    facts, told = asked(found)
    assert asked_of == [[Path("/dev/input/event5")]] * 2
    assert "That was no corner" in told
    assert facts.touch_turned == 270
    assert "turned by 270 degrees" in told
    known = present('[usb]\nallow = ["222a:0001"]\n[screen]\ntouch_turned = 180\n')
    assert asked(found, before=known) == (PanelFacts(touch_turned=180), "")
    assert asked(found, given=GivenAnswers(touch_turned="270"))[0].touch_turned == 270
    vendor = present('[usb]\nallow = ["222a:*"]\n')
    assert asked(found, before=vendor) == (PanelFacts(), "")
    monkeypatch.setattr(touch, "press", lambda _devices: None)
    facts, told = asked(found)
    assert facts.touch_turned is None
    assert "nobody has pressed" in told


def test_a_press_that_was_given_once_is_not_asked_for_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """No list names a panel on the board, nor any where a bank's devices are; the press does."""
    monkeypatch.setattr(touch, "press", lambda _devices: (0.02, 0.03))
    found = Discovery(panels=(PANEL,), outputs=(output("DP-1", size=(1080, 1920)),))
    facts = asked(found)[0]
    assert facts.touch_turned == 0
    assert assigned(found, panel=facts)["screen.touch_turned"] == 0
    pressed = "[screen]\ntouch_turned = 0\n"
    assert asked(found, before=present(pressed)) == (PanelFacts(touch_turned=0), "")
    other = present(f'{pressed}[usb]\nallow = ["1234:5678"]\n')
    assert asked(found, before=other)[1] == ""
    new = replace(found, usb=(TOUCH,))  # another panel than the one that is named
    assert "upper left corner" in asked(new, before=other)[1]


# -- what is written ------------------------------------------------------------------------------


def usb(ids: str, *interfaces: tuple[str, str, str]) -> Usb:
    vendor, product = ids.split(":")
    return Usb(f"1-{product}", vendor, product, "", "", interfaces, True)


KEYBOARD = usb("046d:c31c", ("03", "01", "01"))
SCANNER = usb("1eab:8203", ("02", "02", "01"), ("03", "01", "01"))
CARDS = usb("072f:90cc", ("0b", "00", "00"))
TOUCH = usb("222a:0001", ("03", "00", "00"))
FOUND = Discovery(
    (
        FoundDevice(
            Kind.CODE_SCANNER,
            {"driver": "serial", "port": "/dev/ttyACM0"},
            "scanner",
            DeviceNode(Path("/dev/ttyACM0"), "tty", "", SCANNER),
        ),
        FoundDevice(Kind.SMART_CARD, {"driver": "pcsc"}, "cards"),
    ),
    usb=(KEYBOARD, SCANNER, CARDS, TOUCH),
    panels=(PANEL,),
)


def proposed(
    found: Discovery, before: str = "", panel: PanelFacts | None = None, udev: str = ""
) -> proposal.Proposal:
    return proposal.make(found, SITE, present(before), panel=panel, udev=udev)


def assigned(
    found: Discovery, before: str = "", panel: PanelFacts | None = None
) -> dict[str, object]:
    made = proposed(found, before, panel)
    return {
        ".".join(one.path): one.value
        for one in made.assignments
        if one.path[0] in ("usb", "screen")
    }


def test_what_was_found_may_be_plugged_in_and_nothing_else() -> None:
    """The card reader has no interface that would be refused."""
    assert assigned(FOUND) == {"usb.allow": ["1eab:8203", "222a:0001"]}
    with_keys = usb("072f:90cc", ("0b", "00", "00"), ("03", "00", "00"))
    found = replace(FOUND, usb=(KEYBOARD, with_keys, TOUCH))
    assert assigned(found) == {"usb.allow": ["072f:90cc", "222a:0001"]}


def test_where_nothing_would_be_refused_the_list_still_shuts_others_out() -> None:
    """Devices of the HID kind are refused only once the settings name any device."""
    board = Panel("Touch at I2C", "0416:038f", "event3")
    found = replace(FOUND, usb=(KEYBOARD, CARDS), panels=(board,))
    assert assigned(found) == {"usb.allow": ["072f:90cc"]}


def test_a_list_by_hand_gets_only_what_it_lacks() -> None:
    kept = '[usb]\nallow = ["1234:*", "222a:*"]\n'
    assert assigned(FOUND, kept) == {"usb.allow": ["1234:*", "222a:*", "1eab:8203"]}
    whole = '[usb]\nallow = ["1eab:8203", "222a:0001"]\n'
    assert assigned(FOUND, whole) == {}


READER = usb("2b8b:2721", ("03", "00", "00"))
HID_READER = '[devices.id_card]\ndriver = "sdt"\nport = "hid:/dev/kiosk/id_card_hid"\n'


def with_reader(reader: Usb) -> Discovery:
    """The terminal with an HID reader that answers nothing."""
    node = DeviceNode(Path("/dev/hidraw2"), "hidraw", "", reader)
    return Discovery(nodes=(node,), usb=(reader, TOUCH), panels=(PANEL,))


def test_a_reader_that_is_silent_today_is_not_shut_out() -> None:
    """Whether the settings name it, or its rule comes with the program."""
    both = {"usb.allow": ["222a:0001", "2b8b:2721"]}
    assert assigned(with_reader(READER), HID_READER) == assigned(with_reader(READER)) == both
    other = usb("1234:5678", ("03", "00", "00"))
    assert assigned(with_reader(other)) == {"usb.allow": ["222a:0001"]}
    by_hand = HID_READER.replace("kiosk/id_card_hid", "hidraw2")
    assert assigned(with_reader(other), by_hand) == {"usb.allow": ["1234:5678", "222a:0001"]}
    rule = 'SUBSYSTEM=="hidraw", ATTRS{idVendor}=="1234", SYMLINK+="kiosk/id_card_hid"\n'
    made = proposed(with_reader(other), HID_READER, udev=rule)
    assert [one.value for one in made.assignments if one.path[0] == "usb"] == [
        ["1234:5678", "222a:0001"]
    ]


def test_where_a_reader_of_the_settings_is_not_plugged_in_none_is_shut_out() -> None:
    found = Discovery(usb=(TOUCH,), panels=(PANEL,))
    assert assigned(found, HID_READER) == {}
    told = proposed(found, HID_READER).unguarded
    assert "/dev/kiosk/id_card_hid is not plugged in" in told
    named = f'{HID_READER}[usb]\nallow = ["222a:0001"]\n'
    assert proposed(found, named).unguarded == ""
    assert proposed(Discovery(), HID_READER).unguarded == ""  # no touch panel: none is named anyway


@pytest.mark.parametrize(
    ("where", "here"),
    [
        ({}, True),
        ({"machine": "localhost"}, True),
        ({"service": "wss://127.0.0.1:5846/xfs4iot/v1.0/PinPad"}, True),
        ({"machine": "192.168.66.30"}, False),
        ({"machine": "bank-pc"}, False),
    ],
)
def test_the_devices_of_a_bank_on_this_machine_are_not_shut_out(
    where: dict[str, str], here: bool
) -> None:
    pad = FoundDevice(Kind.PIN_PAD, {"driver": "xfs4iot", **where}, "pad")
    found = Discovery((pad,), usb=(KEYBOARD, TOUCH), panels=(PANEL,))
    assert assigned(found) == ({} if here else {"usb.allow": ["222a:0001"]})
    told = proposed(found).unguarded
    assert ("the touch panel 222a:0001" in told) == here


def test_a_bank_whose_programs_are_not_up_yet_is_not_shut_out() -> None:
    found = Discovery(usb=(TOUCH,), panels=(PANEL,))
    made = proposal.make(found, replace(SITE, place="branch-stm"), PresentSettings())
    assert made.unguarded
    assert not [one for one in made.assignments if one.path[0] == "usb"]


def test_without_a_touch_panel_none_is_shut_out() -> None:
    """usbguard would refuse the panel when somebody plugs its cable in."""
    assert assigned(replace(FOUND, panels=())) == {}


def test_of_the_screen_only_what_is_not_usual_is_written() -> None:
    assert assigned(Discovery(), panel=PanelFacts()) == {}
    assert assigned(Discovery(), panel=PanelFacts("DP-1", 270, 90)) == {
        "screen.output": "DP-1",
        "screen.rotation": 270,
        "screen.touch_turned": 90,
    }
    same = '[screen]\noutput = "DP-1"\nrotation = 270\ntouch_turned = 90\n'
    assert assigned(Discovery(), same, PanelFacts("DP-1", 270, 90)) == {}
    assert assigned(Discovery(), same, PanelFacts("DP-1", "auto", 0)) == {
        "screen.rotation": "auto",
        "screen.touch_turned": 0,
    }


def test_the_display_server_is_the_one_that_is_installed() -> None:
    """cage, unless the settings or the technician say otherwise, or there is Xorg alone."""
    assert asked(Discovery())[0].server == "cage"
    assert asked(Discovery(servers=("cage", "xorg")))[0].server == "cage"
    assert asked(Discovery(servers=("xorg",)))[0].server == "xorg"
    chosen = present('[screen]\nserver = "xorg"\n')
    assert asked(Discovery(servers=("cage", "xorg")), before=chosen)[0].server == "xorg"
    told = GivenAnswers(server="xorg")
    assert asked(Discovery(servers=("cage",)), given=told)[0].server == "xorg"
    assert assigned(Discovery(), panel=PanelFacts(server="xorg")) == {"screen.server": "xorg"}


def test_the_outputs_are_those_of_the_kernel(tmp_path: Path) -> None:
    folder = tmp_path / "sys/class/drm/card0-DP-1"
    folder.mkdir(parents=True)
    (folder / "status").write_text("connected\n")
    (folder / "modes").write_text("1920x1080\n")
    (one,) = outputs.all_of(tmp_path)
    assert (one.name, one.connected, one.size) == ("DP-1", True, WIDE)
