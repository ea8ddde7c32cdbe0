"""The display server's command, the panel's output, and what may be plugged into a terminal."""

from __future__ import annotations

import json
import os
import shutil
import socket
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

from kiosk import settings as settings_file
from kiosk.__main__ import main
from kiosk.display import outputs, rules, server, x_server
from kiosk.settings import CentreSettings, ScreenSettings, Settings, SettingsError, UsbSettings

SETTINGS = """\
terminal = "T0001"
[centre]
url = "https://gjj.example"
seal_roots = "roots.pem"
sealer = "Somebody"
"""


def output(root: Path, name: str, status: str = "connected", modes: str = "1920x1080\n") -> Path:
    path = root / "sys/class/drm" / f"card0-{name}"
    path.mkdir(parents=True)
    (path / "status").write_text(f"{status}\n")
    (path / "modes").write_text(modes)
    return path


def chosen(**tables: object) -> Settings:
    centre = CentreSettings(url="https://gjj.example", seal_roots=Path("roots.pem"))
    return Settings(terminal="T0001", centre=centre, **tables)  # type: ignore[arg-type]


# -- the picture on the panel ----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("modes", "screen", "turns"),
    [
        ("1920x1080\n1280x720\n", ScreenSettings(), 1),  # the panel lies, the pages stand
        ("1080x1920\n", ScreenSettings(), 0),
        ("1080x1920\n", ScreenSettings(orientation="landscape"), 1),
        ("1920x1080\n", ScreenSettings(orientation="landscape"), 0),
        ("1920x1080\n", ScreenSettings(rotation=270), 3),
        ("1920x1080\n", ScreenSettings(rotation=0), 0),
        ("1024x1024\n", ScreenSettings(), 0),
        ("", ScreenSettings(), 0),  # nothing is known of it
    ],
)
def test_the_picture_stands_as_the_pages_do(
    tmp_path: Path, modes: str, screen: ScreenSettings, turns: int
) -> None:
    output(tmp_path, "HDMI-A-1", modes=modes)
    assert outputs.turns(screen, outputs.panel("", tmp_path)) == turns


def test_the_panel_is_the_output_with_a_screen_or_the_one_that_is_named(tmp_path: Path) -> None:
    assert outputs.panel("", tmp_path) is None
    assert outputs.turns(ScreenSettings(), None) == 0
    output(tmp_path, "DP-1", "disconnected")
    output(tmp_path, "HDMI-A-1")
    output(tmp_path, "HDMI-A-2")
    first, named = outputs.panel("", tmp_path), outputs.panel("HDMI-A-2", tmp_path)
    assert first
    assert first.name == "HDMI-A-1"
    assert named
    assert named.name == "HDMI-A-2"
    assert outputs.panel("VGA-1", tmp_path) is None


def test_an_output_that_cannot_tell_is_the_panel_where_no_other_has_a_screen(
    tmp_path: Path,
) -> None:
    output(tmp_path, "DP-1", "disconnected")
    silent = output(tmp_path, "VGA-1", "unknown", modes="")
    output(tmp_path, "Writeback-1", "unknown")
    found = outputs.panel("", tmp_path)
    assert found
    assert found.name == "VGA-1"
    assert outputs.force_on(found)
    assert (silent / "status").read_text() == "on"
    output(tmp_path, "VGA-2")
    found = outputs.panel("", tmp_path)
    assert found
    assert found.name == "VGA-2"
    assert outputs.force_on(found)
    assert (found.path / "status").read_text() == "connected\n"
    assert outputs.close_others(found, tmp_path) == []
    assert (tmp_path / "sys/class/drm/card0-Writeback-1/status").read_text() == "unknown\n"


@pytest.mark.parametrize(
    ("said", "turns", "words", "told"),
    [
        ("Cage version 0.1.4\n", 0, [], ""),
        ("Cage version 0.1.4\n", 3, ["-r", "-r", "-r"], ""),
        ("Cage version 0.2.0\n", 0, [], ""),
        ("Cage version 0.2.0\n", 1, [], "wlr-randr --output DP-1 --transform 90; "),
        ("", 2, ["-r", "-r"], ""),
    ],
)
def test_cage_is_told_to_turn_as_its_version_understands(
    said: str, turns: int, words: list[str], told: str
) -> None:
    command = server.command(server.version(said), turns, "DP-1")
    at = command.index("--")
    assert command[:at] == ["cage", "-d", *words]
    assert "-s" not in command  # which allows keys for other consoles
    assert command[at:-1] == ["--", "/bin/sh", "-c"]
    assert command[-1].startswith(told + "ln -sfn")
    assert command[-1].endswith("systemd-notify --ready; exec sleep infinity")


def program(path: Path, *lines: str) -> None:
    path.write_text("\n".join(["#!/bin/sh", *lines, ""]))
    path.chmod(0o755)


def test_the_command_becomes_cage(tmp_path: Path) -> None:
    file = tmp_path / "terminal.toml"
    file.write_text(SETTINGS + "[screen]\nrotation = 180\n")
    program(tmp_path / "cage", 'test "$1" = -v && exec echo Cage version 0.1.4', 'echo "$@"')
    command = [sys.executable, "-m", "kiosk", "screen", "--settings", str(file)]
    done = subprocess.run(
        command,
        env={**os.environ, "PATH": f"{tmp_path}:{os.environ['PATH']}"},
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.startswith("-d -r -r -- /bin/sh -c ")


def test_a_machine_without_cage_says_what_to_install(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "terminal.toml"
    file.write_text(SETTINGS)
    monkeypatch.setenv("PATH", str(tmp_path))
    said = CliRunner().invoke(main, ["screen", "--settings", str(file)])
    assert said.exit_code == 1
    assert "apt-get install cage xwayland seatd" in said.output
    (tmp_path / "cage").write_text("no program")
    (tmp_path / "cage").chmod(0o755)
    monkeypatch.setattr(subprocess, "run", lambda *_a, **_k: subprocess.CompletedProcess([], 0, ""))
    said = CliRunner().invoke(main, ["screen", "--settings", str(file)])
    assert "Exec format error" in said.output
    assert CliRunner().invoke(main, ["screen", "--settings", str(tmp_path)]).exit_code != 0


# -- the other display server ----------------------------------------------------------------------

XORG = ScreenSettings(server="xorg")


@pytest.mark.parametrize(
    ("screen", "turned", "matrix"),
    [
        (XORG, "left", "0 -1 1 1 0 0"),  # the panel lies, the pages stand
        (ScreenSettings(server="xorg", rotation=0), "normal", "1 0 0 0 1 0"),
        (ScreenSettings(server="xorg", rotation=180), "inverted", "-1 0 1 0 -1 1"),
        (ScreenSettings(server="xorg", rotation=270), "right", "0 1 0 -1 0 1"),
    ],
)
def test_an_x_server_turns_picture_and_touches_together(
    tmp_path: Path, screen: ScreenSettings, turned: str, matrix: str
) -> None:
    output(tmp_path, "HDMI-A-1")
    told = x_server.configuration(screen, outputs.panel("", tmp_path))
    assert f'Identifier "HDMI-1"\n    Option "Rotate" "{turned}"' in told
    assert f'Option "TransformationMatrix" "{matrix} 0 0 1"' in told


def test_no_key_of_an_x_server_leads_anywhere_and_nothing_goes_dark() -> None:
    told = x_server.configuration(XORG, None)
    for option in ("DontVTSwitch", "DontZap", "DontZoom"):
        assert f'Option "{option}" "on"' in told
    assert 'Option "BlankTime" "0"' in told
    assert 'Option "DPMS" "Disable"' in told


def test_an_x_server_is_told_of_at_every_start_and_forgotten_with_its_settings(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    given: list[tuple[Path, str]] = []
    monkeypatch.setattr(shutil, "chown", lambda path, group: given.append((path, group)))
    x_server.write(XORG, None, tmp_path)
    cookie = tmp_path / x_server.COOKIE
    first = cookie.read_bytes()
    assert first.startswith(b"\xff\xff\0\0\0\x010\0\x12MIT-MAGIC-COOKIE-1\0\x10")
    assert cookie.stat().st_mode & 0o777 == 0o640
    assert given == [(cookie, "kiosk")]
    told = (tmp_path / x_server.ENVIRONMENT).read_text()
    assert told == "QT_QPA_PLATFORM=xcb\nDISPLAY=:0\nXAUTHORITY=/run/kiosk-prepare/xauthority\n"
    x_server.write(XORG, None, tmp_path)
    assert cookie.read_bytes() != first
    x_server.write(ScreenSettings(), None, tmp_path)
    assert list((tmp_path / "run/kiosk-prepare").iterdir()) == []


def test_a_cookie_that_is_being_read_stays_whole_while_the_next_one_is_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shutil, "chown", lambda path, group: None)
    x_server.write(XORG, None, tmp_path)
    cookie = tmp_path / x_server.COOKIE
    first = cookie.read_bytes()
    with cookie.open("rb", buffering=0) as reading:
        start = reading.read(20)
        x_server.write(XORG, None, tmp_path)
        assert start + reading.read() == first


def test_a_machine_without_the_terminals_group_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def nobody(path: Path, group: str) -> None:
        raise LookupError(group)

    monkeypatch.setattr(shutil, "chown", nobody)
    monkeypatch.setenv("PATH", f"{tmp_path / 'bin'}:/usr/bin:/bin")
    (tmp_path / "bin").mkdir()
    program(tmp_path / "bin/udevadm", "exit 0")
    output(tmp_path, "DP-1")
    told = rules.write(chosen(screen=XORG), tmp_path)
    assert told == ["there is no group kiosk, so nobody may draw on the X server"]


def test_the_command_becomes_the_window_manager_once_the_server_answers(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Became(Exception):
        pass

    def become(file: str, words: list[str], environment: dict[str, str]) -> None:
        assert environment["XAUTHORITY"] == "/run/kiosk-prepare/xauthority"
        raise Became(file, words)

    monkeypatch.setattr(os, "execvpe", become)
    place = tmp_path / "X0"
    monkeypatch.setattr(x_server, "SOCKET", place)
    monkeypatch.setattr(server, "PROGRAMS", {"xorg": {"/nowhere/Xorg": "xserver-xorg-core"}})
    with pytest.raises(server.NoDisplayServer, match="apt-get install xserver-xorg-core"):
        server.start(XORG)
    monkeypatch.setattr(server, "PROGRAMS", {"xorg": {}})
    monkeypatch.setattr(server, "X_START_S", 0.3)
    with pytest.raises(server.NoDisplayServer, match="journalctl -u kiosk-xorg"):
        server.start(XORG)
    with socket.socket(socket.AF_UNIX) as x:
        x.bind(str(place))
        x.listen()
        with pytest.raises(Became, match=str(x_server.OPENBOX)):
            server.start(XORG)


def test_without_settings_the_command_shows_the_panel_as_it_is_built(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """For setup; settings with a mistake are told, as ever."""
    started: list[ScreenSettings] = []
    monkeypatch.setattr(server, "start", started.append)
    file = tmp_path / "terminal.toml"
    words = ["screen", "--settings", str(file)]
    assert CliRunner().invoke(main, words).exit_code == 0
    output(tmp_path, "eDP-1")
    lies = outputs.panel("", tmp_path)
    assert [outputs.turns(each, lies) for each in started] == [0]
    file.write_text("screen = 1\n")
    assert CliRunner().invoke(main, words).exit_code == 1
    assert len(started) == 1


def test_a_display_server_lacks_what_is_not_there(tmp_path: Path) -> None:
    wanted = server.PROGRAMS["xorg"]
    assert server.missing("xorg", tmp_path) == list(wanted.values())
    for path in wanted:
        (tmp_path / path.lstrip("/")).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path.lstrip("/")).touch()
    assert server.missing("xorg", tmp_path) == []


# -- what udev and usbguard are told ---------------------------------------------------------------


@pytest.mark.parametrize(
    ("screen", "output_name", "rule"),
    [
        (ScreenSettings(), "", ""),
        (ScreenSettings(), "DP-1", 'SUBSYSTEM=="input", KERNEL=="event*", ENV{WL_OUTPUT}="DP-1"\n'),
        (
            ScreenSettings(touch_turned=90),
            "",
            'SUBSYSTEM=="input", KERNEL=="event*", '
            'ENV{LIBINPUT_CALIBRATION_MATRIX}="0 -1 1 1 0 0"\n',
        ),
    ],
)
def test_touches_are_bound_to_the_panel(
    screen: ScreenSettings, output_name: str, rule: str
) -> None:
    assert rules.udev(screen, output_name) == rule


def test_only_what_a_terminal_is_made_of_may_be_plugged_in() -> None:
    text = rules.usbguard(UsbSettings())
    assert text.splitlines()[-1] == "allow"
    networks = ("02:02:ff", "02:06:*", "02:0c:*", "02:0d:*", "02:0e:*", "e0:*:*", "ef:04:*")
    for refused in ("08:*:*", "03:01:01", "03:01:02", *networks):  # stick, keyboard, mouse
        (line,) = (line for line in text.splitlines() if refused in line)
        assert line.startswith("reject with-interface one-of")
    assert "03:*:*" not in text  # an HID reader or a panel that nobody has named yet
    named = rules.usbguard(UsbSettings(allow=("222a:0001",))).splitlines()
    assert named[0] == "allow id 222a:0001"
    assert named[-2] == "reject with-interface one-of { 03:*:* }"
    if shutil.which("usbguard-rule-parser"):
        for line in named:
            subprocess.run(["usbguard-rule-parser", line], check=True, capture_output=True)


def test_the_screen_takes_no_key_of_a_keyboard_that_nobody_has_named() -> None:
    """usbguard knows such a keyboard, of class 03:00:00, from no touch panel."""
    unnamed = rules.keyboards(UsbSettings()).splitlines()
    assert unnamed == [
        'LABEL="kiosk_screen_keys"',
        'SUBSYSTEM=="input", KERNEL=="event*", ENV{ID_INPUT_KEY}=="1", '
        'ENV{ID_INPUT_TOUCHSCREEN}!="1", ENV{LIBINPUT_IGNORE_DEVICE}="1"',
        # A device that calls itself a touch panel too.
        'SUBSYSTEM=="input", KERNEL=="event*", ENV{ID_INPUT_KEYBOARD}=="1", '
        'ENV{LIBINPUT_IGNORE_DEVICE}="1"',
        'LABEL="kiosk_screen_end"',
    ]
    named = rules.keyboards(UsbSettings(allow=("222a:*",))).splitlines()
    assert named[0] == (
        'SUBSYSTEM=="input", ATTRS{idVendor}=="222a", ATTRS{idProduct}=="*", '
        'GOTO="kiosk_screen_end"'
    )
    assert named[1:] == unnamed
    panel = rules.keyboards(UsbSettings(allow=("222a:*",)), {"", "222a:0001"}).splitlines()
    assert panel[0] == (
        'SUBSYSTEM=="input", ATTRS{idVendor}=="222a", ATTRS{idProduct}=="0001", '
        'GOTO="kiosk_screen_keys"'
    )
    assert panel[1:] == named


@pytest.mark.parametrize(
    "ids", ["222a", "222A:0001", "222a:0001 ", "222a:0001\nallow", "222a:0001\n"]
)
def test_ids_that_are_none_stand_in_no_rule(tmp_path: Path, ids: str) -> None:
    text = f"{SETTINGS}[usb]\nallow = [{json.dumps(ids)}]\n"
    with pytest.raises(SettingsError, match="matching regex"):
        settings_file.parse(text, tmp_path / "terminal.toml")


def test_rules_are_written_and_other_outputs_switched_off(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", f"{tmp_path / 'bin'}:/usr/bin:/bin")
    (tmp_path / "bin").mkdir()
    program(tmp_path / "bin/udevadm", f'echo "$@" >> {tmp_path}/asked')
    panel, other = output(tmp_path, "HDMI-A-1"), output(tmp_path, "HDMI-A-2", "disconnected")
    assert rules.write(chosen(), tmp_path) == []
    assert (panel / "status").read_text() == "connected\n"
    assert (other / "status").read_text() == "off"
    assert 'ENV{WL_OUTPUT}="HDMI-A-1"' in (tmp_path / rules.UDEV).read_text()
    assert "LIBINPUT_IGNORE_DEVICE" in (tmp_path / rules.UDEV).read_text()
    assert "reject" in (tmp_path / rules.USBGUARD).read_text()
    assert (tmp_path / rules.USBGUARD).stat().st_mode & 0o077 == 0  # usbguard asks for that
    assert (tmp_path / "asked").read_text() == (
        "control --reload\ntrigger --subsystem-match=input\n"
    )


def test_what_did_not_work_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", f"{tmp_path / 'bin'}:/usr/bin:/bin")
    (tmp_path / "bin").mkdir()
    program(tmp_path / "bin/udevadm", "echo no bus >&2; exit 1")
    assert rules.write(chosen(), tmp_path) == [
        "no screen is connected",
        "udevadm control: no bus",
        "udevadm trigger: no bus",
    ]
    output(tmp_path, "HDMI-A-1")
    (output(tmp_path, "HDMI-A-2") / "status").unlink()
    (tmp_path / "sys/class/drm/card0-HDMI-A-2/status").mkdir()
    assert rules.write(chosen(), tmp_path)[0] == "output HDMI-A-2 cannot be switched off"
    silent = output(tmp_path, "VGA-1", "unknown")
    silent.chmod(0o700)
    one = outputs.panel("VGA-1", tmp_path)
    assert one
    (silent / "status").unlink()
    (silent / "status").mkdir()
    assert not outputs.force_on(one)


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("HDMI-A-1", []),
        ("DP-1", ["no screen is connected to DP-1"]),
        ("VGA-1", []),  # cannot tell
        ("DP-2", ["there is no output DP-2"]),
    ],
)
def test_a_named_output_without_a_screen_is_told_by_its_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, told: list[str]
) -> None:
    monkeypatch.setenv("PATH", f"{tmp_path / 'bin'}:/usr/bin:/bin")
    (tmp_path / "bin").mkdir()
    program(tmp_path / "bin/udevadm", "exit 0")
    output(tmp_path, "HDMI-A-1")
    output(tmp_path, "DP-1", "disconnected")
    output(tmp_path, "VGA-1", "unknown")
    assert rules.write(chosen(screen=ScreenSettings(output=name)), tmp_path) == told


def test_settings_with_a_mistake_leave_no_socket_open(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A stick stays refused; the technician is told of the mistake."""
    written: list[Settings] = []

    def write(settings: Settings) -> list[str]:
        written.append(settings)
        return []

    monkeypatch.setattr(rules, "write", write)
    file = tmp_path / "terminal.toml"
    file.write_text(SETTINGS)
    assert CliRunner().invoke(main, ["prepare", "--settings", str(file)]).exit_code == 0
    file.write_text("mistake")
    said = CliRunner().invoke(main, ["prepare", "--settings", str(file)])
    assert said.exit_code == 1
    assert "terminal.toml" in said.output
    assert [one.usb for one in written] == [UsbSettings(), UsbSettings()]

    def full(settings: Settings) -> list[str]:
        raise OSError(28, "No space left on device", "/run/udev")

    monkeypatch.setattr(rules, "write", full)
    assert "/run/udev: No space left" in CliRunner().invoke(main, ["prepare"]).output
