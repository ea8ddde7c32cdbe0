"""What `kiosk setup` computes: the proposal, edited settings and rules, panels, whole files."""

from __future__ import annotations

import os
import tomllib
from dataclasses import replace
from pathlib import Path

import pytest

from drivers.device import Kind
from drivers.sentence import en
from kiosk import settings as settings_file
from kiosk.doctor import names, panels, plugged, reach
from kiosk.doctor.findings import Verdict
from kiosk.doctor.panels import ScreenFacts
from kiosk.setup import rules_file, toml_file, writing
from kiosk.setup.discovery import Discovery, FoundDevice
from kiosk.setup.proposal import PresentSettings, Proposal, SiteFacts, guess_place, make
from tests.unit.test_doctor_names import CH340, FTDI, Tree

SITE = SiteFacts("T0007", "https://gjj.example", "演示中心", "supermarket")
TALL = ScreenFacts("card0-HDMI-A-1", (1920, 1080), (531, 299))


def reader(port: str = "/dev/ttyS1", **more: object) -> FoundDevice:
    return FoundDevice(Kind.ID_CARD, {"driver": "sdt", "port": port, **more}, f"{port}, SDT/SAM")


def present(text: str) -> PresentSettings:
    own = tomllib.loads(text)
    merged = settings_file.with_enrolled(dict(own))
    return PresentSettings(own, merged, toml_file.withheld(text))


def edited(made: Proposal, text: str = "") -> str:
    return toml_file.edited(text, made.assignments, ("first",), str)


def test_a_new_file_has_a_comment_in_every_line(tmp_path: Path) -> None:
    found = Discovery((reader(baud=9600),), screen=TALL)
    text = edited(make(found, replace(SITE, height_mm=800), PresentSettings()))
    settings = settings_file.parse(text, tmp_path)
    assert settings.devices[Kind.ID_CARD] == {"driver": "sdt", "port": "/dev/ttyS1", "baud": 9600}
    assert settings.screen.lowered  # the panel's top, at 1331 mm, is out of reach
    lines = [line for line in text.splitlines() if line and not line.startswith("[")]
    assert all("#" in line for line in lines)


def test_what_the_enrolment_brought_is_not_written_again(tmp_path: Path) -> None:
    """Else it would go before what another enrolment brings."""
    granted = (
        'terminal = "T0007"\n[centre]\nurl = "https://gjj.example"\n'
        'sealer = "演示中心"\nseal_roots = "roots.pem"\n'
    )
    (tmp_path / settings_file.ENROLLED).write_text(granted, encoding="utf-8")
    before = present(f'production = false\nrun_directory = "{tmp_path}"\n')
    text = edited(make(Discovery((reader(),)), SITE, before))
    assert "T0007" not in text
    assert "centre" not in text
    other = edited(make(Discovery(), replace(SITE, centre="https://other.example"), before))
    assert tomllib.loads(other)["centre"] == {"url": "https://other.example"}


@pytest.mark.parametrize(
    ("screen", "height", "lowered"),
    [
        (TALL, 600, False),
        (TALL, 0, False),
        (TALL, 700, True),
        (replace(TALL, millimetres=None), 1200, False),
    ],
)
def test_high_panels_get_the_lowered_layout(
    screen: ScreenFacts, height: int, lowered: bool
) -> None:
    made = make(Discovery(screen=screen), replace(SITE, height_mm=height), PresentSettings())
    assigned = {one.path: one.value for one in made.assignments}
    assert (("screen", "lowered") in assigned) is lowered
    assert assigned.get(("screen", "mounted_mm"), 0) == height


def test_a_screen_that_stands_otherwise_than_the_profile() -> None:
    turned = replace(TALL, size=(1920, 1080), turned=True)
    made = make(Discovery(screen=turned), SITE, PresentSettings())
    assert "landscape" in [one.value for one in made.assignments]
    assert guess_place(Discovery(screen=turned)) == "bus-station"
    assert guess_place(Discovery(screen=TALL)) == "supermarket"  # a wide panel may hang upright


PRESENT = """
terminal = "T0007"      # mine
profile = "supermarket"
without = ["pin_pad", "camera"]   # of the profile, and not found here

[centre]
url = "https://gjj.example"
seal_roots = "/etc/kiosk/seal-roots.pem"
sealer = "演示中心"

# The old reader.
[devices.id_card]
driver = "sdt"
port = "/dev/ttyS1"     # left socket
baud = 9600
answer_timeout = 0.5
"""


def test_only_what_changed_is_changed(tmp_path: Path) -> None:
    camera = FoundDevice(Kind.CAMERA, {"driver": "opencv", "source": "/dev/kiosk/camera"}, "camera")
    made = make(Discovery((reader("/dev/ttyS2"), camera)), SITE, present(PRESENT))
    new = edited(made, PRESENT)
    assert new == (
        PRESENT.replace('"pin_pad", "camera"', '"pin_pad"')
        .replace("ttyS1", "ttyS2")
        .replace("baud = 9600\n", "")
    )
    settings_file.parse(new, tmp_path)
    assert edited(make(Discovery((reader("/dev/ttyS2"), camera)), SITE, present(new)), new) == new


@pytest.mark.parametrize("comment", ["", "  # 不用摄像头"])
def test_a_class_that_somebody_has_put_into_without_stays_there(comment: str) -> None:
    by_hand = PRESENT.replace("   # of the profile, and not found here", comment)
    camera = FoundDevice(Kind.CAMERA, {"driver": "opencv", "source": "/dev/kiosk/camera"}, "camera")
    made = make(Discovery((camera,)), SITE, present(by_hand))
    assert made.spare == (camera,)
    assert Kind.CAMERA not in made.absent
    assert edited(made, by_hand) == by_hand
    mark = "  # 机型有而这里没有找到"
    ours = PRESENT.replace("   # of the profile, and not found here", mark)
    assert '"camera"' not in edited(make(Discovery((camera,)), SITE, present(ours)), ours)


def test_a_device_that_does_not_answer_now_keeps_its_table() -> None:
    assert edited(make(Discovery(), SITE, present(PRESENT)), PRESENT) == PRESENT


def test_another_driver_replaces_the_table(tmp_path: Path) -> None:
    bank = FoundDevice(Kind.CAMERA, {"driver": "xfs4iot"}, "a bank's camera")
    text = PRESENT.replace(', "camera"', "") + '\n[devices.camera]\nsource = "/dev/video9"\n'
    new = edited(make(Discovery((bank,)), SITE, present(text)), text)
    assert settings_file.parse(new, tmp_path).devices[Kind.CAMERA] == {"driver": "xfs4iot"}
    assert "video9" not in new


def test_another_place_keeps_the_devices_of_the_file(tmp_path: Path) -> None:
    known = replace(reader("/dev/ttyS1", baud=9600, answer_timeout=0.5), known=True)
    site = replace(SITE, place="lowered")
    new = edited(make(Discovery((known,)), site, present(PRESENT)), PRESENT)
    settings = settings_file.parse(new, tmp_path)
    assert settings.profile == "lowered"
    assert settings.devices[Kind.ID_CARD]["port"] == "/dev/ttyS1"
    assert set(settings.devices) == {Kind.ID_CARD}
    assert "# left socket" in new


def test_the_last_device_that_was_missing_takes_the_list_away() -> None:
    text = PRESENT.replace('"pin_pad", "camera"', '"speaker"')
    speaker = FoundDevice(Kind.SPEAKER, {"driver": "aplay"}, "sound card")
    new = edited(make(Discovery((speaker,)), SITE, present(text)), text)
    assert "without" not in new
    assert "[devices.speaker]" not in new  # the profile has the same


# -- rules ----------------------------------------------------------------------------------------


@pytest.fixture
def tree(tmp_path: Path) -> Tree:
    return Tree(tmp_path)


def nodes(tree: Tree) -> dict[str, plugged.DeviceNode]:
    return {node.path.name: node for node in plugged.nodes(tree.root)}


def leads(text: str, name: str, here: dict[str, plugged.DeviceNode]) -> set[str]:
    made = [rule for rule in names.rules(text) if name in rule.names]
    return {node.path.name for node in here.values() if any(rule.fits(node) for rule in made)}


def test_two_of_one_model_without_a_serial_number_are_told_apart_by_the_hole(tree: Tree) -> None:
    tree.serial("1-1", CH340, "ttyUSB0")
    tree.serial("1-2", CH340, "ttyUSB1")
    here = nodes(tree)
    wanted = {"kiosk/id_card": here["ttyUSB0"], "kiosk/receipt_printer": here["ttyUSB1"]}
    text = rules_file.edited(names.shipped(), wanted, tuple(here.values()), str)
    assert leads(text, "kiosk/id_card", here) == {"ttyUSB0"}
    assert leads(text, "kiosk/receipt_printer", here) == {"ttyUSB1"}
    assert 'KERNELS=="1-1"' in text


def test_a_rule_by_hand_stays_and_a_wrong_one_becomes_a_comment(tree: Tree) -> None:
    tree.serial("1-1", FTDI, "ttyUSB0")
    tree.serial("1-2", CH340, "ttyUSB1")
    here = nodes(tree)
    by_hand = (
        '# mine\nSUBSYSTEM=="tty", ATTRS{serial}=="A10", SYMLINK+="kiosk/id_card"\n'
        'SUBSYSTEM=="tty", ATTRS{idVendor}=="9999", SYMLINK+="kiosk/receipt_printer"\n'
    )
    wanted = {"kiosk/id_card": here["ttyUSB0"], "kiosk/receipt_printer": here["ttyUSB1"]}
    text = rules_file.edited(by_hand, wanted, tuple(here.values()), str)
    assert text.startswith('# mine\nSUBSYSTEM=="tty", ATTRS{serial}=="A10"')
    assert '\n#SUBSYSTEM=="tty", ATTRS{idVendor}=="9999"' in text
    assert leads(text, "kiosk/receipt_printer", here) == {"ttyUSB1"}
    assert rules_file.edited(text, wanted, tuple(here.values()), str) == text


def test_a_wrong_rule_over_two_lines_takes_no_other_rule_with_it(tree: Tree) -> None:
    """A comment in its second line alone would leave its first one to the next rule."""
    tree.serial("1-1", CH340, "ttyUSB0")
    tree.serial("1-2", FTDI, "ttyUSB1")
    here = nodes(tree)
    by_hand = (
        'SUBSYSTEM=="tty", ATTRS{idVendor}=="9999", \\\n  SYMLINK+="kiosk/receipt_printer"\n'
        'SUBSYSTEM=="tty", ATTRS{serial}=="A10", SYMLINK+="kiosk/id_card"\n'
    )
    wanted = {"kiosk/receipt_printer": here["ttyUSB0"]}
    text = rules_file.edited(by_hand, wanted, tuple(here.values()), str)
    assert text.startswith("#SUBSYSTEM")
    assert '\n#  SYMLINK+="kiosk/receipt_printer"\nSUBSYSTEM' in text
    assert leads(text, "kiosk/receipt_printer", here) == {"ttyUSB0"}
    assert leads(text, "kiosk/id_card", here) == {"ttyUSB1"}


def test_the_two_ports_of_one_converter_keep_the_names_of_the_kernel(tree: Tree) -> None:
    part = tree.usb("1-1", FTDI)
    tree.node("tty", "ttyUSB0", part)
    tree.node("tty", "ttyUSB1", part)
    here = nodes(tree)
    device = replace(reader("/dev/ttyUSB0"), node=here["ttyUSB0"])
    made = make(Discovery((device,), nodes=tuple(here.values())), SITE, PresentSettings())
    assert not made.named
    assert '"/dev/ttyUSB0"' in edited(made)


def test_a_camera_and_a_printer_have_the_groups_of_their_kind(tree: Tree) -> None:
    tree.node("video4linux", "video0", tree.usb("1-1", {**FTDI, "idVendor": "0c45"}), index="0")
    tree.node("usbmisc", "lp0", tree.usb("1-2", CH340))
    here = nodes(tree)
    camera = rules_file.rule("kiosk/camera", here["video0"], here.values())
    assert 'ATTR{index}=="0"' in camera
    assert 'GROUP="video"' in camera
    assert 'GROUP="lp"' in rules_file.rule("kiosk/receipt_printer", here["lp0"], here.values())


# -- the panel ------------------------------------------------------------------------------------


def edid(
    *, timing: tuple[int, int] | None = (531, 299), centimetres: tuple[int, int] = (53, 30)
) -> bytes:
    record = bytearray(128)
    record[:8] = bytes.fromhex("00ffffffffffff00")
    record[21:23] = bytes(centimetres)
    if timing:
        wide, high = timing
        record[54:56] = b"\x01\x1d"
        record[66:69] = bytes([wide & 255, high & 255, wide >> 8 << 4 | high >> 8])
    record[127] = -sum(record) % 256
    return bytes(record)


@pytest.mark.parametrize(
    ("record", "size"),
    [
        (edid(), (531, 299)),
        (edid(timing=None), (530, 300)),
        (edid(timing=(0, 0)), (530, 300)),
        (edid(timing=None, centimetres=(0, 0)), None),  # a projector
        (edid()[:-1] + b"\0", None),
        (b"", None),
    ],
)
def test_how_large_a_panel_is(record: bytes, size: tuple[int, int] | None) -> None:
    assert panels.physical_size(record) == size


def test_the_screen_of_a_machine(tmp_path: Path) -> None:
    assert panels.look(tmp_path, {}) == ScreenFacts()
    for name, status in (("card0-DP-1", "disconnected"), ("card0-HDMI-A-1", "connected")):
        output = tmp_path / "sys/class/drm" / name
        output.mkdir(parents=True)
        (output / "status").write_text(f"{status}\n")
        (output / "modes").write_text("1920x1080\n1280x720\n")
    assert panels.look(tmp_path, {}).millimetres is None
    (output / "edid").write_bytes(edid())
    screen = panels.look(tmp_path, {})
    assert screen == ScreenFacts("card0-HDMI-A-1", (1920, 1080), (531, 299))
    assert screen.orientation is None
    assert screen.height_mm("portrait") == 531
    assert screen.height_mm("landscape") == 299


@pytest.mark.parametrize(
    ("mounted", "lowered", "verdict", "mend"),
    [
        (600, False, Verdict.GOOD, ""),
        (800, False, Verdict.NOTE, "lowered = true"),
        (800, True, Verdict.GOOD, ""),
        (1000, True, Verdict.NOTE, "45 mm lower"),
        (300, False, Verdict.NOTE, "80 mm higher"),
    ],
)
def test_what_a_wheelchair_reaches(
    tmp_path: Path, mounted: int, lowered: bool, verdict: Verdict, mend: str
) -> None:
    text = PRESENT + f"[screen]\nmounted_mm = {mounted}\nlowered = {str(lowered).lower()}\n"
    settings = settings_file.parse(text, tmp_path)
    (finding,) = reach.judge(settings, TALL)
    assert finding.verdict is verdict
    assert mend in finding.mend
    assert not list(reach.judge(settings, ScreenFacts()))
    assert not list(reach.judge(settings_file.parse(PRESENT, tmp_path), TALL))


def test_the_reach_is_that_of_the_output_that_the_settings_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The first screen is the small one of a shop beside the terminal."""
    monkeypatch.setattr(plugged, "ROOT", tmp_path)
    monkeypatch.delenv("DISPLAY", raising=False)
    for name, record in (("DP-1", edid(timing=(310, 170))), ("HDMI-A-1", edid())):
        output = tmp_path / "sys/class/drm" / f"card0-{name}"
        output.mkdir(parents=True)
        (output / "status").write_text("connected\n")
        (output / "edid").write_bytes(record)
    text = PRESENT + '[screen]\nmounted_mm = 600\noutput = "HDMI-A-1"\n'
    (finding,) = reach.look(settings_file.parse(text, tmp_path))
    assert finding.seen == "buttons from 600 to 1131 mm above the floor"


# -- files ----------------------------------------------------------------------------------------


@pytest.fixture
def old(tmp_path: Path) -> Path:
    path = tmp_path / "etc/terminal.toml"
    path.parent.mkdir()
    path.write_text("old", encoding="utf-8")
    path.chmod(0o600)
    return path


def test_the_file_before_is_kept_beside(old: Path, tmp_path: Path) -> None:
    link = tmp_path / "link.toml"
    link.symlink_to(old)
    assert writing.replace(link, "new") == old.with_name("terminal.toml.before")
    assert link.is_symlink()
    assert old.read_text(encoding="utf-8") == "new"
    assert old.with_name("terminal.toml.before").read_text(encoding="utf-8") == "old"
    assert old.stat().st_mode & 0o777 == 0o600


def test_a_write_that_is_broken_off_leaves_the_old_file(
    old: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def stop(descriptor: int) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(os, "fsync", stop)
    with pytest.raises(KeyboardInterrupt):
        writing.replace(old, "new")
    assert old.read_text(encoding="utf-8") == "old"
    assert {path.name for path in old.parent.iterdir()} <= {old.name, f"{old.name}.before"}


def test_a_difference_is_shown_as_diff_shows_it(old: Path) -> None:
    assert writing.difference(old, "a\nb\n", "a\nb\n") == ""
    assert "-b\n+c" in writing.difference(old, "a\nb\n", "a\nc\n")


def test_comments_are_worded_for_the_reader() -> None:
    made = make(Discovery(), SITE, PresentSettings())
    text = toml_file.edited("", made.assignments, (en("{a} b", a=1),), str.upper)
    assert "# ITS NUMBER AT THE CENTRE" in text
